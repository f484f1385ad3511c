-- Internet Protocol, version 6: the fixed header (RFC 8200, section 3)
return {
  name = "ipv6", under = { ethertype = 0x86dd, ppp = 0x57, vxlangpe = 2, ipproto = 41, af = { 10, 24, 28, 30 } }, link = 229,
  line = "IP6 {source} > {destination}",
  { key = "version",       bits = 4, equal = 6 },
  { key = "trafficclass",  alias = "tc", bits = 8 },
  { key = "flowlabel",     alias = "flow", bits = 20 },
  { key = "payloadlength", alias = "plen", bytes = 2, length = "payload", open = 0 },
  { key = "nextheader",    alias = "nh", bytes = 1, next = "ipproto" },
  { key = "hoplimit",      alias = "hlim", bytes = 1, default = 64 },
  { key = "source",        alias = "src", bytes = 16, format = "ipv6", role = "source" },
  { key = "destination",   alias = "dst", bytes = 16, format = "ipv6", role = "destination" },
}
