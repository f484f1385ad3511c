--- The tools of examples that ask servers, serve and replay, against dnsmasq, busybox and tcpdump, and each other.
local support = require "spec.support"
local network = require "spec.network"
local layouts = require "pktcraft.layouts"
local pcap = require "pktcraft.pcap"
local memory = require "memory"
local path, readfile = support.path, support.readfile
local net, command, run, tool, start, sleep, await, finish, dnsmasq =
  network.net, network.command, network.run, network.tool, network.start,
  network.sleep, network.await, network.finish, network.dnsmasq

setup(network.make)
teardown(network.close)

local function test(...) return network.test(it, pending, ...) end

describe("examples/dns-query.lua", function()
  test("asks dnsmasq", { "dnsmasq" }, function()
    local long = {}
    for k = 1, 30 do long[k] = ("--txt-record=long.example,%s%d"):format(("x"):rep(100), k) end
    local pid, file = dnsmasq("far", "--bind-interfaces --interface=f0 --host-record=h.example,192.0.2.8,2001:db8::8 "
      .. "--mx-host=m.example,mail.example,10 --txt-record=t.example,\"hello world\",two --srv-host=_s._tcp.example,srv.example,5060,1,2 "
      .. "--cname=c.example,h.example --caa-record=q.example,0,issue,ca.example --address=/none.example/ " .. table.concat(long, " "))
    for question, answer in pairs {
      ["h.example"] = "192.0.2.8\n", ["H.EXAMPLE. aaaa"] = "2001:db8::8\n", ["m.example MX"] = "10 mail.example.\n",
      ["t.example 16"] = '"hello world" "two"\n', ["_s._tcp.example SRV"] = "1 2 5060 srv.example.\n",
      ["c.example"] = "h.example.\n192.0.2.8\n", ["q.example CAA"] = '0 "issue" "ca.example"\n', ["-x 192.0.2.8"] = "h.example.\n",
      ["-x 2001:db8::8"] = "h.example.\n", ["-t h.example"] = "192.0.2.8\n",
    } do
      assert.same({ 0, answer, "" }, { tool("dns-query", "-s 10.77.2.2 " .. question) })
      assert.same({ 0, answer, "" }, { tool("dns-query", "-s fd77:2::2 " .. question) })
    end
    local status, out = tool("dns-query", "-s 10.77.2.2 long.example TXT") -- by UDP it is cut
    assert.equal(0, status)
    assert.equal(30, select(2, out:gsub('"x+%d+"\n', "")))
    assert.same({ 1, "", "pktcraft: none.example: nxdomain\n" }, { tool("dns-query", "-s 10.77.2.2 none.example") })
    status, out = tool("dns-query", "-v -s 10.77.2.2 h.example")
    assert.equal(0, status)
    assert.matches("^dns: bytes 0 to %d+\n.*responsecode = 0 noerror\n.*a = 192.0.2.8\n", out)
    finish(pid, file, "TERM")
  end)

  test("says that nobody answers", {}, function()
    assert.same({ 1, "", "pktcraft: 10.77.2.2 port 5353: connection refused\n" }, { tool("dns-query", "-s 10.77.2.2 -p 5353 x") })
    assert.same({ 1, "", "pktcraft: 10.77.2.2 port 5353: connection refused\n" }, { tool("dns-query", "-t -s 10.77.2.2 -p 5353 x") })
    assert.same({ 1, "", "pktcraft: 10.77.9.2 port 53: no answer\n" }, { tool("dns-query", "-n 2 -w 0.05 -s 10.77.9.2 x") })
  end)
end)

