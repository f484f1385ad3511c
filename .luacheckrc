std = "lua54"
max_line_length = 120
exclude_files = { "build*" }
files["spec"] = { std = "+busted", max_line_length = 150 }
-- What the program pktcraft gives its scripts.
files["examples"] = {
  globals = { "arg" },
  read_globals = { "memory", "layout", "pcap", "checksum", "layouts", "ethernet", "ipv4", "ipv6", "udp" },
}
