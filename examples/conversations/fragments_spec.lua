--- How the kernel puts fragments of IP together, and makes them.
local test = require "pktcraft.test"

-- The packet of the fragments that come to a peer.
local function expect_whole(peer, pattern)
  local fragments = packet.defragment()
  while true do
    local whole = fragments:add(peer:expect(pattern))
    if whole then return whole end
  end
end

local data = ("0123456789"):rep(400)

describe("fragments", function()
  -- RFC 791, section 3.2, and RFC 1122, section 3.3.2
  it("of IPv4 are put together in whatever order they come, and the answer is sent in fragments", function()
    local net <close> = test.kernel()
    local peer = net:peer()
    local request = peer:ip { ident = 1 } / icmp { type = "echo request", identifier = 7 } / data
    local parts = request:fragments(1500)
    assert.equal(3, #parts)
    peer:send(parts[2], parts[3], parts[1])
    local reply = expect_whole(peer, { ipv4 = { totallength = test.between(21, 1500), protocol = "icmp" } })
    assert.packet(reply, { icmp = { type = "echo reply", identifier = 7 }, payload = data })
  end)

  -- RFC 8200, section 4.5
  it("of IPv6 are put together, and the answer is sent in fragments", function()
    local net <close> = test.kernel()
    local peer = net:peer()
    local request = peer:ip6() / icmpv6 { type = "echo request", identifier = 7 } / data
    local parts = request:fragments(1280, { ident = 1 })
    peer:send(parts[4], parts[2], parts[3], parts[1])
    local reply = expect_whole(peer, { ipv6frag = {} })
    assert.packet(reply, { icmpv6 = { type = "echo reply", identifier = 7 }, payload = data })
  end)

  -- RFC 5722, section 4: the whole packet is dropped, and nothing said
  it("of IPv6 that overlap are dropped", function()
    local net <close> = test.kernel()
    local peer = net:peer()
    local request = peer:ip6() / icmpv6 { type = "echo request", identifier = 7 } / data
    local parts = request:fragments(1280, { ident = 1 })
    local overlapping = request:fragments(1000, { ident = 1 })[2]
    peer:send(parts[1], overlapping, parts[2], parts[3], parts[4])
    peer:expect_none { ipv6frag = {} }
  end)

  -- RFC 792, page 6, and RFC 1122, section 3.3.2; RFC 8200, section 4.5: if the first of them is there
  it("that lack others are given up, and who has sent the first is told", function()
    local net <close> = test.kernel { sysctl = { ["net.ipv4.ipfrag_time"] = 1, ["net.ipv6.ip6frag_time"] = 1 } }
    local peer = net:peer()
    local four = (peer:ip { ident = 1 } / icmp { type = "echo request" } / data):fragments(1500)
    local other = (peer:ip { ident = 2 } / icmp { type = "echo request" } / data):fragments(1500)
    local six = (peer:ip6() / icmpv6 { type = "echo request" } / data):fragments(1280, { ident = 3 })
    peer:send(four[1], other[2], six[1])
    peer:expect_all({
      { icmp = { type = "time exceeded", code = 1 }, ["ipv4#2"] = { ident = 1, flagmf = true, fragoffset = 0 } },
      { icmpv6 = { type = "time exceeded", code = 1 }, ipv6frag = { ident = 3, flagmf = true } },
    }, { within = 4 })
    peer:expect_none { ["ipv4#2"] = { ident = 2 } }
  end)
end)
