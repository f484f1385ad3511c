--- Streams put together by packet.streams: of each side its ends, its bytes and their CRC-32c.
--
--     pktcraft bench/tools/streams.lua IN OUT
local crc32c = checksum.crc32c
local sides = {} -- by flow: bytes of both sides, and their sums
local streams = packet.streams {
  open = function(flow)
    sides[flow] = { 0, 0, 0, 0 }
  end,
  data = function(flow, side, m, i, j, offset)
    local s = sides[flow]
    s[side] = offset + j - i + 1
    s[side + 2] = crc32c(m, i, j, s[side + 2])
  end,
}
local cap = assert(pcap.open(arg[1]))
streams:read(cap)
streams:close()
local out <close> = assert(io.open(arg[2], "w"))
for flow, s in pairs(sides) do
  out:write(("%s %d %s %d %d %08x\n"):format(flow.source, flow.sport, flow.destination, flow.dport, s[1], s[3]))
  out:write(("%s %d %s %d %d %08x\n"):format(flow.destination, flow.dport, flow.source, flow.sport, s[2], s[4]))
end
