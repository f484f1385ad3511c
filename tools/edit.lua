--- pktcraft edit: a capture with its packets changed.
local command = require "pktcraft.command"
local fail = command.fail

local parser = command.parser("edit", "Changes the packets of a capture.",
  "Statements, between ; or in several arguments: 'field = value [if filter]' (sums follow), 'layer = nil', "
  .. "'push layer { fields } [above layer]', 'fix' and 'drop', each with or without 'if filter'. Bytes that are not "
  .. "changed stay as they were.", {
    "pktcraft edit -r in.pcap -w out.pcap 'ipv4.ttl = 64; drop if tcp.syn'",
    "pktcraft edit -r in.pcap -w out.pcap 'vlan = nil'",
    "pktcraft edit -r in.pcap -w out.pcap 'push vlan { id = 5 } if arp'",
    "pktcraft edit -r in.pcap -w out.pcap --map 10.0.0.0/8=172.16.0.0/12",
    "pktcraft edit -r in.pcap -w out.pcap --anonymise @key --snaplen 96",
  })
parser:option("-r", "The capture to read; - is standard input.", "-"):argname("FILE"):target("from")
parser:option("-w", "The capture to write, in the format of the one read; - is standard output.", "-"):argname("FILE")
  :target("to")
parser:option("--if", "Edits only frames that match; the others pass."):argname("FILTER"):target("wanted")
parser:option("--map", "Addresses with prefix A get prefix B, in all layers; may be given many times.")
  :argname("A=B"):count("*"):target("maps")
parser:option("--anonymise --anonymize", "Other addresses in all layers, by a key: common prefixes stay common. "
  .. "Crypto-PAn's key as 64 digits, or a passphrase; @FILE holds it."):argname("KEY"):target("key")
parser:option("--keep", "Addresses of the prefix stay; may be given many times."):argname("PREFIX"):count("*")
parser:option("--payload", "keep or zero what no address is, of anonymised packets; zero."):argname("HOW")
  :choices { "keep", "zero" }
parser:option("--shift", "Adds so many seconds to all times."):argname("SECONDS")
parser:option("--snaplen -s", "Cuts frames after so many bytes."):argname("N"):convert(command.positive "--snaplen")
  :target("snaplen")
parser:flag("--dedupe -d", "Drops frames that are the same as one of the last 32."):target("dedupe")
parser:option("--dedupe-seconds", "Drops frames that are the same as one in that time before."):argname("S")
  :target("window")
parser:flag("--fix", "Makes lengths and sums right in all frames."):target("fix")
parser:option("-j", "As many workers; not with what compares frames."):argname("N"):target("workers")
  :convert(command.positive "-j")
parser:flag("-q", "No counts on standard error."):target("quiet")
parser:argument("edits", "What is done, in this order."):args("*"):argname("STATEMENT")

local args = command.parse(parser)

