--- Runs a guide literally, in the current folder: `cd FOLDER && pktcraft .../spec/guide.lua GUIDE`.
--
-- A fenced block whose first line is a comment that names a file is written as that file. Of a ```console block, lines
-- `$ COMMAND` are run by sh, and what follows is what they print: a line `...` is any lines, ` ...` at a line's end any
-- text. ```lua blocks are chunks of one state; what they print stands after `-->`. ```python blocks are run by
-- guide-scapy.py, where scapy is there; after the ```lua block that follows, globals of the same name must be the same
-- packet or value on both sides. Commands of programs that are not there, and commands on the files that these would
-- have written, are left out.
--
-- Exit status: 0, it is as printed; 1, not: the block and the difference are on standard output. After 0, standard output
-- has a line for each program that was not there, and whose commands were left out.
local page <const>, home <const> = ..., arg[0]:match "^(.*/)" or "./"

-- Programs that need not be there: those that guides compare with, and compilers.
local foreign <const> = {}
for name in ("tcpdump tshark tcprewrite editcap mergecap capinfos text2pcap cc gcc pkg-config busted"):gmatch "%S+" do
  foreign[name] = true
end
local absent = {}

local load <const>, xpcall <const> = load, xpcall -- which guides may give other values

local function readfile(name)
  local f <close> = assert(io.open(name, "rb"))
  return f:read "a"
end

local function writefile(name, text)
  local f <close> = assert(io.open(name, "wb"))
  assert(f:write(text))
end

