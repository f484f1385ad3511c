local support = require "spec.support"
local test = require "pktcraft.test"
local layouts = require "pktcraft.layouts"
local packet = require "pktcraft.packet"
local memory = require "memory"
local pcap = require "pktcraft.pcap"

local ipv4, tcp, udp, icmp, dns = layouts.ipv4, layouts.tcp, layouts.udp, layouts.icmp, layouts.dns

--- What an assertion says when it fails.
local function failure(f, ...)
  local ok, said = pcall(f, ...)
  assert.is_false(ok)
  return tostring(said)
end

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

  it("ends what would go on for ever at one time", function()
    local net <close> = test.wire()
    local a, b = net:peer(), net:peer()
    a:answer("udp", function() return a:ip { destination = b.ipv4 } / udp {} end)
    b:answer("udp", function() return b:ip { destination = a.ipv4 } / udp {} end)
    a:send(a:ip { destination = b.ipv4 } / udp {})
    assert.matches("frames at one time: do peers answer each other for ever", failure(net.sleep, net, 1))
  end)

  it("refuses options and addresses that are none", function()
    assert.matches("unknown option 'lattency'", failure(test.wire, { lattency = 1 }))
    local net <close> = test.wire()
    assert.matches("unknown option 'adress'", failure(net.peer, net, { adress = "10.0.0.1" }))
    assert.matches("no address of ipv4: nonsense", failure(net.peer, net, { ipv4 = "nonsense" }))
    local peer = net:peer { ipv6 = "FD09:0::A", mac = "02:AA:00:00:00:01" }
    assert.same({ "fd09::a", "02:aa:00:00:00:01" }, { peer.ipv6, peer.mac })
    assert.matches("unknown option 'timeout'", failure(peer.expect, peer, {}, { timeout = 1 }))
    assert.matches("packet, string or memory expected, got number", failure(peer.send, peer, 5))
    assert.equal(peer.mac, net:peer():resolve "fd09::a")
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
    a:send(datagram(a, b, 5), datagram(a, b, 6))
    list = b:expect_all { { udp = {} }, { udp = { destination = 5 } } }
    assert.same({ 6, 5 }, { list[1].udp.destination, list[2].udp.destination })
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
  it("a kernel that is asked for what it has not is an error, and not pending", function()
    if not kernel then return pending(why) end
    assert.matches("test_spec.lua:%d+: nosuchcommand: .*nosuchcommand", failure(test.kernel, { up = "nosuchcommand" }))
    assert.matches("test_spec.lua:%d+: .*nosuch: No such file", failure(test.kernel, { sysctl = { ["net.nosuch"] = 1 } }))
    assert.matches("unknown option 'sysctls'", failure(test.kernel, { sysctls = {} }))
  end)

  it("peers hear each other, and the kernel's end", function()
    if not kernel then return pending(why) end
    local net <close> = test.kernel()
    local a, b = net:peer(), net:peer()
    a:send(a:ip { destination = b.ipv4 } / udp { destination = 9 } / "x")
    b:expect { udp = { destination = 9 }, ethernet = { destination = b.mac } }
    assert(net:run "ip link del tap0")
    assert.matches("tap0: ", failure(a.expect, a, "udp"))
  end)

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
  local page = support.readfile "doc/guides/protocol-tests.md"
  local manual = support.readfile "doc/manual.md"

  it("names all that peers, places and TCP by hand can do", function()
    local classes = {
      peer = require("pktcraft.test.peer").class, net = require("pktcraft.test.place").class,
      tcppeer = getmetatable(test.tcp_peer { peer = { place = {} }, to = 1 }),
    }
    local inner = { note = true, ring = true, horizon = true, deliver = true, resume = true, step = true, fail = true,
      wants = true, take = true, header = true, close = true, peer = true }
    for name, class in pairs(classes) do
      for method, f in pairs(class) do
        if type(f) == "function" and not method:find "^__" and not inner[method] then
          assert.matches(("#### %s:%s ("):format(name, method), manual, 1, true)
        end
      end
    end
    for name in pairs(test) do
      if name ~= "report" then assert.matches("test." .. name, manual, 1, true) end
    end
    for name in pairs(test.answers) do
      if name ~= "solicited" and name ~= "who_has" then assert.matches("`" .. name .. "(", manual, 1, true) end
    end
  end)

  it("leads to a failing, then a passing test with the kernel", function()
    local folder = support.path("guide")
    os.execute("mkdir -p " .. folder)
    local code = page:match "## In five minutes.-```lua\n(.-)```":gsub("test%.wire %b{}", "test.kernel()")
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
    assert.equal(4, assert(pcap.open(folder .. "/traces/the-host-answers-an-echo-request.pcapng")):count())
    assert.equal(0, (tried((code:gsub("255", "64")))))
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
