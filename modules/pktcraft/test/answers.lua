--- Answers that peers give by themselves: `peer:answer(answers.echo())`. Each is a pattern, and a function that makes
-- the answer.
-- @module pktcraft.test.answers

local layouts = require "pktcraft.layouts"

local answers = {}

local types <const> = {
  [1] = "A", [2] = "NS", [5] = "CNAME", [12] = "PTR", [15] = "MX", [16] = "TXT", [28] = "AAAA", [33] = "SRV",
}

-- Frames that are cut or malformed are not for it.
local function answer(pattern, f)
  return { pattern = pattern, answer = function(pkt, ...)
    if pkt.malformed or pkt.truncated then return false end
    return f(pkt, ...)
  end }
end

--- The last bytes of an IPv6 address, as its solicited-node multicast address has them (RFC 4291, section 2.7.1), and
-- the Ethernet address of that (RFC 2464, section 7).
function answers.solicited(address)
  local bytes = require("pktcraft.test.place").bytes(layouts.ipv6 { source = address }):sub(9, 24)
  local a, b, c = bytes:byte(14, 16)
  return ("ff02::1:ff%02x:%02x%02x"):format(a, b, c), ("33:33:ff:%02x:%02x:%02x"):format(a, b, c)
end

--- ARP for the peer's own address (RFC 826), or a list of others; `mac` by default its own.
function answers.arp(addresses, mac)
  local function ours(address, peer)
    if not addresses then return address == peer.ipv4 end
    for _, each in ipairs(addresses) do
      if address == each then return true end
    end
  end
  return answer({ arp = { operation = "request" } }, function(pkt, peer)
    local asked = pkt.arp
    -- Who asks for what it claims itself probes whether the address is free (RFC 5227), and is told it is not.
    if not ours(asked.targetprotocol, peer) or asked.senderhardware == peer.mac then return false end
    return layouts.ethernet { source = mac or peer.mac, destination = asked.senderhardware } / layouts.arp {
      operation = "reply", senderhardware = mac or peer.mac, senderprotocol = asked.targetprotocol,
      targethardware = asked.senderhardware, targetprotocol = asked.senderprotocol }
  end)
end

--- Neighbor solicitations for the peer's own address (RFC 4861, section 7.2).
function answers.nd()
  return answer({ ipv6 = {}, icmpv6 = { type = "neighbor solicitation" } }, function(pkt, peer)
    local from = pkt.ipv6.source
    if pkt.icmpv6.target ~= peer.ipv6 then return false end
    local known = from ~= "::"
    return peer:ethernet { destination = known and pkt.ethernet.source or "33:33:00:00:00:01" }
      / layouts.ipv6 { source = peer.ipv6, destination = known and from or "ff02::1", hoplimit = 255 }
      / layouts.icmpv6 { type = "neighbor advertisement", solicited = known, override = true, target = peer.ipv6,
                         options = { { type = "target link-layer", linklayer = peer.mac } } }
  end)
end

-- A reply to whoever sent a packet, up to its IP header.
local function back(pkt, peer)
  local version = pkt.ipv4 and "ipv4" or "ipv6"
  local ip = pkt[version]
  local head = layouts[version] { source = ip.destination, destination = ip.source }
  if pkt.ethernet then head = peer:ethernet { destination = pkt.ethernet.source } / head end
  return head, version
end

--- Echo requests to the peer's address, of IPv4 (RFC 792) and IPv6 (RFC 4443).
function answers.echo()
  return answer(function(pkt)
    return pkt.icmp and pkt.icmp.type == 8 and pkt.ipv4 or pkt.icmpv6 and pkt.icmpv6.type == 128 and pkt.ipv6
  end, function(pkt, peer)
    local head, version = back(pkt, peer)
    local ip = pkt[version]
    if ip.destination ~= peer[version] then return false end
    local echo = pkt.icmp or pkt.icmpv6
    local part = version == "ipv4" and layouts.icmp or layouts.icmpv6
    return head / part { type = "echo reply", identifier = echo.identifier, sequence = echo.sequence } / pkt.payload
  end)
end

--- Datagrams of UDP to a port: `f(payload, pkt, peer)` gives what is sent back, a string or packet, or nil.
function answers.udp(port, f)
  return answer({ udp = { destination = port } }, function(pkt, peer)
    local first, last = pkt:range("udp")
    local data = f(require("memory").tostring(pkt.memory, first + 8, last), pkt, peer)
    if data == nil then return nil end
    return back(pkt, peer) / layouts.udp { source = port, destination = pkt.udp.source } / data
  end)
end

