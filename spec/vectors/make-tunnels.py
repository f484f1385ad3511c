# Makes spec/vectors/tunnels.lua: tunnels and PPP, as scapy builds them, or by hand from the documents named.
#
#     python3 spec/vectors/make-tunnels.py > spec/vectors/tunnels.lua
import random
import socket
import struct

from scapy import VERSION
from scapy.all import (ARP, GRE, ICMP, IP, TCP, UDP, Dot1Q, EAP, EAPOL, Ether, GRE_PPTP, HDLC, ICMPv6EchoRequest, IPv6,
                       IPv6ExtHdrDestOpt, L2TP, PPP, PPP_CHAP, PPP_IPCP, PPP_LCP, PPP_PAP, LEAP, Packet,
                           PPP_IPCP_Option, PPPoE,
                       PPPoED, PPPoED_Tags, PPPoETag, PadN, Padding, Raw)
from scapy.contrib.erspan import ERSPAN_II, ERSPAN_III, ERSPAN_PlatformSpecific
from scapy.contrib.geneve import GENEVE, GeneveOptions
from scapy.contrib.gtp import (GTP_PDCP_PDU_ExtensionHeader, GTP_U_Header, GTP_UDPPort_ExtensionHeader,
    GTPErrorIndication,
                               GTPHeader, GTPPDUSessionContainer, IE_ExtensionHeaderList, IE_GSNAddress, IE_Recovery,
                               IE_TEIDI)
from scapy.contrib.mpls import MPLS
from scapy.contrib.nsh import NSH
from scapy.contrib.wpa_eapol import WPA_key
from scapy.layers.eap import EAP_MD5, EAP_TLS, MACsecSCI, MKABasicParamSet, MKAICVSet, MKAPDU
from scapy.layers.ppp import (PPP_CHAP_ChallengeResponse, PPP_IPCP_Option_DNS1, PPP_IPCP_Option_DNS2,
                              PPP_IPCP_Option_IPAddress, PPP_IPCP_Option_NBNS1, PPP_IPCP_Option_NBNS2,
                              PPP_LCP_ACCM_Option, PPP_LCP_Auth_Protocol_Option, PPP_LCP_Callback_Option,
                              PPP_LCP_Code_Reject, PPP_LCP_Configure, PPP_LCP_Discard_Request, PPP_LCP_Echo,
                              PPP_LCP_Magic_Number_Option, PPP_LCP_MRU_Option, PPP_LCP_Option, PPP_LCP_Protocol_Reject,
                              PPP_LCP_Quality_Protocol_Option, PPP_LCP_Terminate, PPP_PAP_Request, PPP_PAP_Response)
from scapy.layers.vxlan import VXLAN

random.seed(19970801)
rnd = random.randrange
VECTORS = []


def mac():
    return "02:%02x:%02x:%02x:%02x:%02x" % tuple(rnd(256) for _ in range(5))


def ip4():
    return "10.%d.%d.%d" % (rnd(256), rnd(256), 1 + rnd(254))


def ip6():
    return "2001:db8::%x:%x" % (1 + rnd(65535), 1 + rnd(65535))


def octets(n):
    return bytes(rnd(256) for _ in range(n))


def e(**more):
    return Ether(dst=mac(), src=mac(), **more)


def i4(**more):
    return IP(src=ip4(), dst=ip4(), id=rnd(65536), ttl=1 + rnd(255), **more)


def i6(**more):
    return IPv6(src=ip6(), dst=ip6(), hlim=1 + rnd(255), **more)


def udp(dport):
    return UDP(sport=50000 + rnd(1000), dport=dport)


def inner(port=None):
    """The end of most frames: a datagram of two bytes or so."""
    return UDP(sport=30000 + rnd(1000), dport=port or 31000 + rnd(1000)) / Raw(b"hi")


def tail(n=40):
    return UDP(sport=30000 + rnd(1000), dport=31000 + rnd(1000)) / Raw(bytes(97 + rnd(26) for _ in range(rnd(n))))


def names(made):
    list_, layer = [], made
    while layer and layer.name != "NoPayload":
        list_.append(layer.__class__.__name__)
        layer = layer.payload
    return " / ".join(list_)


def vec(made, fields, first="ethernet", note=None, source="scapy"):
    """A vector; values that are functions are asked with scapy's reading of the frame."""
    frame = bytes(made)
    again = made.__class__(frame) if isinstance(made, Packet) else None
    known = {k: v(again) if callable(v) else v for k, v in fields.items()}
    told = "%s: %s" % (source, names(made)) if isinstance(made, Packet) else source
    VECTORS.append((first, told + (", " + note if note else ""), frame, known))


def at(cls, field, n=1):
    """What scapy reads in its n-th layer of a class; nothing where it does not find the layer itself."""
    return lambda p: getattr(p.getlayer(cls, n), field, None)


def padded(made, n=60):
    raw = bytes(made)
    return made / Padding(bytes(n - len(raw))) if len(raw) < n else made


# ---- Geneve
def geneve():
    a, b, vni = i4(), i4(), rnd(1 << 24)
    vec(e() / a / udp(6081) / GENEVE(vni=vni) / e() / b / tail(),
        {"geneve.vni": vni, "geneve.protocol": 0x6558, "geneve.optionslength": 0, "ipv4#2.source": b.src,
         "ipv4.totallength": at(IP, "len"), "udp.length": at(UDP, "len"), "ethernet#2.type": 0x0800})
    vni, b = rnd(1 << 24), i4()
    vec(i4() / udp(6081) / GENEVE(vni=vni, proto=0x0800) / b / tail(),
        {"geneve.vni": vni, "geneve.protocol": 0x0800, "geneve.control": False, "ipv4#2.destination": b.dst,
         "udp.checksum": at(UDP, "chksum")}, "ipv4")
    vni, b = rnd(1 << 24), i6()
    vec(i6() / udp(6081) / GENEVE(vni=vni, proto=0x86dd) / b / tail(),
        {"geneve.vni": vni, "ipv6#2.source": b.src, "ipv6#2.payloadlength": at(IPv6, "plen", 2)}, "ipv6")
    data = octets(4)
    vec(e() / i4() / udp(6081)
        / GENEVE(vni=7, critical=1, options=[GeneveOptions(classid=0x0102, type=0x80, data=data)]) / e() / i4()
        / inner(),
        {"geneve.optionslength": 2, "geneve.critical": True, "geneve.options[1].class": 0x0102,
         "geneve.options[1].type": 0x80, "geneve.options[1].critical": True, "geneve.options[1].length": 1,
         "geneve.options[1].data": data.hex()}, note="a critical option")
    data, more = octets(8), octets(24)
    vec(e() / i6() / udp(6081)
        / GENEVE(vni=0xffffff, options=[GeneveOptions(classid=0x0103, type=1),
        GeneveOptions(classid=0xffff, type=2, data=data),
                                        GeneveOptions(classid=0x0100, type=0x7f, data=more)]) / e()
                                            / ARP(pdst="10.0.0.1"),
        {"geneve.optionslength": 11, "geneve.options[1].length": 0, "geneve.options[1].class": 0x0103,
         "geneve.options[2].data": data.hex(), "geneve.options[3].length": 6, "geneve.options[3].data": more.hex(),
         "geneve.options[2].critical": False, "arp.targetprotocol": "10.0.0.1"}, note="three options")
    vec(e() / i4() / udp(6081) / GENEVE(vni=1, oam=1, proto=0x8847) / MPLS(label=99, s=1, ttl=3) / i4() / inner(),
        {"geneve.control": True, "geneve.protocol": 0x8847, "mpls.label": 99, "mpls.timetolive": 3},
            note="control packet")


