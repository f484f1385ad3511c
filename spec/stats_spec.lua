--- pktcraft stats.
local support = require "spec.support"
local layouts = require "pktcraft.layouts"
local pcap = require "pktcraft.pcap"

local path, run = support.path, support.run

--- Forty frames over two seconds: DNS there and back, TCP one way over IPv6, two tags of VLAN, ARP.
local function capture()
  local name = path "stats.pcap"
  local out = assert(pcap.create(name))
  local L = layouts
  for k = 0, 39 do
    local pkt
    if k % 4 < 2 then
      local there = k % 4 == 0
      pkt = L.ethernet {} / L.ipv4 { source = there and "10.0.0.1" or "10.0.0.2", destination = there and "10.0.0.2" or "10.0.0.1" }
        / L.udp { source = there and 1000 or 53, destination = there and 53 or 1000 } / L.dns { id = k, response = not there }
    elseif k % 4 == 2 then
      pkt = L.ethernet {} / L.vlan { id = 1 } / L.vlan { id = 2 } / L.ipv6 { source = "fe80::1", destination = "fe80::2" }
        / L.tcp { source = 2000, destination = 9999 } / ("x"):rep(1000)
    else
      pkt = L.ethernet {} / L.arp { operation = 1 }
    end
    assert(out:write(pkt, 1700000000000000000 + k * 50000000))
  end
  assert(out:close())
  return name
end

local function stats(args) return run(("%s stats %s"):format(support.pktcraft, args)) end

describe("pktcraft stats", function()
  it("counts protocols, talkers, conversations, sizes and rates", function()
    local cjson = require "cjson"
    local status, out, err = stats("--json " .. capture())
    assert.same({ 0, "" }, { status, err })
    local all = cjson.decode(out)
    assert.same({ 40, "1700000000000000000", "1700000001950000000" }, { all.frames, all.first, all.last })
    local bytes = 0
    for _, size in ipairs(all.sizes) do bytes = bytes + size.frames end
    assert.equal(40, bytes)
    local tree = {}
    local function walk(list, before)
      for _, node in ipairs(list or {}) do
        tree[before .. node.layer] = node.frames
        walk(node.above, before .. node.layer .. "/")
      end
    end
    walk(all.protocols, "")
    assert.same({ ethernet = 40, ["ethernet/ipv4"] = 20, ["ethernet/ipv4/udp"] = 20, ["ethernet/ipv4/udp/dns"] = 20, ["ethernet/arp"] = 10,
      ["ethernet/vlan"] = 10, ["ethernet/vlan/ipv6"] = 10, ["ethernet/vlan/ipv6/tcp"] = 10 }, tree) -- a stack of tags is one
    assert.same({ "fe80::1", 10, 0, 10820 }, { all.talkers[1].address, all.talkers[1].sent, all.talkers[1].received, all.talkers[1].sentbytes })
    assert.equal(4, #all.talkers)
    assert.same({ 2, "fe80::1", 9999, 6, 10, "10.0.0.1", 53, 20, 10 }, { #all.conversations, all.conversations[1].source,
      all.conversations[1].dport, all.conversations[1].protocol, all.conversations[1].frames, all.conversations[2].source,
      all.conversations[2].dport, all.conversations[2].frames, all.conversations[2].sentframes })
    local frames = 0
    for _, slot in ipairs(all.rates) do frames = frames + slot.frames end
    assert.equal(40, frames)
  end)

  it("takes an interval, a filter and parts", function()
    local cjson = require "cjson"
    local all = cjson.decode((select(2, stats("--json --interval 0.5 --only rates --filter arp " .. capture()))))
    assert.same({ 10, "500000000", nil }, { all.frames, all.interval, all.protocols })
    local counts = {}
    for k, slot in ipairs(all.rates) do counts[k] = slot.frames end
    assert.same({ 3, 2, 3, 2 }, counts)
  end)

  it("prints what fits a terminal", function()
    local status, out = stats("--top 1 " .. capture())
    assert.equal(0, status)
    for line in out:gmatch "[^\n]+" do assert.is_true(#line <= 80, line) end
    assert.matches("^40 frames, %d+ bytes, 1.950000 s, ", out)
    for _, text in ipairs { "\n      vlan", "talkers (1 of 4)", "conversations (1 of 2)", "[fe80::1]:2000 > [fe80::2]:9999",
      "1024 to 1518", "(each 0.1 s)" } do
      assert.is_truthy(out:find(text, 1, true) or text:find("vlan") and out:find("\n    vlan", 1, true), text)
    end
  end)

  it("draws", function()
    if not support.has "gnuplot" then return pending "gnuplot is not installed" end
    assert.same({ 0, "", "" }, { stats(("--plot %s %s"):format(path "plot.svg", capture())) })
    local svg = support.readfile(path "plot.svg")
    assert.is_truthy(svg:find("<svg", 1, true) and svg:find("bytes of a frame", 1, true))
    assert.equal(2, (stats("--plot x.doc " .. capture())))
  end)

  it("tells of a file that goes on wrongly, and refuses what is none", function()
    local whole = support.readfile(capture())
    local status, out, err = stats(support.writefile(path "cut.pcap", whole:sub(1, -3)))
    assert.same({ 1, true, true }, { status, out:find "^39 frames" ~= nil, #err > 0 })
    assert.equal(2, (stats "/nonexistent"))
    assert.equal(2, (stats("--interval 0 " .. capture())))
    local empty = assert(pcap.create(path "empty.pcap"))
    empty:close()
    assert.same({ 0, "0 frames, 0 bytes\n", "" }, { stats(path "empty.pcap") })
  end)
end)
