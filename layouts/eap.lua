-- Extensible Authentication Protocol (RFC 3748, section 4; types: IANA)
return {
  name = "eap", under = { ppp = 0xc227 },
  line = "EAP {code} id {identifier}{? {type}?}{? {identity}?}",
  { key = "code", bytes = 1, enum = { "request", "response", "success", "failure" } },
  { key = "identifier", alias = "id", bytes = 1 },
  { key = "length", bytes = 2, length = "total" },
  { when = { code = { 1, 2 } },
    { key = "type", bytes = 1, enum = { "identity", "notification", "nak", "md5 challenge", "otp", "gtc", [13] = "tls",
      [17] = "leap", [18] = "sim", [21] = "ttls", [23] = "aka", [25] = "peap", [26] = "mschapv2", [43] = "fast",
      [50] = "aka'", [52] = "pwd", [254] = "expanded" } },
    { switch = "type",
      [1] = { key = "identity", type = "string" },
      [2] = { key = "notification", type = "string" },
      [3] = { key = "desired", each = { bytes = 1 } },
      other = { key = "data", type = "string", format = "hex" } } },
}
