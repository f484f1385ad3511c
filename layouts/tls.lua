-- Transport Layer Security: records, and handshakes that are not encrypted (RFC 8446, sections 4 and 5; RFC 5246; names:
-- RFC 6066; ALPN: RFC 7301)
-- (IANA: TLS ExtensionType Values, TLS Cipher Suites, TLS Supported Groups, TLS Alerts)
local extensions <const> = { [0] = "server name", [5] = "status request", [10] = "groups", [11] = "point formats",
  [13] = "signature algorithms", [16] = "alpn", [18] = "signed certificate timestamp", [21] = "padding",
  [22] = "encrypt then mac", [23] = "extended master secret", [27] = "compress certificate", [35] = "session ticket",
  [41] = "pre-shared key", [42] = "early data", [43] = "supported versions", [44] = "cookie", [45] = "psk modes",
  [49] = "post-handshake auth", [50] = "certificate algorithms", [51] = "key share", [57] = "quic parameters",
  [65281] = "renegotiation" }

local handshakes <const> = { [0] = "hello request", "client hello", "server hello", [4] = "session ticket",
  [5] = "end of early data", [8] = "encrypted extensions", [11] = "certificate", [12] = "server key exchange",
  [13] = "certificate request", [14] = "server hello done", [15] = "certificate verify", [16] = "client key exchange",
  [20] = "finished", [22] = "certificate status", [24] = "key update" }

local ciphers <const> = { [0x0005] = "rsa rc4-128 sha", [0x000a] = "rsa 3des sha", [0x002f] = "rsa aes-128 sha",
  [0x0033] = "dhe-rsa aes-128 sha", [0x0035] = "rsa aes-256 sha", [0x0039] = "dhe-rsa aes-256 sha", [0x003c] = "rsa aes-128 sha256",
  [0x009c] = "rsa aes-128-gcm", [0x009d] = "rsa aes-256-gcm", [0x009e] = "dhe-rsa aes-128-gcm", [0x009f] = "dhe-rsa aes-256-gcm",
  [0x00ff] = "renegotiation", [0x1301] = "aes-128-gcm", [0x1302] = "aes-256-gcm", [0x1303] = "chacha20-poly1305",
  [0x1304] = "aes-128-ccm", [0x1305] = "aes-128-ccm-8", [0x5600] = "fallback", [0xc009] = "ecdhe-ecdsa aes-128 sha",
  [0xc00a] = "ecdhe-ecdsa aes-256 sha", [0xc013] = "ecdhe-rsa aes-128 sha", [0xc014] = "ecdhe-rsa aes-256 sha",
  [0xc023] = "ecdhe-ecdsa aes-128 sha256", [0xc027] = "ecdhe-rsa aes-128 sha256", [0xc02b] = "ecdhe-ecdsa aes-128-gcm",
  [0xc02c] = "ecdhe-ecdsa aes-256-gcm", [0xc02f] = "ecdhe-rsa aes-128-gcm", [0xc030] = "ecdhe-rsa aes-256-gcm",
  [0xcca8] = "ecdhe-rsa chacha20-poly1305", [0xcca9] = "ecdhe-ecdsa chacha20-poly1305" }

local groups <const> = { [23] = "secp256r1", [24] = "secp384r1", [25] = "secp521r1", [29] = "x25519", [30] = "x448",
  [256] = "ffdhe2048", [257] = "ffdhe3072", [4587] = "secp256r1 mlkem768", [4588] = "x25519 mlkem768" }

local alerts <const> = { [0] = "close notify", [10] = "unexpected message", [20] = "bad record mac", [22] = "record overflow",
  [40] = "handshake failure", [42] = "bad certificate", [43] = "unsupported certificate", [44] = "certificate revoked",
  [45] = "certificate expired", [46] = "certificate unknown", [47] = "illegal parameter", [48] = "unknown ca",
  [49] = "access denied", [50] = "decode error", [51] = "decrypt error", [70] = "protocol version",
  [71] = "insufficient security", [80] = "internal error", [86] = "inappropriate fallback", [90] = "user canceled",
  [100] = "no renegotiation", [109] = "missing extension", [110] = "unsupported extension", [112] = "unrecognized name",
  [113] = "bad certificate status", [115] = "unknown psk identity", [116] = "certificate required",
  [120] = "no application protocol" }

