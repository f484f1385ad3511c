# Makes spec/vectors/routing.lua: frames of link and routing protocols, of wireless LAN, Bluetooth and USB. Most were
# built by scapy, their values are those of the recipe; others were put together here from the definitions named.
#
#     python3 spec/vectors/make-routing.py > spec/vectors/routing.lua
import ipaddress
import logging
import random
import struct

logging.getLogger("scapy").setLevel(logging.ERROR)

from scapy import VERSION  # noqa: E402
from scapy.all import (IP, LLC, SNAP, STP, TCP, UDP, Dot3, Ether, IPv6,  # noqa: E402
                       IPOption_Router_Alert, RIP, Raw, RIPAuth, RIPEntry, checksum)
from scapy.contrib import bgp, cdp, igmp, igmpv3, lacp, lldp, ospf, pim, ripng  # noqa: E402
from scapy.contrib.bfd import BFD  # noqa: E402
from scapy.contrib.slowprot import SlowProtocol  # noqa: E402
from scapy.layers import bluetooth as bt  # noqa: E402
from scapy.layers import dot11 as d11  # noqa: E402
from scapy.layers import usb  # noqa: E402
from scapy.layers.inet6 import in6_chksum  # noqa: E402
from scapy.layers.vrrp import VRRP, VRRPv3  # noqa: E402

random.seed(20261123)
rnd = random.randrange
VECTORS = []


def add(first, source, frame, fields):
    """A vector: its first layer, where it is from, a packet or bytes or hex digits, and values."""
    if isinstance(frame, str):
        frame = bytes.fromhex(frame)
    VECTORS.append((first, source, bytes(frame), fields))


def mac():
    return "02:%02x:%02x:%02x:%02x:%02x" % tuple(rnd(256) for _ in range(5))


def ip4():
    return "10.%d.%d.%d" % (rnd(256), rnd(256), 1 + rnd(254))


def ip6():
    return "2001:db8::%x:%x" % (1 + rnd(65535), 1 + rnd(65535))


def u8():
    return rnd(256)


def u16():
    return rnd(1 << 16)


def u32():
    return rnd(1 << 32)


def hexbytes(n):
    return bytes(rnd(256) for _ in range(n))


def e(dst=None, **more):
    return Ether(dst=dst or mac(), src=mac(), **more)


def over4(dst, **more):
    """Ethernet and IPv4 to a multicast group."""
    packed = ipaddress.ip_address(dst).packed
    group = "01:00:5e:%02x:%02x:%02x" % (packed[1] & 127, packed[2], packed[3])
    return e(group) / IP(src=ip4(), dst=dst, ttl=more.pop("ttl", 1), tos=0xc0, id=u16(), **more)


def over6(dst, src=None, **more):
    packed = ipaddress.ip_address(dst).packed
    group = "33:33:" + ":".join("%02x" % b for b in packed[12:])
    return e(group) / IPv6(src=src or "fe80::%x:%x" % (1 + rnd(65535), 1 + rnd(65535)), dst=dst,
        hlim=more.pop("hlim", 1),
                           tc=0xc0, **more)


def lldp_vectors():
    def frame(*parts):
        made = e("01:80:c2:00:00:0e")
        for part in parts:
            made = made / part
        return made / lldp.LLDPDUEndOfLLDPDU()

    a, b = mac(), mac()
    ttl = rnd(65536)
    add("ethernet", "scapy: LLDP, the three TLVs that must be, MAC addresses",
        frame(lldp.LLDPDUChassisID(subtype=4, id=a), lldp.LLDPDUPortID(subtype=3, id=b),
            lldp.LLDPDUTimeToLive(ttl=ttl)),
        {"ethernet.type": 0x88cc, "lldp.items[1].type": 1, "lldp.items[1].length": 7, "lldp.items[1].chassissubtype": 4,
         "lldp.items.chassismac": a, "lldp.items[2].portsubtype": 3, "lldp.items[2].portmac": b,
         "lldp.items.timetolive": ttl,
         "lldp.items[4].type": 0, "lldp.items[4].length": 0})
    texts = [(1, b"chassis 7", 1, b"uplink"), (2, b"ifalias", 2, b"backplane 3"), (3, b"port comp", 5, b"ge-0/0/1"),
             (6, b"eth0", 6, b"\x01\x02circuit"), (7, b"serial 4711", 7, b"17")]
    for csub, cid, psub, pid in texts:
        add("ethernet", "scapy: LLDP, chassis ID of subtype %d, port ID of subtype %d" % (csub, psub),
            frame(lldp.LLDPDUChassisID(subtype=csub, id=cid), lldp.LLDPDUPortID(subtype=psub, id=pid),
                  lldp.LLDPDUTimeToLive(ttl=120)),
            {"lldp.items.chassissubtype": csub, "lldp.items.chassis": cid, "lldp.items.portsubtype": psub,
             "lldp.items[2].port": pid, "lldp.items[2].length": len(pid) + 1, "lldp.items.ttl": 120})
    a, b = ip4(), ip6()
    add("ethernet", "scapy: LLDP, network addresses of IPv4 as chassis and port ID",
        frame(lldp.LLDPDUChassisID(subtype=5, family=1, id=a), lldp.LLDPDUPortID(subtype=4, family=1, id="192.0.2.77"),
              lldp.LLDPDUTimeToLive(ttl=0)),
        {"lldp.items.chassissubtype": 5, "lldp.items.chassisfamily": 1, "lldp.items.chassisaddress": a,
         "lldp.items[2].portsubtype": 4, "lldp.items[2].portfamily": 1, "lldp.items[2].portaddress": "192.0.2.77",
         "lldp.items.timetolive": 0})
    add("ethernet", "scapy: LLDP, network addresses of IPv6 as chassis and port ID",
        frame(lldp.LLDPDUChassisID(subtype=5, family=2, id=b), lldp.LLDPDUPortID(subtype=4, family=2, id="2001:db8::1"),
              lldp.LLDPDUTimeToLive(ttl=300)),
        {"lldp.items.chassisfamily": 2, "lldp.items.chassisaddress": b, "lldp.items[2].portfamily": 2,
         "lldp.items[2].portaddress": "2001:db8::1", "lldp.items.ttl": 300})
    add("ethernet", "IEEE 802.1AB, section 8.5.2: a chassis ID that is an address of another family (NSAP, 3)",
        bytes(e("01:80:c2:00:00:0e", type=0x88cc)) + bytes.fromhex("0206 05 03 49000102 0403 07 3132 0602 0078 0000"),
        {"lldp.items.chassissubtype": 5, "lldp.items.chassisfamily": 3, "lldp.items.chassisaddress": "49000102",
         "lldp.items[2].port": "12", "lldp.items.ttl": 120})
    addr, number, oid = hexbytes(4), u32(), bytes.fromhex("2b060102011f01")
    add("ethernet", "scapy: LLDP, descriptions, system name, capabilities, management address with an object ID",
        frame(lldp.LLDPDUChassisID(subtype=4, id=mac()), lldp.LLDPDUPortID(subtype=5, id=b"Gi1/0/24"),
              lldp.LLDPDUTimeToLive(ttl=120), lldp.LLDPDUPortDescription(description=b"to the roof"),
              lldp.LLDPDUSystemName(system_name=b"sw1.example.net"),
              lldp.LLDPDUSystemDescription(description=b"A switch\nversion 7"),
              lldp.LLDPDUSystemCapabilities(mac_bridge_available=1, router_available=1, telephone_available=1,
                                            mac_bridge_enabled=1),
              lldp.LLDPDUManagementAddress(management_address_subtype=1, management_address=addr,
                                           interface_numbering_subtype=2, interface_number=number, object_id=oid)),
        {"lldp.items.port": "Gi1/0/24", "lldp.items.portdescription": "to the roof",
        "lldp.items.systemname": "sw1.example.net",
         "lldp.items.systemdescription": "A switch\nversion 7", "lldp.items.capabilities": 0x34,
         "lldp.items.enabled": 4,
         "lldp.items[8].addresslength": 5, "lldp.items[8].addressfamily": 1,
         "lldp.items[8].address": ".".join(map(str, addr)),
         "lldp.items[8].numbering": 2, "lldp.items[8].interfacenumber": number, "lldp.items[8].oidlength": 7,
         "lldp.items[8].oid": oid.hex()})
    addr6, addrmac = ipaddress.ip_address(ip6()), mac()
    add("ethernet", "scapy: LLDP, management addresses of IPv6 and of all 802 media",
        frame(lldp.LLDPDUChassisID(subtype=4, id=mac()), lldp.LLDPDUPortID(subtype=3, id=mac()),
            lldp.LLDPDUTimeToLive(ttl=1),
              lldp.LLDPDUManagementAddress(management_address_subtype=2, management_address=addr6.packed,
                                           interface_numbering_subtype=3, interface_number=7),
              lldp.LLDPDUManagementAddress(management_address_subtype=6,
                                           management_address=bytes.fromhex(addrmac.replace(":", "")),
                                           interface_numbering_subtype=1)),
        {"lldp.items[4].addresslength": 17, "lldp.items[4].address": str(addr6), "lldp.items[4].interfacenumber": 7,
         "lldp.items[4].oidlength": 0, "lldp.items[5].addressfamily": 6, "lldp.items[5].address": addrmac,
         "lldp.items[5].numbering": 1})
    info = hexbytes(5)
    add("ethernet", "scapy: LLDP, organizations' own TLVs: port VLAN of IEEE 802.1, MAC/PHY of IEEE 802.3",
        frame(lldp.LLDPDUChassisID(subtype=4, id=mac()), lldp.LLDPDUPortID(subtype=3, id=mac()),
            lldp.LLDPDUTimeToLive(ttl=3601),
              lldp.LLDPDUGenericOrganisationSpecific(org_code=0x0080c2, subtype=1, data=b"\x00\x64"),
              lldp.LLDPDUGenericOrganisationSpecific(org_code=0x00120f, subtype=1, data=info)),
        {"lldp.items[4].type": 127, "lldp.items[4].length": 6, "lldp.items[4].oui": 0x80c2, "lldp.items[4].subtype": 1,
         "lldp.items[4].information": "0064", "lldp.items[5].oui": 0x120f, "lldp.items[5].information": info.hex()})
    add("ethernet", "IEEE 802.1AB, section 8.4: a TLV of a reserved type (9)",
        bytes(e("01:80:c2:00:00:0e", type=0x88cc))
        + bytes.fromhex("0207 04 020000000001 0402 07 31 0602 0078 1203 aabbcc 0000"),
        {"lldp.items.chassismac": "02:00:00:00:00:01", "lldp.items[4].type": 9, "lldp.items[4].length": 3,
         "lldp.items[4].data": "aabbcc", "lldp.items[5].type": 0})


