--- pcap.wait, pcap.interfaces and pcap.namespace: the manual, 5.6, "Interfaces".
local memory = require "memory"
local pcap = require "pktcraft.pcap"
local support = require "spec.support"
local wire = require "spec.wire"

local it_wired, frame, frames, wired = wire.it(it, pending), wire.frame, wire.frames, wire.wired

describe("pcap.wait", function()
  it_wired("gives those of several that have frames", wired(function(a, b, ns)
    local tap <close> = assert(ns:call(pcap.tap, "tap9"))
    local list = { a, b, tap }
    assert.same({}, pcap.wait(list, 0))
    assert.same({}, pcap.wait(list, 0.3))
    assert(a:send(frame(1)))
    assert.equal(b, pcap.wait({ tap, b }, 10)[1])
    assert.is_truthy(b:next(memory.create(), 0))
    local nic <close> = assert(ns:call(pcap.live, "tap9"))
    assert(nic:send(frame(2)))
    assert.same({ tap }, pcap.wait({ tap }, 10))
    assert.is_truthy(tap:next(memory.create(), 0))
    while #pcap.wait({ tap, b }, 0) > 0 do tap:next(memory.create(), 0) b:next(memory.create(), 0) end
  end))

  it_wired("gives an interface till all has been read", wired(function(a, b)
    a:sendall(frames(50))
    local n, m = 0, memory.create()
    while n < 50 and pcap.wait({ b }, 10)[1] == b do
      if b:next(m, 0) then n = n + 1 end
    end
    assert.equal(50, n)
  end, {}))

  it_wired("takes sockets, and what is closed, and refuses the rest", wired(function(a, b)
    local file = { getfd = function() return 0xffff end }
    assert.same({ file }, pcap.wait({ file }, 0)) -- no such descriptor: who reads it learns
    b:close()
    assert.same({}, pcap.wait({ a }, 0))
    assert.error_matches(function() pcap.wait { b } end, "attempt to use a closed interface")
    assert.error_matches(function() pcap.wait { {} } end, "element 1 has no file descriptor")
    assert.error_matches(function() pcap.wait { 1 } end, "element 1 has no file descriptor")
    assert.error_matches(function() pcap.wait { a, true } end, "element 2 has no file descriptor")
    assert.error_matches(function() pcap.wait({ a }, -1) end, "seconds expected")
    assert.error_matches(function() pcap.wait({ a }, "x") end, "number expected")
    assert.error_matches(function() pcap.wait() end, "table expected")
    assert.same({}, pcap.wait({}, 0))
  end))

  local there, socket = pcall(require, "socket")
  if there then
    it_wired("waits for sockets of LuaSocket, and select for interfaces", wired(function(a, b, ns)
      local udp, other = ns:call(socket.udp), ns:call(socket.udp)
      assert(udp:setsockname("127.0.0.1", 0))
      local list = { udp, b }
      assert.same({}, pcap.wait(list, 0))
      assert.same({}, (socket.select({ b, udp }, nil, 0)))
      assert(a:send(frame(1)))
      assert.equal(b, pcap.wait(list, 10)[1])
      assert.equal(b, socket.select({ b, udp }, nil, 10)[1])
      assert.is_truthy(b:next(memory.create(), 0))
      assert(other:sendto("hello", udp:getsockname()))
      assert.equal(udp, pcap.wait({ udp }, 10)[1])
      assert.equal("hello", udp:receive())
      udp:close()
      other:close()
    end))
  else
    pending "waits for sockets of LuaSocket, and select for interfaces (needs LuaSocket)"
  end
end)

describe("pcap.interfaces", function()
  it_wired("lists the interfaces that there are", wired(function(a, _, ns)
    wire.sh(ns, "ip addr add 192.0.2.1/24 broadcast 192.0.2.255 dev v0; ip link set v1 down")
    local byname = {}
    for _ = 1, 100 do -- the system takes its time to see that the wire ends nowhere
      for _, d in ipairs(assert(ns:call(pcap.interfaces))) do byname[d.name] = d end
      if not byname.v0.running then break end
      pcap.wait({}, 0.1)
    end
    assert.same({ name = "v0", mac = a.mac, mtu = 1500, up = true, running = false, loopback = false, wireless = false,
      addresses = { { address = "192.0.2.1", netmask = "255.255.255.0", broadcast = "192.0.2.255" } } }, byname.v0)
    assert.is_true(byname.lo.loopback)
    assert.is_true(byname.lo.up)
    assert.equal("127.0.0.1", byname.lo.addresses[1].address)
    assert.is_table(byname.any)
    assert.is_nil(byname.any.mtu)
    assert.is_false(byname.v1.running)
  end))
end)

