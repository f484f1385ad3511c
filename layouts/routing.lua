-- IPv6 Routing header (RFC 8200, section 4.4; type 0: RFC 2460; type 2: RFC 6275; type 4: RFC 8754)
return {
  name = "routing", under = { ipproto = 43 },
  line = "routing type {type} left {segmentsleft}",
  { key = "nextheader",   alias = "nh", bytes = 1, next = "ipproto" },
  { key = "length",       bytes = 1, length = "header", unit = 8, bias = 8 },
  { key = "type",         bytes = 1, enum = { [0] = "source route", [2] = "mobile", [3] = "rpl", [4] = "segment routing" } },
  { key = "segmentsleft", bytes = 1 },
  { switch = "type",
    [0] = { { key = "reserved", bytes = 4 },
            { key = "addresses", when = { segmentsleft = { min = 1 } }, each = { format = "ipv6" }, role = "destination" },
            { key = "addresses", when = { segmentsleft = 0 }, each = { format = "ipv6" } } },
    [2] = 0,
    [4] = { { key = "lastentry", bytes = 1, count = "segments", bias = 1 }, { key = "flags", bytes = 1 }, { key = "tag", bytes = 2 },
            { key = "segments", each = { format = "ipv6" }, role = "destination", pick = "first" },
            { key = "tlvs", each = {
              { key = "type", bytes = 1, enum = { [0] = "pad1", [4] = "padn", [5] = "hmac" } },
              { when = { type = { no = 0 } }, { key = "length", bytes = 1, length = "rest" },
                { key = "data", type = "string", format = "hex" } } } } },
    other = { key = "data", type = "string", format = "hex" } },
}
