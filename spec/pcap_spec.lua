local memory = require "memory"
local pcap = require "pktcraft.pcap"
local support = require "spec.support"
local seed = require "seedmem"

local path, writefile, readfile, pcapfile = support.path, support.writefile, support.readfile, support.pcapfile

local function file(name, options, records)
  return writefile(path(name), pcapfile(options, records))
end

--- All frames as {time, wirelen, data}, and the error that ended them.
local function readall(name)
  local frames, m = {}, memory.create()
  local cap <close> = assert(pcap.open(name))
  while true do
    local time, wirelen = cap:next(m)
    if not time then return frames, wirelen end
    frames[#frames + 1] = { time, wirelen, tostring(m) }
  end
end

local three <const> = { { 1, 2, "first" }, { 3, 4, "" }, { 0xffffffff, 999999, ("x"):rep(1000), nil, 1514 } }

describe("pcap.open", function()
  for _, order in ipairs { "<", ">" } do
    for _, nano in ipairs { false, true } do
      it(("reads %s-endian files with %s"):format(order == "<" and "little" or "big",
        nano and "nanoseconds" or "microseconds"), function()
        local name = file("a.pcap", { order = order, nano = nano, linktype = 113, snaplen = 1234 }, three)
        local cap <close> = assert(pcap.open(name))
        assert.equal(113, cap.linktype)
        assert.equal(1234, cap.snaplen)
        assert.equal(nano and "nano" or "micro", cap.precision)
        assert.equal(name, cap.name)
        local unit = nano and 1 or 1000
        assert.same({
          { 1000000000 + 2 * unit, 5, "first" },
          { 3000000000 + 4 * unit, 0, "" },
          { 0xffffffff * 1000000000 + 999999 * unit, 1514, ("x"):rep(1000) },
        }, (readall(name)))
      end)
    end
  end

  it("knows that old versions have the lengths the other way round", function()
    local swapped = { { 1, 2, "abc", 1514, 3 } }
    assert.same({ { 1000002000, 1514, "abc" } }, (readall(file("a", { version = { 2, 2 } }, swapped))))
    assert.same({ { 1000002000, 1514, "abc" } }, (readall(file("a", { version = { 2, 3 } }, swapped))))
    assert.same({ { 1000002000, 1514, "abc" } }, (readall(file("a", { version = { 543, 0 } }, swapped))))
    assert.same({ { 1000002000, 9, "abc" } },
      (readall(file("a", { version = { 2, 3 } }, { { 1, 2, "abc", 3, 9 } }))))
  end)

  it("says what is wrong with what is no capture file #zlib #zstd", function()
    local function refuses(text, bytes)
      local cap, message = pcap.open(writefile(path("bad"), bytes))
      assert.is_nil(cap)
      assert.equal(path("bad") .. ": ", message:sub(1, #path("bad") + 2))
      assert.matches(text, message)
    end
    refuses("empty file", "")
    refuses("not a capture file: begins with bytes 6865, expected a pcap", "he")
    refuses("not a capture file: begins with bytes 68656c6c, expected a pcap", "hello, world, this is text")
    refuses("file header cut: 23 bytes, expected 24", pcapfile({}, {}):sub(1, 23))
    refuses("file header cut: 4 bytes, expected 24", pcapfile({}, {}):sub(1, 4))
    refuses("pcap version 2.5 at byte 4, expected 2.0 to 2.4", pcapfile({ version = { 2, 5 } }, {}))
    refuses("pcap version 1.0", pcapfile({ version = { 1, 0 } }, {}))
    refuses("snoop file", "snoop\0\0\0" .. ("\0"):rep(16))
    refuses("bad gzip data: ", "\x1f\x8b" .. ("\0"):rep(30))
    refuses("bad zstd data: ", "\x28\xb5\x2f\xfd" .. ("\xff"):rep(30))
    assert.matches("is a directory", select(2, pcap.open(path(""))))
    assert.matches("No such file", select(2, pcap.open(path("nosuch"))))
    assert.error_matches(function() pcap.open("a\0b") end, "path with zeros")
    assert.error_matches(function() pcap.open() end, "string expected")
  end)

  it("gives all whole frames of a file cut at any byte, then an error that names it", function()
    local whole = pcapfile({}, { { 1, 2, "first" }, { 3, 4, "second one" }, { 5, 6, "" } })
    local ends = { 24, 24 + 21, 24 + 21 + 26, 24 + 21 + 26 + 16 }
    for n = 24, #whole do
      local frames, message = readall(writefile(path("cut"), whole:sub(1, n)))
      local count = 0
      while ends[count + 2] and ends[count + 2] <= n do count = count + 1 end
      assert.equal(count, #frames)
      if n == ends[count + 1] then
        assert.is_nil(message)
      else
        local at = ends[count + 1]
        assert.matches(("^%s: frame %d at byte %d: "):format(path("cut"):gsub("%p", "%%%0"), count + 1, at), message)
        assert.matches(n - at < 16 and ("record header cut: %d bytes, expected 16$"):format(n - at)
          or ("frame cut: %d bytes, expected %d$"):format(n - at - 16, count == 0 and 5 or 10), message)
      end
    end
  end)

  it("refuses absurd lengths, after the frames before", function()
    local frames, message = readall(file("a", {}, { { 1, 2, "abc" }, { 3, 4, "", 262145, 262145 } }))
    assert.equal(1, #frames)
    assert.matches("frame 2 at byte 43: captured length 262145, expected at most 262144", message)
    message = select(2, readall(file("a", {}, { { 3, 4, "", 0xffffffff, 1 } })))
    assert.matches("captured length 4294967295", message)
    message = select(2, readall(file("a", { linktype = 249 }, { { 3, 4, "abc", 1 << 27, 1 } })))
    assert.matches("frame cut: 3 bytes, expected 134217728", message)
  end)

  it("repeats its error, and raises it from an iterator", function()
    local m = memory.create()
    local cap <close> = assert(pcap.open(writefile(path("cut"), pcapfile({}, { { 1, 2, "abc" } }) .. "x")))
    local times = 0
    assert.error_matches(function()
      for _ in cap:frames(m) do times = times + 1 end
    end, "frame 2 at byte 43: record header cut: 1 bytes, expected 16")
    assert.equal(1, times)
    assert.equal(0, #m)
    assert.matches("record header cut", select(2, cap:next(m)))
  end)

  it("reads frames at block edges and longer than a block", function()
    local records, sizes = {}, { 0, 1, 65535, 262144, 3, 262143, 262120, 17, 200000, 100000 }
    for round = 1, 3 do
      for k, size in ipairs(sizes) do records[#records + 1] = { round, k, (string.char(64 + k)):rep(size) } end
    end
    local name = file("big", { snaplen = 262144 }, records)
    local frames = readall(name)
    assert.equal(#records, #frames)
    for k, r in ipairs(records) do assert.is_true(r[3] == frames[k][3]) end
    -- A pipe gives what it has, in pieces of any size.
    local status, out = support.run(("cat %s | %s -e '%s'"):format(name, support.pktcraft, [[
      local m, n, bytes = memory.create(), 0, 0
      for _ in assert(pcap.open("-")):frames(m) do n = n + 1; bytes = bytes + #m end
      print(n, bytes)]]))
    assert.equal(0, status)
    assert.equal(("%d\t%d\n"):format(#records, 3 * (65535 + 262144 + 262143 + 262120 + 300021)), out)
  end)

  it("delivers frames of a pipe as they arrive", function()
    local name = file("a", {}, { { 1, 2, "abc" }, { 3, 4, "defg" } })
    local status, out = support.run(([[
      { { head -c 43 %s; sleep 0.3; echo late >&2; tail -c +44 %s; } | %s -e '
        local m = memory.create()
        for t in assert(pcap.open("-")):frames(m) do io.stderr:write(tostring(m), "\n") end'; } 2>&1]]):format(
      name, name, support.pktcraft))
    assert.equal(0, status)
    assert.equal("abc\nlate\ndefg\n", out)
  end)

  it("names the byte of an error beyond the first block", function()
    local records = {}
    for k = 1, 1000 do records[k] = { 1, 2, ("x"):rep(1000) } end
    local message = select(2, readall(writefile(path("far"), pcapfile({}, records) .. "abc")))
    assert.matches("frame 1001 at byte 1016024: record header cut: 3 bytes", message)
  end)

  it("says so when libpktcraft gets no memory", function()
    local name = file("a", { linktype = 249 }, { { 1, 2, ("x"):rep(400000) } })
    local messages = {}
    for n = 0, 8 do
      seed.reallocfail(n)
      local cap, message = pcap.open(name)
      if cap then
        local m = memory.create()
        local time
        time, message = cap:next(m)
        if time then message = "read " .. #m end
      end
      seed.reallocfail(-1)
      messages[#messages + 1] = message
    end
    assert.matches("not enough memory", messages[1])
    assert.matches("frame 1 at byte 24: not enough memory", messages[4])
    assert.equal("read 400000", messages[#messages])
    seed.reallocfail(0)
    assert.matches("not enough memory", select(2, pcap.create(path("o"))))
    seed.reallocfail(-1)
  end)

  it("empties any memory at the end", function()
    local cap <close> = assert(pcap.open(file("a", {}, {})))
    local m = memory.create()
    m:resize(5, "x")
    assert.is_nil(cap:next(m))
    assert.equal("", tostring(m))
  end)

  it("takes lengths by the link type, whatever the header promises", function()
    local message = select(2, readall(file("a", { snaplen = 0x7fffffff }, { { 1, 2, ("x"):rep(262145) } })))
    assert.matches("captured length 262145, expected at most 262144", message)
  end)

  it("ends a wait at an interrupt, and only then", function()
    local wait = [[{ sleep 2; cat %s; } | { exec 3<&0; %s -e '
      local m = memory.create()
      local cap = assert(pcap.open("-"))
      print(cap:next(m))' <&3 & pid=$!; sleep 0.3; kill -%s $pid; wait $pid; echo "status $?"; } 2>&1]]
    local name = file("a", {}, { { 1, 2, "abc" } })
    local start = os.time()
    local _, out = support.run(wait:format(name, support.pktcraft, "INT"))
    assert.matches("interrupted!\nstack traceback:.*status 1\n$", out)
    _, out = support.run(wait:format(name, support.pktcraft, "CHLD"))
    assert.equal("1000002000\t3\t1\nstatus 0\n", out)
    assert.is_true(os.time() - start >= 2)
  end)

  it("fails without memory to allocate", function()
    local name = file("a", {}, three)
    for n = 0, 60 do
      local ok, cap = seed.starve(n, pcap.open, name)
      if ok and cap then cap:close() end
    end
  end)
end)

describe("pcapng", function()
  local block, section, option = support.block, support.section, support.option

  local function interface(order, linktype, snaplen, options)
    return block(order, 1, string.pack(order .. "I2 I2 I4", linktype, 0, snaplen) .. (options or ""))
  end

  local function packet(order, number, ticks, data, caplen, wirelen, options)
    return block(order, 6, string.pack(order .. "I4 I4 I4 I4 I4", number, ticks >> 32, ticks & 0xffffffff,
      caplen or #data, wirelen or #data) .. data .. ("\0"):rep(-#data % 4) .. (options or ""))
  end

  for _, order in ipairs { "<", ">" } do
    it(("is read in %s-endian sections"):format(order == "<" and "little" or "big"), function()
      local name = writefile(path("a.pcapng"), section(order)
        .. interface(order, 101, 5, option(order, 2, "eth0") .. option(order, 0, ""))
        .. interface(order, 101, 0, option(order, 9, "\9") .. option(order, 14, string.pack(order .. "i8", -10)))
        .. packet(order, 0, 1234567890123456, "abc", nil, 60, option(order, 1, "a comment"))
        .. block(order, 4, "names of hosts: passed over")
        .. packet(order, 1, 1234567890123456789, "defg")
        .. block(order, 3, string.pack(order .. "I4", 9) .. "simpl")
        .. block(order, 2, string.pack(order .. "I2 I2 I4 I4 I4 I4", 1, 0, 0, 5, 1, 2) .. "x")
        .. block(order, 0x80001234, "private"))
      local cap <close> = assert(pcap.open(name))
      assert.same({ 101, 5, "micro" }, { cap.linktype, cap.snaplen, cap.precision })
      assert.same({ { 1234567890123456000, 60, "abc" }, { 1234567880123456789, 4, "defg" }, { 0, 9, "simpl" },
        { -9999999995, 2, "x" } }, (readall(name)))
    end)
  end

  it("has sections of either order, each with its interfaces", function()
    local name = writefile(path("a"), section("<") .. interface("<", 1, 0) .. packet("<", 0, 1, "a")
      .. section(">") .. interface(">", 1, 0, option(">", 9, "\3")) .. packet(">", 0, 1, "b")
      .. section("<") .. packet("<", 0, 1, "c"))
    local frames, message = readall(name)
    assert.same({ { 1000, 1, "a" }, { 1000000, 1, "b" } }, frames)
    assert.matches("frame 3 at byte %d+: no interface 0$", message)
  end)

  it("has times in any resolution", function()
    local function time(code, ticks, offset)
      local options = option("<", 9, string.char(code))
      if offset then options = options .. option("<", 14, string.pack("<i8", offset)) end
      return readall(writefile(path("a"), section("<") .. interface("<", 1, 0, options)
        .. packet("<", 0, ticks, "")))[1][1]
    end
    assert.equal(7000000000, time(0, 7))
    assert.equal(7000000000, time(0x80, 7))
    assert.equal(1234567891, time(12, 1234567891999))
    assert.equal(1844674407, time(19, -1)) -- 2^64 - 1 ticks
    assert.equal(1500000000, time(0x81, 3))
    assert.equal(3 * 1000000000 + 999999999, time(0xa0, 0x3ffffffff))
    assert.equal(1 * 1000000000 + 500000000, time(0xbf, -1 << 62)) -- 3 * 2^62 of 2^-63 s
    assert.equal(-3000000000, time(0, 7, -10))
    assert.equal(math.maxinteger, time(0, -1))
    assert.equal(math.maxinteger, time(6, 0, math.maxinteger))
    assert.equal(math.mininteger, time(6, 0, math.mininteger))
  end)

  it("names what is wrong, after the frames before", function()
    local begin = section("<") .. interface("<", 1, 0) .. packet("<", 0, 1, "abc")
    local function ends(text, more, front)
      local frames, message = readall(writefile(path("a"), (front or begin) .. more))
      assert.equal(front and 0 or 1, #frames)
      assert.matches(text, message)
    end
    local at = "frame 2 at byte " .. #begin .. ": "
    ends(at .. "no interface 1$", packet("<", 1, 1, "abc"))
    ends(at .. "captured length 9, but its block holds 4 bytes", packet("<", 0, 1, "abc", 9))
    ends(at .. "captured length 4294967295, expected at most 262144", packet("<", 0, 1, "abc", 0xffffffff))
    ends(at .. "packet block too short", block("<", 6, "abc"))
    ends(at .. "packet block too short", block("<", 3, ""))
    ends(at .. "interface block too short", block("<", 1, "abc"))
    ends(at .. "option 2 reaches past its block", interface("<", 1, 0, string.pack("<I2 I2", 2, 9) .. "abcd"))
    ends(at .. "bad if_tsresol", interface("<", 1, 0, option("<", 9, "\20")))
    ends(at .. "bad if_tsresol", interface("<", 1, 0, option("<", 9, "\xc0")))
    ends(at .. "bad if_tsresol", interface("<", 1, 0, option("<", 9, "")))
    ends(at .. "if_tsoffset is not of 8 bytes", interface("<", 1, 0, option("<", 14, "abcd")))
    ends(at .. "block length 11, expected a multiple of 4 from 12 on", string.pack("<I4 I4 I4", 7, 11, 0))
    ends(at .. "block length 0, expected", string.pack("<I4 I4 I4", 7, 0, 0))
    ends(at .. "block length 4294967292, expected", string.pack("<I4 I4 I4", 7, 0xfffffffc, 0))
    ends(at .. "block length 12 at its begin, 16 at its end", string.pack("<I4 I4 I4", 7, 12, 16))
    ends(at .. "block cut: 12 bytes, expected 100000", string.pack("<I4 I4 I4", 7, 100000, 16))
    ends(at .. "section without byte order", block("<", 0x0a0d0d0a, ("\0"):rep(16)))
    ends(at .. "pcapng version 2, expected 1", block("<", 0x0a0d0d0a, string.pack("<I4 I2 I2 i8", 0x1a2b3c4d, 2, 0, -1)))
    local function refuses(text, bytes)
      local cap, message = pcap.open(writefile(path("a"), bytes))
      assert.is_nil(cap)
      assert.matches(text, message)
    end
    refuses("packet before any interface", section("<") .. packet("<", 0, 1, "abc"))
    refuses("section block cut: 24 bytes, expected 28", section("<"):sub(1, 24))
    local empty = assert(pcap.open(writefile(path("a"), section(">"))))
    assert.is_nil(empty:next(memory.create()))
  end)

  it("gives all whole frames of a file cut at any byte", function()
    local parts = { section(">") .. interface(">", 1, 0, option(">", 9, "\9")), packet(">", 0, 1, "first", nil, nil,
      option(">", 1, "comment")), packet(">", 0, 2, "second"), block(">", 5, ("\0"):rep(12)), packet(">", 0, 3, "") }
    local whole, ends = table.concat(parts), {}
    for k, part in ipairs(parts) do ends[k] = (ends[k - 1] or 0) + #part end
    local count = { 0, 1, 2, 2, 3 } -- frames in the first k parts
    for n = ends[1], #whole do
      local k = 1
      while ends[k + 1] and ends[k + 1] <= n do k = k + 1 end
      local frames, message = readall(writefile(path("cut"), whole:sub(1, n)))
      assert.equal(count[k], #frames)
      if n == ends[k] then
        assert.is_nil(message)
      else
        assert.matches(("frame %d at byte %d: block cut: %d bytes, expected "):format(count[k] + 1, ends[k], n - ends[k]),
          message)
      end
    end
  end)
end)

describe("a loan", function()
  local name, other
  setup(function()
    name = file("loan", {}, { { 1, 0, "first" }, { 2, 0, "second" }, { 3, 0, "third" } })
    other = file("other", {}, { { 1, 0, "FIRST" }, { 2, 0, "SECOND" } })
  end)

  it("is taken by references, and makes them other", function()
    local cap <close> = assert(pcap.open(name))
    assert.error_matches(function() cap:next(memory.create(10)) end, "got a fixed one")
    assert.error_matches(function() cap:next("abc") end, "memory expected")
    assert.error_matches(function() cap:next() end, "memory expected")
    assert.error_matches(function() cap:frames(memory.create(10)) end, "got a fixed one")
    local m = memory.create()
    m:resize(100)
    assert(cap:next(m))
    assert.equal("other", m:type())
    assert.equal("first", tostring(m))
    assert.error_matches(function() m:resize(3) end, "resizable memory expected")
    m:set(1, ("F"):byte()) -- written where it lies
    assert.equal("First", tostring(m))
  end)

  it("ends with the next frame, the end, and close", function()
    local cap = assert(pcap.open(name))
    local a, b = memory.create(), memory.create()
    cap:next(a)
    cap:next(b)
    assert.equal("", tostring(a))
    assert.equal("second", tostring(b))
    cap:next(b)
    assert.equal("third", tostring(b))
    assert.is_nil(cap:next(b))
    assert.equal("", tostring(b))
    assert.is_nil(cap:next(a))
    cap:close()
    cap = assert(pcap.open(name))
    cap:next(a)
    cap:close()
    assert.equal("", tostring(a))
    assert.equal("other", a:type())
    cap:close()
    assert.error_matches(function() cap:next(a) end, "closed capture")
    assert.error_matches(function() cap:frames(a) end, "closed capture")
  end)

  it("is left alone when the memory was aimed elsewhere", function()
    local cap = assert(pcap.open(name))
    local m = memory.create()
    cap:next(m)
    collectgarbage()
    collectgarbage()
    seed.released()
    seed.setref(m, 1)
    cap:next(memory.create())
    assert.equal("second", m:tostring(1, 6))
    cap:next(m)
    assert.equal("third", tostring(m))
    assert.same({ 1, 1, 16 }, { seed.released() })
    cap:close()
    assert.equal("", tostring(m))
    cap = assert(pcap.open(name))
    cap:next(m)
    seed.setref(m, 0)
    cap:close()
    assert.equal("first", m:tostring(1, 5))
    seed.setref(m, nil)
  end)

  it("goes from one capture to another", function()
    local a, b = assert(pcap.open(name)), assert(pcap.open(other))
    local m = memory.create()
    a:next(m)
    b:next(m)
    assert.equal("FIRST", tostring(m))
    a:next(memory.create())
    assert.equal("FIRST", tostring(m))
    a:close()
    assert.equal("FIRST", tostring(m))
    a = assert(pcap.open(name))
    a:next(m)
    assert.equal("first", tostring(m))
    b:next(m)
    a:next(m)
    assert.equal("second", tostring(m))
    b:close()
    assert.equal("second", tostring(m))
    a:close()
    assert.equal("", tostring(m))
  end)

  it("keeps its capture alive, and ends with it", function()
    local m = memory.create()
    local weak = setmetatable({}, { __mode = "k" })
    do
      local cap = assert(pcap.open(name))
      weak[cap] = true
      cap:next(m)
    end
    collectgarbage()
    collectgarbage()
    assert.equal("first", tostring(m))
    assert.is_not_nil(next(weak))
    -- A memory that another capture lends to does not keep the first.
    local second = assert(pcap.open(other))
    second:next(m)
    collectgarbage()
    collectgarbage()
    assert.is_nil(next(weak))
    assert.equal("FIRST", tostring(m))
  end)

  it("is collected in a cycle of capture and memory", function()
    for _ = 1, 20 do
      local cap, m = assert(pcap.open(name)), memory.create()
      cap:next(m)
    end
    collectgarbage()
    collectgarbage()
    -- Each open capture would hold a descriptor: a new one gets a low number.
    local list <close> = io.popen("ls /proc/$PPID/fd 2>/dev/null | wc -l")
    assert.is_true((tonumber(list:read("a")) or 0) < 15)
  end)

  it("survives every order of collecting, closing and re-aiming", function()
    -- In a state of its own, where a small heap makes collections frequent.
    assert.same({ true, "" }, { seed.state(([[
      local memory, pcap, seed = require "memory", require "pktcraft.pcap", require "seedmem"
      math.randomseed(7)
      local names = { %q, %q }
      collectgarbage("incremental", 1, 1000, 8)
      for _ = 1, 3000 do
        local caps, mems = {}, {}
        for k = 1, 2 do
          caps[k], mems[k] = assert(pcap.open(names[k])), memory.create()
        end
        for _ = 1, 8 do
          local what, c, m = math.random(9), math.random(2), math.random(2)
          if what <= 3 then
            if caps[c] and mems[m] then pcall(caps[c].next, caps[c], mems[m]) end
          elseif what == 4 then
            if caps[c] then caps[c]:close() end
          elseif what == 5 then
            caps[c] = nil
          elseif what == 6 then
            mems[m] = nil
          elseif what == 7 then
            if mems[m] then seed.setref(mems[m], math.random(0, 1)) end
          elseif what == 8 then
            if mems[m] then do local x <close> = mems[m] end end
          else
            collectgarbage("step")
          end
          for k = 1, 2 do
            if mems[k] then
              local s = tostring(mems[k])
              if not (s == "" or s:find("^[fF][iI]") or s:find("^[sS][eE]") or s:find("^th")) then
                error("stale bytes: " .. s)
              end
            end
          end
        end
      end
    ]]):format(name, other)) })
  end)

  it("survives the close of its state, in any order of finalizers", function()
    for _, order in ipairs { "cap, m", "m, cap" } do
      for _, use in ipairs { "m:get(1)", "cap:next(m)", "cap:close()", "do local x <close> = m end",
        "pcall(cap.next, cap, other)", "seed.setref(m, 1)", "p.type = 1" } do
        local ok, message = seed.state(([[
          local memory, pcap, seed, layout = require "memory", require "pktcraft.pcap", require "seedmem", require "layout"
          local name = %q
          local cap, m, other, p
          local function attack() pcall(function() %s end) end
          setmetatable({}, { __gc = attack })
          local function makecap() cap = assert(pcap.open(name)) end
          local function makem() m = memory.create() end
          for w in ("%s"):gmatch("%%a+") do if w == "cap" then makecap() else makem() end end
          other = memory.create()
          cap:next(m)
          p = layout.newpointer(require("pktcraft.layouts").ethernet, m)
          setmetatable({}, { __gc = attack })
          keep = { cap, m, other, p }
        ]]):format(name, use, order))
        assert.equal("", message)
        assert.is_true(ok)
      end
    end
  end)

  it("is followed by pointers, which read nothing stale", function()
    local layout = require "layout"
    local l = layout.struct { { key = "a", bytes = 1 } }
    local cap = assert(pcap.open(name))
    local m = memory.create()
    local p = layout.newpointer(l, m)
    cap:next(m)
    assert.equal(("f"):byte(), p.a)
    cap:next(m)
    assert.equal(("s"):byte(), p.a)
    cap:close()
    assert.error_matches(function() return p.a end, "out of bounds")
  end)

  it("may end inside its own loop", function()
    local cap = assert(pcap.open(name))
    local m = memory.create()
    assert.error_matches(function()
      for _ in cap:frames(m) do cap:close() end
    end, "closed capture")
    cap = assert(pcap.open(name))
    local n = 0
    for _ in cap:frames(m) do
      do local x <close> = m end -- luacheck: ignore
      n = n + 1
    end
    assert.equal(3, n)
  end)
end)

describe("pcap.create", function()
  it("writes what is read back", function()
    for _, precision in ipairs { "micro", "nano" } do
      local name = path("out.pcap")
      local out = assert(pcap.create(name, { linktype = 101, snaplen = 2000, precision = precision }))
      assert.same({ 101, 2000, precision, name }, { out.linktype, out.snaplen, out.precision, out.name })
      assert.is_true(out:write("abc", 1234567890123456789))
      assert.is_true(out:write(memory.create("defg"), 0, 1500))
      assert.is_true(out:write("", 0xffffffff * 1000000000 + 999999999))
      assert.is_true(out:close())
      assert.is_true(out:close())
      assert.error_matches(function() out:write("x") end, "closed capture output")
      local round = precision == "nano" and 1 or 1000
      assert.same({
        { 1234567890123456789 // round * round, 3, "abc" }, { 0, 1500, "defg" },
        { (0xffffffff * 1000000000 + 999999999) // round * round, 0, "" },
      }, (readall(name)))
    end
  end)

  it("raises where a finalizer closes the output while a packet is being built", function()
    local layouts = require "pktcraft.layouts"
    local ethernet, ipv4 = layouts.ethernet, layouts.ipv4
    local closed = 0
    local pause = collectgarbage("setpause", 10)
    for _ = 1, 60 do
      local out = assert(pcap.create(path("finalized.pcap")))
      setmetatable({}, { __gc = function() out:close() end })
      local ok, why = pcall(function()
        for k = 1, 50 do
          out:write(ethernet {} / ipv4 { source = k, destination = 2, options = { { alert = 0 } } } / ("x"):rep(3000 + k), k)
        end
      end)
      if not ok then
        closed = closed + 1
        assert.matches("closed capture output", why)
      end
      out:close()
    end
    collectgarbage("setpause", pause)
    assert.is_true(closed > 0)
  end)

  it("writes the bytes that the format says", function()
    local out = assert(pcap.create(path("o")))
    out:write("abc", 1000002000, 7)
    out:close()
    local native = string.pack("=I2", 1) == "\1\0" and "<" or ">"
    assert.equal(pcapfile({ order = native, snaplen = 262144 }, { { 1, 2, "abc", 3, 7 } }), readfile(path("o")))
  end)

  it("takes the time of now when none is given", function()
    local before = os.time()
    local out = assert(pcap.create(path("o")))
    out:write("abc")
    out:close()
    local time = readall(path("o"))[1][1] // 1000000000
    assert.is_true(before <= time and time <= os.time() + 1) -- time(2) is behind clock_gettime(2) by up to a tick
  end)

  it("keeps the record of a frame whose time is not touched, be it no proper time", function()
    local records = { { 0xffffffff, 0xffffffff, "abc" }, { 1, 1500000, "def" }, { 7, 0xfffffffe, "" } }
    local name = file("a", { order = string.pack("=I2", 1) == "\1\0" and "<" or ">", snaplen = 9 }, records)
    local function copy(change, options)
      local m = memory.create()
      local cap <close> = assert(pcap.open(name))
      local out = assert(pcap.create(path("o"), options or { like = cap }))
      for time, wirelen in cap:frames(m) do assert(out:write(m, change(time), wirelen)) end
      assert(out:close())
      return readfile(path("o"))
    end
    assert.equal(readfile(name), copy(function(t) return t end))
    -- A time that was assigned is a proper one.
    assert.is_false(readfile(name) == copy(function(t) return t % 4000000000000000000 + 1000 end))
    -- In other units it is as proper as can be.
    local nano = file("n", { nano = true }, { { 5, 1999999999, "abc" } })
    name = nano
    assert.same({ 5, 1999999, 33 }, { string.unpack("=I4 I4", copy(function(t) return t end, {}), 25) })
    assert.error_matches(function()
      local m = memory.create()
      local cap <close> = assert(pcap.open(file("a", {}, { { 0xffffffff, 0xffffffff, "abc" } })))
      local time = cap:next(m)
      assert(pcap.create("/dev/null")):write(memory.create(m), time)
    end, "time out of range")
  end)

  it("takes after a capture", function()
    local name = file("a", { linktype = 0x30000071, snaplen = 99, nano = true }, three)
    local cap <close> = assert(pcap.open(name))
    local out <close> = assert(pcap.create(path("o"), { like = cap }))
    assert.same({ 113, 99, "nano" }, { out.linktype, out.snaplen, out.precision })
    assert.equal("pcap", cap.format)
    out:close()
    assert.equal(readfile(name):sub(17, 24), readfile(path("o")):sub(17, 24))
  end)

  it("writes frames longer than a block, and many", function()
    local out = assert(pcap.create(path("o"), { linktype = 249, snaplen = 10000000 }))
    local sizes = { 10, 262128, 262129, 3000000, 5, 262144 }
    for k, size in ipairs(sizes) do assert(out:write((string.char(64 + k)):rep(size), k)) end
    for k = 1, 20000 do assert(out:write("small frame", k)) end
    assert(out:close())
    local frames, message = readall(path("o"))
    assert.is_nil(message)
    assert.equal(#sizes + 20000, #frames)
    for k, size in ipairs(sizes) do assert.is_true(frames[k][3] == (string.char(64 + k)):rep(size)) end
    assert.equal("small frame", frames[#frames][3])
  end)

  it("cuts frames to the snapshot length, as a capture does", function()
    local out = assert(pcap.create(path("o"), { snaplen = 4 }))
    assert(out:write("abcd", 1000))
    assert(out:write("abcdef", 1000))
    assert(out:write("abcdef", 1000, 9))
    assert(out:write("abcd", 1000, 2)) -- lengths that lie are kept
    out:close()
    assert.same({ { 1000, 4, "abcd" }, { 1000, 6, "abcd" }, { 1000, 9, "abcd" }, { 1000, 2, "abcd" } }, (readall(path("o"))))
  end)

  it("refuses what a record cannot hold", function()
    local out <close> = assert(pcap.create(path("o"), { snaplen = 4 }))
    assert.error_matches(function() out:write("abcd", -1) end, "time out of range")
    assert.error_matches(function() out:write("abcd", (1 << 32) * 1000000000) end, "time out of range")
    assert.error_matches(function() out:write("abcd", 1.5) end, "no integer representation")
    assert.error_matches(function() out:write("abcd", 1, -1) end, "wire length out of range")
    assert.error_matches(function() out:write("abcd", 1, 1 << 32) end, "wire length out of range")
    assert.error_matches(function() out:write({}) end, "string or memory expected")
    assert.error_matches(function() pcap.create(path("o"), { snaplen = 0 }) end, "option 'snaplen': integer from 1")
    assert.error_matches(function() pcap.create(path("o"), { linktype = "x" }) end, "option 'linktype'")
    assert.error_matches(function() pcap.create(path("o"), { precision = 1 }) end, "'micro' or 'nano' expected")
    assert.error_matches(function() pcap.create(path("o"), { format = "snoop" }) end, "option 'format'")
    assert.error_matches(function() pcap.create(path("o"), { like = 1 }) end, "'like': capture expected")
    assert.error_matches(function() pcap.create(path("o"), { nosuch = 1 }) end, "unknown option 'nosuch'")
    assert.error_matches(function() pcap.create(path("o"), { 1 }) end, "options have names")
    assert.error_matches(function() pcap.create(path("o"), 1) end, "table expected")
  end)

  it("does not destroy the file that is being read", function()
    local name = file("a", {}, three)
    local cap = assert(pcap.open(name))
    local out, message = pcap.create(name)
    assert.is_nil(out)
    assert.matches("is being read", message)
    os.execute(("ln -sf %s %s"):format(name, path("link")))
    assert.is_nil((pcap.create(path("link"))))
    assert.equal(3, #readall(name))
    cap:close()
    assert(pcap.create(name)):close()
  end)

  it("says where it cannot write", function()
    assert.matches("No such file", select(2, pcap.create(path("nosuch/o"))))
    assert.matches("directory", select(2, pcap.create(path(""))))
  end)

  it("says when the disk is full, at the latest when closed", function()
    local out = assert(pcap.create("/dev/full"))
    assert.is_true(out:write("abc", 1))
    local ok, message = out:close()
    assert.is_nil(ok)
    assert.equal("/dev/full: No space left on device", message)
    out = assert(pcap.create("/dev/full"))
    assert.is_true(out:write("abc", 1))
    assert.same({ nil, "/dev/full: No space left on device" }, { out:flush() })
    assert.same({ nil, "/dev/full: No space left on device" }, { out:write("abc", 1) })
    assert.error_matches(function() local o <close> = out end, "No space left") -- luacheck: ignore
    assert.same({ nil, "/dev/full: No space left on device" }, { out:close() })
    assert.error_matches(function()
      local o <close> = assert(pcap.create("/dev/full")) -- luacheck: ignore
      error("first")
    end, "first")
    out = assert(pcap.create("/dev/full", { snaplen = 10000000, linktype = 249 }))
    assert.same({ nil, "/dev/full: No space left on device" }, { out:write(("x"):rep(1000000), 1) })
  end)

  it("leaves whole records where a file may not grow", function()
    local name = path("limited")
    local status, out, err = support.run(([[ulimit -f 300; %s -e '
      local out = assert(pcap.create("%s", { snaplen = 1000000, linktype = 249 }))
      local ok, message
      for k = 1, 10000 do
        ok, message = out:write(("x"):rep(k %% 1500), k)
        if not ok then break end
      end
      print(message)
      print(out:close())']]):format(support.pktcraft, name))
    assert.equal("", err)
    assert.equal(0, status)
    assert.equal(("%s: File too large\nnil\t%s: File too large\n"):format(name, name), out)
    local frames, message = readall(name)
    assert.is_nil(message)
    assert.is_true(#frames > 100)
    local size = #readfile(name)
    assert.is_true(size <= 300 * 512 and size > 300 * 512 - 1600) -- POSIX counts blocks of 512
    -- one record larger than the block
    -- standard output, into a file that has a beginning already
    writefile(path("header"), ("h"):rep(100))
    for _, how in ipairs { ">>", ">" } do
      os.execute(("cp %s %s"):format(path("header"), path("redirected")))
      status = support.run(([[ulimit -f 300; { printf %%s hhhhhhhhhh; %s -e '
        local out = assert(pcap.create("-"))
        for k = 1, 10000 do if not out:write(("x"):rep(k %% 1500), k) then break end end'; } %s %s]]):format(
        support.pktcraft, how, path("redirected")))
      assert.equal(0, status)
      local whole = readfile(path("redirected"))
      local begin = how == ">>" and 110 or 10
      assert.equal(("h"):rep(begin), whole:sub(1, begin))
      frames, message = readall(writefile(path("rest"), whole:sub(begin + 1)))
      assert.is_nil(message)
      assert.is_true(#frames > 100)
    end
    status = support.run(([[ulimit -f 300; %s -e '
      local out = assert(pcap.create("%s", { snaplen = 1000000, linktype = 249 }))
      assert(out:write("abc", 1))
      assert(not out:write(("x"):rep(700000), 2))']]):format(support.pktcraft, name))
    assert.equal(0, status)
    frames, message = readall(name)
    assert.is_nil(message)
    assert.equal(1, #frames)
  end)

  it("is flushed when the process exits without closing it", function()
    for _, how in ipairs { "os.exit(0)", "os.exit(0, true)", "", "error('x')" } do
      support.run(("%s -e 'out = assert(pcap.create(%q)) out:write(%q, 1) %s'"):format(support.pktcraft, path("o"),
        "abc", how))
      assert.equal(1, #readall(path("o")), how)
    end
  end)

  it("outlives a second opening of its module", function()
    local out = assert(pcap.create(path("o")))
    package.loaded["pktcraft.pcap"] = nil
    local again = require "pktcraft.pcap"
    collectgarbage()
    collectgarbage()
    assert.is_true(out:write("abc", 1))
    assert.is_true(out:close())
    assert(again.create(path("o"))):close()
    package.loaded["pktcraft.pcap"] = pcap
  end)

  it("may be made while its state closes", function()
    local ok, message = seed.state(([[
      local pcap
      setmetatable({}, { __gc = function() -- after what is younger
        pcall(late.write, late, "no more", 1)
        assert(not pcall(pcap.create, %q))
      end })
      pcap = require "pktcraft.pcap"
      setmetatable({}, { __gc = function() late = pcap.create(%q) late:write("abc", 1) end })
    ]]):format(path("toolate"), path("late")))
    assert.same({ true, "" }, { ok, message })
    assert.equal("abc", readall(path("late"))[1][3])
    assert.is_nil(io.open(path("toolate")))
  end)

  it("says when a pipe is closed, and goes on", function()
    local status, out = support.run(([[
      { %s -e '
        local out = assert(pcap.create("-"))
        local ok, message
        for k = 1, 100000 do
          ok, message = out:write(("x"):rep(1000), k)
          if not ok then break end
        end
        io.stderr:write(message, "\n")
      ' | head -c 10000 >/dev/null; } 2>&1]]):format(support.pktcraft))
    assert.equal(0, status)
    assert.equal("standard output: Broken pipe\n", out)
  end)
end)

describe("pcap.bpf", function()
  local query = support.unhex [[020000000004 020000000003 0800
    4500002103d3400040111ef10a0102030a010204 9c400035000d0784 68656c6c6f]]

  it("is refused where libpcap is absent, and so are interfaces", function()
    if support.libpcap() then return pending "this build has libpcap" end
    local why = "this pktcraft was built without libpcap (PCAP=no)"
    assert.same({ n = 2, nil, why }, table.pack(pcap.bpf("udp")))
    assert.same({ n = 2, nil, "eth0: " .. why }, table.pack(pcap.live("eth0")))
    assert.same({ n = 2, nil, "interfaces: " .. why }, table.pack(pcap.interfaces()))
  end)

  it("matches frames by libpcap's language", function()
    if not support.libpcap() then return pending(support.WITHOUT_LIBPCAP) end
    local f = assert(pcap.bpf("udp dst port 53"))
    assert.is_true(f:match(query))
    assert.is_true(f:match(memory.create(query)))
    assert.is_false(f:match(query:sub(1, 37)))
    assert.is_false(f:match(""))
    assert.is_true(assert(pcap.bpf("host 10.1.2.3", 228)):match(query:sub(15)))
    assert.is_true(assert(pcap.bpf("ip", 101)):match(query:sub(15)))
    assert.is_true(assert(pcap.bpf("")):match("anything"))
    assert.is_true(assert(pcap.bpf("greater 1000")):match(query, 1500))
    assert.is_false(assert(pcap.bpf("greater 1000")):match(query))
  end)

  it("passes on what libpcap says of an expression", function()
    if not support.libpcap() then return pending(support.WITHOUT_LIBPCAP) end
    local f, message = pcap.bpf("udp dst prt 53 and")
    assert.is_nil(f)
    assert.is_truthy(#message > 0)
    assert.matches("syntax error", select(2, pcap.bpf("udp and and")))
    assert.error_matches(function() pcap.bpf("udp\0 nonsense") end, "expression with zeros")
    assert.error_matches(function() pcap.bpf("udp", -1) end, "link type expected")
    assert.error_matches(function() pcap.bpf({}) end, "string expected")
    local ok = assert(pcap.bpf("udp"))
    assert.error_matches(function() ok:match(query, -1) end, "wire length out of range")
    assert.error_matches(function() ok:match({}) end, "string or memory expected")
  end)
end)

describe("capture:progress", function()
  local N <const> = 4000 -- frames of 328 bytes: several blocks
  local query = support.unhex [[02 00 00 00 00 01 02 00 00 00 00 02 08 00 45 00 00 1c 00 00 00 00 40 11 00 00 0a 00 00 01
    0a 00 00 02 04 00 00 35 00 08 00 00]] .. ("\0"):rep(222)

  --- The path of a capture, made when first asked for; nil where this build can't.
  local made = {}
  local function capture(kind)
    if not made[kind] then
      local out = pcap.create(path("progress." .. kind), { format = kind == "pcapng" and "pcapng" or nil,
        compress = (kind == "gzip" or kind == "zstd") and kind or nil })
      if not out then return nil end
      math.randomseed(3)
      for k = 1, N do -- what does not pack well
        local noise = {}
        for j = 1, 16 do noise[j] = string.pack("I4", math.random(0, 0xffffffff)) end
        assert(out:write(query .. table.concat(noise), k * 1000000))
      end
      assert(out:close())
      made[kind] = path("progress." .. kind)
    end
    return made[kind]
  end

  local function size(name) return #readfile(name) end

  --- All ways of reading a capture to its end.
  local ways <const> = {
    next = function(cap)
      local m = memory.create()
      while true do
        local time, message = cap:next(m)
        if not time then assert(not message, message) return end
      end
    end,
    frames = function(cap) for _ in cap:frames(memory.create()) do end end,
    packets = function(cap) for _ in cap:packets() do end end,
    ["packets that are filtered"] = function(cap) for _ in cap:packets("udp.destination == 54") do end end,
    ["packets that a function takes"] = function(cap) for _ in cap:packets(function(pkt) return pkt.tcp end) do end end,
    fields = function(cap) for _ in cap:fields("udp.source") do end end,
    ["fields and packets"] = function(cap) for _, pkt in cap:fields("udp.source", "packet") do assert(pkt.udp) end end,
    count = function(cap) assert(cap:count()) end,
    ["count that is filtered"] = function(cap) assert(cap:count("tcp")) end,
    blocks = function(cap) for _ in cap:blocks() do end end,
    seek = function(cap) assert(cap:seek(N + 2) == false) end,
    ["copy as it is"] = function(cap)
      local out <close> = assert(pcap.create("/dev/null", { like = cap }))
      assert(out:copy(cap))
    end,
    ["copy that is filtered"] = function(cap)
      local out <close> = assert(pcap.create("/dev/null", { like = cap }))
      assert(out:copy(cap, "udp.destination == 53"))
    end,
    ["copy in another form"] = function(cap)
      local out <close> = assert(pcap.create("/dev/null", { byteorder = "big" }))
      assert(out:copy(cap))
    end,
    ["copy by a function"] = function(cap)
      local out <close> = assert(pcap.create("/dev/null", { like = cap }))
      assert(out:copy(cap, function(pkt) return pkt.udp end))
    end,
  }

  --- What is told while `f` reads a capture.
  local function told(cap, f)
    local list = {}
    cap:progress(function(...) list[#list + 1] = table.pack(...) end, 0)
    f(cap)
    return list
  end

  local function grows(list, total, frames)
    assert.is_true(#list >= 3, #list)
    local before, counted = 0, 0
    for _, each in ipairs(list) do
      assert.equal(total, each[2])
      assert.is_true(each[1] >= before and each[3] >= counted)
      before, counted = each[1], each[3]
    end
    assert.is_true(list[1][1] < list[#list][1] / 2)
    assert.same({ total or before, frames }, { before, counted })
  end

  for _, kind in ipairs { "pcap", "pcapng", "gzip", "zstd" } do
    for way, f in pairs(ways) do
      it(("tells how much was read, %s, %s"):format(kind, way), function()
        local name = capture(kind)
        if not name then pending("no " .. kind .. " in this build") return end
        local cap <close> = assert(pcap.open(name))
        assert.same({ true, size(name) }, { cap:position() < size(name), (select(2, cap:position())) })
        grows(told(cap, f), size(name), N)
        assert.same({ size(name), size(name) }, { cap:position() })
      end)
    end
  end

  it("tells of all files that are merged", function()
    for _, order in ipairs { "time", "files" } do
      local names = { capture "pcap", capture "pcapng", order = order }
      local total = size(names[1]) + size(names[2])
      local cap <close> = assert(pcap.merge(names))
      assert.equal(total, (select(2, cap:position())))
      grows(told(cap, ways.count), total, 2 * N)
    end
  end)

  it("knows no size of a pipe, and tells while nothing comes", function()
    local script = writefile(path("pipe.lua"), [[
      local cap, n = assert(pcap.open(arg[1])), 0
      local total, last = "no call"
      cap:progress(function(done, of) n, last, total = n + 1, done, of end, 0.05)
      print(cap:count(), last, total, (cap:position()), select(2, cap:position()))
      print(n)]])
    local status, out = support.run(("{ head -c 500000 %s; sleep 0.7; tail -c +500001 %s; } | %s %s -"):format(
      capture "pcap", capture "pcap", support.pktcraft, script))
    local n = math.tointeger(tonumber((out:match "\n(%d+)\n$")))
    assert.same({ 0, ("%d\t%d\tnil\t%d\tnil"):format(N, size(capture "pcap"), size(capture "pcap")) }, { status, out:match "^[^\n]*" })
    assert.is_true(n >= 5 and n < 60, n)
    status, out = support.run(("mkfifo %s; { sleep 0.3; cat %s; } > %s & %s %s %s"):format(path("fifo"), capture "pcap",
      path("fifo"), support.pktcraft, script, path("fifo")))
    assert.same({ 0, ("%d\t%d\tnil"):format(N, size(capture "pcap")) }, { status, out:match "^%d+\t%d+\tnil" })
  end)

  it("goes by the bytes that are left where the file begins in the midst", function()
    local name = writefile(path("midst"), "12345", readfile(capture "pcap"))
    local _, out = support.run(("{ head -c 5 >/dev/null; %s -e 'local cap = pcap.open \"-\" print(cap:position())' ; } < %s"):format(
      support.pktcraft, name))
    assert.matches("\t" .. size(name) - 5 .. "\n$", out)
  end)

  it("lets a file that is followed end all the same", function()
    local cap <close> = assert(pcap.open(capture "pcap", { follow = 0.3 }))
    local n = 0
    cap:progress(function(_, total)
      n = n + 1
      assert(total == nil)
    end, 0.05)
    assert.equal(N, cap:count())
    assert.is_true(n >= 3 and n < 30, n)
  end)

  it("is called no more often than it was asked", function()
    local cap <close> = assert(pcap.open(capture "pcap"))
    local n = 0
    cap:progress(function() n = n + 1 end, 1000)
    cap:count()
    assert.equal(1, n) -- at the end
    cap:seek(1)
    cap:progress(function() n = n + 10 end, 0)
    cap:progress(nil)
    cap:count()
    assert.equal(1, n)
  end)

  for way, f in pairs(ways) do
    it("hands on what its function raises, and goes on after that: " .. way, function()
      local cap <close> = assert(pcap.open(capture "pcap"))
      local n = 0
      cap:progress(function()
        n = n + 1
        if n == 2 then error("enough of it", 0) end
      end, 0)
      local ok, message = pcall(f, cap)
      assert.same({ false, "enough of it" }, { ok, message })
      assert.is_true(cap:tell() > 1 and cap:tell() <= N + 1)
      f(cap)
      assert.is_true(n > 2)
      assert.equal(size(capture "pcap"), (cap:position()))
    end)

    it("lets its function close the capture: " .. way, function()
      local cap = assert(pcap.open(capture "pcap"))
      local n = 0
      cap:progress(function()
        n = n + 1
        if n == 2 then cap:close() end
      end, 0)
      assert.error_matches(function() f(cap) end, "closed capture")
      assert.equal(2, n)
      assert.error_matches(function() cap:position() end, "closed capture")
      assert.error_matches(function() cap:progress(print) end, "closed capture")
    end)

    it("lets its function read on, lending nothing beyond: " .. way, function()
      for _, inner in pairs(ways) do
        local cap <close> = assert(pcap.open(capture "pcap"))
        local m, n = memory.create(), 0
        cap:progress(function()
          n = n + 1
          if n == 1 then
            assert(cap:next(m))
            assert(#m == #query + 64)
          elseif n == 2 then
            assert(#m == 0)
            assert(cap:packets("udp.source == 1024")())
          elseif n == 3 then
            local ok, message = pcall(inner, cap)
            assert(ok or message:find "being copied", message)
          end
        end, 0)
        f(cap)
        assert.equal(0, #m)
        assert.is_true(n >= 3)
      end
    end)

    it("keeps a capture that is collected in its function: " .. way, function()
      local n, box = 0, { assert(pcap.open(capture "pcap")) }
      box[1]:progress(function()
        n = n + 1
        box[1] = nil
        collectgarbage()
        collectgarbage()
      end, 0)
      f(table.unpack(box))
      assert.is_true(n >= 3)
    end)
  end

  it("lets its function close what is copied to", function()
    for _, filter in ipairs { false, "udp", function() return true end } do
      local cap <close> = assert(pcap.open(capture "pcap"))
      local out = assert(pcap.create(path("closed.pcap"), { like = cap }))
      local n = 0
      cap:progress(function()
        n = n + 1
        if n == 2 then out:close() end
      end, 0)
      assert.error_matches(function() assert(out:copy(cap, filter or nil)) end, "closed")
      local whole <close> = assert(pcap.open(path("closed.pcap")))
      assert.is_true(assert(whole:count()) > 100)
    end
  end)

  it("writes what was copied before its function failed", function()
    local cap <close> = assert(pcap.open(capture "pcap"))
    local out = assert(pcap.create(path("before.pcap"), { like = cap }))
    local n = 0
    cap:progress(function()
      n = n + 1
      if n == 2 then error("enough of it", 0) end
    end, 0)
    assert.error_matches(function() out:copy(cap) end, "^enough of it$")
    assert(out:close())
    local frames = cap:tell() - 1
    assert.equal(frames, assert(pcap.open(path("before.pcap"))):count())
    assert.equal(readfile(capture "pcap"):sub(1, size(path("before.pcap"))), readfile(path("before.pcap")))
  end)

  it("does not keep its capture", function()
    local weak = setmetatable({}, { __mode = "k" })
    do
      local cap = assert(pcap.open(capture "pcap"))
      cap:progress(function() return cap end)
      weak[cap] = true
    end
    collectgarbage()
    collectgarbage()
    assert.is_nil(next(weak))
  end)

  it("finds no function when its capture is read by a finalizer", function()
    local n = 0
    do
      local cap = assert(pcap.open(capture "pcap"))
      cap:progress(function() n = n + 1 end, 0)
      setmetatable({}, { __gc = function()
        if not pcall(cap.count, cap) then n = n - 1000 end
      end })
    end
    collectgarbage()
    collectgarbage()
    assert.is_true(n >= 0, n)
  end)

  it("says what is wrong with what it is given", function()
    local cap <close> = assert(pcap.open(capture "pcap"))
    assert.error_matches(function() cap:progress(1) end, "function expected, got number")
    assert.error_matches(function() cap:progress(print, -1) end, "seconds expected")
    assert.error_matches(function() cap:progress(print, 0 / 0) end, "seconds expected")
    assert.error_matches(function() cap.progress(1) end, "capture expected")
    assert.error_matches(function() cap.position(1) end, "capture expected")
  end)
end)

describe("the captures of real traffic", function()
  local samples = support.samples("plain")
  for _, name in ipairs(support.samples("hostile")) do samples[#samples + 1] = name end

  it("are read as tcpdump reads them #interop", function()
    if #samples == 0 or not support.has("tcpdump") then pending(#samples == 0 and "no captures" or "no tcpdump") return end
    local read = 0
    for _, name in ipairs(samples) do
      local cap, message = pcap.open(name)
      if cap then
        read = read + 1
        cap:close()
        local frames, ending = readall(name)
        local like = assert(pcap.open(name))
        local status, _, says = support.foreign((like.compression
          and "%s -dcq %s | tcpdump -r - -w - > %s" or "%.0stcpdump -r %s -w - > %s"):format(like.compression, name,
          path("theirs")))
        local several = says:find("different from", 1, true) -- interfaces: libpcap goes no further
        assert.equal(ending == nil, status == 0 or several ~= nil, name)
        if several then goto continue end
        local theirs = readfile(path "theirs")
        local order = theirs:byte() == 0xd4 and "<" or ">" -- that of the machine, which tcpdump writes
        local out = assert(pcap.create(path("copy"), { like = like, precision = "micro", format = "pcap",
          byteorder = order == "<" and "little" or "big", snaplen = like.snaplen }))
        -- tcpdump lets seconds wrap that 32 bits cannot hold.
        for _, f in ipairs(frames) do assert(out:write(f[3], f[1] % ((1 << 32) * 1000000000), f[2])) end
        assert(out:close())
        -- libpcap writes link type 12, what some systems call raw IP, as 101; we leave it.
        local ours = readfile(path "copy")
        -- Fractions of a second and more do not survive as a time; records are as long all the same.
        local at = 25
        while at < #theirs do
          local fraction, caplen = string.unpack(order .. "I4 I4", theirs, at + 4)
          if fraction < 1000000 then assert.is_true(ours:sub(at, at + 7) == theirs:sub(at, at + 7), name) end
          assert.is_true(ours:sub(at + 8, at + 15 + caplen) == theirs:sub(at + 8, at + 15 + caplen), name)
          at = at + 16 + caplen
        end
        assert.equal(#theirs, #ours)
        assert.is_true(ours:sub(1, 20) == theirs:sub(1, 20), name)
        assert.is_true(ours:sub(21, 24) == theirs:sub(21, 24) or ours:byte(21) == 12, name)
        ::continue::
      else
        assert.is_truthy(message:find("link type") or message:find("not a capture file") or message:find("snoop")
          or message:find("zstd"), message)
      end
    end
    assert.is_true(read > 500)
  end)
end)
