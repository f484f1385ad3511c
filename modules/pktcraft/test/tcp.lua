--- TCP by hand: the numbers are kept, all else is the test's.
-- @module pktcraft.test.tcp

local memory = require "memory"
local layouts = require "pktcraft.layouts"
local pattern = require "pktcraft.test.pattern"

local MASK <const> = 0xffffffff

local tcp = {}

--- The bytes of data of a segment; nil when it is none, or its header is broken.
function tcp.data(pkt)
  local first, last = pkt:range("tcp")
  if not first then return nil end
  local words = pkt.tcp.dataoffset
  if not words or words < 5 or first + 4 * words - 1 > last then return nil end
  return memory.tostring(pkt.memory, first + 4 * pkt.tcp.dataoffset, last)
end

--- What a segment takes of the sequence: its bytes of data, SYN and FIN (RFC 9293, section 3.4).
function tcp.length(pkt)
  local view = pkt.tcp
  return #(tcp.data(pkt) or "") + (view.syn and 1 or 0) + (view.fin and 1 or 0)
end

--- a - b of numbers that wrap, as a signed number.
function tcp.distance(a, b)
  local d = (a - b) & MASK
  return d >= 0x80000000 and d - 0x100000000 or d
end

-- Numbers of the sequence may be told past their end, and before their beginning: `t.rcv - 1`.
local function wrapped(key, value)
  local counts = key == "sequence" or key == "acknowledgment"
  return counts and math.type(value) == "integer" and value & MASK or value
end

local Tcp = {}
Tcp.__index = Tcp
Tcp.__name = "tcp peer"

--- One end of a connection, in the hands of a test. `fields`: `peer`, whose it is; `to`, the port of the host that is
-- tested; `port`, its own; `version` ("ipv4" or "ipv6"); `isn`, its initial sequence number; `window`; `acks`:
-- whether it acknowledges by itself what it expected (true). It knows `snd`, the next sequence number that it sends,
-- `rcv`, the next that it awaits, `acked`, what was acknowledged last, `theirs`, the window that was told last, and
-- `mss` of the other side.
function tcp.new(fields)
  local self = setmetatable({
    peer = fields.peer, to = fields.to, port = fields.port, version = fields.version or "ipv4",
    isn = fields.isn or 1000, window = fields.window or 65535, acks = fields.acks ~= false, options = fields.options,
  }, Tcp)
  if not self.port then
    local where = fields.peer.place
    where.free = where.free and where.free < 60000 and where.free + 1 or 40000
    self.port = where.free
  end
  self.snd = self.isn & MASK
  self.rcv = 0
  self.rest = "" -- data that receive has got, and not given
  return self
end

--- A segment with the numbers of now, but for what `fields` (of TCP; `ipv4` or `ipv6`: a table of fields of that)
-- say; flags are "A" else. Nothing changes.
function Tcp:segment(fields, data)
  local header = { source = self.port, destination = self.to, sequence = self.snd, flags = "A",
                   window = self.window }
  for key, value in pairs(fields or {}) do header[key] = wrapped(key, value) end
  local acks = tostring(header.flags):find("A", 1, true)
  if acks and header.acknowledgment == nil then header.acknowledgment = self.rcv end
  local ip = header[self.version]
  header[self.version] = nil
  local pkt = self.peer:header(self.version, ip) / layouts.tcp(header)
  return data and pkt / data or pkt
end

--- Sends a segment: `t:send("data")`, `t:send { flags = "FA" }`, `t:send({ sequence = t.snd - 5 }, "again")`. `snd`
-- moves on to what comes after it, unless it leaves a hole: then it stays. Gives the packet.
function Tcp:send(fields, data)
  if type(fields) ~= "table" then fields, data = { flags = "PA" }, fields end
  local pkt = self:segment(fields, data)
  local last = (pkt.tcp.sequence + tcp.length(pkt)) & MASK
  if tcp.distance(pkt.tcp.sequence, self.snd) <= 0 and tcp.distance(last, self.snd) > 0 then self.snd = last end
  self.peer:send(pkt)
  return pkt
end

