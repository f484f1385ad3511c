--- Random packets over all builders, each in two forms made of the same values: ours, and an expression that
-- scapy (where it knows the protocol) evaluates. Two pairs are joined as their packets are: by `/`.
local layouts = require "pktcraft.layouts"

local crafted = {}

--- A generator of numbers from 0 to n - 1.
function crafted.random(seed)
  return function(n)
    seed = seed * 6364136223846793005 + 1442695040888963407
    return (seed >> 33) % n
  end
end

local Pair = {}
Pair.__index = Pair
local function pair(p, scapy)
  return setmetatable({ p = p, scapy = scapy }, Pair)
end
function Pair.__div(a, b)
  return pair(a.p / b.p, a.scapy and b.scapy and a.scapy .. "/" .. b.scapy)
end

local function text(rnd, n)
  local s = ("abcdefghijklmnopqrstuvwxyz"):rep(8):sub(1 + rnd(20), 20 + rnd(n))
  return pair(s, ("Raw(b'%s')"):format(s))
end

local function mac(rnd)
  return ("02:%02x:%02x:%02x:%02x:%02x"):format(rnd(256), rnd(256), rnd(256), rnd(256), rnd(256))
end

local function address4(rnd)
  return ("10.%d.%d.%d"):format(rnd(256), rnd(256), 1 + rnd(254))
end

local function address6(rnd)
  return ("2001:db8::%x:%x"):format(1 + rnd(65535), 1 + rnd(65535))
end

