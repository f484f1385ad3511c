--- The language of filters (the manual, chapter 3) once more, in plain Lua: slow, over views of packets alone. What
-- compiled filters are held against. Also random expressions, and random packets.
-- @module spec.filtermodel

local layout = require "layout"
local layouts = require "pktcraft.layouts"
local packet = require "pktcraft.packet"

local model = {}

--- Points that the definition leaves open.
model.choices = {
  emptylist = false,   -- a list without elements is there
  unsignedslice = true, -- a slice of eight bytes compares as an unsigned field
  emptyslice = false,  -- `[o:]` is there when nothing follows
}

-- --- values
-- A value is a table: t is its kind, v what it is. Kinds: int (u: unsigned of 64 bits), float, bool, str,
-- ipv4, mac, eui64, time (v a number, text), ipv6 (v 16 bytes), hex (v text, n a number), slice (v a number,
-- bytes).

local NUMERIC <const> = { int = true, float = true, ipv4 = true, mac = true, eui64 = true, time = true,
  hex = true,
  slice = true }
local ADDRESS <const> = { ipv4 = true, mac = true, eui64 = true, ipv6 = true }

local function ipv4number(s)
  local a, b, c, d = s:match("^(%d%d?%d?)%.(%d%d?%d?)%.(%d%d?%d?)%.(%d%d?%d?)$")
  if not a then
    return nil
  end
  a, b, c, d = math.tointeger(a), math.tointeger(b), math.tointeger(c), math.tointeger(d)
  if a > 255 or b > 255 or c > 255 or d > 255 then
    return nil
  end
  return a << 24 | b << 16 | c << 8 | d
end

--- The number of n pairs of digits with colons between them.
local function colons(s, n)
  if not s:find("^%x%x" .. (":%x%x"):rep(n - 1) .. "$") then
    return nil
  end
  local v = 0
  for pair in s:gmatch("%x%x") do
    v = v << 8 | tonumber(pair, 16)
  end
  return v
end

