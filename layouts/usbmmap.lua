-- USB request blocks of Linux with more of the block, LINKTYPE_USB_LINUX_MMAPPED (of a little-endian machine)
return {
  name = "usbmmap", link = 220, endian = "little",
  line = "USB {event} {transfer} {bus}.{device}.{endpoint}{? {request}?}",
  { key = "id",       bytes = 8 },
  { key = "event",    bytes = 1, enum = { [67] = "complete", [69] = "error", [83] = "submit" } },
  { key = "transfer", bytes = 1, enum = { [0] = "isochronous", "interrupt", "control", "bulk" } },
  { key = "endpoint", bits = 7 },
  { key = "input",    type = "boolean", bits = 1 },
  { key = "device",   bytes = 1 },
  { key = "bus",      bytes = 2 },
  { key = "setupflag", bytes = 1 }, -- 0: there is one
  { key = "dataflag", bytes = 1 },
  { key = "seconds",  bytes = 8, signed = true },
  { key = "microseconds", bytes = 4, signed = true },
  { key = "status",   bytes = 4, signed = true }, -- 0, or an errno
  { key = "urblength", bytes = 4 },
  { key = "datalength", bytes = 4 },
  { type = "union",
    { key = "setup", bytes = 8, type = "string", format = "hex" },
    { when = { setupflag = 0 },
      { key = "requesttype", bytes = 1 }, { key = "request", bytes = 1, enum = "usbrequest" }, { key = "value", bytes = 2 },
      { key = "index", bytes = 2 }, { key = "requestlength", bytes = 2 } } },
  { key = "interval",   bytes = 4, signed = true },
  { key = "startframe", bytes = 4, signed = true },
  { key = "flags",      bytes = 4 },
  { key = "descriptorcount", bytes = 4, count = "descriptors" },
  { key = "descriptors", each = {
    { key = "status", bytes = 4, signed = true }, { key = "offset", bytes = 4 }, { key = "length", bytes = 4 },
    { key = "padding", bytes = 4 } } },
  { payload = true },
}
