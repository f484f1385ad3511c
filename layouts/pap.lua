-- PPP Password Authentication Protocol (RFC 1334, section 2.2)
return {
  name = "pap", under = { ppp = 0xc023 },
  line = "PAP {code} id {identifier}{? peer {peer}?}",
  { key = "code", bytes = 1, enum = { "request", "ack", "nak" } },
  { key = "identifier", alias = "id", bytes = 1 },
  { key = "length", bytes = 2, length = "total" },
  { switch = "code",
    [1] = { { key = "peerlength", bytes = 1, length = "peer" }, { key = "peer", type = "string" },
            { key = "passwordlength", bytes = 1, length = "password" }, { key = "password", type = "string" } },
    [2] = { { key = "messagelength", bytes = 1, length = "message" }, { key = "message", type = "string" } },
    [3] = 2,
    other = { key = "data", type = "string", format = "hex" } },
}
