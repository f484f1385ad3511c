--- What we call malformed on real traffic, beside tshark's verdicts.
local support = require "spec.support"
local pcap = require "pktcraft.pcap"

-- The layers of a packet that are malformed.
local function culprits(pkt)
  local list = {}
  for name, marks in ("\n" .. pkt:show()):gmatch("\n(%w+): bytes %d+ to %d+([^\n]*)") do
    if marks:find("malformed", 1, true) then list[#list + 1] = name end
  end
  return table.concat(list, " ")
end

describe("verdicts on real traffic #interop", function()
  local frames, files, bad = 0, 0, {}

  it("are given for every frame, and none of plain is malformed", function()
    for _, kind in ipairs { "plain", "hostile" } do
      for _, path in ipairs(support.samples(kind)) do
        local cap = pcap.open(path)
        if cap then
          files = files + 1
          local name, list = kind .. path:match("/[^/]+$"), {}
          -- What a file holds after its damage cannot be read.
          local iterate, state, pkt = cap:packets()
          while true do
            local ok
            ok, pkt = pcall(iterate, state, pkt)
            if not ok or not pkt then break end
            frames = frames + 1
            local layers = culprits(pkt)
            assert(tostring(pkt) and pkt:verify())
            assert.equal(layers ~= "", pkt.malformed, name)
            if layers ~= "" then list[pkt.number] = layers end
          end
          cap:close()
          assert.is_true(kind ~= "plain" or next(list) == nil, name)
          if next(list) then bad[#bad + 1] = { name = name, path = path, frames = list } end
        end
      end
    end
    if files == 0 then return pending("no captures") end
    assert.is_true(frames > 16000)
    assert.is_true(#bad > 50)
  end)

  it("are tshark's, or have a reason in spec/verdicts.lua", function()
    if files == 0 then return pending("no captures") end
    if not support.has("tshark") then return pending("tshark is not installed") end
    local tshark = require "spec.tshark"
    local found, expected = {}, {}
    for _, rule in ipairs(require "spec.verdicts") do
      assert.is_true(#rule.why > 20)
      for name, n in pairs(rule.files) do expected[name .. " " .. rule.layer] = n end
    end
    for _, file in ipairs(bad) do
      local theirs, count = tshark.verdicts(file.path)
      assert.is_true(count > 0, file.name)
      for number, layers in pairs(file.frames) do
        local key = file.name .. " " .. layers
        if not theirs[number] then found[key] = (found[key] or 0) + 1 end
      end
    end
    assert.same(expected, found)
  end)
end)

describe("what real traffic has above", function()
  local layouts, packet = require "pktcraft.layouts", require "pktcraft.packet"
  local ipv4, gre, udp = layouts.ipv4, layouts.gre, layouts.udp

  local function names(p, first)
    local list = {}
    for name in packet.new(p.memory:tostring(), first or "ipv4"):layers() do list[#list + 1] = name end
    return table.concat(list, " ")
  end

  it("GRE: a frame without header (ERSPAN type I), with one (II), as NVGRE, and CDP", function()
    local frame = (layouts.ethernet { destination = "10:00:00:00:00:01" } / layouts.arp {}).memory:tostring()
    assert.equal("ipv4 gre ethernet arp", names(ipv4 {} / gre { protocol = 0x88be } / frame))
    assert.equal("ipv4 gre erspan ethernet arp", names(ipv4 {} / gre {} / layouts.erspan {} / frame))
    assert.equal("ipv4 gre ethernet arp", names(ipv4 {} / gre {} / layouts.ethernet {} / layouts.arp {}))
    assert.equal(0x6558, (gre {} / layouts.ethernet {}).gre.protocol)
    assert.equal("ipv4 gre cdp", names(ipv4 {} / gre { protocol = 0x2000 } / layouts.cdp {}))
  end)

  it("IP: Ethernet (RFC 8986), and a loopback header: an Ethertype", function()
    assert.equal("ipv4 ethernet arp", names(ipv4 { protocol = 143 } / layouts.ethernet {} / layouts.arp {}))
    local inner = (ipv4 {} / udp {}).memory:tostring()
    for _, family in ipairs { "\2\0\0\0", "\0\0\0\2", "\x0f\0\8\0" } do
      assert.equal("null ipv4 udp", names({ memory = require("memory").create(family .. inner) }, "null"))
    end
  end)

  it("UDP: BFD on the ports of links and of reflectors, RADIUS by its length", function()
    for _, port in ipairs { 3784, 4784, 6784, 7784 } do
      assert.equal("ipv4 udp bfd", names(ipv4 {} / udp { destination = port } / layouts.bfd {}))
    end
    assert.equal("ipv4 udp radius", names(ipv4 {} / udp { destination = 1700 } / layouts.radius { code = 43 }))
    for _, length in ipairs { 0, 19, 4097 } do
      assert.equal("ipv4 udp", names(ipv4 {} / udp { destination = 1812 } / layouts.radius { length = length }))
    end
  end)

  it("QUIC of a version that is not known: connection IDs, and bytes", function()
    local p = packet.new((udp { destination = 443 } / "\xc3\xb2\xa0\0\0\4\0\0\1\0\0\xff\xff\xff\xff").memory:tostring(), "udp")
    assert.is_false(p.malformed)
    assert.equal("00000100", p.quic.destination)
    assert.equal("ffffffff", p.quic.rest)
    assert.is_nil(p.quic.type)
    p = udp {} / layouts.quic { version = 0xff00001d, type = "initial", token = "ab", protected = "cd" }
    assert.equal("ab", p.quic.token)
  end)
end)
