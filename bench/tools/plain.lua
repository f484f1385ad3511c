-- plain.lua: the jobs in plain Lua: io.read and string.unpack.
--
--     lua5.4 plain.lua a|b IN [OUT]
local job, input, output = arg[1], assert(io.open(arg[2], "rb")), arg[3] and assert(io.open(arg[3], "wb"))
local unpack <const>, byte <const> = string.unpack, string.byte

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
