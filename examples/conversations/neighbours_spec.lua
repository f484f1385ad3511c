--- How the kernel knows its neighbours in IPv4: ARP.
local test = require "pktcraft.test"

-- Has the kernel send something to the address of a peer.
local function ask(peer)
  peer:send(peer:ip() / icmp { type = "echo request" })
end

describe("ARP", function()
  -- RFC 826: who has the address says so; RFC 5227, section 2.1.1: also to a probe, whose sender has none yet
  it("answers who asks for its address, and who probes whether it is free", function()
    local net <close> = test.kernel()
    local peer = net:peer()
    for _, sender in ipairs { peer.ipv4, "0.0.0.0" } do
      peer:send(peer:ethernet { destination = "ff:ff:ff:ff:ff:ff" } / arp { operation = "request",
        senderhardware = peer.mac, senderprotocol = sender, targetprotocol = "10.9.0.1" })
      peer:expect { ethernet = { destination = peer.mac }, arp = { operation = "reply", senderprotocol = "10.9.0.1",
        senderhardware = net.host.mac, targethardware = peer.mac, targetprotocol = sender } }
    end
  end)

  -- RFC 5227, section 2.3: an announcement asks for the sender's own address
  it("announces its address, where it is told to", function()
    local net <close> = test.kernel { sysctl = { ["net.ipv4.conf.tap0.arp_notify"] = 1 } }
    local peer = net:peer()
    peer:expect { ethernet = { destination = "ff:ff:ff:ff:ff:ff" }, arp = { operation = "request",
      senderhardware = net.host.mac, senderprotocol = "10.9.0.1", targetprotocol = "10.9.0.1" } }
  end)

  -- RFC 826: an entry that is there is updated by whatever packet tells another address
  it("believes an announcement of who it knows already", function()
    local net <close> = test.kernel { sysctl = { ["net.ipv4.neigh.tap0.locktime"] = 0 } }
    local peer, other = net:peer(), net:peer { ipv4 = false, ipv6 = false }
    ask(peer)
    peer:expect { icmp = { type = "echo reply" } }
    other:send(other:ethernet { destination = "ff:ff:ff:ff:ff:ff" } / arp { operation = "request",
      senderhardware = other.mac, senderprotocol = peer.ipv4, targetprotocol = peer.ipv4 })
    ask(peer)
    other:expect { ethernet = { destination = other.mac }, icmp = { type = "echo reply" } }
  end)

  -- RFC 5227, section 2.4: an address is not given up at the first conflict
  it("keeps its address when another announces it", function()
    local net <close> = test.kernel()
    local peer = net:peer()
    peer:send(peer:ethernet { destination = "ff:ff:ff:ff:ff:ff" } / arp { operation = "request",
      senderhardware = peer.mac, senderprotocol = "10.9.0.1", targetprotocol = "10.9.0.1" })
    assert.equal(net.host.mac, peer:resolve "10.9.0.1")
    ask(peer)
    peer:expect { ethernet = { source = net.host.mac }, icmp = { type = "echo reply" } }
  end)

  -- RFC 1122, section 2.3.2.1: an entry that has got old is asked about by unicast; RFC 4861, section 7.3.3, alike
  it("probes a neighbour that it has not heard of for a time by unicast, then by broadcast", function()
    local net <close> = test.kernel { sysctl = {
      ["net.ipv4.neigh.tap0.base_reachable_time_ms"] = 50, ["net.ipv4.neigh.tap0.delay_first_probe_time"] = 0,
      ["net.ipv4.neigh.tap0.retrans_time_ms"] = 100, ["net.ipv4.neigh.tap0.mcast_resolicit"] = 1 } }
    local peer = net:peer { silent = true }
    local answering = peer:answer(test.answers.arp())
    ask(peer)
    peer:expect { icmp = { type = "echo reply" } }
    answering.stop()
    net:sleep(0.2)
    ask(peer)
    peer:expect { icmp = { type = "echo reply" } } -- goes to the address that it knew
    local question = { operation = "request", targetprotocol = peer.ipv4 }
    for _ = 1, 3 do peer:expect { ethernet = { destination = peer.mac }, arp = question } end
    peer:expect { ethernet = { destination = "ff:ff:ff:ff:ff:ff" }, arp = question }
  end)

  -- RFC 1122, section 3.3.2.4, and RFC 9293, section 3.9.2.2: who waits for the answer is told
  it("asks three times for a neighbour that does not answer, then gives up", function()
    local net <close> = test.kernel { sysctl = { ["net.ipv4.neigh.tap0.retrans_time_ms"] = 50 } }
    local peer = net:peer()
    local conn = net.host:connect("10.9.0.99", 80)
    for _ = 1, 3 do
      peer:expect { ethernet = { destination = "ff:ff:ff:ff:ff:ff" },
                    arp = { operation = "request", senderprotocol = "10.9.0.1", targetprotocol = "10.9.0.99" } }
    end
    peer:expect_none({ arp = {} }, { within = 0.2 })
    local data, why = conn:receive()
    assert.is_nil(data)
    assert.equal("No route to host", why)
  end)
end)
