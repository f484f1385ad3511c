--- pcapng: every block and option, both byte orders, sections, interfaces; options of frames; copies.
local memory = require "memory"
local pcap = require "pktcraft.pcap"
local layouts = require "pktcraft.layouts"
local support = require "spec.support"

local readfile, writefile = support.readfile, support.writefile
local block, section, option = support.block, support.section, support.option

--- A path of its own each time it is asked for anew: captures of others may still be open.
local names, round = {}, 0
local function path(name)
  names[name] = names[name] or support.path(round .. "-" .. name)
  return names[name]
end

before_each(function() names, round = {}, round + 1 end)

local frame <const> = "\2\0\0\0\0\4\2\0\0\0\0\3\8\0hello"

-- Each type of block, with every option that it may have.
local vectors = {
  { type = "section", comment = { "one", "two" }, shb_hardware = "hw", shb_os = "os", shb_userappl = "pktcraft" },
  { type = "interface", linktype = 1, snaplen = 1000, comment = "an interface", if_name = "eth0",
    if_description = "first", if_IPv4addr = { "192.0.2.1/255.255.255.0", "10.0.0.1/255.0.0.0" },
    if_IPv6addr = "2001:db8::1/64", if_MACaddr = "02:00:00:00:00:01", if_EUIaddr = "\2\0\0\0\0\0\0\1",
    if_speed = 1000000000, if_tsresol = 9, if_tzone = -3600, if_filter = "\0udp", if_os = "Linux", if_fcslen = 32,
    if_tsoffset = 5, if_hardware = "nic", if_txspeed = 10, if_rxspeed = 1 << 40, if_iana_tzname = "Europe/Oslo" },
  { type = "interface", linktype = 101, snaplen = 262144, if_name = "tun0", if_tsresol = 0x94 },
  { type = "packet", kind = "enhanced", interface = 1, time = 1700000000123456789, wirelen = 19, data = frame,
    comment = "frame", epb_flags = 0x80000001, epb_hash = { "\2\1\2\3\4", "\3abcd" }, epb_dropcount = 1 << 33,
    epb_packetid = 99, epb_queue = 3, epb_verdict = { "\0x", "\1\0\0\0\0\0\0\0\5" }, [2989] = "\0\0\x7f\1abc",
    [30000] = { "a", "" } },
  { type = "packet", kind = "enhanced", interface = 2, time = 1700000001500000000, wirelen = 100, data = "\x45\0\0\x14" },
  { type = "packet", kind = "simple", interface = 1, wirelen = 17, data = "simple frame data" },
  { type = "packet", kind = "obsolete", interface = 1, time = 1700000002000000001, wirelen = 3, data = "old", drops = 3,
    comment = "old one", pack_flags = 2, pack_hash = "\2hash" },
  { type = "names", records = { { address = "192.0.2.1", names = { "a.example", "b.example" } },
      { address = "2001:db8::1", names = { "v6.example" } }, { address = "02:00:00:00:00:01", names = { "mac" } },
      { code = 77, data = "odd" } },
    comment = "names", ns_dnsname = "dns", ns_dnsIP4addr = "192.0.2.53", ns_dnsIP6addr = "2001:db8::53" },
  { type = "statistics", interface = 1, time = 1700000003000000000, comment = "counts", isb_starttime = 1 << 35,
    isb_endtime = 2, isb_ifrecv = 10, isb_ifdrop = 1, isb_filteraccept = 9, isb_osdrop = 0, isb_usrdeliv = 9 },
  { type = "secrets", secretstype = 0x544c534b, data = "CLIENT_RANDOM 00 11\n", comment = "keys" },
  { type = "custom", copy = true, pen = 32473, data = "custom!!" },
  { type = "custom", copy = false, pen = 32473, data = "uncopied" },
  { type = "unknown", code = 0x80001234, data = "whatever" },
}

--- A file of them all.
local function vectorfile(order)
  local name = path("vectors-" .. order)
  if io.open(name) then return name end
  local out = assert(pcap.create(name, { format = "pcapng", byteorder = order }))
  for k, v in ipairs(vectors) do
    local t = {}
    for key, value in pairs(v) do t[key] = value end
    if k == 1 then t.byteorder = order end
    assert(out:block(t))
  end
  assert(out:close())
  return name
end

