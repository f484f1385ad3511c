std = "lua54"
max_line_length = 110
exclude_files = { "build*" }
files["spec"] = { std = "+busted" }
files["spec/layouts_spec.lua"] = { std = "+busted" }
-- What the program pktcraft gives its scripts.
files["examples"] = {
  read_globals = { "memory", "layout", "pcap", "checksum", "layouts", "ethernet", "ipv4", "ipv6", "udp" },
}
