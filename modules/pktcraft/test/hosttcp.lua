--- TCP of the host in Lua (RFC 9293): connections that are served or begun; what is lost is sent again. Without
-- windows to speak of, congestion control and options but the MSS: it is there to be talked to, not to be fast.
-- @module pktcraft.test.hosttcp

local layouts = require "pktcraft.layouts"
local tcp = require "pktcraft.test.tcp"

local MASK <const> = 0xffffffff
local RTO <const> = 0.2  -- seconds, doubled each time,
local TRIES <const> = 7  -- so many times

local hosttcp = {}

local Connection = {}
Connection.__index = Connection

local function key_of(version, address, port, own)
  return ("%s %s %d %d"):format(version, address, port, own)
end

local function isn(host)
  return math.floor(host.place.random() * 2 ^ 32) & MASK
end

local function new(host, version, address, port, own)
  local self = setmetatable({
    host = host, place = host.place, version = version, address = address, port = port, own = own, mss = 536,
    snd = isn(host), rcv = 0, flight = {}, waiting = "", buffer = "", window = 65535, state = "closed",
  }, Connection)
  self.una = self.snd
  host.connections[key_of(version, address, port, own)] = self
  return self
end

-- Sends a segment.
local function emit(self, flags, data, sequence, options)
  local header = { source = self.own, destination = self.port, sequence = sequence or self.snd, flags = flags,
                   acknowledgment = flags:find("A", 1, true) and self.rcv or 0, options = options }
  local pkt = self.host:header(self.version, { destination = self.address }) / layouts.tcp(header)
  self.host:send(data and data ~= "" and pkt / data or pkt)
end

local function forget(self)
  self.state = "closed"
  if self.timer then self.timer.stop() end
  self.host.connections[key_of(self.version, self.address, self.port, self.own)] = nil
end

-- Sends again what has not been acknowledged, after a time.
local function watch(self)
  if self.timer then self.timer.stop() end
  self.timer = nil
  local first = self.flight[1]
  if not first then return end
  self.timer = self.place:after(RTO * 2 ^ first.tries, function()
    first.tries = first.tries + 1
    if first.tries == TRIES then return forget(self) end
    emit(self, first.flags, first.data, first.sequence, first.options)
    watch(self)
  end)
end

-- Sends what takes of the sequence, and keeps it until it is acknowledged.
local function put(self, flags, data, options)
  local length = #data + (flags:find("[SF]") and 1 or 0)
  table.insert(self.flight, { flags = flags, data = data, sequence = self.snd, options = options, tries = 0,
                              last = (self.snd + length) & MASK })
  emit(self, flags, data, nil, options)
  self.snd = (self.snd + length) & MASK
  if not self.timer then watch(self) end
end

