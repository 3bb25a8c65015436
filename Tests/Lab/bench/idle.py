"""What a node costs while nothing happens."""

import time
from typing import NamedTuple

from bench import processes
from bench.contestant import NAMES, Contestant


class Idle(NamedTuple):
    """The most that one of the three daemons used, without a web server beside it: percent of a core, and megabytes."""

    cpu: float
    memory: float


def measure(contestants: list[Contestant], seconds: float) -> dict[str, Idle]:
    """All of them in the same time, by title."""
    for contestant in contestants:
        contestant.wait_whole()
    daemons = {(contestant.title, name): contestant.daemon(name) for contestant in contestants for name in NAMES}
    began = time.monotonic()
    before = {node: processes.cpu_seconds(pids) for node, pids in daemons.items()}
    time.sleep(seconds)
    used = {node: 100 * (processes.cpu_seconds(pids) - before[node]) / (time.monotonic() - began)
            for node, pids in daemons.items()}
    return {contestant.title: Idle(max(used[contestant.title, name] for name in NAMES),
                                   max(processes.resident_megabytes(contestant.daemon(name)) for name in NAMES))
            for contestant in contestants}
