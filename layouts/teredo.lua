-- Teredo: IPv6 in UDP, after what says who sent it (RFC 4380, section 5.1.1)
return {
  name = "teredo", under = { udpport = 3544 },
  line = "Teredo{? authentication {nonce}?}",
  { key = "first", bytes = 2, peek = true },
  { when = { first = 1 },
    { key = "authentication", bytes = 2, equal = 1 },
    { key = "clientlength", bytes = 1, length = "client" },
    { key = "valuelength", bytes = 1, length = "value" },
    { key = "client", type = "string", format = "hex" },
    { key = "value", type = "string", format = "hex" },
    { key = "nonce", bytes = 8, type = "string", format = "hex" },
    { key = "confirmation", bytes = 1 } },
  { key = "second", bytes = 2, peek = true },
  { when = { second = 0 }, -- each bit of port and address is inverted
    { key = "origin", bytes = 2 },
    { key = "originport", bytes = 2 },
    { key = "originaddress", bytes = 4, type = "string", format = "hex" } },
  { payload = "ipv6" },
}
