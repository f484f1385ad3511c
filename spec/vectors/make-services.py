# Makes spec/vectors/services.lua: frames of name, address, time, file, log and management services that scapy
# built, or that are put together here from the figures of their RFCs, with the values that they were made of.
#
#     python3 spec/vectors/make-services.py > spec/vectors/services.lua
import ipaddress
import random
import struct

from scapy import VERSION
from scapy.all import (BOOTP, DHCP, DNS, DNSQR, DNSRR, IP, TCP, UDP, Dot1Q, Ether, IPv6, Raw, TFTP, TFTP_ACK,
    TFTP_DATA,
                       TFTP_ERROR, TFTP_OACK, TFTP_Option, TFTP_Options, TFTP_RRQ, TFTP_WRQ)
from scapy.asn1.asn1 import (ASN1_Codecs, ASN1_COUNTER32, ASN1_GAUGE32, ASN1_INTEGER, ASN1_IPADDRESS, ASN1_NULL,
    ASN1_OID, ASN1_STRING,
                             ASN1_TIME_TICKS)
from scapy.layers.dhcp6 import (DHCP6_Advertise, DHCP6_Confirm, DHCP6_Decline, DHCP6_InfoRequest, DHCP6_Rebind,
    DHCP6_Reconf,
                                DHCP6_RelayForward, DHCP6_RelayReply, DHCP6_Release, DHCP6_Renew, DHCP6_Reply,
                                DHCP6_Request,
                                DHCP6_Solicit, DHCP6OptAuth, DHCP6OptBootFileUrl, DHCP6OptClientFQDN,
                                DHCP6OptClientId,
                                DHCP6OptClientLinkLayerAddr, DHCP6OptDNSDomains, DHCP6OptDNSServers,
                                DHCP6OptElapsedTime,
                                DHCP6OptIA_NA, DHCP6OptIA_PD, DHCP6OptIA_TA, DHCP6OptIAAddress, DHCP6OptIAPrefix,
                                DHCP6OptIfaceId, DHCP6OptInfoRefreshTime, DHCP6OptOptReq, DHCP6OptPref,
                                DHCP6OptRapidCommit,
                                DHCP6OptReconfAccept, DHCP6OptReconfMsg, DHCP6OptRelayMsg, DHCP6OptRemoteID,
                                DHCP6OptServerId,
                                DHCP6OptServerUnicast, DHCP6OptStatusCode, DHCP6OptSubscriberID, DHCP6OptUserClass,
                                DHCP6OptVendorClass, DHCP6OptVendorSpecificInfo, DUID_EN, DUID_LL, DUID_LLT,
                                DUID_UUID,
                                USER_CLASS_DATA, VENDOR_CLASS_DATA, VENDOR_SPECIFIC_OPTION)
from scapy.layers.dns import (DNSRRDNSKEY, DNSRRDS, DNSRRMX, DNSRRNSEC, DNSRRNSEC3, DNSRRNSEC3PARAM, DNSRROPT,
    DNSRRRSIG, DNSRRSOA,
                              DNSRRSRV, DNSRRTSIG, EDNS0TLV, EDNS0ClientSubnet, dns_compress)
from scapy.layers.eap import EAP
from scapy.layers.ntp import NTPAuthenticator, NTPHeader, NTPPrivate
from scapy.layers.radius import (Radius, RadiusAttr_Acct_Delay_Time, RadiusAttr_Acct_Input_Octets,
    RadiusAttr_Acct_Input_Packets,
                                 RadiusAttr_Acct_Output_Octets, RadiusAttr_Acct_Output_Packets,
                                 RadiusAttr_Acct_Session_Time,
                                 RadiusAttr_Acct_Status_Type, RadiusAttr_Acct_Terminate_Cause, RadiusAttr_EAP_Message,
                                 RadiusAttr_Framed_IP_Address, RadiusAttr_Framed_IP_Netmask, RadiusAttr_Framed_MTU,
                                 RadiusAttr_Framed_Protocol, RadiusAttr_Idle_Timeout,
                                 RadiusAttr_Message_Authenticator,
                                 RadiusAttr_NAS_IP_Address, RadiusAttr_NAS_Port, RadiusAttr_NAS_Port_Type,
                                 RadiusAttr_Service_Type, RadiusAttr_Session_Timeout, RadiusAttr_State,
                                 RadiusAttr_User_Name,
                                 RadiusAttr_User_Password, RadiusAttr_Vendor_Specific, RadiusAttribute)
from scapy.layers.snmp import (SNMP, SNMPbulk, SNMPget, SNMPinform, SNMPnext, SNMPresponse, SNMPset, SNMPtrapv1,
    SNMPtrapv2,
                               SNMPvarbind)

random.seed(20261123)
rnd = random.randrange
made = []


def mac():
    return "02:%02x:%02x:%02x:%02x:%02x" % tuple(rnd(256) for _ in range(5))


def ip4():
    return "10.%d.%d.%d" % (rnd(256), rnd(256), 1 + rnd(254))


def ip6():
    return "2001:db8::%x:%x" % (1 + rnd(65535), 1 + rnd(65535))


def octets(n):
    return bytes(rnd(256) for _ in range(n))


def i4(**more):
    return Ether(dst=mac(), src=mac()) / IP(src=ip4(), dst=ip4(), id=rnd(65536), ttl=1 + rnd(255), **more)


def i6(**more):
    more.setdefault("src", ip6())
    more.setdefault("dst", ip6())
    return Ether(dst=mac(), src=mac()) / IPv6(hlim=1 + rnd(255), **more)


def vector(origin, frame, fields, first="ethernet", prefix="", other=False):
    """Keeps a frame; the fields are those of the layer `prefix` where they do not name one themselves."""
    whole = {}
    for path, value in fields.items():
        whole[prefix + "." + path if prefix and not path.startswith("=") else path.lstrip("=")] = value
    made.append((first, origin, bytes(frame), whole, other))


# --- DNS

def dns(origin, message, fields, server=53, query=False, low=None, prefix="dns"):
    """A message to a server's port, or from it."""
    client = 49152 + rnd(16384)
    port = UDP(sport=client, dport=server) if query else UDP(sport=server, dport=client)
    vector(origin, (low or i4()) / port / message, fields, prefix=prefix)


def answer(rr, **more):
    more.setdefault("qd", DNSQR(qname=getattr(rr, "rrname", b"a.example"), qtype=rr.type if isinstance(rr.type,
        int) else "A"))
    return DNS(id=rnd(65536), qr=1, aa=1, an=rr, **more)


def name(text):
    if text == ".":
        return b"\0"
    return b"".join(bytes([len(label)]) + label.encode() for label in text.rstrip(".").split(".")) + b"\0"


def text(word):
    return bytes([len(word)]) + word.encode()


def rr(owner, kind, rdata, ttl=3600, cls=1):
    """A record of a type that scapy's classes have not."""
    return DNSRR(rrname=owner, type=kind, rclass=cls, ttl=ttl, rdata=rdata)


def make_dns():
    dns("scapy: query A", DNS(id=0x1234, rd=1, qd=DNSQR(qname="www.example.com", qtype="A")),
        {"id": 0x1234, "response": False, "recursiondesired": True, "questioncount": 1,
        "questions[1].name": "www.example.com",
         "questions[1].type": 1, "questions[1].class": 1}, query=True)
    dns("scapy: answer A", answer(DNSRR(rrname="www.example.com", type="A", ttl=300, rdata="192.0.2.80"), ra=1, rd=1),
        {"response": True, "authoritative": True, "recursionavailable": True, "answercount": 1,
        "answers[1].name": "www.example.com",
         "answers[1].ttl": 300, "answers[1].rdlength": 4, "answers[1].a": "192.0.2.80"})
    dns("scapy: answer AAAA over IPv6", answer(DNSRR(rrname="six.example", type="AAAA", ttl=60,
        rdata="2001:db8::80")),
        {"answers[1].type": 28, "answers[1].rdlength": 16, "answers[1].aaaa": "2001:db8::80",
        "answers.aaaa": "2001:db8::80"},
        low=i6())
    dns("scapy: NS referral with glue", DNS(id=7, qr=1, qd=DNSQR(qname="sub.example"), an=None,
        ns=DNSRR(rrname="sub.example", type="NS", ttl=86400, rdata="ns1.sub.example") /
        DNSRR(rrname="sub.example", type="NS", ttl=86400, rdata="ns2.sub.example"),
        ar=DNSRR(rrname="ns1.sub.example", type="A", ttl=86400, rdata="192.0.2.1") /
        DNSRR(rrname="ns2.sub.example", type="AAAA", ttl=86400, rdata="2001:db8::2")),
        {"answercount": 0, "authoritycount": 2, "additionalcount": 2, "authorities[1].ns": "ns1.sub.example",
         "authorities[2].ns": "ns2.sub.example", "additionals[1].a": "192.0.2.1",
         "additionals[2].aaaa": "2001:db8::2"})
    dns("scapy: CNAME chain", answer(DNSRR(rrname="w.example", type="CNAME", ttl=5, rdata="x.example") /
                                     DNSRR(rrname="x.example", type="A", ttl=6, rdata="192.0.2.6")),
        {"answercount": 2, "answers[1].type": 5, "answers[1].cname": "x.example", "answers[2].a": "192.0.2.6",
        "answers[2].ttl": 6})
    dns("scapy: SOA in the authority part of NXDOMAIN", DNS(id=9, qr=1, rcode=3, qd=DNSQR(qname="no.example"),
        an=None,
        ns=DNSRRSOA(rrname="example", ttl=900, mname="ns.example", rname="host.master.example", serial=2026112301,
        refresh=7200,
                    retry=3600, expire=1209600, minimum=300)),
        {"responsecode": 3, "authorities[1].type": 6, "authorities[1].soa.mname": "ns.example",
         "authorities[1].soa.rname": "host.master.example", "authorities[1].soa.serial": 2026112301,
         "authorities[1].soa.refresh": 7200, "authorities[1].soa.expire": 1209600, "authorities[1].soa.minimum": 300})
    dns("scapy: PTR", answer(DNSRR(rrname="1.2.0.192.in-addr.arpa", type="PTR", ttl=1, rdata="host.example")),
        {"answers[1].type": 12, "answers[1].ptr": "host.example", "questions[1].name": "1.2.0.192.in-addr.arpa"})
    dns("scapy: HINFO, its strings from RFC 1035, section 3.3.2", answer(rr("h.example", 13, b"\x05AMD64\x05Linux")),
        {"answers[1].hinfo.cpu": "AMD64", "answers[1].hinfo.cpulength": 5, "answers[1].hinfo.system": "Linux"})
    dns("scapy: HINFO of RFC 8482, empty system", answer(rr("h.example", 13, b"\x07RFC8482\x00")),
        {"answers[1].hinfo.cpu": "RFC8482", "answers[1].hinfo.oslength": 0, "answers[1].hinfo.system": ""})
    dns("scapy: two MX", answer(DNSRRMX(rrname="m.example", type=15, ttl=10, preference=10, exchange="mx1.example") /
                                DNSRRMX(rrname="m.example", type=15, ttl=10, preference=20, exchange="mx2.example")),
        {"answers[1].mx.preference": 10, "answers[1].mx.exchange": "mx1.example", "answers[2].mx.preference": 20,
         "answers[2].mx.exchange": "mx2.example"})
    dns("scapy: TXT of two strings", answer(DNSRR(rrname="t.example", type="TXT", rdata=[b"v=spf1 -all", b"second"])),
        {"answers[1].type": 16, "answers[1].txt[1].text": "v=spf1 -all", "answers[1].txt[2].text": "second",
         "answers[1].txt[2].length": 6, "answers[1].rdlength": 19})
    dns("scapy: TXT of 255 bytes", answer(DNSRR(rrname="t.example", type="TXT", rdata=[b"k" * 255, b"=v"])),
        {"answers[1].txt[1].length": 255, "answers[1].txt[2].text": "=v", "answers[1].rdlength": 259})
    dns("scapy: SPF (99), as TXT", answer(rr("t.example", 99, b"\x0bv=spf1 -all")),
        {"answers[1].type": 99, "answers[1].txt[1].text": "v=spf1 -all"})
    dns("scapy: SRV", answer(DNSRRSRV(rrname="_sip._udp.example", ttl=30, priority=1, weight=50, port=5060,
        target="sip.example")),
        {"answers[1].name": "_sip._udp.example", "answers[1].srv.priority": 1, "answers[1].srv.weight": 50,
         "answers[1].srv.port": 5060, "answers[1].srv.target": "sip.example"})
    pattern = "!^.*$!sip:info@example.com!i"
    dns("scapy: NAPTR, its data laid out as RFC 3403, section 4.1, says",
        answer(rr("4.3.2.1.e164.arpa", 35, struct.pack("!HH", 100,
        50) + text("u") + text("E2U+sip") + text(pattern) + b"\0")),
        {"answers[1].naptr.order": 100, "answers[1].naptr.preference": 50, "answers[1].naptr.flags": "u",
         "answers[1].naptr.services": "E2U+sip", "answers[1].naptr.regexp": pattern,
         "answers[1].naptr.replacement": "."})
    dns("scapy: NAPTR with a replacement (RFC 3403, section 6.2)",
        answer(rr("http.uri.arpa", 35, struct.pack("!HH", 100, 90) + b"\0\0\0" + name("foo.example.com"))),
        {"answers[1].naptr.order": 100, "answers[1].naptr.flags": "", "answers[1].naptr.regexplength": 0,
         "answers[1].naptr.replacement": "foo.example.com"})
    dns("scapy: DNAME", answer(rr("old.example", 39, name("new.example"))),
        {"answers[1].type": 39, "answers[1].dname": "new.example"})
    make_dns_edns()
    make_dns_security()
    make_dns_service()
    make_dns_other()


