--- Captures through filters: values of fields, counts, copies, the command.
local filter = require "pktcraft.filter"
local layouts = require "pktcraft.layouts"
local memory = require "memory"
local pcap = require "pktcraft.pcap"
local support = require "spec.support"

local path, run, writefile, readfile = support.path, support.run, support.writefile, support.readfile

--- Frames of several kinds, as a classic file, or a pcapng one.
local function capture(format)
  local name = path("kinds." .. (format or "pcap"))
  local out = assert(pcap.create(name, { format = format or "pcap" }))
  local ether = layouts.ethernet { destination = "02:00:00:00:00:01", source = "02:00:00:00:00:02" }
  for k = 1, 300 do
    local frame
    if k % 3 == 0 then
      frame = ether / layouts.ipv4 { source = 0x0a000000 + k, destination = "10.1.0.1", ttl = k % 256 }
        / layouts.udp { source = 1000 + k, destination = k % 2 == 0 and 53 or 54 } / "data"
    elseif k % 3 == 1 then
      frame = ether / layouts.ipv6 { source = "2001:db8::1", destination = "2001:db8::2" }
        / layouts.tcp { source = k, destination = 80, flags = "SA", options = { { mss = k } } }
    else
      frame = ether / layouts.arp { operation = "reply", senderprotocol = "10.0.0.9" }
    end
    assert(out:write(frame, 1700000000000000000 + k * 1000))
  end
  assert(out:close())
  return name
end

local name = capture()

local function open()
  return assert(pcap.open(name))
end

