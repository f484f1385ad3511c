--- The manual as a table, for what is made of it: index, annotations, HTML, man pages; and for the spec that holds it
-- against the code.
--
-- A heading of level two begins a chapter, one of level three a section, one of level four an entry or a subject. An
-- entry is one whose heading has names that code knows: functions with arguments (`pcap.open (path [, options])`),
-- commands, functions of C. In the line after an entry of Lua stand the types of its arguments and results.
local manual = {}

function manual.readfile(path)
  local f <close> = assert(io.open(path))
  return f:read "a"
end

--- The anchor of a heading, as the sites that show Markdown make it; `seen` counts those of the page.
local function anchor(heading, seen)
  local s = heading:lower():gsub("[^%w%-_ ]", ""):gsub(" ", "-")
  local n = seen[s]
  seen[s] = (n or 0) + 1
  return n and ("%s-%d"):format(s, n) or s
end

--- The names of an entry: all before arguments, between commas; none where the heading is a subject.
local function names(heading)
  local list = {}
  local command = heading:match "^pktcraft (%l+)$"
  if command then return { heading } end
  local required = heading:match '^require "([%w.]+)"'
  if required then return { required } end
  for part in (heading:gsub("%b()", "")):gmatch "[^,]+" do
    local name = part:match "^%s*([%a_][%w_]*[.:_][%w_.:]*)%s*$"
    if not name then return {} end
    list[#list + 1] = name
  end
  return list
end

--- Rows of the tables in a text: lists of cells, `head` being the first of the table's heads.
local function rows(text)
  local list, head = {}, nil
  local lines = {}
  for line in text:gmatch "[^\n]+" do lines[#lines + 1] = line end
  for k, line in ipairs(lines) do
    if line:sub(1, 1) == "|" and not line:find "^|%-" then
      local cells = {}
      for cell in line:gsub("\\|", "\1"):sub(2):gmatch "%s*(.-)%s*|" do
        cells[#cells + 1] = (cell:gsub("\1", "|"))
      end
      if lines[k + 1] and lines[k + 1]:find "^|%-" then
        head = cells
      else
        cells.head = head
        list[#list + 1] = cells
      end
    end
  end
  return list
end

--- A list of the headings of a page: `level`, `heading`, `anchor`, `names` (of an entry), `types`, `text` up to the
-- next heading, `rows` of its tables, `section` and `chapter` that it is in.
function manual.read(path)
  local list, seen, chapter, section = {}, {}, nil, nil
  local text = "\n" .. manual.readfile(path)
  local fenced = false
  local entry
  for line in text:gmatch "([^\n]*)\n" do
    if line:find "^```" then fenced = not fenced end
    local marks, heading = line:match "^(#+) (.*)$"
    if marks and not fenced then
      entry = { level = #marks, heading = heading, anchor = anchor(heading, seen), names = {}, lines = {} }
      if #marks == 2 then chapter = heading end
      if #marks <= 3 then section = heading end
      if #marks == 4 then entry.names = names(heading) end
      entry.chapter, entry.section = chapter, section
      list[#list + 1] = entry
    elseif entry then
      if #entry.lines == 0 and #entry.names > 0 and not entry.types and line:find "^`.*`$" then
        entry.types = line:sub(2, -2)
      elseif #entry.lines > 0 or line ~= "" then
        entry.lines[#entry.lines + 1] = line
      end
    end
  end
  for _, each in ipairs(list) do
    each.text = table.concat(each.lines, "\n"):gsub("%s+$", "")
    each.rows = rows(each.text)
    each.lines = nil
  end
  return list
end

--- The arguments and results of an entry's types: `{ { name, type, optional } }` and a list of types; nil for a value.
function manual.signature(types)
  local head, results = types:match "^(%b())%s*:?%s*(.*)$"
  if not head then return nil end
  local function split(s) -- at commas outside of brackets
    local list, depth, from = {}, 0, 1
    for k = 1, #s do
      local c = s:sub(k, k)
      if c:find "[({<[]" then depth = depth + 1 end
      if c:find "[)}%]>]" then depth = depth - 1 end
      if c == "," and depth == 0 then
        list[#list + 1] = s:sub(from, k - 1)
        from = k + 1
      end
      -- The results of a function that is a result take the rest.
      if depth == 0 and s:find("^fun%b():", k) then
        list[#list + 1] = s:sub(from)
        return list
      end
    end
    if s:sub(from):find "%S" then list[#list + 1] = s:sub(from) end
    return list
  end
  local arguments = {}
  for k, part in ipairs(split(head:sub(2, -2))) do
    local name, optional, kind = part:match "^%s*([%w_.]+)(%??): (.-)%s*$"
    assert(name, types)
    arguments[k] = { name = name, type = kind, optional = optional == "?" }
  end
  local list = split(results)
  for k, part in ipairs(list) do list[k] = part:match "^%s*(.-)%s*$" end
  return arguments, list
end

return manual
