--- Interfaces of the system are opened and read: the manual, 5.6, "Interfaces". What sends is in livesend_spec.lua.
local memory = require "memory"
local pcap = require "pktcraft.pcap"
local support = require "spec.support"
local wire = require "spec.wire"

local it_wired, frame, frames, wired = wire.it(it, pending), wire.frame, wire.frames, wire.wired

describe("pcap.live", function()
  it_wired("knows what the interface is", wired(function(a, b)
    assert.equal("v0", a.name)
    assert.equal("live", a.format)
    assert.equal(1, a.linktype)
    assert.equal(262144, a.snaplen)
    assert.equal("nano", a.precision)
    assert.equal(1500, a.mtu)
    assert.matches("^%x%x:%x%x:%x%x:%x%x:%x%x:%x%x$", a.mac)
    assert.not_equal(a.mac, b.mac)
    assert.equal("interface (v0)", tostring(a))
    assert.equal(1, #a.interfaces)
  end))

  it_wired("refuses wrong options, and says which", function()
    local ns <close> = wire.new()
    for _, case in ipairs {
      { { snaplen = 0 }, "option 'snaplen' out of range" }, { { snaplen = "64" }, "option 'snaplen': number expected" },
      { { snaplen = 1.5 }, "option 'snaplen': integer expected" }, { { snaplen = 262145 }, "option 'snaplen' out of range" },
      { { timeout = 0 }, "option 'timeout' out of range" }, { { timeout = 0 / 0 }, "option 'timeout' out of range" },
      { { timeout = true }, "option 'timeout': number expected" }, { { buffer = 0 }, "option 'buffer' out of range" },
      { { buffer = 1 << 31 }, "option 'buffer' out of range" }, { { direction = "up" }, "option 'direction': 'inout', 'in'" },
      { { direction = 1 }, "option 'direction'" }, { { precision = "milli" }, "option 'precision': 'micro', 'nano'" },
      { { linktype = 0x10000 }, "option 'linktype' out of range" }, { { linktype = 1.5 }, "option 'linktype': integer expected" },
      { { filter = 1 }, "option 'filter': string expected" }, { { filter = "a\0b" }, "option 'filter' with zeros" },
      { { immediate = 1 }, "option 'immediate': boolean expected" }, { { monitor = 1 }, "option 'monitor': boolean expected" },
      { { promiscuous = 0 }, "option 'promiscuous': boolean expected" }, { { colour = 1 }, "unknown option 'colour'" },
      { { 1 }, "options have names" }, { 1, "table expected, got number" },
    } do
      assert.error_matches(function() ns:call(pcap.live, "v0", case[1]) end, case[2])
    end
  end)

  it_wired("gives nil and what the interface can not", function()
    local ns <close> = wire.new()
    local function refuses(text, ...)
      local nic, message = ns:call(pcap.live, ...)
      assert.is_nil(nic)
      assert.matches(text, message)
    end
    refuses("^nosuch: there is no such interface$", "nosuch")
    refuses("^: there is no such interface$", "")
    refuses("^x+: there is no such interface$", ("x"):rep(300))
    refuses("^v0: the interface has no monitor mode$", "v0", { monitor = true })
    refuses("^v0: .*IEEE802_11_RADIO is not one of", "v0", { linktype = 127 })
    refuses("syntax error", "v0", { filter = "foo bar" })
    wire.sh(ns, "ip link set v0 down")
    refuses("^v0: the interface is down$", "v0")
    assert.error_matches(function() pcap.live("v0\0") end, "path with zeros")
    assert.error_matches(function() pcap.live() end, "string expected")
  end)

  it_wired("gives the first bytes of frames, and their lengths", wired(function(a, b)
    assert(a:send(frame(1, 200)))
    local m = memory.create()
    local _, wirelen = b:next(m, 10)
    assert.equal(200, wirelen)
    assert.equal(frame(1, 200):sub(1, 64), tostring(m))
    assert.equal(64, b.snaplen)
  end, { snaplen = 64, immediate = true }))

  for option, expected in pairs { ["in"] = { frame(2) }, out = { frame(1) }, inout = { frame(1), frame(2) } } do
    it_wired("takes frames of direction " .. option, wired(function(a, _, ns)
      local b <close> = assert(ns:call(pcap.live, "v1", { direction = option, immediate = true }))
      assert(b:send(frame(1)))
      assert(a:send(frame(2)))
      assert.same(expected, wire.read(b, #expected))
    end))
  end

  for _, precision in ipairs { "nano", "micro" } do
    it_wired("gives times of now, precision " .. precision, wired(function(a, b)
      assert.equal(precision, b.precision)
      local whole, m = true, memory.create()
      for k = 1, 20 do
        assert(a:send(frame(k)))
        local time = assert(b:next(m, 10))
        assert.is_true(math.abs(time // 1000000000 - os.time()) < 10)
        whole = whole and time % 1000 == 0
      end
      assert.equal(precision == "micro", whole)
    end, { precision = precision, immediate = true }))
  end

  it_wired("gives frames together where they may be kept back", wired(function(a, b)
    assert.equal(100, a:sendall(frames(100)))
    assert.same(frames(100), wire.read(b, 100))
  end, { immediate = false, timeout = 0.05, buffer = 1 << 20, promiscuous = false }))

  it_wired("lets the system filter", wired(function(a, b)
    assert.equal(3, a:sendall { frame(1, 100), frame(2, 60), frame(3, 100) })
    assert.same({ frame(2, 60) }, wire.read(b, 1))
    assert.is_true(b:setfilter("len > 60"))
    assert.equal(3, a:sendall { frame(1, 100), frame(2, 60), frame(3, 100) })
    assert.same({ frame(1, 100), frame(3, 100) }, wire.read(b, 2))
    assert.matches("syntax error", select(2, b:setfilter("foo bar")))
    assert.error_matches(function() b:setfilter("a\0b") end, "with zeros")
    assert(a:send(frame(4, 100)))
    assert.same({ frame(4, 100) }, wire.read(b, 1))
  end, { filter = "len <= 60", immediate = true }))

  -- What is longer than the MTU the system takes with one tag only.
  for name, tags in pairs { ["one VLAN tag"] = "\x81\0\x20\5", ["QinQ"] = "\x88\xa8\0\7\x81\0\xe0\5" } do
    local longest = #tags == 4 and 1518 or 1514

    it_wired("puts back " .. name, wired(function(a, b)
      assert(a:send(frame(1, 100, tags)))
      assert(a:send(frame(2, longest, tags)))
      assert.same({ frame(1, 100, tags), frame(2, longest, tags) }, wire.read(b, 2))
      assert(a:send(frame(3, 100, tags)))
      local n = b:loop(function(m)
        assert.equal(frame(3, 100, tags), tostring(m))
        return false
      end, { seconds = 10 })
      assert.equal(1, n)
    end))
  end

  it_wired("reads all interfaces by the name any, and sends by none", wired(function(a, _, ns)
    local any <close> = assert(ns:call(pcap.live, "any", { immediate = true }))
    assert.equal(113, any.linktype)
    assert.is_nil(any.mac)
    assert(a:send(frame(1)))
    assert.is_truthy(any:next(memory.create(), 10))
    assert.same({ nil, "any: there is no such interface to send to" }, { any:send(frame(1)) })
    local cooked <close> = assert(ns:call(pcap.live, "any", { linktype = 276 }))
    assert.equal(276, cooked.linktype)
  end))

  it_wired("names the capability that is missing", function()
    local ns <close> = wire.new()
    local status, out, err = ns:call(support.run, ([[setpriv --bounding-set=-all --inh-caps=-all %s -e '
      print(pcap.live("v0")) print(pcap.tap()) print(pcap.namespace())']]):format(support.pktcraft))
    assert.equal(0, status, err)
    assert.matches("nil\tv0: no permission: the capability CAP_NET_RAW is missing", out)
    assert.matches("nil\t[^\n]+no permission[^\n]+CAP_NET_ADMIN", out)
    assert.matches("nil\tnetwork namespace: no permission: the capability CAP_SYS_ADMIN is missing", out)
  end, "setpriv")

  it_wired("says that an interface has vanished", wired(function(a, b, ns)
    local m = memory.create()
    assert(a:send(frame(1)))
    assert(b:next(m, 10))
    wire.sh(ns, "ip link del v0")
    local time, message = b:next(m, 30)
    assert.is_nil(time)
    assert.matches("^v1: ", message)
    assert.not_equal("timeout", message)
    assert.equal(0, #m)
    local n, why = b:loop(function() end, { seconds = 30 })
    assert.is_nil(n)
    assert.matches("^v1: ", why)
    assert.error_matches(function() for _ in b:packets(nil, 30) do end end, "^v1: ") -- luacheck: ignore
    assert.matches("^v1: there is no such interface", select(2, b:send(frame(1))))
  end))

  it_wired("waits without work while the interface is down", wired(function(a, b, ns)
    wire.sh(ns, "ip link set v1 down")
    assert.matches("^v1: the interface is down$", select(2, b:send(frame(1))))
    local clock, m = os.clock(), memory.create()
    b:next(m, 0.5)
    b:next(m, 0.5)
    assert.is_true(os.clock() - clock < 0.4)
    wire.sh(ns, "ip link set v1 up")
    for k = 1, 100 do -- it may have an error to tell first
      assert(a:send(frame(k)))
      if b:next(m, 0.1) then break end
    end
    assert.is_true(#m > 0)
  end))

  it_wired("opens no more than there are file descriptors, and leaks none", function()
    local ns <close> = wire.new()
    local out = wire.script(ns, [[
      local function descriptors() local n = 0 for _ in require "lfs".dir("/proc/self/fd") do n = n + 1 end return n end
      local before, nics, message = descriptors(), {}
      while true do
        local nic
        nic, message = pcap.live("v0", { buffer = 65536 })
        if not nic then break end
        assert(nic.mac and nic.mtu, "half an interface")
        nics[#nics + 1] = nic
      end
      print(#nics > 10, message, select(2, nics[#nics]:send(("x"):rep(60))), select(2, pcap.tap()), select(2, pcap.namespace()))
      for _, nic in ipairs(nics) do nic:close() end
      nics = {}
      for _ = 1, 8 do pcap.live("nosuch") pcap.live("v0") pcap.live("v0", { filter = "foo bar" }) pcap.tap() pcap.namespace() end
      collectgarbage() collectgarbage()
      print(descriptors() - before)]])
    assert.matches("^true\tv0: [^\n\t]*[Tt]oo many open files[^\n\t]*\tnil\t[^\t]*[Tt]oo many[^\t]*\t[^\t]*[Tt]oo many", out)
    assert.matches("\n0\nstatus 0\n$", out)
  end)
end)

describe("an interface", function()
  it_wired("gives no frame in the time, and then one", wired(function(a, b)
    local m, start = memory.create(), os.time()
    assert.same({ nil, "timeout" }, { b:next(m, 0) })
    assert.same({ nil, "timeout" }, { b:next(m, 1.2) })
    assert.is_true(os.time() - start >= 1)
    assert(a:send(frame(1)))
    assert.is_truthy(b:next(m))
    assert.same({ nil, "timeout" }, { b:next(m, 0) })
    assert.equal(0, #m)
    assert.error_matches(function() b:next(m, -1) end, "seconds expected")
    assert.error_matches(function() b:next(m, 0 / 0) end, "seconds expected")
    assert.error_matches(function() b:next(m, "x") end, "number expected")
    assert.error_matches(function() b:next("x") end, "memory expected")
    assert.error_matches(function() b:next(memory.create(10)) end, "got a fixed one")
  end))

  it_wired("gives packets that a filter wants, for so many seconds", wired(function(a, b)
    local n = 0
    local function other(k) return (frame(k):gsub("\x88\xb5", "\x88\xb6")) end
    assert.equal(4, a:sendall { frame(1), other(2), other(3), frame(4) })
    for p in b:packets("ethernet.type == 0x88b6", 60) do
      n = n + 1
      assert.equal(other(n + 1), tostring(p.memory))
      if n == 2 then break end
    end
    for _ in b:packets("ethernet.type == 0x88b6", 0.1) do n = n + 1 end
    assert.equal(2, n)
  end))

  it_wired("gives the packets that are there", wired(function(a, b)
    local n = 0
    assert.equal(4, a:sendall(frames(4)))
    assert.is_truthy(b:next(memory.create(), 10))
    for p in b:packets(function(p) return #p == 60 end, 0) do n = n + p.number end
    assert.equal(9, n)
    for _ in b:packets(nil, 0) do n = n + 1 end
    assert.equal(9, n)
    assert.error_matches(function() b:packets(nil, -1) end, "seconds expected")
    assert.error_matches(function() b:packets("foo bar") end, "operator expected")
  end))

  it_wired("ends packets in time, however many come", wired(function(a, b)
    local start, n = os.time(), 0
    a:sendall(frames(2))
    for _ in b:packets(nil, 0.2) do
      n = n + 1
      a:sendall(frames(2))
      if os.time() - start > 20 then break end
    end
    assert.is_true(os.time() - start <= 20, n)
    start = os.time()
    for _ in b:packets(function() a:sendall(frames(2)) return os.time() - start > 20 end, 0.2) do break end -- luacheck: ignore
    assert.is_true(os.time() - start <= 20)
  end))

  it_wired("gives fields and frames after the time of others is over", wired(function(_, b, ns)
    local m = memory.create()
    local fields, each = b:fields("ethernet.type"), b:frames(m)
    for _ = 1, 2 do
      assert.same({ nil, "timeout" }, { b:next(memory.create(), 0.001) })
      wire.later(ns, frame(5))
      assert.equal(0x88b5, fields())
      assert.same({ nil, "timeout" }, { b:next(memory.create(), 0.001) })
      wire.later(ns, frame(6))
      assert.is_truthy(each())
      assert.equal(frame(6), tostring(m))
    end
  end))
end)