# ---- VXLAN and VXLAN-GPE
def vxlan():
    for bits, proto, load in [(0x0c, 1, i4() / tail()), (0x0c, 2, i6() / tail()), (0x0c, 3, e() / i4() / tail()),
                              (0x0d, 3, e() / ARP(psrc="10.1.1.1")), (0x0e, 3, e() / i6() / inner()),
                              (0x0c, 5, MPLS(label=77, s=1) / i4() / inner())]:
        vni = rnd(1 << 24)
        vec(e() / i4() / udp(4790) / VXLAN(flags=bits, NextProtocol=proto, vni=vni) / load,
            {"vxlangpe.vni": vni, "vxlangpe.nextprotocol": proto, "vxlangpe.nextpresent": True,
                "vxlangpe.oam": bits & 1 > 0,
             "vxlangpe.bum": bits & 2 > 0, "udp.destination": 4790, "udp.length": at(UDP, "len")},
             note="flags 0x%02x" % bits)
    vec(e() / i4() / udp(4790) / VXLAN(flags=0x0c, NextProtocol=4, vni=5) / NSH(mdtype=1, nextproto=3, spi=9, si=254)
        / e() / i4() / inner(), {"vxlangpe.vni": 5, "vxlangpe.nextprotocol": 4, "vxlangpe.vnipresent": True},
        note="NSH, which is data here")
    a, b = i4(), i4()
    vec(e() / Dot1Q(vlan=5) / a / udp(4789) / VXLAN(flags=8, vni=12345) / e() / Dot1Q(vlan=6) / b / ICMP(id=4, seq=2),
        {"vxlan.vni": 12345, "vxlan.flags": 8, "vlan#2.id": 6, "icmp.identifier": 4, "ipv4#2.source": b.src})
    b = i6()
    vec(i6() / udp(4789) / VXLAN(flags=8, vni=0xabcdef) / e() / b / ICMPv6EchoRequest(id=3, seq=9, data=b"ping"),
        {"vxlan.vni": 0xabcdef, "icmpv6.identifier": 3, "icmpv6.checksum": at(ICMPv6EchoRequest, "cksum"),
         "ipv6#2.source": b.src}, "ipv6")
    vec(e() / i4() / udp(4789) / VXLAN(flags=0x88, gpflags=0x48, gpid=0x1234, vni=70) / e()
        / ARP(op=2, psrc="10.2.2.2"),
        {"vxlan.flags": 0x88, "vxlan.reserved": 0x481234, "vxlan.vni": 70, "arp.operation": 2}, note="group policy")


# ---- GRE and ERSPAN
def gre():
    b = i6()
    vec(i4() / GRE(chksum_present=1) / b / tail(),
        {"gre.checksumpresent": True, "gre.checksum": at(GRE, "chksum"), "gre.protocol": 0x86dd, "ipv6.source": b.src,
         "gre.version": 0}, "ipv4", "checksum")
    b, key, seq = i4(), rnd(1 << 32), rnd(1 << 32)
    vec(i6() / GRE(chksum_present=1, key_present=1, key=key, seqnum_present=1, sequence_number=seq) / b / tail(),
        {"gre.checksum": at(GRE, "chksum"), "gre.key": key, "gre.sequence": seq, "ipv4.source": b.src}, "ipv6",
        "checksum, key, sequence")
    key = rnd(1 << 32)
    vec(e() / i4() / GRE(key_present=1, key=key) / i4() / tail(),
        {"gre.keypresent": True, "gre.key": key, "gre.sequencepresent": False, "gre.vsid": None}, note="key")
    vec(e() / i4() / GRE(seqnum_present=1, sequence_number=77) / i4() / inner(),
        {"gre.sequence": 77, "gre.sequencepresent": True, "gre.keypresent": False}, note="sequence")
    for vsid, flow in [(5000, 0), (0xabcdef, 0x5a)]:
        b = i4()
        vec(e() / i4() / GRE(key_present=1, key=vsid << 8 | flow, proto=0x6558) / e() / b / inner(),
            {"gre.key": vsid << 8 | flow, "gre.vsid": vsid, "gre.flowid": flow, "gre.protocol": 0x6558,
             "ipv4#2.source": b.src, "ethernet#2.type": 0x0800}, note="NVGRE, RFC 7637, section 3.2")
    vec(e() / i6() / GRE(proto=0x6558) / e() / Dot1Q(vlan=9) / i6() / inner(),
        {"gre.protocol": 0x6558, "vlan.id": 9, "ethernet#2.type": 0x8100, "gre.keypresent": False},
            note="Ethernet without key")
    vec(e() / i4() / GRE(proto=0x8847) / MPLS(label=16, s=0) / MPLS(label=17, s=1) / i4() / inner(),
        {"gre.protocol": 0x8847, "mpls.label": 16, "mpls#2.label": 17, "mpls#2.bottom": 1})
    # RFC 1701: a source route of two entries, and the one that ends it; with R alone the checksum is not valid.
    route = struct.pack("!HBB", 0x0800, 0, 8) + socket.inet_aton("10.0.0.1") + socket.inet_aton("10.0.0.2") + bytes(4)
    held = i4()
    body = struct.pack("!HHHH", 0x4000, 0x0800, 0, 0) + route + bytes(held / inner())
    vec(i4(proto=47) / Raw(body), {"gre.routingpresent": True, "gre.checksumpresent": False,
        "gre.routing[1].family": 0x0800,
                                   "gre.routing[1].length": 8, "gre.routing[1].information": "0a0000010a000002",
                                   "gre.routing[2].length": 0, "gre.unchecked": 0, "gre.offset": 0,
                                   "ipv4#2.source": held.src},
        "ipv4", "GRE by hand from RFC 1701, figure 1: a source route")
    # PPTP
    for seq, ack, load in [(1, None, HDLC() / PPP(proto=0xc021) / PPP_LCP_Configure(id=1)),
                           (2, 0, HDLC() / PPP(proto=0xc021) / PPP_LCP_Configure(id=3, code=2)),
                           (None, 5, None),
                           (300, None, Raw(b"\xff\x03\x00\x21") / i4() / inner()),
                           (301, 77, Raw(b"\x00\x57") / i6() / inner())]:
        call = rnd(65536)
        made = e() / i4() / GRE_PPTP(seqnum_present=int(seq is not None), acknum_present=int(ack is not None),
            call_id=call,
                                     sequence_number=seq, ack_number=ack)
        fields = {"gre.version": 1, "gre.callid": call, "gre.payloadlength": at(GRE_PPTP, "payload_len"),
            "gre.keypresent": True,
                  "gre.acknowledgmentpresent": ack is not None}
        if seq is not None:
            fields["gre.sequence"] = seq
        if ack is not None:
            fields["gre.acknowledgment"] = ack
        vec(made / load if load else made, fields, note="PPTP")


def erspan():
    for vlan, cos, en, t, load in [(0, 0, 0, 0, i4() / tail()), (100, 5, 2, 0, i6() / tail()),
        (4095, 7, 3, 1, Raw(b"cut")),
                                   (7, 1, 1, 0, ARP(psrc="10.9.9.9"))]:
        session, index, seq = rnd(1024), rnd(1 << 20), rnd(1 << 32)
        vec(e() / i4() / GRE(seqnum_present=1, sequence_number=seq)
            / ERSPAN_II(ver=1, vlan=vlan, cos=cos, en=en, t=t, session_id=session, index=index)
            / (e() if t == 0 else e(type=0x88b5)) / load,
            {"gre.sequence": seq, "gre.protocol": 0x88be, "erspan.vlan": vlan, "erspan.cos": cos,
                "erspan.encapsulation": en,
             "erspan.truncated": t == 1, "erspan.session": session, "erspan.index": index})
    for vlan, bso, gra, d, load in [(1, 0, 0, 0, i4() / tail()), (2, 1, 1, 1, i6() / tail()), (3, 2, 2, 0, ARP()),
                                    (4, 3, 3, 1, i4() / inner())]:
        session, time, sgt, hw = rnd(1024), rnd(1 << 32), rnd(65536), rnd(64)
        vec(e() / i4() / GRE(seqnum_present=1, sequence_number=9)
            / ERSPAN_III(vlan=vlan, cos=6, bso=bso, session_id=session, timestamp=time, sgt_other=sgt, p=1, hw=hw,
            gra=gra, d=d)
            / e() / load,
            {"erspan3.vlan": vlan, "erspan3.bso": bso, "erspan3.session": session, "erspan3.timestamp": time,
             "erspan3.sgt": sgt, "erspan3.hardware": hw, "erspan3.granularity": gra, "erspan3.direction": d})
    for id_, info1, info2 in [(1, 0x0abcdef, 0x12345678), (63, 0x3ffffff, 0xffffffff)]:
        session = rnd(1024)
        vec(e() / i4() / GRE(seqnum_present=1, sequence_number=10) / ERSPAN_III(session_id=session, gra=2, o=1)
            / ERSPAN_PlatformSpecific(platf_id=id_, info1=info1, info2=info2) / e() / i4() / tail(),
            {"erspan3.session": session, "erspan3.optional": True, "erspan3.platform": id_,
             "erspan3.platforminfo": info1 << 32 | info2, "gre.protocol": 0x22eb})
    b = i4()
    vec(e() / i4() / GRE(seqnum_present=1, sequence_number=11) / ERSPAN_III(session_id=5, ft=2, t=1)
        / Raw(bytes(b / inner())),
        {"erspan3.frametype": 2, "erspan3.truncated": True, "erspan3.session": 5, "ipv4#2.source": b.src},
            note="frame type IP")
    b = i6()
    vec(e() / i4() / GRE(seqnum_present=1, sequence_number=12) / ERSPAN_III(session_id=6, ft=2, o=1)
        / ERSPAN_PlatformSpecific(platf_id=3, info1=0, info2=77) / Raw(bytes(b / inner())),
        {"erspan3.frametype": 2, "erspan3.platform": 3, "erspan3.platforminfo": 77, "ipv6.source": b.src},
        note="frame type IP, platform part")


