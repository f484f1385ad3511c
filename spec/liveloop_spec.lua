--- nic:loop, signals, and the lives of interfaces and of what they lend.
local memory = require "memory"
local pcap = require "pktcraft.pcap"
local support = require "spec.support"
local wire = require "spec.wire"

local it_wired, frame, frames, wired = wire.it(it, pending), wire.frame, wire.frames, wire.wired

describe("nic:loop", function()
  it_wired("calls f for each frame, till the count is full", wired(function(a, b)
    local list, first = {}, nil
    assert.equal(5, a:sendall(frames(5)))
    local n, why = b:loop(function(m, time, wirelen)
      first = first or m
      assert.equal(first, m)
      assert.equal(#m, wirelen)
      assert.is_true(math.abs(time // 1000000000 - os.time()) < 10)
      list[#list + 1] = tostring(m)
    end, { count = 3, seconds = 10 })
    assert.same({ 3, "count" }, { n, why })
    assert.equal(0, #first)
    n, why = b:loop(function(m) list[#list + 1] = tostring(m) end, { count = 2 })
    assert.same({ 2, "count" }, { n, why })
    assert.same(frames(5), list)
    assert.same({ 0, "count" }, { b:loop(error, { count = 0 }) })
  end))

  it_wired("stops where f gives false, and only then", wired(function(a, b)
    local values, k = { nil, 0, true, false }, 0
    a:sendall(frames(5))
    assert.same({ 4, "stopped" }, { b:loop(function()
      k = k + 1
      return values[k]
    end, { seconds = 10 }) })
    assert.equal(frame(5), wire.read(b, 1)[1])
  end))

  it_wired("goes on with what the last one left, whoever reads it", wired(function(a, b)
    local m = memory.create()
    a:sendall(frames(6))
    local function stop() return false end
    for k = 1, 6, 3 do
      assert.same({ 1, "stopped" }, { b:loop(stop, { seconds = 10 }) })
      assert.is_truthy(b:next(m, 0))
      assert.equal(frame(k + 1), tostring(m))
      assert.same({ 1, "stopped" }, { b:loop(stop, { seconds = 0 }) })
    end
    assert.same({ 0, "timeout" }, { b:loop(stop, { seconds = 0 }) })
  end, { timeout = 0.05 }))

  it_wired("ends in time, whether frames come or not", wired(function(a, b)
    local start, calls = os.time(), 0
    assert.same({ 0, "timeout" }, { b:loop(error, { seconds = 1.2 }) })
    assert.is_true(os.time() - start >= 1)
    a:sendall(frames(2))
    local n, why = b:loop(function()
      calls = calls + 1
      a:sendall(frames(2))
      if os.time() - start > 20 then return false end
    end, { seconds = 0.2 })
    assert.same({ calls, "timeout" }, { n, why })
  end))

  it_wired("lets frames be written where they lie", wired(function(a, b)
    a:sendall(frames(2))
    b:loop(function(m)
      m:set(15, 0xaa, 0xbb)
      assert.equal("\xaa\xbb", tostring(m):sub(15, 16))
      assert(a:send(m))
    end, { count = 2 })
    local list = wire.read(b, 2)
    for k = 1, 2 do assert.equal("\xaa\xbb" .. string.char(0, k), list[k]:sub(15, 18)) end
  end))

  it_wired("refuses wrong options", wired(function(_, b)
    for _, case in ipairs {
      { { count = -1 }, "option 'count' out of range" }, { { count = 1.5 }, "option 'count': integer expected" },
      { { count = "1" }, "option 'count': number expected" }, { { seconds = -1 }, "option 'seconds' out of range" },
      { { seconds = 0 / 0 }, "option 'seconds' out of range" }, { { seconds = "x" }, "option 'seconds': number expected" },
      { { time = 1 }, "unknown option 'time'" }, { 1, "table expected, got number" },
    } do
      assert.error_matches(function() b:loop(print, case[1]) end, case[2])
    end
    assert.error_matches(function() b:loop() end, "function expected")
    assert.error_matches(function() b:loop {} end, "function expected")
  end))

  it_wired("raises errors of f, and works again", wired(function(a, b)
    a:sendall(frames(3))
    local object, m = {}, memory.create()
    local ok, message = pcall(b.loop, b, function(lent)
      m = lent
      error(object)
    end)
    assert.is_false(ok)
    assert.equal(object, message)
    assert.equal(0, #m)
    assert.same({ 1, "count" }, { b:loop(function(lent) assert.equal(frame(2), tostring(lent)) end, { count = 1 }) })
    assert.same({ frame(3) }, wire.read(b, 1))
  end))

  it_wired("refuses to read or close the interface in f, which keeps its frame", wired(function(a, b, ns)
    local m2 = memory.create()
    local each, packets, fields = b:frames(m2), b:packets(), b:fields("ethernet.type")
    local out = assert(pcap.create(support.path("o.pcap"), { like = b }))
    local calls = {
      function() b:next(m2, 0) end, function() b:frames(m2) end, function() b:packets() end, function() b:fields("ethernet.type") end,
      function() b:loop(print) end, function() b:setfilter("arp") end, function() out:copy(b) end,
      each, packets, fields, function() a:sendall(b) end,
    }
    assert(a:send(frame(1)))
    local n = b:loop(function(m)
      for k, f in ipairs(calls) do
        assert.error_matches(f, "attempt to read an interface in its loop", nil, nil, k)
        assert.equal(frame(1), tostring(m), k)
      end
      assert.error_matches(function() b:close() end, "attempt to close an interface in its loop")
      assert.error_matches(function() local _ <close> = b end, "attempt to close an interface in its loop")
      assert.is_table(b:stats())
      assert.is_boolean(b:dirty())
      assert.is_true(b:send(frame(2)))
      assert.equal(2, b:sendall { frame(3), frame(4) })
      assert.is_truthy(ns:call(pcap.live, "v1"))
    end, { count = 1, seconds = 10 })
    assert.equal(1, n)
    out:close()
  end))

  it_wired("has loops of others in f", wired(function(a, b, ns)
    local other <close> = assert(ns:call(pcap.live, "v1", { immediate = true }))
    a:sendall(frames(3))
    local seen = {}
    b:loop(function(m)
      other:loop(function(n) seen[#seen + 1] = tostring(n) .. tostring(m) end, { count = 1 })
    end, { count = 3 })
    assert.same({ frame(1):rep(2), frame(2):rep(2), frame(3):rep(2) }, seen)
  end))

  it_wired("refuses to yield", wired(function(a, b)
    a:sendall(frames(2))
    local co = coroutine.create(function() return b:loop(coroutine.yield) end)
    local ok, message = coroutine.resume(co)
    assert.is_false(ok)
    assert.matches("attempt to yield across a C%-call boundary", message)
    assert.same({ true, 1, "count" }, { coroutine.resume(coroutine.create(function()
      return b:loop(function(m) assert.equal(frame(2), tostring(m)) end, { count = 1 })
    end)) })
  end))
end)

describe("memory that an interface has lent", function()
  it_wired("is empty when the frame is gone", wired(function(a, b, ns)
    local other <close> = assert(ns:call(pcap.live, "v1", { immediate = true }))
    local m, kept = memory.create(), nil
    a:sendall(frames(3))
    assert(b:next(m, 10))
    assert(other:next(m, 10)) -- another takes it
    b:loop(function(lent)
      kept = lent
      assert.equal(frame(2), tostring(lent))
    end, { count = 1 })
    assert.equal(0, #kept)
    assert.equal(frame(1), tostring(m))
    assert(b:next(kept, 10))
    assert.equal(frame(3), tostring(kept))
    b:close()
    assert.equal(0, #kept)
    other:close()
    assert.equal(0, #m)
  end))

  for order = 0, 15 do
    it_wired("lives through collection and closing in any order: " .. order, function()
      local ns <close> = wire.new()
      local a, b = wire.pair(ns)
      a:sendall(frames(4))
      local packets = b:packets()
      local p, m, kept = packets(), memory.create(), nil
      b:next(m, 10)
      b:loop(function(lent) kept = lent end, { count = 1 })
      if order & 1 > 0 then b:close() end
      if order & 2 > 0 then packets, p = nil, nil end
      if order & 4 > 0 then m = nil end
      if order & 8 > 0 then kept = nil end
      b = nil -- luacheck: ignore
      collectgarbage()
      collectgarbage()
      assert.equal(0, m and #m or 0)
      assert.equal(0, kept and #kept or 0)
      if p then assert.is_true(pcall(tostring, p)) end
      if packets and order & 1 > 0 then assert.error_matches(packets, "attempt to use a closed") end
      if packets and order & 1 == 0 then assert.equal(frame(4), tostring(packets().memory)) end
      a:close()
    end)
  end

  it_wired("may become another's in f", wired(function(a, b)
    local file = assert(pcap.create(support.path("one.pcap")))
    for k = 1, 3 do file:write(frame(k + 10)) end
    file:close()
    local cap <close> = assert(pcap.open(support.path("one.pcap")))
    a:sendall(frames(3))
    local seen = {}
    b:loop(function(m)
      seen[#seen + 1] = tostring(m)
      assert(cap:next(m))
      seen[#seen + 1] = tostring(m)
      collectgarbage()
    end, { count = 3 })
    assert.same({ frame(1), frame(11), frame(2), frame(12), frame(3), frame(13) }, seen)
  end))

  it_wired("dies with the state, in a loop and in a namespace", function()
    local ns <close> = wire.new()
    local out = wire.script(ns, [[
      local a, b = assert(pcap.live("v0")), assert(pcap.live("v1", { immediate = true }))
      kept = memory.create()
      a:sendall { ("x"):rep(60), ("x"):rep(60) }
      b:next(kept, 10)
      for p in b:packets(nil, 10) do packet = p break end
      a:send(("x"):rep(60))
      pcap.namespace():call(function()
        b:loop(function(m)
          lent = m
          print("ending")
          os.exit(7, true)
        end)
      end)]])
    assert.equal("ending\nstatus 7\n", out)
  end)

  it_wired("dies with the state, while all is sent", function()
    local ns <close> = wire.new()
    assert.equal("status 6\n", wire.script(ns, [[
      local a = assert(pcap.live("v0"))
      a:sendall(coroutine.wrap(function() coroutine.yield(("x"):rep(60)) os.exit(6, true) end))]]))
  end)
end)

describe("an interface that is closed", function()
  it_wired("says so", wired(function(_, b)
    local m, packets, each, fields = memory.create(), b:packets(), b:frames(memory.create()), b:fields("ethernet.type")
    assert.is_true(b:close())
    assert.is_true(b:close())
    assert.equal("interface (closed)", tostring(b))
    assert.equal(-1, b:getfd())
    assert.equal("v1", b.name)
    assert.is_nil(b.mac)
    for _, name in ipairs { "next", "packets", "fields", "frames", "loop", "send", "sendall", "stats", "setfilter", "dirty", "bind" } do
      assert.error_matches(function() b[name](b, m) end, "attempt to use a closed interface", nil, nil, name)
      assert.error_matches(function() b[name](io.stdout) end, "interface expected, got FILE%*", nil, nil, name)
    end
    for _, f in ipairs { packets, each, fields } do assert.error_matches(f, "attempt to use a closed") end
  end))

  it_wired("asks no metatable of options", wired(function(a)
    local odd = setmetatable({ count = 0 }, { __index = function() a:close() end })
    assert.same({ 0, "count" }, { a:loop(print, odd) })
    assert.equal(0, a:sendall({}, setmetatable({}, getmetatable(odd))))
  end))

  it_wired("says so to what was at work with it", function()
    local ns <close> = wire.new()
    local n
    for k, f in ipairs {
      function(a) a:sendall(function() n = n + 1 if n < 5 then return frame(n) end a:close() end) end,
      function(a) a:sendall(setmetatable({}, { __len = function() return 2 end, __index = function(_, k)
        if k == 2 then a:close() end
        return frame(k)
      end })) end,
      function(a)
        debug.sethook(function() debug.sethook() a:close() end, "c")
        a:loop(print, { seconds = 10 })
      end,
      function(a, b)
        local calls = 0
        debug.sethook(function() calls = calls + 1 if calls > 1 then debug.sethook() b:close() end end, "c")
        a:sendall(b)
      end,
      function(a)
        local calls = 0
        debug.sethook(function() calls = calls + 1 if calls > 1 then debug.sethook() a:close() end end, "c")
        a:sendall({ frame(1), frame(2) }, { rate = 0.1 })
      end,
      function(a)
        debug.sethook(function() if debug.getinfo(2, "f").func ~= a.next then debug.sethook() a:close() end end, "c")
        a:next(memory.create(), 10)
      end,
    } do
      n = 0
      local a <close>, b = wire.pair(ns)
      local ok, message = pcall(f, a, b)
      debug.sethook()
      b:close()
      assert.is_false(ok, k)
      assert.matches("attempt to use a closed interface", message, nil, nil, k)
    end
  end)

  it_wired("is closed at the end of its block", function()
    local ns <close> = wire.new()
    local before <const> = wire.descriptors()
    local nic
    do
      local scoped <close> = assert(ns:call(pcap.live, "v0"))
      nic = scoped
    end
    assert.equal("interface (closed)", tostring(nic))
    assert.equal(before, wire.descriptors())
  end)
end)

describe("a signal", function()
  local begin <const> = [[
    local a, b = assert(pcap.live("v0")), assert(pcap.live("v1", { immediate = true }))
    a:sendall { ("x"):rep(60), ("x"):rep(60) }
    local function ready() io.open(READY, "w"):close() end
    local n = 0
  ]]
  local wait <const> = begin .. "print(b:loop(function() n = n + 1 if n == 2 then ready() end end, { seconds = 60 }))"
  local send <const> = begin .. [[
    print(a:sendall(function() n = n + 1 if n == 4 then ready() end return ("x"):rep(60) end, { rate = %s }))]]
  local spin <const> = begin .. "b:loop(function() ready() while true do end end)"

  for _, name in ipairs { "INT", "TERM" } do
    it_wired(("ends a loop that waits, and tells its count: SIG%s"):format(name), function()
      local ns <close> = wire.new()
      assert.equal("2\tinterrupted\nstatus 0\n", wire.script(ns, wait, name))
    end)

    it_wired(("ends sendall, and tells its count: SIG%s"):format(name), function()
      local ns <close> = wire.new()
      assert.matches("^[34]\tinterrupted\nstatus 0\n$", wire.script(ns, send:format("0.8"), name))
    end)
  end

  it_wired("that is a second one does what it did before", function()
    local ns <close> = wire.new()
    local out = wire.script(ns, spin, "INT INT INT INT INT INT INT INT")
    assert.is_truthy(out:find("interrupted!", 1, true) or out == "status 130\n", out)
    assert.matches("status 143\n$", wire.script(ns, spin, "TERM TERM TERM TERM TERM TERM TERM TERM"))
  end)

  it_wired("of another kind ends nothing", function()
    local ns <close> = wire.new()
    assert.equal("2\ttimeout\nstatus 0\n", wire.script(ns, wait:gsub("60 }%)", "1.5 })"), "WINCH CHLD STOP CONT WINCH CHLD"))
  end)

  it_wired("ends next, as the program has it", function()
    local ns <close> = wire.new()
    assert.matches("interrupted!.*status 1\n$", wire.script(ns, begin .. [[
      local m = memory.create()
      b:setfilter("arp")
      ready()
      while true do b:next(m, 0.1) b:next(m) end]], "INT"))
  end)

  it_wired("leaves handlers as they were", function()
    local ns <close> = wire.new()
    assert.matches("^2\tcount\n.*interrupted!.*status 1\n$", wire.script(ns, begin .. [[
      print(b:loop(function() end, { count = 2 }))
      io.stdout:flush()
      ready()
      while true do end]], "INT"))
  end)
end)
