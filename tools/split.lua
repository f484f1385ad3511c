--- pktcraft split: one capture as several.
local command = require "pktcraft.command"

local parser = command.parser("split",
  "Writes a capture as several: so many frames, bytes or seconds each, or one a conversation or value.",
  "Files are named NAME_00001.EXT and on after -w NAME.EXT; by a field, NAME_VALUE.EXT. Frames stay byte for byte as "
    .. "they were.",
  { "pktcraft split -r big.pcap -w part.pcap --count 100000", "pktcraft split -r big.pcap -w hour.pcap --seconds 3600",
    "pktcraft split -r big.pcap -w talk.pcap --flow", "pktcraft split -r big.pcap -w vlan.pcap --by vlan.id" })
parser:option("-r", "The capture to read; - is standard input.", "-"):argname("FILE"):target("from")
parser:option("-w", "The captures to write: a name that is extended."):argname("FILE"):target("to"):count(1)
parser:mutex(
  parser:option("--count", "So many frames in each."):argname("N"):convert(command.positive "--count"),
  parser:option("--bytes", "At most so many bytes in each."):argname("N"):convert(command.positive "--bytes"),
  parser:option("--seconds", "So many seconds of frames in each."):argname("N"):convert(tonumber),
  parser:flag("--flow", "One for each conversation, both directions."),
  parser:option("--by", "One for each value of a field, as ipv4.source."):argname("FIELD"))
parser:argument("filter", "What is taken at all: an expression, or a filter as of tcpdump."):args("*")

local args = command.parse(parser)
if args.to == "-" then command.fail(2, "-w: a name is expected, that is extended") end
if not (args.count or args.bytes or args.seconds or args.flow or args.by) then
  command.fail(2, "one of --count, --bytes, --seconds, --flow and --by expected\n" .. parser:get_usage())
end
local cap = command.open(args.from, args.filter)
local wanted = command.filter(args.filter, cap.linktype)
local OPEN <const> = 200 -- outputs at once

local folder, base = args.to:match "^(.*/)([^/]*)$"
base = base or args.to
local stem, extension = base:match "^(.+)(%.[^.]+)$"
local function named(what)
  return ("%s%s_%s%s"):format(folder or "", stem or base, what, extension or "")
end

--- Outputs by what their name has; the one not used for longest is closed for another, and then appended to.
local outputs, order, began = {}, {}, {}

local function close(what)
  local ok, message = outputs[what]:close()
  outputs[what] = nil
  if not ok then error(message, 0) end
end

local function output(what)
  local out = outputs[what]
  if out then return out end
  if #order == OPEN then close(table.remove(order, 1)) end
  local message
  out, message = pcap.create(named(what), command.named(args.to, { like = cap, append = began[what] }))
  if not out then error(message, 0) end
  began[what] = true
  outputs[what] = out
  order[#order + 1] = what
  return out
end

local function by_count()
  local n = 0
  repeat
    n = n + 1
    local what = ("%05d"):format(n)
    local kept, message = output(what):copy(cap, wanted, args.count)
    if not kept then error(message, 0) end
    close(what)
    order = {}
    if kept == 0 and n > 1 then os.remove(named(what)) end
  until kept < args.count
end

local function by_rotation()
  local out = command.create(args.to, { like = cap, rotate = { bytes = args.bytes, seconds = args.seconds } })
  local kept, message = out:copy(cap, wanted)
  local closed, why = out:close()
  if not kept or not closed then error(message or why, 0) end
end

--- Each packet goes where `what` says.
local function by(what)
  for pkt in cap:packets(wanted) do
    local ok, message = output(what(pkt)):write(pkt)
    if not ok then error(message, 0) end
  end
  for _, each in ipairs(order) do close(each) end
end

local function by_flow()
  local flows, numbers, n = packet.flows(), setmetatable({}, { __mode = "k" }), 0
  by(function(pkt)
    local flow = flows:add(pkt)
    if not flow then return "none" end
    if not numbers[flow] then
      n = n + 1
      numbers[flow] = ("%05d"):format(n)
    end
    return numbers[flow]
  end)
end

local function by_field()
  local get = packet.getter(args.by)
  by(function(pkt)
    local value = get(pkt)
    if value == nil then return "none" end
    return (tostring(value):gsub("[^%w%.%-:]", function(c) return ("%%%02x"):format(c:byte()) end):sub(1, 200))
  end)
end

local done = args.count and by_count or args.flow and by_flow or args.by and by_field or by_rotation
if args.by then
  local ok, message = pcall(packet.getter, args.by)
  if not ok then command.fail(2, command.message(message)) end
end
command.watch(cap)
command.run(done)
