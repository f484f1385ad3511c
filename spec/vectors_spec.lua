--- The same checks on every frame of spec/vectors.
local memory = require "memory"
local layout = require "layout"
local layouts = require "pktcraft.layouts"
local packet = require "pktcraft.packet"
local support = require "spec.support"

local vectors = require "spec.vectors"

local ORDER <const> = string.pack("=I2", 1) == "\1\0" and "little" or "big" -- of this machine's bytes

local function bytes(p)
  return p.memory:tostring()
end

describe("golden vectors", function()
  it("are 600 at least, and cover all shipped layouts", function()
    assert.is_true(#vectors >= 600)
    local seen = {}
    for _, v in ipairs(vectors) do
      assert.is_true(#v.from >= 8)
      for name in packet.new(support.unhex(v.hex), v.first):layers() do seen[name] = true end
    end
    for _, name in ipairs(layouts.names) do
      assert.is_true(seen[name] or name == "rawip", name) -- which has no byte
    end
  end)

  it("have the values that they were made of", function()
    for _, v in ipairs(vectors) do
      local p = packet.new(support.unhex(v.hex), v.first)
      for path, value in pairs(v.fields) do
        assert.equal(value, support.value(p, path), v.from .. ": " .. path)
      end
      assert.is_false(p.malformed, v.from)
    end
  end)

  it("have sums that we find right", function()
    for _, v in ipairs(vectors) do
      for _, c in ipairs(packet.new(support.unhex(v.hex), v.first):verify()) do
        assert.is_false(c.verdict == "bad", ("%s: %s.%s"):format(v.from, c.layer, c.field))
      end
    end
  end)

  it("are built again from their values without lengths, counts and sums", function()
    for _, v in ipairs(vectors) do
      local raw = support.unhex(v.hex)
      local t = packet.new(raw, v.first):totable(true)
      for _, layer in ipairs(t) do
        if type(layer) == "table" then
          for _, key in ipairs { "totallength", "payloadlength", "checksum", "dataoffset", "ihl" } do
            -- (a quoted packet keeps what cannot be told, UDP a sum that says there is none)
            local kept = layer[2][key]
            assert.is_true(not kept or kept == 0 or (v.from:find("error") or v.from:find("ICMP")) ~= nil, v.from .. key)
          end
        end
      end
      local other = v.other or v.order and v.order ~= ORDER -- than what is built here
      assert.is_true(other or raw == bytes(packet.build(t)), v.from)
      assert.is_true(other or raw == bytes(packet.build(packet.new(raw, v.first):totable())), v.from)
    end
  end)

  it("survive every truncation, and stay as they are", function()
    for k, v in ipairs(vectors) do
      local raw = support.unhex(v.hex)
      for n = k % 2, #raw, 2 do
        for _, wire in ipairs { n, #raw } do
          local p = packet.new(memory.create(raw, 1, n), v.first, wire)
          assert(p:show() and tostring(p) and p:verify())
          for path, value in pairs(n % 16 == 0 and v.fields or {}) do
            local got = support.value(p, path)
            -- Lengths that a cut makes say otherwise move what stands above; a value read is the vector's.
            if got ~= nil and wire == #raw then assert.equal(value, got, v.from .. ": " .. path) end
          end
          assert.is_true(bytes(p) == raw:sub(1, n))
        end
      end
    end
  end)

  it("have fields that are written and touch nothing else", function()
    for _, v in ipairs(vectors) do
      local raw = support.unhex(v.hex)
      local p = packet.new(raw, v.first)
      local first = {}
      for name in p:layers() do first[name] = first[name] or p:range(name) end
      for name in pairs(first) do
        local start = first[name] - 1
        for _, f in ipairs(layout.fields(layout.find(name))) do
          local view = p[name]
          if f.offset and f.bits and (f.type == "number" or f.type == "boolean") and view[f.key] ~= nil then
            local old = view[f.key]
            if f.format then
              view[f.key] = memory.create(("\xa5"):rep(f.bits // 8))
            elseif f.type == "boolean" then
              view[f.key] = not old
            else
              view[f.key] = f.signed and 0 or ~old & ((1 << f.bits) - 1)
            end
            local low, high = (start + f.offset) * 8 + f.bit, (start + f.offset) * 8 + f.bit + f.bits
            local now = bytes(p)
            for k = 1, #raw do
              local mask = 0
              for b = 0, 7 do
                local bit = (k - 1) * 8 + b
                if bit >= low and bit < high then mask = mask | (f.endian == "little" and 1 << b or 0x80 >> b) end
              end
              assert(raw:byte(k) & ~mask == now:byte(k) & ~mask, v.from .. ": " .. name .. "." .. f.key)
            end
            p.memory:fill(raw)
            p:refresh()
          end
        end
      end
      assert.is_true(raw == bytes(p))
    end
  end)

  it("are read, shown, built and edited without harm when they are damaged", function()
    local seed = 11
    local function rnd(n)
      seed = seed * 6364136223846793005 + 1442695040888963407
      return (seed >> 33) % n
    end
    local function read(view, l, depth)
      for _, f in ipairs(l) do
        local value = view[f.key]
        if type(value) == "userdata" and depth < 5 then
          if f.type == "list" or f.type == "array" then
            local n = 0
            for element in value() do
              if type(element) == "userdata" then read(element, f.fields, depth + 1) end
              n = n + 1
              if n > 10 then break end
            end
          else
            read(value, f.fields, depth + 1)
          end
        end
      end
    end
    local function names(p)
      local list = {}
      for name in p:layers() do list[#list + 1] = name end
      return table.concat(list, " ")
    end
    local known = {}
    for _, name in ipairs(layouts.names) do known[name] = layout.fields(layouts[name]) end
    for _ = 1, 4000 do
      local v = vectors[1 + rnd(#vectors)]
      local damaged = { support.unhex(v.hex):byte(1, -1) }
      for _ = 1, rnd(7) do damaged[1 + rnd(#damaged)] = ({ 0, 255, rnd(256), rnd(16) })[1 + rnd(4)] end
      local raw = string.char(table.unpack(damaged))
      if rnd(3) == 0 then raw = raw:sub(1, rnd(#raw)) end
      local p = packet.new(memory.create(raw), v.first, rnd(3) == 0 and #raw + rnd(50) or nil)
      local found = names(p)
      for name, view in p:layers() do read(view, known[name], 0) end
      assert(p.malformed ~= nil and found == names(p), v.from)
      assert(tostring(p) and p:show() and p:hexdump() and p:verify())
      assert(bytes(p) == raw)
      pcall(function() return #packet.build(p:totable(true)) end)
      local c = p:copy()
      c:fix()
      for name in found:gmatch("%w+") do
        local f = known[name][1 + rnd(#known[name])]
        pcall(function() c[name][f.key] = rnd(300) end)
        pcall(function() c:setter(name .. "." .. f.key)(rnd(65536)) end)
        pcall(function() return packet.getter(name .. "." .. f.key)(c) end)
      end
      assert(c:show())
    end
  end)
end)
