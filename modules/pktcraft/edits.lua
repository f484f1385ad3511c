--- Edits of packets by assignments, as `pktcraft edit` takes them: `ipv4.ttl = 64; vlan = nil if vlan.id == 5`.
-- @module pktcraft.edits

local filter = require "pktcraft.filter"
local fields_of = require "layout".fields
local layouts = require "pktcraft.layouts"
local packet = require "pktcraft.packet"

local edits = {}

--- Splits text at separators (a Lua pattern of one character) that lie outside of strings and brackets.
local function split(text, separator)
  local parts, begin, at, depth, quote = {}, 1, 1, 0, nil
  while at <= #text do
    local c = text:sub(at, at)
    if quote then
      if c == "\\" then
        at = at + 1
      elseif c == quote then
        quote = nil
      end
    elseif c == '"' or c == "'" then
      quote = c
    elseif c:find "[%(%[{]" then
      depth = depth + 1
    elseif c:find "[%)%]}]" then
      depth = depth - 1
    elseif depth == 0 and c:find(separator) then
      parts[#parts + 1] = text:sub(begin, at - 1)
      begin = at + 1
    end
    at = at + 1
  end
  parts[#parts + 1] = text:sub(begin)
  return parts
end

--- A statement and its condition: the word `if`, outside of strings and brackets.
local function condition(statement)
  local words = split(statement, "%s")
  local length = 0
  for k, word in ipairs(words) do
    if k > 1 and word == "if" then
      return statement:sub(1, length):match "^%s*(.-)%s*$", statement:sub(length + 3)
    end
    length = length + #word + 1
  end
  return statement:match "^%s*(.-)%s*$", nil
end

local ABSENT <const> = {} -- raised: a layer that an expression asks for is not there
local UNKNOWN <const> = "nothing is called '%s'"

--- The names that expressions may use: layers of the packet, and Lua's.
local function environment(state)
  return setmetatable({}, {
    __index = function(_, name)
      state.asked = true
      if name == "pkt" then return state.packet end
      if layouts[name] then
        local view = state.packet and state.packet[name]
        if not view then error(ABSENT, 0) end
        return view
      end
      local value = _G[name]
      if value == nil then error(UNKNOWN:format(name), 0) end
      return value
    end,
  })
end

--- Whether an error of an expression says that a field was not there.
local function is_absent(problem)
  return problem == ABSENT or type(problem) == "string" and problem:find "a nil value" ~= nil
    or type(problem) == "string" and problem:find "with nil" ~= nil
end

--- A value: a constant, or a function of a packet; nil and a message.
local function value(text)
  if text == "true" then return true end
  if text == "false" then return false end
  if text:find "^[%a_][%w_]*$" then return text end -- the name of a value, or letters of flags
  local state = {}
  local env = environment(state)
  env.layer = function(name, n)
    local view = state.packet and state.packet:layer(name, n)
    if not view then error(ABSENT, 0) end
    return view
  end
  local code = text:gsub("[%a_][%w_]*%.[%w_.]+", function(name)
    return type(filter.names[name]) == "string" and filter.names[name] or nil
  end):gsub("([%a_][%w_]*)#(%d+)", 'layer("%1", %2)')
  local f, why = load("return " .. code, "=value", "t", env)
  if not f then
    if text:find "^%S+$" and not text:find "[\"'%(%)]" then return text end -- an address
    return nil, ("no value: %s (%s)"):format(text, (why:gsub("^value:%d+: ", "")))
  end
  local ok, result = pcall(f)
  if not ok and type(result) == "string" and result:find "^nothing is called" then return nil, result end
  if ok and not state.asked then
    if result == nil or type(result) == "table" then return nil, ("no value: %s"):format(text) end
    return result
  end
  return function(pkt)
    state.packet = pkt
    local good, got = pcall(f)
    state.packet = nil
    if good then return got end
    if not is_absent(got) then error(got, 0) end
    return nil
  end
end

--- The fields that a target names: a list of paths; or nil and a message.
local function fields(target)
  local paths = filter.names[target]
  if type(paths) == "table" then
    return nil, ("'%s' stands for several fields: say which of %s"):format(target, table.concat(paths, ", "))
  end
  paths = { paths or target }
  for _, path in ipairs(paths) do
    local good, why = filter.compile(path)
    if not good then return nil, why end
    local writable
    writable, why = pcall(packet.setter, path)
    if not writable then return nil, (tostring(why):gsub("^bad argument #1 to '[^']*' %((.*)%)$", "%1")) end
  end
  return paths
end

--- What is wrong with a constant for a field of a layer, if that can be told without a packet.
local function misfit(path, v)
  local layer, key = path:match "^([^.#]*)#?%d*%.([^.]*)$"
  if not layer then return nil end
  local ok, why = pcall(function() return layouts[layer]({ [key] = v }).memory end)
  if not ok and tostring(why):find(" of layout '" .. layer .. "')", 1, true) then return why end
  return nil
end

--- Whether one of the fields is a checksum: what is written before and after it is another call's.
local function has_sum(paths)
  for _, path in ipairs(paths) do
    local layer, key = path:match "^([^.#]*)#?%d*%.([^.]*)$"
    for _, field in ipairs(layer and fields_of(layouts[layer]) or {}) do
      if field.sum and field.key == key then return true end
    end
  end
  return false
end

--- `layer = nil`: takes that layer away.
local function removal(name, n)
  return function(pkt)
    if not pkt:layer(name, n) then return false end
    pkt:remove(name, n)
    return true
  end
end

--- `push layer { fields } [above layer]`
local function pushing(text)
  local name, rest = text:match "^([%a_][%w_]*)%s*(.*)$"
  local layout = name and layouts[name]
  if not layout then return nil, ("no layout '%s'"):format(name or text) end
  local given, above = rest, nil
  if rest:find "%f[%w]above%s+[^%s}]+$" then given, above = rest:match "^(.-)%s*above%s+([^%s}]+)$" end
  local f, why = load("return " .. (given ~= "" and given or "{}"), "=push", "t", {})
  if not f then return nil, (why:gsub("^push:%d+: ", "")) end
  local good, part = pcall(function()
    local p = layout(f())
    return p.memory and p -- built once: now, what is wrong with it is told
  end)
  if not good then return nil, part end
  local below, n = nil, 1
  if above then
    below, n = above:match "^([%a_][%w_]*)#?(%d*)$"
    if not below or not layouts[below] then return nil, ("no layout '%s'"):format(above) end
    n = math.tointeger(tonumber(n)) or 1
  end
  return function(pkt)
    local at = below
    if not at then at = pkt:layers()() end -- the link's
    if not at or not pkt:layer(at, n) then return false end
    pkt:insert(part, at, n)
    return true
  end
end

--- An edit without its condition; constants of fields come as { path, value }.
local function action(text)
  if text == "drop" then
    return function() return nil end
  elseif text == "fix" then
    return function(pkt)
      local _, n = pkt:fix()
      return n > 0
    end
  end
  local pushed = text:match "^push%s+(.*)$"
  if pushed then return pushing(pushed) end
  local target, given = text:match "^([%a_][%w_.#]*)%s*=%s*(.-)$"
  if not target or given == "" or given:find "^=" then
    return nil, ("'field = value', 'layer = nil', 'push layer', 'fix' or 'drop' expected, not '%s'"):format(text)
  end
  if not target:find "%." then
    local name, n = target:match "^([^#]*)#?(%d*)$"
    if not layouts[name] then
      local _, why = filter.compile(target)
      return nil, why or ("no layout '%s'"):format(target)
    end
    if given ~= "nil" then return nil, ("a layer is taken away by '%s = nil'"):format(target) end
    local nth = n == "" and not target:find "#" and 1 or math.tointeger(tonumber(n))
    if not nth or nth < 1 or nth > 32 then return nil, ("no layer: '%s'"):format(target) end
    return removal(name, nth)
  end
  local paths, why = fields(target)
  if not paths then return nil, why end
  if given == "nil" then return nil, ("only a layer can be taken away, and '%s' is a field"):format(target) end
  local v
  v, why = value(given)
  if v == nil then return nil, why end
  if type(v) ~= "function" then
    for _, path in ipairs(paths) do
      why = misfit(path, v)
      if why then return nil, why end
    end
    return { paths = paths, value = v, alone = has_sum(paths) }
  end
  local set = {}
  for k, path in ipairs(paths) do set[k] = packet.setter(path) end
  return function(pkt)
    local got, done = v(pkt), 0
    if got == nil then return false end
    for k = 1, #set do done = done + set[k](pkt, got) end
    return done > 0
  end
end

--- Constants for fields, in one call.
local function constants(list)
  local paths, values = {}, {}
  for _, item in ipairs(list) do
    for _, path in ipairs(item.paths) do
      paths[#paths + 1], values[#values + 1] = path, item.value
    end
  end
  local set, n, v = packet.setter(table.unpack(paths)), #values, values[1]
  if n == 1 then
    return function(pkt) return set(pkt, v) > 0 end
  end
  return function(pkt) return set(pkt, table.unpack(values, 1, n)) > 0 end
end

--- An edit under a condition.
local function guarded(f, wanted)
  return function(pkt)
    if not wanted:match(pkt) then return false end
    return f(pkt)
  end
end

--- Compiles statements: a function of a packet that changes it and gives whether it did, nil when the packet is to be
-- dropped; or nil and a message. Between `;` or new lines stand
--
--   * `field = value [if filter]`: the value is a constant of the field (`64`, `10.0.0.1`, `"echo request"`, `SA`), or
--     an expression of Lua over fields: `ipv4.ttl - 1`. Sums follow (`packet.setter`). Packets without the field stay
--     as they are;
--   * `layer = nil [if filter]` takes a layer away; `push layer { fields } [above layer] [if filter]` puts one in,
-- above
--     the link's. Lengths and the numbers of layers follow;
--   * `fix [if filter]` makes lengths and sums right; `drop [if filter]`.
function edits.compile(text)
  local steps, pending = {}, {}
  local function flush()
    if #pending > 0 then steps[#steps + 1] = constants(pending) end
    pending = {}
  end
  for _, statement in ipairs(split(text, "[;\n]")) do
    local what, when = condition(statement)
    if what ~= "" then
      local f, why = action(what)
      if not f then return nil, why end
      if type(f) == "table" and f.alone then flush() end
      if type(f) == "table" and not when and not f.alone and #pending < 32 then
        pending[#pending + 1] = f
      else
        flush()
        if type(f) == "table" then f = constants { f } end
        if when then
          local wanted
          wanted, why = filter.compile(when)
          if not wanted then return nil, why end
          f = guarded(f, wanted)
        end
        steps[#steps + 1] = f
      end
    end
  end
  flush()
  if #steps == 1 then return steps[1] end
  return function(pkt)
    local changed = false
    for k = 1, #steps do
      local did = steps[k](pkt)
      if did == nil then return nil end
      changed = did or changed
    end
    return changed
  end
end

--- All that `pktcraft edit` does to a packet: a function of one that gives whether it is kept, and a function that
-- tells how many were changed, how many could not be, and what was wrong with the first of those; or nil and a
-- message. `options`, all texts but the last: `edits` (statements), `wanted` (a filter: others stay as they are),
-- `maps` ("A=B" lines) and `key`, `keep` (lines), `payload` of `packet.addressmap`, `shift` (ns).
function edits.editor(options)
  local change, why = edits.compile(options.edits or "")
  if not change then return nil, why end
  local wanted, map
  if options.wanted then
    wanted, why = filter.compile(options.wanted)
    if not wanted then return nil, why end
  end
  if options.key or (options.maps or "") ~= "" then
    local moves, keep = {}, {}
    for from, to in (options.maps or ""):gmatch "([^\n=]*)=([^\n]*)" do moves[from] = to end
    for prefix in (options.keep or ""):gmatch "[^\n]+" do keep[#keep + 1] = prefix end
    local ok, made = pcall(packet.addressmap, { key = options.key, map = moves, keep = keep,
      payload = options.payload })
    if not ok then return nil, made end
    map = made
  end
  local shift, changed, failed, first = options.shift or 0, 0, 0, nil
  return function(pkt)
    if wanted and not wanted:match(pkt) then return true end
    local ok, did = pcall(change, pkt)
    if not ok then
      if tostring(did):find "interrupted!" then error(did, 0) end
      first = first or ("frame %d: %s"):format(pkt.number, (tostring(did):gsub("^[^ ]+:%d+: ", "")))
      failed, did = failed + 1, false
    elseif did == nil then
      return false
    end
    if map then
      local _, n = map:apply(pkt)
      did = did or n > 0
    end
    if shift ~= 0 and pkt.time then
      if pkt.time + shift < 0 then error(("frame %d: a time before 1970"):format(pkt.number), 0) end
      pkt.time = pkt.time + shift
      did = true
    end
    if did then changed = changed + 1 end
    return true
  end, function() return changed, failed, first end
end

return edits
