-- PPP over Ethernet, session stage (RFC 2516, sections 4 and 6)
return {
  name = "pppoe", under = { ethertype = 0x8864 }, link = 51,
  line = "PPPoE session {session}",
  { key = "version", bits = 4, equal = 1 },
  { key = "type",    bits = 4, equal = 1 },
  { key = "code",    bytes = 1, enum = { [0] = "session" } },
  { key = "session", bytes = 2 },
  { key = "length",  bytes = 2, length = "payload" },
  { payload = "ppp" },
}
