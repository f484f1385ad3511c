--- pktcraft show: the packets of a capture, a line each.
local argparse = require "argparse"

local parser = argparse("pktcraft show", "The packets of a capture as text, a line each.")
  :epilog("Times are local. Exit status: 0 done, 1 failed while reading, 2 wrong usage or unusable input.")
parser:option("-r", "The capture to read; - is standard input.", "-"):argname("FILE"):target("file")
parser:flag("-v", "The tree of layers and fields as well."):target("tree")
parser:flag("-x", "The bytes as well."):target("bytes")
parser:flag("-t", "No time."):target("notime")
parser:option("-c", "End after N packets."):argname("N"):target("count"):convert(math.tointeger)
parser:argument("filter", "An expression, as ipv4.ttl < 64, or a filter as of tcpdump."):args("*")

local function fail(status, text)
  io.stdout:flush()
  io.stderr:write("pktcraft: ", text, "\n")
  os.exit(status, true)
end

local ok, args = parser:pparse()
if not ok then fail(2, args .. "\n" .. parser:get_usage()) end
if args.count and args.count < 1 then fail(2, "-c: a positive number expected") end

local cap, message = pcap.open(args.file)
if not cap then fail(2, message) end

-- An expression over fields; what is none may be a filter of tcpdump.
local wanted
if #args.filter > 0 then
  local text = table.concat(args.filter, " ")
  wanted, message = filter.compile(text)
  if not wanted then
    local why
    wanted, why = pcap.bpf(text, cap.linktype)
    if not wanted then fail(2, message .. "\npktcraft: and as a filter of tcpdump: " .. why) end
  end
end

-- Layers in colours, where somebody looks at them.
local colour <const> = args.bytes and not os.getenv("NO_COLOR") and os.getenv("TERM") ~= "dumb"
  and os.execute("test -t 1")

local digits <const> = cap.precision == "nano" and 9 or 6
local divisor <const> = cap.precision == "nano" and 1 or 1000

--- Time of day, as tcpdump prints it.
local second, clock
local function timeof(ns)
  local s = ns // 1000000000
  if s ~= second then
    second, clock = s, os.date("%H:%M:%S", s)
  end
  return ("%s.%0" .. digits .. "d "):format(clock, ns % 1000000000 // divisor)
end

local done, failure = pcall(function()
  local n = 0
  for pkt in cap:packets(wanted) do
    n = n + 1
    local written = io.write(args.notime and "" or timeof(pkt.time), tostring(pkt), "\n",
      args.tree and pkt:show() or "", args.bytes and pkt:hexdump(colour) or "")
    if not written then os.exit(0, true) end -- nobody reads on
    if n == args.count then break end
  end
end)
if not done then fail(1, (tostring(failure):gsub("^[^ ]+:%d+: ", ""))) end
