return {
  {
    from = "over IPv4 on a veth pair, Linux 6 kernel",
    hex = "9c400035000d0784 68656c6c6f",
    pseudo = { "10.1.2.3", "10.1.2.4" },
    fields = { source = 40000, destination = 53, length = 13, checksum = 0x0784 },
  },
  {
    from = "over IPv4 with options on a veth pair, Linux 6 kernel",
    hex = "9c400035000e0761 68656c6c6f21",
    pseudo = { "10.1.2.3", "10.1.2.4" },
    fields = { source = 40000, destination = 53, length = 14, checksum = 0x0761 },
  },
  {
    from = "over IPv6 on a veth pair, Linux 6 kernel",
    hex = "9c400035000ec3db 68656c6c6f36",
    pseudo = { "2001:db8::3", "2001:db8::4" },
    fields = { source = 40000, destination = 53, length = 14, checksum = 0xc3db },
  },
}
