"""Junk for a node's ports, at a rate that is kept and counted."""

import ctypes
import multiprocessing
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


def _send(sending: socket.socket, place: tuple[str, int], payloads: list[bytes], seconds: float, rate: int, count) -> None:
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
    """Sends junk from a namespace to a place, so many a second if the machine can, for some seconds; a `with` statement
    waits for its end. `sent` and `rate` say how much it was."""

    def __init__(self, namespace: str, place: tuple[str, int], payloads: list[bytes], seconds: float, rate: int = 100_000):
        self.seconds = seconds
        context = multiprocessing.get_context("fork")
        self._count = context.Value("Q", 0, lock=False)
        self._socket = socket_in(namespace, socket.AF_INET, socket.SOCK_DGRAM)
        self._process = context.Process(
            target=_send, args=(self._socket, place, payloads, seconds, rate, self._count), daemon=True)

    def __enter__(self) -> "Flood":
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.join(self.seconds + 30)
        self._process.kill()
        self._socket.close()

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self._process.is_alive()

    @property
    def sent(self) -> int:
        """How many datagrams have been sent."""
        return self._count.value

    @property
    def rate(self) -> float:
        """How many a second, when it is over."""
        return self.sent / self.seconds
