--- All of pktcraft: `require "pktcraft"` gives a table with the modules `memory`, `layout`, `pcap`, `packet`,
-- `filter`, `checksum` and `layouts`, and the shipped layouts by name, each loaded when first used. Scripts that
-- the program `pktcraft` runs have the same names as globals.
-- @module pktcraft

local modules <const> = {
  memory = "memory",
  layout = "layout",
  pcap = "pktcraft.pcap",
  packet = "pktcraft.packet",
  filter = "pktcraft.filter",
  checksum = "pktcraft.checksum",
  layouts = "pktcraft.layouts",
}

local pktcraft = { _VERSION = "pktcraft 0.1.0" }

setmetatable(pktcraft, {
  __index = function(self, name)
    local value
    if modules[name] then
      value = require(modules[name])
    else
      value = require("pktcraft.layouts")[name]
    end
    if value ~= nil then
      rawset(self, name, value)
    end
    return value
  end,
})

return pktcraft
