-- ERSPAN Type II, a mirrored frame in GRE (draft-foschiano-erspan-03, section 4.2)
return {
  name = "erspan", under = { ethertype = 0x88be }, when = { version = 1 },
  line = "ERSPAN session {session} vlan {vlan}",
  { key = "version",   bits = 4, equal = 1 },
  { key = "vlan",      bits = 12 },
  { key = "cos",       bits = 3 },
  { key = "encapsulation", alias = "en", bits = 2, enum = { [0] = "untagged", "isl", "802.1q", "preserved" } },
  { key = "truncated", type = "boolean", bits = 1 },
  { key = "session",   alias = "spanid", bits = 10 },
  { key = "reserved",  bits = 12 },
  { key = "index",     bits = 20 },
  { payload = "ethernet" },
}
