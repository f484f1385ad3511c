-- Generic Protocol Extension for VXLAN (draft-ietf-nvo3-vxlan-gpe-13, section 3)
return {
  name = "vxlangpe", under = { udpport = 4790 },
  line = "VXLAN-GPE vni {vni}",
  { key = "reserved",     bits = 2 },
  { key = "version",      bits = 2, equal = 0 },
  { key = "vnipresent",   type = "boolean", bits = 1, default = true },
  { key = "nextpresent",  type = "boolean", bits = 1, default = true },
  { key = "bum",          type = "boolean", bits = 1 },
  { key = "oam",          type = "boolean", bits = 1 },
  { key = "reserved2",    bytes = 2 },
  { key = "nextprotocol", alias = "np", bytes = 1, next = "vxlangpe",
    enum = { "ipv4", "ipv6", "ethernet", "nsh", "mpls" } },
  { key = "vni",          bytes = 3 },
  { key = "reserved3",    bytes = 1 },
}
