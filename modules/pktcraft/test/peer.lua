--- Peers: stations that a test speaks for. They send what they are told, keep what comes for them, and answer by
-- themselves what they were told to answer.
-- @module pktcraft.test.peer

local packet = require "pktcraft.packet"
local layouts = require "pktcraft.layouts"
local pattern = require "pktcraft.test.pattern"
local place = require "pktcraft.test.place"
local report = require "pktcraft.test.report"

local ASIDE <const> = 200 -- frames that are kept to be printed
local SHOWN <const> = 20  -- and those that are

local peer = {}

local Peer = {}
Peer.__index = Peer
Peer.__name = "peer"
Peer.__tostring = function(self)
  return ("%s (%s)"):format(self.name, self.ipv4 or self.ipv6 or self.mac or "no address")
end

--- The bytes of a MAC address.
local function mac_bytes(text)
  return place.bytes(layouts.ethernet { destination = text }):sub(1, 6)
end

-- An address as views give it, which frames are compared with.
local function canonical(layer, text)
  local ok, found = pcall(function() return layouts[layer] { source = text }[layer].source end)
  if not ok then report.wrong(("no address of %s: %s"):format(layer, tostring(text))) end
  return found
end

--- A new peer: number `n` of its place. What is not given in `fields` the place gives: name, mac, ipv4, ipv6. `silent
-- = true`: it answers no ARP request and no neighbor solicitation; `promiscuous = true`: it gets frames for others.
function peer.new(where, fields, n)
  place.known(fields, "name", "mac", "ipv4", "ipv6", "silent", "promiscuous", "within")
  local self = setmetatable({
    place = where, name = fields.name or "peer" .. n, answers = {}, inbox = {}, first = 1, last = 0,
    aside = {}, waiting = {},
    expected = setmetatable({}, { __mode = "k" }), within = fields.within, promiscuous = fields.promiscuous,
  }, Peer)
  where:address(self, fields, n)
  for key, layer in pairs { mac = "ethernet", ipv4 = "ipv4", ipv6 = "ipv6" } do
    if fields[key] then
      self[key] = canonical(layer, fields[key])
    elseif fields[key] == false then
      self[key] = nil
    end
  end
  if self.mac then self.macbytes = mac_bytes(self.mac) end
  self.port = where:attach(self, fields)
  if not fields.silent then
    local answers = require "pktcraft.test.answers"
    if self.mac and self.ipv4 then self:answer(answers.arp()) end
    if self.mac and self.ipv6 then self:answer(answers.nd()) end
  end
  return self
end

-- --- packets of its own

--- An Ethernet header from this peer, to the host that is tested or who has the address of `to`.
function Peer:ethernet(fields, to)
  fields = fields or {}
  local header = { source = self.mac, destination = self.place:mac_of(to) }
  for key, value in pairs(fields) do header[key] = value end
  return layouts.ethernet(header)
end

--- The headers up to IP, version "ipv4" or "ipv6", from this peer to the host that is tested, but for what `fields`
-- say.
function Peer:header(version, fields)
  local host = self.place.host
  local header = { source = self[version], destination = host and host[version] }
  for key, value in pairs(fields or {}) do header[key] = value end
  local part = layouts[version](header)
  if self.place.linktype ~= 1 then return part end
  return self:ethernet(nil, header.destination) / part
end

--- The headers up to IPv4, and IPv6: `peer:ip { ttl = 1 } / udp { destination = 33434 }`.
function Peer:ip(fields)
  return self:header("ipv4", fields)
end

function Peer:ip6(fields)
  return self:header("ipv6", fields)
end

-- --- sending

--- Sends packets, strings or memories, as frames.
function Peer:send(...)
  for k = 1, select("#", ...) do
    local bytes = place.bytes((select(k, ...)))
    self.place:note(self, bytes, false)
    self.place:transmit(self.port, bytes, self)
  end
end

-- --- what comes

-- Whether a frame is for it.
function Peer:wants(bytes)
  if self.promiscuous or not self.macbytes or self.place.linktype ~= 1 then return true end
  return bytes:sub(1, 6) == self.macbytes or (bytes:byte(1) or 0) & 1 == 1
end

-- Sends what an answer gave.
local function send_answer(self, reply)
  if type(reply) == "table" then
    for _, each in ipairs(reply) do self:send(each) end
  elseif reply ~= nil and reply ~= true then
    self:send(reply)
  end
end

