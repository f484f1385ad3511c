-- Slow protocols (IEEE 802.3-2022, annex 57A)
return {
  name = "slow", under = { ethertype = 0x8809 },
  line = "slow {subtype}",
  { key = "subtype", bytes = 1, next = "slow", enum = { "lacp", "marker", "oam", [10] = "ossp" } },
}