describe("examples/respond.lua", function()
  local pid, file

  local function respond(args)
    pid, file = start("one", command("respond", "-i o0 -a 10.77.0.53/24 " .. args))
    assert.is_truthy(await(function() return (tool("ping", "-q -c 1 -W 0.3 10.77.0.53")) == 0 end), "respond")
  end

  after_each(function()
    if pid then os.execute(("kill %d 2>/dev/null"):format(pid)) end
    pid = nil
  end)

  test("answers for its addresses, and for names", {}, function()
    support.writefile(path "zone", "# records\n\nz.example A 10.0.0.9\nz.example TXT from a file \n")
    respond("-6 fd77::53 -r 'a.example A 10.0.0.7' -r 'a.example A 10.0.0.8' -r 'A.example MX 10 b.example' -r 'a.example AAAA fd77::7' "
      .. "-r '_s._tcp.example SRV 1 2 5060 srv.example' -z " .. path "zone")
    assert.equal(0, (tool("ping", "-q -c 1 fd77::53")))
    for question, answer in pairs {
      ["a.example"] = "10.0.0.7\n10.0.0.8\n", ["a.example MX"] = "10 b.example.\n", ["A.eXample AAAA"] = "fd77::7\n",
      ["_s._tcp.example SRV"] = "1 2 5060 srv.example.\n", ["z.example"] = "10.0.0.9\n", ["z.example TXT"] = '"from a file"\n',
      ["z.example MX"] = "",
    } do
      assert.same({ 0, answer, "" }, { tool("dns-query", "-s 10.77.0.53 " .. question) })
      assert.same({ 0, answer, "" }, { tool("dns-query", "-s fd77::53 " .. question) })
    end
    assert.same({ 1, "", "pktcraft: x.example: nxdomain\n" }, { tool("dns-query", "-s 10.77.0.53 x.example") })
    local said = finish(pid, file)
    assert.matches("\nIP 10.77.0.1 > 10.77.0.53: UDP %d+ > 53: DNS %d+ query MX a.example[^\n]*\n"
      .. "  IP 10.77.0.53 > 10.77.0.1: UDP 53 > %d+: DNS ", said)
    assert.matches("\n%d+ answered\n$", said)
  end)

  test("answers busybox's nslookup", { "busybox" }, function()
    respond("-q -d 10.0.0.99 -r 'a.example A 10.0.0.7'")
    local status, out = run("here", "unset LD_PRELOAD; busybox nslookup -type=a a.example 10.77.0.53")
    assert.equal(0, status)
    assert.matches("Address: 10.0.0.7\n", out)
    status, out = run("here", "unset LD_PRELOAD; busybox nslookup -type=a other.example 10.77.0.53")
    assert.equal(0, status)
    assert.matches("Address: 10.0.0.99\n", out)
  end)

  test("gives busybox's udhcpc an address", { "busybox" }, function()
    respond("-p 10.77.0.100-10.77.0.110 -g 10.77.0.2 -l 600")
    support.writefile(path "script", '#!/bin/sh\necho "$1 $ip/$mask router $router dns $dns lease $lease"\n')
    os.execute("chmod +x " .. path "script")
    local status, out, err = run("here", "unset LD_PRELOAD; busybox udhcpc -i h0 -f -n -q -t 5 -T 1 -s " .. path "script")
    assert.equal(0, status, err)
    assert.matches("bound 10.77.0.100/24 router 10.77.0.2 dns 10.77.0.53 lease 600\n", out)
    assert.is_nil(err:find "malformed")
    local said = finish(pid, file)
    assert.matches("DHCP discover .*DHCP offer .*DHCP request .*DHCP ack ", said)
  end)
end)

