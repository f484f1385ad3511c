--- pktcraft convert: a capture in another form.
local command = require "pktcraft.command"
local lines = require "pktcraft.lines"

local parser = command.parser("convert",
  "Writes a capture in another form: another format, precision, order of bytes, compression; as text; or from text.",
  "What no option says, the name to write says (.pcap, .pcapng, .gz, .zst), or else what is read: without both the "
    .. "copy is byte for byte what was read, unpacked.",
  { "pktcraft convert -r in.pcapng -w out.pcap", "pktcraft convert -r in.pcap -w out.pcap.zst",
    "pktcraft convert -r in.pcap -T lua -w packets.lua", "pktcraft convert --hex -r dump.txt -w out.pcap" })
parser:option("-r", "What to read; - is standard input.", "-"):argname("FILE"):target("from")
parser:option("-w", "What to write; - is standard output.", "-"):argname("FILE"):target("to")
parser:option("-F", "The format of captures."):choices { "pcap", "pcapng" }:target("format")
parser:option("--precision", "Of times."):choices { "micro", "nano" }
parser:option("--byteorder", "Of the file's numbers."):choices { "little", "big", "native" }
parser:option("--compress", "Packs what is written."):choices { "gzip", "zstd" }
parser:option("--linktype", "The link type that frames are said to have."):argname("N"):convert(math.tointeger)
parser:option("--snaplen", "Frames are cut to so many bytes."):argname("N"):convert(command.positive "--snaplen")
parser:option("-T", "Text: bytes as text2pcap reads them, arrays of C, a script that builds packets.")
  :choices { "hex", "c", "lua" }:target("text")
parser:flag("--hex", "What is read is text: bytes in hexadecimal after their offset, as of hexdump, xxd, tcpdump -x.")
parser:argument("filter", "What is taken: an expression, or a filter as of tcpdump."):args("*")

local args = command.parse(parser)

-- --- text that is read

