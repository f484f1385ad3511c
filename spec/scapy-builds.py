# Builds packets with scapy and compares: each line of the file is bytes in hexadecimal, and an expression.
import sys

from scapy.all import *  # noqa: F401, F403: the names that expressions use
from scapy.contrib.mpls import MPLS  # noqa: F401
from scapy.layers.ipsec import AH  # noqa: F401
from scapy.layers.vxlan import VXLAN  # noqa: F401

with open(sys.argv[1]) as lines:
    for line in lines:
        ours, expression = line.rstrip("\n").split(" ", 1)
        built = bytes(eval(expression)).hex()
        if built != ours:
            print("%s\n  ours  %s\n  scapy %s" % (expression, ours, built))
