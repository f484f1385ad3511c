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

local cap = command.open(args.file)
local wanted = command.filter(args.filter, cap.linktype)
local write = command.write

-- --- a line or a tree each

local colour <const> = command.colour(args.color)
local digits <const> = cap.precision == "nano" and 9 or 6
local divisor <const> = cap.precision == "nano" and 1 or 1000

local function fraction(ns)
  return ("%0" .. digits .. "d"):format(ns % 1000000000 // divisor)
end

local function span(ns)
  local sign = ns < 0 and "-" or ""
  ns = math.abs(ns)
  local seconds = ns // 1000000000
  return ("%s%02d:%02d:%02d.%s "):format(sign, seconds // 3600, seconds // 60 % 60, seconds % 60, fraction(ns))
end

--- Times as tcpdump prints them: by how many t there are.
local second, clock, first, before
local function of_day(ns, format)
  local s = ns // 1000000000
  if s ~= second then
    second, clock = s, os.date(format, s)
  end
  return ("%s.%s "):format(clock, fraction(ns))
end

local stamps = {
  [0] = function(ns) return of_day(ns, "%H:%M:%S") end,
  function() return "" end,
  function(ns) return ("%d.%s "):format(ns // 1000000000, fraction(ns)) end,
  function(ns)
    local since = span(ns - (before or ns))
    before = ns
    return since
  end,
  function(ns) return of_day(ns, "%Y-%m-%d %H:%M:%S") end,
  function(ns)
    first = first or ns
    return span(ns - first)
  end,
}

--- Headings bold, sums that are wrong red.
local function painted(tree)
  if not colour then return tree end
  return (tree:gsub("%f[^\n\0][^ \n][^\n]*", "\27[1m%0\27[0m"):gsub("(0x%x+ bad[^\n]*)", "\27[31m%1\27[0m"))
end

local function lines()
  local stamp, n = stamps[args.times], 0
  for pkt in cap:packets(wanted) do
    n = n + 1
    write(stamp(pkt.time), tostring(pkt), "\n", args.tree and painted(pkt:show()) or "",
      args.bytes and pkt:hexdump(colour) or "")
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
