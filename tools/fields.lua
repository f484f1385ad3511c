--- pktcraft fields: what layouts there are, and what their fields are called.
local command = require "pktcraft.command"
local layout = require "layout"

local parser = command.parser("fields", "The layouts, the fields of one, the names of a field's values.")
parser:argument("path", "A layout (tcp), a field of it (tcp.flags), of a list in it (tcp.options.mss)."):args("?")
parser:flag("--markdown", "All layouts and fields as a page of text.")
parser:flag("--names", "All layouts and fields, a name a line.")

local args = command.parse(parser)

--- A field's size and kind.
local function typeof(f)
  if f.format and f.type ~= "list" then return f.format end
  if f.type == "number" then return ("%s%d bits"):format(f.signed and "signed, " or "", f.bits) end
  if f.type == "string" then return f.bits and ("%d bytes"):format(f.bits // 8) or "bytes" end
  if f.type == "list" then
    local element = f.fields[1]
    return #f.fields == 1 and not element.key and "list of " .. typeof(element) or "list"
  end
  return f.type
end

--- What its values are called: {{value, name}, ...}, in order.
local function names(f)
  local list = {}
  local shared = f.enum
  while type(shared) == "string" do shared = layout.names(shared) end -- some lists are as others
  for value, name in pairs(shared or {}) do
    list[#list + 1] = { value, name }
  end
  for bit, name in pairs(f.flags or {}) do list[#list + 1] = { 1 << bit, name } end
  table.sort(list, function(a, b) return a[1] < b[1] end)
  return list
end

--- What a field says of others.
local function says(f)
  local list = {}
  if f.length then
    local known = { rest = "what follows", total = "the whole" }
    local what = known[f.length[1]] or table.concat(f.length, ", ")
    list[#list + 1] = ("length of %s%s%s"):format(what, f.unit and (" in %d bytes"):format(f.unit) or "",
      f.bias and f.bias ~= 0 and (" %s %d"):format(f.bias > 0 and "+" or "-", math.abs(f.bias)) or "")
  end
  if type(f.count) == "string" then list[#list + 1] = "count of " .. f.count end
  if f.next then list[#list + 1] = "names what is above (" .. f.next .. ")" end
  if f.sum then list[#list + 1] = "checksum" end
  if f.default then
    list[#list + 1] = "default " .. (type(f.default) == "string" and ("%d bytes"):format(#f.default) or f.default)
  end
  return table.concat(list, "; ")
end

--- Calls visit(path, field) for each field of a list, those in lists and structs after their own. One that stands in
-- several cases comes once; a list of elements that it is in itself is not entered again.
local function each(fields, prefix, visit, above)
  local seen = {}
  above = above or {}
  above[fields] = prefix
  for _, f in ipairs(fields) do
    local path = prefix .. (f.key or "")
    if f.key and not seen[f.key .. typeof(f)] then
      seen[f.key .. typeof(f)] = true
      local scalars = f.fields and #f.fields == 1 and not f.fields[1].key
      local again = f.fields and above[f.fields]
      visit(path, f, again and again:sub(1, -2))
      if f.fields and not scalars and not again then each(f.fields, path .. ".", visit, above) end
    end
  end
  above[fields] = nil
end

local function where(l)
  local list = {}
  for _, u in ipairs(l.under or {}) do
    list[#list + 1] = u.min == u.max and ("%s %d"):format(u.space, u.min)
      or ("%s %s to %s"):format(u.space, u.min == math.mininteger and "" or u.min,
        u.max == math.maxinteger and "" or u.max)
  end
  for _, link in ipairs(l.link or {}) do list[#list + 1] = ("link type %d"):format(link) end
  return table.concat(list, ", ")
end

local function escape(s)
  return (s:gsub("|", "\\|"))
end

local function markdown()
  print("# The shipped layouts\n")
  print("Made by `pktcraft fields --markdown` from the tables in `layouts/`, whose words are those of the manual of")
  print("module `layout`. `require \"pktcraft.layouts\"` has each by its name. Numbers are big-endian where a protocol")
  print("does not say otherwise. A field in a list is named through it: `tcp.options.mss`.\n")
  for _, name in ipairs(layouts.names) do
    local l = layout.fields(layouts[name])
    print(("## %s\n"):format(name))
    print(l.about .. (where(l) ~= "" and ("  \nStands under: %s."):format(where(l)) or ".") .. "\n")
    print("| field | also | type | |")
    print("|---|---|---|---|")
    each(l, "", function(path, f, again)
      local notes, values = says(f), names(f)
      if again then notes = ("as those of `%s`"):format(again) end
      if #values > 0 and type(f.enum) ~= "string" and #values <= 16 then
        local list = {}
        for k, v in ipairs(values) do list[k] = ("%d %s"):format(v[1], v[2]) end
        notes = notes .. (notes ~= "" and "; " or "") .. table.concat(list, ", ")
      elseif #values > 0 then
        notes = notes .. (notes ~= "" and "; " or "") .. ("%d names of values"):format(#values)
      end
      local also = f.alias and table.concat(f.alias, ", ") or ""
      print(("| %s | %s | %s | %s |"):format(path, also, typeof(f), escape(notes)))
    end)
    print()
  end
end

if args.markdown then
  markdown()
elseif args.names then
  for _, name in ipairs(layouts.names) do
    print(name)
    each(layout.fields(layouts[name]), "", function(path) print(name .. "." .. path) end)
  end
elseif not args.path then
  for _, name in ipairs(layouts.names) do
    print(("%-12s %s"):format(name, (layout.fields(layouts[name]).about or ""):gsub(" %(.*", "")))
  end
else
  local name, path = args.path:match "^([%w_]+)%.?(.*)$"
  local l = name and layouts[name] and layout.fields(layouts[name])
  if not l then command.fail(2, ("no layout '%s'; `pktcraft fields` lists them"):format(name or args.path)) end
  local found = {}
  each(l, "", function(p, f, again)
    local short = false
    for _, alias in ipairs(f.alias or {}) do
      short = short or p:gsub("[^.]*$", alias) == path
    end
    if path == "" or p == path or short or p:sub(1, #path + 1) == path .. "." then
      found[#found + 1] = { p, f, again }
    end
  end)
  if #found == 0 then
    command.fail(2, ("no field '%s' in layout '%s'; `pktcraft fields %s` lists them"):format(path, name, name))
  end
  if path == "" then
    print(l.about .. (where(l) ~= "" and ("\nStands under: %s."):format(where(l)) or ""))
  end
  local width = 0
  for _, entry in ipairs(found) do width = math.max(width, #entry[1]) end
  for _, entry in ipairs(found) do
    local p, f, again = table.unpack(entry)
    local more = { f.alias and "also " .. table.concat(f.alias, ", ") or nil }
    if says(f) ~= "" then more[#more + 1] = says(f) end
    if again then more[#more + 1] = ("as those of %s"):format(again) end
    if #found > 1 and #names(f) > 0 then more[#more + 1] = ("%d names of values"):format(#names(f)) end
    print((("%-" .. width .. "s  %-16s  %s"):format(p, typeof(f), table.concat(more, "; ")):gsub("%s+$", "")))
    if path ~= "" and #found == 1 then
      for _, v in ipairs(names(f)) do print(("    %-10d %s"):format(v[1], v[2])) end
    end
  end
end
