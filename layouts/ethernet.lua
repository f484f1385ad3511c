-- Ethernet II (RFC 894; IEEE 802.3-2022, section 3)
return {
  name = "ethernet", link = 1,
  { key = "destination", alias = "dst", bytes = 6, format = "mac" },
  { key = "source",      alias = "src", bytes = 6, format = "mac" },
  { key = "type",        alias = "ethertype", bytes = 2, next = "ethertype" },
}
