-- Trivial File Transfer Protocol (RFC 1350, section 5; options: RFC 2347)
return {
  name = "tftp", under = { udpport = 69 },
  line = "TFTP {opcode}{? {filename}?}{? block {block}?}{? {message}?}{? {options.name} {options.value}?}",
  parts = { option = { { key = "name", type = "string", stop = 0 }, { key = "value", type = "string", stop = 0 } } },
  { key = "opcode", bytes = 2, enum = { "read request", "write request", "data", "acknowledgment", "error", "option acknowledgment" } },
  { switch = "opcode",
    [1] = { { key = "filename", type = "string", stop = 0 }, { key = "mode", type = "string", stop = 0 },
            { key = "options", each = "option" } },
    [2] = 1,
    [3] = { { key = "block", bytes = 2 }, { payload = true } },
    [4] = { key = "block", bytes = 2 },
    [5] = { { key = "code", bytes = 2, enum = { [0] = "undefined", "not found", "access violation", "disk full", "illegal operation",
              "unknown transfer", "file exists", "no such user", "option refused" } },
            { key = "message", type = "string", stop = 0 } },
    [6] = { key = "options", each = "option" },
    other = { key = "data", type = "string", format = "hex" } },
}
