-- Session Initiation Protocol: the head of a message, as text (RFC 3261, section 7)
return {
  name = "sip", under = { udpport = 5060, tcpport = 5060 },
  when = { start = { 0x494e5649, 0x41434b20, 0x42594520, 0x43414e43, 0x52454749, 0x4f505449, 0x50524143, 0x53554253, -- INVITE ACK BYE
      0x4e4f5449, 0x5055424c, 0x494e464f, 0x52454645, 0x4d455353, 0x55504441, 0x5349502f } }, -- CANCEL REGISTER OPTIONS PRACK
    -- SUBSCRIBE NOTIFY PUBLISH INFO REFER MESSAGE UPDATE SIP/
  line = "SIP{? {method} {target}?}{? {status} {reason}?}",
  { key = "start", bytes = 4, peek = true },
  { switch = "start",
    [0x5349502f] = { { key = "version", type = "string", stop = " " }, { key = "status", type = "string", format = "decimal", stop = " " },
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
