-- Routing Information Protocol, versions 1 (RFC 1058) and 2 (RFC 2453, section 4)
return {
  name = "rip", under = { udpport = 520 },
  line = "RIPv{version} {command}{? {entries.address}?}",
  { key = "command", bytes = 1, enum = { "request", "response" } },
  { key = "version", bytes = 1, default = 2 },
  { key = "reserved", bytes = 2 },
  { key = "entries", stop = { family = 0xffff, authtype = 1 }, each = { -- a digest is the last, of any length
    { key = "family", bytes = 2, enum = { [0] = "unspecified", [2] = "ipv4", [0xffff] = "authentication" } },
    { switch = "family",
      [0xffff] = { { key = "authtype", bytes = 2, enum = { "digest", "password", "cryptographic" } },
        { switch = "authtype", -- RFC 2453, section 4.1; RFC 4822, section 2
          [1] = { key = "digest", type = "string", format = "hex" },
          [2] = { key = "password", bytes = 16, type = "string" },
          [3] = { { key = "digestoffset", bytes = 2 }, { key = "keyid", bytes = 1 }, { key = "authlength", bytes = 1 },
                  { key = "sequence", bytes = 4 }, { key = "zero", bytes = 8 } },
          other = { key = "authentication", bytes = 16, type = "string", format = "hex" } } },
      other = { { key = "tag", bytes = 2 }, { key = "address", format = "ipv4" }, { key = "mask", format = "ipv4" },
                { key = "nexthop", format = "ipv4" }, { key = "metric", bytes = 4 } } } } },
}