local function ipv6bytes(s)
  local head, four = s:match("^(.*:)(%d+%.%d+%.%d+%.%d+)$")
  if head then
    local v = ipv4number(four)
    if not v then
      return nil
    end
    s = ("%s%x:%x"):format(head, v >> 16, v & 0xffff)
  end
  local function groups(part)
    local t = {}
    if part == "" then
      return t
    end
    for g in (part .. ":"):gmatch("(.-):") do
      if not g:find("^%x%x?%x?%x?$") then
        return nil
      end
      t[#t + 1] = tonumber(g, 16)
    end
    return t
  end
  local all
  local left, right = s:match("^(.-)::(.*)$")
  if left then
    local a, b = groups(left), groups(right)
    if not a or not b or #a + #b > 7 then
      return nil
    end
    all = a
    while #all < 8 - #b do
      all[#all + 1] = 0
    end
    table.move(b, 1, #b, #all + 1, all)
  else
    all = groups(s)
  end
  if not all or #all ~= 8 then
    return nil
  end
  return string.pack(">I2I2I2I2I2I2I2I2", table.unpack(all))
end

--- Nanoseconds since 1970 of a time as text, UTC.
local function timens(s)
  local y, mo, d, h, mi, sec, frac = s:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)[ T](%d%d):(%d%d):(%d%d)(.*)$")
  if not y then
    return nil
  end
  frac = frac:match("^%.(%d%d?%d?%d?%d?%d?%d?%d?%d?)Z?$") or (frac == "" or frac == "Z") and ""
  if not frac then
    return nil
  end
  y, mo, d = math.tointeger(y), math.tointeger(mo), math.tointeger(d)
  local year = mo <= 2 and y - 1 or y
  local era = year % 400
  local days = (year // 400) * 146097 + era * 365 + era // 4 - era // 100
    + (153 * ((mo + 9) % 12) + 2) // 5 + d - 1 - 719468
  local seconds = days * 86400 + h * 3600 + mi * 60 + sec
  return math.tointeger(seconds) * 1000000000 + math.tointeger(frac .. ("0"):rep(9 - #frac))
end

--- An address of text, of one of the wanted kinds.
local function address(s, kinds)
  local v = kinds.ipv4 and ipv4number(s)
  if v then
    return { t = "ipv4", v = v, text = s }
  end
  v = kinds.mac and colons(s, 6)
  if v then
    return { t = "mac", v = v, text = s }
  end
  v = kinds.eui64 and colons(s, 8)
  if v then
    return { t = "eui64", v = v, u = true, text = s }
  end
  v = kinds.ipv6 and ipv6bytes(s)
  return v and { t = "ipv6", v = v, text = s } or nil
end

-- --- what layouts say

local shapes = {}

--- The fields of a layout, or nil.
local function shape(name)
  if shapes[name] == nil then
    local ok, l = pcall(layout.find, name)
    l = ok and l or layouts[name]
    shapes[name] = l and layout.fields(l) or false
  end
  return shapes[name] or nil
end

local function kindof(f)
  local format = f.format
  if format then
    if ADDRESS[format] or format == "time" then
      return format
    elseif format == "hex" then
      return f.bits and f.bits > 0 and f.bits <= 64 and "hex" or "str"
    elseif format == "dnsname" or format == "dnsnameplain" then
      return "str"
    end
    return "int" -- decimal, quicint, asn1int
  end
  return ({ number = "int", float = "float", boolean = "bool", string = "str", struct = "struct",
    union = "struct",
    list = "list", array = "list" })[f.type]
end

local function called(f, name)
  if f.key == name then
    return true
  end
  for _, alias in ipairs(type(f.alias) == "table" and f.alias or { f.alias }) do
    if alias == name then
      return true
    end
  end
  return false
end

local function children(fields, name)
  local found = {}
  for _, f in ipairs(fields or {}) do
    if f.key and called(f, name) then
      found[#found + 1] = f
    end
  end
  return found
end

--- Whether the elements of a list are values.
local function scalarlist(f)
  return f.fields and #f.fields == 1 and not f.fields[1].key
end

--- The names of a field's values: {name = {value, ...}}.
local function namesof(f)
  local t = {}
  local function add(list)
    if type(list) == "string" then
      local ok, names = pcall(layout.names, list)
      list = ok and names or {}
    end
    for value, name in pairs(list) do
      if math.type(value) == "integer" then
        t[name] = t[name] or {}
        table.insert(t[name], value)
      end
    end
  end
  if f.enum then
    add(f.enum)
  end
  if type(f.next) == "string" then
    add(f.next)
  end
  return t
end

local function letters(f, s)
  if type(f.letters) ~= "string" then
    return nil
  end
  local v = 0
  for c in s:gmatch(".") do
    local at = f.letters:find(c, 1, true)
    if not at then
      return nil
    end
    v = v | 1 << (at - 1)
  end
  return v
end

--- Whether a number fits one of the fields.
local function fits(fields, v)
  for _, f in ipairs(fields) do
    local bits = f.bits
    if not bits or bits >= 64 or bits == 0 then
      return true
    elseif f.signed then
      if -(1 << (bits - 1)) <= v and v < 1 << (bits - 1) then
        return true
      end
    elseif 0 <= v and v < 1 << bits then
      return true
    end
  end
  return #fields == 0
end

-- --- words

local function fail(fmt, ...)
  error({ message = fmt:format(...) }, 0)
end

local SYMBOLS <const> = { "==", "~=", "!=", "<=", ">=", "<<", ">>", "&&", "||", "//", "..", "<", ">", "&",
  "|", "~", "+",
  "-", "*", "/", "%", "(", ")", "{", "}", "[", "]", ",", ".", ":", "#", "!" }
local WORDS <const> = { ["and"] = "&&", ["or"] = "||", ["not"] = "!", ["in"] = "in", contains = "contains",
  matches = "matches", ["true"] = "true", ["false"] = "false" }
local ESCAPES <const> = { a = "\a", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", v = "\v",
  ["\\"] = "\\", ['"'] = '"',
  ["'"] = "'", ["\n"] = "\n" }

--- The bytes of a string that begins after its quote, and where it ends.
local function quoted(text, i, quote, raw)
  local out = {}
  while true do
    local c = text:sub(i, i)
    if c == "" then
      fail("a string does not end")
    elseif c == quote then
      return table.concat(out), i + 1
    elseif c == "\\" and not raw then
      local n = text:sub(i + 1, i + 1)
      local hex, digits = text:match("^x(%x%x)", i + 1), text:match("^%d%d?%d?", i + 1)
      local code = text:match("^u{(%x+)}", i + 1)
      if ESCAPES[n] then
        out[#out + 1], i = ESCAPES[n], i + 2
      elseif hex then
        out[#out + 1], i = string.char(tonumber(hex, 16)), i + 4
      elseif digits and math.tointeger(digits) < 256 then
        out[#out + 1], i = string.char(math.tointeger(digits)), i + 1 + #digits
      elseif code then
        out[#out + 1], i = utf8.char(tonumber(code, 16)), i + 4 + #code
      elseif n == "z" then
        i = text:find("[^%s]", i + 2) or #text + 1
      else
        fail("invalid escape '\\%s'", n)
      end
    elseif c == "\n" and not raw then
      fail("a string does not end")
    else
      out[#out + 1], i = c, i + 1
    end
  end
end

--- An address at a place of the text: it and its end.
local function addressat(text, i)
  local mac = text:match("^%x%x:%x%x:%x%x:%x%x:%x%x:%x%x", i)
  if mac and not text:find("^[%x:]", i + #mac) then
    return address(mac, { mac = true }), i + #mac
  end
  local four = text:match("^%d+%.%d+%.%d+%.%d+", i)
  if four then
    return address(four, { ipv4 = true }) or fail("no address: '%s'", four), i + #four
  end
  local six = text:match("^[%x:]+", i)
  if six and select(2, six:gsub(":", "")) >= 2 then
    local tail = text:match("^%.%d+%.%d+%.%d+", i + #six)
    if tail and six:find("%d$") then
      six = six .. tail
    end
    return address(six, { ipv6 = true }) or fail("no address: '%s'", six), i + #six
  end
  return nil
end

local function tokenize(text)
  local list, i = {}, 1
  local function add(kind, value)
    list[#list + 1] = { kind = kind, value = value }
  end
  while true do
    i = text:find("%S", i)
    if not i then
      add("end")
      return list
    end
    local c = text:sub(i, i)
    local v, after = addressat(text, i)
    if v then
      add("address", v)
      i = after
    elseif c == "r" and text:find("^[\"']", i + 1) then
      v, i = quoted(text, i + 2, text:sub(i + 1, i + 1), true)
      add("string", v)
    elseif c == '"' or c == "'" then
      v, i = quoted(text, i + 1, c, false)
      add("string", v)
    elseif c:find("%d") then
      local digits = text:match("^0[xX]%x+", i) or text:match("^%d+%.%d+[eE][+-]?%d+", i)
        or text:match("^%d+%.%d+", i) or text:match("^%d+", i)
      i = i + #digits
      if text:find("^[%w_]", i) then
        fail("malformed number near '%s'", digits)
      end
      add("number", tonumber(digits))
    elseif c:find("[%a_]") then
      local word = text:match("^[%a_][%w_]*", i)
      i = i + #word
      if WORDS[word] then
        add(WORDS[word])
      else
        add("name", word)
      end
    else
      for _, s in ipairs(SYMBOLS) do
        if text:sub(i, i + #s - 1) == s then
          v = s
          break
        end
      end
      if not v then
        fail("unexpected '%s'", c)
      end
      add(v == "~=" and "!=" or v)
      i = i + #v
    end
  end
end

-- --- getting values
-- A node of the tree: `get(pkt)` gives a list of values; `types` is the set of kinds they may have; `fields`
-- the fields that it is, for names and ranges; `const` marks constants. A condition has `test(pkt)` instead.

local function set(...)
  local t = {}
  for _, v in ipairs { ... } do
    t[v] = true
  end
  return t
end

local function constant(v, extra)
  local node = { const = v, types = set(v.t), fields = {}, get = function() return { v } end }
  for k, w in pairs(extra or {}) do
    node[k] = w
  end
  return node
end

local function unhex(digits)
  return (digits:gsub("%x%x", function(d) return string.char(tonumber(d, 16)) end))
end

--- A value as a view gives it, with its kind; of digits the bytes too.
local function tagged(raw, fields)
  if type(raw) == "boolean" then
    return { t = "bool", v = raw }
  elseif math.type(raw) == "integer" then
    for _, f in ipairs(fields) do
      if kindof(f) == "float" then
        return { t = "float", v = raw + 0.0 }
      end
    end
    local unsigned = false
    for _, f in ipairs(fields) do
      unsigned = unsigned or f.bits == 64 and not f.signed
    end
    return { t = "int", v = raw, u = unsigned }
  elseif math.type(raw) == "float" then
    return { t = "float", v = raw }
  elseif type(raw) ~= "string" then
    return nil
  end
  local kinds = {}
  for _, f in ipairs(fields) do
    kinds[kindof(f)] = true
  end
  local v = address(raw, kinds)
  if v then
    return v
  elseif kinds.time and timens(raw) then
    return { t = "time", v = timens(raw) // 1000000000, text = raw }
  elseif kinds.hex then
    local digits = raw:gsub("[^%x]", "")
    return { t = "hex", v = raw, n = tonumber("0x" .. (digits == "" and "0" or digits)), u = #digits == 16,
      bytes = unhex(raw) }
  end
  local hex = #fields > 0
  for _, f in ipairs(fields) do
    hex = hex and f.format == "hex"
  end
  return { t = "str", v = raw, bytes = hex and unhex(raw) or nil }
end

local function sliceof(bytes, from, n)
  if n then
    if from + n > #bytes then
      return nil
    end
    local part = bytes:sub(from + 1, from + n)
    if n <= 8 then
      local v = 0
      for k = 1, n do
        v = v << 8 | part:byte(k)
      end
      return { t = "slice", v = v, bytes = part, u = n == 8 and model.choices.unsignedslice }
    end
    return { t = "str", v = part }
  end
  if from > #bytes or from == #bytes and not model.choices.emptyslice then
    return nil
  end
  return { t = "str", v = bytes:sub(from + 1) }
end

--- A node that gives slices of strings of bytes.
local function slicenode(bytesof, from, n)
  return { types = set(n and n <= 8 and "slice" or "str"), fields = {}, size = n and n <= 8 and n or nil,
    get = function(pkt)
      local out = {}
      for _, bytes in ipairs(bytesof(pkt)) do
        out[#out + 1] = sliceof(bytes, from, n)
      end
      return out
    end }
end

local function stretch(pkt, name, n)
  local first, last = pkt:range(name, n or 1)
  return first and pkt.memory:tostring(first, last)
end

local linktypes = setmetatable({}, { __mode = "k" })

local function linktype(pkt)
  if linktypes[pkt] then
    return linktypes[pkt]
  end
  local name = pkt:layers()()
  local link = name and shape(name).link
  return type(link) == "table" and link[1] or link
end

local FRAME <const> = {
  length = function(pkt) return pkt.length end,
  captured = function(pkt) return #pkt end,
  time = function(pkt) return pkt.time end,
  number = function(pkt) return pkt.number end,
  interface = function(pkt) return pkt.interface end,
  linktype = linktype,
}
local STATES <const> = { truncated = true, malformed = true, incomplete = true }

local function intnode(get, extra)
  local node = { types = set("int"), fields = {}, get = function(pkt)
    local v = get(pkt)
    return v ~= nil and { { t = "int", v = v } } or {}
  end }
  for k, v in pairs(extra or {}) do
    node[k] = v
  end
  return node
end

local function boolnode(get)
  return { types = set("bool"), fields = {}, get = function(pkt)
    return { { t = "bool", v = get(pkt) and true or false } }
  end }
end

local function badsum(pkt)
  for _, sum in ipairs(pkt:verify()) do
    if sum.verdict == "bad" then
      return true
    end
  end
  return false
end

--- What steps lead to, from views on: raw values.
local function walk(views, steps)
  for _, step in ipairs(steps) do
    local found = {}
    for _, view in ipairs(views) do
      local v = view[step.name]
      if v == nil then
        goto continue
      elseif not step.list or step.whole then
        found[#found + 1] = v
      elseif step.index then
        found[#found + 1] = v[step.index]
      else
        for element in v() do
          found[#found + 1] = element
        end
      end
      ::continue::
    end
    views = found
  end
  return views
end

--- The node of a path: name of a layer, which one, steps `{name = , index = }`, and a slice `{from, n}`.
local function fieldnode(layer, nth, steps, slice)
  local function begin(pkt)
    local view = pkt:layer(layer, nth)
    return view and { view } or {}
  end
  if #steps == 0 then
    local function bytes(pkt)
      local s = stretch(pkt, layer, nth)
      return s and { s } or {}
    end
    if slice then
      return slicenode(bytes, slice[1], slice[2])
    end
    return { types = set("layer"), fields = {}, bytes = bytes, get = begin,
      there = function(pkt) return pkt:layer(layer, nth) ~= nil end }
  end
  local here = shape(layer)
  local fields
  for k, step in ipairs(steps) do
    fields = children(here, step.name)
    if #fields == 0 then
      fail("no field '%s' in '%s'", step.name, layer)
    end
    here = {}
    step.list = kindof(fields[1]) == "list"
    if step.index and not step.list then
      fail("'%s' is no list", step.name)
    end
    for _, f in ipairs(fields) do
      table.move(f.fields or {}, 1, #(f.fields or {}), #here + 1, here)
    end
    if k < #steps and (not fields[1].fields or step.list and scalarlist(fields[1])) then
      fail("'%s' has no members", step.name)
    end
  end
  local last = steps[#steps]
  local node = { fields = fields, types = {} }
  if last.list then
    if scalarlist(fields[1]) then
      node.fields = here
    else
      node.types.struct = true
    end
    if not last.index then
      local whole = table.move(steps, 1, #steps, 1, {})
      whole[#whole] = { name = last.name, list = true, whole = true }
      node.there = function(pkt)
        for _, list in ipairs(walk(begin(pkt), whole)) do
          for k = 1, #list do
            if list[k] ~= nil then
              return true
            end
          end
          if model.choices.emptylist then
            return true
          end
        end
        return false
      end
    end
  end
  if not node.types.struct then
    for _, f in ipairs(node.fields) do
      node.types[kindof(f)] = true
    end
  end
  if node.types.struct then
    node.there = node.there or function(pkt) return #walk(begin(pkt), steps) > 0 end
    node.get = function() return {} end
  else
    node.get = function(pkt)
      local out = {}
      for _, raw in ipairs(walk(begin(pkt), steps)) do
        out[#out + 1] = tagged(raw, node.fields)
      end
      return out
    end
  end
  if slice then
    if not (node.types.str or node.types.hex) then
      fail("'%s' has no bytes to take", last.name)
    end
    return slicenode(function(pkt)
      local out = {}
      for _, v in ipairs(node.get(pkt)) do
        if v.t == "str" or v.t == "hex" then
          out[#out + 1] = v.bytes or v.v
        end
      end
      return out
    end, slice[1], slice[2])
  end
  return node
end

-- --- comparing

local function bytesbefore(a, b)
  for k = 1, math.min(#a, #b) do
    local x, y = a:byte(k), b:byte(k)
    if x ~= y then
      return x < y
    end
  end
  return #a < #b
end

local function number(v)
  if v.t == "hex" then
    return v.n
  end
  return NUMERIC[v.t] and v.v or nil
end

--- Whether a number is before another; the integers are unsigned.
local function unsignedbefore(a, b)
  if math.type(a) == "integer" and math.type(b) == "integer" then
    return math.ult(a, b)
  elseif math.type(a) == "float" then
    if b >= 0 then
      return a < b
    end
    return a < 0x1p63 or a < 0x1p64 and math.tointeger(a - 0x1p63) + math.mininteger < b
  elseif a >= 0 then
    return a < b
  end
  return b >= 0x1p64 or b >= 0x1p63 and a < math.tointeger(b - 0x1p63) + math.mininteger
end

local function unsignedequal(a, b)
  if math.type(a) == math.type(b) then
    return a == b
  end
  return a == a and b == b and not unsignedbefore(a, b) and not unsignedbefore(b, a)
end

--- Whether a == b and whether a < b; nothing when they do not compare.
local function compare(a, b)
  local s, t = a.t, b.t
  if s == "bool" and t == "bool" then
    return a.v == b.v, false
  elseif s == "ipv6" and t == "ipv6" then
    return a.v == b.v, bytesbefore(a.v, b.v)
  end
  local x = (s == "str" or s == "hex") and a.v or s == "slice" and a.bytes
  local y = (t == "str" or t == "hex") and b.v or t == "slice" and b.bytes
  if x and y and not (s == "slice" and t == "slice") then
    return x == y, bytesbefore(x, y)
  elseif s == "str" or t == "str" or s == "hex" or t == "hex" then
    return nil
  elseif ADDRESS[s] and ADDRESS[t] and s ~= t then
    return nil
  end
  x, y = number(a), number(b)
  if not x or not y then
    return nil
  elseif (a.u or b.u) then
    return unsignedequal(x, y), unsignedbefore(x, y)
  end
  return x == y, x < y
end

local function holds(op, a, b)
  local equal, before = compare(a, b)
  if equal == nil then
    return nil
  elseif op == "==" then
    return equal
  elseif op == "<" then
    return before
  elseif op == "<=" then
    return before or equal
  end
  local _, after = compare(b, a)
  if op == ">" then
    return after
  end
  return after or equal
end

--- Whether any value of one list stands so to any of the other.
local function any(op, left, right)
  if op == "!=" then
    local comparable = false
    for _, a in ipairs(left) do
      for _, b in ipairs(right) do
        local equal = compare(a, b)
        if equal then
          return false
        end
        comparable = comparable or equal ~= nil
      end
    end
    return comparable
  end
  for _, a in ipairs(left) do
    for _, b in ipairs(right) do
      if holds(op, a, b) then
        return true
      end
    end
  end
  return false
end

--- Whether kinds may be compared.
local function comparable(s, t, op)
  if s == "bool" or t == "bool" then
    return s == t and (op == "==" or op == "!=")
  elseif s == "ipv6" or t == "ipv6" then
    return s == t
  end
  local x, y = s == "str" or s == "hex" or s == "slice", t == "str" or t == "hex" or t == "slice"
  if s == "str" or t == "str" or s == "hex" or t == "hex" then
    return x and y
  elseif ADDRESS[s] and ADDRESS[t] then
    return s == t
  end
  return NUMERIC[s] and NUMERIC[t] or false
end

--- A constant as the other side takes it: names, letters, addresses and times become values.
local function adapt(node, other)
  if node.word or node.const and node.const.t == "str" then
    local s = node.word or node.const.v
    local values = {}
    for _, f in ipairs(other.fields) do
      for _, v in ipairs(namesof(f)[s] or {}) do
        values[#values + 1] = { t = "int", v = v }
      end
      local v = not node.word and letters(f, s)
      if v then
        values[#values + 1] = { t = "int", v = v }
      end
    end
    if #values > 0 then
      return { const = values[1], types = set("int"), fields = {}, get = function() return values end }
    elseif node.word then
      fail("no value and no layer is called '%s'", s)
    end
    local v = address(s, other.types)
    if v then
      return constant(v)
    elseif other.istime and timens(s) then
      return constant { t = "int", v = timens(s) }
    elseif other.types.time and timens(s) then
      return constant { t = "time", v = timens(s) // 1000000000, text = s }
    elseif other.size and #s ~= other.size then
      fail("a string of %d bytes expected", other.size)
    end
  elseif node.const and node.const.t == "int" then
    for _, f in ipairs(other.direct and other.fields or {}) do
      if not NUMERIC[kindof(f)] then
        return node
      end
    end
    if other.direct and not fits(other.fields, node.const.v)
      or other.size and other.size < 8 and (node.const.v < 0 or node.const.v >= 1 << 8 * other.size) then
      fail("no value of this field: %d", node.const.v)
    end
  end
  return node
end

local function checktypes(left, right, op)
  for s in pairs(left.types) do
    for t in pairs(right.types) do
      if comparable(s, t, op) then
        return
      end
    end
  end
  fail("these do not compare")
end

-- --- arithmetic

local function arithmetic(op, a, b)
  if op == "+" then return a + b
  elseif op == "-" then return a - b
  elseif op == "*" then return a * b
  elseif op == "/" then return a / b
  elseif op == "//" then return a // b
  elseif op == "%" then return a % b
  elseif op == "&" then return a & b
  elseif op == "|" then return a | b
  elseif op == "~" then return a ~ b
  elseif op == "<<" then return a << b
  end
  return a >> b
end

local INTEGERS <const> = set("&", "|", "~", "<<", ">>")

local function numeric(node)
  if node.word or node.test then
    fail("a number expected")
  end
  for t in pairs(node.types) do
    if NUMERIC[t] then
      return
    end
  end
  fail("a number expected")
end

local function operate(op, left, right)
  local function lettered(a, b)
    return INTEGERS[op] and a.const and a.const.t == "str" and adapt(a, b) or a
  end
  left, right = lettered(left, right), lettered(right, left)
  numeric(left)
  numeric(right)
  local float = op == "/" or left.types.float or right.types.float
  if INTEGERS[op] and float then
    fail("integers expected")
  end
  local node = { types = set(float and "float" or "int"), fields = {} }
  if op == "&" or op == "|" or op == "~" then
    for _, side in ipairs { left, right } do
      table.move(side.fields, 1, #side.fields, #node.fields + 1, node.fields)
    end
  end
  node.get = function(pkt)
    local out = {}
    local bs = right.get(pkt)
    for _, a in ipairs(left.get(pkt)) do
      for _, b in ipairs(bs) do
        local x, y = number(a), number(b)
        if x and y then
          local integers = math.type(x) == "integer" and math.type(y) == "integer"
          if not (integers and y == 0 and (op == "/" or op == "//" or op == "%")) then
            local v = arithmetic(op, x, y)
            local whole = math.type(v) == "integer"
            out[#out + 1] = { t = whole and "int" or "float", v = v, u = whole and (a.u or b.u) }
          end
        end
      end
    end
    return out
  end
  if left.const and right.const then
    local v = node.get()[1]
    node.const = v
  end
  return node
end

local function negate(op, child)
  numeric(child)
  local float = child.types.float
  if op == "~" and float then
    fail("an integer expected")
  end
  local node = { types = set(float and "float" or "int"), fields = op == "~" and child.fields or {} }
  node.get = function(pkt)
    local out = {}
    for _, a in ipairs(child.get(pkt)) do
      local x = number(a)
      if x then
        if op == "-" then
          x = -x
        else
          x = ~x
        end
        out[#out + 1] = { t = math.type(x) == "integer" and "int" or "float", v = x,
          u = math.type(x) == "integer" and a.u }
      end
    end
    return out
  end
  if child.const then
    node.const = node.get()[1]
  end
  return node
end

-- --- patterns

--- A regular expression of few kinds as Lua patterns, any of which may be found.
local function patterns(text)
  local fold = false
  if text:sub(1, 4) == "(?i)" then
    fold, text = true, text:sub(5)
  end
  local list = {}
  for part in (text .. "|"):gmatch("(.-)|") do
    local out, i, dollar = {}, 1, false
    while i <= #part do
      local c = part:sub(i, i)
      local class = part:match("^%[%^?[%w%-]+%]", i)
      if class then
        i = i + #class
        if fold then
          class = class:gsub("a%-z", "a-zA-Z")
        end
        out[#out + 1] = class
      elseif c == "\\" then
        local n = part:sub(i + 1, i + 1)
        if n == "d" then
          out[#out + 1] = "[0-9]"
        elseif n:find("%p") then
          out[#out + 1] = "%" .. n
        else
          fail("regular expression too hard")
        end
        i = i + 2
      elseif c == "^" and i == 1 then
        out[#out + 1], i = "^", i + 1
      elseif c == "$" and i == #part then
        dollar, i = true, i + 1
      elseif c == "." then
        out[#out + 1], i = "[^\n]", i + 1
      elseif (c == "+" or c == "*" or c == "?") and #out > 0 and out[#out] ~= "^" then
        out[#out + 1], i = c, i + 1
      elseif c:find("[%w _:/@=-]") then
        out[#out + 1] = fold and c:find("%a") and "[" .. c:lower() .. c:upper() .. "]" or c == "-" and "%-"
          or c
        i = i + 1
      else
        fail("regular expression too hard")
      end
    end
    local s = table.concat(out)
    if dollar then
      list[#list + 1] = s .. "$"
      list[#list + 1] = s .. "\n$"
    else
      list[#list + 1] = s
    end
  end
  return list
end

-- --- the grammar

local Parser = {}
Parser.__index = Parser

function Parser:next()
  return self.list[self.at].kind
end

function Parser:take(kind)
  local t = self.list[self.at]
  if kind and t.kind ~= kind then
    fail("'%s' expected near '%s'", kind, tostring(t.value or t.kind))
  end
  self.at = self.at + 1
  return t.value
end

function Parser:accept(kind)
  if self:next() == kind then
    self.at = self.at + 1
    return true
  end
  return false
end

local function whole(v)
  if math.type(v) ~= "integer" then
    fail("an integer expected")
  end
  return v
end

--- What stands in brackets: `"index", n` or `"slice", from, n`.
function Parser:brackets()
  self:take("[")
  local negative = self:accept("-")
  local v = whole(self:take("number"))
  if negative then
    v = -v
  end
  if self:accept(":") then
    local n
    if self:next() == "number" then
      n = whole(self:take("number"))
    end
    self:take("]")
    if v < 0 or n and n < 1 then
      fail("no such slice")
    end
    return "slice", v, n
  end
  self:take("]")
  return "index", v
end

--- A field, a layer, or a word that may be the name of a value.
function Parser:path()
  local name = self:take("name")
  if name == "frame" and self:accept(".") then
    local key = self:take("name")
    local get = FRAME[key]
    if not get then
      fail("no field '%s' in frame", key)
    end
    return intnode(get, { istime = key == "time", framed = true })
  elseif name == "frame" or name == "payload" or name == "padding" then
    local function bytes(pkt)
      local s
      if name == "frame" then
        s = pkt.memory:tostring()
      else
        s = pkt[name]
        s = s ~= "" and s or nil
      end
      return s and { s } or {}
    end
    if self:next() == "[" then
      local kind, from, n = self:brackets()
      if from < 0 then
        fail("no such slice")
      end
      return slicenode(bytes, from, kind == "index" and 1 or n)
    end
    return { types = set("str"), fields = {}, bytes = bytes, there = function(pkt) return #bytes(pkt) > 0 end,
      get = function(pkt)
        local s = bytes(pkt)[1]
        return s and { { t = "str", v = s } } or {}
      end }
  elseif STATES[name] then
    return boolnode(function(pkt) return pkt[name] end)
  elseif name == "checksum" then
    self:take(".")
    if self:take("name") ~= "bad" then
      fail("no such field of checksum")
    end
    return boolnode(badsum)
  end
  local nth = 1
  local marked = self:accept("#")
  if marked then
    nth = whole(self:take("number"))
  end
  local steps, slice = {}, nil
  while not slice do
    if self:accept(".") then
      steps[#steps + 1] = { name = self:take("name") }
    elseif self:next() == "[" then
      local kind, v, n = self:brackets()
      if kind == "slice" then
        slice = { v, n }
      elseif #steps == 0 then
        slice = { v, 1 }
      elseif steps[#steps].index then -- a byte of an element
        slice = { v, 1 }
      else
        steps[#steps].index = v
      end
    else
      break
    end
  end
  if not shape(name) then
    if #steps == 0 and not slice and not marked then
      return { word = name, types = {}, fields = {}, get = function() return {} end }
    end
    fail("no layer is called '%s'", name)
  end
  -- A byte of a string that is no list.
  local last = steps[#steps]
  if last and last.index and not slice then
    local here = shape(name)
    local list = true
    for _, step in ipairs(steps) do
      local found = children(here, step.name)
      here = found[1] and found[1].fields or {}
      list = found[1] and kindof(found[1]) == "list"
      if found[1] and not list and step == last and kindof(found[1]) ~= "str"
        and kindof(found[1]) ~= "hex" then
        fail("'%s' is no list", step.name)
      end
    end
    if not list then
      slice, last.index = { last.index, 1 }, nil
    end
  end
  if slice and slice[1] < 0 then
    fail("no such slice")
  end
  local node = fieldnode(name, nth, steps, slice)
  node.direct = #steps > 0 and not slice
  if #steps == 0 and not slice and not marked then
    node.maybe = name
  end
  return node
end

function Parser:primary()
  local kind = self:next()
  if kind == "number" then
    local v = self:take()
    return constant { t = math.type(v) == "integer" and "int" or "float", v = v }
  elseif kind == "string" then
    return constant { t = "str", v = self:take() }
  elseif kind == "address" then
    return constant(self:take())
  elseif kind == "true" or kind == "false" then
    self:take()
    return constant { t = "bool", v = kind == "true" }
  elseif kind == "(" then
    self:take()
    local node = self:either()
    self:take(")")
    return node
  elseif kind == "name" then
    return self:path()
  end
  fail("unexpected '%s'", kind)
end

function Parser:unary()
  if self:accept("-") then
    return negate("-", self:unary())
  elseif self:accept("~") then
    return negate("~", self:unary())
  end
  return self:primary()
end

local LEVELS <const> = { set("|"), set("~"), set("&"), set("<<", ">>"), set("+", "-"), set("*", "/", "//",
  "%") }

function Parser:binary(level)
  if level > #LEVELS then
    return self:unary()
  end
  local left = self:binary(level + 1)
  while LEVELS[level][self:next()] do
    local op = self:next()
    self:take()
    left = operate(op, left, self:binary(level + 1))
  end
  return left
end

--- A constant of a set: words of values, numbers, strings, addresses.
function Parser:element(other)
  local node = self:unary()
  if node.maybe then
    node = { word = node.maybe, types = {}, fields = {} }
  end
  if not node.word and not node.const then
    fail("an element of a set is no constant")
  end
  return node, adapt(node, other)
end

--- An element of a set: a test of a value.
function Parser:member(other)
  local plain, node = self:element(other)
  if plain.const and (plain.const.t == "ipv4" or plain.const.t == "ipv6") and self:accept("/") then
    local bits, kind, v = whole(self:take("number")), plain.const.t, plain.const.v
    checktypes(other, node, "==")
    if kind == "ipv4" then
      if bits > 32 then
        fail("no such prefix")
      end
      local mask = 0xffffffff << (32 - bits) & 0xffffffff
      return function(a) return a.t == "ipv4" and a.v & mask == v & mask end
    elseif bits > 128 then
      fail("no such prefix")
    end
    return function(a)
      if a.t ~= "ipv6" then
        return false
      end
      for k = 0, bits - 1 do
        local shift = 7 - k % 8
        if (a.v:byte(k // 8 + 1) ~ v:byte(k // 8 + 1)) >> shift & 1 ~= 0 then
          return false
        end
      end
      return true
    end
  elseif self:accept("..") then
    local _, last = self:element(other)
    checktypes(other, node, "<")
    checktypes(other, last, "<")
    local low, high = node.get()[1], last.get()[1]
    return function(a) return holds("<=", low, a) and holds("<=", a, high) end
  end
  checktypes(other, node, "==")
  return function(a) return any("==", { a }, node.get()) end
end

local RELATIONS <const> = set("==", "!=", "<", "<=", ">", ">=", "in", "contains", "matches")

--- A node as a condition.
local function condition(node)
  if node.test then
    return node
  elseif node.word then
    fail("no layer is called '%s'", node.word)
  elseif node.there then
    return { test = node.there }
  elseif node.types.bool and (node.direct or not node.const) then
    return { test = function(pkt)
      for _, v in ipairs(node.get(pkt)) do
        if v.t ~= "bool" or v.v then
          return true
        end
      end
      return false
    end }
  elseif node.const and node.const.t == "bool" then
    return { test = function() return node.const.v end }
  elseif node.direct or node.framed then
    return { test = function(pkt) return #node.get(pkt) > 0 end }
  end
  fail("a condition expected")
end

--- The bytes that `contains` and `matches` look at.
local function haystack(node)
  if node.bytes then
    return node.bytes
  elseif not (node.types.str or node.types.hex or node.types.slice) then
    fail("a string expected")
  end
  return function(pkt)
    local out = {}
    for _, v in ipairs(node.get(pkt)) do
      if v.t == "slice" then
        out[#out + 1] = v.bytes
      elseif v.t == "str" or v.t == "hex" then
        out[#out + 1] = v.bytes or v.v
      end
    end
    return out
  end
end

function Parser:comparison()
  local left = self:binary(1)
  local op = self:next()
  if not RELATIONS[op] then
    return left
  end
  self:take()
  if left.test then
    fail("a value expected")
  end
  local node
  if op == "contains" or op == "matches" then
    local words = self:take("string")
    local bytes = haystack(left)
    local list = op == "matches" and patterns(words)
    node = { test = function(pkt)
      for _, s in ipairs(bytes(pkt)) do
        if not list then
          if s:find(words, 1, true) then
            return true
          end
        else
          for _, p in ipairs(list) do
            if s:find(p) then
              return true
            end
          end
        end
      end
      return false
    end }
  elseif op == "in" then
    local members = {}
    if left.word then
      fail("no layer is called '%s'", left.word)
    elseif self:accept("{") then
      repeat
        members[#members + 1] = self:member(left)
      until not self:accept(",")
      self:take("}")
    else
      members[1] = self:member(left)
    end
    node = { test = function(pkt)
      for _, v in ipairs(left.get(pkt)) do
        for _, member in ipairs(members) do
          if member(v) then
            return true
          end
        end
      end
      return false
    end }
  else
    local right = self:binary(1)
    if right.test then
      fail("a value expected")
    end
    local function worded(a, b) -- a layer's name may be that of a value
      return a.maybe and not b.maybe and { word = a.maybe, types = {}, fields = {} } or a
    end
    left, right = worded(left, right), worded(right, left)
    if left.const and not right.const then
      left = adapt(left, right)
    elseif left.word then
      left = adapt(left, right)
    end
    right = adapt(right, left)
    checktypes(left, right, op)
    node = { test = function(pkt) return any(op, left.get(pkt), right.get(pkt)) end }
  end
  if RELATIONS[self:next()] then
    fail("comparisons are not chained")
  end
  return node
end

function Parser:negation()
  if self:accept("!") then
    local node = condition(self:negation())
    return { test = function(pkt) return not node.test(pkt) end }
  end
  return self:comparison()
end

function Parser:both()
  local left = self:negation()
  while self:accept("&&") do
    local a, b = condition(left), condition(self:negation())
    left = { test = function(pkt) return a.test(pkt) and b.test(pkt) end }
  end
  return left
end

function Parser:either()
  local left = self:both()
  while self:accept("||") do
    local a, b = condition(left), condition(self:both())
    left = { test = function(pkt) return a.test(pkt) or b.test(pkt) end }
  end
  return left
end

--- The tree of a text; raises a table with a message.
local function parse(text)
  local p = setmetatable({ list = tokenize(text), at = 1 }, Parser)
  local node = p:either()
  if p:next() ~= "end" then
    fail("unexpected '%s'", tostring(p.list[p.at].value or p:next()))
  end
  return node
end

local function protected(f, ...)
  local ok, result = pcall(f, ...)
  if ok then
    return result
  elseif type(result) == "table" and result.message then
    return nil, result.message
  end
  error(result, 0)
end

local lasttext, lasttest, lastmessage

--- Whether a packet matches an expression.
-- @tparam string text the expression
-- @param pkt the packet
-- @treturn boolean or nil and a message, when the expression has an error
function model.match(text, pkt)
  if text ~= lasttext then
    lasttext = text
    lasttest, lastmessage = protected(function() return condition(parse(text)).test end)
  end
  if not lasttest then
    return nil, lastmessage
  end
  return lasttest(pkt) and true or false
end

--- The values of a value's expression in a packet: a list.
-- @tparam string text as `"ipv4.ttl + 1"`
-- @param pkt the packet
-- @treturn table or nil and a message; each value has its kind `t` and itself `v`
function model.values(text, pkt)
  local node, message = protected(parse, text)
  if not node then
    return nil, message
  end
  return node.get(pkt)
end

-- --- random packets

local function pick(rng, list)
  return list[rng(#list)]
end

local IP4 <const> = { "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.1.1", "10.1.2.3", "192.168.1.1",
  "192.168.1.255", "8.8.8.8",
  "224.0.0.251", "255.255.255.255", "0.0.0.0", "127.0.0.1" }
local IP6 <const> = { "fe80::1", "fe80::2", "2001:db8::1", "2001:db8::2", "2001:db8:1::1", "::1", "::",
  "ff02::1",
  "2001:db8:0:1:2:3:4:5", "::ffff:10.0.0.1" }
local MAC <const> = { "02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:fe", "ff:ff:ff:ff:ff:ff",
  "00:00:00:00:00:00",
  "33:33:00:00:00:01" }
local PORTS <const> = { 53, 53, 80, 443, 22, 25, 1024, 5353, 8080, 65535, 0, 40000, 40001, 67 }
local DIGITS <const> = { "00", "00000000", "0102", "ff", "5678", "0200000000010000", "deadbeef" }
local NAMES <const> = { "example.com", "www.example.com", "example.org", "a.b.c", "x", "mail.example.com",
  "Example.COM" }
local TEXTS <const> = { "hello", "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", "a", "abcdefgh", "\0\1\2\3",
  "hello\n", "HTTP/1.1 200 OK\r\n",
  "x=1234567890", "\xff\xfe\xfd", "SSH-2.0-x" }
local NOON <const> = 1769860800000000000 -- 2026-01-31 12:00:00

--- A layout with the kinds of fields that no shipped one has. It stands under UDP's port 55000.
local WIDE <const> = { name = "filterwide", under = { udpport = 55000 },
  { key = "large", alias = "big", bytes = 8 },
  { key = "whole", bytes = 8, signed = true },
  { key = "double", type = "float", bytes = 8 },
  { key = "single", type = "float", bytes = 4 },
  { key = "small", bytes = 2, signed = true, endian = "little" },
  { key = "short", bytes = 3, endian = "little" },
  { key = "odd", bits = 5 },
  { key = "tri", bits = 11, signed = true },
  { key = "eight", type = "boolean", bytes = 1 },
  { key = "text", type = "string", bytes = 6 },
  { key = "three", count = 3, each = { bytes = 2 } },
  { key = "pair", { key = "one", bytes = 1 }, { key = "two", bytes = 1, enum = { "low", "high" } } },
  { key = "items", each = {
    { key = "size", bytes = 1, length = "rest" },
    { key = "body", type = "string" } } } }

local widemade

local function wide()
  if not widemade then
    widemade = layout.find "filterwide" or layout.register(WIDE)
  end
  return widemade
end

--- A layer: given values, over random ones or none.
local function made(rng, name, given)
  local l = layouts[name]
  local values = rng(3) == 1 and layout.random(l, rng(1 << 30)) or {}
  for k, v in pairs(given) do
    values[k] = v
  end
  return l(values)
end

local function text(rng)
  return rng(3) == 1 and pick(rng, TEXTS) .. pick(rng, TEXTS) or pick(rng, TEXTS)
end

local function port(rng)
  return rng(4) == 1 and 1024 + rng(60000) or pick(rng, PORTS)
end

local function record(rng)
  local t = { name = pick(rng, NAMES), ttl = pick(rng, { 0, 1, 30, 60, 300, 3600, 86400 }) }
  local k = rng(8)
  if k <= 2 then t.type, t.a = "A", pick(rng, IP4)
  elseif k == 3 then t.type, t.aaaa = "AAAA", pick(rng, IP6)
  elseif k == 4 then t.type, t.cname = "CNAME", pick(rng, NAMES)
  elseif k == 5 then t.type, t.mx = "MX", { preference = rng(20), exchange = pick(rng, NAMES) }
  elseif k == 6 then t.type, t.txt = "TXT", { { text = pick(rng, NAMES) }, { text = pick(rng, TEXTS) } }
  elseif k == 7 then t.type, t.srv = "SRV", { priority = rng(3), weight = rng(3), port = port(rng),
    target = pick(rng, NAMES) }
  else t.type, t.soa = "SOA", { mname = pick(rng, NAMES), rname = pick(rng, NAMES), serial = rng(100),
    minimum = 60 }
  end
  return t
end

local function records(rng, most, one)
  local list = {}
  for k = 1, rng(most + 1) - 1 do
    list[k] = one(rng)
  end
  return list
end

local function dns(rng)
  if rng(6) == 1 then
    return layouts.dns(layout.random(layouts.dns, rng(1 << 30)))
  end
  local response = rng(2) == 1
  return layouts.dns { id = rng(65536) - 1, response = response, rd = rng(2) == 1, responsecode = rng(4) - 1,
    questions = records(rng, 2, function()
      return { name = pick(rng, NAMES), type = pick(rng, { "A", "AAAA", "MX", "TXT" }) }
    end),
    answers = response and records(rng, 3, record) or nil,
    additionals = rng(3) == 1 and records(rng, 2, record) or nil }
end

local function tcpoptions(rng)
  return records(rng, 5, function()
    return pick(rng, { "nop", { mss = pick(rng, { 536, 1200, 1400, 1460, 8960 }) },
      { windowscale = rng(14) }, "sack permitted",
      { timestamp = { value = rng(1000), echo = rng(3) - 1 } },
      { sack = { { left = rng(100), right = 100 + rng(100) } } },
      { sack = { { left = 1, right = 2 }, { left = 3, right = 4 } } }, { kind = 254, data = "00ff" } })
  end)
end

local function wider(rng)
  return wide() { large = pick(rng, { 0, 1, -1, math.mininteger, math.maxinteger, rng(1000) }),
    whole = pick(rng, { 0, 1, -1, math.mininteger, math.maxinteger, -rng(1000) }),
    double = pick(rng, { 0.0, 1.5, -2.25, 1e300, 0x1p63, 64.0 }), single = pick(rng, { 0.5, 3.0, -1.25 }),
    small = rng(200) - 100, short = rng(1 << 24) - 1, odd = rng(32) - 1, tri = rng(2048) - 1025,
    eight = rng(2) == 1,
    text = pick(rng, { "abcdef", "\0\0\0\0\0\1", "zzzzzz" }), three = { rng(10), rng(10), rng(10) },
    pair = { one = rng(4), two = rng(4) },
    items = records(rng, 3, function() return { body = pick(rng, NAMES) } end) }
end

local network

local function upper(rng, deep, v6)
  local k = rng(deep and 12 or 16)
  if k <= 4 then
    local t = { source = port(rng), destination = port(rng), window = pick(rng, { 0, 1024, 65535 }),
      flags = pick(rng, { "S", "SA", "A", "PA", "FA", "R", "RA", "SEC" }) }
    if rng(4) > 1 then
      t.options = tcpoptions(rng)
    end
    return made(rng, "tcp", t) / text(rng)
  elseif k <= 6 then
    return made(rng, "udp", { source = port(rng), destination = port(rng) }) / text(rng)
  elseif k <= 8 then
    return made(rng, "udp", { source = port(rng), destination = 53 }) / dns(rng)
  elseif k == 9 then
    return made(rng, "udp", { source = port(rng), destination = 55000 }) / wider(rng)
  elseif k == 10 then
    return pick(rng, { "plain bytes", "" }) -- under whatever protocol
  elseif k <= 12 then
    if v6 then
      local l = rng(3)
      if l == 1 then
        return layouts.icmpv6(layout.random(layouts.icmpv6, rng(1 << 30)))
      elseif l == 2 then
        return layouts.icmpv6 { type = pick(rng, { 128, 129 }), identifier = rng(9), sequence = rng(9) }
          / text(rng)
      end
      return layouts.icmpv6 { type = pick(rng, { 1, 3 }), code = rng(3) - 1 } / network(rng, true, true)
    end
    local l = rng(3)
    if l == 1 then
      return layouts.icmp(layout.random(layouts.icmp, rng(1 << 30)))
    elseif l == 2 then
      return layouts.icmp { type = pick(rng, { 0, 8 }), identifier = rng(9), sequence = rng(9) } / text(rng)
    end
    return layouts.icmp { type = pick(rng, { 3, 11 }), code = rng(4) - 1 } / network(rng, true, false)
  elseif k == 13 then
    local gre = { key = rng(2) == 1 and rng(100) or nil, sequence = rng(3) == 1 and rng(100) or nil }
    local inner = rng(2) == 1 and network(rng, true)
      or layouts.ethernet { source = pick(rng, MAC), destination = pick(rng, MAC) } / network(rng, true)
    return layouts.gre(gre) / inner
  elseif k == 14 then
    return layouts.udp { source = port(rng), destination = 4789 } / layouts.vxlan { vni = rng(100) }
      / layouts.ethernet { source = pick(rng, MAC), destination = pick(rng, MAC) } / network(rng, true)
  elseif k == 15 then
    return network(rng, true)
  end
  return layouts.ah { spi = rng(1000), sequence = rng(1000), icv = "000102030405060708090a0b" }
    / upper(rng, true, v6)
end

function network(rng, deep, v6)
  if v6 == nil then
    v6 = rng(3) == 1
  end
  if v6 then
    local p = made(rng, "ipv6", { source = pick(rng, IP6), destination = pick(rng, IP6), version = 6,
      hoplimit = pick(rng, { 1, 63, 64, 128, 255 }) })
    if rng(5) == 1 then
      p = p / layouts.hopbyhop { options = {
        { type = "router alert", alert = 0 }, { type = "padn", data = "" } } }
    end
    if rng(5) == 1 then
      p = p / pick(rng, { layouts.destopts(layout.random(layouts.destopts, rng(1 << 30))),
        layouts.destopts { options = { { type = "padn", data = "00000000" } } } })
    end
    if rng(5) == 1 then
      p = p / pick(rng, { layouts.routing(layout.random(layouts.routing, rng(1 << 30))),
        layouts.routing { type = 0, segmentsleft = 1, addresses = { pick(rng, IP6), pick(rng, IP6) } } })
    end
    if rng(6) == 1 then
      p = p / layouts.ipv6frag { ident = rng(100), fragoffset = pick(rng, { 0, 0, 5 }), flagmf = rng(2) == 1 }
    end
    return p / upper(rng, deep, true)
  end
  local t = { source = pick(rng, IP4), destination = pick(rng, IP4), version = 4, ident = rng(1000),
    timetolive = pick(rng, { 1, 63, 64, 128, 255 }), fragoffset = rng(12) == 1 and rng(100) or 0,
    flagmf = rng(12) == 1, flagdf = rng(2) == 1 }
  if rng(3) > 1 then
    t.options = rng(3) == 1 and { { alert = 0 }, "nop" } or rng(3) == 1 and
      { { kind = 7, route = { pick(rng, IP4), pick(rng, IP4) } }, "nop" } or nil
  end
  return made(rng, "ipv4", t) / upper(rng, deep, false)
end

local function frame(rng)
  local p = layouts.ethernet { source = pick(rng, MAC), destination = pick(rng, MAC) }
  if rng(4) == 1 then
    p = p / layouts.vlan { id = pick(rng, { 0, 1, 5, 100, 4095 }), priority = rng(8) - 1,
      dropeligible = rng(2) == 1 }
    if rng(4) == 1 then
      p = p / layouts.vlan { id = rng(4096) - 1 }
    end
  end
  local k = rng(14)
  if k == 1 then
    p = p / made(rng, "arp", { operation = rng(2), hardwarelength = 6, protocollength = 4,
      senderhardware = pick(rng, MAC),
      senderprotocol = pick(rng, IP4), targethardware = pick(rng, MAC), targetprotocol = pick(rng, IP4) })
  elseif k == 2 then
    p = p / layouts.mpls { label = 16 + rng(9), timetolive = rng(64) } / layouts.mpls { label = rng(99),
      timetolive = 1 }
      / network(rng, true)
  elseif k == 3 then
    p = p / layouts.llc { ssap = 0xaa } / layouts.snap {} / network(rng, true)
  else
    p = p / network(rng, false)
  end
  return rng(4) == 1 and p:pad(64) or p
end

local LINKS <const> = {
  [0] = function() return layouts.null {} end,
  [101] = function() return layouts.rawip {} end,
  [108] = function() return layouts.loop {} end,
  [113] = function(rng)
    return layouts.sll { packettype = rng(5) - 1, hardwaretype = 1, addresslength = 6,
      address = "0200000000010000" }
  end,
  [276] = function(rng)
    return layouts.sll2 { packettype = rng(5) - 1, hardwaretype = 1, addresslength = 6,
      address = "0200000000010000",
      interfaceindex = rng(3) }
  end,
}

--- A random packet, sometimes with faults in its fields, bytes overwritten, or cut.
-- @tparam function rng gives an integer from 1 to its argument
-- @return a packet object
-- @treturn integer the link type that it begins with
function model.packet(rng)
  wide()
  local link = rng(8) == 1 and pick(rng, { 0, 101, 108, 113, 276 }) or 1
  local p
  repeat -- random options may be too long
    local built = pcall(function()
      p = link == 1 and frame(rng) or LINKS[link](rng) / network(rng, false)
      return p.memory
    end)
  until built
  local damage = rng(10)
  local length
  if damage == 7 or damage == 8 then
    p = p:fuzz { seed = rng(1 << 30), fix = rng(3) == 1 or nil, cut = rng(3) == 1 or nil }
    length = p.length
  end
  local bytes = p.memory:tostring()
  if damage == 9 then
    length = #bytes
    bytes = bytes:sub(1, rng(length + 1) - 1)
    if rng(3) == 1 then
      length = nil -- sent as short as that
    end
  elseif damage == 10 then
    for _ = 1, rng(4) do
      local at = rng(math.max(#bytes, 1))
      bytes = bytes:sub(1, at - 1) .. string.char(rng(256) - 1) .. bytes:sub(at + 1)
    end
  end
  local pkt = length and length > #bytes and packet.new(bytes, link, length) or packet.new(bytes, link)
  if rng(4) > 1 then
    pkt.time = NOON + pick(rng, { 0, 1, 500000000, 86400000000000, -1000000000, rng(1 << 40) })
  end
  linktypes[pkt] = link
  return pkt, link
end

-- --- random expressions

local POOL <const> = 250
local pool

--- Packets to take constants from.
local function samples()
  if not pool then
    pool = {}
    local seed = 20260131
    local function rng(n)
      seed = seed * 6364136223846793005 + 1442695040888963407
      return (seed >> 33) % n + 1
    end
    for k = 1, POOL do
      pool[k] = model.packet(rng)
    end
  end
  return pool
end

local leaves

--- Each field of each layout: `{layer, steps, fields, kind}`, its steps with aliases.
local function allleaves()
  if leaves then
    return leaves
  end
  wide()
  leaves = {}
  local function descend(layer, fields, steps)
    local seen = {}
    for _, f in ipairs(fields) do
      if f.key and not seen[f.key] then
        seen[f.key] = true
        local same = children(fields, f.key)
        local here, inner, clear = table.move(steps, 1, #steps, 1, {}), {}, true
        local kind = kindof(f)
        for _, g in ipairs(same) do
          table.move(g.fields or {}, 1, #(g.fields or {}), #inner + 1, inner)
          clear = clear and g.key == f.key
        end
        if clear then
          local aliases = { f.key, f.key }
          for _, alias in ipairs(type(f.alias) == "table" and f.alias or { f.alias }) do
            if #children(fields, alias) == #same then
              aliases[#aliases + 1] = alias
            end
          end
          here[#here + 1] = { names = aliases, list = kind == "list" }
          local leaf = { layer = layer, steps = here, fields = same, kind = kind }
          if kind == "list" and scalarlist(f) then
            leaf.fields, leaf.kind = inner, kindof(inner[1])
          end
          for _, g in ipairs(leaf.fields) do
            if kindof(g) ~= leaf.kind and not ADDRESS[leaf.kind] then
              leaf.mixed = true
            end
          end
          leaves[#leaves + 1] = leaf
          -- (a list may be of elements that have it: it ends somewhere)
          if #here < 4 and (kind == "struct" or kind == "list" and not scalarlist(f)) then
            descend(layer, inner, here)
          end
        end
      end
    end
  end
  local names = table.move(layouts.names, 1, #layouts.names, 1, {})
  names[#names + 1] = "filterwide"
  for _, name in ipairs(names) do
    descend(name, shape(name), {})
  end
  return leaves
end

local WEIGHTS <const> = { ethernet = 8, vlan = 5, ipv4 = 16, ipv6 = 9, tcp = 16, udp = 9, icmp = 5, arp = 4,
  dns = 14, gre = 2, vxlan = 2,
  filterwide = 7, icmpv6 = 3, routing = 2, destopts = 2, mpls = 2 }

local bylayer

--- A leaf that a function wants.
local function leafof(rng, wants)
  if not bylayer then
    bylayer = { order = {} }
    for _, leaf in ipairs(allleaves()) do
      if not bylayer[leaf.layer] then
        bylayer[leaf.layer] = {}
        for _ = 1, WEIGHTS[leaf.layer] or 1 do
          table.insert(bylayer.order, leaf.layer)
        end
      end
      table.insert(bylayer[leaf.layer], leaf)
    end
  end
  while true do
    local fitting = {}
    for _, leaf in ipairs(bylayer[pick(rng, bylayer.order)]) do
      if wants(leaf) then
        fitting[#fitting + 1] = leaf
      end
    end
    if #fitting > 0 then
      return pick(rng, fitting)
    end
  end
end

--- How a leaf is written. Without `plain`, aliases, indexes and layers further in too.
local function written(rng, leaf, plain)
  local parts = { leaf.layer }
  if not plain and rng(12) == 1 then
    parts[1] = leaf.layer .. "#" .. pick(rng, { 1, 2, 2, 3 })
  end
  for _, step in ipairs(leaf.steps) do
    local name = plain and step.names[1] or pick(rng, step.names)
    if step.list and not plain and rng(3) == 1 then
      name = name .. "[" .. pick(rng, { 1, 1, 2, -1, -1, -2, 3 }) .. "]"
    end
    parts[#parts + 1] = name
  end
  return table.concat(parts, ".")
end

--- Values that a text has in the sampled packets.
local function observed(what)
  local out = {}
  local node = protected(parse, what)
  for _, pkt in ipairs(node and samples() or {}) do
    for _, v in ipairs(node.get(pkt)) do
      out[#out + 1] = v
    end
    if #out > 60 then
      break
    end
  end
  return out
end

local function seenof(leaf)
  leaf.seen = leaf.seen or observed(written(nil, leaf, true))
  return leaf.seen
end

--- Bytes as a string of the language.
local function literal(rng, s)
  local quote = rng(3) == 1 and "'" or '"'
  if rng(5) == 1 and not s:find("[%c\\'\"\x7f-\xff]") then
    return "r" .. quote .. s .. quote
  end
  local out = s:gsub(".", function(c)
    if c == quote or c == "\\" then
      return "\\" .. c
    elseif c == "\n" then
      return "\\n"
    elseif c:find("[%c\x7f-\xff]") then
      return rng(2) == 1 and ("\\x%02x"):format(c:byte()) or ("\\%03d"):format(c:byte())
    end
  end)
  return quote .. out .. quote
end

local function space(rng)
  return rng(3) == 1 and "" or " "
end

--- Two texts around an operator of symbols.
local function around(rng, a, op, b)
  if b:find("^[-~!=]") or a:find("[-~]$") then
    return a .. " " .. op .. " " .. b
  end
  return a .. space(rng) .. op .. space(rng) .. b
end

local function integertext(rng, v)
  if v == math.mininteger then
    return "0x8000000000000000"
  elseif v < 0 then
    return tostring(v)
  end
  return rng(4) == 1 and ("0x%x"):format(v) or tostring(v)
end

local function floattext(v)
  if v ~= v or v >= 1e15 or v <= -1e15 or v ~= 0 and math.abs(v) < 1e-3 then
    return "0.5"
  end
  local s = ("%.17g"):format(v)
  return s:find("[.e]") and s or s .. ".0"
end

--- The value of a field to compare it with: observed, next to that, or any.
local function numberof(rng, leaf)
  local seen = seenof(leaf)
  local v = #seen > 0 and rng(6) > 1 and number(pick(rng, seen))
  if math.type(v) ~= "integer" then
    local bits = leaf.fields[1].bits or 8
    v = rng(2) == 1 and rng(16) - 1 or rng(1 << math.min(bits, 31)) - 1
  end
  if rng(5) == 1 then
    v = v + pick(rng, { 1, -1 })
  end
  if not fits(leaf.fields, v) then
    v = rng(2) - 1
  end
  return fits(leaf.fields, v) and v or 0
end

local function nametext(rng, leaf)
  local f = pick(rng, leaf.fields)
  local list = {}
  for name, values in pairs(namesof(f)) do
    if #values == 1 then
      list[#list + 1] = name
    end
  end
  table.sort(list)
  if #list == 0 then
    return nil
  end
  local name = pick(rng, list)
  local seen = seenof(leaf)
  if #seen > 0 and rng(3) > 1 then
    local v = number(pick(rng, seen))
    for _, s in ipairs(list) do
      if namesof(f)[s][1] == v then
        name = s
      end
    end
  end
  if name:find("^[%a_][%w_]*$") and not WORDS[name] and name ~= "frame" and name ~= "payload"
    and name ~= "padding"
    and not STATES[name] and name ~= "checksum" and rng(3) > 1 then
    return name
  end
  return literal(rng, name)
end

local function addresstext(rng, kind, v)
  local list = kind == "ipv4" and IP4 or kind == "mac" and MAC or IP6
  local s = v and v.text or pick(rng, list)
  return rng(3) == 1 and literal(rng, s) or s
end

--- A constant for a leaf.
local function constanttext(rng, leaf)
  local kind = leaf.kind
  if kind == "int" then
    if rng(3) == 1 then
      local name = nametext(rng, leaf)
      if name then
        return name, true
      end
    end
    return integertext(rng, numberof(rng, leaf))
  end
  local seen = seenof(leaf)
  local v = #seen > 0 and rng(5) > 1 and pick(rng, seen) or nil
  if v and v.t ~= kind then
    v = nil
  end
  if kind == "float" then
    return floattext(v and v.v or rng(100) / 4)
  elseif kind == "bool" then
    return pick(rng, { "true", "false" })
  elseif kind == "ipv4" or kind == "mac" then
    if v and rng(4) == 1 then
      return integertext(rng, v.v)
    end
    return addresstext(rng, kind, v)
  elseif kind == "ipv6" then
    return addresstext(rng, kind, v)
  end
  local names = leaf.fields[1].format == "hex" and DIGITS or NAMES
  local s = v and v.v or pick(rng, names)
  return literal(rng, #s > 60 and pick(rng, names) or s)
end

local function plainleaf(leaf)
  return not leaf.mixed and leaf.kind ~= "list" and leaf.kind ~= "struct" and leaf.kind ~= "time"
    and leaf.kind ~= "eui64"
end

local ORDER <const> = { "==", "==", "==", "!=", "~=", "<", "<=", ">", ">=" }
local MIRROR <const> = { ["<"] = ">", ["<="] = ">=", [">"] = "<", [">="] = "<=" }

local function related(rng, a, op, b)
  if rng(8) == 1 then
    return around(rng, b, MIRROR[op] or op, a)
  end
  return around(rng, a, op, b)
end

local function compared(rng)
  local leaf = leafof(rng, plainleaf)
  local c, named = constanttext(rng, leaf)
  local op = (leaf.kind == "bool" or named) and pick(rng, { "==", "==", "!=", "~=" }) or pick(rng, ORDER)
  if named then
    return around(rng, written(rng, leaf), op, c)
  end
  return related(rng, written(rng, leaf), op, c)
end

local function flagged(rng)
  local l = function() return pick(rng, { "S", "A", "SA", "F", "R", "P", "PA", "FA", "SEC", "N" }) end
  local k = rng(4)
  if k == 1 then
    return around(rng, "tcp.flags", pick(rng, { "==", "!=" }), '"' .. l() .. '"')
  elseif k == 2 then
    return ('tcp.flags in {"%s", "%s"}'):format(l(), l())
  elseif k == 3 then
    return around(rng, around(rng, "tcp.flags", "&", '"SA"'), pick(rng, { "==", "!=" }), '"' .. pick(rng,
      { "S", "A", "SA" }) .. '"')
  end
  return around(rng, ('tcp.flags & "%s"'):format(l()), pick(rng, { "!=", "==" }), "0")
end

local function inset(rng)
  local leaf = leafof(rng, function(l) return plainleaf(l) and l.kind ~= "bool" end)
  local what = written(rng, leaf)
  if leaf.kind == "ipv4" and rng(3) == 1 then
    return what .. " in " .. pick(rng, { "10.0.0.0/8", "10.0.0.0/24", "192.168.0.0/16", "0.0.0.0/0",
      "10.0.0.2/32", "224.0.0.0/4" })
  elseif leaf.kind == "ipv6" and rng(3) == 1 then
    return what .. " in " .. pick(rng, { "fe80::/10", "2001:db8::/32", "::/0", "2001:db8::1/128",
      "2001:db8::/47" })
  end
  local list = {}
  for k = 1, rng(4) do
    if leaf.kind == "int" and rng(3) == 1 then
      local a, b = numberof(rng, leaf), numberof(rng, leaf)
      local unsigned = leaf.fields[1].bits == 64 and not leaf.fields[1].signed
      if unsigned and math.ult(b, a) or not unsigned and b < a then
        a, b = b, a
      end
      local dots = pick(rng, { "..", " .. " })
      list[k] = integertext(rng, a) .. dots .. integertext(rng, b)
    elseif leaf.kind == "ipv4" and rng(3) == 1 then
      list[k] = pick(rng, { "10.0.0.1..10.0.0.9", "10.0.0.2 .. 10.255.255.255", "0.0.0.0..127.255.255.255",
        "10.0.0.0/16" })
    elseif leaf.kind == "ipv6" and rng(3) == 1 then
      list[k] = pick(rng, { "::1..fe80::1", "2001:db8::..2001:db8::ffff", "fe80::/64", "ff00::/8" })
    elseif leaf.kind == "mac" and rng(3) == 1 then
      list[k] = "02:00:00:00:00:00..02:00:00:00:00:10"
    elseif leaf.kind == "float" and rng(3) == 1 then
      list[k] = "-2.5..1.75"
    else
      list[k] = constanttext(rng, leaf)
    end
  end
  return what .. " in" .. space(rng) .. "{" .. space(rng) .. table.concat(list, pick(rng, { ",", ", " }))
    .. "}"
end

local LAYERS <const> = { "ethernet", "vlan", "ipv4", "ipv4", "ipv6", "tcp", "tcp", "udp", "udp", "icmp",
  "icmpv6", "arp", "dns", "gre", "vxlan",
  "mpls", "llc", "snap", "ah", "routing", "hopbyhop", "destopts", "ipv6frag", "sll", "null", "filterwide" }

local function layertext(rng)
  local s = pick(rng, LAYERS)
  return rng(8) == 1 and s .. "#" .. rng(3) or s
end

local function bytestext(rng)
  return pick(rng, { "frame", "payload", layertext(rng), layertext(rng), layertext(rng) })
end

local REGEX <const> = { "example", "^[a-z]+", "[a-z]+$", "^www", "com$", "e.a", "GET", "(?i)get",
  "(?i)EXAMPLE", "^hello$", "[0-9]+",
  "HTTP/1\\.1", "mail|www", "^$", "\\d\\d", "h.*o", "^x?", "[^a]b" }

local function searched(rng)
  local what
  local k = rng(4)
  local s
  if k <= 2 then
    local leaf = leafof(rng, function(l) return plainleaf(l) and l.kind == "str" end)
    what = written(rng, leaf)
    local seen = seenof(leaf)
    s = #seen > 0 and pick(rng, seen).v or pick(rng, NAMES)
  else
    what = bytestext(rng)
    if k == 4 and what ~= "frame" or rng(6) == 1 then
      what = what .. ("[%d:%s]"):format(rng(20) - 1, pick(rng, { "", rng(30), rng(8) }))
    end
    s = pick(rng, TEXTS)
    if rng(3) == 1 then
      local m = pick(rng, samples()).memory:tostring()
      local at = rng(#m + 1)
      s = m:sub(at, at + rng(3) - 1)
    end
  end
  if rng(3) == 1 then
    local r = pick(rng, REGEX)
    return what .. " matches " .. (rng(2) == 1 and 'r"' .. r .. '"' or literal(rng, r))
  end
  if #s > 1 and rng(2) == 1 then
    local at = rng(#s)
    s = s:sub(at, at + rng(6))
  end
  if s == "" then
    s = "e"
  end
  return what .. " contains " .. literal(rng, #s > 60 and s:sub(1, 3) or s)
end

local function there(rng)
  local k = rng(10)
  if k <= 3 then
    return layertext(rng)
  elseif k <= 6 then
    return written(rng, leafof(rng, function(l) return l.kind == "bool" end))
  elseif k <= 9 then
    return written(rng, leafof(rng, function(l)
      return l.kind ~= "bool" and (#l.steps > 1 or l.steps[1].list or not l.fields[1].offset or rng(8) == 1)
    end))
  end
  return pick(rng, { "payload", "padding" })
end

local function sliced(rng)
  local what, n
  if rng(5) == 1 then
    what = written(rng, leafof(rng, function(l)
      return plainleaf(l) and l.kind == "str" and not l.steps[#l.steps].list
    end))
  else
    what = bytestext(rng)
  end
  if rng(3) == 1 then
    n = 1
    what = what .. "[" .. rng(24) - 1 .. "]"
  else
    n = pick(rng, { 1, 2, 2, 3, 4, 4, 6, 8, 9, 12, 16 })
    what = what .. ("[%d:%d]"):format(rng(24) - 1, n)
  end
  local seen = observed(what)
  local v = #seen > 0 and pick(rng, seen) or nil
  local bytes = v and (v.bytes or v.v) or ("\0"):rep(n)
  if n > 8 or rng(4) == 1 then
    return related(rng, what, pick(rng, ORDER), literal(rng, bytes))
  elseif rng(4) == 1 then
    return ("%s in {%s, %s}"):format(what, integertext(rng, v and v.v or 0), integertext(rng, rng(200)))
  elseif n < 8 and rng(3) == 1 then
    local mask = pick(rng, { 0x0f, 0xf0, 1, 0xff, 7 })
    return around(rng, around(rng, what, "&", ("0x%02x"):format(mask)), pick(rng, ORDER), tostring((v and v.v
      or 1) & mask))
  end
  return related(rng, what, pick(rng, ORDER), integertext(rng, v and v.v or rng(200)))
end

local function numericleaf(l)
  return plainleaf(l) and NUMERIC[l.kind] and l.kind ~= "float" and l.kind ~= "hex"
    and not (l.fields[1].bits == 64 and not l.fields[1].signed)
end

--- A random sum of few terms, integers alone; the leaf is its first value.
local function term(rng, what, depth)
  if depth == 0 then
    return what
  end
  local op = pick(rng, { "+", "-", "*", "//", "%", "&", "|", "~", "<<", ">>", "+", "&" })
  local small = pick(rng, { "1", "2", "3", "7", "255", "0xf0", "16" })
  if op == "<<" or op == ">>" then
    small = pick(rng, { "1", "4", "8", "0", "63", "64" })
  elseif rng(6) == 1 then
    small = "-" .. small
  elseif rng(12) == 1 and op ~= "//" and op ~= "%" then
    small = "~" .. small
  elseif rng(6) == 1 then
    local leaf = leafof(rng, function(l)
      return numericleaf(l) and #l.steps == 1 and not l.steps[1].list
    end)
    small = written(rng, leaf)
  end
  local s
  if rng(5) == 1 and op ~= "//" and op ~= "%" then
    s = around(rng, small, op, what)
  else
    s = around(rng, what, op, small)
  end
  if rng(2) == 1 then
    s = "(" .. s .. ")"
    if rng(8) == 1 then
      s = pick(rng, { "-", "~" }) .. s
    end
  end
  return term(rng, s, depth - 1)
end

local function computed(rng)
  local leaf = leafof(rng, numericleaf)
  local what = term(rng, written(rng, leaf), rng(3))
  if rng(5) == 1 then
    what = around(rng, "(" .. what .. ")", pick(rng, { "/", "*", "+" }), pick(rng, { "2.0", "1.5", "0.25" }))
  elseif rng(8) == 1 then
    what = around(rng, "(" .. what .. ")", "/", pick(rng, { "2", "3", "4" }))
  end
  local seen = observed(what)
  local v = #seen > 0 and pick(rng, seen).v or 1
  local c
  if math.type(v) == "float" then
    c = floattext(v)
  else
    c = integertext(rng, rng(4) == 1 and v + pick(rng, { 1, -1 }) or v)
    if v == math.mininteger then
      c = "0"
    end
  end
  return related(rng, what, pick(rng, ORDER), c)
end

local function unsigned(rng)
  local what = pick(rng, { "filterwide.large", "filterwide.big", "filterwide.large + 1",
    "filterwide.large & 0xff", "filterwide.large - 1" })
  local c = pick(rng, { "0", "1", "64", "0x8000000000000000", "0xffffffffffffffff", "0x7fffffffffffffff",
    "1.5", "64.0",
    "filterwide.whole", "9223372036854775808.0" })
  return related(rng, what, pick(rng, ORDER), c)
end

local function twofields(rng)
  local a = leafof(rng, function(l) return plainleaf(l) and #l.steps == 1 and not l.steps[1].list end)
  local b = leafof(rng, function(l)
    return plainleaf(l) and l.kind == a.kind and #l.steps <= 2 and (l.layer == a.layer or rng(6) == 1)
  end)
  local op = a.kind == "bool" and pick(rng, { "==", "!=" }) or pick(rng, ORDER)
  return around(rng, written(rng, a), op, written(rng, b))
end

local function framed(rng)
  local k = rng(9)
  if k <= 2 then
    return around(rng, pick(rng, { "frame.length", "frame.captured" }), pick(rng, ORDER),
      pick(rng, { "0", "20", "42", "60", "64", "80", "100", "frame.captured", "frame.length" }))
  elseif k == 3 then
    return around(rng, "frame.time", pick(rng, ORDER), pick(rng, { '"2026-01-31 12:00:00"',
      '"2026-01-31 12:00:00.5"',
      '"2026-02-01 12:00:00"', tostring(NOON), tostring(NOON + 1), '"2026-01-31 11:59:59"' }))
  elseif k == 4 then
    return around(rng, "frame.linktype", pick(rng, { "==", "!=", "<" }), pick(rng, { "1", "101", "113",
      "276", "0" }))
  elseif k == 5 then
    return around(rng, "frame.number", pick(rng, ORDER), tostring(rng(9)))
  end
  return pick(rng, { "truncated", "malformed", "incomplete", "checksum.bad" })
end

local KINDS <const> = { { 30, compared }, { 6, flagged }, { 14, inset }, { 11, searched }, { 14, there },
  { 9, sliced }, { 14, computed },
  { 2, unsigned }, { 5, twofields }, { 6, framed } }

local function simple(rng)
  local total = 0
  for _, k in ipairs(KINDS) do
    total = total + k[1]
  end
  local at = rng(total)
  for _, k in ipairs(KINDS) do
    at = at - k[1]
    if at <= 0 then
      return k[2](rng)
    end
  end
end

local function compound(rng, depth)
  local k = rng(8)
  if depth == 0 or k <= 3 then
    return simple(rng)
  elseif k == 4 then
    local inner = compound(rng, depth - 1)
    if rng(2) == 1 then
      return pick(rng, { "not ", "!", "! " }) .. "(" .. inner .. ")"
    end
    return pick(rng, { "not ", "! " }) .. inner
  end
  local a, b = compound(rng, depth - 1), compound(rng, depth - 1)
  if rng(3) == 1 then
    a = "(" .. a .. ")"
  end
  if rng(3) == 1 then
    b = "(" .. space(rng) .. b .. space(rng) .. ")"
  end
  local op = pick(rng, { " and ", " && ", "&&", " or ", " || ", "||" })
  return a .. op .. b
end

--- A random expression that has no error.
-- @tparam function rng gives an integer from 1 to its argument
-- @treturn string the text
function model.expression(rng)
  samples()
  return compound(rng, rng(5) - 1)
end

return model
