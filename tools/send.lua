--- pktcraft send: packets that a Lua expression builds, sent by an interface or to where they go.
local command = require "pktcraft.command"
local fail = command.fail

local parser = command.parser("send", "Sends packets that Lua expressions build.",
  "Needs the capability CAP_NET_RAW. The expression gives a packet, a string or a memory with a whole frame; of a "
  .. "packet that begins with IP the headers below are made, by the way that the system goes. k is the number of the "
  .. "frame, from 1 on.", {
    "pktcraft send -i eth0 'ethernet { dst = \"ff:ff:ff:ff:ff:ff\" } / arp {}'",
    "pktcraft send --answers 1 'ipv4 { dst = \"192.0.2.1\" } / icmp { type = 8 }'",
    "pktcraft send -i eth0 -c 99 -r 10 'ethernet {} / ipv4 { ident = k } / udp {}'",
  })
command.listing(parser)
parser:option("-i", "The interface; else that by which the address is reached."):argname("NAME"):target("interface")
parser:option("-c", "Each so many times.", "1"):argname("N"):target("count"):convert(command.positive "-c")
parser:option("-r", "Frames a second; else as fast as it goes."):argname("RATE"):target("rate"):convert(tonumber)
parser:option("--answers", "Prints what comes in so many seconds after the last."):argname("SECONDS"):target("answers")
  :convert(tonumber)
parser:option("-f", "Prints only answers that match."):argname("FILTER"):target("filter")
parser:flag("-v", "Prints trees, of what is sent too."):target("tree")
parser:flag("-q", "No counts on standard error."):target("quiet")
parser:argument("packets", "Expressions of Lua."):args("+"):argname("EXPR")

local args = command.parse(parser)
if args.rate and not (args.rate >= 1e-6 and args.rate <= 1e9) then fail(2, "-r: a positive number expected") end
if args.answers and not (args.answers >= 0 and args.answers <= 1e6) then fail(2, "--answers: seconds expected") end

local k = 0
local environment = setmetatable({}, { __index = function(_, name)
  if name == "k" then return k end
  return _G[name]
end })
local makers = {}
for i, text in ipairs(args.packets) do
  local f, why = load("return " .. text, "=packet", "t", environment)
  if not f then fail(2, (why:gsub("^packet:%d+: ", ""))) end
  makers[i] = f
end

--- The way to a packet's address, when it begins with IP.
local ways = {}
local function way_to(address)
  local way = ways[address]
  if not way then
    local why
    way, why = require "pktcraft.route".to(address, args.interface)
    if not way then fail(1, why) end
    ways[address] = way
  end
  return way
end

local nic
local function opened(name)
  if nic then
    if nic.name ~= name then fail(2, ("packets by %s and by %s: one interface expected"):format(nic.name, name)) end
    return
  end
  local message
  nic, message = pcap.live(name, { immediate = true, direction = "in", snaplen = 65536,
    filter = not args.answers and "less 1" or nil, promiscuous = false })
  if not nic then fail(1, message) end
end

--- The frame of what an expression gave.
local function frame(value)
  if type(value) == "string" or memory.type(value) then
    if not args.interface then fail(2, "-i: the interface for frames is expected") end
    opened(args.interface)
    return value
  end
  local ok, first = pcall(function() return (value:layers()()) end)
  if not ok then
    if type(value) == "userdata" then fail(2, command.message(first)) end
    fail(2, "a packet expected, got " .. type(value))
  end
  if first ~= "ipv4" and first ~= "ipv6" then
    if not args.interface then fail(2, "-i: the interface for frames is expected") end
    opened(args.interface)
    return value
  end
  local view = value[first]
  local way = way_to(view.destination)
  opened(way.interface)
  local header, why = way:header()
  if not header then fail(1, why) end
  local link = memory.tostring(header.memory):sub(1, header:range(first) - 1)
  local built = packet.new(link .. memory.tostring(value.memory), nic.linktype)
  if view.source == (first == "ipv4" and "0.0.0.0" or "::") then
    packet.setter(first .. ".source")(built, way.source)
  end
  return built
end

local tell = command.progress { quiet = args.quiet, lines = args.tree, unit = "frames" }
local EACH <const> = args.rate and args.rate < 1000 and 1 or 256 -- frames after which it is told how far it is

local function packets()
  return coroutine.wrap(function()
    for _ = 1, args.count do
      if tell and k % EACH == 0 then tell(k * #makers, args.count * #makers) end
      k = k + 1
      for _, make in ipairs(makers) do
        local ok, value = pcall(make)
        if not ok then error(command.message(value), 0) end
        local pkt = frame(value)
        if args.tree and type(pkt) ~= "string" and not memory.type(pkt) then
          command.write("> ", tostring(pkt), "\n", pkt:show(), "\n")
        end
        coroutine.yield(pkt)
      end
    end
  end)
end

local each = packets()
local ok, head = pcall(each)
if not ok then fail(2, command.message(head)) end
local pending = head
local done, sent, why = pcall(function()
  return nic:sendall(function()
    local pkt = pending
    if pkt then
      pending = nil
      return pkt
    end
    return each()
  end, args.rate and { rate = args.rate } or nil)
end)
command.settle()
if not done then fail(1, command.message(sent)) end
if not sent then fail(1, why) end
if args.answers then
  local wanted, bad
  if args.filter then
    wanted, bad = filter.compile(args.filter)
    if not wanted then fail(2, "-f: " .. bad) end
  end
  local print_packet = require "pktcraft.lines".printer {
    precision = nic.precision, tree = args.tree, write = command.write,
  }
  command.run(function()
    for pkt in nic:packets(wanted, args.answers) do print_packet(pkt) end
  end)
end
if not args.quiet then io.stderr:write(("%d frames sent by %s\n"):format(sent, nic.name)) end
if why == "interrupted" then os.exit(1, true) end
