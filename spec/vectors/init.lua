--- All golden vectors: {first, hex, from, fields, ...}.
local vectors = {}
for _, name in ipairs { "scapy", "links", "services", "transports", "tunnels", "routing" } do
  for _, v in ipairs(require("spec.vectors." .. name)) do vectors[#vectors + 1] = v end
end
return vectors
