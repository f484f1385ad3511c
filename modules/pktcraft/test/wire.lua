--- The virtual link: frames go from Lua to Lua, by a clock that stands still until nothing more is to be done. What
-- happens is the same each time, needs no privilege, and takes no time.
-- @module pktcraft.test.wire

local place = require "pktcraft.test.place"

local Wire = setmetatable({}, { __index = place.class })
Wire.__index = Wire
Wire.__name = "virtual link"
Wire.__close, Wire.__gc = place.class.__close, place.class.__gc

local wire = {}

local MOST <const> = 20000 -- frames that arrive at one time: more is a loop

-- Numbers from 0 to 1, the same for the same seed (xorshift64*, Vigna 2016).
local function random(seed)
  local state = (seed or 1) * 0x9E3779B97F4A7C15 | 1
  return function()
    state = state ~ (state >> 12)
    state = state ~ (state << 25)
    state = state ~ (state >> 27)
    return ((state * 0x2545F4914F6CDD1D) >> 11) / 2.0 ^ 53
  end
end

--- A new virtual link. Options: `latency` (seconds, 0), `jitter` (as much more at most, 0; frames may then come in
-- another order), `loss`, `duplication`, `reordering` (how likely, 0 to 1: a frame that is reordered comes after the
-- next), `seed` (1), and `host`: a table with what a Lua host on it is to serve (see pktcraft.test.host), or true.
function wire.new(options)
  options = options or {}
  place.known(options, "latency", "jitter", "loss", "duplication", "reordering", "seed", "host", "within")
  local self = place.new(Wire, {
    name = "virtual link", kind = "wire", linktype = 1, clock = 0, queue = {}, head = 1, tail = 0, count = 0,
    ports = {},
    latency = options.latency or 0, jitter = options.jitter or 0, loss = options.loss or 0,
    duplication = options.duplication or 0, reordering = options.reordering or 0, random = random(options.seed),
    within = options.within,
  })
  self.host = { mac = "02:00:00:00:00:01", ipv4 = "10.9.0.1", ipv6 = "fd09::1" }
  if options.host then
    local host = require("pktcraft.test.host").new(self, options.host == true and {} or options.host)
    for key, value in pairs(self.host) do host[key] = host[key] or value end
    self.host = host
    host:start()
  end
  return self
end

function Wire:now()
  return self.clock
end

-- ns, as frames have it: that of the clock, from 2000-01-01 on.
function Wire:time()
  return 946684800 * 1000000000 + math.floor(self.clock * 1e9 + 0.5)
end

--- The addresses that peer number `n` has, unless it is given others.
function Wire.address(_, peer, _, n)
  peer.mac = ("02:00:00:00:01:%02x"):format(n)
  peer.ipv4 = ("10.9.0.%d"):format(n + 1)
  peer.ipv6 = ("fd09::%x"):format(n + 1)
end

--- A new port: frames that come to it are handed to its peers, or to `take(bytes)`.
function Wire:attach(_, fields)
  local port = fields.port or { take = fields.take }
  for _, other in ipairs(self.ports) do
    if other == port then return port end
  end
  table.insert(self.ports, port)
  return port
end

function Wire:mac_of(address)
  if not address or address == self.host.ipv4 or address == self.host.ipv6 then return self.host.mac end
  for _, peer in ipairs(self.peers) do
    if address == peer.ipv4 or address == peer.ipv6 then return peer.mac end
  end
  return place.group_mac(address) or self.host.mac
end

-- Puts a frame among those under way, which are in the order of their arrival.
local function insert(self, at, bytes, port)
  local queue, k = self.queue, self.tail
  self.tail = k + 1
  while k >= self.head and queue[k].at > at do
    queue[k + 1] = queue[k]
    k = k - 1
  end
  queue[k + 1] = { at = at, bytes = bytes, port = port }
end

--- Sends a frame from a port to all others.
function Wire:transmit(from, bytes)
  for _, port in ipairs(self.ports) do
    if port ~= from then
      local copies = self.duplication > 0 and self.random() < self.duplication and 2 or 1
      for _ = 1, copies do
        if self.loss == 0 or self.random() >= self.loss then
          local at = self.clock + self.latency
          if self.jitter > 0 then at = at + self.random() * self.jitter end
          if self.reordering > 0 and self.random() < self.reordering then at = at + self.latency + 0.001 end
          insert(self, at, bytes, port)
        end
      end
    end
  end
end

--- Hands out the frames that have arrived: whether there were any.
function Wire:receive()
  local moved, queue = false, self.queue
  while queue[self.head] and queue[self.head].at <= self.clock do
    local frame = queue[self.head]
    queue[self.head] = nil
    self.head = self.head + 1
    self.count = self.count + 1
    if self.count > MOST then
      self.count = 0
      error(("the virtual link: %d frames at one time: do peers answer each other for ever?"):format(MOST), 0)
    end
    moved = true
    if frame.port.take then
      frame.port.take(frame.bytes)
    else
      self:deliver(frame.port, frame.bytes)
    end
  end
  return moved
end

function Wire:idle(limit)
  local next = self.queue[self.head]
  if next and next.at < limit then limit = next.at end
  if limit == math.huge then error("the virtual link waits for ever: nothing is under way, and no time is set", 0) end
  if limit > self.clock then self.clock, self.count = limit, 0 end
end

--- Calls a function where the tested side is: here, as it is.
function Wire.call(_, f, ...)
  return f(...)
end

return wire
