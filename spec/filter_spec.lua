--- Expressions over fields: what they say, what errors say, and others who say the same.
local filter = require "pktcraft.filter"
local layouts = require "pktcraft.layouts"
local memory = require "memory"
local packet = require "pktcraft.packet"
local pcap = require "pktcraft.pcap"
local support = require "spec.support"

local path, writefile, readfile = support.path, support.writefile, support.readfile
local SANITIZED <const> = os.getenv("PK_SANITIZED")

--- A recipe built, as a packet of Ethernet.
local function built(recipe)
  return packet.new(recipe.memory:tostring())
end

local function syn()
  return built(layouts.ethernet { destination = "ff:ff:ff:ff:ff:ff", source = "02:00:00:00:00:01" }
    / layouts.vlan { id = 7 } / layouts.ipv4 { source = "10.0.0.1", destination = "192.0.2.9", ttl = 63 }
    / layouts.tcp { source = 40000, destination = 443, flags = "SA", sequence = 4000000000, acknowledgment = 5,
      options = { { mss = 1460 }, "nop", { windowscale = 7 }, { timestamp = { value = 9, echo = 8 } } } }
    / "GET / HTTP/1.1\r\n")
end

local function answer()
  return built(layouts.ethernet {} / layouts.ipv6 { source = "2001:db8::1", destination = "fe80::2", hlim = 255 }
    / layouts.udp { source = 53, destination = 5353 } / layouts.dns { response = true,
      questions = { { name = "www.example.com", type = "AAAA" } },
      answers = { { name = "www.example.com", type = "A", ttl = 30, a = "192.0.2.1" },
        { name = "b.example.com", type = "A", ttl = 300, a = "192.0.2.2" } } })
end

local function fails(text)
  local f, message = filter.compile(text)
  assert.is_nil(f, text)
  return message
end

