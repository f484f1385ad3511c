-- DNS over TCP: a length before each message (RFC 1035, section 4.2.2; RFC 7766)
return {
  name = "dnstcp", under = { tcpport = 53 }, when = { length = { min = 12 } },
  line = "DNS/TCP {length}",
  { key = "length", bytes = 2, length = "payload" },
  { payload = "dns" },
}
