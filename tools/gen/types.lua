--- Annotations for lua-language-server: modules and classes from the manual, views of packets and builders from the
-- shipped layouts.
--
--     pktcraft tools/gen/types.lua doc/manual.md FOLDER
--
-- FOLDER/pktcraft.lua declares everything, and the globals of scripts that the program `pktcraft` runs; a file for each
-- name that `require` takes gives its part.
package.path = "tools/gen/?.lua;" .. package.path
local manual = require "manual"
local layout, layouts = require "layout", require "pktcraft.layouts"

local path, folder = assert(arg[1]), assert(arg[2])

-- What stands before dot or colon in an entry: the name that `require` takes, or the class.
local MODULES <const> = {
  memory = "memory", layout = "layout", packet = "pktcraft.packet", checksum = "pktcraft.checksum",
  filter = "pktcraft.filter", pcap = "pktcraft.pcap",
  route = "pktcraft.route", test = "pktcraft.test", edits = "pktcraft.edits",
}
local CLASSES <const> = { filter = "expression", net = "place", way = "way" }
local ORDER <const> = { "memory", "layout", "packet", "checksum", "filter", "pcap", "route", "test", "edits" }

local out = {}
local function put(...) out[#out + 1] = table.concat { ... } end

--- Text as comments; what refers to other parts of the manual stays as text.
local function describe(text)
  text = text:gsub("%[([^%]]*)%]%(#[^%)]*%)", "%1"):gsub("%[([^%]]*)%]%([^%)]*%)", "%1")
  for line in (text .. "\n"):gmatch "(.-)\n" do put("---", line) end
end

--- A type of the manual in the tables' words.
local function typed(s)
  return (s:gsub("^`(.*)`$", "%1"):gsub(" or ", "|"):gsub("^([^|]*)%?$", "%1?"))
end

local function lua_name(name)
  return name == "table" and "t" or name
end

--- A function's annotations; `name` as it is declared.
local function declare(entry, name, options)
  describe(entry.text)
  local arguments, results = manual.signature(entry.types)
  local list = {}
  for k, a in ipairs(arguments) do
    local kind = (a.name == "options" and options and options) or a.type
    put("---@param ", lua_name(a.name), a.optional and "?" or "", " ", kind)
    list[k] = lua_name(a.name)
  end
  for _, kind in ipairs(results) do put("---@return ", kind) end
  put("function ", name, "(", table.concat(list, ", "), ") end\n")
end

--- Options of an entry that has a table of them: a class; gives its name.
local function options_of(entry)
  local class
  for _, row in ipairs(entry.rows) do
    if row.head and row.head[1] == "option" and row.head[2] == "type" then
      if not class then
        class = entry.names[1]:gsub(":", ".") .. ".options"
        put("---@class ", class)
      end
      put("---@field ", row[1]:match "[%w_]+", "? ", typed(row[2]), " ", row[3])
    end
  end
  if class then put "" end
  return class
end

local entries = manual.read(path)

put "---@meta"
put "-- Made of the manual and of the layouts' tables: not to be edited.\n"
put "---@alias bytes string|memory"
put "---@alias condition string|expression|bpf|fun(pkt: packet): any"
for _, name in ipairs { "layout", "pointer", "view", "list", "timer", "host", "listener", "connection" } do
  put("---@class ", name)
end
put ""

-- --- classes: members from the manual's tables, and the layers of packets

local members = {}
for _, entry in ipairs(entries) do
  for _, row in ipairs(entry.rows) do
    local class = row.head and row.head[2] == "type" and row.head[1]
    if class and class ~= "option" then
      members[class] = members[class] or {}
      for name in row[1]:gmatch "`([%w_]+)`" do
        table.insert(members[class], ("---@field %s %s %s"):format(name, typed(row[2]), row[3]))
      end
    end
  end
end

local classes, seen = {}, {}
for _, entry in ipairs(entries) do
  local prefix = entry.types and entry.names[1]:match "^(%w+):"
  local class = prefix and (CLASSES[prefix] or prefix)
  if class and not seen[class] then
    seen[class] = true
    classes[#classes + 1] = class
  end
end
for class in pairs(members) do
  if not seen[class] then classes[#classes + 1] = class end
end
table.sort(classes)

-- Formats that read as integers.
local INTEGERS <const> = { decimal = true, quicint = true, berlength = true, asn1int = true }

-- Fields of layouts that are views of their own come after their parents.
local function field_type(field, name)
  if field.type == "list" or field.type == "array" then
    local element = field.fields and #field.fields == 1 and field.fields[1]
    if element and not element.key then return field_type(element, name) .. "[]" end
    return name
  end
  if field.type == "struct" or field.type == "union" then return name end
  if INTEGERS[field.format] then return "integer" end
  if field.format or field.type == "string" then return "string" end
  if field.type == "boolean" then return "boolean" end
  if field.type == "float" then return "number" end
  return "integer"
end

local views = {} -- tables of fields that have been written as a view of that name

local function view(fields, name, about)
  local later, done = {}, {}
  put("---", about)
  put("---@class ", name, " : view")
  local function each(list)
    for _, field in ipairs(list) do
      if field.key and not done[field.key] then
        done[field.key] = true
        local part = name .. "." .. field.key
        local kind = field_type(field, part)
        local inner = field.fields
        if kind:find(part, 1, true) == 1 then
          if views[inner] then
            kind = kind:gsub(part:gsub("%p", "%%%0"), (views[inner]:gsub("%%", "%%%%")))
          else
            views[inner] = part
            later[#later + 1] = { inner, part, field.type == "list" or field.type == "array" }
          end
        end
        local aliases = type(field.alias) == "string" and { field.alias } or field.alias or {}
        local remark = field.bits and kind == "integer" and ("%d bits"):format(field.bits) or ""
        put("---@field ", field.key, "? ", kind, remark ~= "" and " " .. remark or "")
        for _, alias in ipairs(aliases) do
          if not done[alias] then
            done[alias] = true
            put("---@field ", alias, "? ", kind, " ", field.key)
          end
        end
      elseif not field.key and field.fields then
        each(field.fields)
      end
    end
  end
  each(fields)
  put ""
  for _, item in ipairs(later) do
    if item[3] then
      put("---A list: [1] to [-1], and the members of its first element that has them.")
      put("---@class ", item[2], " : ", item[2], ".element\n---@field [integer] ", item[2], ".element")
      put("---@operator len: integer")
      put("---@overload fun(): fun(): ", item[2], ".element\n")
      view(item[1], item[2] .. ".element", "An element.")
    else
      view(item[1], item[2], "")
    end
  end
end

for _, class in ipairs(classes) do
  put("---@class ", class)
  for _, line in ipairs(members[class] or {}) do put(line) end
  if class == "packet" then
    put "---@operator div(packet|string|memory): packet\n---@operator len: integer"
    for _, name in ipairs(layouts.names) do put("---@field ", name, "? view.", name) end
  elseif class == "flows" then
    put "---@operator len: integer"
  end
  put("local ", class, "_ = {}\n")
end
put "---@class memory\n---@operator len: integer\n---@operator concat(any): string"
put "local memory_ = {}\n"

-- --- modules and methods

for _, name in ipairs(ORDER) do
  put("---@class ", name, "lib\n", name, " = {}\n")
end
for _, entry in ipairs(entries) do
  local name = entry.types and entry.names[1]
  local prefix, sign, key = (name or ""):match "^([%w_]+)([.:])([%w_]+)$"
  if prefix and manual.signature(entry.types) then
    local options = options_of(entry)
    if sign == ":" then
      declare(entry, (CLASSES[prefix] or prefix) .. "_:" .. key, options)
    elseif prefix == "assert" or MODULES[prefix] then
      declare(entry, prefix .. "." .. key, options)
      if prefix == "memory" and key ~= "create" and key ~= "type" then -- functions of memories are methods, too
        local arguments = manual.signature(entry.types)
        local types = entry.types:gsub("^%(" .. arguments[1].name .. ": [^,)]*,? ?", "(")
        declare({ text = "As `memory." .. key .. "`.", types = types }, "memory_:" .. key)
      end
    end
  elseif prefix and MODULES[prefix] then
    describe(entry.text)
    put("---@type ", entry.types, "\n", prefix, ".", key, " = {}\n")
  end
end
for _, row in ipairs { "any", "absent", "one_of", "other_than", "between", "has", "lacks", "contains", "bind" } do
  put("---See `assert.packet`.\n---@type any\ntest.", row, " = nil\n")
end
put "---See `peer:answer`.\n---@type table<string, function>\ntest.answers = {}\n"

-- --- layouts

put "---@class layoutslib\n---@field names string[]\nlayouts = {}\n"
for _, name in ipairs(layouts.names) do
  local fields = layout.fields(layouts[name])
  view(fields, "view." .. name, fields.about)
  put("---@class layout.", name, " : layout")
  put("---@overload fun(fields?: view.", name, "|table): packet")
  put("---@operator div(packet|string|memory): packet")
  put("layouts.", name, " = {}")
  put("---", fields.about)
  put("---@type layout.", name, "\n", name, " = layouts.", name, "\n")
end

put "---@class pktcraftlib\nlocal pktcraft = {\n  _VERSION = \"\","
for _, name in ipairs { "memory", "layout", "packet", "pcap", "filter", "checksum", "layouts" } do
  put("  ", name, " = ", name, ",")
end
for _, name in ipairs(layouts.names) do put("  ", name, " = ", name, ",") end
put "}\n\nreturn pktcraft"

-- --- files

local function write(name, text)
  local f <close> = assert(io.open(folder .. "/" .. name, "w"))
  assert(f:write(text))
end

assert(os.execute(("mkdir -p '%s/pktcraft'"):format(folder)))
write("pktcraft.lua", table.concat(out, "\n") .. "\n")
for _, name in ipairs(ORDER) do
  write(MODULES[name]:gsub("%.", "/") .. ".lua", ("---@meta %s\nreturn %s\n"):format(MODULES[name], name))
end
write("pktcraft/layouts.lua", "---@meta pktcraft.layouts\nreturn layouts\n")
for _, entry in ipairs(entries) do
  if entry.names[1] == "pktcraft.communityid" then
    out = { "---@meta pktcraft.communityid" }
    describe(entry.text)
    local arguments, results = manual.signature(entry.types)
    for _, a in ipairs(arguments) do put("---@param ", a.name, a.optional and "?" or "", " ", a.type) end
    put("---@return ", results[1], "\nreturn function(x, seed) end")
    write("pktcraft/communityid.lua", table.concat(out, "\n") .. "\n")
  end
end
