-- pointers.lua: the jobs in pktcraft, with layout pointers over lent frames.
--
--     pktcraft pointers.lua a|b IN [OUT]
--     pktcraft pointers.lua sum|field IN OUT
--     pktcraft pointers.lua build N OUT
if arg[1] == "build" then
  local m = memory.create(74)
  m:fill("\2\0\0\0\0\1\2\0\0\0\0\2\8\0\x45\0\0\x3c\0\0\0\0\x40\x11", 1, 24)
  m:fill("\0\x28\0\0abcdefghijklmnopqrstuvwxyz012345", 39, 74)
  local ip, udp = layout.newpointer(ipv4, m, 15), layout.newpointer(udp, m, 35)
  local internet <const>, pack <const> = checksum.internet, memory.pack
  local pseudo = checksum.pseudo
  local out = assert(pcap.create(arg[3]))
  for k = 0, arg[2] - 1 do
    ip.ident, ip.checksum, udp.checksum = k % 65536, 0, 0
    pack(m, ">I4I4I2I2", 27, 0x0a000000 + k, 0xc0a80000 + k % 65536, 1024 + k % 60000, 5000 + k % 50000)
    ip.checksum = internet(m, 15, 34)
    local sum = internet(m, 35, 74, pseudo(ip.source, ip.destination, 17, 40))
    udp.checksum = sum ~= 0 and sum or 0xffff
    out:write(m, (1700000000 + k // 1000000) * 1000000000 + k % 1000000 * 1000)
  end
  assert(out:close())
  return
end

local frame = memory.create()
local tag = layout.newpointer(layout.struct { { bytes = 16 }, { key = "type", bytes = 2, endian = "big" } }, frame)
local eth = layout.newpointer(ethernet, frame)
local ip4, ip6 = layout.newpointer(ipv4, frame, 15), layout.newpointer(ipv6, frame, 15)
local tagged4, tagged6 = layout.newpointer(ipv4, frame, 19), layout.newpointer(ipv6, frame, 19)
local datagram = layout.newpointer(udp)
local tcp = layout.newpointer(layout.struct { { bytes = 12 },
  { key = "dataoffset", bits = 4, endian = "big" }, { bits = 4, endian = "big" }, { key = "flags", bytes = 1 } })
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

--- Protocol, pointer to the network header, and bytes of payload, the transport pointer set; nil unless captured.
local function segment()
  local n, at, protocol, length = #frame, 14, nil, nil
  if n < 14 then return end
  local type, four, six = eth.type, ip4, ip6
  if type == 0x8100 then
    if n < 18 then return end
    type, four, six, at = tag.type, tagged4, tagged6, 18
  end
  if type == 0x0800 then
    if n < at + 20 or four.fragoffset ~= 0 then return end
    local header = 4 * four.ihl
    protocol, length, at = four.protocol, four.totallength - header, at + header
  elseif type == 0x86dd and n >= at + 40 then
    four, protocol, length, at = six, six.nextheader, six.payloadlength, at + 40
  end
  if protocol == 17 and n >= at + 8 then
    setpointer(datagram, frame, at + 1)
    return 17, four, length - 8
  elseif protocol == 6 and n >= at + 20 then
    setpointer(tcp, frame, at + 1)
    return 6, four, length - 4 * tcp.dataoffset
  end
end

if arg[1] == "sum" or arg[1] == "field" then
  local sums, summing, to = {}, arg[1] == "sum", assert(io.open(arg[3], "w"))
  for _ in assert(pcap.open(arg[2])):frames(frame) do
    local protocol, ip, bytes = segment()
    if summing then
      if protocol then
        local source = ip.source
        sums[source] = (sums[source] or 0) + bytes
      end
    elseif protocol == 17 and (ip == ip4 or ip == tagged4) then
      to:write(ip.source, "\t", datagram.source, "\t", datagram.destination, "\t", datagram.length, "\n")
    end
  end
  for source, bytes in pairs(sums) do to:write(source, " ", bytes, "\n") end
  assert(to:close())
  return
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
