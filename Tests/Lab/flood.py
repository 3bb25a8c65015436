"""Junk for a node's ports, as much of it as the machine makes."""

import multiprocessing
import os
import random
import socket
import time

from namespace import socket_in

# One is sent, then the next: a process of Python makes some 100,000 a second, less where others need the processor.
BATCH = 256


def junk(seed: int, gossip: list[bytes]) -> list[bytes]:
    """Datagrams of every kind that is not to be listened to, each kind as often: noise; the right magic and version; the
    right key hint and a sender that exists, with a wrong tag; cut short; sent once more."""
    generator = random.Random(seed)
    made = []
    for _ in range(100):
        heard = generator.choice(gossip)
        wrong = bytearray(heard)
        wrong[-1 - generator.randrange(16)] ^= 1 << generator.randrange(8)
        made += [generator.randbytes(generator.choice([1, 64, 128, 200, 1200])),
                 heard[:4] + generator.randbytes(len(heard) - 4), bytes(wrong),
                 heard[:generator.randrange(1, len(heard))], heard]
    generator.shuffle(made)
    return made


def _send(sending: socket.socket, place: tuple[str, int], payloads: list[bytes], seconds: float, count) -> None:
    os.nice(5)  # the node is to be flooded, and not to be kept from the processor by the flood's maker
    end = time.monotonic() + seconds
    sent = 0
    while time.monotonic() < end:
        for _ in range(BATCH):
            try:
                sending.sendto(payloads[sent % len(payloads)], place)
            except OSError:  # no room in the queue of the card
                continue
            sent += 1
        count.value = sent


class Flood:
    """Sends junk from a namespace to a place for some seconds, from as many processes; a `with` statement waits for its
    end. `sent` and `rate` say how much it was."""

    def __init__(self, namespace: str, place: tuple[str, int], payloads: list[bytes], seconds: float, processes: int = 2):
        self.seconds = seconds
        self._context = multiprocessing.get_context("fork")
        self._counts = [self._context.Value("Q", 0, lock=False) for _ in range(processes)]
        self._sockets = [socket_in(namespace, socket.AF_INET, socket.SOCK_DGRAM) for _ in range(processes)]
        self._processes = [
            self._context.Process(target=_send, args=(sending, place, payloads[index::processes], seconds, count), daemon=True)
            for index, (sending, count) in enumerate(zip(self._sockets, self._counts))]

    def __enter__(self) -> "Flood":
        for process in self._processes:
            process.start()
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.join(self.seconds + 30)
            process.kill()
        for sending in self._sockets:
            sending.close()

    @property
    def sent(self) -> int:
        """How many datagrams have been sent."""
        return sum(count.value for count in self._counts)

    @property
    def rate(self) -> float:
        """How many a second."""
        return self.sent / self.seconds
