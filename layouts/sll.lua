-- Linux cooked capture, LINKTYPE_LINUX_SLL
return {
  name = "sll", link = 113,
  line = "{packettype} {address}",
  { key = "packettype",    bytes = 2, enum = { [0] = "In", "B", "M", "P", "Out" } },
  { key = "hardwaretype",  alias = "arphrd", bytes = 2 },
  { key = "addresslength", bytes = 2 },
  { key = "address",       bytes = 8, type = "string", format = "hex" },
  { key = "protocol",      alias = "proto", bytes = 2, next = "ethertype" },
}
