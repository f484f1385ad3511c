--- The shipped layouts by name, each made from its file when first used: `layouts.ipv4`.
-- `layouts.names` lists them. A file `layouts/NAME.lua` is data in the language of protocol tables.
-- @module pktcraft.layouts

local layout = require "layout"

local names <const> = { "ethernet", "ipv4", "ipv6", "udp" }

local known = {}
for _, name in ipairs(names) do
  known[name] = true
end

local layouts = { names = names }

return setmetatable(layouts, {
  __index = function(self, name)
    if not known[name] then
      return nil
    end
    local definition = require("pktcraft.layouts." .. name)
    -- Protocols are big-endian where they do not say otherwise.
    definition.endian = definition.endian or "big"
    local made = layout.struct(definition)
    rawset(self, name, made)
    return made
  end,
})