return {
  name = "tls", under = { tcpport = { 443, 465, 636, 853, 993, 995, 5061, 8443 } },
  when = { first = { 0x1403, 0x1503, 0x1603, 0x1703, 0x1803 } },
  line = "TLS {records.type}{? {records.message}?}{? {records.level} {records.description}?}",
  parts = {
    extension = {
      { key = "type", bytes = 2, enum = extensions },
      { key = "length", bytes = 2, length = "rest" },
      { switch = "type",
        [0] = { when = { [".left"] = { min = 2 } }, { key = "nameslength", bytes = 2, length = "names" },
                { key = "names", each = { { key = "type", bytes = 1 }, { key = "length", bytes = 2, length = "name" },
                  { key = "name", type = "string" } } } },
        [10] = { { key = "groupslength", bytes = 2, length = "groups" }, { key = "groups", each = { bytes = 2, enum = groups } } },
        [13] = { { key = "algorithmslength", bytes = 2, length = "algorithms" }, { key = "algorithms", each = { bytes = 2 } } },
        [16] = { { key = "protocolslength", bytes = 2, length = "protocols" },
                 { key = "protocols", each = { { key = "length", bytes = 1, length = "name" }, { key = "name", type = "string" } } } },
        other = { key = "data", type = "string", format = "hex" } } },
    message = {
      { key = "type", bytes = 1, enum = handshakes },
      { key = "length", bytes = 3, length = "rest" },
      { switch = "type",
        [1] = { { key = "version", bytes = 2, enum = "tlsversion" }, { key = "random", bytes = 32, type = "string", format = "hex" },
                { key = "sessionlength", bytes = 1, length = "session" }, { key = "session", type = "string", format = "hex" },
                { key = "cipherslength", bytes = 2, length = "ciphers" }, { key = "ciphers", each = { bytes = 2, enum = ciphers } },
                { key = "compressionslength", bytes = 1, length = "compressions" }, { key = "compressions", each = { bytes = 1 } },
                { when = { [".left"] = { min = 2 } },
                  { key = "extensionslength", bytes = 2, length = "extensions" }, { key = "extensions", each = "extension" } } },
        [2] = { { key = "version", bytes = 2, enum = "tlsversion" }, { key = "random", bytes = 32, type = "string", format = "hex" },
                { key = "sessionlength", bytes = 1, length = "session" }, { key = "session", type = "string", format = "hex" },
                { key = "cipher", bytes = 2, enum = ciphers }, { key = "compression", bytes = 1 },
                { when = { [".left"] = { min = 2 } },
                  { key = "extensionslength", bytes = 2, length = "serverextensions" },
                  { key = "serverextensions", each = "serverextension" } } },
        [11] = { { key = "certificates", type = "string", format = "hex" } },
        other = { key = "body", type = "string", format = "hex" } } },
    serverextension = { -- what servers answer has other forms
      { key = "type", bytes = 2, enum = extensions },
      { key = "length", bytes = 2, length = "rest" },
      { switch = "type",
        [16] = { { key = "protocolslength", bytes = 2, length = "protocols" },
                 { key = "protocols", each = { { key = "length", bytes = 1, length = "name" }, { key = "name", type = "string" } } } },
        [43] = { key = "version", bytes = 2, enum = "tlsversion" },
        other = { key = "data", type = "string", format = "hex" } } },
  },
  { key = "first", bytes = 2, peek = true }, -- type, and the version's first byte
  { key = "records", each = {
    { key = "type",    bytes = 1, enum = { [20] = "change cipher spec", [21] = "alert", [22] = "handshake",
      [23] = "application data", [24] = "heartbeat" } },
    { key = "version", bytes = 2, default = 0x0303, enum = "tlsversion" },
    { key = "length",  bytes = 2, length = "rest", max = 18432 },
    { switch = "type",
      [20] = { key = "changecipherspec", bytes = 1 },
      [21] = { switch = "length", [2] = { { key = "level", bytes = 1, enum = { "warning", "fatal" } },
                                        { key = "description", bytes = 1, enum = alerts } },
               other = { key = "encrypted", type = "string", format = "hex" } },
      [22] = { { key = "ahead", bytes = 4, peek = true }, -- type and length of a message; else it is encrypted
               { when = { ahead = {
                   { min = 0x01000020, max = 0x0100ffff }, { min = 0x02000020, max = 0x0200ffff }, { min = 0x04000004, max = 0x0400ffff },
                   0x05000000, { min = 0x08000002, max = 0x0800ffff }, { min = 0x0b000003, max = 0x0bffffff },
                   { min = 0x0c000004, max = 0x0c00ffff }, { min = 0x0d000004, max = 0x0d00ffff }, 0x0e000000,
                   { min = 0x0f000004, max = 0x0f00ffff }, { min = 0x10000001, max = 0x1000ffff }, 0x1400000c,
                   { min = 0x16000004, max = 0x1600ffff } } },
                 { key = "message", bytes = 1, peek = true, enum = handshakes }, -- the first, for the line
                 { key = "messages", each = "message" } },
               { key = "encrypted", type = "string", format = "hex", when = { [".left"] = { min = 1 } } } },
      other = { key = "data", type = "string", format = "hex" } } } },
}
