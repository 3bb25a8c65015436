"""From what was measured to the rows of the table, and what is wanted of each."""

from collections.abc import Callable

from bench.idle import Idle
from bench.load import RATE, Loaded
from bench.outage import Outcome
from bench.table import NONE, Figure, Row, median_and_max

# What is wanted of ours, in milliseconds: the median and the most of an outage.
OUTAGES = {"kill": (10, 30), "hang": (100, None), "link": (50, 100), "partition": (50, 100)}
# How long two nodes may have the address: a lease; and after a hung one woke up, not at all.
LEASE = 1300
AWAKE = {"hang": 0}
HEAL = 25
CPU = 1.0
# The share of the load, in percent, that the harness may ask too late.
LATE = 1.0
# The time between two requests of the load, in milliseconds: no gap is known better than by that.
STEP = 1000 / RATE


def each(columns: list[list], measure: Callable[[list], float | bool | Figure]) -> list[Figure]:
    """A figure of each column; none of a column in which nothing was measured."""
    found = [measure(column) if column else NONE for column in columns]
    return [figure if isinstance(figure, Figure) else Figure(figure) for figure in found]


def of_outage(name: str, title: str, columns: list[list[Outcome]]) -> list[Row]:
    """The rows of one fault; the outcomes of each contestant."""
    outages = [[outcome.outage for outcome in column] for column in columns]
    if name == "none":
        return median_and_max("no fault, longest gap", outages)
    rows = [
        *median_and_max(f"{title}, outage", outages, *OUTAGES.get(name, (None, None))),
        *undisturbed(f"{title}, outage", [[(outcome.outage, outcome.away) for outcome in column] for column in columns],
                     *OUTAGES.get(name, (None, None))),
    ]
    if name == "partition":
        return rows + of_heal(columns)
    return [
        *rows,
        Row(f"{title}, address on two nodes, max", "ms", each(columns, longest_at), LEASE),
        Row(f"{title}, the same once it was back, max", "ms", each(columns, longest_after), AWAKE.get(name, LEASE)),
    ]


def undisturbed(title: str, columns: list[list[tuple[float, float]]], median: float | None,
                longest: float | None) -> list[Row]:
    """The rows of those runs in which no processor was away; of pairs of an outage and that."""
    quiet = [[outage for outage, away in column if not away] for column in columns]
    return [
        Row(f"{title}, runs with no processor away", "",
            [Figure(len(kept)) if column else NONE for kept, column in zip(quiet, columns)]),
        *median_and_max(f"{title}, in these", quiet, median, longest),
    ]


def of_heal(columns: list[list[Outcome]]) -> list[Row]:
    """The rows of the end of a split. While it lasts each side has its holder: neither can know of the other."""
    return [
        *median_and_max("heal, gap of either client", [[outcome.heal or 0 for outcome in column] for column in columns],
                        None, HEAL),
        *undisturbed("heal, gap of either client",
                     [[(outcome.heal or 0, outcome.heal_away) for outcome in column] for column in columns], None, HEAL),
        Row("heal, gap in the seconds after it, max", "ms",
            each(columns, lambda column: max(outcome.later for outcome in column))),
        Row("heal, runs in which a client stayed cut off", "",
            each(columns, lambda column: sum(not outcome.heal_ended for outcome in column)), 0),
        Row("heal, runs that ended without one holder", "",
            each(columns, lambda column: sum(outcome.settled is None for outcome in column)), 0),
        Row("heal, address on two nodes, max", "ms", each(columns, longest_after), LEASE),
    ]


def longest_at(outcomes: list[Outcome]) -> Figure:
    """The longest that two nodes had the address while the fault lasted."""
    longest = max(outcomes, key=lambda outcome: outcome.overlap)
    return Figure(longest.overlap, not longest.overlap_ended)


def longest_after(outcomes: list[Outcome]) -> float:
    """The same after the fault was mended."""
    return max(outcome.overlap_after for outcome in outcomes)


def of_load(title: str, columns: list[list[Loaded]], control: list[list[Loaded]] | None = None) -> list[Row]:
    """The rows of a load; `control` are those without a move, which a planned move is held against."""
    noise = max((loaded.gap for loaded in control[0]), default=None) if control else None
    return [
        Row(f"{title}, connections", "", each(columns, lambda column: sum(loaded.asked for loaded in column))),
        Row(f"{title}, failed", "", each(columns, lambda column: sum(loaded.failed for loaded in column)), 0),
        Row(f"{title}, gap, max", "ms", each(columns, lambda column: max(loaded.gap for loaded in column)),
            None if noise is None else round(noise + STEP, 1)),
        Row(f"{title}, slowest answer", "ms", each(columns, lambda column: max(loaded.slowest for loaded in column))),
        Row(f"{title}, address on two nodes, max", "ms",
            each(columns, lambda column: max(loaded.overlap for loaded in column)), LEASE),
        Row(f"{title}, answered at a second attempt", "",
            each(columns, lambda column: sum(loaded.retried for loaded in column))),
        Row(f"{title}, asked late, max", "%",
            each(columns, lambda column: max(loaded.late for loaded in column)), LATE),
    ]


def of_idle(found: list[Idle]) -> list[Row]:
    """The rows of what a node costs while nothing happens."""
    return [
        Row("idle CPU of the holder", "%", [Figure(idle.cpu[0]) for idle in found], CPU),
        Row("idle CPU of another, max", "%", [Figure(max(idle.cpu[1:])) for idle in found], CPU),
        Row("idle resident memory of a node, max", "MB", [Figure(max(idle.memory)) for idle in found]),
    ]
