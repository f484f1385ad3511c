# Runs the blocks of a guide for scapy, which stand in a file, separated by NUL, in one namespace. Writes what each
# prints (`K > TEXT`), and the packets and plain values among the globals after it (`K NAME VALUE`).
import builtins
import sys

import scapy.all as scapy
from scapy.packet import Packet

with open(sys.argv[1]) as file:
    blocks = file.read().split("\0")

space = {name: value for name, value in vars(scapy).items() if not name.startswith("__")}
given = set(space)
number = 0


def show(*words):
    for line in " ".join(str(word) for word in words).splitlines():
        sys.stdout.write("%d > %s\n" % (number, line))


space["print"] = show
for number, block in enumerate(blocks, 1):
    builtins.exec(compile(block, "block %d" % number, "exec"), space)
    for name, value in space.items():
        if name in given or name == "print":
            continue
        if isinstance(value, Packet):
            value = "bytes " + bytes(value).hex()
        elif isinstance(value, bool):
            value = "boolean " + str(value).lower()
        elif isinstance(value, int):
            value = "number %d" % value
        elif isinstance(value, str):
            value = "string " + value.replace("\n", "\\n")
        elif isinstance(value, bytes):
            value = "bytes " + value.hex()
        else:
            continue
        sys.stdout.write("%d %s %s\n" % (number, name, value))
