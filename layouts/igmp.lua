-- Internet Group Management Protocol, versions 1 to 3 (RFC 1112, appendix I; RFC 2236; RFC 3376, section 4)
return {
  name = "igmp", under = { ipproto = 2 },
  line = "IGMP {type}{? {group}?}{? {records.group}?}",
  { key = "type", bytes = 1, enum = { [0x11] = "query", [0x12] = "report v1", [0x13] = "dvmrp", [0x16] = "report v2",
    [0x17] = "leave", [0x22] = "report v3" } },
  { key = "maxresponse", alias = "maxresp", bytes = 1 },
  { key = "checksum", bytes = 2, sum = "internet", cover = "total" },
  { switch = "type",
    [0x11] = { { key = "group", format = "ipv4" },
      { when = { [".left"] = { min = 4 } }, -- version 3
        { key = "reserved", bits = 4 }, { key = "suppress", type = "boolean", bits = 1 }, { key = "robustness", bits = 3 },
        { key = "interval", bytes = 1 }, { key = "sourcecount", bytes = 2, count = "sources" },
        { key = "sources", each = { format = "ipv4" } } } },
    [0x12] = { key = "group", format = "ipv4" }, [0x16] = 0x12, [0x17] = 0x12,
    [0x22] = { { key = "reserved2", bytes = 2 }, { key = "recordcount", bytes = 2, count = "records" },
      { key = "records", each = {
        { key = "type", bytes = 1, enum = { "is include", "is exclude", "to include", "to exclude", "allow new", "block old" } },
        { key = "auxlength", bytes = 1, length = "aux", unit = 4 },
        { key = "sourcecount", bytes = 2, count = "sources" },
        { key = "group", format = "ipv4" },
        { key = "sources", each = { format = "ipv4" } },
        { key = "aux", type = "string", format = "hex" } } } },
    other = { key = "data", type = "string", format = "hex" } },
}
