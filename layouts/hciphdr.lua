-- Direction of a Bluetooth HCI packet, LINKTYPE_BLUETOOTH_HCI_H4_WITH_PHDR
return {
  name = "hciphdr", link = 201,
  line = "{direction}",
  { key = "direction", bytes = 4, enum = { [0] = "sent", "received" } },
  { payload = "hci" },
}
