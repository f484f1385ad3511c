-- ffi.lua: the jobs in LuaJIT with FFI: blocks read by read(2) into one array.
--
--     luajit ffi.lua a|b IN [OUT]
--     luajit ffi.lua sum IN OUT
local ffi, bit = require "ffi", require "bit"
local band = bit.band
ffi.cdef [[
  int open(const char *path, int flags, ...);
  long read(int fd, void *to, size_t n);
  long write(int fd, const void *from, size_t n);
  int creat(const char *path, unsigned mode);
]]
local C = ffi.C
local BLOCK = 256 * 1024
local block = ffi.new("uint8_t[?]", BLOCK)
local kept, keptlen = ffi.new("uint8_t[?]", BLOCK), 0
local summing = arg[1] == "sum"
local input, output = C.open(arg[2], 0), not summing and arg[3] and C.creat(arg[3], 420)
assert(input >= 0)

local function get16(k) return block[k] * 256 + block[k + 1] end

local function get32(k)
  return block[k] + block[k + 1] * 256 + block[k + 2] * 65536 + block[k + 3] * 16777216
end

-- `p` is where the frame begins in the block.
local function a(p, n)
  local at = p + 14
  if n < 14 then return false end
  local type = get16(p + 12)
  if type == 0x8100 then
    if n < 18 then return false end
    type, at = get16(p + 16), p + 18
  end
  local last = p + n
  if type == 0x0800 then
    if last < at + 20 or block[at + 9] ~= 17 or band(get16(at + 6), 0x1fff) ~= 0 then return false end
    at = at + 4 * band(block[at], 15)
    return last >= at + 4 and get16(at + 2) == 53
  end
  return type == 0x86dd and last >= at + 44 and block[at + 6] == 17 and get16(at + 42) == 53
end

local function b(p, n)
  if n < 34 or get16(p + 12) ~= 0x0800 or block[p + 23] ~= 6 or band(get16(p + 20), 0x1fff) ~= 0 then
    return false
  end
  local tcp = 14 + 4 * band(block[p + 14], 15)
  return n >= tcp + 14 and band(block[p + tcp + 13], 0x12) == 2 and block[p + 22] < 64 and get16(p + 16) > 40
end

-- Sums by source: IPv4 by number; IPv6 by its bytes.
local sums, sums6 = {}, {}

local function add(p, n)
  local at = p + 14
  if n < 14 then return end
  local type = get16(p + 12)
  if type == 0x8100 then
    if n < 18 then return end
    type, at = get16(p + 16), p + 18
  end
  local last, ip = p + n, at
  local protocol, length
  if type == 0x0800 then
    if last < at + 20 or band(get16(at + 6), 0x1fff) ~= 0 then return end
    at = at + 4 * band(block[at], 15)
    protocol, length = block[ip + 9], get16(ip + 2) - (at - ip)
  elseif type == 0x86dd and last >= at + 40 then
    at = at + 40
    protocol, length = block[ip + 6], get16(ip + 4)
  end
  local bytes
  if protocol == 17 and last >= at + 8 then
    bytes = length - 8
  elseif protocol == 6 and last >= at + 20 then
    bytes = length - 4 * bit.rshift(block[at + 12], 4)
  else
    return
  end
  if type == 0x0800 then
    local source = get16(ip + 12) * 65536 + get16(ip + 14)
    sums[source] = (sums[source] or 0) + bytes
  else
    local source = ffi.string(block + ip + 8, 16)
    sums6[source] = (sums6[source] or 0) + bytes
  end
end

local function flush()
  C.write(output, kept, keptlen)
  keptlen = 0
end

local wanted = arg[1] == "b" and b or a
local count, have, first = 0, 0, true
while true do
  local got = tonumber(C.read(input, block + have, BLOCK - have))
  if got <= 0 then break end
  have = have + got
  local at = 0
  if first then
    ffi.copy(kept, block, 24)
    keptlen, at, first = 24, 24, false
  end
  while have - at >= 16 do
    local caplen = get32(at + 8)
    if have - at - 16 < caplen then break end
    if summing then
      add(at + 16, caplen)
    elseif wanted(at + 16, caplen) then
      count = count + 1
      if output then
        if keptlen + 16 + caplen > BLOCK then flush() end
        ffi.copy(kept + keptlen, block + at, 16 + caplen)
        keptlen = keptlen + 16 + caplen
      end
    end
    at = at + 16 + caplen
  end
  ffi.copy(block, block + at, have - at)
  have = have - at
end
if output then flush() end
if not summing then
  print(count)
  return
end
ffi.cdef "const char *inet_ntop(int family, const void *from, char *to, unsigned size);"
local to, text = assert(io.open(arg[3], "w")), ffi.new("char[64]")
for source, bytes in pairs(sums) do
  to:write(("%d.%d.%d.%d %d\n"):format(bit.rshift(source, 24), band(bit.rshift(source, 16), 255),
    band(bit.rshift(source, 8), 255), band(source, 255), bytes))
end
for source, bytes in pairs(sums6) do
  to:write(("%s %d\n"):format(ffi.string(C.inet_ntop(10, source, text, 64)), bytes))
end
to:close()
