-- User Datagram Protocol (RFC 768)
return {
  name = "udp", under = { ipproto = 17 },
  line = "UDP {source} > {destination}",
  { key = "source",      alias = "sport", bytes = 2, hint = "udpport" },
  { key = "destination", alias = "dport", bytes = 2, next = "udpport" },
  { key = "length",      alias = "len", bytes = 2, length = "total", open = 0 },
  { key = "checksum",    bytes = 2, sum = "internet", cover = "total", pseudo = true, zero = 0xffff },
}
