-- pointers.lua: the jobs in pktcraft, with layout pointers over lent frames.
--
--     pktcraft pointers.lua a|b IN [OUT]
local frame = memory.create()
local tag = layout.newpointer(layout.struct { { bytes = 16 }, { key = "type", bytes = 2, endian = "big" } }, frame)
local eth = layout.newpointer(ethernet, frame)
local ip4, ip6 = layout.newpointer(ipv4, frame, 15), layout.newpointer(ipv6, frame, 15)
local tagged4, tagged6 = layout.newpointer(ipv4, frame, 19), layout.newpointer(ipv6, frame, 19)
local datagram = layout.newpointer(udp)
local tcp = layout.newpointer(layout.struct { { bytes = 13 }, { key = "flags", bytes = 1 } })
local setpointer <const> = layout.setpointer

local function a()
  local n, at = #frame, 14
  if n < 14 then return false end
  local type, four, six = eth.type, ip4, ip6
  if type == 0x8100 then
    if n < 18 then return false end
    type, four, six, at = tag.type, tagged4, tagged6, 18
  end
  if type == 0x0800 then
    if n < at + 20 or four.protocol ~= 17 or four.fragoffset ~= 0 then return false end
    at = at + 4 * four.ihl
    if n < at + 4 then return false end
    setpointer(datagram, frame, at + 1)
    return datagram.destination == 53
  elseif type == 0x86dd and n >= at + 44 and six.nextheader == 17 then
    setpointer(datagram, frame, at + 41)
    return datagram.destination == 53
  end
  return false
end

local function b()
  local n = #frame
  if n < 34 or eth.type ~= 0x0800 or ip4.protocol ~= 6 or ip4.timetolive >= 64 or ip4.fragoffset ~= 0
    or ip4.totallength <= 40 then return false end
  local at = 14 + 4 * ip4.ihl
  if n < at + 14 then return false end
  setpointer(tcp, frame, at + 1)
  return tcp.flags & 0x12 == 2
end

local wanted <const> = arg[1] == "b" and b or a
local cap, count = assert(pcap.open(arg[2])), 0
local out = arg[3] and assert(pcap.create(arg[3], { like = cap }))
for time, wirelen in cap:frames(frame) do
  if wanted() then
    count = count + 1
    if out then assert(out:write(frame, time, wirelen)) end
  end
end
if out then assert(out:close()) end
print(count)
