--- Counts what comes by an interface until SIGINT: pktcraft bench/tools/take.lua INTERFACE
-- Prints the frames, how many were lost, and the seconds from the first frame to the last.
local nic <close> = assert(pcap.live((...), { direction = "in" }))
io.stderr:write("ready\n")
local first, last, bytes = nil, nil, 0
local n = nic:loop(function(_, time, wirelen)
  first = first or time
  last = time
  bytes = bytes + wirelen
end)
print(n, nic:stats().dropped, ((last or 0) - (first or 0)) / 1e9, bytes)
