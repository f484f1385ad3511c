--- Conversations that are held in each place: on the virtual link with a host in Lua, and with the kernel.
local assert = require "luassert"
local layouts = require "pktcraft.layouts"
local packet = require "pktcraft.packet"
local test = require "pktcraft.test"

local tcp, udp, icmp, icmpv6 = layouts.tcp, layouts.udp, layouts.icmp, layouts.icmpv6
local any, has = test.any, test.has

local talks = {}

talks["resolves addresses by ARP and Neighbor Discovery"] = function(net, peer)
  assert.equal(net.host.mac, peer:resolve(net.host.ipv4))
  assert.equal(net.host.mac, peer:resolve(net.host.ipv6))
end

talks["answers echo requests of IPv4 and IPv6"] = function(_, peer)
  peer:request(peer:ip() / icmp { type = "echo request", identifier = 7, sequence = 1 } / "hello",
    { icmp = { type = "echo reply", identifier = 7, sequence = 1 }, payload = "hello", ipv4 = { ttl = 64 } })
  peer:request(peer:ip6() / icmpv6 { type = "echo request", identifier = 7, sequence = 2 } / "hello",
    { icmpv6 = { type = "echo reply", identifier = 7, sequence = 2 }, payload = "hello", ipv6 = { hoplimit = 64 } })
end

talks["puts fragments together, and sends fragments"] = function(_, peer)
  local data = ("0123456789"):rep(300)
  local request = peer:ip { ident = 77 } / icmp { type = "echo request", identifier = 9, sequence = 1 } / data
  for _, fragment in ipairs(assert(request:fragments(1000))) do peer:send(fragment) end
  local whole, reply = packet.defragment(), nil
  for _ = 1, 3 do
    reply = whole:add((peer:expect { ipv4 = { protocol = "icmp" } }))
  end
  assert.packet(reply, { icmp = { type = "echo reply", identifier = 9 }, payload = data })
end

talks["answers datagrams"] = function(net, peer)
  net.host:serve { udp = { [7] = function(data) return data:reverse() end } }
  peer:request(peer:ip() / udp { source = 5000, destination = 7 } / "abc", { udp = { source = 7 }, payload = "cba" })
  peer:request(peer:ip6() / udp { source = 5000, destination = 7 } / "abc", { ipv6 = {}, udp = { source = 7 }, payload = "cba" })
end

talks["says that nobody listens"] = function(_, peer)
  peer:request(peer:ip { ident = 4711 } / udp { source = 5000, destination = 9 } / "abc", {
    icmp = { type = "destination unreachable", code = 3 }, ["ipv4#2"] = { ident = 4711 }, udp = { destination = 9 } })
  peer:request(peer:ip6() / udp { source = 5000, destination = 9 } / "abc", {
    icmpv6 = { type = "destination unreachable", code = 4 }, ["ipv6#2"] = { source = peer.ipv6 }, udp = { destination = 9 } })
end

talks["takes a connection, answers data and ends it"] = function(net, peer)
  net.host:serve { tcp = { [7] = string.upper } }
  for _, version in ipairs { "ipv4", "ipv6" } do
    local t = test.tcp_peer { peer = peer, to = 7, version = version }
    local synack = t:connect { options = { { mss = 1000 } } }
    assert.packet(synack, { tcp = { options = { mss = any } } })
    t:send "hello"
    assert.equal("HELLO", t:receive(5))
    t:close()
  end
end

talks["resets what it has no connection for"] = function(_, peer)
  local t = test.tcp_peer { peer = peer, to = 99 }
  t:send { flags = "S" }
  t:expect { flags = "RA", acknowledgment = t.snd, sequence = 0 }
  t = test.tcp_peer { peer = peer, to = 99 }
  t:send { flags = "A", acknowledgment = 5000 }
  t:expect { flags = "R", sequence = 5000 }
end

talks["begins a connection, sends, receives and ends it"] = function(net, peer)
  local t = test.tcp_peer { peer = peer, port = 1234 }
  local c = net.host:connect(peer.ipv4, 1234)
  t:accept()
  c:send "abc"
  assert.equal("abc", t:receive(3))
  t:send "defg"
  assert.equal("defg", c:receive(4))
  c:close()
  t:expect { flags = has "F" }
  t:send { flags = "FA" }
  t:expect { flags = "A", acknowledgment = t.snd }
end

talks["is told that its connection is refused"] = function(net, peer)
  local c = net.host:connect(peer.ipv4, 1234)
  local syn = peer:expect { tcp = { destination = 1234, flags = has "S" } }.tcp
  peer:send(peer:ip() / tcp { source = 1234, destination = syn.source, flags = "RA", acknowledgment = syn.sequence + 1 })
  assert.same({ nil, "connection refused" }, { c:receive(1) })
end

talks["takes data that comes twice and in another order"] = function(net, peer)
  net.host:serve { tcp = { [7] = string.upper } }
  local t = test.tcp_peer { peer = peer, to = 7 }
  t:connect()
  local first = t.snd
  t:send({ flags = "PA", sequence = first + 5 }, "world")
  t:expect { flags = "A", acknowledgment = first }
  t:send({ flags = "PA", sequence = first }, "hello")
  t:send({ flags = "PA", sequence = first + 5 }, "world")
  assert.equal("HELLOWORLD", t:receive(10))
  t:reset()
end

talks["talks with several at once"] = function(net, peer)
  local other = net:peer()
  local got = {}
  net:together(function()
    for k = 1, 3 do
      got[#got + 1] = peer:request(peer:ip() / icmp { type = "echo request", identifier = 1, sequence = k },
        { icmp = { type = "echo reply", identifier = 1, sequence = k } }).icmp.sequence
    end
  end, function()
    for k = 1, 3 do
      other:request(other:ip() / icmp { type = "echo request", identifier = 2, sequence = k },
        { icmp = { type = "echo reply", identifier = 2, sequence = k } })
    end
    got[#got + 1] = "other"
  end)
  assert.equal(4, #got)
  peer:expect_none({ icmp = { identifier = 2 } }, { within = 0.001 })
end

return talks
