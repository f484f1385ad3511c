--- Interfaces send; TAP devices, waiting for several, network namespaces: the manual, 5.6, "Interfaces".
local layouts = require "pktcraft.layouts"
local memory = require "memory"
local pcap = require "pktcraft.pcap"
local support = require "spec.support"
local wire = require "spec.wire"

local it_wired, frame, frames = wire.it(it, pending), wire.frame, wire.frames
local path = support.path
local TAGS <const> = { "", "\x81\0\x20\5", "\x88\xa8\0\7\x81\0\xe0\5" }

--- Calls f(a, b, ns) with the open ends of a new wire; the system gives frames together, for it then has room for more.
local function wired(f)
  return wire.wired(f, {})
end

--- A capture of frames that are `step` ns apart.
local function capture(name, list, step)
  local out = assert(pcap.create(path(name), { precision = "nano" }))
  for k, bytes in ipairs(list) do assert(out:write(bytes, 1000000000 + k * (step or 1))) end
  assert(out:close())
  return path(name)
end

--- All frames of a capture.
local function readfile(name)
  local list, m = {}, memory.create()
  local cap <close> = assert(pcap.open(name))
  for _ in cap:frames(m) do list[#list + 1] = tostring(m) end
  return list
end

describe("nic:send", function()
  it_wired("sends packets, strings and memory, which others receive as they are", wired(function(a, b)
    local p = layouts.ethernet { source = a.mac } / layouts.arp {}
    assert.is_true(a:send(frame(1)))
    assert.is_true(a:send(memory.create(frame(2))))
    assert.is_true(a:send(p))
    assert.is_nil(wire.difference({ frame(1), frame(2), tostring(p.memory) }, wire.read(b, 3)))
    local stats = a:stats()
    assert.equal(3, stats.sent)
    assert.equal(60 + 60 + #p, stats.sentbytes)
    assert.equal(3, b:stats().received)
    assert.equal(0, b:stats().dropped)
    assert.equal(0, b:stats().ifdropped)
    assert.equal(0, b:stats().sent)
  end))

  it_wired("says what can not be sent", wired(function(a)
    local function refuses(text, bytes)
      local ok, message = a:send(bytes)
      assert.is_nil(ok)
      assert.equal(text, message)
    end
    refuses("v0: a frame of 0 bytes is not one that the interface sends", "")
    refuses("v0: a frame of 13 bytes is not one that the interface sends", frame(1, 13))
    refuses("v0: a frame of 1515 bytes is longer than the interface sends (MTU 1500)", frame(1, 1515))
    refuses("v0: a frame of 70000 bytes is longer than the interface sends (MTU 1500)", frame(1, 70000))
    assert.error_matches(function() a:send() end, "packet, string or memory expected, got no value")
    assert.error_matches(function() a:send {} end, "packet, string or memory expected, got table")
    assert.equal(0, a:stats().sent)
  end))

  it_wired("sends frames that tcpdump sees byte for byte, of all sizes, with tags and without", wired(function(a, _, ns)
    local list = {}
    for len = 14, 1514 do list[#list + 1] = frame(len, len, len >= 26 and TAGS[len % 3 + 1] or "") end
    wire.sh(ns, ("tcpdump -i v1 -Z root -B 65536 -U -c %d -w %s >/dev/null 2>%s & echo $! >%s"):format(#list, path("dump.pcap"),
      path("dump.err"), path("dump.pid")))
    wire.sh(ns, ("n=0; until grep -q listening %s || [ $n -gt 600 ]; do sleep 0.05; n=$((n + 1)); done"):format(path("dump.err")))
    assert.equal(#list, a:sendall(list))
    wire.sh(ns, ("n=0; while kill -0 $(cat %s) 2>/dev/null && [ $n -lt 600 ]; do sleep 0.05; n=$((n + 1)); done"):format(path("dump.pid")))
    assert.is_nil(wire.difference(list, readfile(path("dump.pcap"))))
  end), "tcpdump")
end)

describe("nic:sendall", function()
  it_wired("sends captures, lists and what iterators give", wired(function(a, b)
    local name = capture("c.pcap", frames(1000))
    local cap <close> = assert(pcap.open(name))
    assert.equal(1000, a:sendall(cap))
    assert.is_nil(wire.difference(frames(1000), wire.read(b, 1000)))
    assert.equal(0, a:sendall(cap))
    assert.equal(700, a:sendall(frames(700)))
    assert.is_nil(wire.difference(frames(700), wire.read(b, 700)))
    local second <close> = assert(pcap.open(name))
    assert.equal(300, a:sendall(second:packets(function(p) return p.number > 700 end)))
    local rest = wire.read(b, 300)
    assert.equal(300, #rest)
    assert.equal(frame(701), rest[1])
    assert.equal(frame(1000), rest[300])
    assert.equal(0, a:sendall {})
    assert.equal(0, a:sendall(function() end))
    assert.equal(2, a:sendall { memory.create(frame(1)), layouts.ethernet {} / frame(2) })
  end))

  it_wired("sends what another interface receives, till a signal", function()
    local ns <close> = wire.new()
    wire.sh(ns, "ip link add w0 type veth peer name w1 && ip link set w0 up && ip link set w1 up")
    assert.equal("5\tinterrupted\n5\nstatus 0\n", wire.script(ns, [[
      local v0, v1, w0, w1 = pcap.live("v0"), pcap.live("v1", { direction = "in" }), pcap.live("w0"), pcap.live("w1")
      for k = 1, 5 do v0:send(("%c"):format(k):rep(60)) end
      local n, m = 0, memory.create()
      debug.sethook(function() -- now and then, while it waits
        while w1:next(m, 0) do n = n + 1 assert(tostring(m) == ("%c"):format(n):rep(60)) end
        if n == 5 then io.open(READY, "w"):close() end
      end, "c")
      print(w0:sendall(v1))
      debug.sethook()
      print(n)]], "INT"))
  end)

  for option, value in pairs { rate = 40, bitrate = 60 * 8 * 40, speed = 2 } do
    it_wired("takes its time by option " .. option, wired(function(a, b)
      local cap <close> = assert(pcap.open(capture("slow.pcap", frames(21), 50000000)))
      local m, first, last = memory.create(), nil, nil
      assert.equal(21, a:sendall(cap, { [option] = value }))
      for k = 1, 21 do
        last = assert(b:next(m, 10))
        first = first or last
        assert.equal(frame(k), tostring(m))
      end
      assert.is_true(last - first > 400000000)
    end))
  end

  it_wired("waits for frames of far times, and sends those of the past at once", function()
    local ns <close> = wire.new()
    assert.equal("3\n2\tinterrupted\nstatus 0\n", wire.script(ns, [[
      local a, list, n = assert(pcap.live("v0")), {}, 0
      for k, time in ipairs { 1, math.mininteger, 0, math.maxinteger } do
        list[k] = packet.new(("x"):rep(60))
        list[k].time = time
      end
      print(a:sendall({ list[1], list[2], list[3] }, { speed = 1 }))
      print(a:sendall(function()
        n = n + 1
        if n == 3 then io.open(READY, "w"):close() end
        return n == 3 and list[4] or list[2]
      end, { speed = 1e-6 }))]], "INT"))
  end)

  it_wired("refuses what is no source and no pace", wired(function(a)
    for _, case in ipairs {
      { 42, nil, "capture, list or iterator expected" }, { a, nil, "an interface can not send what it reads" },
      { { frame(1), {} }, nil, "list: packet, string or memory expected, got table" },
      { function() return true end, nil, "iterator: packet, string or memory expected, got boolean" },
      { {}, { rate = 0 }, "option 'rate' out of range" }, { {}, { rate = 0 / 0 }, "option 'rate' out of range" },
      { {}, { bitrate = "1" }, "option 'bitrate': number expected" }, { {}, { speed = -1 }, "option 'speed' out of range" },
      { {}, { rate = 1, speed = 1 }, "exclude each other" }, { {}, { pace = 1 }, "unknown option 'pace'" },
      { {}, 1, "table expected, got number" },
    } do
      assert.error_matches(function() a:sendall(case[1], case[2]) end, case[3])
    end
    local closed = assert(pcap.open(capture("c.pcap", {})))
    closed:close()
    assert.error_matches(function() a:sendall(closed) end, "attempt to use a closed capture")
  end))

  it_wired("tells how many were sent before an error", wired(function(a, b, ns)
    for _, n in ipairs { 0, 5, 256, 600 } do
      local list = frames(n)
      list[n + 1], list[n + 2] = frame(1, 2000), frame(2)
      assert.same({ nil, "v0: a frame of 2000 bytes is longer than the interface sends (MTU 1500)", n }, { a:sendall(list) })
      assert.is_nil(wire.difference(frames(n), wire.read(b, n)))
    end
    wire.sh(ns, "ip link set v0 down")
    assert.same({ nil, "v0: the interface is down", 0 }, { a:sendall(frames(2)) })
    wire.sh(ns, "ip link del v0")
    assert.same({ nil, "v0: there is no such interface to send to", 0 }, { a:sendall(frames(2)) })
  end))

  it_wired("sends all whole frames of a file that is broken", wired(function(a, b)
    local name = capture("broken.pcap", frames(300))
    support.writefile(name, (support.readfile(name):sub(1, -10)))
    local cap <close> = assert(pcap.open(name))
    local ok, message, n = a:sendall(cap)
    assert.is_nil(ok)
    assert.matches("broken.pcap: ", message)
    assert.equal(299, n)
    assert.is_nil(wire.difference(frames(299), wire.read(b, 299)))
    local again <close> = assert(pcap.open(name))
    assert.error_matches(function() a:sendall(again:packets()) end, "broken.pcap: ")
    assert.is_nil(wire.difference(frames(299), wire.read(b, 299)))
  end))

  it_wired("raises errors of an iterator, with what came before sent", wired(function(a, b)
    local n = 0
    assert.error_matches(function()
      a:sendall(function()
        n = n + 1
        return n < 4 and frame(n) or error "enough"
      end)
    end, "enough")
    assert.error_matches(function() a:sendall { frame(4), 1 == 1 } end, "list: packet, string or memory expected, got boolean")
    assert.is_nil(wire.difference(frames(4), wire.read(b, 4)))
    assert.error_matches(function() a:sendall(function() a:close() return frame(1) end) end, "attempt to use a closed interface")
  end))

  it_wired("is ended by a signal where the interface is slow", function()
    local ns <close> = wire.new()
    if not pcall(wire.sh, ns, "tc qdisc add dev v0 root tbf rate 20kbit burst 2kb limit 1mb") then
      return pending("needs the program tc, and its tbf")
    end
    local start = os.time()
    local out = wire.script(ns, [[
      local a, n = assert(pcap.live("v0")), 0
      print(a:sendall(function()
        n = n + 1
        if n == 100 then io.open(READY, "w"):close() end -- the interface takes no more than that at once
        return ("x"):rep(1500)
      end))]], "INT")
    assert.matches("^%d+\tinterrupted\nstatus 0\n$", out)
    assert.is_true(os.time() - start < 10)
  end)
end)

describe("an output", function()
  it_wired("is like an interface, and copies so many of its frames", wired(function(a, b)
    local name = path("copied.pcap")
    local list = frames(10)
    list[4] = list[4]:gsub("\x88\xb5", "\x88\xb6")
    assert.equal(10, a:sendall(list))
    local out = assert(pcap.create(name, { like = b }))
    assert.equal(2, out:copy(b, nil, 2))
    assert.equal(3, out:copy(b, "ethernet.type == 0x88b5", 3))
    assert.equal(1, out:copy(b, function(p)
      p.ethernet.source = "02:00:00:00:00:09"
      return true
    end, 1))
    assert.is_true(out:close())
    local cap <close> = assert(pcap.open(name))
    assert.equal("nano", cap.precision)
    assert.equal(1, cap.linktype)
    assert.equal(b.snaplen, cap.snaplen)
    local kept = { list[1], list[2], list[3], list[5], list[6], (list[7]:gsub("\2\0\0\0\0\1", "\2\0\0\0\0\9")) }
    assert.is_nil(wire.difference(kept, readfile(name)))
    assert.is_true(math.abs(cap:next(memory.create()) // 1000000000 - os.time()) < 60)
    local ng = assert(pcap.create(path("n.pcapng"), { like = b, format = "pcapng" }))
    assert.equal(3, ng:copy(b, nil, 3))
    ng:close()
    assert.is_nil(wire.difference({ list[8], list[9], list[10] }, readfile(path("n.pcapng"))))
  end))
end)

describe("pcap.tap", function()
  --- Calls f(tap, nic, ns): a new TAP device, and the same interface opened from the system's side.
  local function tapped(f, options)
    return function()
      local ns <close> = wire.new()
      local tap <close> = assert(ns:call(pcap.tap, "tap9", options))
      local nic <close> = assert(ns:call(pcap.live, "tap9", { immediate = true }))
      f(tap, nic, ns)
    end
  end

  it_wired("is the wire of an interface of the system's", tapped(function(tap, nic)
    assert.same({ "tap9", 1, "live", 1400, "02:00:00:00:00:07" }, { tap.name, tap.linktype, tap.format, tap.mtu, tap.mac })
    assert.equal(tap.mac, nic.mac)
    assert.is_true(nic:send(frame(1)))
    assert.equal(2, nic:sendall { frame(2, 1414), frame(3) })
    assert.is_nil(wire.difference({ frame(1), frame(2, 1414), frame(3) }, wire.read(tap, 3)))
    assert.equal(3, #wire.read(nic, 3))
    assert.equal(2, tap:sendall { frame(4), frame(5, 1000) })
    assert.is_nil(wire.difference({ frame(4), frame(5, 1000) }, wire.read(nic, 2)))
    local stats = tap:stats()
    assert.same({ 3, 2, 1060 }, { stats.received, stats.sent, stats.sentbytes })
    nic:sendall(frames(5))
    local n = 0
    assert.same({ 5, "count" }, { tap:loop(function(m)
      n = n + 1
      assert.equal(frame(n), tostring(m))
    end, { count = 5, seconds = 10 }) })
    assert.same({ 0, "timeout" }, { tap:loop(error, { seconds = 0.01 }) })
  end, { mtu = 1400, mac = "02:00:00:00:00:07" }))

  it_wired("takes only what its filter wants, in time", tapped(function(tap, nic)
    nic:sendall { frame(1), frame(2, 100) }
    assert.is_nil(wire.difference({ frame(2, 100) }, wire.read(tap, 1)))
    assert.equal(1, tap:stats().received)
    assert.is_true(tap:setfilter("len < 80"))
    nic:sendall { frame(3), frame(4, 100) }
    assert.is_nil(wire.difference({ frame(3) }, wire.read(tap, 1)))
    assert.matches("syntax error", select(2, tap:setfilter("foo bar")))
  end, { filter = "len > 80" }))

  it_wired("speaks IP as a TUN device", function()
    local ns <close> = wire.new()
    local tun <close> = assert(ns:call(pcap.tap, nil, { mode = "tun" }))
    assert.matches("^tun%d+$", tun.name)
    assert.equal(101, tun.linktype)
    assert.is_nil(tun.mac)
    local nic <close> = assert(ns:call(pcap.live, tun.name, { immediate = true }))
    assert.equal(101, nic.linktype)
    local p = layouts.ipv4 { source = "10.9.8.1", destination = "10.9.8.2" } / layouts.udp {} / "hello"
    assert.is_true(nic:send(p))
    assert.equal("10.9.8.2", tun:packets("udp", 10)().ipv4.destination)
    assert.is_truthy(nic:next(memory.create(), 10))
    assert.is_true(tun:send(p))
    assert.equal("10.9.8.1", nic:packets("udp", 10)().ipv4.source)
    assert.matches("not a frame that the interface takes", select(2, tun:send("x")))
  end)

  it_wired("is down where that is asked for, and gone when it is closed", function()
    local ns <close> = wire.new()
    local tap = assert(ns:call(pcap.tap, "t%d", { up = false }))
    assert.equal("t0", tap.name)
    assert.same({ nil, "t0: the interface is down" }, { tap:send(frame(1)) })
    assert.is_nil(wire.sh(ns, "ip -br link"):match "t0%s+UP")
    assert.is_truthy(wire.sh(ns, "ip -br link"):find "t0")
    tap:close()
    assert.is_nil(wire.sh(ns, "ip -br link"):find "t0")
    wire.sh(ns, "ip tuntap add lasting mode tap")
    assert.is_true(assert(ns:call(pcap.tap, "lasting")):close())
    assert.is_truthy(wire.sh(ns, "ip -br link"):find "lasting")
  end)

  it_wired("says that it has vanished", tapped(function(tap, _, ns)
    wire.sh(ns, "ip link del tap9")
    assert.same({ nil, "tap9: the interface is gone" }, { tap:next(memory.create(), 30) })
    assert.same({ nil, "tap9: the interface is gone" }, { tap:loop(error, { seconds = 30 }) })
    assert.same({ nil, "tap9: the interface is gone" }, { tap:send(frame(1)) })
  end))

  it_wired("refuses wrong options and names", tapped(function(_, _, ns)
    for _, case in ipairs {
      { { mode = "bridge" }, "option 'mode': 'tap', 'tun'" }, { { up = 1 }, "option 'up': boolean expected" },
      { { mtu = 67 }, "option 'mtu' out of range" }, { { mtu = 65522 }, "option 'mtu' out of range" },
      { { mtu = 99.5 }, "option 'mtu': integer expected" }, { { mac = "zz" }, "option 'mac': no such address 'zz'" },
      { { mode = "tun", mac = "02:00:00:00:00:09" }, "option 'mac': a TUN device has none" },
      { { filter = 1 }, "option 'filter': string expected" }, { { snaplen = 1 }, "unknown option 'snaplen'" },
    } do
      assert.error_matches(function() ns:call(pcap.tap, nil, case[1]) end, case[2])
    end
    assert.matches("syntax error", select(2, ns:call(pcap.tap, nil, { filter = "foo bar" })))
    assert.matches("^tap9: the interface is in use", select(2, ns:call(pcap.tap, "tap9")))
    assert.matches("^v0: the interface is in use, or no such device", select(2, ns:call(pcap.tap, "v0")))
    for _, name in ipairs { "", ("x"):rep(16) } do
      assert.matches("names of interfaces have 1 to 15 bytes", select(2, ns:call(pcap.tap, name)))
    end
  end))
end)
