--- pktcraft dissector: a Wireshark dissector in Lua, from layouts.
local command = require "pktcraft.command"
local dissector = require "pktcraft.dissector"
local layout = require "layout"
local fail = command.fail

local parser = command.parser("dissector", "Writes a Wireshark dissector in Lua from layouts.", [[
A LAYOUT is the name of a shipped one, or a script: of the layouts that it registers, or of the one whose table it
returns; what it binds counts. The dissector needs nothing of pktcraft; Wireshark loads it by
-X lua_script:FILE, or from the folder of personal plugins.

A field is in Wireshark what it is here, as layout.list.field. That of a list's part is layout.part.field. Where two of
one name are of different types, the later is called after its type, as field_bytes. Numbers are integers of their
size, with names of values; bits that have names are fields beside their number; floats, addresses and times are
those of Wireshark; quicint, berlength, asn1int and decimal are integers, domain names are text. Text that a byte ends
(`stop`) is text, up to a zero in it; all other strings are bytes, printed as text where they are printable. Fields of
no whole bytes are shown over the bytes that they touch. Sums are shown, not verified. What is said for building only
has no meaning there.

It is hooked in where the layouts stand (`under`, `link`, layout.bind): ethertype, ipproto, udpport, tcpport, sctpport,
dccpport, ppp, lsap, af, link types (147 to 162 are Wireshark's USER0 to USER15) and others; a space that is called as
a table of Wireshark's, as gre.proto, is that table. In its place, Wireshark's own dissector of that value is not
called. What stands above is looked for among the layouts of the dissector first, then in Wireshark.]], {
    "pktcraft dissector mine.lua > mine-dissector.lua",
    "tshark -X lua_script:mine-dissector.lua -r capture.pcap -Y 'mine.number > 5' -V",
    "pktcraft dissector -w mine-dissector.lua --bind udpport:7000:mine mine.lua",
    "pktcraft dissector rtp --hook decode-as > rtp.lua",
    "pktcraft dissector ethernet ipv4 udp dns --prefix my. > my.lua",
  })
parser:argument("layouts", "A shipped layout's name, or a script's; - is standard input."):args("+"):argname("LAYOUT")
parser:option("-w", "The file to write; - is standard output.", "-"):argname("FILE"):target("to")
parser:option("--prefix", "Before each layout's name in Wireshark. By default pk_ before those of shipped ones, most "
  .. "of which Wireshark has, and nothing before a script's."):argname("TEXT")
parser:option("--bind", "Has LAYOUT stand under VALUE of SPACE, as layout.bind; many times.")
  :argname("SPACE:VALUE:LAYOUT"):count("*"):target("binds")
parser:option("--hook", "How it is hooked in: add; decode-as, as a choice of `Decode As` where that is an ethertype, "
  .. "IP protocol or port; none.", "add")
  :choices { "add", "decode-as", "none" }

local args = command.parse(parser)
if args.prefix and not args.prefix:find "^[%w._-]*$" then
  fail(2, ("--prefix: letters, digits, dots, - and _ expected, got '%s'"):format(args.prefix))
end

local list, binds, shipped, known = {}, {}, {}, {}

local function take(t)
  if known[t.name] then fail(2, ("layout '%s' is there twice"):format(t.name)) end
  known[t.name] = true
  list[#list + 1] = t
end

--- Runs a script; what it prints goes to standard error, since standard output may be the dissector's.
local function run(path)
  local f, why = loadfile(path ~= "-" and path or nil, "t")
  if not f then fail(2, path:find "[./]" and why or ("no layout '%s', and %s"):format(path, why)) end
  local output, say, given = io.output(), print, arg
  io.output(io.stderr)
  _G.print = function(...)
    local texts = table.pack(...)
    for k = 1, texts.n do texts[k] = tostring(texts[k]) end
    io.stderr:write(table.concat(texts, "\t"), "\n")
  end
  _G.arg = { [0] = path }
  local ok, tables, more = pcall(dissector.record, f)
  _G.print, _G.arg = say, given
  io.output(output)
  if not ok then fail(2, tostring(tables)) end
  if #tables == 0 then fail(2, path .. ": no layout is registered, nor the table of one returned") end
  for _, t in ipairs(tables) do take(t) end
  table.move(more, 1, #more, #binds + 1, binds)
end

for _, what in ipairs(args.layouts) do
  local l = not what:find "[./]" and layout.shipped(what)
  if l then
    local t = dissector.shipped(what)
    if not t then fail(1, ("the table of layout '%s' is not where it was installed"):format(what)) end
    t.about = layout.fields(l).about
    shipped[what] = true
    take(t)
  else
    run(what)
  end
end
for _, text in ipairs(args.binds) do
  local space, value, name = text:match "^([^:]+):(%w+):(.+)$"
  value = math.tointeger(tonumber(value))
  if not value then fail(2, ("--bind: SPACE:VALUE:LAYOUT expected, got '%s'"):format(text)) end
  if not known[name] then fail(2, ("--bind: no layout '%s' is among those of the dissector"):format(name)) end
  binds[#binds + 1] = { space = space, min = value, max = value, name = name }
end

local text, complaints = command.run(dissector.generate, list, binds, {
  prefix = function(name) return (args.prefix or shipped[name] and "pk_" or "") .. name end,
  hook = args.hook:gsub("-", " "),
})
for _, complaint in ipairs(complaints) do io.stderr:write("pktcraft: ", complaint, "\n") end
if args.to == "-" then
  command.write(text)
else
  local f, why = io.open(args.to, "w")
  if not f then fail(2, why) end
  local written, failure = f:write(text)
  local closed, reason = f:close()
  if not written or not closed then fail(1, ("%s: %s"):format(args.to, failure or reason)) end
end
