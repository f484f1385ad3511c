--- Asks a host by echo requests of ICMP (RFC 792) or ICMPv6 (RFC 4443) whether it is there. Times are the kernel's: of
-- the request's leaving, and of the reply's coming.
--
--     pktcraft examples/ping.lua [-c N] [-i SECONDS] [-s BYTES] HOST
local argparse = require "argparse"
local command = require "pktcraft.command"
local route = require "pktcraft.route"

local parser = argparse("ping.lua", "Asks a host by echo requests whether it is there.")
  :epilog "Exit status: 0 it has answered, 1 it has not, or an error, 2 wrong usage."
parser:argument("host", "An address, of IPv4 or IPv6, or a name."):argname("HOST")
parser:option("-c", "End after N requests."):argname("N"):target("count"):convert(math.tointeger)
parser:option("-i", "Seconds from one to the next.", "1"):argname("SECONDS"):target("interval"):convert(tonumber)
parser:option("-s", "Bytes of data in each; what is too long for the link goes in fragments.", "56")
  :argname("BYTES"):target("size"):convert(math.tointeger)
parser:option("-t", "Time to live.", "64"):argname("N"):target("ttl"):convert(math.tointeger)
parser:option("-W", "Seconds that the last reply is waited for.", "1"):argname("SECONDS"):target("wait")
  :convert(tonumber)
parser:option("-I", "By this interface."):argname("NAME"):target("interface")
parser:flag("-4", "IPv4 alone."):target("v4")
parser:flag("-6", "IPv6 alone."):target("v6")
parser:flag("-q", "The summary alone."):target("quiet")

local fail, args = command.fail, command.parse(parser)
if args.count and args.count < 1 then fail(2, "-c: a positive number expected") end
if args.size < 0 or args.size > 65507 then fail(2, "-s: 0 to 65507 bytes expected") end
if args.ttl < 1 or args.ttl > 255 then fail(2, "-t: 1 to 255 expected") end
if args.interval < 0 or args.wait < 0 then fail(2, "-i, -W: seconds expected") end

--- What there is; or the end, with the message that came instead.
local function need(value, message)
  if not value then fail(1, message) end
  return value
end

local address = need(route.lookup(args.host, args.v4 and "ipv4" or args.v6 and "ipv6"))
local to = need(route.to(address, args.interface))
local v6 = to.version == "ipv6"
local name, ttl, request = v6 and "icmpv6" or "icmp", v6 and "hoplimit" or "ttl", v6 and 128 or 8
local types = layout.fields(layouts[name])[1].enum
local nic <close> = need(to:open { filter = v6 and "icmp6" or "icmp", immediate = true, promiscuous = false })

local id <const> = math.random(0, 0xffff)
local data <const> = ("abcdefghijklmnopqrstuvwxyz"):rep(args.size // 26 + 1):sub(1, args.size)
local whole = packet.defragment()
local sent, left, answered = 0, {}, {} -- by sequence number: when the request left, how often it was answered
local received, again, errors = 0, 0, 0
local least, most, sum, squares = math.huge, 0, 0, 0 -- of times, ms
io.stdout:setvbuf "line"

local function say(...)
  if not args.quiet then print(string.format(...)) end
end

--- A packet of ours, of who answers, or of who says why nobody does. Gives false when nothing is lacking.
local function take(pkt)
  local ip, echo, quoted = pkt[to.version], pkt:layer(name), pkt:layer(name, 2) -- an error quotes the request
  local seq = (quoted or echo).sequence
  if (quoted or echo).identifier ~= id then return end
  if quoted then
    errors = errors + 1
    say("From %s: icmp_seq=%d %s (code %d)", ip.source, seq, types[echo.type] or echo.type, echo.code)
  elseif echo.type == request then
    left[seq], answered[seq] = pkt.time, 0
  elseif left[seq] then
    local ms = (pkt.time - left[seq]) / 1e6
    answered[seq] = answered[seq] + 1
    if answered[seq] == 1 then received = received + 1 else again = again + 1 end
    least, most, sum, squares = math.min(least, ms), math.max(most, ms), sum + ms, squares + ms * ms
    say("%d bytes from %s: icmp_seq=%d ttl=%d time=%.3f ms%s", #pkt.payload + 8, ip.source, seq, ip[ttl], ms,
      answered[seq] > 1 and " (DUP!)" or "")
  end
  return sent ~= args.count or received + errors < sent
end

local pkt -- over the memory in which a loop has its frames
local function frame(m, time)
  if not pkt or pkt.memory ~= m then pkt = packet.new(m, nic.linktype) end
  pkt.time = time
  local p = whole:add(pkt)
  if p and p:layer(name) then return take(p) end
end

need(to:header()) -- the next hop is found before the clock starts
say("PING %s (%s) from %s %s: %d bytes of data", args.host, to.address, to.source, to.interface, args.size)
local begin, stopped, problem = pcap.clock(), nil, nil
while not stopped do
  local head = need(to:header { [ttl] = args.ttl, ident = not v6 and sent & 0xffff or nil })
  local echo = head / layouts[name] { type = request, identifier = id, sequence = sent + 1 & 0xffff } / data
  for _, each in ipairs(echo:fragments(to.mtu)) do need(nic:send(each)) end
  sent = sent + 1
  local last = sent == args.count
  local pause = last and args.wait or math.max(0, sent * args.interval - (pcap.clock() - begin) / 1e9)
  local n, why = nic:loop(frame, { seconds = pause })
  if not n then problem = why end
  stopped = last or why ~= "timeout"
end

print(("--- %s ping statistics ---\n%d sent, %d received%s%s, %g%% lost, %.0f ms"):format(args.host, sent, received,
  again > 0 and (", +%d duplicates"):format(again) or "", errors > 0 and (", +%d errors"):format(errors) or "",
  (sent - received) * 100 // sent, (pcap.clock() - begin) / 1e6))
if received > 0 then
  local n = received + again
  print(("rtt min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms"):format(least, sum / n, most,
    math.sqrt(math.max(0, squares / n - (sum / n) ^ 2))))
end
if problem then fail(1, problem) end
os.exit(received > 0 and 0 or 1, true)
