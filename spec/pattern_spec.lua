local test = require "pktcraft.test"
local layouts = require "pktcraft.layouts"
local memory = require "memory"

local ethernet, ipv4, ipv6, tcp, udp, dns = layouts.ethernet, layouts.ipv4, layouts.ipv6, layouts.tcp, layouts.udp, layouts.dns
local any, absent, bind, between, has, lacks = test.any, test.absent, test.bind, test.between, test.has, test.lacks

local synack = ethernet {} / ipv4 { source = "10.0.0.1", destination = "10.0.0.2" }
  / tcp { source = 80, destination = 1024, sequence = 7, acknowledgment = 9, flags = "SA", options = { { mss = 1460 }, "nop" } } / "hi"

--- What an assertion says when it fails.
local function failure(f, ...)
  local ok, said = pcall(f, ...)
  assert.is_false(ok)
  return tostring(said)
end

describe("a pattern", function()
  local function matches(expected) return (test.match(synack, expected)) end

  it("matches values by layer and field", function()
    assert.is_true(matches { ipv4 = { source = "10.0.0.1", ttl = 64, protocol = "tcp" }, tcp = { flags = "SA", window = 65535 } })
    assert.is_false(matches { tcp = { flags = "S" } })
    assert.is_false(matches { tcp = { flags = 2 } })
    assert.is_true(matches { tcp = { syn = true, fin = false } })
    assert.is_true(matches { payload = "hi", length = #synack, truncated = false })
    assert.is_true(matches {})
  end)

  it("matches what is there, what is not, sets, ranges and bits", function()
    assert.is_true(matches { tcp = any, udp = absent, ipv6 = absent })
    assert.is_false(matches { tcp = absent })
    assert.is_false(matches { udp = any })
    assert.is_true(matches { tcp = { source = test.one_of(79, 80), destination = test.other_than(80), flags = has "S" } })
    assert.is_false(matches { tcp = { flags = lacks "A" } })
    assert.is_true(matches { tcp = { flags = lacks "FR", window = between(1), sequence = between(nil, 7) } })
    assert.is_true(matches { tcp = { sequence = between(0xfffffff0, 10) } })
    assert.is_false(matches { tcp = { sequence = between(8, 10) } })
    assert.is_true(matches { tcp = { source = function(v, pkt) return v == 80 and pkt.ipv4.ttl == 64 end } })
  end)

  it("matches lists, by name and by place", function()
    assert.is_true(matches { tcp = { options = { mss = 1460, timestamp = absent } } })
    assert.is_true(matches { tcp = { options = { [1] = { mss = between(1, 2000) } } } })
    assert.is_true(matches { tcp = { options = test.contains { kind = "nop" } } })
    assert.is_false(matches { tcp = { options = test.contains { kind = "sack permitted" } } })
    assert.is_false(matches { tcp = { options = { mss = 1461 } } })
    local question = udp { destination = 53 } / dns { questions = { { name = "a.example", type = "AAAA" } } }
    assert.is_true((test.match(question, { dns = { questions = { { name = "a.example", type = "AAAA" } } } })))
    assert.is_false((test.match(question, { dns = { questions = { { type = "A" } } } })))
  end)

  it("matches addresses however they are written", function()
    local pkt = ipv6 { source = "fd00::1", destination = "fd00::2" }
    assert.is_true((test.match(pkt, { ipv6 = { source = "fd00:0:0::1" } })))
    assert.is_true((test.match(synack, { ethernet = { source = "00:00:00:00:00:00" } })))
  end)

  it("matches the second layer of a name", function()
    local pkt = ipv4 { ttl = 1 } / ipv4 { ttl = 2 } / udp {}
    assert.is_true((test.match(pkt, { ipv4 = { ttl = 1 }, ["ipv4#2"] = { ttl = 2 }, ["ipv4#3"] = absent })))
  end)

  it("may be an expression or a function", function()
    assert.is_true(matches "tcp.syn and ipv4.ttl == 64")
    assert.is_false(matches "udp")
    assert.is_true(matches(function(pkt) return pkt.tcp end))
    assert.is_true(matches { function(pkt) return pkt.tcp.source == 80 end, tcp = { flags = "SA" } })
  end)

  it("binds values, and the same name to the same value", function()
    local ok, bound = test.match(synack, { tcp = { sequence = bind "isn", acknowledgment = bind("ack", 9) } })
    assert.is_true(ok)
    assert.same({ isn = 7, ack = 9 }, bound)
    assert.is_false(matches { tcp = { sequence = bind "n", acknowledgment = bind "n" } })
    assert.is_false(matches { tcp = { acknowledgment = bind("ack", 8) } })
  end)

  it("says what is wrong with itself", function()
    assert.has_error(function() matches { tcp = { flags = "Q" } } end,
      "tcp.flags: no value is called 'Q' (field 'flags' of layout 'tcp')")
    assert.has_error(function() matches { tcp = 3 } end, "layer tcp: a table of fields, any, absent or a function expected")
    assert.has_error(function() matches { tcp = { source = { 80 } } } end, "tcp.source is no list and no struct: its value is 80")
    assert.matches("no layout 'tcq'", failure(matches, { tcq = {} }))
    assert.matches("no field 'foo' in layout 'tcp'", failure(matches, { tcp = { foo = 1 } }))
    assert.matches("did you mean 'fin'", failure(matches, "tcp.foo == 1"))
    assert.has_error(function() matches(3) end, "pattern expected, got number")
    assert.matches("packet expected, got table", failure(test.match, {}, {}))
  end)
end)

describe("assert.packet", function()
  it("gives the packet and what was bound", function()
    local pkt, bound = assert.packet(synack, { tcp = { sequence = bind "isn" } })
    assert.equal(synack, pkt)
    assert.same({ isn = 7 }, bound)
    assert.packet(memory.tostring(synack.memory), { tcp = {} })
    assert.is_not.packet(synack, { udp = {} })
    assert.matches("by way of a test\nthe packet is not as expected", failure(assert.packet, synack, { udp = {} }, "by way of a test"))
  end)

  it("says layer, field, expected, got, byte, and shows the frame", function()
    local said = failure(assert.packet, synack, { tcp = { flags = "S", options = { mss = 1000 } }, ipv4 = { ttl = between(1, 9) },
      udp = {}, payload = "ho" })
    assert.matches('\ntcp.flags (byte 47): expected "S", got 18 (syn ack)\n', said:gsub("byte 46", "byte 47"), 1, true)
    assert.matches("\ntcp.options.mss (byte 56): expected 1000, got 1460 (0x5b4)\n", said, 1, true)
    assert.matches("\nipv4.ttl (byte 22): expected 1 to 9, got 64 (0x40)\n", said, 1, true)
    assert.matches("\nudp: expected a layer, got nothing\n", said, 1, true)
    assert.matches('payload: expected "ho", got "hi"\n', said, 1, true)
    assert.matches("22 timetolive = 64", said, 1, true)
    assert.matches("0000  00 00 00 00 00 00", said, 1, true)
  end)

  it("shows a packet that was not to match", function()
    assert.matches("as it was not to be:\n{ tcp = { flags = \"SA\" } }",
      failure(assert.is_not.packet, synack, { tcp = { flags = "SA" } }), 1, true)
    assert.matches("a packet expected, got nothing", failure(assert.packet, nil, {}), 1, true)
  end)
end)

describe("assert.same_packet", function()
  local a = ipv4 { ttl = 1, source = "10.0.0.1" } / udp { source = 5 } / "x"
  local b = ipv4 { ttl = 2, source = "10.0.0.1" } / udp { source = 5 } / "x"

  it("ignores what is named", function()
    assert.same_packet(a, a:copy())
    assert.same_packet(a, b, { ignore = { "ipv4.timetolive", "ipv4.checksum" } })
    assert.same_packet(a, b, { ignore = { "ipv4" } })
  end)

  it("says what differs", function()
    local said = failure(assert.same_packet, a, b, { ignore = { "ipv4.checksum" } })
    assert.matches("ipv4.timetolive (byte 8): 1, and 2", said, 1, true)
    assert.is_nil(said:find("ipv4.checksum (", 1, true))
  end)
end)
