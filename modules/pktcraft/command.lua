--- What the commands of the program `pktcraft` share: arguments, files, errors, exit codes (0 done, 1 failed while
-- running, 2 wrong usage or unusable input).
-- @module pktcraft.command

local argparse = require "argparse"
local filter = require "pktcraft.filter"
local pcap = require "pktcraft.pcap"
local progress = require "pktcraft.progress"
local terminal = require "pktcraft.terminal"

local command = {}

--- Says what is wrong, and exits.
function command.fail(status, text)
  progress.finish()
  io.stdout:flush()
  io.stderr:write("pktcraft: ", text, "\n")
  os.exit(status, true)
end

local fail = command.fail

local collecting -- a parser, whose commands are collected
local COLLECTED <const> = {}

--- Has a parser know all commands with their options: those that lie beside this module's tree.
function command.collect(root)
  for template in package.path:gmatch "[^;]+" do
    local prefix = template:match "^(.*)/share/lua/5%.4/%?%.lua$"
    local folder = prefix and prefix:gsub("'", "'\\''") .. "/share/pktcraft/commands"
    local pipe <close> = folder and io.popen(("ls '%s' 2>/dev/null"):format(folder))
    local names = {}
    for file in pipe and pipe:lines() or function() end do names[#names + 1] = file:match "^(.*)%.lua$" end
    for _, name in ipairs(names) do
      local f = assert(loadfile(("%s/share/pktcraft/commands/%s.lua"):format(prefix, name), "t"))
      collecting = root
      local ok, why = pcall(f)
      collecting = nil
      if not ok and why ~= COLLECTED then error(why, 0) end
    end
    if #names > 0 then return end
  end
end

--- Exits with what is wrong with a word that is neither a command nor a script, and the nearest command.
function command.unknown(name)
  local root = argparse "pktcraft"
  command.collect(root)
  local _, message = root:pparse { name }
  fail(2, message:gsub("^unknown command '", "no command or script '"):gsub("\nDid", "; did"))
end

--- A parser of arguments (argparse's) for a command. `examples` is a list of lines for its help.
function command.parser(name, summary, notes, examples)
  if collecting then return collecting:command(name, summary) end
  local epilog = (notes and notes .. "\n\n" or "")
  if examples then epilog = epilog .. "Examples:\n  " .. table.concat(examples, "\n  ") .. "\n\n" end
  return argparse("pktcraft " .. name, summary):help_max_width(80):usage_max_width(80)
    :epilog(epilog .. "Exit status: 0 done, 1 failed while running, 2 wrong usage or unusable input.")
end

--- Of a command that has no parser: tells its summary where commands are collected, and goes no further then.
function command.collected(name, summary)
  if collecting then
    collecting:command(name, summary)
    error(COLLECTED, 0)
  end
end

--- The arguments as a table; exits when they are wrong.
function command.parse(parser)
  if collecting then error(COLLECTED, 0) end
  local given = {}
  for _, word in ipairs(arg) do -- a negative number after an option is its value
    if word:find "^%-%.?%d" and #given > 0 and given[#given]:find "^%-%-[%w%-]+$" then
      given[#given] = given[#given] .. "=" .. word
    else
      given[#given + 1] = word
    end
  end
  local ok, args = parser:pparse(given)
  if not ok then fail(2, args .. "\n" .. parser:get_usage()) end
  return args
end

--- Gives a parser the option -D, which lists the interfaces and exits.
function command.listing(parser)
  parser:flag("-D", "Lists the interfaces that can be opened."):action(function()
    local list, message = pcap.interfaces()
    if not list then fail(1, message) end
    for k, interface in ipairs(list) do
      local addresses = {}
      for _, each in ipairs(interface.addresses) do addresses[#addresses + 1] = each.address end
      local state = interface.loopback and "loopback" or interface.running and "up" or interface.up and "no carrier"
        or "down"
      command.write(("%2d. %-16s %-10s %-17s %s\n"):format(k, interface.name, state, interface.mac or "",
        table.concat(addresses, " ")))
    end
    io.stdout:flush()
    os.exit(0, true)
  end)
end

--- For argparse's `convert`: a positive integer, of the option of that name.
function command.positive(option)
  return function(text)
    local n = math.tointeger(tonumber(text))
    if not n or n < 1 then return nil, ("%s: a positive number expected, got '%s'"):format(option, text) end
    return n
  end
end

--- Opens a capture ("-": standard input), or those of a list as one; exits when it can't be, and where `words`, which
-- should be a filter, name a file instead.
function command.open(path, words)
  local cap, message
  if type(path) == "table" and #path > 1 then
    cap, message = pcap.merge(path)
  else
    if type(path) == "table" then path = path[1] end
    if path == "-" and words and words[1] and not filter.compile(table.concat(words, " ")) then
      local file = io.open(words[1])
      if file then fail(2, ("'%s' is a file: -r %s reads it"):format(words[1], words[1])) end
    end
    if path == "-" and command.isterminal(0) then fail(2, "standard input is a terminal: -r FILE reads a capture") end
    cap, message = pcap.open(path)
  end
  if not cap then fail(2, message) end
  return cap
end

--- What the name of an output says of its form: `format`, "pcapng" of `.pcapng`, "pcap" of `.pcap`, and `compress`,
-- "gzip" of `.gz`, "zstd" of `.zst`, also behind the other; nil where it says nothing.
function command.form(path)
  local name, compress = path:lower(), nil
  for ending, packing in pairs { ["%.gz$"] = "gzip", ["%.zst$"] = "zstd" } do
    if name:find(ending) then name, compress = name:gsub(ending, ""), packing end
  end
  return name:match "%.(pcapng)$" or name:match "%.(pcap)$", compress
end

--- The options of an output, completed by what its name says where they say nothing. Of `.pcap` we take no notice: it
-- is the name of any capture, and what a pcapng file has besides frames would be lost.
function command.named(path, options)
  local format, compress = command.form(path)
  local all = { format = format == "pcapng" and format or nil, compress = compress }
  for name, value in pairs(options) do all[name] = value end
  return all
end

--- Creates an output ("-": standard output) of the form that options or the name say; exits when it can't be.
function command.create(path, options)
  local out, message = pcap.create(path, command.named(path, options))
  if not out then fail(2, message) end
  return out
end

--- An expression over fields, or else a filter of tcpdump; nil for none; exits when it is neither.
function command.filter(words, linktype)
  if #words == 0 then return nil end
  local text = table.concat(words, " ")
  local wanted, message = filter.compile(text)
  if wanted then return wanted end
  local bpf, why = pcap.bpf(text, linktype)
  if not bpf then fail(2, message .. "\npktcraft: and as a filter of tcpdump: " .. why) end
  return bpf
end

--- The message of an error, without the place in our code, and the traceback.
function command.message(problem)
  return (tostring(problem):gsub("^[^ ]+:%d+: ", ""):gsub("\nstack traceback:.*", ""))
end

--- Calls a function; exits when it fails. Gives its results.
function command.run(f, ...)
  local results = table.pack(pcall(f, ...))
  progress.finish()
  if not results[1] then fail(1, command.message(results[2])) end
  return table.unpack(results, 2, results.n)
end

--- Ends quietly when what is wrong with standard output is that nobody reads on.
local function quiet(message)
  if message:find "^standard output: Broken pipe" then os.exit(0, true) end
end

--- Closes an output after `pcall` has copied to it; exits when that failed, was interrupted, or not all could be
-- written.
function command.finish(out, cap, done, failure)
  progress.finish()
  local closed, why = out:close()
  if not done then
    local text = command.message(failure)
    if text:find "interrupted!$" then
      text = ("interrupted after %d frames; what is to be kept of them is written"):format(cap:tell() - 1)
    end
    quiet(text)
    fail(1, text)
  end
  if not closed then
    quiet(why)
    fail(1, why)
  end
end

--- Writes to standard output; when nobody reads on, ends quietly.
function command.write(...)
  local ok, why = io.write(...)
  if ok then return end
  if why:find "Broken pipe" then os.exit(0, true) end
  fail(1, "standard output: " .. why)
end

--- Stands for an empty list in what `command.encode` takes: lua-cjson takes an empty table for an object.
command.emptylist = ("empty list %x"):format(math.random(0))

local json

--- The JSON text of a value, by lua-cjson; exits when that is lacking.
function command.encode(value)
  if not json then
    local ok, cjson = pcall(require, "cjson")
    if not ok then fail(2, "lua-cjson is needed for JSON (Debian: lua-cjson)") end
    json = cjson.new()
  end
  return (json.encode(value):gsub('"' .. command.emptylist .. '"', "[]"))
end

--- A text in which bytes that are no UTF-8 are U+FFFD: what JSON can hold.
function command.utf8(text)
  local parts, at = {}, 1
  while at <= #text do
    local good, bad = utf8.len(text, at)
    if good then
      parts[#parts + 1] = text:sub(at)
      break
    end
    parts[#parts + 1] = text:sub(at, bad - 1) .. "\u{fffd}"
    at = bad + 1
  end
  return table.concat(parts)
end

--- Whether a stream (0 input, 1 output, 2 errors) is a terminal.
function command.isterminal(number)
  return terminal.columns(number) ~= nil
end

--- Has the reading of a capture be shown on standard error while it lasts, if that is a terminal, until `command.run`,
-- `command.finish`, `command.fail` or `command.settle`. Options: as of `progress.source`. Gives the capture.
function command.watch(cap, options)
  local tell = progress.source(options or {})
  if tell then cap:progress(tell) end
  return cap
end

--- The same of work that is told of in another way: a function to be told, or nil.
command.progress = progress.source

--- Takes away what is shown of work.
command.settle = progress.finish

--- Whether there is a program of that name.
function command.hasprogram(name)
  return (os.execute(("command -v %s > /dev/null 2>&1"):format(name)))
end

--- Whether to write in colours: "always", "never", or "auto": where somebody looks at them (https://no-color.org).
function command.colour(when)
  if when ~= "auto" then return when == "always" end
  return not os.getenv "NO_COLOR" and os.getenv "TERM" ~= "dumb" and command.isterminal(1)
end

return command