# ---- GTP-U
def gtpu():
    b, teid = i4(), rnd(1 << 32)
    vec(e() / i4() / udp(2152) / GTP_U_Header(teid=teid) / b / tail(),
        {"gtpu.teid": teid, "gtpu.type": 255, "gtpu.length": at(GTP_U_Header, "length"), "gtpu.extensionpresent": False,
         "ipv4#2.source": b.src, "gtpu.protocoltype": True})
    b, teid = i6(), rnd(1 << 32)
    vec(e() / i6() / udp(2152) / GTP_U_Header(teid=teid) / b / tail(),
        {"gtpu.teid": teid, "gtpu.type": 255, "ipv6#2.source": b.src, "gtpu.length": at(GTP_U_Header, "length")})
    b, teid = i4(), rnd(1 << 32)
    vec(i4() / udp(2152) / GTP_U_Header(teid=teid, S=1, seq=0x1234) / b / inner(),
        {"gtpu.sequencepresent": True, "gtpu.sequence": 0x1234, "gtpu.nextextension": 0, "ipv4#2.source": b.src,
         "gtpu.length": at(GTP_U_Header, "length")}, "ipv4")
    b = i4()
    vec(e() / i4() / udp(2152) / GTP_U_Header(teid=1, PN=1, npdu=99) / b / inner(),
        {"gtpu.npdupresent": True, "gtpu.npdu": 99, "gtpu.sequence": 0, "ipv4#2.source": b.src})
    for type_, qfi, more in [(0, 9, {}), (1, 5, {}), (0, 1, {"PPP": 1, "PPI": 4, "RQI": 1}),
                             (1, 63, {"QMP": 1, "dlSendTimeRpt": 1, "dlRecvTime": 2, "ulSendTime": 3})]:
        teid, b = rnd(1 << 32), i4()
        made = e() / i4() / udp(2152) / GTP_U_Header(teid=teid, E=1, next_ex=0x85) / GTPPDUSessionContainer(
            type=type_, QFI=qfi, **more) / b / inner()
        container = bytes(made[GTPPDUSessionContainer])
        vec(made, {"gtpu.teid": teid, "gtpu.nextextension": 0x85, "gtpu.extensions[1].length": container[0],
                   "gtpu.extensions[1].data": container[1:container[0] * 4 - 1].hex(), "gtpu.extensions[1].next": 0,
                   "ipv4#2.source": b.src}, note="5G user plane, QoS flow %d" % qfi)
    b = i4()
    vec(e() / i4() / udp(2152) / GTP_U_Header(teid=3, E=1, next_ex=0x40, gtp_type=255)
        / GTP_UDPPort_ExtensionHeader(udp_port=0xabcd) / Raw(bytes(b / inner())),
        {"gtpu.nextextension": 0x40, "gtpu.extensions[1].data": "abcd", "gtpu.extensions[1].next": 0,
            "ipv4#2.source": b.src})
    b = i6()
    vec(e() / i4() / udp(2152) / GTP_U_Header(teid=4, E=1, S=1, seq=5, next_ex=0xc0, gtp_type=255)
        / GTP_PDCP_PDU_ExtensionHeader(pdcp_pdu=0x0102, next_ex=0x40) / GTP_UDPPort_ExtensionHeader(udp_port=2152)
        / Raw(bytes(b / inner())),
        {"gtpu.nextextension": 0xc0, "gtpu.extensions[1].data": "0102", "gtpu.extensions[1].next": 0x40,
         "gtpu.extensions[2].data": "0868", "gtpu.extensions[2].next": 0, "ipv6.source": b.src},
         note="two extension headers")
    vec(e() / i4() / udp(2152) / GTP_U_Header(gtp_type=1, S=1, seq=77),
        {"gtpu.type": 1, "gtpu.sequence": 77, "gtpu.length": 4, "gtpu.teid": 0}, note="echo request")
    vec(e() / i4() / udp(2152) / GTP_U_Header(gtp_type=2, S=1, seq=77) / Raw(bytes(IE_Recovery(restart_counter=0))),
        {"gtpu.type": 2, "gtpu.sequence": 77, "gtpu.elements[1].type": 14, "gtpu.elements[1].recovery": 0},
        note="echo response, TS 29.281, section 7.2.2")
    teid, peer = rnd(1 << 32), ip4()
    vec(e() / i4() / udp(2152) / GTP_U_Header(gtp_type=26, S=1, seq=3) / GTPErrorIndication(
        IE_list=[IE_TEIDI(TEIDI=teid), IE_GSNAddress(length=4, ipv4_address=peer)]),
        {"gtpu.type": 26, "gtpu.elements[1].teid": teid, "gtpu.elements[2].length": 4,
            "gtpu.elements[2].address": peer},
        note="error indication")
    teid, peer = rnd(1 << 32), ip6()
    vec(e() / i6() / udp(2152) / GTP_U_Header(gtp_type=26, S=1, E=1, seq=0, next_ex=0x40)
        / GTP_UDPPort_ExtensionHeader(udp_port=50001) / Raw(
            bytes(IE_TEIDI(TEIDI=teid)) + bytes(IE_GSNAddress(length=16, ipv6_address=peer))),
        {"gtpu.type": 26, "gtpu.extensions[1].data": "c351", "gtpu.elements.teid": teid, "gtpu.elements[2].length": 16,
         "gtpu.elements[2].address6": peer}, note="error indication with the UDP port")
    vec(e() / i4() / udp(2152) / GTP_U_Header(gtp_type=31, S=1, seq=8) / Raw(bytes([141, 2, 0x40, 0x85])),
        {"gtpu.type": 31, "gtpu.elements[1].type": 141, "gtpu.elements[1].count": 2,
            "gtpu.elements[1].headers[1]": 0x40,
         "gtpu.elements[1].headers[2]": 0x85}, note="element by hand from TS 29.281, section 8.5")
    vec(e() / i4() / udp(2152) / GTP_U_Header(gtp_type=254, teid=0xcafe),
        {"gtpu.type": 254, "gtpu.teid": 0xcafe, "gtpu.length": 0}, note="end marker")
    vec(e() / i4() / udp(2152) / GTP_U_Header(gtp_type=254, teid=0xcaff)
        / Raw(struct.pack("!BHH", 255, 7, 10415) + b"hello"),
        {"gtpu.type": 254, "gtpu.length": 10, "gtpu.elements[1].type": 255, "gtpu.elements[1].length": 7,
         "gtpu.elements[1].data": "28af68656c6c6f"}, note="private extension by hand from TS 29.281, section 8.6")


# ---- L2TP
def avp(type_, value, mandatory=1, hidden=0, vendor=0):
    """RFC 2661, section 4.1."""
    return struct.pack("!HHH", mandatory << 15 | hidden << 14 | 6 + len(value), vendor, type_) + value


def word(n):
    return struct.pack("!H", n)


def long(n):
    return struct.pack("!I", n)


