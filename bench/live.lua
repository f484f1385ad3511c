--- Sending and capturing on a veth pair, in network namespaces of its own, beside tcpreplay and tcpdump.
--
--     lua5.4 bench/live.lua BINDIR [OUT.csv]
--
-- BINDIR has mkcapture. Whole processes by the wall clock, in turns, medians; what was sent is what the other end of
-- the pair has counted. The sender is pinned to one core, who captures to another. Needs root.
local pcap = require "pktcraft.pcap"
local stats = require "bench.stats"

local bin, csv = arg[1], arg[2]
assert(bin, "usage: lua5.4 bench/live.lua BINDIR [OUT.csv]")
local ROUNDS <const> = tonumber(os.getenv("ROUNDS") or 5)
local FRAMES <const> = 500000
local build = os.getenv("PK_BUILD") or "build"
local folder = (os.execute("test -w /dev/shm") and "/dev/shm" or "/tmp") .. "/pktcraft-bench"
local capture <const> = folder .. "/live.pcap"
local pktcraft <const> = build .. "/bin/pktcraft "

local function run(ns, command)
  return ns:call(function()
    local pipe = io.popen(command .. " 2>&1")
    local text = pipe:read "a"
    local ok = pipe:close()
    return ok and text or error(command .. ": " .. text, 0)
  end)
end

local one, why = pcap.namespace()
if not one or not os.execute "command -v tcpreplay >/dev/null && command -v tcpdump >/dev/null" then
  print("live: left out: " .. (why or "no tcpreplay, or no tcpdump"))
  os.exit(0)
end
local other = assert(pcap.namespace())
-- The other end is in a namespace of its own, which a process stands for.
local pid = run(other, "sleep 60 >/dev/null & echo $!"):match "%d+"
run(one, ("ip link add v0 type veth peer name v1 netns %s && ip link set v0 up"):format(pid))
run(other, "ip link set v1 up && kill " .. pid)

local function received()
  return tonumber(run(other, "cat /proc/net/dev"):match "v1: *%d+ +(%d+)")
end

