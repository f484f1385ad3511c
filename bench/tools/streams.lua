--- Streams put together by packet.streams: of each side its ends, its bytes and their CRC-32c.
--
--     pktcraft bench/tools/streams.lua IN OUT
local crc32c = checksum.crc32c
local bytes, sums = {}, {}
local streams = packet.streams {
  open = function(flow)
    bytes[flow], sums[flow] = { 0, 0 }, { 0, 0 }
  end,
  data = function(flow, side, m, i, j, offset)
    bytes[flow][side] = offset + j - i + 1
    local sum = sums[flow]
    sum[side] = crc32c(m, i, j, sum[side])
  end,
}
local cap = assert(pcap.open(arg[1]))
for pkt in cap:packets() do
  streams:add(pkt)
end
streams:close()
local out <close> = assert(io.open(arg[2], "w"))
for flow, n in pairs(bytes) do
  out:write(("%s %d %s %d %d %08x\n"):format(flow.source, flow.sport, flow.destination, flow.dport, n[1], sums[flow][1]))
  out:write(("%s %d %s %d %d %08x\n"):format(flow.destination, flow.dport, flow.source, flow.sport, n[2], sums[flow][2]))
end