def cdp_vectors():
    def frame(*parts, **more):
        return (Dot3(dst="01:00:0c:cc:cc:cc", src=mac()) / LLC(dsap=0xaa, ssap=0xaa, ctrl=3)
            / SNAP(OUI=0x00000c, code=0x2000)
                / cdp.CDPv2_HDR(msg=list(parts), **more))

    def even(made):
        # Of an odd message CDP sums the last byte otherwise than RFC 1071 does: such are not made here.
        assert len(made[cdp.CDPv2_HDR]) % 2 == 0
        return made

    a, vlan, ttl = ip4(), rnd(4096), u8()
    add("ethernet", "scapy: CDP version 2, device, port, platform, capabilities, VLAN, duplex",
        even(frame(cdp.CDPMsgDeviceID(val=b"sw2.example.net"), cdp.CDPMsgPortID(iface=b"GigabitEthernet0/13"),
                   cdp.CDPMsgPlatform(val=b"cisco WS-C2950"), cdp.CDPMsgCapabilities(cap=0x29),
                   cdp.CDPMsgNativeVLAN(vlan=vlan), cdp.CDPMsgDuplex(duplex=1), cdp.CDPMsgDuplex(duplex=0), ttl=ttl)),
        {"llc.dsap": 0xaa, "snap.oui": 0x0c, "snap.pid": 0x2000, "cdp.version": 2, "cdp.timetolive": ttl,
         "cdp.items.device": "sw2.example.net", "cdp.items[1].length": 19, "cdp.items.port": "GigabitEthernet0/13",
         "cdp.items.platform": "cisco WS-C2950", "cdp.items.capabilities": 0x29, "cdp.items.nativevlan": vlan,
         "cdp.items.duplex": 1, "cdp.items[7].duplex": 0})
    b = ip6()
    add("ethernet", "scapy: CDP version 2, addresses of IPv4 and IPv6, management address",
        even(frame(cdp.CDPMsgDeviceID(val=b"r1"), cdp.CDPMsgAddr(naddr=2, addr=[cdp.CDPAddrRecordIPv4(addr=a),
                                                                             cdp.CDPAddrRecordIPv6(addr=b)]),
                   cdp.CDPMsgMgmtAddr(naddr=1, addr=[cdp.CDPAddrRecordIPv4(addr="192.0.2.9")]), cdp.CDPMsgDuplex(),
                   cdp.CDPMsgTrustBitmap(trust_bitmap=1), cdp.CDPMsgUntrustedPortCoS(untrusted_port_cos=5),
                   cdp.CDPMsgDuplex())),
        {"cdp.items[2].addresscount": 2, "cdp.items[2].addresses[1].protocol": "cc",
        "cdp.items[2].addresses[1].address": a,
         "cdp.items[2].addresses[2].protocoltype": 2, "cdp.items[2].addresses[2].protocol": "aaaa0300000086dd",
         "cdp.items[2].addresses[2].addresslength": 16, "cdp.items[2].addresses[2].address6": b,
         "cdp.items[3].type": 22, "cdp.items[3].addresses.address": "192.0.2.9", "cdp.items.trust": 1,
         "cdp.items.untrustedcos": 5})
    power, status = u16(), u16()
    add("ethernet", "scapy: CDP version 2, software, VTP domain, voice VLAN, power",
        even(frame(cdp.CDPMsgDeviceID(val=b"phone1"), cdp.CDPMsgSoftwareVersion(val=b"Version 12.1(22)EA14"),
                   cdp.CDPMsgVTPMgmtDomain(val=b"campus"), cdp.CDPMsgVoIPVLANReply(status=1, vlan=status & 4095),
                   cdp.CDPMsgVoIPVLANQuery(unknown1=1, vlan=44), cdp.CDPMsgPower(power=power))),
        {"cdp.items.device": "phone1", "cdp.items.software": "Version 12.1(22)EA14", "cdp.items.vtpdomain": "campus",
         "cdp.items[4].type": 14, "cdp.items[4].voicevlan": status & 4095, "cdp.items[5].type": 15,
         "cdp.items[5].voicevlan": 44, "cdp.items.power": power})
    add("ethernet", "scapy: CDP version 2, hello and an address of another protocol (CLNP)",
        even(frame(cdp.CDPMsgProtoHello(protocol_id=0x0112, data=bytes(range(27)), len=36),
                   cdp.CDPMsgAddr(naddr=1, len=18, addr=[cdp.CDPAddrRecord(ptype=1, plen=1, proto=b"\x81", addrlen=5,
                       addr=b"\x49\x00\x01\x02\x03")]),
                   cdp.CDPMsgDeviceID(val=b"r"), cdp.CDPMsgUnknown19(type=0x7f, val=b"\x01\x02\x03"))),
        {"cdp.items[1].type": 8, "cdp.items[1].length": 36, "cdp.items[1].data": "00000c0112" + bytes(range(27)).hex(),
         "cdp.items[2].addresses[1].protocol": "81", "cdp.items[2].addresses[1].addresslength": 5,
         "cdp.items[2].addresses[1].addressdata": "4900010203", "cdp.items[4].type": 0x7f,
         "cdp.items[4].data": "010203"})
    # The rest by hand: MTU of four bytes (as tshark reads it), prefixes of five, and the system's name.
    body = bytes.fromhex("0011 0008 000005dc" "0007 000e 0a000000 08 c0000200 18" "0014 0007 737732")
    body += bytes.fromhex("0001 0007 737732")
    message = bytes([2, 60]) + struct.pack(">H", checksum(bytes([2, 60, 0, 0]) + body)) + body
    add("ethernet", "CDP by hand, read by tshark: MTU, prefixes, system name",
        bytes(Dot3(dst="01:00:0c:cc:cc:cc", src=mac()) / LLC(dsap=0xaa, ssap=0xaa, ctrl=3)
              / SNAP(OUI=0x00000c, code=0x2000) / Raw(message)),
        {"cdp.timetolive": 60, "cdp.items.mtu": 1500, "cdp.items[2].prefixes[1].prefix": "10.0.0.0",
         "cdp.items[2].prefixes[1].length": 8, "cdp.items[2].prefixes[2].prefix": "192.0.2.0",
         "cdp.items[2].prefixes[2].length": 24, "cdp.items.systemname": "sw2"})


def stp_vectors():
    def llc():
        return Dot3(dst="01:80:c2:00:00:00", src=mac()) / LLC(dsap=0x42, ssap=0x42, ctrl=3)

    for flags in (0, 0x81):
        r, b, cost, prio, port = mac(), mac(), u32(), u16() & 0xf000, u16()
        add("ethernet", "scapy: STP configuration, flags 0x%02x" % flags,
            llc() / STP(bpduflags=flags, rootid=prio | 10, rootmac=r, pathcost=cost, bridgeid=0x8001, bridgemac=b,
                portid=port,
                        age=2, maxage=20, hellotime=2, fwddelay=15),
            {"llc.dsap": 0x42, "stp.version": 0, "stp.type": 0, "stp.flags": flags, "stp.acknowledgment": flags == 0x81,
             "stp.topologychange": flags == 0x81, "stp.rootpriority": prio | 10, "stp.rootmac": r, "stp.pathcost": cost,
             "stp.bridgepriority": 0x8001, "stp.bridgemac": b, "stp.port": port, "stp.messageage": 512,
             "stp.maxage": 5120,
             "stp.hellotime": 512, "stp.forwarddelay": 3840})
    for flags, role in ((0x3c, 3), (0x7e, 3), (0x38, 2), (0x04, 1)):
        r, b = mac(), mac()
        add("ethernet", "scapy: RSTP, flags 0x%02x" % flags,
            llc() / STP(version=2, bpdutype=2, bpduflags=flags, rootid=0x8000, rootmac=r, pathcost=20000,
                bridgeid=0x9000,
                        bridgemac=b, portid=0x8002) / Raw(b"\0"),
            {"stp.version": 2, "stp.type": 2, "stp.role": role, "stp.agreement": bool(flags & 0x40),
             "stp.forwarding": bool(flags & 0x20), "stp.learning": bool(flags & 0x10), "stp.proposal": bool(flags & 2),
             "stp.rootmac": r, "stp.bridgemac": b, "stp.port": 0x8002, "stp.version1length": 0})
    add("ethernet", "IEEE 802.1D, section 9.3.2: topology change notification, padded to 60 bytes",
        bytes(Dot3(dst="01:80:c2:00:00:00", src=mac(), len=7)) + bytes.fromhex("424203 0000 00 80") + bytes(39),
        {"ethernet.length": 7, "stp.protocol": 0, "stp.version": 0, "stp.type": 0x80})
    name = b"region one".ljust(32, b"\0")
    for count in (0, 1, 3):
        digest = hexbytes(16)
        trees = b"".join(bytes([0x7c]) + struct.pack(">H", 0x8000 + k) + bytes.fromhex("02000000000a")
                         + struct.pack(">IBBB", 20000 * k, 0x80, 0x80, 19) for k in range(1, count + 1))
        mst = (b"\0" + name + struct.pack(">H", 7) + digest + struct.pack(">I", 200) + struct.pack(">H", 0x9000)
               + bytes.fromhex("02000000000b") + bytes([20]) + trees)
        fields = {"stp.version": 3, "stp.type": 2, "stp.version1length": 0, "stp.version3length": 64 + 16 * count,
                  "stp.configname": name, "stp.revision": 7, "stp.digest": digest.hex(), "stp.internalpathcost": 200,
                  "stp.internalpriority": 0x9000, "stp.internalmac": "02:00:00:00:00:0b", "stp.remaininghops": 20}
        for k in range(1, count + 1):
            fields["stp.trees[%d].rootpriority" % k] = 0x8000 + k
            fields["stp.trees[%d].pathcost" % k] = 20000 * k
            fields["stp.trees[%d].remaininghops" % k] = 19
        add("ethernet", "scapy: STP, and IEEE 802.1Q, section 14.4: MST with %d instances" % count,
            llc() / STP(version=3, bpdutype=2, bpduflags=0x7c, rootid=0x8000, rootmac=mac(), pathcost=0,
                bridgeid=0x8000,
                        bridgemac=mac(), portid=0x8001) / Raw(b"\0" + struct.pack(">H", len(mst)) + mst), fields)
    for version, rest in ((0, "00"), (2, "00")):
        vlan = rnd(4096)
        r = mac()
        add("ethernet", "scapy: STP over SNAP, per VLAN, version %d, with the VLAN's item behind it" % version,
            Dot3(dst="01:00:0c:cc:cc:cd", src=mac()) / LLC(dsap=0xaa, ssap=0xaa, ctrl=3)
                / SNAP(OUI=0x00000c, code=0x010b)
            / STP(version=version, bpdutype=version, bpduflags=0x3c if version else 1, rootid=0x8000 | vlan, rootmac=r,
                  bridgeid=0x8000 | vlan, bridgemac=mac(), portid=0x8003)
            / Raw(bytes.fromhex(rest) + struct.pack(">HHH", 0, 2, vlan)),
            {"snap.pid": 0x010b, "stp.version": version, "stp.rootpriority": 0x8000 | vlan, "stp.rootmac": r})
    add("ethernet", "scapy: STP over SNAP in a VLAN (802.1Q), per VLAN",
        bytes(Ether(dst="01:00:0c:cc:cc:cd", src=mac(), type=0x8100)) + struct.pack(">HH", 0xe064, 50)
        + bytes(LLC(dsap=0xaa, ssap=0xaa, ctrl=3) / SNAP(OUI=0x00000c, code=0x010b)
        / STP(rootid=0x8064, portid=0x8004)) + bytes.fromhex("00 0000 0002 0064"),
        {"vlan.id": 100, "vlan.length": 50, "stp.type": 0, "stp.rootpriority": 0x8064, "stp.port": 0x8004})


def lacp_vectors():
    for actorstate, partnerstate in ((0x3d, 0x3d), (0x47, 0), (0xff, 0x05)):
        a, p, key, port, delay = mac(), mac(), u16(), u16(), u16()
        add("ethernet", "scapy: LACP, states 0x%02x and 0x%02x" % (actorstate, partnerstate),
            e("01:80:c2:00:00:02") / SlowProtocol(subtype=1)
            / lacp.LACP(actor_system_priority=32768, actor_system=a, actor_key=key, actor_port_priority=255,
                        actor_port_number=port, actor_state=actorstate, partner_system_priority=1, partner_system=p,
                        partner_key=13, partner_port_number=22, partner_state=partnerstate, collector_max_delay=delay),
            {"slow.subtype": 1, "lacp.version": 1, "lacp.items[1].type": 1, "lacp.items[1].length": 20,
             "lacp.items.systempriority": 32768, "lacp.items.system": a, "lacp.items.key": key,
             "lacp.items.portpriority": 255,
             "lacp.items.port": port, "lacp.items.state": actorstate, "lacp.items[2].system": p,
             "lacp.items[2].key": 13,
             "lacp.items[2].state": partnerstate, "lacp.items.maxdelay": delay, "lacp.items[4].type": 0})
    add("ethernet", "IEEE 802.1AX, section 6.4.2.4: LACP version 2 with a port algorithm TLV",
        bytes(e("01:80:c2:00:00:02", type=0x8809))
        + bytes.fromhex("01 02 01 14 8000 020000000001 0001 8000 0001 3d 000000 02 14 8000 020000000002 0001 8000 0002 3d 000000"
                        "03 10 0010 000000000000000000000000 04 06 0080c205 00 00") + bytes(44),
        {"lacp.version": 2, "lacp.items[2].system": "02:00:00:00:00:02", "lacp.items.maxdelay": 16,
        "lacp.items[4].type": 4,
         "lacp.items[4].length": 6, "lacp.items[4].data": "0080c205"})
    r = mac()
    add("ethernet", "scapy: marker protocol, a slow protocol without a layout of its own",
        e("01:80:c2:00:00:02") / SlowProtocol(subtype=2)
        / lacp.MarkerProtocol(marker_type=1, requester_port=3, requester_system=r, requester_transaction_id=77),
        {"ethernet.type": 0x8809, "slow.subtype": 2})


def swapped(n):
    return struct.unpack("<H", struct.pack(">H", n))[0]