--- Seconds as text, to nanoseconds: exact, where a float is not.
local function nanoseconds(text, option)
  local sign, whole, fraction = text:match "^([+-]?)(%d+)%.?(%d*)$"
  if not whole or #whole > 10 or #fraction > 9 then fail(2, ("%s: seconds expected, got '%s'"):format(option, text)) end
  local n = tonumber(whole) * 1000000000 + tonumber(fraction .. ("0"):rep(9 - #fraction))
  return sign == "-" and -n or n
end

local shift = args.shift and nanoseconds(args.shift, "--shift") or 0
local window = args.window and nanoseconds(args.window, "--dedupe-seconds") or nil
local code = table.concat(args.edits, ";\n") .. (args.fix and ";\nfix" or "")
local wanted, key, payload = args.wanted, args.key, args.payload
if args.payload and not key then fail(2, "--payload goes with --anonymise") end
if #args.keep > 0 and not key then fail(2, "--keep goes with --anonymise") end
if args.workers and (args.dedupe or window) then fail(2, "-j and --dedupe exclude each other") end
if key and key:sub(1, 1) == "@" then
  local file, why = io.open(key:sub(2), "rb")
  if not file then fail(2, why) end
  key, why = file:read "a"
  if not key then fail(2, ("%s: %s"):format(args.key:sub(2), why)) end
  key = key:gsub("%s+$", "")
  file:close()
end
if not code:find "[^;%s]" and not (key or args.maps[1] or args.shift or args.snaplen or args.dedupe or window) then
  fail(2, "nothing to be done\n" .. parser:get_usage())
end

for _, map in ipairs(args.maps) do
  if not map:find "^[^=]+=[^=]+$" then fail(2, ("--map: A=B expected, got '%s'"):format(map)) end
end
local maps, keep = table.concat(args.maps, "\n"), table.concat(args.keep, "\n") -- tables do not go to workers; texts do

--- Edits a part of a capture: how many frames were kept, read and changed.
local function work(part, worker, double)
  local edit, changes = require "pktcraft.edits".editor { edits = code, wanted = wanted, key = key, maps = maps,
    keep = keep,
    payload = payload, shift = shift }
  if not edit then return nil, changes end
  if not worker then return true end
  local wants = double and function(pkt) return not double(pkt) and edit(pkt) end or edit
  local n = 0
  if key and part.format ~= "pcap" then -- frames alone: addresses are in names, comments, options and secrets too
    local known = worker.known
    for pkt in part:packets() do
      local bare = wants(pkt) and memory.tostring(pkt.memory)
      if bare then
        for k = known + 1, pkt.interface do
          local from = part.interfaces[k]
          worker.out:interface { linktype = from.linktype, snaplen = from.snaplen, if_tsresol = from.if_tsresol }
          known = k
        end
        assert(worker.out:write(bare, pkt.time, pkt.length, { interface = pkt.interface }))
        n = n + 1
      end
    end
  else
    n = assert(worker.out:copy(part, wants))
  end
  return { n, part:tell() - 1, changes() } -- and how many could not be changed, and why the first one could not
end

--- Tells frames that were there lately: by number, or by time.
local function deduper(found)
  local seen, ring, first, last = {}, {}, 1, 0
  return function(pkt)
    local bytes, time = tostring(pkt.memory), pkt.time or 0
    while first <= last and (window and time - ring[first].time > window or not window and last - first >= 32) do
      local old = ring[first]
      seen[old.bytes] = seen[old.bytes] > 1 and seen[old.bytes] - 1 or nil
      ring[first], first = nil, first + 1
    end
    if seen[bytes] then
      found()
      return true
    end
    last = last + 1
    ring[last] = { bytes = bytes, time = time }
    seen[bytes] = 1
    return false
  end
end

local right, message = work()
if not right then fail(2, command.message(message)) end

local cap = command.open(args.from)
local options = { like = cap, snaplen = args.snaplen }
if key and cap.format ~= "pcap" then
  options = { format = "pcapng", byteorder = cap.byteorder, compress = cap.compression, snaplen = args.snaplen,
    interfaces = {} }
  for k, interface in ipairs(cap.interfaces) do
    options.interfaces[k] = { linktype = interface.linktype, snaplen = args.snaplen or interface.snaplen,
      if_tsresol = interface.if_tsresol }
  end
end
local out = command.create(args.to, options)

local result, doubles = nil, 0
local shown = { quiet = args.quiet, stdout = args.to == "-" }
local done, failure = pcall(function()
  if args.workers and args.workers > 1 and cap.seekable and args.from ~= "-" and not options.format then
    local how = { workers = args.workers, progress = command.progress(shown) }
    result = assert(pcap.parallel(args.from, how, work, function(a, b)
      return { a[1] + b[1], a[2] + b[2], a[3] + b[3], a[4] + b[4], a[5] or b[5] }
    end, out))
  else
    local double = (args.dedupe or window) and deduper(function() doubles = doubles + 1 end)
    result = work(command.watch(cap, shown), { out = out, known = #cap.interfaces }, double)
  end
end)
command.finish(out, cap, done, failure)
if not args.quiet then
  io.stderr:write(("%d of %d frames, %d changed%s\n"):format(result[1], result[2], result[3],
    doubles > 0 and (", %d doubles dropped"):format(doubles) or ""))
end
if result[4] > 0 then
  fail(1, ("%d frames could not be changed as asked; the first: %s"):format(result[4], result[5]))
end
