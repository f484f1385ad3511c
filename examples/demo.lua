--- Crafts a capture, filters it in Lua and prints what was kept: what `make demo` runs.
--
--     pktcraft examples/demo.lua DIRECTORY

local directory = arg[1]
if not directory then
  io.stderr:write("usage: pktcraft examples/demo.lua DIRECTORY\n")
  os.exit(2)
end
os.execute(("mkdir -p '%s'"):format(directory))

local crafted, kept = directory .. "/crafted.pcap", directory .. "/kept.pcap"

arg = { [0] = "examples/craft.lua", crafted, "8" }
dofile("examples/craft.lua")

-- Keep the queries over IPv6 from an even port.
local m = memory.create()
local eth, ip = layout.newpointer(ethernet, m), layout.newpointer(ipv6, m, 15)
local datagram = layout.newpointer(udp, m, 55)
do
  local cap <close> = assert(pcap.open(crafted))
  local out <close> = assert(pcap.create(kept, { like = cap }))
  for time, wirelen in cap:frames(m) do
    if eth.type == 0x86dd and ip.nextheader == 17 and datagram.source % 2 == 0 then
      ip.hoplimit = ip.hoplimit - 1 -- edited where it lies, in the read block
      assert(out:write(m, time, wirelen))
    end
  end
end

print(("%s: what was kept of %s"):format(kept, crafted))
local cap <close> = assert(pcap.open(kept))
for time, wirelen in cap:frames(m) do
  local sum = checksum.internet(m, 55, -1, checksum.pseudo(ip.source, ip.destination, 17, datagram.length))
  print(("%s.%09d IPv6 %s.%d > %s.%d: hlim %d, UDP, length %d, checksum %s, %d bytes"):format(
    os.date("!%H:%M:%S", time // 1000000000), time % 1000000000, ip.source, datagram.source,
    ip.destination, datagram.destination, ip.hoplimit, datagram.length - 8,
    sum == 0 and "ok" or "bad", wirelen))
end