-- Takes a frame: it is answered, or kept.
function Peer:take(bytes)
  local pkt = packet.new(bytes, self.place.linktype)
  pkt.time = self.place:time()
  for k = #self.answers, 1, -1 do
    local answer = self.answers[k]
    local ok, bound = pattern.match(pkt, answer.pattern)
    if ok then
      local reply = answer.f(pkt, self, bound)
      if reply ~= false then return send_answer(self, reply) end
    end
  end
  self.last = self.last + 1
  self.inbox[self.last] = pkt
end

-- Patterns with names that do not exist match nothing, or all: the test is wrong.
local function check(expected)
  local why = pattern.check(expected)
  if why then report.wrong(why) end
end

--- Has frames that match be answered by `f(pkt, peer, bound)`: what it gives, a packet or a list, is sent; nothing:
-- the frame is passed over; false: it was not for it. What was told last is asked first. `expected` may also be an
-- answer of pktcraft.test.answers. What is given back has a method `stop`.
function Peer:answer(expected, f)
  if f ~= nil then check(expected) end
  local answer = { pattern = expected, f = f }
  if f == nil and type(expected) == "table" and expected.answer then
    answer = { pattern = expected.pattern, f = expected.answer }
  end
  table.insert(self.answers, answer)
  function answer.stop()
    for k, each in ipairs(self.answers) do
      if each == answer then return table.remove(self.answers, k) end
    end
  end
  return answer
end

-- Lays a frame aside, unless another coroutine waits for it.
local function lay_one_aside(self, pkt)
  for _, waiter in ipairs(self.waiting) do
    if not waiter.pkt and not self.expected[pkt] then
      local ok, bound = pattern.match(pkt, waiter.expected)
      if ok then
        waiter.pkt, waiter.bound = pkt, bound
        self.expected[pkt] = true
        break
      end
    end
  end
  table.insert(self.aside, pkt)
  if #self.aside > ASIDE then table.remove(self.aside, 1) end
end

-- Lays the first frame aside, that was expected.
local function take_aside(self)
  table.insert(self.aside, self.inbox[self.first])
  self.inbox[self.first] = nil
  self.first = self.first + 1
end

-- Lays frames aside, up to number `last`.
local function lay_aside(self, last)
  while self.first <= last and self.first <= self.last do
    local pkt = self.inbox[self.first]
    self.inbox[self.first] = nil
    self.first = self.first + 1
    lay_one_aside(self, pkt)
  end
end

--- Forgets what has come so far.
function Peer:clear()
  self.place:receive()
  lay_aside(self, math.huge)
  self.aside = {}
end

local function within(self, options, default)
  return options and options.within or self.within or self.place.within or default
end

-- The next frame from number `from` on that matches: its number, the packet, what was bound, or nothing.
local function look(self, from, expected)
  for n = math.max(from, self.first), self.last do
    local pkt = self.inbox[n]
    local ok, bound = pattern.match(pkt, expected)
    if ok then return n, pkt, bound end
  end
end

-- --- what is told of failures

-- A frame as a line, with the time since the conversation began; those that were expected are marked.
local function line_of(self, pkt)
  local seconds = (pkt.time - self.place.log[1].time) / 1e9
  return ("  %9.6f %s %s"):format(seconds, self.expected[pkt] and "+" or " ", tostring(pkt))
end

local function indent(text)
  return "  " .. text:gsub("\n(.)", "\n  %1")
end

