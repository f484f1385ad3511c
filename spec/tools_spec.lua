--- The tools of examples that send and listen, against the kernel in network namespaces of their own.
local support = require "spec.support"
local network = require "spec.network"
local layouts = require "pktcraft.layouts"
local pcap = require "pktcraft.pcap"
local readfile = support.readfile
local net, command, run, tool, start, sleep, await, finish =
  network.net, network.command, network.run, network.tool, network.start,
  network.sleep, network.await, network.finish

setup(network.make)
teardown(network.close)

local function test(...) return network.test(it, pending, ...) end

local TOOLS <const> = { "ping", "traceroute", "arp-scan", "dns-query", "syn-scan", "respond", "replay", "capture", "send" }
local COMMANDS <const> = { replay = true, capture = true, send = true }

describe("the tools", function()
  it("say how they are used", function()
    for _, name in ipairs(TOOLS) do
      local status, out, err = support.run(command(name, "--help"))
      assert.same({ 0, "" }, { status, err }, name)
      assert.matches("^Usage: " .. (COMMANDS[name] and "pktcraft " .. name or name:gsub("%-", "%%-") .. "%.lua") .. " ", out)
      status, out, err = support.run(command(name, "--nonsense"))
      assert.same({ 2, "" }, { status, out }, name)
      assert.matches("^pktcraft: .*\nUsage: ", err)
    end
    for args, text in pairs {
      ["ping -c 0 ::1"] = "-c: a positive number", ["ping -s 70000 ::1"] = "-s: 0 to 65507",
      ["ping -t 0 ::1"] = "-t: 1 to 255", ["traceroute -m 0 ::1"] = "1 to 255 hops",
      ["traceroute -n 0 ::1"] = "1 to 10 probes", ["arp-scan x"] = "x: no prefix of IPv4",
      ["arp-scan 10.0.0.0/33"] = "no prefix of IPv4", ["dns-query a.example foo"] = "FOO: no such type",
      ["dns-query -x a.example"] = "a.example: no such address", ["syn-scan -p 9-8 ::1"] = "no ports: 9%-8",
      ["syn-scan -p 65536 ::1"] = "no ports: 65536", ["replay -i lo -b x y"] = "-b: a positive number",
      ["replay -i lo nosuchfile"] = "nosuchfile: No such file", ["respond -i lo -a 10.0.0.1"] = "ADDRESS/BITS expected",
      ["respond -i lo -a 10.0.0.1/8 -r x"] = "NAME TYPE VALUE expected",
      ["respond -i lo -a 10.0.0.1/8 -r 'x A ::1'"] = "not of this type: x A ::1",
      ["respond -i lo -a 10.0.0.1/8 -r 'x SOA a'"] = "not of this type: x SOA a",
      ["respond -i lo -a 10.0.0.1/8 -6 10.0.0.1"] = "10.0.0.1: no address of IPv6",
      ["traceroute -p 65500 ::1"] = "-p: 1 to 65445 expected", ["replay -i lo -l 2 -"] = "can be read once",
    } do
      local name, rest = args:match "^(%S+) (.*)$"
      local status, out, err = support.run(command(name, rest))
      assert.same({ 2, "" }, { status, out }, args)
      assert.matches("^pktcraft: [^\n]*" .. text:gsub("^%-", "%%-"), err)
    end
  end)
end)

