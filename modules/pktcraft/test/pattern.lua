--- What packets are expected to be: patterns, and what of a packet does not match one.
--
-- A pattern is a table: layers by name, in each fields by name, and what they are to be; `payload`, `length` and
-- other members of packets; or a text, an expression of the filter language; or a function of the packet.
-- @module pktcraft.test.pattern

local packet = require "pktcraft.packet"
local filter = require "pktcraft.filter"

local pattern = {}

--- Members of packets that patterns may name beside layers.
local members <const> = {
  payload = true, padding = true, length = true, time = true, number = true, interface = true, truncated = true,
  malformed = true, incomplete = true,
}

-- A matcher: `test(value, m)` says whether a value is what it stands for, `text` what it expects. Names that are to
-- be stored as numbers are turned by m.stored.
local Matcher = { __name = "matcher" }
Matcher.__index = Matcher
Matcher.__tostring = function(self) return self.text end

local function matcher(text, test)
  return setmetatable({ text = text, test = test }, Matcher)
end

local LONG <const> = 64 -- bytes of a text that are written in whole

--- A value as it is written in patterns.
local function text_of(value)
  if getmetatable(value) == Matcher then return value.text end
  if type(value) == "string" then
    if #value > LONG then return ("%s... (%d bytes)"):format(text_of(value:sub(1, LONG // 2)), #value) end
    return value:find("[^\32-\126]") and ("%q"):format(value):gsub("\\\n", "\\n") or '"' .. value .. '"'
  end
  if type(value) == "function" then return "a value that a function takes" end
  if type(value) == "userdata" then return (tostring(value):gsub(": 0x%x+$", "")) end
  return tostring(value)
end

--- A text, or a number by a name: equal, as the field would store it.
local function equals(value, expected, m)
  if value == expected then return true end
  if value == nil or type(expected) ~= "string" then return false end
  return value == m.stored(expected)
end

--- Matches what is there.
pattern.any = matcher("any value", function(value) return value ~= nil end)

--- Matches what is not there: a layer, or a field.
pattern.absent = matcher("nothing", function(value) return value == nil end)

--- Matches each of several values.
function pattern.one_of(...)
  local values, texts = { ... }, {}
  for k, value in ipairs(values) do texts[k] = text_of(value) end
  return matcher("one of " .. table.concat(texts, ", "), function(value, m)
    for _, each in ipairs(values) do
      if pattern.matches(value, each, m) then return true end
    end
    return false
  end)
end

--- Matches all but this.
function pattern.other_than(expected)
  return matcher("other than " .. text_of(expected), function(value, m)
    return value ~= nil and not pattern.matches(value, expected, m)
  end)
end

--- Matches numbers from `low` to `high`; nil: no bound. Of numbers that wrap (sequences of TCP) it is asked whether
-- they are in the range that begins with `low`, modulo 2^32, when `low` is greater than `high`.
function pattern.between(low, high)
  return matcher(("%s to %s"):format(low or "", high or ""), function(value)
    if type(value) ~= "number" then return false end
    if low and high and low > high then return value >= low or value <= high end
    return (not low or value >= low) and (not high or value <= high)
  end)
end

--- Matches numbers in which at least the bits of `flags` (letters of flags, or a number) are 1.
function pattern.has(flags)
  return matcher("with " .. text_of(flags), function(value, m)
    local mask = type(flags) == "number" and flags or m.stored(flags)
    return math.type(value) == "integer" and value & mask == mask
  end)
end

--- Matches numbers in which none of the bits of `flags` is 1.
function pattern.lacks(flags)
  return matcher("without " .. text_of(flags), function(value, m)
    local mask = type(flags) == "number" and flags or m.stored(flags)
    return math.type(value) == "integer" and value & mask == 0
  end)
end

--- Matches lists that have an element like this: a value, or a table of fields, as `{ kind = "sack permitted" }`.
function pattern.contains(expected)
  return matcher("a list with " .. pattern.text(expected), function(value, m)
    if type(value) ~= "userdata" then return false end
    for k = 1, #value do
      if m:element(k, value[k], expected) then return true end
    end
    return false
  end)
end

--- Matches packets of which `f(pkt)` gives something that is as expected, and not nil; misses name it `path`.
function pattern.of(path, f, expected)
  return matcher(path .. " = " .. text_of(expected), function(pkt, m)
    local value = f(pkt)
    if value == nil or not pattern.matches(value, expected, m) then m:miss(path, {}, text_of(expected), value) end
    return true -- else it would be told twice
  end)
end

--- Matches what is there, or what `expected` says, and keeps it: by this name in the table that matching gives. The
-- same name twice in a pattern is the same value twice.
function pattern.bind(name, expected)
  return matcher(("%s (called %s)"):format(text_of(expected or pattern.any), name), function(value, m)
    if not pattern.matches(value, expected == nil and pattern.any or expected, m) then return false end
    if m.bound[name] ~= nil and m.bound[name] ~= value then return false end
    m.bound[name] = value
    return true
  end)