def make_dns_edns():
    def opt(origin, options, fields, **more):
        dns(origin, DNS(id=rnd(65536), qd=DNSQR(qname="e.example"), ar=DNSRROPT(rclass=1232, rdata=options, **more)),
            dict({"additionals[1].type": 41, "additionals[1].payloadsize": 1232}, **fields), query=True)
    opt("scapy: OPT without options, DO", [], {"additionals[1].dnssecok": True, "additionals[1].ednsversion": 0,
                                              "additionals[1].rdlength": 0}, z=0x8000)
    opt("scapy: OPT with NSID", [EDNS0TLV(optcode=3, optdata=b"ns-7")],
        {"additionals[1].opt[1].code": 3, "additionals[1].opt[1].length": 4,
        "additionals[1].opt[1].data": b"ns-7".hex(),
         "additionals[1].dnssecok": False}, z=0)
    opt("scapy: OPT with client subnet, IPv4", [EDNS0ClientSubnet(address="203.0.113.0")],
        {"additionals[1].opt[1].subnet.family": 1, "additionals[1].opt[1].subnet.sourceprefix": 24,
         "additionals[1].opt[1].subnet.scopeprefix": 0, "additionals[1].opt[1].subnet.address": "cb0071"}, z=0)
    opt("scapy: OPT with client subnet, IPv6", [EDNS0ClientSubnet(family=2, source_plen=32, scope_plen=16,
        address="2001:db8::")],
        {"additionals[1].opt[1].subnet.family": 2, "additionals[1].opt[1].subnet.sourceprefix": 32,
         "additionals[1].opt[1].subnet.scopeprefix": 16, "additionals[1].opt[1].subnet.address": "20010db8"}, z=0)
    opt("scapy: OPT with client cookie", [EDNS0TLV(optcode=10, optdata=bytes.fromhex("0102030405060708"))],
        {"additionals[1].opt[1].cookie.client": "0102030405060708", "additionals[1].opt[1].cookie.server": "",
         "additionals[1].opt[1].length": 8}, z=0)
    opt("scapy: OPT with client and server cookies", [EDNS0TLV(optcode=10, optdata=bytes.fromhex(
        "2464c4abcf10c957" "010000005cf79f111f8130c3eee29480"))],
        {"additionals[1].opt[1].cookie.client": "2464c4abcf10c957",
         "additionals[1].opt[1].cookie.server": "010000005cf79f111f8130c3eee29480"}, z=0)
    opt("scapy: OPT with extended error, keepalive and padding",
        [EDNS0TLV(optcode=15, optdata=b"\0\x12prohibited"), EDNS0TLV(optcode=11, optdata=b"\0\x64"),
         EDNS0TLV(optcode=12, optdata=bytes(9))],
        {"additionals[1].opt[1].error.info": 18, "additionals[1].opt[1].error.text": "prohibited",
         "additionals[1].opt[2].code": 11, "additionals[1].opt[2].data": "0064", "additionals[1].opt[3].length": 9,
         "additionals[1].opt[3].data": "00" * 9}, z=0)
    dns("scapy: OPT with extended response code BADVERS", DNS(id=5, qr=1, rcode=0, qd=DNSQR(qname="e.example"),
        an=None,
        ar=DNSRROPT(rclass=512, extrcode=1, version=0, z=0)),
        {"additionals[1].extendedrcode": 1, "additionals[1].payloadsize": 512, "additionals[1].ednsversion": 0,
        "responsecode": 0})


def make_dns_security():
    dns("scapy: DS", answer(DNSRRDS(rrname="example", ttl=3600, keytag=60485, algorithm=5, digesttype=1,
                                    digest=bytes.fromhex("2bb183af5f22588179a53b0a98631fad1a292118"))),
        {"answers[1].ds.keytag": 60485, "answers[1].ds.algorithm": 5, "answers[1].ds.digesttype": 1,
         "answers[1].ds.digest": "2bb183af5f22588179a53b0a98631fad1a292118"})
    dns("scapy: CDS, as DS", answer(DNSRRDS(rrname="example", type=59, keytag=31406, algorithm=13, digesttype=2,
        digest=bytes(range(32)))),
        {"answers[1].type": 59, "answers[1].ds.keytag": 31406, "answers[1].ds.digesttype": 2,
         "answers[1].ds.digest": bytes(range(32)).hex()})
    dns("scapy: SSHFP (RFC 4255, section 3.1)", answer(rr("ssh.example", 44, b"\x02\x01" + bytes(range(20)))),
        {"answers[1].sshfp.algorithm": 2, "answers[1].sshfp.fingerprinttype": 1,
        "answers[1].sshfp.fingerprint": bytes(range(20)).hex()})
    dns("scapy: RRSIG", answer(DNSRRRSIG(rrname="host.example.com", ttl=86400, typecovered=1, algorithm=5, labels=3,
        originalttl=86400,
                                         expiration=1048354263, inception=1045762263, keytag=2642,
                                         signersname="example.com",
                                         signature=bytes(range(128)))),
        {"answers[1].rrsig.covered": 1, "answers[1].rrsig.labels": 3, "answers[1].rrsig.originalttl": 86400,
         "answers[1].rrsig.expiration": "2003-03-22T17:31:03Z", "answers[1].rrsig.inception": "2003-02-20T17:31:03Z",
         "answers[1].rrsig.keytag": 2642, "answers[1].rrsig.signer": "example.com",
         "answers[1].rrsig.signature": bytes(range(128)).hex()})
    dns("scapy: NSEC", answer(DNSRRNSEC(rrname="alfa.example.com", ttl=86400, nextname="host.example.com",
                                        typebitmaps=[1, 15, 46, 47, 1234])),
        {"answers[1].nsec.next": "host.example.com", "answers[1].nsec.bitmaps[1].window": 0,
        "answers[1].nsec.bitmaps[1].length": 6,
         "answers[1].nsec.bitmaps[1].types": "400100000003", "answers[1].nsec.bitmaps[2].window": 4,
         "answers[1].nsec.bitmaps[2].length": 27})
    dns("scapy: DNSKEY", answer(DNSRRDNSKEY(rrname="example.com", ttl=86400, flags=257, protocol=3, algorithm=8,
        publickey=bytes(range(64)))),
        {"answers[1].dnskey.flags": 257, "answers[1].dnskey.protocol": 3, "answers[1].dnskey.algorithm": 8,
         "answers[1].dnskey.publickey": bytes(range(64)).hex()})
    dns("scapy: CDNSKEY, as DNSKEY", answer(DNSRRDNSKEY(rrname="example.com", type=60, flags=256, protocol=3,
        algorithm=15,
                                                        publickey=bytes(32))),
        {"answers[1].type": 60, "answers[1].dnskey.flags": 256, "answers[1].dnskey.algorithm": 15,
        "answers[1].rdlength": 36})
    dns("scapy: NSEC3", answer(DNSRRNSEC3(rrname="0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example", ttl=3600, hashalg=1,
        flags=1, iterations=12,
                                          saltlength=4, salt=bytes.fromhex("aabbccdd"), hashlength=20,
                                          nexthashedownername=bytes(range(20)), typebitmaps=[15, 48, 50])),
        {"answers[1].nsec3.algorithm": 1, "answers[1].nsec3.flags": 1, "answers[1].nsec3.iterations": 12,
         "answers[1].nsec3.salt": "aabbccdd", "answers[1].nsec3.hashlength": 20,
         "answers[1].nsec3.nexthash": bytes(range(20)).hex(),
         "answers[1].nsec3.bitmaps[1].types": "000100000000a0"})
    dns("scapy: NSEC3 without salt or types", answer(DNSRRNSEC3(rrname="x.example", hashalg=1, flags=0, iterations=0,
        saltlength=0,
                                                     salt=b"", hashlength=20, nexthashedownername=bytes(20),
                                                     typebitmaps=b"")),
        {"answers[1].nsec3.saltlength": 0, "answers[1].nsec3.salt": "", "answers[1].nsec3.nexthash": "00" * 20})
    dns("scapy: NSEC3PARAM", answer(DNSRRNSEC3PARAM(rrname="example", hashalg=1, flags=0, iterations=12, saltlength=4,
                                                    salt=bytes.fromhex("aabbccdd"))),
        {"answers[1].nsec3param.algorithm": 1, "answers[1].nsec3param.iterations": 12,
        "answers[1].nsec3param.saltlength": 4,
         "answers[1].nsec3param.salt": "aabbccdd"})
    dns("scapy: TLSA (RFC 6698, section 2.1)", answer(rr("_443._tcp.www.example", 52,
        b"\x03\x01\x01" + bytes(range(32)))),
        {"answers[1].tlsa.usage": 3, "answers[1].tlsa.selector": 1, "answers[1].tlsa.matching": 1,
         "answers[1].tlsa.certificate": bytes(range(32)).hex()})
    dns("scapy: TSIG with a MAC", DNS(id=0x4321, qd=DNSQR(qname="u.example", qtype="SOA"), opcode=5, ar=DNSRRTSIG(
        rrname="key.example", rclass=255, algo_name="hmac-sha256", time_signed=1763892000, fudge=300, mac_len=32,
        mac_data=bytes(range(32)), original_id=0x4321)),
        {"opcode": 5, "additionals[1].type": 250, "additionals[1].class": 255,
        "additionals[1].tsig.algorithm": "hmac-sha256",
         "additionals[1].tsig.signed": 1763892000, "additionals[1].tsig.fudge": 300,
         "additionals[1].tsig.maclength": 32,
         "additionals[1].tsig.mac": bytes(range(32)).hex(), "additionals[1].tsig.originalid": 0x4321}, query=True)
    dns("scapy: TSIG with BADTIME and other data", DNS(id=1, qr=1, rcode=9, qd=DNSQR(qname="u.example"), an=None,
        ar=DNSRRTSIG(
        rrname="key.example", rclass=255, algo_name="hmac-sha1", time_signed=(1 << 33) + 5, fudge=300, mac_len=20,
        mac_data=bytes(20), original_id=1, error=18, other_len=6, other_data=bytes.fromhex("00005f000000"))),
        {"responsecode": 9, "additionals[1].tsig.signed": (1 << 33) + 5, "additionals[1].tsig.error": 18,
         "additionals[1].tsig.otherlength": 6, "additionals[1].tsig.other": "00005f000000"})


