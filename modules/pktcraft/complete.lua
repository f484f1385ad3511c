--- What a word at the interactive prompt may go on to: globals, modules, layouts, fields, members of values.
-- @module pktcraft.complete

local layouts = require "pktcraft.layouts"
local fields_of = require "layout".fields

local KEYWORDS <const> = { "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if",
  "in", "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while" }
local MODULES <const> = { "memory", "layout", "packet", "pcap", "filter", "checksum", "layouts" }
local PACKET <const> = { "payload", "padding", "memory", "length", "time", "number", "interface", "truncated",
  "malformed", "incomplete", "layers", "layer", "range", "refresh", "copy", "setter", "totable", "insert", "remove",
  "pad", "fuzz", "verify", "fix", "diff", "fragments", "show", "hexdump" }

--- Adds the keys and other names of fields.
local function add_fields(set, fields)
  for _, field in ipairs(fields or {}) do
    if field.key then set[field.key] = true end
    for _, alias in ipairs(field.alias or {}) do set[alias] = true end
  end
end

--- The fields of a member of a list of fields.
local function inside(fields, key)
  for _, field in ipairs(fields or {}) do
    local is = field.key == key
    for _, alias in ipairs(field.alias or {}) do is = is or alias == key end
    if is and field.fields then return field.fields end
  end
  return nil
end

--- The names that a value has, and whose they are: its own keys, and what its metatable has for it.
local function add_members(set, value)
  local kind = type(value)
  if kind == "table" then
    for key in next, value do
      if type(key) == "string" then set[key] = true end
    end
  end
  if value == layouts then
    for _, name in ipairs(layouts.names) do set[name] = true end
  end
  local meta = getmetatable(value)
  local index = type(meta) == "table" and rawget(meta, "__index") or kind == "string" and string
  if type(index) == "table" and index ~= value then
    for key in next, index do
      if type(key) == "string" then set[key] = true end
    end
  end
end

--- Members and layers of a packet.
local function add_object(set, value)
  local name = tostring(getmetatable(value))
  if name == "packet" then
    for _, key in ipairs(PACKET) do set[key] = true end
    for layer in value:layers() do set[layer] = true end
  end
end

--- What the last dot of a word stands behind, found without running code but that of our own objects.
local function value_of(path)
  local value = _G
  for key in path:gmatch "[^.:]+" do
    if value == _G then
      local ok, got = pcall(function() return _G[key] end) -- modules and layouts are loaded when first used
      value = ok and got or nil
    elseif type(value) == "table" then
      value = value == layouts and layouts[key] or rawget(value, key)
    elseif type(value) == "userdata" and tostring(getmetatable(value)) == "packet" then
      local ok, got = pcall(function() return value[key] end)
      value = ok and got or nil
    else
      return nil
    end
    if value == nil then return nil end
  end
  return value
end

--- The layout of a name, or of the path behind it into lists: its fields.
local function fields_at(path)
  local fields
  for key in path:gmatch "[^.:]+" do
    if not fields then
      fields = layouts[key] and fields_of(layouts[key])
    else
      fields = inside(fields, key)
    end
    if not fields then return nil end
  end
  return fields
end

--- The layout whose braces are open at the end of a text.
local function open_layout(before)
  local depth = 0
  for at = #before, 1, -1 do
    local c = before:sub(at, at)
    if c == "}" then
      depth = depth + 1
    elseif c == "{" then
      if depth == 0 then return before:sub(1, at - 1):match "([%a_][%w_]*)%s*$" end
      depth = depth - 1
    end
  end
  return nil
end

--- The words that `text` may go on to, a sorted list; `before` is what stands before it in the line.
local function complete(text, before)
  local set, list = {}, {}
  local path, mark, start = text:match "^(.*)([.:])([%w_]*)$"
  if path then
    add_fields(set, fields_at(path))
    local value = value_of(path)
    if value ~= nil then
      add_members(set, value)
      if type(value) == "userdata" then
        local name = path:match "[^.:]*$"
        add_object(set, value)
        if layouts[name] then add_fields(set, fields_of(layouts[name])) end -- a view
      end
    end
  else
    path, mark, start = "", "", text
    local layout = open_layout(before or "")
    if layout and layouts[layout] then
      add_fields(set, fields_of(layouts[layout]))
    else
      for _, words in ipairs { KEYWORDS, MODULES, layouts.names } do
        for _, word in ipairs(words) do set[word] = true end
      end
      for key in next, _G do set[key] = true end
    end
  end
  for word in next, set do
    if type(word) == "string" and word:sub(1, #start) == start and word:find "^[%a_][%w_]*$" then
      list[#list + 1] = path .. mark .. word
    end
  end
  table.sort(list)
  return list
end

return complete
