--- What the memory library and layouts cost beside the least that could be done, in one run.
--
--     lua5.4 bench/ratios.lua [OUT.csv]
--     lua5.4 bench/ratios.lua setref        prints the net ns of setref, with the library it finds
--
-- Each row: ours and its measure in ns, the figure that has a limit, the limit, and whether it holds.
-- Figures are ratios, or (with "+") the difference in ns; all are medians of rounds that take turns.
local stats = require "bench.stats"
local importer = require "importer"
local memory = require "memory"

local ROUNDS <const>, CALLS <const> = 15, 200000
local cpu <const> = importer.cpu

--- Median ns a call of each of several loops {name = function(n)}, which take turns.
local function measure(loops)
  local samples, names = {}, {}
  for name in pairs(loops) do names[#names + 1] = name end
  table.sort(names)
  for _ = 1, ROUNDS do
    for _, name in ipairs(names) do
      local n = CALLS
      collectgarbage()
      local start = cpu()
      local calls = loops[name](n) or n
      samples[name] = samples[name] or {}
      table.insert(samples[name], (cpu() - start) / calls)
    end
  end
  local medians = {}
  for name, list in pairs(samples) do medians[name] = stats.median(list) end
  return medians
end

local function calling(f, ...)
  local a, b, c = ...
  return function(n) for _ = 1, n do f(a, b, c) end end
end

local function reference()
  local m = memory.create()
  do local c <close> = m end -- luacheck: ignore
  return m
end

if arg[1] == "setref" then
  importer.size(64)
  local m = reference()
  local t = measure { skip = calling(importer.skip, m), setref = calling(importer.setref, m) }
  print(t.setref - t.skip)
  return
end

--- The net cost of setref with another build of the library.
local function variant(name)
  local pipe <close> = assert(io.popen(("LD_LIBRARY_PATH=%s/bench/%s %s bench/ratios.lua setref"):format(
    os.getenv("PK_BUILD") or "build", name, arg[-1])))
  return assert(pipe:read("n"), "variant failed: " .. name)
end

local rows = {}

--- A row whose figure is `ours / peer`, or `ours - peer` when the limit is in ns.
local function row(what, ours, peer, limit, isdifference)
  local figure = isdifference and ours - peer or ours / peer
  rows[#rows + 1] = { what, ("%.1f"):format(ours), ("%.1f"):format(peer),
    (isdifference and "%+.1f" or "%.2f"):format(figure), (isdifference and "%+.0f" or "%.2f"):format(limit),
    figure <= limit and "holds" or "does not hold" }
end

local own, unchecked, byname = {}, {}, {}
for k = 1, 5 do
  own[k], unchecked[k], byname[k] = variant("../lib"), variant("unchecked"), variant("byname")
end
row("setref, net : without a check, net", stats.median(own), stats.median(unchecked), 4)
row("setref, net : types by name, net", stats.median(own), stats.median(byname), 0.4)

for _, size in ipairs { 20, 64, 512, 1500 } do
  importer.size(size)
  local fixed, resizable, other = memory.create(size), memory.create(), memory.create(size)
  resizable:resize(size)
  local t = measure {
    setref = calling(importer.setref, reference()),
    setmem = calling(importer.setmem, resizable),
    newref = calling(importer.newref),
    newmem = calling(importer.newmem),
    string = calling(importer.string),
    userdata = calling(importer.userdata),
    finalized = calling(importer.finalized),
    named = calling(importer.named),
    copy = function(n) importer.c_copy(fixed, other, n) end,
  }
  local bytes = (", %d bytes"):format(size)
  row("setref : string" .. bytes, t.setref, t.string, 1)
  row("setmem : setref and a memcpy" .. bytes, t.setmem, t.setref + t.copy, 1.1)
  row("newmem - bare userdata" .. bytes, t.newmem, t.userdata, 15, true)
  row("newref - userdata with __gc and a user value" .. bytes, t.newref, t.named, 10, true)
  row("newref - the same, its metatable an upvalue" .. bytes, t.newref, t.finalized, 10, true)
end

do
  local layout, layouts = require "layout", require "pktcraft.layouts"
  local m, e = memory.create(64), importer.newempty()
  local p = layout.newpointer(layouts.ipv4, m)
  local get, set, unpack, sunpack = memory.get, memory.set, memory.unpack, string.unpack
  local one, empty, s = importer.one, importer.empty, tostring(m)
  local t = measure {
    get = function(n) for _ = 1, n do local _ = get(m, 7) end end,
    one = function(n) for _ = 1, n do local _ = one(m, 7) end end,
    set = function(n) for _ = 1, n do set(m, 7, 3) end end,
    empty = function(n) for _ = 1, n do empty(m, 7, 3) end end,
    len = function(n) for _ = 1, n do local _ = #m end end,
    emptylen = function(n) for _ = 1, n do local _ = #e end end,
    byte = function(n) for _ = 1, n do local _ = p.timetolive end end,
    word = function(n) for _ = 1, n do local _ = p.totallength end end,
    bits = function(n) for _ = 1, n do local _ = p.fragoffset end end,
    write = function(n) for _ = 1, n do p.totallength = 20 end end,
    index = function(n) for _ = 1, n do local _ = e.totallength end end,
    newindex = function(n) for _ = 1, n do e.totallength = 20 end end,
    unpack = function(n) for _ = 1, n do local _ = unpack(m, ">I2I4BB", 3) end end,
    sunpack = function(n) for _ = 1, n do local _ = sunpack(">I2I4BB", s, 3) end end,
    unpack1 = function(n) for _ = 1, n do local _ = unpack(m, ">I2", 3) end end,
    sunpack1 = function(n) for _ = 1, n do local _ = sunpack(">I2", s, 3) end end,
  }
  row("memory.get(m, i) : empty C function", t.get, t.one, 2.5)
  row("memory.set(m, i, v) : empty C function", t.set, t.empty, 2.5)
  row("#m : empty C __len", t.len, t.emptylen, 2.5)
  row("read a field of 8 bits : empty C __index", t.byte, t.index, 2)
  row("read a field of 16 bits : empty C __index", t.word, t.index, 2)
  row("read a field of 13 bits : empty C __index", t.bits, t.index, 2)
  row("write a field of 16 bits : empty C __newindex", t.write, t.newindex, 2.5)
  row("unpack >I2 : string.unpack", t.unpack1, t.sunpack1, 1)
  row("unpack >I2I4BB : string.unpack", t.unpack, t.sunpack, 1)
end

do
  local MB <const>, N <const> = 1 << 20, 200
  local a, b = memory.create(MB), memory.create(MB)
  local needle = "pktcraft"
  local t = measure {
    fillbyte = function() for _ = 1, N do a:fill(0) end return N end,
    set = function() importer.c_set(a, N) return N end,
    fill = function() for _ = 1, N do a:fill(b) end return N end,
    copy = function() importer.c_copy(a, b, N) return N end,
    find = function() for _ = 1, N do a:find(needle) end return N end,
    search = function() importer.c_search(a, needle, N) return N end,
    diff = function() a:fill(0) for _ = 1, N do a:diff(b) end return N end,
    compare = function() a:fill(0) importer.c_compare(a, b, N) return N end,
  }
  row("fill 1 MB with a byte : memset", t.fillbyte, t.set, 1.2)
  row("fill 1 MB from a memory : memcpy", t.fill, t.copy, 1.2)
  row("find in 1 MB : memmem", t.find, t.search, 1.2)
  row("diff of 1 MB : memcmp", t.diff, t.compare, 1.2)
end

local head = { "ours : measure", "ours, ns", "measure, ns", "figure", "limit", "" }
table.insert(rows, 1, head)
io.write(stats.text(rows))
if arg[1] then
  local out <close> = assert(io.open(arg[1], "w"))
  head[6] = "verdict"
  for _, r in ipairs(rows) do out:write(stats.csv(table.unpack(r))) end
end