def l2tp():
    def control(note, tunnel, session, ns, nr, avps, fields):
        vec(e() / i4() / UDP(sport=1701, dport=1701)
            / L2TP(hdr="control+length+sequence", tunnel_id=tunnel, session_id=session, ns=ns, nr=nr)
            / Raw(b"".join(avps)),
            dict({"l2tp.control": True, "l2tp.length": at(L2TP, "len"), "l2tp.tunnel": tunnel, "l2tp.sent": ns},
                **fields),
            note=note + ", AVPs by hand from RFC 2661, section 4.4")
    tie, challenge, response = octets(8), octets(16), octets(16)
    control("SCCRQ", 0, 0, 0, 0, [
        avp(0, word(1)), avp(2, word(0x0100)), avp(3, long(3)), avp(4, long(2)), avp(5, tie, 0),
            avp(6, word(0x0690), 0),
        avp(7, b"lac.example"), avp(8, b"maker", 0), avp(9, word(4660)), avp(10, word(8)), avp(11, challenge)],
        {"l2tp.avps[1].message": 1, "l2tp.avps[2].protocolversion": 0x0100, "l2tp.avps[3].framing": 3,
         "l2tp.avps[4].bearer": 2, "l2tp.avps[5].value": tie.hex(), "l2tp.avps[5].mandatory": False,
         "l2tp.avps[7].hostname": "lac.example", "l2tp.avps[8].vendorname": "maker",
         "l2tp.avps[9].assignedtunnel": 4660,
         "l2tp.avps[10].window": 8, "l2tp.avps[11].challenge": challenge.hex()})
    control("SCCRP", 4660, 0, 0, 1, [avp(0, word(2)), avp(2, word(0x0100)), avp(7, b"lns"), avp(9, word(99)),
        avp(13, response)],
            {"l2tp.avps[1].message": 2, "l2tp.received": 1, "l2tp.avps.hostname": "lns", "l2tp.avps.assignedtunnel": 99,
             "l2tp.avps[5].response": response.hex()})
    control("SCCCN", 99, 0, 1, 1, [avp(0, word(3))], {"l2tp.avps[1].message": 3, "l2tp.avps[1].length": 8})
    control("ICRQ", 99, 0, 2, 1, [avp(0, word(10)), avp(14, word(17)), avp(15, long(70000)), avp(18, long(1)),
                                  avp(21, b"5551234"), avp(22, b"5550000")],
            {"l2tp.avps[1].message": 10, "l2tp.avps.assignedsession": 17, "l2tp.avps.serial": 70000,
             "l2tp.avps[5].called": "5551234", "l2tp.avps[6].calling": "5550000"})
    control("ICCN", 99, 21, 3, 2, [avp(0, word(12)), avp(24, long(100000000)), avp(19, long(2))],
            {"l2tp.session": 21, "l2tp.avps[1].message": 12, "l2tp.avps.speed": 100000000, "l2tp.avps[3].framing": 2})
    control("CDN", 99, 21, 4, 2, [avp(0, word(14)), avp(1, word(2) + word(6) + b"no carrier"), avp(14, word(17)),
                                  avp(12, word(16) + b"\x02")],
            {"l2tp.avps[1].message": 14, "l2tp.avps[2].result": 2, "l2tp.avps[2].error": 6,
                "l2tp.avps[2].text": "no carrier",
             "l2tp.avps[4].value": "001002"})
    control("StopCCN", 99, 0, 5, 2, [avp(0, word(4)), avp(1, word(1)), avp(9, word(4660))],
            {"l2tp.avps[1].message": 4, "l2tp.avps[2].result": 1, "l2tp.avps.assignedtunnel": 4660})
    control("Hello", 99, 0, 6, 2, [avp(0, word(6))], {"l2tp.avps.message": 6})
    hidden, vendor = octets(18), octets(5)
    control("ICRP with a hidden AVP and a vendor's", 4660, 17, 7, 3,
            [avp(0, word(11)), avp(36, octets(4)), avp(14, hidden, hidden=1), avp(7, vendor, 0, vendor=9)],
            {"l2tp.avps[2].type": 36, "l2tp.avps[3].hidden": True, "l2tp.avps[3].value": hidden.hex(),
             "l2tp.avps[4].vendor": 9, "l2tp.avps[4].value": vendor.hex()})
    vec(e() / i4() / UDP(sport=1701, dport=1701) / L2TP(hdr="control+length+sequence", tunnel_id=99, ns=7, nr=4),
        {"l2tp.control": True, "l2tp.length": 12, "l2tp.sent": 7, "l2tp.received": 4}, note="ZLB acknowledgment")
    # data
    b = i4()
    vec(e() / i4() / UDP(sport=1701, dport=1701) / L2TP(hdr="length", tunnel_id=5, session_id=6)
        / Raw(b"\xff\x03\x00\x21" + bytes(b / inner())),
        {"l2tp.control": False, "l2tp.length": at(L2TP, "len"), "l2tp.session": 6, "ppp.address": 255,
            "ppp.protocol": 0x21,
         "ipv4#2.source": b.src}, note="data with length")
    b = i6()
    vec(e() / i4() / UDP(sport=1701, dport=1701) / L2TP(hdr=0, tunnel_id=5, session_id=7)
        / Raw(b"\x00\x57" + bytes(b / inner())),
        {"l2tp.lengthpresent": False, "l2tp.tunnel": 5, "l2tp.session": 7, "ppp.protocol": 0x57, "ipv6.source": b.src},
        note="data without length")
    vec(i4() / UDP(sport=1701, dport=1701) / L2TP(hdr="sequence+priority", tunnel_id=5, session_id=8, ns=9, nr=10)
        / HDLC() / PPP(proto=0xc021) / PPP_LCP_Echo(id=4, magic_number=0x01020304),
        {"l2tp.sequencepresent": True, "l2tp.priority": True, "l2tp.sent": 9, "l2tp.received": 10,
            "lcp.magic": 0x01020304},
        "ipv4", "data with sequence")
    for pad in [b"", b"\0\0", b"\1\2\3"]:
        raw = struct.pack("!HHHHH", 0x4202, 10 + len(pad) + 8, 1, 2, len(pad)) + pad + b"\xff\x03" + bytes(
            PPP(proto=0xc021) / PPP_LCP_Terminate(id=5))
        vec(e() / i4() / UDP(sport=1701, dport=1701) / Raw(raw),
            {"l2tp.offsetpresent": True, "l2tp.offset": len(pad), "l2tp.offsetpad": pad.hex(),
                "l2tp.length": len(raw), "lcp.code": 5,
             "lcp.identifier": 5}, note="L2TP by hand from RFC 2661, section 3.1: data with offset")


# ---- PPP: which link, and how it is framed
def wrap(proto, load):
    """Each in another envelope."""
    wrap.n += 1
    if wrap.n % 3 == 0:
        return e() / PPPoE(sessionid=wrap.n) / PPP(proto=proto) / load, "ethernet"
    if wrap.n % 3 == 1:
        return PPP(proto=proto) / load, "ppp"
    return HDLC() / PPP(proto=proto) / load, "ppp"


wrap.n = 0


def control(proto, load, fields, note=None):
    made, first = wrap(proto, load)
    vec(made, dict({"ppp.protocol": proto}, **fields), first, note)


def ppp():
    b = i4()
    vec(Raw(b"\xff\x03\x00\x21") / b / tail(), {"ppp.protocol": 0x21, "ppp.control": 3, "ipv4.source": b.src}, "ppp",
        "PPP by hand: RFC 1662, section 3.1")
    b = i6()
    vec(Raw(b"\xff\x03\x00\x57") / b / tail(), {"ppp.protocol": 0x57, "ppp.address": 255, "ipv6.source": b.src}, "ppp",
        "PPP by hand: RFC 1662, section 3.1")
    b = i4()
    vec(Raw(b"\x00\x21") / b / tail(), {"ppp.protocol": 0x21, "ipv4.source": b.src, "ppp.address": None}, "ppp",
        "PPP by hand: RFC 1661, section 2")
    vec(Raw(b"\xff\x03\x02\x81") / MPLS(label=500, s=1, ttl=9) / i4() / inner(),
        {"ppp.protocol": 0x281, "mpls.label": 500}, "ppp",
        "PPP by hand: RFC 3032, section 4.1")
    vec(HDLC() / PPP(proto=0x80fd) / Raw(bytes.fromhex("01010004")), {"ppp.protocol": 0x80fd, "ppp.control": 3}, "ppp",
        "CCP, which is data here")
    b = i4()
    vec(HDLC() / PPP(proto=0x21) / b / inner(), {"ppp.compressed": 0x21, "ppp.control": 3, "ipv4.source": b.src}, "ppp",
        "compressed protocol field")
    b = i6()
    vec(PPP(proto=0x57) / b / inner(), {"ppp.compressed": 0x57, "ipv6.source": b.src}, "ppp",
        "compressed protocol field")
    b = i4()
    vec(e() / i4() / GRE_PPTP(seqnum_present=1, sequence_number=9, call_id=5) / PPP(proto=0x21) / b / inner(),
        {"gre.callid": 5, "ppp.compressed": 0x21, "ipv4#2.source": b.src}, note="PPTP, compressed protocol field")


