-- filters.lua: the jobs in pktcraft by expressions, which run in C, and by the values of fields.
--
--     pktcraft filters.lua expression a|b IN [OUT]
--     pktcraft filters.lua fields a|b IN [OUT]
--     pktcraft filters.lua fields sum|field IN OUT
--     pktcraft filters.lua workers N IN              counts b by so many threads
local way <const>, job <const>, to <const> = arg[1], arg[2], arg[4]
local cap = assert(pcap.open(arg[3]))

local A <const> = "udp.destination == 53"
local B <const> = "ipv4 and tcp.syn and not tcp.ack and ipv4.ttl < 64 and ipv4.totallength > 40 and not vlan"

if way == "workers" then
  print((pcap.parallel(arg[3], tonumber(job), function(part)
    return part:count("ipv4 and tcp.syn and not tcp.ack and ipv4.ttl < 64 and ipv4.totallength > 40 and not vlan")
  end, function(a, b) return a + b end)))
  return
end

if way == "expression" then
  local wanted = assert(filter.compile(job == "a" and A or B))
  if to then
    local out = assert(pcap.create(to, { like = cap }))
    print(assert(out:copy(cap, wanted)))
    assert(out:close())
  else
    print(assert(cap:count(wanted)))
  end
  return
end

if job == "sum" then
  local sums = {}
  -- What follows the headers, of those whose last fields are there: all was captured.
  for source, total, ihl, length, urgent, offset, checksum in cap:fields("ipv4.source|ipv6.source:raw",
    "ipv4.totallength", "ipv4.ihl", "ipv6.payloadlength", "tcp.urgent", "tcp.dataoffset", "udp.checksum") do
    local header = urgent and 4 * offset or checksum and 8
    if header then sums[source] = (sums[source] or 0) + (total and total - 4 * ihl or length) - header end
  end
  local file <close> = assert(io.open(to, "w"))
  local v4, v6 = ipv4 {}.ipv4, ipv6 {}.ipv6 -- how addresses are written
  for source, n in pairs(sums) do
    local view = math.type(source) and v4 or v6
    view.source = source
    file:write(view.source, " ", n, "\n")
  end
  return
end

if job == "field" then
  local file <close> = assert(io.open(to, "w"))
  local whole = assert(filter.compile("udp.checksum"))
  for source, sport, dport, length in cap:fields(whole, "ipv4.source", "udp.source", "udp.destination",
    "udp.length") do
    file:write(source, "\t", sport, "\t", dport, "\t", length, "\n")
  end
  return
end

-- The predicate in Lua.
local count = 0
local out = to and assert(pcap.create(to, { like = cap }))
if not out and job == "a" then
  for destination in cap:fields("udp.destination") do
    if destination == 53 then count = count + 1 end
  end
elseif not out then
  for syn, ack, ttl, length, tag in cap:fields("tcp.syn", "tcp.ack", "ipv4.ttl", "ipv4.totallength", "vlan.id") do
    if syn and not ack and ttl and ttl < 64 and length > 40 and not tag then count = count + 1 end
  end
elseif job == "a" then
  for destination, pkt in cap:fields("udp.destination", "packet") do
    if destination == 53 then
      count = count + 1
      assert(out:write(pkt))
    end
  end
else
  for syn, ack, ttl, length, tag, pkt in cap:fields("tcp.syn", "tcp.ack", "ipv4.ttl", "ipv4.totallength", "vlan.id",
    "packet") do
    if syn and not ack and ttl and ttl < 64 and length > 40 and not tag then
      count = count + 1
      assert(out:write(pkt))
    end
  end
end
if out then assert(out:close()) end
print(count)
