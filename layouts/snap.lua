-- Subnetwork Access Protocol (IEEE 802-2014, section 9; RFC 1042)
return {
  name = "snap", under = { lsap = 0xaa },
  line = "SNAP oui {oui} pid {pid}",
  { key = "oui", bytes = 3, enum = { [0] = "encapsulated ethernet", [0x00000c] = "cisco", [0x0000f8] = "bridge tunnel" } },
  { switch = "oui",
    [0]      = { key = "pid", bytes = 2, next = "ethertype" },
    [0x00f8] = { key = "pid", bytes = 2, next = "ethertype" },
    [0x00000c] = { key = "pid", bytes = 2, next = "ciscopid", enum = { [0x0104] = "port aggregation", [0x010b] = "pvst", [0x0111] = "udld",
      [0x2000] = "cdp", [0x2003] = "vtp", [0x2004] = "dtp" } },
    other    = { key = "pid", bytes = 2 } },
}
