--- Jobs beside peers: bench/tools, one small program a tool.
--
--     lua5.4 bench/jobs.lua BINDIR [OUT.csv [JOB]...]
--
-- CPU time of whole processes (user and system), in ns a frame: median, minimum and maximum of 7 rounds in
-- which the tools take turns, pinned to one core, files in memory; and the ratio to the C floor of the same
-- run. Slow tools get shorter captures, and what they take for an empty one is taken off. A tool whose result
-- differs from the floor's is marked with the reason, or WRONG.
local stats = require "bench.stats"

local bin, csv = arg[1], arg[2]
assert(bin, "usage: lua5.4 bench/jobs.lua BINDIR [OUT.csv [JOB]...]")
local ROUNDS <const> = tonumber(os.getenv("ROUNDS") or 7)
local build = os.getenv("PK_BUILD") or "build"
local taskset = os.execute("taskset -c 1 true 2>/dev/null") and "taskset -c 1 " or ""
local folder = (os.execute("test -w /dev/shm") and "/dev/shm" or "/tmp") .. "/pktcraft-bench"
local out <const> = folder .. "/out"
local STARTS <const> = 10

local function there(command)
  return (os.execute(command .. " >/dev/null 2>&1"))
end

--- The first Python that has a module: users of version managers have several.
local function python(module)
  for _, name in ipairs { "python3", "/usr/bin/python3" } do
    if there(("%s -c 'import %s'"):format(name, module)) then return name end
  end
end

-- What is asked of each tool. `check` says what is compared with the floor: "count" printed, "bytes" of a
-- capture written, "frames" of one whatever their times, "lines" in any order.
local jobs = {
  { name = "a", title = "FILTER a: counted", on = "traffic", check = "count" },
  { name = "b", title = "FILTER b: counted", on = "traffic", check = "count" },
  { name = "a", title = "FILTER a: kept frames written", on = "traffic", check = "bytes", write = true },
  { name = "b", title = "FILTER b: kept frames written", on = "traffic", check = "bytes", write = true },
  { name = "a", title = "FILTER a: small DNS frames counted", on = "dns", check = "count" },
  { name = "sum", title = "SUM c", on = "traffic", check = "lines", write = true },
  { name = "field", title = "FIELD: small DNS frames", on = "dns", check = "lines", write = true },
  { name = "build", title = "BUILD", check = "bytes", write = true },
  { name = "loop", title = "LOOP: frames of a pcap file", on = "traffic", check = "count" },
  { name = "loop", title = "LOOP: frames of a pcapng file", on = "trafficng", check = "count" },
  { name = "copy", title = "COPY: a pcap file", on = "traffic", check = "bytes", write = true },
  { name = "edit", title = "EDIT: a time to live set", on = "traffic", check = "bytes", write = true },
  { name = "ng", title = "CONVERT: pcapng to pcap", on = "trafficng", check = "bytes", write = true },
  { name = "workers", title = "WORKERS: FILTER b counted", on = "traffic", check = "count",
    clock = true },
  { name = "streams", title = "STREAMS: 10 000 at once; 2 % lost and 2 % overtaken", on = "streams", check = "lines",
    write = true },
  { name = "start", title = "START: the first packet of a capture", on = "traffic", check = "count" },
}
local FRAMES <const> = { traffic = 2000000, trafficng = 2000000, dns = 1000000, build = 1000000, streams = 1000000 }

local bpf = {
  a = "'udp dst port 53 or (vlan and udp dst port 53)'",
  b = "'ip and tcp and tcp[13] & 0x12 = 2 and ip[8] < 64 and ip[2:2] > 40'",
}
local tshark = {
  a = "-Y 'udp.dstport == 53 && ip.frag_offset == 0 || udp.dstport == 53 && ipv6'",
  b = "-Y 'ip.version == 4 && tcp.flags.syn == 1 && tcp.flags.ack == 0 && ip.ttl < 64 && ip.len > 40 && !vlan'",
  sum = "-Y 'tcp || udp' -T fields -e ip.src -e ipv6.src -e tcp.len -e udp.length",
  number = " -T fields -e frame.number | wc -l",
  field = "-Y 'ip && udp' -T fields -e ip.src -e udp.srcport -e udp.dstport -e udp.length",
}
local tsharkrun = "tshark -n -o ip.defragment:FALSE -r $IN 2>/dev/null "

