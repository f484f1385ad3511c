--- The seed's performance measure: importing a changing byte sequence into Lua.
--
--     lua5.4 bench/import.lua OUTDIR        runs all cases, each in a process of its own
--     lua5.4 bench/import.lua case WAY SIZE gc|nogc
--
-- A case prints, for 100,000 imports: CPU time of the loop with the collector as it is (ns); of the
-- loop's own work and of collection, told apart; of a full collection after it; bytes allocated; and
-- bytes still used after that collection.
local stats = require "bench.stats"

local IMPORTS <const>, REPEATS <const> = 100000, 11
local ways <const> = { "skip", "setref", "setmem", "newref", "newmem", "string" }
local sizes <const> = { 20, 64, 512, 1500 }
local columns <const> = { "cpu", "loop", "collection", "final", "allocated", "used" }

--- Bytes in use, as the collector counts them.
local function inuse()
  return math.floor(collectgarbage("count") * 1024 + 0.5)
end

local function runcase(way, size, gc)
  local importer, memory = require "importer", require "memory"
  local cpu, import = importer.cpu, importer[way]
  importer.size(size)
  local m
  if way == "setref" or way == "setmem" then
    m = memory.create()
    m:resize(size)
  end

  --- The loop as a user writes it. The collector runs when it wants to, or not at all.
  local function plain()
    collectgarbage()
    collectgarbage(gc and "restart" or "stop")
    local before = inuse()
    local start = cpu()
    for _ = 1, IMPORTS do import(m) end
    local time = cpu() - start
    local allocated = inuse() - before
    collectgarbage("stop")
    start = cpu()
    collectgarbage()
    return time, cpu() - start, allocated, inuse() - before
  end

  --- The same loop with the collector stopped, and a whole collection, timed, each time that the
  -- memory in use has doubled: where the collector, with its pause of 200 %, would have ended one.
  local function apart()
    collectgarbage()
    collectgarbage("stop")
    local base, allocated, collection = inuse(), 0, 0
    local last, threshold = base, 2 * base
    local start = cpu()
    for _ = 1, IMPORTS // 32 do
      for _ = 1, 32 do import(m) end
      local now = inuse()
      if now >= threshold then
        local from = cpu()
        allocated = allocated + now - last
        collectgarbage()
        last = inuse()
        threshold = 2 * last
        collection = collection + cpu() - from
      end
    end
    local time = cpu() - start
    return time - collection, collection, allocated + inuse() - last
  end

  for _ = 1, 1000 do import(m) end
  local time, final, allocated, used = plain()
  local own, collection = time, 0
  if gc then own, collection, allocated = apart() end
  print(time, own, collection, final, allocated, used)
end

if arg[1] == "case" then
  runcase(arg[2], math.tointeger(arg[3]), arg[4] == "gc")
  return
end

local folder = assert(arg[1], "usage: lua5.4 bench/import.lua OUTDIR")
local lua = arg[-1]
local taskset = os.execute("taskset -c 1 true 2>/dev/null") and "taskset -c 1 " or ""

local function run(way, size, mode)
  local pipe <close> = assert(io.popen(("%s%s bench/import.lua case %s %d %s"):format(taskset, lua, way, size, mode)))
  local values = {}
  for n in pipe:read("a"):gmatch("%-?%d+") do values[#values + 1] = n / IMPORTS end
  assert(#values == #columns, "a case failed")
  return values
end

for _, mode in ipairs { "gc", "nogc" } do
  local out <close> = assert(io.open(("%s/import-%s.csv"):format(folder, mode), "w"))
  local head = { "way", "size" }
  for _, column in ipairs(columns) do
    for _, what in ipairs { "median", "min", "max" } do head[#head + 1] = column .. "_" .. what end
  end
  out:write(stats.csv(table.unpack(head)))
  local rows = { { mode == "gc" and "collector on" or "collector off", "bytes", table.unpack(columns) } }
  local samples = {}
  -- Round by round, so that a noisy moment falls on all ways alike.
  for _ = 1, REPEATS do
    for _, way in ipairs(ways) do
      for _, size in ipairs(sizes) do
        local key = way .. size
        samples[key] = samples[key] or {}
        for k, value in ipairs(run(way, size, mode)) do
          samples[key][k] = samples[key][k] or {}
          table.insert(samples[key][k], value)
        end
      end
    end
  end
  for _, way in ipairs(ways) do
    for _, size in ipairs(sizes) do
      local line, row = { way, size }, { way, tostring(size) }
      for k in ipairs(columns) do
        local s = samples[way .. size][k]
        for _, what in ipairs { "median", "min", "max" } do line[#line + 1] = ("%.2f"):format(stats[what](s)) end
        row[#row + 1] = ("%.1f"):format(stats.median(s))
      end
      out:write(stats.csv(table.unpack(line)))
      rows[#rows + 1] = row
    end
  end
  io.write(stats.text(rows), "\n")
end