describe("an expression", function()
  local s, a = syn(), answer()

  local function holds(text, pkt)
    local f = assert(filter.compile(text))
    for _ = 1, 40 do f:match(pkt) end -- until the shape is learnt
    return f:match(pkt)
  end

  local truths = {
    [s] = {
      "tcp", "vlan", "not udp", "!udp and tcp", "tcp || udp", "udp or tcp && vlan",
      "ipv4.timetolive == 63", "ipv4.ttl < 64", "64 > ipv4.ttl", "ip.ttl <= 63", "ip.timetolive ~= 64", "ipv4.ttl != 62",
      "tcp.flags == 'SA'", "tcp.flags == 0x12", 'tcp.flags & "SA" == "SA"', "tcp.flags & 2", "tcp.syn and tcp.ack",
      "tcp.ack == true", "tcp.ack == 5", "tcp.acknowledgment == 5", "tcp.sequence > 3000000000", "not tcp.fin",
      "ipv4.source == 10.0.0.1", "ipv4.source == '10.0.0.1'", "ip.src in 10.0.0.0/8", "ip.addr == 192.0.2.9",
      "ipv4.source in {10.0.0.0/24, 1.2.3.4}", "ipv4.source in 10.0.0.0..10.0.0.255", "ipv4.source & 255 == 1",
      "ipv4.source == 0x0a000001", "not ip.addr == 1.1.1.1", "ip.addr != 1.1.1.1", "not ip.addr != 10.0.0.1",
      "tcp.dport in {22, 80..90, 443}", "tcp.port == 40000", "tcp.destination == 'https'", "tcp.dport == https",
      "ethernet.destination == ff:ff:ff:ff:ff:ff", "eth.src == '02:00:00:00:00:01'", "eth.dst[0] & 1 == 1",
      "ethernet.type == 0x8100", "vlan.type == ipv4", "vlan.id == 7", "vlan.id + 1 == 8", "vlan.id * 2 - 1 == 13",
      "vlan.id // 2 == 3 and vlan.id % 4 == 3", "vlan.id / 2 == 3.5", "vlan.id << 2 == 28", "vlan.id >> 1 ~ 1 == 2",
      "-vlan.id == -7", "~vlan.id == -8", "vlan.id | 8 == 15", "1 + 2 * 3 == vlan.id",
      "tcp.options", "tcp.options.mss", "tcp.options.mss > 1459", "tcp.options[1].mss == 1460", "tcp.options[2].kind == nop",
      "tcp.options[-1].kind in {0, timestamps}", "tcp.options.timestamp.echo == 8", "tcp.options.kind == 'window scale'",
      "not tcp.options.sack", "tcp.options.mss != 1400", "not tcp.options.sack.left != 1",
      "payload contains 'HTTP'", "payload matches '^get /'" and "payload matches '(?i)^get /'", "tcp contains 'GET'",
      "payload[0:4] == 'GET '", "payload[0:4] == 0x47455420", "payload[0] == 0x47", "payload[4:] contains 'HTTP/1.1'",
      "frame[12:2] == 0x8100", "tcp[13] == 0x12", "ipv4[16:4] == 192.0.2.9", "frame contains 02:00:00:00:00:01",
      "tcp[12:10] != payload[0:10]", "frame.length > 64 and frame.captured == frame.length", "not truncated",
      "not malformed", "not incomplete", "not checksum.bad", "not frame.number", "true", "not false", "1 == 1",
      "frame.linktype == 1", "ipv4.ttl == tcp.destination - 380", "ipv4#1.ttl == 63", "not ipv4#2", "(((tcp)))",
      "ipv4.ttl\n==\t63", "tcp.flags == 'AS'", "r'GET' == r'GET'", "payload contains '\\x47ET\\32/'",
    },
    [a] = {
      "ipv6 and udp and dns", "ipv6.source in 2001:db8::/32", "ipv6.source == 2001:db8::1", "ipv6.source < fe80::",
      "ipv6.dst == 'FE80::2'", "ipv6.addr == fe80::2", "ipv6.hoplimit == 255", "udp.port in {53}", "dns.response",
      "dns.answers.ttl < 60", "dns.answers[1].ttl == 30", "dns.answers[-1].ttl == 300", "not dns.answers[3]",
      "not dns.answers.ttl == 31", "dns.answers.a == 192.0.2.2", "dns.answers.a in 192.0.2.0/24",
      "dns.questions.name == 'www.example.com'", "dns.questions.name == 'www.example.com.'", "dns.qry.name contains 'example'",
      "dns.answers.name matches '^b\\\\.'", "dns.answers.name[0:2] == 'b.'", "dns.questions.type == AAAA",
      "dns.answers.ttl > dns.questions.class * 299", "dns.answers.ttl != 31", "not dns.answers.ttl != 30",
      "not ipv4.ttl != 1", "not ipv4.ttl == 1", "udp[4:2] > 8", "dns[2] & 0x80 != 0",
    },
  }
  for pkt, list in pairs(truths) do
    for _, text in ipairs(list) do
      if text == "tcp.flags & 2" then goto continue end -- no condition: below
      local tag = text:find " matches " and " #pcre2" or ""
      it("holds: " .. text:gsub("%c", " ") .. tag, function() assert.is_true(holds(text, pkt)) end)
      ::continue::
    end
  end

  it("is false where a value is not there, whatever is asked of it", function()
    for _, text in ipairs { "udp.destination == 53", "udp.destination != 53", "tcp.options.sack.left != 1", "frame.number != 3",
      "ipv4#2.ttl < 300", "payload[10:30] != 'x' or payload[100] != 1", "vlan.id // (vlan.id - 7) == 0" } do
      local f, message = filter.compile(text)
      if f then assert.is_false(f:match(s), text) else assert.is_truthy(message) end
    end
  end)

  it("compares unsigned fields of 64 bits unsigned, others signed", function()
    local layout = require "layout"
    local name = "filtersigns"
    if not layout.find(name) then
      layout.register { name = name, under = { udpport = 55001 },
        { key = "big", bytes = 8 }, { key = "small", bytes = 8, signed = true }, { key = "real", type = "float", bytes = 8 },
        { key = "low", bytes = 4, endian = "little" } }
    end
    local pkt = built(layouts.ethernet {} / layouts.ipv4 {} / layouts.udp { destination = 55001 }
      / string.pack(">i8 >i8 >d <I4", -1, -1, 2.5, 77))
    for _, text in ipairs { "filtersigns.big > 5", "filtersigns.big == 18446744073709551615", "filtersigns.small < 0",
      "filtersigns.small == -1", "filtersigns.big == -1", "filtersigns.big > 1e18", "filtersigns.real == 2.5",
      "filtersigns.real < 3", "filtersigns.real * 2 == 5", "filtersigns.real in {1..2.6}", "filtersigns.low == 77",
      "filtersigns.big + 0 > 1", "filtersigns.small < filtersigns.real", "filtersigns.small in {-3..0}" } do
      assert.is_true(assert(filter.compile(text)):match(pkt), text)
    end
  end)

  it("takes a name of several values for any of them", function()
    for text, want in pairs { ["null.family == inet6"] = { false, true, true }, ["null.family != inet6"] = { true, false, false },
      ["null.family in {inet6, 7}"] = { false, true, true }, ["null.family == inet"] = { true, false, false } } do
      local f = assert(filter.compile(text, 0))
      for k, value in ipairs { 2, 24, 30 } do
        assert.equal(want[k], f:match(string.pack("<I4", value) .. ("\0"):rep(20)), text .. value)
      end
    end
  end)

  it("reads times", function()
    local file = writefile(path("times.pcap"), support.pcapfile({}, { { 1700000000, 500000, "x" }, { 1700000001, 0, "y" } }))
    assert.equal(1, assert(pcap.open(file)):count("frame.time < '2023-11-14 22:13:21'"))
    assert.equal(1, assert(pcap.open(file)):count("frame.time == '2023-11-14T22:13:20.5Z'"))
    assert.equal(2, assert(pcap.open(file)):count("frame.time > '2023-11-14'"))
    assert.equal(1, assert(pcap.open(file)):count("frame.number == 2"))
  end)

  it("says what is wrong, and where #pcre2", function()
    for text, message in pairs {
      ["ipv4.tll < 3"] = "column 6: no field 'tll' in layout 'ipv4'; did you mean 'ttl'?",
      ["tcp and ip4.ttl"] = "column 9: no layout 'ip4'; did you mean 'ipv4'?",
      ["tcp.dport == 80443"] = "column 14: number does not fit 'destination' (16 bits)",
      ["tcp.dport in {1, 70000}"] = "column 18: number does not fit 'destination' (16 bits)",
      ["ipv4.ttl = 3"] = "column 10: '=' compares nothing; '==' does",
      ["ipv4.ttl == 'x'"] = "column 13: 'x' is no value of 'timetolive'",
      ["arp.operation == reqest"] = "column 18: reqest is no value of 'operation'",
      ["ip.src == eth.src"] = "column 1: cannot compare addresses of kind ipv4 and mac",
      ["ipv4.ttl == payload"] = "column 1: cannot compare an integer with a string",
      ["ipv4.source == 300.1.1.1"] = "column 16: 300.1.1.1 is no value of 'source'",
      ["ipv4.source == 10.0.0.0/8"] = "column 16: a prefix is compared by 'in'",
      ["ipv4.source in 10.0.0.0/33"] = "column 16: prefix longer than the address",
      ["tcp.options > 3"] = "column 1: a field with members compares with nothing; name one of them",
      ["ipv4.ttl"] = false,
      ["tcp.flags & 2"] = "column 1: condition expected, got an integer",
      ["5"] = "column 1: condition expected, got an integer",
      [""] = "column 1: empty expression",
      ["tcp and"] = "column 8: value expected, got the end",
      ["tcp udp"] = "column 5: operator expected, got 'udp'",
      ["(tcp"] = "column 5: ')' expected, got the end",
      ["tcp)"] = "column 4: ')' without '('",
      ["tcp\n and )"] = "line 2, column 6: value expected, got ')'",
      ["1 < ipv4.ttl < 3"] = "column 14: comparisons do not chain; write 'and' between them",
      ["payload matches '('"] = "column 17: bad regular expression: missing closing parenthesis",
      ["payload matches 3"] = "column 17: a regular expression is a string",
      ["ipv4.ttl contains 'x'"] = "column 1: string expected, got an integer",
      ["payload == 'x"] = "column 12: unfinished string",
      ["payload == '\\q'"] = "column 13: no such escape in a string; r\"...\" has none",
      ["ipv4.ttl[1] == 3"] = "column 9: 'timetolive' is no string of bytes",
      ["tcp.options[0].mss"] = "column 12: elements count from 1",
      ["payload[-1] == 3"] = "column 8: offsets of bytes count from 0",
      ["payload[0:4] == 'GE'"] = "column 17: 'GE' is no such value",
      ["frame.lenght > 3"] = "column 1: no 'lenght' of 'frame'; did you mean 'length'?",
      ["ipv4.ttl in {}"] = "column 13: empty set",
      ["ipv4.ttl in {tcp.dport}"] = "column 14: elements of a set are constants",
      ["ipv4.ttl == 1 / 0 and 1 // 0 == 1"] = "column 23: division by zero",
      ["ipv4.ttl == 99999999999999999999"] = "column 13: number of more than 64 bits",
      ["ipv4.ttl == 0x"] = "column 13: malformed number",
      ["ipv4.ttl == 3 @"] = "column 15: unexpected character '@'",
      ["ipv4#99.ttl == 3"] = "column 1: bad number of a layer",
      ["tcp.ack < true"] = false,
    } do
      if message then assert.equal(message, fails(text)) else assert.is_truthy(filter.compile(text)) end
    end
    assert.error_matches(function() filter.compile(3) end, "string expected")
    assert.error_matches(function() filter.compile("tcp", -2) end, "link type expected")
  end)

  it("ends with an error when it is hostile, however deep, long or full", function()
    assert.is_truthy(fails(("("):rep(100000)):find("too deep", 1, true))
    assert.is_truthy(fails(("not "):rep(100000) .. "tcp"):find("too deep", 1, true))
    assert.is_truthy(fails(("-"):rep(100000) .. "1 == 1"):find("too deep", 1, true))
    assert.is_truthy(fails("vlan.id" .. (" + 1"):rep(100000) .. " == 1"):find("too deep", 1, true))
    assert.is_truthy(fails("vlan.id" .. (" + vlan.id"):rep(60) .. " == 1"):find("too many fields", 1, true))
    assert.equal("expression too long", fails((" "):rep(1 << 20) .. "tcp"))
    assert.is_truthy(fails(("x"):rep(100000)):find("name too long", 1, true))
    assert.is_truthy(fails("tcp" .. (".a"):rep(100) .. " == 1"):find("no field 'a'", 1, true))
    local set = {}
    for k = 1, 20000 do set[k] = tostring(k * 3) end
    local f = assert(filter.compile("tcp.dport in {" .. table.concat(set, ",") .. "}"))
    assert.is_false(f:match(s)) -- 443 is not among them
    assert.is_true(assert(filter.compile("tcp.sport * 3 in {1, " .. table.concat(set, ",") .. ", 120000}")):match(s))
    local many = {}
    for k = 1, 20000 do many[k] = "tcp.dport == " .. k end
    assert.is_true(assert(filter.compile(table.concat(many, " or "))):match(s))
    assert.is_false(assert(filter.compile(table.concat(many, " and "))):match(s))
  end)

  it("looks at no more than a bounded number of elements", function()
    local n = 3000
    local frame = layouts.ethernet {} / layouts.ipv4 {} / layouts.udp { source = 53, destination = 40000 }
    local head = frame.memory:tostring()
    local record = "\0" .. string.pack(">I2 I2 I4 s2", 1, 1, 7, "\1\2\3\4")
    local pkt = packet.new(head .. string.pack(">I2 I2 I2 I2 I2 I2", 1, 0x8000, 0, n, 0, 0) .. record:rep(n))
    pkt.ipv4.totallength, pkt.udp.length = 0, 0
    local begin = os.clock()
    for _, text in ipairs { "dns.answers.ttl + dns.answers.class == dns.answers.mx.preference",
      "dns.answers.ttl == dns.answers.mx.preference", "dns.answers.ttl + dns.answers.ttl + dns.answers.ttl == 5" } do
      assert.is_false(assert(filter.compile(text)):match(pkt), text)
    end
    assert.is_true(assert(filter.compile("dns.answers[-1].ttl == 7 and dns.answers.ttl == dns.answers.ttl")):match(pkt))
    assert.is_true(os.clock() - begin < (SANITIZED and 100 or 10))
    assert.is_truthy(fails("tcp" .. ("[1]"):rep(100000)):find("too many subscripts", 1, true))
  end)

  it("matches regular expressions by what they say, however much they take to remember #pcre2", function()
    local pkt = packet.new(("ab"):rep(20000) .. "c", 9999)
    assert.is_true(assert(filter.compile("payload matches '^(a|b)*c'")):match(pkt))
  end)

  it("takes booleans of several bits as views do", function()
    local layout = require "layout"
    if not layout.find("filterwidebool") then
      layout.register { name = "filterwidebool", under = { udpport = 55002 }, { key = "b", type = "boolean", bytes = 1 },
        { key = "c", type = "boolean", bits = 3 }, { key = "d", bits = 5 } }
    end
    local pkt = built(layouts.ethernet {} / layouts.ipv4 {} / layouts.udp { destination = 55002 } / "\2\x40")
    for _, text in ipairs { "filterwidebool.b", "filterwidebool.b == true", "filterwidebool.b in {1}", "filterwidebool.c != false",
      "filterwidebool.c == true and not filterwidebool.b == false" } do
      local f = assert(filter.compile(text))
      for _ = 1, 40 do assert.is_true(f:match(pkt), text) end
    end
  end)

  it("looks names of display filters up as often as it has to", function()
    assert.is_truthy(filter.compile("ip.options[1].copied == 1"))
    assert.is_truthy(filter.compile("ip.options[1].copied"))
  end)

  it("gives up a regular expression that takes for ever #pcre2", function()
    local f = assert(filter.compile([[payload matches r"^(a+)+$"]]))
    local pkt = packet.new(("a"):rep(60) .. "b", 9999)
    local begin = os.clock()
    assert.is_false(f:match(pkt))
    assert.is_true(os.clock() - begin < (SANITIZED and 60 or 5))
  end)

  it("matches packets, memories and strings alike", function()
    local f = assert(filter.compile("tcp.dport == 443"))
    assert.is_true(f:match(s))
    assert.is_true(f:match(s.memory))
    assert.is_true(f:match(s.memory:tostring()))
    assert.is_false(f:match(""))
    assert.is_false(f:match(s.memory, nil, 101)) -- another link type, by which it begins otherwise
    assert.is_false(assert(filter.compile("tcp", 101)):match(s))
    assert.is_true(assert(filter.compile("truncated")):match(s.memory, 2000))
    assert.is_true(assert(filter.compile("tcp")):match(layouts.ethernet {} / layouts.ipv4 {} / layouts.tcp {}))
    assert.error_matches(function() f:match() end, "packet, memory or string expected")
    assert.error_matches(function() f:match(s.memory, -1) end, "wire length out of range")
    assert.error_matches(function() f.match({}, s) end, "filter expected")
    assert.equal("filter (tcp.dport == 443)", tostring(f))
  end)

  it("follows what is bound meanwhile", function()
    local layout = require "layout"
    local pkt = built(layouts.ethernet {} / layouts.ipv4 {} / layouts.udp { destination = 5300 } / ("\0"):rep(12))
    local f = assert(filter.compile("dns"))
    for _ = 1, 40 do assert.is_false(f:match(pkt)) end
    layout.bind("udpport", 5300, layouts.dns)
    assert.is_true(f:match(pkt))
    layout.unbind("udpport", 5300)
    assert.is_false(f:match(pkt))
  end)

  it("shows its program", function()
    local f = assert(filter.compile("udp.destination == 53 and ipv4.ttl < 64"))
    assert.is_truthy(f:dump():find("load  udp.destination == 53: udp bytes[0:8] >> 32 & 0xffff in 53", 1, true))
    for _ = 1, 40 do f:match(s) end
    assert.is_truthy(f:dump():find("shape ethernet / vlan / ipv4", 1, true))
  end)

  it("knows the names that display filters have", function()
    assert.equal("ipv4.source", filter.names["ip.src"])
    assert.same({ "tcp.source", "tcp.destination" }, filter.names["tcp.port"])
    assert.is_nil(filter.names.nosuch)
    local display = require "pktcraft.layouts.display"
    for name, paths in pairs(display) do
      assert.is_truthy(filter.compile(name), name) -- presence, or a boolean
      for one in paths:gmatch("%S+") do assert.is_truthy(filter.compile(one), one) end
    end
  end)
end)

