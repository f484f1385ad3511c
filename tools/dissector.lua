--- pktcraft dissector: a Wireshark dissector in Lua, from layouts.
local command = require "pktcraft.command"
local dissector = require "pktcraft.dissector"
local layout = require "layout"
local fail = command.fail

local parser = command.parser("dissector", "Writes a Wireshark dissector in Lua from layouts.",
  "A LAYOUT is a script that registers layouts, or returns the table of one, or the name of a shipped one.", {
    "pktcraft dissector mine.lua > mine-dissector.lua",
  })
parser:argument("layouts", "x"):args("+"):argname("LAYOUT")
parser:option("-w", "w", "-"):argname("FILE"):target("to")
parser:option("--prefix", "p"):argname("TEXT")
parser:option("--bind", "b"):argname("SPACE:VALUE:LAYOUT"):count("*")
parser:option("--hook", "h", "add"):choices { "add", "decode-as", "none" }
local args = command.parse(parser)

local list, binds, shipped, seen = {}, {}, {}, {}
local function take(t)
  if seen[t.name] then fail(2, ("layout '%s' is there twice"):format(t.name)) end
  seen[t.name] = true
  list[#list + 1] = t
end

local function run(path)
  local f, why = loadfile(path, "t")
  if not f then fail(2, why) end
  local output, say = io.output(), print
  io.output(io.stderr) -- standard output is the dissector's
  print = function(...) io.stderr:write(table.concat({ ... }, "\t"), "\n") end -- luacheck: ignore
  arg = { [0] = path } -- luacheck: ignore
  local ok, tables, more = pcall(dissector.record, f)
  print = say -- luacheck: ignore
  io.output(output)
  if not ok then fail(2, command.message(tables)) end
  if #tables == 0 then fail(2, path .. ": it registers no layout") end
  for _, t in ipairs(tables) do take(t) end
  table.move(more, 1, #more, #binds + 1, binds)
end

for _, what in ipairs(args.layouts) do
  local t = not what:find "[./]" and layout.shipped(what) and dissector.shipped(what)
  if t then
    t.about = layout.fields(layout.shipped(what)).about
    take(t)
    shipped[t.name] = true
  else
    run(what)
  end
end
local text, complaints = dissector.generate(list, binds, {
  prefix = function(name) return (args.prefix or shipped[name] and "pk_" or "") .. name end,
  hook = args.hook:gsub("-", " "),
})
for _, complaint in ipairs(complaints) do io.stderr:write("pktcraft: ", complaint, "\n") end
io.write(text)
