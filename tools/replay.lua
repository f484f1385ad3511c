--- pktcraft replay: the frames of captures, sent by an interface.
local command = require "pktcraft.command"

local parser = command.parser("replay",
  "Sends the frames of captures by an interface: with the distances in time that they had, faster, or at a rate.",
  "Needs the capability CAP_NET_RAW. Interrupted, it says what was sent, and the exit status is 1.", {
    "pktcraft replay -i eth0 in.pcap",
    "pktcraft replay -i eth0 -b 100M -l 0 in.pcap -f 'udp.destination == 53'",
  })
command.listing(parser)
parser:argument("files", "Captures; - is standard input."):args("+"):argname("FILE")
parser:option("-i", "The interface."):argname("NAME"):target("interface"):count(1)
parser:option("-f", "Only the frames that match, as 'udp.destination == 53'."):argname("EXPR"):target("filter")
parser:option("-l", "So many times; 0: without end.", "1"):argname("TIMES"):target("times"):convert(math.tointeger)
parser:mutex(
  parser:option("-s", "Time goes so many times as fast (1)."):argname("SPEED"):target("speed"):convert(tonumber),
  parser:option("-r", "Frames a second."):argname("RATE"):target("rate"):convert(tonumber),
  parser:option("-b", "Bits of frames a second; k, M and G may follow."):argname("BITS"):target("bitrate"),
  parser:flag("-t", "As fast as it goes."):target("top"))
parser:flag("-q", "No counts on standard error."):target("quiet")

local fail, args = command.fail, command.parse(parser)
if args.times < 0 then fail(2, "-l: how many times expected") end

local pace = {}
if args.bitrate then
  local number, unit = args.bitrate:match "^([%d.]+)([kMG]?)$"
  number = tonumber(number)
  pace.bitrate = number and number * ({ k = 1e3, M = 1e6, G = 1e9 })[unit] or number
elseif args.rate then
  pace.rate = args.rate
elseif not args.top then
  pace.speed = args.speed or 1
end
local what, value = next(pace)
if (args.bitrate and not value) or value and not (value >= 1e-6 and value <= 1e15) then
  fail(2, ("-%s: a positive number expected"):format(what and what:sub(1, 1) or "b"))
end

local wanted, message
if args.filter then
  wanted, message = filter.compile(args.filter)
  if not wanted then fail(2, "-f: " .. message) end
end
local size = 0 -- of all files; nil: nobody knows
for _, file in ipairs(args.files) do
  if file == "-" and args.times ~= 1 then fail(2, "standard input can be read once: -l needs files") end
  if file ~= "-" then
    local cap <close>, why = pcap.open(file)
    if not cap then fail(2, why) end
    local _, bytes = cap:position()
    size = size and bytes and size + bytes
  else
    size = nil
  end
end
-- What is sent comes back, as what others capture: this keeps nothing of it.
local nic <close>, why = pcap.live(args.interface, { filter = "less 1", buffer = 65536, promiscuous = false })
if not nic then fail(1, why) end

--- What a function gives; its message is raised.
local function must(result, text)
  if not result then error(text, 0) end
  return result, text
end

--- What is told of each capture goes on from the one before.
local tell = command.progress { quiet = args.quiet }
local passed, frames = 0, 0
local total = size and args.times > 0 and size * args.times or nil
local function watch(cap)
  local before, counted = passed, frames
  local function now()
    passed, frames = before + (cap:position()), counted + cap:tell() - 1
    tell(passed, total, frames)
  end
  if tell then cap:progress(now) end
  return cap, tell and now
end

--- The captures, one after the other, so many times.
local taken, any = 0, false -- captures; whether any of them had a frame
local function captures()
  local k = taken % #args.files + 1
  if args.times > 0 and taken == args.times * #args.files then return nil end
  if k == 1 and taken > 0 and not any then return nil end -- nothing, without end
  taken = taken + 1
  local cap = must(pcap.open(args.files[k]))
  if cap.linktype == nic.linktype then return watch(cap) end
  error(("%s: link type %d, and %s has %d"):format(cap.name, cap.linktype, nic.name, nic.linktype), 0)
end

local isslow <const> = (pace.rate or 0) < 1000 and (pace.bitrate or 0) < 1000000
local EACH <const> = isslow and 1 or 256 -- frames after which it is told how far it is: a block may take long

--- All their packets as one source: a rate goes on from one to the next.
local function packets()
  local cap, each, now
  local n = 0
  return function()
    n = n + 1
    if now and n % EACH == 0 then now() end
    local pkt = each and each()
    while not pkt do
      if cap then cap:close() end
      cap, now = captures()
      if not cap then return nil end
      each = cap:packets(wanted)
      pkt = each()
    end
    any = true
    return pkt
  end
end

--- Sends all: nil or "interrupted"; raises what is wrong.
local function send()
  if pace.rate or pace.bitrate then return select(2, must(nic:sendall(packets(), pace))) end
  for cap in captures do
    local sent, ended = must(nic:sendall(wanted and cap:packets(wanted) or cap, pace))
    cap:close()
    any = any or sent > 0
    if ended then return ended end
  end
end

local begin = pcap.clock()
local done, ended = pcall(send)
command.settle()
if not done and ended:find "interrupted!$" then done = true end -- between two captures
local note = done and ended and ", interrupted" or ""
local seconds, stats = (pcap.clock() - begin) / 1e9, nic:stats()
if not args.quiet then
  io.stderr:write(("%d frames, %d bytes in %.3f s: %.0f frames/s, %.3f Mbit/s%s\n"):format(stats.sent, stats.sentbytes,
    seconds, stats.sent / seconds, stats.sentbytes * 8e-6 / seconds, note))
end
if not done then fail(1, ended) end
os.exit(ended and 1 or 0, true)
