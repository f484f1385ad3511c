--- Real interfaces as places: that of a name, or a TAP device in a network namespace of its own, where the system's
-- kernel is the host that is tested.
-- @module pktcraft.test.real

local memory = require "memory"
local pcap = require "pktcraft.pcap"
local place = require "pktcraft.test.place"
local report = require "pktcraft.test.report"

local real = {}

local ROUND <const> = 256 -- frames that are taken before time is looked at again

local Real = setmetatable({}, { __index = place.class })
Real.__index = Real
Real.__name = "interface"
Real.__close, Real.__gc = place.class.__close, place.class.__gc

function Real.now()
  return pcap.clock() / 1e9
end

function Real.time()
  return pcap.clock "real"
end

--- Peers share the interface.
function Real:attach()
  return self.nic
end

function Real:mac_of(address)
  for _, peer in ipairs(self.peers) do
    if address and (address == peer.ipv4 or address == peer.ipv6) then return peer.mac end
  end
  local group = address and place.group_mac(address)
  return group or self.host and self.host.mac or "ff:ff:ff:ff:ff:ff"
end

--- Sends a frame; other peers, who share the wire, get it too if it is for them.
function Real:transmit(_, bytes, from)
  local ok, why = self.nic:send(bytes)
  if not ok then error(why, 0) end
  for _, peer in ipairs(self.peers) do
    if peer ~= from and peer:wants(bytes) then table.insert(self.passing, { peer, bytes }) end
  end
end

--- Hands out the frames that are there, and has the servers do their work: whether there was anything.
function Real:receive()
  local moved = false
  if self.closed then return moved end
  while self.passing[1] do
    local peer, bytes = table.unpack(table.remove(self.passing, 1))
    self:note(peer, bytes, true)
    peer:take(bytes)
    moved = true
  end
  for _ = 1, ROUND do
    local time, why = self.nic:next(self.frame, 0)
    if not time and why ~= "timeout" then error(why, 0) end
    if not time then break end
    self:deliver(self.nic, memory.tostring(self.frame))
    moved = true
  end
  if self.host and self.host.work then moved = self.host:work() or moved end
  return moved
end

