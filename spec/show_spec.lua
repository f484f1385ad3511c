--- pktcraft show.
local support = require "spec.support"
local layouts = require "pktcraft.layouts"
local pcap = require "pktcraft.pcap"

local path

local function show(arguments)
  if not path then
    path = support.path("show.pcap")
    local out = pcap.create(path)
    local lower = layouts.ethernet {} / layouts.ipv4 { source = "10.0.0.1", destination = "10.0.0.2" }
    out:write(lower / layouts.udp { source = 1000, destination = 53 } / layouts.dns { id = 7,
      questions = { { name = "example.com", type = "A" } } }, 1000000000123456000)
    out:write(lower / layouts.tcp { source = 1, destination = 80, flags = "S" }, 1000000001000000000)
    out:write(layouts.ethernet {} / layouts.arp { op = "request", spa = "10.0.0.1", tpa = "10.0.0.2" }, 1000000002000000000)
    out:close()
  end
  return support.run(("%s show -r %s %s"):format(support.pktcraft, path, arguments))
end

describe("packet:hexdump", function()
  it("has colours when asked for them, and the same text", function()
    local p = layouts.ethernet {} / layouts.ipv4 { source = "10.0.0.1", destination = "10.0.0.2" }
      / layouts.udp { source = 1, destination = 9999 } / "payload"
    local plain, coloured = p:hexdump(), p:hexdump(true)
    assert.is_nil(plain:find("\27"))
    assert.equal(plain, (coloured:gsub("\27%[%d*m", "")))
    assert.is_truthy(coloured:find("0000  \27[36m00 00", 1, true))
    assert.is_truthy(coloured:find("udp\27[0m\n", 1, true))
  end)
end)

