--- pktcraft stats: what is in a capture, counted.
local command = require "pktcraft.command"
local fail, write = command.fail, command.write

local parser = command.parser("stats",
  "What is in captures, counted: protocols, talkers, conversations, sizes, rates over time.",
  "Bytes are those on the wire. Several captures are taken by the time of their frames.", {
    "pktcraft stats in.pcap",
    "pktcraft stats --top 20 --only talkers in.pcap --filter 'udp.port == 53'",
    "pktcraft stats --plot rates.svg --interval 0.1 in.pcap",
    "pktcraft stats --json *.pcap | jq .conversations",
  })
parser:argument("files", "Captures; - is standard input."):args("+"):argname("FILE")
parser:option("--filter -f", "Counts only frames that match: an expression over fields, or a filter as of tcpdump.")
  :argname("FILTER"):target("filter")
parser:option("--top", "So many talkers and conversations.", "10"):argname("N"):convert(command.positive "--top")
parser:option("--interval", "Rates over so many seconds; else as fits."):argname("SECONDS")
parser:option("--only", "That part alone; may be given many times."):count("*")
  :choices { "protocols", "talkers", "conversations", "sizes", "rates" }
parser:flag("--json", "As JSON; integers of more than 53 bits, and times (ns), as strings.")
parser:option("--plot", "Rates and sizes as a picture instead, by gnuplot: .svg, .png or .pdf."):argname("FILE")

local args = command.parse(parser)
local shown = {}
for _, part in ipairs(args.only) do shown[part] = true end
local function wants(part) return #args.only == 0 or shown[part] end

local interval
if args.interval then
  local seconds = tonumber(args.interval)
  if not seconds or not (seconds >= 1e-6 and seconds <= 1e9) then
    fail(2, ("--interval: seconds expected, got '%s'"):format(args.interval))
  end
  interval = math.floor(seconds * 1e9 + 0.5)
end

local terminals <const> = {
  svg = "svg size 900,640 dynamic background rgb 'white'", png = "pngcairo size 1200,860", pdf = "pdfcairo",
}
local terminal = args.plot and terminals[args.plot:match "%.(%w+)$"]
if args.plot and not terminal then fail(2, "--plot: a file .svg, .png or .pdf expected") end

local cap = command.open(args.files)
local wanted = args.filter and command.filter({ args.filter }, cap.linktype)

-- --- counting

local SIZES <const> = { 64, 128, 256, 512, 1024, 1519, 4096, 16384 } -- upper ends, of Ethernet's usual 1518 too
local FINEST <const> = 1000000 -- ns: what rates are counted in until their interval is known

local frames, bytes, first, last, ordered = 0, 0, nil, nil, true
local root = { children = {}, order = {} }
local sizes, smallest, largest = {}, math.huge, 0
local slots, width = {}, interval or FINEST -- by number since the first frame's; their width in ns
local nslots = 0

--- Keeps the `most` values that come first by `before`, in order.
local function best(list, most, value, before)
  if #list == most and not before(value, list[most]) then return end
  local k = #list == most and most or #list + 1
  while k > 1 and before(value, list[k - 1]) do
    list[k] = list[k - 1]
    k = k - 1
  end
  list[k] = value
end

local conversations, nconversations = {}, 0 -- those with most bytes; of how many
local hosts, nhosts = {}, 0 -- by address

local function ends(flow)
  local function side(address, port)
    if port == 0 then return address end
    return (address:find ":" and "[%s]:%d" or "%s:%d"):format(address, port)
  end
  return ("%s > %s"):format(side(flow.source, flow.sport), side(flow.destination, flow.dport))
end

local function before_conversation(a, b)
  if a.bytes ~= b.bytes then return a.bytes > b.bytes end
  local x, y = ends(a), ends(b)
  return x < y or x == y and a.start < b.start
end

local function host(address)
  local h = hosts[address]
  if not h then
    h = { address = address, sent = 0, received = 0, sentbytes = 0, receivedbytes = 0 }
    hosts[address], nhosts = h, nhosts + 1
  end
  return h
end

