--- The way from here to an address: interface, own addresses, whom frames go to. What tools need that send packets of
-- their own to a host. Linux's; the kernel's tables and rules decide. The manual: 5.7.
-- @module pktcraft.route

local memory = require "memory"
local layouts = require "pktcraft.layouts"
local pcap = require "pktcraft.pcap"

local SECONDS <const> = 1 -- that the next hop is waited for, in all
local TRIES <const> = 3   -- how often it is asked in that time

local route = {}

local Route = {}
Route.__index = Route
Route.__name = "route"
Route.__tostring = function(self)
  return ("%s by %s from %s%s"):format(self.address, self.interface, self.source or "no address",
    self.gateway and " through " .. self.gateway or "")
end

--- The bytes of an address, of IPv4 or IPv6.
-- @param address as text
-- @return a string of 4 or 16 bytes, and the version: "ipv4" or "ipv6"; or nil: it is none
function route.bytes(address)
  local version = address:find(":", 1, true) and "ipv6" or "ipv4"
  local ok, part = pcall(layouts[version], { source = address })
  local made, m
  if ok then made, m = pcall(function() return part.memory end) end
  if not made then return nil end
  return version == "ipv4" and memory.tostring(m, 13, 16) or memory.tostring(m, 9, 24), version
end

--- The address of a name, by the system's resolver (LuaSocket), or of what is an address already.
-- @param name a name, or an address as text
-- @param version "ipv4" or "ipv6": of that alone; else of what comes first
-- @return the address and its version; or nil and a message
function route.lookup(name, version)
  local bytes, found = route.bytes((name:gsub("%%.*", "")))
  if bytes then
    if version and found ~= version then return nil, ("%s: no address of %s"):format(name, version) end
    return name, found
  end
  local ok, socket = pcall(require, "socket")
  if not ok then return nil, name .. ": to look up names, LuaSocket is needed (Debian: lua-socket)" end
  local list, why = socket.dns.getaddrinfo(name)
  for _, each in ipairs(list or {}) do
    found = each.family == "inet6" and "ipv6" or "ipv4"
    if not version or found == version then return each.addr, found end
  end
  return nil, ("%s: %s"):format(name, why or "no address of " .. version)
end

--- What pcap.interfaces knows of an interface; or nil and a message.
function route.interface(name)
  local list, why = pcap.interfaces()
  for _, each in ipairs(list or {}) do
    if each.name == name then return each end
  end
  return nil, why or name .. ": there is no such interface"
end

--- The way to an address.
-- @param address as text, of IPv4 or IPv6; one that is of a link may name it: "fe80::1%eth0"
-- @param interface by which; else the system's choice
-- @return a table with `address`, `version` ("ipv4", "ipv6"), `interface`, `mac`, `mtu`, `addresses`: the interface's,
-- `kind` ("unicast", "local": of this machine, "broadcast", "multicast", "anycast"), `source`: the own address,
-- `gateway`: the router's, or nil, `hop`: who gets the frames; or nil and a message
function route.to(address, interface)
  local zone
  address, zone = address:match "^([^%%]*)%%?(.*)$"
  if zone ~= "" then interface = interface or zone end
  local bytes, version = route.bytes(address)
  if not bytes then return nil, address .. ": no such address" end
  local device, self, why
  if interface then device, why = route.interface(interface) end
  if why then return nil, why end
  self, why = require("pktcraft_live").route(address, interface)
  if not self then return nil, why end
  if not device or device.name ~= self.interface then device, why = route.interface(self.interface) end
  if not device then return nil, why end
  self.address, self.version = address, version
  self.hop = self.gateway or address
  self.mac, self.mtu, self.addresses = device.mac, device.mtu, device.addresses
  return setmetatable(self, Route)
end

--- The solicited-node address of an IPv6 address (RFC 4291, section 2.7.1).
local function solicited(address)
  local a, b, c = route.bytes(address):byte(14, 16)
  return ("ff02::1:ff%02x:%02x%02x"):format(a, b, c)
end

--- The Ethernet address of a group (RFC 1112, section 6.4; RFC 2464, section 7).
local function group_mac(address)
  local a, b, c, d = route.bytes(address):byte(-4, -1)
  if address:find(":", 1, true) then return ("33:33:%02x:%02x:%02x:%02x"):format(a, b, c, d) end
  return ("01:00:5e:%02x:%02x:%02x"):format(b & 0x7f, c, d)
end

-- The own address of the link, of IPv6: what a router on it knows for sure; else the source.
local function of_link(self)
  for _, each in ipairs(self.addresses) do
    if each.address:find "^fe80:" then return each.address end
  end
  return self.source
