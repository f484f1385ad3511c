-- Secure Shell: the line with which each side begins (RFC 4253, section 4.2); what follows is mostly encrypted
return {
  name = "ssh", under = { tcpport = 22 }, when = { start = 0x5353482d }, -- SSH-
  line = "SSH {banner}",
  { key = "start", bytes = 4, peek = true },
  { key = "banner", type = "string", stop = "\r\n" },
  { payload = true },
}