def lcp():
    magic = rnd(1 << 32)
    control(0xc021, PPP_LCP_Configure(id=1, options=[
        PPP_LCP_MRU_Option(max_recv_unit=1492), PPP_LCP_ACCM_Option(accm=0x000a0000),
        PPP_LCP_Auth_Protocol_Option(auth_protocol=0xc023), PPP_LCP_Magic_Number_Option(magic_number=magic),
        PPP_LCP_Option(type=7, data=b""), PPP_LCP_Option(type=8, data=b"")]),
        {"lcp.code": 1, "lcp.length": at(PPP_LCP_Configure, "len"), "lcp.options[1].mru": 1492,
         "lcp.options[2].asyncmap": 0x000a0000, "lcp.options[3].authentication": 0xc023, "lcp.options[4].magic": magic,
         "lcp.options[5].type": 7, "lcp.options[6].length": 2}, "Configure-Request")
    control(0xc021, PPP_LCP_Configure(code=2, id=1, options=[
        PPP_LCP_Auth_Protocol_Option(auth_protocol=0xc223, algorithm=0x81),
            PPP_LCP_Magic_Number_Option(magic_number=magic)]),
        {"lcp.code": 2, "lcp.options[1].authentication": 0xc223, "lcp.options[1].authenticationdata": "81",
         "lcp.options[2].magic": magic}, "Configure-Ack, MS-CHAP v2")
    control(0xc021, PPP_LCP_Configure(code=3, id=2, options=[
        PPP_LCP_Auth_Protocol_Option(auth_protocol=0xc227), PPP_LCP_MRU_Option(max_recv_unit=1500)]),
        {"lcp.code": 3, "lcp.options.authentication": 0xc227, "lcp.options.mru": 1500,
            "lcp.options[1].authenticationdata": ""},
        "Configure-Nak, EAP")
    control(0xc021, PPP_LCP_Configure(code=4, id=3, options=[
        PPP_LCP_Callback_Option(operation=6, message=b""), PPP_LCP_Option(type=17, data=b"\x05\xdc"),
        PPP_LCP_Option(type=19, data=b"\x03" + bytes(range(6)))]),
        {"lcp.code": 4, "lcp.options[1].type": 13, "lcp.options[1].data": "06", "lcp.options[2].type": 17,
         "lcp.options[2].data": "05dc", "lcp.options[3].length": 9}, "Configure-Reject")
    control(0xc021, PPP_LCP_Configure(code=1, id=4, options=[
        PPP_LCP_Quality_Protocol_Option(data=long(1000))]),
        {"lcp.options[1].type": 4, "lcp.options[1].quality": 0xc025, "lcp.options[1].qualitydata": "000003e8"},
            "Quality-Protocol")
    control(0xc021, PPP_LCP_Configure(code=2, id=9), {"lcp.code": 2, "lcp.identifier": 9, "lcp.length": 4},
        "no options")
    control(0xc021, PPP_LCP_Terminate(code=5, id=10, data=b"User request"),
            {"lcp.code": 5, "lcp.data": b"User request".hex(), "lcp.length": at(PPP_LCP_Terminate, "len")},
                "Terminate-Request")
    control(0xc021, PPP_LCP_Terminate(code=6, id=10), {"lcp.code": 6, "lcp.identifier": 10, "lcp.data": ""},
        "Terminate-Ack")
    rejected = PPP_LCP(code=77, id=6, data=b"abc")
    control(0xc021, PPP_LCP_Code_Reject(id=11, rejected_packet=rejected),
            {"lcp.code": 7, "lcp.data": bytes(rejected).hex()}, "Code-Reject")
    control(0xc021, PPP_LCP_Protocol_Reject(id=12, rejected_protocol=0x80fd, rejected_information=Raw(b"\1\1\0\4")),
            {"lcp.code": 8, "lcp.rejectedprotocol": 0x80fd, "lcp.rejected": "01010004"}, "Protocol-Reject")
    control(0xc021, PPP_LCP_Echo(code=9, id=13, magic_number=magic, data=b"\1\2"),
            {"lcp.code": 9, "lcp.magic": magic, "lcp.data": "0102", "lcp.identifier": 13}, "Echo-Request")
    control(0xc021, PPP_LCP_Echo(code=10, id=13, magic_number=magic ^ 1), {"lcp.code": 10, "lcp.magic": magic ^ 1},
        "Echo-Reply")
    control(0xc021, PPP_LCP_Discard_Request(id=14, magic_number=0, data=b"x"),
            {"lcp.code": 11, "lcp.magic": 0, "lcp.data": "78"}, "Discard-Request")
    control(0xc021, PPP_LCP(code=12, id=15, data=long(magic) + b"box 7"),
            {"lcp.code": 12, "lcp.magic": magic, "lcp.data": b"box 7".hex()}, "Identification, RFC 1570, section 2.1")
    control(0xc021, PPP_LCP(code=13, id=16, data=long(magic) + long(600) + b"soon"),
            {"lcp.code": 13, "lcp.magic": magic, "lcp.seconds": 600, "lcp.data": b"soon".hex()},
                "Time-Remaining, RFC 1570, section 2.2")
    made = e() / PPPoE(sessionid=3) / PPP(proto=0xc021) / PPP_LCP_Echo(code=9, id=1, magic_number=5)
    vec(padded(made), {"pppoe.session": 3, "pppoe.length": 10, "lcp.magic": 5}, note="padded to 60 bytes")


def ncp():
    a, b, c, d, f = (ip4() for _ in range(5))
    control(0x8021, PPP_IPCP(id=1, options=[PPP_IPCP_Option_IPAddress(data=a), PPP_IPCP_Option_DNS1(data=b),
                                            PPP_IPCP_Option_NBNS1(data=c), PPP_IPCP_Option_DNS2(data=d),
                                            PPP_IPCP_Option_NBNS2(data=f)]),
            {"ipcp.code": 1, "ipcp.length": at(PPP_IPCP, "len"), "ipcp.options[1].address": a,
                "ipcp.options[2].primarydns": b,
             "ipcp.options[3].primarynbns": c, "ipcp.options[4].secondarydns": d, "ipcp.options[5].secondarynbns": f})
    control(0x8021, PPP_IPCP(code=4, id=2, options=[PPP_IPCP_Option(type=2, data=bytes.fromhex("002d0f01"))]),
            {"ipcp.code": 4, "ipcp.options[1].compression": 0x2d, "ipcp.options[1].compressiondata": "0f01"},
                "Van Jacobson")
    control(0x8021, PPP_IPCP(code=3, id=3, options=[PPP_IPCP_Option_IPAddress(data=a)]),
            {"ipcp.code": 3, "ipcp.options.address": a, "ipcp.identifier": 3, "ipcp.length": 10})
    control(0x8021, PPP_IPCP(code=2, id=4, options=[PPP_IPCP_Option(type=1, data=bytes([1, 2, 3, 4, 5, 6, 7, 8])),
                                                    PPP_IPCP_Option(type=4, data=socket.inet_aton("10.3.3.3"))]),
            {"ipcp.code": 2, "ipcp.options[1].length": 10, "ipcp.options[1].data": "0102030405060708",
             "ipcp.options[2].data": "0a030303"}, "addresses, mobile address")
    control(0x8021, Raw(bytes.fromhex("05050006") + b"by"), {"ipcp.code": 5, "ipcp.data": "6279", "ipcp.length": 6},
            "Terminate-Request by hand: RFC 1661, section 5.5")
    control(0x8021, PPP_IPCP(code=2, id=5), {"ipcp.code": 2, "ipcp.identifier": 5, "ipcp.length": 4})
    # IPV6CP: RFC 5072, section 4.1
    for code, id_ in [(1, "0211:22ff:fe33:4455"), (2, "0000:0000:0000:0001"), (3, "a5a5:0000:1111:ffff")]:
        raw = struct.pack("!BBHBB", code, code + 6, 14, 1, 10) + bytes.fromhex(id_.replace(":", ""))
        told = ":".join("%02x" % x for x in raw[6:])
        control(0x8057, Raw(raw), {"ipv6cp.code": code, "ipv6cp.identifier": code + 6, "ipv6cp.length": 14,
                                   "ipv6cp.options[1].interfaceid": told}, "IPV6CP by hand: RFC 5072, section 4.1")
    raw = struct.pack("!BBHBBH", 4, 1, 8, 2, 4, 0x4f)
    control(0x8057, Raw(raw), {"ipv6cp.code": 4, "ipv6cp.options[1].type": 2, "ipv6cp.options[1].compression": 0x4f},
            "IPV6CP by hand: compression, RFC 5172, section 2")
    control(0x8057, Raw(bytes.fromhex("04040009" "0e0501020a")),
            {"ipv6cp.code": 4, "ipv6cp.options[1].type": 14, "ipv6cp.options[1].data": "01020a"},
            "IPV6CP by hand: an option of another number, RFC 1661, section 6")
    control(0x8057, Raw(bytes.fromhex("06020004")), {"ipv6cp.code": 6, "ipv6cp.identifier": 2, "ipv6cp.data": ""},
            "Terminate-Ack by hand: RFC 1661, section 5.5")
    control(0x8057, Raw(bytes.fromhex("07030008" "63010004")), {"ipv6cp.code": 7, "ipv6cp.data": "63010004"},
            "Code-Reject by hand: RFC 1661, section 5.6")


