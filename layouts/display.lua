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

  ["http.request.method"] = "http.method", ["http.request.uri"] = "http.target", ["http.response.code"] = "http.status",
  ["http.response.phrase"] = "http.reason", ["sip.Method"] = "sip.method",

  ["tls.record.content_type"] = "tls.records.type", ["tls.record.version"] = "tls.records.version",
  ["tls.record.length"] = "tls.records.length", ["tls.handshake.type"] = "tls.records.messages.type",
  ["tls.handshake.version"] = "tls.records.messages.version",
  ["tls.handshake.extension.type"] = "tls.records.messages.extensions.type tls.records.messages.serverextensions.type",
  ["tls.handshake.extensions_server_name"] = "tls.records.messages.extensions.names.name",
  ["tls.handshake.extensions_alpn_str"] = "tls.records.messages.extensions.protocols.name",
  ["quic.dcid"] = "quic.destination", ["quic.scid"] = "quic.source", ["ssh.protocol"] = "ssh.banner",

  ["dhcp.type"] = "dhcp.opcode", ["dhcp.id"] = "dhcp.transaction", ["dhcp.hw.mac_addr"] = "dhcp.clienthardware",
  ["dhcp.ip.client"] = "dhcp.clientaddress", ["dhcp.ip.your"] = "dhcp.youraddress", ["dhcp.ip.server"] = "dhcp.serveraddress",
  ["dhcp.ip.relay"] = "dhcp.gatewayaddress", ["dhcp.option.dhcp"] = "dhcp.options.messagetype",
  ["dhcp.option.type"] = "dhcp.options.code", ["dhcp.option.hostname"] = "dhcp.options.hostname",
  ["dhcp.option.requested_ip_address"] = "dhcp.options.requestedaddress",
  ["dhcpv6.msgtype"] = "dhcpv6.type", ["dhcpv6.xid"] = "dhcpv6.transaction", ["dhcpv6.option.type"] = "dhcpv6.options.code",
  ["ntp.flags.mode"] = "ntp.mode", ["ntp.flags.vn"] = "ntp.version", ["ntp.flags.li"] = "ntp.leap", ["ntp.refid"] = "ntp.reference",
  ["tftp.source_file"] = "tftp.filename", ["tftp.type"] = "tftp.mode", ["tftp.error.code"] = "tftp.code",
  ["radius.id"] = "radius.identifier", ["radius.User_Name"] = "radius.attributes.username", ["stun.id"] = "stun.transaction",

  ["sctp.srcport"] = "sctp.source", ["sctp.dstport"] = "sctp.destination", ["sctp.port"] = "sctp.source sctp.destination",
  ["sctp.verification_tag"] = "sctp.tag", ["sctp.chunk_type"] = "sctp.chunks.type", ["sctp.data_tsn_raw"] = "sctp.chunks.tsn",
  ["sctp.data_sid"] = "sctp.chunks.stream", ["sctp.data_payload_proto_id"] = "sctp.chunks.protocol",
  ["dccp.srcport"] = "dccp.source", ["dccp.dstport"] = "dccp.destination", ["dccp.port"] = "dccp.source dccp.destination",
  ["rtp.seq"] = "rtp.sequence", ["rtp.p_type"] = "rtp.payloadtype", ["rtp.ssrc"] = "rtp.source", ["rtcp.pt"] = "rtcp.packets.type",

  ["geneve.proto_type"] = "geneve.protocol", ["erspan.spanid"] = "erspan.session erspan3.session", ["gtp.message"] = "gtpu.type",
  ["gtp.teid"] = "gtpu.teid", ["ppp.protocol"] = "ppp.protocol ppp.compressed", ["pppoe.code"] = "pppoe.code pppoed.code",
  ["pppoe.session_id"] = "pppoe.session pppoed.session", ["wg.type"] = "wireguard.type", ["wg.receiver"] = "wireguard.receiver",

  ["lldp.tlv.type"] = "lldp.items.type", ["lldp.tlv.system.name"] = "lldp.items.systemname", ["cdp.deviceid"] = "cdp.items.device",
  ["stp.root.hw"] = "stp.rootmac", ["stp.bridge.hw"] = "stp.bridgemac", ["stp.root.cost"] = "stp.pathcost",
  ["wlan.fc.type"] = "wlan.type", ["wlan.fc.subtype"] = "wlan.subtype", ["wlan.ra"] = "wlan.address1", ["wlan.ta"] = "wlan.address2",
  ["wlan.addr"] = "wlan.address1 wlan.address2 wlan.address3", ["wlan.ssid"] = "wlan.elements.ssid",
  ["wlan.fc.retry"] = "wlan.retry", ["wlan.fc.protected"] = "wlan.protected", ["radiotap.dbm_antsignal"] = "radiotap.signal",
  ["radiotap.channel.freq"] = "radiotap.frequency",
  ["igmp.maddr"] = "igmp.group", ["vrrp.virt_rtr_id"] = "vrrp.vrid", ["vrrp.prio"] = "vrrp.priority",
  ["ospf.msg"] = "ospf.type", ["ospf.srcrouter"] = "ospf.router", ["ospf.area_id"] = "ospf.area",
  ["bgp.type"] = "bgp.messages.type", ["bgp.open.myas"] = "bgp.messages.as",
  ["bfd.sta"] = "bfd.state", ["bfd.my_discriminator"] = "bfd.mydiscriminator",
}
