-- Virtual Router Redundancy Protocol, versions 2 (RFC 3768) and 3 (RFC 5798, section 5)
return {
  name = "vrrp", under = { ipproto = 112 },
  line = "VRRP v{version} vrid {vrid} priority {priority} interval {interval}",
  { key = "version",  bits = 4, default = 3, min = 2, max = 3 },
  { key = "type",     bits = 4, default = 1, enum = { "advertisement" } },
  { key = "vrid",     bytes = 1 },
  { key = "priority", alias = "prio", bytes = 1, default = 100 },
  { key = "count",    bytes = 1, count = "addresses" },
  { switch = "version",
    [2] = { { key = "authtype", bytes = 1, enum = { [0] = "none", "password", "ah" } }, { key = "interval", bytes = 1, default = 1 },
            { key = "checksum", bytes = 2, sum = "internet", cover = "total" },
            { key = "addresses", each = { format = "ipv4" } },
            { key = "authentication", bytes = 8, type = "string" } },
    other = { { key = "reserved", bits = 4 }, { key = "interval", bits = 12, default = 100 },
            { key = "checksum", bytes = 2, sum = "internet", cover = "total", pseudo = true },
            { key = "addresses6", each = { format = "ipv6" }, when = { -- (built: give `count` too)
              { count = 1, [".left"] = { min = 16 } }, { count = 2, [".left"] = { min = 32 } },
              { count = 3, [".left"] = { min = 48 } }, { count = 4, [".left"] = { min = 64 } },
              { count = { min = 5 }, [".left"] = { min = 80 } } } },
            { key = "addresses", each = { format = "ipv4" }, when = { [".left"] = { min = 4 } } } } },
}