-- A tool's commands by job ($IN, $OUT, $N), or one for those named in `does`; `share` divides the frames;
-- `differs` tells why a result is known to be another.
local tools = {
  { name = "C floor", run = bin .. "/floor $JOB $IN $OUT",
    does = "a b sum field build loop copy edit ng workers streams start" },
  { name = "C floor with prefetch", run = bin .. "/floor -p $JOB $IN $OUT", does = "a b sum field" },
  { name = "C with libpcap", run = bin .. "/libpcap $JOB $IN $OUT",
    does = "a b sum field loop copy start" },
  { name = "C with libpktcraft", run = bin .. "/reader $JOB $IN", does = "loop" },
  { name = "tcpdump", needs = "command -v tcpdump",
    written = { a = "tcpdump -r $IN -w - " .. bpf.a .. " 2>/dev/null >$OUT",
      b = "tcpdump -r $IN -w - " .. bpf.b .. " 2>/dev/null >$OUT",
      copy = "tcpdump -r $IN -w - 2>/dev/null >$OUT", ng = "tcpdump -r $IN -w - 2>/dev/null >$OUT" },
    commands = { a = "tcpdump -r $IN --count " .. bpf.a .. " 2>/dev/null | sed 's/ .*//'",
      b = "tcpdump -r $IN --count " .. bpf.b .. " 2>/dev/null | sed 's/ .*//'",
      loop = "tcpdump -r $IN --count 2>/dev/null | sed 's/ .*//'",
      start = "tcpdump -c 1 -w - -r $IN 2>/dev/null >/dev/null" } },
  { name = "LuaJIT FFI", needs = "command -v luajit", run = "luajit bench/tools/ffi.lua $JOB $IN $OUT",
    does = "a b sum start" },
  { name = "libtins (C++)", needs = "test -x " .. bin .. "/libtins", run = bin .. "/libtins $JOB $IN $OUT",
    does = "a b sum field build start",
    differs = { a = "passes over cut frames", b = "passes over cut frames", sum = "passes over cut frames",
      field = "passes over cut frames" } },
  { name = "libtins reusing one", needs = "test -x " .. bin .. "/libtins",
    commands = { build = bin .. "/libtins rebuild $IN $OUT" } },
  { name = "gopacket (Go)", needs = "test -x " .. bin .. "/gopacket", run = bin .. "/gopacket $JOB $IN $OUT",
    does = "a b sum field build streams start",
    differs = { a = "passes over some cut frames", b = "passes over some cut frames",
      build = "sends a UDP sum of 0 as 0, which means none (RFC 768)" } },
  { name = "plain Lua 5.4", run = "lua5.4 bench/tools/plain.lua $JOB $IN $OUT", does = "a b sum field build start" },
  { name = "dpkt (Python)", python = "dpkt", share = 20, run = "$PYTHON bench/tools/dpkt_jobs.py $JOB $IN $OUT",
    does = "a b sum field build start",
    differs = { a = "passes over some cut frames", b = "passes over some cut frames" } },
  { name = "scapy (Python)", python = "scapy", share = 100, run = "$PYTHON bench/tools/scapy_jobs.py $JOB $IN $OUT",
    does = "a b sum field build start",
    differs = { b = "takes cut headers otherwise", a = "takes cut headers otherwise",
      field = "takes cut headers otherwise", sum = "takes cut headers otherwise" } },
  { name = "tshark", needs = "command -v tshark", share = 20,
    commands = {
      a = tsharkrun .. tshark.a .. tshark.number, b = tsharkrun .. tshark.b .. tshark.number,
      sum = tsharkrun .. tshark.sum .. " | awk -F '\t' '$3 $4 != \"\" { s[$1 $2] += $3 == \"\" ? $4 - 8 : $3 } "
        .. "END { for (a in s) print a, s[a] }' >$OUT",
      field = tsharkrun .. tshark.field .. " >$OUT",
      start = "tshark -n -c 1 -r $IN 2>/dev/null | wc -l",
    },
    differs = { field = "takes cut headers otherwise", sum = "takes cut headers otherwise" },
    written = {
      a = tsharkrun .. tshark.a .. " -F pcap -w - >$OUT",
      b = tsharkrun .. tshark.b .. " -F pcap -w - >$OUT",
    } },
  { name = "trafgen", needs = "command -v trafgen", check = "frames",
    differs = { build = "sends a UDP sum of 0 as 0, which means none (RFC 768)" },
    commands = {
      build = "trafgen -P 1 -C -i bench/tools/trafgen.cfg -o $OUT.pcap -n $IN >/dev/null && mv $OUT.pcap $OUT",
    } },
  { name = "editcap", needs = "command -v editcap",
    commands = { copy = "editcap -F pcap $IN $OUT", ng = "editcap -F pcap $IN $OUT" } },
  { name = "tcprewrite", needs = "command -v tcprewrite", differs = { edit = "makes sums anew that were wrong" },
    commands = { edit = "tcprewrite --ttl=64 -i $IN -o $OUT >/dev/null 2>&1" } },
  { name = "pktcraft's commands",
    written = {
      a = build .. "/bin/pktcraft filter -q -r $IN -w $OUT 'udp.destination == 53'",
      b = build .. "/bin/pktcraft filter -q -r $IN -w $OUT 'ipv4 and tcp.syn and not tcp.ack and ipv4.ttl < 64 "
        .. "and ipv4.totallength > 40 and not vlan'" },
    commands = {
      edit = build .. "/bin/pktcraft edit -q -r $IN -w $OUT 'ipv4.ttl = 64'",
      ng = build .. "/bin/pktcraft convert -r $IN -w $OUT -F pcap" } },
  { name = "pktcraft files", run = build .. "/bin/pktcraft bench/tools/files.lua $JOB $IN $OUT", does = "loop copy" },
  { name = "pktcraft pointers", run = build .. "/bin/pktcraft bench/tools/pointers.lua $JOB $IN $OUT",
    does = "a b sum field build start" },
  { name = "pktcraft packets", run = build .. "/bin/pktcraft bench/tools/packets.lua $JOB $IN $OUT",
    does = "a b sum field build start" },
  { name = "pktcraft fields", run = build .. "/bin/pktcraft bench/tools/filters.lua fields $JOB $IN $OUT",
    does = "a b sum field" },
  { name = "pktcraft expression", run = build .. "/bin/pktcraft bench/tools/filters.lua expression $JOB $IN $OUT",
    does = "a b" },
  { name = "pktcraft streams", run = build .. "/bin/pktcraft bench/tools/streams.lua $IN $OUT", does = "streams" },
  { name = "one worker", commands = { workers = build .. "/bin/pktcraft bench/tools/filters.lua workers 1 $IN" } },
  { name = "two workers", commands = { workers = build .. "/bin/pktcraft bench/tools/filters.lua workers 2 $IN" } },
  { name = "joins in Lua alone", differs = { build = "tables, `/` and copies: no packets are made" },
    commands = { build = "lua5.4 bench/tools/joins.lua " .. bin .. " $IN" } },
  { name = "pktcraft setter",
    commands = { build = build .. "/bin/pktcraft bench/tools/packets.lua rebuild $IN $OUT" } },
}

