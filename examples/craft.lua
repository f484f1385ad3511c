--- Crafts DNS queries over UDP, IPv4 and IPv6 in turn, with right lengths and checksums.
--
--     pktcraft examples/craft.lua OUT [COUNT]
--
-- OUT is a capture file, "-" standard output; COUNT defaults to 10.

local path, count = arg[1], math.tointeger(tonumber(arg[2] or 10))
if not path or not count or count < 0 then
  io.stderr:write("usage: pktcraft examples/craft.lua OUT [COUNT]\n")
  os.exit(2)
end

local UDP <const> = 17
local names <const> = { "example.com", "www.example.org", "pktcraft.test", "a.b.c.example" }

-- One memory holds every frame in turn; the pointers are aimed once for each kind of frame.
local frame = memory.create(1500)
local eth = layout.newpointer(ethernet, frame)
local ip4 = layout.newpointer(ipv4, frame, 15)
local ip6 = layout.newpointer(ipv6, frame, 15)
local datagram = layout.newpointer(udp)

--- Writes a DNS query (RFC 1035, section 4.1) at a position; returns the position after it.
local function query(pos, ident, name, qtype)
  local _, at = frame:pack(">I2 I2 I2 I2 I2 I2", pos, ident, 0x0100, 1, 0, 0, 0)
  for label in name:gmatch("[^.]+") do
    _, at = frame:pack("s1", at, label)
  end
  _, at = frame:pack(">B I2 I2", at, 0, qtype, 1)
  return at
end

--- Fills in the UDP header at `pos` of a datagram that ends before `after`.
local function finish(pos, after, source, destination, port)
  layout.setpointer(datagram, frame, pos)
  datagram.source = port
  datagram.destination = 53
  datagram.length = after - pos
  datagram.checksum = 0
  local pseudo = checksum.pseudo(source, destination, UDP, after - pos)
  local sum = checksum.internet(frame, pos, after - 1, pseudo)
  datagram.checksum = sum == 0 and 0xffff or sum -- 0 would mean "none" (RFC 768)
end

--- Each builds a frame around the k-th query and returns its length.
local function over4(k, name)
  local after = query(43, k & 0xffff, name, 1)
  eth.type = 0x0800
  ip4.version, ip4.ihl, ip4.dscp, ip4.ecn = 4, 5, 0, 0
  ip4.totallength = after - 15
  ip4.ident = k & 0xffff
  ip4.flagnull, ip4.flagdf, ip4.flagmf, ip4.fragoffset = false, true, false, 0
  ip4.timetolive, ip4.protocol = 64, UDP
  ip4.source = "192.0.2." .. k % 250 + 1
  ip4.destination = "198.51.100.53"
  ip4.checksum = 0
  ip4.checksum = checksum.internet(frame, 15, 34)
  finish(35, after, ip4.source, ip4.destination, 1024 + k % 64000)
  return after - 1
end

local function over6(k, name)
  local after = query(63, k & 0xffff, name, 28)
  eth.type = 0x86dd
  ip6.version, ip6.trafficclass, ip6.flowlabel = 6, 0, k & 0xfffff
  ip6.payloadlength = after - 55
  ip6.nextheader, ip6.hoplimit = UDP, 64
  ip6.source = ("2001:db8::%x"):format(k & 0xffff)
  ip6.destination = "2001:db8:53::53"
  finish(55, after, ip6.source, ip6.destination, 1024 + k % 64000)
  return after - 1
end

eth.destination = "02:00:00:00:00:53"
eth.source = "02:00:00:00:00:01"

local out <close> = assert(pcap.create(path, { precision = "nano" }))
local time <const> = 1700000000 * 1000000000
for k = 1, count do
  local name = names[k % #names + 1]
  local length = k % 2 == 1 and over4(k, name) or over6(k, name)
  assert(out:write(frame:tostring(1, length), time + k * 1000000))
end
assert(out:close())
