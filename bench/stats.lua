--- Arithmetic of the benchmarks.
local stats = {}

local function sorted(list)
  local copy = table.move(list, 1, #list, 1, {})
  table.sort(copy)
  return copy
end

--- The q-quantile of a list of numbers, 0 <= q <= 1, by linear interpolation between the order statistics.
function stats.quantile(list, q)
  assert(#list > 0, "no values")
  local s = sorted(list)
  local at = 1 + (#s - 1) * q
  local low = math.floor(at)
  local high = math.min(low + 1, #s)
  return s[low] + (s[high] - s[low]) * (at - low)
end

function stats.median(list)
  return stats.quantile(list, 0.5)
end

function stats.min(list)
  return math.min(table.unpack(list))
end

function stats.max(list)
  return math.max(table.unpack(list))
end

--- ns a frame of a run over `frames` frames, when one over none takes `empty` seconds.
function stats.perframe(seconds, empty, frames)
  assert(frames > 0, "no frames")
  return math.max(seconds - empty, 0) / frames * 1e9
end

--- A string as one word of the shell.
function stats.quote(s)
  return "'" .. s:gsub("'", "'\\''") .. "'"
end

--- The lines of a text, sorted.
function stats.lines(text)
  local lines = {}
  for line in text:gmatch("[^\n]+") do lines[#lines + 1] = line end
  table.sort(lines)
  return lines
end

--- The frames of a classic capture of this machine's byte order, without their times.
function stats.records(bytes)
  local frames, at = {}, 25
  while at + 15 <= #bytes do
    local caplen = string.unpack("=I4", bytes, at + 8)
    frames[#frames + 1] = bytes:sub(at + 8, at + 15 + caplen)
    at = at + 16 + caplen
  end
  return frames
end

--- A line of CSV (RFC 4180).
function stats.csv(...)
  local fields = table.pack(...)
  for k = 1, fields.n do
    local s = tostring(fields[k] == nil and "" or fields[k])
    if s:find('[",\n]') then s = '"' .. s:gsub('"', '""') .. '"' end
    fields[k] = s
  end
  return table.concat(fields, ",") .. "\n"
end

--- The rows of a text of CSV.
function stats.readcsv(text)
  local rows, row, at = {}, {}, 1
  while at <= #text do
    local field, stop
    if text:sub(at, at) == '"' then
      field, stop = "", at
      repeat
        local part, last = text:match('^"([^"]*)"()', stop)
        field, stop = field .. (stop > at and '"' or "") .. part, last
      until text:sub(stop, stop) ~= '"'
    else
      field, stop = text:match("^([^,\n]*)()", at)
    end
    row[#row + 1] = field
    if text:sub(stop, stop) == "\n" then rows[#rows + 1], row = row, {} end
    at = stop + 1
  end
  return rows
end

--- A table of text: rows of strings, the first column to the left, the others to the right.
function stats.text(rows)
  local widths = {}
  for _, row in ipairs(rows) do
    for k, cell in ipairs(row) do widths[k] = math.max(widths[k] or 0, utf8.len(cell)) end
  end
  local lines = {}
  for _, row in ipairs(rows) do
    local cells = {}
    for k, cell in ipairs(row) do
      local pad = (" "):rep(widths[k] - utf8.len(cell))
      cells[k] = k == 1 and cell .. pad or pad .. cell
    end
    lines[#lines + 1] = (table.concat(cells, "  "):gsub("%s+$", ""))
  end
  return table.concat(lines, "\n") .. "\n"
end

--- The same as a table of Markdown; the first row is its head.
function stats.markdown(rows)
  local lines = {}
  for k, row in ipairs(rows) do
    lines[#lines + 1] = "| " .. table.concat(row, " | ") .. " |"
    if k == 1 then
      local rule = {}
      for c = 1, #row do rule[c] = c == 1 and "---" or "---:" end
      lines[#lines + 1] = "|" .. table.concat(rule, "|") .. "|"
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

return stats
