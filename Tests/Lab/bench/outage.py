"""One fault, as the clients see it and as the nodes' kernels tell it."""

import random
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import NamedTuple

from bench.arithmetic import (
    MILLISECOND, claimed_after, longest_gap, longest_gap_begun, longest_overlap, settled_after)
from bench.asker import Asker
from bench.children import HarnessError
from bench.contestant import FLOATING, PORT, Contestant
from bench.faults import Fault
from bench.weather import Weather, away_in

# A node serves when it has answered for so many seconds without a break, none between two answers longer than that.
STEADY, BREAK = 0.5, 0.05
# The seconds in which another node must have been found, and those in which a split must have healed.
TAKEN_OVER, HEALED = 20.0, 60.0
# The address may move by itself between the moment when all is well and the fault: then all begins again.
ATTEMPTS = 3
# After the end of a split it is looked at for so many seconds at least: a client may be cut off later.
AFTER_A_SPLIT = 3.0
# A gap that begins within so many nanoseconds of its end belongs to the healing: by then the loser has had its last word,
# and the winner has answered it and repeated its answer.
HEALING = 250 * MILLISECOND
# Before the fault so many nanoseconds belong to it, so that the last answer before it counts.
BEFORE = 50 * MILLISECOND


class Outcome(NamedTuple):
    """What one fault cost, in milliseconds."""

    holder: str
    successor: str
    # The longest time without an answer, from the fault until another node served.
    outage: float
    # From the fault until another node's kernel had the address.
    claimed: float | None
    # How long two nodes had the address from the fault until it was mended; and whether that ended by itself.
    overlap: float
    overlap_ended: bool
    # The same from then on.
    overlap_after: float
    # The longest that a processor was away during the outage: no thread could have been on time.
    away: float = 0
    # After a split: the longest time without an answer for either side's client, the longest that a processor was away
    # then, the longest time without an answer of what began later than the healing, whether both were served in the end,
    # and the time until one node had the address for good.
    heal: float | None = None
    heal_away: float = 0
    later: float = 0
    heal_ended: bool = True
    settled: float | None = None


def wait_steady(askers: list[Asker], good: Callable[[str], bool], patience: float) -> str:
    """Waits until one node that is good has answered all of them for a while; answers which, or "" if none did."""
    end, since, steady = time.monotonic() + patience, time.monotonic(), ""
    while time.monotonic() < end:
        heard = [asker.last() for asker in askers]
        names = {name if ago < BREAK and good(name) else "" for ago, name in heard}
        name = names.pop() if len(names) == 1 else ""
        if not name or name != steady:
            since, steady = time.monotonic(), name
        elif time.monotonic() - since > STEADY:
            return name
        time.sleep(0.02)
    return ""


def measure(contestant: Contestant, fault: Fault, weather: Weather, run: int = 0, runs: int = 1) -> Outcome:
    """Lets the holder fail and come back, and waits until all is well again."""
    for _ in range(ATTEMPTS):
        outcome = _strike(contestant, fault, weather, run, runs)
        if outcome:
            return outcome
    raise HarnessError(f"{contestant.title}: the address does not stay where it is for long enough to be measured\n"
                       + contestant.logs())


def _strike(contestant: Contestant, fault: Fault, weather: Weather, run: int, runs: int) -> Outcome | None:
    """One attempt; None if the address went elsewhere before the fault."""
    holder = contestant.wait_whole()
    if fault.splits:
        contestant.network.move(holder, "far")
    with ExitStack() as stack:
        askers = [stack.enter_context(Asker(contestant.network.namespace(client), FLOATING, PORT))
                  for client in (("c", "other") if fault.splits else ("c",))]
        if wait_steady(askers, bool, TAKEN_OVER) != holder:
            contestant.network.mend([holder])
            return None
        # A random phase of its advertisements; the same for each contestant, in parts of its interval.
        time.sleep(random.Random(f"{fault.title} {run}").uniform(0, 1) * contestant.interval)
        struck = time.monotonic_ns()
        fault.strike(contestant, holder)
        wanted = (lambda name: name == holder) if fault.title == "no fault" else (lambda name: name != holder)
        successor = wait_steady(askers[:1], wanted, TAKEN_OVER)
        served = time.monotonic_ns()
        time.sleep(fault.holds(run, runs))
        mended = time.monotonic_ns()
        fault.mend(contestant, holder)
        healed = ""
        if fault.splits:
            time.sleep(AFTER_A_SPLIT)
            healed = wait_steady(askers, bool, HEALED)
        watched = time.monotonic_ns()
        answers = [asker.finish() for asker in askers]
    changes, gaps = contestant.watcher.changes(), weather.gaps()
    if fault.splits:
        contestant.network.move(holder, "near")
    try:
        contestant.wait_whole()
    except HarnessError:  # what was seen stands, also that all did not become well again
        contestant.reset()
    overlap = longest_overlap(changes, struck, mended)
    outage = longest_gap(answers[0].good, struck - BEFORE, served)
    outcome = Outcome(
        holder, successor, outage, claimed_after(changes, struck, holder), overlap.length, overlap.ended,
        longest_overlap(contestant.watcher.changes(), mended, time.monotonic_ns()).length,
        away_in(gaps, struck, struck + int(outage * MILLISECOND)))
    if not fault.splits:
        return outcome
    healed_by = mended + HEALING
    heal = max(longest_gap_begun(client.good, mended - BEFORE, healed_by, watched) for client in answers)
    return outcome._replace(
        heal=heal, heal_away=away_in(gaps, mended - BEFORE, healed_by),
        later=max(longest_gap(client.good, healed_by, watched) for client in answers),
        heal_ended=bool(healed), settled=settled_after(changes, mended, watched))