def wlan_frames():
    """(text, packet or bytes, values): each goes out as it is, and with radiotap before it."""
    frames = []

    def wlan(text, made, **values):
        frames.append((text, made, {"wlan." + k: v for k, v in values.items()}))

    def head(**more):
        # scapy writes the duration (which it calls ID) in network order, the standard has it the other way round.
        dot = d11.Dot11(addr1=mac(), addr2=mac(), addr3=mac(), ID=swapped(more.pop("duration", 314)),
                        SC=more.pop("SC", rnd(4096) << 4), **more)
        return dot

    def seen(dot, **more):
        values = {"address1": dot.addr1, "address2": dot.addr2, "address3": dot.addr3, "sequence": dot.SC >> 4,
                  "fragment": dot.SC & 15, "type": dot.type, "subtype": dot.subtype}
        values.update(more)
        return values

    def elements(ssid, channel):
        return (d11.Dot11Elt(ID=0, info=ssid) / d11.Dot11EltRates(rates=[0x82, 0x84, 0x8b, 0x96, 0x0c, 0x12, 0x18,
            0x24])
                / d11.Dot11EltDSSSet(channel=channel))

    def inside():
        return LLC(dsap=0xaa, ssap=0xaa, ctrl=3) / SNAP(code=0x0800) / IP(src=ip4(), dst=ip4()) / UDP(sport=9000,
            dport=9001)

    dot = head(type=0, subtype=8)
    stamp = rnd(1 << 48)
    rsn = d11.Dot11EltRSN(group_cipher_suite=d11.RSNCipherSuite(cipher=4),
                          pairwise_cipher_suites=[d11.RSNCipherSuite(cipher=4)], akm_suites=[d11.AKMSuite(suite=2)])
    vendor = hexbytes(6)
    wlan("beacon", dot / d11.Dot11Beacon(timestamp=stamp, beacon_interval=100, cap=0x1104) / elements(b"lab", 6)
         / d11.Dot11Elt(ID=50, info=bytes([0x30, 0x48, 0x60, 0x6c])) / rsn
         / d11.Dot11EltVendorSpecific(oui=0x506f9a, info=vendor),
         **seen(dot, timestamp=stamp, interval=100, capabilities=swapped(0x1104), **{
             "elements[1].id": 0, "elements.ssid": "lab", "elements[2].rates[1]": 0x82, "elements[2].length": 8,
             "elements.channel": 6, "elements[4].id": 50, "elements[4].rates[4]": 0x6c, "elements[5].id": 48,
             "elements[6].oui": 0x506f9a, "elements[6].vendordata": vendor.hex(), "duration": 314}))
    dot = head(type=0, subtype=4)
    wlan("probe request", dot / d11.Dot11ProbeReq() / elements(b"", 11), **seen(dot, **{
        "elements.ssid": "", "elements[1].length": 0, "elements.channel": 11}))
    dot = head(type=0, subtype=5, FCfield="retry")
    wlan("probe response", dot / d11.Dot11ProbeResp(timestamp=stamp + 1, beacon_interval=200, cap=0x0100)
        / elements(b"x y", 1)
         / d11.Dot11EltERP(Use_Protection=1) / d11.Dot11EltCountry(country_string=b"DE ", descriptors=[
             d11.Dot11EltCountryConstraintTriplet(first_channel_number=1, num_channels=13, mtp=20)]),
         **seen(dot, retry=True, timestamp=stamp + 1, interval=200, **{"elements.ssid": "x y", "elements[4].id": 42}))
    dot = head(type=0, subtype=0)
    wlan("association request", dot / d11.Dot11AssoReq(cap=0x3104, listen_interval=10) / elements(b"lab", 6)
         / d11.Dot11EltHTCapabilities(), **seen(dot, listeninterval=10, **{"elements.ssid": "lab", "elements[4].id": 45,
                                                                        "elements[4].length": 26}))
    dot = head(type=0, subtype=1)
    wlan("association response", dot / d11.Dot11AssoResp(status=0, AID=0xc001)
         / d11.Dot11EltRates(rates=[0x82, 0x84]), **seen(dot, status=0, association=0xc001, **{"elements.rates": None}))
    dot = head(type=0, subtype=2)
    ap = mac()
    wlan("reassociation request", dot / d11.Dot11ReassoReq(listen_interval=3, current_AP=ap) / elements(b"lab", 6),
         **seen(dot, listeninterval=3, currentap=ap, **{"elements.ssid": "lab"}))
    dot = head(type=0, subtype=3)
    wlan("reassociation response", dot / d11.Dot11ReassoResp(status=17, AID=0)
         / d11.Dot11EltRates(rates=[0x82, 0x84]), **seen(dot, status=17, association=0))
    dot = head(type=0, subtype=11)
    wlan("authentication", dot / d11.Dot11Auth(algo=0, seqnum=2, status=0),
        **seen(dot, algorithm=0, transaction=2, status=0))
    dot = head(type=0, subtype=11)
    wlan("authentication by shared key, challenge", dot / d11.Dot11Auth(algo=1, seqnum=2, status=13)
         / d11.Dot11Elt(ID=16, info=b"\xaa" * 16), **seen(dot, algorithm=1, transaction=2, status=13, **{
             "elements[1].id": 16, "elements[1].data": "aa" * 16}))
    dot = head(type=0, subtype=12)
    wlan("deauthentication", dot / d11.Dot11Deauth(reason=7), **seen(dot, reason=7))
    dot = head(type=0, subtype=10)
    wlan("disassociation", dot / d11.Dot11Disas(reason=8), **seen(dot, reason=8))
    dot = head(type=0, subtype=9)
    wlan("ATIM", dot / d11.Dot11ATIM(), **seen(dot))
    dot = head(type=0, subtype=13)
    wlan("action: block ack request", dot / Raw(bytes.fromhex("03000102100000c012")), **seen(dot, category=3, action=0,
                                                                                            details="0102100000c012"))
    dot = head(type=0, subtype=12, FCfield="protected")
    data = hexbytes(18)
    wlan("deauthentication, protected", dot / Raw(data), **seen(dot, protected=True, encrypted=data.hex()))
    a, b = mac(), mac()
    wlan("ack", d11.Dot11(type=1, subtype=13, addr1=a, ID=0), type=1, subtype=13, address1=a, duration=0, address2=None)
    wlan("cts", d11.Dot11(type=1, subtype=12, addr1=a, ID=swapped(1000)), type=1, subtype=12, address1=a, duration=1000,
         address2=None)
    wlan("rts", d11.Dot11(type=1, subtype=11, addr1=a, addr2=b, ID=swapped(2000)), subtype=11, receiver=a,
        transmitter=b,
         duration=2000)
    wlan("ps-poll", d11.Dot11(type=1, subtype=10, addr1=a, addr2=b, ID=swapped(0xc005)), subtype=10, address1=a,
        address2=b,
         duration=0xc005)
    wlan("cf-end", d11.Dot11(type=1, subtype=14, addr1="ff:ff:ff:ff:ff:ff", addr2=b), subtype=14, address2=b)
    # Block acks: IEEE 802.11-2020, sections 9.3.1.7 and 9.3.1.8.
    ssn = rnd(4096)
    bar = struct.pack("<HH", 0x5004, ssn << 4)
    wlan("block ack request, compressed (IEEE 802.11-2020, section 9.3.1.7)",
         d11.Dot11(type=1, subtype=8, addr1=a, addr2=b, ID=swapped(44)) / Raw(bar), subtype=8, address2=b,
         **{"blockackpolicy": 0, "blockacktype": 2, "blockacktid": 5, "startsequence": ssn})
    bitmap = hexbytes(8)
    wlan("block ack, compressed (IEEE 802.11-2020, section 9.3.1.8)",
         d11.Dot11(type=1, subtype=9, addr1=a, addr2=b) / Raw(bar + bitmap), subtype=9, address1=a,
         **{"blockacktype": 2, "blockacktid": 5, "startsequence": ssn, "bitmap": bitmap.hex()})
    wlan("beamforming report poll (IEEE 802.11-2020, section 9.3.1.20)", d11.Dot11(type=1, subtype=4, addr1=a, addr2=b)
         / Raw(b"\xff"), subtype=4, address1=a, address2=b, body="ff")
    wlan("NDP announcement (IEEE 802.11-2020, section 9.3.1.19)", d11.Dot11(type=1, subtype=5, addr1=a, addr2=b)
         / Raw(bytes.fromhex("04 0510")), subtype=5, address1=a, address2=b, body="040510")
    for tods, fromds in ((0, 0), (1, 0), (0, 1)):
        dot = head(type=2, subtype=0, FCfield=tods | fromds << 1)
        made = dot / inside()
        wlan("data, to DS %d, from DS %d" % (tods, fromds), made, **seen(dot, tods=bool(tods), fromds=bool(fromds), **{
            "address4": None}))
        frames[-1][2].update({"llc.dsap": 0xaa, "snap.pid": 0x0800, "ipv4.source": made[IP].src,
            "udp.destination": 9001})
    fourth = mac()
    dot = head(type=2, subtype=0, FCfield=3, addr4=fourth)
    made = dot / inside()
    wlan("data, four addresses", made, **seen(dot, address4=fourth, tods=True, fromds=True))
    frames[-1][2].update({"ipv4.destination": made[IP].dst})
    wlan("block ack request, multi-TID (IEEE 802.11-2020, section 9.3.1.7.4)",
         d11.Dot11(type=1, subtype=8, addr1=a, addr2=b) / Raw(struct.pack("<HHH", 0x0006, 0x3000, ssn << 4)), subtype=8,
         blockacktype=3, blockacktid=0, body=struct.pack("<HH", 0x3000, ssn << 4).hex())
    for four in (0, 1):
        dot = head(type=2, subtype=8, FCfield=3 if four else 1, **({"addr4": fourth} if four else {}))
        made = dot / d11.Dot11QoS(TID=6, EOSP=1, Ack_Policy=1, TXOP=32) / inside()
        wlan("data with QoS%s" % (", four addresses" if four else ""), made,
            **seen(dot, qos=True, tid=6, eosp=True, ackpolicy=1,
                                                                                   amsdu=False, qosinfo=32))
        frames[-1][2].update({"udp.source": 9000})
    dot = head(type=2, subtype=8, FCfield="from-DS+order")
    made = dot / d11.Dot11QoS(TID=1) / Raw(struct.pack("<I", 0x80000003)) / inside()
    wlan("data with QoS and HT control (IEEE 802.11-2020, section 9.2.4.6)", bytes(made), **seen(dot, order=True, tid=1,
                                                                                              htcontrol=0x80000003))
    frames[-1][2].update({"udp.source": 9000})
    dot = head(type=0, subtype=13, FCfield="order")
    wlan("action with HT control", dot / Raw(struct.pack("<I", 5) + b"\x07\x01\xff"),
        **seen(dot, htcontrol=5, category=7,
                                                                                             action=1, details="ff"))
    dot = head(type=2, subtype=8, FCfield="from-DS")
    body = hexbytes(20)
    wlan("data with QoS, aggregated", dot / d11.Dot11QoS(TID=0, A_MSDU_Present=1) / Raw(body), **seen(
        dot, amsdu=True, aggregate=body.hex()))
    for subtype in (0, 8):
        dot = head(type=2, subtype=subtype, FCfield="to-DS+protected+retry")
        body = hexbytes(24)
        made = dot / d11.Dot11QoS(TID=3) if subtype else dot
        values = seen(dot, protected=True, retry=True, encrypted=body.hex())
        if subtype:
            values["tid"] = 3
        wlan("data%s, protected" % (" with QoS" if subtype else ""), bytes(made) + body, **values)
    dot = head(type=2, subtype=4, FCfield="to-DS+pw-mgt")
    wlan("null data", dot, **seen(dot, nodata=True, qos=False, powermanagement=True))
    dot = head(type=2, subtype=12, FCfield="to-DS")
    wlan("null data with QoS", dot / d11.Dot11QoS(TID=7), **seen(dot, nodata=True, qos=True, tid=7))
    dot = head(type=2, subtype=0, SC=(77 << 4) | 2, FCfield="from-DS+MF")
    wlan("data, a later fragment", dot / Raw(hexbytes(12)), **seen(dot, morefragments=True, moredata=False))
    return frames


