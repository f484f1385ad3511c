--- How failures are told: at the line of the test, with the conversation as a file; to busted as a failure, where
-- that runs.
-- @module pktcraft.test.report

local report = {}

local places = setmetatable({}, { __mode = "k" }) -- those that are open

--- The folder that conversations of failed tests are written to.
report.folder = os.getenv("PKTCRAFT_TRACES") or "traces"

local current -- the name of the test that busted runs,
local closed = {} -- the places that it has closed,
local pending -- and what makes it pending

function report.enter(place)
  places[place] = true
end

function report.leave(place)
  places[place] = nil
  if current then closed[#closed + 1] = place end -- whether the test fails is not known yet
end

local written = 0 -- conversations, of the test that runs

-- Writes the conversation with a comment where it ended: the path, or nil.
local function save(place, message)
  if place.saved or #place.log == 0 then return place.saved end
  place:comment("failed: " .. message:match("^[^\n]*"))
  written = written + 1
  local name = (current or place.name):gsub("[^%w%-_]+", "-"):sub(1, 120)
  local path = ("%s/%s%s.pcapng"):format(report.folder, name, current and written == 1 and "" or "-" .. written)
  os.execute(("mkdir -p '%s'"):format(report.folder:gsub("'", "'\\''")))
  local ok, why = place:save(path)
  place.saved = ok and path or ("not written: " .. tostring(why))
  return place.saved
end

-- The level of the caller that is not of this library, as `error` counts for the function that calls this.
local function user_level()
  local level = 2
  local mine = debug and debug.getinfo(1, "S").source:match("^(.*)/report%.lua$") -- .../test, whose face is test.lua
  while debug do
    local info = debug.getinfo(level, "S")
    if not info then return 2 end
    local source = info.source
    if info.what ~= "C" and source ~= mine .. ".lua" and source:sub(1, #mine + 1) ~= mine .. "/" then break end
    level = level + 1
  end
  return level - 1
end

--- Raises a failure of a test; the conversation of `place`, if there is one, is saved.
function report.fail(place, message)
  local path = place and save(place, message)
  if path then message = message .. "\nconversation: " .. path end
  local level = user_level()
  local luassert = package.loaded.luassert
  if luassert then luassert(false, message, luassert:level(level)) end
  error(message, level)
end

--- Raises an error of the test itself, at its line.
function report.wrong(message)
  error(message, user_level())
end

--- Something that the test needs is not there: it is pending, where busted runs; else an error.
function report.lacking(why)
  if pending then pending(why) end
  error(why, user_level())
end

--- A place is closed by an error: its conversation is saved.
function report.problem(place, problem)
  save(place, tostring(problem))
end

-- Under busted: a test that fails leaves the conversations of all places that are open.
local busted = package.loaded.busted
if busted and busted.subscribe then
  busted.subscribe({ "test", "start" }, function(element, parent)
    local names = { element.name }
    if parent and parent.name and not parent.name:find("%.lua$") then table.insert(names, 1, parent.name) end
    current = table.concat(names, " ")
    closed, written = {}, 0
    pending = element.env and element.env.pending
    for place in pairs(places) do place.log, place.saved = {}, nil end
    return nil, true
  end)
  busted.subscribe({ "test", "end" }, function(_, _, status)
    if status == "failure" or status == "error" then
      for _, place in ipairs(closed) do save(place, "here, or after this") end
      for place in pairs(places) do save(place, "here, or after this") end
    end
    current, closed, pending = nil, {}, nil
    return nil, true
  end)
end

return report
