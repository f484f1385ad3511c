--- pktcraft capture and pktcraft send, in network namespaces of their own.
local support = require "spec.support"
local network = require "spec.network"
local pcap = require "pktcraft.pcap"
local path, readfile = support.path, support.readfile
local command, tool, start, await, finish = network.command, network.tool, network.start, network.await, network.finish

setup(network.make)
teardown(network.close)

local function test(...) return network.test(it, pending, ...) end

--- Starts a capture at the other end of the link, and waits until it listens.
local function capturing(args)
  local pid, file = start("one", command("capture", "-i o0 -Q in " .. args))
  assert.is_truthy(await(function() return readfile(file):find("listening on o0", 1, true) end))
  return pid, file
end

--- Sends so many numbered frames.
local function send(n)
  return tool("send", ([[-i h0 -c %d 'ethernet { destination = "ff:ff:ff:ff:ff:ff", source = "02:00:00:00:00:77" }
    / ipv4 { source = "10.77.0.1", destination = "10.77.0.255", ident = k } / udp { source = k, destination = 9999 } / "data"']]):format(n))
end

describe("pktcraft capture", function()
  test("writes what comes, and ends as a whole when it is interrupted", {}, function()
    for _, name in ipairs { "got.pcapng", "got.pcap" } do
      local pid, file = capturing(("-w %s udp port 9999"):format(path(name)))
      assert.same({ 0, "", "50 frames sent by h0\n" }, { send(50) })
      await(function() return false end, 0.3)
      assert.matches("50 frames captured, 50 received by the filter, 0 dropped", finish(pid, file, "INT"))
      local cap = assert(pcap.open(path(name)))
      assert.equal(name:match "%.(%a+)$", cap.format)
      local n = 0
      for pkt in cap:packets() do
        n = n + 1
        assert.same({ n, n, "data" }, { pkt.ipv4.ident, pkt.udp.source, pkt.payload })
      end
      assert.equal(50, n)
      if cap.format == "pcapng" then assert.equal("o0", cap.interfaces[1].if_name) end
    end
  end)

  test("ends after a count or a time, and makes rings of files", {}, function()
    local pid, file = capturing(("-c 7 -w %s 'udp.source > 3 and udp.destination == 9999'"):format(path "seven.pcap"))
    send(20)
    assert.matches("7 frames captured", finish(pid, file, "CONT"))
    local first = assert(pcap.open(path "seven.pcap")):packets()().udp.source
    assert.equal(4, first)
    pid, file = capturing(("-C 0.0005 -W 3 -w %s 'udp.destination == 9999'"):format(path "ring.pcap"))
    send(60)
    await(function() return false end, 0.3)
    finish(pid, file, "INT")
    local pipe <close> = io.popen(("ls %s | wc -l"):format(path "ring_*"))
    assert.equal(3, pipe:read "n")
    local status, _, err = tool("capture", "-i h0 --seconds 0.2 -q -w " .. path "none.pcap")
    assert.same({ 0, "" }, { status, err })
    assert.equal(0, assert(pcap.open(path "none.pcap")):count("udp.destination == 9999"))
  end)

  test("prints lines without a file", {}, function()
    local pid, file = capturing("-t -c 2 'udp.destination == 9999'")
    send(2)
    finish(pid, file, "CONT")
    assert.matches("IP 10.77.0.1 > 10.77.0.255: UDP 1 > 9999, length 4\nIP 10.77.0.1 > 10.77.0.255: UDP 2 > 9999", readfile(file))
  end)

  test("lists interfaces, and refuses what does not go together", {}, function()
    local status, out = tool("capture", "-D")
    assert.equal(0, status)
    assert.matches("%d+%. h0 +%u?%l+ +%x%x:%x%x[^\n]* 10%.77%.0%.1", out)
    for args, text in pairs { ["-i h0 -C 1"] = "go with -w", ["-i h0 -w x -W 2"] = "goes with", ["-i h0 -w x -v"] = "prints nothing",
      ["-i h0 'udp.sorce == 1'"] = "did you mean", [""] = "-i", ["-i h0 --seconds -1"] = "positive number" } do
      local code, _, err = tool("capture", args)
      assert.equal(2, code, args)
      assert.is_truthy(err:find(text, 1, true), args .. ": " .. err)
    end
    local code, _, err = tool("capture", "-i h9")
    assert.same({ 1, "pktcraft: h9: there is no such interface\n" }, { code, err })
  end)
end)

describe("pktcraft send", function()
  test("finds the way of packets that begin with IP, and prints answers", {}, function()
    local status, out, err = tool("send", [[--answers 0.5 -f icmp 'ipv4 { destination = "10.77.2.2" } / icmp { type = "echo request" } / "hello"']])
    assert.same({ 0, "1 frames sent by h0\n" }, { status, err })
    assert.matches("IP 10.77.2.2 > 10.77.0.1: ICMP echo reply", out)
    status, out = tool("send", [[--answers 0.5 -f icmpv6 'ipv6 { destination = "fd77:2::2" } / icmpv6 { type = "echo request" }']])
    assert.equal(0, status)
    assert.matches("IP6 fd77:2::2 > fd77::1: ICMP6 echo reply", out)
  end)

  test("keeps to a rate", {}, function()
    local begin = pcap.clock()
    assert.equal(0, (tool("send", "-i h0 -c 30 -r 100 'ethernet {}'")))
    assert.is_true(pcap.clock() - begin > 0.28e9)
  end)

  test("says what is wrong", {}, function()
    for args, text in pairs { ["'ethernet {'"] = "expected", ["-i h0 nothing"] = "a packet expected", ["'ethernet {}'"] = "-i: the interface",
      ["-i h0 'ethernet { nope = 1 }'"] = "nope", ["-i h0 -r 0 'ethernet {}'"] = "positive" } do
      local status, out, err = tool("send", args)
      assert.same({ 2, "" }, { status, out }, args)
      assert.is_truthy(err:find(text, 1, true), args .. ": " .. err)
    end
  end)
end)
