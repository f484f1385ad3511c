--- All captures of real traffic: as capinfos and tshark read them, copied byte for byte, cut and damaged.
local memory = require "memory"
local pcap = require "pktcraft.pcap"
local support = require "spec.support"

local path, readfile, writefile = support.path, support.readfile, support.writefile

local samples = support.samples("plain")
for _, name in ipairs(support.samples("hostile")) do samples[#samples + 1] = name end

--- Frames, the link types of their interfaces, and the error that ended them.
local function count(name)
  local cap, why = pcap.open(name)
  if not cap then return nil, nil, why end
  local m, n, links, message = memory.create(), 0, {}
  while true do
    local time, wirelen, interface = cap:next(m)
    if not time then message = wirelen break end
    n = n + 1
    links[cap.interfaces[interface].linktype] = true
  end
  if n == 0 then links[cap.linktype] = true end
  cap:close()
  return n, links, message
end

-- What a file is when it is unpacked.
local function plainbytes(name, packing)
  if not packing then return readfile(name) end
  local _, bytes = support.foreign(packing .. " -dcq " .. name)
  return bytes
end

describe("the captures of real traffic", function()
  it("have the frames and link types that capinfos says #interop", function()
    if #samples == 0 or not support.has("capinfos") then pending("no captures, or no capinfos") return end
    local theirs, compared, refused = {}, 0, 0
    local names = { [1] = "ether", [101] = "rawip", [105] = "ieee-802-11", [113] = "linux-sll", [276] = "linux-sll2" }
    local _, out, says = support.foreign("capinfos -T -M -c -E " .. table.concat(samples, " "))
    local unknown = {} -- link types that they do not know
    for name in says:gmatch 'The file "(%S+)" contains record data that capinfos doesn\'t support' do unknown[name] = true end
    for line in out:gmatch "[^\n]+" do
      local name, link, n = line:match "^(%S+)[\t,]([^\t,]+)[\t,](%d+)$"
      if name then theirs[name] = { link, tonumber(n) } end
    end
    for _, name in ipairs(samples) do
      local n, links, message = count(name)
      if unknown[name] or message and message:find "snoop" then -- they read that format too
        refused = refused + 1
      elseif not theirs[name] then -- what they read no further, too, comes to an error
        refused = refused + 1
        assert.is_truthy(message, name)
      else
        compared = compared + 1
        assert.equal(theirs[name][2], n, name .. ": " .. tostring(message))
        local link = next(links)
        if not next(links, link) and theirs[name][1] ~= "unknown" then
          names[link] = names[link] or theirs[name][1] -- a link type has one name
          assert.equal(names[link], theirs[name][1], name)
        end
      end
    end
    assert.is_true(compared > 780 and refused < 80, compared .. ", " .. refused)
  end)

  it("have the times that tshark prints #interop", function()
    if #samples == 0 or not support.has("tshark") then pending("no captures, or no tshark") return end
    -- Starting tshark 850 times takes five minutes: all but the plain ones when asked for.
    local compared, m = 0, memory.create()
    for _, name in ipairs(os.getenv("PK_ALL") and samples or support.samples("plain")) do
      local cap = pcap.open(name)
      if cap then
        local _, out = support.foreign(("tshark -n -r %s -T fields -e frame.time_epoch 2>/dev/null"):format(name))
        local lines = out:gmatch "([^\n]*)\n"
        local time = out ~= "" and cap:next(m) -- some link types they do not know
        while time do
          local seconds, fraction = (lines() or ""):match "^(%-?%d+)%.(%d+)$"
          if seconds then
            compared = compared + 1
            local want = math.maxinteger -- what does not fit is the largest time there is
            if tonumber(seconds) < 9223372035 then
              want = tonumber(seconds) * 1000000000 + tonumber((fraction .. "000000000"):sub(1, 9))
            end
            -- A fraction of a second and more, which is no time, they carry otherwise.
            if time // 1000000000 - tonumber(seconds) < 1 then
              assert.equal(want, time, ("%s: frame %d"):format(name, cap:tell() - 1))
            end
          else
            assert.is_true(cap.timeless or cap.format == "pcapng", name)
          end
          time = cap:next(m)
        end
        cap:close()
      end
    end
    assert.is_true(compared > 6000)
  end)

  it("are copied byte for byte, with and without a filter", function()
    if #samples == 0 then pending("no captures") return end
    local copied = 0
    for _, name in ipairs(samples) do
      for _, filter in ipairs { false, function() return true end } do
        local cap <close> = pcap.open(name)
        if cap then
          local out = assert(pcap.create(path("copied"), { like = cap }))
          local got, message = out:copy(cap, filter or nil)
          assert(out:close())
          local want, have = plainbytes(name, cap.compression), readfile(path("copied"))
          if got then
            assert.is_true(want == have, name)
            copied = copied + 1
          else
            assert.is_truthy(message)
            assert.is_true(want:sub(1, #have) == have, name)
          end
        end
      end
    end
    assert.is_true(copied > 1500)
  end)

  it("give the whole frames before a cut at every byte, then an error or the end", function()
    if #samples == 0 then pending("no captures") return end
    local cuts = require "cuts"
    local files, tried = 0, 0
    for _, name in ipairs(samples) do
      local cap = pcap.open(name)
      -- The largest take their square of time: when asked for.
      if cap and not cap.compression and (os.getenv("PK_ALL") or #readfile(name) < 20000) then
        cap:close()
        local n, at = cuts(name)
        assert.is_nil(at, ("%s, cut to %s"):format(name, at))
        files, tried = files + 1, tried + n
      end
    end
    assert.is_true(files > 750 and tried > 900000)
  end)

  it("may have any bytes turned: 10,000 files", function()
    if #samples == 0 then pending("no captures") return end
    local state, m, frames, errors = 20250101, memory.create(), 0, 0
    local function random(n)
      state = (state * 6364136223846793005 + 1442695040888963407) & (1 << 62) - 1
      return (state >> 30) % n
    end
    local small = {}
    for _, name in ipairs(samples) do
      local bytes = readfile(name)
      if #bytes > 24 and #bytes < 4000 then small[#small + 1] = bytes end
    end
    for _ = 1, 10000 do
      local bytes = small[random(#small) + 1]
      for _ = 0, random(4) do
        -- Mostly headers: what files go wrong by.
        local at = random(2) == 0 and random(math.min(#bytes, 64)) + 1 or random(#bytes) + 1
        bytes = bytes:sub(1, at - 1) .. string.char(random(256)) .. bytes:sub(at + 1)
      end
      local cap = pcap.open(writefile(path("turned"), bytes))
      if cap then
        while cap:next(m) do frames = frames + 1 end
        if select(2, cap:next(m)) then errors = errors + 1 end
        if cap:seek(1) then pcall(function() for _ in cap:blocks() do end end) end
        if cap:seek(1) then
          local out = assert(pcap.create(path("turnedcopy"), { like = cap }))
          local _, message = out:copy(cap)
          assert(out:close())
          local have = readfile(path("turnedcopy"))
          assert.is_true(message and bytes:sub(1, #have) == have or bytes == have)
        end
        cap:close()
      end
    end
    assert.is_true(frames > 5000 and errors > 500, frames .. ", " .. errors)
  end)
end)
