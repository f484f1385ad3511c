--- Pictures of terminals, 80 columns wide, dark and light: what commands print, as HTML by aha, as PNG by chromium.
--
--     lua5.4 tools/gen/screens.lua PROGRAM FOLDER NAME COMMAND...
--
-- PROGRAM is the program pktcraft. Writes FOLDER/NAME-dark.png and FOLDER/NAME-light.png; each COMMAND is shown after a
-- prompt, with what it prints to a terminal.
local program, folder, name = assert(arg[1]), assert(arg[2]), assert(arg[3])

local COLUMNS <const>, SIZE <const>, LINE <const>, EDGE <const> = 80, 14, 18, 14 -- of the screen; of letters, in pixels

local function run(command)
  local pipe <close> = assert(io.popen(command))
  return pipe:read "a"
end

local function write(path, text)
  local f <close> = assert(io.open(path, "w"))
  assert(f:write(text))
end

local function quoted(s) return "'" .. s:gsub("'", "'\\''") .. "'" end

local screen, lines = {}, 0
for k = 4, #arg do
  -- A terminal by script(1), so that colours and progress are those that a user sees.
  local shell = ("PATH=%s:$PATH; stty cols %d rows 50 2>/dev/null; %s"):format(program:match "^(.*)/" or ".", COLUMNS,
    arg[k])
  local said = run(("TERM=xterm-256color script -qec %s /dev/null </dev/null"):format(quoted(shell))):gsub("\r", "")
  local text = ("\27[1;32m$\27[0m \27[1m%s\27[0m\n%s"):format(arg[k], said)
  screen[#screen + 1] = text
  for line in text:gsub("\27%[[%d;]*[mK]", ""):gmatch "([^\n]*)\n" do
    lines = lines + math.max(1, (utf8.len(line) + COLUMNS - 1) // COLUMNS)
  end
end

-- Colours: those of terminals, of even brightness before each ground.
local themes <const> = {
  dark = { ground = "#1b1d23", text = "#d7dae0", dim = "#8b919d", red = "#ff7b85", green = "#8fd46a",
    yellow = "#e5c07b", blue = "#6cb6ff", purple = "#d692f0", cyan = "#56c8d8" },
  light = { ground = "#fcfcfc", text = "#24292f", dim = "#6a737d", red = "#c62828", green = "#22863a",
    yellow = "#8a6100", blue = "#0b61c4", purple = "#8839a8", cyan = "#087683" },
}

local STYLE <const> = [[<!DOCTYPE html><meta charset="utf-8"><style>
body { margin: 0; background: $ground; }
pre { margin: 0; padding: $edge; width: $columns; color: $text; font: $font "DejaVu Sans Mono", monospace;
  white-space: pre-wrap; word-break: break-all; }
.bold { font-weight: bold } .dimmed, .dimgray { color: $dim } .red { color: $red } .green { color: $green }
.yellow, .olive { color: $yellow } .blue { color: $blue } .purple { color: $purple } .cyan, .teal { color: $cyan }
</style><pre>]]

local temporary = os.tmpname()
write(temporary, table.concat(screen))
local body = run(("aha --stylesheet --no-header -f %s"):format(temporary))
os.remove(temporary)
for theme, colours in pairs(themes) do
  local page = os.tmpname() .. ".html"
  colours.edge, colours.columns, colours.font = EDGE .. "px", COLUMNS .. "ch", ("%dpx/%dpx"):format(SIZE, LINE)
  write(page, STYLE:gsub("%$(%l+)", colours) .. body .. "</pre>")
  assert(os.execute(("chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=2 "
    .. "--window-size=%d,%d --screenshot=%s/%s-%s.png file://%s >/dev/null 2>&1"):format(
      math.ceil(COLUMNS * SIZE * 0.602) + 2 * EDGE, lines * LINE + 2 * EDGE, folder, name, theme, page)))
  os.remove(page)
end