-- What segments of the connection match, `expected` being fields of TCP, `data`, and layers and members of the
-- packet.
local function segment_of(self, expected)
  local whole = { tcp = { source = self.to, destination = self.port } }
  for key, value in pairs(expected or {}) do
    if key == "data" then
      whole[1] = pattern.of("tcp.data", tcp.data, value)
    elseif key == "ipv4" or key == "ipv6" or key == "payload" or key == "length" then
      whole[key] = value
    else
      whole.tcp[key] = wrapped(key, value)
    end
  end
  whole[self.version] = whole[self.version] or {}
  return whole
end

-- Keeps account of a segment that came.
local function take(self, pkt)
  local view, length = pkt.tcp, tcp.length(pkt)
  self.theirs = view.window
  if view.ack then self.acked = view.acknowledgment end
  if view.syn then
    self.rcv = view.sequence
    self.mss = view.options and view.options.mss
  end
  if length > 0 and tcp.distance(view.sequence, self.rcv) <= 0 then
    local last = (view.sequence + length) & MASK
    if tcp.distance(last, self.rcv) > 0 then self.rcv = last end
  end
end

--- Waits for a segment of the connection, as peer:expect. `expected`: fields of TCP, as `{ flags = "A",
-- acknowledgment = t.snd }`; `data`, its bytes or a function of them; `ipv4`, `ipv6`. What is new in it is
-- acknowledged, unless `acks` is false.
function Tcp:expect(expected, options)
  local pkt, bound = self.peer:expect(segment_of(self, expected), options)
  if not pkt then return nil end
  take(self, pkt)
  if self.acks and tcp.length(pkt) > 0 and not pkt.tcp.syn then self:send { flags = "A" } end
  return pkt, bound
end

--- As peer:expect_none, of segments of the connection.
function Tcp:expect_none(expected, options)
  return self.peer:expect_none(segment_of(self, expected), options)
end

--- Opens the connection: SYN, SYN/ACK, ACK (RFC 9293, section 3.5). `fields` go into the SYN: `{ options = { { mss =
-- 1460 } } }`. Gives the SYN/ACK.
function Tcp:connect(fields, options)
  local syn = { flags = "S", options = self.options }
  for key, value in pairs(fields or {}) do syn[key] = value end
  self:send(syn)
  local pkt = self:expect({ flags = "SA", acknowledgment = self.snd }, options)
  self:send { flags = "A" }
  return pkt
end

--- Waits for a connection to its port, and opens it: SYN, SYN/ACK, ACK. Gives the SYN. The other side's port is then
-- `to`.
function Tcp:accept(fields, options)
  self.to = nil
  local syn = self.peer:expect({ tcp = { destination = self.port, flags = "S" }, [self.version] = {} }, options)
  self.to = syn.tcp.source
  take(self, syn)
  local answer = { flags = "SA", options = self.options }
  for key, value in pairs(fields or {}) do answer[key] = value end
  self:send(answer)
  self:expect({ flags = "A", acknowledgment = self.snd }, options)
  return syn
end

--- Waits for `n` bytes of data in their order, acknowledges them, and gives them. What came with them is kept for the
-- next call.
function Tcp:receive(n, options)
  local parts, have = { self.rest }, #self.rest
  while have < n do
    local before = self.rcv
    local pkt = self:expect({ data = function(data) return #data > 0 end }, options)
    local data = tcp.data(pkt)
    local new = tcp.distance(self.rcv, before) - (pkt.tcp.fin and 1 or 0)
    new = math.max(0, math.min(#data, new))
    parts[#parts + 1] = data:sub(#data - new + 1)
    have = have + new
  end
  local all = table.concat(parts)
  self.rest = all:sub(n + 1)
  return all:sub(1, n)
end

--- Ends the connection from this side: FIN, their ACK and FIN, in one or two segments, ACK.
function Tcp:close(options)
  self:send { flags = "FA" }
  local pkt = self:expect({ acknowledgment = self.snd }, options)
  while not pkt.tcp.fin do pkt = self:expect({}, options) end
end

--- Resets it.
function Tcp:reset()
  self:send { flags = "RA" }
end

return tcp
