--- Which ports of a host are open: a SYN to each (RFC 9293, section 3.5) has a SYN/ACK come back from those that are,
-- which is answered with RST, and RST from those that are closed. Scan hosts alone that you may scan.
--
--     pktcraft examples/syn-scan.lua [-p PORTS] [-r RATE] [-a] HOST
local argparse = require "argparse"
local command = require "pktcraft.command"
local route = require "pktcraft.route"

local parser = argparse("syn-scan.lua", "Which ports of TCP a host has open, closed, or filtered (it is silent).")
  :epilog "Exit status: 0 done, 1 an error, 2 wrong usage."
parser:argument("host", "An address, of IPv4 or IPv6, or a name."):argname("HOST")
parser:option("-p", "Ports, as 22,80,8000-8100.", "1-1024"):argname("PORTS"):target("ports")
parser:option("-r", "SYNs a second.", "1000"):argname("RATE"):target("rate"):convert(tonumber)
parser:option("-n", "How often silent ports are tried.", "2"):argname("TIMES"):target("tries"):convert(math.tointeger)
parser:option("-w", "Seconds that answers are waited for.", "1"):argname("SECONDS"):target("wait"):convert(tonumber)
parser:option("-i", "By this interface."):argname("NAME"):target("interface")
parser:flag("-a", "All ports, not those alone that are open."):target("all")
parser:flag("-4", "IPv4 alone."):target("v4")
parser:flag("-6", "IPv6 alone."):target("v6")

local fail, args = command.fail, command.parse(parser)
if args.rate <= 0 or args.tries < 1 or args.wait < 0 then fail(2, "-r, -n, -w: a positive number expected") end

local ports, state = {}, {} -- state by port: nil: none is known yet
for range in (args.ports .. ","):gmatch "([^,]*)," do
  local first, last = range:match "^(%d+)%-?(%d*)$"
  first, last = math.tointeger(first), math.tointeger(last ~= "" and last or first)
  if not first or not last or first < 1 or last > 65535 or first > last then fail(2, "-p: no ports: " .. range) end
  for port = first, last do ports[#ports + 1] = port end
end

--- What there is; or the end, with the message that came instead.
local function need(value, message)
  if not value then fail(1, message) end
  return value
end

local address = need(route.lookup(args.host, args.v4 and "ipv4" or args.v6 and "ipv6"))
local to = need(route.to(address, args.interface))
local v6 = to.version == "ipv6"
local errors = v6 and "icmpv6" or "icmp"
local nic <close> = need(to:open { promiscuous = false, direction = "in",
  filter = ("%s src host %s and tcp or %s"):format(v6 and "ip6" or "ip", to.address, v6 and "icmp6" or "icmp") })

local source, sequence = math.random(0x8000, 0xf000), math.random(0, 0xfffffffe)
local head = need(to:header())
local syn = head / tcp { source = source, sequence = sequence, flags = "S", options = { { mss = 1460 } } }
local aim = syn:setter "tcp.destination" -- which carries the checksum along

local pkt -- over the memory in which a loop has its frames
local unknown = #ports
local function take(m)
  if not pkt or pkt.memory ~= m then pkt = packet.new(m, nic.linktype) end
  local segment, error, port, verdict = pkt.tcp, pkt[errors], nil, nil
  if not segment then return end
  if error then -- a router, or the host itself, says that it is forbidden
    port = segment.source == source and error.type == (v6 and 1 or 3) and segment.destination
    verdict = "filtered"
  elseif segment.destination == source and segment.acknowledgment == sequence + 1 then
    port = segment.source
    verdict = segment.rst and "closed" or segment.syn and "open"
  end
  if not port or not verdict or state[port] then return end
  state[port], unknown = verdict, unknown - 1
  if verdict == "open" then
    need(nic:send(head / tcp { source = source, destination = port, sequence = sequence + 1, flags = "R" }))
  end
  return unknown > 0
end

--- Takes what comes until that moment, or until nothing is lacking.
local function listen(till)
  local _, why = nic:loop(take, { seconds = math.max(0, till - pcap.clock()) / 1e9 })
  if why ~= "timeout" and why ~= "stopped" then fail(1, why) end
end

local begin, sent = pcap.clock(), 0
for _ = 1, args.tries do
  for _, port in ipairs(ports) do
    if not state[port] then
      aim(port)
      need(nic:send(syn))
      sent = sent + 1
      if sent * 100 % args.rate < 100 then listen(begin + sent * 1e9 / args.rate) end -- some 100 times a second
    end
  end
  if unknown > 0 then listen(pcap.clock() + args.wait * 1e9) end
end

local names, count = layout.names "tcpport", { open = 0, closed = 0, filtered = 0 }
for _, port in ipairs(ports) do
  local verdict = state[port] or "filtered"
  count[verdict] = count[verdict] + 1
  if args.all or verdict == "open" then
    print((("%5d/tcp  %-8s  %s"):format(port, verdict, names[port] or ""):gsub("%s+$", "")))
  end
end
local lost = nic:stats().dropped
io.stdout:flush()
if lost > 0 then io.stderr:write(("pktcraft: %d answers were lost here: try a lower rate\n"):format(lost)) end
io.stderr:write(("%s: %d ports: %d open, %d closed, %d filtered, in %.1f s\n"):format(to.address, #ports, count.open,
  count.closed, count.filtered, (pcap.clock() - begin) / 1e9))