function Real:idle(limit)
  local list = { self.nic }
  if self.host and self.host.sockets then table.move(self.host.sockets, 1, #self.host.sockets, 2, list) end
  pcap.wait(list, math.max(0, math.min(limit - self:now(), 0.25)))
end

function Real:release()
  self.nic:close()
end

local function new(class, nic, fields)
  fields.nic = nic
  fields.name = nic.name
  fields.linktype = nic.linktype
  fields.frame = memory.create()
  fields.passing = {} -- frames of peers for others, which have not been handed out
  return place.new(class, fields)
end

--- An interface of the system, or nil and a message. `options.host`: addresses of who is tested: `mac`, `ipv4`,
-- `ipv6`; the others are those of pcap.live. Peers must be given addresses; their MAC address is the interface's.
function real.interface(name, options)
  local open = { immediate = true, direction = "in" }
  for key, value in pairs(options or {}) do
    if key ~= "host" and key ~= "within" then open[key] = value end
  end
  local nic, why = pcap.live(name, open)
  if not nic then return nil, why end
  return new(Real, nic, { kind = "interface", host = options and options.host, within = options and options.within })
end

function Real:address(peer)
  peer.mac = self.nic.mac
end

--- Calls a function where the tested side is: here.
function Real.call(_, f, ...)
  return f(...)
end

-- --- the kernel in a namespace

local Kernel = setmetatable({}, { __index = Real })
Kernel.__index = Kernel
Kernel.__name = "kernel"
Kernel.__close, Kernel.__gc = place.class.__close, place.class.__gc

function Kernel.address(_, peer, _, n)
  peer.mac = ("02:00:00:00:01:%02x"):format(n)
  peer.ipv4 = ("10.9.0.%d"):format(n + 1)
  peer.ipv6 = ("fd09::%x"):format(n + 1)
end

function Kernel:call(f, ...)
  return self.namespace:call(f, ...)
end

--- Runs a shell command in the namespace: its output, or nil and what it said.
function Kernel:run(command)
  return self:call(function()
    local name = os.tmpname()
    local pipe = io.popen(("{ %s\n} 2>%s"):format(command, name))
    local output = pipe:read "a"
    local ok = pipe:close()
    local f = io.open(name)
    local said = f and f:read "a" or ""
    if f then f:close() end
    os.remove(name)
    if ok then return output end
    return nil, said ~= "" and said or output
  end)
end

--- Sets a variable of the kernel (sysctl(8)) in the namespace; without a value, gives it.
function Kernel:sysctl(name, value)
  return self:call(function()
    local path = "/proc/sys/" .. name:gsub("%.", "/")
    local f = assert(io.open(path, value == nil and "r" or "w"))
    if value == nil then
      local text = f:read "l"
      f:close()
      return text
    end
    assert(f:write(tostring(value)))
    assert(f:close())
  end)
end

function Kernel:release()
  if self.host.sockets then self.host:shut() end
  self.nic:close()
  self.namespace:close()
end

-- Whether the namespace takes what is sent to fd09::1: the route to that is made some time after the address.
local function has_address()
  local file = io.open "/proc/thread-self/net/ipv6_route"
  if not file then return true end
  local text = file:read "a"
  file:close()
  return ("\n" .. text):find("\nfd09" .. ("0"):rep(27) .. "1 80 ", 1, true) ~= nil
end

--- The kernel of this machine, in a network namespace of its own, at the other end of a TAP device; or nil and why
-- not. Options: `mtu`; `sysctl`, a table of variables by name; `ipv6 = "auto"`: it finds addresses by itself, and
-- sends what goes with that; `mac`; `up` (shell commands that are run at the end, "ip route add default via
-- 10.9.0.2"). It has 10.9.0.1/24 and fd09::1/64, on the interface tap0.
function real.kernel(options)
  options = options or {}
  place.known(options, "mtu", "mac", "sysctl", "ipv6", "up", "within")
  local namespace, why = pcap.namespace()
  if not namespace then return nil, why end
  local nic
  local tap = { up = false, mtu = options.mtu, mac = options.mac or "02:00:00:00:00:01" }
  nic, why = namespace:call(pcap.tap, "tap0", tap)
  if not nic then return nil, why end
  local self = new(Kernel, nic, { kind = "kernel", namespace = namespace, within = options.within })
  local addresses = { mac = nic.mac, ipv4 = "10.9.0.1", ipv6 = "fd09::1" }
  self.host = require("pktcraft.test.kernelhost").new(self, addresses)
  local set = {}
  if options.ipv6 ~= "auto" then -- it says nothing by itself
    set["net.ipv6.conf.tap0.addr_gen_mode"], set["net.ipv6.conf.tap0.router_solicitations"] = 1, 0
  end
  for name, value in pairs(options.sysctl or {}) do set[name] = value end
  local ok, problem = pcall(function()
    for name, value in pairs(set) do self:sysctl(name, value) end
  end)
  if not ok then
    self:close()
    report.wrong(tostring(problem))
  end
  ok, why = self:run "ip addr add 10.9.0.1/24 dev tap0 && ip addr add fd09::1/64 dev tap0 nodad && ip link set tap0 up"
  local deadline = self:now() + 5
  while ok and not self:call(has_address) do -- frames are left where they are, until there are peers
    pcap.wait({}, 0.001)
    if self:now() > deadline then ok, why = nil, "fd09::1 does not get ready" end
  end
  if not ok then
    self:close()
    return nil, "ip: " .. why
  end
  if options.up then ok, why = self:run(options.up) end
  if ok then return self end
  self:close()
  return report.wrong(("%s: %s"):format(options.up, why))
end

return real