--- The bytes of a line after its offset, in hexadecimal: 16 at most, in groups; what stands beside them, behind a wider
-- gap, is text. (Between 8 and 8 bytes a gap of two is usual.)
local function bytes_of(rest)
  local bytes, at = {}, 1
  while #bytes < 16 do
    local gap, group, after = rest:match("^([ \t]*)(%x%x+)()", at)
    if not group or #group % 2 == 1 or (at > 1 and gap == "") then break end
    if at > 1 and #gap > 1 and not (#gap == 2 and #bytes == 8) then break end
    for digits in group:gmatch "%x%x" do bytes[#bytes + 1] = string.char(tonumber(digits, 16)) end
    at = after
  end
  return table.concat(bytes)
end

--- The frames of a text: lines with an offset and bytes; offset 0 begins a frame; other lines are passed over.
local function frames_of(each)
  local frames, parts, size, number = {}, {}, 0, 0
  local repeated -- by a line "*": the last one, up to the next offset
  local function finish()
    if size > 0 then frames[#frames + 1] = table.concat(parts) end
    parts, size = {}, 0
  end
  for line in each do
    number = number + 1
    local offset, rest = line:match "^%s*0[xX](%x+):?(%s.*)$"
    if not offset then offset, rest = line:match "^%s*(%x%x%x%x+):?(%s.*)$" end
    if not offset then offset, rest = line:match "^(%x%x%x%x+)()$" end
    local bytes = type(rest) == "string" and bytes_of(rest:gsub("^%s+", "")) or ""
    if line == "*" and #parts > 0 then repeated = parts[#parts] end
    local at = offset and tonumber(offset, 16)
    while repeated and at and size < at do
      parts[#parts + 1] = repeated
      size = size + #repeated
    end
    if at then repeated = nil end
    if bytes ~= "" then
      if at == 0 then finish() end
      if at ~= size then
        error(("%s: line %d: offset %x, expected %x, or 0 of a new frame"):format(args.from, number, at, size), 0)
      end
      parts[#parts + 1] = bytes
      size = size + #bytes
    end
  end
  finish()
  return frames
end

local options = {
  format = args.format, precision = args.precision, byteorder = args.byteorder, compress = args.compress,
  linktype = args.linktype, snaplen = args.snaplen,
}
if not args.format then options.format = command.form(args.to) end

if args.hex then
  if args.text then command.fail(2, "--hex and -T exclude each other") end
  local input, why = io.stdin, nil
  if args.from ~= "-" then input, why = io.open(args.from) end
  if not input then command.fail(2, why) end
  local ok, frames = pcall(frames_of, input:lines())
  if not ok then command.fail(2, command.message(frames)) end
  if #frames == 0 then command.fail(2, args.from .. ": no line with an offset and bytes") end
  local out = command.create(args.to, options)
  local wanted = command.filter(args.filter, out.linktype)
  command.run(function()
    for k, bytes in ipairs(frames) do
      local pkt = packet.new(bytes, out.linktype)
      if not wanted or wanted:match(pkt) then assert(out:write(bytes, k * 1000000000)) end
    end
    assert(out:close())
  end)
  os.exit(0, true)
end

local cap = command.open(args.from, args.filter)
local wanted = command.filter(args.filter, cap.linktype)

if not args.text then
  options.like = cap
  local out = command.create(args.to, options)
  command.watch(cap, { stdout = args.to == "-" })
  command.finish(out, cap, pcall(function() assert(out:copy(cap, wanted)) end))
  os.exit(0, true)
end

-- --- text that is written

local output = io.stdout
if args.to ~= "-" then
  local why
  output, why = io.open(args.to, "w")
  if not output then command.fail(2, why) end
end

local function write(...)
  if output == io.stdout then return command.write(...) end
  local ok, why = output:write(...)
  if not ok then command.fail(1, ("%s: %s"):format(args.to, why)) end
end

local function hex(pkt)
  local bytes = memory.tostring(pkt.memory)
  write(("# frame %d, %s\n"):format(pkt.number, lines.stamp(pkt.time)))
  for at = 1, #bytes, 16 do
    local digits = bytes:sub(at, at + 15):gsub(".", function(b) return (" %02x"):format(b:byte()) end)
    write(("%06x "):format(at - 1), digits, "\n")
  end
  write "\n"
end

local function c(pkt)
  local bytes = memory.tostring(pkt.memory)
  write(("/* %s */\n"):format((tostring(pkt):gsub("%*/", "* /"))))
  write(("static const unsigned char frame%d[%d] = {"):format(pkt.number, #bytes))
  for at = 1, #bytes, 12 do
    write("\n ", (bytes:sub(at, at + 11):gsub(".", function(b) return (" 0x%02x,"):format(b:byte()) end)))
  end
  write "\n};\n\n"
end

--- A value as Lua reads it.
local literal
function literal(value)
  if type(value) == "string" then
    return '"' .. value:gsub('[%c"\\\127-\255]', function(b) return ("\\x%02x"):format(b:byte()) end) .. '"'
  end
  if memory.type(value) then -- bytes as they are
    return ("memory.create(%s)"):format(literal(memory.tostring(value)))
  end
  if type(value) ~= "table" then return tostring(value) end
  local parts, keys = {}, {}
  for k, each in ipairs(value) do parts[k] = literal(each) end
  for key in pairs(value) do
    if math.type(key) ~= "integer" then keys[#keys + 1] = key end
  end
  table.sort(keys)
  for _, key in ipairs(keys) do
    local isname = key:match "^[%a_][%w_]*$" and load("local " .. key .. " = 1", "", "t")
    local name = isname and key or ("[%q]"):format(key)
    parts[#parts + 1] = name .. " = " .. literal(value[key])
  end
  return #parts == 0 and "{}" or "{ " .. table.concat(parts, ", ") .. " }"
end

--- What builds the very bytes of a packet: what is automatic left out, else all, else the bytes.
local function recipe_of(pkt)
  local bytes = memory.tostring(pkt.memory)
  for _, short in ipairs { true, false } do
    local list = pkt:totable(short)
    local ok, same = pcall(function() return memory.tostring(packet.build(list).memory) == bytes end)
    if ok and same then return list end
  end
  return { bytes }
end

local function lua(pkt)
  local parts = {}
  for k, part in ipairs(recipe_of(pkt)) do
    parts[k] = type(part) == "string" and literal(part) or part[1] .. " " .. literal(part[2])
  end
  if #parts == 1 and parts[1]:sub(1, 1) == '"' then
    parts[1] = ("packet.new(%s, %d)"):format(parts[1], cap.interfaces[pkt.interface].linktype)
  end
  write(("-- frame %d, %s\n"):format(pkt.number, lines.stamp(pkt.time)))
  write("packets[#packets + 1] = ", table.concat(parts, "\n  / "), "\n\n")
end

local forms = { hex = hex, c = c, lua = lua }
if args.text == "lua" then write "local packets = {}\n\n" end
command.run(function()
  command.watch(cap, { lines = output == io.stdout })
  for pkt in cap:packets(wanted) do forms[args.text](pkt) end
end)
if args.text == "lua" then write "return packets\n" end
if output ~= io.stdout then
  local ok, why = output:close()
  if not ok then command.fail(1, ("%s: %s"):format(args.to, why)) end
end
