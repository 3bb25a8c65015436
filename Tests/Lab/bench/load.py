"""A planned move of the address while clients connect at a fixed rate: what failed, and the largest gap."""

import random
import time
from typing import NamedTuple

from bench.arithmetic import MILLISECOND, longest_gap, longest_overlap
from bench.asker import Asker
from bench.contestant import FLOATING, PORT, Contestant
from bench.faults import Fault

RATE = 500  # new connections a second
PATIENCE = 5.0  # seconds that a client waits for its answer
# The first of the load is not looked at: the client must find the address first. Nanoseconds.
WARMING = 500 * MILLISECOND


class Loaded(NamedTuple):
    """What became of one load; times in milliseconds, `late` in percent."""

    asked: int
    failed: int
    failures: dict[str, int]
    served_by: list[str]
    gap: float
    slowest: float
    # How many connections came about at a second attempt only, a second later.
    retried: int
    # The share of the requests that the harness itself began too late.
    late: float
    overlap: float


def measure(contestant: Contestant, fault: Fault | None, run: int = 0, count: int = 10_000) -> Loaded:
    """Moves the address in the middle of a load; `None` is the control run, without a move."""
    holder = contestant.wait_whole()
    began = time.monotonic_ns()
    with Asker(contestant.network.namespace("c"), FLOATING, PORT, 1000 / RATE, PATIENCE, count) as asker:
        time.sleep(count / RATE * random.Random(f"load {run}").uniform(0.25, 0.5))
        if fault:
            fault.strike(contestant, holder)
        answers = asker.finish()
    overlap = longest_overlap(contestant.watcher.changes(), began, time.monotonic_ns())
    if fault:
        fault.mend(contestant, holder)
    return Loaded(
        len(answers.planned), sum(answers.failures.values()), answers.failures,
        sorted(set(filter(None, answers.names))),
        longest_gap(answers.good, answers.planned[0] + WARMING, answers.planned[-1]), answers.slowest,
        answers.retried, answers.late, overlap.length)
