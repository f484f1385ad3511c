-- Names that Wireshark's display filters have, and the fields that they stand for here; several with spaces
-- between: any of them. Of a name that stands here alone, as `ip`, the rest may follow: `ip.timetolive`.
-- What is called alike in both, as `udp.length`, is not listed. `tcp.ack` is our flag as well: as a number it
-- is what is said here.
return {
  ["eth"] = "ethernet", ["eth.dst"] = "ethernet.destination", ["eth.src"] = "ethernet.source",
  ["eth.addr"] = "ethernet.destination ethernet.source", ["eth.len"] = "ethernet.length",

  ["vlan.etype"] = "vlan.type", ["vlan.len"] = "vlan.length",

  ["arp.opcode"] = "arp.operation", ["arp.hw.type"] = "arp.hardwaretype", ["arp.proto.type"] = "arp.protocoltype",
  ["arp.hw.size"] = "arp.hardwarelength", ["arp.proto.size"] = "arp.protocollength",
  ["arp.src.hw_mac"] = "arp.senderhardware", ["arp.src.proto_ipv4"] = "arp.senderprotocol",
  ["arp.dst.hw_mac"] = "arp.targethardware", ["arp.dst.proto_ipv4"] = "arp.targetprotocol",

  ["ip"] = "ipv4", ["ip.version"] = "ipv4.version", ["ip.src"] = "ipv4.source", ["ip.dst"] = "ipv4.destination",
  ["ip.addr"] = "ipv4.source ipv4.destination", ["ip.ttl"] = "ipv4.timetolive", ["ip.proto"] = "ipv4.protocol",
  ["ip.len"] = "ipv4.totallength", ["ip.id"] = "ipv4.ident", ["ip.flags.rb"] = "ipv4.flagnull", ["ip.flags.df"] = "ipv4.flagdf",
  ["ip.flags.mf"] = "ipv4.flagmf", ["ip.frag_offset"] = "ipv4.fragoffset", ["ip.checksum"] = "ipv4.checksum",
  ["ip.dsfield.dscp"] = "ipv4.dscp", ["ip.dsfield.ecn"] = "ipv4.ecn",

  ["ipv6.addr"] = "ipv6.source ipv6.destination", ["ipv6.nxt"] = "ipv6.nextheader", ["ipv6.hlim"] = "ipv6.hoplimit",
  ["ipv6.plen"] = "ipv6.payloadlength", ["ipv6.tclass"] = "ipv6.trafficclass", ["ipv6.flow"] = "ipv6.flowlabel",

  ["tcp.srcport"] = "tcp.source", ["tcp.dstport"] = "tcp.destination", ["tcp.port"] = "tcp.source tcp.destination",
  ["tcp.seq_raw"] = "tcp.sequence", ["tcp.ack_raw"] = "tcp.acknowledgment", ["tcp.ack"] = "tcp.acknowledgment",
  ["tcp.window_size_value"] = "tcp.window", ["tcp.urgent_pointer"] = "tcp.urgent",
  ["tcp.flags.fin"] = "tcp.fin", ["tcp.flags.syn"] = "tcp.syn", ["tcp.flags.reset"] = "tcp.rst", ["tcp.flags.push"] = "tcp.psh",
  ["tcp.flags.ack"] = "tcp.ack", ["tcp.flags.urg"] = "tcp.urg", ["tcp.flags.ece"] = "tcp.ece", ["tcp.flags.cwr"] = "tcp.cwr",
  ["tcp.flags.ae"] = "tcp.ae", ["tcp.options.mss_val"] = "tcp.options.mss", ["tcp.options.wscale.shift"] = "tcp.options.windowscale",
  ["tcp.options.timestamp.tsval"] = "tcp.options.timestamp.value", ["tcp.options.timestamp.tsecr"] = "tcp.options.timestamp.echo",
  ["tcp.option_kind"] = "tcp.options.kind",

  ["udp.srcport"] = "udp.source", ["udp.dstport"] = "udp.destination", ["udp.port"] = "udp.source udp.destination",

  ["icmp.ident"] = "icmp.identifier", ["icmp.seq"] = "icmp.sequence",
  ["icmpv6.echo.identifier"] = "icmpv6.identifier", ["icmpv6.echo.sequence_number"] = "icmpv6.sequence",

  ["dns.flags.response"] = "dns.response", ["dns.flags.opcode"] = "dns.opcode", ["dns.flags.authoritative"] = "dns.authoritative",
  ["dns.flags.truncated"] = "dns.truncation", ["dns.flags.recdesired"] = "dns.recursiondesired",
  ["dns.flags.recavail"] = "dns.recursionavailable", ["dns.flags.rcode"] = "dns.responsecode",
  ["dns.count.queries"] = "dns.questioncount", ["dns.count.answers"] = "dns.answercount",
  ["dns.count.auth_rr"] = "dns.authoritycount", ["dns.count.add_rr"] = "dns.additionalcount",
  ["dns.qry.name"] = "dns.questions.name", ["dns.qry.type"] = "dns.questions.type", ["dns.qry.class"] = "dns.questions.class",
  ["dns.resp.name"] = "dns.answers.name dns.authorities.name dns.additionals.name",
  ["dns.resp.type"] = "dns.answers.type dns.authorities.type dns.additionals.type",
  ["dns.resp.ttl"] = "dns.answers.ttl dns.authorities.ttl dns.additionals.ttl",
  ["dns.a"] = "dns.answers.a dns.authorities.a dns.additionals.a",
  ["dns.aaaa"] = "dns.answers.aaaa dns.authorities.aaaa dns.additionals.aaaa",
  ["dns.cname"] = "dns.answers.cname dns.authorities.cname dns.additionals.cname",

  ["gre.proto"] = "gre.protocol", ["mpls.exp"] = "mpls.trafficclass",
  ["mpls.ttl"] = "mpls.timetolive",

  ["frame.len"] = "frame.length", ["frame.cap_len"] = "frame.captured",
}
