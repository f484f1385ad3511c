--- A server of DNS and DHCP for tests on a link: it has an address of its own there, which it answers for by ARP,
-- Neighbor Discovery and echo replies. The answers are those of pktcraft.test.
--
--     pktcraft examples/respond.lua -i NAME -a ADDRESS/BITS [-r "NAME TYPE VALUE"] [-p FIRST-LAST]
local argparse = require "argparse"
local command = require "pktcraft.command"
local route = require "pktcraft.route"
local test = require "pktcraft.test"

local parser = argparse("respond.lua", "Answers on a link: ARP, echo, DNS and DHCP, until it is interrupted.")
  :epilog("As: respond.lua -i br0 -a 10.0.0.53/24 -r 'a.example A 10.0.0.7' -r 'a.example MX 10 b.example' "
    .. "-p 10.0.0.100-10.0.0.120\nExit status: 0 it was interrupted, 1 it failed, 2 wrong usage.")
parser:option("-i", "The interface."):argname("NAME"):target("interface"):count(1)
parser:option("-a", "The address, of IPv4, that it has, and nobody else."):argname("ADDRESS/BITS"):target("ipv4")
  :count(1)
parser:option("-6", "An address of IPv6 as well."):argname("ADDRESS"):target("ipv6")
parser:option("-m", "Its MAC address; else one like the interface's."):argname("MAC"):target("mac")
parser:option("-r", "A record that DNS is to have."):argname("RECORD"):target("records"):count("*")
parser:option("-z", "A file of such records, a line each."):argname("FILE"):target("zone")
parser:option("-d", "The address (A) of all other names, which do not exist else."):argname("ADDRESS"):target("default")
parser:option("-p", "The addresses that DHCP gives out."):argname("FIRST-LAST"):target("pool")
parser:option("-g", "The router that DHCP tells of."):argname("ADDRESS"):target("router")
parser:option("-l", "Seconds that an address is given for.", "3600"):argname("SECONDS"):target("lease")
  :convert(math.tointeger)
parser:flag("-q", "Does not print what it answers."):target("quiet")

local fail, args = command.fail, command.parse(parser)

local function number(address)
  local bytes, version = route.bytes(address)
  if version ~= "ipv4" then fail(2, address .. ": no address of IPv4") end
  return string.unpack(">I4", bytes)
end

local function text(address)
  return ("%d.%d.%d.%d"):format(string.pack(">I4", address):byte(1, 4))
end

--- Puts a record, "a.example MX 10 b.example", among those of its name: its value has the fields of layout dns.
local zone, shapes = {}, {}
for _, field in ipairs(layout.fields(layouts.dns, "answers")) do shapes[field.key] = field end
local function add(record)
  local name, kind, value = record:match "^(%S+)%s+(%w+)%s+(.-)%s*$"
  local shape = name and shapes[kind:lower()]
  if not shape then fail(2, "NAME TYPE VALUE expected, got " .. record) end
  local lacking = false
  if shape.type == "struct" then
    local words, fields = value:gmatch "%S+", {}
    for _, field in ipairs(shape.fields) do
      local word = words()
      lacking = lacking or not word
      fields[field.key] = field.type == "number" and math.tointeger(word) or word
    end
    value = fields
  end
  local data = shape.type == "list" and { { text = value } } or value
  local answer = { type = kind:upper(), [shape.key] = data }
  if lacking or not pcall(function() return (layouts.dns { answers = { answer } }).memory end) then
    fail(2, "not of this type: " .. record)
  end
  local known = zone[name:lower()] or {}
  zone[name:lower()], known[kind:upper()] = known, known[kind:upper()] or {}
  table.insert(known[kind:upper()], value)
end

for _, record in ipairs(args.records) do add(record) end
if args.zone then
  local f <close>, why = io.open(args.zone)
  if not f then fail(2, why) end
  for line in f:lines() do
    if line:find "%S" and not line:find "^%s*#" then add(line) end
  end
end
if args.default then setmetatable(zone, { __index = function() return { A = args.default } end }) end

local address, bits = args.ipv4:match "^([%d.]+)/(%d+)$"
bits = math.tointeger(bits)
if not address or bits > 32 then fail(2, "-a: ADDRESS/BITS expected, as 10.0.0.53/24") end
if args.ipv6 and select(2, route.bytes(args.ipv6)) ~= "ipv6" then fail(2, args.ipv6 .. ": no address of IPv6") end
local me = { ipv4 = text(number(address)), ipv6 = args.ipv6, mac = args.mac }
local answers = { test.answers.arp(), test.answers.echo(), test.answers.dns(zone) }
if args.ipv6 then table.insert(answers, test.answers.nd()) end
if args.pool then
  local first, last = args.pool:match "^([%d.]+)%-([%d.]+)$"
  if not first or number(first) > number(last) then fail(2, "-p: FIRST-LAST expected") end
  local pool = { addresses = {}, mask = text(0xffffffff << 32 - bits & 0xffffffff), lease = args.lease,
                 options = { { nameservers = { me.ipv4 } } } }
  for each = number(first), number(last) do pool.addresses[#pool.addresses + 1] = text(each) end
  if args.router then table.insert(pool.options, { routers = { args.router } }) end
  table.insert(answers, test.answers.dhcp(pool))
end

local device, why = route.interface(args.interface)
if not device then fail(1, why) end
-- One of its own, locally administered: what is sent to it the system here takes for none of its business.
me.mac = me.mac or device.mac and ("%02x%s"):format((tonumber(device.mac:sub(1, 2), 16) | 2) ~ 4, device.mac:sub(3))
if not me.mac then fail(1, device.name .. ": no interface of Ethernet") end
function me:ethernet(fields)
  return layouts.ethernet { source = self.mac, destination = fields.destination }
end

local nic <close>, problem = pcap.live(device.name,
  { immediate = true, direction = "in", filter = ("ether dst %s or ether multicast"):format(me.mac) })
if not nic then fail(1, problem) end

io.stdout:setvbuf "line"
--- Whether a packet is for this host, or for all.
local function is_ours(pkt)
  local ip = pkt.ipv4 or pkt.ipv6
  local to = ip and ip.destination
  return not ip or to == me.ipv4 or to == "255.255.255.255" or me.ipv6 and (to == me.ipv6 or to:find "^ff")
end

local pkt, count = nil, 0
local function take(m)
  pkt = pkt or packet.new(m)
  if not is_ours(pkt) then return end
  for _, each in ipairs(answers) do
    local reply = test.match(pkt, each.pattern) and each.answer(pkt, me)
    if reply then
      local sent, what = nic:send(reply)
      if not sent then fail(1, what) end
      count = count + 1
      if not args.quiet then
        print(tostring(pkt))
        print("  " .. tostring(reply))
      end
    end
  end
end

local n, reason = nic:loop(take)
if not n then fail(1, reason) end
io.stderr:write(("%d answered\n"):format(count))
