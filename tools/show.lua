--- pktcraft show: the packets of a capture as text.
local command = require "pktcraft.command"
local fail = command.fail

local parser = command.parser("show", "The packets of a capture as text, a line each.",
  "Times are local. Numbers are never looked up: there is no host by name.", {
    "pktcraft show -r in.pcap 'tcp.flags == \"S\"'",
    "pktcraft show -r in.pcap -v -c 1 dns",
    "pktcraft show -r in.pcap -T csv -e frame.time -e ipv4.source -e udp.length udp",
    "pktcraft show -r in.pcap -T json -c 10 > packets.json",
  })
parser:option("-r", "The capture to read; - is standard input.", "-"):argname("FILE"):target("file")
parser:flag("-v", "The tree of layers and fields as well."):target("tree")
parser:flag("-x", "The bytes as well."):target("bytes")
parser:flag("-t", "No time; -tt seconds since 1970; -ttt since the packet before; -tttt with the date; "
  .. "-ttttt since the first."):count("0-5"):target("times")
parser:flag("-n", "As always: nothing is looked up."):target("numeric")
parser:option("-T", "json, csv or tsv instead."):argname("FORM"):target("form"):choices { "json", "csv", "tsv" }
parser:option("-e", "With -T: the values of that field, ipv4.source; may be given many times.")
  :argname("FIELD"):count("*"):target("fields")
parser:flag("--no-header", "No line with the names of the fields."):target("noheader")
parser:option("-c", "End after N packets."):argname("N"):target("count"):convert(command.positive "-c")
parser:option("--color", "auto (on a terminal), always or never."):argname("WHEN"):default("auto")
  :choices { "auto", "always", "never" }
parser:argument("filter", "An expression, as ipv4.ttl < 64, or a filter as of tcpdump."):args("*")

local args = command.parse(parser)
if args.form and (args.tree or args.bytes or args.times > 0) then fail(2, "-T takes neither -v, -x nor -t") end
if not args.form and (#args.fields > 0 or args.noheader) then fail(2, "-e and --no-header go with -T") end
if (args.form == "csv" or args.form == "tsv") and #args.fields == 0 then
  fail(2, ("-T %s takes fields by -e"):format(args.form))
end

local cap = command.open(args.file, args.filter)
local wanted = command.filter(args.filter, cap.linktype)
local write = command.write
command.watch(cap, { lines = true })

local function lines()
  local print_packet = require "pktcraft.lines".printer { times = args.times, precision = cap.precision,
    tree = args.tree, bytes = args.bytes, colour = command.colour(args.color), write = write }
  local n = 0
  for pkt in cap:packets(wanted) do
    n = n + 1
    print_packet(pkt)
    if n == args.count then break end
  end
end

-- --- values

--- A value as JSON has it: times and what a double can't hold as text, bytes that are no text as digits.
local function plain(value, name)
  if type(value) == "table" then
    local copy = {}
    for k, v in pairs(value) do copy[k] = plain(v, k) end
    return next(copy) == nil and command.emptylist or copy
  end
  if memory.type(value) then value = memory.tostring(value) end
  if type(value) == "string" and not utf8.len(value) then
    return "0x" .. value:gsub(".", function(c) return ("%02x"):format(c:byte()) end)
  end
  local kind = math.type(value)
  if kind == "integer" and (name == "frame.time" or math.abs(value) >= 1 << 53) or kind == "float"
    and (value ~= value or math.abs(value) == math.huge) then
    return tostring(value)
  end
  return value
end

--- A cell of a table with commas (RFC 4180), or with tabs.
local function cell(value)
  if value == nil then return "" end
  local text = tostring(value)
  if args.form == "tsv" then
    return (text:gsub("[\\\t\n\r]", { ["\\"] = "\\\\", ["\t"] = "\\t", ["\n"] = "\\n", ["\r"] = "\\r" }))
  end
  return text:find '[",\r\n]' and '"' .. text:gsub('"', '""') .. '"' or text
end

--- The fields asked for, a row each: the number comes first, since each frame has one.
local function rows(each, begin)
  local names = { "frame.number", table.unpack(args.fields) }
  local iterators = table.pack(pcall(function()
    if wanted then return cap:fields(wanted, table.unpack(names)) end
    return cap:fields(table.unpack(names))
  end))
  if not iterators[1] then fail(2, command.message(iterators[2])) end
  if begin then begin() end
  local n = 0
  local function take(number, ...)
    if number == nil then return false end
    each(...)
    n = n + 1
    return n ~= args.count
  end
  while take(iterators[2](iterators[3], iterators[4])) do end
end

local function separated()
  local comma = args.form == "csv" and "," or "\t"
  local function row(...)
    local cells = table.pack(...)
    for k = 1, #args.fields do cells[k] = cell(cells[k]) end
    write(table.concat(cells, comma, 1, #args.fields), "\n")
  end
  rows(row, not args.noheader and function() row(table.unpack(args.fields)) end)
end

local function objects()
  local begun = false
  local function put(value)
    write(begun and ",\n" or "[\n", command.encode(value))
    begun = true
  end
  if #args.fields > 0 then
    rows(function(...)
      local values, object = table.pack(...), {}
      for k, name in ipairs(args.fields) do
        if values[k] ~= nil then object[name] = plain(values[k], name) end
      end
      put(object)
    end)
  else
    local n = 0
    for pkt in cap:packets(wanted) do
      local layers = {}
      for k, part in ipairs(pkt:totable()) do
        layers[k] = type(part) == "table" and { layer = part[1], fields = plain(part[2]) }
          or { layer = "payload", bytes = plain(part) }
      end
      put { number = pkt.number, time = pkt.time and tostring(pkt.time), length = pkt.length, captured = #pkt,
        layers = #layers > 0 and layers or command.emptylist }
      n = n + 1
      if n == args.count then break end
    end
  end
  write(begun and "\n]\n" or "[]\n")
end

command.run(args.form == "json" and objects or args.form and separated or lines)
