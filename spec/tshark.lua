--- What tshark calls our fields, to compare what both read.

local layout = require "layout"
local layouts = require "pktcraft.layouts"

local tshark = {}

-- Our field -> tshark's name, or `{ name, times = n }` where it counts in other units. More in spec/tsharkfields.
local fields = {
  ethernet = { destination = "eth.dst", source = "eth.src", type = "eth.type" },
  vlan = { priority = "vlan.priority", dropeligible = "vlan.dei", id = "vlan.id", type = "vlan.etype" },
  llc = { dsap = "llc.dsap", ssap = "llc.ssap" },
  snap = { oui = "llc.oui" },
  arp = { hardwaretype = "arp.hw.type", protocoltype = "arp.proto.type", hardwarelength = "arp.hw.size",
    protocollength = "arp.proto.size", operation = "arp.opcode", senderhardware = "arp.src.hw_mac",
    senderprotocol = "arp.src.proto_ipv4", targethardware = "arp.dst.hw_mac", targetprotocol = "arp.dst.proto_ipv4" },
  ipv4 = { version = "ip.version", ihl = { "ip.hdr_len", times = 4 }, dscp = "ip.dsfield.dscp", ecn = "ip.dsfield.ecn",
    totallength = "ip.len", ident = "ip.id", flagnull = "ip.flags.rb", flagdf = "ip.flags.df", flagmf = "ip.flags.mf",
    fragoffset = "ip.frag_offset", timetolive = "ip.ttl", protocol = "ip.proto", checksum = "ip.checksum",
    source = "ip.src", destination = "ip.dst" },
  ipv6 = { version = "ip.version", trafficclass = "ipv6.tclass", flowlabel = "ipv6.flow", payloadlength = "ipv6.plen",
    nextheader = "ipv6.nxt", hoplimit = "ipv6.hlim", source = "ipv6.src", destination = "ipv6.dst" },
  ipv6frag = { ident = "ipv6.fraghdr.ident", flagmf = "ipv6.fraghdr.more" },
  routing = { type = "ipv6.routing.type", segmentsleft = "ipv6.routing.segleft" },
  icmp = { type = "icmp.type", code = "icmp.code", checksum = "icmp.checksum" },
  icmpv6 = { type = "icmpv6.type", code = "icmpv6.code", checksum = "icmpv6.checksum" },
  udp = { source = "udp.srcport", destination = "udp.dstport", length = "udp.length", checksum = "udp.checksum" },
  tcp = { source = "tcp.srcport", destination = "tcp.dstport", sequence = "tcp.seq_raw", acknowledgment = "tcp.ack_raw",
    dataoffset = { "tcp.hdr_len", times = 4 }, flags = "tcp.flags", window = "tcp.window_size_value",
    checksum = "tcp.checksum", urgent = "tcp.urgent_pointer" },
  mpls = { label = "mpls.label", trafficclass = "mpls.exp", bottom = "mpls.bottom", timetolive = "mpls.ttl" },
  sll = { packettype = "sll.pkttype", hardwaretype = "sll.hatype", addresslength = "sll.halen", protocol = "sll.etype" },
}

-- Values in lists and structs of any depth, the same way: all values of a path in all layers of a name.
local lists = {
  ["tcp.options.mss"] = "tcp.options.mss_val",
  ["tcp.options.windowscale"] = "tcp.options.wscale.shift",
  ["icmpv6.options.type"] = "icmpv6.opt.type",
}

-- Layer -> list of { keys, name, times }, in the order of the paths.
local known = {}

