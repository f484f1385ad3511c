--- How the kernel ends connections of TCP, in all orders (RFC 9293, section 3.6), and what it remembers of them.
local test = require "pktcraft.test"

-- A connection to the kernel, its end there, and who listens.
local function open(net)
  local listener = net.host:listen(7)
  local t = test.tcp_peer { peer = net:peer(), to = 7 }
  t:connect()
  return t, listener:accept()
end

-- Closes the kernel's side first: then it is in TIME-WAIT.
local function close_there(t, conn)
  conn:close()
  t:expect { flags = test.has "F" }
  t:send { flags = "FA" }
  t:expect { flags = "A", acknowledgment = t.snd }
end

describe("TCP, at the end of a connection,", function()
  -- RFC 9293, section 3.6, case 1
  it("sends a FIN when its side closes first, and acknowledges ours", function()
    local net <close> = test.kernel()
    local t, conn = open(net)
    conn:send "bye"
    conn:close()
    t:expect { sequence = t.rcv, data = "bye" }
    local fin = t:expect { flags = test.has "F" }
    assert.packet(fin, { tcp = { flags = "FA", acknowledgment = t.snd } })
    t:send { flags = "FA" }
    t:expect { flags = "A", sequence = t.rcv, acknowledgment = t.snd }
  end)

  -- RFC 9293, section 3.6, case 2: a reset says that nothing is remembered
  it("acknowledges our FIN when we close first, and forgets when we have acknowledged its own", function()
    local net <close> = test.kernel()
    local t, conn = open(net)
    t:send { flags = "FA" }
    t:expect { flags = "A", acknowledgment = t.snd }
    local data, why = conn:receive()
    assert.is_nil(data)
    assert.equal("closed", why)
    conn:close()
    t:expect { flags = "FA", acknowledgment = t.snd }
    t:send "anybody there?"
    t:expect { flags = "R", sequence = t.rcv }
  end)

  -- RFC 9293, section 3.6, case 3, and figure 13: FINs that cross
  it("acknowledges our FIN when both close at once, and remembers the connection", function()
    local net <close> = test.kernel()
    local t, conn = open(net)
    conn:close()
    t.acks = false
    local fin = t:expect { flags = test.has "F" }
    t:send { flags = "FA", acknowledgment = fin.tcp.sequence }
    t:expect { flags = "A", sequence = t.rcv, acknowledgment = t.snd }
    t:send { flags = "A" }
    t:send { flags = "FA", sequence = t.snd - 1 }
    t:expect { flags = "A", sequence = t.rcv, acknowledgment = t.snd }
  end)

  -- RFC 9293, section 3.6, and RFC 1122, section 4.2.2.13: each side ends for itself
  it("takes data after its own FIN, when it has only ended sending", function()
    local net <close> = test.kernel()
    local t, conn = open(net)
    conn:shutdown()
    t:expect { flags = test.has "F" }
    t:send "still here"
    t:expect { flags = "A", acknowledgment = t.snd }
    assert.equal("still here", conn:receive(10))
    t:send { flags = "FA" }
    t:expect { flags = "A", acknowledgment = t.snd }
  end)

  it("sends data after our FIN", function()
    local net <close> = test.kernel()
    local t, conn = open(net)
    t:send { flags = "FA" }
    t:expect { flags = "A", acknowledgment = t.snd }
    conn:send "still here"
    t:expect { data = "still here", acknowledgment = t.snd }
    conn:close()
    t:expect { flags = "FA", sequence = t.rcv }
  end)

  -- RFC 9293, section 3.10.7.4, TIME-WAIT: the last ACK may have been lost
  it("acknowledges a FIN again in TIME-WAIT", function()
    local net <close> = test.kernel()
    local t, conn = open(net)
    close_there(t, conn)
    t:send { flags = "FA", sequence = t.snd - 1 }
    t:expect { flags = "A", sequence = t.rcv, acknowledgment = t.snd }
  end)

  -- RFC 9293, section 3.6.1 and section 3.10.7.4; RFC 6191, section 2
  it("opens a connection from TIME-WAIT by a SYN with a higher number, and not by another", function()
    local net <close> = test.kernel()
    local t, conn = open(net)
    close_there(t, conn)
    local last = t.rcv
    t.peer:send(t:segment { flags = "S", sequence = t.isn })
    t:expect { flags = "A", acknowledgment = t.snd }
    local again = test.tcp_peer { peer = t.peer, to = 7, port = t.port, isn = t.snd + 1000 }
    local answer = again:connect()
    assert.packet(answer, { tcp = { sequence = test.other_than(last) } })
    again:send "hello"
    again:expect { flags = "A", acknowledgment = again.snd }
  end)

  -- RFC 1122, section 4.2.2.13: who closes before all was read says so by a reset
  it("resets when its side closes, and has not read all that has come", function()
    local net <close> = test.kernel()
    local t, conn = open(net)
    t:send "unread"
    t:expect { acknowledgment = t.snd }
    conn:close()
    t:expect { flags = "RA", sequence = t.rcv }
  end)
end)
