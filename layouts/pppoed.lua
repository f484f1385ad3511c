-- PPP over Ethernet, discovery stage (RFC 2516, sections 4 and 5; PPP-Max-Payload: RFC 4638)
return {
  name = "pppoed", under = { ethertype = 0x8863 },
  line = "PPPoE {code}{? service {tags.service}?}",
  { key = "version", bits = 4, equal = 1 },
  { key = "type",    bits = 4, equal = 1 },
  { key = "code",    bytes = 1, enum = { [0x07] = "PADO", [0x09] = "PADI", [0x19] = "PADR", [0x65] = "PADS", [0xa7] = "PADT" } },
  { key = "session", bytes = 2 },
  { key = "length",  bytes = 2, length = "rest" },
  { key = "tags", stop = { type = 0 }, each = {
    { key = "type", bytes = 2, enum = { [0] = "end of list", [0x0101] = "service name", [0x0102] = "ac name",
      [0x0103] = "host uniq", [0x0104] = "ac cookie", [0x0105] = "vendor specific", [0x0110] = "relay session",
      [0x0120] = "ppp max payload", [0x0201] = "service name error", [0x0202] = "ac system error", [0x0203] = "generic error" } },
    { key = "length", bytes = 2, length = "rest" },
    { switch = "type",
      [0x0101] = { key = "service", type = "string" },
      [0x0102] = { key = "concentrator", type = "string" },
      [0x0103] = { key = "hostuniq", type = "string", format = "hex" },
      [0x0104] = { key = "cookie", type = "string", format = "hex" },
      [0x0120] = { key = "maxpayload", bytes = 2 },
      [0x0201] = { key = "error", type = "string" }, [0x0202] = 0x0201, [0x0203] = 0x0201,
      other = { key = "data", type = "string", format = "hex" } } } },
}
