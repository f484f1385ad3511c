-- Ethernet II and IEEE 802.3 (RFC 894; IEEE 802.3-2022, section 3.2.6: up to 1500 it is a length; in IP: RFC 8986, section 10.1)
return {
  name = "ethernet", link = 1, under = { ethertype = 0x6558, ipproto = 143, vxlangpe = 3 },
  line = "{source} > {destination}",
  { key = "destination", alias = "dst", bytes = 6, format = "mac" },
  { key = "source",      alias = "src", bytes = 6, format = "mac" },
  { type = "union",
    { key = "type",      alias = "ethertype", bytes = 2, next = "ethertype" },
    { key = "length",    bytes = 2, when = { type = { max = 1500 } }, length = "payload" } },
}