end

-- Who has the next hop's address: the question, the expression that finds the answer, and who says it.
local function who_has(self)
  if not self.hop:find(":", 1, true) then
    return layouts.ethernet { source = self.mac, destination = "ff:ff:ff:ff:ff:ff" }
        / layouts.arp { senderhardware = self.mac, senderprotocol = self.version == "ipv4" and self.source or "0.0.0.0",
                        targetprotocol = self.hop },
      ("arp.operation == 2 and arp.senderprotocol == %s"):format(self.hop), "ARP"
  end
  local group = solicited(self.hop)
  return layouts.ethernet { source = self.mac, destination = group_mac(group) }
      / layouts.ipv6 { source = self.hop:find "^fe80:" and of_link(self) or self.source, destination = group,
                       hoplimit = 255 }
      / layouts.icmpv6 { type = "neighbor solicitation", target = self.hop,
                         options = { { type = "source link-layer", linklayer = self.mac } } },
    ("icmpv6.type == 136 and icmpv6.target == %s"):format(self.hop), "Neighbor Discovery"
end

--- Who answers: its Ethernet address.
local function answered(pkt)
  if pkt.arp then return pkt.arp.senderhardware end
  for option in pkt.icmpv6.options() do
    if option.type == 2 then return option.linklayer end
  end
  return pkt.ethernet.source
end

--- The Ethernet address that frames go to: that of a group, or of who has the next hop's address: what the system knows
-- of that, or says who is asked by ARP (RFC 826) or Neighbor Discovery (RFC 4861). It is kept in field `hopmac`.
-- @param seconds how long an answer is waited for (1)
-- @return the address; or nil and a message: nobody answers, or the interface is none of Ethernet
function Route:resolve(seconds)
  if self.hopmac then return self.hopmac end
  if self.kind == "multicast" then self.hopmac = group_mac(self.address)
  elseif self.kind == "broadcast" then self.hopmac = "ff:ff:ff:ff:ff:ff"
  elseif self.kind == "local" then self.hopmac = self.mac
  else self.hopmac = require("pktcraft_live").neighbour(self.hop, self.interface)
  end
  if self.hopmac then return self.hopmac end
  if not self.source then return nil, ("%s: no address of %s to send from"):format(self.interface, self.version) end
  local question, answer, by = who_has(self)
  local nic <close>, why = pcap.live(self.interface,
    { filter = "arp or icmp6", immediate = true, promiscuous = false, direction = "in" })
  if not nic then return nil, why end
  if nic.linktype ~= 1 then return nil, self.interface .. ": no interface of Ethernet" end
  for _ = 1, TRIES do
    local ok
    ok, why = nic:send(question)
    if not ok then return nil, why end
    local pkt = nic:packets(answer, (seconds or SECONDS) / TRIES)()
    if pkt then
      self.hopmac = answered(pkt)
      return self.hopmac
    end
  end
  return nil, ("%s: nobody on %s says by %s that it is there"):format(self.hop, self.interface, by)
end

-- Whether a variable of the kernel's is 1, for all interfaces or the loopback.
local function is_set(name)
  for _, each in ipairs { "all", "lo" } do
    local f <close> = io.open(("/proc/sys/net/ipv4/conf/%s/%s"):format(each, name))
    if f and f:read "n" == 1 then return true end
  end
  return false
end

-- Frames of IPv4 from an address of this machine to one of this machine are dropped, but where the kernel is told
-- otherwise (martian sources).
local function own(self)
  if self.kind ~= "local" or self.version ~= "ipv4" then return nil end
  if is_set "accept_local" and (is_set "route_localnet" or not self.address:find "^127%.") then return nil end
  return self.address .. " is this machine's own: Linux drops such frames (to let them in: "
    .. "sysctl -w net.ipv4.conf.lo.accept_local=1 net.ipv4.conf.lo.route_localnet=1)"
end

--- The headers that packets to the address begin with, up to IP; the next hop is asked for its address when first used.
-- @param fields of IP, such as `{ timetolive = 1 }`
-- @return a packet, for `/`; or nil and a message
function Route:header(fields)
  local problem = own(self)
  if problem then return nil, problem end
  local header = { source = self.source, destination = self.address }
  for key, value in pairs(fields or {}) do header[key] = value end
  local ip = layouts[self.version](header)
  if not self.mac then return ip end -- a tunnel, that takes packets of IP
  local mac, why = self:resolve()
  if not mac then return nil, why end
  return layouts.ethernet { source = self.mac, destination = mac } / ip
end

--- Opens the interface: as pcap.live.
function Route:open(options)
  return pcap.live(self.interface, options)
end

return route
