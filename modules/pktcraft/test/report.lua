--- How failures are told: at the line of the test, with the conversation as a file; to busted as a failure, where
-- that runs.
-- @module pktcraft.test.report

local report = {}

local places = setmetatable({}, { __mode = "k" }) -- those that are open

--- The folder that conversations of failed tests are written to.
report.folder = os.getenv("PKTCRAFT_TRACES") or ""
if report.folder == "" then report.folder = "traces" end

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

local named = {} -- how many conversations have a name, of this run

-- The path that a place's conversation is written to when the test fails.
local function path_of(place)
  if place.path then return place.path end
  local name = (current or place.name):gsub("[%c%s/\\:\"'*?<>|]+", "-")
  if #name > 150 then name = name:sub(1, utf8.offset(name, 0, 150) - 1) end
  named[name] = (named[name] or 0) + 1
  place.path = ("%s/%s%s.pcapng"):format(report.folder, name, named[name] > 1 and "-" .. named[name] or "")
  return place.path
end

-- Writes the conversation with a comment where it ended: the path, or nil.
local function save(place, message)
  if place.saved or #place.log == 0 then return place.saved end
  if message then place:comment("failed: " .. message:match("^[^\n]*")) end
  local path = path_of(place)
  os.execute(("mkdir -p '%s'"):format(report.folder:gsub("'", "'\\''")))
  local ok, why = place:save(path)
  place.saved = ok and path or ("not written: " .. tostring(why))
  if not ok then io.stderr:write("pktcraft: ", tostring(why), "\n") end
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
  local path
  if place and current and #place.log > 0 then -- whether the test fails by it is known at its end
    place:comment("failed: " .. message:match("^[^\n]*"))
    place.commented = true
    path = path_of(place)
  elseif place then
    path = save(place, message)
  end
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
  if not current then
    save(place, tostring(problem))
  elseif not place.commented then
    place:comment("failed: " .. tostring(problem):match("^[^\n]*"))
    place.commented = true
  end
end

-- Under busted: a test that fails leaves the conversations of all places that are open.
local busted = package.loaded.busted
if busted and busted.subscribe then
  busted.subscribe({ "test", "start" }, function(element, parent)
    local names = { element.name }
    while parent and parent.name and parent.descriptor ~= "file" and not parent.name:find("%.lua$") do
      table.insert(names, 1, parent.name)
      parent = busted.parent(parent)
    end
    current = table.concat(names, " ")
    closed = {}
    pending = element.env and element.env.pending
    return nil, true
  end)
  busted.subscribe({ "test", "end" }, function(_, _, status)
    for place in pairs(places) do closed[#closed + 1] = place end
    for _, place in ipairs(closed) do
      if status == "failure" or status == "error" then
        save(place, not place.commented and "here, or after this" or nil)
      end
      place.log, place.saved, place.path, place.commented = {}, nil, nil, nil -- of one that goes on
    end
    current, closed, pending = nil, {}, nil
    return nil, true
  end)
end

return report
