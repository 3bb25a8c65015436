"""What a node costs while nothing happens."""

import time
from typing import NamedTuple

from bench import processes
from bench.contestant import NAMES, Contestant


class Idle(NamedTuple):
    """What each of the daemons used, without a web server beside it, the holder of the address first: percent of a
    core, and megabytes."""

    cpu: list[float]
    memory: list[float]


def measure(contestants: list[Contestant], seconds: float) -> dict[str, Idle]:
    """All of them in the same time, by title."""
    daemons: dict[str, list[list[int]]] = {}
    for contestant in contestants:
        holder = contestant.wait_whole()
        daemons[contestant.title] = [contestant.daemon(name) for name in sorted(NAMES, key=lambda name: name != holder)]
    began = time.monotonic()
    before = {title: [processes.cpu_seconds(pids) for pids in nodes] for title, nodes in daemons.items()}
    time.sleep(seconds)
    passed = time.monotonic() - began
    found = {}
    for title, nodes in daemons.items():
        used = [processes.cpu_seconds(pids) - earlier for pids, earlier in zip(nodes, before[title])]
        found[title] = Idle([100 * spent / passed for spent in used], list(map(processes.resident_megabytes, nodes)))
    return found
