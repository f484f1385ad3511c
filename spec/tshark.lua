--- What tshark calls our fields, to compare what both read.

local tshark = {}

local function times(n)
  return function(v) return v and v * n end
end

-- Our field -> tshark's, and what to do to our value.
tshark.fields = {
  ethernet = { destination = "eth.dst", source = "eth.src", type = "eth.type" },
  vlan = { priority = "vlan.priority", dropeligible = "vlan.dei", id = "vlan.id", type = "vlan.etype" },
  llc = { dsap = "llc.dsap", ssap = "llc.ssap" },
  snap = { oui = "llc.oui" },
  arp = { hardwaretype = "arp.hw.type", protocoltype = "arp.proto.type", hardwarelength = "arp.hw.size",
    protocollength = "arp.proto.size", operation = "arp.opcode", senderhardware = "arp.src.hw_mac",
    senderprotocol = "arp.src.proto_ipv4", targethardware = "arp.dst.hw_mac", targetprotocol = "arp.dst.proto_ipv4" },
  ipv4 = { version = "ip.version", ihl = { "ip.hdr_len", times(4) }, dscp = "ip.dsfield.dscp", ecn = "ip.dsfield.ecn",
    totallength = "ip.len", ident = "ip.id", flagnull = "ip.flags.rb", flagdf = "ip.flags.df", flagmf = "ip.flags.mf",
    fragoffset = "ip.frag_offset", timetolive = "ip.ttl", protocol = "ip.proto", checksum = "ip.checksum",
    source = "ip.src", destination = "ip.dst" },
  ipv6 = { version = "ipv6.version", trafficclass = "ipv6.tclass", flowlabel = "ipv6.flow", payloadlength = "ipv6.plen",
    nextheader = "ipv6.nxt", hoplimit = "ipv6.hlim", source = "ipv6.src", destination = "ipv6.dst" },
  ipv6frag = { ident = "ipv6.fraghdr.ident", flagmf = "ipv6.fraghdr.more" },
  routing = { type = "ipv6.routing.type", segmentsleft = "ipv6.routing.segleft" },
  icmp = { type = "icmp.type", code = "icmp.code", checksum = "icmp.checksum" },
  icmpv6 = { type = "icmpv6.type", code = "icmpv6.code", checksum = "icmpv6.checksum" },
  udp = { source = "udp.srcport", destination = "udp.dstport", length = "udp.length", checksum = "udp.checksum" },
  tcp = { source = "tcp.srcport", destination = "tcp.dstport", sequence = "tcp.seq_raw", acknowledgment = "tcp.ack_raw",
    dataoffset = { "tcp.hdr_len", times(4) }, flags = "tcp.flags", window = "tcp.window_size_value",
    checksum = "tcp.checksum", urgent = "tcp.urgent_pointer" },
  gre = { protocol = "gre.proto", key = "gre.key", checksumpresent = "gre.flags.checksum", keypresent = "gre.flags.key" },
  vxlan = { vni = "vxlan.vni", flags = false },
  mpls = { label = "mpls.label", trafficclass = "mpls.exp", bottom = "mpls.bottom", timetolive = "mpls.ttl" },
  sll = { packettype = "sll.pkttype", hardwaretype = "sll.hatype", addresslength = "sll.halen", protocol = "sll.etype" },
  dns = { id = "dns.id", response = "dns.flags.response", opcode = "dns.flags.opcode", truncation = "dns.flags.truncated",
    recursiondesired = "dns.flags.recdesired", questioncount = "dns.count.queries", answercount = "dns.count.answers",
    authoritycount = "dns.count.auth_rr", additionalcount = "dns.count.add_rr" },
}

-- Values in lists, the same way: all values of a path in all layers of a name.
tshark.lists = {
  ["tcp.options.mss"] = "tcp.options.mss_val",
  ["tcp.options.windowscale"] = "tcp.options.wscale.shift",
  ["dns.questions.name"] = "dns.qry.name",
  ["dns.questions.type"] = "dns.qry.type",
  ["dns.answers.a"] = "dns.a",
  ["dns.answers.cname"] = "dns.cname",
  ["icmpv6.options.type"] = "icmpv6.opt.type",
}

local function normal(v)
  if v == true then return "1" elseif v == false then return "0" end
  return tostring(v)
end

--- tshark's value as ours is written.
local function theirs(s)
  if s == "True" or s == "1" then return "1" elseif s == "False" or s == "0" then return "0" end
  if s:find("^0x%x+$") then return tostring(math.tointeger(tonumber(s))) end
  if s == "<Root>" then return "." end
  return s
end

local function columns()
  local list, seen = {}, {}
  local function put(name)
    if name and not seen[name] then
      seen[name] = true
      list[#list + 1] = name
    end
  end
  for _, fields in pairs(tshark.fields) do
    for _, name in pairs(fields) do put(type(name) == "table" and name[1] or name) end
  end
  for _, name in pairs(tshark.lists) do put(name) end
  table.sort(list)
  return list
end

--- Frames of a file as tshark reads them: a list of {[name] = "v,v"}, or nil.
function tshark.read(path)
  local names = columns()
  local line = { "tshark -n -r ", path, " -o ip.defragment:FALSE -o ipv6.defragment:FALSE ",
    "-o tcp.desegment_tcp_streams:FALSE -T fields -E separator=/t -E occurrence=a -E aggregator=/s 2>/dev/null" }
  for _, name in ipairs(names) do line[#line + 1] = " -e " .. name end
  local pipe <close> = assert(io.popen("unset LD_PRELOAD; " .. table.concat(line)))
  local frames = {}
  for text in pipe:lines() do
    local frame, k = {}, 0
    for value in (text .. "\t"):gmatch("([^\t]*)\t") do
      k = k + 1
      frame[names[k]] = value
    end
    frames[#frames + 1] = frame
  end
  return frames
end

--- Our values of a packet under tshark's names.
function tshark.ours(pkt)
  local values = {}
  local function put(name, v)
    if v == nil then return end
    values[name] = values[name] and values[name] .. " " .. normal(v) or normal(v)
  end
  for layer, view in pkt:layers() do
    for field, name in pairs(tshark.fields[layer] or {}) do
      if type(name) == "table" then
        put(name[1], name[2](view[field]))
      elseif name then
        put(name, view[field])
      end
    end
    for path, name in pairs(tshark.lists) do
      local l, list, key = path:match("^(%w+)%.(%w+)%.(%w+)$")
      if l == layer and view[list] then
        for element in view[list]() do put(name, element[key]) end
      end
    end
  end
  return values
end

--- The names whose values differ: {name, ours, theirs}; where one of us has none, nothing is said.
function tshark.differences(pkt, frame)
  local found = {}
  for name, ours in pairs(tshark.ours(pkt)) do
    local their = frame[name]
    if their and their ~= "" then
      local list = {}
      for v in their:gmatch("%S+") do list[#list + 1] = theirs(v) end
      if table.concat(list, " ") ~= ours then found[#found + 1] = { name, ours, table.concat(list, " ") } end
    end
  end
  return found
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