local function command(tool, job, input)
  local line = job.write and tool.written and tool.written[job.name] or
    (not job.write or not tool.written) and tool.commands and tool.commands[job.name]
  if tool.commands and not line and job.write then line = not bpf[job.name] and tool.commands[job.name] end
  if not line and tool.run and (" " .. tool.does .. " "):find(" " .. job.name .. " ", 1, true) then line = tool.run end
  return line and (line:gsub("%$(%u+)", {
    JOB = ({ start = "a", workers = "b" })[job.name] or job.name, IN = input, OUT = job.write and out or "",
    PYTHON = tool.python and python(tool.python),
  }))
end

--- Runs a line: its CPU seconds, its seconds by the clock, and what it printed.
local function run(line, free)
  os.remove(out)
  local pipe <close> = assert(io.popen(("%sbash -c %s 2>&1"):format(free and "" or taskset,
    stats.quote(("TIMEFORMAT='%%U %%S %%R'; time { %s ; }"):format(line)))))
  local text = pipe:read("a")
  local user, system, clock = text:match("([%d.]+) ([%d.]+) ([%d.]+)%s*$")
  assert(user, text)
  return user + system, tonumber(clock), text
end

local function readfile(path)
  local f <close> = io.open(path, "rb")
  return f and f:read("a") or ""
