local support = require "spec.support"
local edits = require "pktcraft.edits"
local layouts = require "pktcraft.layouts"
local packet = require "pktcraft.packet"
local pcap = require "pktcraft.pcap"

local path, run, readfile = support.path, support.run, support.readfile
local ethernet, ipv4, ipv6, udp, tcp, icmp, arp = layouts.ethernet, layouts.ipv4, layouts.ipv6, layouts.udp,
  layouts.tcp, layouts.icmp, layouts.arp

--- Whether all sums that can be verified are right, those of a packet that an ICMP error quotes too.
local function assert_sums(pkt, msg)
  local n = 0
  for _, sum in ipairs(pkt:verify()) do
    assert.not_equal("bad", sum.verdict, msg)
    if sum.verdict == "ok" then n = n + 1 end
  end
  return n
end

--- A frame over IPv4 or IPv6, its ports and payload made of `k`.
local function frame(k, lower)
  local ip = lower or k % 3 == 0 and ipv6 { source = "2001:db8::" .. k, destination = "2001:db8::1" }
    or ipv4 { source = "10.0.0." .. k % 250, destination = "192.0.2.7", ident = k }
  local upper = k % 2 == 0 and udp { source = 1000 + k, destination = 53 }
    or tcp { source = 2000 + k, destination = 80, flags = "A", options = { { mss = 1460 }, "nop" } }
  return ethernet { destination = "02:00:00:00:00:01", source = "02:00:00:00:00:02" } / ip / upper / ("payload %d"):format(k):rep(k % 5)
end

local function wire(pkt) return packet.new(tostring(pkt.memory)) end

