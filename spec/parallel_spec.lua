--- pcap.parallel: parts of a file, each read by a thread; all together as one reads them.
local layouts = require "pktcraft.layouts"
local memory = require "memory"
local pcap = require "pktcraft.pcap"
local support = require "spec.support"

local path, writefile, readfile = support.path, support.writefile, support.readfile
local SANITIZED <const> = os.getenv("PK_SANITIZED")

--- A capture of `n` frames, some of which hold what looks like records themselves.
local function capture(name, options, n)
  local out = assert(pcap.create(path(name), options))
  local trap = readfile(path("trap")):sub(25)
  math.randomseed(7)
  for k = 1, n do
    local data = k % 5 == 0 and trap:rep(math.random(3)) or ("x"):rep(math.random(0, 700))
    assert(out:write(layouts.ethernet {} / layouts.ipv4 { ident = k & 65535 } / layouts.udp { destination = k % 100 } / data,
      1700000000000000000 + k * 1000))
  end
  assert(out:close())
  return path(name)
end

local function trapped()
  local out = assert(pcap.create(path("trap")))
  for k = 1, 12 do assert(out:write(("\0"):rep(20), 1700000000000000000 + k)) end
  assert(out:close())
end

trapped()
local N <const> = SANITIZED and 600 or 4000

--- The sum of what the frames of a part say of themselves.
local function work(cap, worker)
  local n, sum = 0, 0
  for ident in cap:fields("ipv4.ident") do
    n = n + 1
    sum = sum + ident
  end
  if worker.number < 1 or worker.part < 1 then error("who am I?") end
  return { n = n, sum = sum }
end

local function add(a, b)
  return { n = a.n + b.n, sum = a.sum + b.sum }
end