end

--- What of a result is compared.
local function result(job, check, text)
  if check == "count" then return text:match("^%s*(%d+)\n") end
  local bytes = readfile(out)
  if check == "bytes" then return bytes:sub(25) end
  if check == "frames" then return table.concat(stats.records(bytes)) end
  assert(check == "lines" and job)
  return table.concat(stats.lines(bytes), "\n")
end

local function capture(kind, frames)
  local path = ("%s/%s-%d.pcap"):format(folder, kind, frames)
  if there("test -s " .. path) then return path end
  if kind == "trafficng" then
    local from = ("%s/traffic-%d.pcap"):format(folder, frames) -- whose jobs come first
    assert(os.execute(("%s/bin/pktcraft bench/tools/files.lua convert %s %s >/dev/null"):format(build, from, path)))
  elseif kind == "streams" then
    assert(os.execute(("%s/../mkstreams %d %s"):format(bin, frames, path)))
  else
    assert(os.execute(("%s/../mkcapture %s %d %s"):format(bin, kind, frames, path)))
  end
  return path
end

--- The rows of one job.
local function measure(job, rows)
  local floor, samples, verdicts, references = tools[1], {}, {}, {}
  local total = FRAMES[job.on or "build"]
  local function input(frames)
    return job.on and capture(job.on, frames) or tostring(frames)
  end
  local function frames(tool)
    return job.name == "start" and 1 or total // (tool.share or 1)
  end
  local function expected(tool)
    local key = frames(tool) .. (tool.check or "")
    if not references[key] then
      local _, _, text = run(command(floor, job, input(frames(tool))))
      references[key] = result(job, tool.check or job.check, text)
    end
    return references[key]
  end
  for round = 0, ROUNDS do -- the first warms up, and is checked
    for _, tool in ipairs(tools) do
      local line = command(tool, job, input(frames(tool)))
      if tool.absent then
        verdicts[tool] = line and "not installed" or nil
      elseif line and job.name == "start" then
        local _, clock = run(("for i in {1..%d}; do %s; done"):format(STARTS, line))
        if round > 0 then
          samples[tool] = samples[tool] or {}
          table.insert(samples[tool], clock / STARTS * 1e9)
        end
      elseif line then
        local want = round == 0 and expected(tool)
        local seconds, clock, text = run(line, job.clock)
        if job.clock then seconds = clock end
        if round == 0 then
          if result(job, tool.check or job.check, text) ~= want then
            verdicts[tool] = tool.differs and tool.differs[job.name] or "WRONG"
          end
        else
          local empty = tool.share and run(command(tool, job, input(0))) or 0
          samples[tool] = samples[tool] or {}
          table.insert(samples[tool], stats.perframe(seconds, empty, frames(tool)))
        end
      end
    end
  end
  local least = stats.median(samples[floor])
  for _, tool in ipairs(tools) do
    local s = samples[tool]
    if s then
      rows[#rows + 1] = { job.title, tool.name, ("%.0f"):format(stats.median(s)), ("%.0f"):format(stats.min(s)),
        ("%.0f"):format(stats.max(s)), ("%.2f"):format(stats.median(s) / least), verdicts[tool] or "agrees" }
    elseif verdicts[tool] then
      rows[#rows + 1] = { job.title, tool.name, "", "", "", "", verdicts[tool] }
    end
  end
end

for _, tool in ipairs(tools) do
  tool.absent = tool.needs and not there(tool.needs) or tool.python and not python(tool.python)
end
local wanted = {}
for k = 3, #arg do wanted[arg[k]] = true end
assert(os.execute("mkdir -p " .. folder))
local rows = { { "job", "tool", "ns a frame", "min", "max", "ratio", "result" } }
for _, job in ipairs(jobs) do
  if #arg < 3 or wanted[job.name] then
    local first = #rows + 1
    measure(job, rows)
    io.write(stats.text({ rows[1], table.unpack(rows, first) }), "\n")
    io.flush()
  end
end
os.execute("rm -rf " .. folder)
if csv and csv ~= "" then
  local f <close> = assert(io.open(csv, "w"))
  for _, r in ipairs(rows) do f:write(stats.csv(table.unpack(r))) end
end