describe("cap:fields", function()
  it("gives values as views do, of frames that have the first", function()
    local n = 0
    for destination, source, ttl, number in open():fields("udp.destination", "ipv4.source", "ipv4.ttl", "frame.number") do
      n = n + 1
      assert.equal(n * 3, number)
      assert.equal(number % 2 == 0 and 53 or 54, destination)
      assert.equal(("10.0.%d.%d"):format(number >> 8, number & 255), source)
      assert.equal(number % 256, ttl)
    end
    assert.equal(100, n)
  end)

  it("agrees with views in all that shipped layouts have", function()
    local paths = { "ethernet.source", "ethernet.type", "ipv4.source", "ipv4.df", "ipv6.source", "ipv6.flowlabel", "udp.length",
      "tcp.flags", "tcp.syn", "tcp.sequence", "tcp.options.mss", "arp.operation", "arp.senderprotocol", "arp.senderhardware" }
    local views, got = {}, {}
    for pkt in open():packets() do
      local row = {}
      for k, p in ipairs(paths) do
        local at = pkt
        for word in p:gmatch("%w+") do at = at and at[word] end
        row[k] = at == nil and "nil" or at
      end
      views[#views + 1] = row
    end
    local iterate = open():fields("frame.number", table.unpack(paths))
    while true do
      local row = table.pack(iterate())
      if row[1] == nil then break end
      for k = 1, #paths do got[row[1]] = got[row[1]] or {} got[row[1]][k] = row[k + 1] == nil and "nil" or row[k + 1] end
    end
    assert.same(views, got)
  end)

  it("gives raw values and texts", function()
    local raw, text, mac, six, flags, op, syn, bytes, all, time = open():fields("ipv4.source:raw", "ipv4.protocol:text",
      "ethernet.source:raw", "ipv6.source:raw", "tcp.flags:text", "arp.operation:text", "tcp.syn:text", "udp[0:2]", "payload",
      "frame.time")()
    assert.same({ 0x0a000003, "udp", "\2\0\0\0\0\2", nil, nil, nil, nil, "\3\xeb", "data", 1700000000000003000 },
      { raw, text, mac, six, flags, op, syn, bytes, all, time })
    six, flags, syn, mac = open():fields("ipv6.source:raw", "tcp.flags:text", "tcp.syn:text", "ethernet.source:text")()
    assert.same({ "\x20\x01\x0d\xb8" .. ("\0"):rep(11) .. "\1", "SA", "true", "02:00:00:00:00:02" }, { six, flags, syn, mac })
    assert.same({ "reply", "10.0.0.9" }, { open():fields("arp.op:text", "arp.spa")() })
  end)

  it("takes expressions, BPF and functions, and gives the packet", function()
    for _, wanted in ipairs { assert(filter.compile("udp.destination == 53")),
      function(pkt) return pkt.udp and pkt.udp.destination == 53 end, pcap.bpf("udp dst port 53") } do
      local n = 0
      for pkt, ttl, source in open():fields(wanted, "packet", "ipv4.ttl", "udp.source") do
        n = n + 1
        assert.equal(pkt.ipv4.timetolive, ttl)
        assert.equal(pkt.udp.source, source)
        assert.equal(n * 6, pkt.number)
      end
      assert.equal(50, n)
      assert.equal(50, open():count(wanted))
    end
    local n = 0
    for _ in open():fields(nil, "frame.number") do n = n + 1 end
    assert.equal(300, n)
  end)

  it("writes kept frames as they were, and edited", function()
    local out = assert(pcap.create(path("kept.pcap"), { like = open() }))
    for destination, pkt in open():fields("udp.destination", "packet") do
      if destination == 53 then
        pkt.ipv4.timetolive = 1
        assert(out:write(pkt))
      end
    end
    assert(out:close())
    assert.equal(50, assert(pcap.open(path("kept.pcap"))):count("udp.dport == 53 and ipv4.ttl == 1"))
  end)

  it("says what is wrong", function()
    assert.error_matches(function() open():fields() end, "field expected")
    assert.error_matches(function() open():fields("udp.dst") end, "udp.dst: no field 'dst' in layout 'udp'", 1, true)
    assert.error_matches(function() open():fields("tcp.options") end, "it has members")
    assert.error_matches(function() open():fields("1 + 1") end, "field expected")
    assert.error_matches(function() open():fields({}, "udp.length") end, "expression, filter or function expected")
    local cap = open()
    local iterate = cap:fields("frame.number")
    cap:close()
    assert.error_matches(iterate, "closed capture")
    local cut = writefile(path("cut.pcap"), readfile(name):sub(1, 500))
    assert.error_matches(function() for _ in pcap.open(cut):fields("frame.number") do end end, "frame cut")
    local n, message = assert(pcap.open(cut)):count("arp")
    assert.is_nil(n)
    assert.is_truthy(message:find("frame cut", 1, true))
  end)

  it("survives a finalizer that reads on, closes or seeks meanwhile", function()
    for _, attack in ipairs { function(cap) cap:close() end, function(cap) cap:next(memory.create()) end,
      function(cap) cap:seek(1) end, function(cap) cap:blocks()() end,
      function() require "layout".bind("udpport", 40000 + math.random(9), layouts.dns) end } do
      local cap = open()
      local armed = 20
      local function bomb()
        setmetatable({}, { __gc = function()
          if armed == 0 then return end
          armed = armed - 1
          pcall(attack, cap)
          bomb()
        end })
      end
      bomb()
      collectgarbage("incremental", 100, 1000)
      pcall(function()
        for _, source, mac in cap:fields("frame.number", "ipv4.source", "ethernet.source:raw") do
          collectgarbage("step", 1)
          assert(source == nil or #source > 6 and #mac == 6)
        end
      end)
      armed = 0
      for port = 40001, 40009 do require "layout".unbind("udpport", port) end
      collectgarbage("generational")
      collectgarbage()
    end
  end)
end)

describe("out:copy with an expression", function()
  for _, format in ipairs { "pcap", "pcapng" } do
    it("keeps the frames of a " .. format .. " file as a function does", function()
      local file = format == "pcap" and name or capture(format)
      local function copy(wanted, most)
        local cap <close> = assert(pcap.open(file))
        local out = assert(pcap.create(path("copy"), { like = cap }))
        local n = assert(out:copy(cap, wanted, most))
        assert(out:close())
        return n, readfile(path("copy"))
      end
      local n, ours = copy("tcp.source > 100")
      local same, theirs = copy(function(pkt) return pkt.tcp and pkt.tcp.source > 100 end)
      assert.same({ 66, 66 }, { n, same })
      assert.is_true(ours == theirs)
      assert.equal(5, (copy("tcp", 5)))
      assert.equal(0, (copy("tcp", 0)))
      assert.error_matches(function() copy("tcp.x") end, "no field 'x' in layout 'tcp'")
    end)
  end
end)

describe("pktcraft filter", function()
  local pktcraft = support.pktcraft
  local function tool(options)
    return run(("%s filter %s"):format(pktcraft, options))
  end

  it("writes what matches, and counts on standard error", function()
    local to = path("out.pcap")
    for options, n in pairs { ["'udp.dport == 53'"] = 50, ["-v 'udp.dport == 53'"] = 250, ["--bpf 'udp dst port 53'"] = 50,
      ["--bpf 'udp dst port 53' -v"] = 250, ["--lua 'pkt.udp and pkt.udp.destination == 53'"] = 50,
      ["-v --lua 'pkt.udp and pkt.udp.destination == 53'"] = 250, ["-j 2 udp.dport == 53"] = 50, ["-c 7 udp"] = 7,
      ["-j 3 -v udp.dport == 53"] = 250, ["udp dst port 53"] = 50, ["-v 'udp dst port 53'"] = 250,
      ["-j 2 udp dst port 53"] = 50 } do
      local status, out, err = tool(("-r %s -w %s %s"):format(name, to, options))
      if options:find "udp dst port" and not support.libpcap() then -- in tcpdump's language
        assert.equal(2, status)
        assert.matches("this pktcraft was built without libpcap (PCAP=no)\n", err, 1, true)
        goto another
      end
      assert.same({ 0, "" }, { status, out }, options .. err)
      assert.equal(n, tonumber(err:match("^(%d+) of %d+ frames\n$")), options .. err)
      assert.equal(n, assert(pcap.open(to)):count())
      ::another::
    end
    local status, _, err = tool(("-q -r %s -w %s udp"):format(name, to))
    assert.same({ 0, "" }, { status, err })
  end)

  it("is one part of a pipe", function()
    local status, out = run(("cat %s | %s filter -q udp | %s filter -q -r - -w - -j 2 'udp.dport == 53' | %s show -t"):format(name,
      pktcraft, pktcraft, pktcraft))
    assert.equal(0, status)
    assert.equal(50, select(2, out:gsub("\n", "")))
  end)

  it("says what is wrong, and nothing is written", function()
    local to = path("untouched.pcap")
    writefile(to, "mine")
    for options, message in pairs { ["'udp.dport = 53'"] = "column 11: '=' compares nothing", [""] = "one of EXPR",
      ["udp --bpf udp"] = "one of EXPR", ["--lua ')'"] = "unexpected symbol", ["-c 0 udp"] = "positive number",
      ["-v 'udp and'"] = "column 8: value expected", ["--bpf foo"] = support.libpcap() and "syntax error" or "without libpcap" } do
      local status, out, err = tool(("-r %s -w %s %s"):format(name, to, options))
      assert.same({ 2, "" }, { status, out }, options)
      assert.is_truthy(err:find(message, 1, true), err)
      assert.equal("mine", readfile(to))
    end
    assert.equal(2, (tool("-r /nonexistent udp")))
    local cut = writefile(path("cut.pcap"), readfile(name):sub(1, 500))
    local status, _, err = tool(("-r %s -w %s frame.number"):format(cut, path("part.pcap")))
    assert.equal(1, status)
    assert.is_truthy(err:find("frame cut", 1, true), err)
    assert.is_true(assert(pcap.open(path("part.pcap"))):count() > 0) -- whole frames
    status, _, err = tool(("-r %s -w %s --lua 'pkt.nosuch == 1'"):format(name, path("part.pcap")))
    assert.equal(1, status)
    assert.is_truthy(err:find("no layer and no member 'nosuch'", 1, true), err)
  end)

  it("ends quietly when nobody reads on", function()
    local big = path("big.pcap")
    local out = assert(pcap.create(big))
    for _ = 1, 20000 do assert(out:write(("x"):rep(100), 0)) end
    assert(out:close())
    for _, command in ipairs { "filter -q -r %s frame", "convert -r %s", "edit -q -r %s --shift 1", "merge %s", "convert -T hex -r %s" } do
      local status, text, err = run(("%s %s | head -c 100 | wc -c"):format(pktcraft, command:format(big)))
      assert.same({ 0, 100, "" }, { status, tonumber(text), err }, command)
    end
  end)

  it("fails where what it prints can not be written", function()
    if not io.open "/dev/full" then return pending "there is no /dev/full" end
    for _, command in ipairs { "show -c 1 -r %s", "info %s", "stats %s", "fields", "convert -T hex -r %s", "-e 'print(1)'" } do
      local status, out, err = run(("%s %s > /dev/full"):format(pktcraft, command:format(name)))
      assert.same({ 1, "" }, { status, out }, command)
      assert.matches("^pktcraft: standard output: [^\n]+\n$", err)
    end
  end)

  it("says that what should be a filter names a file", function()
    for _, command in ipairs { "show %s", "filter %s udp", "convert %s -w " .. path("x.pcap"), "split %s --flow -w " .. path("x.pcap") } do
      local status, out, err = run(("%s %s </dev/null"):format(pktcraft, command:format(name)))
      assert.same({ 2, "", ("pktcraft: '%s' is a file: -r %s reads it\n"):format(name, name) }, { status, out, err }, command)
    end
  end)

  it("is shown by show as well", function()
    local _, out = run(("%s show -t -r %s -c 1 'tcp.flags == \"SA\" and frame.number > 3'"):format(pktcraft, name))
    assert.is_truthy(out:find("IP6 2001:db8::1 > 2001:db8::2: TCP 4 > 80: Flags [SA]", 1, true), out)
    if support.libpcap() then
      local _, bpf = run(("%s show -t -r %s -c 1 udp port 53"):format(pktcraft, name))
      assert.is_truthy(bpf:find("> 53", 1, true), bpf)
    end
    local status, _, err = run(("%s show -r %s udp prt 53"):format(pktcraft, name))
    assert.equal(2, status)
    assert.is_truthy(err:find("column 5: operator expected, got 'prt'", 1, true), err)
  end)
end)
