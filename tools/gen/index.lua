--- The index at the end of the manual, made of its headings and of its tables of words and operators: written to
-- standard output, or into the manual.
--
--     lua5.4 tools/gen/index.lua [-w] doc/manual.md
package.path = "tools/gen/?.lua;" .. package.path
local manual = require "manual"

local groups <const> = {
  { "Lua", "functions, methods and values" }, { "words", "the language of layouts" },
  { "operators", "the language of filters" }, { "commands", "of the program" }, { "C", "functions, types and macros" },
}

local function index(list)
  local found = {}
  for k = 1, #groups do found[k] = {} end
  local known = {}
  local function add(group, name, at)
    if known[group .. name .. at] then return end
    known[group .. name .. at] = true
    table.insert(found[group], { name = name, link = ("[`%s`](#%s)"):format(name, at) })
  end
  for _, each in ipairs(list) do
    for _, name in ipairs(each.names) do
      if name:find "^pktcraft " then
        add(4, name:match " (.*)", each.anchor)
      else
        add(each.chapter:find "From C" and 5 or 1, name, each.anchor)
      end
    end
    for _, row in ipairs(each.rows) do
      local head = row.head and row.head[1]
      if head == "word" then
        for word in row[1]:gmatch "[%a]+" do
          if word ~= "array" and word ~= "part" and word ~= "v" then add(2, word, each.anchor) end
        end
      elseif head == "operator" then
        for word in row[1]:gmatch "`([^`]+)`" do add(3, word, each.anchor) end
      elseif head == "value" then
        for word in row[1]:gmatch "`([%w_.]+)[^`]*`" do add(1, word, each.anchor) end
      end
    end
  end
  local out = {}
  for k, group in ipairs(groups) do
    table.sort(found[k], function(a, b)
      local x, y = a.name:lower(), b.name:lower()
      if x == y then return a.link < b.link end
      return x < y
    end)
    local links = {}
    for n, each in ipairs(found[k]) do links[n] = each.link end
    out[#out + 1] = ("**%s**, %s:\n%s\n"):format(group[1], group[2], table.concat(links, "\n"))
  end
  return table.concat(out, "\n")
end

local write = arg[1] == "-w"
local path = assert(arg[write and 2 or 1])
local text = index(manual.read(path))
if not write then return print(text) end
local head = assert(manual.readfile(path):match "^(.*\n## %d Index\n\n?)", "no chapter 'Index'"):gsub("%s*$", "\n\n")
local f <close> = assert(io.open(path, "w"))
assert(f:write(head, text))
