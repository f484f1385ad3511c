-- Point-to-Point Protocol (RFC 1661, section 2; in HDLC-like framing: RFC 1662, section 3.1)
return {
  name = "ppp", link = { 9, 50 }, under = { ethertype = 0x880b },
  line = "PPP{? {protocol}?}{? {compressed}?}",
  { key = "framing", bytes = 2, peek = true },
  { when = { framing = 0xff03 },
    { key = "address", bytes = 1, default = 0xff },
    { key = "control", bytes = 1, default = 0x03 } },
  { key = "first", bytes = 1, peek = true },
  { switch = "first", -- a protocol below 0x100 may be in one byte, which is odd then (section 6.5)
    [0x21] = { key = "compressed", bytes = 1, next = "ppp", enum = "ppp" },
    [0x2b] = 0x21, [0x2d] = 0x21, [0x2f] = 0x21, [0x3d] = 0x21, [0x57] = 0x21, [0xfb] = 0x21, [0xfd] = 0x21,
    other = { key = "protocol", alias = "proto", bytes = 2, next = "ppp", enum = "ppp" } },
}