describe("pcap.namespace", function()
  local function here()
    local f <close> = io.popen("unset LD_PRELOAD; readlink /proc/self/ns/net")
    return f:read "l"
  end

  it_wired("calls a function elsewhere, and is back", function()
    local home = here()
    local ns <close> = assert(pcap.namespace())
    assert.equal("network namespace (open)", tostring(ns))
    assert.equal(home, here())
    local away = ns:call(here)
    assert.not_equal(home, away)
    assert.equal(home, here())
    assert.same({ 1, nil, "x", n = 3 }, table.pack(ns:call(function(...) return ... end, 1, nil, "x")))
    assert.equal(0, select("#", ns:call(function() end)))
    local other <close> = assert(pcap.namespace())
    local inner, between
    ns:call(function()
      inner = other:call(here)
      between = here()
      other:call(function() assert.is_false(pcall(other.call, ns, error)) end)
      assert.equal(away, here())
    end)
    assert.equal(away, between)
    assert.is_true(inner ~= away and inner ~= home)
    assert.equal(home, here())
  end)

  it_wired("has its loopback up", function()
    local ns <close> = assert(pcap.namespace())
    local lo <close> = assert(ns:call(pcap.live, "lo", { immediate = true }))
    assert.is_true(lo:send(frame(1)))
    assert.equal(frame(1), wire.read(lo, 1)[1])
  end)

  it_wired("is left by errors and by yields too", function()
    local home, object = here(), {}
    local ns <close> = assert(pcap.namespace())
    local ok, message = pcall(ns.call, ns, error, object)
    assert.is_false(ok)
    assert.equal(object, message)
    assert.equal(home, here())
    assert.error_matches(function() coroutine.wrap(function() ns:call(coroutine.yield) end)() end,
      "attempt to yield across a C%-call boundary")
    assert.equal(home, here())
    assert.error_matches(function() ns:call(function() ns:close() error "closed" end) end, "closed")
    assert.equal(home, here())
  end)

  it_wired("refuses wrong arguments", function()
    local ns = assert(pcap.namespace())
    assert.error_matches(function() ns:call() end, "function expected")
    assert.error_matches(function() ns.call(1, print) end, "network namespace expected")
    ns:close()
    ns:close()
    assert.equal("network namespace (closed)", tostring(ns))
    assert.error_matches(function() ns:call(print) end, "attempt to use a closed network namespace")
    assert.error_matches(function() pcap.namespace {} end, "string expected")
    assert.error_matches(function() pcap.namespace "a\0b" end, "with zeros")
  end)

  it_wired("gives nil and what is no namespace", function()
    local function refuses(text, name)
      local ns, message = pcap.namespace(name)
      assert.is_nil(ns, name)
      assert.equal("network namespace: " .. text, message)
    end
    refuses("there is no /run/netns/nosuch", "nosuch")
    refuses("there is no /nosuch/path", "/nosuch/path")
    refuses("/etc/passwd is none", "/etc/passwd")
    refuses("/ is none", "/")
    refuses("/proc/self/ns/uts is none", "/proc/self/ns/uts")
    local _, message = pcap.namespace("..") -- there is none where nobody has made one
    assert.is_truthy(message:find "^network namespace: .*is none$" or message == "network namespace: there is no /run/netns/..")
    assert.matches("name too long$", select(2, pcap.namespace(("/"):rep(300) .. "proc/self/ns/net")))
  end)

  it_wired("opens those that have paths and names", function()
    local ns <close> = assert(pcap.namespace())
    local away = ns:call(here)
    local same <close> = assert(ns:call(pcap.namespace, "/proc/thread-self/ns/net"))
    assert.equal(away, same:call(here))
    local name = "pktcraft" .. math.random(1 << 40)
    if support.foreign("ip netns add " .. name) ~= 0 then return pending "needs leave to mount /run/netns" end
    local named = pcap.namespace(name)
    local there = named and named:call(here)
    support.foreign("ip netns del " .. name)
    assert.is_truthy(there and there ~= away and there ~= here())
    named:close()
  end)

  it_wired("goes when it is closed, and leaks nothing", function()
    collectgarbage()
    local before = wire.descriptors()
    for _ = 1, 20 do
      local ns = assert(pcap.namespace())
      pcall(ns.call, ns, error)
      ns:close()
      pcap.namespace "/etc/passwd"
      pcap.namespace "nosuch"
    end
    assert.is_truthy(pcap.namespace()) -- nobody keeps it
    collectgarbage()
    assert.equal(before, wire.descriptors())
  end)

  it_wired("keeps what was opened in it there", wired(function(a, b, ns)
    ns:close()
    assert.is_true(a:send(frame(1)))
    assert.is_nil(wire.difference({ frame(1) }, wire.read(b, 1)))
  end))
end)

describe("an interface's bindings", function()
  it_wired("are its own", wired(function(a, b, ns)
    local layouts = require "pktcraft.layouts"
    local other <close> = assert(ns:call(pcap.live, "v1", { immediate = true }))
    local p = layouts.ethernet {} / layouts.ipv4 {} / layouts.udp { destination = 7777 } / layouts.dns { id = 9 }
    b:bind("udpport", 7777, layouts.dns)
    a:sendall { p, p }
    local packets = b:packets(nil, 10)
    assert.equal(9, packets().dns.id)
    assert.is_nil(other:packets(nil, 10)().dns)
    b:unbind("udpport", 7777)
    assert.is_nil(packets().dns)
  end))
end)
