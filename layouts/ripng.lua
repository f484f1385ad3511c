-- RIPng for IPv6 (RFC 2080, section 2.1)
return {
  name = "ripng", under = { udpport = 521 },
  line = "RIPng {command}{? {entries.prefix}/{entries.prefixlength}?}",
  { key = "command", bytes = 1, enum = { "request", "response" } },
  { key = "version", bytes = 1, equal = 1 },
  { key = "reserved", bytes = 2 },
  { key = "entries", each = {
    { key = "prefix", format = "ipv6" }, { key = "tag", bytes = 2 }, { key = "prefixlength", bytes = 1 },
    { key = "metric", bytes = 1 } } },
}