def wlan_vectors():
    frames = wlan_frames()
    for text, made, values in frames:
        add("wlan", "scapy: Dot11, %s" % text, made, {k: v for k, v in values.items() if v is not None})
    flags = {"hastsft": 1, "hasflags": 2, "hasrate": 4, "haschannel": 8, "hashopping": 16, "hassignal": 32,
        "hasnoise": 64}
    some = [0, 1, 2, 3, 4, 6, 8, 9, 0xa, 0xc, 0xe, 0xf, 0x20, 0x2a, 0x2c, 0x2f, 0x60, 0x6e, 0x6f, 0x7f & ~16, 0x68,
        0x6b]
    for n, present in enumerate(some):
        tsft, freq, rate, signal, noise, rf = rnd(1 << 60), 2412 + 5 * rnd(13), 2 + rnd(100), -rnd(100) - 1, -rnd(100) - 1, rnd(4)
        words = n % 4 if n > 3 else 0
        text, made, values = frames[n % len(frames)]
        made = bytes(made)
        # FCS (bit 4 of Flags) stays away, or the frame would need one.
        parts = {}
        if present & 1:
            parts["mac_timestamp"] = tsft
        if present & 2:
            parts["Flags"] = rf << 1
        if present & 4:
            parts["Rate"] = rate / 2
        if present & 8:
            parts.update(ChannelFrequency=freq, ChannelFlags=0x00a0)
        if present & 32:
            parts["dBm_AntSignal"] = signal
        if present & 64:
            parts["dBm_AntNoise"] = noise
        ext = []
        for k in range(words):  # words in which nothing is present but that another follows
            ext.append(d11.RadioTapExtendedPresenceMask(present=(1 << 31) if k < words - 1 else 0))
        if words:
            parts["Ext"] = ext
        tap = d11.RadioTap(present=present | ((1 << 31) if words else 0), **parts)
        fields = {"radiotap.length": len(bytes(tap)), "radiotap.present": present | ((1 << 31) if words else 0),
                  "radiotap.more": words > 0}
        fields.update({"radiotap." + k: bool(present & v) for k, v in flags.items() if k != "hashopping"})
        for bit, key, value in ((1, "tsft", tsft), (2, "shortpreamble", bool(rf & 1)), (2, "wep", bool(rf & 2)),
            (4, "rate", rate),
                                (8, "frequency", freq), (8, "channelflags", 0xa0), (32, "signal", signal),
                                    (64, "noise", noise)):
            if present & bit:
                fields["radiotap." + key] = value
        fields.update({k: v for k, v in list(values.items())[:3] if v is not None})
        add("radiotap", "scapy: RadioTap, present 0x%x, %d further words / Dot11, %s" % (present, words, text),
            bytes(tap) + made, fields)
    made = bytes(frames[0][1])
    fields = frames[0][2]
    tap = d11.RadioTap(present="TSFT+Flags+Rate+Channel+dBm_AntSignal+Antenna+RXFlags", mac_timestamp=5, Rate=1,
                       ChannelFrequency=2437, ChannelFlags=0xa0, dBm_AntSignal=-40, Antenna=3, RXFlags=0)
    add("radiotap", "scapy: RadioTap with antenna and RX flags, further fields / Dot11, beacon", bytes(tap) + made,
        {"radiotap.length": len(bytes(tap)), "radiotap.tsft": 5, "radiotap.rate": 2, "radiotap.frequency": 2437,
         "radiotap.signal": -40, "wlan.address1": fields["wlan.address1"]})
    add("radiotap", "radiotap.org: flags, channel (aligned to two), hopping",
        struct.pack("<BBHIBBHHBB", 0, 0, 16, 0x1a, 0, 0,
                                                                                    2412, 0xa0, 1, 3) + made,
        {"radiotap.length": 16, "radiotap.hashopping": True, "radiotap.frequency": 2412, "radiotap.hopset": 1,
         "radiotap.hoppattern": 3, "wlan.type": 0})
    # Flags say that the frame ends with its check sequence: it stays above.
    dot = d11.Dot11FCS(type=1, subtype=13, addr1="02:00:00:00:00:09")
    tap = d11.RadioTap(present="Flags+Rate", Flags="FCS", Rate=5.5)
    add("radiotap", "scapy: RadioTap / Dot11FCS, ack with its check sequence", tap / dot,
        {"radiotap.fcs": True, "radiotap.rate": 11, "wlan.subtype": 13, "wlan.address1": "02:00:00:00:00:09"})
    # Five words in all: what follows the fourth is not told apart.
    words = [0x80000002, 0x80000000, 0x80000000, 0x80000000, 0]
    tap = struct.pack("<BBH5IB", 0, 0, 4 + 20 + 1, *words, 0x02)
    add("radiotap", "radiotap.org: five words of present flags", tap + made,
        {"radiotap.length": 25, "radiotap.more": True, "radiotap.more2": True, "radiotap.more3": True,
        "radiotap.more4": True,
         "wlan.type": 0, "wlan.subtype": 8})


def bluetooth_vectors():
    def both(text, made, fields, direction):
        add("hci", "scapy: HCI, " + text, made, fields)
        both_fields = dict(list(fields.items())[:4])
        both_fields["hciphdr.direction"] = direction
        add("hciphdr", "scapy: HCI with its direction, " + text, bt.HCI_PHDR_Hdr(direction=direction) / made,
            both_fields)

    both("command: reset", bt.HCI_Hdr(type=1) / bt.HCI_Command_Hdr(opcode=0x0c03) / bt.HCI_Cmd_Reset(),
         {"hci.type": 1, "hci.opcode": 0x0c03, "hci.ogf": 3, "hci.ocf": 3, "hci.length": 0, "hci.parameters": ""}, 0)
    both("command: LE set scan enable", bt.HCI_Hdr(type=1) / bt.HCI_Command_Hdr(opcode=0x200c)
         / bt.HCI_Cmd_LE_Set_Scan_Enable(enable=1, filter_dups=0),
         {"hci.opcode": 0x200c, "hci.ogf": 8, "hci.ocf": 12, "hci.length": 2, "hci.parameters": "0100"}, 0)
    both("command: disconnect", bt.HCI_Hdr(type=1) / bt.HCI_Command_Hdr()
        / bt.HCI_Cmd_Disconnect(handle=0x40, reason=0x13),
         {"hci.opcode": 0x0406, "hci.ogf": 1, "hci.ocf": 6, "hci.parameters": "400013"}, 0)
    both("event: command complete", bt.HCI_Hdr(type=4) / bt.HCI_Event_Hdr(code=0x0e)
         / bt.HCI_Event_Command_Complete(number=1, opcode=0x0c03, status=0),
         {"hci.type": 4, "hci.event": 14, "hci.length": 4, "hci.parameters": "01030c00"}, 1)
    both("event: command status", bt.HCI_Hdr(type=4) / bt.HCI_Event_Hdr(code=0x0f)
         / bt.HCI_Event_Command_Status(status=0, number=1, opcode=0x0406),
         {"hci.type": 4, "hci.event": 15, "hci.parameters": "00010604"}, 1)
    both("event: disconnection complete", bt.HCI_Hdr(type=4) / bt.HCI_Event_Hdr(code=5)
         / bt.HCI_Event_Disconnection_Complete(status=0, handle=0x40, reason=0x16),
         {"hci.event": 5, "hci.length": 4, "hci.parameters": "00400016"}, 1)
    report = bt.HCI_Hdr(type=4) / bt.HCI_Event_Hdr(code=0x3e) / bt.HCI_Event_LE_Meta(event=3) / Raw(bytes(9))
    both("event: LE connection update", report, {"hci.event": 62, "hci.length": 10,
        "hci.parameters": "03" + "00" * 9}, 1)
    payload = hexbytes(9)
    both("ACL data, first of a PDU", bt.HCI_Hdr(type=2) / bt.HCI_ACL_Hdr(handle=0x0c5, PB=2, BC=0)
         / bt.L2CAP_Hdr(cid=0x40) / Raw(payload),
         {"hci.type": 2, "hci.handle": 0xc5, "hci.boundary": 2, "hci.broadcast": 0, "hci.length": 13,
          "hci.data": "09004000" + payload.hex()}, 1)
    both("ACL data, broadcast, going on", bt.HCI_Hdr(type=2) / bt.HCI_ACL_Hdr(handle=0xfff, PB=1, BC=1) / Raw(payload),
         {"hci.type": 2, "hci.handle": 0xfff, "hci.boundary": 1, "hci.broadcast": 1, "hci.data": payload.hex()}, 0)
    for status in (0, 2):
        data = hexbytes(30)
        add("hci", "Bluetooth Core 5.4, volume 4, part E, section 5.4.3: SCO data, status %d" % status,
            struct.pack("<BHB", 3, 0x123 | status << 12, 30) + data,
            {"hci.type": 3, "hci.handle": 0x123, "hci.status": status, "hci.length": 30, "hci.data": data.hex()})
    data = hexbytes(12)
    add("hci", "Bluetooth Core 5.4, volume 4, part E, section 5.4.5: ISO data",
        struct.pack("<BHH", 5, 0x060 | 2 << 12 | 1 << 14, 12) + data,
        {"hci.type": 5, "hci.handle": 0x60, "hci.boundary": 2, "hci.timestamped": 1, "hci.length": 12,
        "hci.data": data.hex()})
    add("hci", "Bluetooth Core 5.4, volume 4, part A: a packet of a type that is not known", "fe010203",
        {"hci.type": 0xfe, "hci.data": "010203"})


def usb_vectors():
    def header(event, transfer, endpoint, setup=None, data=b"", status=0, urblength=None, dataflag=0,
        seconds=1700000000,
               special=bytes(8)):
        number, micro, device, bus = rnd(1 << 62), rnd(1000000), 1 + rnd(127), 1 + rnd(9)
        length = len(data) if urblength is None else urblength
        made = struct.pack("<QBBBBHBBqiiII", number, ord(event), transfer, endpoint, device, bus,
            0 if setup else ord("-"),
                           dataflag, seconds, micro, status, length, len(data)) + (setup or special)
        values = {"id": number, "event": ord(event), "transfer": transfer, "endpoint": endpoint & 127,
                  "input": endpoint >= 128, "device": device, "bus": bus, "seconds": seconds, "microseconds": micro,
                  "status": status, "urblength": length, "datalength": len(data)}
        return made, values

    def two(text, more=b"", morefields=None, flags=0, interval=0, start=0, counted=0, **words):
        data = words.get("data", b"")
        for name, source in (("usb", "Linux: Documentation/usb/usbmon.rst, header of 48 bytes: "),
                             ("usbmmap", "Linux: Documentation/usb/usbmon.rst, header of 64 bytes: ")):
            if name == "usb" and more:
                continue
            made, values = header(**words)
            fields = {"%s.%s" % (name, k): v for k, v in values.items()}
            setup = words.get("setup")
            if setup:
                kind, request, value, index, length = struct.unpack("<BBHHH", setup)
                fields.update({name + ".requesttype": kind, name + ".request": request, name + ".value": value,
                               name + ".index": index, name + ".requestlength": length, name + ".setup": setup.hex()})
            if name == "usbmmap":
                made += struct.pack("<iiII", interval, start, flags, counted) + more
                fields.update({"usbmmap.interval": interval, "usbmmap.startframe": start, "usbmmap.flags": flags,
                               "usbmmap.descriptorcount": counted})
                fields.update(morefields or {})
            add(name, source + text, made + data, fields)

    two("get descriptor, submitted", event="S", transfer=2, endpoint=0x80, setup=bytes.fromhex("8006000100001200"),
        status=-115, urblength=18, dataflag=ord("<"), flags=0x200)
    two("get descriptor, complete", event="C", transfer=2, endpoint=0x80,
        data=bytes.fromhex("12010002090000406b1d020014050302 0101"), flags=0x200)
    two("set address, submitted", event="S", transfer=2, endpoint=0, setup=bytes.fromhex("0005070000000000"),
        status=-115,
        dataflag=ord(">"))
    two("interrupt in, complete", event="C", transfer=1, endpoint=0x81, data=hexbytes(4), interval=8, flags=0x204)
    two("interrupt in, stalled", event="C", transfer=1, endpoint=0x81, status=-32, dataflag=ord("<"), interval=8)
    two("bulk out, submitted", event="S", transfer=3, endpoint=0x02, data=b"USBC" + hexbytes(27), status=-115)
    two("bulk in, error", event="E", transfer=3, endpoint=0x82, status=-2)
    descriptors = struct.pack("<iIII", 0, 0, 48, 0) + struct.pack("<iIII", -18, 48, 16, 0)
    two("isochronous in, complete, two packets", event="C", transfer=0, endpoint=0x83, data=hexbytes(64),
        special=struct.pack("<ii", 1, 2),
        more=descriptors, counted=2, start=99, interval=1, flags=2,
        morefields={"usbmmap.descriptors[1].length": 48, "usbmmap.descriptors[2].status": -18,
                    "usbmmap.descriptors[2].offset": 48, "usbmmap.descriptors[2].length": 16})

    def pcap(text, transfer, endpoint, made, **fields):
        irp, bus, device = rnd(1 << 62), 1 + rnd(5), 1 + rnd(127)
        info = fields.pop("info", 0)
        function = fields.pop("function", 9)
        status = fields.pop("status", 0)
        length = fields.pop("datalength")
        body = usb.USBpcap(irpId=irp, usbd_status=status, function=function, info=info, bus=bus, device=device,
                           endpoint=endpoint, transfer=transfer, dataLength=length)
        body = body / made if made is not None else body
        values = {"usbpcap.id": irp, "usbpcap.status": status, "usbpcap.urbfunction": function,
            "usbpcap.completion": bool(info),
                  "usbpcap.bus": bus, "usbpcap.device": device, "usbpcap.endpoint": endpoint & 127,
                  "usbpcap.input": endpoint >= 128, "usbpcap.transfer": transfer, "usbpcap.datalength": length}
        values.update({"usbpcap." + k: v for k, v in fields.items()})
        add("usbpcap", "scapy: USBpcap, " + text, body, values)

    pcap("control, setup stage", 2, 0x80, usb.USBpcapTransferControl(stage=0) / Raw(bytes.fromhex("8006000100001200")),
         function=11, datalength=8, headerlength=28, stage=0)
    pcap("control, complete", 2, 0x80, usb.USBpcapTransferControl(stage=3) / Raw(hexbytes(18)), function=8, info=1,
         datalength=18, headerlength=28, stage=3)
    pcap("control, halted", 2, 0, usb.USBpcapTransferControl(stage=3), function=8, info=1, status=0xc0000004,
        datalength=0,
         headerlength=28, stage=3)
    # scapy gives interrupt transfers the fields of isochronous ones: such are built as bulk ones, and then named.
    for transfer, endpoint, size in ((3, 0x81, 31), (3, 0x02, 512), (1, 0x83, 8)):
        irp, device, data = rnd(1 << 62), 1 + rnd(127), hexbytes(size)
        frame = bytearray(bytes(usb.USBpcap(irpId=irp, function=9, info=1, bus=1, device=device, endpoint=endpoint,
            transfer=3,
                                            dataLength=size) / Raw(data)))
        frame[22] = transfer
        add("usbpcap", "scapy: USBpcap, %s, %d bytes" % ("interrupt" if transfer == 1 else "bulk", size), bytes(frame),
            {"usbpcap.headerlength": 27, "usbpcap.id": irp, "usbpcap.device": device,
            "usbpcap.endpoint": endpoint & 127,
             "usbpcap.input": endpoint > 127, "usbpcap.transfer": transfer, "usbpcap.datalength": size,
             "usbpcap.completion": True})
    packets = b"".join(struct.pack("<III", 16 * k, 16, 0 if k < 2 else 0xc0000009) for k in range(3))
    head = struct.pack("<HQIHBHHBBI", 39 + len(packets), 0x1122334455667788, 0, 10, 1, 2, 5, 0x81, 0, 48)
    add("usbpcap", "desowin.org, USBPcap capture format: isochronous, three packets",
        head + struct.pack("<III", 777, 3, 1) + packets + hexbytes(48),
        {"usbpcap.headerlength": 75, "usbpcap.transfer": 0, "usbpcap.startframe": 777, "usbpcap.packetcount": 3,
         "usbpcap.errorcount": 1, "usbpcap.packets[2].offset": 16, "usbpcap.packets[3].length": 16,
         "usbpcap.packets[3].status": 0xc0000009, "usbpcap.datalength": 48})


