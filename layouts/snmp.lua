-- Simple Network Management Protocol (RFC 1157; version 2: RFC 3416; version 3: RFC 3412, section 6, with the
-- user-based security model: RFC 3414, section 2.4; encoding: X.690). Object identifiers stay encoded
local varbinds <const> = {
  { key = "varbindstag", bytes = 1, equal = 0x30 },
  { key = "varbindslength", format = "berlength", length = "varbinds" },
  { key = "varbinds", each = {
    { key = "tag", bytes = 1, equal = 0x30 },
    { key = "length", format = "berlength", length = "rest" },
    { key = "oidtag", bytes = 1, equal = 6 },
    { key = "oidlength", format = "berlength", length = "oid" },
    { key = "oid", type = "string", format = "hex" },
    { key = "valuetag", bytes = 1, enum = { [2] = "integer", [4] = "octet string", [5] = "null",
      [6] = "object identifier", [0x40] = "ip address", [0x41] = "counter32", [0x42] = "gauge32", [0x43] = "time ticks",
      [0x44] = "opaque", [0x46] = "counter64", [0x80] = "no such object", [0x81] = "no such instance", [0x82] = "end of view" } },
    { key = "valuelength", format = "berlength", length = "value" },
    { key = "value", type = "string", format = "hex" } } },
}
local pdu <const> = {
  { key = "pdu", bytes = 1, enum = { [0xa0] = "get", [0xa1] = "get next", [0xa2] = "response", [0xa3] = "set",
    [0xa4] = "trap v1", [0xa5] = "get bulk", [0xa6] = "inform", [0xa7] = "trap", [0xa8] = "report" } },
  { key = "pdulength", format = "berlength", length = "rest" },
  { switch = "pdu",
    [0xa4] = { key = "trap",
      { key = "enterprisetag", bytes = 1, equal = 6 },
      { key = "enterpriselength", format = "berlength", length = "enterprise" },
      { key = "enterprise", type = "string", format = "hex" },
      { key = "agenttag", bytes = 1, equal = 0x40 },
      { key = "agentlength", format = "berlength", length = "agentaddress" },
      { key = "agentaddress", format = "ipv4" },
      { key = "generictrap", format = "asn1int" },
      { key = "specifictrap", format = "asn1int" },
      { key = "timetag", bytes = 1, equal = 0x43 },
      { key = "timelength", format = "berlength", length = "timestamp" },
      { key = "timestamp", type = "string", format = "hex" }, -- in 1/100 s
      varbinds },
    other = {
      { key = "request", format = "asn1int" },
      { key = "errorstatus", alias = "nonrepeaters", format = "asn1int" },
      { key = "errorindex", alias = "maxrepetitions", format = "asn1int" },
      varbinds } },
}
return {
  name = "snmp", under = { udpport = { 161, 162 } },
  line = "SNMP version {version}{? {community}?}{? {pdu}?}{? {varbinds.oid}?}",
  { key = "sequence", bytes = 1, equal = 0x30 },
  { key = "length", format = "berlength", length = "rest" },
  { key = "version", format = "asn1int" }, -- 0: version 1; 1: version 2c; 3
  { key = "tag", bytes = 1 }, -- of what comes next: a community, or the header of version 3
  { switch = "tag",
    [4] = {
      { key = "communitylength", format = "berlength", length = "community" },
      { key = "community", type = "string" },
      pdu },
    [0x30] = {
      { key = "globallength", format = "berlength", length = "globaldata" },
      { key = "globaldata", { key = "id", format = "asn1int" }, { key = "maxsize", format = "asn1int" },
        { key = "flagstag", bytes = 1, equal = 4 }, { key = "flagslength", format = "berlength", length = "flags" },
        { key = "flags", bytes = 1, flags = { [0] = "auth", "priv", "reportable" } },
        { key = "security", format = "asn1int" } }, -- 3: user-based
      { key = "securitytag", bytes = 1, equal = 4 },
      { key = "securitylength", format = "berlength", length = "securityparameters" },
      { key = "securityparameters", -- of the user-based security model
        { key = "usmtag", bytes = 1, equal = 0x30 }, { key = "usmlength", format = "berlength", length = "rest" },
        { key = "enginetag", bytes = 1, equal = 4 }, { key = "enginelength", format = "berlength", length = "engine" },
        { key = "engine", type = "string", format = "hex" },
        { key = "boots", format = "asn1int" }, { key = "time", format = "asn1int" },
        { key = "usertag", bytes = 1, equal = 4 }, { key = "userlength", format = "berlength", length = "username" },
        { key = "username", type = "string" },
        { key = "authenticationtag", bytes = 1, equal = 4 },
        { key = "authenticationlength", format = "berlength", length = "authentication" },
        { key = "authentication", type = "string", format = "hex" },
        { key = "privacytag", bytes = 1, equal = 4 },
        { key = "privacylength", format = "berlength", length = "privacy" },
        { key = "privacy", type = "string", format = "hex" } },
      { key = "datatag", bytes = 1 }, -- a scoped PDU, or one that is encrypted
      { switch = "datatag",
        [4] = {
          { key = "encryptedlength", format = "berlength", length = "encrypted" },
          { key = "encrypted", type = "string", format = "hex" } },
        [0x30] = { key = "scopedpdu",
          { key = "scopedlength", format = "berlength", length = "rest" },
          { key = "contextenginetag", bytes = 1, equal = 4 },
          { key = "contextenginelength", format = "berlength", length = "contextengine" },
          { key = "contextengine", type = "string", format = "hex" },
          { key = "contexttag", bytes = 1, equal = 4 },
          { key = "contextlength", format = "berlength", length = "contextname" },
          { key = "contextname", type = "string" },
          pdu },
        other = { key = "scoped", type = "string", format = "hex" } } },
    other = { key = "data", type = "string", format = "hex" } },
}
