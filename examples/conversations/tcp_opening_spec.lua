--- How the kernel opens connections of TCP.
local test = require "pktcraft.test"

local function echo(data) return data end

describe("TCP, when a connection is opened,", function()
  -- RFC 9293, section 3.7.1: MSS; RFC 2018, section 2: SACK; RFC 7323, sections 2.2 and 3.2: window scale, timestamps
  it("answers the options that a SYN offers", function()
    local net <close> = test.kernel()
    net.host:serve { tcp = { [7] = echo } }
    local t = test.tcp_peer { peer = net:peer(), to = 7 }
    t:send { flags = "S", options = { { mss = 1000 }, "sack permitted", { windowscale = 3 },
                                      { timestamp = { value = 4711 } } } }
    local answer = t:expect { flags = "SA", acknowledgment = t.snd, options = {
      mss = 1460, windowscale = test.between(0, 14), timestamp = { value = test.other_than(0), echo = 4711 } } }
    assert.packet(answer, { tcp = { options = test.contains { kind = "sack permitted" } } })
  end)

  -- The same sections: each of them is sent in answer to a SYN that has it, and else is not.
  it("sends no option that the SYN has not offered, but for the MSS", function()
    local net <close> = test.kernel()
    net.host:serve { tcp = { [7] = echo } }
    local t = test.tcp_peer { peer = net:peer(), to = 7 }
    t:send { flags = "S" }
    local answer = t:expect { flags = "SA" }
    assert.packet(answer, { tcp = { dataoffset = 6, options = { mss = 1460 } } })
  end)

  -- RFC 9293, section 3.7.1: 536 bytes where no MSS is told
  it("sends segments of the MSS that it was told, and of 536 bytes when it was told none", function()
    local net <close> = test.kernel()
    local listener, peer = net.host:listen(7), net:peer()
    for _, case in ipairs { { size = 900, options = { { mss = 900 } } }, { size = 536 } } do
      local t = test.tcp_peer { peer = peer, to = 7 }
      t:connect { options = case.options }
      listener:accept():send(("x"):rep(2000))
      t:expect { data = ("x"):rep(case.size) }
    end
  end)

  -- RFC 9293, section 3.8.1, and RFC 6298: a SYN/ACK is retransmitted as data are, first after a second
  it("sends its SYN/ACK again while nobody acknowledges it", function()
    local net <close> = test.kernel()
    net.host:serve { tcp = { [7] = echo } }
    local t = test.tcp_peer { peer = net:peer(), to = 7 }
    t:send { flags = "S" }
    local first = t:expect { flags = "SA" }
    local again = t:expect({ flags = "SA" }, { within = 3 })
    assert.same_packet(first, again, { ignore = { "ipv4.ident", "ipv4.checksum" } })
    t:send { flags = "A" }
    t:send "hello"
    t:expect { data = "hello" }
  end)

  -- RFC 9293, section 3.5: both send a SYN before they get that of the other (figure 7)
  it("opens one connection of two SYNs that cross", function()
    local net <close> = test.kernel()
    local t = test.tcp_peer { peer = net:peer(), port = 80 }
    local conn = net.host:connect("10.9.0.2", 80)
    t.to = t:expect({ flags = "S" }).tcp.source
    t:send { flags = "S" }
    t:expect { flags = "SA", sequence = t.rcv - 1, acknowledgment = t.snd }
    t:send { flags = "SA", sequence = t.isn }
    t:send "hello"
    assert.equal("hello", conn:receive(5))
  end)

  -- RFC 3168, section 6.1: ECE and CWR in the SYN, ECE in the SYN/ACK; then marks are echoed until CWR
  it("agrees on ECN, and echoes that it met congestion until it is told that this was heard", function()
    local net <close> = test.kernel { sysctl = { ["net.ipv4.tcp_ecn"] = 1 } }
    local peer = net:peer()
    local listener = net.host:listen(7)
    local t = test.tcp_peer { peer = peer, to = 7 }
    t:send { flags = "SEC" }
    t:expect { flags = "SAE", ipv4 = { ecn = "not-ect" } }
    t:send { flags = "A" }
    listener:accept():send "data"
    t:expect { data = "data", ipv4 = { ecn = "ect(0)" } }
    t:send({ flags = "PA", ipv4 = { ecn = "ce" } }, "marked")
    t:expect { flags = "AE", acknowledgment = t.snd }
    t:send({ flags = "PAC", ipv4 = { ecn = "ect(0)" } }, "heard")
    t:expect { flags = "A", acknowledgment = t.snd }
  end)

  -- RFC 4987, section 3.6: options that the cookie has no room for are not agreed on
  it("answers by a SYN cookie when its backlog is full, and forgets nothing that matters", function()
    local net <close> = test.kernel { sysctl = { ["net.ipv4.tcp_syncookies"] = 1 } }
    local peer = net:peer()
    local listener = net.host:listen(7, 1)
    local function open()
      local t = test.tcp_peer { peer = peer, to = 7, options = { { mss = 1000 }, "sack permitted" } }
      t:send { flags = "S", options = t.options }
      return t, t:expect { flags = "SA" }
    end
    for _ = 1, 2 do
      local _, remembered = open()
      assert.packet(remembered, { tcp = { options = test.contains { kind = "sack permitted" } } })
    end
    local t, cookie = open()
    assert.packet(cookie, { tcp = { dataoffset = 6, options = { mss = 1460 } } })
    t:send { flags = "A" }
    t:send "hello"
    assert.equal("hello", listener:accept():receive(5))
  end)

  -- RFC 7413, section 4: a cookie is asked for; with it data go in the SYN
  it("takes data in the SYN of who has its cookie (TCP Fast Open)", function()
    local net <close> = test.kernel { sysctl = { ["net.ipv4.tcp_fastopen"] = 0x402 } }
    local peer = net:peer()
    local listener = net.host:listen(7)
    local t = test.tcp_peer { peer = peer, to = 7 }
    local answer = t:connect { options = { { kind = "fast open", cookie = "" } } }
    local cookie = answer.tcp.options.cookie
    assert.matches("^%x+$", cookie)
    t = test.tcp_peer { peer = peer, to = 7 }
    t:send({ flags = "S", options = { { kind = "fast open", cookie = cookie } } }, "hello")
    t:expect { flags = "SA", acknowledgment = t.snd }
    assert.is_table(listener:accept())
    assert.equal("hello", listener:accept():receive(5))
  end)
end)
