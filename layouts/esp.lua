-- IP Encapsulating Security Payload: what is not encrypted (RFC 4303, section 2)
return {
  name = "esp", under = { ipproto = 50 },
  line = "ESP spi {spi} seq {sequence}",
  { key = "spi",      bytes = 4 },
  { key = "sequence", alias = "seq", bytes = 4 },
  { key = "data",     type = "string", format = "hex" },
}
