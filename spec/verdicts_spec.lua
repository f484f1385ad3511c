--- What we call malformed on real traffic, beside tshark's verdicts.
local support = require "spec.support"
local pcap = require "pktcraft.pcap"

-- The layers of a packet that are malformed.
local function culprits(pkt)
  local list = {}
  for name, marks in ("\n" .. pkt:show()):gmatch("\n(%w+): bytes %d+ to %d+([^\n]*)") do
    if marks:find("malformed", 1, true) then list[#list + 1] = name end
  end
  return table.concat(list, " ")
end

describe("verdicts on real traffic #interop", function()
  local frames, files, bad = 0, 0, {}

  it("are given for every frame, and none of plain is malformed", function()
    for _, kind in ipairs { "plain", "hostile" } do
      for _, path in ipairs(support.samples(kind)) do
        local cap = pcap.open(path)
        if cap then
          files = files + 1
          local name, list = kind .. path:match("/[^/]+$"), {}
          -- What a file holds after its damage cannot be read.
          local iterate, state, pkt = cap:packets()
          while true do
            local ok
            ok, pkt = pcall(iterate, state, pkt)
            if not ok or not pkt then break end
            frames = frames + 1
            local layers = culprits(pkt)
            assert(tostring(pkt) and pkt:verify())
            assert.equal(layers ~= "", pkt.malformed, name)
            if layers ~= "" then list[pkt.number] = layers end
          end
          cap:close()
          assert.is_true(kind ~= "plain" or next(list) == nil, name)
          if next(list) then bad[#bad + 1] = { name = name, path = path, frames = list } end
        end
      end
    end
    if files == 0 then return pending("no captures") end
    assert.is_true(frames > 16000)
    assert.is_true(#bad > 50)
  end)

  it("are tshark's, or have a reason in spec/verdicts.lua", function()
    if files == 0 then return pending("no captures") end
    if not support.has("tshark") then return pending("tshark is not installed") end
    local tshark = require "spec.tshark"
    local found, expected = {}, {}
    for _, rule in ipairs(require "spec.verdicts") do
      assert.is_true(#rule.why > 20)
      for name, n in pairs(rule.files) do expected[name .. " " .. rule.layer] = n end
    end
    for _, file in ipairs(bad) do
      local theirs, count = tshark.verdicts(file.path)
      assert.is_true(count > 0, file.name)
      for number, layers in pairs(file.frames) do
        local key = file.name .. " " .. layers
        if not theirs[number] then found[key] = (found[key] or 0) + 1 end
      end
    end
    assert.same(expected, found)
  end)
end)
