--- Puts the tables of the last run into bench/README.md, between their markers.
--
--     lua5.4 bench/page.lua RESULTS README.md
local stats = require "bench.stats"

local results, page = arg[1], arg[2]

local function readfile(path)
  local f <close> = assert(io.open(path, "rb"))
  return f:read("a")
end

local text = readfile(page)
for _, name in ipairs { "ratios", "jobs", "live" } do
  local rows = stats.readcsv(readfile(("%s/%s.csv"):format(results, name)))
  local first, last = ("<!-- %s -->\n"):format(name), ("<!-- end of %s -->\n"):format(name)
  local a, b = select(2, text:find(first, 1, true)), text:find(last, 1, true)
  assert(a and b, "no markers of " .. name)
  text = text:sub(1, a) .. "\n" .. stats.markdown(rows) .. "\n" .. text:sub(b)
end
local f <close> = assert(io.open(page, "wb"))
f:write(text)
