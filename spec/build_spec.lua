--- Packets from recipes, and back.
local memory = require "memory"
local packet = require "pktcraft.packet"
local layouts = require "pktcraft.layouts"
local pcap = require "pktcraft.pcap"
local crafted = require "spec.crafted"
local support = require "spec.support"
local unhex = support.unhex

local BIG <const> = string.pack("=I2", 1) == "\0\1"

local ethernet, ipv4, ipv6, udp, tcp = layouts.ethernet, layouts.ipv4, layouts.ipv6, layouts.udp, layouts.tcp

local function bytes(pkt)
  return pkt.memory:tostring()
end

local function sums(pkt)
  local list = {}
  for _, c in ipairs(pkt:verify()) do list[#list + 1] = c.layer .. "." .. c.field .. " " .. c.verdict end
  return table.concat(list, ", ")
end

describe("layout / layout", function()
  it("takes a layout for a layer without values", function()
    local whole = tostring((ethernet {} / ipv4 {} / udp {} / "x").memory)
    for _, p in ipairs { ethernet / ipv4 / udp / "x", ethernet {} / ipv4 / udp / "x", ethernet / (ipv4 / udp {}) / "x",
                         ethernet / (ipv4 {} / (udp / "x")) } do
      assert.equal(whole, tostring(p.memory))
    end
    assert.equal(whole, tostring(require "pktcraft.packet".build { ethernet, ipv4 {}, udp, "x" }.memory))
  end)

  it("makes the bytes that others make", function()
    -- scapy 2.5: Ether(dst=..., src=...)/IP(src="10.0.0.1", dst="10.0.0.2")/UDP(sport=1024, dport=9999)/"abc"
    local p = ethernet { destination = "02:00:00:00:00:01", source = "02:00:00:00:00:02" }
      / ipv4 { source = "10.0.0.1", destination = "10.0.0.2", ident = 1 } / udp { source = 1024, destination = 9999 } / "abc"
    assert.equal(unhex "020000000001 020000000002 0800 4500001f00010000401166cb0a0000010a000002 0400270f000b fc63 616263",
      bytes(p))
    assert.equal("ipv4.checksum ok, udp.checksum ok", sums(p))
    assert.equal(45, #p)
  end)

  it("puts lengths that tell their own size before what stands at their place", function()
    local layout = require "layout"
    local l = layout.register { name = "inserted", { key = "length", format = "berlength", length = "rest" },
      { key = "n", bytes = 2, length = "data" }, { key = "data", type = "string" } }
    assert.equal(unhex "05 0003 616263", bytes(l { data = "abc" }))
    assert.equal(unhex "81 ca 00c8" .. ("x"):rep(200), bytes(l { data = ("x"):rep(200) }))
  end)

  it("leaves its operands as they are", function()
    local lower = ipv4 { source = "10.0.0.1", destination = "10.0.0.2" }
    local a, b = lower / udp { destination = 1 }, lower / tcp { destination = 2 }
    assert.equal(17, a.ipv4.protocol)
    assert.equal(6, b.ipv4.protocol)
    local base = ethernet {} / lower
    local c, d = base / "x", base / "yy"
    assert.equal(35, #c)
    assert.equal(36, #d)
    assert.equal(34, #base)
    local tail = udp { destination = 5 } / "z"
    assert.equal(5, (base / tail).udp.destination)
  end)

  it("never touches what is given, however wrong", function()
    local p = ipv4 { version = 5, ihl = 6, totallength = 7, protocol = 99, checksum = 0x1234, source = 1, destination = 2 } / udp {
      length = 3, checksum = 4 } / "data"
    assert.equal(unhex "5600000700000000 4063 1234 00000001 00000002 00000000 0003 0004" .. "data", bytes(p))
  end)

  it("solves tags from the parts given", function()
    local p = tcp { options = { { mss = 1460 }, "nop", { windowscale = 7 }, { timestamp = { value = 1, echo = 2 } },
      { kind = 254, data = "beef" }, "sack permitted" } }
    local o = p.tcp.options
    assert.same({ 2, 1, 3, 8, 254, 4 }, { o[1].kind, o[2].kind, o[3].kind, o[4].kind, o[5].kind, o[6].kind })
    assert.equal(11, p.tcp.dataoffset)
    assert.equal(4, o[5].length)
    local gre = layouts.gre { key = 5, sequence = 9 } / ipv4 { source = 1, destination = 2 }
    assert.is_true(gre.gre.keypresent)
    assert.is_true(gre.gre.sequencepresent)
    assert.is_false(gre.gre.checksumpresent)
    assert.equal(0x0800, gre.gre.protocol)
    assert.equal(1, (layouts.gre { callid = 7 }).gre and 1)
    local mpls = layouts.mpls { label = 3 } / layouts.mpls { label = 4 } / ipv4 { source = 1, destination = 2 }
    assert.equal(0, mpls.mpls.bottom)
    assert.equal(1, mpls:layer("mpls", 2).bottom)
    assert.error_matches(function() return #(tcp { options = { { mss = 1, windowscale = 2 } } }) end,
      "goes not with what else is given %(field '%w+' of layout 'options'%)")
  end)

  it("fills lengths, counts and sums, inner ones first", function()
    local d = layouts.dns { id = 7, questions = { { name = "www.example.com", type = "A" } },
      answers = { { name = "www.example.com", a = "192.0.2.1", ttl = 60 }, { name = "m", mx = { preference = 5, exchange = "x.m" } },
        { name = "t", txt = { { text = "hello" }, { text = "" } } } } }
    local p = ethernet {} / ipv6 { source = "2001:db8::1", destination = "2001:db8::2" } / udp { source = 53 } / d
    assert.equal(1, p.dns.questioncount)
    assert.equal(3, p.dns.answercount)
    assert.equal(4, p.dns.answers[1].rdlength)
    assert.equal("x.m", p.dns.answers.mx.exchange)
    assert.equal(7, p.dns.answers[3].rdlength)
    assert.equal(#p - 54, p.udp.length)
    assert.equal(#p - 54, p.ipv6.payloadlength)
    assert.equal("udp.checksum ok", sums(p))
    local llc = ethernet {} / layouts.llc {} / layouts.snap { pid = 0x2000 } / "abc"
    assert.equal(11, llc.ethernet.length)
    local quoted = ipv4 { source = 1, destination = 2 } / layouts.icmp { type = 3, code = 4, mtu = 1400 }
      / ipv4 { source = 2, destination = 1 } / udp { source = 9, destination = 9 }
    assert.equal("ipv4.checksum ok, icmp.checksum ok, ipv4.checksum unverifiable, udp.checksum unverifiable", sums(quoted))
  end)

  it("sends a UDP sum of zero as 0xffff (RFC 768)", function()
    -- Protocol 17 and a length of 8 twice: the ports make up the rest.
    local p = ipv4 { source = 0, destination = 0 } / udp { source = 0xffff - 17 - 16, destination = 0 }
    assert.equal(0xffff, p.udp.checksum)
    assert.equal("ipv4.checksum ok, udp.checksum ok", sums(p))
  end)

  it("takes the final destination of a routing header for sums", function()
    local p = ipv6 { source = "::1", destination = "::2" } / layouts.routing { addresses = { "::5", "::6" }, segmentsleft = 1 }
      / udp { destination = 7 } / "q"
    local direct = ipv6 { source = "::1", destination = "::6" } / udp { destination = 7 } / "q"
    assert.equal(direct.udp.checksum, p.udp.checksum)
  end)

  it("names what is wrong", function()
    local function refuses(text, f) assert.error_matches(function() return #f() end, text) end
    refuses("no field 'tll' in layout 'ipv4'", function() return ipv4 { tll = 1 } / "" end)
    refuses("given twice %(field 'timetolive' of layout 'ipv4'%)", function() return ipv4 { ttl = 1, timetolive = 2 } / "" end)
    refuses("unsigned overflow %(field 'destination' of layout 'udp'%)", function() return udp { destination = 65536 } / "" end)
    refuses("no ipv4 address: 'x' %(field 'source' of layout 'ipv4'%)", function() return ipv4 { source = "x" } / "" end)
    refuses("no value is called 'nosuch' %(field 'kind'", function() return tcp { options = { "nosuch" } } / "" end)
    refuses("table expected, got number %(list 'options'%)", function() return tcp { options = 1 } / "" end)
    refuses("table expected, got boolean %(struct 'options'%)", function() return tcp { options = { true } } / "" end)
    refuses("too long for its length %(field 'totallength' of layout 'ipv4'%)", function()
      return ipv4 {} / ("x"):rep(65536)
    end)
    refuses("packet, layout, string or memory expected", function() return ipv4 {} / {} end)
    refuses("packet, layout, string or memory expected, got number", function() return ipv4 / 5 end)
    refuses("packet, layout, string or memory expected, got nil", function() return nil / ipv4 end)
    refuses("no layout 'nosuch'", function() return packet.build { { "nosuch", {} } } end)
    refuses("table expected", function() return ipv4(5) end)
    refuses("too many layers", function()
      local list = {}
      for k = 1, 40 do list[k] = { "vlan", {} } end
      return packet.build(list)
    end)
  end)

  it("is written to captures, and joined with memories", function()
    local path = support.path("built.pcap")
    local out = pcap.create(path)
    local p = ethernet {} / ipv4 { source = 1, destination = 2 } / udp { destination = 9 } / memory.create("mem")
    p.time = 5000
    assert(out:write(p))
    assert(out:close())
    for q in pcap.open(path):packets() do
      assert.equal(bytes(p), bytes(q))
      assert.equal(5000, q.time)
      assert.equal("mem", q.payload)
    end
  end)
end)

describe("packet:fix", function()
  it("makes lengths and sums right, and nothing else", function()
    local p = (ethernet {} / ipv4 { source = 1, destination = 2 } / udp { source = 3, destination = 4 } / "abcd"):copy()
    local before = bytes(p)
    assert.same({ p, 0 }, { p:fix() })
    p.ipv4.source = "10.9.8.7"
    assert.equal("ipv4.checksum bad, udp.checksum bad", sums(p))
    assert.equal(2, select(2, p:fix()))
    assert.equal("ipv4.checksum ok, udp.checksum ok", sums(p))
    p.ipv4.source = 1
    p:fix()
    assert.equal(before, bytes(p))
    p.udp.checksum = 0
    assert.equal("ipv4.checksum ok, udp.checksum absent", sums(p))
    assert.equal(0, select(2, p:fix()))
  end)

  it("leaves fragments, quoted packets and what is cut", function()
    local whole = ipv4 { source = 1, destination = 2, flagmf = true } / udp { source = 3, destination = 4, length = 100,
      checksum = 7 } / "abcd"
    assert.equal("ipv4.checksum ok, udp.checksum unverifiable", sums(whole))
    assert.equal(0, select(2, whole:fix()))
    local cut = packet.new(bytes(ipv4 { source = 1, destination = 2 } / udp { destination = 4, checksum = 7 } / "abcd"):sub(1, 30),
      "ipv4", 32)
    assert.equal("ipv4.checksum ok, udp.checksum unverifiable", sums(cut))
    assert.equal(0, select(2, cut:fix()))
  end)
end)

describe("packet:totable and packet.build", function()
  it("give a packet back byte for byte", function()
    local p = ethernet { destination = "02:00:00:00:00:01" } / ipv4 { source = 1, destination = 2, options = { { alert = 0 } } }
      / udp { source = 3, destination = 4 } / "abc"
    local padded = packet.new(bytes(p) .. ("\0"):rep(10))
    local t = padded:totable(true)
    assert.equal("ethernet", t[1][1])
    assert.equal("02:00:00:00:00:01", t[1][2].destination)
    assert.is_nil(t[1][2].type)
    assert.is_nil(t[2][2].totallength)
    assert.is_nil(t[2][2].checksum)
    assert.equal(("\0"):rep(10), t[2][2].tail)
    assert.equal("abc", t[4])
    assert.equal(bytes(padded), bytes(packet.build(t)))
    assert.equal(0x0800, padded:totable()[1][2].type)
    assert.equal(bytes(padded), bytes(packet.build(padded:totable())))
  end)

  it("give real traffic back, without what is automatic", function()
    for _, kind in ipairs { "plain", "hostile" } do
      local well, same = 0, 0
      for _, path in ipairs(support.samples(kind)) do
        local cap = pcap.open(path)
        if cap then
          pcall(function()
            for p in cap:packets() do
              -- (loopbacks of a machine of another byte order are built in that of this one)
              if not p.malformed and not p.truncated and not (BIG and p.null) then
                well = well + 1
                local ok, q = pcall(function() return bytes(packet.build(p:totable(true))) end)
                if ok and q == bytes(p) then same = same + 1 end
              else -- any error will do, but no crash
                pcall(function() return #packet.build(p:totable(true)) end)
              end
              local copy = p:copy()
              copy:verify()
              copy:fix()
            end
          end)
          cap:close()
        end
      end
      assert.is_true(well == 0 or well > 5000)
      assert.is_true(same >= 0.99 * well, ("%s: %d of %d"):format(kind, same, well))
    end
  end)
end)

describe("bytes below a layer", function()
  it("are no source of addresses", function()
    local p = "below" / udp { source = 1, destination = 2 } / "x"
    assert.equal("below" .. unhex "00010002 0009 0000" .. "x", bytes(p))
    assert.equal(42 + 8, #(ethernet {} / ipv4 { source = 1, destination = 2 } / (("b"):rep(8) / udp {})))
  end)
end)

describe("many packets of one form", function()
  local rnd = crafted.random(3)
  local function addresses() return rnd(1 << 32), ("10.%d.%d.%d"):format(rnd(256), rnd(256), rnd(256)) end
  local payload <const> = "the same for all"
  local makers = {
    function(v)
      return ethernet { source = v.mac } / ipv4 { source = v.a, destination = v.text, ident = v.w }
        / udp { source = v.w, destination = v.p } / payload
    end,
    function(v)
      return ethernet {} / ipv4 { source = v.text, destination = v.a, ttl = v.byte }
        / tcp { source = v.w, destination = v.p, sequence = v.a, flags = v.flags } / payload
    end,
    function(v)
      return ipv4 { source = v.a, destination = v.a, protocol = v.byte } / udp { destination = v.p, checksum = v.zero }
    end,
    function(v)
      return ethernet {} / ipv6 { source = "::1", destination = "::2", flowlabel = v.w }
        / udp { source = v.w, destination = 7 } / v.payload
    end,
    function(v)
      return ethernet {} / ipv4 { source = v.a, destination = v.a } / layouts.gre { key = v.a }
        / ipv4 { source = v.a, destination = v.text } / udp { source = v.w } / payload
    end,
    function(v)
      return ethernet {} / ipv4 { source = v.a, destination = v.a, options = { { alert = v.w } } }
        / udp { source = v.w } / payload
    end,
    function(v)
      return ethernet {} / ipv4 { source = v.a, destination = v.a, totallength = v.w }
        / udp { source = v.w, length = v.p } / payload
    end,
    function(v) return layouts.dns { id = v.w, rd = true, questions = { { name = "x.example", type = "A" } } } end,
  }
  local function values()
    local a, text = addresses()
    return { a = a, text = text, w = rnd(65536), p = rnd(65536), byte = rnd(2) * 17, zero = rnd(4) == 0 and 0 or nil,
      mac = ("02:00:00:00:00:%02x"):format(rnd(3)), flags = ({ "S", "SA" })[1 + rnd(2)], payload = ("x"):rep(rnd(3)) }
  end

  it("have the bytes that each has by itself", function()
    for _, make in ipairs(makers) do
      local given, alone = {}, {}
      for k = 1, 300 do
        given[k] = values()
        alone[k] = bytes(make(given[k]))
        bytes(udp { source = k } / ("y"):rep(k % 7)) -- of another form in between: no mould is made
        bytes(tcp { source = k } / ("y"):rep(k % 5))
      end
      for k = 1, 300 do assert.equal(alone[k], bytes(make(given[k]))) end
      for k = 300, 1, -1 do assert.equal(alone[k], bytes(make(given[k]))) end
    end
  end)

  it("are refused as each by itself", function()
    for k = 1, 10 do bytes(ethernet {} / ipv4 { source = k, destination = k } / udp { source = k }) end
    assert.error_matches(function() bytes(ethernet {} / ipv4 { source = 1, destination = 1 } / udp { source = 65536 }) end,
      "unsigned overflow %(field 'source' of layout 'udp'%)")
    assert.error_matches(function() bytes(ethernet {} / ipv4 { source = "10.0.0", destination = 1 } / udp { source = 1 }) end, "no ipv4 address")
    assert.error_matches(function() bytes(ethernet {} / ipv4 { source = 1, destination = 1 } / udp { sorce = 1 }) end, "no field 'sorce'")
    assert.error_matches(function() bytes(ethernet {} / ipv4 { source = 1, destination = 1 } / udp { source = {} }) end, "number expected")
  end)

  it("keep sums that are given, and have that of nothing but zeros", function()
    for k = 1, 6 do
      assert.equal(0x1234, (ethernet {} / ipv4 { source = 1, destination = 2, ident = k, checksum = 0x1234 }).ipv4.checksum)
      local id = k == 5 and 0 or k
      assert.equal(0xffff - id, (layouts.icmp { type = 0, id = id, seq = 0 } / "\0\0").icmp.checksum)
    end
    local p = layouts.icmp { type = 0, id = 1, seq = 0 } / "\0\0"
    p:setter("icmp.id")(0)
    assert.equal(0xffff, p.icmp.checksum) -- RFC 1624, section 3
    local q = ethernet {} / ipv4 { source = 1, destination = 2 }
    q:setter("ipv4.checksum")(0x1234)
    assert.equal(0x1234, q.ipv4.checksum)
  end)

  it("change as their tables do, and are packets of their own", function()
    local t = { source = 1, destination = 2 }
    local all = {}
    for k = 1, 20 do
      t.source = k
      all[k] = ethernet {} / ipv4(t) / udp { source = k }
      assert.equal("0.0.0." .. k, all[k].ipv4.source)
    end
    for k = 1, 20 do assert.equal("0.0.0." .. k, all[k].ipv4.source) end
    all[20].ipv4.ttl = 3
    assert.equal(64, all[19].ipv4.ttl)
  end)

  it("are joined from the left and from the right alike, up to 32 layers", function()
    local a, b, c, d = ethernet {}, ipv4 { source = 1, destination = 2 }, udp { source = 3, destination = 4 }, "data"
    local left = bytes(a / b / c / d)
    assert.equal(left, bytes(a / (b / (c / d))))
    assert.equal(left, bytes((a / b) / (c / d)))
    assert.equal(left, bytes(packet.build { a / b, c, d }))
    assert.equal(left, bytes(packet.build { a, packet.build { b, c / d } }))
    local p = a
    for _ = 1, 40 do p = p / layouts.vlan {} end
    assert.error_matches(function() bytes(p) end, "too many layers")
    local q = "x"
    for _ = 1, 100000 do q = a / q end
    assert.error_matches(function() bytes(q) end, "too many layers")
    local strings = {}
    for k = 1, 32 do strings[k] = "ab" end
    for depth = 0, 40 do -- wherever the stack ends
      local function deep(n)
        if n == 0 then return #packet.build(strings) end
        local size = deep(n - 1)
        return size
      end
      assert.equal(64, coroutine.wrap(deep)(depth))
    end
    local none = packet.build {}
    for _ = 1, 31 do none = none / none end
    assert.error_matches(function() bytes(none) end, "too many layers")
    local base = a / b
    local first = base / c
    base:pad(100) -- changes the packet, not what was joined of it
    assert.equal(bytes(a / b / c), bytes(first))
    assert.equal(100 + 8, #(base / c))
  end)
end)

describe("random packets over all builders #interop", function()
  it("have right sums and nothing malformed, says tshark", function()
    if not support.has("tshark") then return pending("tshark is not installed") end
    local rnd, seen, count = crafted.random(1), {}, 0
    local bad = "_ws.malformed || ip.checksum.status == 0 || udp.checksum.status == 0 || tcp.checksum.status == 0"
      .. " || icmp.checksum.status == 0 || icmpv6.checksum.status == 0"
    for _, link in ipairs(crafted.links) do
      local path = support.path(("random-%d.pcap"):format(link[1]))
      local out = assert(pcap.create(path, { linktype = link[1] }))
      local n = 10 * link[2]
      for k = 1, n do
        local p = link[3](rnd).p
        for name in p:layers() do seen[name] = true end
        assert(out:write(p, k * 1000000000))
      end
      assert(out:close())
      count = count + n
      local base = "tshark -n -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -o tcp.check_checksum:TRUE -r " .. path
      local _, found = support.foreign(base .. (" -Y '%s'"):format(bad))
      assert.equal("", found)
      local _, good = support.foreign(base
        .. " -Y 'udp.checksum.status == 1 || tcp.checksum.status == 1' -T fields -e frame.number | wc -l")
      assert.is_true(tonumber(good) > n / 2)
      local _, all = support.foreign(base .. " -T fields -e frame.number | wc -l")
      assert.equal(n, tonumber(all))
    end
    assert.equal(10000, count)
    for _, name in ipairs { "ah", "arp", "controlword", "destopts", "dns", "ethernet", "gre", "hopbyhop", "icmp", "icmpv6", "ipv4",
      "ipv6", "ipv6frag", "llc", "loop", "mpls", "null", "rawip", "routing", "sll", "sll2", "snap", "tcp", "udp", "vlan", "vxlan" } do
      assert.is_true(seen[name], name)
    end
  end)

  it("are the bytes that scapy builds of the same values", function()
    local python
    for _, name in ipairs { "python3", "/usr/bin/python3" } do
      python = python or select(1, support.foreign(name .. " -c 'import scapy'")) == 0 and name or nil
      if python ~= name then python = nil else break end
    end
    if not python then return pending("scapy is not installed") end
    local rnd, lines = crafted.random(2), {}
    local seen = {}
    for _, link in ipairs { crafted.links[1], crafted.links[3], crafted.links[5] } do
      local wanted = #lines + (link[1] == 1 and 260 or 20)
      while #lines < wanted do
        local made = link[3](rnd)
        if made.scapy then
          for name in made.p:layers() do seen[name] = true end
          lines[#lines + 1] = bytes(made.p):gsub(".", function(c) return ("%02x"):format(c:byte()) end) .. " " .. made.scapy
        end
      end
    end
    assert.equal(300, #lines)
    for _, name in ipairs { "ethernet", "vlan", "arp", "ipv4", "ipv6", "hopbyhop", "destopts", "routing", "ipv6frag",
      "icmp", "icmpv6", "udp", "tcp", "dns", "gre", "vxlan", "mpls", "sll" } do
      assert.is_true(seen[name], name)
    end
    local path = support.writefile(support.path("scapy.txt"), table.concat(lines, "\n"))
    local status, out, err = support.foreign(("%s spec/scapy-builds.py %s"):format(python, path))
    assert.equal("", out)
    assert.equal(0, status, err)
  end)
end)
