# scapy_jobs.py: the jobs as a user of scapy writes them.
#
#     python3 scapy_jobs.py a|b IN [OUT]
#     python3 scapy_jobs.py sum|field IN OUT
#     python3 scapy_jobs.py build N OUT
import sys

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q, Ether
from scapy.utils import PcapReader, PcapWriter


def wanted_a(p):
    return UDP in p and p[UDP].dport == 53


def wanted_b(p):
    if IP not in p or TCP not in p or Dot1Q in p:
        return False
    return p[TCP].flags.S and not p[TCP].flags.A and p[IP].ttl < 64 and p[IP].len > 40


def add(p, sums):
    upper = p[TCP] if TCP in p else p[UDP] if UDP in p else None
    if upper is None or TCP in p and upper.dataofs is None:  # cut short
        return
    ip = p[IP] if IP in p else p[IPv6]
    length = ip.len - ip.ihl * 4 if IP in p else ip.plen
    header = upper.dataofs * 4 if TCP in p else 8
    sums[ip.src] = sums.get(ip.src, 0) + length - header


def build(n, path):
    out = PcapWriter(path, linktype=1)
    for k in range(n):
        p = (Ether(dst="02:00:00:00:00:01", src="02:00:00:00:00:02")
             / IP(src="10.%d.%d.%d" % (k >> 16, k >> 8 & 255, k & 255), id=k % 65536, ttl=64,
                  dst="192.168.%d.%d" % (k >> 8 & 255, k & 255))
             / UDP(sport=1024 + k % 60000, dport=5000 + k % 50000)
             / b"abcdefghijklmnopqrstuvwxyz012345")
        p.time = 1700000000 + k / 1e6
        out.write(p)
    out.close()


def main():
    job = sys.argv[1]
    if job == "build":
        return build(int(sys.argv[2]), sys.argv[3])
    count, sums = 0, {}
    text = open(sys.argv[3], "w") if job in ("sum", "field") else None
    out = PcapWriter(sys.argv[3], linktype=1) if job in "ab" and len(sys.argv) > 3 else None
    for p in PcapReader(sys.argv[2]):
        if job == "sum":
            add(p, sums)
        elif job == "field":
            if IP in p and UDP in p:
                text.write("%s\t%d\t%d\t%d\n" % (p[IP].src, p[UDP].sport, p[UDP].dport, p[UDP].len))
        elif wanted_b(p) if job == "b" else wanted_a(p):
            count += 1
            if out:
                out.write(p)
    for source, n in sums.items():
        text.write("%s %d\n" % (source, n))
    for f in (text, out):
        if f:
            f.close()
    if job in "ab":
        print(count)


main()
