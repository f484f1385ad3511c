--- pktcraft filter: the frames of a capture that match, written to another.
local command = require "pktcraft.command"
local fail = command.fail

local parser = command.parser("filter", "Writes the frames of a capture that match to another.",
  "Kept frames are byte for byte as they were.", {
    "pktcraft filter -r in.pcap -w out.pcap 'udp.port == 53'",
    "pktcraft filter -r a.pcap -r b.pcap -w out.pcap 'tcp.flags == \"S\"'",
    "pktcraft filter -r in.pcap -w out.pcap -j 4 --lua '#pkt > 99'",
    "zcat in.pcap.gz | pktcraft filter --bpf 'port 53' | pktcraft show",
  })
parser:option("-r", "The capture to read; - is standard input. Several are taken by the time of their frames.")
  :argname("FILE"):count("*"):target("from")
parser:option("-w", "The capture to write, in the format of the one read; - is standard output.", "-"):argname("FILE")
  :target("to")
parser:option("--bpf", "A filter as of tcpdump, and nothing else."):argname("FILTER")
parser:option("--lua", "A Lua expression over pkt instead of EXPR."):argname("CODE")
parser:flag("-v", "The frames that do not match."):target("invert")
parser:option("-c", "End after N frames that match."):argname("N"):target("count"):convert(command.positive "-c")
parser:option("-j", "As many workers."):argname("N"):target("workers"):convert(command.positive "-j")
parser:flag("--fail-empty", "Exit status 1 when no frame is written."):target("failempty")
parser:flag("-q", "No counts on standard error."):target("quiet")
parser:argument("expr", "What matches, as ipv4.ttl < 64; or a filter as of tcpdump."):args("*"):argname("EXPR")

local args = command.parse(parser)
local given = #args.expr > 0 and table.concat(args.expr, " ") or nil
if (given and 1 or 0) + (args.bpf and 1 or 0) + (args.lua and 1 or 0) ~= 1 then
  fail(2, "one of EXPR, --bpf and --lua expected\n" .. parser:get_usage())
end
if args.workers and args.count then fail(2, "-j and -c exclude each other") end

if #args.from == 0 then args.from = { "-" } end
if args.workers and #args.from > 1 then fail(2, "-j takes one file") end
local cap = command.open(args.from, args.expr)

--- Copies what matches of a capture, or a part of one. Workers run it in states of their own, to which only texts go.
local expr, bpf, code, invert, count = given, args.bpf, args.lua, args.invert, args.count
local function copy(from, worker)
  local wanted, why
  if expr then
    wanted, why = filter.compile(expr) -- as it stands: errors name its columns
    if wanted and invert then wanted = filter.compile("not (" .. expr .. "\n)") end
    if not wanted then -- or a filter of tcpdump
      local problem
      wanted, problem = pcap.bpf(invert and "not (" .. expr .. ")" or expr, from.linktype)
      if not wanted then why = why .. "\npktcraft: and as a filter of tcpdump: " .. problem end
    end
  elseif bpf then
    wanted, why = pcap.bpf(invert and bpf ~= "" and "not (" .. bpf .. ")" or bpf, from.linktype)
  else
    wanted, why = load("local pkt = ...; return " .. code, "=--lua", "t")
    if wanted and invert then
      local holds = wanted
      wanted = function(pkt) return not holds(pkt) end
    end
  end
  if not wanted then return nil, why end
  if not worker then return true end
  local kept, unwritten = worker.out:copy(from, wanted, count)
  if not kept then error(unwritten, 0) end
  return { kept, from:tell() - 1 }
end

local right, message = copy(cap)
if not right then fail(2, message) end
local out = command.create(args.to, { like = cap })

local result
local shown = { quiet = args.quiet, stdout = args.to == "-" }
local done, failure = pcall(function()
  if args.workers and args.workers > 1 and cap.seekable and args.from[1] ~= "-" then -- a pipe is one part
    local how = { workers = args.workers, progress = command.progress(shown) }
    result = assert(pcap.parallel(args.from[1], how, copy, function(a, b)
      return { a[1] + b[1], a[2] + b[2] }
    end, out))
  else
    result = copy(command.watch(cap, shown), { out = out })
  end
end)
command.finish(out, cap, done, failure)
if not args.quiet then io.stderr:write(("%d of %d frames\n"):format(result[1], result[2])) end
if args.failempty and result[1] == 0 then os.exit(1, true) end
