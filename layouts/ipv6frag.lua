-- IPv6 Fragment header (RFC 8200, section 4.5)
return {
  name = "ipv6frag", under = { ipproto = 44 },
  follow = { fragoffset = 0 },
  fragment = { { fragoffset = { min = 1 } }, { flagmf = true } },
  line = "frag {ident}:{fragoffset}",
  { key = "nextheader", alias = "nh", bytes = 1, next = "ipproto" },
  { key = "reserved",   bytes = 1 },
  { key = "fragoffset", bits = 13 },
  { key = "reserved2",  bits = 2 },
  { key = "flagmf",     alias = "mf", type = "boolean", bits = 1 },
  { key = "ident",      alias = "id", bytes = 4 },
}
