-- Protocols that nobody speaks, which together use every word of the language of layouts: a script as users write one,
-- for pktcraft dissector.

-- Numbers of every size, in both orders of bits, with and without sign, that begin at any bit.
local bits = { name = "madebits", under = { madespace = 4 } }
for _, endian in ipairs { "big", "little" } do
  for n = 1, 64 do
    local group = { endian = endian }
    local before = n % 8
    if before > 0 then group[1] = { bits = before } end
    group[#group + 1] = { key = ("%s%d"):format(endian, n), bits = n, signed = n % 3 == 0 }
    local after = -(before + n) % 8
    if after > 0 then group[#group + 1] = { bits = after } end
    bits[#bits + 1] = group
  end
end
layout.register(bits)

layout.register {
  name = "madeup", link = 147, under = { udpport = { 55001, { min = 55010, max = 55019 } } },
  about = "A protocol that nobody speaks; it carries the others (made up)",
  line = "MADE {kind}{? left {lifetime}?}{? mark {options.mark}?}",
  follow = { fragoffset = 0 }, fragment = { { fragoffset = { min = 1 } }, { more = true } },
  { key = "magic", bytes = 2, equal = 0x4d50 },
  { key = "headerlength", bytes = 1, length = "header", unit = 4, bias = -4, min = 7 },
  { key = "kind", alias = { "type", "what" }, bytes = 1, next = "madespace",
    enum = { "values", "lists", "text", "bits", "deep", "when" } },
  { key = "totallength", bytes = 2, length = "total", open = 0 },
  { key = "more", type = "boolean", bits = 1 },
  { bits = 2 },
  { key = "fragoffset", bits = 13 },
  { key = "lifetime", bytes = 1, default = 9, max = 250 },
  { key = "other", bytes = 1, hint = "madehint", signed = true },
  { key = "source", format = "ipv4", role = "source" },
  { key = "destination", format = "ipv4", role = "destination" },
  { key = "checksum", bytes = 2, sum = "internet", cover = "header", zero = 0xffff },
  { bytes = 2 },
  { key = "marks", bytes = 2, flags = { [0] = "first", "second", [9] = "tenth" }, letters = "FS" },
  { key = "options", align = 4, fill = 0, stop = { kind = "end" }, each = {
    { key = "kind", bytes = 1, enum = { [0] = "end", "pad" } },
    { when = { kind = { no = { "end", "pad" } } },
      { key = "length", bytes = 1, length = "total", min = 2 },
      { switch = "kind",
        [2] = { key = "mark", bytes = 4 },
        [3] = { { key = "low", bits = 4 }, { key = "high", bits = 4 } },
        [4] = 3, [5] = {}, [6] = { key = "mark", bytes = 8 }, [7] = { key = "mark", type = "string" },
        other = { key = "data", type = "string", format = "hex" } } } } },
}

layout.register {
  name = "madevalues", under = { madespace = 1 }, endian = "little",
  { key = "large", bytes = 8 },
  { key = "whole", bytes = 8, signed = true, endian = "big", min = -0x7fffffffffffff00, max = 0x7fffffffffffff00 },
  { key = "single", type = "float", bytes = 4 },
  { key = "double", type = "float", bytes = 8, endian = "big" },
  { key = "guessed", bytes = 4, endian = "guess" },
  { key = "guessed8", bytes = 8, endian = "guess" },
  { key = "three", bytes = 3, signed = true },
  { key = "yes", type = "boolean", bytes = 1 },
  { key = "pair", endian = "big", { key = "one", bits = 4 }, { key = "two", bits = 12, enum = { "low", "high" } } },
  { type = "union",
    { key = "both", bytes = 4 },
    { { key = "left", bytes = 2 }, { key = "right", bytes = 2 } } },
  { key = "either", type = "union", { key = "number", bytes = 4 }, { key = "bytes", type = "string", bytes = 4 } },
  { key = "row", count = 3, each = { bytes = 2 } },
  { key = "nibbles", count = 4, each = { bits = 4 } },
  { key = "points", count = 2, each = { { key = "x", bytes = 2, signed = true }, { key = "y", bytes = 1 } } },
  { key = "mac", format = "mac" },
  { key = "eui", format = "eui64" },
  { key = "ip4", format = "ipv4" },
  { key = "ip6", format = "ipv6" },
  { key = "when", format = "time" },
  { key = "raw", bytes = 5, type = "string", format = "hex" },
  { key = "digits", bytes = 6, type = "string", format = "decimal" },
  { key = "word", bytes = 4, type = "string" },
  { key = "quic", format = "quicint", max = 0x3fffffff00000000 },
  { key = "berlength", format = "berlength", length = "ber" },
  { key = "ber", type = "string" },
  { key = "integer", format = "asn1int" },
  { switch = "integer", [0] = { key = "none", bytes = 1 }, [-1] = { key = "minus", bytes = 2 },
    other = { key = "some", bytes = 1 } },
  { key = "same", bytes = 2, enum = "ethertype" },
  { switch = "large", [0] = { key = "size", bytes = 4 },
    other = { key = "size", when = { whole = { min = 0 } }, bytes = 8 } },
}

layout.register {
  name = "madelists", under = { madespace = 2 },
  { key = "counted", bytes = 1, count = "items" },
  { key = "itemlength", bytes = 2, length = { "sized", "more" }, bias = -3, open = 0xffff },
  { key = "items", each = { align = 4, fill = 0xff,
    { key = "size", bytes = 1, length = "rest" },
    { key = "tag", bits = 4 }, { key = "class", bits = 4 },
    { key = "body", type = "string" } } },
  { key = "numbers", bytes = 6, each = { bytes = 2, endian = "little" } },
  { key = "pairs", bytes = 1, count = "twos", bias = 1 },
  { key = "twos", each = { { key = "a", bytes = 1 }, { key = "b", bytes = 1 } } },
  { key = "sized", each = { { key = "length", bytes = 1, length = "total", min = 1 },
    { key = "text", type = "string" } } },
  { key = "ends", stop = { last = true }, each = { { key = "last", type = "boolean", bits = 1 },
    { key = "value", bits = 7 } } },
  { key = "names", bytes = 1, count = "labels" },
  { key = "labels", each = { format = "dnsname" } },
  { key = "code", when = { ["items.tag"] = { 1, 2, { min = 8 } } }, bytes = 1 },
  { key = "more", each = { bytes = 1 } },
  { key = "last", when = { [".left"] = { min = 4 } }, bytes = 4 },
  { key = "rest", each = "part" },
  parts = { part = { align = 2, { key = "type", bytes = 1 }, { key = "length", bytes = 1, length = "rest" },
    { switch = "type", [1] = { key = "inner", each = "part" }, [2] = { key = "word", bytes = 2 },
      [3] = { key = "leaf", each = "leaf" }, other = { key = "data", type = "string" } } },
    leaf = { { key = "v", format = "quicint" } } },
}

layout.register {
  name = "madetext", under = { madespace = 3 }, when = { first = { no = { 0, { min = 0xf0 } } } },
  { key = "first", bytes = 1, peek = true },
  { key = "line", type = "string", stop = "\r\n" },
  { key = "third", bytes = 1 },
  { key = "zero", type = "string", stop = 0, align = 4 },
  { key = "name", format = "dnsname" },
  { key = "plain", format = "dnsnameplain" },
  { key = "again", format = "dnsname" },
  { key = "length", bytes = 1, length = "value" },
  { key = "value", type = "string", align = 2, fill = 0x20 },
  { key = "number", type = "string", format = "decimal", stop = ";" },
  { key = "headers", stop = { name = 0 }, each = {
    { key = "name", bytes = 1 },
    { when = { name = { no = 0 } }, { key = "text", type = "string", stop = "\n" } } } },
  { key = "quoted", type = "string", layout = "madeup" },
}

layout.register {
  name = "madedeep", under = { madespace = 5 }, stream = true,
  { key = "length", bytes = 2, length = "payload" },
  { key = "flag", type = "boolean", bits = 1 }, { key = "how", bits = 7, next = "madespace" },
  { key = "group", { key = "size", bytes = 1, length = "total", min = 1 },
    { key = "inside", { key = "deep", bytes = 1, when = { how = { min = 4 } } }, { key = "deeper", type = "string" } } },
  { key = "hops", count = 2, each = { format = "ipv4" }, role = "destination", pick = "first" },
  { switch = "flag", [1] = { payload = "madeup", quoted = true }, other = { payload = true } },
  { key = "trailer", bytes = 4, endian = "little", sum = "crc32c", cover = "total" },
}

layout.register {
  name = "madewhen", under = { madespace = 6 }, when = { { a = 1 }, { a = 2, b = { min = 4 } }, { a = { min = 3 } } },
  { key = "a", bytes = 1 }, { key = "b", bytes = 1 },
  { when = { { a = 1, b = { no = { 1, 2 } } }, { b = 3 } }, { key = "c", bytes = 2 }, { key = "ipsum", bytes = 2,
    sum = "internet", pseudo = true } },
  { key = "d", when = { a = { min = 2, max = 5 } }, bytes = 1 },
  { switch = "a", [1] = { switch = "b", [1] = { key = "e", bytes = 1 }, other = { key = "f", bytes = 3 } },
    [2] = { key = "g", { key = "h", bytes = 1 } } },
  { payload = "madebits" },
  { key = "trailer", bytes = 2 },
}

layout.bind("madehint", 7, layout.find "madebits")