def make_dns_service():
    def parameter(key, value):
        return struct.pack("!HH", key, len(value)) + value
    dns("scapy: SVCB in alias mode (RFC 9460, section 2.4.2)", answer(rr("example.com", 64,
        b"\0\0" + name("foo.example.com"))),
        {"answers[1].svcb.priority": 0, "answers[1].svcb.target": "foo.example.com", "answers[1].type": 64})
    dns("scapy: HTTPS in service mode, ALPN, port and hints (RFC 9460, section 7)",
        answer(rr("example.com", 65, b"\0\x01" + b"\0" + parameter(1, b"\x02h2\x02h3") + parameter(3,
        struct.pack("!H", 8443)) +
                  parameter(4, bytes([192, 0, 2, 1, 192, 0, 2, 2])) + parameter(5, b"\x01\x02\x03") +
                  parameter(6, ipaddress.IPv6Address("2001:db8::1").packed))),
        {"answers[1].svcb.priority": 1, "answers[1].svcb.target": ".",
        "answers[1].svcb.parameters[1].alpn[1].name": "h2",
         "answers[1].svcb.parameters[1].alpn[2].name": "h3", "answers[1].svcb.parameters[2].port": 8443,
         "answers[1].svcb.parameters[3].ipv4hint[2]": "192.0.2.2", "answers[1].svcb.parameters[4].value": "010203",
         "answers[1].svcb.parameters[5].ipv6hint[1]": "2001:db8::1"})
    dns("scapy: SVCB, mandatory keys, no default ALPN (RFC 9460, section 8)",
        answer(rr("_8443._foo.example.com", 64, b"\0\x10" + name("foo.example.org") + parameter(0, b"\0\x01\0\x04") +
                  parameter(1, b"\x02h2\x05h3-19") + parameter(2, b"") + parameter(4, bytes([192, 0, 2, 1])))),
        {"answers[1].svcb.priority": 16, "answers[1].svcb.parameters[1].mandatory[1]": 1,
         "answers[1].svcb.parameters[1].mandatory[2]": 4, "answers[1].svcb.parameters[2].alpn[2].name": "h3-19",
         "answers[1].svcb.parameters[3].length": 0, "answers[1].svcb.parameters[4].ipv4hint[1]": "192.0.2.1"})
    dns("scapy: SVCB of a DoH resolver (RFC 9461, section 5)",
        answer(rr("_dns.example", 64, b"\0\x01" + name("dns.example") + parameter(1, b"\x02h2") + parameter(7,
        b"/dns-query{?dns}") +
                  parameter(667, b"hello"))),
        {"answers[1].svcb.parameters[2].dohpath": "/dns-query{?dns}", "answers[1].svcb.parameters[3].key": 667,
         "answers[1].svcb.parameters[3].value": b"hello".hex()})
    dns("scapy: CAA (RFC 8659, section 4.1)", answer(rr("example", 257, b"\x80\x05issueca.example.net; policy=ev")),
        {"answers[1].type": 257, "answers[1].caa.flags": 128, "answers[1].caa.tag": "issue",
         "answers[1].caa.value": "ca.example.net; policy=ev"})
    dns("scapy: CAA that forbids all", answer(rr("example", 257, b"\0\x09issuewild;")),
        {"answers[1].caa.flags": 0, "answers[1].caa.taglength": 9, "answers[1].caa.tag": "issuewild",
        "answers[1].caa.value": ";"})


def make_dns_other():
    dns("scapy: a type that is not known, RFC 3597", answer(rr("x.example", 65280, b"\x01\x02\x03\x04")),
        {"answers[1].type": 65280, "answers[1].data": "01020304"})
    dns("scapy: LOC, as data", answer(rr("loc.example", 29,
        bytes.fromhex("00123613" "8b0d2c8c" "7ff8fca5" "00989680"))),
        {"answers[1].type": 29, "answers[1].data": "00123613" "8b0d2c8c" "7ff8fca5" "00989680"})
    dns("scapy: NOTIFY", DNS(id=3, opcode=4, aa=1, rd=0, qd=DNSQR(qname="zone.example", qtype="SOA")),
        {"opcode": 4, "authoritative": True, "questions[1].type": 6, "recursiondesired": False}, query=True)
    dns("scapy: UPDATE that adds and deletes (RFC 2136)", DNS(id=11, opcode=5, rd=0, qd=DNSQR(qname="zone.example",
        qtype="SOA"),
        an=None, ns=DNSRR(rrname="new.zone.example", type="A", ttl=60, rdata="192.0.2.9") /
        DNSRR(rrname="old.zone.example", type=255, rclass=255, ttl=0, rdata=b"")),
        {"opcode": 5, "authoritycount": 2, "authorities[1].a": "192.0.2.9", "authorities[2].class": 255,
        "authorities[2].type": 255,
         "authorities[2].rdlength": 0}, query=True)
    dns("scapy: two questions", DNS(id=12, qd=DNSQR(qname="a.example") / DNSQR(qname="b.example", qtype="AAAA")),
        {"questioncount": 2, "questions[1].name": "a.example", "questions[2].name": "b.example",
        "questions[2].type": 28}, query=True)
    dns("scapy: the root", DNS(id=13, qd=DNSQR(qname=".", qtype="NS"), cd=1, ad=1),
        {"questions[1].name": ".", "questions[1].type": 2, "checkingdisabled": True, "authenticdata": True},
        query=True)
    dns("scapy: truncated, SERVFAIL, all flags", DNS(id=14, qr=1, tc=1, ra=1, z=1, rcode=2,
        qd=DNSQR(qname="t.example"), an=None),
        {"truncation": True, "responsecode": 2, "reserved": 1, "answercount": 0})
    dns("scapy: CHAOS TXT version.bind", DNS(id=15, qr=1, qd=DNSQR(qname="version.bind", qtype="TXT", qclass=3),
        an=DNSRR(rrname="version.bind", type="TXT", rclass=3, rdata=[b"9.18"])),
        {"questions[1].class": 3, "answers[1].class": 3, "answers[1].txt[1].text": "9.18"})
    dns("scapy: compressed names", dns_compress(DNS(id=16, qr=1, qd=DNSQR(qname="www.example.com"),
        an=DNSRR(rrname="www.example.com", type="CNAME", ttl=9, rdata="web.example.com") /
        DNSRR(rrname="web.example.com", type="A", ttl=9, rdata="192.0.2.3"))),
        {"answers[1].name": "www.example.com", "answers[1].cname": "web.example.com",
        "answers[2].name": "web.example.com",
         "answers[2].a": "192.0.2.3"})
    dns("scapy: compressed MX and SOA", dns_compress(DNS(id=17, qr=1, qd=DNSQR(qname="example.com", qtype="MX"),
        an=DNSRRMX(rrname="example.com", type=15, ttl=9, preference=5, exchange="mail.example.com"),
        ns=DNSRRSOA(rrname="example.com", mname="ns.example.com", rname="admin.example.com", serial=1))),
        {"answers[1].mx.exchange": "mail.example.com", "authorities[1].soa.rname": "admin.example.com",
         "authorities[1].soa.serial": 1})
    dns("RFC 1035, section 5.1: a label with a dot", bytes(DNS(id=18,
        qd=None))[:4] + bytes.fromhex("0001 0000 0000 0000") +
        b"\x03a.b\x07example\0" + bytes.fromhex("0001 0001"),
        {"questions[1].name": "a\\.b.example"}, query=True)
    dns("scapy: mDNS query, unicast answer asked", DNS(id=0, rd=0, qd=DNSQR(qname="printer.local", qtype="A",
        qclass=0x8001)),
        {"=udp.destination": 5353, "questions[1].unicastresponse": True, "questions[1].class": 0x8001,
         "questions[1].name": "printer.local"}, server=5353, query=True)
    dns("scapy: mDNS answer, cache flush", DNS(id=0, qr=1, aa=1, rd=0, qd=None,
        an=DNSRR(rrname="printer.local", type="A", rclass=0x8001, ttl=120, rdata="192.168.0.9") /
        DNSRR(rrname="_ipp._tcp.local", type="PTR", ttl=4500, rdata="printer._ipp._tcp.local")),
        {"questioncount": 0, "answers[1].cacheflush": True, "answers[1].ttl": 120, "answers[2].cacheflush": False,
         "answers[2].ptr": "printer._ipp._tcp.local"}, server=5353, low=i6())
    # RFC 6762, section 18.14: names in NSEC are compressed too; the next one is where the answer's owner stands.
    dns("RFC 6762, section 6.1: mDNS NSEC with a compressed next name", bytes.fromhex("000084000000000100000001") +
        name("host.local") + bytes.fromhex(
            "0001 8001 00000078 0004 c0a80007" "c00c 002f 8001 00000078 0008 c00c 0004 40000008"),
        {"answers[1].a": "192.168.0.7", "additionals[1].nsec.next": "host.local", "additionals[1].cacheflush": True,
         "additionals[1].nsec.bitmaps[1].types": "40000008"}, server=5353)
    dns("scapy: LLMNR query", DNS(id=99, rd=0, qd=DNSQR(qname="wpad", qtype="A")),
        {"=udp.destination": 5355, "id": 99, "questions[1].name": "wpad"}, server=5355, query=True)
    dns("scapy: LLMNR answer over IPv6", DNS(id=99, qr=1, rd=0, qd=DNSQR(qname="wpad", qtype="AAAA"),
        an=DNSRR(rrname="wpad", type="AAAA", ttl=30, rdata="fe80::1")),
        {"=udp.source": 5355, "answers[1].aaaa": "fe80::1", "answers[1].ttl": 30}, server=5355, low=i6())
    # DNS over TCP
    for origin, message, fields in (
            ("query", DNS(id=77, qd=DNSQR(qname="tcp.example", qtype="AXFR")), {"=dns.questions[1].type": 252}),
            ("transfer", DNS(id=77, qr=1, qd=DNSQR(qname="tcp.example", qtype="AXFR"),
            an=DNSRRSOA(rrname="tcp.example",
             mname="ns.example", rname="r.example", serial=5) / DNSRR(rrname="tcp.example", type="NS",
             rdata="ns.example")),
             {"=dns.answers[1].soa.serial": 5, "=dns.answers[2].ns": "ns.example"}),
            ("long answer", DNS(id=78, qr=1, qd=DNSQR(qname="big.example", qtype="TXT"),
             an=DNSRR(rrname="big.example", type="TXT", rdata=[b"x" * 200, b"y" * 200, b"z" * 100])),
             {"=dns.answers[1].txt[3].text": "z" * 100})):
        size = len(bytes(message))
        frame = i4() / TCP(sport=53 if message.qr else 50000, dport=50000 if message.qr else 53, flags="PA",
            seq=rnd(1 << 32), ack=1)
        vector("scapy: DNS over TCP, " + origin, frame / message, dict({"length": size, "=dns.id": message.id},
            **fields),
               prefix="dnstcp")


