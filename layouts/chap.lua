-- PPP Challenge Handshake Authentication Protocol (RFC 1994, section 4)
return {
  name = "chap", under = { ppp = 0xc223 },
  line = "CHAP {code} id {identifier}{? {peer}?}{? {message}?}",
  { key = "code", bytes = 1, enum = { "challenge", "response", "success", "failure" } },
  { key = "identifier", alias = "id", bytes = 1 },
  { key = "length", bytes = 2, length = "total" },
  { switch = "code",
    [1] = { { key = "valuesize", bytes = 1, length = "value" }, { key = "value", type = "string", format = "hex" },
            { key = "peer", type = "string" } },
    [2] = 1,
    [3] = { key = "message", type = "string" },
    [4] = 3,
    other = { key = "data", type = "string", format = "hex" } },
}