local function lines(text)
  local list = {}
  for line in text:gmatch "([^\n]*)\n?" do list[#list + 1] = line end
  if list[#list] == "" then list[#list] = nil end
  return list
end

local function fail(block, what)
  io.stdout:write(("%s:%d: %s\n"):format(page:match "[^/]*$", block.line, what))
  os.exit(1, true)
end

--- The fenced blocks of a page: language, text, and the line of the page where the text begins.
local function blocks(text)
  local list, block = {}, nil
  for k, line in ipairs(lines(text)) do
    local fence = line:match "^```(.*)$"
    if block and fence then
      block.text = table.concat(block, "\n") .. (#block > 0 and "\n" or "")
      list[#list + 1], block = block, nil
    elseif fence then
      block = { language = fence, line = k + 1 }
    elseif block then
      block[#block + 1] = line
    end
  end
  assert(not block, "a block that does not end")
  return list
end

--- Whether a line is as expected, where " ..." at the end stands for any text.
local function same(got, expected)
  local begin = expected:match "^(.* )%.%.%.$"
  return got == expected or got and begin and got:sub(1, #begin) == begin
end

--- Whether lines are as expected, where "..." stands for any.
local function alike(got, expected, i, j)
  i, j = i or 1, j or 1
  while expected[j] do
    if expected[j] == "..." then
      for k = i, #got + 1 do
        if alike(got, expected, k, j + 1) then return true end
      end
      return false
    end
    if not same(got[i], expected[j]) then return false end
    i, j = i + 1, j + 1
  end
  return got[i] == nil
end

local function compare(block, what, got, expected)
  if not alike(got, expected) then
    fail(block, ("%s\n--- expected\n%s\n--- got\n%s"):format(what, table.concat(expected, "\n"), table.concat(got, "\n")))
  end
end

--- The name of a file that a block is, or nil.
local function filename(block)
  local first = block[1] or ""
  return first:match "^%-%- ([%w_-]+%.%a+)%f[\0: ]" or first:match "^/%* ([%w_-]+%.%a+)" or first:match "^# ([%w_-]+%.%a+)%f[\0: ]"
end

local function has(program)
  return (os.execute(("command -v %s >/dev/null 2>&1"):format(program)))
end

--- The first program of a command that is not there and need not be, or nil.
local function lacking(command)
  if command:find "^pktcraft test " and not has "busted" then return "busted" end
  for name in ("| " .. command:gsub("%b''", "''")):gmatch "[|;&(]%s*([%w_./-]+)" do
    if name == "time" then name = command:match "^time (%S+)" end
    if not has(name) then
      if foreign[name] then return name end
      -- What a compiler that is not there would have made.
      if name:find "^%./" and (absent.cc or absent.gcc or absent["pkg-config"]) then return "cc" end
    end
  end
end

-- The files that commands that were left out would have written: named first by those.
local unwritten = {}

local function files(text)
  local words = {}
  for name in text:gmatch "[%w_-]+%.%a+" do
    if name:find "%.pcap$" or name:find "%.pcapng$" or name:find "%.txt$" then words[name] = true end
  end
  return words
end

local known <const> = {}

--- Whether a command is left out; learns from it what files there are.
local function leftout(command)
  local words, why = files(command), lacking(command)
  if why then absent[why] = true end
  for name in pairs(words) do
    if why and not known[name] then unwritten[name] = true end
    known[name] = true
  end
  for name in pairs(words) do why = why or unwritten[name] end
  return why
end

--- Runs the commands of a block by one shell, each with its output in a file of its own.
local function console(block)
  local commands, script = {}, { "exec </dev/null\n" }
  local command
  for _, line in ipairs(block) do
    if command and command.more then
      command.text = command.text .. "\n" .. line:gsub("^> ", "")
      command.more = line:find "\\$"
    elseif line:find "^%$ " then
      command = { text = line:sub(3), more = line:find "\\$", expected = {} }
      commands[#commands + 1] = command
    elseif command then
      table.insert(command.expected, line)
    else
      fail(block, "output without a command")
    end
  end
  for k, c in ipairs(commands) do
    c.leftout = leftout(c.text) or c.text == "echo $?" and commands[k - 1].leftout
    if not c.leftout then
      -- What was compiled here is linked to our libraries, which may be a sanitizer's build.
      local preload = (" " .. c.text):find " %./" and "test -z \"$PK_PRELOAD\" || export LD_PRELOAD=\"$PK_PRELOAD\"; " or ""
      script[#script + 1] = ("{ %s%s\n} >.out%d 2>&1; s=$?; unset LD_PRELOAD; echo $s >.status%d; (exit $s)\n")
        :format(preload, c.text, k, k)
    end
  end
  writefile(".script", table.concat(script))
  os.execute "sh .script"
  for k, c in ipairs(commands) do
    if not c.leftout then
      local said = readfile(".out" .. k):gsub("[^\n]*/lib[au]b?san%.so[^\n]* warning:[^\n]*\n", "") -- a linker's, of sanitizers
      compare(block, "$ " .. c.text, lines(said), c.expected)
      local status, next = readfile(".status" .. k):match "%d+", commands[k + 1]
      if status ~= "0" and not (next and next.text == "echo $?") then
        fail(block, ("$ %s\nexit status %s"):format(c.text, status))
      end
    end
  end
end

local printed

--- Runs a chunk of the one state.
local function chunk(block)
  local expected = {}
  for _, line in ipairs(block) do expected[#expected + 1] = line:match "%-%-> ?(.*)$" end
  printed = {}
  local f, why = load(block.text, ("=%s:%d"):format(page:match "[^/]*$", block.line))
  if not f then fail(block, why) end
  local ok, message = xpcall(f, debug.traceback)
  if not ok then fail(block, message) end
  compare(block, "what it prints", printed, expected)
end

--- Runs all blocks of scapy: a list with a table for each, of globals as text after it; or nil, not there.
local function scapy(list)
  local texts = {}
  for _, block in ipairs(list) do
    if block.language == "python" then
      texts[#texts + 1] = block.text
      block.number = #texts
    end
  end
  if #texts == 0 then return {} end
  local python
  for _, name in ipairs { "python3", "/usr/bin/python3" } do
    if not python and os.execute(name .. " -c 'import scapy' 2>/dev/null") then python = name end
  end
  if not python then
    absent.scapy = true
    return {}
  end
  writefile(".blocks.py", table.concat(texts, "\0"))
  if not os.execute(("mkdir .scapy && cd .scapy && %s %sguide-scapy.py ../.blocks.py >../.globals 2>../.errors")
    :format(python, home)) then
    fail(list[1], "scapy: " .. readfile ".errors")
  end
  local globals = {}
  for k = 1, #texts do globals[k] = {} end
  for k, name, value in readfile ".globals":gmatch "(%d+) (%S+) ([^\n]*)\n" do
    if name == ">" then
      table.insert(globals[tonumber(k)], value)
    else
      globals[tonumber(k)][name] = value
    end
  end
  return globals
end

--- A packet, string, number or boolean as guide-scapy.py writes it; strings as bytes where it has those.
local function astext(value, theirs)
  local ok, bytes = pcall(function() return type(value) == "userdata" and value.memory end)
  bytes = ok and bytes and bytes:tostring() or type(value) == "string" and theirs:find "^bytes " and value
  if bytes then return "bytes " .. bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end) end
  return ("%s %s"):format(type(value), tostring(value):gsub("\n", "\\n"))
end

local list = blocks(readfile(page))
print = function(...) -- luacheck: ignore 121
  local words = table.pack(...)
  for k = 1, words.n do words[k] = tostring(words[k]) end
  for _, line in ipairs(lines(table.concat(words, "\t"))) do printed[#printed + 1] = line end
end
local theirs = scapy(list)
local compared = 0

local last
for _, block in ipairs(list) do
  local name = filename(block)
  if block.language == "python" then
    last = block
    if theirs[block.number] then
      local expected = {}
      for _, line in ipairs(block) do expected[#expected + 1] = line:match "#> ?(.*)$" end
      compare(block, "what it prints", theirs[block.number], expected)
    end
  elseif name then
    writefile(name, block.text)
  elseif block.language == "console" then
    console(block)
  elseif block.language == "lua" then
    chunk(block)
    for key, value in pairs(last and theirs[last.number] or {}) do
      local ours = rawget(_G, key)
      if type(key) == "string" and ours ~= nil then -- what was printed stands under numbers
        compared = compared + 1
        compare(block, ("`%s` is not scapy's (which is expected)"):format(key), { astext(ours, value) }, { value })
      end
    end
    last = nil
  end
end
if next(theirs) and compared == 0 then fail(list[1], "nothing is compared with scapy") end
for name in pairs(absent) do io.stdout:write(name, "\n") end
