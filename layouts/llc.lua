-- IEEE 802.2 Logical Link Control (ISO/IEC 8802-2, sections 3 and 5)
return {
  name = "llc", under = { ethertype = { min = 0, max = 1500 } },
  line = "LLC dsap {dsap} ssap {ssap} control {control}",
  { key = "dsap", bytes = 1, next = "lsap" },
  { key = "ssap", bytes = 1 },
  { type = "union",
    { key = "control", bytes = 1, default = 3 },
    { { bits = 6 }, { key = "controlformat", bits = 2 } } }, -- 3: unnumbered, one byte
  { key = "receive", bytes = 1, when = { controlformat = { no = 3 } } },
}
