# Makes spec/vectors/transports.lua: frames of transports and of what goes straight above them, with the values that
# they were made of: by scapy, or put together by hand from the figures and published examples of the RFCs named.
#
#     /usr/bin/python3 spec/vectors/make-transports.py > spec/vectors/transports.lua
import hashlib
import hmac
import logging
import random
import struct
import zlib

logging.getLogger("scapy").setLevel(logging.ERROR)

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from scapy import VERSION
from scapy.all import IP, RTP, TCP, UDP, DNS, DNSQR, Ether, ICMPv6EchoRequest, IPv6, Raw, load_layer
from scapy.contrib.rtcp import RTCP, ReceptionReport, SenderInfo
from scapy.contrib.stun import (STUN, STUNGenericTlv, STUNIceControlling, STUNMessageIntegrity, STUNPriority,
                                STUNUseCandidate, STUNUsername, STUNFingerprint)
from scapy.contrib.wireguard import (Wireguard, WireguardCookieReply, WireguardInitiation, WireguardResponse,
                                     WireguardTransport)
from scapy.layers import sctp as S
from scapy.layers.http import HTTP, HTTPRequest, HTTPResponse
from scapy.layers.ipsec import ESP
from scapy.layers.rtp import RTPExtension

load_layer("tls")
from scapy.layers.tls import all as T  # noqa: E402

random.seed(20240301)
rnd = random.randrange


def blob(n):
    return bytes(rnd(256) for _ in range(n))


def r16():
    return rnd(1 << 16)


def r32():
    return rnd(1 << 32)


def port():
    return 20000 + rnd(1000)


def mac():
    return "02:%02x:%02x:%02x:%02x:%02x" % tuple(rnd(256) for _ in range(5))


def ip4():
    return "10.%d.%d.%d" % (rnd(256), rnd(256), 1 + rnd(254))


def ip6():
    return "2001:db8::%x:%x" % (1 + rnd(65535), 1 + rnd(65535))


def eth():
    return Ether(dst=mac(), src=mac())


def over4(**more):
    return eth() / IP(src=ip4(), dst=ip4(), id=r16(), ttl=1 + rnd(255), **more)


def over6(**more):
    return eth() / IPv6(src=ip6(), dst=ip6(), hlim=1 + rnd(255), fl=rnd(1 << 20), **more)


def over_udp(dport, sport=None, base=over4):
    return base() / UDP(sport=sport or port(), dport=dport)


def over_tcp(dport, sport=None, base=over4):
    return base() / TCP(sport=sport or port(), dport=dport, seq=r32(), ack=r32(), flags="PA", window=r16())


def u8(*v):
    return struct.pack(">%dB" % len(v), *v)


def u16(*v):
    return struct.pack(">%dH" % len(v), *v)


def u24(v):
    return v.to_bytes(3, "big")


def u32(*v):
    return struct.pack(">%dI" % len(v), *v)


def u48(v):
    return v.to_bytes(6, "big")


def u64(v):
    return struct.pack(">Q", v)


def pad4(b, fill=b"\0"):
    return b + fill * (-len(b) % 4)


out = []
# What scapy pads within a length that RFC 9260 (section 3.2) has end before the padding.
PADDED = ("SCTP INIT with a host name and a cookie preservative", "scapy: SCTP HEARTBEAT ACK")


def lua(v):
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, int):
        return str(v - (1 << 64) if v >> 63 == 1 else v)
    if isinstance(v, bytes):
        v = v.decode("latin1")
        return '"%s"' % "".join(c if " " <= c <= "~" and c not in '"\\' else "\\%03d" % ord(c) for c in v)
    return '"%s"' % v


def add(source, frame, fields, first="ethernet", other=False):
    """A vector: where it comes from, its bytes (or what scapy makes them of), values."""
    told = ['["%s"] = %s' % (path, lua(v)) for path, v in fields.items()]
    out.append((first, source, bytes(frame).hex(), ", ".join(told), other or any(part in source for part in PADDED)))


