"""What can befall the holder of the floating address, and how it is undone."""

import signal
from collections.abc import Callable
from typing import NamedTuple

from bench import processes
from bench.contestant import Contestant

# Longer than a lease lasts: what has not gone by then was left behind.
BEYOND_THE_LEASE = 1.6
# A split is healed after so many seconds, from the first run to the last: before and after its sides bury each other.
SHORTEST_SPLIT, LONGEST_SPLIT = 1.0, 6.0


def nothing(_: Contestant, __: str) -> None:
    """Does nothing."""


def hang(contestant: Contestant, name: str) -> None:
    """Stops a node's processes where they are."""
    processes.send(contestant.appliance(name), signal.SIGSTOP)


def wake(contestant: Contestant, name: str) -> None:
    """Lets them go on."""
    processes.send(contestant.appliance(name), signal.SIGCONT)


class Fault(NamedTuple):
    """`strike` lets the holder fail; `mend` brings it back, `hold` seconds after another one has become steady."""

    title: str
    strike: Callable[[Contestant, str], None]
    mend: Callable[[Contestant, str], None] = nothing
    hold: float = 0.0
    # Whether the holder is alone with a client, at the far switch, and serves it on.
    splits: bool = False

    def holds(self, run: int, runs: int) -> float:
        """For how long it lasts in this run, counted from 0: the same for each contestant."""
        if not self.splits:
            return self.hold
        return SHORTEST_SPLIT + (LONGEST_SPLIT - SHORTEST_SPLIT) * run / max(1, runs - 1)


FAULTS = {
    "none": Fault("no fault", nothing),
    "kill": Fault("process killed", lambda contestant, name: contestant.kill(name),
                  lambda contestant, name: contestant.restart(name), BEYOND_THE_LEASE),
    "hang": Fault("process hung", hang, wake, BEYOND_THE_LEASE),
    "nap": Fault("process hung briefly", hang, wake),
    "link": Fault("link down", lambda contestant, name: contestant.network.plug(name, False),
                  lambda contestant, name: contestant.network.plug(name, True), BEYOND_THE_LEASE),
    "partition": Fault("silent partition", lambda contestant, _: contestant.network.join(False),
                       lambda contestant, _: contestant.network.join(True), splits=True),
}

# Those that are planned: they are asked for under load.
PLANNED = {
    "stop": Fault("graceful stop",
                  lambda contestant, name: processes.send(contestant.daemon(name)[:1], signal.SIGTERM),
                  lambda contestant, name: contestant.restart(name)),
    "drain": Fault("drain", lambda contestant, name: contestant.drain(name),
                   lambda contestant, name: contestant.resume(name)),
}
