-- The syslog protocol (RFC 5424, section 6) and its older form (RFC 3164), whose content is free
return {
  name = "syslog", under = { udpport = 514 }, when = { open = 0x3c },
  line = "syslog <{priority}>{? {hostname} {appname}?}{? {message}?}{? {content}?}",
  { key = "open", bytes = 1, equal = 0x3c },
  { key = "priority", alias = "pri", type = "string", format = "decimal", stop = 0x3e }, -- facility x 8 + severity
  { key = "first", bytes = 2, peek = true, when = { [".left"] = { min = 2 } } },
  { switch = "first",
    [0x3120] = { { key = "version",   type = "string", stop = 0x20 },
                 { key = "timestamp", type = "string", stop = 0x20 },
                 { key = "hostname",  type = "string", stop = 0x20 },
                 { key = "appname",   type = "string", stop = 0x20 },
                 { key = "processid", alias = "procid", type = "string", stop = 0x20 },
                 { key = "messageid", alias = "msgid", type = "string", stop = 0x20 },
                 { key = "message", type = "string" } }, -- after its structured data
    other = { key = "content", type = "string" } },
}