# --- DHCP

def dhcp(origin, options, fields, reply=False, raw=None, low=None, **more):
    hardware = mac()
    xid = rnd(1 << 32)
    head = BOOTP(op=2 if reply else 1, chaddr=bytes.fromhex(hardware.replace(":", "")), xid=xid, **more)
    port = UDP(sport=67, dport=68) if reply else UDP(sport=68, dport=67)
    vector(origin, (low or i4()) / port / head / (Raw(raw) if raw is not None else DHCP(options=options)),
           dict({"opcode": 2 if reply else 1, "transaction": xid, "clienthardware": hardware}, **fields),
           prefix="dhcp")


def make_dhcp():
    dhcp("scapy: DHCP discover", [("message-type", "discover"), ("client_id", b"\x01\x02\0\0\0\0\x01"),
        ("requested_addr", "192.0.2.9"),
                                  ("hostname", "laptop"), ("param_req_list", [1, 3, 6, 15, 121]), (93, b"\0\x07"),
                                  "end"],
         {"broadcast": True, "options[1].messagetype": 1, "options.clientid": "01020000000001",
          "options.requestedaddress": "192.0.2.9", "options.hostname": "laptop", "options[5].parameters[5]": 121,
          "options[6].architectures[1]": 7, "options[7].code": 255}, flags=0x8000)
    dhcp("scapy: DHCP offer", [("message-type", "offer"), ("server_id", "192.0.2.1"), ("lease_time", 86400),
        ("subnet_mask", "255.255.255.0"),
                               ("router", "192.0.2.1", "192.0.2.2"), ("name_server", "192.0.2.53", "192.0.2.54"),
                               ("domain", "example"),
                               ("renewal_time", 43200), ("rebinding_time", 75600), "end"],
         {"youraddress": "192.0.2.9", "serveraddress": "192.0.2.1", "options.messagetype": 2,
         "options.serverid": "192.0.2.1",
          "options.leasetime": 86400, "options.mask": "255.255.255.0", "options[5].routers[2]": "192.0.2.2",
          "options[6].nameservers[1]": "192.0.2.53", "options.domain": "example", "options.renewaltime": 43200,
          "options.rebindingtime": 75600}, reply=True, yiaddr="192.0.2.9", siaddr="192.0.2.1")
    dhcp("scapy: DHCP request", [("message-type", "request"), ("server_id", "192.0.2.1"), ("max_dhcp_size", 1500),
                                 ("vendor_class_id", "MSFT 5.0"), "end"],
         {"seconds": 4, "options.messagetype": 3, "options.maxsize": 1500, "options.vendorclass": "MSFT 5.0"}, secs=4)
    dhcp("scapy: DHCP ack", [("message-type", "ack"), ("time_zone", 0xffffb9b0), ("interface-mtu", 1400),
                             ("broadcast_address", "192.0.2.255"), ("NTP_server", "192.0.2.123"), ("time_server",
                             "192.0.2.37"),
                             ("vendor_specific", b"\x01\x02\x03"), "end", "pad", "pad"],
         {"options.messagetype": 5, "options.timeoffset": -18000, "options.mtu": 1400,
         "options.broadcastaddress": "192.0.2.255",
          "options[5].ntpservers[1]": "192.0.2.123", "options[6].timeservers[1]": "192.0.2.37",
          "options.vendor": "010203"},
         reply=True, yiaddr="192.0.2.9")
    dhcp("scapy: DHCP nak", [("message-type", "nak"), ("server_id", "192.0.2.1"), ("error_message", "wrong network"),
        "end"],
         {"options.messagetype": 6, "options.message": "wrong network"}, reply=True)
    for number, word in ((4, "decline"), (7, "release"), (8, "inform"), (9, "force_renew"), (10, "lease_query"),
                         (11, "lease_unassigned"), (12, "lease_unknown"), (13, "lease_active")):
        dhcp("scapy: DHCP " + word.replace("_", " "), [("message-type", word), ("server_id", "192.0.2.1"), "end"],
             {"options.messagetype": number, "options[2].length": 4, "clientaddress": "192.0.2.77"},
             ciaddr="192.0.2.77",
             reply=number in (9, 11, 12, 13))
    dhcp("scapy: BOOTP of RFC 951, whose vendor area has no cookie", None, {"hops": 3,
        "gatewayaddress": "192.0.2.254", "servername": b"boot".ljust(64, b"\0"),
         "file": b"/kernel".ljust(128, b"\0"), "cookie": 0, "vendorarea": "00" * 60}, raw=bytes(64), hops=3,
         giaddr="192.0.2.254", sname=b"boot".ljust(64, b"\0"),
         file=b"/kernel".ljust(128, b"\0"))
    dhcp("scapy: BOOTP with the 64 bytes of vendor data of RFC 951, a cookie in them", None,
         {"cookie": 0x63825363, "options[1].mask": "255.255.0.0", "options[2].code": 255},
         raw=bytes.fromhex("63825363" "0104ffff0000" "ff") + bytes(53))
    # RFC 2132, section 9.3: file and sname hold options.
    dhcp("scapy: DHCP ack with overload", [("message-type", "ack"), ("dhcp-option-overload", 3), "end"],
         {"options.overload": 3, "fileoptions.hostname": "host", "serveroptions.domain": "example", "file": (b"\x0c\x04host\xff").ljust(128, b"\0"),
         "servername": (b"\x0f\x07example\xff").ljust(64, b"\0")},
         reply=True, file=(b"\x0c\x04host\xff").ljust(128, b"\0"), sname=(b"\x0f\x07example\xff").ljust(64, b"\0"))
    dhcp("scapy: DHCP offer of a boot server", [("message-type", "offer"), ("tftp_server_name", "tftp.example"),
                                                ("boot-file-name", b"pxelinux.0"), (150, b"\xc0\0\2\5\xc0\0\2\6"),
                                                "end"],
         {"options.tftpserver": "tftp.example", "options.bootfile": "pxelinux.0", "options[4].code": 150,
         "options[4].tftpservers[2]": "192.0.2.6"},
         reply=True)
    long = octets(300)
    dhcp("scapy: DHCP with a long option in pieces, RFC 3396", [("message-type", "ack"), (43, long[:255]), (43,
        long[255:]), "end"],
         {"options[2].length": 255, "options[2].vendor": long[:255].hex(), "options[3].length": 45,
          "options[3].vendor": long[255:].hex()}, reply=True)
    dhcp("scapy: DHCP with pieces that lie apart, RFC 3396", [("message-type", "ack"), (67, b"a" * 100),
        ("lease_time", 60),
                                                             (67, b"b" * 50), "end"],
         {"options[2].bootfile": "a" * 100, "options[3].leasetime": 60, "options[4].bootfile": "b" * 50}, reply=True)
    dhcp("scapy: DHCP with relay agent information, RFC 3046", [("message-type", "discover"),
         (82, b"\x01\x06\0\4\0\x0a\1\2" b"\x02\x08\0\6\2\0\0\0\0\7" b"\x05\x04\xc0\0\2\0" b"\x06\x05user7"
          b"\x0b\x04\xc0\0\2\1" b"\x09\x08\0\0\0\x09\3\1\1z"),
         "end"],
         {"options[2].relayagent[1].circuitid": "0004000a0102",
         "options[2].relayagent[2].remoteid": "0006020000000007",
          "options[2].relayagent[3].link": "192.0.2.0", "options[2].relayagent[4].subscriber": "user7",
          "options[2].relayagent[5].serverid": "192.0.2.1",
          "options[2].relayagent[6].data": "00000009030101" + "7a"}, hops=1, giaddr="192.0.2.254")
    dhcp("scapy: DHCP with classless routes, RFC 3442", [("message-type", "ack"), ("classless_static_routes",
        "0.0.0.0/0:192.0.2.1",
         "10.0.0.0/8:192.0.2.2", "10.17.0.0/16:192.0.2.3", "10.27.129.0/24:192.0.2.4", "10.229.0.128/25:192.0.2.5"),
         "end"],
         {"options[2].routes[1].prefixlength": 0, "options[2].routes[1].router": "192.0.2.1",
         "options[2].routes[2].prefix": "0a",
          "options[2].routes[3].prefix": "0a11", "options[2].routes[3].router": "192.0.2.3",
          "options[2].routes[4].prefix": "0a1b81",
          "options[2].routes[5].prefixlength": 25, "options[2].routes[5].prefix": "0ae50080",
          "options[2].routes[5].router": "192.0.2.5"}, reply=True)
    dhcp("scapy: DHCP with Microsoft's classless routes (249)", [("message-type", "ack"), (249,
        b"\x18\xc0\0\2\x0a\0\0\1"), "end"],
         {"options[2].code": 249, "options[2].routes[1].prefix": "c00002",
         "options[2].routes[1].router": "10.0.0.1"}, reply=True)
    dhcp("scapy: DHCP with a client's name in ASCII, RFC 4702", [("message-type", "request"), (81,
        b"\x01\0\0pc.example"), "end"],
         {"options[2].fqdn.flags": 1, "options[2].fqdn.rcode1": 0, "options[2].fqdn.name": "pc.example"})
    dhcp("scapy: DHCP with a client's name in wire form, RFC 4702", [("message-type", "ack"), (81,
        b"\x05\xff\xff\x02pc\x07example\0"), "end"],
         {"options[2].fqdn.flags": 5, "options[2].fqdn.rcode2": 255, "options[2].fqdn.name": b"\x02pc\x07example\0"},
         reply=True)
    dhcp("scapy: DHCP, IPv6 only preferred (RFC 8925), over a VLAN", [("message-type", "offer"), (108,
        b"\0\0\x07\x08"), "end"],
         {"options[2].ipv6only": 1800, "options.ipv6only": 1800}, reply=True,
         low=Ether(dst=mac(), src=mac()) / Dot1Q(vlan=7) / IP(src=ip4(), dst="255.255.255.255"))
    dhcp("scapy: DHCP with pads between and a code that is not known", ["pad", "pad", ("message-type", "discover"),
        (224, b"\1\2"), "pad", "end"],
         {"options[1].code": 0, "options[3].messagetype": 1, "options[4].code": 224, "options[4].data": "0102",
         "options[6].code": 255})


