-- Link Aggregation Control Protocol (IEEE 802.1AX-2020, section 6.4.2)
return {
  name = "lacp", under = { slow = 1 },
  line = "LACP actor {items.system} key {items.key} port {items.port}",
  { key = "version", bytes = 1, default = 1 },
  { key = "items", stop = { type = 0 }, each = {
    { key = "type", bytes = 1, enum = { [0] = "terminator", "actor", "partner", "collector" } },
    { switch = "type",
      [0] = { key = "zero", bytes = 1 },
      [1] = { { key = "length", bytes = 1, length = "total", min = 20 },
              { key = "systempriority", bytes = 2 }, { key = "system", format = "mac" }, { key = "key", bytes = 2 },
              { key = "portpriority", bytes = 2 }, { key = "port", bytes = 2 },
              { key = "state", bytes = 1, flags = { [0] = "active", "shorttimeout", "aggregation", "synchronization",
                "collecting", "distributing", "defaulted", "expired" } },
              { key = "reserved", bytes = 3 } },
      [2] = 1,
      [3] = { { key = "length", bytes = 1, length = "total", min = 16 }, { key = "maxdelay", bytes = 2 },
              { key = "reserved2", bytes = 12, type = "string", format = "hex" } },
      other = { { key = "length", bytes = 1, length = "total", min = 2 }, { key = "data", type = "string", format = "hex" } } } } },
}