describe("pktcraft.route", function()
  local route = require "pktcraft.route"

  test("finds the way that the kernel goes", {}, function()
    net.here:call(function()
      local to = assert(route.to "10.77.2.2")
      assert.same({ "h0", "10.77.0.1", "10.77.0.2", "10.77.0.2", "unicast", "ipv4", 1500 },
        { to.interface, to.source, to.gateway, to.hop, to.kind, to.version, to.mtu })
      assert.equal("10.77.2.2 by h0 from 10.77.0.1 through 10.77.0.2", tostring(to))
      to = assert(route.to "fd77:0::2")
      assert.same({ "h0", "fd77::1", nil, "fd77:0::2" }, { to.interface, to.source, to.gateway, to.hop })
      assert.same({ "lo", "local" }, { route.to("10.77.0.1").interface, route.to("10.77.0.1").kind })
      assert.equal("broadcast", route.to("10.77.0.255").kind)
      assert.equal("multicast", route.to("ff02::1%h0").kind)
      assert.equal("multicast", route.to("ff02::1", "h0").kind)
    end)
  end)

  test("finds who gets the frames", {}, function()
    local theirs = net.one:call(function() return route.interface("o0").mac end)
    net.here:call(function()
      os.execute "ip neigh flush all" -- each is asked; once the kernel knows, it is asked instead
      for _, address in ipairs { "10.77.0.2", "10.77.2.2", "fd77::2", "fd77:2::2", "8.8.8.8" } do
        assert.equal(theirs, assert(assert(route.to(address)):resolve()), address)
      end
      os.execute "ip neigh replace 10.77.0.77 lladdr 02:00:00:00:00:4d dev h0; ip neigh replace fd77::4d lladdr 02:00:00:00:00:4d dev h0"
      assert.equal("02:00:00:00:00:4d", route.to("10.77.0.77"):resolve())
      assert.equal("02:00:00:00:00:4d", route.to("fd77::4d"):resolve())
      assert.equal("33:33:00:00:00:fb", route.to("ff02::fb", "h0"):resolve())
      assert.equal("01:00:5e:7f:ff:fa", route.to("239.255.255.250"):resolve())
      assert.equal("ff:ff:ff:ff:ff:ff", route.to("10.77.0.255"):resolve())
      local link = net.one:call(function()
        for _, each in ipairs(route.interface("o0").addresses) do
          if each.address:find "^fe80" then return each.address end
        end
      end)
      assert.equal(theirs, route.to(link .. "%h0"):resolve())
    end)
  end)

  test("makes headers that the other side answers", {}, function()
    net.here:call(function()
      local to = assert(route.to "10.77.2.2")
      local head = assert(to:header { ttl = 7 })
      assert.same({ to.mac, to.hopmac, "10.77.0.1", "10.77.2.2", 7 }, { head.ethernet.source, head.ethernet.destination,
        head.ipv4.source, head.ipv4.destination, head.ipv4.ttl })
      local nic <close> = assert(to:open { filter = "icmp", immediate = true, direction = "in" })
      assert(nic:send(head / layouts.icmp { type = "echo request", identifier = 9 }))
      assert.equal(0, nic:packets("icmp.identifier == 9", 2)().icmp.type)
    end)
  end)

  test("says why there is none", {}, function()
    net.here:call(function()
      assert.same({ nil, "nonsense: no such address" }, { route.to "nonsense" })
      assert.same({ nil, "h9: there is no such interface" }, { route.to("10.77.0.9", "h9") })
      assert.same({ nil, "10.77.0.9: nobody on h0 says by ARP that it is there" }, { route.to("10.77.0.9"):resolve(0.05) })
      assert.same({ nil, "fd77::9: nobody on h0 says by Neighbor Discovery that it is there" },
        { route.to("fd77::9"):resolve(0.05) })
      assert.matches("Linux drops such frames", select(2, route.to("127.0.0.1"):header()))
      assert.matches("^IP6 ::1 > ::1", tostring(route.to("::1"):header():copy()):gsub("^.-IP6", "IP6"))
    end)
    net.one:call(function() assert.same({ nil, "10.77.8.1: Permission denied" }, { route.to "10.77.8.1" }) end)
    net.two:call(function()
      os.execute "ip route add unreachable 10.77.7.0/24; ip -6 route add unreachable fd77:7::/64"
      assert.same({ nil, "10.77.7.1: there is no route" }, { route.to "10.77.7.1" })
      assert.same({ nil, "fd77:7::1: there is no route" }, { route.to "fd77:7::1" })
    end)
  end)

  it("knows addresses and looks up names", function()
    assert.same({ "\192\0\2\1", "ipv4" }, { route.bytes "192.0.2.1" })
    assert.same({ ("\0"):rep(15) .. "\1", "ipv6" }, { route.bytes "::1" })
    for _, text in ipairs { "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "::1::", "x", ":" } do assert.is_nil(route.bytes(text), text) end
    assert.same({ "::1", "ipv6" }, { route.lookup "::1" })
    assert.same({ nil, "::1: no address of ipv4" }, { route.lookup("::1", "ipv4") })
    if not pcall(require, "socket") then return pending "no LuaSocket" end
    assert.same({ "127.0.0.1", "ipv4" }, { route.lookup("localhost", "ipv4") })
    assert.is_nil((route.lookup "nonsense..example"))
  end)
end)

describe("examples/ping.lua", function()
  for version, to in pairs { ipv4 = "10.77.0.2", ipv6 = "fd77::2" } do
    test("asks the kernel by " .. version, {}, function()
      local status, out, err = tool("ping", "-c 3 -i 0.05 " .. to)
      assert.same({ 0, "" }, { status, err })
      assert.matches(("^PING %s (%s) from %s h0: 56 bytes of data\n"):format(to, to, version == "ipv4" and "10.77.0.1" or "fd77::1")
        :gsub("[().]", "%%%0"), out)
      local shortest, longest = math.huge, 0
      for n = 1, 3 do
        local ms = tonumber(out:match(("\n64 bytes from %s: icmp_seq=%d ttl=64 time=([%%d.]+) ms\n"):format(to, n)))
        assert.is_true(ms > 0 and ms < 1000)
        shortest, longest = math.min(ms, shortest), math.max(ms, longest)
      end
      assert.matches("\n3 sent, 3 received, 0%% lost, %d+ ms\n", out)
      local least, mean, most = out:match "\nrtt min/avg/max/mdev = ([%d.]+)/([%d.]+)/([%d.]+)/[%d.]+ ms\n$"
      assert.same({ shortest, longest }, { tonumber(least), tonumber(most) })
      assert.is_true(tonumber(mean) >= shortest and tonumber(mean) <= longest)
    end)

    test("sends and gathers fragments of " .. version, {}, function()
      local status, out, err = tool("ping", "-c 2 -i 0 -s 4000 " .. to)
      assert.same({ 0, "" }, { status, err })
      assert.equal(2, select(2, out:gsub("\n4008 bytes from ", "")))
    end)
  end

  test("says who could not hand it on", {}, function()
    local status, out = tool("ping", "-c 1 -t 1 10.77.2.2")
    assert.equal(1, status)
    assert.matches("\nFrom 10.77.0.2: icmp_seq=1 time exceeded %(code 0%)\n", out)
    assert.matches("\n1 sent, 0 received, %+1 errors, 100%% lost", out)
    status, out = tool("ping", "-c 1 -t 2 fd77:2::2")
    assert.equal(1, status)
    assert.matches("\nFrom fd77:1::2: icmp_seq=1 time exceeded %(code 0%)\n", out)
    status, out = tool("ping", "-q -c 2 -i 0 -W 0.1 10.77.9.1")
    assert.equal(1, status)
    assert.matches("^%-%-%- 10.77.9.1 ping statistics %-%-%-\n2 sent, 0 received, 100%% lost, %d+ ms\n$", out)
  end)

  test("tells of lost, late and doubled replies", {}, function()
    local answer = require("pktcraft.test").answers.echo().answer
    local nic <close> = net.one:call(function() return assert(pcap.live("o0", { immediate = true, direction = "in" })) end)
    local me = { ipv4 = "10.77.0.60", mac = "02:00:00:00:00:60" }
    function me.ethernet(_, fields) return layouts.ethernet { source = me.mac, destination = fields.destination } end
    local arp = require("pktcraft.test").answers.arp().answer
    local pid, file = start("here", command("ping", "-c 4 -i 0.1 -W 0.5 " .. me.ipv4))
    local asked = 0
    for pkt in nic:packets(("arp.targetprotocol == %s or ipv4.destination == %s"):format(me.ipv4, me.ipv4), 8) do
      if pkt.arp then
        nic:send(arp(pkt, me))
      else
        asked = pkt.icmp.sequence
        sleep(asked == 3 and 0.05 or 0)
        if asked ~= 2 then nic:send(answer(pkt, me)) end
        if asked == 3 then nic:send(answer(pkt, me)) end
        if asked == 4 then break end
      end
    end
    assert.is_truthy(await(function() return readfile(file):find "rtt" end))
    local out = finish(pid, file)
    assert.equal(4, asked)
    assert.matches("\n4 sent, 3 received, %+1 duplicates, 25%% lost, ", out)
    assert.is_nil(out:find("icmp_seq=2", 1, true))
    assert.is_true(tonumber(out:match "icmp_seq=3 ttl=64 time=([%d.]+) ms\n") >= 50)
    assert.matches("icmp_seq=3 [^\n]* %(DUP!%)\n", out)
  end)

  test("goes by tunnels, which have no Ethernet", {}, function()
    local tun, problem = net.two:call(pcap.tap, "tun0", { mode = "tun" })
    if not tun then return pending(problem) end
    run("two", "ip addr add 10.77.6.1/24 dev tun0; ip addr add fd77:6::1/64 dev tun0 nodad")
    for _, to in ipairs { "10.77.6.2", "fd77:6::2" } do
      local pid, file = start("two", command("ping", "-c 1 -W 5 " .. to))
      local pkt = tun:packets("icmp.type == 8 or icmpv6.type == 128", 5)()
      local ip, echo = pkt.ipv4 or pkt.ipv6, pkt.icmp or pkt.icmpv6
      assert(tun:send(layouts[pkt.ipv4 and "ipv4" or "ipv6"] { source = ip.destination, destination = ip.source }
        / layouts[pkt.icmp and "icmp" or "icmpv6"] { type = "echo reply", identifier = echo.identifier, sequence = 1 } / pkt.payload))
      assert.is_truthy(await(function() return readfile(file):find "rtt" end), readfile(file))
      assert.matches("\n64 bytes from " .. to .. ": icmp_seq=1 ", finish(pid, file))
    end
    tun:close()
  end)

  test("sums up when it is interrupted", {}, function()
    local pid, file = start("here", command("ping", "-i 0.05 fd77:2::2"))
    assert.is_truthy(await(function() return readfile(file):find("icmp_seq=3", 1, true) end))
    assert.matches("\n%-%-%- fd77:2::2 ping statistics %-%-%-\n%d+ sent, %d+ received, ", finish(pid, file))
  end)

  test("says what fails", {}, function()
    local status, out, err = tool("ping", "-c 1 nonsense..example")
    assert.same({ 1, "" }, { status, out })
    assert.matches("^pktcraft: nonsense..example: ", err)
    assert.same({ 1, "", "pktcraft: 10.77.0.9: nobody on h0 says by ARP that it is there\n" }, { tool("ping", "-c 1 10.77.0.9") })
    status, out, err = tool("ping", "-c 1 127.0.0.1")
    assert.same({ 1, "" }, { status, out })
    assert.matches("^pktcraft: 127.0.0.1 is this machine's own", err)
    assert.equal(0, (tool("ping", "-q -c 1 ::1")))
    assert.same({ 1, "", "pktcraft: h9: there is no such interface\n" }, { tool("ping", "-I h9 10.77.0.2") })
  end)
end)

describe("examples/traceroute.lua", function()
  for version, to in pairs { ipv4 = "10.77.%s.2", ipv6 = "fd77:%s::2" } do
    for how, flag in pairs { UDP = "", ICMP = "-I", TCP = "-T" } do
      test(("finds the routers by %s over %s"):format(how, version), {}, function()
        local status, out, err = tool("traceroute", ("-w 2 %s %s"):format(flag, to:format(2)))
        assert.same({ 0, "" }, { status, err }, out)
        local lines = {}
        for line in out:gmatch "[^\n]+" do lines[#lines + 1] = line end
        assert.matches(("^traceroute to %s (%s) by %s"):format(to:format(2), to:format(2), how):gsub("[().]", "%%%0"), lines[1])
        assert.equal(4, #lines)
        for k = 1, 3 do
          local router = to:format(k - 1):gsub(":0::", "::")
          assert.equal(("%2d  %s  T ms  T ms  T ms"):format(k, router), (lines[k + 1]:gsub("%f[%d]%d+%.%d%d%d%f[ ]", "T")))
        end
      end)
    end
  end

  test("tells of silence, of ends and of refusals", {}, function()
    local status, out = tool("traceroute", "-m 2 -n 2 -w 0.1 10.77.9.1")
    assert.equal(1, status)
    assert.matches("\n 1  %*  %*\n 2  %*  %*\n$", out)
    assert.is_truthy(await(function() -- the kernel says that once a second, whatever icmp_ratelimit is
      status, out = tool("traceroute", "-n 1 -m 1 -w 0.1 10.77.8.1")
      return status == 1 and out:find "\n 1  10.77.0.2  [%d.]+ ms !X\n$"
    end), out)
    status, out = tool("traceroute", "-f 2 -m 2 -n 1 10.77.2.2")
    assert.equal(1, status)
    assert.matches("hops at most\n 2  10.77.1.2  [%d.]+ ms\n$", out)
  end)
end)

describe("examples/arp-scan.lua", function()
  test("finds who is there, and whose address another has too", {}, function()
    local macs = net.one:call(function() return require("pktcraft.route").interface("o0").mac end)
    local pid, file = start("one", command("respond", "-i o0 -a 10.77.0.7/24 -m 02:00:00:00:00:07"))
    local other, said = start("one", command("respond", "-i o0 -a 10.77.0.7/24 -m 02:00:00:00:00:08"))
    local status, out, err
    assert.is_truthy(await(function()
      status, out, err = tool("arp-scan", "-w 0.1 -r 5000 10.77.0.0/28")
      return status == 0 and out:find("10.77.0.2", 1, true) and out:find("duplicate", 1, true)
    end))
    finish(pid, file)
    finish(other, said)
    assert.matches("^2 of 14 there on h0, %d+ requests in [%d.]+ s\n$", err)
    local lines = {}
    for line in out:gmatch "[^\n]+" do lines[#lines + 1] = line end
    assert.equal(3, #lines)
    assert.is_truthy(out:find(("10.77.0.2        %s\n"):format(macs), 1, true))
    local first, second, again = out:match "10.77.0.7        ([%x:]+)\n.*10.77.0.7        ([%x:]+)  duplicate: ([%x:]+) has it too\n"
    assert.equal(first, again)
    assert.same({ ["02:00:00:00:00:07"] = true, ["02:00:00:00:00:08"] = true }, { [first] = true, [second] = true })
  end)

  test("takes the interface's own prefix", {}, function()
    local status, out, err = tool("arp-scan", "-w 0.1 -n 1 -r 10000 -i h0")
    assert.equal(0, status)
    assert.matches("^10.77.0.2 +[%x:]+\n$", out)
    assert.matches("^1 of 254 there on h0, 253 requests in ", err)
  end)

  test("says what it can't do", {}, function()
    assert.same({ 1, "", "pktcraft: 10.77.2.0/24: behind the router 10.77.0.2: ARP does not go there\n" },
      { tool("arp-scan", "10.77.2.0/24") })
    assert.same({ 1, "", "pktcraft: lo: no interface of Ethernet\n" }, { tool("arp-scan", "-i lo") })
    local status, out, err = tool("arp-scan", "-w 0 -n 1 10.77.0.9")
    assert.same({ 1, "" }, { status, out })
    assert.matches("^0 of 1 there on h0, 1 requests", err)
  end)
end)

describe("examples/syn-scan.lua", function()
  local listening = {}

  --- Listens on ports of the far host, of both versions.
  local function listen(ports)
    local socket = require "socket"
    net.far:call(function()
      for _, port in ipairs(ports) do
        for _, new in ipairs { socket.tcp4, socket.tcp6 } do
          local sock = assert(new())
          sock:setoption("reuseaddr", true)
          if new == socket.tcp6 then sock:setoption("ipv6-v6only", true) end
          assert(sock:bind("*", port))
          assert(sock:listen(8))
          sock:settimeout(0)
          listening[#listening + 1] = sock
        end
      end
    end)
  end

  after_each(function()
    for _, sock in ipairs(listening) do sock:close() end
    listening = {}
  end)

  for version, to in pairs { ipv4 = "10.77.2.2", ipv6 = "fd77:2::2" } do
    test("tells ports that are open from closed ones by " .. version, {}, function()
      listen { 22, 7007 }
      local status, out, err = tool("syn-scan", "-r 5000 -p 20-23,7000-7010 " .. to)
      assert.same({ 0, "   22/tcp  open      ssh\n 7007/tcp  open\n" }, { status, out })
      assert.matches(("^%s: 15 ports: 2 open, 13 closed, 0 filtered, in [%%d.]+ s\n$"):format(to), err)
      status, out = tool("syn-scan", "-a -p 22,23 " .. to)
      assert.same({ 0, "   22/tcp  open      ssh\n   23/tcp  closed    telnet\n" }, { status, out })
      for _, sock in ipairs(listening) do assert.is_nil((sock:accept())) end -- none was opened to the end
    end)
  end

  test("calls filtered what is silent, or forbidden", {}, function()
    for _, to in ipairs { "10.77.9.1", "10.77.8.1", "fd77:9::1" } do
      local status, out, err = tool("syn-scan", "-a -w 0.1 -p 80,81 " .. to)
      assert.same({ 0, "   80/tcp  filtered  http\n   81/tcp  filtered\n" }, { status, out })
      assert.matches("2 ports: 0 open, 0 closed, 2 filtered", err)
    end
  end)

  test("scans all ports", {}, function()
    listen { 50000 }
    local status, out, err = tool("syn-scan", "-r 100000 -n 5 -p 1-65535 10.77.2.2")
    assert.same({ 0, "50000/tcp  open\n" }, { status, out })
    assert.matches("1 open, 65534 closed, 0 filtered", err)
  end)
end)
