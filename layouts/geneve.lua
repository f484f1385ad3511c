-- Generic Network Virtualization Encapsulation (RFC 8926, section 3)
return {
  name = "geneve", under = { udpport = 6081 },
  line = "Geneve vni {vni}",
  { key = "version",       bits = 2, equal = 0 },
  { key = "optionslength", bits = 6, length = "header", unit = 4, bias = 8 },
  { key = "control",       alias = "oam", type = "boolean", bits = 1 },
  { key = "critical",      type = "boolean", bits = 1 },
  { key = "reserved",      bits = 6 },
  { key = "protocol",      alias = "proto", bytes = 2, next = "ethertype" },
  { key = "vni",           bytes = 3 },
  { key = "reserved2",     bytes = 1 },
  { key = "options", each = {
    { key = "class", bytes = 2 },
    { type = "union",
      { key = "type", bytes = 1 },
      { { key = "critical", type = "boolean", bits = 1 }, { bits = 7 } } },
    { key = "reserved", bits = 3 },
    { key = "length", bits = 5, length = "rest", unit = 4 },
    { key = "data", type = "string", format = "hex", align = 4 } } },
}
