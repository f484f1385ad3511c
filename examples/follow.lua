--- The streams of TCP in a capture: a line each, and what each side sent as a file.
--
--     pktcraft examples/follow.lua CAPTURE [FOLDER]
local path, folder = ...
if not path then
  io.stderr:write("usage: pktcraft examples/follow.lua CAPTURE [FOLDER]\n")
  os.exit(2)
end

local files, lacking, n = {}, {}, 0
local streams = packet.streams {
  open = function(flow)
    n = n + 1
    files[flow], lacking[flow] = {}, 0
    for side = 1, folder and 2 or 0 do
      files[flow][side] = assert(io.open(("%s/%05d-%d"):format(folder, n, side), "wb"))
    end
  end,
  data = function(flow, side, m, i, j)
    if folder then files[flow][side]:write(memory.tostring(m, i, j)) end
  end,
  gap = function(flow, _, bytes)
    lacking[flow] = lacking[flow] + bytes
  end,
  close = function(flow, why)
    for _, f in ipairs(files[flow]) do f:close() end
    print(("%s: %d bytes there, %d back, %s%s"):format(flow, flow.sentbytes, flow.receivedbytes, why,
      lacking[flow] > 0 and (", %d not captured"):format(lacking[flow]) or ""))
    files[flow], lacking[flow] = nil, nil
  end,
}

local whole = packet.defragment()
for pkt in assert(pcap.open(path)):packets() do
  local p = whole:add(pkt)
  if p then streams:add(p) end
end
streams:close()
