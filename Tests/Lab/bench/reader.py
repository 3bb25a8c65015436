"""Reads what the daemons write as they write it, and notes when which node said what of which member.

Each daemon writes into a named pipe of its own; what came is added to the file `log` beside the pipe. So all of them
are observed in the same way, to a fraction of a millisecond, and none is asked anything.
"""

import json
import os
import re
import select
import sys
import time

from bench.children import Child, take_priority
from bench.views import STARTED, Told

PIPE = "said"


def understood(line: str, at: int, by: str, patterns: list[tuple[str, str]]) -> Told | None:
    """What a line says, by the first of the patterns that it has; each is an expression and the state that it means,
    and has the member's name as its group."""
    for expression, state in patterns:
        found = re.search(expression, line)
        if found:
            of = by if state == STARTED else found.group(1)
            return Told(at, by, of, state) if of != by or state == STARTED else None
    return None


def read(directories: dict[str, str], patterns: list[tuple[str, str]]) -> None:
    """Reads until told to end; an `e` asks for what was said since the last one."""
    poll = select.epoll()
    poll.register(0, select.EPOLLIN)
    nodes: dict[int, tuple[str, int]] = {}
    rests: dict[int, bytes] = {}
    for name, directory in directories.items():
        # Open for writing, too: otherwise each end of a daemon would be the end of the pipe.
        pipe = os.open(os.path.join(directory, PIPE), os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        log = os.open(os.path.join(directory, "log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        nodes[pipe], rests[pipe] = (name, log), b""
        poll.register(pipe, select.EPOLLIN)
    told: list[Told] = []
    print("[]", flush=True)
    take_priority(2)
    while True:
        for handle, _ in poll.poll():
            if handle == 0:
                if os.read(0, 1) != b"e":
                    return
                print(json.dumps(told), flush=True)
                told = []
                continue
            piece, now = os.read(handle, 65536), time.monotonic_ns()
            name, log = nodes[handle]
            os.write(log, piece)
            *lines, rests[handle] = (rests[handle] + piece).split(b"\n")
            for line in lines:
                item = understood(line.decode(errors="replace"), now, name, patterns)
                if item:
                    told.append(item)


class Reader(Child):
    """The reading process, seen from the harness. It makes the pipes, and must begin before the daemons."""

    def __init__(self, home: str, directories: dict[str, str], patterns: list[tuple[str, str]]):
        for directory in directories.values():
            os.mkfifo(os.path.join(directory, PIPE))
        super().__init__(home, "reader", json.dumps(directories), json.dumps(patterns))
        self.tell(b"")  # it reads once it has said its first line

    def news(self) -> list[Told]:
        """What was said since this was asked last."""
        return [Told(*item) for item in self.tell(b"e")]


if __name__ == "__main__":
    read(json.loads(sys.argv[1]), json.loads(sys.argv[2]))
