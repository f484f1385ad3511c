--- Datagrams cut into fragments, and put together again.
local memory = require "memory"
local packet = require "pktcraft.packet"
local pcap = require "pktcraft.pcap"
local layouts = require "pktcraft.layouts"
local support = require "spec.support"

local ethernet, ipv4, ipv6, udp = layouts.ethernet, layouts.ipv4, layouts.ipv6, layouts.udp
local TEXT <const> = ("0123456789abcdef"):rep(200)

local function bytes(p)
  return p.memory:tostring()
end

--- A fragment of IPv4 with `data` at 8-byte unit `offset`.
local function fragment(offset, more, data, ident)
  return packet.new((ipv4 { source = "10.0.0.1", destination = "10.0.0.2", ident = ident or 7, protocol = 17, fragoffset = offset,
    flagmf = more } / data).memory:tostring(), "ipv4")
end

--- The same of IPv6.
local function fragment6(offset, more, data)
  return packet.new((ipv6 { source = "2001:db8::1", destination = "2001:db8::2" } / layouts.ipv6frag { nextheader = 17,
    fragoffset = offset, flagmf = more, ident = 99 } / data).memory:tostring(), "ipv6")
end

--- What becomes of fragments: the payload of a whole datagram, or why there is none.
local function outcome(list, options)
  local d, last = packet.defragment(options), nil
  for _, f in ipairs(list) do
    local p, why = d:add(f)
    last = p and bytes(p):sub(p.ipv4 and 21 or 41) or why
  end
  return last, d:stats()
end