-- Sends what waits, as far as the other side's window allows.
local function flush(self)
  while self.waiting ~= "" do
    local room = tcp.distance((self.una + self.window) & MASK, self.snd)
    local n = math.min(self.mss, #self.waiting, room)
    if n <= 0 then break end
    local data = self.waiting:sub(1, n)
    self.waiting = self.waiting:sub(n + 1)
    put(self, "PA", data)
  end
  if self.waiting == "" and self.closing and not self.finished then
    self.finished = true
    put(self, "FA", "")
  end
end

local function acknowledge(self, view)
  self.window = view.window
  if tcp.distance(view.acknowledgment, self.una) > 0 and tcp.distance(view.acknowledgment, self.snd) <= 0 then
    self.una = view.acknowledgment
    while self.flight[1] and tcp.distance(self.flight[1].last, self.una) <= 0 do table.remove(self.flight, 1) end
    watch(self)
  end
  local opening = self.state == "syn-received" or self.state == "syn-sent"
  if opening and self.una == self.snd then
    self.state = "established"
    if self.listener then table.insert(self.listener.waiting, self) end
  end
end

-- Takes data, and the end of the other side's.
local function receive(self, pkt)
  local view, data = pkt.tcp, tcp.data(pkt)
  local skip = tcp.distance(self.rcv, view.sequence)
  if tcp.length(pkt) == 0 then return end
  if skip < 0 or skip >= tcp.length(pkt) then return emit(self, "A") end -- too early, or known
  data = data:sub(skip + 1)
  self.rcv = (view.sequence + tcp.length(pkt)) & MASK
  emit(self, "A")
  if data ~= "" then
    if self.f then
      local reply = self.f(data)
      if reply then self.waiting = self.waiting .. reply end
    else
      self.buffer = self.buffer .. data
    end
  end
  if view.fin then
    self.ended = true
    if self.f then self.closing = true end
  end
end

-- A segment that belongs to no connection (RFC 9293, section 3.10.7.1).
local function refuse(host, pkt, version)
  local view = pkt.tcp
  if view.rst then return nil end
  local header = { source = view.destination, destination = view.source }
  if view.ack then
    header.flags, header.sequence = "R", view.acknowledgment
  else
    header.flags, header.sequence = "RA", 0
    header.acknowledgment = (view.sequence + tcp.length(pkt)) & MASK
  end
  return host:header(version, { destination = pkt[version].source }) / layouts.tcp(header)
end

--- Takes a segment; what it gives is sent.
function hosttcp.take(host, pkt, version)
  local view = pkt.tcp
  if not tcp.data(pkt) then return nil end -- a broken header
  local key = key_of(version, pkt[version].source, view.source, view.destination)
  local self = host.connections[key]
  if not self then
    local f = host.tcp[view.destination]
    if not f or not view.syn or view.ack or view.rst then return refuse(host, pkt, version) end
    self = new(host, version, pkt[version].source, view.source, view.destination)
    if type(f) == "table" then self.listener = f else self.f = f end
    self.rcv, self.mss = (view.sequence + 1) & MASK, (view.options and view.options.mss) or 536
    self.window, self.state = view.window, "syn-received"
    return put(self, "SA", "", { { mss = 1460 } })
  end
  if view.rst then
    if self.state == "syn-sent" or view.sequence == self.rcv then
      self.refused = true
      forget(self)
    else
      emit(self, "A") -- RFC 5961, section 3.2
    end
    return nil
  end
  if view.syn and self.state == "syn-sent" then
    self.rcv, self.mss = (view.sequence + 1) & MASK, (view.options and view.options.mss) or 536
    acknowledge(self, view)
    emit(self, "A")
  elseif view.syn then
    emit(self, self.state == "syn-received" and "SA" or "A", "", self.state == "syn-received" and self.una or nil)
    return nil
  elseif view.ack then
    acknowledge(self, view)
    receive(self, pkt)
  end
  flush(self)
  if self.finished and self.ended and #self.flight == 0 then forget(self) end
end

--- Begins a connection.
function hosttcp.connect(host, address, port)
  host.ephemeral = (host.ephemeral or 49151) + 1
  local self = new(host, address:find(":", 1, true) and "ipv6" or "ipv4", address, port, host.ephemeral)
  self.state = "syn-sent"
  put(self, "S", "", { { mss = 1460 } })
  return self
end

local Listener = {}
Listener.__index = Listener

--- Listens on a port, as the kernel of pktcraft.test.kernelhost does.
function hosttcp.listen(host, port)
  host.tcp[port] = setmetatable({ host = host, port = port, waiting = {} }, Listener)
  return host.tcp[port]
end

function Listener:accept(seconds)
  self.host.place:wait(function() return self.waiting[1] end, seconds or 1)
  return table.remove(self.waiting, 1)
end

function Listener:close()
  self.host.tcp[self.port] = nil
end

--- The same as connections of pktcraft.test.kernelhost: send, receive, shutdown, close.
function Connection:send(data)
  self.waiting = self.waiting .. data
  if self.state == "established" then flush(self) end
end

function Connection:receive(n, seconds)
  n = n or 1
  self.place:wait(function() return #self.buffer >= n or self.ended or self.state == "closed" end, seconds or 1)
  if #self.buffer < n then
    if self.refused then return nil, "connection refused" end
    return nil, (self.ended or self.state == "closed") and "closed" or "timeout"
  end
  local data = self.buffer
  self.buffer = ""
  return data
end

function Connection:shutdown()
  self.closing = true
  if self.state == "established" then flush(self) end
end

Connection.close = Connection.shutdown

return hosttcp
