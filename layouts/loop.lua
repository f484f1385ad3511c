-- OpenBSD loopback encapsulation, LINKTYPE_LOOP: the address family in network byte order
return {
  name = "loop", link = 108,
  line = "AF {family}",
  { key = "family", bytes = 4, next = "af" },
}