# --- DHCPv6

def dhcp6(origin, message, fields, down=False):
    port = UDP(sport=547, dport=546) if down else UDP(sport=546, dport=547)
    vector(origin, i6(src="fe80::1", dst="ff02::1:2") / port / message, fields, prefix="dhcpv6")


def make_dhcp6():
    llt = DUID_LLT(hwtype=1, timeval=0x1bd5e4f0, lladdr="02:00:00:00:00:07")
    server = DUID_LL(hwtype=1, lladdr="02:00:00:00:00:01")
    xid = rnd(1 << 24)
    dhcp6("scapy: DHCPv6 solicit", DHCP6_Solicit(trid=xid) / DHCP6OptClientId(duid=llt) / DHCP6OptIA_NA(iaid=5, T1=0,
        T2=0) /
          DHCP6OptOptReq(reqopts=[23, 24, 39]) / DHCP6OptElapsedTime(elapsedtime=100) / DHCP6OptRapidCommit(),
          {"type": 1, "transaction": xid, "options[1].code": 1, "options[1].duidtype": 1,
          "options[1].hardwaretype": 1,
           "options[1].time": 0x1bd5e4f0, "options[1].linklayer": "020000000007", "options[2].iaid": 5,
           "options[3].requested[3]": 39, "options[4].elapsed": 100, "options[5].length": 0})
    dhcp6("scapy: DHCPv6 advertise", DHCP6_Advertise(trid=xid) / DHCP6OptClientId(duid=llt) /
        DHCP6OptServerId(duid=server) /
          DHCP6OptIA_NA(iaid=5, T1=1800, T2=2880, ianaopts=[DHCP6OptIAAddress(addr="2001:db8::5", preflft=3600,
          validlft=7200),
                                                          DHCP6OptStatusCode(statuscode=0, statusmsg="ok")]) /
                                                          DHCP6OptPref(prefval=255),
          {"type": 2, "options[2].duidtype": 3, "options[2].linklayer": "020000000001", "options[3].t1": 1800,
           "options[3].options[1].address": "2001:db8::5", "options[3].options[1].preferred": 3600,
           "options[3].options[1].valid": 7200, "options[3].options[2].status": 0,
           "options[3].options[2].message": "ok",
           "options[4].preference": 255}, down=True)
    dhcp6("scapy: DHCPv6 request, prefix delegation", DHCP6_Request(trid=xid) /
        DHCP6OptClientId(duid=DUID_EN(enterprisenum=9, id=b"router7")) /
          DHCP6OptServerId(duid=DUID_UUID(uuid="00112233-4455-6677-8899-aabbccddeeff")) /
          DHCP6OptIA_PD(iaid=1, T1=3600, T2=5400, iapdopt=[DHCP6OptIAPrefix(prefix="2001:db8:100::", plen=56,
          preflft=7200, validlft=7500)]),
          {"type": 3, "options[1].duidtype": 2, "options[1].enterprise": 9, "options[1].identifier": b"router7".hex(),
           "options[2].duidtype": 4, "options[2].identifier": "00112233445566778899aabbccddeeff",
           "options[3].iaid": 1,
           "options[3].options[1].prefixlength": 56, "options[3].options[1].prefix": "2001:db8:100::",
           "options[3].options[1].preferred": 7200, "options[3].options[1].valid": 7500})
    dhcp6("scapy: DHCPv6 confirm, temporary addresses", DHCP6_Confirm(trid=xid) / DHCP6OptClientId(duid=llt) /
          DHCP6OptIA_TA(iaid=8, iataopts=[DHCP6OptIAAddress(addr="2001:db8::8"),
          DHCP6OptIAAddress(addr="2001:db8::9")]),
          {"type": 4, "options[2].code": 4, "options[2].iaid": 8, "options[2].options[2].address": "2001:db8::9"})
    for number, make, word in ((5, DHCP6_Renew, "renew"), (6, DHCP6_Rebind, "rebind"), (8, DHCP6_Release, "release"),
                               (9, DHCP6_Decline, "decline")):
        address = ip6()
        dhcp6("scapy: DHCPv6 " + word, make(trid=number * 1000) / DHCP6OptClientId(duid=llt) /
              DHCP6OptIA_NA(iaid=number, T1=1, T2=2, ianaopts=[DHCP6OptIAAddress(addr=address)]),
              {"type": number, "transaction": number * 1000, "options[2].iaid": number,
              "options[2].options[1].address": address})
    dhcp6("scapy: DHCPv6 reply with servers and domains", DHCP6_Reply(trid=xid) / DHCP6OptServerId(duid=server) /
          DHCP6OptDNSServers(dnsservers=["2001:db8::53", "2001:db8::54"]) /
          DHCP6OptDNSDomains(dnsdomains=["example.com", "example.org"]) /
          DHCP6OptInfoRefreshTime(reftime=86400) / DHCP6OptServerUnicast(srvaddr="2001:db8::1") /
          DHCP6OptReconfAccept(),
          {"type": 7, "options[2].nameservers[2]": "2001:db8::54", "options[3].domains[1]": "example.com",
           "options[3].domains[2]": "example.org", "options[4].refreshtime": 86400,
           "options[5].serveraddress": "2001:db8::1",
           "options[6].code": 20}, down=True)
    dhcp6("scapy: DHCPv6 reply, no prefix available", DHCP6_Reply(trid=xid) / DHCP6OptServerId(duid=server) /
          DHCP6OptIA_PD(iaid=3, T1=0, T2=0, iapdopt=[DHCP6OptStatusCode(statuscode=6,
          statusmsg="no prefixes left")]) /
          DHCP6OptStatusCode(statuscode=1, statusmsg=""),
          {"options[2].options[1].status": 6, "options[2].options[1].message": "no prefixes left",
          "options[3].status": 1,
           "options[3].message": ""}, down=True)
    dhcp6("scapy: DHCPv6 reconfigure", DHCP6_Reconf(trid=0) / DHCP6OptServerId(duid=server) /
        DHCP6OptReconfMsg(msgtype=5) /
          DHCP6OptAuth(proto=3, alg=1, rdm=0, replay=bytes(7) + b"\1", authinfo=b"\2" + bytes(range(16))),
          {"type": 10, "options[2].reconfigure": 5, "options[3].authentication.protocol": 3,
          "options[3].authentication.algorithm": 1,
           "options[3].authentication.replay": "0000000000000001",
           "options[3].authentication.information": "02" + bytes(range(16)).hex()}, down=True)
    dhcp6("scapy: DHCPv6 information request, classes", DHCP6_InfoRequest(trid=xid) /
          DHCP6OptVendorClass(enterprisenum=311, vcdata=[VENDOR_CLASS_DATA(data="MSFT 5.0"),
          VENDOR_CLASS_DATA(data="x")]) /
          DHCP6OptUserClass(userclassdata=[USER_CLASS_DATA(data="staff")]) /
          DHCP6OptVendorSpecificInfo(enterprisenum=4491, vso=[VENDOR_SPECIFIC_OPTION(optcode=1, optdata=b"\0\x21"),
                                                             VENDOR_SPECIFIC_OPTION(optcode=2, optdata=b"ECM")]),
          {"type": 11, "options[1].enterprise": 311, "options[1].classes[1].class": "MSFT 5.0",
          "options[1].classes[2].class": "x",
           "options[2].userclasses[1].class": "staff", "options[3].enterprise": 4491,
           "options[3].vendoroptions[1].data": "0021",
           "options[3].vendoroptions[2].code": 2, "options[3].vendoroptions[2].data": b"ECM".hex()})
    dhcp6("scapy: DHCPv6 with a client's name, RFC 4704", DHCP6_Request(trid=xid) / DHCP6OptClientFQDN(flags=1,
        fqdn="pc.example.com"),
          {"options[1].code": 39, "options[1].flags": 1, "options[1].length": 17})
    dhcp6("scapy: DHCPv6 with other options", DHCP6_Reply(trid=xid) /
        DHCP6OptBootFileUrl(optdata="tftp://[2001:db8::1]/boot") /
          DHCP6OptSubscriberID(subscriberid=b"s-1"),
          {"options[1].code": 59, "options[1].bootfile": "tftp://[2001:db8::1]/boot",
          "options[2].data": b"s-1".hex()}, down=True)
    inner = DHCP6_Solicit(trid=0x123456) / DHCP6OptClientId(duid=llt) / DHCP6OptElapsedTime(elapsedtime=0)
    size = len(bytes(inner))
    dhcp6("scapy: DHCPv6 relay forward", DHCP6_RelayForward(hopcount=0, linkaddr="2001:db8:1::", peeraddr="fe80::7") /
          DHCP6OptIfaceId(ifaceid=b"eth7") / DHCP6OptRemoteID(enterprisenum=9, remoteid=b"rem") /
          DHCP6OptClientLinkLayerAddr(lltype=1, clladdr="02:00:00:00:00:07") / DHCP6OptRelayMsg(message=inner),
          {"type": 12, "hops": 0, "link": "2001:db8:1::", "peer": "fe80::7", "options[1].interfaceid": b"eth7".hex(),
           "options[2].enterprise": 9, "options[2].remoteid": b"rem".hex(), "options[3].linklayer": "020000000007",
           "options[4].length": size, "options[4].relayed[1].type": 1,
           "options[4].relayed[1].transaction": 0x123456,
           "options[4].relayed[1].options[1].linklayer": "020000000007",
           "options[4].relayed[1].options[2].elapsed": 0})
    answered = DHCP6_Advertise(trid=0x123456) / DHCP6OptServerId(duid=server) / DHCP6OptIA_NA(
        iaid=2, T1=5, T2=6, ianaopts=[DHCP6OptIAAddress(addr="2001:db8:1::77")])
    dhcp6("scapy: DHCPv6 relay reply", DHCP6_RelayReply(hopcount=0, linkaddr="2001:db8:1::", peeraddr="fe80::7") /
          DHCP6OptIfaceId(ifaceid=b"eth7") / DHCP6OptRelayMsg(message=answered),
          {"type": 13, "peer": "fe80::7", "options[2].relayed[1].type": 2,
           "options[2].relayed[1].options[2].options[1].address": "2001:db8:1::77"}, down=True)
    twice = DHCP6_RelayForward(hopcount=0, linkaddr="2001:db8:2::",
        peeraddr="fe80::8") / DHCP6OptRelayMsg(message=inner)
    dhcp6("scapy: DHCPv6 relay forward of a relay forward", DHCP6_RelayForward(hopcount=1, linkaddr="::",
        peeraddr="2001:db8:2::1") /
          DHCP6OptRelayMsg(message=twice),
          {"hops": 1, "peer": "2001:db8:2::1", "options[1].relayed[1].type": 12,
          "options[1].relayed[1].peer": "fe80::8",
           "options[1].relayed[1].options[1].relayed[1].transaction": 0x123456})


