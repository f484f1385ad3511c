-- files.lua: capture files as wholes, in pktcraft.
--
--     pktcraft files.lua loop IN
--     pktcraft files.lua copy IN OUT
--     pktcraft files.lua convert IN OUT      to pcapng
local job <const> = arg[1]
local cap = assert(pcap.open(arg[2]))

if job == "loop" then
  local m, count = memory.create(), 0
  for _ in cap:frames(m) do count = count + 1 end
  print(count)
  return
end

local out = assert(pcap.create(arg[3], job == "copy" and { like = cap } or { format = "pcapng" }))
print((assert(out:copy(cap))))
assert(out:close())