def auth():
    control(0xc023, PPP_PAP_Request(id=1, username=b"alice", password=b"secret"),
            {"pap.code": 1, "pap.length": at(PPP_PAP_Request, "len"), "pap.peerlength": 5, "pap.peer": "alice",
             "pap.passwordlength": 6, "pap.password": "secret"})
    control(0xc023, PPP_PAP_Request(id=2, username=b"", password=b""),
            {"pap.code": 1, "pap.peer": "", "pap.password": "", "pap.length": 6}, "empty")
    control(0xc023, PPP_PAP_Response(code=2, id=1, message=b"Login ok"),
            {"pap.code": 2, "pap.messagelength": 8, "pap.message": "Login ok"})
    control(0xc023, PPP_PAP_Response(code=3, id=1, message=b"Login incorrect"),
            {"pap.code": 3, "pap.identifier": 1, "pap.message": "Login incorrect"})
    control(0xc023, PPP_PAP_Response(code=2, id=3), {"pap.code": 2, "pap.message": "", "pap.length": 5}, "no message")
    control(0xc023, PPP_PAP(code=9, id=4, data=b"?"), {"pap.code": 9, "pap.data": "3f", "pap.length": 5},
        "unknown code")
    value = octets(16)
    control(0xc223, PPP_CHAP_ChallengeResponse(code=1, id=1, value=value, optional_name=b"lns.example"),
            {"chap.code": 1, "chap.length": at(PPP_CHAP_ChallengeResponse, "len"), "chap.valuesize": 16,
             "chap.value": value.hex(), "chap.peer": "lns.example"})
    value = octets(49)
    control(0xc223, PPP_CHAP_ChallengeResponse(code=2, id=1, value=value, optional_name=b"alice"),
            {"chap.code": 2, "chap.valuesize": 49, "chap.value": value.hex(), "chap.peer": "alice"},
                "of MS-CHAP's size")
    control(0xc223, PPP_CHAP_ChallengeResponse(code=2, id=2, value=b"\1", optional_name=b""),
            {"chap.code": 2, "chap.value": "01", "chap.peer": ""}, "no name")
    control(0xc223, PPP_CHAP(code=3, id=1, data=b"Welcome"), {"chap.code": 3, "chap.message": "Welcome",
        "chap.length": 11})
    control(0xc223, PPP_CHAP(code=4, id=1, data=b"E=691 R=0"), {"chap.code": 4, "chap.message": "E=691 R=0"})
    control(0xc223, PPP_CHAP(code=9, id=2, data=b"?"), {"chap.code": 9, "chap.data": "3f", "chap.length": 5},
            "unknown code")
    control(0xc223, PPP_CHAP(code=3, id=9), {"chap.code": 3, "chap.message": "", "chap.length": 4}, "no message")


# ---- EAP over PPP and over LAN
def eap():
    value = octets(16)
    group = "01:80:c2:00:00:03"
    cases = [
        (EAP(code=1, id=1, type=1), {"eap.code": 1, "eap.type": 1, "eap.identity": "", "eap.length": 5}),
        (EAP(code=1, id=1, type=1, message=b"who?"), {"eap.code": 1, "eap.type": 1, "eap.identity": "who?"}),
        (EAP(code=2, id=1, type=1, identity=b"bob@example.org"),
         {"eap.code": 2, "eap.identifier": 1, "eap.identity": "bob@example.org", "eap.length": 20}),
        (EAP(code=1, id=2, type=2) / Raw(b"Password expires"),
         {"eap.type": 2, "eap.notification": "Password expires", "eap.length": 21}),
        (EAP(code=2, id=2, type=2), {"eap.type": 2, "eap.code": 2, "eap.notification": ""}),
        (EAP(code=2, id=3, type=3, desired_auth_types=[25, 21, 13]),
         {"eap.type": 3, "eap.desired[1]": 25, "eap.desired[2]": 21, "eap.desired[3]": 13}),
        (EAP_MD5(code=1, id=4, value=value, optional_name=b"srv"),
         {"eap.type": 4, "eap.valuesize": 16, "eap.value": value.hex(), "eap.peer": "srv", "eap.length": 25}),
        (EAP_MD5(code=2, id=4, value=value), {"eap.code": 2, "eap.type": 4, "eap.value": value.hex(), "eap.peer": ""}),
        (EAP_TLS(code=1, id=5, S=1), {"eap.type": 13, "eap.data": "20", "eap.length": 6}),
        (EAP(code=2, id=6, type=6) / Raw(b"123456"), {"eap.type": 6, "eap.data": b"123456".hex()}),
        (LEAP(code=1, id=7, challenge_response=octets(8), username=b"carol"),
        {"eap.type": 17, "eap.length": at(LEAP, "len")}),
        (EAP(code=1, id=8, type=254) / Raw(bytes.fromhex("0001370000000100010203")),
        {"eap.type": 254, "eap.vendor": 0x137,
                                                                             "eap.vendortype": 1,
                                                                             "eap.vendordata": "00010203"}),
        (EAP(code=3, id=9), {"eap.code": 3, "eap.identifier": 9, "eap.length": 4}),
        (EAP(code=4, id=10), {"eap.code": 4, "eap.identifier": 10, "eap.length": 4}),
    ]
    for n, (load, fields) in enumerate(cases):
        made = Ether(dst=group, src=mac()) / EAPOL(version=1 + n % 3, type=0, len=len(bytes(load))) / load
        vec(made if n % 2 else padded(made), dict({"eapol.version": 1 + n % 3, "eapol.type": 0,
                                                   "eapol.length": at(EAPOL, "len")}, **fields), note=load.summary())
        if n in (2, 5, 6, 12):
            control(0xc227, load, fields, "EAP over PPP")
    for type_ in (1, 2):
        vec(padded(Ether(dst=group, src=mac()) / EAPOL(version=type_, type=type_, len=0)),
            {"eapol.version": type_, "eapol.type": type_, "eapol.length": 0, "ethernet.destination": group})
    vec(e() / EAPOL(version=3, type=5) / MKAPDU(basic_param_set=MKABasicParamSet(
        mka_version_id=1, key_server_priority=16, key_server=1, macsec_capability=2, param_set_body_len=32,
        SCI=MACsecSCI(system_identifier=mac(), port_identifier=1), actor_member_id=octets(12), actor_message_number=1,
        algorithm_agility=0x0080c201, cak_name=b"abcd"), parameter_sets=[MKAICVSet(param_set_body_len=16,
            icv=octets(16))]),
        {"eapol.type": 5, "eapol.version": 3, "eapol.length": at(EAPOL, "len")}, note="MKA")
    vec(e() / EAPOL(version=1, type=4) / Raw(b"alert"), {"eapol.type": 4, "eapol.body": b"alert".hex()})