def igmp_vectors():
    def alert(dst):
        return over4(dst, options=[IPOption_Router_Alert()])

    def sums(made, cls):
        return made.__class__(bytes(made))[cls].chksum

    for kind, code, group, dst, text in (
            (0x11, 0, "0.0.0.0", "224.0.0.1", "query, version 1"),
                (0x11, 100, "0.0.0.0", "224.0.0.1", "query, version 2"),
            (0x11, 10, "239.1.2.3", "239.1.2.3", "query of a group, version 2"),
            (0x12, 0, "239.4.5.6", "239.4.5.6", "report, version 1"),
                (0x16, 0, "239.7.8.9", "239.7.8.9", "report, version 2"),
            (0x17, 0, "239.7.8.9", "224.0.0.2", "leave")):
        made = alert(dst) / igmp.IGMP(type=kind, mrcode=code, gaddr=group)
        add("ethernet", "scapy: IGMP " + text, made,
            {"ipv4.protocol": 2, "ipv4.options.alert": 0, "igmp.type": kind, "igmp.maxresponse": code,
            "igmp.group": group,
             "igmp.checksum": sums(made, igmp.IGMP)})
    # The version is told by the length alone, which a builder does not ask yet: not built again. (VRRP's addresses as well.)
    for sources in ([], [ip4()], [ip4(), ip4(), ip4()]):
        made = alert("224.0.0.1") / igmpv3.IGMPv3(type=0x11, mrcode=24) / igmpv3.IGMPv3mq(
            gaddr="239.9.9.9" if sources else "0.0.0.0", s=len(sources) & 1, qrv=2, qqic=125, srcaddrs=sources)
        fields = {"igmp.type": 0x11, "igmp.maxresponse": 24, "igmp.group": "239.9.9.9" if sources else "0.0.0.0",
                  "igmp.suppress": bool(len(sources) & 1), "igmp.robustness": 2, "igmp.interval": 125,
                  "igmp.sourcecount": len(sources)}
        fields.update({"igmp.sources[%d]" % (k + 1): s for k, s in enumerate(sources)})
        add("ethernet", "scapy: IGMP query, version 3, %d sources" % len(sources), made, fields)
    a, b, c = ip4(), ip4(), ip4()
    made = alert("224.0.0.22") / igmpv3.IGMPv3(type=0x22, mrcode=0) / igmpv3.IGMPv3mr(records=[
        igmpv3.IGMPv3gr(rtype=4, maddr="239.1.1.1"), igmpv3.IGMPv3gr(rtype=1, maddr="239.1.1.2", srcaddrs=[a, b]),
        igmpv3.IGMPv3gr(rtype=6, maddr="239.1.1.3", srcaddrs=[c])])
    add("ethernet", "scapy: IGMP report, version 3, three records", made,
        {"igmp.type": 0x22, "igmp.recordcount": 3, "igmp.records[1].type": 4, "igmp.records[1].group": "239.1.1.1",
         "igmp.records[1].sourcecount": 0, "igmp.records[2].sources[1]": a, "igmp.records[2].sources[2]": b,
         "igmp.records[3].type": 6, "igmp.records[3].sources[1]": c})
    body = bytes.fromhex("2200 0000 0000 0001 03 02 0001 ef010101 c0000201 0102030405060708")
    body = body[:2] + struct.pack(">H", checksum(body)) + body[4:]
    add("ethernet", "RFC 3376, section 4.2: IGMP report, version 3, a record with auxiliary data",
        over4("224.0.0.22", proto=2) / Raw(body),
        {"igmp.records.type": 3, "igmp.records.auxlength": 2, "igmp.records.group": "239.1.1.1",
         "igmp.records[1].sources[1]": "192.0.2.1", "igmp.records.aux": "0102030405060708"})
    body = bytes.fromhex("1301 0000 000eff03 5e000001")
    body = body[:2] + struct.pack(">H", checksum(body)) + body[4:]
    add("ethernet", "draft-ietf-idmr-dvmrp-v3, section 3.2: DVMRP probe, not told apart",
        over4("224.0.0.4", proto=2) / Raw(body),
        {"igmp.type": 0x13, "igmp.data": "000eff035e000001"})


def pim_sum(body, low, cover=None):
    """The message with its checksum, over IPv4 (RFC 7761, section 4.9) or with IPv6's pseudo-header."""
    part = body[:cover] if cover else body
    if isinstance(low, IPv6):
        total = in6_chksum(103, low, part)
    else:
        total = checksum(part)
    return body[:2] + struct.pack(">H", total) + body[4:]


def pim_vectors():
    def put(text, body, fields, six=False, cover=None, dst=None):
        low = over6(dst or "ff02::d") if six else over4(dst or "224.0.0.13")
        if six:
            low[IPv6].nh = 103
        else:
            low[IP].proto = 103
        add("ethernet", text + (", IPv6" if six else ", IPv4"),
            low / Raw(pim_sum(body, low[IPv6] if six else low[IP], cover)),
            fields)

    def hdr(kind):
        return bytes([0x20 | kind, 0, 0, 0])

    def unicast(a):
        a = ipaddress.ip_address(a)
        return bytes([1 if a.version == 4 else 2, 0]) + a.packed

    def group(a, mask=None, flags=0):
        a = ipaddress.ip_address(a)
        return bytes([1 if a.version == 4 else 2, 0, flags, mask or a.max_prefixlen]) + a.packed

    generation, hold, prio = u32(), u16(), u32()
    for six in (False, True):
        made = bytes(pim.PIMv2Hdr(type=0, chksum=0) / pim.PIMv2Hello(option=[
            pim.PIMv2HelloHoldtime(holdtime=hold),
            pim.PIMv2HelloLANPruneDelay(value=[pim.PIMv2HelloLANPruneDelayValue(t=1, propagation_delay=500,
                override_interval=2500)]),
            pim.PIMv2HelloDRPriority(dr_priority=prio), pim.PIMv2HelloGenerationID(generation_id=generation),
            pim.PIMv2HelloStateRefresh(value=[pim.PIMv2HelloStateRefreshValue(interval=60)])]))
        put("scapy: PIM hello, five options", made,
            {"pim.version": 2, "pim.type": 0, "pim.options.holdtime": hold, "pim.options[2].tracking": True,
             "pim.options.propagationdelay": 500, "pim.options.overrideinterval": 2500, "pim.options.drpriority": prio,
             "pim.options.generationid": generation, "pim.options[5].type": 21, "pim.options[5].data": "013c0000"}, six)
    put("RFC 7761, section 4.9.2: PIM hello with secondary addresses",
        hdr(0) + struct.pack(">HHHHH", 1, 2, 0xffff, 24, 6)
        + unicast("192.0.2.3"), {"pim.options.holdtime": 0xffff, "pim.options[2].type": 24,
                                 "pim.options[2].addresses[1].address": "192.0.2.3"})
    for six in (False, True):
        inner = (IPv6(src=ip6(), dst="ff3e::1234") if six else IP(src=ip4(), dst="239.3.3.3")) / UDP(sport=40000,
            dport=40001) / b"abc"
        layer = "ipv6" if six else "ipv4"
        put("RFC 7761, section 4.9.3: PIM register, border", hdr(1) + struct.pack(">I", 0x80000000) + bytes(inner),
            {"pim.type": 1, "pim.border": True, "pim.nullregister": False, layer + "#2.source": inner.src,
             layer + "#2.destination": inner.dst, "udp.destination": 40001}, six, cover=8,
                 dst="2001:db8::5" if six else "192.0.2.5")
    put("RFC 7761, section 4.9.3: PIM register, null", hdr(1) + struct.pack(">I", 0x40000000)
        + bytes(IP(src="192.0.2.1", dst="239.3.3.3", proto=103, len=20)),
        {"pim.type": 1, "pim.border": False, "pim.nullregister": True, "ipv4#2.source": "192.0.2.1"}, cover=8,
        dst="192.0.2.5")
    for six in (False, True):
        g, s = ("ff3e::1", "2001:db8::7") if six else ("239.3.3.3", "192.0.2.7")
        put("RFC 7761, section 4.9.4: PIM register stop", hdr(2) + group(g) + unicast(s),
            {"pim.type": 2, "pim.groupfamily": 2 if six else 1, "pim.groupmask": 128 if six else 32, "pim.group": g,
             "pim.source": s}, six, dst="2001:db8::5" if six else "192.0.2.5")
    up, j, p = ip4(), ip4(), ip4()
    made = bytes(pim.PIMv2Hdr(type=3, chksum=0) / pim.PIMv2JoinPrune(up_neighbor_ip=up, holdtime=hold, jp_ips=[
        pim.PIMv2GroupAddrs(gaddr="239.1.1.1", join_ips=[pim.PIMv2JoinAddrs(src_ip=j, sparse=1, wildcard=1, rpt=1)]),
        pim.PIMv2GroupAddrs(gaddr="239.2.0.0", mask_len=16, bidirection=1, admin_scope_zone=1,
                            join_ips=[pim.PIMv2JoinAddrs(src_ip=j, sparse=1, rpt=0)],
                            prune_ips=[pim.PIMv2PruneAddrs(src_ip=p, rpt=1), pim.PIMv2PruneAddrs(src_ip=j, rpt=0)])]))
    fields = {"pim.type": 3, "pim.upstream": up, "pim.groupcount": 2, "pim.holdtime": hold,
        "pim.groups[1].address": "239.1.1.1",
              "pim.groups[1].joincount": 1, "pim.groups[1].joins[1].address": j, "pim.groups[1].joins[1].sparse": True,
              "pim.groups[1].joins[1].wildcard": True, "pim.groups[1].joins[1].rpt": True,
              "pim.groups[2].masklength": 16,
              "pim.groups[2].bidirectional": True, "pim.groups[2].zone": True, "pim.groups[2].prunecount": 2,
              "pim.groups[2].prunes[1].address": p, "pim.groups[2].prunes[2].rpt": False}
    put("scapy: PIM join/prune, two groups", made, fields)
    for kind, text in ((6, "graft"), (7, "graft ack")):
        put("scapy: PIM join/prune as a %s (RFC 3973, section 4.7.6)" % text, bytes([0x20 | kind]) + made[1:],
            dict(list(fields.items())[1:6], **{"pim.type": kind}))
    source6 = bytes([2, 0, 0x06, 128]) + ipaddress.ip_address("2001:db8::77").packed
    put("RFC 7761, section 4.9.5: PIM join/prune", hdr(3) + unicast("fe80::9") + struct.pack(">BBH", 0, 1, 210)
        + group("ff3e::8")
        + struct.pack(">HH", 1, 0) + source6,
        {"pim.upstreamfamily": 2, "pim.upstream": "fe80::9", "pim.holdtime": 210, "pim.groups[1].family": 2,
         "pim.groups[1].address": "ff3e::8", "pim.groups[1].joins[1].address": "2001:db8::77",
         "pim.groups[1].joins[1].wildcard": True, "pim.groups[1].joins[1].rpt": False}, True)
    for six in (False, True):
        g, s = ("ff3e::1", "2001:db8::7") if six else ("239.3.3.3", "192.0.2.7")
        put("RFC 7761, section 4.9.6: PIM assert", hdr(5) + group(g) + unicast(s)
            + struct.pack(">II", 0x80000000 | 110, 20),
            {"pim.type": 5, "pim.group": g, "pim.source": s, "pim.rpt": True, "pim.preference": 110,
            "pim.metric": 20}, six)
    put("RFC 5059, section 4.1: PIM bootstrap, not told apart",
        hdr(4) + struct.pack(">HBB", 7, 30, 192) + unicast("192.0.2.1"),
        {"pim.type": 4, "pim.data": "00071ec00100c0000201"})


