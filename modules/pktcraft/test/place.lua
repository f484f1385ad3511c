--- Where conversations take place: what is common to the virtual link, the kernel in a namespace, and a real
-- interface.
--
-- A place has a clock, frames that wait, timers, and tasks (coroutines). Whoever waits has all of them go on. Time
-- is in seconds, of a clock of the place's own.
-- @module pktcraft.test.place

local memory = require "memory"
local layouts = require "pktcraft.layouts"
local pcap = require "pktcraft.pcap"
local report = require "pktcraft.test.report"

local LOGGED <const> = 20000 -- frames of a conversation that are kept

local place = {}

local Place = {}
Place.__index = Place
Place.__name = "place"
place.class = Place

--- A new place of a class that inherits from place.class; it is to have now(), idle(until), receive() and
-- transmit(port, bytes).
function place.new(class, fields)
  fields.peers = {}   -- in the order of their making
  fields.tasks = {}   -- by coroutine: { deadline = }
  fields.order = {}   -- the coroutines, in their order
  fields.timers = {}
  fields.log = {}     -- all frames of the conversation
  local self = setmetatable(fields, class)
  report.enter(self)
  return self
end

-- --- the conversation

--- Notes a frame: `peer` sent or (`received`) got it. Of very long conversations the beginning is forgotten.
function Place:note(peer, bytes, received)
  local log = self.log
  if #log == LOGGED then
    table.move(log, LOGGED // 2 + 1, LOGGED, 1)
    for k = #log, LOGGED // 2 + 1, -1 do log[k] = nil end
  end
  log[#log + 1] = { bytes = bytes, time = self:time(), peer = peer.name, received = received }
end

--- Puts a comment into the conversation, beside its last frame.
function Place:comment(text)
  local last = self.log[#self.log]
  if last then last.comment = last.comment and last.comment .. "\n" .. text or text end
end

--- Writes the conversation as a pcapng file, with comments, and each frame's direction as seen from the peers: true,
-- or nil and a message.
function Place:save(path)
  local out, message = pcap.create(path, {
    format = "pcapng",
    interfaces = { { linktype = self.linktype, if_name = self.name, if_tsresol = 9 } },
  })
  if not out then return nil, message end
  for _, frame in ipairs(self.log) do
    local comment = ("%s %s"):format(frame.peer, frame.received and "receives" or "sends")
    if frame.comment then comment = comment .. "\n" .. frame.comment end
    local options = { comment = comment, epb_flags = frame.received and 1 or 2 }
    local ok, why = out:write(frame.bytes, frame.time, nil, options)
    if not ok then return nil, why end
  end
  return out:close()
end

-- --- time, and what happens in it

--- Ends a wait that found nothing, or a test: the conversation is saved, and the error says where.
function Place:fail(message)
  report.fail(self, message)
end

--- Has `f` called after so many seconds. What is given back has a method `stop`.
function Place:after(seconds, f)
  local timer = { at = self:now() + seconds, f = f }
  timer.stop = function() timer.f = nil end
  table.insert(self.timers, timer)
  return timer
end

-- Runs the timers whose time has come: whether there were any.
function Place:ring()
  local now, rang = self:now(), false
  local k = 1
  while k <= #self.timers do
    local timer = self.timers[k]
    if not timer.f then
      table.remove(self.timers, k)
    elseif timer.at <= now then
      table.remove(self.timers, k)
      timer.f()
      rang = true
      k = 1 -- it may have set or stopped others
    else
      k = k + 1
    end
  end
  return rang
end

-- When the next timer rings, or the next task gives up.
function Place:horizon(limit)
  for _, timer in ipairs(self.timers) do
    if timer.f and timer.at < limit then limit = timer.at end
  end
  for _, task in pairs(self.tasks) do
    if task.deadline and task.deadline < limit then limit = task.deadline end
  end
  return limit
end

--- Hands a frame that came in by `port` to those of its peers that it is for.
function Place:deliver(port, bytes)
  local takers, names = {}, {}
  for _, peer in ipairs(self.peers) do
    if peer.port == port and peer:wants(bytes) then
      takers[#takers + 1], names[#names + 1] = peer, peer.name
    end
  end
  self:note({ name = #names > 0 and table.concat(names, ", ") or "nobody" }, bytes, true)
  for _, peer in ipairs(takers) do peer:take(bytes) end
end

-- Lets each task go on: whether one has ended.
function Place:resume()
  local ended = false
  for _, co in ipairs { table.unpack(self.order) } do
    if self.tasks[co] and coroutine.status(co) == "suspended" then
      local ok, message = coroutine.resume(co)
      if coroutine.status(co) == "dead" then
        self.tasks[co] = nil
        for k, other in ipairs(self.order) do
          if other == co then table.remove(self.order, k) break end
        end
        ended = true
        if not ok then error(message, 0) end
      end
    end
  end
  return ended
end

-- Goes on a step: what is there is handed out; or time passes, till `limit` at most.
function Place:step(limit)
  local moved = self:receive()
  moved = self:ring() or moved
  moved = self:resume() or moved
  if not moved then self:idle(self:horizon(limit)) end
end

--- Waits until `ready()` gives something that is neither nil nor false, and gives it; nil after so many seconds (1).
-- What it waits for is looked at whenever a frame came, and (`often`) every so many seconds.
function Place:wait(ready, seconds, often)
  local deadline = self:now() + (seconds or 1)
  while true do
    local value = ready()
    if value then return value end
    local now = self:now()
    if now >= deadline then return nil end
    local limit = often and math.min(deadline, now + often) or deadline
    local task = self.tasks[coroutine.running()]
    if task then
      task.deadline = limit
      coroutine.yield()
      task.deadline = nil
    else
      self:step(limit)
    end
  end
end

--- Lets so much time pass; frames go on.
function Place:sleep(seconds)
  self:wait(function() end, seconds)
end

--- Runs functions side by side, as coroutines that go on while others wait; ends when all have. Errors are raised.
function Place:together(...)
  local mine = {}
  for k, f in ipairs { ... } do
    local co = coroutine.create(f)
    self.tasks[co] = {}
    table.insert(self.order, co)
    mine[k] = co
  end
  local function ended()
    for _, co in ipairs(mine) do
      if self.tasks[co] then return false end
    end
    return true
  end
  local ok, message = pcall(self.wait, self, ended, math.huge)
  for _, co in ipairs(mine) do -- of which one has failed: the others do not go on
    self.tasks[co] = nil
    for k = #self.order, 1, -1 do
      if self.order[k] == co then table.remove(self.order, k) end
    end
  end
  if not ok then error(message, 0) end
end

--- A new peer of the place: see pktcraft.test.peer.
function Place:peer(fields)
  local peer = require("pktcraft.test.peer").new(self, fields or {}, #self.peers + 1)
  table.insert(self.peers, peer)
  return peer
end

--- The Ethernet address of a group's or the broadcast IP address (RFC 1112, RFC 2464), or nil.
function place.group_mac(address)
  if type(address) ~= "string" then return nil end
  if address == "255.255.255.255" then return "ff:ff:ff:ff:ff:ff" end
  local a, b, c, d = address:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$")
  if a then
    a, b, c, d = tonumber(a), tonumber(b), tonumber(c), tonumber(d)
    return a >= 224 and a < 240 and ("01:00:5e:%02x:%02x:%02x"):format(b & 0x7f, c, d) or nil
  end
  if not address:match("^[fF][fF]") then return nil end
  local bytes = place.bytes(layouts.ipv6 { source = address })
  return ("33:33:%02x:%02x:%02x:%02x"):format(bytes:byte(21, 24))
end

--- The bytes of a packet, string or memory.
function place.bytes(pkt)
  if type(pkt) == "string" then return pkt end
  if memory.type(pkt) then return memory.tostring(pkt) end
  local ok, bytes = pcall(function() return memory.tostring(pkt.memory) end)
  if not ok then report.wrong(("packet, string or memory expected, got %s: %s"):format(type(pkt), bytes)) end
  return bytes
end

--- Refuses options that are not among those named.
function place.known(options, ...)
  if options == nil then return end
  if type(options) ~= "table" then report.wrong(("table of options expected, got %s"):format(type(options))) end
  for key in pairs(options) do
    local found = false
    for k = 1, select("#", ...) do found = found or select(k, ...) == key end
    if not found then report.wrong(("unknown option '%s'"):format(tostring(key))) end
  end
end

function Place:close(problem)
  if self.closed then return end
  self.closed = true
  if problem ~= nil then report.problem(self, problem) end
  report.leave(self)
  if self.release then self:release() end
end

Place.__close = Place.close
Place.__gc = function(self) if not self.closed and self.release then self:release() end end

return place
