--- How the kernel takes and sends data of TCP: order, windows, keep-alive.
local test = require "pktcraft.test"

-- A connection to the kernel, and its end there.
local function open(net, fields)
  local listener = net.host:listen(7)
  local t = test.tcp_peer { peer = net:peer(), to = 7 }
  t:connect(fields)
  return t, listener:accept()
end

local function is_some(data) return #data > 0 end

describe("TCP, with data,", function()
  -- RFC 5681, section 4.2: an ACK at once; RFC 2018, section 4: that says what has come
  it("acknowledges data that come too early by SACK, and delivers them in their order", function()
    local net <close> = test.kernel()
    local t, conn = open(net, { options = { "sack permitted" } })
    local first = t.snd
    t:send({ sequence = first + 5 }, "world")
    t:expect { flags = "A", acknowledgment = first, options = { sack = { { left = first + 5, right = first + 10 } } } }
    assert.is_nil(conn:receive(1, 0.05))
    t:send "hello"
    t:expect { flags = "A", acknowledgment = first + 10, options = { sack = test.absent } }
    assert.equal("helloworld", conn:receive(10))
  end)

  -- RFC 2018, section 4: the block that was reported last is the first
  it("reports several blocks, the newest first", function()
    local net <close> = test.kernel()
    local t = open(net, { options = { "sack permitted" } })
    local first = t.snd
    t:send({ sequence = first + 10 }, "one")
    t:send({ sequence = first + 20 }, "two")
    t:expect { acknowledgment = first, options = { sack = {
      { left = first + 20, right = first + 23 }, { left = first + 10, right = first + 13 } } } }
  end)

  -- RFC 9293, section 3.10.7.4: what is old in a segment is trimmed; RFC 2883, section 4: and reported (D-SACK)
  it("delivers each byte once where segments overlap, and reports what came twice", function()
    local net <close> = test.kernel()
    local t, conn = open(net, { options = { "sack permitted" } })
    local first = t.snd
    t:send "abcdef"
    t:expect { acknowledgment = first + 6 }
    t:send({ sequence = first + 3 }, "DEFghi")
    t:expect { acknowledgment = first + 9 }
    assert.equal("abcdefghi", conn:receive(9))
    t:send({ sequence = first }, "abc")
    t:expect { acknowledgment = first + 9, options = { sack = { { left = first, right = first + 3 } } } }
    assert.is_nil(conn:receive(1, 0.05))
  end)

  -- RFC 9293, section 3.8.6.1: probes, that are to be answered; the first after the RTO
  it("probes a window of zero, and sends when it opens", function()
    local net <close> = test.kernel()
    local t, conn = open(net)
    t.window = 0
    t:send { flags = "A" }
    conn:send "hello"
    for _ = 1, 2 do
      t:expect({ flags = "A", sequence = t.rcv - 1, data = "" }, { within = 3 })
      t:send { flags = "A" }
    end
    t.window = 65535
    t:send { flags = "A" }
    t:expect { sequence = t.rcv, data = "hello" }
  end)

  -- RFC 9293, section 3.8.6: what is beyond the window is not taken; the application reads, and it opens
  it("closes its window when nobody reads, and tells when it is open again", function()
    local net <close> = test.kernel { sysctl = { ["net.ipv4.tcp_rmem"] = "4096 8192 8192" } }
    local t, conn = open(net)
    local sent = 0
    while t.theirs > 0 do
      local data = ("x"):rep(math.min(t.theirs, 1000))
      t:send(data)
      t:expect { acknowledgment = t.snd }
      sent = sent + #data
    end
    t:send({ sequence = t.snd + 1 }, "y")
    t:expect { acknowledgment = t.snd, window = 0 }
    assert.equal(sent, #conn:receive(sent))
    t:expect { acknowledgment = t.snd, window = test.between(1000) }
  end)

  -- RFC 7323, section 2.3: windows are shifted by the scale of who tells them
  it("shifts windows by the scale that was agreed on", function()
    local net <close> = test.kernel()
    local listener = net.host:listen(7)
    local t = test.tcp_peer { peer = net:peer(), to = 7, window = 2 * 1024 >> 8, acks = false }
    t:connect { options = { { mss = 1024 }, { windowscale = 8 } } }
    listener:accept():send(("x"):rep(8 * 1024))
    for _ = 1, 2 do t:expect { data = ("x"):rep(1024) } end
    t:expect_none({ sequence = t.rcv, data = is_some }, { within = 0.1 })
    t:send { flags = "A" }
    t:expect { sequence = t.rcv, data = ("x"):rep(1024) }
  end)

  -- RFC 9293, section 3.8.4: a segment with an old number, that is to be answered; and RFC 1122, section 4.2.3.6
  it("asks by keep-alive whether somebody is there, and resets when nobody answers", function()
    local net <close> = test.kernel { sysctl = {
      ["net.ipv4.tcp_keepalive_time"] = 1, ["net.ipv4.tcp_keepalive_intvl"] = 1,
      ["net.ipv4.tcp_keepalive_probes"] = 1 } }
    local t, conn = open(net)
    conn.socket:setoption("keepalive", true)
    t:expect({ flags = "A", sequence = t.rcv - 1, data = "" }, { within = 3 })
    t:send { flags = "A" }
    t:expect({ flags = "A", sequence = t.rcv - 1, data = "" }, { within = 3 })
    t:expect({ flags = "RA", sequence = t.rcv }, { within = 3 })
    local data, why = conn:receive()
    assert.is_nil(data)
    assert.equal("closed", why)
  end)
end)
