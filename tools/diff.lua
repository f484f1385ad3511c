--- pktcraft diff: what differs between two captures.
local command = require "pktcraft.command"
local fail, write = command.fail, command.write

local parser = command.parser("diff", "Frames and fields that differ between two captures.",
  "Exit status here, as of diff(1): 0 no difference, 1 some, 2 trouble.", {
    "pktcraft diff sent.pcap received.pcap --ignore ipv4.ttl --ignore ipv4.checksum",
    "pktcraft diff a.pcap b.pcap --ignore ethernet --time 0.001 'tcp.port == 80'",
  })
parser:argument("a", "A capture; - is standard input."):argname("A")
parser:argument("b", "Another one."):argname("B")
parser:argument("filter", "Compares only frames that match, of both."):args("*")
parser:option("--ignore", "A field (ipv4.ttl, vlan#2.id), a layer's header (ethernet), payload or padding; may be "
  .. "given many times.")
  :argname("NAME"):count("*")
parser:option("--time", "Times that differ by more than so many seconds count too."):argname("SECONDS")
parser:option("--window", "A frame that is lacking is looked for among so many that follow.", "32"):argname("N")
  :convert(command.positive "--window")
parser:flag("-q", "No text, the exit status alone."):target("quiet")

local args = command.parse(parser)
if args.a == "-" and args.b == "-" then fail(2, "standard input can be read once") end
local tolerance
if args.time then
  tolerance = tonumber(args.time)
  if not tolerance or not (tolerance >= 0 and tolerance < 1e9) then
    fail(2, ("--time: seconds expected, got '%s'"):format(args.time))
  end
  tolerance = math.floor(tolerance * 1e9 + 0.5)
end

