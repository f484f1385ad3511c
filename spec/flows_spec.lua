--- Conversations, and what others call them.
local packet = require "pktcraft.packet"
local pcap = require "pktcraft.pcap"
local layouts = require "pktcraft.layouts"
local communityid = require "pktcraft.communityid"
local support = require "spec.support"

local ipv4, ipv6, udp, tcp, icmp = layouts.ipv4, layouts.ipv6, layouts.udp, layouts.tcp, layouts.icmp

local function made(p, first)
  return packet.new(p.memory:tostring(), first or "ipv4")
end

local function udp4(source, sport, destination, dport, data)
  return made(ipv4 { source = source, destination = destination } / udp { source = sport, destination = dport } / (data or ""))
end

describe("packet.flows", function()
  it("counts both directions of a conversation", function()
    local flows = packet.flows()
    local a = flows:add(udp4("10.0.0.9", 5353, "10.0.0.1", 53, "query"))
    assert.equal(a, flows:add(udp4("10.0.0.1", 53, "10.0.0.9", 5353, "the answer")))
    local b = flows:add(udp4("10.0.0.9", 5354, "10.0.0.1", 53))
    assert.not_equal(a, b)
    assert.equal(2, #flows)
    assert.same({ "10.0.0.9", 5353, "10.0.0.1", 53, 17 }, { a.source, a.sport, a.destination, a.dport, a.protocol })
    assert.same({ 2, 1, 1, 33, 38, 71 }, { a.packets, a.sentpackets, a.receivedpackets, a.sentbytes, a.receivedbytes, a.bytes })
    local seen = {}
    for flow in flows:all() do seen[flow] = true end
    assert.same({ [a] = true, [b] = true }, seen)
  end)

  it("knows what has no ports, IPv6, extension headers and tunnels", function()
    local flows = packet.flows()
    local function key(p, first)
      local f = flows:add(made(p, first))
      return f and tostring(f)
    end
    assert.equal("10.0.0.1:0 > 10.0.0.2:0 (1)", key(ipv4 { source = "10.0.0.1", destination = "10.0.0.2" } / icmp { type = 8 }))
    assert.equal("[2001:db8::1]:1 > [2001:db8::2]:2 (6)", key(ipv6 { source = "2001:db8::1", destination = "2001:db8::2" }
      / layouts.hopbyhop {} / layouts.destopts {} / tcp { source = 1, destination = 2 }, "ipv6"))
    assert.equal("10.0.0.1:0 > 10.0.0.2:0 (47)", key(ipv4 { source = "10.0.0.1", destination = "10.0.0.2" } / layouts.gre {}
      / ipv4 { source = 1, destination = 2 } / udp { source = 7, destination = 8 }))
    assert.equal("10.0.0.1:5 > 10.0.0.2:6 (132)", key(ipv4 { source = "10.0.0.1", destination = "10.0.0.2" }
      / layouts.sctp { source = 5, destination = 6 }))
    assert.equal("10.0.0.1:0 > 10.0.0.2:0 (99)", key(ipv4 { source = "10.0.0.1", destination = "10.0.0.2", protocol = 99 } / "x"))
    assert.equal("10.0.0.1:0 > 10.0.0.2:0 (4)", key(ipv4 { source = "10.0.0.1", destination = "10.0.0.2" }
      / ipv4 { source = 1, destination = 2 } / udp { source = 7, destination = 8 }))
    assert.is_nil(key(layouts.ethernet {} / layouts.arp {}, "ethernet"))
    -- What an error quotes is of another conversation.
    assert.equal("10.0.0.3:0 > 10.0.0.1:0 (1)", key(ipv4 { source = "10.0.0.3", destination = "10.0.0.1" } / icmp { type = 3 }
      / udp4("10.0.0.1", 1, "10.0.0.2", 2).memory:tostring()))
    -- Ends that differ by their ports alone.
    assert.equal("127.0.0.1:9 > 127.0.0.1:3 (17)", key(udp4("127.0.0.1", 9, "127.0.0.1", 3)))
    assert.equal("127.0.0.1:9 > 127.0.0.1:3 (17)", key(udp4("127.0.0.1", 3, "127.0.0.1", 9)))
  end)

  it("takes out what is idle, and what is used least", function()
    local gone = {}
    local flows = packet.flows { timeout = 10, flows = 3, close = function(flow, why) gone[#gone + 1] = flow.sport .. why end }
    local function at(seconds, port)
      local p = udp4("10.0.0.1", port, "10.0.0.2", 9)
      p.time = seconds * 1000000000
      flows:add(p)
    end
    at(0, 1)
    at(3, 2)
    at(9, 1)
    at(14, 3)
    assert.same({ "2timeout" }, gone)
    at(15, 4)
    at(16, 1)
    at(17, 5)
    assert.same({ "2timeout", "3evicted" }, gone)
    flows:close()
    assert.equal(0, #flows)
    table.sort(gone)
    assert.same({ "1flushed", "2timeout", "3evicted", "4flushed", "5flushed" }, gone)
    assert.error_matches(function() packet.flows { flows = 0 } end, "option 'flows': positive integer expected")
    assert.error_matches(function() packet.flows { timeout = -1 } end, "option 'timeout': seconds expected")
  end)

  it("counts as a model does", function()
    local seed = 1
    local function rnd(n)
      seed = seed * 6364136223846793005 + 1442695040888963407
      return (seed >> 33) % n
    end
    local flows, model, n = packet.flows(), {}, 0
    for _ = 1, 3000 do
      local a, b = ("10.0.%d.%d"):format(rnd(2), rnd(9)), ("10.0.%d.%d"):format(rnd(2), rnd(9))
      local p, q = rnd(3), rnd(3)
      local x, y = a .. ":" .. p, b .. ":" .. q
      local key = x < y and x .. y or y .. x
      if not model[key] then n = n + 1 end
      model[key] = (model[key] or 0) + 1
      assert.equal(model[key], flows:add(udp4(a, p, b, q)).packets)
    end
    assert.equal(n, #flows)
  end)
end)

describe("Community ID", function()
  -- Published with the specification, for seed 0.
  it("is what its specification says", function()
    local cases = {
      { ipv4 { source = "128.232.110.120", destination = "66.35.250.204" } / tcp { source = 34855, destination = 80 },
        "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" },
      { ipv4 { source = "192.168.1.52", destination = "8.8.8.8" } / udp { source = 54585, destination = 53 },
        "1:d/FP5EW3wiY1vCndhwleRRKHowQ=" },
      { ipv4 { source = "192.168.0.89", destination = "192.168.0.1" } / icmp { type = 8, code = 0 },
        "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=" },
    }
    for _, case in ipairs(cases) do
      local p = made(case[1])
      assert.equal(case[2], communityid(p))
      local back = p:copy()
      back.ipv4.source, back.ipv4.destination = p.ipv4.destination, p.ipv4.source
      if p.icmp then
        back.icmp.type = 0
      else
        local view, other = back.tcp or back.udp, p.tcp or p.udp
        view.source, view.destination = other.destination, other.source
        assert.equal(case[2], communityid(packet.flows():add(back)))
      end
      assert.equal(case[2], communityid(back))
      assert.not_equal(case[2], communityid(p, 1))
    end
    assert.is_nil(communityid(layouts.ethernet {} / layouts.arp {}))
    assert.is_nil(communityid(packet.flows():add(made(cases[3][1])))) -- a flow has no types
    assert.is_string(communityid(packet.new(made(cases[1][1]).memory:tostring():sub(1, 22), "ipv4", 40))) -- cut in its ports
    assert.error_matches(function() communityid(cases[1][1], 65536) end, "seed from 0 to 65535 expected")
    assert.error_matches(function() communityid "x" end, "packet or flow expected")
  end)

  it("is what tshark says of real traffic #interop", function()
    if not support.has("tshark") then return pending("tshark is not installed") end
    local compared = 0
    for _, path in ipairs(support.samples("plain")) do
      local theirs = {}
      local pipe <close> = io.popen("tshark -n --enable-protocol communityid -o ip.defragment:FALSE -T fields -e communityid -r "
        .. path .. " 2>/dev/null")
      for line in pipe:lines() do theirs[#theirs + 1] = line end
      local cap, different = pcap.open(path), nil
      pcall(function()
        for pkt in cap and cap:packets() or function() end do
          local want = theirs[pkt.number]
          -- Later fragments of IPv6 have no protocol that both of us would tell; a family that is none has no address.
          local later = pkt.ipv6frag and pkt.ipv6frag.fragoffset > 0
          -- Of a tunnel tshark takes what is carried.
          local networks = 0
          for name in pkt:layers() do networks = networks + ((name == "ipv4" or name == "ipv6") and 1 or 0) end
          if want and want ~= "" and not later and networks < 2 and communityid(pkt) then
            if want ~= communityid(pkt) then different = ("%s frame %d: %s"):format(path, pkt.number, want) end
            compared = compared + 1
          end
        end
      end)
      assert.is_nil(different)
    end
    if compared == 0 then return pending("no captures") end
    assert.is_true(compared > 6000)
  end)
end)
