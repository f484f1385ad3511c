--- Tables made at random from all words of the language: whatever compiles must read, build and show any bytes.
local memory = require "memory"
local layout = require "layout"
local packet = require "pktcraft.packet"

local seed = 3
local function R(a, b)
  seed = seed * 6364136223846793005 + 1442695040888963407
  local n = seed >> 33
  if b then return a + n % (b - a + 1) end
  return 1 + n % a
end
local keys = {}
local function pick(t) return t[R(#t)] end
local function cond(depth)
  if R(4) == 1 and depth < 2 then local l = {} for i = 1, R(2) do l[i] = cond(depth + 1) end return l end
  local c = {}
  for _ = 1, R(2) do
    local k = R(8) == 1 and ".left" or (#keys > 0 and pick(keys)) or "k1"
    if R(12) == 1 then k = k .. "." .. pick { "a", "k1", "k2" } end
    c[k] = pick { R(0, 9), true, { R(0, 4), R(5, 9) }, { min = R(0, 5) }, { max = R(0, 9) }, { no = R(0, 3) }, { no = { 1, 2 } }, "nm" }
  end
  return c
end
local n = 0
local function newkey() n = n + 1 local k = "k" .. (R(10) == 1 and R(n) or n) keys[#keys + 1] = k return k end
local field
local function fields(depth, max) local l = {} for i = 1, R(0, max) do l[i] = field(depth) end return l end
function field(depth)
  local r = R(12)
  local f = {}
  if r <= 5 then
    if R(6) > 1 then f.key = newkey() end
    if R(2) == 1 then f.bytes = R(1, 8) else f.bits = R(1, 33) end
    if R(3) == 1 then f.length = pick { "header", "total", "payload", "rest", #keys > 0 and pick(keys) or "k1", { "k1", "k2" } } end
    if R(8) == 1 then f.count = pick { "k5", "k9", R(3) } end
    if R(6) == 1 then f.unit = R(1, 8) end
    if R(6) == 1 then f.bias = R(-4, 8) end
    if R(6) == 1 then f.open = 0 end
    if R(6) == 1 then f.next = "ethertype" end
    if R(8) == 1 then f.hint = "udpport" end
    if R(8) == 1 then f.enum = { "nm", "x" } end
    if R(8) == 1 then f.equal = R(9) end
    if R(8) == 1 then f.min = R(9) end
    if R(10) == 1 then f.peek = true end
    if R(10) == 1 then f.endian = pick { "big", "little", "guess" } end
    if R(8) == 1 then f.sum = pick { "internet", "crc32c" } f.cover = pick { "header", "total", "rest", "payload" } f.pseudo = R(2) == 1 end
    if R(12) == 1 then f.type = "boolean" end
  elseif r == 6 then
    f.key = newkey()
    f.type = "string"
    if R(2) == 1 then f.bytes = R(1, 20) end
    if R(4) == 1 then f.stop = R(0, 255) end
    if R(4) == 1 then f.format = pick { "hex", "dnsname" } end
  elseif r == 7 then
    f.key, f.format = newkey(), pick { "ipv4", "ipv6", "mac", "dnsname", "eui64", "dnsnameplain" }
    if R(3) == 1 then f.role = pick { "source", "destination" } end
  elseif r == 8 and depth < 4 then
    for i, x in ipairs(fields(depth + 1, 4)) do f[i] = x end
    if R(2) == 1 then f.key = newkey() end
    if R(3) == 1 then f.type = "union" end
  elseif r == 9 and depth < 4 then
    f.key = newkey()
    f.each = pick { { bytes = 1 }, { format = "ipv4" }, "part", fields(depth + 1, 4), { field(depth + 1) } }
    if R(3) == 1 then f.count = R(4) end
    if R(4) == 1 then f.stop = cond(0) end
    if R(4) == 1 then f.align = R(1, 8) end
  elseif r == 10 and depth < 4 then
    f.switch = #keys > 0 and pick(keys) or "k1"
    for _ = 1, R(3) do f[R(0, 5)] = R(5) == 1 and R(0, 5) or field(depth + 1) end
    if R(2) == 1 then f.other = field(depth + 1) end
  elseif r == 11 then
    f.payload = pick { true, "ipv4", "udp" }
    f.quoted = R(3) == 1
  else
    f.bytes = R(1, 4)
  end
  if R(4) == 1 then f.when = cond(0) end
  return f
end

describe("a table at random", function()
  it("is refused, or serves without harm", function()
    local made = 0
    for _ = 1, 3000 do
      keys, n = {}, 0
      local t = fields(0, 9)
      t.endian, t.name = "big", "l"
      if R(2) == 1 then t.parts = { part = fields(1, 4) } end
      if R(6) == 1 then t.follow = cond(0) end
      if R(6) == 1 then t.fragment = cond(0) end
      if R(6) == 1 then t.when = cond(0) end
      local ok, l = pcall(layout.struct, t)
      if ok then
        made = made + 1
        local list = layout.fields(l)
        for _ = 1, 3 do
          local s = {}
          for i = 1, R(0, 60) do s[i] = string.char(R(3) == 1 and R(0, 255) or R(0, 6)) end
          local bytes = table.concat(s)
          local p = packet.new(memory.create(bytes), l, R(3) == 1 and #bytes + R(0, 20) or nil)
          assert(p.malformed ~= nil and tostring(p) and p:show() and p:hexdump() and p:verify() and p:totable())
          local c = p:copy()
          c:fix()
          assert(p:diff(c) and p.memory:tostring() == bytes)
        end
        local values = {}
        for _, f in ipairs(list) do
          if R(3) == 1 then values[f.key] = pick { R(0, 300), "x", {}, { {}, {} }, true, "10.0.0.1", { 1, 2 } } end
        end
        pcall(function() return #(l(values) / "payload") end)
        local q = layout.newpointer(l, memory.create(("x"):rep(40)))
        for _, f in ipairs(list) do
          pcall(function() return q[f.key] end)
          pcall(function() q[f.key] = 1 end)
        end
      else
        assert.matches("^layout 'l'", l)
      end
    end
    assert.is_true(made > 200)
  end)
end)
