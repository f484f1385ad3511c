--- A host in Lua, for the virtual link: it answers as the tested side that a kernel would be: ARP, Neighbor
-- Discovery, echo, UDP, TCP, and what nobody listens for.
-- @module pktcraft.test.host

local memory = require "memory"
local packet = require "pktcraft.packet"
local layouts = require "pktcraft.layouts"
local answers = require "pktcraft.test.answers"
local hosttcp = require "pktcraft.test.hosttcp"
local peer = require "pktcraft.test.peer"
local place = require "pktcraft.test.place"

local host = {}

local Host = setmetatable({}, { __index = peer.class })
Host.__index = Host
Host.__name = "host"

--- A new host of a place; `ports` as for serve.
function host.new(where, ports)
  return setmetatable({
    place = where, name = "host", answers = {}, inbox = {}, first = 1, last = 0, aside = {}, mtu = 1500,
    udp = {}, tcp = {}, connections = {}, ports = ports,
  }, Host)
end

--- Takes part: it has its addresses now.
function Host:start()
  self.macbytes = place.bytes(layouts.ethernet { destination = self.mac }):sub(1, 6)
  self.fragments = packet.defragment()
  self.port = self.place:attach(self, { take = function(bytes)
    if self:wants(bytes) then self:take(bytes) end
  end })
  self:answer(function() return true end, function(pkt) return self:segment(pkt) end)
  self:answer(answers.echo())
  self:answer(answers.arp())
  self:answer(answers.nd())
  self:serve(self.ports)
end

--- Sends a packet, in fragments when it is too long for the link. Peers note what they get.
function Host:send(pkt)
  if type(pkt) == "string" or #place.bytes(pkt) <= self.mtu + 14 then
    return self.place:transmit(self.port, place.bytes(pkt))
  end
  for _, fragment in ipairs(assert(pkt:fragments(self.mtu))) do
    self.place:transmit(self.port, place.bytes(fragment))
  end
end

-- A packet that is whole, or nothing.
function Host:take(bytes)
  local pkt = packet.new(bytes)
  pkt.time = self.place:time()
  local whole = self.fragments:add(pkt)
  if whole then peer.class.take(self, place.bytes(whole)) end
  self.inbox, self.first, self.last = {}, 1, 0 -- it keeps nothing
end

--- Serves ports, as the kernel of pktcraft.test.kernelhost does.
function Host:serve(ports)
  for port, f in pairs(ports.udp or {}) do self.udp[port] = f end
  for port, f in pairs(ports.tcp or {}) do self.tcp[port] = f end
end

-- What is for it above IP and no echo.
function Host:segment(pkt)
  local version = pkt.ipv4 and "ipv4" or pkt.ipv6 and "ipv6"
  if not version or pkt[version].destination ~= self[version] then return false end
  for _, verdict in ipairs(pkt:verify()) do
    if verdict.verdict == "bad" then return nil end
  end
  if pkt.tcp then return hosttcp.take(self, pkt, version) end
  if not pkt.udp then return false end
  local f = self.udp[pkt.udp.destination]
  if not f then return self:unreachable(pkt, version) end
  local first, last = pkt:range("udp")
  local data = f(memory.tostring(pkt.memory, first + 8, last))
  if data == nil then return nil end
  return self:header(version, { destination = pkt[version].source })
    / layouts.udp { source = pkt.udp.destination, destination = pkt.udp.source } / data
end

-- Nobody listens: an ICMP error that quotes the packet (RFC 1122, section 3.2.2.1; RFC 4443, section 3.1).
function Host:unreachable(pkt, version)
  local first = pkt:range(version)
  local most = version == "ipv4" and 548 or 1232
  local quoted = memory.tostring(pkt.memory, first, math.min(#pkt.memory, first + most - 1))
  local head = self:header(version, { destination = pkt[version].source })
  if version == "ipv4" then return head / layouts.icmp { type = "destination unreachable", code = 3 } / quoted end
  return head / layouts.icmpv6 { type = "destination unreachable", code = 4 } / quoted
end

--- Begins a connection, as the kernel of pktcraft.test.kernelhost does.
function Host:connect(address, port)
  return hosttcp.connect(self, address, port)
end

--- Listens on a port, as the kernel of pktcraft.test.kernelhost does.
function Host:listen(port)
  return hosttcp.listen(self, port)
end

return host