-- Whether a layout has that path.
local function exists(members, keys, k)
  for _, f in ipairs(members or {}) do
    if f.key == keys[k] and (k == #keys or exists(f.fields, keys, k + 1)) then return true end
  end
  return false
end

local function add(layer, path, name)
  local keys = {}
  for key in path:gmatch "[^.]+" do keys[#keys + 1] = key end
  assert(exists(layout.fields(layouts[layer]), keys, 1), layer .. "." .. path)
  local list = known[layer] or {}
  known[layer] = list
  for _, f in ipairs(list) do assert(f.path ~= path, path) end
  list[#list + 1] = { path = path, keys = keys, name = type(name) == "table" and name[1] or name,
    times = type(name) == "table" and name.times or nil }
end

local function merge(more)
  for layer, names in pairs(more.fields) do
    for key, name in pairs(names) do add(layer, key, name) end
  end
  for path, name in pairs(more.lists) do
    local layer, rest = path:match "^(%w+)%.(.+)$"
    add(layer, rest, name)
  end
end

merge { fields = fields, lists = lists }
for _, name in ipairs { "services", "transports", "tunnels", "routing" } do
  merge(require("spec.tsharkfields." .. name))
end

-- Names with several paths, whose values tshark gives in the order of the frame.
local paths = {}
for layer, list in pairs(known) do
  table.sort(list, function(a, b) return a.path < b.path end)
  for _, f in ipairs(list) do
    paths[f.name] = paths[f.name] or {}
    paths[f.name][layer .. "." .. f.path] = true
  end
end

local function several(name)
  return next(paths[name], next(paths[name])) ~= nil
end

local function normal(v)
  if v == true then return "1" elseif v == false then return "0" end
  return tostring(v)
end

--- tshark's value as ours is written.
local function theirs(s)
  if s == "True" then return "1" elseif s == "False" then return "0" end
  if s:find("^0x%x+$") then return tostring(math.tointeger(tonumber(s))) end
  if s == "<Root>" then return "." end
  return s
end

-- Whether both are the same text, number or bytes.
local function same(ours, their)
  if ours == their then return true end
  local hex = their:gsub(":", "")
  return hex:find "^%x*$" and (hex == ours:gsub(":", "") or hex == ours:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

--- Frames of a file as tshark reads them: a list of {[name] = list of values}, with the names of fields of these layers
-- (a set; all when there is none) and those of a list. `options` are given to tshark.
function tshark.read(path, layers, more, options)
  local names, seen = {}, {}
  local function put(name)
    if not seen[name] then names[#names + 1] = name end
    seen[name] = true
  end
  for layer in pairs(layers or known) do
    for _, f in ipairs(known[layer] or {}) do put(f.name) end
  end
  for _, name in ipairs(more or {}) do put(name) end
  table.sort(names)
  local line = { "unset LD_PRELOAD; tshark -n -r ", path, " -o ip.defragment:FALSE -o ipv6.defragment:FALSE ",
    "-o tcp.desegment_tcp_streams:FALSE ", options or "", " -T fields -E separator=/t -E occurrence=a -E aggregator=\1 2>/dev/null" }
  for _, name in ipairs(names) do line[#line + 1] = " -e " .. name end
  local pipe <close> = assert(io.popen(table.concat(line)))
  local frames = {}
  for text in pipe:lines() do
    local frame, k = {}, 0
    for value in (text .. "\t"):gmatch("([^\t]*)\t") do
      k = k + 1
      if value ~= "" then
        local list = {}
        for v in (value .. "\1"):gmatch "([^\1]*)\1" do
          if v ~= "<MISSING>" then list[#list + 1] = theirs(v) end
        end
        frame[names[k]] = #list > 0 and list or nil
      end
    end
    frames[#frames + 1] = frame
  end
  return frames
end

--- Our values of a packet under tshark's names: lists.
function tshark.ours(pkt)
  local values = {}
  local function walk(f, value, k)
    if value == nil then
      return
    elseif type(value) == "userdata" then
      local list, iterator = pcall(value) -- a struct is no list
      if list then
        for element in iterator do walk(f, element, k) end
      elseif f.keys[k] then
        walk(f, value[f.keys[k]], k + 1)
      end
    elseif not f.keys[k] and value ~= "" then -- tshark leaves empty texts out, mostly
      values[f.name] = values[f.name] or {}
      table.insert(values[f.name], normal(f.times and value * f.times or value))
    end
  end
  for layer, view in pkt:layers() do
    for _, f in ipairs(known[layer] or {}) do walk(f, view[f.keys[1]], 2) end
  end
  return values
end

--- The names whose values differ: {name, ours, theirs}; where one of us has none, nothing is said. Counts what both
-- have in a table {[name] = n}, if there is one.
function tshark.differences(pkt, frame, compared)
  local found = {}
  for name, ours in pairs(tshark.ours(pkt)) do
    local their = frame[name]
    if their then
      if compared then compared[name] = (compared[name] or 0) + 1 end
      if several(name) then
        table.sort(ours)
        table.sort(their)
      end
      local equal = #ours == #their
      for k, v in ipairs(ours) do equal = equal and same(v, their[k]) end
      if not equal then found[#found + 1] = { name, ours, their } end
    end
  end
  return found
end

--- The names of all fields, as a set.
function tshark.names()
  local set = {}
  for name in pairs(paths) do set[name] = true end
  return set
end

--- Which frames of a file tshark calls wrong: {[number] = true}, and how many it reads. That is what it marks as malformed,
-- or finds an error of the protocol (its group Protocol, severity Error); its warnings, and its sums, are not.
function tshark.verdicts(path)
  local line = ("tshark -n -r '%s' -o ip.defragment:FALSE -o ipv6.defragment:FALSE -o tcp.desegment_tcp_streams:FALSE"
    .. " -T fields -E separator=/t -E occurrence=a -E aggregator=/s -e frame.number -e _ws.malformed -e _ws.expert.group"
    .. " -e _ws.expert.severity 2>/dev/null"):format(path)
  local pipe <close> = assert(io.popen("unset LD_PRELOAD; " .. line))
  local wrong, count = {}, 0
  for text in pipe:lines() do
    local number, mark, groups, severities = text:match("^(%d+)\t([^\t]*)\t([^\t]*)\t([^\t]*)$")
    if number then
      count = count + 1
      local severity = severities:gmatch("%S+")
      local bad = mark ~= ""
      for group in groups:gmatch("%S+") do
        local s, g = math.tointeger(tonumber(severity())), math.tointeger(tonumber(group))
        bad = bad or g == 0x07000000 or g == 0x09000000 and s == 0x00800000
      end
      wrong[math.tointeger(tonumber(number))] = bad or nil
    end
  end
  return wrong, count
end

return tshark
