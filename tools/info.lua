--- pktcraft info: what capture files hold.
local command = require "pktcraft.command"
local lines = require "pktcraft.lines"
local layout = require "layout"

local parser = command.parser("info",
  "What capture files hold: format, interfaces, frames, bytes, times, rates, comments, errors.",
  "Times are UTC. A file that ends wrongly is told of up to there, and the exit status is 1.",
  { "pktcraft info capture.pcapng", "pktcraft info --json *.pcap" })
parser:argument("files", "Captures; - is standard input."):args("+"):argname("FILE")
parser:flag("--json", "One object a file, in a list; integers of more than 53 bits, and times (ns), as strings.")

parser:flag("-v", "All comments, not the first 10 alone."):target("all")

local args = command.parse(parser)
local SHOWN <const> = 10 -- comments

--- What the layout is called that frames of a link type begin with.
local links
local function link_name(linktype)
  if not links then
    links = {}
    for _, name in ipairs(layouts.names) do
      for _, link in ipairs(layout.fields(layouts[name]).link or {}) do links[link] = name end
    end
  end
  return links[linktype]
end

--- Counts frames: `each(time, wirelen, interface, caplen)` for each; comments of pcapng blocks go to `comment`.
local function walk(cap, each, comment)
  if cap.format ~= "pcapng" then
    local m = memory.create()
    for time, wirelen, interface in cap:frames(m) do each(time, wirelen, interface, #m, cap.timeless) end
    return
  end
  for block in cap:blocks() do
    if block.type == "packet" then
      each(block.time or 0, block.wirelen, block.interface, #block.data, block.time == nil)
    end
    local comments = type(block.comment) == "table" and block.comment or { block.comment }
    for _, text in ipairs(comments) do comment(block, text) end
  end
end

local function gather(path)
  local cap = command.watch(command.open(path), { stdout = true })
  local info = {
    file = path, format = cap.format, compression = cap.compression, byteorder = cap.byteorder,
    precision = cap.precision,
    frames = 0, captured = 0, wire = 0, truncated = 0, timeless = 0, ordered = true, comments = {}, interfaces = {},
  }
  local perinterface = {}
  local last
  local ok, problem = pcall(walk, cap, function(time, wirelen, interface, caplen, timeless)
    info.frames = info.frames + 1
    info.captured, info.wire = info.captured + caplen, info.wire + wirelen
    if caplen < wirelen then info.truncated = info.truncated + 1 end
    perinterface[interface] = (perinterface[interface] or 0) + 1
    if timeless then
      info.timeless = info.timeless + 1
      return
    end
    if last and time < last then info.ordered = false end
    last = time
    if not info.first or time < info.first then info.first = time end
    if not info.last or time > info.last then info.last = time end
  end, function(block, text)
    local frame = block.type == "packet" and info.frames or nil
    table.insert(info.comments, { of = block.type, frame = frame, text = text })
  end)
  command.settle()
  if not ok then info.error = command.message(problem) end
  for k, interface in ipairs(cap.interfaces) do
    info.interfaces[k] = {
      number = k, name = interface.if_name, description = interface.if_description, linktype = interface.linktype,
      layout = link_name(interface.linktype), snaplen = interface.snaplen, frames = perinterface[k] or 0,
    }
  end
  if info.first then info.duration = info.last - info.first end
  return info
end

-- --- as text

local function scaled(x)
  for _, unit in ipairs { { 1e9, "G" }, { 1e6, "M" }, { 1e3, "k" } } do
    if x >= unit[1] then return ("%.3g %s"):format(x / unit[1], unit[2]) end
  end
  return ("%.3g "):format(x)
end

local function printable(text)
  text = text:gsub("[\0-\8\11-\31\127]", function(c) return ("\\x%02x"):format(c:byte()) end)
  return (text:gsub("\n", "\n" .. (" "):rep(15)))
end

local function print_text(info)
  local function line(name, text)
    if text then command.write(("%-14s %s\n"):format(name .. ":", text)) end
  end
  line("file", info.file)
  local how = { info.format, info.byteorder .. "-endian", info.precision .. "seconds", info.compression }
  line("format", table.concat(how, ", "))
  for _, interface in ipairs(info.interfaces) do
    line(#info.interfaces > 1 and "interface " .. interface.number or "interface",
      ("%slink type %d%s, snaplen %d%s"):format(interface.name and printable(interface.name) .. ", " or "",
        interface.linktype, interface.layout and (" (%s)"):format(interface.layout) or "", interface.snaplen,
        #info.interfaces > 1 and (", %d frames"):format(interface.frames) or ""))
  end
  local cut = info.truncated > 0 and (", %d of them cut"):format(info.truncated) or ""
  line("frames", info.frames .. cut)
  local captured = info.captured ~= info.wire and (" on the wire, %d captured"):format(info.captured) or ""
  line("bytes", info.wire .. captured)
  if info.frames > 0 then line("mean size", ("%.1f bytes"):format(info.wire / info.frames)) end
  if info.first then
    line("first", lines.stamp(info.first))
    line("last", lines.stamp(info.last))
    line("duration", ("%d.%09d s"):format(info.duration // 1000000000, info.duration % 1000000000))
    if info.duration > 0 then
      local seconds = info.duration / 1e9
      line("rate", ("%sframes/s, %sbit/s"):format(scaled(info.frames / seconds), scaled(info.wire * 8 / seconds)))
    end
    if not info.ordered then line("order", "times go back") end
  end
  if info.timeless > 0 then line("no time", info.timeless .. " frames") end
  for k, comment in ipairs(info.comments) do
    if k > SHOWN and not args.all then
      line("comments", ("%d more (-v shows them)"):format(#info.comments - SHOWN))
      break
    end
    local of = comment.frame and "frame " .. comment.frame or comment.of
    line("comment", ("%s: %s"):format(of, printable(comment.text)))
  end
  line("error", info.error)
end

-- --- as JSON

--- Times, and what a double can't hold, are strings.
local function for_json(value, key)
  if type(value) == "table" then
    local copy = {}
    for k, v in pairs(value) do copy[k] = for_json(v, k) end
    return copy
  end
  if type(value) == "string" then return command.utf8(value) end
  local istime = key == "first" or key == "last" or key == "duration"
  if math.type(value) == "integer" and (istime or math.abs(value) >= 1 << 53) then return tostring(value) end
  return value
end

local status, list = 0, {}
for k, path in ipairs(args.files) do
  local info = gather(path)
  if info.error then status = 1 end
  list[k] = info
  if not args.json then
    if k > 1 then command.write "\n" end
    print_text(info)
  end
end
if args.json then
  local copy = for_json(list)
  for _, info in ipairs(copy) do
    if #info.comments == 0 then info.comments = command.emptylist end
    if #info.interfaces == 0 then info.interfaces = command.emptylist end
  end
  command.write(command.encode(copy), "\n")
end
io.stdout:flush()
os.exit(status, true)