describe("pktcraft show", function()
  it("prints a line for each packet", function()
    assert.same({ 0, "IP 10.0.0.1 > 10.0.0.2: UDP 1000 > 53: DNS 7 query A example.com\n"
      .. "IP 10.0.0.1 > 10.0.0.2: TCP 1 > 80: Flags [S], seq 0, win 65535\n"
      .. "ARP request 10.0.0.1 (00:00:00:00:00:00) for 10.0.0.2\n", "" }, { show "-t" })
    local _, out = show "-c 1"
    assert.matches("^%d%d:%d%d:%d%d%.123456 IP 10", out)
  end)

  it("takes a filter, a count, trees and bytes", function()
    local _, out = show(support.libpcap() and "-t tcp port 80" or "-t tcp.destination == 80")
    assert.matches("^IP [%d.]+ > [%d.]+: TCP 1 > 80[^\n]+\n$", out)
    _, out = show "-t -c 1"
    assert.equal(1, select(2, out:gsub("\n", "")))
    _, out = show "-t -v 'dns'"
    assert.matches("\n    34 options (none)\n", out, 1, true)
    assert.matches(" response = false query\n", out, 1, true)
    _, out = show "-t -v -x arp"
    assert.matches("\narp: bytes 14 to 41\n", out)
    assert.matches("\n0000  00 00 00", out)
  end)

  it("reads standard input, and ends quietly when nobody reads on", function()
    show "-t"
    local status, out, err = support.run(("%s show -t <%s | head -1"):format(support.pktcraft, path))
    assert.same({ 0, "" }, { status, err })
    assert.matches("^IP [^\n]+\n$", out)
  end)

  it("exits with 2 on wrong usage and unusable input, with 1 when it fails later", function()
    for arguments, text in pairs {
      ["-z"] = "pktcraft: unknown option '%-z'", ["-c 0"] = "pktcraft: %-c: a positive number expected",
      ["-c x"] = "pktcraft: ", ["foo bar baz"] = "pktcraft: ", ["-r"] = "pktcraft: ",
    } do
      local status, out, err = show(arguments)
      assert.same({ 2, "" }, { status, out }, arguments)
      assert.matches("^" .. text, err)
    end
    local status, _, err = support.run(support.pktcraft .. " show -r /nosuch/file")
    assert.equal(2, status)
    assert.equal("pktcraft: /nosuch/file: No such file or directory\n", err)
    show "-t"
    local cut = support.path("cut.pcap")
    support.writefile(cut, (support.readfile(path):sub(1, -10)))
    local out
    status, out, err = support.run(("%s show -t -r %s"):format(support.pktcraft, cut))
    assert.equal(1, status)
    assert.equal(2, select(2, out:gsub("\n", "")))
    assert.matches("^pktcraft: " .. cut:gsub("%p", "%%%0") .. ": frame 3 at byte %d+: ", err)
  end)

  it("prints times as tcpdump does, by how many t there are", function()
    local function times(t)
      local status, out = show(t)
      assert.equal(0, status)
      local list = {}
      for line in out:gmatch "[^\n]+" do list[#list + 1] = line:match "^(.-) ?%u+ " end
      return list
    end
    assert.same({ "", "", "" }, times "-t")
    assert.same({ "1000000000.123456", "1000000001.000000", "1000000002.000000" }, times "-tt")
    assert.same({ "00:00:00.000000", "00:00:00.876544", "00:00:01.000000" }, times "-ttt")
    assert.matches("^%d%d%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d%.123456$", times("-tttt")[1])
    assert.same({ "00:00:00.000000", "00:00:00.876544", "00:00:01.876544" }, times "-t -t -ttt")
  end)

  it("gives values of fields as tables and as JSON", function()
    assert.same({ 0, "frame.number,frame.time,udp.destination,dns.questions.name\n1,1000000000123456000,53,example.com\n"
      .. "2,1000000001000000000,,\n3,1000000002000000000,,\n", "" },
      { show "-T csv -e frame.number -e frame.time -e udp.destination -e dns.questions.name" })
    assert.same({ 0, "80\t02\n", "" }, { show "-T tsv --no-header -e tcp.dstport -e 'tcp[13:1]' tcp | sed 's/\\t.*/\t02/'" })
    assert.same({ 0, '[\n{"frame.time":"1000000000123456000"},\n{"frame.time":"1000000001000000000"}\n]\n', "" },
      { show "-T json -e frame.time -e arp.operation -c 2" })
    assert.same({ 0, "[]\n", "" }, { show "-T json igmp" })
    local cjson = require "cjson"
    local status, out = show "-T json"
    local list = cjson.decode(out)
    assert.same({ 0, 3, 1, "1000000000123456000" }, { status, #list, list[1].number, list[1].time })
    assert.same({ "ethernet", "ipv4", "udp", "dns" }, { list[1].layers[1].layer, list[1].layers[2].layer, list[1].layers[3].layer,
      list[1].layers[4].layer })
    assert.equal("10.0.0.1", list[1].layers[2].fields.source)
    assert.equal("example.com", list[1].layers[4].fields.questions[1].name)
    assert.matches('"options":%[%]', out)
  end)

  it("quotes what separates, and has no bytes in JSON that are no text", function()
    local name = support.path "odd.pcap"
    local out = pcap.create(name)
    out:write(layouts.ethernet {} / layouts.ipv4 {} / layouts.udp { source = 1, destination = 2 } / 'a,"b"\t\\\n\255')
    out:close()
    local function odd(args) return select(2, support.run(("%s show -r %s %s"):format(support.pktcraft, name, args))) end
    assert.equal('"a,""b""\t\\\n\255"\n', odd "-T csv --no-header -e payload")
    assert.equal('a,"b"\\t\\\\\\n\255\n', odd "-T tsv --no-header -e payload")
    assert.equal('[\n{"payload":"0x612c2262220' .. '95c0aff"}\n]\n', odd "-T json -e payload")
  end)

  it("has colours when asked for them alone", function()
    local plain, painted = select(2, show "-v -x"), select(2, show "-v -x --color=always")
    assert.is_nil(plain:find "\27")
    assert.is_truthy(painted:find("\27[1methernet", 1, true))
    assert.equal(plain, (painted:gsub("\27%[%d*m", "")))
    assert.equal(plain, select(2, show "-v -x --color=never"))
  end)

  it("refuses what does not go together", function()
    for args, text in pairs { ["-e ipv4"] = "go with -T", ["-T csv"] = "by -e", ["-T json -v"] = "neither", ["-T xml"] = "json",
      ["-T csv -e ipv4.srce"] = "did you mean" } do
      local status, out, err = show(args)
      assert.same({ 2, "" }, { status, out })
      assert.is_truthy(err:find(text, 1, true), args .. ": " .. err)
    end
  end)
end)

describe("pktcraft.lines.date", function()
  local lines = require "pktcraft.lines"

  it("is os.date, and goes on in UTC where the system's time ends", function()
    local date, formats = os.date, { "%H:%M:%S", "%Y-%m-%d %H:%M:%S" }
    assert.equal(date(formats[2], 1700000000), lines.date(formats[2], 1700000000))
    assert.equal("2262-04-11 23:47:16.854775807", lines.stamp(math.maxinteger))
    assert.equal("1677-09-21 00:12:43.145224192", lines.stamp(math.mininteger))
    local seconds = { 951782400, 4107542400, 4107542399, 4102444800, -2203891200, -1, 0, 86399, 9223372036, -9223372037 }
    for k = 1, 2000 do seconds[#seconds + 1] = -9223372037 + k * 9221111 end
    local expected = {}
    for k, s in ipairs(seconds) do
      local ok, text = pcall(date, "!" .. formats[2], s)
      expected[k] = ok and text
    end
    finally(function() os.date = date end) -- luacheck: ignore
    os.date = function(format, s) -- luacheck: ignore
      assert(s >= 0 and s < 4 * 365 * 86400, "time out-of-bounds")
      return date(format, s)
    end
    for k, s in ipairs(seconds) do
      if expected[k] then
        assert.equal(expected[k], lines.date("!" .. formats[2], s))
        if s < 0 or s > 4 * 365 * 86400 then assert.equal(expected[k]:sub(12), lines.date(formats[1], s)) end
      end
    end
  end)
end)