def vrrp_vectors():
    for count, auth in ((1, 0), (3, 0), (1, 1)):
        addresses = [ip4() for _ in range(count)]
        vrid, prio = 1 + rnd(255), 1 + rnd(254)
        made = over4("224.0.0.18", ttl=255) / VRRP(vrid=vrid, priority=prio, addrlist=addresses, adv=2, authtype=auth,
                                                   auth1=0x70617373 if auth else 0, auth2=0x776f7264 if auth else 0)
        fields = {"ipv4.protocol": 112, "vrrp.version": 2, "vrrp.type": 1, "vrrp.vrid": vrid, "vrrp.priority": prio,
                  "vrrp.count": count, "vrrp.interval": 2, "vrrp.authtype": auth, "vrrp.authentication":
                  "password" if auth else "\0" * 8, "vrrp.checksum": Ether(bytes(made))[VRRP].chksum}
        fields.update({"vrrp.addresses[%d]" % (k + 1): a for k, a in enumerate(addresses)})
        add("ethernet", "scapy: VRRP version 2, %d addresses%s" % (count, ", with a password" if auth else ""), made,
            fields)
    for count in (1, 2, 5):
        addresses = [ip4() for _ in range(count)]
        vrid, interval = 1 + rnd(255), rnd(4096)
        made = over4("224.0.0.18", ttl=255) / VRRPv3(vrid=vrid, priority=0, addrlist=addresses, adv=interval)
        fields = {"vrrp.version": 3, "vrrp.vrid": vrid, "vrrp.priority": 0, "vrrp.count": count,
            "vrrp.interval": interval,
                  "vrrp.checksum": Ether(bytes(made))[VRRPv3].chksum}
        fields.update({"vrrp.addresses[%d]" % (k + 1): a for k, a in enumerate(addresses)})
        add("ethernet", "scapy: VRRP version 3 over IPv4, %d addresses" % count, made, fields)
    for count in (1, 2, 3, 6):
        addresses = ["fe80::1"] + [ip6() for _ in range(count - 1)]
        vrid, interval = 1 + rnd(255), rnd(4096)
        made = over6("ff02::12", hlim=255) / VRRPv3(vrid=vrid, priority=255, addrlist=addresses, adv=interval)
        made[IPv6].nh = 112
        fields = {"vrrp.version": 3, "vrrp.vrid": vrid, "vrrp.priority": 255, "vrrp.count": count,
            "vrrp.interval": interval}
        fields.update({"vrrp.addresses6[%d]" % (k + 1): a for k, a in enumerate(addresses)})
        add("ethernet", "scapy: VRRP version 3 over IPv6, %d addresses" % count, made, fields)


def ospf_vectors():
    def put(text, part, fields, kind=None, dst="224.0.0.5", tail=b"", **more):
        router, area = ip4(), ip4()
        made = over4(dst) / ospf.OSPF_Hdr(src=router, area=area, **more) / part
        if tail:
            raw = bytes(made)
            low = made[IP]
            made = bytes(made)[:14] + bytes(IP(src=low.src, dst=low.dst, ttl=low.ttl, tos=low.tos, id=low.id, proto=89)
                                            / Raw(raw[34:] + tail))
        values = {"ipv4.protocol": 89, "ospf.version": 2, "ospf.router": router, "ospf.area": area}
        values.update(fields)
        add("ethernet", text, made, values)

    n1, n2, dr, bdr = ip4(), ip4(), ip4(), ip4()
    hello = ospf.OSPF_Hello(mask="255.255.255.0", hellointerval=10, options=2, prio=7, deadinterval=40, router=dr,
        backup=bdr,
                            neighbors=[n1, n2])
    values = {"ospf.type": 1, "ospf.length": 52, "ospf.mask": "255.255.255.0", "ospf.hellointerval": 10,
        "ospf.options": 2,
              "ospf.priority": 7, "ospf.deadinterval": 40, "ospf.designated": dr, "ospf.backup": bdr,
              "ospf.neighbors[1]": n1,
              "ospf.neighbors[2]": n2, "ospf.authtype": 0}
    put("scapy: OSPF hello, two neighbours", hello, values)
    put("scapy: OSPF hello, alone", ospf.OSPF_Hello(neighbors=[]), {"ospf.type": 1, "ospf.length": 44,
                                                                  "ospf.designated": "0.0.0.0"})
    put("scapy: OSPF hello, with a password, which its sum leaves out (an error in it is not seen)", hello,
        dict(values, **{"ospf.authtype": 1, "ospf.authentication": b"secret\0\0".hex()}),
        authtype=1, authdata=int.from_bytes(b"secret\0\0", "big"))
    digest = hexbytes(16)
    put("scapy: OSPF hello, cryptographic authentication, digest after it (RFC 2328, appendix D.3)", hello,
        dict(values, **{"ospf.authtype": 2, "ospf.keyid": 5, "ospf.authlength": 16, "ospf.cryptosequence": 0x12345678,
                        "ospf.checksum": 0}),
        authtype=2, keyid=5, authdatalen=16, seq=0x12345678, tail=digest)
    headers = [ospf.OSPF_LSA_Hdr(age=rnd(3600), options=0x22, type=1 + k % 5, id=ip4(), adrouter=ip4(),
        seq=0x80000001 + k,
                                 chksum=u16(), len=36 + 12 * k) for k in range(5)]
    put("scapy: OSPF database description, none", ospf.OSPF_DBDesc(mtu=1500, options=0x42, dbdescr=7, ddseq=0x1000,
        lsaheaders=[]),
        {"ospf.type": 2, "ospf.mtu": 1500, "ospf.init": True, "ospf.more": True, "ospf.master": True,
        "ospf.ddsequence": 0x1000,
         "ospf.options": 0x42}, dst="224.0.0.6")
    put("scapy: OSPF database description, five headers", ospf.OSPF_DBDesc(dbdescr=1, ddseq=0x1001, lsaheaders=headers),
        {"ospf.type": 2, "ospf.init": False, "ospf.more": False, "ospf.master": True, "ospf.headers[1].type": 1,
         "ospf.headers[2].id": headers[1].id, "ospf.headers[3].advertiser": headers[2].adrouter,
         "ospf.headers[4].sequence": 0x80000004, "ospf.headers[5].length": 84, "ospf.headers[5].age": headers[4].age})
    put("scapy: OSPF link state request", ospf.OSPF_LSReq(requests=[ospf.OSPF_LSReq_Item(type=1, id=n1, adrouter=n1),
                                                                   ospf.OSPF_LSReq_Item(type=5, id=n2, adrouter=dr)]),
        {"ospf.type": 3, "ospf.requests[1].type": 1, "ospf.requests[1].id": n1, "ospf.requests[2].type": 5,
         "ospf.requests[2].advertiser": dr})
    links = [ospf.OSPF_Link(id=n1, data=n2, type=1, metric=10), ospf.OSPF_Link(id=dr, data=bdr, type=2, metric=20),
             ospf.OSPF_Link(id="10.9.0.0", data="255.255.0.0", type=3, metric=30)]
    made = ospf.OSPF_LSUpd(lsalist=[ospf.OSPF_Router_LSA(age=5, id=n1, adrouter=n1, flags=3, linklist=links),
                                    ospf.OSPF_Network_LSA(id=dr, adrouter=dr, mask="255.255.255.0",
                                        routerlist=[n1, n2])])
    routersum = struct.unpack(">H", bytes(made)[20:22])[0]
    put("scapy: OSPF link state update, router and network", made,
        {"ospf.type": 4, "ospf.lsacount": 2, "ospf.lsas[1].type": 1, "ospf.lsas[1].length": 60,
        "ospf.lsas[1].linkcount": 3,
         "ospf.lsas[1].external": True, "ospf.lsas[1].border": True, "ospf.lsas[1].checksum": routersum,
         "ospf.lsas[1].links[1].type": 1, "ospf.lsas[1].links[1].data": n2, "ospf.lsas[1].links[2].id": dr,
         "ospf.lsas[1].links[3].metric": 30, "ospf.lsas[2].type": 2, "ospf.lsas[2].mask": "255.255.255.0",
         "ospf.lsas[2].routers[2]": n2})
    metric, tag = rnd(1 << 24), u32()
    put("scapy: OSPF link state update, summaries and externals",
        ospf.OSPF_LSUpd(lsalist=[ospf.OSPF_SummaryIP_LSA(id="10.1.0.0", mask="255.255.0.0", metric=metric),
                                 ospf.OSPF_SummaryASBR_LSA(id=n2, mask="0.0.0.0", metric=3),
                                 ospf.OSPF_External_LSA(id="10.2.0.0", mask="255.254.0.0", ebit=1, metric=metric,
                                     fwdaddr=n1, tag=tag),
                                 ospf.OSPF_NSSA_External_LSA(id="10.4.0.0", mask="255.252.0.0", metric=20, tag=9)]),
        {"ospf.lsacount": 4, "ospf.lsas[1].type": 3, "ospf.lsas[1].mask": "255.255.0.0", "ospf.lsas[1].metric": metric,
         "ospf.lsas[2].type": 4, "ospf.lsas[2].metric": 3, "ospf.lsas[3].type": 5, "ospf.lsas[3].type2": True,
         "ospf.lsas[3].metric": metric, "ospf.lsas[3].forwarding": n1, "ospf.lsas[3].routetag": tag,
         "ospf.lsas[4].type": 7,
         "ospf.lsas[4].type2": False, "ospf.lsas[4].metric": 20, "ospf.lsas[4].routetag": 9})
    opaque = hexbytes(12)
    put("scapy: OSPF link state update, opaque (RFC 5250)",
        ospf.OSPF_LSUpd(lsalist=[ospf.OSPF_Link_Scope_Opaque_LSA(id="200.0.0.0", data=opaque),
                                 ospf.OSPF_Area_Scope_Opaque_LSA(id="200.0.0.1", data=opaque[:4]),
                                 ospf.OSPF_AS_Scope_Opaque_LSA(id="201.0.0.2", data=opaque[:8])]),
        {"ospf.lsas[1].type": 9, "ospf.lsas[1].body": opaque.hex(), "ospf.lsas[2].type": 10,
        "ospf.lsas[2].id": "200.0.0.1",
         "ospf.lsas[3].type": 11, "ospf.lsas[3].length": 28})
    lsa = bytes.fromhex("0001 02 01 0a000001 0a000001 80000001 0000 0028 0000 0001 0a000002 0a000001 01 01 000a 08 00 0005")
    put("RFC 2328, appendix A.4.2: OSPF link state update, a link with a metric for a type of service",
        Raw(struct.pack(">I", 1) + lsa), {"ospf.type": 4, "ospf.lsas[1].links[1].toscount": 1,
            "ospf.lsas[1].links[1].tos[1].tos": 8,
                                          "ospf.lsas[1].links[1].tos[1].metric": 5}, type=4)
    put("scapy: OSPF acknowledgment", ospf.OSPF_LSAck(lsaheaders=headers[:2]),
        {"ospf.type": 5, "ospf.length": 64, "ospf.headers[1].id": headers[0].id,
        "ospf.headers[2].checksum": headers[1].chksum})

    put("RFC 2328, appendix A.3.1: OSPF, a type that is not known", Raw(b"\x01\x02\x03\x04"),
        {"ospf.type": 9, "ospf.length": 28, "ospf.body": "01020304"}, type=9)

    def put6(text, part, fields, **more):
        router, area = ip4(), ip4()
        made = over6("ff02::5") / ospf.OSPFv3_Hdr(src=router, area=area, **more) / part
        values = {"ipv6.nextheader": 89, "ospf.version": 3, "ospf.router": router, "ospf.area": area,
                  "ospf.instance": more.get("instance", 0), "ospf.checksum": Ether(bytes(made))[ospf.OSPFv3_Hdr].chksum}
        values.update(fields)
        add("ethernet", text, made, values)

    put6("scapy: OSPF version 3, hello", ospf.OSPFv3_Hello(intid=9, prio=3, options=0x13, hellointerval=11,
        deadinterval=44,
                                                        router=dr, backup=bdr, neighbors=[n1, n2]),
         {"ospf.type": 1, "ospf.length": 44, "ospf.interfaceid": 9, "ospf.priority": 3, "ospf.options": 0x13,
          "ospf.hellointerval": 11, "ospf.deadinterval": 44, "ospf.designated": dr, "ospf.backup": bdr,
          "ospf.neighbors[2]": n2},
         instance=3)
    put6("scapy: OSPF version 3, hello, alone", ospf.OSPFv3_Hello(), {"ospf.type": 1, "ospf.length": 36})
    headers3 = [ospf.OSPFv3_LSA_Hdr(age=k, type=t, id=ip4(), adrouter=ip4(), seq=0x80000002, chksum=u16(),
        len=24 + 4 * k)
                for k, t in enumerate((0x2001, 0x2002, 8, 0x4005))]
    put6("scapy: OSPF version 3, database description", ospf.OSPFv3_DBDesc(options=0x13, mtu=1400, dbdescr=3, ddseq=77,
                                                                        lsaheaders=headers3),
         {"ospf.type": 2, "ospf.options": 0x13, "ospf.mtu": 1400, "ospf.init": False, "ospf.more": True,
         "ospf.master": True,
          "ospf.ddsequence": 77, "ospf.headers[1].type": 0x2001, "ospf.headers[3].type": 8,
          "ospf.headers[4].id": headers3[3].id})
    put6("scapy: OSPF version 3, link state request", ospf.OSPFv3_LSReq(requests=[
        ospf.OSPFv3_LSReq_Item(type=0x2003, id=n1, adrouter=n2)]),
        {"ospf.type": 3, "ospf.requests[1].type": 0x2003, "ospf.requests[1].id": n1, "ospf.requests[1].advertiser": n2})
    made = ospf.OSPFv3_LSUpd(lsalist=[
        ospf.OSPFv3_Router_LSA(adrouter=n1, flags=2, options=0x13,
            linklist=[ospf.OSPFv3_Link(metric=7, intid=1, neighintid=2,
                                                                                           neighbor=n2)]),
        ospf.OSPFv3_Network_LSA(adrouter=n1, options=0x13, routerlist=[n1, n2]),
        ospf.OSPFv3_Inter_Area_Router_LSA(adrouter=n1, options=0x13, metric=5, router=n2)])
    put6("scapy: OSPF version 3, link state update", made,
         {"ospf.type": 4, "ospf.lsacount": 3, "ospf.lsas[1].type": 0x2001, "ospf.lsas[1].length": 40,
         "ospf.lsas[2].type": 0x2002,
          "ospf.lsas[2].advertiser": n1, "ospf.lsas[1].external": True, "ospf.lsas[1].interfaces[1].metric": 7,
          "ospf.lsas[1].interfaces[1].neighborinterfaceid": 2, "ospf.lsas[1].interfaces[1].neighbor": n2,
          "ospf.lsas[2].routers[2]": n2, "ospf.lsas[3].metric": 5, "ospf.lsas[3].router": n2,
          "ospf.lsas[3].type": 0x2004})
    prefix = ospf.OSPFv3_Inter_Area_Prefix_LSA(adrouter=n1, metric=9, prefixlen=64, prefix="2001:db8:1::/64")
    link = ospf.OSPFv3_Link_LSA(adrouter=n1, prio=1, lladdr="fe80::1", prefixlist=[])
    put6("scapy: OSPF version 3, link state update, a prefix and a link", ospf.OSPFv3_LSUpd(lsalist=[prefix, link]),
         {"ospf.lsacount": 2, "ospf.lsas[1].type": 0x2003, "ospf.lsas[2].type": 8,
         "ospf.lsas[1].body": bytes(prefix)[20:].hex(),
          "ospf.lsas[2].body": bytes(link)[20:].hex()})
    put6("scapy: OSPF version 3, acknowledgment", ospf.OSPFv3_LSAck(lsaheaders=headers3[:2]),
         {"ospf.type": 5, "ospf.length": 56, "ospf.headers[2].advertiser": headers3[1].adrouter})