local function blocks(name)
  local list = {}
  for b in assert(pcap.open(name)):blocks() do list[#list + 1] = b end
  return list
end

local function interface(order, linktype, options)
  return block(order, 1, string.pack(order .. "I2 I2 I4", linktype, 0, 0) .. (options or ""))
end

local function packet(order, number, ticks, data, options)
  return block(order, 6, string.pack(order .. "I4 I4 I4 I4 I4", number, ticks >> 32, ticks & 0xffffffff, #data, #data)
    .. data .. ("\0"):rep(-#data % 4) .. (options or ""))
end

describe("blocks of a pcapng file", function()
  it("are read as they were written, all types and options in both orders", function()
    for _, order in ipairs { "little", "big" } do
      local list = blocks(vectorfile(order))
      assert.equal(#vectors, #list)
      local at = 0
      for k, v in ipairs(vectors) do
        local got = list[k]
        assert.equal(at, got.at)
        at = at + got.length
        for key, value in pairs(v) do assert.same(value, got[key], v.type .. "." .. tostring(key)) end
        for key in pairs(got) do
          assert.is_true(v[key] ~= nil or ({ at = 1, length = 1, number = 1, byteorder = 1, version = 1,
            sectionlength = 1 })[key] ~= nil, v.type .. "." .. tostring(key))
        end
      end
      assert.equal(at, #readfile(vectorfile(order)))
    end
  end)

  it("lie as the draft's figures show them", function()
    local name = path("figure.pcapng")
    local out = assert(pcap.create(name, { format = "pcapng", byteorder = "little", linktype = 1, snaplen = 0xffff }))
    assert(out:write("abcde", 0x500000001 * 1000, 9, { comment = "hey" }))
    assert(out:close())
    assert.equal(section("<") .. block("<", 1, string.pack("<I2 I2 I4", 1, 0, 0xffff))
      .. block("<", 6, string.pack("<I4 I4 I4 I4 I4", 0, 5, 1, 5, 9) .. "abcde\0\0\0" .. option("<", 1, "hey")
      .. option("<", 0, "")), readfile(name))
  end)

  it("are what tshark and capinfos read #interop", function()
    if not support.has("tshark") or not support.has("capinfos") then pending("no tshark") return end
    for _, order in ipairs { "little", "big" } do
      local name = vectorfile(order)
      local _, out = support.foreign("capinfos -c -E -I -k -M " .. name)
      for _, text in ipairs { "Number of packets: +4", "Capture comment: +one", "Capture comment: +two", "Name = eth0",
        "Description = first", "Hardware = nic", "Speed = 1000000000", "Capture length = 1000", "FCS length = 32",
        "Time resolution = 0x09", "Timestamp offset = 5", "Filter string = udp", "Operating system = Linux",
        "Comment = an interface", "Number of stat entries = 1", "Name = tun0", "Time resolution = 0x94" } do
        assert.matches(text, out)
      end
      _, out = support.foreign(("tshark -r %s -T fields -e frame.time_epoch -e frame.len -e frame.interface_name "
        .. "-e frame.comment -e frame.packet_id -e frame.interface_queue -e frame.drop_count 2>/dev/null"):format(name))
      assert.equal(("1700000000.123456789\t19\teth0\tframe\t99\t3\t%d"):format(1 << 33), out:match("^[^\n]*"))
      assert.matches("\n1700000001.500000000\t100\ttun0", out)
      assert.matches("\n\t17\teth0", out)
      assert.matches("\n1700000002.000000001\t3\teth0\told one", out)
    end
  end)

  it("raise what they cannot hold", function()
    local out = assert(pcap.create(path("bad.pcapng"), { format = "pcapng" }))
    local function bad(text, t) assert.error_matches(function() out:block(t) end, text) end
    bad("no blocks of type 'nonsense'", { type = "nonsense", data = "" })
    bad("'type': string expected", {})
    bad("unknown option 'if_nam'", { type = "interface", if_nam = "x" })
    bad("'if_tsresol': a power", { type = "interface", if_tsresol = 20 })
    bad("option 'if_tzone': integer of 32 bits expected", { type = "interface", if_tzone = 1 << 31 })
    bad("option 'if_MACaddr': MAC address expected", { type = "interface", if_MACaddr = "02:00" })
    bad("option 'if_IPv4addr': IPv4 address/mask expected", { type = "interface", if_IPv4addr = "10.0.0.1" })
    bad("option 'if_IPv6addr': IPv6 address/length expected", { type = "interface", if_IPv6addr = "::1/129" })
    bad("option 'comment': string expected", { type = "names", records = {}, comment = true })
    bad("option 'comment' too long", { type = "names", records = {}, comment = ("x"):rep(65536) })
    bad("codes from 1 to 65535", { type = "names", records = {}, [65536] = "x" })
    bad("no interface 2", { type = "packet", interface = 2, data = "x" })
    bad("no kind 'odd'", { type = "packet", kind = "odd", data = "x" })
    bad("'data': string expected", { type = "packet" })
    bad("no address 'x'", { type = "names", records = { { address = "x", names = {} } } })
    bad("'secretstype': integer from 0", { type = "secrets", data = "x" })
    bad("'byteorder': 'little' or 'big' expected", { type = "section", byteorder = "middle" })
    assert(out:close())
    local classic = assert(pcap.create(path("classic.pcap")))
    assert.error_matches(function() classic:block { type = "names", records = {} } end, "a pcap file has no blocks")
    assert.error_matches(function() classic:interface {} end, "a pcap file has one interface")
    assert.error_matches(function() classic:write("x", 1, 1, { comment = "y" }) end, "a pcap file has no options")
    classic:close()
  end)

  it("name what is wrong in them", function()
    local begin = section("<") .. interface("<", 1)
    local function bad(text, bytes)
      local cap = assert(pcap.open(writefile(path("bad.pcapng"), begin .. bytes)))
      assert.error_matches(function() for _ in cap:blocks() do end end, text)
    end
    local at = "block at byte " .. #begin .. ": "
    bad(at .. "name records without their end", block("<", 4, ""))
    bad(at .. "name record reaches past its block", block("<", 4, string.pack("<I2 I2", 1, 9)))
    bad(at .. "name record too short", block("<", 4, string.pack("<I2 I2", 1, 2) .. "abcd"))
    bad(at .. "name without its end", block("<", 4, string.pack("<I2 I2", 1, 6) .. "abcdef\0\0"))
    bad(at .. "statistics block too short", block("<", 5, "abcd"))
    bad(at .. "no such interface", block("<", 5, string.pack("<I4 I4 I4", 1, 0, 0)))
    bad(at .. "secrets block too short", block("<", 10, "abcd"))
    bad(at .. "secrets reach past their block", block("<", 10, string.pack("<I4 I4", 1, 9) .. "abcd"))
    bad(at .. "custom block too short", block("<", 0xbad, ""))
    bad("frame 1 at byte " .. #begin .. ": option 1 reaches past its block", packet("<", 0, 1, "abcd",
      string.pack("<I2 I2", 1, 5) .. "abcd"))
  end)
end)

describe("sections and interfaces", function()
  -- Little-endian, then big-endian; an interface that comes late.
  local file = section("<") .. interface("<", 1) .. packet("<", 0, 1, "one")
    .. interface("<", 101, option("<", 9, "\9")) .. packet("<", 1, 2000, "two") .. block("<", 0x77, "kept")
    .. section(">") .. interface(">", 113, option(">", 14, string.pack(">i8", -1))) .. packet(">", 0, 2000003, "three")

  it("are numbered through, each with its link type, resolution and offset", function()
    local cap, m, got = assert(pcap.open(writefile(path("s.pcapng"), file))), memory.create(), {}
    assert.same({ 1, "little", 1 }, { cap.linktype, cap.byteorder, #cap.interfaces })
    for time, wirelen, number in cap:frames(m) do
      got[#got + 1] = { time, wirelen, number, cap.interfaces[number].linktype, tostring(m) }
    end
    assert.same({ { 1000, 3, 1, 1, "one" }, { 2000, 3, 2, 101, "two" }, { 1000003000, 5, 3, 113, "three" } }, got)
    assert.equal(3, #cap.interfaces)
    assert.equal(9, cap.interfaces[2].if_tsresol)
    assert.equal(-1, cap.interfaces[3].if_tsoffset)
  end)

  it("give packets their first layers", function()
    local v4 = layouts.ipv4 { source = "10.0.0.1", destination = "10.0.0.2" } / layouts.udp { destination = 53 }
    local name = path("mixed.pcapng")
    local out = assert(pcap.create(name, { format = "pcapng", interfaces = { { linktype = 1 }, { linktype = 101 } } }))
    for k = 1, 20 do
      if k % 2 == 0 then
        assert(out:write(v4, k, nil, { interface = 2 }))
      else
        assert(out:write(layouts.ethernet {} / v4, k))
      end
    end
    assert(out:close())
    local n = 0
    for pkt in assert(pcap.open(name)):packets() do
      n = n + 1
      assert.equal(n % 2 == 0 and 2 or 1, pkt.interface)
      assert.equal(n % 2 == 1, pkt.ethernet ~= nil)
      assert.equal(53, pkt.udp.destination)
      assert.equal("10.0.0.1", pkt.ipv4.source)
    end
    assert.equal(20, n)
  end)

  it("are told apart by filters", function()
    if not support.libpcap() then return pending(support.WITHOUT_LIBPCAP) end
    local v4 = layouts.ipv4 { source = "10.0.0.1", destination = "10.0.0.2" } / layouts.udp { destination = 53 }
    local out = assert(pcap.create(path("f.pcapng"), { format = "pcapng",
      interfaces = { { linktype = 1 }, { linktype = 101 }, { linktype = 12 } } }))
    for k = 1, 3 do
      assert(out:write(layouts.ethernet {} / v4, 3 * k))
      assert(out:write(v4, 3 * k + 1, nil, { interface = 2 }))
      assert(out:write(v4, 3 * k + 2, nil, { interface = 3 }))
    end
    assert(out:close())
    for linktype, want in pairs { [1] = "111", [101] = "232323" } do
      local cap, got = assert(pcap.open(path("f.pcapng"))), ""
      for pkt in cap:packets(assert(pcap.bpf("udp dst port 53", linktype))) do got = got .. pkt.interface end
      assert.equal(want, got)
    end
  end)

  it("are refused to a classic file of another link type", function()
    local cap, m = assert(pcap.open(writefile(path("s.pcapng"), file))), memory.create()
    local out = assert(pcap.create(path("o.pcap"), { linktype = 1 }))
    cap:next(m)
    assert.is_true(out:write(m))
    cap:next(m)
    assert.matches("frame of link type 101 in a file of 1$", select(2, out:write(m)))
    assert(out:close())
  end)

  it("are written for frames of other captures, with their options, in the output's order", function()
    local cap, m = assert(pcap.open(vectorfile("big"))), memory.create()
    local out = assert(pcap.create(path("o.pcapng"), { format = "pcapng", byteorder = "little" }))
    for time, wirelen in cap:frames(m) do assert(out:write(m, time, wirelen)) end
    assert(out:close())
    local list = blocks(path("o.pcapng"))
    local kinds = {}
    for k, b in ipairs(list) do kinds[k] = b.type .. (b.kind or "") end
    assert.equal("section interface packetenhanced interface packetenhanced packetsimple packetenhanced",
      table.concat(kinds, " "))
    for _, key in ipairs { "if_name", "if_IPv4addr", "if_speed", "if_tzone", "if_tsoffset", "snaplen" } do
      assert.same(vectors[2][key], list[2][key])
    end
    for _, key in ipairs { "comment", "epb_hash", "epb_dropcount", "epb_queue", "time", "data", 2989, 30000 } do
      assert.same(vectors[4][key], list[3][key])
    end
    assert.same({ 2, 1700000001500000000, 100 }, { list[5].interface, list[5].time, list[5].wirelen })
    assert.same({ "old one", 2, "\2hash" }, { list[7].comment, list[7].epb_flags, list[7].epb_hash })
  end)

  it("keep times of every resolution", function()
    local times = { 0, 1, 999999999, 1700000000123456789, 1700000000999999999 }
    for _, resolution in ipairs { 0, 3, 6, 9, 10, 0x80, 0x8a, 0x9e, 0xa0 } do
      local name = path("r" .. resolution)
      local out = assert(pcap.create(name, { format = "pcapng",
        interfaces = { { if_tsresol = resolution, if_tsoffset = -10 } } }))
      for _, t in ipairs(times) do assert(out:write("x", t)) end
      assert(out:close())
      local n, m = 0, memory.create()
      local binary, exponent = resolution & 0x80 ~= 0, resolution & 0x7f
      local step = binary and 1000000000 / 2 ^ exponent or 1000000000 / 10 ^ exponent
      for time in assert(pcap.open(name)):frames(m) do
        n = n + 1
        local off = math.abs(time - times[n])
        assert.is_true(off <= step and (step > 1 or off == 0), ("%d: %d"):format(resolution, off))
      end
      assert.equal(#times, n)
    end
  end)
end)

describe("options of frames", function()
  it("are read, set and written, each other byte as it was", function()
    local name = vectorfile("big")
    local cap, m = assert(pcap.open(name)), memory.create()
    assert.is_nil(cap:options())
    assert(cap:next(m))
    local options = cap:options()
    assert.same({ "frame", 99, { "a", "" } }, { options.comment, options.epb_packetid, options[30000] })
    cap:setoptions { comment = { "first", "second" }, epb_queue = false }
    assert.same({ "first", "second" }, cap:options().comment)
    assert.is_nil(cap:options().epb_queue)
    assert.error_matches(function() cap:setoptions { coment = "x" } end, "unknown option 'coment'")
    cap:next(m)
    assert.is_nil(cap:options().comment)
  end)

  it("change their frame's block alone", function()
    local name = vectorfile("little")
    local cap = assert(pcap.open(name))
    local out = assert(pcap.create(path("edited.pcapng"), { like = cap }))
    assert.equal(4, out:copy(cap, function(pkt)
      if pkt.number == 1 then cap:setoptions { comment = "changed" } end
      return true
    end))
    assert(out:close())
    local before, after = readfile(name), readfile(path("edited.pcapng"))
    local b = blocks(name)[4]
    assert.is_true(before:sub(1, b.at) == after:sub(1, b.at))
    assert.is_true(before:sub(b.at + b.length + 1) == after:sub(b.at + b.length + 1 + #after - #before))
    local got = blocks(path("edited.pcapng"))[4]
    assert.equal("changed", got.comment)
    for _, key in ipairs { "epb_hash", "epb_queue", 2989, "data", "time" } do assert.same(b[key], got[key]) end
  end)
end)

describe("out:copy", function()
  it("keeps every byte of what is not changed", function()
    local many = {}
    for k = 1, 3000 do many[k] = packet(k % 2 == 0 and "<" or "<", k % 2, k, ("x"):rep(k % 700)) end
    local files = { readfile(vectorfile("little")), readfile(vectorfile("big")),
      readfile(vectorfile("big")) .. readfile(vectorfile("little")), section("<"), section(">") .. interface(">", 1),
      section("<") .. block("<", 0x99, "early") .. interface("<", 1) .. interface("<", 1) .. table.concat(many)
        .. block("<", 0x77, "last") }
    for k, bytes in ipairs(files) do
      local name = writefile(path("in.pcapng"), bytes)
      for _, filter in ipairs { false, function() return true end } do
        local cap <close> = assert(pcap.open(name))
        local out = assert(pcap.create(path("copy.pcapng"), { like = cap }))
        assert(out:copy(cap, filter or nil))
        assert(out:close())
        assert.is_true(readfile(path("copy.pcapng")) == bytes, "file " .. k)
        local again <close> = assert(pcap.open(name)) -- and to an output that is not like it
        out = assert(pcap.create(path("copy.pcapng"), { format = "pcapng" }))
        assert(out:copy(again, filter or nil))
        assert(out:close())
        assert.is_true(readfile(path("copy.pcapng")) == bytes, "file " .. k)
      end
    end
  end)

  it("keeps other blocks, and the frames that are wanted", function()
    local bytes = section("<") .. interface("<", 1) .. packet("<", 0, 1, "a") .. block("<", 0x77, "x")
      .. packet("<", 0, 2, "b") .. interface("<", 1) .. packet("<", 1, 3, "c") .. block("<", 0x78, "y")
    local cap = assert(pcap.open(writefile(path("in.pcapng"), bytes)))
    local out = assert(pcap.create(path("copy.pcapng"), { like = cap }))
    assert.equal(2, out:copy(cap, function(pkt) return pkt.number ~= 2 end))
    assert(out:close())
    assert.equal(bytes:gsub(packet("<", 0, 2, "b"):gsub("%p", "%%%0"), "", 1), readfile(path("copy.pcapng")))
  end)

  it("takes in what a filter changes: bytes in place, lengths, times", function()
    local frames = {}
    for k = 1, 4 do
      frames[k] = layouts.ethernet {} / layouts.ipv4 { source = "10.0.0.1", destination = "10.0.0.2", ident = k }
        / layouts.udp { destination = 53 } / "data"
    end
    for _, format in ipairs { "pcap", "pcapng" } do
      local out = assert(pcap.create(path("in" .. format), { format = format }))
      for k, f in ipairs(frames) do assert(out:write(f, k * 1000)) end
      assert(out:close())
      local cap = assert(pcap.open(path("in" .. format)))
      out = assert(pcap.create(path("copy" .. format), { like = cap }))
      assert.equal(4, out:copy(cap, function(pkt)
        if pkt.number == 1 then
          pkt.ipv4.timetolive = 3
        elseif pkt.number == 2 then
          pkt:insert(layouts.vlan { id = 7 }, "ethernet")
        elseif pkt.number == 3 then
          pkt.time = 77000
        end
        return true
      end))
      assert(out:close())
      local n = 0
      for pkt in assert(pcap.open(path("copy" .. format))):packets() do
        n = n + 1
        assert.equal(n == 3 and 77000 or n * 1000, pkt.time)
        assert.equal(n == 1 and 3 or 64, pkt.ipv4.timetolive)
        assert.equal(n == 2 and 7 or nil, pkt.vlan and pkt.vlan.id)
      end
      assert.equal(4, n)
      assert.equal(#readfile(path("in" .. format)) + 4, #readfile(path("copy" .. format)))
    end
  end)

  it("goes from format to format", function()
    local cap = assert(pcap.open(vectorfile("little")))
    local out = assert(pcap.create(path("c.pcap"), { format = "pcap", precision = "nano", linktype = 1 }))
    local ok, message = out:copy(cap)
    assert.is_nil(ok)
    assert.matches("frame of link type 101 in a file of 1$", message)
    assert(out:close())
    local frames = { { 1, 5, "abc" }, { 2, 999999, "defg", 4, 9 }, { 3, 0, "" } }
    for _, order in ipairs { "<", ">" } do
      local name = writefile(path("in" .. order), support.pcapfile({ order = order, linktype = 101 }, frames))
      cap = assert(pcap.open(name))
      out = assert(pcap.create(path("c" .. order), { format = "pcapng" }))
      assert.equal(3, out:copy(cap))
      assert(out:close())
      cap = assert(pcap.open(path("c" .. order)))
      assert.same({ 101, 1 }, { cap.linktype, #cap.interfaces })
      out = assert(pcap.create(path("back.pcap"), { format = "pcap", linktype = cap.linktype,
        byteorder = order == "<" and "little" or "big", snaplen = 65535 }))
      assert.equal(3, out:copy(cap))
      assert(out:close())
      assert.is_true(readfile(name) == readfile(path("back.pcap")))
    end
  end)

  it("copies the whole frames before an error, and says it", function()
    local bytes = section("<") .. interface("<", 1) .. packet("<", 0, 1, "a") .. packet("<", 0, 2, "bcd")
    for n = #bytes - 1, #section("<") + #interface("<", 1), -1 do
      for _, filter in ipairs { false, function() return true end } do
        local cap = assert(pcap.open(writefile(path("cut.pcapng"), bytes:sub(1, n))))
        local out = assert(pcap.create(path("copy.pcapng"), { like = cap }))
        local got, message = out:copy(cap, filter or nil)
        assert(out:close())
        local whole = n >= #bytes - #packet("<", 0, 2, "bcd") and #bytes - #packet("<", 0, 2, "bcd")
          or #section("<") + #interface("<", 1)
        assert.equal(bytes:sub(1, whole), readfile(path("copy.pcapng")))
        if n == whole then
          assert.is_true(got >= 0)
        else
          assert.is_nil(got)
          assert.matches("cut", message)
        end
      end
    end
  end)

  it("raises a filter's error, with what went before written", function()
    local cap = assert(pcap.open(vectorfile("little")))
    local out = assert(pcap.create(path("copy.pcapng"), { like = cap }))
    assert.error_matches(function()
      out:copy(cap, function(pkt) return pkt.number < 2 or error("no more") end)
    end, "no more")
    assert.equal(3, out:copy(cap) + 1) -- reading goes on
    assert(out:close())
    local closing = assert(pcap.open(vectorfile("little")))
    out = assert(pcap.create(path("copy2.pcapng"), { like = closing }))
    assert.error_matches(function()
      out:copy(closing, function() closing:close() return true end)
    end, "closed capture")
    cap = assert(pcap.open(vectorfile("little")))
    out = assert(pcap.create(path("copy3.pcapng"), { like = cap }))
    assert.error_matches(function() out:copy(cap, function() out:close() return true end) end, "closed capture output")
    assert.error_matches(function() out:copy(cap) end, "closed capture output")
    assert.error_matches(function() assert(pcap.create(path("x"))):copy {} end, "capture expected")
  end)
end)
