--- Packets and their views.
local memory = require "memory"
local layout = require "layout"
local layouts = require "pktcraft.layouts"
local packet = require "pktcraft.packet"
local pcap = require "pktcraft.pcap"
local support = require "spec.support"
local unhex = support.unhex

local ETH <const> = "020000000001 020000000002 "
local UDP4 <const> = ETH .. "0800 4500002400010000 4011 0000 0a000001 0a000002 0400270f00100000 6162636465666768"

--- The bytes with others from position `at` on.
local function patch(bytes, at, new)
  return bytes:sub(1, at - 1) .. new .. bytes:sub(at + #new)
end

describe("a name that no field has", function()
  it("is answered by the nearest", function()
    local p = layouts.ipv4 {} / layouts.tcp {}
    for expected, f in pairs {
      ["no field 'tll' in layout 'ipv4'; did you mean 'ttl'?"] = function() return p.ipv4.tll end,
      ["no field 'souce' in layout 'ipv4'; did you mean 'source'?"] = function() p.ipv4.souce = 1 end,
      ["no field 'ident1' in layout 'ipv4'; did you mean 'ident'?"] = function() return layouts.ipv4 { ident1 = 1 }.memory end,
      ["no field 'mmss' in list 'options'; did you mean 'mss'?"] = function() packet.getter "tcp.options.mmss" end,
      ["no field 'nothinglikeit' in layout 'tcp'"] = function() return p.tcp.nothinglikeit end,
    } do
      local _, message = pcall(f)
      assert.equal(expected, (message:gsub("^[^ ]+:%d+: ", "")))
    end
  end)
end)

describe("tostring of a view", function()
  it("is the layer as packet:show has it", function()
    local p = layouts.ipv4 { ttl = 9 } / layouts.ipv4 { ttl = 8 } / layouts.udp { source = 5 }
    assert.matches("^udp: bytes 40 to 47\n.*  40 source = 5\n.*checksum = 0x%x+ ok$", tostring(p.udp))
    assert.matches("^ipv4: bytes 20 to 47\n.*timetolive = 8\n.*options %(none%)$", tostring(p:layer("ipv4", 2)))
    assert.equal(p:show(), tostring(p.ipv4) .. "\n" .. tostring(p:layer("ipv4", 2)) .. "\n" .. tostring(p.udp) .. "\n")
    local view = p.udp
    p.ipv4.protocol = 99
    assert.matches("^udp of a packet: ", tostring(view))
    assert.matches("^options of a packet: ", tostring(p.ipv4.options))
  end)
end)

describe("a packet", function()
  it("knows its layers, payload and padding", function()
    local p = packet.new(unhex(UDP4 .. "50 41 44"))
    assert.equal("10.0.0.1", p.ipv4.source)
    assert.equal("10.0.0.2", p.ipv4.dst)
    assert.equal(9999, p.udp.destination)
    assert.equal("02:00:00:00:00:01", p.ethernet.destination)
    assert.is_nil(p.tcp)
    assert.is_nil(p.ipv6)
    assert.equal("abcdefgh", p.payload)
    assert.equal("PAD", p.padding)
    assert.equal(53, #p)
    assert.equal(53, p.length)
    assert.is_nil(p.time)
    assert.is_false(p.truncated)
    assert.is_false(p.malformed)
    local names = {}
    for name, view in p:layers() do
      names[#names + 1] = name
      assert.equal(view, p[name])
    end
    assert.same({ "ethernet", "ipv4", "udp" }, names)
    assert.same({ 15, 50 }, { p:range("ipv4") })
    assert.same({ 35, 50 }, { p:range("udp") })
    assert.same({ 51, 53 }, { p:range("padding") })
    assert.is_nil(p:range("tcp"))
  end)

  it("names what it has not", function()
    local p = packet.new(unhex(UDP4))
    assert.error_matches(function() return p.nosuch end, "no layer and no member 'nosuch' in a packet")
    assert.error_matches(function() return p.ipv4.nosuch end, "no field 'nosuch' in layout 'ipv4'")
    assert.error_matches(function() return p[1] end, "no member of type number")
    assert.error_matches(function() p.nosuch = 1 end, "cannot set 'nosuch' of a packet")
    assert.error_matches(function() p:layer("nosuch") end, "no layout 'nosuch'")
    assert.error_matches(function() packet.new(1) end, "memory or string expected")
    assert.error_matches(function() packet.new("x", "nosuch") end, "no such layout")
    assert.error_matches(function() packet.new("x", {}) end, "layout, name or link type expected")
    assert.error_matches(function() return #p.ipv4 end, "which is no list")
    assert.error_matches(function() p.ipv4() end, "which is no list")
  end)

  it("begins with a layout, a name or a link type", function()
    local bytes = unhex(UDP4):sub(15)
    for _, first in ipairs { layout.find("ipv4"), "ipv4", 228, 101 } do
      assert.equal(9999, packet.new(bytes, first).udp.destination)
    end
    local unknown = packet.new(bytes, 65000)
    assert.equal(bytes, unknown.payload)
    assert.is_nil(unknown.ipv4)
  end)

  it("tells the n-th layer of a name", function()
    local tagged = unhex("020000000001 020000000002 88a8 0064 8100 00c8 0800 45000014000000004000 0000 0a000001 0a000002")
    local p = packet.new(tagged)
    assert.equal(100, p.vlan.id)
    assert.equal(200, p:layer("vlan", 2).id)
    assert.is_nil(p:layer("vlan", 3))
    assert.is_nil(p:layer("vlan", 0))
    assert.equal(p:layer("vlan", 2), p:layer("vlan", 2))
    p:layer("vlan", 2).id = 7
    assert.equal(7, p:layer("vlan", 2).id)
    assert.equal(100, p.vlan.id)
  end)

  it("gives nil for what was not captured, and raises when it is written", function()
    local bytes = unhex(UDP4)
    for n = 0, #bytes do
      local p = packet.new(bytes:sub(1, n))
      for name, view in p:layers() do
        for _, f in ipairs(layout.fields(layout.find(name))) do
          if f.key and f.offset then local _ = view[f.key] end
        end
      end
      assert.equal(n >= 38 and 9999 or nil, p.udp and p.udp.destination)
    end
    local cut = packet.new(bytes:sub(1, 37), nil, #bytes)
    assert.equal(1024, cut.udp.source)
    assert.is_nil(cut.udp.destination)
    assert.is_true(cut.truncated)
    assert.error_matches(function() cut.udp.destination = 1 end, "out of bounds %(field 'destination' of layout 'udp'%)")
    assert.is_false(cut.malformed)
    assert.is_true(packet.new(bytes:sub(1, 37)).malformed) -- nothing more was sent
    local view = packet.new(bytes).udp
    assert.equal(9999, view.destination)
  end)

  it("shows the current bytes, and finds its layers again when they change", function()
    local m = memory.create(unhex(UDP4))
    local p = packet.new(m)
    local u, ip = p.udp, p.ipv4
    u.destination = 99
    assert.equal(99, p.udp.destination)
    assert.equal("\0\x63", m:tostring(37, 38))
    ip.protocol = 6 -- steers what is above
    assert.is_nil(p.udp)
    assert.is_nil(u.destination)
    assert.error_matches(function() u.destination = 1 end, "layer 'udp' is not there")
    ip.protocol = 17
    assert.equal(99, u.destination)
    m:set(24, 6) -- past the packet
    assert.equal(99, u.destination)
    p:refresh()
    assert.is_nil(p.udp)
  end)

  it("follows a memory that is aimed anew, and outlives one that is closed", function()
    local m = memory.create()
    m:resize(50)
    m:fill(unhex(UDP4))
    local p = packet.new(m)
    local u = p.udp
    assert.equal(9999, u.destination)
    m:resize(20)
    assert.is_nil(p.udp)
    assert.is_nil(u.destination)
    do local c <close> = m end -- luacheck: ignore
    assert.is_nil(p.ethernet)
    assert.equal("", p.payload)
    assert.equal(0, #p)
    assert.is_string(p:show())
  end)

  it("copies itself", function()
    local p = packet.new(unhex(UDP4))
    local q = p:copy()
    q.udp.destination = 1
    assert.equal(9999, p.udp.destination)
    assert.equal(1, q.udp.destination)
    assert.is_false(p.memory == q.memory)
  end)

  it("reads lists by place, by key, and as they go", function()
    local syn = unhex(ETH .. "0800 4500003c00010000 4006 0000 0a000001 0a000002" ..
      "0400 0050 00000001 00000000 a002 ffff 0000 0000 020405b4 0402 080a 00000007 00000000 01 030307")
    local p = packet.new(syn)
    local options = p.tcp.options
    assert.equal(1460, options.mss)
    assert.equal(7, options.windowscale)
    assert.equal(7, options.timestamp.value)
    assert.equal(5, #options)
    assert.equal(2, options[1].kind)
    assert.equal(3, options[-1].kind)
    assert.is_nil(options[6])
    assert.is_nil(options[0])
    assert.is_nil(options[1].windowscale)
    assert.is_nil(options.sack)
    local kinds = {}
    for o in options() do kinds[#kinds + 1] = o.kind end
    assert.same({ 2, 4, 8, 1, 3 }, kinds)
    assert.equal("S", tostring(p):match("%[(%a+)%]"))
    options[1].mss = 536
    options.timestamp.value = 9
    assert.equal(536, options.mss)
    assert.equal("\0\0\0\9", p.memory:tostring(63, 66))
    assert.equal(2, p.tcp.flags)
    assert.is_true(p.tcp.syn)
    assert.is_false(p.tcp.ack)
    p.tcp.ack = true
    assert.equal(0x12, p.tcp.flags)
    assert.error_matches(function() options.nosuch = 1 end, "by their fields")
    assert.error_matches(function() return options.nosuch end, "no field 'nosuch'")
  end)

  it("tells truncated, incomplete and malformed apart", function()
    local whole = unhex(UDP4)
    local short = packet.new(patch(whole, 17, "\0\x64")) -- 100 bytes are said, 36 there
    assert.is_true(short.malformed)
    local more = patch(whole, 21, "\x20\0")
    local fragment = packet.new(patch(more, 39, "\1\0"))
    assert.is_false(fragment.malformed) -- UDP's length goes on in the next fragment
    assert.is_true(fragment.incomplete)
    assert.is_true(packet.new(patch(whole, 39, "\1\0")).malformed)
    local later = packet.new(patch(whole, 21, "\0\1"))
    assert.is_nil(later.udp)
    assert.equal(16, #later.payload)
    assert.is_true(packet.new(patch(whole, 15, "\x55")).malformed) -- version 5
    assert.is_true(packet.new(patch(whole, 15, "\x44")).malformed) -- a header of 16 bytes
  end)

  it("quotes packets in ICMP errors, with extensions", function()
    local quoted = "4500001c00010000 0111 0000 0a000001 0a000002 0400 829b 0008 0000"
    local padded = quoted .. ("00"):rep(128 - 28)
    local p = packet.new(unhex("45000000 00010000 4001 0000 0a000009 0a000001 0b00 0000 00 20 0000" .. padded ..
      "20000000 0008 0101 00064140"), "ipv4")
    assert.equal("time exceeded", p:show():match("type = 11 ([%a ]+)"))
    assert.equal("10.0.0.1", p:layer("ipv4", 2).source)
    assert.equal(0x829b, p.udp.destination)
    assert.equal(1, p.icmp.extension.objects[1].class)
    assert.equal("00064140", p.icmp.extension.objects[1].data)
  end)

  it("asks a list for what it is not there to say", function()
    local l = layout.register { name = "asking", { key = "n", bytes = 1 }, { switch = "n", [1] = { key = "l", stop = { k = 0 },
      each = { { key = "k", bytes = 1 } } }, other = {} }, { key = "x", bytes = 1, when = { ["l.k"] = 7 } } }
    assert.equal(9, packet.new("\1\7\5\0\9", "asking").asking.x)
    assert.is_nil(packet.new("\2\5\7\0\9", "asking").asking.x)
    assert.is_nil(packet.new("\1\5\0\9", "asking").asking.x)
    assert.equal("\1\7\0\9", (l { n = 1, l = { { k = 7 }, { k = 0 } }, x = 9 }).memory:tostring())
  end)

  it("goes no deeper into elements of elements than the stack is", function()
    layout.register { name = "nesting", parts = { node = { { key = "n", bytes = 1, count = "kids" }, { key = "kids", each = "node" },
      { key = "z", bytes = 1 } } }, { key = "root", each = "node" } }
    local p = packet.new(("\1"):rep(60000), "nesting")
    assert(p:show() and #p.nesting.root >= 0)
  end)

  it("cannot be sent round in circles", function()
    local deep = unhex(ETH) .. unhex("8100 0001"):rep(400)
    local p = packet.new(deep)
    local n = 0
    for _ in p:layers() do n = n + 1 end
    assert.equal(32, n)
    local zero = packet.new(unhex(ETH .. "0800 4f00003c00010000 4006 0000 0a000001 0a000002") .. ("\7\0"):rep(20))
    assert.is_true(#zero.ipv4.options <= 20)
  end)

  it("prints itself", function()
    local p = packet.new(unhex(UDP4))
    assert.matches("^IP 10%.0%.0%.1 > 10%.0%.0%.2: UDP 1024 > 9999", tostring(p))
    local tree = p:show()
    assert.matches("ipv4: bytes 14 to 49\n", tree)
    assert.matches("  23 protocol = 17 udp\n", tree)
    assert.matches("  24 checksum = 0x0000 bad, should be 0x66c6\n", tree)
    assert.matches("  40 checksum = 0x0000 absent\n", tree)
    p:fix()
    assert.matches("  24 checksum = 0x66c6 ok\n", p:show())
    assert.matches("  36 destination = 9999\n", tree)
    local dump = p:hexdump()
    assert.matches("^0000  02 00 00 00 00 01 02 00  00 00 00 02 08 00 ", dump)
    assert.matches("ipv4\n", dump)
  end)
end)

describe("domain names", function()
  local function dns(body)
    return packet.new(unhex("1234 8180 0001 0001 0000 0000") .. body, "dns").dns
  end

  it("are read through pointers, which only go back", function()
    local d = dns("\3www\7example\3com\0\0\1\0\1" .. unhex("c00c 0005 0001 0000003c 0007") .. "\4mail" .. unhex("c010"))
    assert.equal("www.example.com", d.questions[1].name)
    assert.equal("www.example.com", d.answers[1].name)
    assert.equal("mail.example.com", d.answers.cname)
    assert.equal(60, d.answers[1].ttl)
    local loop = dns(unhex("c00c 0001 0001"))
    assert.is_nil(loop.questions[1].name)
    assert.equal(1, loop.questions[1].type)
    local odd = dns("\5a.b\\\1\0\0\1\0\1")
    assert.equal("a\\.b\\\\\\001", odd.questions[1].name)
    assert.equal(".", dns("\0\0\1\0\1").questions[1].name)
  end)
end)

describe("text forms of numbers", function()
  local l
  setup(function()
    l = layout.register { name = "textforms",
      { key = "q", format = "quicint" }, { key = "a", format = "asn1int" }, { key = "at", format = "time" },
      { key = "f", type = "float", bytes = 4 }, { key = "d", type = "float", bytes = 8, endian = "little" },
      { key = "digits", type = "string", bytes = 4, format = "decimal" },
      { key = "inside", type = "string", bytes = 8, layout = "udp" }, { key = "n", format = "decimal" } }
  end)
  local function raw(values) return l(values).memory:tostring() end

  it("are those of their standards", function()
    -- RFC 9000, appendix A.1
    for hex, n in pairs { c2197c5eff14e88c = 151288809941952652, ["9d7f3e7d"] = 494878333, ["7bbd"] = 15293, ["25"] = 37 } do
      local bytes = unhex(hex)
      assert.equal(bytes, raw({ q = n }):sub(1, #bytes))
      assert.equal(n, l({ q = n }).textforms.q)
    end
    assert.equal(37, packet.new(unhex "4025 020100", l).textforms.q) -- in more bytes than it needs
    -- X.690, section 8.3: two's complement in the fewest octets
    for hex, n in pairs { ["020100"] = 0, ["02017f"] = 127, ["02020080"] = 128, ["020180"] = -128, ["0202ff7f"] = -129 } do
      assert.equal(unhex(hex), raw({ a = n }):sub(2, 1 + #hex // 2))
      assert.equal(n, l({ a = n }).textforms.a)
    end
    for _, n in ipairs { math.maxinteger, math.mininteger, -1, 1 << 31 } do assert.equal(n, l({ a = n }).textforms.a) end
    assert.equal(5, packet.new(unhex "00 02810105", l).textforms.a) -- the long form
    for text, n in pairs { ["1970-01-01T00:00:00Z"] = 0, ["2000-02-29T12:34:56Z"] = 951827696, ["2106-02-07T06:28:15Z"] = 0xffffffff } do
      assert.equal(text, l({ at = n }).textforms.at)
      assert.equal(string.pack(">I4", n), raw({ at = text }):sub(5, 8))
    end
    assert.equal(string.pack(">f", 1.5) .. string.pack("<d", -0.1), raw({ f = 1.5, d = -0.1 }):sub(9, 20))
  end)

  it("are read, written, shown and built again", function()
    local p = l { q = 70000, a = -3, at = "2026-11-23T10:05:00Z", f = 0.25, d = 1e300, digits = "0042",
      inside = unhex "0001000200080000", n = 123 }
    local v = p.textforms
    assert.same({ 70000, -3, "2026-11-23T10:05:00Z", 0.25, 1e300, 42, 123 }, { v.q, v.a, v.at, v.f, v.d, v.digits, v.n })
    assert.equal("integer", math.type(v.digits))
    v.f, v.at = -2, 0
    assert.same({ -2.0, "1970-01-01T00:00:00Z" }, { v.f, v.at })
    assert.equal(p.memory:tostring(), packet.build(p:totable()).memory:tostring())
    assert.is_truthy(p:show():find("d = 1e%+300.*inside = .*destination = 2\n.*n = 123"))
    local free = layout.newpointer(layout.struct { { key = "f", type = "float", bytes = 4 } }, memory.create(4))
    free.f = 0.5
    assert.equal(0.5, free.f)
    assert.equal("float", layout.fields(l)[4].type)
  end)

  it("refuse what they cannot say", function()
    local wrong = { { { q = -1 }, "no quicint: '%-1'" }, { { q = 1 << 62 }, "no quicint" }, { { n = "12a" }, "no decimal: '12a'" },
      { { f = "x" }, "number expected" }, { { at = "2026-02-30T00:00:00Z" }, "no time address" }, { { q = {} }, "integer or text expected" } }
    for _, w in ipairs(wrong) do assert.error_matches(function() raw(w[1]) end, w[2]) end
    assert.is_nil(packet.new(unhex "00 0201 05 00000000" .. ("\0"):rep(12) .. "12x4", l).textforms.digits)
    for _, word in ipairs { { bits = 16 }, { bytes = 4, format = "ipv4" }, { bytes = 4, min = 1 } } do
      word.key, word.type = "f", "float"
      assert.error_matches(function() layout.struct { word } end, "a float has 32 or 64 bits")
    end
    for _, hex in ipairs { "", "c0", "00", "00 03", "00 0209 000000000000000000", "00 0280", "00 0285 0000000001", "00 0203 01" } do
      local p = packet.new(unhex(hex), l)
      if p.textforms then assert.is_nil(p.textforms.a) end
      assert(p:show())
    end
  end)
end)

describe("bindings", function()
  it("are added and taken away at run time", function()
    local probe = layout.register { name = "probe", endian = "big", { key = "kind", bytes = 1 }, { key = "value", bytes = 2 } }
    local bytes = unhex((UDP4:gsub("270f", "9998")))
    local p = packet.new(bytes)
    assert.is_nil(p.probe)
    layout.bind("udpport", 0x9998, probe)
    assert.equal(0x61, p.probe.kind)
    assert.equal(0x6263, p.probe.value)
    layout.unbind("udpport", 0x9998)
    assert.is_nil(p.probe)
    assert.equal(probe, layout.find("probe"))
    assert.error_matches(function() layout.register(probe) end, "layout 'probe': registered already")
    for _, name in ipairs { "payload", "string", "end" } do
      assert.error_matches(function() layout.register { name = name, { key = "a", bytes = 1 } } end, "that name is taken")
    end
    assert.error_matches(function() layout.bind("udpport", 1, 2) end, "layout expected")
  end)
end)

describe("cap:packets", function()
  local function capture()
    local path = support.path("packets.pcap")
    local other = unhex((UDP4:gsub("270f", "2710")))
    support.writefile(path, support.pcapfile({}, { { 1, 5, unhex(UDP4) }, { 2, 6, other, #other, 100 }, { 3, 7, unhex(UDP4) } }))
    return assert(pcap.open(path))
  end

  it("gives one packet for all frames", function()
    local seen, first = {}, nil
    for pkt in capture():packets() do
      first = first or pkt
      assert.equal(first, pkt)
      seen[#seen + 1] = { pkt.number, pkt.time, pkt.length, pkt.udp.destination }
    end
    assert.same({ { 1, 1000005000, 50, 9999 }, { 2, 2000006000, 100, 10000 }, { 3, 3000007000, 50, 9999 } }, seen)
    assert.equal("", first.payload) -- the capture has ended
  end)

  it("takes BPF or a function", function()
    for _, filter in ipairs { function(pkt) return pkt.udp.destination == 9999 end, pcap.bpf("udp port 9999", 1) } do
      local numbers = {}
      for pkt in capture():packets(filter) do numbers[#numbers + 1] = pkt.number end
      assert.same({ 1, 3 }, numbers)
    end
    assert.error_matches(function() capture():packets({}) end, "expression, filter or function expected")
  end)

  it("finds in frames that look alike what is found in each by itself", function()
    local vectors = require "spec.vectors.scapy"
    local asked = { "tcp", "udp", "ipv4", "ipv6", "icmp" }
    local frequent = { unhex(UDP4) }
    for _, v in ipairs(vectors) do
      if v.fields["tcp.source"] and #frequent < 4 then frequent[#frequent + 1] = unhex(v.hex) end
    end
    math.randomseed(1)
    local records = {}
    for k = 1, os.getenv("PK_SANITIZED") and 20000 or 60000 do
      local v = vectors[math.random(#vectors)]
      local bytes = (k % 4 > 0 or v.first ~= "ethernet") and frequent[math.random(#frequent)] or unhex(v.hex)
      local wirelen = #bytes
      if math.random(3) == 1 then bytes = bytes:sub(1, math.random(#bytes)) end
      for _ = 1, math.random(4) - 2 do -- a bit of what says what the layers are
        local at = math.random(math.min(#bytes, 40))
        bytes = patch(bytes, at, string.char(bytes:byte(at) ~ 1 << math.random(0, 7)))
      end
      records[k] = { k, 0, bytes, #bytes, math.random(2) == 1 and wirelen or math.random(#bytes, 2 * wirelen) }
    end
    local cap = assert(pcap.open(support.writefile(support.path("alike.pcap"), support.pcapfile({}, records))))
    for pkt in cap:packets() do
      local record = records[pkt.number]
      local alone = packet.new(record[3], "ethernet", record[5])
      local there = {}
      for name in alone:layers() do there[name] = (there[name] or 0) + 1 end
      for k = 1, math.random(4) do
        local name = asked[k == 1 and 1 or math.random(2 * #asked)] or layouts.names[math.random(#layouts.names)]
        assert((pkt[name] ~= nil) == (there[name] ~= nil))
        if pkt[name] then
          for _, f in ipairs(layout.fields(layout.find(name))) do
            if f.type == "number" then assert(pkt[name][f.key] == alone[name][f.key]) end
          end
        end
      end
      if pkt.number % 5 == 0 then
        for name, n in pairs(there) do
          assert(pkt:layer(name, n) and not pkt:layer(name, n + 1))
        end
      end
    end
  end)

  it("finds other layers when bindings change", function()
    local cap = capture()
    local seen = {}
    for pkt in cap:packets() do
      seen[#seen + 1] = pkt.udp ~= nil
      if pkt.number == 1 then layout.unbind("ipproto", 17) end
      if pkt.number == 2 then layout.bind("ipproto", 17, layout.find "udp") end
    end
    assert.same({ true, false, true }, seen)
  end)

  it("has bindings of its own", function()
    local mine = layout.register { name = "decodedas", { key = "first", bytes = 1 } }
    local cap, other = capture(), capture()
    local copy
    cap:bind("udpport", 9999, mine)
    local seen = {}
    for pkt in cap:packets() do
      seen[#seen + 1] = pkt.decodedas and pkt.decodedas.first or false
      copy = copy or pkt:copy()
      if pkt.number == 2 then cap:unbind("udpport", 9999) end
    end
    assert.same({ 0x61, false, false }, seen)
    collectgarbage()
    assert.is_nil(copy:refresh().decodedas) -- a copy has the bindings of its capture
    cap:bind("udpport", 9999, mine)
    assert.equal(0x61, copy.decodedas.first)
    for pkt in other:packets() do assert.is_nil(pkt.decodedas) end
    local raw = assert(pcap.open(support.writefile(support.path("user.pcap"),
      support.pcapfile({ linktype = 147 }, { { 1, 0, "a" }, { 2, 0, "b" } }))))
    local firsts = {}
    for pkt in raw:packets() do
      firsts[#firsts + 1] = pkt.decodedas and pkt.decodedas.first or false
      if #firsts == 1 then raw:bind("link", 147, mine) end
    end
    assert.same({ false, 0x62 }, firsts)
    layout.bind("udpport", 9998, mine) -- those of captures stand on all others
    local p = packet.new(unhex((UDP4:gsub("270f", "270e"))))
    assert.is_truthy(p.decodedas)
    layout.unbind("udpport", 9998)
    assert.is_nil(p.decodedas)
    assert.error_matches(function() cap:bind("udpport", 1, 2) end, "layout expected")
    assert.error_matches(function() cap:bind("udpport", "x", mine) end, "number expected")
    cap:close()
    assert.error_matches(function() cap:bind("udpport", 1, mine) end, "closed capture")
  end)

  it("keeps what was copied", function()
    local kept = {}
    for pkt in capture():packets() do kept[#kept + 1] = pkt:copy() end
    assert.equal(10000, kept[2].udp.destination)
    assert.equal(2000006000, kept[2].time)
    assert.equal(100, kept[2].length)
  end)
end)

describe("every frame of real traffic", function()
  it("is dissected, read to the last list and shown, whole and cut, and stays as it is", function()
    local files = support.samples("hostile")
    for _, path in ipairs(support.samples("plain")) do files[#files + 1] = path end
    local function read(view, l, depth)
      for _, f in ipairs(l) do
        if f.key then
          local value = view[f.key]
          if type(value) == "userdata" and depth < 6 then
            if f.type == "list" or f.type == "array" then
              local n = 0
              for element in value() do
                if type(element) == "userdata" then read(element, f.fields, depth + 1) end
                n = n + 1
                if n == 20 then break end
              end
              assert(#value >= n)
            else
              read(value, f.fields, depth + 1)
            end
          end
        end
      end
    end
    local function agree(p) -- what is found when asked for is what is measured
      local found, measured = {}, {}
      for _, name in ipairs(layouts.names) do found[name] = p[name] ~= nil or nil end
      for name in p:layers() do measured[name] = true end
      assert.same(measured, found)
    end
    local known = {}
    local every = os.getenv("PK_SANITIZED") and 3 or 7
    local n = 0
    for _, path in ipairs(files) do
      local cap = pcap.open(path)
      if cap then
        pcall(function()
          for frame in cap:packets() do
            n = n + 1
            if n % every == 0 then
              local bytes = frame.memory:tostring()
              for _, size in ipairs { #bytes, #bytes // 2, #bytes * 7 // 8, 60 } do
                local p = packet.new(memory.create(bytes:sub(1, size)), cap.linktype) -- in bytes of its own
                agree(p)
                for name, view in p:layers() do
                  known[name] = known[name] or layout.fields(layout.find(name))
                  read(view, known[name], 0)
                end
                assert(#tostring(p) > 0 and p:show() and p:hexdump())
                assert(tostring(p.memory) == bytes:sub(1, size))
              end
            end
          end
        end)
        cap:close()
      end
    end
    assert.is_true(#files == 0 or n > 10000)
  end)
end)

describe("packet.getter", function()
  it("reads fields of any packet in one call", function()
    local get = packet.getter("ipv4.source", "udp.dport", "tcp.flags", "vlan#2.id", "tcp.options.mss", "dns.questions.name")
    assert.same({ "10.0.0.1", 9999, n = 6 }, table.pack(get(packet.new(unhex(UDP4)))))
    local tagged = packet.new(unhex("020000000001 020000000002 88a8 0064 8100 00c8 0800 45000014000000004000 0000 0a000001 0a000002"))
    assert.equal(200, (select(4, get(tagged))))
    local L = require "pktcraft.layouts"
    assert.equal(1460, (select(5, get(L.ethernet {} / L.ipv4 {} / L.tcp { options = { "nop", { mss = 1460 } } }))))
    assert.equal("a.b", (select(6, get(L.ethernet {} / L.ipv4 {} / L.udp {} / L.dns { questions = { { name = "a.b" } } }))))
    for text, path in pairs { ["no layout 'x'"] = "x.y", ["no field 'y' in layout 'udp'"] = "udp.y", ["layer.field expected"] = "udp",
      ["bad number of a layer"] = "udp#0.source", ["no field 'z' in list 'options'"] = "tcp.options.z",
      ["is no number, boolean or string"] = "tcp.options" } do
      assert.error_matches(function() packet.getter(path) end, text)
    end
    assert.error_matches(function() get("x") end, "packet expected")
  end)
end)

describe("packet:setter", function()
  local L = require "pktcraft.layouts"

  local function ok(p)
    for _, c in ipairs(p:verify()) do
      if c.verdict == "bad" then return ("%s.%s is %x, should be %x"):format(c.layer, c.field, c.is, c.should) end
    end
    return true
  end

  it("writes fields and carries all sums that depend on them", function()
    local seed = 7
    local function rnd(n)
      seed = seed * 6364136223846793005 + 1442695040888963407
      return (seed >> 33) % n
    end
    local packets = {
      { L.ethernet {} / L.ipv4 {} / L.udp { destination = 9 } / "abc", "ipv4.source", "ipv4.ident", "udp.source", "ipv4.ttl" },
      { L.ethernet {} / L.ipv4 { options = { { alert = 0 } } } / L.tcp { options = { { mss = 1 } } } / "abcd", "ipv4.destination",
        "tcp.sequence", "tcp.window", "tcp.options.mss" },
      { L.ethernet {} / L.ipv6 { source = "::1" } / L.udp { destination = 9 } / "", "udp.source", "udp.destination", "ipv6.hoplimit" },
      -- a sum that covers another
      { L.ipv4 {} / L.gre { checksumpresent = true } / L.ipv4 {} / L.udp { destination = 9 } / "xyz", "ipv4#2.source", "udp.source",
        "ipv4.source" },
      { L.ipv4 {} / L.udp {} / L.vxlan { vni = 1 } / L.ethernet {} / L.ipv4 {} / L.tcp {} / "q", "vxlan.vni", "tcp.sequence",
        "ipv4#2.ttl", "udp.source" },
      { L.ipv4 {} / L.icmp { type = 8 } / "p", "icmp.identifier", "icmp.sequence", "icmp.code" },
    }
    for _, t in ipairs(packets) do
      local p = t[1]
      assert.is_true(ok(p))
      local paths = { table.unpack(t, 2) }
      local set, get = p:setter(table.unpack(paths)), packet.getter(table.unpack(paths))
      for _ = 1, 300 do
        local values = {}
        for k, path in ipairs(paths) do
          local v = rnd(path:find("ttl") and 256 or path:find("hoplimit") and 256 or path:find("code") and 256 or 65536)
          if path:find("source") and path:find("ipv4") or path:find("ipv4.destination") then
            v = ("%d.%d.%d.%d"):format(rnd(256), rnd(256), rnd(256), rnd(256))
          end
          values[k] = v
        end
        set(table.unpack(values))
        assert.same(values, { get(p) })
        assert.is_true(ok(p))
      end
    end
  end)

  it("sends a UDP sum of zero as 0xffff, and leaves one that is absent", function()
    local p = L.ipv4 { source = 0, destination = 0 } / L.udp { source = 1, destination = 0 }
    local set = p:setter "udp.source"
    set(0xffff - 17 - 16)
    assert.equal(0xffff, p.udp.checksum)
    set(5)
    assert.is_true(ok(p))
    local q = L.ipv4 {} / L.udp { checksum = 0 }
    q:setter "udp.source" (7)
    assert.equal(0, q.udp.checksum)
  end)

  it("leaves what is nil, and keeps a wrong sum as wrong", function()
    local p = L.ipv4 { checksum = 1 } / L.udp { source = 3 }
    local set = p:setter("ipv4.ident", "udp.source")
    set(nil, 8)
    assert.equal(0, p.ipv4.ident)
    assert.equal(8, p.udp.source)
    assert.is_string(ok(p))
    set(99)
    set(0)
    assert.equal(1, p.ipv4.checksum)
  end)

  it("names what is wrong", function()
    local p = L.ipv4 {} / L.udp {}
    local set = p:setter("udp.source", "ipv4.source")
    assert.error_matches(function() set(65536) end, "unsigned overflow %(field 'source' of layout 'udp'%)")
    assert.error_matches(function() set(1, "x") end, "no ipv4 address: 'x'")
    assert.equal(0, p.udp.source) -- nothing was written
    assert.is_true(ok(p))
    assert.error_matches(function() p:setter "tcp.source" end, "layer 'tcp' is not there")
    assert.error_matches(function() p:setter() end, "layer.field expected")
    local m = memory.create()
    m:resize(28)
    m:fill(p.memory)
    local q = packet.new(m, "ipv4")
    local late = q:setter "udp.source"
    late(5)
    assert.equal(5, q.udp.source)
    m:resize(20)
    assert.error_matches(function() late(6) end, "the packet's memory has changed")
  end)
end)

describe("packet:diff", function()
  local L = require "pktcraft.layouts"

  local function fields(a, b)
    local list = {}
    for _, d in ipairs(a:diff(b)) do list[#list + 1] = ("%s %s %s %d"):format(d.field, d.a, d.b, d.offset) end
    return list
  end

  it("names fields, elements and bytes that differ", function()
    local function make(t)
      return L.ethernet {} / L.ipv4 { ttl = t.ttl, checksum = 0 } / L.tcp { flags = t.flags, checksum = 0,
        options = t.options } / (t.payload or "")
    end
    local a = make { ttl = 64, flags = "S", options = { { mss = 1460 }, "nop" } }
    assert.same({}, a:diff(a))
    assert.same({}, a:diff(a:copy()))
    assert.same({ "ipv4.timetolive 64 63 22" }, fields(a, make { ttl = 63, flags = "S", options = { { mss = 1460 }, "nop" } }))
    assert.same({ "tcp.options[1].mss 1460 9 56" }, fields(a, make { ttl = 64, flags = "S", options = { { mss = 9 }, "nop" } }))
    assert.same({ "tcp.flags 2 18 46", "tcp.ack false true 47" },
      fields(a, make { ttl = 64, flags = "SA", options = { { mss = 1460 }, "nop" } }))
    local kinds = fields(a, make { ttl = 64, flags = "S", options = { { windowscale = 2 }, "nop", "nop", "nop", "nop" } })
    assert.equal("tcp.options[1].kind 2 3 54", kinds[1])
    assert.same({ "ipv4.totallength 48 50 16", "payload  xy 62" },
      fields(a, make { ttl = 64, flags = "S", options = { { mss = 1460 }, "nop" }, payload = "xy" }))
  end)

  it("tells the bits that differ", function()
    local a, b = packet.new(unhex(UDP4)), packet.new(unhex(UDP4))
    b.ipv4.flagdf, b.ipv4.ihl, b.udp.destination = true, 7, 9998
    assert.same({ { field = "ipv4.ihl", a = 5, b = 7, offset = 14, bit = 4, bits = 4, mask = 2 } }, { a:diff(b)[1] })
    b.ipv4.ihl = 5
    assert.same({ { field = "ipv4.flagdf", a = false, b = true, offset = 20, bit = 1, bits = 1, mask = 1 },
      { field = "udp.destination", a = 9999, b = 9998, offset = 36, bit = 0, bits = 16, mask = 1 } }, a:diff(b))
    b.ipv4.source = "10.0.0.3"
    assert.equal(32, a:diff(b)[2].bits)
    assert.is_nil(a:diff(b)[2].mask)
  end)

  it("ends where the layers differ", function()
    local a = L.ipv4 { checksum = 0 } / L.udp { checksum = 0 }
    local b = L.ipv4 { checksum = 0, totallength = 28 } / L.icmp { type = 8, checksum = 0 }
    local d = a:diff(b)
    assert.equal("ipv4.protocol", d[1].field)
    assert.equal("udp", d[#d].field)
    assert.error_matches(function() a:diff("x") end, "packet expected")
    for _, v in ipairs(require "spec.vectors.scapy") do
      local p = packet.new(unhex(v.hex), v.first)
      assert.same({}, p:diff(p:copy()))
      assert.is_true(#p:diff(a) > 0)
    end
  end)
end)

describe("packet:insert and packet:remove", function()
  local L = require "pktcraft.layouts"
  local function names(p)
    local list = {}
    for name in p:layers() do list[#list + 1] = name end
    return table.concat(list, " ")
  end

  it("leave alone what is too short for the layer that its port names", function()
    local p = L.ethernet {} / L.ipv4 { source = "10.0.0.1", destination = "10.0.0.2" } / L.udp { destination = 53 } / "data"
    local q = packet.new(memory.create(p.memory))
    assert.is_truthy(q.dns)
    q:insert(L.vlan { id = 7 }, "ethernet")
    assert.equal(#p + 4, #q)
    assert.equal(tostring(p.memory):sub(15), tostring(q.memory):sub(19))
  end)

  it("push and pop tags and tunnels, and give the bytes back", function()
    local p = packet.new(unhex(UDP4))
    p:fix()
    local before = p.memory:tostring()
    assert.equal(p, p:insert(L.vlan { id = 5 }, "ethernet"))
    assert.equal("ethernet vlan ipv4 udp", names(p))
    assert.equal(0x8100, p.ethernet.type)
    assert.equal(0x0800, p.vlan.type)
    assert.equal(before, p:copy():remove("vlan").memory:tostring())
    p:insert(L.vlan { id = 6, priority = 3 }, "vlan")
    assert.equal(6, p:layer("vlan", 2).id)
    p:remove("vlan", 2):remove "vlan"
    assert.equal(before, p.memory:tostring())
    p:insert(L.ethernet {} / L.ipv4 { source = "1.1.1.1" } / L.udp {} / L.vxlan { vni = 9 })
    assert.equal("ethernet ipv4 udp vxlan ethernet ipv4 udp", names(p))
    for _, c in ipairs(p:verify()) do assert.is_false(c.verdict == "bad") end
    for _ = 1, 4 do p:remove(names(p):match "^%w+") end
    assert.equal(before, p.memory:tostring())
  end)

  it("leave what was wrong, padding, and the capture that lent the frame", function()
    local wrong = packet.new(unhex(UDP4 .. "50 41 44"))
    wrong:insert(L.vlan { id = 5 }, "ethernet")
    assert.equal(0, wrong.ipv4.checksum)
    assert.equal("PAD", wrong.padding)
    wrong:remove "vlan"
    assert.equal(unhex(UDP4 .. "50 41 44"), wrong.memory:tostring())
    local path = support.path("insert.pcap")
    support.writefile(path, support.pcapfile({}, { { 1, 0, unhex(UDP4) }, { 2, 0, unhex(UDP4) } }))
    local ids = {}
    for pkt in pcap.open(path):packets() do
      assert.is_nil(pkt.vlan)
      pkt:insert(L.vlan { id = pkt.number }, "ethernet")
      ids[#ids + 1] = pkt.vlan.id
      assert.equal(54, #pkt)
    end
    assert.same({ 1, 2 }, ids)
    assert.error_matches(function() wrong:remove "tcp" end, "layer 'tcp' is not there")
    assert.error_matches(function() wrong:insert(L.vlan {}, "ipv4", 2) end, "layer 'ipv4' is not there")
    assert.error_matches(function() wrong:insert "x" end, "packet expected")
    assert.error_matches(function() packet.new("x", nil, 9):remove "ethernet" end, "not all of the packet was captured")
  end)
end)

describe("packet:pad", function()
  local L = require "pktcraft.layouts"

  it("fills a frame up with zeros that belong to no layer", function()
    local p = L.ethernet {} / L.ipv4 { source = 1 } / L.udp { destination = 9 } / "ab"
    local before = p.memory:tostring()
    assert.equal(p, p:pad())
    assert.equal(before .. ("\0"):rep(60 - #before), p.memory:tostring())
    assert.equal(("\0"):rep(16), p.padding)
    assert.equal("ab", p.payload)
    assert.equal(30, p.ipv4.totallength)
    assert.equal(60, #p:pad(60))
    assert.equal(60, #p:pad(10))
    assert.equal(64, #(p / "more"))
    assert.equal("ok", p:verify()[2].verdict)
    assert.error_matches(function() p:pad(-1) end, "size out of range")
    assert.error_matches(function() packet.new("x", nil, 9):pad() end, "not all of the packet was captured")
    local path = support.path("pad.pcap")
    support.writefile(path, support.pcapfile({}, { { 1, 0, unhex(UDP4) }, { 2, 0, unhex(UDP4) } }))
    for pkt in pcap.open(path):packets() do assert.equal(70, #pkt:pad(70)) end
  end)
end)
