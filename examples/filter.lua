--- Keeps the frames of a capture that are UDP to port 53, over IPv4 or IPv6, as
-- `tcpdump -r IN -w OUT 'udp dst port 53'` does: first fragments only, Ethernet without tags.
--
--     pktcraft examples/filter.lua IN OUT
--
-- IN and OUT are capture files, "-" standard input and output.

local input, output = arg[1], arg[2]
if not input or not output then
  io.stderr:write("usage: pktcraft examples/filter.lua IN OUT\n")
  os.exit(2)
end

local function fail(message)
  io.stderr:write("pktcraft: ", message, "\n")
  os.exit(2, true)
end

local ETHERNET <const>, UDP <const>, DOMAIN <const> = 1, 17, 53
-- The output counts seconds in 32 bits; times of pcapng files beyond that wrap, as tcpdump's do.
local WRAP <const> = (1 << 32) * 1000000000

local cap, problem = pcap.open(input)
if not cap then fail(problem) end
if cap.linktype ~= ETHERNET then
  fail(("%s: link type %d, expected 1 (Ethernet)"):format(cap.name, cap.linktype))
end

local frame = memory.create() -- each frame in turn, where it lies in the read block
local eth = layout.newpointer(ethernet, frame)
local ip4 = layout.newpointer(ipv4, frame, 15)
local ip6 = layout.newpointer(ipv6, frame, 15)
local datagram = layout.newpointer(udp, frame, 35)
local datagram6 = layout.newpointer(udp, frame, 55)
local setpointer <const> = layout.setpointer
local snaplen <const>, wraps <const> = cap.snaplen, cap.format == "pcapng"

--- What BPF does with bytes that are not there: the frame is not kept. The lengths tested are those of
-- the last byte read.
local function wanted()
  local length = #frame
  if length > snaplen then length = snaplen end -- libpcap cuts it before it looks
  if length < 24 then return false end
  local type = eth.type
  if type == 0x0800 then
    if ip4.protocol ~= UDP or ip4.fragoffset ~= 0 then return false end
    local ihl = ip4.ihl
    if length < 14 + 4 * ihl + 4 then return false end
    if ihl == 5 then return datagram.destination == DOMAIN end
    setpointer(datagram, frame, 15 + 4 * ihl) -- options stand before it
    local to = datagram.destination
    setpointer(datagram, frame, 35)
    return to == DOMAIN
  elseif type == 0x86dd then
    return length >= 58 and ip6.nextheader == UDP and datagram6.destination == DOMAIN
  end
  return false
end

local out
out, problem = pcap.create(output, { like = cap, format = "pcap", precision = "micro", byteorder = "native",
  snaplen = snaplen })
if not out then fail(problem) end

local next <const>, write <const> = cap.next, out.write
local time, wirelen, interface = next(cap, frame)
local fine = true
while time and fine do
  if (interface == 1 or cap.interfaces[interface].linktype == ETHERNET) and wanted() then
    fine = write(out, frame, wraps and time % WRAP or time, wirelen)
  end
  time, wirelen, interface = next(cap, frame)
end
problem = wirelen -- why there is no further frame, unless this was the last
-- Whole frames before the place of an error are written all the same.
local closed, unwritten = out:close()
if problem or not closed then
  io.stderr:write("pktcraft: ", unwritten or problem, "\n")
  os.exit(1, true)
end
