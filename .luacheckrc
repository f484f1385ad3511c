std = "lua54"
max_line_length = 120
exclude_files = { "build*" }
files["layouts"] = { max_line_length = 150 }
files["spec"] = { std = "+busted", max_line_length = 150 }
-- What the program pktcraft gives its scripts.
files["bench/tools/ffi.lua"] = { std = "luajit" }
files["bench/tools/pointers.lua"] = {
  read_globals = { "memory", "layout", "packet", "pcap", "checksum", "ethernet", "ipv4", "ipv6", "udp" },
}
files["bench/tools/packets.lua"] = {
  read_globals = { "packet", "pcap", "filter", "ethernet", "ipv4", "udp" },
}
files["bench/tools/filters.lua"] = { read_globals = { "pcap", "filter", "ipv4", "ipv6" } }
files["bench/tools/streams.lua"] = { read_globals = { "checksum", "packet", "pcap" } }
files["bench/tools/files.lua"] = { read_globals = { "memory", "pcap" } }
files["bench/tools/send.lua"] = { read_globals = { "pcap" } }
files["bench/tools/take.lua"] = { read_globals = { "pcap" } }
files["examples"] = {
  globals = { "arg" },
  read_globals = { "memory", "layout", "packet", "pcap", "filter", "checksum", "layouts", "ethernet", "ipv4", "ipv6", "udp",
    "tcp", "arp", "icmp", "vlan", "dns" },
}
files["examples/conversations"] = {
  std = "+busted",
  read_globals = { "arp", "icmp", "icmpv6", "ipv6frag", "tcp" },
}
files["tools"] = {
  read_globals = { "memory", "pcap", "packet", "layouts", "filter" },
}
for _, name in ipairs { "scapy", "services", "transports", "tunnels", "routing" } do
  files["spec/vectors/" .. name .. ".lua"] = { max_line_length = false }
end
-- It runs in Wireshark, whose Lua is 5.2 or 5.4; what follows it uses what it leaves unused.
files["modules/pktcraft/dissector/prelude.lua"] = {
  std = "lua52", unused = false,
  read_globals = { "Dissector", "DissectorTable", "Int64", "NSTime", "ProtoExpert", "UInt64", "base", "expert", "wtap", "wtap_encaps" },
}
files["spec/madeup.lua"] = { read_globals = { "layout" } }
