"""What strangers send: junk and imitations, as floods at a rate that is kept and counted, and from addresses that are not
theirs."""

import ctypes
import multiprocessing
import os
import random
import socket
import struct
import time

from namespace import socket_in

# So many are handed to the kernel at once (sendmmsg): one by one, Python alone would need a processor for the rate.
BATCH = 200
_libc = ctypes.CDLL(None, use_errno=True)


class _Part(ctypes.Structure):  # struct iovec
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class _Head(ctypes.Structure):  # struct msghdr
    _fields_ = [("name", ctypes.c_void_p), ("name_length", ctypes.c_uint32), ("parts", ctypes.POINTER(_Part)),
                ("part_count", ctypes.c_size_t), ("control", ctypes.c_void_p), ("control_length", ctypes.c_size_t),
                ("flags", ctypes.c_int)]


class _Message(ctypes.Structure):  # struct mmsghdr
    _fields_ = [("head", _Head), ("sent", ctypes.c_uint)]


def noise(seed: int) -> list[bytes]:
    """Datagrams that have nothing of a node's."""
    generator = random.Random(seed)
    return [generator.randbytes(generator.choice([1, 64, 128, 200, 1200])) for _ in range(1000)]


def imitations(seed: int, gossip: list[bytes]) -> list[bytes]:
    """What whoever reads along on the wire can make: datagrams with the right magic and version and an unknown key;
    with the right key's hint and a sender that exists, and a wrong tag; cut short; sent once more."""
    generator = random.Random(seed)
    made = []
    for _ in range(250):
        heard = generator.choice(gossip)
        wrong = bytearray(heard)
        wrong[-1 - generator.randrange(16)] ^= 1 << generator.randrange(8)
        made += [heard[:4] + generator.randbytes(len(heard) - 4), bytes(wrong),
                 heard[:generator.randrange(4, len(heard))], heard]
    generator.shuffle(made)
    return made


# Where a datagram of pairing has its kind, and what in it is its sender's: key, nonce, group (PairingMessage.swift).
PAIRING, KIND, SENDERS, FLAGS = b"BRP", 4, slice(5, 61), 61
ANNOUNCEMENT, OFFER = 1, 2
# What is said on the own link, and has passed no router, has this time to live (RFC 5082).
OWN_LINK = 255


def pairing_noise(seed: int) -> list[bytes]:
    """Datagrams that begin as those of pairing do, of the right length and of others, and nothing more."""
    generator = random.Random(seed)
    lengths = [0, 1, 2, 100, 188, 189, 190, 1100]
    return [PAIRING + b"\1" * generator.randrange(2) + generator.randbytes(generator.choice(lengths)) for _ in range(1000)]


def announcements(seed: int, heard: list[bytes]) -> list[bytes]:
    """Well-formed announcements of pairing, each of another sender, all of them made up from one that was heard."""
    generator = random.Random(seed)
    one = next(datagram for datagram in heard if datagram.startswith(PAIRING) and datagram[KIND] == ANNOUNCEMENT)
    senders = SENDERS.stop - SENDERS.start
    return [one[:SENDERS.start] + generator.randbytes(senders) + bytes([generator.randrange(8)]) + one[FLAGS + 1:]
            for _ in range(5000)]


class Spoofer:
    """Sends UDP datagrams from a namespace in another machine's name, each from a port of its choice."""

    def __init__(self, namespace: str, source: str):
        self._source = socket.inet_aton(source)
        self._socket = socket_in(namespace, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def __enter__(self) -> "Spoofer":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, payload: bytes, port: int, place: tuple[str, int]) -> None:
        """Sends one; the kernel fills in what IPv4 wants summed, and UDP does without."""
        udp = struct.pack("!HHHH", port, place[1], 8 + len(payload), 0)
        head = struct.pack("!BBHHHBBH", 0x45, 0, 0, 0, 0, OWN_LINK, socket.IPPROTO_UDP, 0)
        self._socket.sendto(head + self._source + socket.inet_aton(place[0]) + udp + payload, (place[0], 0))


def _send(sending: socket.socket, place: tuple[str, int], payloads: list[bytes], seconds: float, rate: int, count) -> None:
    # What else the machine does must not decide how much is sent.
    os.nice(-15)
    host, port = place
    name = ctypes.create_string_buffer(
        struct.pack("=H", socket.AF_INET) + struct.pack("!H", port) + socket.inet_aton(host) + bytes(8), 16)
    held = [ctypes.create_string_buffer(payload, len(payload)) for payload in payloads]
    parts = (_Part * len(held))(*[_Part(ctypes.addressof(one), len(one)) for one in held])
    batches = []
    for first in range(0, len(held) - BATCH + 1, BATCH):
        batches.append((_Message * BATCH)(*[
            _Message(_Head(ctypes.addressof(name), 16, ctypes.pointer(parts[first + index]), 1, None, 0, 0))
            for index in range(BATCH)]))
    begin = time.monotonic()
    sent = turn = 0
    while (now := time.monotonic() - begin) < seconds:
        if sent > now * rate:
            time.sleep(BATCH / rate)
            continue
        turn += 1
        sent += max(0, _libc.sendmmsg(sending.fileno(), batches[turn % len(batches)], BATCH, 0))
        count.value = sent


class Flood:
    """Sends junk from a namespace to a place, so many a second if the machine can, until its `with` statement ends, or
    for `LONGEST` seconds. `sent` says how much it was."""

    LONGEST = 60

    def __init__(self, namespace: str, place: tuple[str, int], payloads: list[bytes], rate: int = 130_000):
        context = multiprocessing.get_context("fork")
        self._count = context.Value("Q", 0, lock=False)
        self._socket = socket_in(namespace, socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, OWN_LINK)
        self._process = context.Process(
            target=_send, args=(self._socket, place, payloads, self.LONGEST, rate, self._count), daemon=True)

    def __enter__(self) -> "Flood":
        self._process.start()
        while self.running and not self.sent:
            time.sleep(0.001)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()
        self._socket.close()

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self._process.is_alive()

    @property
    def sent(self) -> int:
        """How many datagrams have been sent."""
        return self._count.value
