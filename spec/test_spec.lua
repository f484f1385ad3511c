local support = require "spec.support"
local test = require "pktcraft.test"
local layouts = require "pktcraft.layouts"
local packet = require "pktcraft.packet"
local memory = require "memory"
local pcap = require "pktcraft.pcap"

local ethernet, ipv4, ipv6, tcp, udp, icmp, dns = layouts.ethernet, layouts.ipv4, layouts.ipv6, layouts.tcp, layouts.udp,
  layouts.icmp, layouts.dns
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
  end)
end)

describe("assert.packet", function()
  it("gives the packet and what was bound", function()
    local pkt, bound = assert.packet(synack, { tcp = { sequence = bind "isn" } })
    assert.equal(synack, pkt)
    assert.same({ isn = 7 }, bound)
    assert.packet(memory.tostring(synack.memory), { tcp = {} })
    assert.is_not.packet(synack, { udp = {} })
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
    assert.matches("spec/test_spec.lua", debug.traceback(), 1, true)
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

test.report.folder = support.path("traces") -- of failures that are meant

describe("the virtual link", function()
  it("takes no time", function()
    local net <close> = test.wire { latency = 30 }
    local a, b = net:peer(), net:peer()
    local begin = os.time()
    a:send(a:ip { destination = b.ipv4 } / udp { destination = 9 } / "x")
    b:expect({ udp = { destination = 9 } }, { within = 60 })
    assert.equal(30, net:now())
    b:expect_none("udp", { within = 3600 })
    assert.equal(3630, net:now())
    assert.is_true(os.time() - begin < 60)
  end)

  it("loses, doubles and reorders frames alike for the same seed", function()
    local function run(seed)
      local net <close> = test.wire { latency = 0.01, jitter = 0.001, loss = 0.2, duplication = 0.2, reordering = 0.2, seed = seed }
      local a, b = net:peer(), net:peer()
      for k = 1, 100 do a:send(a:ip { destination = b.ipv4 } / udp { destination = 9, source = k }) end
      net:sleep(1)
      local got = {}
      for k, frame in ipairs(net.log) do
        if frame.received then got[#got + 1] = k > 100 and packet.new(frame.bytes).udp.source or nil end
      end
      return got
    end
    local one, again, other = run(5), run(5), run(6)
    assert.same(one, again)
    assert.is_not.same(one, other)
    local times, disordered = {}, 0
    for k, n in ipairs(one) do
      times[n] = (times[n] or 0) + 1
      if k > 1 and n < one[k - 1] then disordered = disordered + 1 end
    end
    local lost, double = 0, 0
    for n = 1, 100 do
      if not times[n] then lost = lost + 1 elseif times[n] == 2 then double = double + 1 end
    end
    assert.is_true(lost > 5 and lost < 40, lost)
    assert.is_true(double > 5 and double < 40, double)
    assert.is_true(disordered > 5)
  end)

  it("carries data over a bad line, sent again until it is there", function()
    local net <close> = test.wire { host = true, latency = 0.01, loss = 0.3, duplication = 0.1, reordering = 0.2, seed = 3 }
    local peer = net:peer { within = 30 }
    local text = ("0123456789"):rep(500)
    local t = test.tcp_peer { peer = peer, port = 80 }
    local c = net.host:connect(peer.ipv4, 80)
    net:together(function() t:accept() end, function() net:sleep(0.1) c:send(text) end)
    assert.equal(text, t:receive(#text))
  end)

  it("says that it would wait for ever", function()
    local net <close> = test.wire()
    assert.has_error(function() net:wait(function() end, math.huge) end,
      "the virtual link waits for ever: nothing is under way, and no time is set")
  end)

  it("hands frames to those that they are for", function()
    local net <close> = test.wire()
    local a, b, c = net:peer(), net:peer(), net:peer { promiscuous = true }
    a:send(a:ip { destination = b.ipv4 } / udp { destination = 9 })
    b:expect("udp")
    c:expect("udp")
    a:send(a:ip { destination = "224.0.0.1" } / udp { destination = 10 }, a:ip { destination = "255.255.255.255" } / udp { destination = 11 })
    for _, peer in ipairs { b, c } do
      peer:expect { udp = { destination = 10 }, ethernet = { destination = "01:00:5e:00:00:01" } }
      peer:expect { udp = { destination = 11 }, ethernet = { destination = "ff:ff:ff:ff:ff:ff" } }
    end
    a:expect_none("udp")
  end)

  it("has timers", function()
    local net <close> = test.wire()
    local rang = {}
    net:after(2, function() rang[#rang + 1] = 2 end)
    net:after(1, function() rang[#rang + 1] = 1 end)
    net:after(3, function() rang[#rang + 1] = 3 end).stop()
    net:sleep(5)
    assert.same({ 1, 2 }, rang)
  end)
end)

describe("a peer", function()
  local function pair()
    local net = test.wire()
    return net, net:peer(), net:peer()
  end
  local function datagram(a, b, port, data)
    return a:ip { destination = b.ipv4 } / udp { source = 1, destination = port } / (data or "")
  end

  it("lays aside what came before what was expected", function()
    local net <close>, a, b = pair()
    a:send(datagram(a, b, 9), datagram(a, b, 10), datagram(a, b, 11))
    b:expect { udp = { destination = 10 } }
    b:expect_none { udp = { destination = 9 } }
    b:expect { udp = { destination = 11 } }
    assert.is_nil(b:expect("udp", { optional = true }))
    assert.equal("table", type(net.log))
  end)

  it("expects several in any order", function()
    local _ <close>, a, b = pair()
    a:send(datagram(a, b, 9), datagram(a, b, 10), datagram(a, b, 9))
    local list = b:expect_all { { udp = { destination = 10 } }, { udp = { destination = 9 } }, { udp = { destination = 9 } } }
    assert.same({ 10, 9, 9 }, { list[1].udp.destination, list[2].udp.destination, list[3].udp.destination })
    assert.is_not.equal(list[2], list[3])
    a:send(datagram(a, b, 9))
    assert.matches("expected 2 frames within 1 s; 1 did not come, of them { udp = { destination = 12 } }",
      failure(b.expect_all, b, { { udp = { destination = 9 } }, { udp = { destination = 12 } } }), 1, true)
  end)

  it("tells what came instead", function()
    local _ <close>, a, b = pair()
    a:send(datagram(a, b, 9), datagram(a, b, 10, "abc"))
    local said = failure(b.expect, b, { udp = { destination = 11 }, payload = "abc" }, { within = 5 })
    assert.matches('peer2 (10.9.0.3) expected { payload = "abc", udp = { destination = 11 } } within 5 s, and no such frame came', said, 1, true)
    assert.matches("the frame most like it:\n  udp.destination (byte 36): expected 11, got 10 (0xa)\n", said, 1, true)
    assert.matches("what peer2 got (+: as expected):\n", said, 1, true)
    local path = said:match("conversation: (%S+)")
    assert.matches("/traces/a-peer-tells-what-came-instead.pcapng", path, 1, true)
    assert.is_nil(io.open(path), "this test has not failed")
  end)

  it("fails at what it did not expect", function()
    local _ <close>, a, b = pair()
    a:send(datagram(a, b, 9))
    assert.matches('expected no frame like { udp = { destination = 9 } } within 0.1 s, but one came:',
      failure(b.expect_none, b, { udp = { destination = 9 } }), 1, true)
  end)

  it("answers what it was told to, the last first", function()
    local _ <close>, a, b = pair()
    b:answer("udp", function(pkt) return datagram(b, a, 100, pkt.payload) end)
    local second = b:answer({ udp = { destination = 9 } }, function(pkt)
      if pkt.payload == "no" then return false end
      return { datagram(b, a, 200), datagram(b, a, 201) }
    end)
    a:send(datagram(a, b, 9))
    a:expect { udp = { destination = 200 } }
    a:expect { udp = { destination = 201 } }
    a:request(datagram(a, b, 9, "no"), { udp = { destination = 100 }, payload = "no" })
    second.stop()
    a:request(datagram(a, b, 9), { udp = { destination = 100 } })
    b:expect_none("udp")
  end)

  it("answers echo, datagrams, the DNS and DHCP", function()
    local _ <close>, a, b = pair()
    local answers = test.answers
    b:answer(answers.echo())
    b:answer(answers.udp(7, string.upper))
    b:answer(answers.dns { ["a.example"] = { A = { "10.0.0.1", "10.0.0.2" }, TXT = "hello",
      MX = { preference = 5, exchange = "b.example" } } })
    b:answer(answers.dhcp { addresses = { "10.9.0.100" }, options = { { routers = { "10.9.0.3" } } } })
    a:request(a:ip { destination = b.ipv4 } / icmp { type = "echo request", sequence = 3 } / "x",
      { icmp = { type = "echo reply", sequence = 3 }, payload = "x" })
    a:request(datagram(a, b, 7, "abc"), { payload = "ABC" })
    local function ask(name, kind, expected)
      return a:request(a:ip { destination = b.ipv4 } / udp { source = 2000, destination = 53 }
        / dns { id = 7, recursiondesired = true, questions = { { name = name, type = kind } } }, { dns = expected })
    end
    ask("a.example", "A", { id = 7, response = true, answers = { { a = "10.0.0.1" }, { a = "10.0.0.2" } }, answercount = 2 })
    ask("A.EXAMPLE", "MX", { answers = { { mx = { preference = 5, exchange = "b.example" } } } })
    ask("a.example", "TXT", { answers = { { txt = { { text = "hello" } } } } })
    ask("a.example", "AAAA", { answercount = 0, responsecode = 0 })
    ask("c.example", "A", { answercount = 0, responsecode = "nxdomain" })
    local function dhcp(kind, ...)
      return a:ethernet { destination = "ff:ff:ff:ff:ff:ff" } / ipv4 { source = "0.0.0.0", destination = "255.255.255.255" }
        / udp { source = 68, destination = 67 }
        / layouts.dhcp { transaction = 99, clienthardware = a.mac, options = { { messagetype = kind }, ... } }
    end
    a:request(dhcp "discover", { dhcp = { transaction = 99, youraddress = "10.9.0.100", options = { messagetype = "offer", serverid = b.ipv4 } } })
    a:request(dhcp("request", { requestedaddress = "10.9.0.100" }), { dhcp = { youraddress = "10.9.0.100", options = { messagetype = "ack" } } })
    a:request(dhcp("request", { requestedaddress = "10.9.0.7" }), { dhcp = { youraddress = "0.0.0.0", options = { messagetype = "nak" } } })
  end)

  it("gives its frames to several that wait", function()
    local net <close>, a, b = pair()
    local got = {}
    net:together(function() got[1] = b:expect({ udp = { destination = 10 } }).udp.destination end,
      function() got[2] = b:expect({ udp = { destination = 9 } }).udp.destination end,
      function() net:sleep(0.5) a:send(datagram(a, b, 9), datagram(a, b, 10)) end)
    assert.same({ 10, 9 }, got)
  end)

  it("raises what goes wrong beside it", function()
    local net <close>, a = pair()
    assert.has_error(function()
      net:together(function() a:expect("udp", { within = 100 }) end, function() error("aside", 0) end)
    end, "aside")
    net:together(function() net:sleep(1) end)
  end)
end)

local talks = require "spec.talks"
local kernel, why = require("pktcraft.test.real").kernel()
if kernel then kernel:close() end
local repeats = tonumber(os.getenv "TALKS") or 20

describe("on the virtual link", function()
  for name, talk in pairs(talks) do
    it("a host in Lua " .. name, function()
      for _ = 1, repeats do
        local net <close> = test.wire { host = true }
        talk(net, net:peer())
      end
    end)
  end
end)

describe("in a network namespace", function()
  for name, talk in pairs(talks) do
    it("the kernel " .. name, function()
      if not kernel then return pending(why) end
      if not pcall(require, "socket") then return pending "no LuaSocket" end
      for _ = 1, math.max(1, repeats // 10) do
        local net <close> = test.kernel()
        talk(net, net:peer())
      end
    end)
  end
end)

describe("what a host sends that is broken", function()
  it("matches nothing and answers nothing, but harms no test", function()
    local net <close> = test.wire { host = { udp = { [7] = string.upper }, tcp = { [7] = string.upper } } }
    local peer = net:peer()
    local answers = test.answers
    for _, answer in ipairs { answers.echo(), answers.dns {}, answers.dhcp { addresses = {} }, answers.udp(9, string.upper) } do
      peer:answer(answer)
    end
    local t = test.tcp_peer { peer = peer, to = 7 }
    t:connect()
    local sound = {
      peer:ip { destination = peer.ipv4 } / tcp { source = 7, destination = t.port, flags = "PA", options = { { mss = 9 } } } / "data",
      peer:ip { destination = peer.ipv4 } / udp { destination = 53 } / dns { id = 1, questions = { { name = "a.b", type = "A" } } },
      peer:ip { destination = peer.ipv4 } / udp { destination = 67 } / layouts.dhcp { options = { { messagetype = "discover" } } },
      peer:ip6 { destination = peer.ipv6 } / layouts.icmpv6 { type = "neighbor solicitation", target = peer.ipv6 },
      peer:ip { destination = peer.ipv4, protocol = 58 } / layouts.icmpv6 { type = "neighbor solicitation", target = peer.ipv6 },
      peer:ethernet() / layouts.arp { operation = "request", targetprotocol = peer.ipv4 },
      peer:ip { destination = peer.ipv4 } / icmp { type = "echo request" } / "x",
    }
    local n = 0
    for _, pkt in ipairs(sound) do
      local bytes = memory.tostring(pkt.memory)
      for k = 0, #bytes do
        for _, port in ipairs { peer.port, net.host.port } do
          local cut = bytes:sub(1, k)
          if port.take then port.take(cut) else net:deliver(port, cut) end
        end
        local bad = packet.new(bytes):fuzz { seed = k, faults = 3 }
        net:deliver(peer.port, memory.tostring(bad.memory))
        net.host.port.take(memory.tostring(bad.memory))
        t:expect({ data = "nothing like it" }, { within = 0.001, optional = true })
        n = n + 1
      end
    end
    assert.is_true(n > 500)
    local other = test.tcp_peer { peer = peer, to = 7 }
    other:connect()
    other:send "hello"
    assert.equal("HELLO", other:receive(5))
  end)
end)

describe("the manual of protocol tests", function()
  local page = support.readfile "doc/protocol-tests.md"

  it("names all that peers, places and TCP by hand can do", function()
    local classes = {
      peer = require("pktcraft.test.peer").class, net = require("pktcraft.test.place").class,
      t = getmetatable(test.tcp_peer { peer = { place = {} }, to = 1 }),
    }
    local inner = { note = true, ring = true, horizon = true, deliver = true, resume = true, step = true, fail = true,
      wants = true, take = true, header = true, close = true, peer = true }
    for name, class in pairs(classes) do
      for method, f in pairs(class) do
        if type(f) == "function" and not method:find "^__" and not inner[method] then
          assert.matches(("%s:%s("):format(name, method), page:gsub(" %(", "("), 1, true)
        end
      end
    end
    for name in pairs(test) do
      if name ~= "report" then assert.matches("test." .. name, page, 1, true) end
    end
    for name in pairs(test.answers) do
      if name ~= "solicited" and name ~= "who_has" then assert.matches("`" .. name .. "(", page, 1, true) end
    end
  end)

  it("leads to a failing, then a passing test", function()
    local folder = support.path("guide")
    os.execute("mkdir -p " .. folder)
    local code = page:match "## In five minutes.-```lua\n(.-)```"
    local function tried(text)
      support.writefile(folder .. "/echo_spec.lua", text)
      local status, out = support.run(("cd %s && %s/%s test -o plainTerminal echo_spec.lua"):format(folder, os.getenv "PWD",
        support.pktcraft))
      return status, out
    end
    local status, out = tried(code)
    if out:find "1 pending" then return pending(out:match "echo_spec.lua[^\n]*\n[^\n]*\n([^\n]+)") end
    assert.equal(1, status, out)
    assert.matches("ipv4.ttl (byte 22): expected 255, got 64 (0x40)", out, 1, true)
    assert.equal(4, assert(pcap.open(folder .. "/traces/the-kernel-answers-an-echo-request.pcapng")):count())
    assert.equal(0, (tried((code:gsub("255", "64")))))
    assert.equal(0, (tried((code:gsub("255", "64"):gsub("test.kernel%(%)", "test.wire { host = true }")))))
  end)
end)

describe("pktcraft test", function()
  it("runs specs with the layouts at hand, says where they fail and keeps the conversation", function()
    local folder = support.path("specs")
    os.execute("mkdir -p " .. folder)
    support.writefile(folder .. "/echo_spec.lua", [[
      local test = require "pktcraft.test"
      describe("the host", function()
        it("answers", function()
          local net <close> = test.wire { host = true }
          local peer = net:peer()
          local reply = peer:request(peer:ip() / icmp { type = "echo request" } / "x", { icmp = {} })
          assert.packet(reply, { ipv4 = { ttl = 255 } })
        end)
        it("resets", function()
          local net <close> = test.wire { host = true }
          local t = test.tcp_peer { peer = net:peer(), to = 1 }
          t:send { flags = "S" }
          t:expect { flags = "SA" }
        end)
      end)]])
    local status, out = support.run(("cd %s && PKTCRAFT_TRACES=kept %s/%s test echo_spec.lua -o TAP"):format(folder,
      os.getenv "PWD", support.pktcraft))
    assert.equal(1, status, out)
    assert.matches("echo_spec.lua:7: the packet is not as expected:\n", out, 1, true)
    assert.matches("ipv4.ttl (byte 22): expected 255, got 64 (0x40)", out, 1, true)
    assert.matches("echo_spec.lua:13: peer1 (10.9.0.2) expected ", out, 1, true)
    assert.matches('tcp.flags (byte 46): expected "SA", got 20 (rst ack)', out, 1, true)
    local last = { answers = "here, or after this", resets = "peer1 .10.9.0.2. expected" }
    for name, comment in pairs(last) do
      local comments = {}
      local cap <close> = assert(pcap.open(("%s/kept/the-host-%s.pcapng"):format(folder, name)))
      for _ in cap:frames(memory.create()) do comments[#comments + 1] = cap:options().comment end
      assert.equal(2, #comments)
      assert.equal("peer1 sends", comments[1])
      assert.matches("^peer1 receives\nfailed: " .. comment, comments[2])
    end
  end)
end)
