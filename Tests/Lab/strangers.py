"""Strangers on the wire: machines that are no members and say that a floating address is theirs."""

import ipaddress
import socket
import struct
import threading

from lab import Lab
from namespace import ip, socket_in

MAC = bytes.fromhex("020000000099")


def announcement(address: str) -> bytes:
    """A whole frame that says that the address is at `MAC`: gratuitous ARP, or an unsolicited neighbour advertisement."""
    if ":" not in address:
        own = socket.inet_aton(address)
        return b"\xff" * 6 + MAC + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1) + MAC + own + bytes(6) + own
    own, everyone = ipaddress.IPv6Address(address).packed, ipaddress.IPv6Address("ff02::1").packed
    message = struct.pack("!BBHI", 136, 0, 0, 1 << 29) + own + b"\x02\x01" + MAC
    covered = own + everyone + struct.pack("!II", len(message), 58) + message
    total = sum(struct.unpack(f"!{len(covered) // 2}H", covered))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    message = message[:2] + struct.pack("!H", ~total & 0xFFFF) + message[4:]
    header = struct.pack("!IHBB", 6 << 28, len(message), 58, 255)
    return bytes.fromhex("333300000001") + MAC + struct.pack("!H", 0x86DD) + header + own + everyone + message


class Stranger:
    """Another machine on a lab's switch, with a MAC address of its own (and no address, until it is given one)."""

    def __init__(self, lab: Lab):
        self.namespace = lab.prefix + "-s"
        ip("netns", "add", self.namespace)
        ip("link", "add", "s", "type", "veth", "peer", "name", "eth0", "netns", self.namespace, inside=lab.switch)
        ip("link", "set", "s", "master", "br0", "up", inside=lab.switch)
        ip("link", "set", "eth0", "address", ":".join(f"{byte:02x}" for byte in MAC), "up", inside=self.namespace)

    def take(self, address: str) -> None:
        """Takes an address without asking whether anyone has it, and says nothing."""
        ip("address", "add", f"{address}/{128 if ':' in address else 32}", "dev", "eth0",
           *(["nodad"] if ":" in address else []), inside=self.namespace)

    def give_up(self, address: str) -> None:
        """Takes an address off."""
        ip("address", "del", f"{address}/{128 if ':' in address else 32}", "dev", "eth0", inside=self.namespace)

    def announce(self, address: str) -> None:
        """Says once that it has an address."""
        with socket_in(self.namespace, socket.AF_PACKET, socket.SOCK_RAW) as wire:
            wire.bind(("eth0", 0))
            wire.send(announcement(address))


class Announcements:
    """Counts the frames by which others say on the wire that they have an address, as a lab's client hears them."""

    def __init__(self, lab: Lab, address: str):
        self._own = ipaddress.ip_address(address).packed
        self._wire = socket_in(lab.client, socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self._wire.settimeout(0.1)
        self._ends = threading.Event()
        self.count = 0
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        while not self._ends.is_set():
            try:
                frame = self._wire.recv(2048)
            except TimeoutError:
                continue
            if frame[6:12] == MAC:
                continue
            if frame[12:14] == b"\x08\x06" and frame[28:32] == frame[38:42] == self._own:
                self.count += 1
            if frame[12:14] == b"\x86\xdd" and frame[20] == 58 and frame[54] == 136 and frame[62:78] == self._own:
                self.count += 1

    def __enter__(self) -> "Announcements":
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()
        self._wire.close()


class Noise:
    """A stranger that announces another address, as often as it can, until `end`."""

    def __init__(self, stranger: Stranger, address: str = "10.77.0.123"):
        self._wire = socket_in(stranger.namespace, socket.AF_PACKET, socket.SOCK_RAW)
        self._wire.bind(("eth0", 0))
        self._frame = announcement(address)
        self._ends = threading.Event()
        self._sent = 0
        self._thread = threading.Thread(target=self._send)
        self._thread.start()

    def _send(self) -> None:
        while not self._ends.wait(0.0005):
            self._wire.send(self._frame)
            self._sent += 1

    def end(self) -> int:
        """Ends it, and answers how many packets were sent."""
        self._ends.set()
        self._thread.join()
        self._wire.close()
        return self._sent
