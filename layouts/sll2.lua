-- Linux cooked capture v2, LINKTYPE_LINUX_SLL2
return {
  name = "sll2", link = 276,
  line = "{interfaceindex} {packettype} {address}",
  { key = "protocol",       alias = "proto", bytes = 2, next = "ethertype" },
  { key = "reserved",       bytes = 2 },
  { key = "interfaceindex", bytes = 4 },
  { key = "hardwaretype",   alias = "arphrd", bytes = 2 },
  { key = "packettype",     bytes = 1, enum = { [0] = "In", "B", "M", "P", "Out" } },
  { key = "addresslength",  bytes = 1 },
  { key = "address",        bytes = 8, type = "string", format = "hex" },
}
