--- pktcraft diff.
local support = require "spec.support"
local layouts = require "pktcraft.layouts"
local pcap = require "pktcraft.pcap"

local path, run = support.path, support.run
local ethernet, vlan, ipv4, udp = layouts.ethernet, layouts.vlan, layouts.ipv4, layouts.udp

local function frame(k, ttl, payload)
  return ethernet { source = "02:00:00:00:00:01" } / ipv4 { source = "10.0.0." .. k, destination = "10.0.1.1", ttl = ttl or 64 }
    / udp { source = k, destination = 9999 } / (payload or "payload " .. k)
end

local function write(name, list, shift)
  local out = assert(pcap.create(path(name)))
  for k, pkt in ipairs(list) do assert(out:write(pkt, 1000000000 + k * 1000000 + (shift or 0))) end
  assert(out:close())
  return path(name)
end

local function diff(a, b, args)
  return run(("%s diff %s %s %s"):format(support.pktcraft, a, b, args or ""))
end

describe("pktcraft diff", function()
  local list = {}
  for k = 1, 40 do list[k] = frame(k) end
  local a

  before_each(function() a = write("a.pcap", list) end)

  local function edited(f)
    local copy = table.move(list, 1, #list, 1, {})
    f(copy)
    return write("b.pcap", copy)
  end

  it("has nothing to say of captures that are alike", function()
    local status, out, err = diff(a, a)
    assert.same({ 0, "40 frames alike, 0 changed, 0 only in " .. a .. ", 0 only in " .. a .. "\n", "" }, { status, out, err })
    assert.same({ 0, "", "" }, { diff(a, write("b.pcap", list, 5000), "-q") })
  end)

  it("tells fields that differ, and passes over what is to be ignored", function()
    local b = edited(function(l) l[7] = frame(7, 63) end)
    local status, out = diff(a, b)
    assert.equal(1, status)
    assert.is_truthy(out:find("! frame 7, 7: IP 10.0.0.7 > 10.0.1.1: UDP 7 > 9999, length 9\n", 1, true))
    assert.matches("ipv4.timetolive +64 %-> 63\n", out)
    assert.matches("ipv4.checksum +%d+ %-> %d+\n39 frames alike, 1 changed, 0 only", out)
    for args, expected in pairs { ["--ignore ipv4.ttl"] = 1, ["--ignore ip.ttl --ignore ipv4.checksum"] = 0, ["--ignore ipv4"] = 0,
      ["--ignore ethernet"] = 1, ["--ignore payload"] = 1, ["--ignore ipv4.timetolive --ignore ipv4.checksum"] = 0, ["'udp.source == 8'"] = 0 } do
      assert.equal(expected, (diff(a, b, args)), args)
    end
    assert.is_nil(select(2, diff(a, b, "--ignore ipv4.ttl")):find("timetolive", 1, true))
    assert.same({ 1, "", "" }, { diff(a, b, "-q") })
    b = edited(function(l) l[3] = frame(3, nil, "another") end)
    assert.equal(1, (diff(a, b, "--ignore payload"))) -- its lengths differ
    assert.equal(0, (diff(a, b, "--ignore payload --ignore ipv4 --ignore udp --ignore frame.length 'frame.number ~= 3'")))
  end)

  it("finds frames that are lacking, moved on, or put in", function()
    local b = edited(function(l)
      table.remove(l, 20)
      table.remove(l, 20)
      table.insert(l, 30, frame(99))
      l[5] = frame(5, 1)
    end)
    local status, out = diff(a, b)
    assert.equal(1, status)
    assert.is_truthy(out:find("- frame 20: IP 10.0.0.20 ", 1, true) and out:find("- frame 21: IP 10.0.0.21 ", 1, true)
      and out:find("+ frame 30: IP 10.0.0.99 ", 1, true) and out:find("! frame 5, 5: ", 1, true))
    assert.matches("37 frames alike, 1 changed, 2 only in [^ ]+, 1 only in [^ ]+\n$", out)
    local _, back = diff(b, a)
    assert.matches("37 frames alike, 1 changed, 1 only in [^ ]+, 2 only in [^ ]+\n$", back)
    local _, short = diff(a, write("b.pcap", table.move(list, 1, 30, 1, {})))
    assert.matches("30 frames alike, 0 changed, 10 only in [^ ]+, 0 only in [^ ]+\n$", short)
  end)

  it("compares times when asked to, and layers", function()
    local b = write("b.pcap", list, 2000000)
    assert.equal(0, (diff(a, b)))
    assert.equal(0, (diff(a, b, "--time 0.002")))
    local status, out = diff(a, b, "--time 0.001999 --window 1")
    assert.equal(1, status)
    assert.matches("time +1001000000 %-> 1003000000", out)
    b = edited(function(l)
      l[2] = ethernet { source = "02:00:00:00:00:01" } / vlan { id = 5 } / ipv4 { source = "10.0.0.2", destination = "10.0.1.1" }
        / udp { source = 2, destination = 9999 } / "payload 2"
    end)
    assert.is_truthy(select(2, diff(a, b)):find("ethernet.type                2048 -> 33024", 1, true))
  end)

  it("exits with 2 on trouble", function()
    for args, text in pairs { ["--ignore ipv4.tll"] = "did you mean", ["--ignore nothing"] = "nothing", ["--time x"] = "seconds expected",
      ["--window 0"] = "positive" } do
      local status, out, err = diff(a, a, args)
      assert.same({ 2, "" }, { status, out })
      assert.is_truthy(err:find(text, 1, true), err)
    end
    assert.equal(2, (diff(a, "/nonexistent")))
    assert.equal(2, (diff("-", "-")))
    local cut = support.writefile(path "cut.pcap", support.readfile(a):sub(1, -3))
    local status, _, err = diff(a, cut)
    assert.equal(2, status)
    assert.is_true(#err > 0)
  end)
end)