describe("packet.setter", function()
  it("refuses names that stand for several fields", function()
    local change, message = require "pktcraft.edits".compile "tcp.port = 8080"
    assert.same({ nil, "'tcp.port' stands for several fields: say which of tcp.source, tcp.destination" }, { change, message })
  end)

  it("writes fields of any packet, and carries their sums", function()
    local set = packet.setter("ipv4.ttl", "ipv4.source", "udp.destination", "tcp.options.mss", "tcp.destination")
    for k = 1, 60 do
      local p = wire(frame(k))
      local n = set(p, 7, "198.51.100.9", 5353, 536, 8080)
      assert.equal((p.ipv4 and 2 or 0) + (p.udp and 1 or 2), n)
      local whole = packet.build(p:totable(true)) -- sums that were not right would be given ones
      assert.equal(tostring(whole.memory), tostring(p.memory))
      assert_sums(p, k)
      if p.ipv4 then assert.same({ 7, "198.51.100.9" }, { p.ipv4.ttl, p.ipv4.source }) end
      if p.tcp then assert.same({ 536, 8080 }, { p.tcp.options.mss, p.tcp.destination }) end
    end
  end)

  it("leaves nil and what is not there, writes nothing when a value does not fit", function()
    local set = packet.setter("ipv4.ttl", "ipv4.ident", "arp.operation")
    local p = wire(frame(1))
    local before = tostring(p.memory)
    assert.equal(0, set(p))
    assert.equal(0, set(p, nil, nil, 2))
    assert.has_error(function() set(p, 1, 65536) end, "unsigned overflow (field 'ident' of layout 'ipv4'): 65536 is not in 0 to 65535")
    assert.equal(before, tostring(p.memory))
    assert.has_error(function() packet.setter("ipv4.nope") end)
    assert.has_error(function() packet.setter() end)
    assert.has_error(function() set(before, 1) end)
  end)

  it("is right in fragments, cut frames and quoted packets, where sums cannot be made anew", function()
    local set = packet.setter("ipv4.source", "ipv4#2.source")
    local big = ethernet {} / ipv4 { source = "10.1.1.1", destination = "10.1.1.2" } / udp { source = 1, destination = 2 } / ("ab"):rep(900)
    local whole = packet.defragment()
    local together
    for _, piece in ipairs(big:fragments(600)) do
      set(piece, "10.9.8.7")
      together = whole:add(piece) or together
    end
    assert.equal(2, assert_sums(together))
    assert.equal("10.9.8.7", together.ipv4.source)

    local bytes = tostring(big.memory)
    local cut = packet.new(bytes:sub(1, 50), 1, #bytes)
    set(cut, "10.9.8.7")
    local again = packet.new(tostring(cut.memory) .. bytes:sub(51))
    assert.equal(2, assert_sums(again))

    local inner = ipv4 { source = "10.0.0.2", destination = "10.0.0.1" } / udp { source = 5, destination = 6 } / "hello"
    local outer = wire(ethernet {} / ipv4 { source = "10.0.0.1", destination = "10.0.0.2" } / icmp { type = "destination unreachable" } / inner)
    set(outer, nil, "172.20.0.1")
    assert.equal(2, assert_sums(outer))
    local first = outer:range("ipv4", 2)
    assert.equal(2, assert_sums(packet.new(tostring(outer.memory):sub(first), "ipv4")))
  end)

  it("makes CRC-32c anew when it was right, and leaves a sum of zero, which is none", function()
    local set = packet.setter("sctp.source", "udp.source")
    local p = wire(ethernet {} / ipv4 { source = "10.0.0.1", destination = "10.0.0.2" } / layouts.sctp { source = 1, destination = 2 })
    set(p, 77)
    assert.equal(2, assert_sums(p))
    p.sctp.checksum = 1
    set(p, 78)
    assert.equal(1, p.sctp.checksum)
    local q = wire(ethernet {} / ipv4 {} / udp { source = 1, destination = 2, checksum = 0 } / "x")
    set(q, nil, 9)
    assert.equal(0, q.udp.checksum)
  end)

  it("carries inner sums into outer ones that cover them", function()
    local set = packet.setter("ipv4#2.source")
    local p = wire(ethernet {} / ipv4 { source = "10.0.0.1", destination = "10.0.0.2" } / udp { destination = 4789 } / layouts.vxlan { vni = 5 }
      / ethernet {} / ipv4 { source = "10.1.0.1", destination = "10.1.0.2" } / tcp { destination = 80 } / "odd")
    set(p, "10.200.1.2")
    assert.equal(4, assert_sums(p))
  end)
end)

describe("packet.addressmap", function()
  local digits = ("%02x"):rep(32):format(21, 34, 23, 141, 51, 164, 207, 128, 19, 10, 91, 22, 73, 144, 125, 16, 216, 152, 143, 131,
    121, 121, 101, 39, 98, 87, 76, 45, 42, 132, 34, 2)

  it("is Crypto-PAn #nettle", function() -- the key and addresses that its authors publish with it
    local map = packet.addressmap { key = digits, keep = false }
    for from, to in pairs { ["128.11.68.132"] = "135.242.180.132", ["129.118.74.4"] = "134.136.186.123",
      ["130.132.252.244"] = "133.68.164.234", ["141.223.7.43"] = "141.167.8.160", ["141.233.145.108"] = "141.129.237.235",
      ["152.163.225.39"] = "151.140.114.167" } do
      assert.equal(to, map:get(from))
      assert.equal(to, map:get(from)) -- the second one is remembered
    end
    local count = {}
    for k = 0, 31 do count[#count + 1] = ("%02x"):format(k) end
    map = packet.addressmap { key = table.concat(count), keep = false } -- as other implementations have it, IPv6 too
    assert.equal("2.90.93.17", map:get "192.0.2.1")
    assert.equal("dd92:2c44:3fc0:ff1e:7ff9:c7f0:8180:7e00", map:get "2001:db8::1")
  end)

  local function bits(address)
    local list = {}
    for byte in address:gmatch "%d+" do
      for k = 7, 0, -1 do list[#list + 1] = math.tointeger(byte) >> k & 1 end
    end
    return list
  end

  local function common(a, b)
    local n = 0
    while n < 32 and bits(a)[n + 1] == bits(b)[n + 1] do n = n + 1 end
    return n
  end

  it("keeps common prefixes, gives each its own, and leaves what names no host #nettle", function()
    local map = packet.addressmap { key = "a passphrase" }
    local list, seen = {}, {}
    math.randomseed(5)
    for k = 1, 80 do
      list[k] = ("%d.%d.%d.%d"):format(math.random(1, 223), math.random(0, 3), math.random(0, 1), math.random(0, 255))
    end
    for _, a in ipairs(list) do
      if not a:find "^127%." then
        local x = map:get(a)
        assert.is_nil(x:match "^0%." or x:match "^127%." or x:match "^2[3-5]%d%.")
        assert.is_true(seen[x] == nil or seen[x] == a)
        seen[x] = a
        for _, b in ipairs(list) do
          if not b:find "^127%." then assert.equal(common(a, b), common(x, map:get(b))) end
        end
      end
    end
    for _, same in ipairs { "0.0.0.0", "127.0.0.1", "224.0.0.251", "255.255.255.0", "255.255.255.255", "::", "::1", "ff02::fb",
      "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:fb", "33:33:00:00:00:01", "00:00:00:00:00:00" } do
      assert.equal(same, map:get(same))
    end
    assert.truthy(map:get("fe80::1"):find "^fe80::%x")
    assert.equal("::ffff:" .. map:get "10.0.0.1", map:get "::ffff:10.0.0.1")
    assert.equal("02:", map:get("02:00:00:00:00:01"):sub(1, 3):gsub("^.", "0"):gsub("[26ae]:", "2:"))
    -- The group of an address, and the MAC address of that group, tell the same of it (RFC 4291, RFC 2464).
    local group = map:get "ff02::1:ff12:3456"
    local a, b = group:match "^ff02::1:ff(%x%x):(%x+)$"
    b = ("%04x"):format(tonumber(b, 16))
    assert.equal(("33:33:ff:%s:%s:%s"):format(a, b:sub(1, 2), b:sub(3)), map:get "33:33:ff:12:34:56")
    assert.not_equal(map:get "10.0.0.1", packet.addressmap { key = "another" }:get "10.0.0.1")
  end)

  it("moves prefixes, the longest first", function()
    local map = packet.addressmap { map = { ["10.0.0.0/8"] = "172.16.0.0/12", ["10.1.0.0/16"] = "192.168.0.0/16",
      ["10.1.2.3"] = "8.8.8.8", ["2001:db8::/32"] = "fd00::/32", ["02:00:00:00:00:00/24"] = "06:01:02:00:00:00/24" } }
    assert.same({ "172.18.2.3", "192.168.2.4", "8.8.8.8", "11.0.0.1", "fd00::5", "06:01:02:04:05:06" },
      { map:get "10.2.2.3", map:get "10.1.2.4", map:get "10.1.2.3", map:get "11.0.0.1", map:get "2001:db8::5", map:get "02:00:00:04:05:06" })
  end)

  it("finds addresses in all layers, lists and quoted packets, and keeps all sums", function()
    local map = packet.addressmap { map = { ["10.0.0.0/8"] = "172.16.0.0/12" } }
    local p = wire(ethernet {} / ipv4 { source = "10.0.0.1", destination = "10.0.0.2", options = { { kind = 7, pointer = 8,
      route = { "10.7.7.7" } } } }
      / icmp { type = "destination unreachable" } / ipv4 { source = "10.0.0.2", destination = "10.0.0.3" } / udp { source = 1,
        destination = 2 } / "x")
    map:apply(p)
    assert.same({ "172.16.0.1", "172.16.0.2", "172.16.0.2", "172.16.0.3" },
      { p.ipv4.source, p.ipv4.destination, p:layer("ipv4", 2).source, p:layer("ipv4", 2).destination })
    assert.equal(2, assert_sums(p))
    local q = wire(ethernet {} / ipv4 { source = "10.0.0.1", destination = "8.8.8.8" } / udp { source = 53 }
      / layouts.dns { response = true, answers = { { name = "example.com", a = "10.9.9.9" } } })
    map:apply(q)
    assert.equal("172.25.9.9", q.dns.answers[1].a)
    assert.equal(2, assert_sums(q))
    local a = wire(ethernet {} / arp { operation = 1, senderprotocol = "10.0.0.1", targetprotocol = "10.0.0.2" })
    map:apply(a)
    assert.same({ "172.16.0.1", "172.16.0.2" }, { a.arp.senderprotocol, a.arp.targetprotocol })
  end)

  it("puts zeros for what is no address above transport, unless it is to be kept #nettle", function()
    local secret = wire(ethernet { source = "02:00:00:00:00:07" } / ipv4 { source = "10.0.0.1", destination = "10.0.0.2" } / udp { source = 9,
      destination = 9 }
      / "from 10.0.0.1")
    local p = secret:copy()
    packet.addressmap({ key = "k" }):apply(p)
    assert.equal(("\0"):rep(13), p.payload)
    assert.equal(2, assert_sums(p))
    local q = secret:copy()
    packet.addressmap({ key = "k", payload = "keep" }):apply(q)
    assert.equal("from 10.0.0.1", q.payload)
    assert.equal(p.ipv4.source, q.ipv4.source)
    -- A packet that is carried is one, too.
    local t = wire(ethernet {} / ipv4 { source = "10.0.0.1", destination = "10.0.0.2" } / udp { destination = 4789 } / layouts.vxlan { vni = 5 }
      / ethernet {} / arp { operation = 1, senderprotocol = "10.0.0.1", targetprotocol = "10.0.0.2" })
    packet.addressmap({ key = "k" }):apply(t)
    assert.same({ p.ipv4.source, p.ipv4.source, 5 }, { t.ipv4.source, t.arp.senderprotocol, t.vxlan.vni })
    -- Part of an address that was cut is not left either.
    local cut = packet.new(tostring(secret.memory):sub(1, 32), 1, #secret)
    packet.addressmap({ key = "k" }):apply(cut)
    assert.equal("\0\0", tostring(cut.memory):sub(31, 32))
  end)

  it("says what is wrong #nettle", function()
    for text, options in pairs { ["no prefix: '10.0.0.0/33'"] = { map = { ["10.0.0.0/33"] = "1.2.3.4" } },
      ["no prefix: 'x'"] = { map = { x = "1.2.3.4" } },
        ["'10.0.0.0/8' and 'fd00::/8' are addresses of two kinds"] = { map = { ["10.0.0.0/8"] = "fd00::/8" } },
      ["empty key"] = { key = "" }, ["unknown option 'kee'"] = { kee = 1 } } do
      assert.has_error(function() packet.addressmap(options) end, text)
    end
    assert.has_error(function() packet.addressmap({}):get "nobody" end)
    assert.has_error(function() packet.addressmap({}):apply "x" end)
  end)
end)

describe("pktcraft.edits", function()
  local function edited(p, text)
    local f = assert(edits.compile(text))
    return f(p), p
  end

  it("assigns constants and expressions", function()
    local did, p = edited(wire(frame(1)), [[ipv4.ttl = 3; ipv4.source = 1.2.3.4; tcp.flags = SA; tcp.options.mss = 1200
      ipv4.destination = ipv4.source; tcp.source = tcp.source + 1; ethernet.source = 02:00:00:00:00:99]])
    assert.is_true(did)
    assert.same({ 3, "1.2.3.4", "1.2.3.4", 18, 1200, 2002, "02:00:00:00:00:99" }, { p.ipv4.ttl, p.ipv4.source, p.ipv4.destination,
      p.tcp.flags, p.tcp.options.mss, p.tcp.source, p.ethernet.source })
    assert_sums(p)
    did, p = edited(wire(frame(2)), "tcp.source = tcp.source + 1; ipv6.source = fe80::1 if ipv6; udp.dstport = 54 if udp.dstport == 53")
    assert.is_true(did)
    assert.equal(54, p.udp.destination)
    assert.is_false(edited(wire(frame(2)), "tcp.source = 1; ip.ttl = 3 if tcp"))
    assert.is_nil(edited(wire(frame(2)), "drop if udp"))
    did, p = edited(wire(ethernet {} / ipv4 {} / icmp { type = "echo reply" }), 'icmp.type = "echo request"; ip.src = 10.0.0.9')
    assert.same({ true, 8, "10.0.0.9" }, { did, p.icmp.type, p.ipv4.source })
  end)

  it("pushes and takes away layers, of frames that were cut too", function()
    for _, captured in ipairs { 1000, 40 } do
      local bytes = tostring(frame(4).memory)
      local p = packet.new(bytes:sub(1, captured), 1, #bytes)
      edited(p, "push vlan { id = 5, priority = 3 }")
      assert.same({ 5, 3, 0x8100, #bytes + 4, math.min(#bytes, captured) + 4 }, { p.vlan.id, p.vlan.priority, p.ethernet.type, p.length, #p })
      edited(p, "vlan = nil if vlan.id == 6")
      assert.equal(5, p.vlan.id)
      edited(p, "vlan = nil if vlan.id == 5; vlan = nil")
      assert.equal(bytes:sub(1, captured), tostring(p.memory))
      edited(p, "push mpls { label = 7, bottom = 1 } above ethernet")
      assert.equal(7, p.mpls.label)
    end
  end)

  it("says what is wrong when compiled", function()
    for text, part in pairs { ["ipv4.tll = 1"] = "did you mean 'ttl'", ["ipv4.ttl = 256"] = "unsigned overflow",
      ["ipv4.source = 1.2.3"] = "no ipv4 address",
      ["tcp.flags = QQ"] = "no value is called 'QQ'", ["vlan = 5"] = "vlan = nil", ["push nothing"] = "no layout 'nothing'",
        ["ipv4.ttl == 5"] = "expected",
      ["ipv4.ttl = 5 if"] = "column", ["ipv4.ttl = 5 if ipv4.tll"] = "did you mean", ["ipv4.ttl = 1 2"] = "no value", ["hello"] = "expected",
      ["nothing = nil"] = "nothing", ["push vlan { id = 5000 }"] = "overflow", ["ipv4.ttl = nil"] = "only a layer" } do
      local f, why = edits.compile(text)
      assert.is_nil(f, text)
      assert.truthy(why:find(part, 1, true), text .. ": " .. why)
    end
  end)
end)

describe("pktcraft edit", function()
  --- A capture of 60 frames in which nothing is wrong.
  local function capture(options)
    local out = assert(pcap.create(path "in.pcap", options))
    for k = 1, 60 do assert(out:write(frame(k), 1000000000 + k * 1000000)) end
    assert(out:close())
    return path "in.pcap"
  end

  local function edit(args)
    local status, out, err = run(("%s edit -r %s -w %s %s"):format(support.pktcraft, path "in.pcap", path "out.pcap", args))
    assert.equal("", out)
    return status, err
  end

  it("changes what is asked, and no other byte", function()
    for _, options in ipairs { {}, { format = "pcapng" }, { precision = "nano", byteorder = "big" } } do
      local whole = readfile(capture(options))
      assert.same({ 0, "60 of 60 frames, 0 changed\n" }, { edit "'ipv4.ttl = 64 if ipv4.ttl == 3'" })
      assert.is_true(readfile(path "out.pcap") == whole)
      assert.same({ 0, "60 of 60 frames, 40 changed\n" }, { edit "'ipv4.ttl = 9'" })
      local changed, n = readfile(path "out.pcap"), 0
      assert.equal(#whole, #changed)
      for k = 1, #whole do
        if whole:byte(k) ~= changed:byte(k) then n = n + 1 end
      end
      assert.is_true(40 <= n and n <= 120) -- a byte of each, and two of its sum
      for pkt in assert(pcap.open(path "out.pcap")):packets() do
        assert_sums(pkt)
        assert.is_true(not pkt.ipv4 or pkt.ipv4.ttl == 9)
      end
    end
  end)

  it("edits only what --if says, shifts times, cuts, drops doubles, works in parts", function()
    capture()
    assert.same({ 0, "60 of 60 frames, 10 changed\n" }, { edit "--if 'frame.number <= 15' 'ipv4.ttl = 9'" })
    assert.equal(0, (edit "--shift -0.000000001 --snaplen 20"))
    local n = 0
    for pkt in assert(pcap.open(path "out.pcap")):packets() do
      n = n + 1
      assert.same({ 1000000000 + n * 1000000 - 1000, 20 }, { pkt.time, #pkt }) -- the microsecond before
      assert.is_true(pkt.length > 20)
    end
    assert.equal(60, n)
    assert.equal(2, (edit "--shift soon"))
    local double = assert(pcap.create(path "in.pcap"))
    for k = 1, 40 do assert(double:write(frame(k // 2), k * 1000000)) end
    assert(double:close())
    assert.same({ 0, "21 of 40 frames, 0 changed, 19 doubles dropped\n" }, { edit "--dedupe" })
    assert.same({ 0, "40 of 40 frames, 0 changed\n" }, { edit "--dedupe-seconds 0.0001" })
    capture()
    assert.equal(0, (edit "-q -j 2 'ipv4.ttl = ipv4.ttl - 1' --map 10.0.0.0/8=11.0.0.0/8"))
    for pkt in assert(pcap.open(path "out.pcap")):packets "ipv4" do
      assert.same({ 63, "11." }, { pkt.ipv4.ttl, pkt.ipv4.source:sub(1, 3) })
    end
  end)

  it("anonymises by a key, which a file may hold #nettle", function()
    capture()
    support.writefile(path "key", "secret\n")
    assert.same({ 0, "" }, { edit("-q --anonymise @" .. path "key") })
    local other = readfile(path "out.pcap")
    assert.equal(0, (edit "-q --anonymise secret"))
    assert.is_true(other == readfile(path "out.pcap"))
    for pkt in assert(pcap.open(path "out.pcap")):packets() do
      assert_sums(pkt)
      assert.is_nil(tostring(pkt.memory):find("payload", 1, true))
      assert.is_nil(pkt.ipv4 and pkt.ipv4.source:match "^10%.0%.")
    end
    assert.equal(0, (edit "-q --anonymise secret --payload keep --keep 10.0.0.0/8"))
    for pkt in assert(pcap.open(path "out.pcap")):packets "ipv4" do assert.equal("10.", pkt.ipv4.source:sub(1, 3)) end
  end)

  it("says what is wrong, and writes nothing then", function()
    capture()
    for args, text in pairs { [""] = "nothing to be done", ["'ipv4.ttl'"] = "expected", ["--map x"] = "A=B expected",
      ["--map x=y"] = "no prefix: 'x'",
      ["--payload zero 'ipv4.ttl = 1'"] = "--payload goes with", ["--anonymise @/nonexistent"] = "nonexistent",
        ["--fix --if 'ipv4.tll'"] = "did you mean",
      ["-j 2 --dedupe"] = "exclude each other", ["--snaplen 0"] = "positive number" } do
      os.remove(path "out.pcap")
      local status, err = edit(args)
      assert.equal(2, status, args)
      assert.truthy(err:find(text, 1, true), args .. ": " .. err)
      assert.is_nil(io.open(path "out.pcap"))
    end
  end)
end)

-- Findings of a review: each fails until mended.
describe("what was found by reading", function()
  local function edited(p, text)
    assert(edits.compile(text))(p)
    return p
  end

  local function datagram()
    return wire(ethernet { source = "02:00:00:00:00:07" } / ipv4 { source = "10.0.0.1", destination = "10.0.0.2" }
      / udp { source = 9, destination = 9 } / "hello")
  end

  it("survives an address map that was collected before what refers to it #nettle", function()
    support.writefile(path "gc.lua", [[
      local map
      KEEP = setmetatable({}, { __gc = function() pcall(map.get, map, "10.0.0.1") end })
      map = packet.addressmap { key = "k" }]])
    assert.equal(0, (run(support.pktcraft .. " " .. path "gc.lua")))
  end)

  it("leaves no address of anonymised captures in blocks and options of pcapng #nettle", function()
    local order = "<"
    local address = "\10\1\2\3"
    local interface = support.block(order, 1, string.pack("<I2I2I4", 1, 0, 0) .. support.option(order, 4, address .. "\255\255\255\0")
      .. support.option(order, 0, ""))
    local names = support.block(order, 4, string.pack("<I2I2", 1, 14) .. address .. "alice.lan\0\0\0" .. string.pack("<I2I2", 0, 0))
    local bytes = tostring((ethernet {} / ipv4 { source = "10.1.2.3", destination = "10.4.5.6" } / udp {}).memory)
    local body = string.pack("<I4I4I4I4I4", 0, 0, 1000, #bytes, #bytes) .. bytes .. ("\0"):rep(-#bytes % 4)
      .. support.option(order, 1, "from 10.1.2.3") .. support.option(order, 0, "")
    support.writefile(path "in.pcapng", support.section(order) .. interface .. names .. support.block(order, 6, body))
    assert.equal(0, (run(("%s edit -q -r %s -w %s --anonymise k"):format(support.pktcraft, path "in.pcapng", path "out.pcapng"))))
    local out = readfile(path "out.pcapng")
    assert.is_nil(out:find(address, 1, true))
    assert.is_nil(out:find("alice.lan", 1, true))
    assert.is_nil(out:find("10.1.2.3", 1, true))
  end)

  it("does what --keep and --map say of prefixes around those that stay by default #nettle", function()
    assert.equal("fe80::1", packet.addressmap { key = "k", keep = { "fe80::/10" } }:get "fe80::1")
    assert.equal("ff02::1:ff00:1", packet.addressmap { key = "k", keep = { "ff02::/16" } }:get "ff02::1:ff00:1")
    assert.equal("fd80::1", packet.addressmap { map = { ["fe80::/16"] = "fd80::/16" } }:get "fe80::1")
    assert.equal("10.0.0.1", packet.addressmap { map = { ["0.0.0.0/0"] = "10.0.0.0/8" } }:get "127.0.0.1")
  end)

  it("does constants one after the other, sums among them too", function()
    assert.equal(0x1234, edited(datagram(), "ipv4.ttl = 9; ipv4.checksum = 4660").ipv4.checksum)
    assert.equal(0, edited(datagram(), "udp.checksum = 0; ipv4.source = 1.2.3.4").udp.checksum)
  end)

  it("leaves packets without the field that a value asks for, of a layer that is there", function()
    local p = wire(ethernet {} / ipv4 {} / tcp { source = 1, destination = 2 })
    local before = tostring(p.memory)
    assert.equal(before, tostring(edited(p, "tcp.options.mss = tcp.options.mss - 40").memory))
  end)

  it("takes names of display filters in values, or says so when compiled", function()
    local f = edits.compile "ip.src = ip.dst"
    if f then
      local p = datagram()
      f(p)
      assert.equal("10.0.0.2", p.ipv4.source)
    end
  end)

  it("leaves no part of an address that was cut, when payload is kept #nettle", function()
    local bytes = tostring((ethernet {} / ipv6 { source = "2001:db8:1:2:3:4:5:6", destination = "2001:db8:a:b:c:d:e:f" }).memory)
    local map = packet.addressmap { key = "k", payload = "keep" }
    for _, n in ipairs { 30, 50 } do
      local p = packet.new(bytes:sub(1, n), 1, #bytes)
      map:apply(p)
      assert.is_nil(tostring(p.memory):find("\x20\x01\x0d\xb8", 1, true), n)
    end
    bytes = tostring((ethernet {} / arp { senderprotocol = "10.1.2.3", targetprotocol = "10.4.5.6" }).memory)
    local p = packet.new(bytes:sub(1, 41), 1, #bytes)
    map:apply(p)
    assert.equal("\0\0\0", tostring(p.memory):sub(39))
  end)

  it("puts zeros for bytes in the middle of a header that no field has #nettle", function()
    local bytes = tostring((ethernet {} / ipv4 { source = "10.0.0.1", destination = "10.0.0.2" } / tcp { source = 1, destination = 2 }).memory)
    -- a window scale of length 7, in which there is 10.0.0.1
    local p = packet.new(bytes:sub(1, 16) .. "\0\52" .. bytes:sub(19, 46) .. "\x80" .. bytes:sub(48, 54) .. "\3\7\5\10\0\0\1\1\1\1\1\0")
    packet.addressmap({ key = "k" }):apply(p)
    assert.is_nil(tostring(p.memory):find("\10\0\0\1", 1, true))
  end)

  it("puts zeros for a header that is not what the layer below says #nettle", function()
    local bytes = tostring((ethernet {} / ipv6 { source = "2001:db8::1", destination = "2001:db8::2" } / udp {}).memory)
    local p = packet.new(bytes:sub(1, 12) .. "\8\0" .. bytes:sub(15)) -- IPv6 under the type of IPv4
    packet.addressmap({ key = "k" }):apply(p)
    assert.is_nil(tostring(p.memory):find("\x20\x01\x0d\xb8", 1, true))
  end)

  it("gives low MAC addresses others #nettle", function()
    local map, same = packet.addressmap { key = "k" }, 0
    for k = 1, 3 do
      local a = ("00:00:00:00:00:%02x"):format(k)
      if map:get(a) == a then same = same + 1 end
    end
    assert.equal(0, same)
  end)

  it("finds addresses as deep as the bytes go", function()
    local function option(code, body) return string.pack(">I2s2", code, body) end
    local message = "\1\0\0\1" .. option(3, ("\0"):rep(12) .. option(5, "\x20\x01\x0d\xb8" .. ("\0"):rep(20)))
    for _ = 1, 4 do message = "\12\0" .. ("\0"):rep(32) .. option(9, message) end
    local p = wire(ethernet {} / ipv6 {} / udp { source = 546, destination = 547 } / message)
    packet.addressmap({ map = { ["2001:db8::/32"] = "fd00::/32" } }):apply(p)
    assert.is_nil(tostring(p.memory):find("\x20\x01\x0d\xb8", 1, true))
  end)

  it("goes on after a frame to which layers cannot be given", function()
    local out = assert(pcap.create(path "in.pcap"))
    -- an Ethernet frame with a length, of more bytes than a length can say; one of which four bytes were captured; a good one
    assert(out:write(packet.new(("0"):rep(70000)), 1))
    assert(out:write(packet.new(("0"):rep(4), 1, 60), 2))
    assert(out:write(frame(2), 3))
    assert(out:close())
    local status, _, err = run(("%s edit -r %s -w %s 'push vlan { id = 5 }'"):format(support.pktcraft, path "in.pcap", path "out.pcap"))
    assert.equal(1, status)
    assert.matches("^3 of 3 frames, 1 changed\n.*2 frames could not be changed as asked; the first: frame 1: too long", err)
  end)

  it("takes away layers that it sees", function() -- frame 8 is a first fragment that holds DNS
    for pkt in assert(pcap.open(support.captures .. "/plain/ip6_fragments.pcap")):packets() do
      assert.has_no.errors(function() edited(pkt, "dns = nil") end)
    end
  end)

  it("says what is wrong with a key that is no file", function()
    local status, _, err = run(("%s edit --anonymise @/tmp < /dev/null"):format(support.pktcraft))
    assert.equal(2, status)
    assert.is_nil(err:find("traceback", 1, true))
  end)

  it("works in parts on standard input that is a file", function()
    local out = assert(pcap.create(path "in.pcap"))
    for k = 1, 4000 do assert(out:write(frame(k % 60 + 1), k)) end
    assert(out:close())
    assert.equal(0, (run(("%s edit -q -j 2 -r - -w %s --fix < %s"):format(support.pktcraft, path "out.pcap", path "in.pcap"))))
  end)
end)
