--- pkt:fragments: a packet cut into fragments (RFC 791, section 3.2; RFC 8200, section 4.5).
-- @module pktcraft.fragments

local memory = require "memory"
local packet = require "pktcraft.packet"
local layouts = require "pktcraft.layouts"

local HEADER <const> = 8 -- bytes of IPv6's fragment header
local FRAGMENT <const> = 44

--- The options of an IPv4 header that all fragments have: those whose first bit is set.
local function copied(options)
  local kept, i = {}, 1
  while i <= #options do
    local kind = options:byte(i)
    if kind == 0 then
      break
    end
    local n = kind == 1 and 1 or options:byte(i + 1) or 0
    if kind ~= 1 and (n < 2 or i + n - 1 > #options) then
      break
    end
    if kind & 0x80 ~= 0 then
      kept[#kept + 1] = options:sub(i, i + n - 1)
    end
    i = i + n
  end
  local bytes = table.concat(kept)
  return bytes .. ("\0"):rep(-#bytes % 4)
end

--- The first network layer of a packet: its name and view, the layers between it and what may be cut, and the
-- first layout of all.
local function find(pkt)
  local name, view, first, last
  local before, count = nil, {}
  for layer, v in pkt:layers() do
    first = first or layer
    count[layer] = (count[layer] or 0) + 1
    if not name then
      if layer == "ipv4" or layer == "ipv6" then
        name, view, last = layer, v, v
      end
    elseif name == "ipv4" then
      break
    elseif layer == "hopbyhop" or layer == "routing" then -- routers read these
      before, last = { layer, count[layer] }, v
    elseif layer ~= "destopts" then
      break
    end
  end
  return name, view, before, last, first
end

local function made(pkt, first, bytes)
  local p = packet.new(memory.create(bytes), layouts[first])
  if pkt.time then
    p.time = pkt.time
  end
  return p
end

--- Cuts IPv4: each fragment has the header, and those after the first only the options that are to be copied.
local function cut4(pkt, mtu, view, first)
  local start, stop = pkt:range "ipv4"
  local bytes = pkt.memory:tostring()
  local length = view.ihl * 4
  local link, header = bytes:sub(1, start - 1), bytes:sub(start, start + length - 1)
  local payload = bytes:sub(start + length, stop)
  if view.flagdf then
    return nil, "must not be fragmented"
  end
  local later = header:sub(1, 20) .. copied(header:sub(21))
  later = string.char(4 << 4 | #later // 4) .. later:sub(2)
  local list, at = {}, 0
  repeat
    local head = at == 0 and header or later
    local room = mtu - #head
    if room < 8 then
      return nil, ("no room for data in %d bytes"):format(mtu)
    end
    local n = #payload - at <= room and #payload - at or room // 8 * 8
    local p = made(pkt, first, link .. head .. payload:sub(at + 1, at + n))
    local v = p.ipv4
    v.fragoffset = view.fragoffset + at // 8
    v.flagmf = view.flagmf or at + n < #payload
    v.totallength = #head + n
    at = at + n
    p:refresh()
    p:fix()
    list[#list + 1] = p
  until at >= #payload
  return list
end

--- Cuts IPv6: what routers read is in each fragment, then a fragment header.
local function cut6(pkt, mtu, before, last, first, ident)
  if pkt.ipv6frag then
    return nil, "is a fragment"
  end
  local start, stop = pkt:range "ipv6"
  local bytes = pkt.memory:tostring()
  local cut = start + 39 -- the last byte of what is in each
  if before then
    local from = pkt:range(before[1], before[2])
    cut = from + last.length * 8 + 7
  end
  local upper = last.nextheader
  local payload = bytes:sub(cut + 1, stop)
  local room = (mtu - (cut - start + 1) - HEADER) // 8 * 8
  if room < 8 then
    return nil, ("no room for data in %d bytes"):format(mtu)
  end
  local list, at = {}, 0
  repeat
    local n = math.min(room, #payload - at)
    local more = at + n < #payload and 1 or 0
    local header = string.pack(">BBI2I4", upper, 0, at | more, ident)
    local p = made(pkt, first, bytes:sub(1, cut) .. header .. payload:sub(at + 1, at + n))
    local v = before and p:layer(before[1], before[2]) or p.ipv6
    v.nextheader = FRAGMENT
    p.ipv6.payloadlength = cut - start + 1 - 40 + HEADER + n
    p:refresh()
    p:fix()
    list[#list + 1] = p
    at = at + n
  until at >= #payload
  return list
end

--- The fragments of a packet: new packets, in order.
-- @param pkt a packet with IPv4 or IPv6 (the outermost counts), all of which was captured; it stays as it is
-- @param mtu the bytes that an IP packet may have
-- @param options nil or { ident = of IPv6's fragment header; random when not given }
-- @return a list of packets, of a copy alone when it is small enough; or nil and why not
return function(pkt, mtu, options)
  if math.type(mtu) ~= "integer" or mtu < 28 then
    error("bad argument #1 to 'fragments' (28 bytes or more expected)", 2)
  end
  if #pkt < pkt.length then
    return nil, "not all of the packet was captured"
  end
  local name, view, before, last, first = find(pkt)
  if not name then
    return nil, "has no IP layer"
  end
  local start, stop = pkt:range(name)
  if stop - start + 1 <= mtu then
    return { pkt:copy() }
  end
  if name == "ipv4" then
    return cut4(pkt, mtu, view, first)
  end
  return cut6(pkt, mtu, before, last, first, options and options.ident or math.random(0, 0xffffffff))
end