# --- NTP

def ntp(origin, message, fields, low=None, sport=None):
    vector(origin, (low or i4()) / UDP(sport=sport or 123, dport=123) / message, fields, prefix="ntp")


def make_ntp():
    # scapy takes timestamps as seconds: whole ones, halves and quarters are exact.
    ntp("scapy: NTP client", NTPHeader(leap=3, version=4, mode=3, stratum=0, poll=6, precision=0xec, ref=0, orig=0,
        recv=0, sent=3974003200.5),
        {"leap": 3, "version": 4, "mode": 3, "stratum": 0, "poll": 6, "precision": -20,
        "transmittime.seconds": 3974003200,
         "transmittime.fraction": 1 << 31}, sport=40123)
    ntp("scapy: NTP server", NTPHeader(leap=0, version=4, mode=4, stratum=2, poll=10, precision=0xe8, delay=0.5,
        dispersion=0.25,
        id="192.0.2.123", ref=3974003000.25, orig=3974003200.5, recv=3974003201, sent=3974003201.75),
        {"mode": 4, "stratum": 2, "precision": -24, "rootdelay": 1 << 15, "rootdispersion": 1 << 14,
        "referencetime.seconds": 3974003000,
         "referencetime.fraction": 1 << 30, "origintime.fraction": 1 << 31, "receivetime.seconds": 3974003201,
         "transmittime.fraction": 3 << 30, "reference": "192.0.2.123"}, low=i6())
    ntp("scapy: NTP server, stratum 1", NTPHeader(version=4, mode=4, stratum=1, poll=4, precision=0xed,
        ref_id=b"GPS\0", ref=3974003000,
                                                  orig=0, recv=0, sent=1),
        {"stratum": 1, "poll": 4, "transmittime.seconds": 1, "clock": "GPS\0"})
    ntp("scapy: NTP kiss of death", NTPHeader(leap=3, version=4, mode=4, stratum=0, ref_id=b"RATE", ref=0, orig=5,
        recv=0, sent=0),
        {"leap": 3, "mode": 4, "stratum": 0, "origintime.seconds": 5, "kisscode": "RATE"})
    for mode, word in ((1, "symmetric active"), (2, "symmetric passive"), (5, "broadcast")):
        ntp("scapy: NTP " + word, NTPHeader(version=3, mode=mode, stratum=3, poll=0xfe, id="192.0.2.7", ref=100,
            orig=200, recv=300, sent=400),
            {"version": 3, "mode": mode, "poll": -2, "referencetime.seconds": 100, "origintime.seconds": 200,
             "receivetime.seconds": 300, "transmittime.seconds": 400})
    digest = bytes(range(16))
    ntp("scapy: NTP with a MAC", NTPHeader(version=4, mode=3, ref=0, orig=0, recv=0, sent=7) /
        NTPAuthenticator(key_id=9, dgst=digest),
        {"mode": 3, "extensions": "00000009" + digest.hex()})
    ntp("RFC 7822, section 7.5: NTP with an extension field (RFC 8915's unique identifier)",
        bytes(NTPHeader(version=4, mode=3, ref=0, orig=0, recv=0,
        sent=7)) + bytes.fromhex("01040024") + bytes(range(32)),
        {"mode": 3, "extensions": "01040024" + bytes(range(32)).hex()})
    ntp("RFC 9327, section 2: NTP control, read variables", bytes.fromhex("16020001000000000000000c") + b"version,leap",
        {"version": 2, "mode": 6, "response": False, "opcode": 2, "sequence": 1, "association": 0, "count": 12,
        "data": "version,leap"})
    ntp("RFC 9327, section 2: NTP control response with more to come, padded",
        bytes.fromhex("16a2000706f0 1234 01d4 0005".replace(" ", "")) + b"abcde\0\0\0",
        {"mode": 6, "response": True, "error": False, "more": True, "opcode": 2, "sequence": 7, "status": 0x06f0,
        "association": 0x1234,
         "offset": 468, "count": 5, "data": "abcde"})
    ntp("RFC 9327, section 3: NTP control error", bytes.fromhex("16c2000905000000" "00000000"),
        {"response": True, "error": True, "sequence": 9, "status": 0x0500, "count": 0, "data": ""})
    body = bytes(NTPPrivate(response=0, more=0, version=2, mode=7, auth=0, seq=0, implementation=3, request_code=42))
    ntp("scapy: NTP private, request 42", body, {"version": 2, "mode": 7, "body": body[1:].hex()})


# --- TFTP

def tftp(origin, message, fields, back=False):
    vector(origin, i4() / (UDP(sport=69, dport=2000 + rnd(1000)) if back else UDP(sport=2000 + rnd(1000),
        dport=69)) / message,
           fields, prefix="tftp")


def make_tftp():
    option = lambda n, v: TFTP_Option(oname=n, value=v)
    tftp("scapy: TFTP read request", TFTP(op=1) / TFTP_RRQ(filename="boot/kernel", mode="octet"),
         {"opcode": 1, "filename": "boot/kernel", "mode": "octet"})
    tftp("scapy: TFTP read request with options, RFC 2348 and RFC 2349", TFTP(op=1) / TFTP_RRQ(filename="a",
        mode="netascii") /
         TFTP_Options(options=[option("blksize", "1468"), option("tsize", "0"), option("timeout", "5")]),
         {"mode": "netascii", "options[1].name": "blksize", "options[1].value": "1468", "options[2].name": "tsize",
          "options[3].value": "5"})
    tftp("scapy: TFTP write request", TFTP(op=2) / TFTP_WRQ(filename="up.bin", mode="octet"),
         {"opcode": 2, "filename": "up.bin", "mode": "octet"})
    tftp("scapy: TFTP write request with an option", TFTP(op=2) / TFTP_WRQ(filename="up.bin", mode="octet") /
         TFTP_Options(options=[option("windowsize", "16")]), {"opcode": 2, "options[1].name": "windowsize",
         "options[1].value": "16"})
    tftp("scapy: TFTP data", TFTP(op=3) / TFTP_DATA(block=7) / Raw(octets(512)), {"opcode": 3, "block": 7,
        "=udp.length": 524}, back=True)
    tftp("scapy: TFTP last data, empty", TFTP(op=3) / TFTP_DATA(block=65535), {"opcode": 3, "block": 65535},
        back=True)
    tftp("scapy: TFTP acknowledgment", TFTP(op=4) / TFTP_ACK(block=7), {"opcode": 4, "block": 7})
    for code, text in ((0, "because"), (1, "File not found"), (2, "Access violation"), (8, "")):
        tftp("scapy: TFTP error %d" % code, TFTP(op=5) / TFTP_ERROR(errorcode=code, errormsg=text),
             {"opcode": 5, "code": code, "message": text}, back=True)
    tftp("scapy: TFTP option acknowledgment", TFTP(op=6) / TFTP_OACK() / TFTP_Options(options=[option("blksize",
        "1024"), option("tsize", "9")]),
         {"opcode": 6, "options[1].value": "1024", "options[2].name": "tsize", "options[2].value": "9"}, back=True)


# --- syslog

def syslog(origin, text, fields, low=None):
    vector(origin, (low or i4()) / UDP(sport=40000 + rnd(1000), dport=514) / Raw(text), fields, prefix="syslog")


def make_syslog():
    syslog("RFC 5424, section 6.5, example 1",
        b"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \xef\xbb\xbf'su root' failed "
           b"for lonvick on /dev/pts/8",
           {"priority": 34, "version": "1", "timestamp": "2003-10-11T22:14:15.003Z",
           "hostname": "mymachine.example.com", "appname": "su",
            "processid": "-", "messageid": "ID47",
            "message": b"- \xef\xbb\xbf'su root' failed for lonvick on /dev/pts/8"})
    syslog("RFC 5424, section 6.5, example 2", b"<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - "
           b"%% It's time to make the do-nuts.",
           {"priority": 165, "hostname": "192.0.2.1", "appname": "myproc", "processid": "8710", "messageid": "-",
            "message": "- %% It's time to make the do-nuts."}, low=i6())
    syslog("RFC 5424, section 6.5, example 3",
        b"<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 "
           b'[exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"]'
            b' \xef\xbb\xbfAn application event log entry...',
           {"priority": 165, "appname": "evntslog", "messageid": "ID47",
            "message": b'[exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"]'
            b' \xef\xbb\xbfAn application event log entry...'})
    syslog("RFC 5424, section 6: all nil", b"<0>1 - - - - - -", {"priority": 0, "timestamp": "-", "hostname": "-",
        "message": "-"})
    syslog("RFC 3164, section 5.4, example 1",
        b"<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
           {"priority": 34, "content": "Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8"})
    syslog("RFC 3164, section 5.4, example 2", b"<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!",
           {"priority": 13, "content": "Feb  5 17:32:18 10.0.0.99 Use the BFG!"})
    syslog("RFC 3164, section 4.3.3: nothing but a priority and free text", b"<191>x", {"priority": 191,
        "content": "x"})


# --- SNMP

def snmp(origin, message, fields, trap=False, low=None):
    vector(origin, (low or i4()) / UDP(sport=50000 + rnd(1000), dport=162 if trap else 161) / message, fields,
        prefix="snmp")


def oid(text):
    return ASN1_OID(text).enc(ASN1_Codecs.BER)[2:].hex()


def bind(name, value):
    return SNMPvarbind(oid=ASN1_OID(name), value=value)


def ber(tag, body, form=0):
    """A BER element, its length in `form` bytes after the first (0: as short as can be)."""
    if form == 0 and len(body) < 128:
        return bytes([tag, len(body)]) + body
    form = form or (len(body).bit_length() + 7) // 8
    return bytes([tag, 0x80 | form]) + len(body).to_bytes(form, "big") + body