-- The records of a name and type that a zone has: nil: there is no such name.
local function records(zone, name, kind)
  local known = zone[name] or zone[name:lower()]
  if not known then return nil end
  local values, list = known[kind], {}
  for _, value in ipairs(type(values) == "table" and #values > 0 and values or { values }) do
    if kind == "TXT" then value = { { text = value } } end
    list[#list + 1] = { name = name, type = kind, ttl = known.ttl or 60, [kind:lower()] = value }
  end
  return list
end

--- Questions of the DNS (RFC 1035). `zone` has by name what records there are, a value or a list by type, as the
-- fields of layout dns have them: `{ ["a.example"] = { A = "10.0.0.1", MX = { preference = 10, exchange =
-- "mail.example" } } }`; or is a function of name and type that gives a list of records. Names that it does not have
-- do not exist (NXDOMAIN).
function answers.dns(zone, port)
  local function is_question(view) return view ~= nil and not view.response end
  return answer({ udp = { destination = port or 53 }, dns = is_question }, function(pkt, peer)
    local question = pkt.dns.questions and pkt.dns.questions[1]
    if not question or not question.name then return nil end
    local kind = types[question.type] or question.type
    local found
    if type(zone) == "function" then
      found = zone(question.name, kind)
    else
      found = records(zone, question.name, kind)
    end
    return back(pkt, peer) / layouts.udp { source = pkt.udp.destination, destination = pkt.udp.source }
      / layouts.dns { id = pkt.dns.id, response = true, recursiondesired = pkt.dns.recursiondesired,
                      recursionavailable = true, responsecode = found and 0 or 3,
                      questions = { { name = question.name, type = question.type, class = question.class } },
                      answers = found or {} }
  end)
end

--- Clients of DHCP (RFC 2131): `pool` has `addresses`, a list that is given out in its order, each to the same client
-- again; `lease` (seconds, 3600); `mask` (255.255.255.0); and `options`, a list of more, as layout dhcp has them: `{
-- { routers = { "10.9.0.2" } } }`. Requests for what was not offered are refused.
function answers.dhcp(pool)
  local given, free = {}, 1
  local function lease(client)
    if not given[client] and pool.addresses[free] then
      given[client] = pool.addresses[free]
      free = free + 1
    end
    return given[client]
  end
  local function reply(pkt, peer, kind, address)
    local options = { { messagetype = kind }, { serverid = peer.ipv4 } }
    if kind ~= "nak" then
      options[3], options[4] = { leasetime = pool.lease or 3600 }, { mask = pool.mask or "255.255.255.0" }
      for _, option in ipairs(pool.options or {}) do options[#options + 1] = option end
    end
    options[#options + 1] = { code = 255 } -- the end
    return peer:ethernet { destination = pkt.dhcp.broadcast and "ff:ff:ff:ff:ff:ff" or pkt.ethernet.source }
      / layouts.ipv4 { source = peer.ipv4, destination = "255.255.255.255" }
      / layouts.udp { source = 67, destination = 68 }
      / layouts.dhcp { opcode = "reply", transaction = pkt.dhcp.transaction, clienthardware = pkt.dhcp.clienthardware,
                       broadcast = pkt.dhcp.broadcast, youraddress = address, options = options }
  end
  return answer({ udp = { destination = 67 }, dhcp = { opcode = "request" } }, function(pkt, peer)
    local kind = pkt.dhcp.options and pkt.dhcp.options.messagetype
    local address = lease(pkt.dhcp.clienthardware)
    if kind == 1 then return address and reply(pkt, peer, "offer", address) or nil end
    if kind ~= 3 then return nil end
    local server, wanted = pkt.dhcp.options.serverid, pkt.dhcp.options.requestedaddress or pkt.dhcp.clientaddress
    if server and server ~= peer.ipv4 then return nil end -- it has chosen another
    if not address or wanted ~= address then return reply(pkt, peer, "nak") end
    return reply(pkt, peer, "ack", address)
  end)
end

--- Who has an address: the question, the pattern of its answer, and a function that reads the address from it.
function answers.who_has(peer, address)
  if address:find(":", 1, true) then
    local group, mac = answers.solicited(address)
    return peer:ethernet { destination = mac }
        / layouts.ipv6 { source = peer.ipv6, destination = group, hoplimit = 255 }
        / layouts.icmpv6 { type = "neighbor solicitation", target = address,
                           options = { { type = "source link-layer", linklayer = peer.mac } } },
      { icmpv6 = { type = "neighbor advertisement", target = address } },
      function(pkt)
        for option in pkt.icmpv6.options and pkt.icmpv6.options() or function() end do
          if option.type == 2 and option.linklayer then return option.linklayer end
        end
        return pkt.ethernet.source
      end
  end
  return peer:ethernet { destination = "ff:ff:ff:ff:ff:ff" }
      / layouts.arp { operation = "request", senderhardware = peer.mac, senderprotocol = peer.ipv4,
                      targetprotocol = address },
    { arp = { operation = "reply", senderprotocol = address } },
    function(pkt) return pkt.arp.senderhardware end
end

return answers
