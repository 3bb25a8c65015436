"""From what was measured of membership to the rows of the table, and to the points of the curves."""

import statistics
from collections.abc import Callable

from bench.detection import FAULTS, Outcome
from bench.rows import each
from bench.table import Row, median_and_max
from bench.traffic import Rates


def rows_of_fault(nodes: int, part: str, columns: list[list[Outcome]]) -> list[Row]:
    """The rows of a fault; the outcomes of each contestant."""
    fault = FAULTS[part]
    name = f"n = {nodes}, {fault.title}"

    def times(what: str, measure: Callable[[Outcome], float]) -> list[Row]:
        return median_and_max(f"{name}, {what}", [list(map(measure, column)) for column in columns])
    return [
        *times("dead to the first other", lambda outcome: outcome.first),
        *times("dead to all others", lambda outcome: outcome.all),
        *times(f"{fault.healed}, all alive to all", lambda outcome: outcome.whole),
        Row(f"{name}, dead to another but unharmed", "",
            each(columns, lambda column: sum(outcome.wrong for outcome in column))),
    ]


def rows_of_quiet(nodes: int, columns: list[list[Rates]]) -> list[Row]:
    """The rows of what a node sends while nothing happens, the mean of all nodes."""
    return [Row(f"n = {nodes}, quiet, {what} sent by a node", "1/s",
                each(columns, lambda column: rate_of(column, what))) for what in Rates._fields]


def rate_of(column: list[Rates], what: str) -> float:
    """The mean of all nodes."""
    return statistics.fmean(rate for rates in column for rate in getattr(rates, what).values())


def point(nodes: int, killed: list[Outcome], split: list[Outcome], quiet: list[Rates]) -> dict:
    """What one contestant did at one size, in the form of the simulation's curves; null is what was not measured."""
    return {
        "nodes": nodes,
        "runs": max(len(killed), len(split)),
        "firstSuspicion": _spread([outcome.suspected for outcome in killed]),
        "confirmedDeath": _spread([outcome.all for outcome in killed]),
        "join": _spread([outcome.whole for outcome in killed]),
        "heal": _spread([outcome.whole for outcome in split]),
        "bytesPerSecond": round(rate_of(quiet, "bytes"), 3) if quiet else None,
        "packetsPerSecond": round(rate_of(quiet, "packets"), 3) if quiet else None,
    }


def _spread(values: list[float | None]) -> dict[str, float] | None:
    known = [value for value in values if value is not None]
    return {"median": round(statistics.median(known), 3), "max": round(max(known), 3)} if known else None
