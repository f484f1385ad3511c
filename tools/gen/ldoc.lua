--- What LDoc makes its pages of: a file of comments for each module, from the manual, and LDoc's configuration.
--
--     lua5.4 tools/gen/ldoc.lua doc/manual.md FOLDER VERSION
package.path = "tools/gen/?.lua;" .. package.path
local manual = require "manual"

local path, folder, version = assert(arg[1]), assert(arg[2]), assert(arg[3])

local function write(name, text)
  local f <close> = assert(io.open(folder .. "/" .. name, "w"))
  assert(f:write(text))
end

--- Links within the manual lead to its page.
local function linked(text)
  return (text:gsub("%]%(#", "](../topics/manual.md.html#"):gsub("%]%(guides/([%w-]+%.md)%)", "](../topics/%1.html)")
    :gsub("%]%(guides%)", "](../index.html)"))
end

--- Adds text as comments; code between fences is indented, as LDoc wants it.
local function comment(lines, text)
  local fenced = false
  for line in (linked(text) .. "\n"):gmatch "(.-)\n" do
    if line:find "^```" then
      fenced = not fenced
      line = ""
    end
    lines[#lines + 1] = (fenced and "--     " or "-- ") .. line
  end
end

--- A type as LDoc has them: `?` before it says that it may be nil.
local function typed(kind)
  kind = kind:gsub("^fun%b().*$", "function"):gsub(" %.%.%.$", ""):gsub("%s", "")
  return (kind:gsub("^(.*)%?$", "?%1"))
end

local modules = {} -- in order
local current
for _, entry in ipairs(manual.read(path)) do
  local name = entry.level == 3 and entry.chapter:find "Modules" and entry.heading:match "^%d+%.%d+ (%l+)$"
  if entry.level == 3 then current = nil end
  if name then
    current = { name = name, lines = { "---" }, class = nil }
    modules[#modules + 1] = current
    local summary, rest = entry.text:match "^(.-%.)%s(.*)$"
    comment(current.lines, (summary or entry.text) .. "\n" .. (rest or ""))
    comment(current.lines, "@module " .. (entry.text:match '^`require "([%w.]+)"`' or name))
    table.insert(current.lines, "")
  elseif current and #entry.names == 0 then
    local lines = current.lines
    lines[#lines + 1] = "--- " .. entry.heading .. ".\n--"
    if entry.text ~= "" then comment(lines, entry.text) end
    lines[#lines + 1] = "-- @section " .. entry.anchor .. "\n"
  elseif current then
    local lines = current.lines
    local text = entry.text:gsub("^(.-%.)\n", "%1\n\n", 1)
    lines[#lines + 1] = "---"
    comment(lines, text)
    local arguments, results = manual.signature(entry.types)
    if arguments then
      lines[#lines + 1] = "-- @function " .. entry.names[1]
      for _, a in ipairs(arguments) do
        lines[#lines + 1] = ("-- @tparam%s %s %s"):format(a.optional and "[opt]" or "", typed(a.type), a.name)
      end
      for _, kind in ipairs(results) do lines[#lines + 1] = "-- @treturn " .. typed(kind) end
    else
      lines[#lines + 1] = "-- @field " .. entry.names[1]
    end
    lines[#lines + 1] = ""
  end
end

assert(os.execute(("mkdir -p '%s'"):format(folder)))
local function output(command)
  local pipe <close> = assert(io.popen(command))
  return pipe:read "a"
end
-- LDoc goes to the folder of its configuration: paths begin at the root.
local here = output "pwd":match "[^\n]*"
local function absolute(name) return ("%q"):format(name:find "^/" and name or here .. "/" .. name) end
local files = {}
for k, module in ipairs(modules) do
  files[k] = absolute(folder .. "/" .. module.name .. ".lua")
  write(module.name .. ".lua", table.concat(module.lines, "\n") .. "\n")
end
local topics = { absolute(path) }
for guide in output("ls doc/guides/*.md"):gmatch "[^\n]+" do topics[#topics + 1] = absolute(guide) end
write("config.ld", ([[
project = "pktcraft"
title = "pktcraft %s"
description = "Packets built, filtered, edited, sent and tested, in Lua"
format = "discount"
wrap = true
no_space_before_args = false
sort_modules = false
file = { %s }
topics = { %s }
]]):format(version, table.concat(files, ", "), table.concat(topics, ", ")))
