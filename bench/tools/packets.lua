-- packets.lua: the jobs in pktcraft, with packets: views of their layers, getters, setters, `/`.
--
--     pktcraft packets.lua a|b IN [OUT]
--     pktcraft packets.lua sum|field IN OUT
--     pktcraft packets.lua build|rebuild N OUT      rebuild: many from one by a setter
local job <const> = arg[1]

if job == "build" then
  local out = assert(pcap.create(arg[3]))
  local link = ethernet { destination = "02:00:00:00:00:01", source = "02:00:00:00:00:02" }
  for k = 0, arg[2] - 1 do
    out:write(link / ipv4 { source = 0x0a000000 + k, destination = 0xc0a80000 + (k & 65535), ident = k & 65535 }
      / udp { source = 1024 + k % 60000, destination = 5000 + k % 50000 } / "abcdefghijklmnopqrstuvwxyz012345",
      1700000000000000000 + k * 1000)
  end
  assert(out:close())
  return
end

if job == "rebuild" then
  local out = assert(pcap.create(arg[3]))
  local one = ethernet { destination = "02:00:00:00:00:01", source = "02:00:00:00:00:02" }
    / ipv4 { source = 1, destination = 2 } / udp { source = 1, destination = 2 } / "abcdefghijklmnopqrstuvwxyz012345"
  local set = one:setter("ipv4.source", "ipv4.destination", "ipv4.ident", "udp.source", "udp.destination")
  local time = 1700000000000000000
  for k = 0, arg[2] - 1 do
    local low = k & 65535
    set(0x0a000000 + k, 0xc0a80000 + low, low, 1024 + k % 60000, 5000 + k % 50000)
    out:write(one, time)
    time = time + 1000
  end
  assert(out:close())
  return
end

local cap = assert(pcap.open(arg[2]))

if job == "sum" then
  local sums = {}
  local four = packet.getter("ipv4.source", "ipv4.totallength", "ipv4.ihl", "tcp.dataoffset", "tcp.urgent",
    "udp.checksum")
  local six = packet.getter("ipv6.source", "ipv6.payloadlength", "tcp.dataoffset", "tcp.urgent", "udp.checksum")
  for pkt in cap:packets() do
    local source, total, ihl, offset, urgent, checksum = four(pkt)
    local length
    if source then
      length = total - 4 * ihl
    else
      source, length, offset, urgent, checksum = six(pkt)
    end
    local header = urgent and 4 * offset or checksum and 8 -- their last fields: all was captured
    if header then sums[source] = (sums[source] or 0) + length - header end
  end
  local to <close> = assert(io.open(arg[3], "w"))
  for source, n in pairs(sums) do to:write(source, " ", n, "\n") end
  return
end

if job == "field" then
  local to <close> = assert(io.open(arg[3], "w"))
  local get = packet.getter("ipv4.source", "udp.source", "udp.destination", "udp.length", "udp.checksum")
  for pkt in cap:packets() do
    local source, sport, dport, length, checksum = get(pkt)
    if source and checksum then to:write(source, "\t", sport, "\t", dport, "\t", length, "\n") end
  end
  return
end

-- As users write filters: the loop is the filter.
local count = 0
local out = arg[3] and assert(pcap.create(arg[3], { like = cap }))
if job == "a" then
  for pkt in cap:packets() do
    if pkt.udp and pkt.udp.destination == 53 then
      count = count + 1
      if out then assert(out:write(pkt)) end
    end
  end
else
  for pkt in cap:packets() do
    local tcp = pkt.tcp
    if tcp and tcp.syn and not tcp.ack then
      local ip = pkt.ipv4
      if ip and ip.timetolive < 64 and ip.totallength > 40 and not pkt.vlan then
        count = count + 1
        if out then assert(out:write(pkt)) end
      end
    end
  end
end
if out then assert(out:close()) end
print(count)