describe("pktcraft.test", function()
  test("is given an address by dnsmasq", { "dnsmasq" }, function()
    local pid, file = dnsmasq("one", "--port=0 --interface=o0 --bind-interfaces --dhcp-range=10.77.0.100,10.77.0.101,10m "
      .. "--dhcp-option=option:router,10.77.0.2 --dhcp-authoritative --no-ping")
    local place <close> = net.here:call(require("pktcraft.test").interface, "h0")
    local client = place:peer { mac = "02:00:00:00:00:aa", promiscuous = true }
    local function ask(kind, options)
      table.insert(options, 1, { messagetype = kind })
      table.insert(options, { code = 255 })
      return client:ethernet { destination = "ff:ff:ff:ff:ff:ff" } / layouts.ipv4 { source = "0.0.0.0", destination = "255.255.255.255" }
        / layouts.udp { source = 68, destination = 67 }
        / layouts.dhcp { transaction = 0x1234567, broadcast = true, clienthardware = client.mac, options = options }
    end
    local function of(kind) return { dhcp = { opcode = "reply", transaction = 0x1234567, options = { messagetype = kind } } } end
    local offer = client:request(ask("discover", { { parameters = { 1, 3, 51 } } }), of(2), { within = 5 })
    assert.packet(offer, { ipv4 = { source = "10.77.0.2" }, dhcp = { options = { serverid = "10.77.0.2", mask = "255.255.255.0",
      leasetime = 600 } } })
    local address = offer.dhcp.youraddress
    assert.matches("^10%.77%.0%.10[01]$", address)
    local ack = client:request(ask("request", { { requestedaddress = address }, { serverid = "10.77.0.2" } }), of(5), { within = 5 })
    assert.packet(ack, { dhcp = { youraddress = address, clienthardware = client.mac } })
    client:request(ask("request", { { requestedaddress = "10.77.5.5" } }), of(6), { within = 5 })
    local said = finish(pid, file, "TERM")
    assert.matches("DHCPACK%(o0%) " .. address:gsub("%.", "%%.") .. " 02:00:00:00:00:aa", said)
  end)
end)

