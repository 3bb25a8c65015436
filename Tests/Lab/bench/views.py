"""What follows from what nodes said of each other: when a death was known, and whether all see all. Times are
nanoseconds of the monotonic clock, results are milliseconds."""

from typing import NamedTuple

from bench.arithmetic import MILLISECOND

STATES = ("alive", "suspect", "dead", "left")
# What a node says of itself when it begins: it knows nobody yet.
STARTED = "started"


class Told(NamedTuple):
    """A node said that it holds a member for this now; one that starts says so of itself."""

    at: int
    by: str
    of: str
    state: str


class Views:
    """Who of a cluster holds whom for what.

    A suspicion changes nothing here: what is suspected is a member until it is held for dead, and serf does not say
    that a suspicion was refuted.
    """

    def __init__(self, names: list[str]):
        self._names = names
        self._states: dict[tuple[str, str], str] = {}
        # Since when all hold all the others for alive; None while they don't.
        self.whole_since: int | None = None

    def learn(self, told: Told) -> None:
        """Something more was said."""
        if told.state == STARTED:
            self._states = {pair: state for pair, state in self._states.items() if pair[0] != told.by}
        elif told.state != "suspect":
            self._states[told.by, told.of] = told.state
        if any(self._states.get((by, of)) != "alive" for by in self._names for of in self._names if by != of):
            self.whole_since = None
        elif self.whole_since is None:
            self.whole_since = told.at

    def is_buried(self, victim: str) -> bool:
        """Whether all the others hold one for dead."""
        return all(self._states.get((by, victim)) == "dead" for by in self._names if by != victim)


def since(told: list[Told], start: int) -> list[Told]:
    """What was said from an instant on."""
    return [item for item in told if item.at >= start]


def first_told(told: list[Told], start: int, victim: str, state: str) -> float | None:
    """How long after `start` another member first held the victim for that; None if none did."""
    return next(((item.at - start) / MILLISECOND for item in since(told, start)
                 if item.of == victim and item.by != victim and item.state == state), None)


def buried_after(told: list[Told], start: int, victim: str, names: list[str]) -> float | None:
    """How long after `start` all the others first held the victim for dead at the same time; None if they never did."""
    views = Views(names)
    for item in since(told, start):
        views.learn(item)
        if views.is_buried(victim):
            return (item.at - start) / MILLISECOND
    return None


def wrong_deaths(told: list[Told], victim: str = "") -> int:
    """How often one was held for dead by another although nothing befell either of them."""
    return sum(item.state == "dead" and victim not in (item.by, item.of) for item in told)