def internet(b):
    """The sum of RFC 1071."""
    b += b"\0" * (len(b) % 2)
    total = sum(struct.unpack(">%dH" % (len(b) // 2), b))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def pseudo(p, proto, length):
    """The pseudo header of RFC 768 or RFC 8200, section 8.1, of a frame's IP layer."""
    if IP in p:
        return bytes(map(int, (p[IP].src + "." + p[IP].dst).split("."))) + u8(0, proto) + u16(length)
    raw = bytes(p[IPv6])
    return raw[8:40] + u32(length, proto)


# SCTP ---------------------------------------------------------------------------------------------------------------

def crc32c(b):
    """RFC 9260, appendix A: the reflected polynomial 0x82f63b78; sent from its least significant byte on."""
    c = 0xffffffff
    for byte in b:
        c ^= byte
        for _ in range(8):
            c = c >> 1 ^ (0x82f63b78 if c & 1 else 0)
    return c ^ 0xffffffff


def sctp(source, chunks, fields, base=over4, udp=False, other=False):
    """chunks: of scapy, or bytes"""
    sport, dport, tag = 30000 + rnd(100), 31000 + rnd(100), r32()
    body = b"".join(bytes(c) for c in chunks)
    common = u16(sport, dport) + u32(tag)
    crc = crc32c(common + bytes(4) + body)
    if udp:
        p = base() / UDP(sport=9899, dport=9899) / Raw(common + struct.pack("<I", crc) + body)
    else:
        p = base() / S.SCTP(sport=sport, dport=dport, tag=tag) / Raw(body)
    f = {"sctp.source": sport, "sctp.destination": dport, "sctp.tag": tag, "sctp.checksum": crc}
    f.update({"sctp.chunks" + k: v for k, v in fields.items()})
    add(source, p, f, other=other)


def chunk(kind, flags, value, fill=True):
    """RFC 9260, section 3.2; RFC figures are this, with a value each"""
    b = u8(kind, flags) + u16(4 + len(value)) + value
    return pad4(b) if fill else b


def tlv(kind, value):
    return u16(kind, 4 + len(value)) + value


def tlvs(*each):
    """Padding between, which the chunk's length counts; that of the last is the chunk's own, which it does not."""
    return b"".join(pad4(t) for t in each[:-1]) + each[-1]


def make_sctp():
    C = S
    for n in (1, 2, 3, 4, 13):
        d, tsn, stream, ssn, ppid = blob(n), r32(), r16(), r16(), rnd(70)
        flags = rnd(16)
        sctp("scapy: SCTP DATA of %d bytes, padded" % n,
             [C.SCTPChunkData(delay_sack=flags >> 3, unordered=flags >> 2 & 1, beginning=flags >> 1 & 1,
                              ending=flags & 1,
                              tsn=tsn, stream_id=stream, stream_seq=ssn, proto_id=ppid, data=d)],
             {"[1].type": 0, ".tsn": tsn, ".stream": stream, ".streamsequence": ssn, ".protocol": ppid, ".data": d,
              ".immediate": bool(flags & 8), ".unordered": bool(flags & 4), ".beginning": bool(flags & 2),
              ".ending": bool(flags & 1), ".length": 16 + n}, base=n % 2 and over4 or over6)
    t1, t2 = r32(), r32()
    sctp("scapy: SCTP DATA, DATA and SACK bundled, the first padded",
         [C.SCTPChunkData(beginning=1, ending=0, tsn=t1, stream_id=1, stream_seq=2, proto_id=3, data=b"abcde"),
          C.SCTPChunkData(beginning=0, ending=1, tsn=t2, stream_id=1, stream_seq=2, proto_id=3, data=b"fgh"),
          C.SCTPChunkSACK(cumul_tsn_ack=77, a_rwnd=1500, gap_ack_list=["2:3"])],
         {"[1].tsn": t1, "[1].data": b"abcde", "[1].ending": False, "[2].tsn": t2, "[2].ending": True, "[3].type": 3,
          "[3].gaps[1].last": 3})
    tag, wnd, tsn = r32(), r32(), r32()
    a4, b4, a6 = ip4(), ip4(), ip6()
    base = dict(init_tag=tag, a_rwnd=wnd, n_out_streams=10, n_in_streams=2048, init_tsn=tsn)
    known = {"[1].initiatetag": tag, "[1].window": wnd, "[1].outbound": 10, "[1].inbound": 2048, "[1].initialtsn": tsn}
    sctp("scapy: SCTP INIT without parameters", [C.SCTPChunkInit(**base)], {"[1].type": 1, "[1].length": 20, **known})
    sctp("scapy: SCTP INIT with addresses", [C.SCTPChunkInit(params=[
        C.SCTPChunkParamIPv4Addr(addr=a4), C.SCTPChunkParamIPv4Addr(addr=b4), C.SCTPChunkParamIPv6Addr(addr=a6),
        C.SCTPChunkParamSupportedAddrTypes(addr_type_list=[5, 6])], **base)],
         {".parameters[1].ipv4": a4, ".parameters[2].ipv4": b4, ".parameters[3].ipv6": a6, ".parameters[3].length": 20,
          ".parameters[4].addresstypes[2]": 6, **known})
    sctp("scapy: SCTP INIT with a host name and a cookie preservative", [C.SCTPChunkInit(params=[
        C.SCTPChunkParamHostname(hostname=b"a.example"), C.SCTPChunkParamCookiePreservative(sug_cookie_inc=60000),
        C.SCTPChunkParamSupportedAddrTypes(addr_type_list=[11])], **base)],
         {".parameters[1].hostname": b"a.example", ".parameters[1].length": 13, ".parameters.increment": 60000,
          ".parameters[3].addresstypes[1]": 11, ".parameters[3].length": 6})
    sctp("scapy: SCTP INIT with the parameters of extensions", [C.SCTPChunkInit(params=[
        C.SCTPChunkParamECNCapable(), C.SCTPChunkParamFwdTSN(), C.SCTPChunkParamRandom(random=b"0123456789abcdef"),
        C.SCTPChunkParamChunkList(chunk_list=[193, 128, 15]),
        C.SCTPChunkParamRequestedHMACFunctions(HMAC_functions_list=[1, 3]),
        C.SCTPChunkParamSupportedExtensions(supported_extensions=[192, 193, 128, 130]),
        C.SCTPChunkParamAdaptationLayer(indication=0xcafe)], **base)],
         {".parameters[1].type": 0x8000, ".parameters[2].type": 0xc000,
          ".parameters[3].data": b"0123456789abcdef".hex(),
          ".parameters[4].length": 7, ".parameters[4].type": 0x8003, ".parameters[5].data": "00010003",
          ".parameters[6].type": 0x8008, ".parameters[7].data": "0000cafe"}, base=over6)
    cookie = blob(35)
    sctp("scapy: SCTP INIT ACK with a state cookie", [C.SCTPChunkInitAck(params=[
        C.SCTPChunkParamStateCookie(cookie=cookie), C.SCTPChunkParamUnrocognizedParam(param=u16(0x9999, 4))], **base)],
         {"[1].type": 2, ".parameters.cookie": cookie.hex(), ".parameters[2].type": 8,
          ".parameters[2].data": "99990004",
          **known})
    sctp("RFC 9653, section 4, and RFC 4820, section 4: SCTP INIT, zero checksum acceptable, padding",
         [chunk(1, 0, u32(tag, wnd) + u16(10, 2048) + u32(tsn) + tlvs(tlv(0x8001, u32(1)), tlv(0x8005, bytes(5))))],
         {".parameters[1].type": 0x8001, ".parameters[1].data": "00000001", ".parameters[2].type": 0x8005,
          ".parameters[2].length": 9, **known})
    sctp("scapy: SCTP SACK without gaps", [C.SCTPChunkSACK(cumul_tsn_ack=tsn, a_rwnd=wnd)],
         {"[1].type": 3, ".cumulativetsn": tsn, ".window": wnd, ".gapcount": 0, ".duplicatecount": 0})
    sctp("scapy: SCTP SACK with gaps and duplicates",
         [C.SCTPChunkSACK(cumul_tsn_ack=tsn, a_rwnd=wnd, gap_ack_list=["2:3", "5:9"], dup_tsn_list=[7, 8, t1])],
         {".cumulativetsn": tsn, ".gapcount": 2, ".duplicatecount": 3, ".gaps[1].first": 2, ".gaps[2].last": 9,
          ".duplicates[3]": t1})
    for kind, cls, n in ((4, C.SCTPChunkHeartbeatReq, 40), (5, C.SCTPChunkHeartbeatAck, 7)):
        info = blob(n)
        sctp("scapy: SCTP HEARTBEAT%s" % (kind == 5 and " ACK" or ""),
             [cls(params=[C.SCTPChunkParamHeartbeatInfo(data=info)])],
             {"[1].type": kind, ".parameters.type": 1, ".parameters.length": 4 + n, ".parameters.data": info.hex()})
    sctp("scapy: SCTP ABORT without causes, tag reflected", [C.SCTPChunkAbort(TCB=1)],
         {"[1].type": 6, "[1].flags": 1, "[1].length": 4})
    sctp("RFC 9260, sections 3.3.7 and 3.3.10.12: SCTP ABORT by the user", [chunk(6, 0, tlv(12, b"tired of it"))],
         {"[1].type": 6, ".causes.code": 12, ".causes.length": 15, ".causes.information": b"tired of it".hex()})
    causes = [(1, u16(5, 0), {"stream": 5}), (2, u32(2) + u16(7, 12), {"missingcount": 2, "missing[2]": 12}),
              (3, u32(20000), {"staleness": 20000}), (4, b"", {}), (5, tlv(5, bytes([192, 0, 2, 9])),
                                                                    {"information": "00050008c0000209"}),
              (6, chunk(77, 0, b"xyz!"), {"information": "4d00000878797a21"}), (7, b"", {}),
              (8, tlv(0x4242, b"what"), {"information": "4242000877686174"}), (9, u32(t2), {"tsn": t2}), (10, b"", {}),
              (11, tlv(6, bytes(15) + b"\1"), {"information": "00060014" + "00" * 15 + "01"}),
              (13, b"protocol", {"information": b"protocol".hex()}), (4242, b"\1", {"information": "01"})]
    for code, value, values in causes:
        sctp("RFC 9260, section 3.3.10: SCTP ERROR, cause %d" % code, [chunk(9, 0, tlv(code, value))],
             {"[1].type": 9, ".causes.code": code, ".causes.length": 4 + len(value),
              **{".causes." + k: v for k, v in values.items()}})
    sctp("RFC 9260, section 3.3.10: SCTP ERROR with three causes",
         [chunk(9, 0, tlvs(tlv(1, u16(3, 0)), tlv(6, b"\x4d\0\0\5z"), tlv(9, u32(44))))],
         {".causes[1].stream": 3, ".causes[2].length": 9, ".causes[3].tsn": 44})
    sctp("scapy: SCTP SHUTDOWN", [C.SCTPChunkShutdown(cumul_tsn_ack=tsn)],
         {"[1].type": 7, ".cumulativetsn": tsn, ".length": 8})
    sctp("scapy: SCTP SHUTDOWN ACK", [C.SCTPChunkShutdownAck()], {"[1].type": 8, ".length": 4})
    sctp("scapy: SCTP COOKIE ECHO and DATA", [C.SCTPChunkCookieEcho(cookie=cookie), C.SCTPChunkData(
        beginning=1, ending=1, tsn=tsn, stream_id=0, stream_seq=0, proto_id=46, data=b"first")],
         {"[1].type": 10, ".cookie": cookie.hex(), "[1].length": 39, "[2].data": b"first", ".protocol": 46})
    sctp("scapy: SCTP COOKIE ACK", [C.SCTPChunkCookieAck()], {"[1].type": 11, ".length": 4})
    sctp("RFC 9260, appendix B: SCTP ECNE", [chunk(12, 0, u32(tsn))], {"[1].type": 12, ".lowesttsn": tsn})
    sctp("RFC 9260, appendix B: SCTP CWR", [chunk(13, 0, u32(tsn))], {"[1].type": 13, ".lowesttsn": tsn})
    sctp("scapy: SCTP SHUTDOWN COMPLETE", [C.SCTPChunkShutdownComplete(TCB=1)],
         {"[1].type": 14, ".flags": 1, ".length": 4})
    mac20 = blob(20)
    sctp("scapy: SCTP AUTH", [C.SCTPChunkAuthentication(shared_key_id=1, HMAC_function=1, HMAC=mac20)],
         {"[1].type": 15, ".length": 28, ".sharedkey": 1, ".hmacid": 1, ".hmac": mac20.hex()})
    sctp("scapy: SCTP ASCONF adding an address", [C.SCTPChunkAddressConf(seq=5, params=[
        C.SCTPChunkParamIPv4Addr(addr=a4), C.SCTPChunkParamAddIPAddr(correlation_id=9, addr_type=5, addr=b4)])],
         {"[1].type": 193, ".serial": 5, ".parameters[1].ipv4": a4, ".parameters[2].type": 0xc001})
    sctp("scapy: SCTP ASCONF ACK", [C.SCTPChunkAddressConfAck(seq=5, params=[
        C.SCTPChunkParamSuccessIndication(correlation_id=9)])], {"[1].type": 128, ".serial": 5,
                                                                 ".parameters.type": 0xc005,
                                                                 ".parameters.data": "00000009"})
    sctp("RFC 3758, section 3.2: SCTP FORWARD TSN", [chunk(192, 0, u32(tsn) + u16(3, 4))],
         {"[1].type": 192, ".length": 12, ".newtsn": tsn, ".streams[1].stream": 3, ".streams[1].streamsequence": 4})
    sctp("RFC 8260, section 2.1: SCTP I-DATA", [chunk(64, 3, u32(tsn) + u16(4, 0) + u32(9, 51) + b"hello")],
         {"[1].type": 64, ".flags": 3, ".length": 25, ".tsn": tsn, ".message": 9, ".protocol": 51, ".data": b"hello",
          ".beginning": True, ".unordered": False})
    sctp("RFC 6525, section 3.1: SCTP RE-CONFIG, outgoing streams", [chunk(130, 0, tlv(13, u32(1, 2, tsn) + u16(6)))],
         {"[1].type": 130, ".length": 22, ".parameters.type": 13, ".parameters.length": 18})
    sctp("RFC 4820, section 3: SCTP PAD after SHUTDOWN ACK", [chunk(8, 0, b""), chunk(132, 0, bytes(20))],
         {"[1].type": 8, "[2].type": 132, "[2].length": 24})
    sctp("RFC 9260, section 3.2: SCTP chunk of a type unknown", [chunk(77, 0x5a, b"xyz")],
         {"[1].type": 77, ".flags": 0x5a, ".value": b"xyz".hex()})
    sctp("RFC 9260, section 3.2: SCTP SHUTDOWN whose last padding is not sent",
         [chunk(7, 0, u32(tsn)), chunk(77, 0, b"x", False)],
         {"[1].cumulativetsn": tsn, "[2].length": 5}, other=True)  # what is built is padded
    sctp("RFC 6951, section 5: SCTP over UDP", [C.SCTPChunkData(beginning=1, ending=1, tsn=tsn, data=b"tunnelled")],
         {".data": b"tunnelled", ".tsn": tsn}, udp=True)


# DCCP ---------------------------------------------------------------------------------------------------------------

def dccp(source, kind, between, options=b"", data=b"", x=1, coverage=0, fields={}, base=over4):
    """RFC 4340, section 5.1; between: what follows the generic header; options padded to 32 bits"""
    sport, dport, ccval, seq = port(), port(), rnd(16), rnd(1 << (48 if x else 24))
    options += bytes(-len(options) % 4)
    tail = (u8(kind << 1 | 1, 0) + u48(seq) if x else u8(kind << 1) + u24(seq)) + between + options
    header = u16(sport, dport) + u8((8 + len(tail)) // 4, ccval << 4 | coverage) + u16(0) + tail
    p = base(**({"proto": 33} if base is over4 else {"nh": 33})) / Raw(header + data)
    p = p.__class__(bytes(p))
    covered = header + (data if coverage == 0 else data[:(coverage - 1) * 4])
    total = internet(pseudo(p, 33, len(header + data)) + covered)
    p[Raw].load = header[:6] + u16(total) + header[8:] + data
    f = {"dccp.source": sport, "dccp.destination": dport, "dccp.dataoffset": len(header) // 4, "dccp.ccval": ccval,
         "dccp.checksum": total, "dccp.type": kind, "dccp.extended": bool(x), "dccp.sequence": seq}
    f.update({"dccp." + k: v for k, v in fields.items()})
    add(source, bytes(p), f)


def ack48(v):
    return u16(0) + u48(v)


def make_dccp():
    a, b = rnd(1 << 48), rnd(1 << 24)
    dccp("RFC 4340, section 5.2: DCCP-Request", 0, u32(42), fields={"service": 42})
    dccp("RFC 4340, section 5.2: DCCP-Request with features and data", 0, u32(0x61626364),
         u8(32, 6, 1, 2, 3, 4) + u8(34, 4, 1, 2), b"hello",
         fields={"service": 0x61626364, "options[1].kind": 32, "options.feature": 1, "options[1].values": "020304",
                 "options[2].kind": 34, "options[2].values": "02"})
    dccp("RFC 4340, section 5.3: DCCP-Response", 1, ack48(a) + u32(42), u8(33, 4, 1, 2) + u8(35, 4, 1, 3) + u8(36, 6)
         + b"cook",
         fields={"acknowledgment": a, "service": 42, "options[1].kind": 33, "options[2].values": "03",
                 "options[3].data": b"cook".hex()}, base=over6)
    dccp("RFC 4340, section 5.4: DCCP-Data", 2, b"", data=blob(11))
    dccp("RFC 4340, section 5.4: DCCP-Data, short sequence number", 2, b"", data=blob(12), x=0)
    dccp("RFC 4340, section 5.4: DCCP-Data over IPv6, odd length", 2, b"", data=blob(7), x=0, base=over6)
    dccp("RFC 4340, section 5.4: DCCP-Ack with an ack vector", 3, ack48(a), u8(38, 5, 0x03, 0xc1, 0x02),
         fields={"acknowledgment": a, "options.kind": 38, "options.length": 5, "options.data": "03c102"})
    dccp("RFC 4340, section 5.4: DCCP-Ack, short", 3, u8(0) + u24(b), x=0, fields={"acknowledgment": b})
    dccp("RFC 4340, section 5.4: DCCP-DataAck with elapsed time and a slow receiver", 4, ack48(a), u8(2)
         + u8(43, 4, 0, 9), blob(9),
         fields={"acknowledgment": a, "options[1].kind": 2, "options[2].kind": 43, "options[2].data": "0009"})
    dccp("RFC 4340, section 5.4: DCCP-DataAck, short, NDP count", 4, u8(0) + u24(b), u8(37, 3, 7), blob(10), x=0,
         fields={"acknowledgment": b, "options.kind": 37, "options.data": "07"})
    dccp("RFC 4340, section 5.5: DCCP-CloseReq", 5, ack48(a), fields={"acknowledgment": a})
    dccp("RFC 4340, section 5.5: DCCP-Close", 6, ack48(a), fields={"acknowledgment": a}, base=over6)
    dccp("RFC 4340, section 5.6: DCCP-Reset", 7, ack48(a) + u8(5, 34, 1, 2), data=b"why",
         fields={"acknowledgment": a, "resetcode": 5, "resetdata": 0x220102})
    dccp("RFC 4340, section 5.7: DCCP-Sync", 8, ack48(a), u8(1) + u8(34, 4, 2, 3),
         fields={"acknowledgment": a, "options[1].kind": 1, "options[2].feature": 2})
    dccp("RFC 4340, section 5.7: DCCP-SyncAck", 9, ack48(a), fields={"acknowledgment": a})
    when, elapsed = r32(), r32()
    dccp("RFC 4340, section 13: DCCP-Data with timestamp options", 2, b"", u8(41, 6) + u32(when), blob(4),
         fields={"options.kind": 41, "options.timestamp": when})
    dccp("RFC 4340, section 13.3: DCCP-Ack with a timestamp echo", 3, ack48(a), u8(42, 10) + u32(when, elapsed)
         + u8(0, 0),
         fields={"options.kind": 42, "options.length": 10, "options.data": (u32(when, elapsed)).hex(),
                 "options[2].kind": 0})
    dccp("RFC 4340, sections 11.7 and 9.3: DCCP-Ack, data dropped, data checksum", 3, ack48(a),
         u8(40, 4, 0xa0, 1) + u8(39, 3, 0x44) + u8(44, 6) + u32(when),
         fields={"options[1].kind": 40, "options[2].kind": 39, "options[3].data": u32(when).hex()})
    dccp("RFC 4340, section 9.2: DCCP-Data, the sum covers the header alone", 2, b"", data=blob(10), coverage=1,
         fields={"coverage": 1})
    dccp("RFC 4340, section 9.2: DCCP-Data over IPv6, the sum covers the header and an option", 2, b"", u8(41, 6)
         + u32(when), blob(5),
         coverage=1, fields={"coverage": 1, "options.timestamp": when}, base=over6)
    dccp("RFC 4340, section 9.2: DCCP-Data, errors beyond 8 bytes of data are not seen", 2, b"", data=blob(20),
         coverage=3,
         fields={"coverage": 3})


# UDP-Lite -----------------------------------------------------------------------------------------------------------

def udplite(source, coverage, data, dport=None, base=over4, fields={}):
    """RFC 3828, section 3.1"""
    sport, dport = port(), dport or port()
    header = u16(sport, dport, coverage, 0)
    p = base(**({"proto": 136} if base is over4 else {"nh": 136})) / Raw(header + data)
    p = p.__class__(bytes(p))
    total = internet(pseudo(p, 136, 8 + len(data)) + (header + data)[:coverage or None]) or 0xffff
    p[Raw].load = header[:6] + u16(total) + data
    add(source, bytes(p), {"udplite.source": sport, "udplite.destination": dport, "udplite.coverage": coverage,
                           "udplite.checksum": total, **fields})


def make_udplite():
    for coverage in (0, 8, 9, 12, 20, 28):
        udplite("RFC 3828, section 3.1: UDP-Lite, coverage %d of 28" % coverage, coverage, blob(20),
                base=coverage % 8 and over6 or over4)
    udplite("RFC 3828, section 3.1: UDP-Lite, coverage 0, over IPv6, odd length", 0, blob(11), base=over6)
    udplite("RFC 3828, section 3.1: UDP-Lite without data", 8, b"", base=over6)
    query = bytes(DNS(id=4711, rd=1, qd=DNSQR(qname="lite.example")))
    udplite("RFC 3828, section 3.1, with scapy: DNS", 20, query, 53, fields={"dns.id": 4711,
            "dns.questions.name": "lite.example"})
    rtp = bytes(RTP(payload_type=97, sequence=4, timestamp=5, sourcesync=6)) + blob(30)
    udplite("RFC 3828, section 3.1, with scapy: RTP whose header is covered", 20, rtp, 5004,
            fields={"rtp.payloadtype": 97, "rtp.source": 6})


# STUN ---------------------------------------------------------------------------------------------------------------

COOKIE = 0x2112a442


def stun(kind, transaction, attributes, fill=b"\0", key=None, sum32=False):
    """RFC 8489, section 5; message integrity by a key, fingerprint: sections 14.5 and 14.7"""
    def head(n):
        return u16(kind, n) + u32(COOKIE) + transaction
    body = b"".join(pad4(u16(t, len(v)) + v, fill) for t, v in attributes)
    if key:
        body += u16(8, 20) + hmac.new(key, head(len(body) + 24) + body, hashlib.sha1).digest()
    if sum32:
        body += u16(0x8028, 4) + u32(zlib.crc32(head(len(body) + 8) + body) ^ 0x5354554e)
    return head(len(body)) + body


def make_stun():
    tid, key = bytes.fromhex("b7e7a701bc34d686fa87dfae"), b"VOkJxbRl1RmTxUk/WvJxBt"
    common = {"stun.transaction": tid.hex(), "stun.cookie": COOKIE}
    request = stun(1, tid, [(0x8022, b"STUN test client"), (0x24, bytes.fromhex("6e0001ff")),
                            (0x8029, bytes.fromhex("932ff9b151263b36")), (6, b"evtj:h6vY")], b" ", key, True)
    assert request[-8 - 20:-8].hex() == "9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"  # as printed in RFC 5769
    # Padding is of spaces in these three, which cannot be told from the values.
    add("RFC 5769, section 2.1: sample request", over_udp(3478) / Raw(request),
        {"stun.method": 1, "stun.length": 88, "stun.attributes.software": b"STUN test client",
         "stun.attributes.priority": 0x6e0001ff, "stun.attributes.tiebreaker": 0x932ff9b151263b36,
         "stun.attributes.username": b"evtj:h6vY", "stun.attributes.integrity": "9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2",
         "stun.attributes.fingerprint": 0xe57a3bcf, **common}, other=True)
    v4 = stun(0x101, tid, [(0x8022, b"test vector"), (0x20, bytes.fromhex("0001a147e112a643"))], b" ", key, True)
    assert v4[-4:].hex() == "c07d4c96"
    add("RFC 5769, section 2.2: sample IPv4 response", over_udp(port(), 3478) / Raw(v4),
        {"stun.type": 0x101, "stun.attributes.software": b"test vector", "stun.attributes.xfamily": 1,
         "stun.attributes.xport": 0xa147, "stun.attributes.xaddress": "e112a643",
         "stun.attributes.integrity": "2b91f599fd9e90c38c7489f92af9ba53f06be7d7",
         "stun.attributes.fingerprint": 0xc07d4c96, **common}, other=True)
    v6 = stun(0x101, tid, [(0x8022, b"test vector"), (0x20,
                                                      bytes.fromhex("0002a1470113a9faa5d3f179bc25f4b5bed2b9d9"))], b" ",
              key, True)
    assert v6[-4:].hex() == "c8fb0b4c"
    add("RFC 5769, section 2.3: sample IPv6 response", over_udp(port(), 3478, over6) / Raw(v6),
        {"stun.type": 0x101, "stun.length": 72, "stun.attributes.xfamily": 2,
         "stun.attributes.xaddress": "0113a9faa5d3f179bc25f4b5bed2b9d9", "stun.attributes.fingerprint": 0xc8fb0b4c,
         **common},
        other=True)
    user = "\u30de\u30c8\u30ea\u30c3\u30af\u30b9".encode()
    tid2 = bytes.fromhex("78ad3433c6ad72c029da412e")
    long = stun(1, tid2, [(6, user), (0x15, b"f//499k954d6OL34oL9FSTvy64sA"), (0x14, b"example.org")],
                key=hashlib.md5(user + b":example.org:TheMatrIX").digest())
    assert long[-20:].hex() == "f67024656dd64a3e02b8e0712e85c9a28ca89666"
    add("RFC 5769, section 2.4: sample request with long-term authentication", over_udp(3478) / Raw(long),
        {"stun.transaction": tid2.hex(), "stun.attributes.username": user, "stun.attributes.realm": b"example.org",
         "stun.attributes.nonce": b"f//499k954d6OL34oL9FSTvy64sA", "stun.attributes[1].length": 18,
         "stun.attributes[4].integrity": "f67024656dd64a3e02b8e0712e85c9a28ca89666"})

    def scapy(kind, transaction, attributes=()):
        # (its post_build wants what is not there: the length is told)
        return Raw(STUN(stun_message_type=kind, transaction_id=transaction,
                        length=sum(len(bytes(a)) for a in attributes),
                        attributes=list(attributes)).self_build())
    t = rnd(1 << 96)
    name = {"stun.transaction": "%024x" % t}
    add("scapy: STUN binding request with ICE", over_udp(3478) / scapy(1, t, [
        STUNUsername(username=b"abc:defgh"), STUNIceControlling(tie_breaker=0x123456789abcdef0), STUNUseCandidate(),
        STUNPriority(priority=0x7effffff), STUNMessageIntegrity(hmac_sha1=0xabcdef),
        STUNFingerprint(crc_32=0x11223344)]),
        {"stun.type": 1, "stun.attributes.username": b"abc:defgh", "stun.attributes.tiebreaker": 0x123456789abcdef0,
         "stun.attributes[3].type": 0x25, "stun.attributes.priority": 0x7effffff,
         "stun.attributes.integrity": "%040x" % 0xabcdef, "stun.attributes.fingerprint": 0x11223344, **name},
        other=True)  # scapy pads the name with spaces
    add("scapy: STUN binding indication", over_udp(3478) / scapy(0x11, t),
        {"stun.type": 0x11, "stun.length": 0, "stun.method": 1, "stun.classlow": 1, **name})
    add("scapy: STUN attribute of a type unknown", over_udp(3478) / scapy(1, t, [
        STUNGenericTlv(type=0x7ffe, value=b"12345")]),
        {"stun.attributes.type": 0x7ffe, "stun.attributes.length": 5, "stun.attributes.value": b"12345".hex(), **name})

    def made(source, kind, attributes, fields, base=None):
        tid = blob(12)
        f = {"stun.type": kind, "stun.transaction": tid.hex()}
        f.update({"stun." + k: v for k, v in fields.items()})
        add(source, (base or over_udp(3478)) / Raw(stun(kind, tid, attributes)), f)
    a4 = ip4()
    made("RFC 8489, section 14.1: MAPPED-ADDRESS of both families, over TCP", 0x101,
         [(1, u8(0, 1) + u16(4242) + bytes(map(int, a4.split(".")))), (1, u8(0, 2) + u16(4243)
                 + bytes.fromhex("20010db8" + "0" * 23 + "1"))],
         {"attributes[1].family": 1, "attributes[1].port": 4242, "attributes[1].address": a4,
          "attributes[2].port": 4243,
          "attributes[2].address": "2001:db8::1"}, over_tcp(port(), 3478))
    made("RFC 8489, section 14.2: XOR-MAPPED-ADDRESS", 0x101, [(0x20, u8(0, 1) + u16(32853 ^ 0x2112)
                                                                + u32(0xc0000201 ^ COOKIE))],
         {"classhigh": 1, "classlow": 0, "attributes.xport": 32853 ^ 0x2112, "attributes.xaddress": "e112a643"},
         over_udp(port(), 3478))
    made("RFC 8489, sections 14.8 and 14.13: error 300, alternate server", 0x111,
         [(9, u8(0, 0, 3, 0) + b"Try Alternate"), (0x8023, u8(0, 1) + u16(3479) + bytes([192, 0, 2, 7]))],
         {"classhigh": 1, "classlow": 1, "attributes.errorclass": 3, "attributes.errornumber": 0,
          "attributes.reason": b"Try Alternate", "attributes[2].address": "192.0.2.7", "attributes[2].port": 3479})
    made("RFC 8489, section 14.9: error 420, unknown attributes", 0x111,
         [(9, u8(0, 0, 4, 20) + b"Unknown Attribute"), (10, u16(0x7001, 0x7002, 0x7003))],
         {"attributes.errorclass": 4, "attributes.errornumber": 20, "attributes[2].type": 10,
          "attributes[2].length": 6})
    made("RFC 8656, section 7.1: allocate request", 0x003,
         [(0x19, u8(17, 0, 0, 0)), (0x0d, u32(3600)), (0x1a, b""), (0x17, u32(0x01000000))],
         {"method": 3, "attributes.transport": 17, "attributes.lifetime": 3600, "attributes[4].type": 0x17})
    made("RFC 8656, section 7.3: allocate success", 0x103,
         [(0x16, u8(0, 1) + u16(50000 ^ 0x2112) + u32(0xc0000215 ^ COOKIE)), (0x0d, u32(1200)),
          (0x20, u8(0, 1) + u16(7000 ^ 0x2112) + u32(0xc0000201 ^ COOKIE))],
         {"method": 3, "classhigh": 1, "attributes[1].xport": 50000 ^ 0x2112, "attributes.lifetime": 1200,
          "attributes[3].xaddress": "%08x" % (0xc0000201 ^ COOKIE)}, over_udp(port(), 3478))
    made("RFC 8656, section 7.4: allocate error 401", 0x113, [(9, u8(0, 0, 4, 1) + b"Unauthorized"), (0x14,
            b"example.com"),
         (0x15, b"adl7W7PeDU4hKE72jdaQvbAMcr6h39sm")],
         {"method": 3, "attributes.errornumber": 1, "attributes.realm": b"example.com"}, over_udp(port(), 3478, over6))
    made("RFC 8656, section 8.1: refresh request", 0x004, [(0x0d, u32(0)), (0x1c, blob(32))],
         {"method": 4, "attributes.lifetime": 0, "attributes[2].type": 0x1c, "attributes[2].length": 32})
    peer = u8(0, 2) + u16(9000 ^ 0x2112) + blob(16)
    made("RFC 8656, section 11: send indication", 0x016, [(0x12, peer), (0x13, b"data for a peer")],
         {"method": 6, "classlow": 1, "attributes.xaddress": peer[4:].hex(), "attributes.xfamily": 2,
          "attributes.data": b"data for a peer".hex()})
    made("RFC 8656, section 11: data indication, a length of 2 mod 4", 0x017,
         [(0x12, u8(0, 1) + u16(1) + u32(2)), (0x13, b"xy")],
         {"method": 7, "attributes[2].length": 2, "attributes.data": b"xy".hex()}, over_udp(port(), 3478))
    made("RFC 8656, section 10.1: create permission request", 0x008, [(0x12, u8(0, 1) + u16(1) + u32(2))],
         {"method": 8})
    made("RFC 8656, section 12.1: channel bind request", 0x009, [(0x0c, u16(0x4000, 0)), (0x12, u8(0, 1) + u16(1)
            + u32(2))],
         {"method": 9, "attributes.channel": 0x4000})
    made("RFC 8445, section 7.1: controlled, software", 0x001, [(0x802a, u64(1 << 63 | 5)), (0x8022, b"\xc3\xa9 1.0")],
         {"attributes.tiebreaker": 1 << 63 | 5, "attributes.software": b"\xc3\xa9 1.0"})


# Text: SIP, HTTP, SSH -----------------------------------------------------------------------------------------------

def text(layer, lines, body=b""):
    """A start line, headers, the empty line; and their values"""
    head = b"".join(line.encode() + b"\r\n" for line in lines) + b"\r\n"
    start = lines[0].split(" ", 2)
    if start[0].startswith(("HTTP/", "SIP/")):
        f = {".version": start[0], ".status": int(start[1]), ".reason": start[2]}
    else:
        f = {".method": start[0], ".target": start[1], ".version": start[2]}
    for n, line in enumerate(lines[1:], 1):
        f[".headers[%d].name" % n], f[".headers[%d].value" % n] = line.split(":", 1)
    keys = [k for k in f if not k.startswith(".headers")] + [k for k in f if k.startswith(".headers")][:4]
    return Raw(head + body), {layer + k: f[k].encode() if isinstance(f[k], str) else f[k] for k in keys}


INVITE = ["INVITE sip:bob@biloxi.example.com SIP/2.0",
          "Via: SIP/2.0/TCP client.atlanta.example.com:5060;branch=z9hG4bK74bf9", "Max-Forwards: 70",
          "From: Alice <sip:alice@atlanta.example.com>;tag=9fxced76sl", "To: Bob <sip:bob@biloxi.example.com>",
          "Call-ID: 3848276298220188511@atlanta.example.com", "CSeq: 1 INVITE",
          "Contact: <sip:alice@client.atlanta.example.com;transport=tcp>", "Content-Type: application/sdp",
          "Content-Length: 142"]
SDP = (b"v=0\r\no=alice 2890844526 2890844526 IN IP4 client.atlanta.example.com\r\ns=-\r\nc=IN IP4 192.0.2.101\r\n"
       b"t=0 0\r\nm=audio 49172 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n")


def make_sip():
    def sip(source, lines, body=b"", base=None):
        raw, f = text("sip", lines, body)
        add(source, (base or over_udp(5060, 5060)) / raw, f)
    sip("RFC 3665, section 3.1, F1: INVITE over TCP", INVITE[:-1] + ["Content-Length: %d" % len(SDP)], SDP,
        over_tcp(5060))
    some = ["Via: SIP/2.0/UDP client.atlanta.example.com:5060;branch=z9hG4bK74bf9;received=192.0.2.101",
            "From: Alice <sip:alice@atlanta.example.com>;tag=9fxced76sl",
            "To: Bob <sip:bob@biloxi.example.com>;tag=8321234356",
            "Call-ID: 3848276298220188511@atlanta.example.com", "CSeq: 1 INVITE", "Content-Length: 0"]
    sip("RFC 3665, section 3.1, F2: 180 Ringing", ["SIP/2.0 180 Ringing"] + some)
    sip("RFC 3665, section 3.1, F3: 200 OK over IPv6", ["SIP/2.0 200 OK"] + some, base=over_udp(5060, 5060, over6))
    for method in ("ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "INFO", "PRACK", "SUBSCRIBE", "NOTIFY", "PUBLISH",
                   "REFER",
                   "MESSAGE", "UPDATE"):
        body = b"Watson, come here." if method == "MESSAGE" else b""
        sip("RFC 3261, section 7: " + method, [method + " sip:bob@192.0.2.4 SIP/2.0", "Max-Forwards: 70", "CSeq: 7 "
                                               + method,
                                               "Content-Length: %d" % len(body)], body)
    sip("RFC 3261, section 21.4: a reason of several words", ["SIP/2.0 407 Proxy Authentication Required", "Expires:0"])


def make_http():
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"):
        body = b"a=1&b=2" if method in ("POST", "PUT", "PATCH") else b""
        more = {"Content_Length": b"%d" % len(body)} if body else {}
        p = over_tcp(80) / HTTP() / HTTPRequest(Method=method.encode(), Path=b"/x/%d" % rnd(99),
                                                Http_Version=b"HTTP/1.1",
                                                Host=b"www.example.com", User_Agent=b"v", **more)
        if body:
            p = p / Raw(body)
        again = p[HTTPRequest]
        n = 2 if body else 1
        add("scapy: Ether / IP / TCP / HTTP Request %s" % method, p,
            {"http.method": again.Method, "http.target": again.Path, "http.version": again.Http_Version,
             "http.headers[%d].name" % n: "Host", "http.headers[%d].value" % n: b" www.example.com"})
    p = over_tcp(port(), 80, over6) / HTTP() / HTTPResponse(Http_Version=b"HTTP/1.1", Status_Code=b"200",
                                                            Reason_Phrase=b"OK",
                                                      Content_Type=b"text/plain", Content_Length=b"5") / Raw(b"hello")
    add("scapy: Ether / IPv6 / TCP / HTTP Response 200", p, {"http.version": "HTTP/1.1", "http.status": 200,
                                                             "http.reason": "OK",
        "http.headers[1].name": "Content-Length", "http.headers[1].value": " 5"})

    def http(source, lines, body=b"", base=None):
        raw, f = text("http", lines, body)
        add(source, (base or over_tcp(8080)) / raw, f)
    http("RFC 9110, section 9.3.6: CONNECT", ["CONNECT server.example.com:80 HTTP/1.1", "Host: server.example.com"])
    http("RFC 4918, section 9.1: PROPFIND", ["PROPFIND /file HTTP/1.1", "Host: www.example.com", "Depth: 0"])
    http("RFC 9112, section 6.1: 404 without headers", ["HTTP/1.1 404 Not Found"], base=over_tcp(port(), 80))
    http("RFC 9112, section 4: an empty reason", ["HTTP/1.1 204 ", "Server: x"], base=over_tcp(port(), 80))
    http("RFC 9112, section 7.1: chunked", ["HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "X-Empty:",
                                            "X-Colon: a:b: c",
                                            "X-Tab:\tv "], b"5\r\nhello\r\n0\r\n\r\n", over_tcp(port(), 8000))
    http("RFC 9112, section 5.2: a header folded", ["GET / HTTP/1.0", "X-Long: a"], base=over_tcp(3128))
    raw, f = text("http", ["GET /cut HTTP/1.1", "Host: a.example"])
    add("RFC 9112, section 2.1: a head that goes on in the next segment", over_tcp(80) / Raw(bytes(raw)[:-2] + b"Acc"),
        {k: f[k] for k in list(f)[:5]}, other=True)  # a header that ends without colon cannot be told


def make_ssh():
    for banner, more, base in ((b"SSH-2.0-billsSSH_3.6.3q3", b"", over_tcp(22)),
                               (b"SSH-2.0-OpenSSH_9.6 a comment here", b"", over_tcp(port(), 22, over6)),
                               (b"SSH-1.99-x", u32(12) + u8(6, 20) + blob(10), over_tcp(22))):
        add("RFC 4253, section 4.2: " + banner.decode(), base / Raw(banner + b"\r\n" + more), {"ssh.banner": banner})


# TLS ----------------------------------------------------------------------------------------------------------------

def v8(b):
    return u8(len(b)) + b


def v16(b):
    return u16(len(b)) + b


def v24(b):
    return u24(len(b)) + b


def record(kind, body, version=0x0303):
    return u8(kind) + u16(version) + v16(body)


def message(kind, body):
    return u8(kind) + v24(body)


def make_tls():
    ch = bytes.fromhex(
        "010000c00303cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7000006130113031302010000910000000b0009000006"
        "736572766572ff01000100000a00140012001d0017001800190100010101020103010400230000003300260024001d002099381de560e4bd43d23d8e"
        "435a7dbafeb3c06e51c13cae4d5413691e529aaf2c002b0003020304000d0020001e0403050306030203080408050806040105010601020104020502"
        "06020202002d00020101001c00024001")
    sh = bytes.fromhex("020000560303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e2692800130100002e00330024001d0020"
                       "c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f002b00020304")
    # The transcript hash that RFC 8448, section 3, prints of both.
    assert hashlib.sha256(ch + sh).hexdigest() == "860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8"
    m = "tls.records.messages."
    x = m + "extensions"
    add("RFC 8448, section 3: ClientHello", over_tcp(443) / Raw(record(22, ch, 0x0301)),
        {"tls.records.type": 22, "tls.records.version": 0x0301, "tls.records.length": 196, m + "type": 1, m
         + "length": 192,
         m + "version": 0x0303, m + "ciphers[3]": 0x1302, x + "[1].names.name": "server",
         x + "[3].groups[1]": 0x001d, m + "random": ch[6:38].hex()})
    add("RFC 8448, section 3: ServerHello", over_tcp(port(), 443) / Raw(record(22, sh)),
        {"tls.records.length": 90, m + "type": 2, m + "cipher": 0x1301, m + "compression": 0, m + "sessionlength": 0,
         m + "serverextensions[2].version": 0x0304, m + "serverextensions[1].type": 51})
    sealed = blob(657)
    add("RFC 8446, appendix D.4: ServerHello, change cipher spec and application data",
        over_tcp(port(), 443, over6) / Raw(
        record(22, sh) + record(20, b"\1") + record(23, sealed)),
        {"tls.records[1].type": 22, "tls.records[2].changecipherspec": 1, "tls.records[3].type": 23,
         "tls.records[3].length": 657, "tls.records[3].data": sealed.hex()})

    ext = [T.TLS_Ext_ServerName(servernames=[T.ServerName(servername=b"www.example.com")]),
           T.TLS_Ext_ALPN(protocols=[T.ProtocolName(protocol=b"h2"), T.ProtocolName(protocol=b"http/1.1")]),
           T.TLS_Ext_SupportedGroups(groups=[29, 23]), T.TLS_Ext_SignatureAlgorithms(sig_algs=[0x0403, 0x0804])]
    hello = T.TLSClientHello(version=0x0303, gmt_unix_time=r32(), random_bytes=blob(28), sid=blob(32),
                             ciphers=[0xc02b, 0xc02f, 0x009e], comp=[0], ext=ext)
    add("scapy: TLS client hello with server name and ALPN", over_tcp(443) / Raw(bytes(T.TLS(version=0x0301,
            msg=[hello]))),
        {m + "type": 1, m + "sessionlength": 32, m + "session": hello.sid.hex(), m + "ciphers[2]": 0xc02f,
         x + "[1].names.name": "www.example.com", x + "[2].protocols[1].name": "h2", x
         + "[2].protocols[2].name": "http/1.1",
         x + "[3].groups[2]": 23, x + "[4].algorithms[1]": 0x0403})
    server = T.TLSServerHello(version=0x0303, gmt_unix_time=r32(), random_bytes=blob(28), sid=b"", cipher=0xc02f, ext=[
        T.TLS_Ext_ServerName(), T.TLS_Ext_ALPN(protocols=[T.ProtocolName(protocol=b"h2")])])
    add("scapy: TLS server hello with ALPN", over_tcp(port(), 443) / Raw(bytes(T.TLS(version=0x0303, msg=[server]))),
        {m + "type": 2, m + "version": 0x0303, m + "cipher": 0xc02f, m + "serverextensions.protocols.name": "h2"})
    for level, what in ((1, 0), (2, 40), (2, 70)):
        add("scapy: TLS alert %d" % what, over_tcp(443, base=what == 40 and over6 or over4) / Raw(bytes(T.TLS(
            version=0x0303, msg=[T.TLSAlert(level=level, descr=what)]))),
            {"tls.records.type": 21, "tls.records.level": level, "tls.records.description": what,
             "tls.records.length": 2})
    add("scapy: TLS change cipher spec", over_tcp(443) / Raw(bytes(T.TLS(version=0x0302,
            msg=[T.TLSChangeCipherSpec()]))),
        {"tls.records.type": 20, "tls.records.version": 0x0302, "tls.records.changecipherspec": 1})
    data = blob(40)
    add("scapy: TLS application data", over_tcp(port(), 993) / Raw(bytes(T.TLS(
        version=0x0303, msg=[T.TLSApplicationData(data=data)]))),
        {"tls.records.type": 23, "tls.records.length": 40, "tls.records.data": data.hex()})

    def tls(source, records, fields, p=None):
        add(source, (p or over_tcp(443)) / Raw(b"".join(records)), {"tls.records" + k: v for k, v in fields.items()})
    rand = blob(32)
    tls("RFC 5246, section 7.4.1.2: client hello without extensions",
        [record(22, message(1, u16(0x0300) + rand + v8(b"") + v16(u16(0x002f, 5)) + v8(u8(1, 0))), 0x0300)],
        {".version": 0x0300, ".messages.random": rand.hex(), ".messages.ciphers[2]": 5, ".messages.compressions[1]": 1,
         ".messages.compressions[2]": 0, ".messages.compressionslength": 2})
    tls("RFC 5246, section 7.4.1.3: server hello without extensions",
        [record(22, message(2, u16(0x0301) + rand + v8(blob(32)) + u16(0x002f) + u8(0)), 0x0301)],
        {".messages.version": 0x0301, ".messages.sessionlength": 32, ".messages.cipher": 0x2f}, over_tcp(port(), 443))
    sext = b"".join(u16(t) + v16(v) for t, v in ((5, b""), (11, u8(1, 0)), (23, b""), (35, b""), (65281, b"\0")))
    tls("RFC 5246, section 7.4: a flight of server hello, certificate, key exchange, request, done in one record",
        [record(22, message(2, u16(0x0303) + rand + v8(b"") + u16(0xc030) + u8(0) + v16(sext))
                + message(11, v24(v24(blob(50)))) + message(12, u8(3) + u16(23) + v8(blob(65)) + u16(0x0401)
                                                            + v16(blob(20)))
                + message(13, v8(u8(1, 64)) + v16(u16(0x0401, 0x0403)) + v16(b"")) + message(14, b""))],
        {"[1].messages[1].type": 2, "[1].messages[1].serverextensions[5].type": 65281, "[1].messages[2].type": 11,
         "[1].messages[3].type": 12, "[1].messages[3].length": 93, "[1].messages[4].type": 13,
         "[1].messages[5].type": 14,
         "[1].messages[5].length": 0}, over_tcp(port(), 443))
    cert = v24(v24(blob(30)) + v24(blob(31)))
    tls("RFC 5246, section 7.4.2: certificate", [record(22, message(11, cert))],
        {".messages.type": 11, ".messages.length": len(cert), ".messages.certificates": cert.hex()},
        over_tcp(port(), 636))
    exchange = v16(blob(48))
    sealed = blob(40)
    tls("RFC 5246, section 7.3: client key exchange, change cipher spec, encrypted finished",
        [record(22, message(16, exchange)), record(20, b"\1"), record(22, b"\xa5" + sealed)],
        {"[1].messages.type": 16, "[1].messages.body": exchange.hex(), "[2].changecipherspec": 1,
         "[3].encrypted": "a5" + sealed.hex(), "[3].length": 41})
    for kind, name, body in ((4, "session ticket", u32(7200) + v16(blob(24))), (5, "end of early data", b""),
                             (8, "encrypted extensions", v16(u16(10) + v16(v16(u16(29))))),
                             (12, "server key exchange", blob(30)),
                             (13, "certificate request", v8(b"\1") + v16(u16(0x0401)) + v16(b"")),
                             (14, "server hello done", b""),
                             (15, "certificate verify", u16(0x0804) + v16(blob(20))),
                             (16, "client key exchange", v8(blob(32))),
                             (20, "finished", blob(12)), (22, "certificate status", u8(1) + v24(blob(9)))):
        tls("RFC 5246 and RFC 8446, section 4: %s" % name, [record(22, message(kind, body))],
            {".messages.type": kind, ".messages.length": len(body), ".messages.body": body.hex()})
    sealed = blob(24)
    tls("RFC 5246, section 7.2: encrypted alert", [record(21, sealed)],
        {".type": 21, ".length": 24, ".encrypted": sealed.hex()}, over_tcp(port(), 853))
    tls("RFC 6520, section 4: heartbeat", [record(24, u8(1) + v16(b"ping") + bytes(16), 0x0302)],
        {".type": 24, ".length": 23, ".data": (u8(1) + v16(b"ping") + bytes(16)).hex()})
    exts = (u16(0) + v16(b"") + u16(5) + v16(u8(1) + bytes(4)) + u16(16) + v16(v16(v8(b"dot"))) + u16(41)
            + v16(blob(50))
            + u16(42) + v16(b"") + u16(43) + v16(v8(u16(0x0304, 0x0303))) + u16(44) + v16(v16(b"cookie"))
            + u16(0x4a4a) + v16(b"\0"))
    tls("RFC 8446, section 4.1.2: client hello, TLS 1.3, with early data after it",
        [record(22, message(1, u16(0x0303) + rand + v8(blob(32)) + v16(u16(0x1301)) + v8(b"\0") + v16(exts)), 0x0301),
         record(20, b"\1"), record(23, blob(17))],
        {"[1].messages.extensions[2].type": 5, "[1].messages.extensions[3].protocols.name": "dot",
         "[1].messages.extensions[8].type": 0x4a4a, "[1].messages.extensions[8].data": "00", "[3].length": 17},
         over_tcp(853))
    retry = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
    tls("RFC 8446, section 4.1.4: hello retry request",
        [record(22, message(2, u16(0x0303) + retry + v8(b"") + u16(0x1301) + u8(0)
                            + v16(u16(43) + v16(u16(0x0304)) + u16(51) + v16(u16(23)))))],
        {".messages.random": retry.hex(), ".messages.serverextensions.version": 0x0304,
         ".messages.serverextensions[2].data": "0017"}, over_tcp(port(), 443))
    add("RFC 8446, section 5.1: a record that goes on in the next segment",
        over_tcp(port(), 443) / Raw(record(23, blob(300))[:100]),
        {"tls.records.type": 23, "tls.records.length": 300})
    add("RFC 8446, section 5.1: a record, and the head of the next", over_tcp(port(), 443) / Raw(
        record(23, blob(30)) + record(23, blob(300))[:5]),
        {"tls.records[1].length": 30, "tls.records[2].length": 300})


# QUIC ---------------------------------------------------------------------------------------------------------------

def expand(secret, label, n):
    """HKDF-Expand-Label of RFC 8446, section 7.1"""
    info = u16(n) + v8(b"tls13 " + label) + v8(b"")
    return hmac.new(secret, info + b"\1", hashlib.sha256).digest()[:n]


VERSIONS = {1: ("38762cf7f55934b34d179ae6a4c80cadccbb7f0a", b"quic ", "be0c690b9f66575a1d766b54e368c84e",
                "461599d35d632bf2239825bb"),
            0x6b3343cf: ("0dede3def700a6db819381be6e269dcbf9bd2ed9", b"quicv2 ", "8fb4b01b56ac48e260fbcbcead7ccc92",
                         "d86969bc2d7c6d9990efb04a")}


def initial(version, side, dcid, header, number, plain):
    """A packet protected as RFC 9001, section 5, says, or RFC 9369"""
    salt, label, _, _ = VERSIONS[version]
    secret = hmac.new(bytes.fromhex(salt), dcid, hashlib.sha256).digest()
    secret = expand(secret, side + b" in", 32)
    key, iv, hp = expand(secret, label + b"key", 16), expand(secret, label + b"iv", 12), expand(secret, label
            + b"hp", 16)
    nonce = bytes(a ^ b for a, b in zip(iv, bytes(4) + u64(number)))
    sealed = AESGCM(key).encrypt(nonce, plain, header)
    n = (header[0] & 3) + 1
    mask = Cipher(algorithms.AES(hp), modes.ECB()).encryptor().update(sealed[4 - n:20 - n])
    first = header[0] ^ mask[0] & 15
    return u8(first) + header[1:-n] + bytes(a ^ b for a, b in zip(header[-n:], mask[1:])) + sealed


def retry(version, first, original, scid, token):
    _, _, key, nonce = VERSIONS[version]
    p = u8(first) + u32(version) + v8(b"") + v8(scid) + token
    return p + AESGCM(bytes.fromhex(key)).encrypt(bytes.fromhex(nonce), b"", v8(original) + p)


def varint(v):
    for n, top in ((1, 0), (2, 1), (4, 2), (8, 3)):
        if v < 1 << n * 8 - 2:
            return (v | top << n * 8 - 2).to_bytes(n, "big")


def make_quic():
    original, scid = bytes.fromhex("8394c8f03e515708"), bytes.fromhex("f067a5502a4262b5")
    crypto = bytes.fromhex(
        "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c00000413011302010000c000000010000e00"
        "000b6578616d706c652e636f6dff01000100000a00080006001d0017001800100007000504616c706e00050005010000000000330026"
        "0024001d00209370b2c9caa47fbabaf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b0003020304000d0010000e040305030603"
        "0203080408050806002d00020101001c00024001003900320408ffffffffffffffff05048000ffff07048000ffff08011001048000"
        "75300901100f088394c8f03e51570806048000ffff")
    plain = crypto.ljust(1162, b"\0")
    answer = bytes.fromhex("02000000000600405a020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b9a045a120013"
                           "0100002e00330024001d00209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a002b00020304")
    q = "quic."
    for version, rfc, a, c, ends in ((1, "9001", "A.2", 0xc3, "e221af44860018ab0856972e194cd934"),
                                     (0x6b3343cf, "9369", "A.2", 0xd3, None)):
        p = initial(version, b"client", original, u8(c) + u32(version) + v8(original) + v8(b"") + v8(b"")
                    + bytes.fromhex("449e") + u32(2), 2, plain)
        assert len(p) == 1200 and (not ends or p.hex().endswith(ends))
        assert p[17 + 1:22].hex() == {1: "7b9aec34", 0x6b3343cf: "a0c95e82"}[version]  # as printed there
        add("RFC %s, appendix %s: client Initial" % (rfc, a), over_udp(443) / Raw(p),
            {q + "long": True, q + "fixed": True, q + "type": (p[0] >> 4) & 3, q + "version": version,
             q + "destinationlength": 8, q + "destination": original.hex(), q + "sourcelength": 0, q + "tokenlength": 0,
             q + "length": 1182, q + "protected": p[18:].hex()})
        s = initial(version, b"server", original, u8(c - 2) + u32(version) + v8(b"") + v8(scid) + v8(b"")
                    + bytes.fromhex("4075")
                    + u16(1), 1, answer)
        assert len(s) == 135 and s[18:20].hex() == {1: "c0d9", 0x6b3343cf: "d92f"}[version]
        add("RFC %s, appendix A.3: server Initial" % rfc, over_udp(port(), 443) / Raw(s),
            {q + "type": (s[0] >> 4) & 3, q + "version": version, q + "destinationlength": 0, q + "source": scid.hex(),
             q + "length": 117, q + "protected": s[18:].hex()})
        r = retry(version, 0xff if version == 1 else 0xcf, original, scid, b"token")
        assert r.hex().endswith({1: "04a265ba2eff4d829058fb3f0f2496ba",
                                 0x6b3343cf: "c8646ce8bfe33952d955543665dcc7b6"}[version])
        add("RFC %s, appendix A.4: Retry" % rfc, over_udp(port(), 443) / Raw(r),
            {q + "type": (r[0] >> 4) & 3, q + "version": version, q + "source": scid.hex(),
             q + "retry": b"token".hex() + r[-16:].hex()})

    def long(version, kind, token=None, n=30, low=0, dcid=original, source=scid):
        body = blob(n)
        return body, (u8(0xc0 | kind << 4 | low) + u32(version) + v8(dcid) + v8(source)
                      + (varint(len(token)) + token if token is not None else b"") + varint(len(body)) + body)
    token = blob(70)
    body, p = long(1, 0, token, 100)
    add("RFC 9000, section 17.2.2: Initial with a token, lengths of two bytes", over_udp(443, base=over6) / Raw(p),
        {q + "type": 0, q + "tokenlength": 70, q + "token": token.hex(), q + "length": 100, q
         + "protected": body.hex()})
    body, p = long(1, 1, n=41, low=7)
    add("RFC 9000, section 17.2.3: 0-RTT", over_udp(443) / Raw(p),
        {q + "type": 1, q + "protectedbits": 7, q + "destination": original.hex(), q + "source": scid.hex(), q
         + "length": 41,
         q + "protected": body.hex()})
    body, p = long(1, 2, n=64, dcid=b"", source=blob(20))
    add("RFC 9000, section 17.2.4: Handshake, identifiers of 0 and 20 bytes", over_udp(port(), 443) / Raw(p),
        {q + "type": 2, q + "destinationlength": 0, q + "sourcelength": 20, q + "length": 64, q
         + "protected": body.hex()})
    (b1, p1), (b2, p2) = long(1, 0, b"", 50), long(1, 2, n=70)
    add("RFC 9000, section 12.2: Initial and Handshake coalesced", over_udp(port(), 443) / Raw(p1 + p2),
        {q + "type": 0, q + "length": 50, q + "protected": b1.hex(), "quic#2.type": 2, "quic#2.length": 70,
         "quic#2.protected": b2.hex()})
    (b3, p3) = long(1, 1, n=33)
    add("RFC 9000, section 12.2: Initial, 0-RTT and Handshake coalesced", over_udp(443) / Raw(p1 + p3 + p2),
        {q + "length": 50, "quic#2.type": 1, "quic#2.protected": b3.hex(), "quic#3.length": 70})
    short = u8(0x4c) + scid + blob(25)
    add("RFC 9000, section 12.2: Handshake, then a short header", over_udp(port(), 443) / Raw(p2 + short),
        {q + "type": 2, q + "length": 70, q + "protected": b2.hex()})
    (b4, p4), (b5, p5) = long(0x6b3343cf, 1, b"", 50), long(0x6b3343cf, 3, n=70)
    add("RFC 9369, section 3.2: version 2, Initial and Handshake coalesced", over_udp(port(), 443) / Raw(p4 + p5),
        {q + "type": 1, q + "version": 0x6b3343cf, q + "tokenlength": 0, q + "length": 50, q + "protected": b4.hex(),
         "quic#2.type": 3, "quic#2.length": 70, "quic#2.protected": b5.hex()})
    b6, p6 = long(0x6b3343cf, 2, n=35)
    add("RFC 9369, section 3.2: version 2, 0-RTT", over_udp(443) / Raw(p6),
        {q + "type": 2, q + "version": 0x6b3343cf, q + "length": 35, q + "protected": b6.hex()})
    for first in (0x80 | 0x40 | 5, 0xea):
        add("RFC 9000, section 17.2.1: Version Negotiation", over_udp(port(), 443) / Raw(
            u8(first) + u32(0) + v8(scid) + v8(original) + u32(1, 0x6b3343cf, 0x1a2a3a4a)),
            {q + "version": 0, q + "destination": scid.hex(), q + "source": original.hex(), q + "versions[1]": 1,
             q + "versions[2]": 0x6b3343cf, q + "versions[3]": 0x1a2a3a4a})
    add("RFC 9001, appendix A.5: a short header, which is not looked into", over_udp(port(), 443) / Raw(
        bytes.fromhex("4cfe4189655e5cd55c41f69080575d7999c25a5bfb")), {"udp.source": 443, "udp.length": 29})


# RTP, RTCP ----------------------------------------------------------------------------------------------------------

def make_rtp():
    for pt, marker, n, base in ((0, 0, 160, over4), (8, 1, 20, over6), (111, 0, 3, over4), (34, 1, 12, over4)):
        seq, ts, src = r16(), r32(), r32()
        add("scapy: RTP of type %d" % pt, over_udp(5004, base=base) / RTP(
            marker=marker, payload_type=pt, sequence=seq, timestamp=ts, sourcesync=src) / Raw(blob(n)),
            {"rtp.version": 2, "rtp.marker": bool(marker), "rtp.payloadtype": pt, "rtp.sequence": seq,
             "rtp.timestamp": ts,
             "rtp.source": src, "rtp.sourcecount": 0})
    seq, src, one = r16(), r32(), [r32() for _ in range(3)]
    add("scapy: RTP with contributing sources", over_udp(5004) / RTP(payload_type=9, sequence=seq, sourcesync=src,
                                                                     sync=one)
        / Raw(blob(40)), {"rtp.sourcecount": 3, "rtp.contributing[1]": one[0], "rtp.contributing[3]": one[2],
                          "rtp.sequence": seq, "rtp.source": src})
    add("scapy: RTP with an extension", over_udp(5004) / RTP(payload_type=96, extension=1, sequence=seq, sourcesync=src)
        / RTPExtension(header_id=0xbede, header=[0x10ff0000, 0x22123456]) / Raw(blob(20)),
        {"rtp.extended": True, "rtp.profile": 0xbede, "rtp.extensionlength": 2, "rtp.extension": "10ff000022123456",
         "rtp.source": src})
    add("scapy: RTP with sources and an empty extension", over_udp(5004) / RTP(
        payload_type=96, extension=1, sequence=seq, sourcesync=src,
        sync=one[:1]) / RTPExtension(header_id=7) / Raw(b"x"),
        {"rtp.extended": True, "rtp.contributing[1]": one[0], "rtp.profile": 7, "rtp.extensionlength": 0})
    add("RFC 3550, section 5.1: RTP, padded", over_udp(5004) / RTP(padding=1, payload_type=18, sequence=seq,
                                                                   sourcesync=src)
        / Raw(b"voice" + b"\0\0\3"), {"rtp.padded": True, "rtp.payloadtype": 18, "rtp.sequence": seq})


def rtcp(kind, count, body, padded=0):
    return u8(0x80 | padded << 5 | count, kind) + u16(len(body) // 4) + body


def make_rtcp():
    src, other = r32(), r32()
    block = dict(sourcesync=other, fraction_lost=12, cumulative_lost=345, highest_seqnum_recv=67890,
                 interarrival_jitter=11,
                 last_SR_timestamp=r32(), delay_since_last_SR=r32())
    ours = {"source": other, "fractionlost": 12, "lost": 345, "highest": 67890, "jitter": 11,
            "lastreport": block["last_SR_timestamp"], "delay": block["delay_since_last_SR"]}
    ours = {"rtcp.packets.blocks." + k: v for k, v in ours.items()}
    ntp, ts = rnd(1 << 63), r32()
    sender = dict(ntp_timestamp=ntp, rtp_timestamp=ts, sender_packet_count=5, sender_octet_count=678)
    told = {"rtcp.packets.source": src, "rtcp.packets.seconds": ntp >> 32, "rtcp.packets.fraction": ntp & 0xffffffff,
            "rtcp.packets.timestamp": ts, "rtcp.packets.sentpackets": 5, "rtcp.packets.sentoctets": 678}
    add("scapy: RTCP sender report without blocks", over_udp(5005) / RTCP(
        packet_type=200, length=6, sourcesync=src, sender_info=SenderInfo(**sender)),
        {"rtcp.packets.type": 200, **told})
    add("scapy: RTCP sender report", over_udp(5005) / RTCP(packet_type=200, count=1, length=12, sourcesync=src,
        sender_info=SenderInfo(**sender), report_blocks=[ReceptionReport(**block)]),
        {"rtcp.packets.count": 1, **told, **ours})
    add("scapy: RTCP receiver report", over_udp(5005, base=over6) / RTCP(packet_type=201, count=2, length=13,
            sourcesync=src,
        report_blocks=[ReceptionReport(**block), ReceptionReport(**{**block, "sourcesync": 99,
                                                                    "cumulative_lost": 0xfffffe})]),
        {"rtcp.packets.type": 201, "rtcp.packets.source": src, "rtcp.packets.count": 2,
         "rtcp.packets.blocks[2].source": 99,
         "rtcp.packets.blocks[2].lost": -2, **ours})
    rr = rtcp(201, 0, u32(src))
    add("RFC 3550, section 6.4.2: empty RTCP receiver report", over_udp(5005) / Raw(rr),
        {"rtcp.packets.type": 201, "rtcp.packets.length": 1, "rtcp.packets.source": src})
    add("RFC 3550, section 6.4.2: RTCP receiver report with an extension",
        over_udp(5005) / Raw(rtcp(201, 0, u32(src) + b"moredata")),
        {"rtcp.packets.length": 3, "rtcp.packets.extension": b"moredata".hex()})

    def sdes(source, items):
        return pad4(u32(source) + b"".join(u8(t) + v8(v.encode()) for t, v in items) + b"\0")
    add("RFC 3550, section 6.5: RTCP receiver report and source description", over_udp(5005) / Raw(
        rr + rtcp(202, 1, sdes(src, [(1, "user@a.example")]))),
        {"rtcp.packets[1].type": 201, "rtcp.packets[2].type": 202, "rtcp.packets[2].count": 1,
         "rtcp.packets[2].blocks.source": src,
         "rtcp.packets[2].blocks.items.text": "user@a.example"})
    add("RFC 3550, section 6.5: RTCP source description of two sources, all items", over_udp(5005) / Raw(
        rr + rtcp(202, 2, sdes(src, [(1, "abc"), (2, "Name"), (3, "m@a.example"), (4, "+1 555"), (5, "here")])
                  + sdes(other, [(1, "x@y"), (6, "tool 1"), (7, "note"), (8, "\3abcvalue")]))),
        {"rtcp.packets[2].count": 2, "rtcp.packets[2].blocks[1].items[1].text": "abc",
         "rtcp.packets[2].blocks[1].items[5].text": "here", "rtcp.packets[2].blocks[2].source": other,
         "rtcp.packets[2].blocks[2].items[4].type": 8})
    for n in range(4):
        add("RFC 3550, section 6.5: RTCP source description, padding %d" % (4 - n), over_udp(5005) / Raw(
            rtcp(202, 1, sdes(src, [(1, "ab" + "c" * n)]))), {"rtcp.packets.blocks.items.text": "ab" + "c" * n})
    add("RFC 3550, section 6.5: RTCP source description of none", over_udp(5005) / Raw(rr + rtcp(202, 0, b"")),
        {"rtcp.packets[2].type": 202, "rtcp.packets[2].count": 0, "rtcp.packets[2].length": 0})
    add("RFC 3550, section 6.6: RTCP goodbye", over_udp(5005) / Raw(rr + rtcp(203, 2, u32(src, other))),
        {"rtcp.packets[2].type": 203, "rtcp.packets[2].blocks[1].source": src,
         "rtcp.packets[2].blocks[2].source": other})
    for reason in (b"camera malfunction", b"no!"):
        add("RFC 3550, section 6.6: RTCP goodbye with a reason of %d" % len(reason), over_udp(5005) / Raw(
            rr + rtcp(203, 1, u32(src) + pad4(v8(reason)))),
            {"rtcp.packets[2].type": 203, "rtcp.packets[2].blocks[1].source": src,
             "rtcp.packets[2].reason.length": len(reason), "rtcp.packets[2].reason.text": reason})
    add("RFC 3550, section 6.7: RTCP application", over_udp(5005) / Raw(rr
            + rtcp(204, 3, u32(src) + b"PoC1" + b"datadata")),
        {"rtcp.packets[2].type": 204, "rtcp.packets[2].count": 3, "rtcp.packets[2].name": "PoC1",
         "rtcp.packets[2].data": b"datadata".hex()})
    add("RFC 4585, section 6.2.1: RTCP generic NACK", over_udp(5005) / Raw(rr + rtcp(205, 1, u32(src, other)
            + u16(1000, 0x8001))),
        {"rtcp.packets[2].type": 205, "rtcp.packets[2].count": 1, "rtcp.packets[2].source": src,
         "rtcp.packets[2].media": other,
         "rtcp.packets[2].data": "03e88001"})
    add("RFC 4585, section 6.3.1: RTCP picture loss", over_udp(5005) / Raw(rr + rtcp(206, 1, u32(src, other))),
        {"rtcp.packets[2].type": 206, "rtcp.packets[2].count": 1, "rtcp.packets[2].media": other})
    add("RFC 5104, section 4.3.1: RTCP full intra request", over_udp(5005) / Raw(
        rr + rtcp(206, 4, u32(src, 0, other) + u8(7, 0, 0, 0))),
        {"rtcp.packets[2].count": 4, "rtcp.packets[2].data": (u32(other) + u8(7, 0, 0, 0)).hex()})
    xr = u32(src) + u8(4, 0) + u16(2) + u64(ntp)
    add("RFC 3611, section 4.4: RTCP extended report, reference time", over_udp(5005) / Raw(rr + rtcp(207, 0, xr)),
        {"rtcp.packets[2].type": 207, "rtcp.packets[2].length": 4, "rtcp.packets[2].data": xr.hex()})


# WireGuard, ESP and its UDP, Teredo ---------------------------------------------------------------------------------

def make_tunnels():
    s, r, w = r32(), r32(), over_udp(51820)
    e, st, t, m1, m2, n, c = blob(32), blob(48), blob(28), blob(16), blob(16), blob(24), blob(32)
    for m in (bytes(16), m2):
        add("scapy: Wireguard initiation", over_udp(51820, 51820) / Wireguard() / WireguardInitiation(
            sender_index=s, unencrypted_ephemeral=e, encrypted_static=st, encrypted_timestamp=t, mac1=m1, mac2=m),
            {"wireguard.type": 1, "wireguard.sender": s, "wireguard.ephemeral": e.hex(), "wireguard.static": st.hex(),
             "wireguard.timestamp": t.hex(), "wireguard.mac1": m1.hex(), "wireguard.mac2": m.hex()})
    add("scapy: Wireguard response", over_udp(51820, base=over6) / Wireguard() / WireguardResponse(
        sender_index=s, receiver_index=r, unencrypted_ephemeral=e, encrypted_nothing=m2, mac1=m1, mac2=bytes(16)),
        {"wireguard.type": 2, "wireguard.sender": s, "wireguard.receiver": r, "wireguard.empty": m2.hex(),
         "wireguard.mac1": m1.hex()})
    add("scapy: Wireguard cookie reply", over_udp(port(), 51820) / Wireguard() / WireguardCookieReply(
        receiver_index=r, nonce=n, encrypted_cookie=c),
        {"wireguard.type": 3, "wireguard.receiver": r, "wireguard.nonce": n.hex(), "wireguard.cookie": c.hex()})
    for k, size in ((0, 16), (1, 96), (1 << 40, 48)):
        d = blob(size)
        add("scapy: Wireguard data%s" % (size == 16 and ", keepalive" or ""),
            over_udp(51820) / Wireguard() / WireguardTransport(
            receiver_index=r, counter=k, encrypted_encapsulated_packet=d),
            {"wireguard.type": 4, "wireguard.receiver": r, "wireguard.counter": k, "wireguard.data": d.hex()})

    for base, size in ((over4, 24), (over6, 88), (over4, 200)):
        d, seq = blob(size), r32()
        add("scapy: ESP", base(**({"proto": 50} if base is over4 else {"nh": 50})) / ESP(spi=s, seq=seq, data=d),
            {"esp.spi": s, "esp.sequence": seq, "esp.data": d.hex()})
    for base, sport in ((over4, 4500), (over6, None)):
        d, seq = blob(64), r32()
        add("RFC 3948, section 2.1, with scapy: ESP in UDP", over_udp(4500, sport, base) / Raw(bytes(ESP(spi=s | 1,
                seq=seq, data=d))),
            {"natt.first": s | 1, "esp.spi": s | 1, "esp.sequence": seq, "esp.data": d.hex()})
    ike = blob(8) + bytes(8) + u8(33, 0x20, 34, 8) + u32(0, 28 + 4) + u8(0, 0, 0, 4)
    add("RFC 3948, section 2.2: IKE after the marker", over_udp(4500, 4500) / Raw(bytes(4) + ike),
        {"natt.first": 0, "natt.marker": 0, "udp.length": 8 + 4 + len(ike)})
    add("RFC 3948, section 2.3: keepalive", over_udp(4500, 4500) / Raw(b"\xff"),
        {"natt.keepalive": 0xff, "udp.destination": 4500, "udp.length": 9})

    inner = IPv6(src="2001:0:4136:e378:8000:63bf:3fff:fdd2", dst="2001:db8::1") / ICMPv6EchoRequest(id=7, seq=8,
            data=b"teredo")
    seen = {"ipv6.source": "2001:0:4136:e378:8000:63bf:3fff:fdd2", "icmpv6.identifier": 7, "icmpv6.sequence": 8}
    origin = u16(0) + u16(0xffff ^ 40000) + u32(0xffffffff ^ 0xc000022d)
    told = {"teredo.origin": 0, "teredo.originport": 0xffff ^ 40000, "teredo.originaddress": "%08x" % (0xffffffff ^ 0xc000022d)}
    client, value, nonce = b"me", blob(20), blob(8)

    def auth(client, value):
        return u16(1) + u8(len(client), len(value)) + client + value + nonce + u8(0)

    def known(client, value):
        return {"teredo.authentication": 1, "teredo.clientlength": len(client), "teredo.client": client.hex(),
                "teredo.value": value.hex(), "teredo.nonce": nonce.hex(), "teredo.confirmation": 0}
    rs = IPv6(src="fe80::8000:ffff:ffff:fffd", dst="ff02::2", nh=59)
    add("RFC 4380, section 2.6, with scapy: plain Teredo", over_udp(3544) / Raw(bytes(inner)), seen)
    add("RFC 4380, section 5.1.1, with scapy: origin", over_udp(port(), 3544) / Raw(origin + bytes(inner)),
        {**told, **seen})
    add("RFC 4380, section 5.1.1, with scapy: authentication, empty", over_udp(3544) / Raw(auth(b"", b"") + bytes(rs)),
        {**known(b"", b""), "ipv6.destination": "ff02::2"})
    add("RFC 4380, section 5.1.1, with scapy: authentication", over_udp(3544) / Raw(auth(client, value) + bytes(inner)),
        {**known(client, value), "icmpv6.sequence": 8})
    add("RFC 4380, section 5.1.1, with scapy: authentication and origin", over_udp(port(), 3544) / Raw(
        auth(b"", b"") + origin + bytes(inner)), {**known(b"", b""), **told, **seen})
    add("RFC 4380, section 2.8, with scapy: bubble", over_udp(3544) / Raw(bytes(rs)), {"ipv6.payloadlength": 0,
                                                                                    "ipv6.nextheader": 59})


for make in (make_sctp, make_dccp, make_udplite, make_stun, make_sip, make_http, make_ssh, make_tls, make_quic,
             make_rtp, make_rtcp,
             make_tunnels):
    make()
print("-- Made by spec/vectors/make-transports.py with scapy %s: frames, and the values that they were made of."
      % VERSION)
print("return {")
for first, source, frame, fields, other in out:
    print('  { first = "%s", from = "%s",%s' % (first, source, other and " other = true," or ""))
    print('    hex = "%s",' % frame)
    print("    fields = { %s } }," % fields)
print("}")