def make_snmp():
    system = "1.3.6.1.2.1.1.1.0"
    for word, make, tag in (("get", SNMPget, 0xa0), ("get next", SNMPnext, 0xa1), ("set", SNMPset, 0xa3), ("inform",
        SNMPinform, 0xa6),
                            ("trap", SNMPtrapv2, 0xa7)):
        for version in (0, 1):
            if tag >= 0xa6 and version == 0:
                continue
            number = rnd(1 << 31)
            snmp("scapy: SNMP version %d %s" % (version + 1, word), SNMP(version=version, community="public",
                PDU=make(
                id=number, varbindlist=[bind(system, ASN1_NULL(0))])),
                {"version": version, "communitylength": 6, "community": "public", "pdu": tag, "request": number,
                 "errorstatus": 0, "varbinds[1].oid": oid(system), "varbinds[1].valuetag": 5,
                 "varbinds[1].valuelength": 0},
                trap=tag >= 0xa6)
    snmp("scapy: SNMP response of all kinds of values", SNMP(version=1, community="private", PDU=SNMPresponse(id=77,
        error=0, error_index=0,
         varbindlist=[bind(system, ASN1_STRING("a router")), bind("1.3.6.1.2.1.1.3.0", ASN1_TIME_TICKS(123456)),
                      bind("1.3.6.1.2.1.2.1.0", ASN1_INTEGER(-5)), bind("1.3.6.1.2.1.2.2.1.10.1",
                      ASN1_COUNTER32(3000000000)),
                      bind("1.3.6.1.2.1.2.2.1.5.1", ASN1_GAUGE32(1000)), bind("1.3.6.1.2.1.4.20.1.1",
                      ASN1_IPADDRESS("192.0.2.1")),
                      bind("1.3.6.1.2.1.1.2.0", ASN1_OID("1.3.6.1.4.1.9.1.1"))])),
         {"community": "private", "pdu": 0xa2, "request": 77, "varbinds[1].value": b"a router".hex(),
         "varbinds[1].valuetag": 4,
          "varbinds[2].valuetag": 0x43, "varbinds[2].value": "01e240", "varbinds[3].value": "fb",
          "varbinds[4].valuetag": 0x41,
          "varbinds[5].valuetag": 0x42, "varbinds[6].valuetag": 0x40, "varbinds[6].value": "c0000201",
          "varbinds[7].value": oid("1.3.6.1.4.1.9.1.1")})
    snmp("scapy: SNMP response with an error", SNMP(version=0, PDU=SNMPresponse(id=1, error=2, error_index=1,
         varbindlist=[bind("1.3.6.1.9", ASN1_NULL(0))])), {"errorstatus": 2, "errorindex": 1,
         "varbinds[1].oid": "2b060109"})
    snmp("scapy: SNMP response over 127 bytes: long lengths", SNMP(version=1, PDU=SNMPresponse(id=5,
         varbindlist=[bind(system, ASN1_STRING("v" * 200)), bind(system, ASN1_STRING("w" * 100))])),
         {"request": 5, "varbinds[1].valuelength": 200, "varbinds[2].valuelength": 100,
         "varbinds[2].value": "77" * 100})
    snmp("scapy: SNMP response over 255 bytes: lengths of two bytes", SNMP(version=1, PDU=SNMPresponse(id=6,
         varbindlist=[bind(system, ASN1_STRING("v" * 400))])),
         {"request": 6, "varbinds[1].valuelength": 400, "varbinds[1].value": "76" * 400})
    snmp("scapy: SNMP get bulk", SNMP(version=1, PDU=SNMPbulk(id=9, non_repeaters=1, max_repetitions=25,
         varbindlist=[bind(system, ASN1_NULL(0)), bind("1.3.6.1.2.1.2.2", ASN1_NULL(0))])),
         {"pdu": 0xa5, "nonrepeaters": 1, "maxrepetitions": 25, "varbinds[2].oid": oid("1.3.6.1.2.1.2.2")}, low=i6())
    snmp("scapy: SNMP negative and large request numbers", SNMP(version=1, PDU=SNMPget(id=-2147483648,
        varbindlist=[])),
         {"request": -2147483648, "varbindslength": 0})
    make_snmp_trap()
    make_snmp_hand()


def make_snmp_trap():
    snmp("scapy: SNMP version 1 trap, link down", SNMP(version=0,
        PDU=SNMPtrapv1(enterprise=ASN1_OID("1.3.6.1.4.1.9"), agent_addr=ASN1_IPADDRESS(
         "192.0.2.7"), generic_trap=2, specific_trap=0, time_stamp=ASN1_TIME_TICKS(5000),
         varbindlist=[bind("1.3.6.1.2.1.2.2.1.1.3", ASN1_INTEGER(3))])),
         {"version": 0, "pdu": 0xa4, "trap.enterprise": oid("1.3.6.1.4.1.9"), "trap.agentaddress": "192.0.2.7",
         "trap.generictrap": 2,
          "trap.specifictrap": 0, "trap.timestamp": "1388", "trap.varbinds[1].value": "03"}, trap=True)
    snmp("scapy: SNMP version 1 trap of an enterprise", SNMP(version=0, community="c",
        PDU=SNMPtrapv1(enterprise=ASN1_OID("1.3.6.1.4.1.311"),
         agent_addr=ASN1_IPADDRESS("10.0.0.1"), generic_trap=6, specific_trap=300, time_stamp=ASN1_TIME_TICKS(1),
         varbindlist=[])),
         {"community": "c", "trap.generictrap": 6, "trap.specifictrap": 300, "trap.varbindslength": 0}, trap=True)


