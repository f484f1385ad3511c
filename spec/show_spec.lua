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
    assert.same({ 0, "IP 10.0.0.1 > 10.0.0.2: UDP 1000 > 53: DNS 7 query A example.com noerror\n"
      .. "IP 10.0.0.1 > 10.0.0.2: TCP 1 > 80: Flags [S], seq 0, ack 0, win 65535\n"
      .. "ARP request 10.0.0.1 (00:00:00:00:00:00) for 10.0.0.2 (00:00:00:00:00:00)\n", "" }, { show "-t" })
    local _, out = show "-c 1"
    assert.matches("^%d%d:%d%d:%d%d%.123456 IP 10", out)
  end)

  it("takes a filter, a count, trees and bytes", function()
    local _, out = show "-t tcp port 80"
    assert.matches("^IP [%d.]+ > [%d.]+: TCP 1 > 80[^\n]+\n$", out)
    _, out = show "-t -c 1"
    assert.equal(1, select(2, out:gsub("\n", "")))
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
end)
