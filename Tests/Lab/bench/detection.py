"""One member that fails, as the others say that they see it, and how all come to see all again."""

import random
import time
from collections.abc import Callable
from typing import NamedTuple

from bench.arithmetic import MILLISECOND
from bench.gossip import Gossip
from bench.views import buried_after, first_told, since, wrong_deaths
from bench.weather import Weather, away_in

# Seconds in which all the others must hold a member for dead that is.
NOTICED = 120
# A member is struck within so many seconds after all is well: as long as the longer round of probes, which is serf's.
PHASE = 1.0
# What was killed is started again so many seconds after all the others hold it for dead.
RESTART = 1.0


class Fault(NamedTuple):
    """`strike` lets a member fail; `mend` brings it back some time after all the others hold it for dead."""

    title: str
    strike: Callable[[Gossip, str], None]
    mend: Callable[[Gossip, str], None]
    # What it is called when all hold all for alive again after that.
    healed: str
    splits: bool = False


FAULTS = {
    "kill": Fault("process killed", lambda cluster, name: cluster.kill(name),
                  lambda cluster, name: cluster.restart(name), "started again"),
    "partition": Fault("silent partition", lambda cluster, name: cluster.network.silence(name, True),
                       lambda cluster, name: cluster.network.silence(name, False), "healed", True),
}


class Outcome(NamedTuple):
    """What became of one fault; times in milliseconds."""

    victim: str
    # From the fault until another member first suspected it; None where it was not suspected but held for dead.
    suspected: float | None
    # Until the first other held it for dead, and until all the others did.
    first: float
    all: float
    # How long the fault lasted; and from its end until all held all for alive.
    lasted: float
    whole: float
    # How often one was held for dead by another although the fault befell neither.
    wrong: int
    # The longest that a processor was away from the fault until all held the victim for dead, and while it healed.
    away: float
    heal_away: float
    # All that was said, from the fault on: milliseconds, by whom, of whom, what.
    told: list[tuple[float, str, str, str]]


def measure(cluster: Gossip, fault: Fault, split: float, weather: Weather, run: int) -> Outcome:
    """Lets a member fail, another one in each run, and come back once all the others hold it for dead; if it was cut
    off, `split` seconds later. Waits until all is well again."""
    names = cluster.names
    victim = names[(run + 1) % len(names)]
    cluster.wait_whole()
    # The same for each contestant.
    time.sleep(random.Random(f"{fault.title} {run}").uniform(0, PHASE))
    struck = time.monotonic_ns()
    fault.strike(cluster, victim)
    cluster.wait(lambda: buried_after(cluster.told(), struck, victim, names) is not None,
                 f"all hold {victim} for dead", NOTICED)
    time.sleep(split if fault.splits else RESTART)
    mended = time.monotonic_ns()
    fault.mend(cluster, victim)
    healed = cluster.wait_whole()
    told, gaps = since(cluster.told(), struck), weather.gaps()
    buried = buried_after(told, struck, victim, names)
    return Outcome(
        victim, first_told(told, struck, victim, "suspect"), first_told(told, struck, victim, "dead"), buried,
        (mended - struck) / MILLISECOND, (healed - mended) / MILLISECOND, wrong_deaths(told, victim),
        away_in(gaps, struck, struck + int(buried * MILLISECOND)), away_in(gaps, mended, healed),
        [(round((item.at - struck) / MILLISECOND, 3), *item[1:]) for item in told])
