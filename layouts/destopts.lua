-- IPv6 Destination Options header (RFC 8200, sections 4.2 and 4.6; tunnel limit: RFC 2473; home address: RFC 6275)
return {
  name = "destopts", under = { ipproto = 60 },
  line = "destination options",
  { key = "nextheader", alias = "nh", bytes = 1, next = "ipproto" },
  { key = "length",     bytes = 1, length = "header", unit = 8, bias = 8 },
  { key = "options", each = {
    { key = "type", bytes = 1, enum = { [0] = "pad1", "padn", [4] = "tunnel limit", [5] = "router alert", [0x07] = "calipso",
      [0x26] = "quick-start", [0x63] = "rpl", [0xc2] = "jumbo", [0xc9] = "home address" } },
    { when = { type = { no = 0 } },
      { key = "length", bytes = 1, length = "rest" },
      { switch = "type",
        [4]    = { key = "limit", bytes = 1 },
        [5]    = { key = "alert", bytes = 2, enum = { [0] = "mld", "rsvp", "active network" } },
        [0xc2] = { key = "payloadlength", bytes = 4 },
        [0xc9] = { key = "address", format = "ipv6", role = "source" }, -- (RFC 6275, section 11.3.1)
        other  = { key = "data", type = "string", format = "hex" } } } } },
}
