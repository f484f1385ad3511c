local linux <const> = "sent over a veth pair by the Linux 6 kernel"
return {
  {
    from = "RFC 791, appendix A, example 1 (figure 5): addresses and checksum filled in by hand",
    hex = "45000015 006f0000 7b01 0000 c0000201 c0000202",
    fields = {
      version = 4, ihl = 5, dscp = 0, ecn = 0, totallength = 21, ident = 111, flagnull = false,
      flagdf = false, flagmf = false, fragoffset = 0, timetolive = 123, protocol = 1, checksum = 0,
      source = "192.0.2.1", destination = "192.0.2.2", options = "",
    },
  },
  {
    from = "UDP datagram " .. linux,
    hex = "4500002103d3400040111ef10a0102030a010204",
    sum = 0x1ef1,
    fields = {
      version = 4, ihl = 5, dscp = 0, ecn = 0, totallength = 33, ident = 0x03d3, flagnull = false,
      flagdf = true, flagmf = false, fragoffset = 0, timetolive = 64, protocol = 17,
      checksum = 0x1ef1, source = "10.1.2.3", destination = "10.1.2.4", options = "",
    },
  },
  {
    from = "last fragment " .. linux,
    hex = "4500001c046800b940115da80a0102030a010204 7878787878787878",
    sum = 0x5da8,
    fields = {
      version = 4, ihl = 5, dscp = 0, ecn = 0, totallength = 28, ident = 0x0468, flagnull = false,
      flagdf = false, flagmf = false, fragoffset = 185, timetolive = 64, protocol = 17,
      checksum = 0x5da8, source = "10.1.2.3", destination = "10.1.2.4", options = "",
    },
  },
  {
    from = "record route option, DSCP EF " .. linux,
    hex = "47b8002a049b4000031145550a0102030a010204 0707080a01020300 9c400035000e0761 68656c6c6f21",
    sum = 0x4555,
    fields = {
      version = 4, ihl = 7, dscp = 46, ecn = 0, totallength = 42, ident = 0x049b, flagnull = false,
      flagdf = true, flagmf = false, fragoffset = 0, timetolive = 3, protocol = 17,
      checksum = 0x4555, source = "10.1.2.3", destination = "10.1.2.4",
      options = "\7\7\8\10\1\2\3\0",
    },
  },
}
