"""What the machine itself does to whoever must be on time: a thread of the highest priority that sleeps and wakes up.

By how much it oversleeps no other thread could have been on time either: the kernel or the hypervisor had the
processor. There is one for each processor. It runs by itself, and ends with whoever started it.
"""

import json
import os
import select
import sys
import time
from typing import NamedTuple

from bench.arithmetic import MILLISECOND
from bench.children import Child, take_priority

# Nanoseconds between two looks.
SLEEP = MILLISECOND
# Gaps from this length on are kept, each with its time.
NOTED = 3 * MILLISECOND
PRIORITY = 98


class Gap(NamedTuple):
    """A time in which a processor was not to be had; nanoseconds of the monotonic clock."""

    start: int
    length: int


def away_in(gaps: list[Gap], start: int, end: int) -> float:
    """The longest gap of which something lies in a window, in milliseconds."""
    return max((gap.length for gap in gaps if gap.start < end and gap.start + gap.length > start), default=0) / MILLISECOND


def probe(processor: int, sleep: int) -> None:
    """Sleeps and wakes up until told to end; a `g` asks for the gaps so far."""
    os.sched_setaffinity(0, {processor})
    take_priority(PRIORITY)
    gaps: list[Gap] = []
    poll = select.poll()
    poll.register(0, select.POLLIN)
    before = time.monotonic_ns()
    while True:
        told = poll.poll(sleep / MILLISECOND)
        now = time.monotonic_ns()
        if now - before - sleep >= NOTED:
            gaps.append(Gap(before + sleep, now - before - sleep))
        if told:
            if os.read(0, 1) != b"g":
                return
            print(json.dumps(gaps), flush=True)
        before = time.monotonic_ns()


class Weather:
    """The probes of all processors, in a `with` statement; in a namespace of the lab, or in none."""

    def __init__(self, home: str | None, sleep: int = SLEEP):
        self._probes = [Child(home, "weather", processor, sleep) for processor in sorted(os.sched_getaffinity(0))]

    def __enter__(self) -> "Weather":
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._probes:
            child.__exit__()

    def gaps(self) -> list[Gap]:
        """All gaps so far that are worth noting, the earliest first."""
        return sorted(Gap(*gap) for child in self._probes for gap in child.tell(b"g"))


if __name__ == "__main__":
    probe(int(sys.argv[1]), int(sys.argv[2]))