--- What is ignored: names of differences, and how the bytes are found.
local ignored, headers, ranges = {}, {}, {}
for _, name in ipairs(args.ignore) do
  local layer = name:match "^([%a_][%w_]*)#?%d*$"
  if name == "payload" or name == "padding" then
    ignored[name] = true
    ranges[#ranges + 1] = name
  elseif layer and layouts[layer] then
    headers[#headers + 1] = name
  else
    local paths = filter.names[name]
    for _, path in ipairs(type(paths) == "table" and paths or { paths or name }) do
      local right, why = filter.compile(path)
      if not right then fail(2, "--ignore: " .. why) end
      local list = pcall(packet.getter, path) or path:find "%."
      if not list then fail(2, ("--ignore: no field '%s'"):format(path)) end
      ranges[#ranges + 1] = path
    end
  end
end

--- The field or layer that a difference is of, by the name that layouts have for it, without places in lists.
local function canonical(name) return (name:gsub("%[%d+%]", "")) end
for _, path in ipairs(ranges) do
  local layer, rest = path:match "^([^.#]+)(.*)$"
  local key = rest:match "^#?%d*%.([^.]+)"
  local full
  if key and layouts[layer] then
    local known = require "layout".fields(layouts[layer])
    for _, field in ipairs(known) do
      if field.key == key then full = key end
      for _, alias in ipairs(field.alias or {}) do
        if alias == key then full = field.key end
      end
    end
  end
  ignored[full and path:gsub("%.[^.]+", "." .. full, 1) or path] = true
end

--- Whether a difference is to be passed over.
local function passes(name)
  local plain = canonical(name)
  if ignored[plain] then return true end
  for _, header in ipairs(headers) do
    if plain == header or plain:sub(1, #header + 1) == header .. "." then return true end
  end
  return false
end

--- What two packets are compared by: their bytes, without what is ignored.
local function key_of(pkt)
  local bytes = memory.tostring(pkt.memory)
  if #ranges == 0 and #headers == 0 then return bytes .. pkt.length end
  local cuts = {}
  for _, name in ipairs(ranges) do
    local ok, i, j = pcall(pkt.range, pkt, name)
    if ok and i and j >= i then cuts[#cuts + 1] = { i, j } end
  end
  for _, name in ipairs(headers) do
    local layer, n = name:match "^([^#]*)#?(%d*)$"
    n = math.tointeger(tonumber(n)) or 1
    local i = pkt:range(layer, n)
    if i then
      local following, seen, next_begin = 0, false, nil
      local counts = {}
      for each in pkt:layers() do
        counts[each] = (counts[each] or 0) + 1
        if seen and following == 0 then
          following, next_begin = 1, (pkt:range(each, counts[each]))
        end
        if each == layer and counts[each] == n then seen = true end
      end
      local payload = pkt:range "payload"
      cuts[#cuts + 1] = { i, (next_begin or payload or #bytes + 1) - 1 }
    end
  end
  table.sort(cuts, function(x, y) return x[1] > y[1] end)
  for _, cut in ipairs(cuts) do bytes = bytes:sub(1, cut[1] - 1) .. "\0" .. bytes:sub(cut[2] + 1) end
  return bytes .. pkt.length
end

--- A capture that can be looked ahead in.
local function opened(path)
  local cap = command.watch(command.open(path), { quiet = args.quiet, lines = true })
  local each = cap:packets(command.filter(args.filter, cap.linktype))
  local queue, first, last = {}, 1, 0
  local source = {}
  --- The k-th frame from here, or nil.
  function source.at(k)
    while last - first + 1 < k and each do
      local pkt = each()
      if not pkt then
        each = nil
      else
        last = last + 1
        queue[last] = { packet = pkt:copy(), key = key_of(pkt), number = pkt.number, time = pkt.time }
      end
    end
    return queue[first + k - 1]
  end
  function source.drop()
    queue[first] = nil
    first = first + 1
  end
  return source
end

local function alike(x, y)
  return x.key == y.key and (not tolerance or math.abs((x.time or 0) - (y.time or 0)) <= tolerance)
end

-- --- what is printed

local function printed(value)
  if value == nil then return "-" end
  if type(value) == "string" and value:find "[%c\127-\255]" then
    local digits = value:sub(1, 24):gsub(".", function(c) return ("%02x"):format(c:byte()) end)
    return digits .. (#value > 24 and ("... (%d bytes)"):format(#value) or "")
  end
  return type(value) == "string" and #value > 60 and value:sub(1, 57) .. "..." or tostring(value)
end

local counts = { alike = 0, changed = 0, a = 0, b = 0 }
local function say(...)
  if args.quiet then os.exit(1, true) end
  write(...)
end

local function only(side, frame)
  counts[side] = counts[side] + 1
  say(("%s frame %d: %s\n"):format(side == "a" and "-" or "+", frame.number, tostring(frame.packet)))
end

local function changed(x, y)
  counts.changed = counts.changed + 1
  say(("! frame %d, %d: %s\n"):format(x.number, y.number, tostring(x.packet)))
  if tolerance and math.abs((x.time or 0) - (y.time or 0)) > tolerance then
    say(("    %-28s %s -> %s\n"):format("time", x.time or "-", y.time or "-"))
  end
  for _, d in ipairs(x.packet:diff(y.packet)) do
    if not passes(d.field) then say(("    %-28s %s -> %s\n"):format(d.field, printed(d.a), printed(d.b))) end
  end
  if x.packet.length ~= y.packet.length then
    say(("    %-28s %d -> %d\n"):format("length on the wire", x.packet.length, y.packet.length))
  end
end

--- The nearest frames that are alike: how many come before them here and there; nil.
local function resume(a, b)
  for distance = 1, 2 * args.window do
    for i = math.max(0, distance - args.window), math.min(distance, args.window) do
      local x, y = a.at(i + 1), b.at(distance - i + 1)
      if x and y and alike(x, y) then return i, distance - i end
    end
    if not a.at(distance + 1) and not b.at(distance + 1) and distance > args.window then break end
  end
  return nil
end

local a, b = opened(args.a), opened(args.b)
local ok, problem = pcall(function()
  while a.at(1) or b.at(1) do
    local x, y = a.at(1), b.at(1)
    if x and y and alike(x, y) then
      counts.alike = counts.alike + 1
      a.drop()
      b.drop()
    else
      local i, j
      if x and y then i, j = resume(a, b) end
      if not i then i, j = x and 1 or 0, y and 1 or 0 end
      local both = math.min(i, j)
      for _ = 1, both do
        changed(a.at(1), b.at(1))
        a.drop()
        b.drop()
      end
      for _ = both + 1, i do
        only("a", a.at(1))
        a.drop()
      end
      for _ = both + 1, j do
        only("b", b.at(1))
        b.drop()
      end
    end
  end
end)
if not ok then fail(2, command.message(problem)) end
command.settle()
if not args.quiet then
  write(("%d frames alike, %d changed, %d only in %s, %d only in %s\n"):format(counts.alike, counts.changed, counts.a,
    args.a, counts.b, args.b))
end
io.stdout:flush()
os.exit(counts.changed + counts.a + counts.b > 0 and 1 or 0, true)
