--- How the kernel finds its neighbours, addresses and routers in IPv6.
local test = require "pktcraft.test"

-- Duplicate address detection takes a second; here less.
local swift = { ["net.ipv6.neigh.tap0.retrans_time_ms"] = 100, ["net.ipv6.conf.tap0.router_solicitation_delay"] = 0 }

-- Waits until what the kernel says of an address has a word, or has it no more.
local function wait_for(net, address, word, wanted)
  local said = net:wait(function()
    local text = net:run("ip -6 addr show dev tap0 to " .. address)
    return text ~= "" and (text:find(word, 1, true) ~= nil) == wanted and text
  end, 2, 0.02)
  assert(said, address .. ": not as expected")
end

describe("IPv6", function()
  -- RFC 4861, sections 7.2.2 to 7.2.4: the group of the address is asked, who asks is answered
  it("resolves the address of who has sent an echo request, and answers who asks for its own", function()
    local net <close> = test.kernel()
    local peer = net:peer { silent = true }
    peer:send(peer:ip6() / icmpv6 { type = "echo request", identifier = 7 } / "hello")
    peer:expect { ethernet = { destination = "33:33:ff:00:00:02" },
                  ipv6 = { source = "fd09::1", destination = "ff02::1:ff00:2", hoplimit = 255 },
                  icmpv6 = { type = "neighbor solicitation", target = peer.ipv6,
                             options = { linklayer = net.host.mac } } }
    peer:send(peer:ip6 { hoplimit = 255 } / icmpv6 {
      type = "neighbor advertisement", solicited = true, override = true, target = peer.ipv6,
      options = { { type = "target link-layer", linklayer = peer.mac } } })
    peer:expect { icmpv6 = { type = "echo reply", identifier = 7 }, payload = "hello" }
    assert.equal(net.host.mac, peer:resolve "fd09::1")
  end)

  -- RFC 4862, section 5.4: a solicitation from nowhere; if nobody answers, the address is its own
  it("asks whether an address is taken, and has it when nobody answers", function()
    local net <close> = test.kernel { sysctl = swift }
    local peer = net:peer()
    net:run "ip addr add fd09::99/64 dev tap0"
    peer:expect { ipv6 = { source = "::", destination = "ff02::1:ff00:99", hoplimit = 255 },
                  icmpv6 = { type = "neighbor solicitation", target = "fd09::99" } }
    wait_for(net, "fd09::99", "tentative", false)
    assert.equal(net.host.mac, peer:resolve "fd09::99")
  end)

  -- RFC 4862, section 5.4.4: an advertisement says that it is taken
  it("does not use an address that another has", function()
    local net <close> = test.kernel { sysctl = { ["net.ipv6.conf.tap0.router_solicitation_delay"] = 0 } }
    local peer = net:peer()
    net:run "ip addr add fd09::99/64 dev tap0"
    peer:expect { icmpv6 = { type = "neighbor solicitation", target = "fd09::99" } }
    peer:send(peer:ip6 { source = "fd09::99", destination = "ff02::1", hoplimit = 255 } / icmpv6 {
      type = "neighbor advertisement", override = true, target = "fd09::99",
      options = { { type = "target link-layer", linklayer = peer.mac } } })
    wait_for(net, "fd09::99", "dadfailed", true)
    peer:send(peer:ip6 { destination = "fd09::99" } / icmpv6 { type = "echo request" })
    peer:expect_none { icmpv6 = { type = "echo reply" } }
  end)

  -- RFC 4862, section 5.3, with RFC 4291, appendix A: of its MAC address; RFC 4861, section 6.3.7
  it("makes a link-local address of its own, and asks for routers from there", function()
    local net <close> = test.kernel { ipv6 = "auto", sysctl = swift }
    local peer = net:peer()
    peer:expect({ ipv6 = { source = "::" }, icmpv6 = { type = "neighbor solicitation", target = "fe80::ff:fe00:1" } },
      { within = 3 })
    peer:expect({ ipv6 = { source = "fe80::ff:fe00:1", destination = "ff02::2", hoplimit = 255 },
                  icmpv6 = { type = "router solicitation", options = { linklayer = net.host.mac } } }, { within = 3 })
  end)

  -- RFC 4861, section 6.3.4, and RFC 4862, section 5.5.3
  it("takes an address and a default route from a router's advertisement", function()
    local net <close> = test.kernel { ipv6 = "auto", sysctl = swift }
    local router = net:peer { ipv6 = "fe80::2" }
    router:expect({ icmpv6 = { type = "router solicitation" } }, { within = 3 })
    router:send(router:ip6 { destination = "ff02::1", hoplimit = 255 } / icmpv6 {
      type = "router advertisement", lifetime = 1800, options = {
        { type = "source link-layer", linklayer = router.mac },
        { type = "prefix", prefixlength = 64, onlink = true, autonomous = true, valid = 3600, preferred = 1800,
          prefix = "2001:db8::" } } })
    router:expect { ipv6 = { source = "::" },
                    icmpv6 = { type = "neighbor solicitation", target = "2001:db8::ff:fe00:1" } }
    wait_for(net, "2001:db8::ff:fe00:1", "tentative", false)
    net.host:socket("udp6"):sendto("hello", "2001:db8:ffff::1", 9)
    router:expect { ethernet = { destination = router.mac }, payload = "hello",
                    ipv6 = { source = "2001:db8::ff:fe00:1", destination = "2001:db8:ffff::1" } }
  end)

  -- RFC 8201, section 4, and RFC 4443, section 3.2
  it("sends smaller segments of TCP, when it is told that they are too big for the path", function()
    local net <close> = test.kernel()
    local listener = net.host:listen(7)
    local t = test.tcp_peer { peer = net:peer(), to = 7, version = "ipv6", acks = false }
    t:connect { options = { { mss = 1440 } } }
    local first = t.rcv
    listener:accept():send(("x"):rep(3000))
    local big = t:expect { sequence = first, ipv6 = { payloadlength = 1460 } }
    t.peer:send(t.peer:ip6() / icmpv6 { type = "packet too big", mtu = 1300 } / test.quote(big))
    t:expect { sequence = first, ipv6 = { payloadlength = 1260 } }
  end)
end)
