-- MPLS label stack entry (RFC 3032, RFC 5462); what is under the last one is told by its first nibble (RFC 4928)
return {
  name = "mpls", under = { ethertype = { 0x8847, 0x8848 }, ipproto = 137, ppp = { 0x281, 0x283 }, vxlangpe = 5, udpport = 6635 },
  line = "MPLS {label}",
  { key = "label",        bits = 20, enum = { [0] = "ipv4 explicit null", "router alert", "ipv6 explicit null", "implicit null" } },
  { key = "trafficclass", alias = "tc", bits = 3 },
  { key = "bottom",       alias = "s", bits = 1 },
  { key = "timetolive",   alias = "ttl", bits = 8, default = 64 },
  { switch = "bottom",
    [0] = { payload = "mpls" },
    [1] = { { key = "nibble", bits = 4, peek = true },
            { switch = "nibble",
              [4] = { payload = "ipv4" }, [6] = { payload = "ipv6" }, [0] = { payload = "controlword" },
              other = { payload = "ethernet" } } } },
}
