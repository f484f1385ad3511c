--- pktcraft show: the packets of a capture, a line each.
local command = require "pktcraft.command"

local parser = command.parser("show", "The packets of a capture as text, a line each.", "Times are local.")
parser:option("-r", "The capture to read; - is standard input.", "-"):argname("FILE"):target("file")
parser:flag("-v", "The tree of layers and fields as well."):target("tree")
parser:flag("-x", "The bytes as well."):target("bytes")
parser:flag("-t", "No time."):target("notime")
parser:option("-c", "End after N packets."):argname("N"):target("count"):convert(command.positive "-c")
parser:argument("filter", "An expression, as ipv4.ttl < 64, or a filter as of tcpdump."):args("*")

local args = command.parse(parser)
local cap = command.open(args.file)
local wanted = command.filter(args.filter, cap.linktype)

-- Layers in colours, where somebody looks at them.
local colour <const> = args.bytes and not os.getenv("NO_COLOR") and os.getenv("TERM") ~= "dumb"
  and command.isterminal(1)

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

command.run(function()
  local n = 0
  for pkt in cap:packets(wanted) do
    n = n + 1
    command.write(args.notime and "" or timeof(pkt.time), tostring(pkt), "\n",
      args.tree and pkt:show() or "", args.bytes and pkt:hexdump(colour) or "")
    if n == args.count then break end
  end
end)
