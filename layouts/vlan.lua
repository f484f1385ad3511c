-- 802.1Q tag (IEEE 802.1Q-2022, section 9.6), also as service tag (802.1ad) and by the older 0x9100
return {
  name = "vlan", under = { ethertype = { 0x8100, 0x88a8, 0x9100 } },
  line = "vlan {id}",
  { key = "priority", alias = "pcp", bits = 3 },
  { key = "dropeligible", alias = "dei", type = "boolean", bits = 1 },
  { key = "id",       alias = "vid", bits = 12 },
  { type = "union",
    { key = "type",   alias = "ethertype", bytes = 2, next = "ethertype" },
    { key = "length", bytes = 2, when = { type = { max = 1500 } }, length = "payload" } },
}
