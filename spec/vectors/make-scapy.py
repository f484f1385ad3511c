# Makes spec/vectors/scapy.lua: frames that scapy built, and the values that it was given or computed itself.
#
#     python3 spec/vectors/make-scapy.py > spec/vectors/scapy.lua
import random

from scapy import VERSION
from scapy.all import (ARP, DNS, DNSQR, DNSRR, GRE, ICMP, IP, LLC, SNAP, TCP, UDP, CookedLinux, Dot1AD, Dot1Q, Dot3, Ether,
                       ICMPv6DestUnreach, ICMPv6EchoReply, ICMPv6EchoRequest, ICMPv6MLQuery, ICMPv6ND_NA, ICMPv6ND_NS,
                       ICMPv6ND_RA, ICMPv6ND_RS, ICMPv6NDOptMTU, ICMPv6NDOptPrefixInfo, ICMPv6NDOptSrcLLAddr,
                       ICMPv6PacketTooBig, IPOption_NOP, IPOption_Router_Alert, IPOption_RR, IPv6, IPv6ExtHdrDestOpt,
                       IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, PadN, Raw, RouterAlert)
from scapy.contrib.mpls import MPLS
from scapy.layers.dns import DNSRRMX
from scapy.layers.ipsec import AH
from scapy.layers.vxlan import VXLAN

random.seed(20240229)
rnd = random.randrange


def mac():
    return "02:%02x:%02x:%02x:%02x:%02x" % tuple(rnd(256) for _ in range(5))


def ip4():
    return "10.%d.%d.%d" % (rnd(256), rnd(256), 1 + rnd(254))


def ip6():
    return "2001:db8::%x:%x" % (1 + rnd(65535), 1 + rnd(65535))


def text():
    return Raw(bytes(97 + rnd(26) for _ in range(rnd(30))))


# Our field: scapy's class, field, and what makes ours of it.
FLAGS = {"ipv4.flagdf": 2, "ipv4.flagmf": 1}
FIELDS = {
    Ether: {"ethernet.destination": "dst", "ethernet.source": "src", "ethernet.type": "type"},
    Dot3: {"ethernet.destination": "dst", "ethernet.source": "src", "ethernet.length": "len"},
    LLC: {"llc.dsap": "dsap", "llc.ssap": "ssap", "llc.control": "ctrl"},
    SNAP: {"snap.oui": "OUI", "snap.pid": "code"},
    Dot1Q: {"vlan.id": "vlan", "vlan.priority": "prio", "vlan.type": "type"},
    Dot1AD: {"vlan.id": "vlan", "vlan.priority": "prio", "vlan.type": "type"},
    ARP: {"arp.operation": "op", "arp.senderhardware": "hwsrc", "arp.senderprotocol": "psrc",
          "arp.targethardware": "hwdst", "arp.targetprotocol": "pdst"},
    IP: {"ipv4.version": "version", "ipv4.ihl": "ihl", "ipv4.totallength": "len", "ipv4.ident": "id",
         "ipv4.fragoffset": "frag", "ipv4.timetolive": "ttl", "ipv4.protocol": "proto", "ipv4.checksum": "chksum",
         "ipv4.source": "src", "ipv4.destination": "dst"},
    IPv6: {"ipv6.trafficclass": "tc", "ipv6.flowlabel": "fl", "ipv6.payloadlength": "plen", "ipv6.nextheader": "nh",
           "ipv6.hoplimit": "hlim", "ipv6.source": "src", "ipv6.destination": "dst"},
    IPv6ExtHdrHopByHop: {"hopbyhop.nextheader": "nh", "hopbyhop.length": "len"},
    IPv6ExtHdrDestOpt: {"destopts.nextheader": "nh", "destopts.length": "len"},
    IPv6ExtHdrRouting: {"routing.nextheader": "nh", "routing.length": "len", "routing.type": "type",
                        "routing.segmentsleft": "segleft"},
    IPv6ExtHdrFragment: {"ipv6frag.nextheader": "nh", "ipv6frag.fragoffset": "offset", "ipv6frag.ident": "id"},
    AH: {"ah.nextheader": "nh", "ah.length": "payloadlen", "ah.spi": "spi", "ah.sequence": "seq"},
    UDP: {"udp.source": "sport", "udp.destination": "dport", "udp.length": "len", "udp.checksum": "chksum"},
    TCP: {"tcp.source": "sport", "tcp.destination": "dport", "tcp.sequence": "seq", "tcp.acknowledgment": "ack",
          "tcp.dataoffset": "dataofs", "tcp.window": "window", "tcp.checksum": "chksum", "tcp.urgent": "urgptr"},
    ICMP: {"icmp.type": "type", "icmp.code": "code", "icmp.checksum": "chksum"},
    GRE: {"gre.protocol": "proto", "gre.version": "version"},
    VXLAN: {"vxlan.vni": "vni"},
    MPLS: {"mpls.label": "label", "mpls.trafficclass": "cos", "mpls.bottom": "s", "mpls.timetolive": "ttl"},
    CookedLinux: {"sll.packettype": "pkttype", "sll.protocol": "proto"},
    DNS: {"dns.id": "id", "dns.opcode": "opcode", "dns.responsecode": "rcode", "dns.questioncount": "qdcount",
          "dns.answercount": "ancount"},
    ICMPv6EchoRequest: {"icmpv6.type": "type", "icmpv6.checksum": "cksum", "icmpv6.identifier": "id", "icmpv6.sequence": "seq"},
    ICMPv6EchoReply: {"icmpv6.type": "type", "icmpv6.checksum": "cksum", "icmpv6.identifier": "id", "icmpv6.sequence": "seq"},
    ICMPv6ND_NS: {"icmpv6.type": "type", "icmpv6.checksum": "cksum", "icmpv6.target": "tgt"},
    ICMPv6ND_NA: {"icmpv6.type": "type", "icmpv6.checksum": "cksum", "icmpv6.target": "tgt"},
    ICMPv6ND_RA: {"icmpv6.type": "type", "icmpv6.checksum": "cksum", "icmpv6.hoplimit": "chlim", "icmpv6.lifetime": "routerlifetime"},
    ICMPv6ND_RS: {"icmpv6.type": "type", "icmpv6.checksum": "cksum"},
    ICMPv6MLQuery: {"icmpv6.type": "type", "icmpv6.checksum": "cksum", "icmpv6.group": "mladdr"},
    ICMPv6PacketTooBig: {"icmpv6.type": "type", "icmpv6.checksum": "cksum", "icmpv6.mtu": "mtu"},
    ICMPv6DestUnreach: {"icmpv6.type": "type", "icmpv6.code": "code", "icmpv6.checksum": "cksum"},
}


