-- IP Authentication Header (RFC 4302, section 2)
return {
  name = "ah", under = { ipproto = 51 },
  line = "AH spi {spi} seq {sequence}",
  { key = "nextheader", alias = "nh", bytes = 1, next = "ipproto" },
  { key = "length",     bytes = 1, length = "header", unit = 4, bias = 8 },
  { key = "reserved",   bytes = 2 },
  { key = "spi",        bytes = 4 },
  { key = "sequence",   alias = "seq", bytes = 4 },
  { key = "icv",        type = "string", format = "hex" },
}
