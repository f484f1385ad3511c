local support = require "spec.support"
local path, run, foreign, readfile, pcapfile = support.path, support.run, support.foreign, support.readfile,
  support.pcapfile
local unhex, writefile = support.unhex, support.writefile

local function example(name, args)
  return run(("%s examples/%s.lua %s"):format(support.pktcraft, name, args))
end

describe("examples/craft.lua", function()
  it("writes the frames asked for", function()
    assert.same({ 0, "", "" }, { example("craft", path("c.pcap") .. " 100") })
    local memory, pcap, checksum = require "memory", require "pktcraft.pcap", require "pktcraft.checksum"
    local m, count = memory.create(), 0
    for _, wirelen in assert(pcap.open(path("c.pcap"))):frames(m) do
      count = count + 1
      assert.equal(#m, wirelen)
      if count % 2 == 1 then
        assert.equal(0, checksum.internet(m, 15, 34))
        local pseudo = checksum.pseudo(m:tostring(27, 30), m:tostring(31, 34), 17, #m - 34)
        assert.equal(0, checksum.internet(m, 35, -1, pseudo))
      else
        local pseudo = checksum.pseudo(memory.create(m, 23, 38), memory.create(m, 39, 54), 17, #m - 54)
        assert.equal(0, checksum.internet(m, 55, -1, pseudo))
      end
    end
    assert.equal(100, count)
  end)

  it("gives tshark no bad checksum and nothing malformed #interop", function()
    if not support.has("tshark") then pending("no tshark") return end
    example("craft", path("c.pcap") .. " 500")
    local status, out = foreign(([[tshark -r %s -o udp.check_checksum:TRUE -o ip.check_checksum:TRUE -T fields \
      -e ip.checksum.status -e udp.checksum.status -e dns.qry.name -e _ws.malformed -e _ws.expert.severity]]):format(path("c.pcap")))
    assert.equal(0, status)
    local lines = 0
    for line in out:gmatch("[^\n]+") do
      lines = lines + 1
      assert.matches(lines % 2 == 1 and "^1\t1\t[%w.]+\t\t$" or "^\t1\t[%w.]+\t\t$", line)
    end
    assert.equal(500, lines)
  end)

  it("gives tcpdump no bad checksum #interop", function()
    if not support.has("tcpdump") then pending("no tcpdump") return end
    example("craft", path("c.pcap") .. " 20")
    local status, out = foreign(("tcpdump -n -vv -r %s"):format(path("c.pcap")))
    assert.equal(0, status)
    assert.equal(20, select(2, out:gsub("udp sum ok", "")))
    assert.is_nil(out:find("bad"))
  end)

  it("says how it is used", function()
    local status, _, err = example("craft", "")
    assert.equal(2, status)
    assert.matches("^usage: ", err)
    assert.equal(2, (example("craft", path("c.pcap") .. " x")))
    assert.equal(1, (example("craft", "/dev/full")))
  end)
end)

--- Frames that try the corners of 'udp dst port 53'.
local eth4 <const>, eth6 <const> = "020000000004 020000000003 0800", "020000000004 020000000003 86dd"
local dns <const>, web <const> = "9c400035000d0784 68656c6c6f", "9c400050000d0784 68656c6c6f"
local ip6 <const> = "20010db8000000000000000000000003 20010db8000000000000000000000004"
local corners = {
  eth4 .. "45000021 03d34000 40111ef1 0a010203 0a010204" .. dns,
  eth4 .. "45000021 03d34000 40111ef1 0a010203 0a010204" .. web,
  eth4 .. "45000021 03d34000 40061ef1 0a010203 0a010204" .. dns, -- TCP
  eth4 .. "45000021 03d32000 40111ef1 0a010203 0a010204" .. dns, -- first fragment
  eth4 .. "45000021 03d32001 40111ef1 0a010203 0a010204" .. dns, -- later fragments
  eth4 .. "45000021 03d30001 40111ef1 0a010203 0a010204" .. dns,
  eth4 .. "45000021 03d31fff 40111ef1 0a010203 0a010204" .. dns,
  eth4 .. "47b8002a 049b4000 03114555 0a010203 0a010204 0707080a01020300" .. dns, -- options
  eth4 .. "4fb8002a 049b4000 03114555 0a010203 0a010204" .. ("01"):rep(40) .. dns,
  eth4 .. "40000021 00000035 00110000 0a010203 0a010204" .. dns, -- absurd header lengths
  eth4 .. "41000021 00000000 00110035 0a010203 0a010204" .. dns,
  eth4 .. "42000021 00000000 00110000 00000035 0a010204" .. dns,
  eth4 .. "65000021 03d34000 40111ef1 0a010203 0a010204" .. dns, -- version 6 in IPv4
  eth6 .. "6b91b1f2 000e1140" .. ip6 .. dns,
  eth6 .. "6b91b1f2 000e1140" .. ip6 .. web,
  eth6 .. "6b91b1f2 000e0640" .. ip6 .. dns,
  eth6 .. "6b91b1f2 00160040" .. ip6 .. "1100010400000000" .. dns, -- hop-by-hop first
  eth6 .. "6b91b1f2 00162c40" .. ip6 .. "1100000100000001" .. dns, -- fragment header
  "020000000004 020000000003 8100 0005 0800 45000021 03d34000 40111ef1 0a010203 0a010204" .. dns,
  "020000000004 020000000003 0806 0001080006040001" .. ("00"):rep(20),
  "020000000004 020000000003 0021 aaaa03 000000 0800 45000021 03d34000 40111ef1 0a010203 0a010204" .. dns,
  "",
}

describe("examples/filter.lua", function()
  local function agrees(name)
    os.remove(path("ours"))
    local status, out, err = example("filter", name .. " " .. path("ours"))
    local theirstatus, _, says = foreign(("tcpdump -r %s -w - 'udp dst port 53' > %s"):format(name, path("theirs")))
    if says:find("different from", 1, true) then return end -- interfaces: libpcap goes no further
    assert.equal(theirstatus == 0, status == 0, name .. ": " .. err)
    assert.equal("", out)
    assert.is_true(readfile(path("theirs")) == readfile(path("ours")), name)
    return #readfile(path("ours")) > 24
  end

  it("agrees with tcpdump on crafted corners, whole and cut at every byte #interop", function()
    if not support.has("tcpdump") then pending("no tcpdump") return end
    local records = {}
    for _, hex in ipairs(corners) do
      local frame = unhex(hex)
      for n = #frame, 0, -1 do
        records[#records + 1] = { #records, n, frame:sub(1, n), n, #frame }
      end
    end
    assert.is_true(agrees(writefile(path("corners.pcap"), pcapfile({}, records))))
    assert.is_true(agrees(writefile(path("big.pcap"), pcapfile({ order = ">", linktype = 0x30000001 }, records))))
    assert.is_true(agrees(writefile(path("cut.pcap"), pcapfile({}, records):sub(1, -5))))
    -- Headers that lie: a snapshot length below the frames', or absurd; seconds in the fraction.
    for _, snaplen in ipairs { 0, 20, 36, 38, 40, 46, 0x7fffffff, 0xffffffff } do
      agrees(writefile(path("lies.pcap"), pcapfile({ snaplen = snaplen }, records)))
    end
    local whole = unhex(corners[1])
    agrees(writefile(path("lies.pcap"), pcapfile({}, { { 0xffffffff, 0xffffffff, whole }, { 1, 1500000, whole } })))
    agrees(writefile(path("lies.pcap"), pcapfile({ nano = true }, { { 1, 0xffffffff, whole }, { 1, 999999999, whole } })))
    agrees(writefile(path("lies.pcap"), pcapfile({ snaplen = 0x7fffffff }, { { 1, 1, whole },
      { 2, 2, whole .. ("x"):rep(300000) }, { 3, 3, whole } })))
  end)

  it("agrees with tcpdump on every Ethernet capture of real traffic #interop", function()
    local samples = support.samples("plain")
    for _, name in ipairs(support.samples("hostile")) do samples[#samples + 1] = name end
    if #samples == 0 or not support.has("tcpdump") then pending(#samples == 0 and "no captures" or "no tcpdump") return end
    local pcap = require "pktcraft.pcap"
    local compared, withframes = 0, 0
    for _, name in ipairs(samples) do
      local cap = pcap.open(name)
      if cap and cap.linktype == 1 and not cap.compression then
        cap:close()
        compared = compared + 1
        if agrees(name) then withframes = withframes + 1 end
      end
    end
    assert.is_true(compared > 300)
    assert.is_true(withframes > 15)
  end)

  it("keeps the same corners without tcpdump", function()
    local records = {}
    for k, hex in ipairs(corners) do records[k] = { k, 0, unhex(hex) } end
    assert.same({ 0, "", "" },
      { example("filter", writefile(path("c.pcap"), pcapfile({}, records)) .. " " .. path("o.pcap")) })
    local memory, pcap = require "memory", require "pktcraft.pcap"
    local m, kept = memory.create(), {}
    for time in assert(pcap.open(path("o.pcap"))):frames(m) do kept[#kept + 1] = time // 1000000000 end
    assert.same({ 1, 4, 8, 9, 13, 14 }, kept)
  end)

  it("refuses other links and files, with a message", function()
    writefile(path("raw.pcap"), pcapfile({ linktype = 101 }, {}))
    assert.same({ 2, "", ("pktcraft: %s: link type 101, expected 1 (Ethernet)\n"):format(path("raw.pcap")) },
      { example("filter", path("raw.pcap") .. " " .. path("o")) })
    local status, _, err = example("filter", "/dev/null " .. path("o"))
    assert.equal(2, status)
    assert.equal("pktcraft: /dev/null: empty file: no capture file header\n", err)
    status, _, err = example("filter", "")
    assert.equal(2, status)
    assert.matches("^usage: ", err)
    writefile(path("same.pcap"), pcapfile({}, { { 1, 2, "abc" } }))
    status, _, err = example("filter", path("same.pcap") .. " " .. path("same.pcap"))
    assert.equal(2, status)
    assert.matches("is being read", err)
    assert.equal(43, #readfile(path("same.pcap")))
  end)

  it("writes the whole frames before a cut, and says where it is", function()
    local whole = pcapfile({}, { { 1, 2, unhex(corners[1]) }, { 1, 2, unhex(corners[1]) } })
    writefile(path("cut.pcap"), whole:sub(1, -2))
    local status, _, err = example("filter", path("cut.pcap") .. " " .. path("o.pcap"))
    assert.equal(1, status)
    assert.equal(("pktcraft: %s: frame 2 at byte 87: frame cut: 46 bytes, expected 47\n"):format(path("cut.pcap")), err)
    assert.equal(24 + 16 + 47, #readfile(path("o.pcap")))
    status, _, err = run(("%s examples/filter.lua %s - > /dev/full"):format(support.pktcraft, path("cut.pcap")))
    assert.equal(1, status)
    assert.matches("^pktcraft: ", err)
  end)
end)

describe("examples/demo.lua", function()
  it("builds, filters, edits and shows", function()
    local status, out, err = example("demo", path("demo"))
    assert.same({ 0, "4 of 10 frames\n4 of 4 frames, 3 changed\n" }, { status, err })
    assert.equal(11, select(2, out:gsub("\n22:13:20", "")))
    assert.is_truthy(out:find("UDP 53 > 4000: DNS 7 response A example.com, answers 1, A 192.0.2.80\n", 1, true))
    assert.is_truthy(out:find("timetolive = 64\n", 1, true))
    assert.equal(2, select(2, out:gsub("checksum = 0x%x+ ok\n", "")))
    local n = 0
    for pkt in require "pktcraft.pcap".open(path "demo/crafted.pcap"):packets() do
      for _, each in ipairs(pkt:verify()) do assert.equal("ok", each.verdict) end
      n = n + 1
    end
    assert.equal(10, n)
  end)
end)

describe("examples/layers.c", function()
  it("counts layers as packets in Lua do", function()
    local cc = os.getenv("CC") or "cc"
    if not support.has(cc) or not support.has("pkg-config") then return pending("no C compiler") end
    local program = path("layers")
    local status, _, err = run(([[PKG_CONFIG_PATH=%s/lib/pkgconfig; export PKG_CONFIG_PATH
      %s -O1 -o %s examples/layers.c $(pkg-config --cflags --libs pktcraft)]]):format(support.build, cc, program))
    assert.equal(0, status, err)
    local pcap = require "pktcraft.pcap"
    example("craft", path("c.pcap") .. " 300")
    local expected, found = {}, {}
    for pkt in assert(pcap.open(path("c.pcap"))):packets() do
      for name in pkt:layers() do expected[name] = (expected[name] or 0) + 1 end
    end
    local out
    status, out, err = run(("%s %s"):format(program, path("c.pcap")))
    assert.equal(0, status, err)
    for name, n in out:gmatch("(%w+) +(%d+)\n") do found[name] = tonumber(n) end
    assert.same(expected, found)
    status, out, err = run(program .. " nosuchfile")
    assert.same({ 2, "", "layers: nosuchfile: No such file or directory\n" }, { status, out, err })
  end)

  --- The example with a timer whose signals interrupt it.
  local interrupted = [[
    #define _POSIX_C_SOURCE 200809L
    #include <signal.h>
    #include <sys/time.h>
    static void on_alarm (int sig) { (void)sig; }
    __attribute__((constructor)) static void begin (void) {
      const struct sigaction action = {.sa_handler = on_alarm};
      const struct itimerval often = {{0, 10000}, {0, 10000}};
      sigaction(SIGALRM, &action, 0);
      setitimer(ITIMER_REAL, &often, 0);
    }
  ]]

  it("goes by each frame's link type, whatever signals come", function()
    local cc = os.getenv("CC") or "cc"
    if not support.has(cc) or not support.has("pkg-config") then return pending("no C compiler") end
    local program, header = path("layers2"), support.writefile(path("alarm.h"), interrupted)
    local status, out, err = run(([[PKG_CONFIG_PATH=%s/lib/pkgconfig; export PKG_CONFIG_PATH
      %s -D_GNU_SOURCE -O1 -include %s -o %s examples/layers.c $(pkg-config --cflags --libs pktcraft)]]):format(support.build, cc, header, program))
    assert.equal(0, status, out .. err)
    local layouts, block = require "pktcraft.layouts", support.block
    local ip = layouts.ipv4 { source = "10.0.0.1", destination = "10.0.0.2" } / layouts.udp { destination = 9 }
    local function enhanced (interface, p)
      local bytes = tostring(p.memory)
      return block("<", 6, string.pack("<I4 I4 I4 I4 I4", interface, 0, 0, #bytes, #bytes) .. bytes)
    end
    local function interface (linktype) return block("<", 1, string.pack("<I2 I2 I4", linktype, 0, 0)) end
    support.writefile(path("two.pcapng"), support.section "<" .. interface(228) .. interface(1) .. enhanced(0, ip)
      .. enhanced(1, layouts.ethernet {} / ip) .. enhanced(0, ip))
    status, out, err = run(("(head -c 40 %s; sleep 0.2; tail -c +41 %s; sleep 0.2) | %s -"):format(path("two.pcapng"),
      path("two.pcapng"), program))
    assert.same({ 0, "" }, { status, err })
    local found = {}
    for name, n in out:gmatch("(%w+) +(%d+)\n") do found[name] = tonumber(n) end
    assert.same({ ipv4 = 3, udp = 3, ethernet = 1 }, found)
  end)
end)

describe("examples/follow.lua", function()
  it("writes what each side of a stream sent", function()
    local layouts, pcap = require "pktcraft.layouts", require "pktcraft.pcap"
    local out = assert(pcap.create(path("follow.pcap"), { linktype = 228 }))
    for k, s in ipairs { { 1, 99, "", "S" }, { 1, 104, "lo", "A" }, { 2, 7, "yes", "A" }, { 1, 100, "hell", "A" }, { 1, 106, "", "R" } } do
      local there = s[1] == 1
      local p = layouts.ipv4 { source = there and "10.0.0.1" or "10.0.0.2", destination = there and "10.0.0.2" or "10.0.0.1" }
        / layouts.tcp { source = there and 1024 or 80, destination = there and 80 or 1024, sequence = s[2], flags = s[4] } / s[3]
      assert(out:write(p, k * 1000000000))
    end
    assert(out:close())
    local folder = path("followed")
    os.execute("mkdir -p " .. folder)
    assert.same({ 0, "10.0.0.1:1024 > 10.0.0.2:80 (6): 6 bytes there, 3 back, reset\n", "" },
      { example("follow", path("follow.pcap") .. " " .. folder) })
    assert.equal("hello", (readfile(folder .. "/00001-1"):gsub("ll", "l")))
    assert.equal("yes", readfile(folder .. "/00001-2"))
    assert.equal(2, (example("follow", "")))
  end)
end)
