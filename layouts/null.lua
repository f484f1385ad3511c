-- BSD loopback encapsulation, LINKTYPE_NULL: the address family in the byte order of the machine that captured
return {
  name = "null", link = 0,
  line = "AF {family}",
  { key = "family", bytes = 4, endian = "guess", next = "af" },
}