describe("pcap.parallel", function()
  for base, options in pairs { ["classic.pcap"] = {}, ["nano.pcap"] = { precision = "nano", byteorder = "big" },
    ["next.pcapng"] = { format = "pcapng" } } do
    capture(base, options, N)

    it("gives what one reader gives, wherever parts begin: " .. base, function()
      local name = path(base)
      local whole = work(assert(pcap.open(name)), { number = 1, part = 1 })
      assert.equal(N, whole.n)
      for _, part in ipairs { 1000, 4097, 65536, 1 << 30 } do
        if part > 1000 or not SANITIZED then
          assert.same(whole, pcap.parallel(name, { workers = 3, part = part }, work, add), part)
        end
      end
      assert.same(whole, pcap.parallel(name, 2, work, add))
      assert.same(whole, pcap.parallel(name, nil, work, add))
    end)

    it("writes what is kept in the order of the file: " .. base, function()
      local name = path(base)
      local function keep(cap, worker)
        return worker.out:copy(cap, "udp.destination in {7, 50..60}")
      end
      local function to(file, how)
        local cap <close> = assert(pcap.open(name))
        local out = assert(pcap.create(path(file), { like = cap }))
        local n = how(cap, out)
        assert(out:close())
        return n, readfile(path(file))
      end
      local n, bytes = to("one", function(cap, out) return keep(cap, { out = out }) end)
      for _, part in ipairs { 5000, 100000 } do
        local m, same = to("many", function(_, out)
          return pcap.parallel(name, { workers = 2, part = part }, keep, function(a, b) return a + b end, out)
        end)
        assert.equal(n, m)
        assert.is_true(bytes == same, base .. part)
      end
    end)
  end

  it("reads files whose sections and interfaces come late, and packed ones and pipes as one part #zlib #zstd", function()
    local name = path("classic.pcap")
    local late = path("late.pcapng")
    local out = assert(pcap.create(late, { format = "pcapng" }))
    local m = memory.create()
    local cap = assert(pcap.open(name))
    local n = 0
    for time in cap:frames(m) do
      n = n + 1
      if n == 300 then assert(out:interface { linktype = 101 }) end
      assert(out:write(m, time))
    end
    assert(out:close())
    assert.equal(n, pcap.parallel(late, { workers = 2, part = 20000 }, function(c) return c:count() end,
      function(a, b) return a + b end))
    os.execute(("gzip -kf %s"):format(name))
    assert.equal(n, pcap.parallel(name .. ".gz", 2, function(c) return c:count() end, function(a, b) return a + b end))
    local status, text = support.run(("cat %s | %s -e 'print(pcap.parallel(\"-\", 2, function(c) return c:count() end, %s))'"):format(
      name, support.pktcraft, "function(a, b) return a + b end"))
    assert.same({ 0, n .. "\n" }, { status, text })
  end)

  it("keeps what sections and interfaces there are, wherever they stand", function()
    local function file(...)
      local parts = {}
      for _, head in ipairs { ... } do
        parts[#parts + 1] = head
        for k = 1, 40 do
          parts[#parts + 1] = support.block("<", 6, string.pack("<I4 I4 I4 I4 I4", head:find("late", 1, true) and 1 or 0, 0, k, 60, 60)
            .. ("x"):rep(60))
        end
      end
      return table.concat(parts)
    end
    local one = support.block("<", 1, string.pack("<I2 I2 I4", 1, 0, 0))
    local two = support.block("<", 1, string.pack("<I2 I2 I4", 101, 0, 0) .. support.option("<", 2, "late") .. support.option("<", 0, ""))
    for label, bytes in pairs { sections = file(support.section("<") .. one, support.section("<") .. one),
      interfaces = file(support.section("<") .. one, two), both = file(support.section("<") .. one .. one, two) } do
      local name = writefile(path("parts.pcapng"), bytes)
      for part = 200, #bytes, SANITIZED and 500 or 60 do
        local cap <close> = assert(pcap.open(name))
        local out = assert(pcap.create(path("parts.out"), { like = cap }))
        local n = pcap.parallel(name, { workers = 2, part = part }, function(c, worker) return worker.out:copy(c, "frame.length") end,
          function(a, b) return a + b end, out)
        assert(out:close())
        assert.equal(80, n, label .. part)
        assert.is_true(readfile(path("parts.out")) == bytes, label .. part)
      end
    end
  end)

  it("writes whole frames of a file that is cut, and of a pipe by its name", function()
    local cut = writefile(path("cut2.pcap"), readfile(path("classic.pcap")):sub(1, -10))
    local tool = support.pktcraft .. " filter -q frame.length -r "
    local status, _, err = support.run(("%s %s -w %s"):format(tool, cut, path("seq")))
    assert.equal(1, status)
    local second, _, same = support.run(("%s %s -w %s -j 2"):format(tool, cut, path("par")))
    assert.equal(1, second)
    assert.is_true(readfile(path("seq")) == readfile(path("par")))
    assert.equal(err:match("byte %d+: .*"), same:match("byte %d+: .*"))
    os.execute("mkfifo " .. path("fifo"))
    local third = support.run(("cat %s > %s & %s %s -j 2 -w %s"):format(path("classic.pcap"), path("fifo"), tool, path("fifo"), path("par")))
    assert.equal(0, third)
    assert.is_true(readfile(path("par")) == readfile(path("classic.pcap")))
  end)

  it("gives the results in order when nothing combines them", function()
    local parts = pcap.parallel(path("classic.pcap"), { workers = 2, part = 100000 }, function(cap)
      local first
      for number, ident in cap:fields("frame.number", "ipv4.ident") do first = first or ident if number == 3 then break end end
      return first
    end)
    for k = 2, #parts do assert.is_true(parts[k - 1] < parts[k]) end
    assert.equal(1, parts[1])
  end)

  it("copies values of all kinds there and back", function()
    local b, i, f, s, none = true, -5, 2.5, "a\0b", nil
    local got = pcap.parallel(path("classic.pcap"), 1, function(cap)
      cap:close() -- where it ends is found all the same
      return { b = b, i = i, f = f, s = s, none = none, list = { 1, { deep = "x" } }, [3] = false }
    end, function(a) return a end)
    assert.same({ b = true, i = -5, f = 2.5, s = "a\0b", list = { 1, { deep = "x" } }, [3] = false }, got)
    assert.equal("integer", math.type(got.i))
  end)

  it("names what does not go along", function()
    local t, g = {}, print
    local name = path("classic.pcap")
    assert.error_matches(function() pcap.parallel(name, 2, function() return t end) end, "upvalue 't' of the workers' function is a table")
    assert.error_matches(function() pcap.parallel(name, 2, function() return g end) end, "upvalue 'g' of the workers' function is a function")
    assert.error_matches(function() pcap.parallel(name, 2, print) end, "function in Lua expected")
    assert.error_matches(function() pcap.parallel(name, 2, function() return print end) end, "a function cannot be copied")
    assert.error_matches(function() pcap.parallel(name, 2, function() local x = {} x.x = x return x end) end, "tables too deep")
    assert.error_matches(function() pcap.parallel(name, 0, work) end, "1 to 256 workers expected")
    assert.error_matches(function() pcap.parallel(name, { part = -1 }, work) end, "bytes expected")
    assert.error_matches(function() pcap.parallel(name, { parts = 1 }, work) end, "unknown option 'parts'")
    assert.error_matches(function() pcap.parallel(name, 2, work, add, {}) end, "capture output expected")
    assert.same({ nil, "/nonexistent: No such file or directory" }, { pcap.parallel("/nonexistent", 2, work) })
  end)

  it("brings a worker's error with its traceback, and what went before is written", function()
    local name = path("classic.pcap")
    local out = assert(pcap.create(path("before.pcap"), { like = pcap.open(name) }))
    local ok, message = pcall(pcap.parallel, name, { workers = 2, part = 20000 }, function(cap, worker)
      worker.out:copy(cap)
      if worker.part == 3 then error("this one") end
    end, nil, out)
    assert(out:close())
    assert.is_false(ok)
    assert.is_truthy(message:find("this one", 1, true))
    assert.is_truthy(message:find("stack traceback", 1, true))
    assert.is_truthy(message:find("parallel_spec.lua", 1, true))
    local n = assert(pcap.open(path("before.pcap"))):count()
    assert.is_true(n > 0 and n < N)
    -- a file that is cut: all whole frames are seen before its error
    local cut = writefile(path("cut.pcap"), readfile(name):sub(1, -10))
    ok, message = pcall(pcap.parallel, cut, { workers = 2, part = 100000 }, function(cap) return cap:count() or error("cut", 0) end)
    assert.is_false(ok)
    assert.is_truthy(message:find("cut", 1, true))
  end)

  it("tells how much was read", function()
    local kinds = { [path("classic.pcap")] = true, [path("next.pcapng")] = true }
    for _, packing in ipairs { "gzip", "zstd" } do
      local out = pcap.create(path("packed." .. packing), { compress = packing })
      if out then
        assert(out:copy(assert(pcap.open(path("classic.pcap")))))
        assert(out:close())
        kinds[path("packed." .. packing)] = true
      end
    end
    for name in pairs(kinds) do
      local size <const>, last, n = #readfile(name), 0, 0
      local slow = name:find "classic" and 100000 or 0 -- ns a frame, so that there is something to be told
      local how = { workers = 2, part = 200000, progress = function(done, total)
        assert(done >= last and total == size, done)
        last, n = done, n + 1
      end }
      local frames = pcap.parallel(name, how, function(cap)
        local count, clock = 0, require "pktcraft.pcap".clock
        for _ in cap:frames(require "memory".create()) do
          local till = clock() + slow
          while clock() < till do end
          count = count + 1
        end
        return count
      end, function(a, b) return a + b end)
      assert.same({ N, size }, { frames, last }, name)
      assert.is_true(n >= (slow > 0 and not SANITIZED and 2 or 1), name)
    end
  end)

  it("tells what was read of a pipe, while nothing comes too", function()
    local script = writefile(path("told.lua"), [[
      local n, last = 0, 0
      print(pcap.parallel(arg[1], { workers = 2, progress = function(done, total)
        n, last = n + 1, done
        assert(total == nil)
      end }, function(cap) return cap:count() end)[1], last, n)]])
    local status, out, err = support.run(("{ head -c 5000 %s; sleep 1; tail -c +5001 %s; } | %s %s -"):format(
      path("classic.pcap"), path("classic.pcap"), support.pktcraft, script))
    assert.same({ 0, "" }, { status, err })
    local frames, last, n = out:match "^(%d+)\t(%d+)\t(%d+)\n$"
    assert.same({ N, #readfile(path("classic.pcap")) }, { tonumber(frames), tonumber(last) })
    assert.is_true(tonumber(n) >= 3, n)
  end)

  it("ends when the function that is told fails, and says what a wrong one is", function()
    local function count(cap) return cap:count() end
    assert.error_matches(function()
      pcap.parallel(path("classic.pcap"), { workers = 2, progress = function() error("enough of it", 0) end }, count)
    end, "^enough of it$")
    assert.error_matches(function() pcap.parallel(path("classic.pcap"), { progress = 1 }, count) end,
      "option 'progress': function expected")
  end)

  it("ends when the caller is interrupted", function()
    local script = writefile(path("endless.lua"), [[
      pcap.parallel(arg[1], 2, function(cap) while true do end end)
    ]])
    local status, _, err = support.run(("timeout --foreground -s INT 1 %s %s %s"):format(support.pktcraft, script, path("classic.pcap")))
    assert.is_true(status == 124 or status == 1, status)
    assert.is_truthy(err:find("interrupted!", 1, true), err)
  end)
end)
