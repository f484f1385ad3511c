-- PPP Internet Protocol Control Protocol (RFC 1332; name servers: RFC 1877)
return {
  name = "ipcp", under = { ppp = 0x8021 },
  line = "IPCP {code} id {identifier}{? addr {options.address}?}",
  { key = "code", bytes = 1, enum = { "configure request", "configure ack", "configure nak", "configure reject",
    "terminate request", "terminate ack", "code reject" } },
  { key = "identifier", alias = "id", bytes = 1 },
  { key = "length", bytes = 2, length = "total" },
  { switch = "code",
    [1] = { key = "options", each = {
      { key = "type", bytes = 1, enum = { "addresses", "compression", "address", [129] = "primary dns",
        [130] = "primary nbns", [131] = "secondary dns", [132] = "secondary nbns" } },
      { key = "length", bytes = 1, length = "total", min = 2 },
      { switch = "type",
        [2] = { { key = "compression", bytes = 2 }, { key = "compressiondata", type = "string", format = "hex" } },
        [3] = { key = "address", format = "ipv4" },
        [129] = { key = "primarydns", format = "ipv4" },
        [130] = { key = "primarynbns", format = "ipv4" },
        [131] = { key = "secondarydns", format = "ipv4" },
        [132] = { key = "secondarynbns", format = "ipv4" },
        other = { key = "data", type = "string", format = "hex" } } } },
    [2] = 1, [3] = 1, [4] = 1,
    other = { key = "data", type = "string", format = "hex" } },
}
