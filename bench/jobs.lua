--- Filter jobs beside peers: bench/tools, one small program a tool.
--
--     lua5.4 bench/jobs.lua CAPTURE BINDIR [OUT.csv]
--
-- CPU time of whole processes (user and system), in ns a frame: median, minimum and maximum of 7 rounds
-- that take turns, pinned to one core, outputs in memory; and the ratio to the C floor of the same run.
-- A tool whose count or output differs from the floor's is marked, not silently timed.
local stats = require "bench.stats"

local capture, bin, csv = arg[1], arg[2], arg[3]
assert(capture and bin, "usage: lua5.4 bench/jobs.lua CAPTURE BINDIR [OUT.csv]")
local ROUNDS <const> = 7
local build = os.getenv("PK_BUILD") or "build"
local taskset = os.execute("taskset -c 1 true 2>/dev/null") and "taskset -c 1 " or ""
local out <const> = "/dev/shm/pktcraft-bench.out"

local bpf = {
  a = "udp dst port 53 or (vlan and udp dst port 53)",
  b = "ip and tcp and tcp[13] & 0x12 = 2 and ip[8] < 64 and ip[2:2] > 40",
}

local tools = {
  { "C, block reads", bin .. "/floor %s %s %s" },
  { "C, block reads, prefetch", bin .. "/floor -p %s %s %s" },
  { "C, libpcap", bin .. "/libpcap %s %s %s" },
  { "tcpdump", nil },
  { "LuaJIT, FFI", "luajit bench/tools/ffi.lua %s %s %s", needs = "luajit" },
  { "libtins, C++", bin .. "/libtins %s %s %s", needs = bin .. "/libtins" },
  { "plain Lua 5.4", "lua5.4 bench/tools/plain.lua %s %s %s", needs = "lua5.4" },
  { "pktcraft, layout pointers", build .. "/bin/pktcraft bench/tools/pointers.lua %s %s %s" },
}

local function command(tool, job, write)
  if tool[2] then return (tool[2]:format(job, capture, write and out or "")) end
  return ("tcpdump -r %s -w %s '%s' 2>/dev/null"):format(capture, write and "- >" .. out or "- | tail -c 0",
    bpf[job])
end

local function there(program)
  return (os.execute(("command -v %s >/dev/null 2>&1"):format(program)))
end

local function readfile(path)
  local f <close> = io.open(path, "rb")
  return f and f:read("a")
end

--- CPU seconds and what was printed.
local function run(tool, job, write)
  os.remove(out)
  local line = ("%sbash -c %q 2>&1"):format(taskset, ("TIMEFORMAT='%%U %%S'; time { %s ; }"):format(
    command(tool, job, write)))
  local pipe <close> = assert(io.popen(line))
  local text = pipe:read("a")
  local user, system = text:match("([%d.]+) ([%d.]+)%s*$")
  assert(user, text)
  return tonumber(user) + tonumber(system), text:match("^(%d+)\n")
end

local frames
do
  local f <close> = assert(io.open(capture, "rb"))
  f:seek("set", 24)
  frames = 0
  while true do
    local record = f:read(16)
    if not record or #record < 16 then break end
    f:seek("cur", (string.unpack("<I4", record, 9)))
    frames = frames + 1
  end
end

local rows = { { "job", "tool", "ns a frame", "min", "max", "ratio", "" } }
for _, write in ipairs { false, true } do
  for _, job in ipairs { "a", "b" } do
    local name = job .. (write and ", kept frames written" or ", counted")
    local _, count = run(tools[1], job, write)
    local reference = write and readfile(out)
    local samples, verdicts = {}, {}
    for round = 0, ROUNDS do -- the first warms up, and is checked
      for _, tool in ipairs(tools) do
        if tool[2] == nil and not there("tcpdump") or tool.needs and not there(tool.needs) then
          verdicts[tool] = "not installed"
        elseif not (tool[2] == nil and not write) then -- tcpdump does not count
          local seconds, got = run(tool, job, write)
          if round == 0 then
            if got and got ~= count then
              verdicts[tool] = ("counts %s, not %s"):format(got, count)
            elseif write and readfile(out):sub(25) ~= reference:sub(25) then
              verdicts[tool] = "writes other bytes"
            end
          else
            samples[tool] = samples[tool] or {}
            table.insert(samples[tool], seconds / frames * 1e9)
          end
        end
      end
    end
    local floor = stats.median(samples[tools[1]])
    for _, tool in ipairs(tools) do
      local s = samples[tool]
      if s then
        rows[#rows + 1] = { name, tool[1], ("%.0f"):format(stats.median(s)), ("%.0f"):format(stats.min(s)),
          ("%.0f"):format(stats.max(s)), ("%.2f"):format(stats.median(s) / floor), verdicts[tool] or "" }
      elseif verdicts[tool] then
        rows[#rows + 1] = { name, tool[1], "", "", "", "", verdicts[tool] }
      end
    end
  end
end
os.remove(out)
io.write(stats.text(rows))
if csv then
  local f <close> = assert(io.open(csv, "w"))
  for _, r in ipairs(rows) do f:write(stats.csv(table.unpack(r))) end
end
