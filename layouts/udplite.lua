-- Lightweight User Datagram Protocol (RFC 3828); ports are UDP's
return {
  name = "udplite", under = { ipproto = 136 },
  line = "UDP-Lite {source} > {destination}: coverage {coverage}",
  { key = "source",      alias = "sport", bytes = 2, hint = "udpport" },
  { key = "destination", alias = "dport", bytes = 2, next = "udpport" },
  { key = "coverage",    bytes = 2, open = 0 }, -- bytes from the header's begin on; 0: all
  { key = "checksum",    bytes = 2, sum = "internet", cover = "coverage", pseudo = true },
}
