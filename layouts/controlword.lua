-- Pseudowire control word over MPLS (RFC 4385, section 3; Ethernet: RFC 4448)
return {
  name = "controlword",
  line = "PW seq {sequence}",
  { key = "zero",     bits = 4, equal = 0 },
  { key = "flags",    bits = 4 },
  { key = "fragment", bits = 2 },
  { key = "length",   bits = 6 },
  { key = "sequence", alias = "seq", bytes = 2 },
  { payload = "ethernet" },
}
