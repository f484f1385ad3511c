--- Man pages from the manual, by lowdown: pktcraft(1), one for each command, pktcraft-filter(7) for the language of
-- filters.
--
--     lua5.4 tools/gen/man.lua FOLDER VERSION [COMMAND...]
--
-- An entry "pktcraft NAME" of doc/manual.md is the page of a command; usage comes from the head of its chapter.
package.path = "tools/gen/?.lua;" .. package.path
local manual = require "manual"
local folder, version = assert(arg[1]), assert(arg[2])

--- Links to other chapters stand for nothing in a page: their text does.
local function unlinked(text)
  text = text:gsub(":%s*%[[^%]]*%]%(#[^)]*%)", "")
  return (text:gsub("%s*%(%[[^%]]*%]%(#[^)]*%)%)", ""):gsub("%[([^%]]*)%]%([^)]*%)", "%1"))
end

--- Tables of two columns are lists of terms, as pages have them.
local function listed(text)
  local lines = {}
  for line in (text .. "\n"):gmatch "(.-)\n" do
    local left, right = line:gsub("\\|", "\1"):match "^| (.-) | ?(.-) ?|$"
    if not left or left:find "^%-+$" then
      if not line:find "^|%-" then lines[#lines + 1] = line end
    else
      if not text:find(line .. "\n|-", 1, true) then -- else it is the head
        lines[#lines + 1] = ("\n%s\n: %s"):format(left:gsub("\1", "|"), (right:gsub("\1", "|")))
      end
    end
  end
  return table.concat(lines, "\n")
end

local function page(name, section, text)
  local path = ("%s/man%d/%s.%d"):format(folder, section, name, section)
  assert(os.execute(("mkdir -p '%s/man%d'"):format(folder, section)))
  local pipe = assert(io.popen(("lowdown -s -tman --parse-no-super -M title='%s' -M section=%d -M volume=pktcraft "
    .. "-M source='pktcraft %s' -o '%s' -"):format(name, section, version, path), "w"))
  pipe:write(listed(unlinked(text)))
  assert(pipe:close(), "lowdown failed")
  -- As programs that read pages for their summaries want it.
  local roff = manual.readfile(path):gsub("%.S([HS])\n", ".S%1 "):gsub("(%.SH NAME)\n%.LP\n(%S+) %- ", "%1\n%2 \\- ")
  local f <close> = assert(io.open(path, "w"))
  assert(f:write(roff))
end

local general, language = nil, {} -- the chapters of the program and of filters
local commands = {}
for _, entry in ipairs(manual.read "doc/manual.md") do
  local name = entry.names[1] and entry.names[1]:match "^pktcraft (%l+)$"
  if name then commands[#commands + 1] = { name, entry.text } end
  if entry.heading:find "The program$" then general = entry.text end
  if entry.chapter and entry.chapter:find "The language of filters$" then
    language[#language + 1] = entry.level > 2
      and ("# %s\n\n%s"):format(entry.heading:match "^[%d.]* ?(.*)$", entry.text) or entry.text
  end
end

local usage = {} -- by command
for line in general:match "^(.-)\n\n[^ ]":gmatch "[^\n]+" do
  local name = line:match "^%s*pktcraft ([%l]+) "
  if name then usage[name] = line:match "^%s*(.*)$" end
end

local EXITS <const> = "\n# EXIT STATUS\n\n0 done; 1 failed while running; 2 wrong usage or unusable input.\n"
local list = {}
for k, each in ipairs(commands) do
  local name, text = each[1], each[2]
  list[k] = ("pktcraft-%s(1)"):format(name)
  local summary = unlinked(text):gsub("%s+", " "):match "^ ?([^.;:(]+)":gsub("`", ""):gsub("%s+$", "")
  local diff = name == "diff" and "\n# EXIT STATUS\n\n0 no difference; 1 some; 2 trouble.\n" or EXITS
  page("pktcraft-" .. name, 1, ("# NAME\n\npktcraft-%s - %s\n\n# SYNOPSIS\n\n    %s\n\n# DESCRIPTION\n\n%s\n%s"
    .. "\n# SEE ALSO\n\npktcraft(1), pktcraft-filter(7)\n"):format(name, summary,
    usage[name] or "pktcraft " .. name, text, name == "test" and "" or diff))
end

page("pktcraft", 1, ("# NAME\n\npktcraft - packets built, filtered, edited, sent and tested, in Lua\n\n"
  .. "# SYNOPSIS\n\n%s\n\n# SEE ALSO\n\n%s, pktcraft-filter(7), lua5.4(1)\n"):format(
    (general:gsub("\n(Runs Lua scripts)", "\n# DESCRIPTION\n\n%1", 1)), table.concat(list, ", ")))
page("pktcraft-filter", 7, "# NAME\n\npktcraft-filter - expressions over the fields of packets\n\n# DESCRIPTION\n\n"
  .. table.concat(language, "\n\n") .. "\n\n# SEE ALSO\n\npktcraft(1), pktcraft-show(1), pcap-filter(7)\n")
