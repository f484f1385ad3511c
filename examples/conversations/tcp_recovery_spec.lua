--- How the kernel finds out what was lost of TCP, and how much it sends.
local test = require "pktcraft.test"

local MASK <const> = 0xffffffff
local SIZE <const> = 1024 -- bytes of a segment: LuaSocket hands 8192 over at a time, which these make up

-- The kernel with the congestion control of RFC 5681 alone: without tail loss probes (RFC 8985) and F-RTO (RFC 5682).
local function kernel(rto)
  return test.kernel {
    sysctl = { ["net.ipv4.tcp_congestion_control"] = "reno", ["net.ipv4.tcp_early_retrans"] = 0,
               ["net.ipv4.tcp_frto"] = 0 },
    up = "ip route change 10.9.0.0/24 dev tap0 rto_min " .. rto,
  }
end

-- A connection to the kernel, whose segments are of SIZE bytes, and its end there. Nothing is acknowledged by itself.
local function open(net, ...)
  local listener = net.host:listen(7)
  local t = test.tcp_peer { peer = net:peer(), to = 7, acks = false }
  t:connect { options = { { mss = SIZE }, ... } }
  return t, listener:accept()
end

-- Waits for segments 1 to n; gives a function that tells the sequence number of a segment.
local function get(t, n)
  local first = t.rcv
  local function number(k) return (first + SIZE * (k - 1)) & MASK end
  for k = 1, n do t:expect { sequence = number(k), data = ("x"):rep(SIZE) } end
  return number
end

local function is_some(data) return #data > 0 end

describe("TCP, when segments are lost,", function()
  -- RFC 6298, sections 5.4 to 5.6: the earliest that is not acknowledged, and the timer is doubled
  it("sends data again after the RTO, and waits twice as long each time", function()
    local net <close> = kernel "100ms"
    local t, conn = open(net)
    local first, times = t.rcv, {}
    conn:send "hello"
    for k = 1, 4 do times[k] = t:expect({ sequence = first, data = "hello" }, { within = 2 }).time / 1e9 end
    for k = 3, 4 do assert.near(2, (times[k] - times[k - 1]) / (times[k - 1] - times[k - 2]), 0.75) end
    t:send { flags = "A" }
    t:expect_none({ data = is_some }, { within = 1 })
  end)

  -- RFC 5681, section 3.2: the third duplicate acknowledgment says that a segment is lost
  it("sends a segment again after three duplicate acknowledgments, before the RTO", function()
    local net <close> = kernel "10s"
    local t, conn = open(net)
    conn:send(("x"):rep(5 * SIZE))
    local number = get(t, 5)
    for _ = 1, 3 do t:send { flags = "A", acknowledgment = number(2) } end -- of which the first is not a duplicate
    t:expect_none { data = is_some }
    t:send { flags = "A", acknowledgment = number(2) }
    t:expect { sequence = number(2), data = ("x"):rep(SIZE) }
    t:expect_none { data = is_some }
  end)

  -- RFC 6675, section 5: the holes between what SACK tells, and nothing else
  it("sends again only what SACK does not cover", function()
    local net <close> = kernel "10s"
    local t, conn = open(net, "sack permitted")
    conn:send(("x"):rep(8 * SIZE))
    local number = get(t, 8)
    t:send { flags = "A", acknowledgment = number(2), options = { { sack = {
      { left = number(5), right = number(9) }, { left = number(3), right = number(4) } } } } }
    t:expect { sequence = number(2), data = ("x"):rep(SIZE) }
    t:expect { sequence = number(4), data = ("x"):rep(SIZE) }
    t:send { flags = "A", acknowledgment = number(9) }
    t:expect_none { data = is_some }
  end)

  -- RFC 6928, section 2: ten segments at first; RFC 5681, section 3.1: for each that is acknowledged one more
  it("sends ten segments at first, and twice as many each round trip (slow start)", function()
    local net <close> = kernel "10s"
    local t, conn = open(net)
    conn:send(("x"):rep(100 * SIZE))
    for _, most in ipairs { 10, 20, 40 } do
      local count = 0
      while t:expect({ data = is_some }, { within = 0.1, optional = true }) do count = count + 1 end
      assert.equal(most, count)
      t:send { flags = "A" }
    end
  end)

  -- RFC 5681, section 3.1, equation 4, and section 3.2: half of what was in flight; after the RTO one segment
  it("begins with one segment again after the RTO", function()
    local net <close> = kernel "200ms"
    local t, conn = open(net)
    conn:send(("x"):rep(50 * SIZE))
    local number = get(t, 10)
    t:expect({ sequence = number(1) }, { within = 3 })
    t:expect_none { sequence = number(2) }
    t:send { flags = "A", acknowledgment = number(2) }
    for k = 2, 3 do t:expect { sequence = number(k) } end
    t:expect_none { sequence = number(4) }
  end)
end)