def make_snmp_hand():
    number = lambda n: ber(2, n.to_bytes(max(1, n.bit_length() // 8 + 1), "big"))
    binds = lambda form: ber(0x30, ber(0x30, ber(6, bytes.fromhex("2b06010201010100"), form) + ber(5, b"", form),
        form), form)
    for form in (1, 2, 3):
        pdu = ber(0xa0, number(1000) + number(0) + number(0) + binds(form), form)
        snmp("X.690, section 8.1.3.5: SNMP get with lengths of %d bytes where fewer would do" % form,
             ber(0x30, number(1) + ber(4, b"public", form) + pdu, form),
             {"version": 1, "community": "public", "request": 1000, "varbinds[1].oid": "2b06010201010100",
             "varbinds[1].oidlength": 8})
    engine = bytes.fromhex("80001f8880e9630000d61ff449")

    def version3(flags, security, scoped, form=0):
        header = ber(0x30, number(821490644) + number(65507) + ber(4, bytes([flags])) + number(3), form)
        return ber(0x30, number(3) + header + ber(4, security, form) + scoped, form)

    def usm(boots, time, user, authentication, privacy, form=0):
        return ber(0x30, ber(4, engine) + number(boots) + number(time) + ber(4, user) + ber(4,
            authentication) + ber(4, privacy), form)
    empty = ber(0x30, ber(4, b"") + number(0) + number(0) + ber(4, b"") + ber(4, b"") + ber(4, b""))
    get = ber(0xa0, number(1) + number(0) + number(0) + ber(0x30, b""))
    scoped = ber(0x30, ber(4, engine) + ber(4, b"ctx") + ber(0xa0, number(99) + number(0) + number(0) + binds(0)))
    report = ber(0x30, ber(4, engine) + ber(4, b"") + ber(0xa8, number(2) + number(0) + number(0) + binds(0)))
    common = {"version": 3, "globaldata.id": 821490644, "globaldata.maxsize": 65507, "globaldata.security": 3}
    snmp("RFC 3412, section 6 and RFC 3414, section 4: SNMP version 3 discovery",
         version3(4, empty, ber(0x30, ber(4, b"") + ber(4, b"") + get)),
         dict(common, **{"globaldata.flags": 4, "scopedpdu.contextname": "", "scopedpdu.pdu": 0xa0,
         "scopedpdu.request": 1, "securityparameters.engine": "", "securityparameters.username": ""}))
    snmp("RFC 3412, section 6 and RFC 3414, section 2.4: SNMP version 3 get, authenticated",
         version3(5, usm(7, 2345, b"bert", bytes(range(12)), b""), scoped),
         dict(common, **{"globaldata.flags": 5, "securityparameters.engine": engine.hex(),
         "securityparameters.boots": 7, "securityparameters.time": 2345, "securityparameters.username": "bert",
                         "securityparameters.authentication": bytes(range(12)).hex(),
                         "scopedpdu.contextengine": engine.hex(), "scopedpdu.contextname": "ctx",
                         "scopedpdu.request": 99, "scopedpdu.varbinds[1].oid": "2b06010201010100"}))
    snmp("RFC 3412, section 6: SNMP version 3 report", version3(0, usm(7, 2345, b"bert", b"", b""), report),
         dict(common, **{"globaldata.flags": 0, "scopedpdu.pdu": 0xa8, "scopedpdu.request": 2,
         "scopedpdu.contextname": ""}))
    snmp("RFC 3412, section 6 and RFC 3826: SNMP version 3, encrypted",
         version3(7, usm(7, 2346, b"ernie", bytes(12), bytes(range(8))), ber(4, octets(48))),
         dict(common, **{"globaldata.flags": 7, "securityparameters.username": "ernie",
         "securityparameters.privacy": bytes(range(8)).hex(), "encryptedlength": 48}))
    snmp("RFC 3412, section 6: SNMP version 3, encrypted, long lengths",
         version3(7, usm(7, 2346, b"ernie", bytes(12), bytes(range(8)), 1), ber(4, octets(200), 2), 2),
         dict(common, **{"globaldata.flags": 7, "encryptedlength": 200, "securityparameters.time": 2346}))


# --- RADIUS

def radius(origin, code, attributes, fields, port=1812, low=None):
    number, auth = rnd(256), octets(16)
    vector(origin, (low or i4()) / UDP(sport=port if code not in (1, 4, 12, 40, 43) else 50000,
        dport=port if code in (1, 4, 12, 40, 43) else 50000) /
           Radius(code=code, id=number, authenticator=auth, attributes=attributes),
           dict({"code": code, "identifier": number, "authenticator": auth.hex()}, **fields), prefix="radius")


def make_radius():
    hidden = octets(16)
    radius("scapy: RADIUS access request", 1, [RadiusAttr_User_Name(value=b"nemo"),
        RadiusAttr_User_Password(value=hidden),
           RadiusAttr_NAS_IP_Address(value="192.168.1.16"), RadiusAttr_NAS_Port(value=3)],
           {"attributes.username": "nemo", "attributes[2].type": 2, "attributes[2].data": hidden.hex(),
            "attributes[3].nasaddress": "192.168.1.16", "attributes[4].nasport": 3, "length": 56})
    radius("scapy: RADIUS access accept", 2, [RadiusAttr_Service_Type(value=2), RadiusAttr_Framed_Protocol(value=1),
           RadiusAttr_Framed_IP_Address(value="255.255.255.254"), RadiusAttr_Framed_IP_Netmask(value="255.255.255.0"),
           RadiusAttr_Framed_MTU(value=1500), RadiusAttribute(type=11, value=b"std.ppp"),
           RadiusAttr_Session_Timeout(value=3600),
           RadiusAttr_Idle_Timeout(value=600), RadiusAttribute(type=25, value=b"\1\2\3")],
           {"attributes[1].servicetype": 2, "attributes[2].framedprotocol": 1,
           "attributes[3].framedaddress": "255.255.255.254",
            "attributes[4].framednetmask": "255.255.255.0", "attributes[5].framedmtu": 1500,
            "attributes[6].filter": "std.ppp",
            "attributes[7].sessiontimeout": 3600, "attributes[8].idletimeout": 600, "attributes[9].data": "010203"})
    radius("scapy: RADIUS access reject", 3, [RadiusAttribute(type=18, value=b"no such user")],
           {"attributes[1].reply": "no such user", "attributes[1].length": 14})
    radius("scapy: RADIUS access challenge with EAP", 11, [RadiusAttr_State(value=octets(8)),
           RadiusAttr_EAP_Message(value=EAP(code=1, id=5, type=1)),
           RadiusAttr_Message_Authenticator(value=bytes(16))],
           {"attributes[1].type": 24, "attributes[2].eap": "0105000501",
           "attributes[3].messageauthenticator": "00" * 16})
    long = octets(300)
    radius("scapy: RADIUS access request with EAP in two attributes, RFC 3579", 1, [RadiusAttribute(type=79,
        value=long[:253]),
           RadiusAttribute(type=79, value=long[253:])],
           {"attributes[1].length": 255, "attributes[1].eap": long[:253].hex(),
           "attributes[2].eap": long[253:].hex()})
    radius("scapy: RADIUS access request of an access point", 1, [RadiusAttribute(type=30,
        value=b"02-00-00-00-00-01:net"),
           RadiusAttribute(type=31, value=b"02-00-00-00-00-07"), RadiusAttribute(type=32, value=b"ap7"),
           RadiusAttr_NAS_Port_Type(value=19),
           RadiusAttribute(type=87, value=b"wlan0"), RadiusAttribute(type=95,
           value=ipaddress.IPv6Address("2001:db8::7").packed)],
           {"attributes[1].calledstation": "02-00-00-00-00-01:net",
           "attributes[2].callingstation": "02-00-00-00-00-07",
            "attributes[3].nasidentifier": "ap7", "attributes[4].nasporttype": 19, "attributes[5].nasportid": "wlan0",
            "attributes[6].nasipv6": "2001:db8::7"}, port=1645, low=i6())
    radius("scapy: RADIUS with a vendor's attribute", 2, [RadiusAttr_Vendor_Specific(vendor_id=9, vendor_type=1,
        value=b"shell:priv-lvl=15")],
           {"attributes[1].vendor": 9, "attributes[1].length": 25,
           "attributes[1].vendordata": (b"\x01\x13shell:priv-lvl=15").hex()})
    for status, word in ((1, "start"), (2, "stop"), (3, "interim"), (7, "on"), (8, "off")):
        radius("scapy: RADIUS accounting request, " + word, 4, [RadiusAttr_Acct_Status_Type(value=status),
            RadiusAttr_Acct_Delay_Time(value=2),
               RadiusAttribute(type=44, value=b"00000007"), RadiusAttr_Acct_Session_Time(value=77),
               RadiusAttr_Acct_Input_Octets(value=1000),
               RadiusAttr_Acct_Output_Octets(value=2000), RadiusAttr_Acct_Input_Packets(value=10),
               RadiusAttr_Acct_Output_Packets(value=20),
               RadiusAttr_Acct_Terminate_Cause(value=1), RadiusAttribute(type=55, value=struct.pack("!I",
               1763892000))],
               {"attributes.status": status, "attributes.delay": 2, "attributes.sessionid": "00000007",
               "attributes.sessiontime": 77,
                "attributes.inputoctets": 1000, "attributes.outputoctets": 2000, "attributes.inputpackets": 10,
                "attributes.outputpackets": 20, "attributes.terminatecause": 1,
                "attributes.timestamp": "2025-11-23T10:00:00Z"}, port=1813)
    radius("scapy: RADIUS accounting response", 5, [], {"length": 20}, port=1646)
    for code, word in ((12, "status server"), (40, "disconnect request"), (41, "disconnect ack"), (42,
        "disconnect nak"),
                       (43, "CoA request"), (44, "CoA ack"), (45, "CoA nak")):
        radius("scapy: RADIUS " + word, code, [RadiusAttribute(type=101, value=b"\0\0\x01\x91"),
            RadiusAttribute(type=33, value=b"p")],
               {"attributes[1].type": 101, "attributes[1].data": "00000191", "attributes[2].data": "70"},
               port=1812 if code == 12 else 3799)


# --- frames of captures

CAPTURED = [  # first layer, capture, frame, layer of the fields; fields as tshark reads them; bytes
    ("sll", "sll.pcap", 516, "dhcp", {"transaction": 0x1ecf9ccf, "clienthardware": "6c:f0:49:b2:de:6e",
    "broadcast": True, "clientaddress": "10.0.0.5",
      "options.messagetype": 8, "options.hostname": "Bichman"},
     "0001000100066cf049b2de6e0000080045000148089c0000801127050a000005ffffffff004400430134ca06010106001ecf9ccf"
     "000080000a0000050000000000000000000000006cf049b2de6e0000000000000000000000000000000000000000000000000000"
     "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "0000000000000000000000000000000000000000638253633501083d07016cf049b2de6e0c07426963686d616e3c084d53465420"
     "352e30370d010f03062c2e2f1f2179f92bfcff00000000000000000000000000"),
    ("ethernet", "many_interfaces-1.pcapng", 6, "ntp", {"mode": 3, "stratum": 2, "reference": "17.253.12.253",
    "rootdelay": 3339},
     "94103e0536d3a45e60f17d93080045c0004c6e26000040112a8ec0a8018b11fd0cfd007b007b0038287f23020aec00000d0b0000"
     "0af611fd0cfdd97b623cbfe49dcdd97b6437ad7fd089d97b6437b6d0e9b0d97b647e296af531"),
    ("ethernet", "many_interfaces-1.pcapng", 11, "ntp", {"mode": 4, "stratum": 1, "clock": "GPSs",
    "rootdelay": 0, "rootdispersion": 71, "precision": 236 - 256, "poll": 6},
     "a45e60f17d9394103e0536d308004528004c000040003411654c11fd0cfdc0a8018b007b007b0038ea4f240106ec000000000000"
     "004747505373d97b647791fdbdc8d97b647e296af531d97b647e48bec57cd97b647e48bfafd4"),
    ("ethernet", "solaris.snoop", 47, "dhcp", {"transaction": 0, "clienthardware": "08:00:87:0a:3c:45", "cookie": 0,
    "vendorarea": "00" * 60,
      "file": b"x0a3c45.prm".ljust(128, b"\0")},
     "ffffffffffff0800870a3c4508004500014800a10000401172ae816f0378816fffff004400430134000001010600000000000000"
     "0000816f03780000000000000000816f010d0800870a3c4500000000000000000000000000000000000000000000000000000000"
     "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000783061336334"
     "352e70726d0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "000000000000000000000000000000000000000000000000000000000000"),
    ("ethernet", "solaris.snoop", 48, "tftp", {"opcode": 1, "filename": "x0a3c45.prm", "mode": "octet"},
     "ffffffffffff0800870a3c4508004500003000a20000401173c5816f0378816fffff07d10045001c00000001783061336334352e"
     "70726d006f6374657400"),
    ("ethernet", "solaris.snoop", 245, "dhcp", {"transaction": 0xf00f5141, "hardwaretype": 1, "hardwarelength": 16,
    "options.messagetype": 1, "options[2].code": 61, "options[3].code": 12},
     "ffffffffffff00105a1f16ce08004500014843bf00008011bdaf816fb6c7ffffffff0044004301347caf01011000f00f51410900"
     "8000000000000000000000000000000000005241532030a990f8460fbe0101000000000000000000000000000000000000000000"
     "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "000000000000000000000000000000000000638253633501013d11015241532030a990f8460fbe01010000000c0b535048534552"
     "5645523300ff000000000000000000000000000000000000000000000000"),
    ("ethernet", "DnsPackets.pcap", 421, "dns", {"answers[1].ptr": "Yaels-iPhone.local",
    "answers[1].cacheflush": True, "answers[2].a": "10.0.0.2",
      "additionals[1].nsec.next": "2.0.0.10.in-addr.arpa", "additionals[2].nsec.next": "Yaels-iPhone.local",
      "additionals[3].payloadsize": 0x05a0, "additionals[3].opt[1].code": 4, "additionals[3].opt[1].length": 8},
     "01005e0000fb581faa4f3f9d0800450000a7c5e80000ff110a600a000002e00000fb14e914e90093244d00008400000000020000"
     "000301320130013002313007696e2d61646472046172706100000c80010000007800140c5961656c732d6950686f6e65056c6f63"
     "616c00c02d000180010000007800040a000002c00c002f8001000000780006c00c00020008c02d002f8001000000780005c02d00"
     "014000002905a000001194000c0004000800df581faa4f3f9d"),
    ("ethernet", "DnsPackets.pcap", 431, "dns", {"answers[2].a": "10.0.0.2", "answers[3].ptr": "Yaels-iPhone.local",
    "answers[4].aaaa": "fe80::5a1f:aaff:fe4f:3f9d",
      "additionals[2].nsec.next": "Yaels-iPhone.local",
      "additionals[3].nsec.next": "D.9.F.3.F.4.E.F.F.F.A.A.F.1.A.5.0.0.0.0.0.0.0.0.0.0.0.0.0.8.E.F.ip6.arpa"},
     "01005e0000fb581faa4f3f9d08004500012a1cdc0000ff11b2e90a000002e00000fb14e914e90116c31e00008400000000040000"
     "000401320130013002313007696e2d61646472046172706100000c80010000007800140c5961656c732d6950686f6e65056c6f63"
     "616c00c02d000180010000007800040a000002014401390146013301460134014501460146014601410141014601310141013501"
     "3001300130013001300130013001300130013001300130013001380145014603697036c01d000c8001000000780002c02dc02d00"
     "1c8001000000780010fe800000000000005a1faafffe4f3f9dc00c002f8001000000780006c00c00020008c02d002f8001000000"
     "780008c02d000440000008c051002f8001000000780006c0510002000800002905a000001194000c0004000800df581faa4f3f9d"),
    ("ethernet", "DnsPackets.pcap", 418, "dns", {"questions.name": "Yaels-iPhone.local",
    "questions[1].unicastresponse": True, "authorities[1].a": "10.0.0.2",
      "additionals[1].opt[1].code": 4, "additionals[1].opt[1].length": 8},
     "01005e0000fb581faa4f3f9d080045000067e2f30000ff11ed940a000002e00000fb14e914e90053d64500000000000100000001"
     "00010c5961656c732d6950686f6e65056c6f63616c0000ff8001c00c000100010000007800040a00000200002905a00000119400"
     "0c0004000800df581faa4f3f9d"),
    ("ethernet", "DnsPackets.pcap", 21, "dns", {"id": 0xa706, "questions[1].name": "wpad", "questions[1].type": 1,
    "=udp.destination": 5355},
     "3333000100036cf049b2de6e86dd60000000001e1101fe800000000000004dc7f5931f7bdc11ff02000000000000000000000001"
     "0003ca7d14eb001e63f7a7060000000100000000000004777061640000010001"),
]


def make_captured():
    for first, capture, frame, layer, fields, digits in CAPTURED:
        vector("capture %s frame %d, values as tshark reads them" % (capture, frame), bytes.fromhex(digits), fields,
            first, layer)


def lua(v):
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, int):
        return str(v)
    raw = v if isinstance(v, bytes) else v.encode()
    return '"%s"' % "".join(chr(c) if 32 <= c < 127 and c not in b'"\\' else "\\%03d" % c for c in raw)


def main():
    make_dns()
    make_dhcp()
    make_dhcp6()
    make_ntp()
    make_tftp()
    make_syslog()
    make_snmp()
    make_radius()
    make_captured()
    print("-- Made by spec/vectors/make-services.py with scapy %s: frames of services, and their values."
          % VERSION)
    print("return {")
    for first, origin, frame, fields, other in made:
        print('  { first = "%s", from = %s,%s' % (first, lua(origin), " other = true," if other else ""))
        print('    hex = "%s",' % frame.hex())
        print("    fields = { %s } }," % ", ".join('["%s"] = %s' % (k, lua(v)) for k, v in fields.items()))
    print("}")


main()
