--- How far work has come: a line on standard error that is written over a few times a second, and erased.
-- @module pktcraft.progress

local terminal = require "pktcraft.terminal"
local pcap = require "pktcraft.pcap"

local progress = {}

local AFTER <const> = 1000000000 -- ns of work before there is anything to see,
local EACH <const> = 200000000   -- between lines, at least,
local SPAN <const> = 10000000000 -- and over which rates are taken

-- --- the text

--- A quantity with three digits and a prefix of SI; `at`: by the prefix that fits that one.
local function scaled(x, at)
  local factor, prefix = 1, ""
  for _, unit in ipairs { { 1e12, "T" }, { 1e9, "G" }, { 1e6, "M" }, { 1e3, "k" } } do
    if (at or x) >= 0.9995 * unit[1] then
      factor, prefix = unit[1], unit[2]
      break
    end
  end
  local y = x / factor
  local text = factor == 1 and ("%.0f"):format(y) or (y < 9.995 and "%.2f" or y < 99.95 and "%.1f" or "%.0f"):format(y)
  return text, prefix
end

local function quantity(x, unit)
  local text, prefix = scaled(x)
  return text .. " " .. prefix .. unit
end

local function time(seconds)
  local s = math.ceil(seconds)
  if s < 3600 then return ("%d:%02d"):format(s // 60, s % 60) end
  return ("%d:%02d:%02d"):format(s // 3600, s // 60 % 60, s % 60)
end

--- The text for what is known of work, of no more than `width` characters. Fields: `done`; `total` (of those; nil:
-- nobody knows); `unit` of both, "B" or "frames"; `rate` (of them a second), `framerate` (or nil), `seconds` (so far).
function progress.text(w, width)
  local last, head, amount
  if w.total then
    local share = w.total > 0 and w.done / w.total or 1
    local left = w.rate > 0 and (w.total - w.done) / w.rate or math.huge
    head = ("%3d%%"):format(math.floor(100 * math.max(0, math.min(share, 1))))
    last = left < 360000 and time(math.max(left, 0)) .. " left" or nil
    local of, prefix = scaled(w.total)
    amount = ("%s of %s %s%s"):format((scaled(w.done, w.total)), of, prefix, w.unit)
  else
    head = quantity(w.done, w.unit)
    last = time(w.seconds)
  end
  local all = { head, amount or false, quantity(w.rate, w.unit .. "/s"),
    w.framerate and quantity(w.framerate, "frames/s") or false, last or false }
  for _, without in ipairs { 0, 4, 2, 3, 5 } do -- what is dropped first when there is no room
    if without > 0 then all[without] = false end
    local parts = {}
    for _, part in ipairs(all) do parts[#parts + 1] = part or nil end
    local text = table.concat(parts, "  ")
    if #text <= width then return text end
  end
  return ""
end

-- --- the line

local work -- what is under way; nil: nothing
local shown = 0 -- characters of the line that is there

local function columns()
  local n, foreground = terminal.columns(2)
  if not n then return 0, false end
  local said = math.tointeger(tonumber(os.getenv "COLUMNS"))
  if said and said > 0 and (n == 0 or said < n) then n = said end
  return n > 0 and n or 80, foreground
end

--- Takes the line away.
local function wipe()
  if shown == 0 then return end
  local n = math.min(shown, columns() - 1)
  shown = 0
  io.stderr:write("\r", (" "):rep(n), "\r")
end

--- What was done, of how much, and how many frames, of all that is under way.
local function sums()
  local done, total, frames = 0, 0, 0
  for _, source in ipairs(work.sources) do
    done = done + source.done
    total = total and source.total and total + source.total
    frames = frames and source.frames and frames + source.frames
  end
  return done, total, frames
end

local function draw()
  local now = pcap.clock()
  if now < work.next then return end
  work.next = now + EACH
  local done, total, frames = sums()
  local samples = work.samples
  while #samples > 1 and samples[2].time <= now - SPAN do table.remove(samples, 1) end
  local first = samples[1]
  local seconds = (now - first.time) / 1e9
  samples[#samples + 1] = { time = now, done = done, frames = frames }
  local width, foreground = columns()
  if not foreground or width < 2 then
    shown = 0
    return
  end
  local text = progress.text({
    unit = work.unit, done = done, total = total, seconds = (now - work.begin) / 1e9,
    rate = math.max(0, done - first.done) / seconds,
    framerate = work.unit ~= "frames" and frames and math.max(0, frames - (first.frames or 0)) / seconds or nil,
  }, width - 1)
  if text == "" and shown == 0 then return end
  local rest = math.max(0, math.min(shown, width - 1) - #text)
  shown = #text
  io.stderr:write("\r", text, (" "):rep(rest), "\r") -- messages begin where the line does
end

--- A function to be told how far work is: `f(done, total, frames)`, as captures tell it (`total` and `frames` nil
-- where nobody knows). When that has taken a second the line is there; it shows the sum of what all those functions
-- were told. Nil where none is wanted: standard error is no terminal, or others would write there too. Options:
-- `quiet`; `stdout`: standard output is written to, so that it must be no pipe, whose reader may write to the
-- terminal; `lines`: meanwhile, so that it must be no terminal either; `unit`: "frames", when these are counted.
function progress.source(options)
  if options.quiet or not terminal.columns(2) or os.getenv "TERM" == "dumb" then return nil end
  if (options.lines or options.stdout) and terminal.ispipe(1) then return nil end
  if options.lines and terminal.columns(1) then return nil end
  if not work then
    local now = pcap.clock()
    work = { begin = now, next = now + AFTER, sources = {}, unit = options.unit or "B",
      samples = { { time = now, done = 0, frames = 0 } } }
  end
  local mine, source = work, { done = 0 }
  table.insert(mine.sources, source)
  return function(done, total, frames)
    source.done, source.total, source.frames = done, total, frames
    if work == mine then draw() end
  end
end

--- Erases the line: the work is done.
function progress.finish()
  work = nil
  wipe()
end

return progress
