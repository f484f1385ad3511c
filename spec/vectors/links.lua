-- Frames of link types and of what scapy does not build, put together by hand from the definitions named.
local ip4 <const> = "4500001c000100004011f6cc c0000201 c0000202 1000 2000 0008 4bda"
local ip6 <const> = "60000000 00081140 20010db8000000000000000000000001 20010db8000000000000000000000002 1000 2000 0008 7469"
return {
  { first = "null", from = "tcpdump.org: LINKTYPE_NULL, little-endian", order = "little", hex = "02000000" .. ip4,
    fields = { ["null.family"] = 2, ["ipv4.source"] = "192.0.2.1", ["udp.destination"] = 0x2000 } },
  { first = "null", from = "tcpdump.org: LINKTYPE_NULL, big-endian, IPv6 on FreeBSD", order = "big", hex = "0000001c" .. ip6,
    fields = { ["null.family"] = 28, ["ipv6.source"] = "2001:db8::1", ["udp.source"] = 0x1000 } },
  { first = "loop", from = "tcpdump.org: LINKTYPE_LOOP, IPv6 on OpenBSD", hex = "00000018" .. ip6,
    fields = { ["loop.family"] = 24, ["ipv6.destination"] = "2001:db8::2" } },
  { first = "rawip", from = "tcpdump.org: LINKTYPE_RAW, IPv4", hex = ip4,
    fields = { ["ipv4.protocol"] = 17, ["ipv4.destination"] = "192.0.2.2" } },
  { first = "rawip", from = "tcpdump.org: LINKTYPE_RAW, IPv6", hex = ip6, fields = { ["ipv6.payloadlength"] = 8 } },
  { first = "sll2", from = "tcpdump.org: LINKTYPE_LINUX_SLL2", hex = "0800 0000 00000003 0001 04 06 0200000000010000" .. ip4,
    fields = { ["sll2.protocol"] = 0x0800, ["sll2.interfaceindex"] = 3, ["sll2.hardwaretype"] = 1, ["sll2.packettype"] = 4,
      ["sll2.addresslength"] = 6, ["sll2.address"] = "0200000000010000", ["ipv4.ident"] = 1 } },
  { first = "mpls", from = "RFC 4448, section 4.6: Ethernet over MPLS with a control word",
    hex = "00064140 00000007 020000000001 020000000002 0800" .. ip4,
    fields = { ["mpls.label"] = 100, ["mpls.bottom"] = 1, ["controlword.sequence"] = 7,
      ["ethernet.destination"] = "02:00:00:00:00:01", ["ipv4.totallength"] = 28 } },
  { first = "ethernet", from = "RFC 8754, section 2: segment routing, two segments, one left",
    hex = "020000000001 020000000002 86dd 60000000 0030 2b 40 20010db8000000000000000000000001 20010db8000000000000000000000009"
      .. "11 04 04 01 01 00 0000 20010db8000000000000000000000002 20010db8000000000000000000000009 1000 2000 0008 7469",
    fields = { ["routing.type"] = 4, ["routing.lastentry"] = 1, ["routing.segmentsleft"] = 1, ["routing.nextheader"] = 17,
      ["udp.checksum"] = 0x7469 } },
}
