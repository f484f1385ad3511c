--- Wireshark dissectors in Lua from tables of fields: what `pktcraft dissector` writes.
--
-- The text begins with `pktcraft/dissector/prelude.lua` as it is: walks over bytes as core does them. Then come the
-- layouts, each as a table of its fields and a function that passes them in order; then what they stand under.
-- @module pktcraft.dissector

local layout = require "layout"

local dissector = {}

local INDENT <const> = "  "

-- --- text

local function quote(s)
  local text = ("%q"):format(s):gsub("\\\n", "\\n")
  if utf8.len(text) then return text end
  return (text:gsub("[\127-\255]", function(c) return ("\\%03d"):format(c:byte()) end))
end

local function index(t, key)
  if key:find "^[%a_][%w_]*$" and not load("local " .. key .. " = 1") then return t .. "[" .. quote(key) .. "]" end
  return key:find "^[%a_][%w_]*$" and t .. "." .. key or t .. "[" .. quote(key) .. "]"
end

--- An integer as it is compared: those of fields of more than 53 bits are objects.
local function integer(n, wide)
  if wide then return ("int64(0x%x, 0x%x)"):format(n & 0xffffffff, n >> 32) end
  return ("%d"):format(n)
end

--- {[value] = name} as text.
local function nametable(names, indent)
  local values, lines, line = {}, {}, ""
  for value in pairs(names) do values[#values + 1] = value end
  table.sort(values)
  for _, value in ipairs(values) do
    local entry = ("[%d] = %s, "):format(value, quote(names[value]))
    if #indent + #line + #entry > 116 and line ~= "" then
      lines[#lines + 1] = indent .. line:gsub(" $", "")
      line = ""
    end
    line = line .. entry
  end
  lines[#lines + 1] = indent .. line:gsub(" $", "")
  return table.concat(lines, "\n")
end

-- --- tables of fields

local sizes <const> = { ipv4 = 4, ipv6 = 16, mac = 6, eui64 = 8, time = 4 }
local telling <const> = { quicint = true, berlength = true, asn1int = true } -- numbers that tell their size

local function bitsof(d)
  return d.bits or d.bytes and d.bytes * 8 or d.format and sizes[d.format] and sizes[d.format] * 8 or nil
end

--- The kind of a field, as core tells it: number, boolean, string, struct, union, array, list, switch, payload.
local function kindof(d)
  if d.switch then return "switch" end
  if d.payload then return "payload" end
  local kind = d.type
  if not kind then
    if d.each then
      kind = "array"
    elseif #d > 0 then
      kind = "struct"
    else
      local size = d.format and sizes[d.format]
      kind = ((bitsof(d) or 0) > 64 or d.format and not size) and "string" or "number"
    end
  end
  if kind == "array" and type(d.count) ~= "number" then return "list" end
  return kind == "float" and "number" or kind
end

local function isleaf(kind)
  return kind == "number" or kind == "boolean" or kind == "string"
end

--- Whether a leaf's size was said in bytes: it begins with a whole one.
local function inbytes(d)
  return d.bytes ~= nil or d.bits == nil
end

local function anybytes(d)
  local kind = kindof(d)
  if isleaf(kind) then return inbytes(d) end
  if kind == "list" or kind == "switch" or kind == "payload" then return true end
  for _, member in ipairs(kind == "array" and { d.each } or d) do
    if anybytes(member) then return true end
  end
  return false
end

--- The cases of a switch, as a list of {field, values}; and that of other values.
local function casesof(d)
  local list, byfield, values = {}, {}, {}
  for value in pairs(d) do
    if math.type(value) == "integer" then values[#values + 1] = value end
  end
  table.sort(values)
  for _, value in ipairs(values) do
    local field = d[value]
    while math.type(field) == "integer" do field = d[field] end
    if not byfield[field] then
      byfield[field] = { field = field, values = {} }
      list[#list + 1] = byfield[field]
    end
    table.insert(byfield[field].values, value)
  end
  local other = d.other
  while math.type(other) == "integer" do other = d[other] end
  return list, other
end

--- Whether what is defined begins with a whole byte.
local function beginsbytes(d)
  local kind = kindof(d)
  if isleaf(kind) then return inbytes(d) end
  if kind == "list" or kind == "payload" then return true end
  if kind == "array" then return anybytes(d) end
  if kind == "switch" then
    local cases, other = casesof(d)
    local first = cases[1] and cases[1].field or other
    return first ~= nil and beginsbytes(first)
  end
  for k, member in ipairs(d) do
    if beginsbytes(member) then return true end
    if k == 1 and kind ~= "union" then return false end
  end
  return false
end

local function tobyte(c)
  c.bit = (c.bit + 7) // 8 * 8
end

-- --- making

local Maker = {}
Maker.__index = Maker

--- Adds a line to what is being written.
function Maker:put(format, ...)
  self.lines[#self.lines + 1] = self.indent .. (select("#", ...) > 0 and format:format(...) or format)
end

--- Runs a function whose lines go to a list of their own, further in; gives the list.
function Maker:inner(f)
  local lines, indent = self.lines, self.indent
  self.lines, self.indent = {}, indent .. INDENT
  f()
  local made = self.lines
  self.lines, self.indent = lines, indent
  return made
end

function Maker:splice(lines)
  table.move(lines, 1, #lines, #self.lines + 1, self.lines)
end

--- The shared names of a list: `names.list`, which is written once for all layouts.
function Maker:sharednames(list)
  local names = layout.names(list)
  while type(names) == "string" do
    list = names
    names = layout.names(list)
  end
  if names and next(names) then
    self.shared[list] = names
    return index("names", list)
  end
  return nil
end

--- The newest field of a name in a struct.
local function own(scope, name)
  for k = #scope.fields, 1, -1 do
    local f = scope.fields[k]
    if f.key == name then return f end
    for _, alias in ipairs(f.aliases) do
      if alias == name then return f end
    end
  end
  return nil
end

--- What a name means in a struct or those around it: the field, and the walk that holds it.
local function lookup(scope, name)
  local w = "w"
  while scope do
    local f = own(scope, name)
    if f then return f, w end
    scope, w = scope.up, w .. ".up"
  end
  error(("no field is called '%s'"):format(name), 0) -- layout.struct has refused it
end

--- One test of a condition, as an expression.
function Maker:test(scope, path, c)
  local name, member = path:match "^([^.]+)%.(.+)$"
  local f, subject
  if path == ".left" then
    subject = "left(w)"
  elseif name then
    local listed, w = lookup(scope, name)
    f = own(listed.scope, member)
    listed.asked[f.key] = true
    subject = ("%s.first[%s]"):format(w, quote(listed.key .. "." .. f.key))
  else
    local w
    f, w = lookup(scope, path)
    if not scope.up and f.d and f.offset and not f.def.when then self.ahead[f.id] = f end
    subject = index(w .. ".values", f.key)
  end
  local wide = f and f.wide
  local negate = type(c) == "table" and c.no ~= nil
  if negate then c = c.no end
  local parts = {}
  local function allow(v)
    if type(v) == "string" then
      for value, text in pairs(type(f.def.enum) == "table" and f.def.enum or {}) do
        if text == v then return allow(value) end
      end
      error(("no name of a value: '%s'"):format(v), 0)
    elseif type(v) == "boolean" then
      allow(v and 1 or 0)
    elseif type(v) == "number" then
      parts[#parts + 1] = ("%s == %s"):format(subject, integer(v, wide))
    elseif #v > 0 then
      for _, one in ipairs(v) do allow(one) end
    else
      local min = v.min and integer(v.min, wide) or wide and integer(math.mininteger, true) or "-math.huge"
      local max = v.max and integer(v.max, wide) or wide and integer(math.maxinteger, true) or "math.huge"
      parts[#parts + 1] = ("within(%s, %s, %s)"):format(subject, min, max)
    end
  end
  allow(c)
  local text = table.concat(parts, " or ")
  if negate then
    if path == ".left" then return ("not (%s)"):format(text) end
    return ("%s and not (%s)"):format(subject, text)
  end
  return #parts > 1 and "(" .. text .. ")" or text
end

--- A condition as an expression: {path = c, ...}, or a list of conditions any of which holds.
function Maker:condition(scope, c)
  local parts = {}
  if #c > 0 then
    for k, one in ipairs(c) do parts[k] = "(" .. self:condition(scope, one) .. ")" end
    return table.concat(parts, " or ")
  end
  local paths = {}
  for path in pairs(c) do paths[#paths + 1] = path end
  table.sort(paths)
  for k, path in ipairs(paths) do parts[k] = self:test(scope, path, c[path]) end
  return table.concat(parts, " and ")
end

-- --- fields of Wireshark

local order <const> = { uint8 = 1, uint16 = 2, uint24 = 3, uint32 = 4, uint64 = 5,
  int8 = 1, int16 = 2, int24 = 3, int32 = 4, int64 = 5 }

local function integertype(bits, signed)
  local size = bits <= 8 and 8 or bits <= 16 and 16 or bits <= 24 and 24 or bits <= 32 and 32 or 64
  return (signed and "int" or "uint") .. size
end

--- The type of ProtoField that shows a leaf.
local function typeof(d, kind)
  local bits = bitsof(d)
  if d.format == "ipv4" or d.format == "ipv6" or d.format == "eui64" then return d.format end
  if d.format == "mac" then return "ether" end
  if d.format == "time" then return "absolute_time" end
  if d.format == "dnsname" or d.format == "dnsnameplain" then return "string" end
  if d.format == "quicint" or d.format == "decimal" then return "uint64" end
  if d.format == "berlength" then return "uint32" end
  if d.format == "asn1int" then return "int64" end
  if d.type == "float" then return bits == 32 and "float" or "double" end
  if kind == "boolean" then return "bool" end
  if kind == "string" then return d.stop and not d.format and "string" or "bytes" end
  return integertype(bits, d.signed)
end

--- The name of a field in display filters: that of another kind gets one of its own.
function Maker:abbreviation(path, kind)
  local name = path:gsub("[^%w._-]", "_")
  local known = self.abbreviations[name]
  if not known then
    self.abbreviations[name] = { kind = kind }
    return name, self.abbreviations[name]
  end
  if known.kind == kind then return name, known end
  if order[known.kind] and order[kind] and known.kind:sub(1, 1) == kind:sub(1, 1) then
    if order[kind] > order[known.kind] then known.kind = kind end
    return name, known
  end
  return self:abbreviation(path .. "_" .. kind, kind)
end

--- The constructor of a ProtoField, as a function: it is called when all fields of that name are known, and with them
-- the type.
function Maker:protofield(path, label, kind, names, hex)
  local name, known = self:abbreviation(path, kind)
  return function()
    local more = ""
    if known.kind == "absolute_time" then
      more = ", base.UTC"
    elseif names then
      more = (", base.%s, %s"):format(hex and "HEX" or "DEC", names)
    elseif hex then
      more = ", base.HEX"
    end
    return ("ProtoField.%s(%s, %s%s)"):format(known.kind, quote(self.filter .. "." .. name), quote(label), more)
  end, known
end

--- A descriptor: `f.name = { ... }`, written once for all fields that are the same.
function Maker:describe(scope, def, kind, words, flags)
  local name = (scope.path .. (def.key == "" and "each" or def.key)):gsub("%W", "_")
  local list = {}
  for _, word in ipairs { "key", "bits", "whole", "little", "guess", "signed", "shows", "codec", "count", "stride",
    "structs", "peeks", "length", "unit", "bias", "open", "next", "hint", "equal", "min", "max", "letters",
    "stop", "room", "sizer", "counter", "stops", "align", "eachalign", "peek", "role", "said", "inner", "names",
    "offset", "place" } do
    local value = words[word]
    if value ~= nil and value ~= false then
      list[#list + 1] = ("%s = %s"):format(word, type(value) == "function" and value() or tostring(value))
    end
  end
  local base, n, text = name, 1, table.concat(list, ", ")
  local same = text .. (kind or "") .. (flags and flags.text or "")
  while self.described[name] and self.described[name].same ~= same do
    n = n + 1
    name = base .. "_" .. n
  end
  local found = self.described[name]
  if not found then
    found = { name = index("f", name), same = same, text = text, words = words, flags = flags }
    self.described[name] = found
    self.descriptors[#self.descriptors + 1] = found
  end
  return found
end

-- --- placing: as core/compile.c does

--- From here on nothing has a constant place.
local function godynamic(scope, c)
  if not c.dynamic then scope.bits = c.bit end
  c.dynamic = true
end

local actlengths <const> = { header = true, total = true, payload = true, rest = true }

--- The words of a number or a string that tells one: what it does when it is passed.
local function numberwords(words, def, wide)
  local lengths = type(def.length) == "table" and def.length or { def.length }
  if #lengths == 1 and actlengths[lengths[1]] then words.length = quote(lengths[1]) end
  if #lengths > 0 or type(def.count) == "string" then
    words.unit, words.bias, words.open = def.unit, def.bias ~= 0 and def.bias or nil, def.open
  end
  for _, word in ipairs { "equal", "min", "max" } do
    if def[word] then words[word] = integer(def[word], wide) end
  end
  words.next, words.hint = def.next and quote(def.next), def.hint and quote(def.hint)
end

--- What fields of the same struct say the size, and the count, of one that has just been named.
local function sizers(scope, entry)
  local sizer, counter
  for _, f in ipairs(scope.fields) do
    if f ~= entry then
      local lengths = type(f.def.length) == "table" and f.def.length or { f.def.length }
      for _, key in ipairs(lengths) do
        if key == entry.key then sizer = f end
      end
      if f.def.count == entry.key and type(f.def.count) == "string" then counter = f end
    end
  end
  return sizer, counter
end

--- The names of a field's values as an expression, or nil.
function Maker:enum(def, path)
  if type(def.enum) == "string" then return self:sharednames(def.enum) end
  if def.enum and next(def.enum) then
    local text = nametable(def.enum, INDENT:rep(2))
    if not self.values[text] then
      local name, n = path, 1
      while self.values[name] do
        n = n + 1
        name = path .. n
      end
      self.values[text], self.values[name] = index("values", name), true
      self.enums[#self.enums + 1] = ("  %s = {\n%s\n  }"):format(self.values[text], text)
    end
    return self.values[text]
  end
  if def.next then return self:sharednames(def.next) end
  return nil
end

--- Descriptors of the bits of a number: each is a boolean beside it.
local function flagsof(scope, def)
  if not def.flags or not next(def.flags) then return nil end
  local bits, lines, fields = {}, {}, {}
  for bit in pairs(def.flags) do bits[#bits + 1] = bit end
  table.sort(bits)
  for k, bit in ipairs(bits) do
    local name = def.flags[bit]
    lines[k] = ("%d %s"):format(bit, name)
    fields[k] = { bit = bit, path = scope.path .. name, name = name }
  end
  return { text = table.concat(lines, " "), fields = fields }
end

--- A number, boolean or string; padding where it has no key.
function Maker:leaf(scope, c, def, kind, endian, entry)
  local bits = bitsof(def)
  local e = def.endian and def.endian ~= "guess" and def.endian or endian
  if def.endian == "guess" then e = "big" end
  local little = e == "little" or e == "native" and string.pack("=I2", 1):byte() == 1
  if inbytes(def) then tobyte(c) end
  if not entry then
    self:put("pad(w, %d%s)", bits, inbytes(def) and ", true" or "")
    c.bit = c.bit + bits
    return
  end
  entry.size = bits
  local open = bits == nil
  local wide = not open and bits > 53 and kind ~= "string" and def.type ~= "float" or def.format == "quicint"
    or def.format == "asn1int"
  entry.wide = wide
  local words = { key = quote(def.key), bits = bits, whole = inbytes(def) and bits and true, align = def.align,
    peek = def.peek }
  words.sizer = entry.sizer and entry.sizer.d
  local path = (scope.path .. def.key):gsub("%.$", "")
  words.said = self.said[def.key]
  self.keys[path] = true
  local role = def.role == "source" and "src" or def.role == "destination" and "dst"
  if role and not scope.up then words.role = quote(role) end
  local shown = typeof(def, kind)
  local names
  if kind == "number" and def.type ~= "float" and not def.format or telling[def.format or ""] then
    names = self:enum(def, (path:gsub("%W", "_")))
  end
  if words.said then words.names = names end
  if kind == "string" then
    if def.format and not sizes[def.format] and def.format ~= "hex" then words.codec = quote(def.format) end
    words.stop = def.stop and quote(type(def.stop) == "number" and string.char(def.stop) or def.stop)
    if def.format == "ipv6" then
      words.shows = quote "ipv6"
    elseif shown == "bytes" and def.format ~= "hex" then
      words.shows = quote "bytes"
    end
    words.inner = def.layout and quote(def.layout)
    if telling[def.format or ""] and open then numberwords(words, def, wide) end
  else
    words.little, words.guess, words.signed = little, def.endian == "guess", def.signed
    words.letters = def.letters and quote(def.letters)
    if def.format == "time" then
      words.shows = quote "time"
    elseif def.format then
      words.shows = quote "bytes"
    elseif kind == "boolean" then
      words.shows = quote "boolean"
    elseif def.type == "float" then
      words.shows = quote "float"
    end
    numberwords(words, def, wide)
    if entry.fixed then words.offset = c.bit end
    entry.offset, entry.bits, entry.little = entry.placed and c.bit or nil, bits, little
  end
  local flags = kind == "number" and flagsof(scope, def) or nil
  local d = self:describe(scope, def, shown .. path .. (names or ""), words, flags)
  if not d.field then
    d.field, d.known = self:protofield(path, def.key ~= "" and def.key or scope.label, shown, names,
      kind == "number" and (def.sum or def.flags) and order[shown])
    d.small = not open and bits <= 32 or def.format == "berlength"
  end
  entry.d, entry.id = d.name, d.name
  self:put("%s(w, %s)", kind == "string" and "bytes" or "number", d.name)
  if open then
    godynamic(scope, c)
    return
  end
  if def.peek then
    scope.peeks = true
    return godynamic(scope, c)
  end
  c.bit = c.bit + bits
end

local function enter(scope, path, label)
  return { fields = {}, up = scope, path = path, label = label }
end

--- Whether an element is a struct whose fields are the element's own.
local function isopenstruct(def, list)
  return list and kindof(def) == "struct" and not def.when
end

--- The function of an element: its lines; its size in bits when that is constant.
function Maker:element(scope, c, def, endian, list, path, key)
  local sub = enter(scope, path .. ".", key)
  local start = c.bit
  local lines
  if isopenstruct(def, list) then
    lines = self:inner(function()
      self:fields(sub, c, def, def.endian or endian, false, false, 1)
    end)
  else
    local element = setmetatable({ key = "", align = false }, { __index = def, __len = function() return #def end })
    lines = self:inner(function()
      self:fields(sub, c, { element }, endian, false, false, 1)
    end)
  end
  return lines, sub, not c.dynamic and c.bit - start or nil
end

function Maker:call(name, d, lines, last)
  if #lines == 0 then
    self:put("%s(w, %s, function() end)%s", name, d, last or "")
    return
  end
  self:put("%s(w, %s, function(w)", name, d)
  self:splice(lines)
  self:put("end)%s", last or "")
end

--- A list or array: elements one after the other.
function Maker:list(scope, c, def, kind, endian, entry, followed)
  if beginsbytes(def) then tobyte(c) end
  local path = (scope.path .. def.key):gsub("%.$", "")
  local start = c.bit
  local words = { key = quote(def.key), align = def.align }
  local inner = { bit = kind == "array" and c.bit or 0, dynamic = false }
  local part = type(def.each) == "string" and def.each
  local lines, sub, size
  if part then
    self:part(part)
    sub = self.parts[part].scope
    words.eachalign = self.layout.parts[part].align
    words.structs, words.peeks = true, sub.peeks
  else
    lines, sub, size = self:element(scope, inner, def.each, endian, kind == "list", path, def.key)
    words.eachalign = def.each.align
    local element = kindof(def.each)
    words.structs = element == "struct" or element == "union"
    words.peeks = kind == "list" and sub.peeks
  end
  entry.scope = sub
  if kind == "array" then
    if anybytes(def) then tobyte(inner) end
    words.count, words.stride = def.count, inner.bit - start
    words.bits = words.stride * def.count
    words.whole = nil
    c.bit = start + words.bits
    entry.size = words.bits
  else
    words.room = bitsof(def) and bitsof(def) // 8
    words.stride = size and size // 8
    words.stops = def.stop and followed and not words.room
    words.sizer = entry.sizer and entry.sizer.d
    words.counter = entry.counter and entry.counter.d
    godynamic(scope, c)
    c.bit = 0
  end
  local ends
  if def.stop and kind == "list" then ends = self:condition({ fields = sub.fields, up = scope }, def.stop) end
  local d = self:describe(scope, def, "list" .. path .. (ends or ""), words)
  if words.structs then d.field = d.field or self:protofield(path, def.key ~= "" and def.key or scope.label, "none") end
  d.asked, d.ends = entry.asked, ends
  entry.d = d.name
  if part then
    self:put("list(w, %s, %s)", d.name, index("part", part))
  else
    self:call(kind, d.name, lines)
  end
end

--- A struct or union with a key.
function Maker:struct(scope, c, def, kind, endian, entry)
  if beginsbytes(def) then tobyte(c) end
  local inner = { bit = c.bit, dynamic = false }
  local path = (scope.path .. def.key):gsub("%.$", "")
  local sub = enter(scope, path .. ".", def.key)
  local words = { key = quote(def.key ~= "" and def.key or scope.label), align = def.align }
  local lines = self:inner(function()
    self:fields(sub, inner, def, endian, kind == "union", false, 1)
  end)
  if not inner.dynamic then
    words.bits = inner.bit - c.bit
    entry.size = words.bits
    c.bit = inner.bit
  else
    words.sizer = entry.sizer and entry.sizer.d
    godynamic(scope, c)
    c.bit = 0
  end
  local d = self:describe(scope, def, "struct" .. path, words)
  d.field = d.field or self:protofield(path, def.key ~= "" and def.key or scope.label, "none")
  entry.d = d.name
  self:call("struct", d.name, lines)
end

--- A part: a function of its own, which may call itself.
function Maker:part(name)
  if self.parts[name] then return end
  local def = assert(self.layout.parts and self.layout.parts[name], name)
  local part = { scope = enter(nil, name .. ".", name) }
  self.parts[name] = part
  local up = self.inpart
  self.inpart = true
  local indent = self.indent
  self.indent = INDENT
  part.lines = self:inner(function()
    self:fields(part.scope, { bit = 0, dynamic = false }, def, self.layout.endian, false, false, 1)
  end)
  self.indent, self.inpart = indent, up
  self.partorder[#self.partorder + 1] = name
end

--- One of several by the value of another.
function Maker:switch(scope, c, def, endian, followed)
  local f, w = lookup(scope, def.switch)
  local cases, other = casesof(def)
  tobyte(c)
  godynamic(scope, c)
  local subject = index(w .. ".values", f.key)
  local conditional = scope.conditional
  scope.conditional = true
  local word = "if"
  local function case(field)
    return self:inner(function()
      if next(field) ~= nil then
        self:fields(scope, { bit = c.bit, dynamic = true }, { field }, endian, false, followed, 0)
      end
    end)
  end
  for _, one in ipairs(cases) do
    local tests = {}
    for k, value in ipairs(one.values) do tests[k] = ("%s == %s"):format(subject, integer(value, f.wide)) end
    self:put("%s %s then", word, table.concat(tests, " or "))
    self:splice(case(one.field))
    word = "elseif"
  end
  if other and word == "if" then
    self:put("do")
    self:splice(case(other))
    self:put("end")
  elseif word ~= "if" then
    if other then
      self:put("else")
      self:splice(case(other))
    end
    self:put("end")
  end
  scope.conditional = conditional
  c.bit = 0
end

function Maker:kind(scope, c, def, kind, endian, entry, followed)
  if isleaf(kind) then
    self:leaf(scope, c, def, kind, endian, entry)
  elseif kind == "array" or kind == "list" then
    self:list(scope, c, def, kind, endian, entry, followed)
  elseif kind == "switch" then
    self:switch(scope, c, def, endian, followed)
  elseif kind == "payload" then
    tobyte(c)
    godynamic(scope, c)
    self.haspayload = self.haspayload or not scope.up and not self.inpart
    local upper = type(def.payload) == "string" and quote(def.payload) or "nil"
    self:put("payload(w, %s%s)", upper, def.quoted and ", true" or "")
    if not scope.conditional then scope.afterpayload = true end
    c.bit = 0
  elseif entry then
    self:struct(scope, c, def, kind, endian, entry)
  else
    self:fields(scope, c, def, endian, kind == "union", followed, 0)
  end
end

function Maker:field(scope, c, def, endian, followed)
  local kind = kindof(def)
  local conditional, wasdynamic = scope.conditional, c.dynamic
  local inplace = scope.together and isleaf(kind) and bitsof(def)
  if def.endian and def.endian ~= "guess" then endian = def.endian end
  local condition
  if def.when then
    if beginsbytes(def) then tobyte(c) end
    if not inplace then godynamic(scope, c) end
    condition = self:condition(scope, def.when)
    scope.conditional = true
  end
  local entry
  if def.key then
    local aliases = type(def.alias) == "table" and def.alias or { def.alias }
    entry = { key = def.key, aliases = aliases, def = def, asked = {} }
    local twin = own(scope, def.key)
    if twin and twin.key == def.key then entry.asked = twin.asked end
    entry.sizer, entry.counter = sizers(scope, entry)
    scope.fields[#scope.fields + 1] = entry
    entry.placed = not scope.up and not self.inpart and not wasdynamic and not conditional
    entry.fixed = entry.placed and not condition and not def.peek and bitsof(def)
      and (kind == "number" or kind == "boolean")
  end
  local lines = self:inner(function()
    self:kind(scope, c, def, kind, endian, entry, followed)
  end)
  if condition then
    if #lines > 0 then
      self:put("if %s then", condition)
      self:splice(lines)
      self:put("end")
    end
    scope.conditional = conditional
  else
    for _, line in ipairs(lines) do self.lines[#self.lines + 1] = line:sub(#INDENT + 1) end
  end
  if def.align and kind ~= "list" then godynamic(scope, c) end
  if scope.afterpayload and scope == self.scope and entry and entry.size then
    self.trailer = self.trailer + entry.size
  end
end

--- Members one after the other, or (a union) all at one place.
function Maker:fields(scope, c, defs, endian, together, followed, level)
  local wastogether = scope.together
  if level > 0 then scope.conditional = false end
  scope.together = together
  local dynamic = c.dynamic
  if together then
    for _, def in ipairs(defs) do
      if beginsbytes(def) then
        tobyte(c)
        break
      end
    end
    self:put("union(w,")
  end
  local start, longest = { bit = c.bit, dynamic = c.dynamic }, { bit = c.bit, dynamic = c.dynamic }
  for k = 1, #defs do
    local def = defs[k]
    if together then
      dynamic = dynamic or c.dynamic
      c.bit, c.dynamic = start.bit, start.dynamic
      local lines = self:inner(function()
        self.indent = self.indent .. INDENT
        self:field(scope, c, def, endian, followed)
      end)
      self.lines[#self.lines + 1] = self.indent .. INDENT .. "function(w)"
      self:splice(lines)
      self.lines[#self.lines + 1] = self.indent .. INDENT .. (k < #defs and "end," or "end)")
    else
      self:field(scope, c, def, endian, followed or k < #defs)
    end
    if c.bit > longest.bit then longest = { bit = c.bit, dynamic = c.dynamic } end
  end
  if together then
    if #defs == 0 then self.lines[#self.lines] = nil end
    dynamic = dynamic or c.dynamic
    c.bit, c.dynamic = longest.bit, longest.dynamic
    if dynamic then godynamic(scope, c) end
  end
  scope.together = wastogether
end

-- --- layouts

--- The keys of what a layout's line names, as a set.
local function saidby(line)
  local set = {}
  for path in (line or ""):gmatch "{([^}?]+)}" do set[path:match "[^.]*$"] = true end
  return set
end

--- Whether core reads a number by a load of eight bytes: it is no big-endian one else.
local function loads(scope, f, guard)
  local def, kind = f.def, kindof(f.def)
  if not f.offset or kind == "string" or def.endian == "guess" or def.signed or def.type == "float" then
    return false
  end
  if guard and not f.fixed or f.offset + f.bits > scope.bits or f.offset % 8 + f.bits > 64 then return false end
  return not f.little
end

local function guards(scope, condition)
  if not condition then return true end
  if #condition > 0 then
    for _, one in ipairs(condition) do
      if not guards(scope, one) then return false end
    end
    return true
  end
  for path in pairs(condition) do
    local f = not path:find "%." and own(scope, path)
    if not f or not loads(scope, f, true) then return false end
  end
  return true
end

--- Whether fields of constant place alone tell where a layer's payload lies, whatever stands in what follows them: core
-- dissects on above such a one (core/verbs.c).
function Maker:simple(t, constant)
  local scope, found = self.scope, {}
  if self.haspayload or scope.bits == 0 then return false end
  for _, f in ipairs(scope.fields) do
    local def = f.def
    local lengths = type(def.length) == "table" and def.length or { def.length }
    local acts = { def.next and "next" or nil, def.hint and "hint" or nil }
    if #lengths == 1 and actlengths[lengths[1]] then acts[3] = lengths[1] end
    for k, act in pairs(acts) do
      if found[act] or act == "rest" or not loads(scope, f) or not guards(scope, def.when) then return false end
      if k == 3 and f.bits > 32 then return false end
      found[act] = true
    end
    if (def.equal or def.min or def.max) and (not loads(scope, f) or def.when or f.bits > 63) then return false end
  end
  return (constant or found.header) and guards(scope, t.when) and guards(scope, t.follow) and guards(scope, t.fragment)
end

--- A condition of a layout: a function of the walk.
function Maker:judgement(word, condition)
  if not condition then return end
  self.ahead = {}
  local text = self:condition(self.scope, condition)
  local names = {}
  for _, f in pairs(self.ahead) do names[#names + 1] = { name = f.d, offset = f.offset } end
  table.sort(names, function(a, b) return a.name < b.name end)
  self:put("%s = function(w)", word)
  if #names > 0 then
    local list = {}
    for k, one in ipairs(names) do
      list[k] = one.name
      self.places[one.name] = one.offset
    end
    self:put(INDENT .. "ahead(w, { %s })", table.concat(list, ", "))
  end
  self:put(INDENT .. "return %s", text)
  self:put("end,")
end

--- A string as one line of a comment.
local function comment(s)
  return (s:gsub("%s+", " "))
end

--- The text of one layout.
local function make(t, filter, shared)
  local self = setmetatable({ layout = t, filter = filter, shared = shared, lines = {}, indent = INDENT:rep(2),
    described = {}, descriptors = {}, abbreviations = {}, parts = {}, partorder = {}, said = saidby(t.line), ahead = {},
    trailer = 0, values = {}, enums = {}, keys = {}, places = {} }, Maker)
  self.scope = enter(nil, "", t.name)
  local c = { bit = 0, dynamic = false }
  local walk = self:inner(function()
    self:fields(self.scope, c, t, t.endian or "native", false, false, 1)
  end)
  if not c.dynamic then self.scope.bits = c.bit end
  local conditions = {}
  self.lines = conditions
  self:judgement("when", t.when)
  self:judgement("follow", t.follow)
  self:judgement("fragment", t.fragment)

  local out = {}
  local function put(format, ...) out[#out + 1] = select("#", ...) > 0 and format:format(...) or format end
  put("-- %s%s", t.name, t.about and ": " .. comment(t.about) or "")
  put("do")
  put("  local f = {}")
  if #self.enums > 0 then
    put("  local values = {}")
    table.move(self.enums, 1, #self.enums, #out + 1, out)
  end
  for _, d in ipairs(self.descriptors) do
    local more = d.field and ",\n    field = " .. d.field() or ""
    if d.small and order[d.known.kind] == 5 then more = ", big = true" .. more end
    if self.places[d.name] and not d.words.offset then more = (", place = %d"):format(self.places[d.name]) .. more end
    if d.asked and next(d.asked) then
      local list = {}
      for key in pairs(d.asked) do list[#list + 1] = quote(key) end
      table.sort(list)
      more = (", asked = { %s }"):format(table.concat(list, ", ")) .. more
    end
    if d.ends then more = more .. (",\n    ends = function(w) return %s end"):format(d.ends) end
    put("  %s = { %s%s }", d.name, d.text, more)
    local flags = {}
    for _, flag in ipairs(d.flags and d.flags.fields or {}) do
      if not self.keys[flag.path] then -- else a field of its own shows it
        flags[#flags + 1] = ("    { bit = %d, field = %s },"):format(flag.bit,
          (self:protofield(flag.path, flag.name, "bool"))())
      end
    end
    if #flags > 0 then
      put("  %s.flags = {", d.name)
      table.move(flags, 1, #flags, #out + 1, out)
      put("  }")
    end
  end
  if #self.partorder > 0 then
    put("  local part = {}")
    for _, name in ipairs(self.partorder) do
      put("  %s = function(w)", index("part", name))
      table.move(self.parts[name].lines, 1, #self.parts[name].lines, #out + 1, out)
      put("  end")
    end
  end
  put("  %s = {", index("layers", t.name))
  put("    name = %s, filter = %s,", quote(t.name), quote(filter))
  local about = t.about and ("%s (%s)"):format(t.about:gsub("%s*[%(;].*", ""), filter) or filter -- none comes twice
  put("    proto = Proto(%s, %s),", quote(filter), quote(about))
  if t.line then put("    line = %s,", quote(t.line)) end
  if t.stream then put("    stream = true,") end
  if self:simple(t, not c.dynamic) then put("    prefix = %d,", math.max((self.scope.bits + 7) // 8, 8)) end
  if self.trailer > 0 then put("    trailer = %d,", self.trailer) end
  table.move(conditions, 1, #conditions, #out + 1, out)
  put("    walk = function(w)")
  table.move(walk, 1, #walk, #out + 1, out)
  put("    end,")
  put("  }")
  put("  register(%s, f)", index("layers", t.name))
  put("end")
  put("")
  return table.concat(out, "\n")
end

-- --- where layouts stand

-- Wireshark's names of link types (tcpdump.org: link types); 147 to 162 are the user's.
local encapsulations <const> = { [0] = "NULL", [1] = "ETHERNET", [6] = "TOKEN_RING", [8] = "SLIP", [9] = "PPP",
  [12] = "RAW_IP", [14] = "RAW_IP", [50] = "PPP", [51] = "PPP_ETHER", [101] = "RAW_IP", [105] = "IEEE_802_11",
  [108] = "LOOP", [113] = "SLL", [127] = "IEEE_802_11_RADIOTAP", [187] = "BLUETOOTH_H4", [189] = "USB_LINUX",
  [220] = "USB_LINUX_MMAPPED", [228] = "RAW_IP4", [229] = "RAW_IP6",
  [249] = "USBPCAP", [276] = "SLL2" }

for k = 0, 15 do encapsulations[147 + k] = "USER" .. k end

--- The values under which a layout stands: a list of {space, min, max}, by space and value.
local function standings(t)
  local list = {}
  local function add(space, v)
    if type(v) == "number" then
      list[#list + 1] = { space = space, min = v, max = v }
    elseif v.min or v.max then
      list[#list + 1] = { space = space, min = v.min or 0, max = v.max or 0xffffffff }
    else
      for _, one in ipairs(v) do add(space, one) end
    end
  end
  for space, v in pairs(t.under or {}) do add(space, v) end
  for _, link in ipairs(type(t.link) == "table" and t.link or { t.link }) do add("link", link) end
  table.sort(list, function(a, b)
    if a.space ~= b.space then return a.space < b.space end
    return a.min < b.min
  end)
  return list
end

-- --- a script's layouts

local function copy(t)
  if type(t) ~= "table" then return t end
  local c = {}
  for k, v in pairs(t) do c[k] = copy(v) end
  return c
end

--- Calls a function and notes what it registers and binds: gives a list of tables of layouts, and one of bindings
-- {space, value, name} (name false: unbound). A table of a layout that it returns counts as registered.
function dissector.record(f)
  local saved = { struct = layout.struct, register = layout.register, bind = layout.bind, unbind = layout.unbind }
  local tables, list, binds = {}, {}, {}
  function layout.struct(t)
    local l = saved.struct(t)
    tables[l] = copy(t)
    return l
  end
  function layout.register(t)
    local l = saved.register(t) -- of a table: by way of layout.struct
    if tables[l] then list[#list + 1] = tables[l] end
    return l
  end
  function layout.bind(space, value, l)
    saved.bind(space, value, l)
    binds[#binds + 1] = { space = space, min = value, max = value, name = layout.fields(l).name }
  end
  function layout.unbind(space, value)
    saved.unbind(space, value)
    binds[#binds + 1] = { space = space, min = value, max = value, name = false }
  end
  local ok, result = pcall(f)
  if ok and type(result) == "table" and type(result.name) == "string" and #list == 0 then
    ok, result = pcall(function()
      local t = copy(result)
      t.endian = t.endian or "big"
      saved.struct(t)
      list[1] = t
    end)
  end
  for name, original in pairs(saved) do layout[name] = original end
  if not ok then error(result, 0) end
  return list, binds
end

--- The table of a shipped layout, or nil.
function dissector.shipped(name)
  for template in package.path:gmatch "[^;]+" do
    local prefix = template:match "^(.*)/share/lua/5%.4/%?%.lua$"
    local f = prefix and loadfile(("%s/share/pktcraft/layouts/%s.lua"):format(prefix, name), "t", {})
    if f then
      local t = f()
      t.endian = t.endian or "big"
      return t
    end
  end
  return nil
end

--- The text of a dissector. `list` has tables of layouts, `binds` bindings besides their own (as `record` gives them),
-- `options` may have `prefix`: a function that gives a layout's name in Wireshark; and `hook`: "add" (the default),
-- "decode as", "none". Gives a list of what could not be said, too.
function dissector.generate(list, binds, options)
  local prefix, how = options.prefix or function(name) return name end, options.hook or "add"
  local shared, parts, made, complaints = {}, {}, {}, {}
  for _, t in ipairs(list) do
    parts[#parts + 1] = make(t, (prefix(t.name):lower():gsub("[^%w._-]", "_")), shared)
    made[t.name] = true
  end
  local standing, sequence = {}, {}
  local function stand(b, name)
    local key = ("%s %d %d"):format(b.space, b.min, b.max)
    if not standing[key] then sequence[#sequence + 1] = key end
    standing[key] = { space = b.space, min = b.min, max = b.max, name = name }
  end
  for _, t in ipairs(list) do
    for _, b in ipairs(standings(t)) do stand(b, t.name) end
  end
  for _, b in ipairs(binds) do stand(b, b.name) end

  local out = { "-- Dissectors for Wireshark, written by pktcraft dissector: " .. table.concat((function()
    local names = {}
    for k, t in ipairs(list) do names[k] = t.name end
    return names
  end)(), ", ") .. ".", "-- wireshark -X lua_script:FILE, or put it into the folder of personal plugins.", "" }
  local path = assert(package.searchpath("pktcraft.dissector.prelude", package.path))
  local file <close> = assert(io.open(path))
  out[#out + 1] = (file:read "a":gsub("^.-\n\n", "", 1))
  local names = {}
  for name in pairs(shared) do names[#names + 1] = name end
  table.sort(names)
  if #names > 0 then out[#out + 1] = "local names = {} -- of values that several protocols share" end
  for _, name in ipairs(names) do
    out[#out + 1] = ("%s = {\n%s\n}"):format(index("names", name), nametable(shared[name], INDENT))
  end
  if #names > 0 then out[#out + 1] = "" end
  table.move(parts, 1, #parts, #out + 1, out)
  local quoted = how == "add" and "" or ", " .. quote(how)
  for _, key in ipairs(sequence) do
    local b = standing[key]
    if b.name and made[b.name] then
      local l = index("layers", b.name)
      if b.space ~= "link" then
        out[#out + 1] = ("bind(%s, %d, %d, %s%s)"):format(quote(b.space), b.min, b.max, l, quoted)
      elseif encapsulations[b.min] and how == "add" then
        out[#out + 1] = ("begin(%s, %s)"):format(quote(encapsulations[b.min]), l)
      elseif how == "add" then
        complaints[#complaints + 1] = ("%s is not hooked in under link type %d, for which no encapsulation is known")
          :format(b.name, b.min)
      end
    elseif b.name then
      complaints[#complaints + 1] = ("%s, bound in %s, is not among the layouts of the dissector")
        :format(b.name, b.space)
    end
  end
  return table.concat(out, "\n") .. "\n", complaints
end

return dissector
