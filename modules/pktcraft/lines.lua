--- Packets as lines, trees and bytes, as commands print them.
-- @module pktcraft.lines

local layouts = require "pktcraft.layouts"

local lines = {}

local DIM <const>, BOLD <const>, PLAIN <const> = "\27[2m", "\27[1m", "\27[0m"
local RED <const>, GREEN <const> = "\27[31m", "\27[32m"
-- Of layers, from the link on, as packet:hexdump has them.
local LAYERS <const> = { "\27[36m", "\27[33m", "\27[32m", "\27[35m", "\27[34m", "\27[31m" }

--- A line: names of protocols bold, in colours of their layers; what is wrong red.
local function painted_line(line)
  local k = 1
  line = (": " .. line):gsub("(: )([%w][%w.-]+)", function(before, name)
    if name:find "%l" and not layouts[name] then return nil end -- no name of a protocol
    k = k % #LAYERS + 1
    return before .. LAYERS[k] .. BOLD .. name .. PLAIN
  end)
  return (line:sub(3):gsub("%[malformed%]", RED .. "%0" .. PLAIN))
end

--- A tree: the headings of layers bold, in their colours; offsets dim; names of values green, sums that are wrong red.
local function painted_tree(tree)
  local k = 0
  return (tree:gsub("[^\n]+", function(line)
    if line:find "^%S" then
      k = k % #LAYERS + 1
      return LAYERS[k] .. BOLD .. line:gsub("%[malformed%]", RED .. "%0") .. PLAIN
    end
    local indent, offset, name, value = line:match "^( *)(%d+) ([^ ]+)(.*)$"
    if not offset then return DIM .. line .. PLAIN end
    value = value:gsub("^( = 0x%x+ )(bad.*)$", "%1" .. RED .. "%2" .. PLAIN):gsub("^( = %-?%w+ )([^\27\"].*)$",
      "%1" .. GREEN .. "%2" .. PLAIN):gsub("^ %(none%)$", DIM .. "%0" .. PLAIN)
    return indent .. DIM .. offset .. PLAIN .. " " .. name .. value
  end))
end

local DAY <const> = 86400

--- As os.date; in UTC where the system's time can not hold that second, as one of 32 bits after 2038.
-- @param format as os.date has it
-- @param second integer, since 1970
function lines.date(format, second)
  local ok, text = pcall(os.date, format, second)
  if ok then return text end
  local day, year = second // DAY, 1970
  local function days() return (year % 4 == 0 and year % 100 ~= 0 or year % 400 == 0) and 366 or 365 end
  while day < 0 do
    year = year - 1
    day = day + days()
  end
  while day >= days() do
    day, year = day - days(), year + 1
  end
  -- The same day of a year as long that it can hold: 1970, or 1972.
  local like = (days() == 366 and 730 or 0) + day
  return (os.date("!" .. format:gsub("^!", ""):gsub("%%Y", year), like * DAY + second % DAY))
end

--- A time in nanoseconds since 1970 as text: date and time in UTC, with nine digits of the second.
function lines.stamp(ns)
  return ("%s.%09d"):format(lines.date("!%Y-%m-%d %H:%M:%S", ns // 1000000000), ns % 1000000000)
end

--- A function that prints a packet. `options`: `write` (a function of strings), `times` (how, by how many -t tcpdump
-- would be given: 0 the time of day, 1 none, 2 seconds since 1970, 3 since the packet before, 4 with the date, 5 since
-- the first), `precision` (of a capture), `tree`, `bytes`, `colour` (booleans).
function lines.printer(options)
  local nano = options.precision == "nano"
  local digits <const>, divisor <const> = nano and "%09d" or "%06d", nano and 1 or 1000
  local write, colour = options.write, options.colour

  local function fraction(ns) return digits:format(ns % 1000000000 // divisor) end

  local function span(ns)
    local sign = ns < 0 and "-" or ""
    ns = math.abs(ns)
    local seconds = ns // 1000000000
    return ("%s%02d:%02d:%02d.%s "):format(sign, seconds // 3600, seconds // 60 % 60, seconds % 60, fraction(ns))
  end

  local second, clock, first, before
  local function of_day(ns, format)
    local s = ns // 1000000000
    if s ~= second then
      second, clock = s, lines.date(format, s)
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

  local stamp = stamps[options.times or 0]
  return function(pkt)
    local time, line, tree = stamp(pkt.time), tostring(pkt), options.tree and pkt:show() or ""
    if colour then
      time, line, tree = time:gsub("^%S+", DIM .. "%0" .. PLAIN), painted_line(line), painted_tree(tree)
    end
    write(time, line, "\n", tree, options.bytes and pkt:hexdump(colour) or "")
  end
end

return lines
