--- The network of the specs of tools: namespaces of their own, here -- one -- two -- far; what runs programs in them.
local assert = require "luassert"
local support = require "spec.support"
local pcap = require "pktcraft.pcap"
local path, readfile = support.path, support.readfile

local network = {}

--- Runs a tool of examples, or a command.
local function command(name, args)
  local file <close> = io.open(("examples/%s.lua"):format(name))
  return ("exec timeout --foreground -k 1 60 %s %s %s"):format(support.pktcraft, file and ("examples/%s.lua"):format(name) or name, args)
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

--- Makes the network, if it can be.
function network.make()
  if support.has "ip" then make() else why = "no ip" end
end

--- Ends what was started, and the network.
function network.close()
  for _, pid in ipairs(started) do os.execute(("kill %d 2>/dev/null"):format(pid)) end
  for _, each in pairs(net or {}) do each:close() end
end

--- A test that needs the network, and programs; else it is pending, and says why.
function network.test(it, pending, name, needs, f)
  it(name, function()
    if not net then return pending(why) end
    for _, program in ipairs(needs) do
      if not support.has(program) then return pending("no " .. program) end
    end
    if not pcall(require, "socket") then return pending "no LuaSocket" end
    f()
  end)
end

--- Starts dnsmasq, with no files of the system's.
local function dnsmasq(where, options)
  local pid, file = start(where, ("env -u LD_PRELOAD dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --no-poll --user=root "
    .. "--pid-file= --log-facility=- --log-queries --log-dhcp --dhcp-leasefile=%s %s"):format(path "leases", options))
  assert.is_truthy(await(function() return readfile(file):find("started", 1, true) end), "dnsmasq")
  return pid, file
end

network.command, network.run, network.tool, network.start = command, run, tool, start
network.sleep, network.await, network.finish, network.dnsmasq = sleep, await, finish, dnsmasq
network.net = setmetatable({}, { __index = function(_, name) return net[name] end })

return network
