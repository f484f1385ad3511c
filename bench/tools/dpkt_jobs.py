# dpkt_jobs.py: the jobs as a user of dpkt writes them.
#
#     python3 dpkt_jobs.py a|b IN [OUT]
#     python3 dpkt_jobs.py sum|field IN OUT
#     python3 dpkt_jobs.py build N OUT
import socket
import struct
import sys

import dpkt
from dpkt.ethernet import Ethernet, VLANtag8021Q
from dpkt.ip import IP
from dpkt.ip6 import IP6
from dpkt.tcp import TCP, TH_ACK, TH_SYN
from dpkt.udp import UDP


def wanted_a(frame):
    ip = frame.data
    if not isinstance(ip, (IP, IP6)) or not isinstance(ip.data, UDP):
        return False
    return ip.data.dport == 53


def wanted_b(frame):
    ip = frame.data
    if not isinstance(ip, IP) or not isinstance(ip.data, TCP) or getattr(frame, "vlan_tags", None):
        return False
    return ip.data.flags & (TH_SYN | TH_ACK) == TH_SYN and ip.ttl < 64 and ip.len > 40


def add(frame, sums):
    ip = frame.data
    if not isinstance(ip, (IP, IP6)) or not isinstance(ip.data, (TCP, UDP)):
        return
    length = ip.len - ip.hl * 4 if isinstance(ip, IP) else ip.plen
    header = ip.data.off * 4 if isinstance(ip.data, TCP) else 8
    sums[ip.src] = sums.get(ip.src, 0) + length - header


def build(n, path):
    with open(path, "wb") as to:
        out = dpkt.pcap.Writer(to, snaplen=65535)
        payload = b"abcdefghijklmnopqrstuvwxyz012345"
        for k in range(n):
            udp = UDP(sport=1024 + k % 60000, dport=5000 + k % 50000, data=payload)
            udp.ulen = len(udp)
            ip = IP(src=struct.pack(">I", 0x0a000000 + k), dst=struct.pack(">I", 0xc0a80000 + k % 65536),
                    id=k % 65536, ttl=64, p=17, data=udp)
            ip.len = len(ip)
            frame = Ethernet(dst=b"\2\0\0\0\0\1", src=b"\2\0\0\0\0\2", type=0x0800, data=ip)
            out.writepkt_time(bytes(frame), 1700000000 + k / 1e6)


def main():
    job = sys.argv[1]
    if job == "build":
        return build(int(sys.argv[2]), sys.argv[3])
    count, sums = 0, {}
    to = open(sys.argv[3], "wb" if job in "ab" else "w") if len(sys.argv) > 3 else None
    with open(sys.argv[2], "rb") as source:
        reader = dpkt.pcap.Reader(source)
        out = dpkt.pcap.Writer(to, snaplen=reader.snaplen) if to and job in "ab" else None
        wanted = wanted_b if job == "b" else wanted_a
        for time, data in reader:
            try:
                frame = Ethernet(data)
            except dpkt.UnpackError:
                continue
            if job == "sum":
                add(frame, sums)
            elif job == "field":
                ip = frame.data
                if isinstance(ip, IP) and isinstance(ip.data, UDP):
                    to.write("%s\t%d\t%d\t%d\n" % (socket.inet_ntoa(ip.src), ip.data.sport, ip.data.dport, ip.data.ulen))
            elif wanted(frame):
                count += 1
                if out:
                    out.writepkt_time(data, time)
    for source, n in sums.items():
        family = socket.AF_INET if len(source) == 4 else socket.AF_INET6
        to.write("%s %d\n" % (socket.inet_ntop(family, source), n))
    if to:
        to.close()
    if job in "ab":
        print(count)


main()