--- Takes what a conversation has come to.
local function settle(flow)
  nconversations = nconversations + 1
  best(conversations, args.top, flow, before_conversation)
  local from, to = host(flow.source), host(flow.destination)
  from.sent, from.sentbytes = from.sent + flow.sentpackets, from.sentbytes + flow.sentbytes
  from.received, from.receivedbytes = from.received + flow.receivedpackets, from.receivedbytes + flow.receivedbytes
  to.sent, to.sentbytes = to.sent + flow.receivedpackets, to.sentbytes + flow.receivedbytes
  to.received, to.receivedbytes = to.received + flow.sentpackets, to.receivedbytes + flow.sentbytes
end

-- With more than that at a time those used least recently are taken for ended.
local flows = (wants "talkers" or wants "conversations") and packet.flows { close = settle }

--- Ten times the width, when there are too many slots and nobody has said one.
local function widen()
  local wider = {}
  nslots = 0
  for k, slot in pairs(slots) do
    local into = wider[k // 10]
    if into then
      into[1], into[2] = into[1] + slot[1], into[2] + slot[2]
    else
      wider[k // 10], nslots = slot, nslots + 1
    end
  end
  slots, width = wider, width * 10
end

local origin -- the time at which slot 0 begins
local function count_time(time, length)
  origin = origin or time
  local k = (time - origin) // width
  local slot = slots[k]
  if slot then
    slot[1], slot[2] = slot[1] + 1, slot[2] + length
    return
  end
  slots[k], nslots = { 1, length }, nslots + 1
  if not interval and nslots > 10000 then widen() end
end

local function count_layers(pkt, length)
  local node = root
  for name in pkt:layers() do
    if name == node.name then goto again end -- a stack of labels or tags is one
    local child = node.children[name]
    if not child then
      child = { name = name, children = {}, order = {}, frames = 0, bytes = 0 }
      node.children[name] = child
      node.order[#node.order + 1] = child
    end
    child.frames, child.bytes = child.frames + 1, child.bytes + length
    node = child
    ::again::
  end
end

local function count_size(length)
  local k = 1
  while SIZES[k] and length >= SIZES[k] do k = k + 1 end
  sizes[k] = (sizes[k] or 0) + 1
  if length < smallest then smallest = length end
  if length > largest then largest = length end
end

command.watch(cap, { stdout = true })
local ok, problem = pcall(function()
  for pkt in cap:packets(wanted) do
    local length, time = pkt.length, pkt.time
    frames, bytes = frames + 1, bytes + length
    count_layers(pkt, length)
    count_size(length)
    if flows then flows:add(pkt) end
    if not cap.timeless then
      if last and time < last then ordered = false end
      first = first and math.min(first, time) or time
      last = last and math.max(last, time) or time
      count_time(time, length)
    end
  end
end)
command.settle()
local trouble = not ok and command.message(problem) or nil

-- --- what was counted, in order

if flows then flows:close() end
local talkers = {}
for _, h in pairs(hosts) do
  best(talkers, args.top, h, function(a, b)
    local x, y = a.sentbytes + a.receivedbytes, b.sentbytes + b.receivedbytes
    if x ~= y then return x > y end
    return a.address < b.address
  end)
end

--- Slots without a gap, of an interval that fits `most` lines when none was asked for: 1, 2 or 5
-- times a power of ten.
local function rates(most)
  if not first then return {}, width end
  local step = interval
  if not step then
    step = 1000000
    local factors, k = { 2, 2.5, 2 }, 0
    while (last - first) // step >= most do
      step = math.tointeger(step * factors[k % 3 + 1])
      k = k + 1
    end
    step = math.max(step, width)
  end
  local base, list = origin, {}
  local low, high = math.huge, 0
  local sums = {}
  for k, slot in pairs(slots) do
    local at = k * width // step
    local sum = sums[at]
    if sum then
      sum[1], sum[2] = sum[1] + slot[1], sum[2] + slot[2]
    else
      sums[at] = { slot[1], slot[2] }
    end
    low, high = math.min(low, at), math.max(high, at)
  end
  if high - low > 1000000 then fail(2, "--interval: more than a million of them") end
  for at = low, high do
    local sum = sums[at] or { 0, 0 }
    list[#list + 1] = { time = base + at * step, frames = sum[1], bytes = sum[2] }
  end
  return list, step
end

local function sized()
  local list = {}
  for k = 1, #SIZES + 1 do
    list[k] = { from = k > 1 and SIZES[k - 1] or 0, to = SIZES[k] and SIZES[k] - 1 or nil, frames = sizes[k] or 0 }
  end
  return list
end

-- --- as a picture

if args.plot then
  local pipe = command.hasprogram "gnuplot" and io.popen("gnuplot 2>&1", "w")
  if not pipe then fail(2, "gnuplot is needed for --plot (Debian: gnuplot-nox)") end
  local list, step = rates(400)
  local seconds = step / 1e9
  pipe:write(("set terminal %s\nset output %s\n"):format(terminal, ("%q"):format(args.plot)))
  pipe:write("set multiplot layout 3,1\nset grid lc rgb '#dddddd'\nset border 3\nset tics nomirror\nunset key\n",
    "set lmargin 12\nset yrange [0:*]\nset format y '%.3s%c'\nset style fill solid 0.6\n")
  pipe:write "$rates << EOD\n"
  for _, slot in ipairs(list) do
    pipe:write(("%.9f %.9g %.9g\n"):format((slot.time - first) / 1e9, slot.bytes * 8 / seconds,
      slot.frames / seconds))
  end
  if #list == 0 then pipe:write "0 0 0\n" end
  pipe:write "EOD\n$sizes << EOD\n"
  for _, size in ipairs(sized()) do
    pipe:write(('"%d%s" %d\n'):format(size.from, size.to and "-" .. size.to or "+", size.frames))
  end
  pipe:write "EOD\n"
  local title = ("%s: %d frames, %d bytes"):format(table.concat(args.files, ", "), frames, bytes):gsub("[^%w%p ]",
    "?")
  pipe:write(("set title \"%s\" noenhanced\n"):format(title:gsub('["\\]', "?")),
    "set ylabel 'bit/s'\nset xlabel 'seconds since the first frame'\n",
    "plot $rates u 1:2 w fillsteps lc rgb '#4477aa'\n",
    "unset title\nset ylabel 'frames/s'\nplot $rates u 1:3 w fillsteps lc rgb '#66aa88'\n",
    "set xlabel 'bytes of a frame'\nset ylabel 'frames'\nset boxwidth 0.7\n",
    "plot $sizes u 0:2:xtic(1) w boxes lc rgb '#aa7744'\nunset multiplot\n")
  if not pipe:close() then fail(1, "gnuplot failed") end
  if trouble then fail(1, trouble) end
  os.exit(0, true)
end

-- --- as JSON

if args.json then
  local function tree(node)
    local list = {}
    for k, child in ipairs(node.order) do
      list[k] = { layer = child.name, frames = child.frames, bytes = child.bytes, above = tree(child) }
    end
    return #list > 0 and list or nil
  end
  local function time(ns) return ns and tostring(ns) end
  local function list(from, make)
    local result = {}
    for k, value in ipairs(from) do result[k] = make(value) end
    return #result > 0 and result or command.emptylist
  end
  local slotlist, step = rates(60)
  write(command.encode {
    files = args.files, frames = frames, bytes = bytes, first = time(first), last = time(last), error = trouble,
    protocols = wants "protocols" and (tree(root) or command.emptylist) or nil,
    talkers = wants "talkers" and list(talkers, function(h) return h end) or nil,
    conversations = wants "conversations" and list(conversations, function(f)
      return { source = f.source, sport = f.sport, destination = f.destination, dport = f.dport,
        protocol = f.protocol,
        frames = f.packets, bytes = f.bytes, sentframes = f.sentpackets, sentbytes = f.sentbytes,
          first = time(f.start), last = time(f.last) }
    end) or nil,
    sizes = wants "sizes" and list(sized(), function(s) return s end) or nil,
    interval = wants "rates" and time(step) or nil,
    rates = wants "rates" and list(slotlist, function(s)
      return { time = time(s.time), frames = s.frames, bytes = s.bytes }
    end) or nil,
  }, "\n")
  if trouble then fail(1, trouble) end
  os.exit(0, true)
end

-- --- as text

local function share(n, of) return of > 0 and ("%5.1f%%"):format(100 * n / of) or "" end

local function heading(text)
  write("\n", text, "\n")
end

--- A quantity with three digits and a prefix of SI.
local function scaled(x)
  for _, unit in ipairs { { 1e9, "G" }, { 1e6, "M" }, { 1e3, "k" } } do
    if x >= unit[1] then return ("%.3g %s"):format(x / unit[1], unit[2]) end
  end
  return ("%.3g "):format(x)
end

local function bar(n, most, columns)
  return most > 0 and ("#"):rep(math.floor(n / most * columns + 0.5)) or ""
end

local seconds = first and (last - first) / 1e9 or 0
write(("%d frames, %d bytes%s%s\n"):format(frames, bytes,
  seconds > 0 and (", %.6f s, %sframes/s, %sbit/s"):format(seconds, scaled(frames / seconds),
    scaled(bytes * 8 / seconds)) or "",
  ordered and "" or ", times go back"))

if wants "protocols" and frames > 0 then
  heading(("%-41s %10s %6s %13s %6s"):format("protocols", "frames", "", "bytes", ""))
  local function walk(node, depth)
    table.sort(node.order, function(a, b)
      if a.frames ~= b.frames then return a.frames > b.frames end
      return a.name < b.name
    end)
    for _, child in ipairs(node.order) do
      write(("%-41s %10d %6s %13d %6s\n"):format(("  "):rep(math.min(depth, 12)) .. child.name, child.frames,
        share(child.frames, frames), child.bytes, share(child.bytes, bytes)))
      walk(child, depth + 1)
    end
  end
  walk(root, 1)
end
if wants "talkers" and #talkers > 0 then
  heading(("%-42s %9s %9s %9s"):format(("talkers (%d of %d)"):format(#talkers, nhosts), "sent", "received",
    "bytes"))
  for _, h in ipairs(talkers) do
    write(("  %-40s %9d %9d %9s\n"):format(h.address, h.sent, h.received, scaled(h.sentbytes + h.receivedbytes)))
  end
end
if wants "conversations" and #conversations > 0 then
  heading(("%-50s %9s %9s %8s"):format(("conversations (%d of %d)"):format(#conversations, nconversations),
    "frames", "bytes", "s"))
  local names = {}
  for _, name in ipairs { "tcp", "udp", "icmp", "icmp6", "sctp" } do
    local under = layouts[name] and require "layout".fields(layouts[name]).under
    for _, at in ipairs(under or {}) do
      if at.space == "ipproto" and at.min then names[at.min] = name end
    end
  end
  for _, f in ipairs(conversations) do
    local text = ("%s %s"):format(names[f.protocol] or f.protocol, ends(f))
    local tail = ("%9d %9s %8.3f"):format(f.packets, scaled(f.bytes), (f.last - f.start) / 1e9)
    if #text > 48 then
      write(("  %s\n  %-48s %s\n"):format(text, "", tail))
    else
      write(("  %-48s %s\n"):format(text, tail))
    end
  end
end
if wants "sizes" and frames > 0 then
  heading(("%-20s %10s         (%d to %d bytes, mean %.1f)"):format("sizes", "frames", smallest, largest,
    bytes / frames))
  local most = 0
  for _, s in ipairs(sized()) do most = math.max(most, s.frames) end
  for _, s in ipairs(sized()) do
    if s.to and s.to < smallest or s.from > largest then goto next end
    write(("  %-18s %10d %6s %s\n"):format(s.from .. (s.to and " to " .. s.to or " and more"), s.frames,
      share(s.frames, frames),
      bar(s.frames, most, 38)))
    ::next::
  end
end
if wants "rates" and first then
  local list, step = rates(20)
  heading(("%-20s %10s %12s   (each %g s)"):format("rates, since first", "frames/s", "bit/s", step / 1e9))
  local most = 0
  for _, s in ipairs(list) do most = math.max(most, s.bytes) end
  for _, s in ipairs(list) do
    write(("  %-18s %10s %12s %s\n"):format(("%.3f s"):format((s.time - list[1].time) / 1e9),
      scaled(s.frames / (step / 1e9)),
      scaled(s.bytes * 8 / (step / 1e9)), bar(s.bytes, most, 34)))
  end
end
if trouble then fail(1, trouble) end
