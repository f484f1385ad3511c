return {
  {
    from = "UDP over a veth pair, Linux 6 kernel",
    hex = "020000000004 020000000003 0800 4500",
    fields = { destination = "02:00:00:00:00:04", source = "02:00:00:00:00:03", type = 0x0800 },
  },
  {
    from = "RFC 894 type and RFC 826 broadcast: an ARP request's header",
    hex = "ffffffffffff 00005e005301 0806",
    fields = { destination = "ff:ff:ff:ff:ff:ff", source = "00:00:5e:00:53:01", type = 0x0806 },
  },
}