--- One of several functions' results.
local function one(rnd, list)
  return list[1 + rnd(#list)](rnd)
end

-- --- what stands on IP

local function udp(rnd, destination)
  local s, d = 20000 + rnd(1000), destination or 21000 + rnd(1000)
  return pair(layouts.udp { source = s, destination = d }, ("UDP(sport=%d,dport=%d)"):format(s, d))
end

local function udptext(rnd)
  return udp(rnd) / text(rnd, 100)
end

local function tcp(rnd)
  local s, d, seq, ack, window = 20000 + rnd(1000), 21000 + rnd(1000), rnd(1 << 31), rnd(1 << 31), rnd(65536)
  local flags = ({ "S", "SA", "A", "PA", "FA", "R", "SEC" })[1 + rnd(7)]
  local mss, scale, stamp = 500 + rnd(1000), rnd(14), rnd(1 << 31)
  local options = ({
    { nil, "[]" },
    { { { mss = mss } }, ("[('MSS',%d)]"):format(mss) },
    { { { mss = mss }, "nop", { windowscale = scale } }, ("[('MSS',%d),('NOP',None),('WScale',%d)]"):format(mss, scale) },
    { { { mss = mss }, "sack permitted", { timestamp = { value = stamp, echo = 0 } }, "nop", { windowscale = scale } },
      ("[('MSS',%d),('SAckOK',b''),('Timestamp',(%d,0)),('NOP',None),('WScale',%d)]"):format(mss, stamp, scale) },
    { { "nop", "nop", { sack = { { left = 100, right = 200 } } } }, "[('NOP',None),('NOP',None),('SAck',(100,200))]" },
  })[1 + rnd(5)]
  return pair(layouts.tcp { source = s, destination = d, sequence = seq, acknowledgment = ack, flags = flags,
    window = window, options = options[1] }, ("TCP(sport=%d,dport=%d,seq=%d,ack=%d,flags='%s',window=%d,options=%s)"):format(
    s, d, seq, ack, flags, window, options[2])) / text(rnd, 60)
end

local function dns(rnd)
  local id, name = rnd(65536), ("h%d.example.com"):format(rnd(1000))
  if rnd(2) == 0 then
    local type = ({ "A", "AAAA", "MX", "TXT", "NS", "SOA" })[1 + rnd(6)]
    return udp(rnd, 53) / pair(layouts.dns { id = id, rd = true, questions = { { name = name, type = type } } },
      ("DNS(id=%d,rd=1,qd=DNSQR(qname='%s',qtype='%s'))"):format(id, name, type))
  end
  local ttl, a = rnd(86400), address4(rnd)
  return udp(rnd, 53) / pair(layouts.dns { id = id, qr = true, rd = true, ra = true, questions = { { name = name, type = "A" } },
    answers = { { name = name, type = "A", ttl = ttl, a = a } } }, nil) -- scapy does not compress names by itself
end

local function icmp(rnd)
  local id, seq = rnd(65536), rnd(65536)
  local quoted = layouts.ipv4 { source = "10.9.9.9", destination = "10.8.8.8", ident = id }
    / layouts.udp { source = 7, destination = 9 } / "quoted!!"
  local inner = ("IP(src='10.9.9.9',dst='10.8.8.8',id=%d)/UDP(sport=7,dport=9)/Raw(b'quoted!!')"):format(id)
  return one(rnd, {
    function() return pair(layouts.icmp { type = 8, id = id, seq = seq }, ("ICMP(type=8,id=%d,seq=%d)"):format(id, seq)) / text(rnd, 64) end,
    function() return pair(layouts.icmp { type = 0, id = id, seq = seq }, ("ICMP(type=0,id=%d,seq=%d)"):format(id, seq)) / text(rnd, 64) end,
    function() return pair(layouts.icmp { type = 3, code = 1 } / quoted, "ICMP(type=3,code=1)/" .. inner) end,
    function() return pair(layouts.icmp { type = 3, code = 4, mtu = 1400 } / quoted, "ICMP(type=3,code=4,nexthopmtu=1400)/" .. inner) end,
    function() return pair(layouts.icmp { type = 11, code = 0 } / quoted, "ICMP(type=11,code=0)/" .. inner) end,
    function() return pair(layouts.icmp { type = 5, code = 1, gateway = "10.1.1.1" } / quoted, "ICMP(type=5,code=1,gw='10.1.1.1')/" .. inner) end,
    function()
      return pair(layouts.icmp { type = 13, id = id, seq = seq, originate = 5, receive = 6, transmit = 7 },
        ("ICMP(type=13,id=%d,seq=%d,ts_ori=5,ts_rx=6,ts_tx=7)"):format(id, seq))
    end,
  })
end

local function icmpv6(rnd)
  local id, seq, target, hardware = rnd(65536), rnd(65536), address6(rnd), mac(rnd)
  return one(rnd, {
    function()
      return pair(layouts.icmpv6 { type = 128, id = id, seq = seq }, ("ICMPv6EchoRequest(id=%d,seq=%d)"):format(id, seq)) / text(rnd, 64)
    end,
    function()
      return pair(layouts.icmpv6 { type = 129, id = id, seq = seq }, ("ICMPv6EchoReply(id=%d,seq=%d)"):format(id, seq)) / text(rnd, 64)
    end,
    function()
      return pair(layouts.icmpv6 { type = 135, target = target, options = { { type = 1, linklayer = hardware } } },
        ("ICMPv6ND_NS(tgt='%s')/ICMPv6NDOptSrcLLAddr(lladdr='%s')"):format(target, hardware))
    end,
    function()
      return pair(layouts.icmpv6 { type = 136, router = false, solicited = true, override = true, target = target,
        options = { { type = 2, linklayer = hardware } } },
        ("ICMPv6ND_NA(R=0,S=1,O=1,tgt='%s')/ICMPv6NDOptDstLLAddr(lladdr='%s')"):format(target, hardware))
    end,
    function()
      return pair(layouts.icmpv6 { type = 134, hoplimit = 64, lifetime = 1800, reachable = 0, retransmit = 0,
        options = { { type = 1, linklayer = hardware } } },
        ("ICMPv6ND_RA(chlim=64,prf=0,routerlifetime=1800)/ICMPv6NDOptSrcLLAddr(lladdr='%s')"):format(hardware))
    end,
    function() return pair(layouts.icmpv6 { type = 133, options = {} }, "ICMPv6ND_RS()") end,
    function()
      return pair(layouts.icmpv6 { type = 2, mtu = 1280 } / layouts.ipv6 { source = target, destination = "2001:db8::9" }
        / layouts.udp { source = 7, destination = 9 } / "quoted!!",
        ("ICMPv6PacketTooBig(mtu=1280)/IPv6(src='%s',dst='2001:db8::9')/UDP(sport=7,dport=9)/Raw(b'quoted!!')"):format(target))
    end,
  })
end

-- --- IP

local network

local function ip4(rnd, upper)
  local s, d, ident, ttl, tos = address4(rnd), address4(rnd), rnd(65536), 1 + rnd(255), 4 * rnd(64)
  local alert, df = rnd(4) == 0, rnd(2) == 0
  return pair(layouts.ipv4 { source = s, destination = d, ident = ident, ttl = ttl, dscp = tos // 4, df = df,
    options = alert and { { alert = 0 }, "nop" } or nil },
    ("IP(src='%s',dst='%s',id=%d,ttl=%d,tos=%d,flags='%s'%s)"):format(s, d, ident, ttl, tos, df and "DF" or "",
      alert and ",options=[IPOption_Router_Alert(),IPOption_NOP()]" or "")) / upper
end

local function ip6(rnd, upper)
  local s, d, hops, flow = address6(rnd), address6(rnd), 1 + rnd(255), rnd(1 << 20)
  local lower = pair(layouts.ipv6 { source = s, destination = d, hoplimit = hops, flowlabel = flow },
    ("IPv6(src='%s',dst='%s',hlim=%d,fl=%d)"):format(s, d, hops, flow))
  if rnd(5) == 0 then
    lower = lower / pair(layouts.hopbyhop { options = { { type = "router alert", alert = 0 }, { type = "padn", data = "" } } },
      "IPv6ExtHdrHopByHop(options=[RouterAlert(value=0),PadN(optdata=b'')])")
  end
  if rnd(5) == 0 then
    lower = lower / pair(layouts.destopts { options = { { type = "padn", data = "00000000" } } },
      "IPv6ExtHdrDestOpt(options=[PadN(optdata=b'\\0\\0\\0\\0')])")
  end
  if rnd(6) == 0 then
    local via = address6(rnd)
    lower = lower / pair(layouts.routing { type = 0, segmentsleft = 0, addresses = { via } },
      ("IPv6ExtHdrRouting(type=0,segleft=0,addresses=['%s'])"):format(via))
  end
  if rnd(6) == 0 then
    local id = rnd(1 << 31)
    lower = lower / pair(layouts.ipv6frag { ident = id }, ("IPv6ExtHdrFragment(id=%d)"):format(id)) -- atomic (RFC 6946)
  end
  return lower / upper
end

local function ah(rnd, upper) -- scapy leaves the sums above it to the user
  return pair(layouts.ah { spi = 1 + rnd(1 << 30), sequence = 1 + rnd(1 << 30), icv = "000102030405060708090a0b" }, nil) / upper
end

local function frame(rnd)
  local d, s = mac(rnd), mac(rnd)
  return pair(layouts.ethernet { destination = d, source = s }, ("Ether(dst='%s',src='%s')"):format(d, s))
end

local function gre(rnd, upper)
  local key, seq = rnd(1 << 31), rnd(1 << 31)
  return one(rnd, {
    function() return pair(layouts.gre {}, "GRE()") end,
    function() return pair(layouts.gre { key = key }, ("GRE(key_present=1,key=%d)"):format(key)) end,
    function()
      return pair(layouts.gre { key = key, sequence = seq },
        ("GRE(key_present=1,key=%d,seqnum_present=1,seqence_number=%d)"):format(key, seq))
    end,
    function() return pair(layouts.gre { checksumpresent = true }, "GRE(chksum_present=1)") end,
  }) / upper
end

local function vxlan(rnd)
  local vni = rnd(1 << 24)
  return udp(rnd, 4789) / pair(layouts.vxlan { vni = vni }, ("VXLAN(flags=8,vni=%d)"):format(vni)) / frame(rnd)
    / ip4(rnd, udptext(rnd))
end

--- An IP packet, in another now and then.
function network(rnd, deep)
  local kinds = { udptext, udptext, tcp, tcp, dns }
  if not deep then
    kinds[#kinds + 1] = vxlan
    kinds[#kinds + 1] = function() return gre(rnd, network(rnd, true)) end
    kinds[#kinds + 1] = function() return gre(rnd, frame(rnd) / network(rnd, true)) end
  end
  if rnd(3) == 0 then
    kinds[#kinds + 1] = icmpv6
    return ip6(rnd, one(rnd, kinds))
  end
  kinds[#kinds + 1] = icmp
  kinds[#kinds + 1] = function() return ah(rnd, udptext(rnd)) end
  return ip4(rnd, one(rnd, kinds))
end

-- --- frames

local function arp(rnd)
  local op, sha, spa, tha, tpa = 1 + rnd(2), mac(rnd), address4(rnd), mac(rnd), address4(rnd)
  return pair(layouts.arp { op = op, sha = sha, spa = spa, tha = tha, tpa = tpa },
    ("ARP(op=%d,hwsrc='%s',psrc='%s',hwdst='%s',pdst='%s')"):format(op, sha, spa, tha, tpa))
end

local function mpls(rnd)
  local labels = pair(layouts.mpls { label = 16 + rnd(1000), ttl = 1 + rnd(255), tc = rnd(8) }, nil)
  local l, t = 16 + rnd(1000), 1 + rnd(255)
  local bottom = pair(layouts.mpls { label = l, ttl = t }, ("MPLS(label=%d,s=1,ttl=%d)"):format(l, t))
  if rnd(2) == 0 then bottom = labels / bottom end
  if rnd(3) == 0 then return bottom / pair(layouts.controlword { sequence = rnd(65536) }, nil) / frame(rnd) / network(rnd, true) end
  return bottom / ip4(rnd, udptext(rnd))
end

--- A frame of Ethernet.
local function ethernet(rnd)
  local lower = frame(rnd)
  if rnd(4) == 0 then
    local id, priority = 1 + rnd(4000), rnd(8)
    lower = lower / pair(layouts.vlan { id = id, priority = priority }, ("Dot1Q(vlan=%d,prio=%d)"):format(id, priority))
  end
  return one(rnd, {
    function() return lower / arp(rnd) end,
    function() return lower / mpls(rnd) end,
    function()
      return lower / pair(layouts.llc { ssap = 0xaa }, nil) / pair(layouts.snap {}, nil) / ip4(rnd, udptext(rnd))
    end,
    function() return lower / network(rnd) end, function() return lower / network(rnd) end,
    function() return lower / network(rnd) end, function() return lower / network(rnd) end,
    function() return lower / network(rnd) end, function() return lower / network(rnd) end,
  })
end

local function cooked(name)
  return function(rnd)
    local type, address = rnd(5), mac(rnd)
    local digits = address:gsub(":", "") .. "0000"
    return pair(layouts[name] { packettype = type, hardwaretype = 1, addresslength = 6, address = digits }, name == "sll"
      and ("CookedLinux(pkttype=%d,lladdrtype=1,lladdrlen=6,src=bytes.fromhex('%s'))"):format(type, digits) or nil) / network(rnd)
  end
end

--- By link type: how many of a thousand packets, and what makes one.
crafted.links = {
  { 1, 800, ethernet },
  { 0, 40, function(rnd) return pair(layouts.null {}, nil) / network(rnd) end },
  { 101, 40, function(rnd) local p = network(rnd) return pair(layouts.rawip {} / p.p, p.scapy) end },
  { 108, 40, function(rnd) return pair(layouts.loop {}, nil) / ip4(rnd, udptext(rnd)) end },
  { 113, 40, cooked "sll" },
  { 276, 40, cooked "sll2" },
}

return crafted
