"""What a stranger on the wire can do: listen, send again what was heard, send what was never meant."""

import socket
import struct
from typing import NamedTuple

from lab import PORT, Lab
from listener import Listener
from namespace import socket_in, within

ETH_P_ALL = 3
IPV4, IPV6, UDP = 0x0800, 0x86DD, 17


class Frame(NamedTuple):
    """An Ethernet frame with a gossip datagram in it."""

    bytes: bytes
    payload: bytes
    source: str


def gossip_in(frame: bytes, port: int = PORT) -> Frame | None:
    """The frame, if it carries a UDP datagram from or to the gossip port."""
    if len(frame) < 14:
        return None
    kind = int.from_bytes(frame[12:14], "big")
    if kind == IPV4 and len(frame) >= 34 and frame[23] == UDP:
        start, source = 14 + (frame[14] & 15) * 4, socket.inet_ntop(socket.AF_INET, frame[26:30])
    elif kind == IPV6 and len(frame) >= 54 and frame[20] == UDP:
        start, source = 54, socket.inet_ntop(socket.AF_INET6, frame[22:38])
    else:
        return None
    if len(frame) < start + 8:
        return None
    source_port, port_to, length = struct.unpack_from("!HHH", frame, start)
    if port not in (source_port, port_to):
        return None
    return Frame(frame, frame[start + 8:start + length], source)


def with_checksum(frame: bytes) -> bytes:
    """The frame with its UDP checksum filled in: virtual cables leave that to a network card that never sees it."""
    if int.from_bytes(frame[12:14], "big") == IPV4:
        start, addresses = 14 + (frame[14] & 15) * 4, frame[26:34]
    else:
        start, addresses = 54, frame[22:54]
    length = int.from_bytes(frame[start + 4:start + 6], "big")
    datagram = frame[start:start + 6] + bytes(2) + frame[start + 8:start + length]
    summed = addresses + struct.pack("!HH", UDP, length) + datagram + bytes(length % 2)
    total = sum(struct.unpack(f"!{len(summed) // 2}H", summed))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    checksum = (~total & 0xFFFF) or 0xFFFF
    return frame[:start + 6] + checksum.to_bytes(2, "big") + frame[start + 8:]


class Capture(Listener):
    """Records the gossip that passes one port of the switch, in a `with` statement."""

    def __init__(self, lab: Lab, port: str):
        self.frames: list[Frame] = []
        listening = socket_in(lab.switch, socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        listening.bind((port, ETH_P_ALL))
        super().__init__(listening)

    def heard(self, message: bytes) -> None:
        frame = gossip_in(message)
        if frame:
            self.frames.append(frame)


class Stranger:
    """Someone at the client's place who has no key."""

    def __init__(self, lab: Lab):
        self._lab = lab
        self._udp = socket_in(lab.client, socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self._udp.bind(("10.77.0.200", 0))
        self._raw = socket_in(lab.client, socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self._raw.bind(("eth0", ETH_P_ALL))
        self._mac = self._raw.getsockname()[4]

    def __enter__(self) -> "Stranger":
        return self

    def __exit__(self, *_: object) -> None:
        self._udp.close()
        self._raw.close()

    def inject(self, payload: bytes, to: str = "10.77.0.255", port: int = PORT) -> None:
        """Sends a datagram to a node, or by broadcast to all."""
        self._udp.sendto(payload, (to, port))

    def replay(self, frame: Frame) -> None:
        """Sends a recorded frame again, with the addresses that it had; only the network card is the stranger's, or the
        switch would believe that the sender had moved here, and that is another attack."""
        self._raw.send(with_checksum(frame.bytes[:6] + self._mac + frame.bytes[12:]))


def listen_udp(lab: Lab, namespace: str, address: str, port: int) -> socket.socket:
    """Binds a UDP socket in a namespace: the port is then in use."""
    def bind() -> socket.socket:
        held = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        held.bind((address, port))
        return held

    return within(namespace, bind)
