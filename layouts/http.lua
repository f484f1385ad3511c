-- Hypertext Transfer Protocol, version 1: the head of a message, as text (RFC 9112, sections 2 to 5). What begins otherwise
-- is a later piece of one
return {
  name = "http", under = { tcpport = { 80, 8000, 8080, 3128 } },
  when = { start = { 0x47455420, 0x48454144, 0x504f5354, 0x50555420, 0x44454c45, 0x434f4e4e, 0x4f505449, 0x54524143, -- GET HEAD POST
      0x50415443, 0x50524f50, 0x48545450 } }, -- PUT DELETE CONNECT OPTIONS TRACE PATCH PROPFIND HTTP/
  line = "HTTP{? {method} {target}?}{? {status} {reason}?}",
  { key = "start", bytes = 4, peek = true },
  { switch = "start",
    [0x48545450] = { { key = "version", type = "string", stop = " " }, { key = "status", type = "string", format = "decimal", stop = " " },
                     { key = "reason", type = "string", stop = "\r\n" } },
    other = { { key = "method", type = "string", stop = " " }, { key = "target", type = "string", stop = " " },
              { key = "version", type = "string", stop = "\r\n" } } },
  { key = "headers", stop = { ahead = 0x0d0a }, each = { -- to the empty line
    { key = "ahead", bytes = 2, peek = true },
    { switch = "ahead",
      [0x0d0a] = { key = "blank", bytes = 2, enum = { [0x0d0a] = "end" } },
      other = { { key = "name", type = "string", stop = ":" }, { key = "value", type = "string", stop = "\r\n" } } } } },
  { payload = true },
}