def bgp_vectors():
    marker = "ff" * 16

    def put(text, *messages, port=None, **fields):
        low = e() / IP(src=ip4(), dst=ip4(), id=u16()) / TCP(sport=port or 179, dport=50000 if not port else 179,
            seq=u32(),
                                                            ack=u32(), flags="PA")
        data = b"".join(bytes(m) for m in messages)
        values = {"bgp.messages[1].marker": marker}
        values.update({"bgp.messages" + k: v for k, v in fields.items()})
        add("ethernet", text, low / Raw(data), values)

    put("scapy: BGP keepalive", bgp.BGPHeader(type=4), **{"[1].length": 19, "[1].type": 4})
    a = ip4()
    put("scapy: BGP open, without parameters", bgp.BGPHeader(type=1)
        / bgp.BGPOpen(my_as=64500, hold_time=90, bgp_id=a), port=44444,
        **{"[1].type": 1, "[1].length": 29, "[1].version": 4, "[1].as": 64500, "[1].holdtime": 90, "[1].identifier": a,
           "[1].parameterslength": 0})
    caps = [bgp.BGPCapMultiprotocol(afi=1, safi=1), bgp.BGPCapMultiprotocol(afi=2, safi=1), bgp.BGPCapGeneric(code=2),
            bgp.BGPCapFourBytesASN(asn=4200000001), bgp.BGPCapGracefulRestart(restart_flags=8, restart_time=120)]
    raw = b"".join(bytes(c) for c in caps)
    put("scapy: BGP open, a parameter for each capability", bgp.BGPHeader(type=1) / bgp.BGPOpen(
        my_as=23456, hold_time=180, bgp_id=a, opt_params=[bgp.BGPOptParam(param_type=2, param_value=c) for c in caps]),
        **{"[1].as": 23456, "[1].parameters[1].type": 2, "[1].parameters[1].capabilities[1].afi": 1,
           "[1].parameters[2].capabilities[1].code": 1, "[1].parameters[2].capabilities[1].afi": 2,
           "[1].parameters[2].capabilities[1].safi": 1, "[1].parameters[3].capabilities[1].length": 0,
           "[1].parameters[4].capabilities[1].as4": 4200000001, "[1].parameters[5].capabilities[1].code": 64,
           "[1].parameters[5].capabilities[1].restarttime": 120})
    body = struct.pack(">BHH4sBBB", 4, 64501, 180, bytes([192, 0, 2, 1]), len(raw) + 2, 2, len(raw)) + raw
    put("scapy: BGP capabilities, in one parameter (RFC 5492, section 4)",
        bytes.fromhex(marker) + struct.pack(">HB", 19 + len(body), 1) + body,
        **{"[1].parameterslength": len(raw) + 2, "[1].parameters[1].length": len(raw),
           "[1].parameters[1].capabilities[2].afi": 2, "[1].parameters[1].capabilities[4].as4": 4200000001,
           "[1].parameters[1].capabilities[5].code": 64})
    names = bytes.fromhex("4908 03723131 03616263 0600 4600 0901 00")
    body = struct.pack(">BHH4sBBB", 4, 64502, 180, bytes([192, 0, 2, 2]), len(names) + 2, 2, len(names)) + names
    put("BGP capabilities: names (draft-walton-bgp-hostname-capability), extended message (RFC 8654), refresh (RFC 7313), "
        "role (RFC 9234)", bytes.fromhex(marker) + struct.pack(">HB", 19 + len(body), 1) + body,
        **{"[1].as": 64502, "[1].parameters[1].capabilities[1].code": 73, "[1].parameters[1].capabilities[1].data":
           "0372313103616263", "[1].parameters[1].capabilities[2].code": 6, "[1].parameters[1].capabilities[4].code": 9,
           "[1].parameters[1].capabilities[4].data": "00"})
    put("RFC 4271, section 4.2: BGP open, a parameter of another type (1: authentication, deprecated)",
        bytes.fromhex(marker + "0021 01 04 fde8 00b4 c0000201 04 01020102"),
        **{"[1].as": 65000, "[1].parameters[1].type": 1, "[1].parameters[1].data": "0102"})

    def attribute(code, value, flags=0x40, **more):
        return bgp.BGPPathAttr(type_flags=flags, type_code=code, attribute=value, **more)

    def path(*asns, kind=2):
        return bgp.BGPPAASPath(segments=[bgp.BGPPAASPath.ASPathSegment(segment_type=kind, segment_length=len(asns),
                                                                      segment_value=list(asns))])

    nexthop, med = ip4(), u32()
    update = bgp.BGPUpdate(path_attr=[
        attribute(1, bgp.BGPPAOrigin(origin=2)), attribute(2, path(64500, 64501)),
            attribute(3, bgp.BGPPANextHop(next_hop=nexthop)),
        attribute(4, bgp.BGPPAMultiExitDisc(med=med), 0x80), attribute(5, bgp.BGPPALocalPref(local_pref=200)),
        attribute(6, bgp.BGPPAAtomicAggregate()), attribute(7,
            bgp.BGPPAAggregator(aggregator_asn=64501, speaker_address=a), 0xc0),
        attribute(8, bgp.BGPPACommunity(community=0xfde90064), 0xc0),
            attribute(9, bgp.BGPPAOriginatorID(originator_id=a), 0x80),
        attribute(10, bgp.BGPPAClusterList(cluster_list=[0x0a000001, 0x0a000002]), 0x80)],
        nlri=[bgp.BGPNLRI_IPv4(prefix="10.0.0.0/8"), bgp.BGPNLRI_IPv4(prefix="192.0.2.0/24"),
              bgp.BGPNLRI_IPv4(prefix="172.16.0.0/12"), bgp.BGPNLRI_IPv4(prefix="198.51.100.7/32"),
              bgp.BGPNLRI_IPv4(prefix="0.0.0.0/0")])
    put("scapy: BGP update, ten attributes and five prefixes", bgp.BGPHeader(type=2) / update,
        **{"[1].type": 2, "[1].withdrawnlength": 0, "[1].attributes[1].transitive": True, "[1].attributes.origin": 2,
           "[1].attributes[2].type": 2, "[1].attributes.nexthop": nexthop, "[1].attributes.med": med,
           "[1].attributes[4].optional": True, "[1].attributes.localpreference": 200, "[1].attributes[6].length": 0,
           "[1].attributes.originator": a, "[1].attributes[10].clusters[2]": "10.0.0.2",
           "[1].nlri[1].length": 8, "[1].nlri[1].prefix": "0a", "[1].nlri[2].prefix": "c00002",
           "[1].nlri[3].prefix": "ac10",
           "[1].nlri[3].length": 12, "[1].nlri[4].prefix": "c6336407", "[1].nlri[5].length": 0})
    put("scapy: BGP update, routes withdrawn", bgp.BGPHeader(type=2) / bgp.BGPUpdate(
        withdrawn_routes=[bgp.BGPNLRI_IPv4(prefix="10.1.0.0/16"), bgp.BGPNLRI_IPv4(prefix="10.2.3.0/24")]),
        **{"[1].withdrawnlength": 7, "[1].withdrawn[1].length": 16, "[1].withdrawn[2].prefix": "0a0203",
           "[1].attributeslength": 0})
    put("scapy: BGP update, end of the routing information base (RFC 4724, section 2)",
        bgp.BGPHeader(type=2) / bgp.BGPUpdate(),
        **{"[1].length": 23, "[1].withdrawnlength": 0, "[1].attributeslength": 0})
    ext = bgp.BGPPathAttr(type_flags=0x50, type_code=2, attr_ext_len=14, attribute=bgp.BGPPAASPath(segments=[
        bgp.BGPPAASPath.ASPathSegment(segment_type=2, segment_length=3, segment_value=[1, 2, 3]),
        bgp.BGPPAASPath.ASPathSegment(segment_type=1, segment_length=2, segment_value=[4, 5])]))
    put("scapy: BGP update, an attribute of extended length, AS set",
        bgp.BGPHeader(type=2) / bgp.BGPUpdate(path_attr=[ext]),
        **{"[1].attributes[1].extended": True, "[1].attributes[1].length": 14,
           "[1].attributes[1].data": "0203000100020003" "010200040005"})
    # RFC 4760, sections 3 and 4.
    hop = ipaddress.ip_address(ip6())
    reach = struct.pack(">HBB16sB", 2, 1, 16, hop.packed, 0) + bytes.fromhex("20 20010db8 40 20010db800010002")
    unreach = bytes.fromhex("0002 01 30 20010db80003")
    large = struct.pack(">III", 64500, 1, 2)
    attrs = (bytes([0x80, 14, len(reach)]) + reach + bytes([0x80, 15, len(unreach)]) + unreach
        + bytes([0xc0, 32, 12]) + large
             + bytes([0xc0, 16, 8]) + bytes.fromhex("0002fde800000064") + bytes([0xc0, 17, 10, 2, 2])
             + struct.pack(">II", 4200000001, 7))
    body = struct.pack(">HH", 0, len(attrs)) + attrs
    put("RFC 4760, sections 3 and 4: BGP update, IPv6 routes reached and not; large (RFC 8092) and extended (RFC 4360) communities",
        bytes.fromhex(marker) + struct.pack(">HB", 19 + len(body), 2) + body,
        **{"[1].attributes[1].type": 14, "[1].attributes[1].afi": 2, "[1].attributes[1].safi": 1,
           "[1].attributes[1].nexthoplength": 16, "[1].attributes[1].nexthop": str(hop),
           "[1].attributes[1].routes": "2020010db84020010db800010002", "[1].attributes[2].afi": 2,
           "[1].attributes[2].routes": "3020010db80003", "[1].attributes[3].large[1].administrator": 64500,
           "[1].attributes[3].large[1].local2": 2, "[1].attributes[4].extendedcommunities[1]": 0x0002fde800000064,
           "[1].attributes[5].as4path[1].type": 2, "[1].attributes[5].as4path[1].ases[1]": 4200000001})
    for size, hops, fields in (
            (4, "c0000207", {"nexthop4": "192.0.2.7"}),
                (12, "0000000000000000c0000207", {"nexthopdata": "0000000000000000c0000207"}),
            (32, "20010db8000000000000000000000009fe800000000000000000000000000009", {"globalnexthop": "2001:db8::9",
                                                                                   "linklocal": "fe80::9"})):
        reach = struct.pack(">HBB", 1 if size < 16 else 2, 128 if size == 12 else 1,
            size) + bytes.fromhex(hops + "00" + "0a")[:-1]
        attrs = bytes([0x80, 14, len(reach)]) + reach
        body = struct.pack(">HH", 0, len(attrs)) + attrs
        put("RFC 4760, section 3: BGP update, a next hop of %d bytes" % size,
            bytes.fromhex(marker) + struct.pack(">HB", 19 + len(body), 2) + body,
            **dict({"[1].attributes[1].nexthoplength": size, "[1].attributes[1].routes": ""},
                   **{"[1].attributes[1]." + k: v for k, v in fields.items()}))
    for code, sub, data in ((1, 3, b"\x05"), (2, 2, b"\xfd\xe8"), (4, 0, b""), (6, 2, b"\x05hello")):
        put("scapy: BGP notification, %d/%d" % (code, sub), bgp.BGPHeader(type=3)
            / bgp.BGPNotification(error_code=code, error_subcode=sub, data=data),
            **{"[1].type": 3, "[1].length": 21 + len(data), "[1].error": code, "[1].suberror": sub,
            "[1].data": data.hex()})
    put("scapy: BGP route refresh", bgp.BGPHeader(type=5) / bgp.BGPRouteRefresh(afi=2, subtype=1, safi=1),
        **{"[1].type": 5, "[1].length": 23, "[1].afi": 2, "[1].subtype": 1, "[1].safi": 1})
    put("scapy: BGP, three messages in a segment", bgp.BGPHeader(type=4), bgp.BGPHeader(type=2) / bgp.BGPUpdate(
        withdrawn_routes=[bgp.BGPNLRI_IPv4(prefix="10.1.0.0/16")]), bgp.BGPHeader(type=4),
        **{"[1].type": 4, "[2].type": 2, "[2].withdrawn[1].prefix": "0a01", "[3].type": 4, "[3].length": 19})
    put("RFC 4271, section 4.1: BGP, a message of a type that is not known", bytes.fromhex(marker + "0016 09 aabbcc"),
        **{"[1].type": 9, "[1].body": "aabbcc"})


