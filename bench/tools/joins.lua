-- joins.lua: the loop of packets.lua over joins.c, which makes no packets.
--
--     lua5.4 joins.lua BINDIR N
package.cpath = arg[1] .. "/?.so"
local joins = require "joins"
local ethernet <const>, ipv4 <const>, udp <const> = joins.ethernet, joins.ipv4, joins.udp
local link = ethernet { destination = "02:00:00:00:00:01", source = "02:00:00:00:00:02" }
for k = 0, arg[2] - 1 do
  joins:write(link / ipv4 { source = 0x0a000000 + k, destination = 0xc0a80000 + (k & 65535), ident = k & 65535 }
    / udp { source = 1024 + k % 60000, destination = 5000 + k % 50000 } / "abcdefghijklmnopqrstuvwxyz012345",
    1700000000000000000 + k * 1000)
end
