// libtins.cpp: the jobs as a user of libtins writes them.
//
//     libtins a|b IN [OUT]
#include <tins/tins.h>

#include <cstdio>
#include <memory>

using namespace Tins;

static bool wanted_a (const PDU &pdu) {
  const UDP *udp = pdu.find_pdu<UDP>();
  if (udp == nullptr || udp->dport() != 53) return false;
  const IP *ip = pdu.find_pdu<IP>();
  return ip == nullptr || ip->fragment_offset() == 0;
}

static bool wanted_b (const PDU &pdu) {
  const IP *ip = pdu.find_pdu<IP>();
  if (ip == nullptr || ip->ttl() >= 64 || ip->tot_len() <= 40 || pdu.find_pdu<Dot1Q>() != nullptr) return false;
  const TCP *tcp = ip->find_pdu<TCP>();
  return tcp != nullptr && tcp->get_flag(TCP::SYN) && !tcp->get_flag(TCP::ACK);
}

int main (int argc, char **argv) {
  if (argc < 3) return 2;
  const bool isb = argv[1][0] == 'b';
  FileSniffer in(argv[2]);
  std::unique_ptr<PacketWriter> out;
  if (argc > 3) out.reset(new PacketWriter(argv[3], DataLinkType<EthernetII>()));
  unsigned long count = 0;
  in.sniff_loop([&](Packet &packet) {
    if (isb ? wanted_b(*packet.pdu()) : wanted_a(*packet.pdu())) {
      count++;
      if (out) out->write(packet);
    }
    return true;
  });
  std::printf("%lu\n", count);
}
