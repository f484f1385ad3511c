--- Packets as lines, trees and bytes, as commands print them.
-- @module pktcraft.lines

local lines = {}

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
      second, clock = s, os.date(format, s)
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