describe("random expressions", function()
  it("say of random packets what a slow evaluator in Lua says #pcre2", function()
    local model = require "spec.filtermodel"
    local seed = tonumber(os.getenv("PK_SEED")) or 20240601
    math.randomseed(seed)
    local function rng(n) return math.random(n) end
    local pool = {}
    for k = 1, 300 do pool[k] = model.packet(rng) end
    local matches, refused = 0, 0
    local total = SANITIZED and 1500 or 10000
    for _ = 1, total do
      local text = model.expression(rng)
      local f, message = filter.compile(text)
      if not f then
        refused = refused + 1
        assert.is_truthy(message:find("of kind hex and dnsname", 1, true), text .. ": " .. message) -- digits and a name
      else
        for k = 1, 12 do
          local pkt = k <= 8 and pool[rng(#pool)] or model.packet(rng)
          local want, got = model.match(text, pkt), f:match(pkt)
          if want ~= got then
            assert.equal(want, got, ("seed %d: %s\n%s\n%s"):format(seed, text, tostring(pkt), pkt:hexdump()))
          end
          if got then matches = matches + 1 end
        end
      end
    end
    assert.is_true(matches > total, matches) -- they do say yes now and then
    assert.is_true(refused < total / 100, refused)
  end)
end)

-- An expression, and what tcpdump and tshark call the same. The first layer is meant here, any there: what
-- is carried in tunnels is kept apart.
local V4 <const> = "ethernet.type == ipv4 and "
local alike = {
  { V4 .. "ipv4.protocol == udp and ipv4.fragoffset == 0 and udp.destination == 53", "ip and udp dst port 53",
    "eth.type == 0x800 && ip.proto#1 == 17 && ip.frag_offset#1 == 0 && udp.dstport == 53" },
  { V4 .. "ipv4.protocol == tcp and ipv4.fragoffset == 0 and tcp.syn and not tcp.ack and ipv4.ttl < 64 and ipv4.len > 40",
    "ip and tcp and tcp[13] & 0x12 = 2 and ip[8] < 64 and ip[2:2] > 40",
    "eth.type == 0x800 && ip.proto#1 == 6 && ip.frag_offset#1 == 0 && tcp.flags.syn == 1 && tcp.flags.ack == 0 && ip.ttl#1 < 64"
      .. " && ip.len#1 > 40" },
  { V4 .. "ipv4.src in 10.0.0.0/8", "ip src net 10.0.0.0/8", "eth.type == 0x800 && ip.src#1 == 10.0.0.0/8" },
  { V4 .. "ip.addr in 192.168.0.0/16", "ip net 192.168.0.0/16", "eth.type == 0x800 && ip.addr#1 == 192.168.0.0/16" },
  { "ethernet.type == arp and arp.op == request", "arp[6:2] = 1", "eth.type == 0x806 && arp.opcode == 1" },
  { "ethernet.dst == ff:ff:ff:ff:ff:ff", "ether broadcast", "eth.dst#1 == ff:ff:ff:ff:ff:ff" },
  { "ethernet.dst[0] & 1 == 1", "ether multicast" },
  { "frame.length > 500", "greater 501", "frame.len > 500" },
  { "ethernet.type == ipv6 and ipv6.nextheader == 17 and udp.source in {53, 5353}",
    "ip6 and ip6[6] = 17 and (ip6[40:2] = 53 or ip6[40:2] = 5353)",
    "eth.type == 0x86dd && ipv6.nxt#1 == 17 && udp.srcport in {53, 5353}" },
  { "ethernet.type == ipv6 and ipv6.hlim == 255", "ip6 and ip6[7] = 255", "eth.type == 0x86dd && ipv6.hlim#1 == 255" },
  { V4 .. "ipv4.protocol == icmp and ipv4.fragoffset == 0 and icmp.type == 8", "icmp[0] = 8",
    "eth.type == 0x800 && ip.proto#1 == 1 && icmp.type == 8" },
  { "ethernet[12:2] == 0x800 and frame[23] == 6", "ether[12:2] = 0x800 and ether[23] = 6",
    "frame[12:2] == 08:00 && frame[23:1] == 06" },
  { V4 .. "ipv4.df and ipv4.ihl > 5", "ip and ip[6] & 0x40 != 0 and ip[0] & 0xf > 5",
    "eth.type == 0x800 && ip.flags.df#1 == 1 && ip.hdr_len#1 > 20" },
  { V4 .. "ipv4.protocol == tcp and ipv4.fragoffset == 0 and tcp.sport + tcp.dport > 65535",
    "ip and tcp and tcp[0:2] + tcp[2:2] > 65535", "eth.type == 0x800 && ip.proto#1 == 6 && tcp.srcport + tcp.dstport > 65535" },
  { V4 .. "ipv4.protocol == udp and dns.qry.type == A and dns.response", false,
    "eth.type == 0x800 && udp && dns.qry.type == 1 && dns.flags.response == 1" },
  { V4 .. "ipv4.protocol == tcp and ipv4.fragoffset == 0 and tcp.options.mss in {1000..1460}", false,
    "eth.type == 0x800 && ip.proto#1 == 6 && tcp.options.mss_val >= 1000 && tcp.options.mss_val <= 1460" },
}

--- Frames of the plain captures of Ethernet, as one file.
local function merged()
  local list = {}
  for _, name in ipairs(support.samples("plain")) do
    local cap <close> = pcap.open(name)
    if cap and cap.linktype == 1 then list[#list + 1] = name end
  end
  if #list == 0 then return end
  list.order = "files"
  local cap <close> = assert(pcap.merge(list))
  local out = assert(pcap.create(path("plain.pcap"), { snaplen = 262144, precision = "nano" }))
  local m = memory.create()
  for time, wirelen, interface in cap:frames(m) do
    if cap.interfaces[interface].linktype == 1 then assert(out:write(m, time, wirelen)) end
  end
  assert(out:close())
  return path("plain.pcap")
end

describe("the captures of real traffic", function()
  it("give the frames that libpcap's filters give", function()
    if not support.libpcap() then return pending(support.WITHOUT_LIBPCAP) end
    local name = merged()
    if not name then return pending("no captures") end
    for _, pair in ipairs(alike) do
      if pair[2] then
        local f, bpf = assert(filter.compile(pair[1], 1)), assert(pcap.bpf(pair[2], 1))
        local ours, theirs = path("ours.pcap"), path("theirs.pcap")
        for file, wanted in pairs { [ours] = f, [theirs] = bpf } do
          local cap <close> = assert(pcap.open(name))
          local out <close> = assert(pcap.create(file, { like = cap }))
          assert(out:copy(cap, wanted))
        end
        assert.is_true(readfile(ours) == readfile(theirs), pair[1])
      end
    end
  end)

  it("give the frames that tshark's display filters give #interop", function()
    local name = merged()
    if not name or not support.has("tshark") then return pending("no captures, or no tshark") end
    for _, pair in ipairs(alike) do
      if pair[3] then
        local cap <close> = assert(pcap.open(name))
        local numbers = {}
        for number in cap:fields(assert(filter.compile(pair[1])), "frame.number") do numbers[#numbers + 1] = number end
        local _, out, err = support.foreign(("tshark -n -o ip.defragment:FALSE -o tcp.desegment_tcp_streams:FALSE -r %s"
          .. " -Y '%s' -T fields -e frame.number"):format(name, pair[3]))
        local theirs = {}
        for number in out:gmatch("%d+") do theirs[#theirs + 1] = tonumber(number) end
        assert.same(theirs, numbers, pair[3] .. err)
      end
    end
  end)
end)
