-- QUIC: packets with a long header (RFC 9000, section 17.2; version 2: RFC 9369). What is protected stays so
return {
  name = "quic", under = { udpport = 443 }, when = { long = true, fixed = true },
  line = "QUIC{? {type}?} version {version}{? to {destination}?}",
  { type = "union", -- what the bits of the type mean depends on the version after them
    { { key = "long",  type = "boolean", bits = 1, default = true },
      { key = "fixed", type = "boolean", bits = 1, default = true },
      { bits = 6 },
      { key = "version", bytes = 4, default = 1, enum = { [0] = "negotiation", "1", [0x6b3343cf] = "2" } } },
    { { bits = 2 },
      { switch = "version",
        [0]          = { key = "unused", bits = 2 },
        [0x6b3343cf] = { key = "type", bits = 2, enum = { [0] = "retry", "initial", "0-rtt", "handshake" } },
        [1]          = { key = "type", bits = 2, enum = { [0] = "initial", "0-rtt", "handshake", "retry" } },
        [0xff00001b] = 1, [0xff00001c] = 1, [0xff00001d] = 1, [0xff00001e] = 1, [0xff00001f] = 1, [0xff000020] = 1,
        [0xff000021] = 1, [0xff000022] = 1, -- drafts 27 to 34
        other        = { key = "unused", bits = 2 } },
      { key = "protectedbits", bits = 4 } } },
  { key = "destinationlength", bytes = 1, length = "destination" },
  { key = "destination", type = "string", format = "hex" },
  { key = "sourcelength", bytes = 1, length = "source" },
  { key = "source", type = "string", format = "hex" },
  { switch = "version",
    [0] = { key = "versions", each = { bytes = 4 } },
    [0x6b3343cf] = {
      { switch = "type",
        [1] = { { key = "tokenlength", format = "quicint", length = "token" }, { key = "token", type = "string", format = "hex" },
                { key = "length", format = "quicint", length = "protected" }, { key = "protected", type = "string", format = "hex" },
                { payload = "quic" } },
        [2] = { { key = "length", format = "quicint", length = "protected" }, { key = "protected", type = "string", format = "hex" },
                { payload = "quic" } },
        [3] = 2,
        [0] = { key = "retry", type = "string", format = "hex" } } },
    [1] = {
      { switch = "type",
        [0] = { { key = "tokenlength", format = "quicint", length = "token" }, { key = "token", type = "string", format = "hex" },
                { key = "length", format = "quicint", length = "protected" }, { key = "protected", type = "string", format = "hex" },
                { payload = "quic" } }, -- others may follow in the same datagram
        [1] = { { key = "length", format = "quicint", length = "protected" }, { key = "protected", type = "string", format = "hex" },
                { payload = "quic" } },
        [2] = 1,
        [3] = { key = "retry", type = "string", format = "hex" } } }, -- token, and a tag of 16 bytes
    [0xff00001b] = 1, [0xff00001c] = 1, [0xff00001d] = 1, [0xff00001e] = 1, [0xff00001f] = 1, [0xff000020] = 1,
    [0xff000021] = 1, [0xff000022] = 1,
    other = { key = "rest", type = "string", format = "hex" } }, -- all that versions share stands before (RFC 8999, section 5.1)
}
