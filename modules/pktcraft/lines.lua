--- Packets as lines, trees and bytes, as commands print them.
-- @module pktcraft.lines

local lines = {}

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

  --- Headings bold, sums that are wrong red.
  local function painted(tree)
    if not colour then return tree end
    return (tree:gsub("%f[^\n\0][^ \n][^\n]*", "\27[1m%0\27[0m"):gsub("(0x%x+ bad[^\n]*)", "\27[31m%1\27[0m"))
  end

  local stamp = stamps[options.times or 0]
  return function(pkt)
    write(stamp(pkt.time), tostring(pkt), "\n", options.tree and painted(pkt:show()) or "",
      options.bytes and pkt:hexdump(colour) or "")
  end
end

return lines