def rip_vectors():
    def low(dst="224.0.0.9"):
        return over4(dst) / UDP(sport=520, dport=520)

    add("ethernet", "scapy: RIP version 1, request of all", low("255.255.255.255") / RIP(cmd=1, version=1)
        / RIPEntry(AF=0, metric=16), {"udp.destination": 520, "rip.command": 1, "rip.version": 1,
        "rip.entries[1].family": 0,
                                      "rip.entries[1].metric": 16})
    a, b = ip4(), ip4()
    add("ethernet", "scapy: RIP version 1, response",
        low("10.255.255.255") / RIP(cmd=2, version=1) / RIPEntry(addr=a, metric=1)
        / RIPEntry(addr=b, metric=16), {"rip.command": 2, "rip.version": 1, "rip.entries[1].address": a,
        "rip.entries[2].address": b,
                                        "rip.entries[2].metric": 16, "rip.entries[2].mask": "0.0.0.0"})
    tag = u16()
    add("ethernet", "scapy: RIP version 2, response", low() / RIP(cmd=2, version=2)
        / RIPEntry(addr="10.1.0.0", mask="255.255.0.0", nextHop=a, metric=3, RouteTag=tag)
        / RIPEntry(addr="0.0.0.0", mask="0.0.0.0", metric=1),
        {"rip.version": 2, "rip.entries[1].family": 2, "rip.entries[1].tag": tag, "rip.entries[1].address": "10.1.0.0",
         "rip.entries[1].mask": "255.255.0.0", "rip.entries[1].nexthop": a, "rip.entries[2].metric": 1})
    add("ethernet", "RFC 2453, section 4.1: RIP version 2, authentication of a type that is not known",
        low() / Raw(bytes.fromhex("02020000 ffff 0009 000102030405060708090a0b0c0d0e0f")),
        {"rip.entries[1].authtype": 9, "rip.entries[1].authentication": "000102030405060708090a0b0c0d0e0f"})
    add("ethernet", "scapy: RIP version 2, with a password", low() / RIP(cmd=2, version=2)
        / RIPAuth(authtype=2, password=b"secret") / RIPEntry(addr="10.1.0.0", mask="255.255.0.0", metric=3),
        {"rip.entries[1].family": 0xffff, "rip.entries[1].authtype": 2,
        "rip.entries[1].password": b"secret" + b"\0" * 10,
         "rip.entries[2].address": "10.1.0.0"})
    digest = hexbytes(16)
    made = (low() / RIP(cmd=2, version=2) / RIPAuth(authtype=3, digestoffset=44, keyid=7, authdatalen=16, seqnum=1234,
                                                  zeropad=b"\0" * 8)
            / RIPEntry(addr="10.1.0.0", mask="255.255.0.0", metric=3) / RIPAuth(authtype=1, authdata=digest))
    add("ethernet", "scapy: RIP version 2, with MD5 (RFC 4822, section 3)", made,
        {"rip.entries[1].authtype": 3, "rip.entries[1].digestoffset": 44, "rip.entries[1].keyid": 7,
         "rip.entries[1].authlength": 16, "rip.entries[1].sequence": 1234, "rip.entries[2].metric": 3,
         "rip.entries[3].authtype": 1, "rip.entries[3].digest": digest.hex()})
    low6 = over6("ff02::9", hlim=255) / UDP(sport=521, dport=521)
    add("ethernet", "scapy: RIPng, request of all",
        low6 / ripng.RIPng(cmd=1) / ripng.RIPngEntry(prefix_or_nh="::", metric=16),
        {"udp.destination": 521, "ripng.command": 1, "ripng.version": 1, "ripng.entries[1].prefix": "::",
        "ripng.entries[1].metric": 16})
    add("ethernet", "scapy: RIPng, response, a next hop and two routes", low6 / ripng.RIPng(cmd=2)
        / ripng.RIPngEntry(prefix_or_nh="fe80::1", metric=255)
        / ripng.RIPngEntry(prefix_or_nh="2001:db8:1::", prefixlen=48, metric=2, routetag=tag)
        / ripng.RIPngEntry(prefix_or_nh="2001:db8:2::", prefixlen=64, metric=16),
        {"ripng.command": 2, "ripng.entries[1].metric": 255, "ripng.entries[1].prefix": "fe80::1",
         "ripng.entries[2].prefix": "2001:db8:1::", "ripng.entries[2].prefixlength": 48, "ripng.entries[2].tag": tag,
         "ripng.entries[3].metric": 16})


def bfd_vectors():
    for port, sta, flags, diag in ((3784, 1, "", 0), (3784, 2, "P", 3), (3784, 3, "FC", 0), (4784, 3, "DM", 7),
        (3784, 0, "", 7)):
        mine, yours, tx = u32(), u32(), u32()
        made = over4(ip4(), ttl=255) / UDP(sport=49152 + rnd(1000), dport=port) / BFD(
            sta=sta, flags=flags, diag=diag, detect_mult=5, my_discriminator=mine, your_discriminator=yours,
                min_tx_interval=tx,
            min_rx_interval=50000, echo_rx_interval=0)
        add("ethernet", "scapy: BFD, state %d, flags %s, port %d" % (sta, flags or "none", port), made,
            {"udp.destination": port, "bfd.version": 1, "bfd.state": sta, "bfd.diagnostic": diag,
            "bfd.poll": "P" in flags,
             "bfd.final": "F" in flags, "bfd.controlplaneindependent": "C" in flags, "bfd.demand": "D" in flags,
             "bfd.multipoint": "M" in flags, "bfd.multiplier": 5, "bfd.length": 24, "bfd.mydiscriminator": mine,
             "bfd.yourdiscriminator": yours, "bfd.desiredtransmit": tx, "bfd.requiredreceive": 50000,
             "bfd.requiredecho": 0})
    sequence = u32()
    for kind, section, text, fields in (
            (1, "4.2", b"\x05hushhush", {"bfd.keyid": 5, "bfd.password": "hushhush"}),
            (2, "4.3", b"\x06\0" + struct.pack(">I", sequence) + b"\x11" * 16,
                {"bfd.keyid": 6, "bfd.sequence": sequence,
                                                                             "bfd.digest": "11" * 16}),
            (3, "4.3", b"\x07\0" + struct.pack(">I", sequence) + b"\x22" * 16,
                {"bfd.keyid": 7, "bfd.digest": "22" * 16}),
            (4, "4.4", b"\x08\0" + struct.pack(">I", sequence) + b"\x33" * 20,
                {"bfd.keyid": 8, "bfd.sequence": sequence,
                                                                             "bfd.digest": "33" * 20}),
            (5, "4.4", b"\x09\0" + struct.pack(">I", sequence) + b"\x44" * 20,
                {"bfd.keyid": 9, "bfd.digest": "44" * 20}),
            (9, "4.1", b"\x01\x02\x03", {"bfd.keyid": 1, "bfd.authentication": "0203"})):
        section_bytes = bytes([kind, len(text) + 2]) + text
        values = {"bfd.authenticated": True, "bfd.length": 24 + len(section_bytes), "bfd.authtype": kind,
                  "bfd.authlength": len(section_bytes)}
        values.update(fields)
        add("ethernet", "scapy: BFD, and RFC 5880, section %s: authentication of type %d" % (section, kind),
            over4(ip4(), ttl=255) / UDP(sport=49152, dport=3784) / BFD(sta=3, flags="A", len=24 + len(section_bytes))
            / Raw(section_bytes), values)


def capture_vectors():
    """Frames of captures, and what tshark reads in them."""
    add("ethernet", "capture IgmpPackets.pcap frame 4, values as tshark reads them",
        "".join(("01005e0000fc00123f9792010800460000201368000001028732a9feff42e00000fc9404000016000903e00000fc",)),
        {"igmp.type": 0x16, "igmp.group": "224.0.0.252", "igmp.checksum": 0x0903, "ipv4.source": "169.254.255.66"})
    add("ethernet", "capture VlanPackets.pcap frame 23, values as tshark reads them",
        "".join(("01000ccccccc000f345f168d0169aaaa0300000c200002b401a5000100065332000500c2436973636f20494f5320536f6674"
                "776172652c20433335353020536f667477617265202843333535302d495053455256494345534b392d4d292c205665727369"
                "6f6e2031322e32283434295345322c2052454c4541534520534f4654574152452028666332290a436f707972696768742028"
                "632920313938362d3230303820627920436973636f2053797374656d732c20496e632e0a436f6d70696c6564205468752030"
                "312d4d61792d30382031363a313420627920616e746f6e696e6f00060015436973636f2057532d43333535302d3234000200"
                "11000000010101cc000400000000000300144661737445746865726e6574302f313300040008000000280008002400000c01"
                "1200000000ffffffff010221ff000000000000000f345f1680ff000000090009636973636f000a00060001000b0005010012"
                "000500001300050000160011000000010101cc000400000000",)),
        {"cdp.checksum": 0x01a5, "cdp.timetolive": 180, "cdp.items.device": "S2", "cdp.items.port": "FastEthernet0/13",
         "cdp.items.nativevlan": 1, "cdp.items.duplex": 1, "cdp.items.capabilities": 0x28,
         "cdp.items.platform": "Cisco WS-C3550-24", "cdp.items.vtpdomain": "cisco"})
    add("ethernet", "capture example.pcap frame 4471, values as tshark reads them",
        "".join(("ffffffffffff30469a23fbfa08004500005c00004000401125090a00008a0a0000ff0208020800480a3d0201000000020000"
                "d4c7116d00000000000000000000000100020000000000000000000000000000000000010002000054e49e65000000000000"
                "000000000001",)),
        {"udp.checksum": 0x0a3d, "rip.command": 2, "rip.version": 1, "rip.entries.address": "212.199.17.109",
         "rip.entries.metric": 1, "rip.entries[2].address": "0.0.0.0", "rip.entries[3].address": "84.228.158.101"})


def quoted(v):
    text = v if isinstance(v, bytes) else v.encode()
    out = ""
    for n, b in enumerate(text):
        if b in (0x22, 0x5c):
            out += "\\" + chr(b)
        elif 32 <= b < 127:
            out += chr(b)
        else:
            out += "\\%03d" % b
    return '"%s"' % out


def value(v):
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, (bytes, str)):
        return quoted(v)
    return str(int(v))


def main():
    for make in (lldp_vectors, cdp_vectors, stp_vectors, lacp_vectors, wlan_vectors, bluetooth_vectors, usb_vectors,
        igmp_vectors,
                 pim_vectors, vrrp_vectors, ospf_vectors, bgp_vectors, rip_vectors, bfd_vectors, capture_vectors):
        make()
    print("-- Made by spec/vectors/make-routing.py with scapy %s: frames, and the values of their fields." % VERSION)
    print("return {")
    for first, source, frame, fields in VECTORS:
        print('  { first = "%s", from = "%s",' % (first, source.replace('"', "'")))
        print('    hex = "%s",' % frame.hex())
        given = [(k, v) for k, v in fields.items() if v is not None]
        print("    fields = { %s } }," % ", ".join('["%s"] = %s' % (k, value(v)) for k, v in given))
    print("}")


main()
