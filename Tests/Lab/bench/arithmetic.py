"""What follows from the times that were noted: gaps, holdings, overlaps, take-overs. Times are nanoseconds of the
monotonic clock, results are milliseconds."""

import bisect
from typing import NamedTuple

MILLISECOND = 1_000_000


class Change(NamedTuple):
    """A node got the floating address, or lost it."""

    at: int
    node: str
    has: bool


class Stretch(NamedTuple):
    """A time in which more than one node had the address; `ended` is whether it ended within what was looked at."""

    start: int
    end: int
    ended: bool

    @property
    def length(self) -> float:
        """In milliseconds."""
        return (self.end - self.start) / MILLISECOND


class Moves(NamedTuple):
    """How often the address went to another node, and how often a node lost it and got it back itself."""

    take_overs: int
    lapses: int


def longest_gap(times: list[int], start: int, end: int) -> float:
    """The longest time between two of the times in a window. The window's ends count, so that silence is no zero."""
    inside = [start, *sorted(at for at in times if start <= at <= end), end]
    return max(later - earlier for earlier, later in zip(inside, inside[1:])) / MILLISECOND


def longest_gap_begun(times: list[int], start: int, until: int, end: int) -> float:
    """The longest time between two of the times that begins from `start` to `until`, however long after that it ends."""
    inside = [start, *sorted(at for at in times if start <= at <= end), end]
    return max(later - earlier for earlier, later in zip(inside, inside[1:]) if earlier <= until) / MILLISECOND


def holders_at(changes: list[Change], at: int) -> set[str]:
    """The nodes that have the address at an instant."""
    held: set[str] = set()
    for change in changes:
        if change.at > at:
            break
        (held.add if change.has else held.discard)(change.node)
    return held


def overlaps(changes: list[Change], start: int, end: int) -> list[Stretch]:
    """The times in a window in which more than one node had the address, cut to the window."""
    held = holders_at(changes, start)
    since = start if len(held) > 1 else None
    found = []
    for change in changes:
        if not start < change.at <= end:
            continue
        (held.add if change.has else held.discard)(change.node)
        if len(held) > 1 and since is None:
            since = change.at
        elif len(held) <= 1 and since is not None:
            found.append(Stretch(since, change.at, True))
            since = None
    if since is not None:
        found.append(Stretch(since, end, False))
    return found


def longest_overlap(changes: list[Change], start: int, end: int) -> Stretch:
    """The longest of them; an empty one when there is none."""
    return max(overlaps(changes, start, end), key=lambda stretch: stretch.length, default=Stretch(start, start, True))


def settled_after(changes: list[Change], start: int, end: int) -> float | None:
    """How long after `start` exactly one node had the address for good, until `end`; None if that never was."""
    if len(holders_at(changes, end)) != 1:
        return None
    last = start
    held = holders_at(changes, start)
    for change in changes:
        if not start < change.at <= end:
            continue
        if len(held) != 1:
            last = change.at
        (held.add if change.has else held.discard)(change.node)
        if len(held) != 1:
            last = change.at
    return (last - start) / MILLISECOND


def claimed_after(changes: list[Change], start: int, by_other_than: str) -> float | None:
    """How long after `start` another node first got the address."""
    return next(((change.at - start) / MILLISECOND for change in changes
                 if change.at >= start and change.has and change.node != by_other_than), None)


def moves(changes: list[Change], start: int, end: int) -> Moves:
    """What happened to an address that nothing should have happened to."""
    holders = holders_at(changes, start)
    last = min(holders) if len(holders) == 1 else None
    take_overs = lapses = 0
    for change in changes:
        if start < change.at <= end and change.has:
            if change.node == last:
                lapses += 1
            else:
                take_overs += 1
            last = change.node
    return Moves(take_overs, lapses)


def late_share(planned: list[int], started: list[int], tolerance: int) -> float:
    """The share, in percent, of what was begun later than it should have been by more than the tolerance."""
    if not planned:
        return 0.0
    return 100 * sum(begun - due > tolerance for due, begun in zip(planned, started)) / len(planned)


def preceded(times: list[int], causes: list[int], within: int) -> int:
    """How many of the times came after one of the causes, and no later than `within` after it."""
    causes = sorted(causes)
    count = 0
    for at in times:
        index = bisect.bisect_right(causes, at) - 1
        count += index >= 0 and at - causes[index] <= within
    return count
