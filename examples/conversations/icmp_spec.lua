--- How the kernel answers by ICMP, and what it makes of ICMP errors.
local test = require "pktcraft.test"

describe("ICMP", function()
  -- RFC 792, page 14: identifier, sequence number and data come back; RFC 1122, section 3.2.2.6
  it("answers echo requests by what was sent", function()
    local net <close> = test.kernel()
    local peer = net:peer()
    peer:send(peer:ip() / icmp { type = "echo request", identifier = 7, sequence = 3 } / "hello")
    peer:expect { ipv4 = { source = "10.9.0.1" },
                  icmp = { type = "echo reply", code = 0, identifier = 7, sequence = 3 }, payload = "hello" }
    peer:send(peer:ip() / icmp { type = "echo request", identifier = 7, sequence = 4, checksum = 0xbad } / "hello")
    peer:expect_none { icmp = {} }
  end)

  -- RFC 1122, section 4.1.3.1: port unreachable; section 3.2.2: what is quoted is as it was sent
  it("says that nobody listens on a port of UDP, and quotes what was sent there", function()
    local net <close> = test.kernel()
    local peer = net:peer()
    peer:send(peer:ip { ident = 4711, ttl = 9 } / udp { source = 5000, destination = 9 } / "hello")
    peer:expect { icmp = { type = "destination unreachable", code = 3 },
                  ["ipv4#2"] = { source = peer.ipv4, destination = "10.9.0.1", ident = 4711, ttl = 9 },
                  udp = { source = 5000, destination = 9 }, payload = "hello" }
  end)

  -- RFC 1122, section 4.1.3.3: errors are passed on to who has sent the datagram
  it("tells a connected socket of UDP that its port is unreachable", function()
    local net <close> = test.kernel()
    local peer = net:peer()
    local sock = net.host:socket "udp4"
    sock:setpeername(peer.ipv4, 53)
    sock:send "question"
    local question = peer:expect { udp = { destination = 53 } }
    peer:send(peer:ip() / icmp { type = "destination unreachable", code = 3 } / test.quote(question))
    local why = net:wait(function()
      local _, problem = sock:receive()
      return problem ~= "timeout" and problem
    end, 1, 0.002)
    assert.equal("connection refused", why)
  end)

  -- RFC 1191, sections 3 and 4: fragmentation needed, with the MTU of the next hop
  it("makes the kernel send smaller segments of TCP, when they are too big for the path", function()
    local net <close> = test.kernel()
    local listener = net.host:listen(7)
    local t = test.tcp_peer { peer = net:peer(), to = 7, acks = false }
    t:connect { options = { { mss = 1460 } } }
    local first = t.rcv
    listener:accept():send(("x"):rep(3000))
    local big = t:expect { sequence = first, ipv4 = { totallength = 1500, flagdf = true } }
    local problem = icmp { type = "destination unreachable", code = 4, mtu = 1000 }
    t.peer:send(t.peer:ip { source = "10.9.0.254" } / problem / test.quote(big))
    t:expect { sequence = first, ipv4 = { totallength = 1000, flagdf = true } }
  end)

  -- RFC 1812, section 5.3.1: TTL; RFC 792, page 6: the packet is quoted
  it("says that the time to live is exceeded, where it is 1, and counts it down where it is more", function()
    local net <close> = test.kernel { sysctl = { ["net.ipv4.ip_forward"] = 1 } }
    local near, far = net:peer(), net:peer()
    local function probe(ttl)
      near:send(near:ethernet() / ipv4 { source = near.ipv4, destination = far.ipv4, ttl = ttl }
                / udp { source = 33000, destination = 33434 } / "probe")
    end
    probe(1)
    near:expect { ipv4 = { source = "10.9.0.1" }, icmp = { type = "time exceeded", code = 0 },
                  ["ipv4#2"] = { destination = far.ipv4 }, udp = { source = 33000 } }
    far:expect_none { udp = {} }
    probe(9)
    far:expect { ethernet = { source = net.host.mac }, ipv4 = { source = near.ipv4, ttl = 8 }, payload = "probe" }
  end)

  -- RFC 1812, section 5.2.7.2: the way back out of the same interface is a detour
  it("redirects who sends to a neighbour by way of the kernel", function()
    local net <close> = test.kernel { sysctl = { ["net.ipv4.ip_forward"] = 1 } }
    local near, far = net:peer(), net:peer()
    near:send(near:ethernet() / ipv4 { source = near.ipv4, destination = far.ipv4 }
              / udp { source = 5000, destination = 9 } / "hello")
    near:expect { icmp = { type = "redirect", code = 1, gateway = far.ipv4 }, udp = { destination = 9 } }
    far:expect { ipv4 = { source = near.ipv4 }, payload = "hello" }
  end)
end)
