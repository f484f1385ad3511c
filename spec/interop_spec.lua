--- Ours beside tshark's, on real traffic.
local support = require "spec.support"
local pcap = require "pktcraft.pcap"

describe("tshark and we #interop", function()
  it("read the same from every frame of real traffic", function()
    if not support.has("tshark") then return pending("tshark is not installed") end
    local tshark = require "spec.tshark"
    local files, frames, compared = 0, 0, 0
    for _, path in ipairs(support.samples("plain")) do
      local cap = pcap.open(path)
      local theirs = cap and tshark.read(path)
      if theirs and #theirs > 0 then
        files = files + 1
        -- Interfaces of several link types in one file are refused so far.
        pcall(function()
          for pkt in cap:packets() do
            local frame = theirs[pkt.number]
            frames = frames + 1
            for _, d in ipairs(tshark.differences(pkt, frame)) do
              -- What we do not know may hold what tshark does.
              local claimed = pkt.payload ~= "" and d[3]:sub(1, #d[2] + 1) == d[2] .. " "
              if not claimed then
                error({ ("%s frame %d: %s is %s, tshark: %s"):format(path, pkt.number, d[1], d[2], d[3]) })
              end
            end
            compared = compared + 1
          end
        end)
        assert.equal(frames, compared, path)
        cap:close()
      end
    end
    if files == 0 then return pending("no captures") end
    assert.is_true(compared > 6000)
  end)
end)
