--- What we call malformed in the captures and tshark (4.0) does not, by cause: `layer` is ours, `files` has how many frames
-- of each. None of them is well-formed: where we are right, `why` says by which rule.
return {
  { layer = "ipv4", files = { ["hostile/LINKTYPE_IPV4_invalid.pcap"] = 1 },
    why = "version 6 in a capture of IPv4: tshark goes by the first four bits, we by the link type, which says no other" },
  { layer = "ipv6", files = { ["hostile/ipv6_invalid_length_2.pcap"] = 1 },
    why = "a payload length of 65 where 64 bytes were sent: tshark sees it too, as a warning" },
  { layer = "radiotap", files = { ["hostile/radiotap-heapoverflow.pcap"] = 1 },
    why = "a header of 8 bytes for fields that need more; tshark says invalid in its text, and marks nothing" },
  { layer = "wlan", files = { ["hostile/ieee802.11_meshhdr-oobr.pcap"] = 1, ["hostile/ieee802.11_rates_oobr.pcap"] = 1 },
    why = "versions 3 and 1: this frame's format is that of version 0 (IEEE 802.11-2020, section 9.2.4.1.2)" },
  { layer = "stp", files = { ["hostile/stp-v4-length-sigsegv.pcap"] = 1 },
    why = "a version 3 length of 12336 in 48 bytes (IEEE 802.1Q-2022, section 14); tshark stops before it" },
  { layer = "pim", files = { ["hostile/pim-packet-assortment.pcap"] = 2 },
    why = "grafts without the upstream neighbor and groups that they consist of (RFC 3973, as joins: RFC 7761, section 4.9.5)" },
  { layer = "ripng", files = { ["hostile/hoobr_ripng_print.pcap"] = 1 },
    why = "version 48: there is version 1 alone (RFC 2080, section 2.1)" },
  { layer = "vrrp", files = { ["hostile/vrrp-vrrp_print-oobr-2.pcap"] = 1 },
    why = "version 15, to be discarded (RFC 5798, section 7.1)" },
}