describe("pkt:fragments and packet.defragment", function()
  local makers = {
    ["IPv4"] = ethernet {} / ipv4 { source = "10.0.0.1", destination = "10.0.0.2", ident = 7 } / udp { source = 1, destination = 2 } / TEXT,
    ["IPv4 with options, in PPPoE"] = layouts.pppoe { session = 3 } / layouts.ppp {} / ipv4 { source = "10.0.0.1",
      destination = "10.0.0.2", options = { { alert = 0 }, { kind = 7, pointer = 4, route = { "0.0.0.0" } } } } / udp {} / TEXT,
    ["IPv6"] = ethernet {} / ipv6 { source = "2001:db8::1", destination = "2001:db8::2" } / udp { source = 1, destination = 2 } / TEXT,
    ["IPv6 with what routers read"] = ipv6 { source = "2001:db8::1", destination = "2001:db8::2" } / layouts.hopbyhop {
      options = { { type = 5, alert = 0 } } } / udp { source = 1, destination = 2 } / TEXT,
    ["802.3"] = ethernet {} / layouts.llc { ssap = 0xaa } / layouts.snap {} / ipv4 { source = 1, destination = 2 } / udp {} / TEXT:sub(1, 1400),
  }

  for name, p in pairs(makers) do
    it("give " .. name .. " back, in any order", function()
      local list = assert(p:fragments(576))
      assert.is_true(#list >= 3)
      for k, f in ipairs(list) do
        assert.is_false(f.malformed)
        local start, stop = f:range(f.ipv4 and "ipv4" or "ipv6")
        assert.is_true(stop - start + 1 <= 576)
        for _, c in ipairs(f:verify()) do assert.is_true(c.verdict ~= "bad", c.layer) end
        if k > 1 and f.ipv4 then assert.is_true(f.ipv4.ihl <= list[1].ipv4.ihl) end
      end
      for turn = 0, #list - 1 do
        local d, whole = packet.defragment(), nil
        for k = 1, #list do
          local q, why = d:add(list[(k * (turn % 2 == 0 and 1 or -1) + turn) % #list + 1])
          assert.is_true(q == nil and why == "incomplete" or k == #list)
          whole = q
        end
        assert.equal(bytes(p), bytes(whole))
        assert.equal(0, d:stats().held)
        for _, c in ipairs(whole:verify()) do assert.is_true(c.verdict ~= "bad", c.layer) end
      end
    end)
  end

  it("leave what is no fragment as it is", function()
    local p = makers["IPv4"]
    local list = p:fragments(9000)
    assert.equal(1, #list)
    assert.equal(bytes(p), bytes(list[1]))
    assert.equal(p, packet.defragment():add(p))
    local arp = ethernet {} / layouts.arp {}
    assert.equal(arp, packet.defragment():add(arp))
  end)

  it("say why not", function()
    local p = ipv4 { source = 1, destination = 2, flagdf = true } / udp {} / TEXT
    assert.same({ nil, "must not be fragmented" }, { p:fragments(576) })
    assert.same({ nil, "has no IP layer" }, { (ethernet {} / layouts.arp {}):fragments(576) })
    assert.same({ nil, "is a fragment" }, { fragment6(0, true, TEXT):fragments(576) })
    assert.same({ nil, "not all of the packet was captured" }, { packet.new(bytes(p), "ipv4", #p + 1):fragments(576) })
    assert.matches("no room", select(2, (ipv6 { source = "::1", destination = "::2" } / udp {} / TEXT):fragments(50)))
    assert.error_matches(function() p:fragments(27) end, "28 bytes or more expected")
    assert.equal(1, #p:fragments(65536)) -- the MTU of Linux's loopback
    assert.error_matches(function() packet.defragment { what = 1 } end, "unknown option 'what'")
    assert.error_matches(function() packet.defragment():add(1) end, "packet expected")
  end)

  it("cut a fragment of IPv4 once more", function()
    local p = makers["IPv4"]
    local d, whole = packet.defragment(), nil
    for _, f in ipairs(p:fragments(1280)) do
      for _, g in ipairs(assert(f:fragments(300))) do whole = d:add(g) or whole end
    end
    assert.equal(bytes(p), bytes(whole))
  end)
end)

describe("packet.defragment", function()
  local eight, other <const> = "abcdefgh", "ABCDEFGH"

  it("knows overlaps by policy", function()
    local list = { fragment(0, true, eight .. eight), fragment(1, true, other .. other), fragment(3, false, "end") }
    assert.equal(eight .. eight .. other .. "end", outcome(list, { overlap = "first" }))
    assert.equal(eight .. eight .. other .. "end", outcome(list))
    assert.equal(eight .. other .. other .. "end", outcome(list, { overlap = "last" }))
    assert.equal("overlap", outcome(list, { overlap = "drop" }))
    local _, stats = outcome(list)
    assert.same({ 8, 1 }, { stats.overlaps, stats.conflicts })
    assert.equal("overlap", outcome { fragment6(0, true, eight .. eight), fragment6(1, true, other .. other), fragment6(3, false, "end") })
    local same = fragment6(0, true, eight)
    assert.equal(eight .. "end", outcome { same, same, fragment6(1, false, "end") }) -- the very same is none (RFC 8200, section 4.5)
  end)

  it("leaves out IPv6's fragment header", function()
    local d = packet.defragment()
    local whole = bytes(udp { source = 1, destination = 2 } / ("x"):rep(16))
    d:add(fragment6(0, true, whole:sub(1, 16)))
    local p = d:add(fragment6(2, false, whole:sub(17)))
    assert.equal("IP6 2001:db8::1 > 2001:db8::2: UDP 1 > 2, length 16", tostring(p))
    assert.equal(24, p.ipv6.payloadlength)
  end)

  it("names what is wrong", function()
    assert.equal("incomplete", outcome { fragment(0, true, eight), fragment(2, false, "x") })
    assert.equal("misaligned", outcome { fragment(0, true, "12345") })
    assert.equal("too large", outcome { fragment(8191, true, eight), fragment(8191, false, ("x"):rep(100)) })
    assert.equal("bad end", outcome { fragment(1, false, eight), fragment(4, false, eight) })
    assert.equal("bad end", outcome { fragment(4, true, eight), fragment(1, false, "x") })
    local cut = fragment(0, true, eight)
    assert.equal("truncated", outcome { packet.new(memory.create(bytes(cut), 1, #cut - 1), "ipv4", #cut) })
    assert.equal("bad end", outcome { fragment(1, false, eight), fragment(4, false, eight), fragment(0, true, eight) }) -- it is lost
    assert.equal("incomplete", outcome { fragment(0, true, eight, 1), fragment(1, false, eight, 2) })
  end)

  it("gives up after a while, and when it holds too much", function()
    local d = packet.defragment { timeout = 5 }
    local a, b = fragment(0, true, eight), fragment(1, false, "end")
    a.time, b.time = 1000000000, 7000000000
    d:add(a)
    assert.same({ nil, "incomplete" }, { d:add(b) })
    assert.equal(1, d:stats().timeouts)
    d = packet.defragment { memory = 10000 }
    for k = 1, 1000 do
      d:add(fragment(0, true, ("x"):rep(64), k))
      assert.is_true(d:stats().held <= 10000)
    end
    assert.is_true(d:stats().evicted > 900)
  end)

  it("keeps the fragments of a tunnel and of what it carries apart", function()
    local inner = ipv4 { source = "10.0.0.1", destination = "10.0.0.2", ident = 7 } / udp {} / TEXT
    local d, whole = packet.defragment(), nil
    for _, f in ipairs(inner:fragments(1280)) do
      local outer = ipv4 { source = "10.0.0.1", destination = "10.0.0.2", ident = 7, protocol = 4 } / bytes(f)
      for _, g in ipairs(packet.new(bytes(outer), "ipv4"):fragments(576)) do
        local p = d:add(g)
        if p then whole = d:add(p) or whole end
      end
    end
    assert.equal(bytes(inner), bytes(whole):sub(21))
  end)

  it("takes random bytes for fragments", function()
    local seed, d = 3, packet.defragment { memory = 100000 }
    local function rnd(n)
      seed = seed * 6364136223846793005 + 1442695040888963407
      return (seed >> 33) % n
    end
    for _ = 1, 20000 do
      local p = rnd(2) == 0 and fragment(rnd(4), rnd(3) > 0, ("z"):rep(8 * rnd(4) + rnd(2)), rnd(2000))
        or fragment6(rnd(20), rnd(2) == 0, ("z"):rep(8 * rnd(6)))
      local whole = d:add(p)
      if whole then assert(whole:show() and #whole <= 65535 + 40) end
    end
    assert.is_true(d:stats().whole > 20, d:stats().whole)
  end)

  it("makes the datagrams that tshark makes #interop", function()
    if not support.has("tshark") then return pending("tshark is not installed") end
    local compared = 0
    for _, kind in ipairs { "plain", "hostile" } do
      for _, path in ipairs(support.samples(kind)) do
        if path:find("frag") then
          local theirs = {}
          local pipe <close> = io.popen(("tshark -n -r %s -o ip.defragment:TRUE -o ipv6.defragment:TRUE -T fields "
            .. "-e frame.number -e ip.reassembled.data -e ipv6.reassembled.data 2>/dev/null"):format(path))
          for line in pipe:lines() do
            local number, four, six = line:match("^(%d+)\t([%x,]*)\t([%x,]*)$")
            local hex = four and (four ~= "" and four or six)
            if hex and hex ~= "" then theirs[tonumber(number)] = hex:match("%x+") end
          end
          local cap = pcap.open(path)
          local d = packet.defragment { timeout = 1e10, overlap = "first" }
          for pkt in cap and cap:packets() or function() end do
            local p = d:add(pkt)
            if p and p ~= pkt and theirs[pkt.number] then
              local i, j = p:range(p.ipv4 and "ipv4" or "ipv6")
              local data = bytes(p):sub(i + (p.ipv4 and p.ipv4.ihl * 4 or 40), j)
              assert.equal(theirs[pkt.number], (data:gsub(".", function(c) return ("%02x"):format(c:byte()) end)), path)
              compared = compared + 1
            end
            if theirs[pkt.number] and p then theirs[pkt.number] = nil end
          end
          if path:find("plain") then assert.is_nil(next(theirs), path) end
        end
      end
    end
    if compared == 0 then return pending("no captures") end
    assert.is_true(compared >= 5)
  end)
end)
