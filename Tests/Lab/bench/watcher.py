"""Notes when which node's kernel has the floating address: by what the kernel tells of it (netlink), not by asking."""

import json
import os
import select
import socket
import struct
import sys
import time

from bench.arithmetic import Change, holders_at
from bench.children import Child, take_priority
from namespace import socket_in

RTMGRP_IPV4_IFADDR = 0x10
RTM_NEWADDR, RTM_DELADDR = 20, 21
IFA_LOCAL = 2


def told(message: bytes, address: bytes) -> list[bool]:
    """What a netlink message says of an IPv4 address: that an interface has it, or no more."""
    found, at = [], 0
    while at + 24 <= len(message):
        length, kind = struct.unpack_from("=IH", message, at)
        end, attribute = min(at + length, len(message)), at + 24
        while kind in (RTM_NEWADDR, RTM_DELADDR) and attribute + 4 <= end:
            size, what = struct.unpack_from("=HH", message, attribute)
            if what == IFA_LOCAL and message[attribute + 4:attribute + size] == address:
                found.append(kind == RTM_NEWADDR)
            attribute += max(4, (size + 3) & ~3)
        at += max(16, (length + 3) & ~3)
    return found


def watch(address: str, namespaces: dict[str, str]) -> None:
    """Notes the changes, until told to end; an `e` asks for them."""
    poll = select.epoll()
    poll.register(0, select.EPOLLIN)
    sockets: dict[int, tuple[socket.socket, str]] = {}
    for node, namespace in namespaces.items():
        wire = socket_in(namespace, socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        wire.bind((0, RTMGRP_IPV4_IFADDR))
        poll.register(wire, select.EPOLLIN)
        sockets[wire.fileno()] = (wire, node)
    has = dict.fromkeys(namespaces, False)
    changes: list[Change] = []
    wanted = socket.inet_aton(address)
    print("[]", flush=True)
    take_priority(2)
    while True:
        for handle, _ in poll.poll():
            if handle == 0:
                if os.read(0, 1) != b"e":
                    return
                print(json.dumps(changes), flush=True)
                continue
            wire, node = sockets[handle]
            message, now = wire.recv(65536), time.monotonic_ns()
            for holds in told(message, wanted):
                if has[node] != holds:  # a lease that is renewed is told, too
                    has[node] = holds
                    changes.append(Change(now, node, holds))


class Watcher(Child):
    """The watching process, seen from the harness; it must begin before there is an address."""

    def __init__(self, home: str, address: str, namespaces: dict[str, str]):
        super().__init__(home, "watcher", address, json.dumps(namespaces))
        self.tell(b"")  # it watches once it has said its first line

    def changes(self) -> list[Change]:
        """All changes so far."""
        return [Change(*change) for change in self.tell(b"e")]

    def holders(self) -> set[str]:
        """The nodes that have the address now."""
        return holders_at(self.changes(), time.monotonic_ns())


if __name__ == "__main__":
    watch(sys.argv[1], json.loads(sys.argv[2]))
