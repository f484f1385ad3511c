-- RTP Control Protocol (RFC 3550, section 6; feedback: RFC 4585)
-- What the count counts: reports, sources with what describes them, sources that leave
local blocks <const> = { key = "blocks", each = { align = 4,
  { key = "source", bytes = 4 },
  { switch = "type",
    [200] = { { key = "fractionlost", bits = 8 }, { key = "lost", bits = 24, signed = true }, { key = "highest", bytes = 4 },
              { key = "jitter", bytes = 4 }, { key = "lastreport", bytes = 4 }, { key = "delay", bytes = 4 } },
    [201] = 200,
    [202] = { { key = "items", stop = { type = 0 }, each = {
                { key = "type", bytes = 1, enum = { [0] = "end", "cname", "name", "email", "phone", "loc", "tool", "note", "priv" } },
                { when = { type = { no = 0 } }, { key = "length", bytes = 1, length = "rest" }, { key = "text", type = "string" } } } },
              { switch = "source", other = {} } }, -- (what follows a list goes on where it stopped: the next source)
    other = {} } } }

return {
  name = "rtcp", under = { udpport = 5005 }, when = { version = 2 },
  line = "RTCP {packets.type}{? source {packets.source}?}",
  { key = "version", bits = 2, peek = true },
  { key = "packets", each = {
    { key = "version", bits = 2, equal = 2 },
    { key = "padded",  type = "boolean", bits = 1 },
    { key = "count",   alias = "format", bits = 5, count = "blocks" },
    { key = "type",    bytes = 1, enum = { [200] = "sender report", [201] = "receiver report", [202] = "source description",
      [203] = "goodbye", [204] = "application", [205] = "transport feedback", [206] = "payload feedback", [207] = "extended report" } },
    { key = "length",  bytes = 2, length = "total", unit = 4, bias = 4 },
    { switch = "type",
      [200] = { { key = "source", alias = "ssrc", bytes = 4 }, { key = "seconds", bytes = 4 }, { key = "fraction", bytes = 4 },
                { key = "timestamp", bytes = 4 }, { key = "sentpackets", bytes = 4 }, { key = "sentoctets", bytes = 4 },
                blocks, { key = "extension", type = "string", format = "hex" } },
      [201] = { { key = "source", alias = "ssrc", bytes = 4 }, blocks, { key = "extension", type = "string", format = "hex" } },
      [202] = blocks,
      [203] = { blocks,
                { when = { [".left"] = { min = 1 } },
                  { key = "reason", align = 4, { key = "length", bytes = 1, length = "text" }, { key = "text", type = "string" } } } },
      [204] = { { key = "source", alias = "ssrc", bytes = 4 }, { key = "name", bytes = 4, type = "string" },
                { key = "data", type = "string", format = "hex" } },
      [205] = { { key = "source", alias = "ssrc", bytes = 4 }, { key = "media", bytes = 4 }, { key = "data", type = "string", format = "hex" } },
      [206] = 205,
      other = { key = "data", type = "string", format = "hex" } } } },
}
