--- pktcraft merge: several captures as one.
local command = require "pktcraft.command"

local parser = command.parser("merge",
  "Writes several captures as one: by the time of their frames, or one after the other.",
  "Without -F the format is pcap, but pcapng where the name to write or a file is, or where link types differ.",
  { "pktcraft merge -w all.pcap morning.pcap evening.pcap",
    "pktcraft merge --order files -w - *.pcapng | tcpdump -r -" })
parser:option("-w", "The capture to write; - is standard output.", "-"):argname("FILE"):target("to")
parser:option("--order", "By 'time', or as 'files' are named.", "time"):choices { "time", "files" }
parser:option("-F", "The format to write."):choices { "pcap", "pcapng" }:target("format")
parser:argument("files", "The captures to read."):args("+"):argname("FILE")

local args = command.parse(parser)
local files = args.files
files.order = args.order
local merged, message = pcap.merge(files)
if not merged then command.fail(2, message) end

--- Whether one link type does not do, as far as it is known before all is read.
local function differ()
  for _, interface in ipairs(merged.interfaces) do
    if interface.linktype ~= merged.linktype then return true end
  end
  return false
end

local format = args.format
if not format and differ() then format = "pcapng" end
local out = command.create(args.to, { like = merged, format = format })
command.watch(merged, { stdout = args.to == "-" })
command.finish(out, merged, pcall(function() assert(out:copy(merged)) end))
