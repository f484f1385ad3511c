--- The same checks on every golden vector of every shipped layout (spec/vectors/NAME.lua).
local memory = require "memory"
local layout = require "layout"
local layouts = require "pktcraft.layouts"
local checksum = require "pktcraft.checksum"

local function unhex(s)
  return (s:gsub("%s", ""):gsub("%x%x", function(d) return string.char(tonumber(d, 16)) end))
end

--- Fields at a constant place: what pointers that are aimed by hand read.
local function fixed(l)
  local list = {}
  for _, f in ipairs(layout.fields(l)) do
    if f.offset and f.bits then list[#list + 1] = f end
  end
  return list
end

for _, name in ipairs { "ethernet", "ipv4", "ipv6", "udp" } do
  describe("layout " .. name, function()
    local l = layouts[name]
    local vectors = require("spec.vectors." .. name)
    local fields = fixed(l)

    it("has vectors that say where they come from", function()
      assert.is_true(#vectors > 0)
      for _, v in ipairs(vectors) do
        assert.is_string(v.from)
        for _, f in ipairs(fields) do
          assert.is_not_nil(v.fields[f.key], f.key)
        end
      end
    end)

    for _, v in ipairs(vectors) do
      local bytes = unhex(v.hex)

      describe("given " .. v.from, function()
        it("reads every field, by key and by alias", function()
          for shift = 0, 3 do
            local p = layout.newpointer(l, memory.create(("\xa5"):rep(shift) .. bytes), 1 + shift)
            for _, f in ipairs(fields) do
              assert.equal(v.fields[f.key], p[f.key], f.key)
              for _, alias in ipairs(f.alias or {}) do
                assert.equal(v.fields[f.key], p[alias], alias)
              end
            end
          end
        end)

        it("crafts the same bytes", function()
          local m = memory.create(("\xa5"):rep(#bytes))
          local p = layout.newpointer(l, m)
          for _, f in ipairs(fields) do
            p[f.key] = v.fields[f.key]
          end
          local size = layout.sizeof(l)
          assert.equal(bytes:sub(1, size), m:tostring(1, size))
          assert.equal(("\xa5"):rep(#bytes - size), m:tostring(size + 1))
        end)

        it("writes each field over poison and touches nothing else", function()
          for _, f in ipairs(fields) do
            for _, poison in ipairs { "\xa5", "\x5a", "\x00", "\xff" } do
              local m = memory.create(("\xa5"):rep(3) .. bytes .. ("\xa5"):rep(3))
              m:fill(poison, 4, 3 + layout.sizeof(l))
              local before = { m:get(1, -1) }
              local p = layout.newpointer(l, m, 4)
              p[f.key] = v.fields[f.key]
              assert.equal(v.fields[f.key], p[f.key])
              local first = (3 + f.offset) * 8 + f.bit
              local bits = f.bits
              for k = 1, #m do
                local mask = 0 -- the bits of this byte that belong to the field, big-endian
                for b = 0, 7 do
                  local bit = (k - 1) * 8 + b
                  if bit >= first and bit < first + bits then mask = mask | 0x80 >> b end
                end
                assert.equal(before[k] & ~mask, m:get(k) & ~mask, f.key)
              end
            end
          end
        end)

        it("survives every truncation", function()
          for n = 0, #bytes do
            local m = memory.create(bytes, 1, n)
            local p = layout.newpointer(l, m)
            for _, f in ipairs(fields) do
              local ok, value = pcall(function() return p[f.key] end)
              if ok then
                assert.equal(v.fields[f.key], value)
              else
                assert.matches("out of bounds %(field '" .. f.key, value)
              end
              local wrote = pcall(function() p[f.key] = v.fields[f.key] end)
              assert.equal(ok, wrote)
              assert.equal(bytes:sub(1, n), tostring(m))
            end
          end
        end)

        if v.sum then
          it("has the checksum that we compute", function()
            local size = v.fields.ihl * 4
            assert.equal(0, checksum.internet(bytes, 1, size))
            local m = memory.create(bytes)
            layout.newpointer(l, m).checksum = 0
            assert.equal(v.sum, checksum.internet(m, 1, size))
          end)
        end

        if v.pseudo then
          it("has the checksum that we compute with its pseudo-header", function()
            local partial = checksum.pseudo(v.pseudo[1], v.pseudo[2], 17, #bytes)
            assert.equal(0, checksum.internet(bytes, 1, -1, partial))
            local m = memory.create(bytes)
            layout.newpointer(l, m).checksum = 0
            assert.equal(v.fields.checksum, checksum.internet(m, 1, -1, partial))
          end)
        end
      end)
    end
  end)
end

describe("every truncation of frames of real traffic", function()
  local support = require "spec.support"
  local pcap = require "pktcraft.pcap"

  it("is read by every layout at every place without harm", function()
    local frames = {}
    for _, kind in ipairs { "plain", "hostile" } do
      for _, name in ipairs(support.samples(kind)) do
        local cap = pcap.open(name)
        local m = memory.create()
        if cap then
          local n = 0
          while n < 2 and cap:next(m) do -- the first two of each file
            n = n + 1
            frames[#frames + 1] = m:tostring(1, 120)
          end
          cap:close()
        end
      end
    end
    if #frames == 0 then frames = { ("\xff"):rep(120), ("\0"):rep(120), ("E"):rep(120) } end
    local all = {}
    for _, name in ipairs(layouts.names) do
      for _, at in ipairs(name == "ethernet" and { 1 } or { 15, 35, 55 }) do
        local p = layout.newpointer(layouts[name])
        all[#all + 1] = function(m)
          layout.setpointer(p, m, at)
          for _, f in ipairs(fixed(layouts[name])) do
            local ok, value = pcall(function() return p[f.key] end)
            if not ok then assert.matches("out of bounds", value) end
          end
        end
      end
    end
    for k, frame in ipairs(frames) do
      for n = k % 7, #frame, 7 do
        local m = memory.create(frame, 1, n)
        all[(k + n) % #all + 1](m)
        assert.equal(frame:sub(1, n), tostring(m))
      end
    end
  end)
end)

describe("the registry of layouts", function()
  it("has one file for each name, and nothing else", function()
    assert.is_nil(layouts.nosuch)
    assert.is_nil(layouts.init)
    local listed = {}
    for _, name in ipairs(layouts.names) do listed[name .. ".lua"] = true end
    local files <close> = assert(io.popen("ls layouts"))
    for file in files:lines() do
      assert.is_true(listed[file] or file == "init.lua" or file == "names.lua" or file == "display.lua", file)
    end
  end)
end)
