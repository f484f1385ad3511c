-- ESP and IKE in UDP, told apart by a marker (RFC 3948, section 2); ESP takes no byte of it
return {
  name = "natt", under = { udpport = 4500 },
  line = "NAT-T{? IKE marker {marker}?}{? keepalive {keepalive}?}",
  { when = { [".left"] = { max = 3 } }, { key = "keepalive", bytes = 1 } },
  { when = { [".left"] = { min = 4 } },
    { key = "first", bytes = 4, peek = true },
    { switch = "first",
      [0]   = { { key = "marker", bytes = 4 }, { payload = true } },
      other = { payload = "esp" } } },
}
