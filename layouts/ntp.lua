-- Network Time Protocol (RFC 5905, section 7.3; control messages: RFC 9327)
return {
  name = "ntp", under = { udpport = 123 },
  line = "NTPv{version} {mode}{? stratum {stratum}?}{? kiss {kisscode}?}{? clock {clock}?}{? reference {reference}?}{? {opcode}?}",
  { key = "leap",    alias = "li", bits = 2, enum = { [0] = "none", "61 seconds", "59 seconds", "unsynchronized" } },
  { key = "version", alias = "vn", bits = 3, default = 4 },
  { key = "mode",    bits = 3, default = 3, enum = { "symmetric active", "symmetric passive", "client", "server", "broadcast", "control",
    "private" } },
  { switch = "mode",
    [6] = { { key = "response", type = "boolean", bits = 1 }, { key = "error", type = "boolean", bits = 1 },
            { key = "more", type = "boolean", bits = 1 },
            { key = "opcode", bits = 5, enum = { "read status", "read variables", "write variables", "read clock",
              "write clock", "set trap", "trap response", "configure", "export configuration", "read mru", "read list",
              "request nonce", [31] = "unset trap" } },
            { key = "sequence", bytes = 2 },
            { key = "status", bytes = 2 }, { key = "association", bytes = 2 }, { key = "offset", bytes = 2 },
            { key = "count", bytes = 2, length = "data" }, { key = "data", type = "string" } },
    [7] = { key = "body", type = "string", format = "hex" },
    other = {
      { key = "stratum",   bytes = 1 },
      { key = "poll",      bytes = 1, signed = true }, -- log2 seconds, as the next
      { key = "precision", bytes = 1, signed = true },
      { key = "rootdelay", bytes = 4 }, -- in 1/65536 s, as the next
      { key = "rootdispersion", bytes = 4 },
      { switch = "stratum", -- the reference identifier: why there is no time, its source, or who gave it
        [0] = { key = "kisscode", bytes = 4, type = "string" },
        [1] = { key = "clock", bytes = 4, type = "string" },
        other = { key = "reference", alias = "refid", format = "ipv4" } },
      { key = "referencetime", { key = "seconds", bytes = 4 }, { key = "fraction", bytes = 4 } }, -- since 1900; in 1/2^32 s
      { key = "origintime",    { key = "seconds", bytes = 4 }, { key = "fraction", bytes = 4 } },
      { key = "receivetime",   { key = "seconds", bytes = 4 }, { key = "fraction", bytes = 4 } },
      { key = "transmittime",  { key = "seconds", bytes = 4 }, { key = "fraction", bytes = 4 } },
      -- Fields of RFC 7822, and what authenticates: the key's number and a digest.
      { key = "extensions", type = "string", format = "hex" } } },
}
