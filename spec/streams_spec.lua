--- Streams of TCP put together from segments.
local memory = require "memory"
local packet = require "pktcraft.packet"
local pcap = require "pktcraft.pcap"
local layouts = require "pktcraft.layouts"
local support = require "spec.support"

local ipv4, ipv6, tcp = layouts.ipv4, layouts.ipv6, layouts.tcp

local CLIENT <const>, SERVER <const> = "10.0.0.1", "10.0.0.2"

--- A segment of side 1 (10.0.0.1:1000) or 2 (10.0.0.2:80).
local function segment(side, sequence, data, flags, acknowledgment)
  local ip = side == 1 and ipv4 { source = CLIENT, destination = SERVER } or ipv4 { source = SERVER, destination = CLIENT }
  local p = ip / tcp { source = side == 1 and 1000 or 80, destination = side == 1 and 80 or 1000,
    sequence = sequence & 0xffffffff, acknowledgment = (acknowledgment or 0) & 0xffffffff,
    flags = flags or (acknowledgment and "A" or "") }
  return packet.new((data and p / data or p).memory:tostring(), "ipv4")
end

--- Streams that note what happens: "open", "1:bytes", "1 lacks n", "finished", ...
local function noting(options)
  local notes = {}
  local function note(...) notes[#notes + 1] = table.concat({ ... }) end
  local t = {
    open = function() note "open" end,
    data = function(_, side, m, i, j) note(side, ":", memory.tostring(m, i, j)) end,
    gap = function(_, side, n) note(side, " lacks ", n) end,
    close = function(_, why) note(why) end,
  }
  for key, value in pairs(options or {}) do t[key] = value end
  local streams = packet.streams(t)
  return streams, function() return table.concat(notes, ", ") end
end

local function played(segments, options)
  local streams, notes = noting(options)
  for _, s in ipairs(segments) do streams:add(segment(table.unpack(s))) end
  return notes(), streams
end

describe("packet.streams", function()
  it("delivers what comes in order, and closes with both FINs", function()
    assert.equal("open, 1:hello, 2:hi, 1:!, finished", (played {
      { 1, 99, nil, "S" }, { 2, 499, nil, "SA", 100 }, { 1, 100, "hello", "PA", 500 }, { 2, 500, "hi", "PA", 105 },
      { 1, 105, "!", "FA", 502 }, { 2, 502, nil, "FA", 107 }, { 1, 107, nil, "A", 503 } }))
  end)

  it("puts what was overtaken in order, and delivers each byte once", function()
    assert.equal("open, 1:ab, 1:cd, 1:ef, 1:gh", (played {
      { 1, 99, nil, "S" }, { 1, 100, "ab" }, { 1, 106, "gh" }, { 1, 104, "ef" }, { 1, 102, "cd" }, { 1, 100, "abcd" } }))
    assert.equal("open, 1:abcd, 1:ef", (played { { 1, 99, nil, "S" }, { 1, 100, "abcd" }, { 1, 102, "cdef" } }))
  end)

  it("begins in the middle when it has to", function()
    assert.equal("open, 1:later, 2:answer", (played { { 1, 5000, "later" }, { 2, 9, "answer" } }))
    local streams = noting()
    streams:add(segment(2, 499, nil, "SA", 100)) -- its SYN is lacking
    local flow
    streams = packet.streams { open = function(f) flow = f end }
    streams:add(segment(2, 499, nil, "SA", 100))
    assert.same({ CLIENT, 1000, SERVER, 80, 6 }, { flow.source, flow.sport, flow.destination, flow.dport, flow.protocol })
  end)

  it("goes round with sequence numbers", function()
    assert.equal("open, 1:ab, 1:cd, 1:ef, finished", (played {
      { 1, -4, nil, "S" }, { 2, -1, nil, "SA", -3 }, { 1, -3, "ab" }, { 1, 1, "ef", "F" }, { 1, -1, "cd" },
      { 2, 0, nil, "FA", 4 } }))
  end)

  it("takes the first of bytes that come twice before their turn, or the last", function()
    local function of(policy)
      return (played({ { 1, 99, nil, "S" }, { 1, 102, "CD" }, { 1, 101, "xyz" }, { 1, 104, "E" }, { 1, 100, "a" } },
        { overlap = policy }))
    end
    assert.equal("open, 1:a, 1:x, 1:CD, 1:E", of "first")
    assert.equal("open, 1:a, 1:x, 1:yz, 1:E", of "last")
    local _, streams = played { { 1, 99, nil, "S" }, { 1, 102, "CD" }, { 1, 101, "xyz" } }
    local stats = streams:stats()
    assert.same({ 2, 1 }, { stats.overlaps, stats.conflicts })
  end)

  it("tells of what the capture lacks once the receiver has acknowledged what follows", function()
    assert.equal("open, 1:ab, 1 lacks 3, 1:fg", (played {
      { 1, 99, nil, "S" }, { 1, 100, "ab" }, { 1, 105, "fg" }, { 2, 500, nil, "A", 107 } }))
    local notes, streams = played { { 1, 99, nil, "S" }, { 1, 105, "fg" }, { 2, 500, nil, "A", 103 } }
    assert.equal("open", notes)
    assert.equal(1, streams:stats().outoforder)
  end)

  it("delivers what it holds when it ends", function()
    local streams, notes = noting()
    for _, s in ipairs { { 1, 99, nil, "S" }, { 1, 102, "c" }, { 1, 104, "e", "F" } } do streams:add(segment(table.unpack(s))) end
    streams:close()
    assert.equal("open, 1 lacks 2, 1:c, 1 lacks 1, 1:e, flushed", notes())
    assert.equal(0, streams:stats().held)
    assert.equal(0, streams:stats().flows)
  end)

  it("takes FINs and RSTs when their turn has come", function()
    assert.equal("open, 1:abc, 1:d, reset", (played {
      { 1, 99, nil, "S" }, { 1, 103, "d" }, { 1, 104, nil, "R" }, { 1, 100, "abc" } }))
    assert.equal("open, 1:abc, 1:d, finished", (played {
      { 1, 99, nil, "S" }, { 2, 9, nil, "SA", 100 }, { 2, 10, nil, "FA", 100 }, { 1, 104, nil, "FA", 11 }, { 1, 103, "d" },
      { 1, 100, "abc" } }))
    assert.equal("open, 1:abc", (played { -- a RST that nobody expects
      { 1, 99, nil, "S" }, { 1, 100, "abc" }, { 1, 50, nil, "R" }, { 1, 200, nil, "R" } }))
    assert.equal("open, reset", (played { { 1, 99, nil, "S" }, { 2, 0, nil, "RA", 100 } }))
    local notes, streams = played { { 1, 99, nil, "S" }, { 1, 100, nil, "R" }, { 1, 100, "late" }, { 1, 100, nil, "R" } }
    assert.equal("open, reset", notes)
    assert.equal(2, streams:stats().late)
  end)

  it("ends where a FIN says, and after it", function()
    assert.equal("open, 1:abc, reset", (played { -- a RST after a FIN that is waited for
      { 1, 99, nil, "S" }, { 2, 9, nil, "SA", 100 }, { 1, 103, nil, "F" }, { 1, 104, nil, "R" }, { 1, 100, "abc" } }))
    assert.equal("open, 1:abc, finished", (played { -- what comes after it is nobody's
      { 1, 99, nil, "S" }, { 2, 9, nil, "SA", 100 }, { 1, 103, nil, "F" }, { 1, 103, "EVIL" }, { 1, 100, "abc" },
      { 2, 10, nil, "F" } }))
    local streams, notes = noting()
    for _, s in ipairs { { 1, 99, nil, "S" }, { 2, 9, nil, "SA", 100 }, { 1, 1 << 29, nil, "F" }, { 1, 100, "abc", "F" },
      { 2, 10, nil, "F" } } do streams:add(segment(table.unpack(s))) end
    assert.equal("open, 1:abc, finished", notes()) -- the nearer end counts
  end)

  it("begins anew with another SYN of the same ends", function()
    assert.equal("open, 1:a, 1 lacks 1, 1:c, reused, open, 1:b", (played {
      { 1, 99, nil, "S" }, { 1, 100, "a" }, { 1, 102, "c" }, { 1, 7000, nil, "S" }, { 1, 7001, "b" } }))
    assert.equal("open, 1:a", (played { { 1, 99, nil, "S" }, { 1, 99, nil, "S" }, { 1, 100, "a" } })) -- the same once more
  end)

  it("passes over keep-alives, what is far off and what has no data", function()
    assert.equal("open, 1:ab", (played {
      { 1, 99, nil, "S" }, { 1, 100, "ab" }, { 1, 101, "b" }, { 1, 101, nil, "A", 1 }, { 1, 100 + (1 << 31), "far" } }))
  end)

  it("ends streams that are idle, and the oldest when there are too many", function()
    local function at(p, seconds)
      p.time = seconds * 1000000000
      return p
    end
    local streams, notes = noting { timeout = 10 }
    streams:add(at(segment(1, 100, "a"), 1))
    streams:add(at(segment(1, 102, "c"), 9))
    streams:add(at(segment(2, 5, "x"), 18))
    assert.equal("open, 1:a, 2:x", notes())
    local other = ipv4 { source = "10.9.9.9", destination = SERVER } / tcp { source = 7, destination = 8, sequence = 1 } / "o"
    streams:add(at(packet.new(other.memory:tostring(), "ipv4"), 30))
    assert.equal("open, 1:a, 2:x, 1 lacks 1, 1:c, timeout, open, 1:o", notes())
    streams, notes = noting { flows = 1 }
    streams:add(segment(1, 100, "a"))
    streams:add(packet.new(other.memory:tostring(), "ipv4"))
    assert.equal("open, 1:a, evicted, open, 1:o", notes())
  end)

  it("holds no more than it may", function()
    local lacking, got, most = 0, 0, 0
    local streams = packet.streams { memory = 20000, gap = function(_, _, n) lacking = lacking + n end,
      data = function(_, _, _, i, j) got = got + j - i + 1 end }
    streams:add(segment(1, 99, nil, "S"))
    for k = 1, 500 do
      streams:add(segment(1, 100 + 2000 * k, ("x"):rep(1000)))
      most = math.max(most, streams:stats().held)
    end
    assert.is_true(most <= 20000)
    streams:close()
    assert.equal(500000, got)
    assert.equal(501000, lacking)
    local many = noting()
    for k = 1, 9000 do many:add(segment(1, 100 + 3 * k, "x")) end -- more pieces than one side may have
    assert.is_true(many:stats().held < 4200 * 60)
  end)

  it("goes on after an error in a function, and cannot be used from one", function()
    local n, inner = 0, nil
    local streams
    streams = packet.streams { data = function()
      n = n + 1
      inner = inner or select(2, pcall(streams.add, streams, segment(1, 1, "x")))
      if n == 1 then error "mine" end
    end }
    assert.error_matches(function() streams:add(segment(1, 100, "a")) end, "mine")
    assert.matches("streams are being read", inner)
    assert.is_true(streams:add(segment(1, 101, "b")))
    assert.equal(2, n)
    assert.error_matches(function() packet.streams { data = 1 } end, "option 'data': function expected")
    assert.error_matches(function() packet.streams { overlap = "x" } end, "invalid option 'x'")
    assert.error_matches(function() packet.streams { what = 1 } end, "unknown option 'what'")
    assert.error_matches(function() packet.streams {}:add "x" end, "packet expected")
  end)

  it("lends no byte longer than a call, and outlives frames that go", function()
    local kept, m = {}, memory.create()
    local p = packet.new(m, "ipv4")
    local streams = packet.streams { data = function(_, _, mem)
      kept[#kept + 1] = mem
      m:resize(0) -- the frame goes in the middle
    end, open = function() end }
    local frame = segment(1, 100, "abc").memory:tostring()
    m:resize(#frame)
    m:fill(frame)
    streams:add(p)
    assert.equal(m, kept[1])
    local lent = {}
    streams = packet.streams { data = function(_, _, mem, i, j) lent[#lent + 1] = { mem, memory.tostring(mem, i, j) } end }
    for _, s in ipairs { { 1, 99, nil, "S" }, { 1, 102, "cd" }, { 1, 100, "ab" } } do streams:add(segment(table.unpack(s))) end
    assert.equal("ab", lent[1][2])
    assert.equal("cd", lent[2][2])
    assert.equal(0, #lent[2][1]) -- empty after the call
  end)

  it("keeps what is known of a flow that has gone", function()
    local flow
    local streams = packet.streams { open = function(f) flow = f end }
    for _, s in ipairs { { 1, 99, nil, "S" }, { 1, 100, "abc" }, { 2, 5, "x" } } do streams:add(segment(table.unpack(s))) end
    assert.same({ 3, 4, 3, 1 }, { flow.packets, flow.bytes, flow.sentbytes, flow.receivedbytes })
    streams:close()
    assert.same({ 3, 4, CLIENT }, { flow.packets, flow.bytes, flow.source })
    assert.equal("10.0.0.1:1000 > 10.0.0.2:80 (6)", tostring(flow))
    assert.is_nil(flow.nothing)
    do
      local brief = packet.streams { open = function(f) flow = f end }
      brief:add(segment(1, 99, nil, "S"))
    end
    collectgarbage()
    assert.equal(SERVER, flow.destination)
  end)

  it("takes IPv6, tags and tunnels, but no fragments, quotes, or cut headers", function()
    local streams, notes = noting()
    local six = ipv6 { source = "2001:db8::1", destination = "2001:db8::2" }
    local t = tcp { source = 5, destination = 6, sequence = 1 } / "six"
    assert.is_true(streams:add(packet.new((six / layouts.hopbyhop {} / t).memory:tostring(), "ipv6")))
    assert.is_true(streams:add(packet.new((ipv4 { source = 1, destination = 2 } / layouts.gre {} / six
      / tcp { source = 8, destination = 9, sequence = 1 } / "inner").memory:tostring(), "ipv4")))
    assert.equal("open, 1:six, open, 1:inner", notes())
    local whole = segment(1, 1, "x")
    assert.is_false(streams:add(packet.new((ipv4 { source = 1, destination = 2 }
      / layouts.icmp { type = 3, rest = nil } / whole.memory:tostring()).memory:tostring(), "ipv4")))
    assert.is_false(streams:add(packet.new(memory.create(whole.memory:tostring(), 1, 35), "ipv4", #whole)))
    whole.ipv4.flagmf = true
    assert.is_false(streams:add(whole))
  end)

  it("delivers random streams whole, however they are cut, sent again and mixed up", function()
    local seed = 5
    local function rnd(n)
      seed = seed * 6364136223846793005 + 1442695040888963407
      return (seed >> 33) % n
    end
    for round = 1, 60 do
      local text, start = {}, rnd(1 << 32)
      for k = 1, 400 + rnd(2000) do text[k] = string.char(33 + rnd(90)) end
      text = table.concat(text)
      local list, at = {}, 0
      while at < #text do
        local n = 1 + rnd(60)
        local from = math.max(0, at - (rnd(3) == 0 and rnd(50) or 0))
        list[#list + 1] = { 1, start + 1 + from, text:sub(from + 1, at + n) }
        at = at + n
      end
      for _ = 1, rnd(10) do list[#list + 1] = list[1 + rnd(#list)] end -- again
      for k = #list, 2, -1 do -- each not far from its place, in some rounds anywhere
        local j = round % 3 == 0 and 1 + rnd(k) or math.max(1, k - rnd(6))
        list[k], list[j] = list[j], list[k]
      end
      local got = {}
      local streams = packet.streams { data = function(_, _, m, i, j, offset)
        assert.equal(#table.concat(got), offset)
        got[#got + 1] = memory.tostring(m, i, j)
      end, gap = function() error "nothing is lacking" end }
      streams:add(segment(1, start, nil, "S"))
      for _, s in ipairs(list) do streams:add(segment(table.unpack(s))) end
      assert.equal(text, table.concat(got))
      assert.equal(0, streams:stats().held)
    end
  end)
end)

describe("streams:read", function()
  local function capture(segments)
    local out = assert(pcap.create(support.path("streams.pcap"), { linktype = 228 }))
    for k, s in ipairs(segments) do assert(out:write(segment(table.unpack(s)), k * 1000000000)) end
    assert(out:close())
    return assert(pcap.open(support.path("streams.pcap")))
  end

  it("adds what a loop would", function()
    local segments = { { 1, 99, nil, "S" }, { 1, 102, "cd" }, { 1, 100, "ab" }, { 2, 7, "xyz" } }
    local streams, notes = noting()
    local cap <close> = capture(segments)
    streams:read(cap)
    assert.equal("open, 1:ab, 1:cd, 2:xyz", notes())
    streams, notes = noting()
    assert(cap:seek(1))
    streams:read(cap, "ipv4.source == 10.0.0.2")
    assert.equal("open, 1:xyz", notes())
    streams, notes = noting()
    assert(cap:seek(1))
    streams:read(cap, function(pkt) return #pkt.payload ~= 2 end)
    assert.equal("open, 2:xyz", notes())
  end)

  it("goes on after an error, and refuses what is no capture", function()
    local cap <close> = capture { { 1, 100, "a" }, { 1, 101, "b" }, { 1, 102, "c" } }
    local got = {}
    local streams
    streams = packet.streams { data = function(_, _, m, i, j)
      got[#got + 1] = memory.tostring(m, i, j)
      if #got == 1 then error "mine" end
      if #got == 2 then cap:close() end
    end }
    assert.error_matches(function() streams:read(cap) end, "mine")
    assert.error_matches(function() streams:read(cap) end, "closed capture")
    assert.same({ "a", "b" }, got)
    assert.error_matches(function() streams:read(cap) end, "closed")
    assert.error_matches(function() streams:read {} end, "capture expected")
    assert.error_matches(function() streams.read(cap, cap) end, "streams expected")
  end)
end)

describe("streams of real traffic", function()
  --- Both sides of each stream of a file, as far as delivered before the end.
  local function read(path)
    local cap <close> = assert(pcap.open(path))
    local list, by = {}, {}
    local streams = packet.streams {
      timeout = 1e10,
      open = function(flow)
        by[flow] = { {}, {}, {} }
        list[#list + 1] = by[flow]
      end,
      data = function(flow, side, m, i, j)
        local bytes = memory.tostring(m, i, j)
        table.insert(by[flow][side], bytes)
        table.insert(by[flow][3], bytes)
      end,
    }
    streams:read(cap)
    return list
  end

  it("are what a text beside the capture says", function()
    local path
    for _, name in ipairs(support.samples("plain")) do
      if name:find("one_tcp_stream.pcap", 1, true) and not name:find("pcapng") then path = name end
    end
    if not path then return pending("no captures") end
    local list = read(path)
    assert.equal(1, #list)
    assert.equal(support.readfile((path:gsub("%.pcap$", "_output.txt"))), table.concat(list[1][3]))
  end)

  it("are what tshark follows #interop", function()
    if not support.has("tshark") then return pending("tshark is not installed") end
    local compared = 0
    for _, path in ipairs(support.samples("plain")) do
      local ok, list = pcall(read, path)
      for k, stream in ipairs(ok and list or {}) do
        local pipe <close> = io.popen(("tshark -n -r %s -q -z follow,tcp,raw,%d 2>/dev/null"):format(path, k - 1))
        local sides = { {}, {} }
        for line in pipe:lines() do
          local tab, hex = line:match("^(\t?)(%x+)$")
          if hex then table.insert(sides[tab == "" and 1 or 2], support.unhex(hex)) end
        end
        local ours = { table.concat(stream[1]), table.concat(stream[2]) }
        local theirs = { table.concat(sides[1]), table.concat(sides[2]) }
        assert.is_true((ours[1] == theirs[1] and ours[2] == theirs[2]) or (ours[1] == theirs[2] and ours[2] == theirs[1]),
          ("%s stream %d"):format(path, k - 1))
        compared = compared + 1
      end
    end
    if compared == 0 then return pending("no captures") end
    assert.is_true(compared > 200)
  end)
end)
