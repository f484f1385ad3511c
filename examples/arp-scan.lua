--- Who is there, of the addresses of a prefix: all are asked for by ARP (RFC 826). A line for each that answers:
-- address and MAC; an address that several have is marked.
--
--     pktcraft examples/arp-scan.lua [-i NAME] [-r RATE] [PREFIX]
local argparse = require "argparse"
local command = require "pktcraft.command"
local route = require "pktcraft.route"

local parser = argparse("arp-scan.lua", "Who is there, of the IPv4 addresses of a prefix on a link.")
  :epilog "Exit status: 0 somebody is there, 1 nobody is, or an error, 2 wrong usage."
parser:argument("prefix", "As 192.0.2.0/24; else that of the interface."):args("?"):argname("PREFIX")
parser:option("-i", "The interface; else that which leads to the prefix."):argname("NAME"):target("interface")
parser:option("-r", "Requests a second.", "1000"):argname("RATE"):target("rate"):convert(tonumber)
parser:option("-n", "How often those who are silent are asked.", "2"):argname("TIMES"):target("tries")
  :convert(math.tointeger)
parser:option("-w", "Seconds that answers are waited for at the end.", "0.5"):argname("SECONDS"):target("wait")
  :convert(tonumber)
parser:flag("-q", "No summary."):target("quiet")

local fail, args = command.fail, command.parse(parser)
if not args.prefix and not args.interface then fail(2, "PREFIX or -i expected\n" .. parser:get_usage()) end
if args.rate <= 0 or args.tries < 1 or args.wait < 0 then fail(2, "-r, -n, -w: a positive number expected") end

--- What there is; or the end, with the message that came instead.
local function need(value, message)
  if not value then fail(1, message) end
  return value
end

local function number(address)
  local a, b, c, d = address:match "^(%d+)%.(%d+)%.(%d+)%.(%d+)$"
  return a and tonumber(a) << 24 | tonumber(b) << 16 | tonumber(c) << 8 | tonumber(d)
end

local function text(address)
  return ("%d.%d.%d.%d"):format(address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255)
end

--- The first and last of the addresses that hosts may have, of those that agree with `address` where `mask` has ones.
local function hosts(address, mask)
  local first, last = address & mask, address | ~mask & 0xffffffff
  if last - first < 2 then return first, last end
  return first + 1, last - 1 -- the network itself, and all in it
end

local first, last, interface
if args.prefix then
  local address, bits = args.prefix:match "^([%d.]+)/?(%d*)$"
  bits = math.tointeger(bits == "" and 32 or bits)
  if not address or not number(address) or not bits or bits > 32 then fail(2, args.prefix .. ": no prefix of IPv4") end
  first, last = hosts(number(address), 0xffffffff << 32 - bits & 0xffffffff)
  local way = need(route.to(text(first), args.interface))
  if way.kind == "local" then way = need(route.to(text(last), args.interface)) end
  if way.gateway then fail(1, ("%s: behind the router %s: ARP does not go there"):format(args.prefix, way.gateway)) end
  interface = way.interface
end
local device = need(route.interface(interface or args.interface))
if not device.mac or device.loopback then fail(1, device.name .. ": no interface of Ethernet") end
local own = "0.0.0.0" -- asks without saying who, as RFC 5227 has it
for _, each in ipairs(device.addresses) do
  local address = number(each.address)
  if address then
    if not first then first, last = hosts(address, number(each.netmask)) end
    if own == "0.0.0.0" or first <= address and address <= last then own = each.address end
  end
end
if not first then fail(1, device.name .. ": the interface has no address of IPv4: PREFIX expected") end

io.stdout:setvbuf "line"
local nic <close> = need(pcap.live(device.name, { filter = "arp", direction = "in", promiscuous = false }))
local request = ethernet { source = nic.mac, destination = "ff:ff:ff:ff:ff:ff" }
  / layouts.arp { operation = "request", senderhardware = nic.mac, senderprotocol = own }
local ask = request:setter "arp.targetprotocol"
local there, count, said = {}, 0, {} -- by address as a number: its MAC; what has been said

local pkt -- over the memory in which a loop has its frames
local function take(m)
  if not pkt or pkt.memory ~= m then pkt = packet.new(m) end
  local reply = pkt.arp
  local address = reply and reply.operation == 2 and number(reply.senderprotocol)
  local pair = address and reply.senderprotocol .. " " .. reply.senderhardware
  if not address or address < first or address > last or said[pair] then return end
  said[pair] = true
  print(("%-15s  %s%s"):format(reply.senderprotocol, reply.senderhardware,
    there[address] and ("  duplicate: %s has it too"):format(there[address]) or ""))
  if not there[address] then count = count + 1 end
  there[address] = there[address] or reply.senderhardware
end

--- Takes what comes until that moment.
local function listen(till)
  local _, why = nic:loop(take, { seconds = math.max(0, till - pcap.clock()) / 1e9 })
  if why ~= "timeout" then fail(1, why) end
end

local begin, sent = pcap.clock(), 0
for _ = 1, args.tries do
  for address = first, last do
    if not there[address] and text(address) ~= own then
      ask(address)
      need(nic:send(request))
      sent = sent + 1
      if sent * 100 % args.rate < 100 then listen(begin + sent * 1e9 / args.rate) end -- some 100 times a second
    end
  end
  listen(pcap.clock() + args.wait * 1e9)
end
if not args.quiet then
  io.stdout:flush()
  io.stderr:write(("%d of %d there on %s, %d requests in %.1f s\n"):format(count, last - first + 1, device.name, sent,
    (pcap.clock() - begin) / 1e9))
end
os.exit(count > 0 and 0 or 1, true)
