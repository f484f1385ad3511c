-- PPP IPv6 Control Protocol (RFC 5072)
return {
  name = "ipv6cp", under = { ppp = 0x8057 },
  line = "IPV6CP {code} id {identifier}{? {options.interfaceid}?}",
  { key = "code", bytes = 1, enum = { "configure request", "configure ack", "configure nak", "configure reject",
    "terminate request", "terminate ack", "code reject" } },
  { key = "identifier", alias = "id", bytes = 1 },
  { key = "length", bytes = 2, length = "total" },
  { switch = "code",
    [1] = { key = "options", each = {
      { key = "type", bytes = 1, enum = { "interface id", "compression" } },
      { key = "length", bytes = 1, length = "total", min = 2 },
      { switch = "type",
        [1] = { key = "interfaceid", format = "eui64" },
        [2] = { { key = "compression", bytes = 2 }, { key = "compressiondata", type = "string", format = "hex" } }, -- RFC 5172
        other = { key = "data", type = "string", format = "hex" } } } },
    [2] = 1, [3] = 1, [4] = 1,
    other = { key = "data", type = "string", format = "hex" } },
}