-- The frame that is most like the pattern: that has all of its layers, and the most of its fields.
local function closest(frames, expected)
  local best
  for _, pkt in ipairs(frames) do
    local _, _, misses = pattern.match(pkt, expected)
    local alike = misses ~= nil
    for _, miss in ipairs(misses or {}) do alike = alike and (miss.path:find(".", 1, true) or miss.value ~= nil) end
    if alike and (not best or #misses < #best.misses) then best = { pkt = pkt, misses = misses } end
  end
  return best
end

-- What came, a line each, or nothing.
local function history(self)
  local all = { table.unpack(self.aside) }
  table.move(self.inbox, 1, #self.inbox, #all + 1, all)
  if #all == 0 then return nil end
  local lines = { ("what %s got (+: as expected):"):format(self.name) }
  for k = math.max(1, #all - SHOWN + 1), #all do lines[#lines + 1] = line_of(self, all[k]) end
  return table.concat(lines, "\n")
end

-- What came instead.
local function tell(self, expected)
  local frames = table.move(self.inbox, math.max(self.first, self.last - ASIDE + 1), self.last, 1, {})
  local lines = {}
  local best = closest(frames, expected)
  if best then
    lines[1] = "the frame most like it:"
    lines[2] = indent(pattern.explain(best.pkt, best.misses))
    lines[3] = indent((pattern.tree(best.pkt, best.misses):gsub("%s+$", "")))
  end
  for _, pkt in ipairs(self.aside) do
    if not self.expected[pkt] and pattern.match(pkt, expected) then
      lines[#lines + 1] = "one that matches came too early, before another that was expected:\n" .. line_of(self, pkt)
    end
  end
  lines[#lines + 1] = history(self)
  return table.concat(lines, "\n")
end

-- --- expecting

--- Waits for a frame that matches, and gives the packet, and what was bound. Frames that came before it are laid
-- aside: later calls do not see them. `options.within`: seconds (1); `options.optional`: nil when none comes, and
-- frames stay. Else none is a failure.
function Peer:expect(expected, options)
  check(expected)
  place.known(options, "within", "optional")
  local from, seconds = 1, within(self, options, 1)
  local mine = { expected = expected }
  table.insert(self.waiting, mine)
  local ok, problem = pcall(self.place.wait, self.place, function()
    if mine.pkt then return true end -- another has come to it
    local n
    n, mine.pkt, mine.bound = look(self, from, expected)
    from = self.last + 1
    if not n then return false end
    lay_aside(self, n - 1)
    self.expected[mine.pkt] = true
    take_aside(self)
    return true
  end, seconds)
  for k, waiter in ipairs(self.waiting) do
    if waiter == mine then table.remove(self.waiting, k) end
  end
  if not ok then error(problem, 0) end
  if mine.pkt then return mine.pkt, mine.bound end
  if options and options.optional then return nil end
  self.place:fail(("%s expected %s within %g s, and no such frame came\n%s"):format(
    tostring(self), pattern.text(expected), seconds, tell(self, expected)))
end

-- Finds a frame for pattern number k, others being given other frames if they have to: `of[n]` is the pattern that
-- frame number n is for, `fits[k]` are the frames that match pattern k.
local function assign(k, fits, of, tried)
  for _, n in ipairs(fits[k]) do
    if not tried[n] then
      tried[n] = true
      if not of[n] or assign(of[n], fits, of, tried) then
        of[n] = k
        return true
      end
    end
  end
  return false
end

--- Waits for a frame for each of several patterns, in whatever order: a list of the packets, in the order of the
-- patterns.
function Peer:expect_all(list, options)
  place.known(options, "within")
  local fits, of, from, left = {}, {}, 1, #list
  for k, expected in ipairs(list) do
    check(expected)
    fits[k] = {}
  end
  local seconds = within(self, options, 1)
  local done = {}
  self.place:wait(function()
    for n = math.max(from, self.first), self.last do
      for k, expected in ipairs(list) do
        if pattern.match(self.inbox[n], expected) then table.insert(fits[k], n) end
      end
    end
    from = self.last + 1
    for k in ipairs(list) do
      if not done[k] and assign(k, fits, of, {}) then done[k], left = true, left - 1 end
    end
    return left == 0
  end, seconds)
  if left == 0 then
    local found, last = {}, 0
    for n, k in pairs(of) do
      found[k], last = self.inbox[n], math.max(last, n)
      self.expected[self.inbox[n]] = true
    end
    lay_aside(self, last)
    return found
  end
  for k, expected in ipairs(list) do
    if not done[k] then
      self.place:fail(("%s expected %d frames within %g s; %d did not come, of them %s\n%s"):format(
        tostring(self), #list, seconds, left, pattern.text(expected), tell(self, expected)))
    end
  end
end

--- Fails when a frame that matches has come, and was neither expected nor laid aside, or comes within so many seconds
-- (0.1).
function Peer:expect_none(expected, options)
  check(expected)
  place.known(options, "within")
  local from, pkt = 1, nil
  local seconds = options and options.within or 0.1
  self.place:wait(function()
    local _
    _, pkt = look(self, from, expected)
    from = self.last + 1
    return pkt
  end, seconds)
  if not pkt then return end
  self.place:fail(("%s expected no frame like %s within %g s, but one came:\n%s\n%s"):format(
    tostring(self), pattern.text(expected), seconds, indent((pkt:show():gsub("%s+$", ""))), history(self)))
end

--- Sends a packet and waits for its answer: what came before is laid aside.
function Peer:request(pkt, expected, options)
  self.place:receive()
  lay_aside(self, math.huge)
  self:send(pkt)
  return self:expect(expected, options)
end

--- The MAC address of who has an IPv4 address, by ARP, or an IPv6 address, by Neighbor Discovery; a failure when
-- nobody says.
function Peer:resolve(address)
  local answers = require "pktcraft.test.answers"
  local question, answer, field = answers.who_has(self, address)
  local pkt = self:request(question, answer)
  return field(pkt)
end

-- For who builds on peers.
peer.class = Peer

return peer
