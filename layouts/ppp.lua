-- Point-to-Point Protocol (RFC 1661, section 2; in HDLC-like framing: RFC 1662, section 3.1)
return {
  name = "ppp", link = { 9, 50 }, under = { ethertype = 0x880b },
  line = "PPP {protocol}",
  { key = "framing", bytes = 2, peek = true },
  { when = { framing = 0xff03 },
    { key = "address", bytes = 1, default = 0xff },
    { key = "control", bytes = 1, default = 0x03 } },
  { key = "protocol", alias = "proto", bytes = 2, next = "ppp", enum = { [0x21] = "ipv4", [0x2d] = "compressed tcp",
    [0x2f] = "uncompressed tcp", [0x3d] = "multilink", [0x57] = "ipv6", [0xfd] = "compressed", [0x281] = "mpls",
    [0x283] = "mpls multicast", [0x8021] = "ipcp", [0x8057] = "ipv6cp", [0x80fd] = "ccp", [0x8281] = "mplscp",
    [0xc021] = "lcp", [0xc023] = "pap", [0xc025] = "lqr", [0xc223] = "chap", [0xc227] = "eap" } },
}
