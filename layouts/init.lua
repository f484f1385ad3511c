--- The shipped layouts by name, each made when first used: `layouts.ipv4`. `layouts.names` lists them.
-- A file `layouts/NAME.lua` is data in the language of protocol tables; the build compiles them.
-- @module pktcraft.layouts

local layout = require "layout"

local names <const> = layout.shipped()

local known = {}
for _, name in ipairs(names) do
  known[name] = true
end

return setmetatable({ names = names }, {
  __index = function(self, name)
    if not known[name] then
      return nil
    end
    local made = layout.find(name) or layout.register(layout.shipped(name))
    rawset(self, name, made)
    return made
  end,
})
