-- BSD loopback encapsulation, LINKTYPE_NULL: the address family in the byte order of the machine that captured
return {
  name = "null", link = 0,
  line = "AF {family}",
  { type = "union",
    { key = "family", bytes = 4, endian = "guess", next = "af" },
    -- No family is so great: some firewalls write an Ethertype in the last two bytes.
    { when = { family = { min = 0x10000 } }, { bytes = 2 }, { key = "type", bytes = 2, endian = "big", hint = "ethertype" } } },
}
