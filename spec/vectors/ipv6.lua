return {
  {
    from = "UDP over a veth pair, Linux 6 kernel, traffic class 0xb9",
    hex = "6b91b1f2 000e1140 20010db8000000000000000000000003 20010db8000000000000000000000004",
    fields = {
      version = 6, trafficclass = 0xb9, flowlabel = 0x1b1f2, payloadlength = 14, nextheader = 17,
      hoplimit = 64, source = "2001:db8::3", destination = "2001:db8::4",
    },
  },
}