describe("pktcraft replay", function()
  local HOUR <const> = 3600 * 1000000000
  local gaps <const> = { 0, 30000000, 30000000, 100000000, 101000000, 300000000 } -- ns since the first frame

  --- A capture with a frame at each of those times.
  local function capture(name, times, options)
    local out <close> = assert(pcap.create(path(name), options or { precision = "nano" }))
    local frames = {}
    for k, at in ipairs(times) do
      frames[k] = memory.tostring((layouts.ethernet { destination = "ff:ff:ff:ff:ff:ff", source = "02:00:00:00:00:77", type = 0x88b5 }
        / (("frame %03d "):format(k):rep(5 + k % 7))).memory)
      assert(out:write(frames[k], HOUR + at))
    end
    return frames
  end

  --- What comes at the other end while a tool runs: bytes and times.
  local function receive(args, count)
    local nic <close> = net.one:call(function() -- with room for all that comes while nobody reads
      return assert(pcap.live("o0", { direction = "in", filter = "ether proto 0x88b5", immediate = true, snaplen = 2048 }))
    end)
    local status, out, err = tool("replay", args)
    local m, bytes, times = memory.create(), {}, {}
    while #bytes < count do
      local time = nic:next(m, 2)
      if not time then break end
      bytes[#bytes + 1], times[#times + 1] = memory.tostring(m), time
    end
    assert.is_nil((nic:next(m, 0.05)))
    return bytes, times, status, out, err
  end

  test("sends frames as they are, with their distances in time", {}, function()
    local frames = capture("gaps.pcap", gaps)
    local bytes, times, status, out, err = receive("-i h0 " .. path "gaps.pcap", #gaps)
    assert.same({ 0, "" }, { status, out })
    assert.matches("^6 frames, %d+ bytes in 0.[3-9]%d+ s: ", err)
    assert.same(frames, bytes)
    for k = 2, #gaps do
      local after = times[k] - times[1]
      assert.is_true(after > gaps[k] - 25000000 and after < gaps[k] + 500000000, ("frame %d after %d ns"):format(k, after))
    end
    assert.is_true(times[#gaps] - times[4] > 150000000)
    times = select(2, receive("-i h0 -s 100 " .. path "gaps.pcap", #gaps))
    assert.is_true(times[#gaps] - times[1] < 250000000)
  end)

  test("keeps a rate, loops, and filters", {}, function()
    local many = {}
    for k = 1, 100 do many[k] = k * 10 end
    local frames = capture("many.pcap", many)
    local bytes, times, status, _, err = receive("-i h0 -r 1000 -l 2 " .. path "many.pcap", 200)
    assert.equal(0, status)
    assert.equal(200, #bytes)
    for k = 1, 200 do assert.equal(frames[(k - 1) % 100 + 1], bytes[k]) end
    assert.matches("^200 frames, ", err)
    assert.is_true(times[200] - times[1] > 150000000 and times[200] - times[1] < 2000000000)
    local sum = 0
    for _, each in ipairs(frames) do sum = sum + #each end
    bytes, times = receive("-i h0 -b 0.5M " .. path "many.pcap", 100)
    assert.equal(100, #bytes)
    assert.is_true(times[100] - times[1] > sum * 8 * 2000 * 0.8 and times[100] - times[1] < sum * 8 * 2000 * 8)
    local long = {}
    for _ = 1, 2 do
      for _, each in ipairs(frames) do long[#long + 1] = #each > 90 and each or nil end
    end
    bytes = receive(("-q -i h0 -t -f 'frame.length > 90' %s %s"):format(path "many.pcap", path "many.pcap"), #long)
    assert.same(long, bytes)
  end)

  test("sends what tcpdump receives byte for byte", { "tcpdump" }, function()
    local frames = capture("order.pcap", { 0, 1, 2, 3, 4 })
    local pid, file = start("one", ("env -u LD_PRELOAD tcpdump --immediate-mode -Q in -n -i o0 -U -w %s -c 10 ether proto 0x88b5")
      :format(path "dumped.pcap"))
    assert.is_truthy(await(function() return readfile(file):find("listening on", 1, true) end))
    assert.equal(0, (tool("replay", ("-q -t -l 2 -i h0 %s"):format(path "order.pcap"))))
    assert.is_truthy(await(function() return readfile(file):find("10 packets captured", 1, true) end))
    finish(pid, file)
    local k = 0
    for pkt in assert(pcap.open(path "dumped.pcap")):packets() do
      k = k + 1
      assert.equal(frames[(k - 1) % 5 + 1], memory.tostring(pkt.memory))
    end
    assert.equal(10, k)
  end)

  test("sums up when it is interrupted, however short what it sends", {}, function()
    capture("one.pcap", { 0 })
    for _, args in ipairs { "-l 0 ", "-r 10 -l 100 " } do
      local pid, file = start("here", command("replay", "-i h0 " .. args .. path "one.pcap"))
      sleep(0.3)
      assert.matches("^%d+ frames, %d+ bytes in [%d.]+ s: .*, interrupted\n$", finish(pid, file))
    end
  end)

  test("says what it can't send", {}, function()
    capture("raw.pcap", { 0 }, { linktype = 101 })
    capture("none.pcap", {})
    local status, out, err = tool("replay", "-q -i h0 " .. path "raw.pcap")
    assert.same({ 1, "", ("pktcraft: %s: link type 101, and h0 has 1\n"):format(path "raw.pcap") }, { status, out, err })
    assert.same({ 1, "", "pktcraft: h9: there is no such interface\n" }, { tool("replay", "-q -i h9 " .. path "raw.pcap") })
    assert.equal(0, (tool("replay", "-l 0 -q -i h0 " .. path "none.pcap")))
    support.writefile(path "long.pcap", support.pcapfile({}, { { 1, 0, ("x"):rep(60) }, { 1, 0, ("x"):rep(2000) } }))
    status, out, err = tool("replay", "-i h0 " .. path "long.pcap")
    assert.same({ 1, "" }, { status, out })
    assert.matches("^1 frames, 60 bytes in .*\npktcraft: h0: a frame of 2000 bytes is longer than the interface sends %(MTU 1500%)\n$", err)
  end)
end)
