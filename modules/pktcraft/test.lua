--- Tests of protocols: what packets are expected to be, conversations with a protocol's implementation, and the
-- places where they are held. For busted and luassert, and for scripts without. The manual: 5.8.
-- @module pktcraft.test

local packet = require "pktcraft.packet"
local pattern = require "pktcraft.test.pattern"
local report = require "pktcraft.test.report"

local test = {
  any = pattern.any, absent = pattern.absent, one_of = pattern.one_of, other_than = pattern.other_than,
  between = pattern.between, has = pattern.has, lacks = pattern.lacks, contains = pattern.contains,
  bind = pattern.bind,
}

local parts <const> = {
  answers = "pktcraft.test.answers", pattern = "pktcraft.test.pattern", report = "pktcraft.test.report",
}

setmetatable(test, {
  __index = function(self, name)
    if not parts[name] then return nil end
    local value = require(parts[name])
    rawset(self, name, value)
    return value
  end,
})

-- --- places

--- The virtual link: see pktcraft.test.wire.
function test.wire(options)
  return require("pktcraft.test.wire").new(options)
end

-- A place, or the test is pending, where there is busted; else an error.
local function or_pending(where, why)
  if where then return where end
  report.lacking(why)
end

--- The kernel in a network namespace: see pktcraft.test.real. Where that can't be, the test is pending.
function test.kernel(options)
  return or_pending(require("pktcraft.test.real").kernel(options))
end

--- An interface: see pktcraft.test.real. Where it can't be opened, the test is pending.
function test.interface(name, options)
  return or_pending(require("pktcraft.test.real").interface(name, options))
end

--- TCP by hand: see pktcraft.test.tcp.
function test.tcp_peer(fields)
  return require("pktcraft.test.tcp").new(fields)
end

-- --- packets

--- What an ICMP error quotes of a packet: its bytes from the first IP header on; of IPv4 548 at most (RFC 1812,
-- section 4.3.2.3), of IPv6 1232 (RFC 4443, section 2.4), or `most`.
function test.quote(pkt, most)
  local version = pkt.ipv4 and "ipv4" or "ipv6"
  local first, last = pkt:range(version)
  most = most or version == "ipv4" and 548 or 1232
  return require("memory").tostring(pkt.memory, first, math.min(last, first + most - 1))
end

-- --- assertions

-- A packet of what may be one.
local function to_packet(value)
  if type(value) == "string" or require("memory").type(value) then return packet.new(value) end
  if value ~= nil and getmetatable(value) ~= "packet" then
    report.wrong(("packet expected, got %s"):format(type(value)))
  end
  return value
end

--- Matches a packet, or the bytes of a frame, with a pattern: see pktcraft.test.pattern.
function test.match(value, expected)
  return pattern.match(to_packet(value), expected)
end

--- Whether a packet, or the bytes of a frame, match a pattern; else a text that says what does not.
function test.explain(value, expected)
  local pkt = to_packet(value)
  if pkt == nil then return "a packet expected, got nothing" end
  local wrong = pattern.check(expected)
  if wrong then report.wrong(wrong) end
  local ok, _, misses = pattern.match(pkt, expected)
  if ok then return nil end
  return pattern.explain(pkt, misses) .. "\n" .. pattern.tree(pkt, misses) .. pkt:hexdump()
end

local function is_ignored(field, ignore)
  for _, each in ipairs(ignore or {}) do
    local next = field:sub(#each + 1, #each + 1)
    if field:sub(1, #each) == each and (next == "" or next == "." or next == "[") then return true end
  end
  return false
end

--- What differs between two packets, but for the fields (or layers) that are named in `options.ignore`: nil, or a
-- text.
function test.differences(a, b, options)
  local lines = {}
  a, b = to_packet(a), to_packet(b)
  for _, each in ipairs(a:diff(b)) do
    if not is_ignored(each.field, options and options.ignore) then
      local one, other = tostring(each.a), tostring(each.b)
      lines[#lines + 1] = ("%s (byte %d): %s, and %s"):format(each.field, each.offset, one, other)
    end
  end
  if #lines == 0 then return nil end
  return table.concat(lines, "\n") .. "\nthe first:\n" .. a:show() .. "the second:\n" .. b:show()
end

local luassert = package.loaded.luassert
if not luassert then
  local ok, found = pcall(require, "luassert")
  luassert = ok and found or nil
end

if luassert then
  local say = require "say"

  luassert:register("assertion", "packet", function(state, arguments)
    local why = test.explain(arguments[1], arguments[2])
    local what = arguments[3] and tostring(arguments[3]) .. "\n" or ""
    state.failure_message = what .. (why and "the packet is not as expected:\n" .. why
      or "the packet is as it was not to be:\n" .. pattern.text(arguments[2]))
    arguments.n = 0 -- it has been said
    if why then return false end
    local _, bound = pattern.match(to_packet(arguments[1]), arguments[2])
    return true, { to_packet(arguments[1]), bound }
  end, "assertion.packet.positive", "assertion.packet.negative")

  luassert:register("assertion", "same_packet", function(state, arguments)
    local why = test.differences(arguments[1], arguments[2], arguments[3])
    state.failure_message = why and "the packets differ:\n" .. why or "the packets are alike"
    arguments.n = 0
    return why == nil
  end, "assertion.packet.positive", "assertion.packet.negative")

  say:set("assertion.packet.positive", "")
  say:set("assertion.packet.negative", "")
end

return test
