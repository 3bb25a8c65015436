"""The client: asks for the page at a fixed rate, by a new connection each, whatever became of those before.

It never waits for an answer before it asks again (an open loop), so a server that is away is asked as often as one that
is there. It runs in the client's namespace, and says afterwards what became of each request.
"""

import array
import json
import os
import re
import select
import socket
import struct
import sys
import time
from typing import NamedTuple

from bench.arithmetic import late_share
from bench.children import Child, take_priority

REQUEST = b"GET / HTTP/1.1\r\nHost: floating.test\r\nConnection: close\r\n\r\n"
SERVED_BY = re.compile(rb"\r\nx-served-by: *([^\r\n]+)", re.IGNORECASE)
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
# After so many nanoseconds Linux connects anew.
RETRY = 1_000_000_000
PENDING, GOOD = "pending", "good"


def judge(heard: bytes) -> tuple[str, str]:
    """What an answer is that came to its end, and the name of the node in it: good is a whole page only."""
    head, separator, body = heard.partition(b"\r\n\r\n")
    if not separator:
        return ("cut short" if heard else "closed without an answer"), ""
    length, name = LENGTH.search(head), SERVED_BY.search(head)
    if not re.match(rb"HTTP/1\.[01] 200 ", head) or not name:
        return "wrong answer", ""
    if not length or int(length.group(1)) != len(body):
        return "cut short", ""
    return GOOD, name.group(1).decode("latin1").strip()


def failure(error: OSError) -> str:
    """The word for what a connection ended with."""
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, (ConnectionResetError, BrokenPipeError)):
        return "reset"
    return os.strerror(error.errno or 0).lower()


class _Asking:
    """The process itself; `count` is 0 for one that asks until it is told to end."""

    def __init__(self, address: str, port: int, step: int, patience: int, count: int):
        self.target, self.step, self.patience, self.count = (address, port), step, patience, count
        self.planned, self.started, self.ended = array.array("q"), array.array("q"), array.array("q")
        self.outcomes: list[str] = []
        self.names: list[str] = []
        self.last = (0, "")
        self.poll = select.epoll()
        self.poll.register(0, select.EPOLLIN)
        self.open: dict[int, list] = {}  # by file descriptor, in the order of asking: socket, number, asked, heard
        self.ending = False

    def run(self) -> None:
        """Until a `q` comes in, and until all is answered, if there is a count; an `l` asks for the last answer."""
        following = time.monotonic_ns()
        while True:
            now = time.monotonic_ns()
            asking = not self.count or len(self.planned) < self.count
            if asking and now >= following:
                self._ask(following, now)
                following += self.step
            self._give_up(now)
            if self.ending and (not self.count or not asking and not self.open):
                return self._report()
            pause = max(0, (following - time.monotonic_ns()) / 1e9) if asking else 0.05
            for handle, _ in self.poll.poll(pause):
                if handle:
                    self._go_on(handle)
                else:
                    self._told()

    def _told(self) -> None:
        command = os.read(0, 1)
        if command == b"l":
            print(json.dumps([time.monotonic_ns(), *self.last]), flush=True)
        elif command == b"q":
            self.ending = True
        else:
            sys.exit(0)

    def _report(self) -> None:
        times = [list(self.planned), list(self.started), list(self.ended)]
        print(json.dumps([*times, self.outcomes, self.names]), flush=True)

    def _ask(self, planned: int, now: int) -> None:
        number = len(self.planned)
        self.planned.append(planned)
        self.started.append(now)
        self.ended.append(0)
        self.outcomes.append(PENDING)
        self.names.append("")
        wire = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        # Closed by a reset: what was answered whole needs no more, and no port is kept waiting.
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        wire.connect_ex(self.target)
        self.open[wire.fileno()] = [wire, number, False, b""]
        self.poll.register(wire, select.EPOLLOUT)

    def _give_up(self, now: int) -> None:
        while self.open:
            handle = next(iter(self.open))  # the oldest
            if now - self.started[self.open[handle][1]] <= self.patience:
                return
            self._end(handle, "no answer in time")

    def _go_on(self, handle: int) -> None:
        if handle not in self.open:
            return
        state = self.open[handle]
        wire, _, asked, _ = state
        try:
            if not asked:
                error = wire.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if error:
                    raise OSError(error, "")
                wire.send(REQUEST)
                state[2] = True
                self.poll.modify(handle, select.EPOLLIN)
                return
            while data := wire.recv(65536):
                state[3] += data
        except BlockingIOError:
            return
        except OSError as error:
            return self._end(handle, failure(error))
        self._end(handle, *judge(state[3]))

    def _end(self, handle: int, outcome: str, name: str = "") -> None:
        wire, number, _, _ = self.open.pop(handle)
        self.poll.unregister(handle)
        wire.close()
        self.ended[number], self.outcomes[number], self.names[number] = time.monotonic_ns(), outcome, name
        if outcome == GOOD:
            self.last = (self.ended[number], name)


class Answers(NamedTuple):
    """What became of the requests, in the order in which they were due."""

    planned: list[int]
    started: list[int]
    ended: list[int]
    outcomes: list[str]
    names: list[str]

    @property
    def good(self) -> list[int]:
        """When the good answers came, in the order in which they came."""
        return sorted(at for at, outcome in zip(self.ended, self.outcomes) if outcome == GOOD)

    @property
    def _durations(self) -> list[int]:
        return [at - due for due, at, outcome in zip(self.planned, self.ended, self.outcomes) if outcome == GOOD]

    @property
    def failures(self) -> dict[str, int]:
        """How many requests failed, by what they failed of."""
        failed = [outcome for outcome in self.outcomes if outcome not in (GOOD, PENDING)]
        return {outcome: failed.count(outcome) for outcome in sorted(set(failed))}

    @property
    def slowest(self) -> float:
        """The longest that a good answer took, in milliseconds from when it was due."""
        return max(self._durations, default=0) / 1e6

    @property
    def retried(self) -> int:
        """How many good answers took so long that a first attempt to connect must have been lost."""
        return sum(taken >= RETRY for taken in self._durations)

    @property
    def late(self) -> float:
        """The share of the requests, in percent, that were begun more than 2 ms after they were due."""
        return late_share(self.planned, self.started, 2_000_000)


class Asker(Child):
    """The asking process, seen from the harness."""

    def __init__(self, namespace: str, address: str, port: int, step_ms: float = 2, patience: float = 0.3,
                 count: int = 0):
        super().__init__(namespace, "asker", address, port, int(step_ms * 1e6), int(patience * 1e9), count)

    def last(self) -> tuple[float, str]:
        """How long ago, in seconds, the last good answer came, and from which node ("" if none ever came)."""
        now, at, name = self.tell(b"l")
        return (now - at) / 1e9, name

    def finish(self) -> Answers:
        """Ends it (once all have been asked and answered, if there is a count), and says what came."""
        return Answers(*self.tell(b"q"))


if __name__ == "__main__":
    asking = _Asking(sys.argv[1], *map(int, sys.argv[2:6]))
    take_priority()
    asking.run()
