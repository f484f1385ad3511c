-- Generic Routing Encapsulation (RFC 2784, RFC 2890; routing: RFC 1701; NVGRE: RFC 7637; version 1, PPTP: RFC 2637, section 4.1;
-- ERSPAN type I: draft-foschiano-erspan-03, section 4.1)
return {
  name = "gre", under = { ipproto = 47 },
  line = "GRE{? key {key}?}{? vsid {vsid}?}{? call {callid}?}{? seq {sequence}?}{? ack {acknowledgment}?}",
  { key = "checksumpresent",       type = "boolean", bits = 1 },
  { key = "routingpresent",        type = "boolean", bits = 1 },
  { key = "keypresent",            type = "boolean", bits = 1 },
  { key = "sequencepresent",       type = "boolean", bits = 1 },
  { key = "strictroute",           type = "boolean", bits = 1 },
  { key = "recursion",             bits = 3 },
  { key = "acknowledgmentpresent", type = "boolean", bits = 1 },
  { key = "flags",                 bits = 4 },
  { key = "version",               bits = 3, max = 1 },
  { key = "protocol",              alias = "proto", bytes = 2, next = "ethertype" },
  { when = { version = 0 },
    { key = "checksum", when = { checksumpresent = true }, bytes = 2, sum = "internet", cover = "total" },
    -- Where there is a route alone, the place of the checksum is there, and says nothing (RFC 1701).
    { key = "unchecked", when = { checksumpresent = false, routingpresent = true }, bytes = 2 },
    { key = "offset", when = { { checksumpresent = true }, { routingpresent = true } }, bytes = 2 },
    { when = { keypresent = true },
      { type = "union",
        { key = "key",  bytes = 4 },
        { when = { protocol = 0x6558 }, { key = "vsid", bits = 24 }, { key = "flowid", bits = 8 } } } }, -- NVGRE
    { key = "sequence", alias = "seq", when = { sequencepresent = true }, bytes = 4 },
    { when = { routingpresent = true },
      { key = "routing", stop = { length = 0 }, each = {
        { key = "family", bytes = 2 },
        { key = "offset", bytes = 1 },
        { key = "length", bytes = 1, length = "information" },
        { key = "information", type = "string", format = "hex" } } },
      { payload = true } },
    { when = { routingpresent = false },
      { when = { protocol = 0x6558 }, { payload = "ethernet" } }, -- (the first: what is built has this number)
      { when = { protocol = 0x2000 }, { payload = "cdp" } }, -- which is no Ethertype
      { when = { protocol = 0x88be }, -- of type I, without a sequence, nothing stands before the frame
        { switch = "sequencepresent", [0] = { payload = "ethernet" }, [1] = { payload = "erspan" } } } } },
  { when = { version = 1 },
    { key = "payloadlength", bytes = 2, length = "payload" },
    { key = "callid",        bytes = 2 },
    { key = "sequence", alias = "seq", when = { sequencepresent = true }, bytes = 4 },
    { key = "acknowledgment", when = { acknowledgmentpresent = true }, bytes = 4 } },
}