def handshake():
    ap, sta, anonce, snonce = mac(), mac(), octets(32), octets(32)
    rsn = bytes.fromhex("30140100000fac040100000fac040100000fac020000")
    zero = bytes(32)
    cases = [("message 1 of 4", 2, 0x008a, 16, 1, anonce, bytes(16), b"", ap),
             ("message 2 of 4", 2, 0x010a, 0, 1, snonce, octets(16), rsn, sta),
             ("message 3 of 4", 2, 0x13ca, 16, 2, anonce, octets(16), octets(56), ap),
             ("message 4 of 4", 2, 0x030a, 0, 2, zero, octets(16), b"", sta),
             ("group key, message 1 of 2", 2, 0x1382, 16, 3, octets(32), octets(16), octets(40), ap),
             ("group key, message 2 of 2", 2, 0x0302, 0, 3, zero, octets(16), b"", sta),
             ("WPA, message 1 of 4", 254, 0x0089, 32, 1, anonce, bytes(16), b"", ap),
             ("a MIC failure report", 2, 0x0f08, 0, 1 << 40, zero, octets(16), b"", sta)]
    for note, kind, info, length, counter, nonce, mic, data, source in cases:
        vec(Ether(src=source, dst=sta if source == ap else ap) / EAPOL(version=2 if kind == 2 else 1, type=3) / WPA_key(
            descriptor_type=kind, key_info=info, len=length, replay_counter=struct.pack("!Q", counter), nonce=nonce,
            key_iv=bytes(16), wpa_key_rsc=bytes(8), wpa_key_id=bytes(8), wpa_key_mic=mic, wpa_key_length=len(data),
                wpa_key=data),
            {"eapol.type": 3, "eapol.length": 95 + len(data), "eapol.descriptor": kind, "eapol.keyinformation": info,
             "eapol.keyack": info & 0x80 > 0, "eapol.mickey": info & 0x100 > 0, "eapol.install": info & 0x40 > 0,
             "eapol.secure": info & 0x200 > 0, "eapol.encrypted": info & 0x1000 > 0, "eapol.error": info & 0x400 > 0,
             "eapol.keylength": length, "eapol.replaycounter": counter, "eapol.nonce": nonce.hex(),
             "eapol.mic": mic.hex(),
             "eapol.datalength": len(data), "eapol.data": data.hex()}, note=note)
    key, sign, iv = octets(13), octets(16), octets(16)
    vec(e() / EAPOL(version=1, type=3) / Raw(struct.pack("!BHQ", 1, 13, 0xdb7) + iv + b"\x81" + sign + key),
        {"eapol.descriptor": 1, "eapol.rc4length": 13, "eapol.rc4counter": 0xdb7, "eapol.rc4iv": iv.hex(),
            "eapol.unicast": True,
         "eapol.rc4index": 1, "eapol.signature": sign.hex(), "eapol.key": key.hex()},
        note="RC4 key by hand: RFC 3580, section 4, IEEE 802.1X-2001, section 7.6")


# ---- PPPoE
def pppoe():
    def tag(type_, value=b""):
        return PPPoETag(tag_type=type_, tag_value=value)

    def found(note, code, session, tags, fields, dst=None):
        made = Ether(dst=dst or mac(), src=mac()) / PPPoED(code=code, sessionid=session) / PPPoED_Tags(tag_list=tags)
        n = sum(4 + len(t.tag_value) for t in tags)
        vec(made if n % 2 else padded(made), dict({"pppoed.code": code, "pppoed.session": session, "pppoed.length": n,
                                                   "ethernet.type": 0x8863}, **fields), note=note)
    uniq, cookie, relay = octets(4), octets(16), octets(12)
    found("PADI", 0x09, 0, [tag(0x0101), tag(0x0103, uniq)],
          {"pppoed.tags[1].length": 0, "pppoed.tags[1].service": "", "pppoed.tags[2].hostuniq": uniq.hex()},
              "ff:ff:ff:ff:ff:ff")
    found("PADI with end of list", 0x09, 0, [tag(0x0101, b"dsl"), tag(0x0120, word(1500)), tag(0)],
          {"pppoed.tags[1].service": "dsl", "pppoed.tags[2].maxpayload": 1500, "pppoed.tags[3].type": 0,
           "pppoed.tags[3].length": 0}, "ff:ff:ff:ff:ff:ff")
    found("PADO", 0x07, 0, [tag(0x0102, b"BRAS-1"), tag(0x0101, b"dsl"), tag(0x0103, uniq), tag(0x0104, cookie)],
          {"pppoed.tags[1].concentrator": "BRAS-1", "pppoed.tags[2].service": "dsl", "pppoed.tags[4].length": 16,
           "pppoed.tags[4].cookie": cookie.hex()})
    found("PADO", 0x07, 0, [tag(0x0102, b"BRAS-2"), tag(0x0101), tag(0x0110, relay)],
          {"pppoed.tags.concentrator": "BRAS-2", "pppoed.tags[3].type": 0x0110, "pppoed.tags[3].relay": relay.hex()})
    found("PADR", 0x19, 0, [tag(0x0101, b"dsl"), tag(0x0103, uniq), tag(0x0104, cookie)],
          {"pppoed.tags.cookie": cookie.hex(), "pppoed.tags.hostuniq": uniq.hex()})
    found("PADS", 0x65, 0x1234, [tag(0x0101, b"dsl"), tag(0x0103, uniq)], {"pppoed.tags.service": "dsl"})
    found("PADS refused", 0x65, 0, [tag(0x0101, b"isdn"), tag(0x0201, b"unknown")], {"pppoed.tags[2].error": "unknown"})
    found("PADT", 0xa7, 0x1234, [], {})
    found("PADT", 0xa7, 0x1235, [tag(0x0203, b"hung up"), tag(0x0104, cookie)],
          {"pppoed.tags[1].type": 0x0203, "pppoed.tags[1].error": "hung up"})
    found("PADO", 0x07, 0, [tag(0x0202, b"full")], {"pppoed.tags[1].type": 0x0202, "pppoed.tags.error": "full"})
    line = bytes.fromhex("00000de9") + bytes([1, 5]) + b"eth 1" + bytes([2, 3]) + b"abc"
    found("PADI with what an access node adds, TR-101", 0x09, 0, [tag(0x0101), tag(0x0105, line)],
          {"pppoed.tags[2].length": len(line), "pppoed.tags[2].vendor": 0x0de9,
              "pppoed.tags[2].vendordata": line[4:].hex()})
    for session, load in [(1, Raw(b"\x00\x21") / i4() / tail()), (0xffff, Raw(b"\x00\x57") / i6() / tail())]:
        raw = bytes(load)
        vec(e() / PPPoE(sessionid=session) / load,
            {"pppoe.version": 1, "pppoe.type": 1, "pppoe.code": 0, "pppoe.session": session, "pppoe.length": len(raw),
             "ppp.protocol": raw[1]})
    b = i4()
    vec(e() / Dot1Q(vlan=7) / PPPoE(sessionid=2) / PPP(proto=0x21) / b / inner(),
        {"vlan.type": 0x8864, "pppoe.session": 2, "ppp.compressed": 0x21, "ipv4.source": b.src},
            note="compressed protocol field")
    vec(PPPoE(sessionid=8) / PPP(proto=0xc021) / PPP_LCP_Terminate(id=3), {"pppoe.session": 8, "lcp.code": 5}, "pppoe",
        "LINKTYPE_PPP_ETHER")


# ---- IP in IP, MPLS, pseudowires
def nested():
    for a, b in [(i4(), i4()), (i6(), i4()), (i4(), i6()), (i6(), i6())]:
        one, two = ("ipv4" if x.version == 4 else "ipv6" for x in (a, b))
        n = "#2" if one == two else ""
        fields = {one + ".source": a.src, one + ".protocol" if one == "ipv4" else one
            + ".nextheader": 4 if two == "ipv4" else 41,
                  two + n + ".source": b.src, two + n + ".destination": b.dst, "udp.checksum": at(UDP, "chksum")}
        vec(e() / a / b / tail(), fields)
        vec(a.copy() / b.copy() / TCP(sport=30001, dport=30002, flags="S"),
            dict({k: v for k, v in fields.items() if k[:3] != "udp"}, **{"tcp.checksum": at(TCP, "chksum")}), one)
    a, b, c = i4(), i6(), i4()
    vec(a / b / c / inner(), {"ipv4.source": a.src, "ipv6.source": b.src, "ipv4#2.source": c.src}, "ipv4", "three deep")
    b = i6()
    vec(e() / i6() / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0\0\0\0")]) / b / inner(),
        {"destopts.nextheader": 41, "ipv6#2.source": b.src})
    vec(e() / i4() / i4() / ICMP(id=1, seq=2) / Raw(b"ping"),
        {"ipv4.protocol": 4, "ipv4#2.protocol": 1, "icmp.checksum": at(ICMP, "chksum")}, note="echo")


