--- The routers on the way to a host: each says by an ICMP error that a packet's time to live has ended with it.
--
--     pktcraft examples/traceroute.lua [-U | -I | -T] [-m HOPS] [-n PROBES] HOST
local argparse = require "argparse"
local command = require "pktcraft.command"
local route = require "pktcraft.route"

local parser = argparse("traceroute.lua", "The routers on the way to a host.")
  :epilog "Exit status: 0 the host was reached, 1 it was not, or an error, 2 wrong usage."
parser:argument("host", "An address, of IPv4 or IPv6, or a name."):argname("HOST")
parser:mutex(
  parser:flag("-U", "By datagrams of UDP to ports where nobody listens; the default."):target("udp"),
  parser:flag("-I", "By echo requests of ICMP."):target("echo"),
  parser:flag("-T", "By SYNs of TCP."):target("tcp"))
parser:option("-p", "The port: for UDP the first of many (33434), for TCP 80."):argname("PORT"):target("port")
  :convert(math.tointeger)
parser:option("-f", "The first time to live.", "1"):argname("HOP"):target("first"):convert(math.tointeger)
parser:option("-m", "Hops at most.", "30"):argname("HOPS"):target("most"):convert(math.tointeger)
parser:option("-n", "Probes for each hop.", "3"):argname("PROBES"):target("probes"):convert(math.tointeger)
parser:option("-w", "Seconds that answers are waited for.", "1"):argname("SECONDS"):target("wait"):convert(tonumber)
parser:option("-i", "By this interface."):argname("NAME"):target("interface")
parser:flag("-4", "IPv4 alone."):target("v4")
parser:flag("-6", "IPv6 alone."):target("v6")

local fail, args = command.fail, command.parse(parser)
if args.first < 1 or args.most > 255 or args.first > args.most then fail(2, "-f, -m: 1 to 255 hops expected") end
if args.probes < 1 or args.probes > 10 then fail(2, "-n: 1 to 10 probes expected") end
local most <const> = args.tcp and 65535 or 65535 - args.most * args.probes
if args.port and (args.port < 1 or args.port > most) then fail(2, ("-p: 1 to %d expected"):format(most)) end

--- What there is; or the end, with the message that came instead.
local function need(value, message)
  if not value then fail(1, message) end
  return value
end

local address = need(route.lookup(args.host, args.v4 and "ipv4" or args.v6 and "ipv6"))
local to = need(route.to(address, args.interface))
local v6 = to.version == "ipv6"
local errors, ttl = v6 and "icmpv6" or "icmp", v6 and "hoplimit" or "ttl"
local how = args.tcp and "tcp" or args.echo and errors or "udp"
io.stdout:setvbuf "line"
local nic <close> = need(to:open { immediate = true, promiscuous = false,
  filter = ("%s or %s host %s"):format(v6 and "icmp6" or "icmp", v6 and "ip6" or "ip", to.address) })

-- Probes are told apart by two fields in the 8 bytes above IP that every error quotes: one numbers them, one is the
-- same in all.
local WAYS <const> = {
  udp = { number = "destination", same = "source", port = 33434, fields = {}, data = ("\0"):rep(32) },
  tcp = { number = "source", same = "destination", port = 80, fields = { flags = "S", options = { { mss = 1460 } } } },
  icmp = { number = "sequence", same = "identifier", fields = { type = "echo request" }, data = ("\0"):rep(32) },
}
WAYS.icmpv6 = WAYS.icmp
local way <const> = WAYS[how]
local base, same = how == "udp" and (args.port or way.port) or math.random(0x8000, 0xd000), math.random(0x8000, 0xd000)
if how == "tcp" then same = args.port or way.port end
local probes = {} -- by number: { left = when it left, time =, from =, mark = of its answer }

--- The probe that a layer is of, be it sent, quoted, or (`back`) an answer.
local function find(layer, back)
  local number, fixed = way.number, way.same
  if back and way.port then number, fixed = fixed, number end
  return layer and layer[fixed] == same and probes[layer[number]] or nil
end

local MARKS <const> = { -- what is said of a host that can't be reached, by code; a port is as good as an answer
  icmp = { [0] = "!N", "!H", "!P", "", "!F", "!S", [9] = "!X", [10] = "!X", [13] = "!X" },
  icmpv6 = { [0] = "!N", "!X", "!S", "!H", "" },
}

local pkt, tried -- the packet over the frame of the moment; the probes of the hop
local reached, stop = false, false
local function take(m, time)
  if not pkt or pkt.memory ~= m then pkt = packet.new(m, nic.linktype) end
  local ip, error = pkt[to.version], pkt[errors]
  local quoted = error and pkt:layer(to.version, 2)
  local layer = pkt:layer(how, quoted and how == errors and 2 or 1)
  local back = not quoted and ip.source == to.address and (how ~= errors or layer.type == (v6 and 129 or 0))
  local p = find(layer, back)
  if not p then return end
  if not quoted and not back then
    p.left = time
  elseif not p.from then
    p.from, p.time = ip.source, time
    if not quoted or error.type == (v6 and 1 or 3) then
      p.mark = quoted and (MARKS[errors][error.code] or "!" .. error.code) or ""
      reached, stop = reached or p.from == to.address, true
    end
  end
  for _, each in ipairs(tried) do
    if not each.from then return true end
  end
  return false
end

--- Sends the n-th probe, and gives it.
local function send(n, hop)
  local fields = { [way.number] = base + n, [way.same] = same }
  for key, value in pairs(way.fields) do fields[key] = value end
  probes[base + n] = {}
  need(nic:send(need(to:header { [ttl] = hop }) / layouts[how](fields) / (way.data or "")))
  return probes[base + n]
end

print(("traceroute to %s (%s) by %s, %d hops at most"):format(args.host, to.address,
  v6 and args.echo and "ICMPv6" or how:upper(), args.most))
for hop = args.first, args.most do
  local line, from = {}, nil
  tried = {}
  for k = 1, args.probes do tried[k] = send((hop - args.first) * args.probes + k, hop) end
  local _, why = nic:loop(take, { seconds = args.wait })
  for _, p in ipairs(tried) do
    if p.from ~= from and p.from then line[#line + 1], from = " " .. p.from, p.from end
    line[#line + 1] = p.from and (" %.3f ms %s"):format((p.time - p.left) / 1e6, p.mark or ""):gsub(" $", "") or " *"
  end
  print(("%2d %s"):format(hop, table.concat(line, " ")))
  if why ~= "stopped" and why ~= "timeout" then fail(1, why) end
  if stop then break end
end
os.exit(reached and 0 or 1, true)
