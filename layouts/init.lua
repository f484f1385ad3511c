--- The shipped layouts by name, each made from its file when first used: `layouts.ipv4`.
-- `layouts.names` lists them. A file `layouts/NAME.lua` is data in the language of protocol tables.
-- @module pktcraft.layouts

local layout = require "layout"

local names <const> = {
  "ah", "arp", "controlword", "destopts", "dns", "ethernet", "gre", "hopbyhop", "icmp", "icmpv6", "ipv4",
  "ipv6", "ipv6frag", "llc", "loop", "mpls", "null", "rawip", "routing", "sll", "sll2", "snap", "tcp", "udp", "vlan", "vxlan",
}

local known = {}
for _, name in ipairs(names) do
  known[name] = true
end

local layouts = { names = names }

--- Makes all of them, and the names of values that they share: what packets are dissected by.
function layouts.load()
  for list, values in pairs(require "pktcraft.layouts.names") do
    layout.names(list, values)
  end
  layout.names("udpport", layout.names "port")
  layout.names("tcpport", layout.names "port")
  for _, name in ipairs(names) do
    local _ = layouts[name]
  end
end

return setmetatable(layouts, {
  __index = function(self, name)
    if not known[name] then
      return nil
    end
    local made = layout.find(name)
    if not made then
      made = layout.register(require("pktcraft.layouts." .. name))
    end
    rawset(self, name, made)
    return made
  end,
})