def mpls():
    label, b = 16 + rnd(1 << 20) - 16, i4()
    vec(e() / i4() / udp(6635) / MPLS(label=label, cos=3, s=1, ttl=60) / b / tail(),
        {"udp.destination": 6635, "mpls.label": label, "mpls.trafficclass": 3, "mpls.bottom": 1, "mpls.timetolive": 60,
         "ipv4#2.source": b.src}, note="MPLS in UDP, RFC 7510")
    b = i6()
    vec(i6() / udp(6635) / MPLS(label=2, s=0) / MPLS(label=100, s=1) / b / tail(),
        {"mpls.label": 2, "mpls#2.label": 100, "ipv6#2.source": b.src}, "ipv6", "MPLS in UDP, RFC 7510")
    b = e()
    vec(e() / i4() / udp(6635) / MPLS(label=7000, s=1) / Raw(bytes.fromhex("00000005") + bytes(b / i4() / inner())),
        {"mpls.label": 7000, "controlword.sequence": 5, "ethernet#2.source": b.src}, note="a pseudowire in UDP")
    b = i4()
    vec(e() / MPLS(label=0, s=1, ttl=255) / b / inner(), {"mpls.label": 0, "mpls.timetolive": 255,
        "ipv4.source": b.src},
        note="explicit null")
    vec(e(type=0x8848) / MPLS(label=3000, s=0) / MPLS(label=3001, s=0) / MPLS(label=3002, s=1) / i6() / inner(),
        {"ethernet.type": 0x8848, "mpls.bottom": 0, "mpls#3.label": 3002, "mpls#3.bottom": 1}, note="multicast")
    vec(i4(proto=137) / MPLS(label=44, s=1) / i4() / inner(), {"ipv4.protocol": 137, "mpls.label": 44}, "ipv4",
        "MPLS in IP, RFC 4023")
    # Pseudowires: RFC 4385, section 3
    for flags, frag, length, seq in [(0, 0, 0, 0), (0, 0, 0, 65535), (0xc, 2, 0, 9)]:
        a, b = e(), i4()
        vec(e() / MPLS(label=900, s=1) / Raw(struct.pack("!BBH", flags, frag << 6 | length, seq)
            + bytes(a / b / tail())),
            {"controlword.flags": flags, "controlword.fragment": frag, "controlword.length": length,
             "controlword.sequence": seq, "ethernet#2.source": a.src, "ipv4.source": b.src},
            note="control word by hand: RFC 4385, section 3")
    a = Ether(src=mac(), dst="52:54:00:00:00:01")
    vec(e() / MPLS(label=901, s=1) / a / i4() / inner(), {"mpls.label": 901, "ethernet#2.source": a.src},
        note="a pseudowire without control word")


# ---- Teredo
def teredo():
    def address():
        return "2001:0:c000:201:0:%x:%x:%x" % (rnd(65535) + 1, rnd(65535) + 1, rnd(65535) + 1)

    def b(load=None, **more):
        return IPv6(src=address(), dst=ip6(), hlim=21, **more)
    one = b()
    vec(e() / i4() / udp(3544) / one / tail(), {"udp.destination": 3544, "ipv6.source": one.src, "ipv6.hoplimit": 21,
                                                "udp#2.checksum": at(UDP, "chksum", 2)}, note="Teredo")
    one = IPv6(src=address(), dst=address(), hlim=21, nh=59)
    vec(i4() / udp(3544) / one, {"ipv6.source": one.src, "ipv6.nextheader": 59, "ipv6.payloadlength": 0}, "ipv4",
        "Teredo: a bubble")
    for port, address_ in [(40000, "192.0.2.45"), (3544, "198.51.100.7")]:
        one = b()
        head = word(0) + word(port ^ 0xffff) + bytes(x ^ 0xff for x in socket.inet_aton(address_))
        vec(e() / i4() / UDP(sport=3544, dport=41000) / Raw(head + bytes(one
            / ICMPv6EchoRequest(id=1, seq=port, data=b"abc"))),
            {"teredo.origin": 0, "teredo.originport": port ^ 0xffff, "teredo.originaddress": head[4:].hex(),
             "ipv6.source": one.src, "icmpv6.sequence": port},
             note="Teredo by hand: RFC 4380, section 5.1.1, origin indication")
    for client, value in [(b"", b""), (b"me", octets(16))]:
        one, nonce = b(), octets(8)
        head = struct.pack("!HBB", 1, len(client), len(value)) + client + value + nonce + b"\0"
        vec(e() / i4() / udp(3544) / Raw(head + bytes(one / inner())),
            {"teredo.authentication": 1, "teredo.clientlength": len(client), "teredo.valuelength": len(value),
             "teredo.client": client.hex(), "teredo.value": value.hex(), "teredo.nonce": nonce.hex(),
             "teredo.confirmation": 0,
             "ipv6.source": one.src}, note="Teredo by hand: RFC 4380, section 5.1.1, authentication")
    one, nonce = b(), octets(8)
    head = struct.pack("!HBB", 1, 0, 0) + nonce + b"\1" + word(0) + word(0x1234) + bytes.fromhex("fe01fe01")
    vec(e() / i4() / UDP(sport=3544, dport=41000) / Raw(head + bytes(one / inner())),
        {"teredo.authentication": 1, "teredo.nonce": nonce.hex(), "teredo.confirmation": 1, "teredo.originport": 0x1234,
         "teredo.originaddress": "fe01fe01", "ipv6.source": one.src},
        note="Teredo by hand: RFC 4380, section 5.1.1, authentication and origin")


# ---- Frames of a PPTP session
CAPTURED = [
    (13,
     "0014000002000009e955c01c0800450000361ad70000ff2f78bf14000001140000023081880b0012000100000001ffffffff"
     "ff03c0210101000e0304c02305060f3f117c",
     {"gre.callid": 1, "gre.payloadlength": 18, "gre.sequence": 1, "gre.acknowledgment": 4294967295,
      "ppp.protocol": 49185, "lcp.code": 1, "lcp.length": 14, "lcp.options.magic": 255791484,
      "lcp.options.authentication": 49187}),
    (17,
     "0009e955c01c00140000020008004500003618d30000402f39c414000002140000013081880b001200180000000300000002"
     "ff03c0230100000e04697869610469786961",
     {"gre.callid": 24, "gre.payloadlength": 18, "gre.sequence": 3, "gre.acknowledgment": 2,
      "ppp.protocol": 49187, "pap.peer": "ixia", "pap.password": "ixia"}),
    (22,
     "0014000002000009e955c01c0800450000321adf0000ff2f78bb14000001140000023081880b000e00010000000500000005"
     "ff0380210300000a03061101017a",
     {"gre.callid": 1, "gre.payloadlength": 14, "gre.sequence": 5, "ppp.protocol": 32801, "ipcp.code": 3,
      "ipcp.identifier": 0, "ipcp.length": 10, "ipcp.options.address": "17.1.1.122"}),
    (25,
     "0009e955c01c00140000020008004500002018d70000402f39d614000002140000012081880b0000001800000006",
     {"gre.callid": 24, "gre.payloadlength": 0, "gre.acknowledgment": 6, "gre.sequencepresent": False}),
    (27,
     "0014000002000009e955c01c08004500007c1ae20000ff2f786e14000001140000023081880b005800010000000700000007"
     "ff030021450000549d4400003f01a3e8280000021101017a00004d00182b00010000000053c6838000000000000304b71011"
     "12131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637",
     {"ipv4.source": "20.0.0.1", "gre.callid": 1, "gre.payloadlength": 88, "gre.sequence": 7,
      "gre.acknowledgment": 7, "ppp.protocol": 33, "ipv4#2.source": "40.0.0.2", "icmp.type": 0,
      "icmp.identifier": 6187, "icmp.sequence": 1}),
]


def captured():
    for number, digits, fields in CAPTURED:
        vec(bytes.fromhex(digits), fields,
            source="capture GrePackets.cap frame %d, values as tshark reads them" % number)


def value(v):
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, (bytes, str)):
        return '"%s"' % (v.decode() if isinstance(v, bytes) else v)
    return str(int(v))


def written(fields):
    return ", ".join('["%s"] = %s' % (k, value(v)) for k, v in fields.items() if v is not None)


def main():
    for make in (geneve, vxlan, gre, erspan, gtpu, l2tp, ppp, lcp, ncp, auth, eap, handshake, pppoe, nested, mpls,
                 teredo, captured):
        make()
    print("-- Made by spec/vectors/make-tunnels.py with scapy %s: frames, and the values of their fields." % VERSION)
    print("return {")
    for first, told, frame, fields in VECTORS:
        print('  { first = "%s", from = "%s",' % (first, told.replace('"', "'").replace("\\", "")))
        print('    hex = "%s",' % frame.hex())
        print("    fields = { %s } }," % written(fields))
    print("}")


main()