end

--- Whether a value is what a part of a pattern says.
function pattern.matches(value, expected, m)
  if getmetatable(expected) == Matcher then return expected.test(value, m) end
  if type(expected) == "function" then return not not expected(value, m.packet) end
  return equals(value, expected, m)
end

-- --- names as numbers

local known = {}

-- The value of the field that `path` leads to, in a layer in which it is built of a text. In the `first` lists of
-- the path are elements known by the name of a field: `options.mss`.
local function build(layer, path, text, first)
  local name = layer:match("^[^#]+")
  local values = {}
  local at = values
  for k = 1, #path - 1 do
    at[path[k]] = {}
    at = at[path[k]]
    if k <= first and type(path[k + 1]) == "string" then
      at[1] = {}
      at = at[1]
    end
  end
  at[path[#path]] = text
  local view = packet.build { { name, values } }[name]
  for _, step in ipairs(path) do view = view[step] end
  return view
end

-- The value that a field gives when it is built of a text. Raises when there is no such value.
local function stored(layer, path, text)
  local steps = {}
  for k, step in ipairs(path) do steps[k] = type(step) == "number" and 1 or step end -- all elements are alike
  path = steps
  local key = layer .. "\0" .. table.concat(path, "\0") .. "\0" .. text
  if known[key] == nil then
    local ok, value
    for first = 0, #path - 1 do
      ok, value = pcall(build, layer, path, text, first)
      if ok and value ~= nil then break end
    end
    if not ok then error(value, 0) end
    known[key] = value
  end
  return known[key]
end

-- --- matching

local Match = {}
Match.__index = Match

local function sorted(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    if type(a) == type(b) then return a < b end
    return type(a) == "number"
  end)
  return keys
end

local function path_text(layer, path)
  local text = layer
  for _, step in ipairs(path) do
    text = text .. (type(step) == "number" and ("[%d]"):format(step) or "." .. step)
  end
  return text
end

function Match:miss(layer, path, expected, value)
  self.misses[#self.misses + 1] = { layer = layer, path = path_text(layer, path), expected = expected, value = value }
end

-- Whether the element `k` of the list that is looked at is as expected.
function Match:element(k, value, expected)
  local m = setmetatable({ packet = self.packet, misses = {}, bound = self.bound }, Match)
  local path = { table.unpack(self.path) }
  path[#path + 1] = k
  m:field(self.layername, path, value, expected)
  return #m.misses == 0
end

-- Matches a field, or what is in it: `path` leads to it.
function Match:field(layer, path, value, expected)
  if type(expected) == "table" and getmetatable(expected) == nil then
    if value == nil then return self:miss(layer, path, "something", nil) end
    if type(value) ~= "userdata" then
      error(("%s is no list and no struct: its value is %s"):format(path_text(layer, path), text_of(value)), 0)
    end
    for _, key in ipairs(sorted(expected)) do
      path[#path + 1] = key
      self:field(layer, path, value[key], expected[key])
      path[#path] = nil
    end
    return
  end
  self.layername, self.path = layer, path
  self.stored = function(text)
    if #path == 0 then return text end -- a member, not a field
    local ok, found = pcall(stored, layer, path, text)
    if not ok then
      error(("%s: %s"):format(path_text(layer, path), (tostring(found):gsub("^[^:]+:%d+: ", ""))), 0)
    end
    return found
  end
  if not pattern.matches(value, expected, self) then self:miss(layer, path, text_of(expected), value) end
end

function Match:layer(name, expected)
  local plain, n = name:match("^([^#]+)#?(%d*)$")
  local view = self.packet:layer(plain, tonumber(n) or 1)
  if type(expected) ~= "table" or getmetatable(expected) == Matcher then
    if type(expected) ~= "function" and getmetatable(expected) ~= Matcher then
      error(("layer %s: a table of fields, any, absent or a function expected"):format(name), 0)
    end
    if not pattern.matches(view, expected, self) then self:miss(name, {}, text_of(expected), view) end
  elseif view == nil then
    self:miss(name, {}, "a layer", nil)
  else
    for _, key in ipairs(sorted(expected)) do self:field(name, { key }, view[key], expected[key]) end
  end
end

local compiled = setmetatable({}, { __mode = "v" })

local function match_text(m, text)
  local f = compiled[text] or assert(filter.compile(text))
  compiled[text] = f
  if not f:match(m.packet) then m:miss("packet", {}, text, nil) end
end

--- Matches a packet with a pattern: true and what was bound, or false, nothing, and a list of what does not match,
-- tables with `path`, `expected` (a text) and `value`. Raises what is wrong with the pattern.
function pattern.match(pkt, expected)
  local m = setmetatable({ packet = pkt, misses = {}, bound = {} }, Match)
  m.stored = function(text) return text end
  if type(expected) == "string" then
    match_text(m, expected)
  elseif type(expected) == "function" then
    if not expected(pkt) then m:miss("packet", {}, text_of(expected), nil) end
  elseif type(expected) == "table" and getmetatable(expected) == nil then
    for _, name in ipairs(sorted(expected)) do
      if type(name) ~= "string" then
        if not pattern.matches(pkt, expected[name], m) then m:miss("packet", {}, text_of(expected[name]), nil) end
      elseif members[name] then
        m:field(name, {}, pkt[name], expected[name])
      else
        m:layer(name, expected[name])
      end
    end
  else
    error(("pattern expected, got %s"):format(type(expected)), 0)
  end
  if #m.misses == 0 then return true, m.bound end
  return false, nil, m.misses
end

-- --- what is wrong with patterns

local views = {} -- by name of a layer: one that is empty, to ask for fields

-- What is wrong with the fields of a layer, or nil.
local function check_layer(name, fields)
  local plain = name:match("^([^#]+)#?%d*$") or name
  if not views[plain] then
    local ok, found = pcall(function() return packet.build({ { plain, {} } })[plain] end)
    if not ok then return found end
    views[plain] = found
  end
  if type(fields) ~= "table" or getmetatable(fields) ~= nil then return nil end
  for _, key in ipairs(sorted(fields)) do
    local ok, why = pcall(function() return views[plain][key] end)
    if ok and type(fields[key]) == "string" then ok, why = pcall(stored, plain, { key }, fields[key]) end
    if not ok then return why end
  end
end

--- What is wrong with a pattern, whatever comes: a text, or nil.
function pattern.check(expected)
  local why
  if type(expected) == "string" then
    local f, message = filter.compile(expected)
    why = not f and message
  elseif type(expected) == "table" and getmetatable(expected) == nil then
    for _, name in ipairs(sorted(expected)) do
      if type(name) == "string" and not members[name] then why = why or check_layer(name, expected[name]) end
    end
  end
  return why and "in the pattern: " .. tostring(why):gsub("^[^:%s]+:%d+: ", "") or nil
end

-- --- as text

-- A number in the ways that people know it.
local function value_text(pkt, miss)
  local value = miss.value
  if value == nil then return "nothing" end
  if type(value) == "userdata" then return ("%d of them"):format(#value) end
  if math.type(value) ~= "integer" then return text_of(value) end
  local text = tostring(value)
  local layer, key = miss.path:match("^([^.#]+)%.([^.%[]+)$")
  local name = layer and pkt:show():match("\n" .. layer .. ":[^\n]*.-\n +%d+ " .. key .. " = " .. value .. " ([^\n]+)")
  if name then return ("%s (%s)"):format(text, name) end
  return value > 9 and ("%s (0x%x)"):format(text, value) or text
end

--- The place of what a miss is about, or "".
local function place_text(pkt, miss)
  if not miss.path:find(".", 1, true) or miss.path:find("[", 1, true) then return "" end
  local ok, first = pcall(pkt.range, pkt, miss.path)
  return ok and first and (" (byte %d)"):format(first - 1) or ""
end

--- What does not match, one line each.
function pattern.explain(pkt, misses)
  local lines = {}
  for k, miss in ipairs(misses) do
    local got = miss.path ~= "packet" and ", got " .. value_text(pkt, miss) or ""
    lines[k] = ("%s%s: expected %s%s"):format(miss.path, place_text(pkt, miss), miss.expected, got)
  end
  return table.concat(lines, "\n")
end

--- The packet's tree, of which the layers that do not match are shown with their fields, and others as a line.
function pattern.tree(pkt, misses)
  local shown, lines = {}, {}
  for _, miss in ipairs(misses) do shown[miss.path:match("^[^.%[]+")] = true end
  local open = false
  for line in pkt:show():gmatch("([^\n]*)\n") do
    local name = line:match("^([^%s:]+)")
    if name then open = shown[name:match("^[^#]+")] or shown[name] or name == "payload" end
    if name or open then lines[#lines + 1] = line end
  end
  return table.concat(lines, "\n") .. "\n"
end

--- A pattern as it is written.
function pattern.text(expected)
  if type(expected) ~= "table" or getmetatable(expected) ~= nil then return text_of(expected) end
  local parts = {}
  for k, key in ipairs(sorted(expected)) do
    local value = pattern.text(expected[key])
    local name = tostring(key):match("^[%a_][%w_]*$") or ('["%s"]'):format(key)
    parts[k] = type(key) == "number" and value or ("%s = %s"):format(name, value)
  end
  return #parts == 0 and "{}" or "{ " .. table.concat(parts, ", ") .. " }"
end

return pattern
