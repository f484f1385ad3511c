--- What a generated dissector shows in tshark, beside what packets say: all fields of all layers, by their paths.

local support = require "spec.support"

local dissected = {}

local known <const> = { "uint8", "uint16", "uint24", "uint32", "uint64", "int8", "int16", "int24", "int32", "int64", "bool",
  "bytes", "string", "ipv4", "ipv6", "ether", "eui64", "absolute_time", "float", "double" }

--- The fields of a table of a layout: a list of {key, path, element, fields}, those of groups, unions and cases beside
-- the others. Fields of one key are one, whose members are those of all. `keys` gets all their names,
-- `inner` the layouts as which bytes are shown.
local function collect(t, prefix, keys, inner)
  local parts = {}
  local add
  local function members(defs, path, list, bykey)
    for _, def in ipairs(defs) do add(def, path, list, bykey) end
    return list
  end
  local function part(name)
    if not parts[name] then
      parts[name] = {}
      members(t.parts[name], name .. ".", parts[name], {})
    end
    return parts[name]
  end
  function add(def, path, list, bykey)
    if type(def) ~= "table" or next(def) == nil then return end
    if def.switch then
      for value, case in pairs(def) do
        if math.type(value) == "integer" or value == "other" then add(case, path, list, bykey) end
      end
    elseif def.key then
      local f = bykey[def.key]
      if not f then
        f = { key = def.key, path = path .. def.key, defs = {}, bykey = {} }
        keys[prefix .. "." .. f.path] = true
        if def.layout then inner[def.layout] = true end
        bykey[def.key] = f
        list[#list + 1] = f
      end
      f.defs[#f.defs + 1] = def
      local each = def.each
      if type(each) == "string" then
        f.fields = part(each)
      elseif each and (#each > 0 or each.type == "union") then
        f.fields = members(each, f.path .. ".", f.fields or {}, f.bykey)
      elseif each then
        table.insert(f.defs, 1, each)
      elseif #def > 0 then
        f.fields = members(def, f.path .. ".", f.fields or {}, f.bykey)
      end
    elseif not def.payload then
      members(def, path, list, bykey)
    end
  end
  return members(t, "", {}, {})
end

local function hex(s)
  return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

--- All that one of our values may be called.
local function ours(f, v)
  if math.type(v) == "integer" then
    local tens = (v >> 1) // 5 -- of it as unsigned
    return { ("%d"):format(v), v < 0 and ("%d%d"):format(tens, v - tens * 10) or nil }
  elseif type(v) == "boolean" then
    return { v and "1" or "0" }
  elseif type(v) == "number" then
    return { v }
  end
  local list = { v, hex(v) }
  for _, def in ipairs(f.defs) do
    if def.format == "hex" then list[#list + 1] = v:lower() end
  end
  return list
end

local months <const> = { Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6, Jul = 7, Aug = 8, Sep = 9, Oct = 10,
  Nov = 11, Dec = 12 }

--- tshark's text of a value, by the type of its field, as ours is written.
local function theirs(kind, s)
  if s == "<MISSING>" then return "" end
  if kind == "bool" then return (s == "True" or s == "1") and "1" or "0" end
  if kind:find "int" and s:find "^0x" then return ("%d"):format(math.tointeger(tonumber(s))) end
  if kind == "absolute_time" then
    local month, day, year, clock = s:match "^(%a+)%s+(%d+), (%d+) (%d+:%d+:%d+)"
    return month and ("%s-%02d-%02dT%sZ"):format(year, months[month], math.tointeger(tonumber(day)), clock) or s
  end
  if kind == "float" or kind == "double" then return tonumber(s) or s end
  if kind == "bytes" then return (s:gsub(":", "")) end
  return s
end

--- The bytes of an IPv6 address, which may be written in more than one way.
local function address(s)
  local a, b, c, d = s:match "(%d+)%.(%d+)%.(%d+)%.(%d+)$"
  a, b, c, d = a and math.tointeger(tonumber(a)), tonumber(b), tonumber(c), tonumber(d)
  if a then s = s:gsub("%d+%.%d+%.%d+%.%d+$", ("%x:%x"):format(a << 8 | b, c << 8 | d)) end
  local head, tail = s:match "^(.-)::(.*)$"
  local groups = {}
  for group in (head or s):gmatch "%x+" do groups[#groups + 1] = group end
  local rest = {}
  for group in (tail or ""):gmatch "%x+" do rest[#rest + 1] = group end
  while #groups + #rest < 8 do groups[#groups + 1] = "0" end
  table.move(rest, 1, #rest, #groups + 1, groups)
  return table.concat(groups, ":")
end

--- Text without what tshark escapes its own way.
local function plain(s)
  return (s:gsub("\\%a", "."):gsub("\\%d%d%d", "."):gsub("[^%w%-]+", "."))
end

local function same(list, their, kind)
  for _, v in ipairs(list) do
    if v == their then return true end
    if type(v) == "number" then
      if type(their) == "number" then
        if v ~= v and their ~= their or v == their then return true end
        return math.abs(v - their) <= math.abs(v) * (kind == "float" and 1e-5 or 1e-12)
      end
      their = tostring(their):lower()
      return v ~= v and their:find "nan" ~= nil or v == math.huge and their:find "^inf" ~= nil
        or v == -math.huge and their:find "^%-inf" ~= nil
    end
    if kind == "ipv6" and v:find ":" and address(v) == address(their) then return true end
    if kind == "string" and plain((v:gsub("%z.*", ""))) == plain(their) then return true end -- Wireshark's ends at a zero
  end
  return false
end

--- The fields that a generated dissector has: {[name] = type}.
local function typesof(text)
  local types = {}
  for kind, name in text:gmatch 'ProtoField%.([%w_]+)%("([^"]+)"' do
    if kind ~= "none" then types[name] = kind end
  end
  return types
end

--- tshark's frames of a capture, with that dissector: a list of {[name] = list of texts}; and what it said.
function dissected.read(path, script, names)
  local line = { "timeout -s KILL 100 tshark -n -r ", path, " -X lua_script:", script, " -T fields -E separator=/t -E occurrence=a",
    " -E aggregator=\1 -e frame.number -e _ws.lua.error -e _ws.expert.message" }
  for _, name in ipairs(names) do line[#line + 1] = " -e " .. name end
  local _, out, err = support.foreign(table.concat(line))
  local frames = {}
  for text in out:gmatch "([^\n]*)\n" do
    local frame, k = { [-1] = "", [0] = "" }, -3
    for tabs, value in ("\t" .. text):gmatch "(\t+)([^\t]+)" do
      k = k + #tabs
      if k > 0 then
        local list = {}
        for v in (value .. "\1"):gmatch "([^\1]*)\1" do list[#list + 1] = v end
        frame[names[k]] = list
      else
        frame[k] = value
      end
    end
    frames[#frames + 1] = frame
  end
  return frames, err
end

--- Compares a capture: `tables` are layouts' by name, `filters` their names in Wireshark. Gives a list of texts, how many
-- values were compared, what tshark said on standard error, and {[path] = how many of it were the same}.
function dissected.compare(capture, script, tables, filters, packets)
  local types = typesof(support.readfile(script))
  local fields, names, present = {}, {}, {}
  for _, pkt in ipairs(packets) do
    for name in pkt:layers() do present[name] = true end
  end
  local keys, inner = {}, {} -- what is shown within a field of another layer is no layer of ours
  for name, t in pairs(tables) do
    if present[name] then
      fields[name] = collect(t, filters[name], keys, inner)
      for abbreviation in pairs(types) do
        if abbreviation:sub(1, #filters[name] + 1) == filters[name] .. "." then names[#names + 1] = abbreviation end
      end
    end
  end
  for name in pairs(fields) do names[#names + 1] = filters[name] .. ".malformed" end
  table.sort(names)
  local stems, aside = {}, {} -- the names without the type at their end; those that are shown within other layers
  for _, name in ipairs(names) do
    stems[name] = name
    for _, suffix in ipairs(known) do
      local stem = name:match("^(.*)_" .. suffix .. "$")
      if stem and types[stem] then stems[name] = stem end
    end
    for layer in pairs(inner) do
      aside[stems[name]] = aside[stems[name]] or name:sub(1, #filters[layer] + 1) == filters[layer] .. "."
    end
  end
  local frames, err = dissected.read(capture, script, names)
  local wrong, compared, found = {}, 0, {}
  if #frames ~= #packets then wrong[1] = ("%d frames, not %d: %s"):format(#frames, #packets, err) end
  for k, frame in ipairs(frames) do
    local malformed = false
    for name in pairs(fields) do
      malformed = malformed or frame[filters[name] .. ".malformed"] ~= nil
      frame[filters[name] .. ".malformed"] = nil
    end
    if malformed ~= packets[k].malformed then
      wrong[#wrong + 1] = ("frame %d: malformed: ours %s, theirs %s"):format(k, packets[k].malformed, frame[0])
    end
    local values = {}
    local function walk(list, prefix, view)
      for _, f in ipairs(list) do
        local v = view[f.key]
        local function take(value)
          if value == nil then return end
          if type(value) == "userdata" then
            if f.fields then walk(f.fields, prefix, value) end
            return
          end
          local path = prefix .. "." .. f.path
          values[path] = values[path] or {}
          table.insert(values[path], ours(f, value))
          local flags
          for _, def in ipairs(f.defs) do flags = flags or def.flags end
          for bit, name in pairs(flags or {}) do
            local one = path:gsub("[^.]*$", (name:gsub("[^%w._-]", "_")))
            if types[one] and not keys[one] then
              values[one] = values[one] or {}
              table.insert(values[one], ours(f, value >> bit & 1 == 1))
            end
          end
        end
        if type(v) == "userdata" and f.defs[1] and pcall(function() return #v end) then
          for n = 1, #v do take(v[n]) end
        else
          take(v)
        end
      end
    end
    for name, view in packets[k]:layers() do
      if fields[name] then walk(fields[name], filters[name], view) end
    end
    local left = {}
    for name in pairs(frame) do
      if type(name) == "string" then
        local kind, base = types[name], stems[name]
        left[base] = left[base] or {}
        for _, v in ipairs(frame[name]) do table.insert(left[base], { theirs(kind, v), kind }) end
      end
    end
    for path, list in pairs(values) do
      for _, candidates in ipairs(list) do
        local at
        for n, their in ipairs(left[path] or {}) do
          if same(candidates, their[1], their[2]) then
            at = n
            break
          end
        end
        compared = compared + 1
        if at then
          found[path] = (found[path] or 0) + 1
          table.remove(left[path], at)
        elseif candidates[1] == "" and not left[path] then -- tshark leaves empty texts out
          found[path] = (found[path] or 0) + 1
        else
          wrong[#wrong + 1] = ("frame %d: %s: ours %s, theirs %s"):format(k, path, tostring(candidates[1]),
            left[path] and left[path][1] and tostring(left[path][1][1]) or "none")
        end
      end
    end
    for path, list in pairs(left) do
      if #list > 0 and not aside[path] then
        wrong[#wrong + 1] = ("frame %d: %s: only theirs: %s"):format(k, path, tostring(list[1][1]))
      end
    end
    if frame[-1] ~= "" then wrong[#wrong + 1] = ("frame %d: Lua error: %s"):format(k, frame[0]) end
  end
  return wrong, compared, err, found
end

return dissected
