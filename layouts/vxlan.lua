-- Virtual eXtensible Local Area Network (RFC 7348, section 5)
return {
  name = "vxlan", under = { udpport = 4789 },
  line = "VXLAN vni {vni}",
  { key = "flags",     bytes = 1, default = 0x08, flags = { [3] = "vni" } },
  { key = "reserved",  bytes = 3 },
  { key = "vni",       bytes = 3 },
  { key = "reserved2", bytes = 1 },
  { payload = "ethernet" },
}
