--- What the kernel takes for a reason to end a connection of TCP, and what not.
local test = require "pktcraft.test"

-- A connection to the kernel, and its end there.
local function open(net, fields)
  local listener = net.host:listen(7)
  local t = test.tcp_peer { peer = net:peer(), to = 7 }
  t:connect(fields)
  return t, listener:accept()
end

describe("TCP, when something is wrong with a segment,", function()
  -- RFC 9293, section 3.10.7.1: the reset has the number that it is believed by
  it("answers what belongs to no connection by a reset", function()
    local net <close> = test.kernel()
    local t = test.tcp_peer { peer = net:peer(), to = 81 }
    t:send { flags = "S" }
    t:expect { flags = "RA", sequence = 0, acknowledgment = t.snd }
    t:send({ flags = "FP" }, "hello")
    t:expect { flags = "RA", sequence = 0, acknowledgment = t.snd }
    t:send({ flags = "PA", acknowledgment = 5000 }, "hello")
    t:expect { flags = "R", sequence = 5000 }
  end)

  -- RFC 9293, section 3.10.7.1: a reset is not answered
  it("says nothing to a reset that belongs to no connection", function()
    local net <close> = test.kernel()
    local t = test.tcp_peer { peer = net:peer(), to = 81 }
    t:send { flags = "R" }
    t:send { flags = "RA", acknowledgment = 5000 }
    t:expect_none {}
  end)

  -- RFC 9293, section 3.10.7.3: who has sent a SYN believes a reset that acknowledges it
  it("takes a reset for its SYN as a refusal", function()
    local net <close> = test.kernel()
    local t = test.tcp_peer { peer = net:peer(), port = 80 }
    local conn = net.host:connect("10.9.0.2", 80)
    t.to = t:expect({ flags = "S" }).tcp.source
    t:send { flags = "RA", sequence = 0 }
    local data, why = conn:receive()
    assert.is_nil(data)
    assert.equal("connection refused", why)
  end)

  -- RFC 5961, section 3.2: a reset that has exactly the number that is awaited ends the connection
  it("ends a connection by a reset that has the next number", function()
    local net <close> = test.kernel()
    local t, conn = open(net)
    t:send { flags = "R" }
    local data, why = conn:receive()
    assert.is_nil(data)
    assert.equal("closed", why)
    t:send "hello"
    t:expect { flags = "R", sequence = t.rcv }
  end)

  -- RFC 5961, section 3.2: a reset elsewhere in the window is asked about, one outside is dropped
  it("asks back by a challenge ACK when a reset has another number, and goes on", function()
    local net <close> = test.kernel()
    local t, conn = open(net)
    t:send { flags = "R", sequence = t.snd + 100 }
    t:expect { flags = "A", sequence = t.rcv, acknowledgment = t.snd }
    t:send { flags = "R", sequence = t.snd + 10000000 }
    t:expect_none {}
    t:send "hello"
    assert.equal("hello", conn:receive(5))
  end)

  -- RFC 5961, section 4.2: whatever its number
  it("asks back by a challenge ACK when a SYN comes in a connection, and goes on", function()
    local net <close> = test.kernel { sysctl = { ["net.ipv4.tcp_invalid_ratelimit"] = 0 } }
    local t, conn = open(net)
    for _, sequence in ipairs { t.snd, t.snd + 100, t.isn } do
      t.peer:send(t:segment { flags = "S", sequence = sequence })
      t:expect { flags = "A", sequence = t.rcv, acknowledgment = t.snd }
    end
    t:send "hello"
    assert.equal("hello", conn:receive(5))
  end)

  -- RFC 9293, section 3.10.7.4: a segment that is not acceptable is answered by an ACK, and dropped
  it("takes no data outside of its window, and says which it awaits", function()
    local net <close> = test.kernel { sysctl = { ["net.ipv4.tcp_invalid_ratelimit"] = 0 } }
    local t, conn = open(net)
    local before, beyond = t.snd - 5, t.snd + t.theirs
    for _, sequence in ipairs { before, beyond } do
      t.peer:send(t:segment({ flags = "PA", sequence = sequence }, "wrong"))
      t:expect { flags = "A", acknowledgment = t.snd }
    end
    t:send "right"
    assert.equal("right", conn:receive(5))
  end)

  -- RFC 5961, section 5.2: an acknowledgment of what was never sent is not believed
  it("takes no data with an acknowledgment of what it has not sent", function()
    local net <close> = test.kernel { sysctl = { ["net.ipv4.tcp_invalid_ratelimit"] = 0 } }
    local t, conn = open(net)
    t.peer:send(t:segment({ flags = "PA", acknowledgment = t.rcv + 1000 }, "wrong"))
    t:expect { flags = "A", sequence = t.rcv, acknowledgment = t.snd }
    t:send "right"
    assert.equal("right", conn:receive(5))
  end)
end)