local rows = {}
local function row(...)
  rows[#rows + 1] = { ... }
  print(table.concat({ ... }, "  "))
end

-- --- sending

local function send(command)
  local before, begin = received(), pcap.clock()
  run(one, "taskset -c 1 " .. command)
  local seconds = (pcap.clock() - begin) / 1e9
  return (received() - before) / seconds
end

local senders = {
  { "tcpreplay --topspeed", ("tcpreplay -q --topspeed -i v0 %s"):format(capture) },
  { "tcpreplay --topspeed --preload-pcap", ("tcpreplay -q --topspeed -K -i v0 %s"):format(capture) },
  { "sendall", ("%sbench/tools/send.lua v0 %s"):format(pktcraft, capture) },
}

local function sending()
  local rates = {}
  for _ = 1, ROUNDS do
    for k, sender in ipairs(senders) do
      rates[k] = rates[k] or {}
      table.insert(rates[k], send(sender[2]))
    end
  end
  local ours = stats.median(rates[3])
  for k = 1, 2 do
    local theirs = stats.median(rates[k])
    local goal = k == 1 and 1.5 or nil
    row("sending, frames a second: " .. senders[k][1], ("%.0f"):format(ours), ("%.0f"):format(theirs),
      ("%.2f"):format(ours / theirs), goal and (">= %.1f"):format(goal) or "",
      goal and (ours / theirs >= goal and "holds" or "does not hold") or "")
  end
end

-- --- capturing

-- Captures what is sent at a rate (nil: as fast as it goes): how many frames were lost.
local function lost(command, rate)
  local log, result = folder .. "/live.log", folder .. "/live.out"
  local number = run(other, ("taskset -c 0 %s >%s 2>%s & echo $!"):format(command, result, log)):match "%d+"
  for _ = 1, 100 do
    local f <close> = assert(io.open(log))
    local text = f:read "a"
    if text:find "ready" or text:find "listening" then break end
    os.execute "sleep 0.05"
  end
  local before = received()
  run(one, ("taskset -c 1 %sbench/tools/send.lua v0 %s%s"):format(pktcraft, capture, rate and " rate " .. rate or ""))
  local sent = received() - before
  os.execute "sleep 1.2" -- tcpdump has the system keep frames back for a second
  os.execute(("kill -INT %s; while kill -0 %s 2>/dev/null; do sleep 0.02; done"):format(number, number))
  local f <close> = assert(io.open(result))
  local g <close> = assert(io.open(log))
  local text = f:read "a" .. g:read "a"
  return sent - tonumber(text:match "(%d+) packets captured" or text:match "^(%d+)"), text
end

local takers = { "tcpdump -i v1 -Q in -w /dev/null", pktcraft .. "bench/tools/take.lua v1" }

local function capturing()
  local best = { 0, 0 }
  for k, taker in ipairs(takers) do
    for rate = 100000, 600000, 50000 do
      local good = 0
      for _ = 1, 3 do
        if lost(taker, rate) <= 0 then good = good + 1 end
      end
      if good < 2 then break end
      best[k] = rate
    end
  end
  row("capturing without loss, frames a second: tcpdump -w", best[2], best[1], ("%.2f"):format(best[2] / best[1]),
    ">= 1",
    best[2] >= best[1] and "holds" or "does not hold")
  local all = { {}, {} }
  for _ = 1, 3 do
    for k, taker in ipairs(takers) do table.insert(all[k], (lost(taker))) end
  end
  row("lost as fast as it goes, frames of 500 000", ("%.0f"):format(stats.median(all[2])),
    ("%.0f"):format(stats.median(all[1])))
end

-- --- pace

local function pacing()
  local paces = { { "rate", 1000, 5000 }, { "rate", 50000, 250000 }, { "rate", 200000, 500000 }, { "bitrate", 100e6 } }
  for _, pace in ipairs(paces) do
    local short = folder .. "/short.pcap"
    local frames = pace[3] or 180000
    local out <close> = assert(pcap.create(short, { like = assert(pcap.open(capture)) }))
    assert(out:copy(assert(pcap.open(capture)), nil, frames))
    assert(out:close())
    local log, result = folder .. "/live.log", folder .. "/live.out"
    local number = run(other, ("taskset -c 0 %s >%s 2>%s & echo $!"):format(takers[2], result, log)):match "%d+"
    os.execute "sleep 0.5"
    run(one, ("taskset -c 1 %sbench/tools/send.lua v0 %s %s %.0f"):format(pktcraft, short, pace[1], pace[2]))
    os.execute(("sleep 0.3; kill -INT %s; while kill -0 %s 2>/dev/null; do sleep 0.02; done"):format(number, number))
    local f <close> = assert(io.open(result))
    local n, _, seconds, bytes = f:read("n", "n", "n", "n")
    local got = pace[1] == "rate" and (n - 1) / seconds or bytes * 8 / seconds
    local off = math.abs(got / pace[2] - 1)
    row(("%s = %.0f for %.1f s"):format(pace[1], pace[2], seconds), ("%.0f"):format(got), ("%.0f"):format(pace[2]),
      ("%.4f"):format(got / pace[2]), "within 2 %", off <= 0.02 and "holds" or "does not hold")
  end
end

os.execute("mkdir -p " .. folder)
assert(os.execute(("%s/mkcapture traffic %d %s"):format(bin, FRAMES, capture)))
row("live", "ours", "measure", "figure", "limit", "verdict")
sending()
capturing()
pacing()
os.execute("rm -f " .. folder .. "/live.* " .. folder .. "/short.pcap")
if csv then
  local f <close> = assert(io.open(csv, "w"))
  for _, each in ipairs(rows) do f:write(stats.csv(table.unpack(each, 1, 6))) end
end
