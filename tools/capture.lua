--- pktcraft capture: frames of an interface, written to files or printed.
local command = require "pktcraft.command"
local fail = command.fail

local parser = command.parser("capture", "Captures frames of an interface: prints them, or writes them to a file.",
  "Needs the capability CAP_NET_RAW. A filter is an expression over fields, or one as of tcpdump, which the system "
  .. "runs. Interrupted (^C), it ends as it does otherwise, and all that was captured is in the file.", {
    "pktcraft capture -i eth0 -v 'dns'",
    "pktcraft capture -i eth0 -w out.pcapng port 53",
    "pktcraft capture -i eth0 -w ring.pcap -C 100 -W 10  # 10 files of 100 MB",
  })
command.listing(parser)
parser:option("-i", "The interface; any is all of them."):argname("NAME"):target("interface"):count(1)
parser:option("-w",
  "The file to write; - is standard output. pcapng, but for names that end with .pcap; packed, for .gz and .zst.")
  :argname("FILE"):target("to")
parser:option("-c", "Ends after N frames."):argname("N"):target("count"):convert(command.positive "-c")
parser:option("--seconds", "Ends after so many seconds."):argname("N"):target("seconds"):convert(tonumber)
parser:option("-s", "Bytes kept of a frame.", "262144"):argname("N"):target("snaplen"):convert(command.positive "-s")
parser:option("-C", "A new file after so many million bytes."):argname("MB"):target("megabytes"):convert(tonumber)
parser:option("-G", "A new file after so many seconds."):argname("SECONDS"):target("rotate"):convert(tonumber)
parser:option("-W", "Keeps no more than so many files."):argname("N"):target("files"):convert(command.positive "-W")
parser:option("-B", "Room of the system's for frames, in KiB.", "8192"):argname("KIB"):target("buffer")
  :convert(command.positive "-B")
parser:option("-Q", "Frames in, out or inout.", "inout"):argname("HOW"):target("direction")
  :choices { "in", "out", "inout" }
parser:flag("-p", "Not promiscuous: no frames for others."):target("modest")
parser:flag("-U", "Hands each frame to the system at once."):target("flush")
parser:flag("-v", "Prints the tree of layers and fields as well."):target("tree")
parser:flag("-x", "Prints the bytes as well."):target("bytes")
parser:flag("-t", "Times, as of show."):count("0-5"):target("times")
parser:flag("-n", "As always: nothing is looked up."):target("numeric")
parser:flag("-q", "No counts on standard error."):target("quiet")
parser:option("--color", "auto (on a terminal), always or never."):argname("WHEN"):default("auto")
  :choices { "auto", "always", "never" }
parser:argument("filter", "An expression, as ipv4.ttl < 64, or a filter as of tcpdump."):args("*")

local args = command.parse(parser)
for _, option in ipairs { { "seconds", "--seconds" }, { "megabytes", "-C" }, { "rotate", "-G" } } do
  local n = args[option[1]]
  if n and not (n > 0 and n < 1e9) then fail(2, option[2] .. ": a positive number expected") end
end
if not args.to and (args.megabytes or args.rotate or args.files or args.flush) then
  fail(2, "-C, -G, -W and -U go with -w")
end
if args.files and not (args.megabytes or args.rotate) then fail(2, "-W goes with -C or -G") end
if args.to and (args.tree or args.bytes or args.times > 0) then
  fail(2, "-w prints nothing: -v, -x and -t go without")
end

local nic, message = pcap.live(args.interface, { snaplen = args.snaplen, promiscuous = not args.modest,
  buffer = math.min(args.buffer, 2097151) * 1024, direction = args.direction, timeout = args.to and 0.1 or 0.01 })
if not nic then fail(1, message) end

--- What the system leaves out; what is left out here.
local wanted
local text = table.concat(args.filter, " ")
if text ~= "" then
  local why
  wanted, why = filter.compile(text, nic.linktype)
  if not wanted then
    local set, reason = nic:setfilter(text)
    if not set then fail(2, why .. "\npktcraft: and as a filter of tcpdump: " .. reason) end
  end
end

local out
if args.to then
  local options = { linktype = nic.linktype, snaplen = args.snaplen, precision = nic.precision, flush = args.flush }
  if command.form(args.to) ~= "pcap" then
    options.format = "pcapng"
    options.interfaces = { { linktype = nic.linktype, snaplen = args.snaplen, if_name = nic.name,
      if_tsresol = nic.precision == "nano" and 9 or nil } }
  end
  if args.megabytes or args.rotate then
    options.rotate = { bytes = args.megabytes and math.floor(args.megabytes * 1e6), seconds = args.rotate,
      files = args.files }
  end
  out = command.create(args.to, options)
end

if not args.quiet then
  io.stderr:write(("listening on %s, link type %d, snapshot length %d bytes\n"):format(nic.name, nic.linktype,
    args.snaplen))
end

local pkt, print_packet
if not out then
  print_packet = require "pktcraft.lines".printer { times = args.times, precision = nic.precision, tree = args.tree,
    bytes = args.bytes, colour = command.colour(args.color), write = function(...)
      command.write(...)
      io.stdout:flush()
    end }
end

local kept = 0
local function take(m, time, wirelen)
  if wanted and not wanted:match(m, wirelen, nic.linktype) then return true end
  kept = kept + 1
  if out then
    local written, why = out:write(m, time, wirelen)
    if not written then error(why, 0) end
  else
    pkt = packet.new(m, nic.linktype, wirelen)
    pkt.time = time
    print_packet(pkt)
  end
  return kept ~= args.count
end

local done, problem, failure = pcall(nic.loop, nic, take, { seconds = args.seconds })
local closed, why = true, nil
if out then closed, why = out:close() end
local stats = nic:stats()
if not args.quiet then
  io.stderr:write(("%d frames captured, %d received by the filter, %d dropped for lack of room\n"):format(kept,
    stats.received, stats.dropped))
end
if not done then fail(1, command.message(problem)) end
if not problem then fail(1, failure) end
if not closed then fail(1, why) end
