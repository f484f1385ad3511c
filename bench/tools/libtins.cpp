// libtins.cpp: the jobs as a user of libtins writes them.
//
//     libtins a|b IN [OUT]
//     libtins sum|field IN OUT
//     libtins build|rebuild N OUT      rebuild sets the fields of one packet again and again
#include <tins/tins.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <unordered_map>

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

static std::unordered_map<IPv4Address, uint64_t> sums;
static std::unordered_map<IPv6Address, uint64_t> sums6;

static void sum (const PDU &pdu) {
  const IP *ip = pdu.find_pdu<IP>();
  const IPv6 *ip6 = ip == nullptr ? pdu.find_pdu<IPv6>() : nullptr;
  const TCP *tcp = pdu.find_pdu<TCP>();
  const UDP *udp = tcp == nullptr ? pdu.find_pdu<UDP>() : nullptr;
  if ((ip == nullptr && ip6 == nullptr) || (tcp == nullptr && udp == nullptr)) return;
  const uint32_t header = tcp != nullptr ? 4u * tcp->data_offset() : 8u;
  if (ip != nullptr)
    sums[ip->src_addr()] += ip->tot_len() - 4u * ip->head_len() - header;
  else
    sums6[ip6->src_addr()] += ip6->payload_length() - header;
}

static void field (const PDU &pdu, std::FILE *out) {
  const IP *ip = pdu.find_pdu<IP>();
  const UDP *udp = pdu.find_pdu<UDP>();
  if (ip != nullptr && udp != nullptr)
    std::fprintf(out, "%s\t%u\t%u\t%u\n", ip->src_addr().to_string().c_str(), udp->sport(), udp->dport(), udp->length());
}

static const char payload[] = "abcdefghijklmnopqrstuvwxyz012345";

static void set (EthernetII &frame, uint32_t k) {
  IP &ip = static_cast<IP &>(*frame.inner_pdu());
  UDP &udp = static_cast<UDP &>(*ip.inner_pdu());
  ip.src_addr(IPv4Address(Endian::host_to_be(0x0a000000u + k)));
  ip.dst_addr(IPv4Address(Endian::host_to_be(0xc0a80000u + k % 65536)));
  ip.id(static_cast<uint16_t>(k));
  udp.sport(static_cast<uint16_t>(1024 + k % 60000));
  udp.dport(static_cast<uint16_t>(5000 + k % 50000));
}

static EthernetII fresh () {
  EthernetII frame = EthernetII("02:00:00:00:00:01", "02:00:00:00:00:02") / IP() / UDP() / RawPDU(payload);
  static_cast<IP &>(*frame.inner_pdu()).ttl(64);
  return frame;
}

// Packets are serialized and written by hand: PacketWriter would copy each again.
static int build (uint32_t n, const char *path, bool again) {
  static const uint32_t head[] = {0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1};
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char *>(head), sizeof(head));
  EthernetII one = fresh();
  for (uint32_t k = 0; k < n; k++) {
    PDU::serialization_type bytes;
    if (again) {
      set(one, k);
      bytes = one.serialize();
    }
    else {
      EthernetII frame = fresh();
      set(frame, k);
      bytes = frame.serialize();
    }
    const uint32_t record[] = {1700000000 + k / 1000000, k % 1000000, static_cast<uint32_t>(bytes.size()),
                               static_cast<uint32_t>(bytes.size())};
    out.write(reinterpret_cast<const char *>(record), sizeof(record));
    out.write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  return out.good() ? 0 : 1;
}

int main (int argc, char **argv) {
  if (argc < 3) return 2;
  const std::string job = argv[1];
  if (job == "build" || job == "rebuild") return build(std::strtoul(argv[2], nullptr, 10), argv[3], job == "rebuild");
  FileSniffer in(argv[2]);
  if (job == "sum" || job == "field") {
    std::FILE *to = std::fopen(argv[3], "w");
    in.sniff_loop([&](Packet &packet) {
      if (job == "sum")
        sum(*packet.pdu());
      else
        field(*packet.pdu(), to);
      return true;
    });
    for (const auto &s : sums)
      std::fprintf(to, "%s %llu\n", s.first.to_string().c_str(), static_cast<unsigned long long>(s.second));
    for (const auto &s : sums6)
      std::fprintf(to, "%s %llu\n", s.first.to_string().c_str(), static_cast<unsigned long long>(s.second));
    return std::fclose(to);
  }
  const bool isb = job == "b";
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
