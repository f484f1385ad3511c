-- plain.lua: the jobs in plain Lua: io.read and string.unpack.
--
--     lua5.4 plain.lua a|b IN [OUT]
--     lua5.4 plain.lua sum|field IN OUT
--     lua5.4 plain.lua build N OUT
local job, output = arg[1], arg[3] and assert(io.open(arg[3], "wb"))
local unpack <const>, byte <const> = string.unpack, string.byte
local pack <const> = string.pack

local function dotted(addr)
  return ("%d.%d.%d.%d"):format(byte(addr, 1, 4))
end

local function sumof(s)
  local sum = 0
  for k = 1, #s, 2 do sum = sum + (unpack(">I2", s, k)) end
  return sum
end

local function fold(sum)
  sum = (sum & 0xffff) + (sum >> 16)
  return (sum & 0xffff) + (sum >> 16)
end

if job == "build" then
  local payload <const> = "abcdefghijklmnopqrstuvwxyz012345"
  local constant = sumof(payload) + 17 + 40 + 40
  output:write(pack("<I4I2I2I4I4I4I4", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
  for k = 0, arg[2] - 1 do
    local source, destination, ident = 0x0a000000 + k, 0xc0a80000 + k % 65536, k % 65536
    local sport, dport = 1024 + k % 60000, 5000 + k % 50000
    local addresses = (source >> 16) + (source & 0xffff) + (destination >> 16) + (destination & 0xffff)
    local sum = ~fold(constant + addresses + sport + dport) & 0xffff
    output:write(pack("<I4I4I4I4", 1700000000 + k // 1000000, k % 1000000, 74, 74),
      pack(">I6I6I2BBI2I2I2BBI2I4I4I2I2I2I2", 0x020000000001, 0x020000000002, 0x0800, 0x45, 0, 60, ident, 0, 64, 17,
        ~fold(0x4500 + 60 + ident + 0x4011 + addresses) & 0xffff, source, destination, sport, dport, 40,
        sum ~= 0 and sum or 0xffff), payload)
  end
  output:close()
  return
end

--- Protocol, source address, where the transport header begins, and bytes of payload; nil unless it was captured.
local function segment(frame)
  local n, at = #frame, 15
  if n < 14 then return end
  local type, protocol, source, length = unpack(">I2", frame, 13)
  if type == 0x8100 then
    if n < 18 then return end
    type, at = unpack(">I2", frame, 17), 19
  end
  if type == 0x0800 then
    if n < at + 19 or unpack(">I2", frame, at + 6) & 0x1fff ~= 0 then return end
    local header = 4 * (byte(frame, at) & 15)
    length, protocol, source = unpack(">I2", frame, at + 2) - header, byte(frame, at + 9), frame:sub(at + 12, at + 15)
    at = at + header
  elseif type == 0x86dd and n >= at + 39 then
    length, protocol, source = unpack(">I2", frame, at + 4), byte(frame, at + 6), frame:sub(at + 8, at + 23)
    at = at + 40
  end
  if protocol == 17 and n >= at + 7 then return 17, source, at, length - 8 end
  if protocol == 6 and n >= at + 19 then return 6, source, at, length - 4 * (byte(frame, at + 12) >> 4) end
end

--- An IPv6 address (RFC 5952).
local function colons(addr)
  local words = { unpack(">I2I2I2I2I2I2I2I2", addr) }
  local best, len, k = 0, 1, 1
  while k <= 8 do
    local last = k
    while words[last] == 0 do last = last + 1 end
    if last - k > len then best, len = k, last - k end
    k = last + 1
  end
  local parts = {}
  for w = 1, 8 do
    if best > 0 and w >= best and w < best + len then
      if w == best then parts[#parts + 1] = w == 1 and "::" or ":" end
    else
      parts[#parts + 1] = ("%x"):format(words[w]) .. (w < 8 and ":" or "")
    end
  end
  return table.concat(parts)
end

local input = assert(io.open(arg[2], "rb"))
if job == "sum" or job == "field" then
  local sums = {}
  input:read(24)
  while true do
    local record = input:read(16)
    if not record then break end
    local frame = input:read((unpack("<I4", record, 9))) or ""
    local protocol, source, at, bytes = segment(frame)
    if job == "sum" then
      if protocol then sums[source] = (sums[source] or 0) + bytes end
    elseif protocol == 17 and #source == 4 then
      output:write(("%s\t%d\t%d\t%d\n"):format(dotted(source), unpack(">I2I2I2", frame, at)))
    end
  end
  for source, bytes in pairs(sums) do
    output:write(#source == 4 and dotted(source) or colons(source), " ", bytes, "\n")
  end
  output:close()
  return
end

local function a(frame)
  local n, at = #frame, 15
  if n < 14 then return false end
  local type = unpack(">I2", frame, 13)
  if type == 0x8100 then
    if n < 18 then return false end
    type, at = unpack(">I2", frame, 17), 19
  end
  if type == 0x0800 then
    if n < at + 19 or byte(frame, at + 9) ~= 17 or unpack(">I2", frame, at + 6) & 0x1fff ~= 0 then return false end
    at = at + 4 * (byte(frame, at) & 15)
    return n >= at + 3 and unpack(">I2", frame, at + 2) == 53
  end
  return type == 0x86dd and n >= at + 43 and byte(frame, at + 6) == 17 and unpack(">I2", frame, at + 42) == 53
end

local function b(frame)
  if #frame < 34 or unpack(">I2", frame, 13) ~= 0x0800 or byte(frame, 24) ~= 6
    or unpack(">I2", frame, 21) & 0x1fff ~= 0 then return false end
  local tcp = 15 + 4 * (byte(frame, 15) & 15)
  return #frame >= tcp + 13 and byte(frame, tcp + 13) & 0x12 == 2 and byte(frame, 23) < 64
    and unpack(">I2", frame, 17) > 40
end

local wanted <const> = job == "b" and b or a
local head, count = input:read(24), 0
if output then output:write(head) end
while true do
  local record = input:read(16)
  if not record then break end
  local frame = input:read((unpack("<I4", record, 9))) or ""
  if wanted(frame) then
    count = count + 1
    if output then output:write(record, frame) end
  end
end
if output then output:close() end
print(count)
