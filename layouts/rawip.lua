-- LINKTYPE_RAW: IPv4 or IPv6, as its first nibble says; it has no byte of its own
return {
  name = "rawip", link = { 12, 14, 101 },
  { key = "version", bits = 4, peek = true },
  { switch = "version", [4] = { payload = "ipv4" }, [6] = { payload = "ipv6" } },
}
