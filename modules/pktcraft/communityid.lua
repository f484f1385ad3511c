--- Community ID, version 1: one name for both directions of a flow, that Zeek, Suricata and others compute the same way
-- (corelight: Community ID Flow Hashing, version 1).
-- @module pktcraft.communityid

local checksum = require "pktcraft.checksum"

local PORTS <const> = { [6] = true, [17] = true, [132] = true } -- protocols whose ports count

-- Types of ICMP and ICMPv6 that have one which answers: the two stand for ports. Of others type and code do, one way.
local ANSWERS <const> = {
  [1] = { [0] = 8, [8] = 0, [9] = 10, [10] = 9, [13] = 14, [14] = 13, [15] = 16, [16] = 15, [17] = 18, [18] = 17 },
  [58] = { [128] = 129, [129] = 128, [130] = 131, [131] = 130, [133] = 134, [134] = 133, [135] = 136, [136] = 135,
    [139] = 140, [140] = 139, [144] = 145, [145] = 144 },
}

local ALPHABET <const> = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

--- RFC 4648, section 4.
local function base64(s)
  local out = {}
  for i = 1, #s, 3 do
    local a, b, c = s:byte(i, i + 2)
    local n = a << 16 | (b or 0) << 8 | (c or 0)
    for k = 0, 3 do
      local digit = n >> 18 - 6 * k & 63
      out[#out + 1] = (k == 2 and not b or k == 3 and not c) and "=" or ALPHABET:sub(digit + 1, digit + 1)
    end
  end
  return table.concat(out)
end

--- The bytes of an address in text.
local function address(text)
  local a, b, c, d = text:match "^(%d+)%.(%d+)%.(%d+)%.(%d+)$"
  if a then
    return string.char(a, b, c, d)
  end
  local groups, gap = {}, nil
  local v4 = text:match "[^:]+%.[%d.]+$"
  if v4 then
    local bytes = address(v4)
    text = text:sub(1, -#v4 - 1) .. ("%x:%x"):format(string.unpack(">I2I2", bytes))
  end
  for part in text:gsub("::", ":-:"):gmatch "[^:]+" do
    if part == "-" then
      gap = #groups + 1
    else
      groups[#groups + 1] = string.pack(">I2", tonumber(part, 16))
    end
  end
  if gap then
    table.insert(groups, gap, ("\0\0"):rep(8 - #groups))
  end
  return table.concat(groups)
end

--- The protocol of the layer that stands on the first addresses, its ports or what stands for them.
local function ends(pkt)
  local network, protocol, sport, dport, oneway
  for name, view in pkt:layers() do
    if name == "ipv4" or name == "ipv6" then
      if network then
        break -- what a tunnel carries
      end
      network, protocol = view, name == "ipv4" and view.protocol or view.nextheader
    elseif network then
      if name == "icmp" or name == "icmpv6" then
        protocol = name == "icmp" and 1 or 58
        local answer = ANSWERS[protocol][view.type]
        sport, dport, oneway = view.type, answer or view.code, not answer
        break
      elseif name == "tcp" or name == "udp" or name == "sctp" then
        protocol, sport, dport = name == "tcp" and 6 or name == "udp" and 17 or 132, view.source, view.destination
        break
      elseif name == "hopbyhop" or name == "destopts" or name == "routing"
        or name == "ipv6frag" and view.fragoffset == 0 then
        protocol = view.nextheader
      else
        break
      end
    end
  end
  return network, protocol, sport, dport, oneway
end

--- The Community ID of a packet or of a flow (of packet.flows or packet.streams).
-- @param x the packet or flow; of a flow without ports (ICMP) only that of its packets can be told
-- @param seed from 0 (default) to 65535
-- @return text, "1:" and 28 characters; or nil: it has no addresses, or is a flow of ICMP
local function communityid(x, seed)
  local source, destination, protocol, sport, dport, oneway
  seed = seed or 0
  if math.type(seed) ~= "integer" or seed < 0 or seed > 65535 then
    error("bad argument #2 to 'communityid' (seed from 0 to 65535 expected)", 2)
  end
  if getmetatable(x) == "flow" then
    if ANSWERS[x.protocol] then
      return nil -- a flow has no types
    end
    source, destination, protocol = x.source, x.destination, x.protocol
    if x.sport ~= 0 or x.dport ~= 0 then
      sport, dport = x.sport, x.dport
    end
  elseif getmetatable(x) == "packet" then
    local network
    network, protocol, sport, dport, oneway = ends(x)
    if not network then
      return nil
    end
    source, destination = network.source, network.destination
    if not source or not destination then
      return nil
    end
  else
    error("bad argument #1 to 'communityid' (packet or flow expected)", 2)
  end
  source, destination = address(source), address(destination)
  local ports = sport and dport and (PORTS[protocol] or ANSWERS[protocol])
  if not oneway and (source > destination or source == destination and ports and sport > dport) then
    source, destination, sport, dport = destination, source, dport, sport
  end
  local bytes = string.pack(">I2", seed) .. source .. destination .. string.pack("BB", protocol, 0)
  if ports then
    bytes = bytes .. string.pack(">I2I2", sport, dport)
  end
  return "1:" .. base64(checksum.sha1(bytes))
end

return communityid