def e():
    return Ether(dst=mac(), src=mac())


def i4(**more):
    return IP(src=ip4(), dst=ip4(), id=rnd(65536), ttl=1 + rnd(255), **more)


def i6(**more):
    return IPv6(src=ip6(), dst=ip6(), hlim=1 + rnd(255), tc=rnd(256), fl=rnd(1 << 20), **more)


def udp(**more):
    more.setdefault("dport", 20000 + rnd(1000))
    return UDP(sport=10000 + rnd(1000), **more)


def tcp(**more):
    return TCP(sport=10000 + rnd(1000), dport=20000 + rnd(1000), seq=rnd(1 << 32), ack=rnd(1 << 32), window=rnd(65536),
               flags=random.choice(["S", "SA", "A", "PA", "FA", "R", "SEC"]), **more)


OPTIONS = [[("MSS", 1460)], [("NOP", None), ("WScale", 7)], [("SAckOK", b""), ("Timestamp", (5, 6))],
           [("SAck", (1, 2, 3, 4))], [("MSS", 536), ("NOP", None), ("NOP", None), ("SAckOK", b"")]]

# Each makes a frame; the second word is the layout that it begins with.
MAKERS = [
    (lambda: e() / ARP(op=1 + rnd(2), hwsrc=mac(), psrc=ip4(), hwdst=mac(), pdst=ip4()), "ethernet"),
    (lambda: e() / i4() / udp() / text(), "ethernet"),
    (lambda: e() / i4(flags="DF", tos=rnd(256)) / tcp() / text(), "ethernet"),
    (lambda: e() / i4() / tcp(options=random.choice(OPTIONS)) / text(), "ethernet"),
    (lambda: e() / i4(options=[IPOption_Router_Alert(), IPOption_NOP()]) / udp() / text(), "ethernet"),
    (lambda: e() / i4(options=[IPOption_RR(routers=["1.2.3.4", "0.0.0.0"])]) / udp() / text(), "ethernet"),
    (lambda: e() / i4() / ICMP(type=8, id=rnd(65536), seq=rnd(65536)) / text(), "ethernet"),
    (lambda: e() / i4() / ICMP(type=3, code=rnd(16)) / i4() / udp() / text(), "ethernet"),
    (lambda: e() / i4() / ICMP(type=11) / i4() / tcp(), "ethernet"),
    (lambda: e() / Dot1Q(vlan=rnd(4096), prio=rnd(8)) / i4() / udp() / text(), "ethernet"),
    (lambda: e() / Dot1AD(vlan=rnd(4096)) / Dot1Q(vlan=rnd(4096)) / i6() / udp() / text(), "ethernet"),
    (lambda: e() / i6() / udp() / text(), "ethernet"),
    (lambda: e() / i6() / tcp(options=random.choice(OPTIONS)) / text(), "ethernet"),
    (lambda: e() / i6() / IPv6ExtHdrHopByHop(options=[RouterAlert(), PadN(optdata=b"")]) / ICMPv6MLQuery(mladdr="ff02::1"), "ethernet"),
    (lambda: e() / i6() / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0\0\0\0")]) / udp() / text(), "ethernet"),
    (lambda: e() / i6() / IPv6ExtHdrRouting(addresses=[ip6(), ip6()], segleft=rnd(2)) / udp() / text(), "ethernet"),
    (lambda: e() / i6() / IPv6ExtHdrFragment(id=rnd(1 << 32), offset=0, m=0) / udp() / text(), "ethernet"),
    (lambda: e() / i6() / ICMPv6EchoRequest(id=rnd(65536), seq=rnd(65536), data=b"ping"), "ethernet"),
    (lambda: e() / i6() / ICMPv6EchoReply(id=rnd(65536), seq=rnd(65536), data=b"pong"), "ethernet"),
    (lambda: e() / i6() / ICMPv6ND_NS(tgt=ip6()) / ICMPv6NDOptSrcLLAddr(lladdr=mac()), "ethernet"),
    (lambda: e() / i6() / ICMPv6ND_NA(tgt=ip6()), "ethernet"),
    (lambda: e() / i6() / ICMPv6ND_RS(), "ethernet"),
    (lambda: e() / i6() / ICMPv6ND_RA(chlim=rnd(256), routerlifetime=rnd(65536)) / ICMPv6NDOptMTU(mtu=1400)
     / ICMPv6NDOptPrefixInfo(prefix="2001:db8:1::", prefixlen=64), "ethernet"),
    (lambda: e() / i6() / ICMPv6PacketTooBig(mtu=1280 + rnd(100)) / i6() / udp(), "ethernet"),
    (lambda: e() / i6() / ICMPv6DestUnreach(code=rnd(5)) / i6() / tcp(), "ethernet"),
    (lambda: e() / i4() / udp(dport=53) / DNS(id=rnd(65536), rd=1, qd=DNSQR(qname="www.example%d.com" % rnd(100))), "ethernet"),
    (lambda: e() / i4() / udp(dport=53) / DNS(id=rnd(65536), qr=1, rcode=rnd(6), qd=DNSQR(qname="a.example", qtype="MX"),
                                             an=DNSRR(rrname="a.example", type="A", ttl=rnd(9999), rdata=ip4())), "ethernet"),
    (lambda: e() / i4() / udp(dport=53) / DNS(id=rnd(65536), qr=1, qd=DNSQR(qname="b.example", qtype="AAAA"),
                                             an=DNSRRMX(rrname="b.example", type="MX", preference=10, exchange="mx.example")), "ethernet"),
    (lambda: i4() / GRE() / i4() / udp() / text(), "ipv4"),
    (lambda: i4() / GRE(key_present=1, key=rnd(1 << 32), seqnum_present=1, sequence_number=rnd(1000)) / i6() / udp(), "ipv4"),
    (lambda: e() / i4() / udp(dport=4789) / VXLAN(vni=rnd(1 << 24)) / e() / i4() / tcp(), "ethernet"),
    (lambda: e() / MPLS(label=rnd(1 << 20), cos=rnd(8), s=0, ttl=rnd(256)) / MPLS(label=rnd(1 << 20), s=1) / i4() / udp(), "ethernet"),
    (lambda: Dot3(dst=mac(), src=mac()) / LLC(dsap=0x42, ssap=0x42, ctrl=3) / text(), "ethernet"),
    (lambda: Dot3(dst=mac(), src=mac()) / LLC() / SNAP(code=0x2000) / text(), "ethernet"),
    (lambda: CookedLinux(pkttype=rnd(5), src=bytes.fromhex("020000000001"), lladdrlen=6) / i4() / udp() / text(), "sll"),
    (lambda: i4(proto=51) / AH(nh=17, spi=rnd(1 << 32), seq=rnd(1 << 32), payloadlen=4, icv=b"0123456789ab") / udp(), "ipv4"),
]


def value(v):
    if isinstance(v, (bytes, str)):
        return '"%s"' % (v.decode() if isinstance(v, bytes) else v)
    return str(int(v))


def main():
    print("-- Made by spec/vectors/make-scapy.py with scapy %s: frames, and the values of its fields." % VERSION)
    print("return {")
    for maker, first in MAKERS:
        for _ in range(6):
            made = maker()
            frame = bytes(made)
            again = made.__class__(frame)
            counts, fields = {}, []
            layer = again
            while layer:
                names = FIELDS.get(layer.__class__)
                if layer.__class__.__name__.endswith("error") or layer.name.endswith("in ICMP"):
                    break  # quoted: scapy reads them as other classes
                if names:
                    ours = next(iter(names)).split(".")[0]
                    counts[ours] = n = counts.get(ours, 0) + 1
                    for path, name in names.items():
                        v = layer.getfieldval(name)
                        if v is not None:
                            where = path if n == 1 else path.replace(".", "#%d." % n)
                            fields.append('["%s"] = %s' % (where, value(v)))
                layer = layer.payload if layer.payload and layer.payload.name != "NoPayload" else None
            print('  { first = "%s", from = "scapy: %s",' % (first, made.summary().replace('"', "'").replace("\\", "")))
            print('    hex = "%s",' % frame.hex())
            print("    fields = { %s } }," % ", ".join(fields))
    print("}")


main()
