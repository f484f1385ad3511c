--- The tools of examples that use the network, against the kernel, dnsmasq, busybox and tcpdump, and each other, in network
-- namespaces of their own: here -- one -- two -- far.
local support = require "spec.support"
local pcap, layouts = require "pktcraft.pcap", require "pktcraft.layouts"
local memory = require "memory"
local path, readfile = support.path, support.readfile

local TOOLS <const> = { "ping", "traceroute", "arp-scan", "dns-query", "syn-scan", "replay", "respond" }

local function command(name, args)
  return ("exec timeout --foreground -k 1 60 %s examples/%s.lua %s"):format(support.pktcraft, name, args)
end

-- The namespaces by name; nil, and `why`, where there can't be any.
local net, why, started = nil, nil, {}

--- Runs a shell command in a namespace: exit status, output, errors.
local function run(where, text)
  return net[where]:call(support.run, text)
end

local function tool(name, args, where)
  return run(where or "here", command(name, args))
end

--- Starts a shell command in a namespace, its output and errors in a file, whose path is given beside its process id.
local function start(where, text)
  local file = support.writefile(path("started" .. #started), "")
  return net[where]:call(function()
    local pipe <close> = io.popen(("%s >%s 2>&1 </dev/null & echo $!"):format(text, file))
    local pid = math.tointeger(pipe:read "n")
    started[#started + 1] = pid
    return pid, file
  end)
end

local function sleep(seconds)
  pcap.wait({}, seconds)
end

--- Waits until `ready()` holds, seconds at most (5).
local function await(ready, seconds)
  local till = pcap.clock() + (seconds or 5) * 1e9
  repeat
    local value = ready()
    if value then return value end
    sleep(0.005)
  until pcap.clock() > till
  return ready()
end

--- Ends a process: what it has said.
local function finish(pid, file, signal)
  os.execute(("kill -%s %d 2>/dev/null"):format(signal or "INT", pid))
  assert.is_truthy(await(function()
    local f <close> = io.open(("/proc/%d/stat"):format(pid))
    return not f or f:read("l"):find ") Z" -- ended, if not yet buried
  end))
  return readfile(file)
end

local function make()
  net = {}
  for _, name in ipairs { "here", "one", "two", "far" } do
    net[name], why = pcap.namespace()
    if not net[name] then
      net = nil
      return
    end
  end
  local function link(a, left, b, right, subnet)
    return assert(run(a, ([[set -e
      echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
      ip link add %s type veth peer name %s netns %s
      ip addr add 10.77.%d.1/24 dev %s; ip addr add fd77:%d::1/64 dev %s
      ip link set %s up]]):format(left, right, net[b]:path(), subnet, left, subnet, left, left)) == 0
      and run(b, ([[set -e
      ip addr add 10.77.%d.2/24 dev %s; ip addr add fd77:%d::2/64 dev %s nodad
      ip link set %s up
      echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
      echo 0 >/proc/sys/net/ipv4/icmp_ratelimit; echo 0 >/proc/sys/net/ipv6/icmp/ratelimit]]):format(subnet, right, subnet,
        right, right)) == 0, support.readfile(path "stderr"))
  end
  for _, name in ipairs { "here", "one", "two", "far" } do
    run(name, "echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad")
  end
  link("here", "h0", "one", "o0", 0)
  link("one", "o1", "two", "t0", 1)
  link("two", "t1", "far", "f0", 2)
  for where, ways in pairs { here = { "0", "2" }, one = { "1", "2" }, two = { "1", "1" }, far = { "2", "1" } } do
    assert(run(where, ("ip route add default via 10.77.%s.%s; ip route add default via fd77:%s::%s"):format(ways[1], ways[2],
      ways[1], ways[2])) == 0)
  end
  run("one", "ip route add blackhole 10.77.9.0/24; ip route add prohibit 10.77.8.0/24; ip -6 route add blackhole fd77:9::/64")
end

setup(function()
  if support.has "ip" then make() else why = "no ip" end
end)

teardown(function()
  for _, pid in ipairs(started) do os.execute(("kill %d 2>/dev/null"):format(pid)) end
  for _, each in pairs(net or {}) do each:close() end
end)

--- A test that needs the network, and programs; else it is pending, and says why.
local function test(name, needs, f)
  it(name, function()
    if not net then return pending(why) end
    for _, program in ipairs(needs) do
      if not support.has(program) then return pending("no " .. program) end
    end
    if not pcall(require, "socket") then return pending "no LuaSocket" end
    f()
  end)
end

describe("the tools", function()
  it("say how they are used", function()
    for _, name in ipairs(TOOLS) do
      local status, out, err = support.run(command(name, "--help"))
      assert.same({ 0, "" }, { status, err }, name)
      assert.matches("^Usage: " .. name:gsub("%-", "%%-") .. "%.lua ", out)
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
    local other, said = start("one", command("respond", "-i o0 -a 10.77.0.2/24 -m 02:00:00:00:00:08"))
    local status, out, err
    assert.is_truthy(await(function()
      status, out, err = tool("arp-scan", "-w 0.1 -r 5000 10.77.0.0/28")
      return status == 0 and out:find("10.77.0.7", 1, true) and out:find("duplicate", 1, true)
    end))
    finish(pid, file)
    finish(other, said)
    assert.matches("^2 of 14 there on h0, %d+ requests in [%d.]+ s\n$", err)
    local lines = {}
    for line in out:gmatch "[^\n]+" do lines[#lines + 1] = line end
    assert.equal(3, #lines)
    assert.is_truthy(out:find("10.77.0.7        02:00:00:00:00:07\n", 1, true))
    assert.is_truthy(out:find("10.77.0.2        " .. macs, 1, true))
    assert.matches("10.77.0.2        [%x:]+  duplicate: [%x:]+ has it too\n", out)
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

--- Starts dnsmasq, with no files of the system's.
local function dnsmasq(where, options)
  local pid, file = start(where, ("env -u LD_PRELOAD dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --no-poll --user=root "
    .. "--pid-file= --log-facility=- --log-queries --log-dhcp --dhcp-leasefile=%s %s"):format(path "leases", options))
  assert.is_truthy(await(function() return readfile(file):find("started", 1, true) end), "dnsmasq")
  return pid, file
end

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
    assert.matches("\nIP 10.77.0.1 > 10.77.0.53: UDP %d+ > 53: DNS %d+ query MX a.example [^\n]*\n"
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

describe("examples/replay.lua", function()
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
