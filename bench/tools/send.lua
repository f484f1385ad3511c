--- Sends the frames of a capture by an interface:
--
--     pktcraft bench/tools/send.lua INTERFACE CAPTURE [rate|bitrate|speed NUMBER]
local interface, path, pace, number = ...
local nic <close> = assert(pcap.live(interface, { direction = "in", filter = "less 0" }))
local begin = pcap.clock()
local n = assert(nic:sendall(assert(pcap.open(path)), pace and { [pace] = tonumber(number) }))
print(n, (pcap.clock() - begin) / 1e9)
