"""From what was measured to the rows of the table, and what is wanted of each."""

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
# The time between two requests of the load, in milliseconds: no gap is known better than by that.
STEP = 1000 / RATE


def of_outage(name: str, title: str, columns: list[list[Outcome]]) -> list[Row]:
    """The rows of one fault; the outcomes of each contestant."""
    if name == "none":
        return median_and_max("no fault, longest gap", [[outcome.outage for outcome in column] for column in columns])
    rows = median_and_max(f"{title}, outage", [[outcome.outage for outcome in column] for column in columns],
                          *OUTAGES.get(name, (None, None)))
    if name == "partition":
        rows += median_and_max("heal, longest gap of either side", [
            [outcome.heal for outcome in column if outcome.heal is not None] for column in columns], None, HEAL)
        rows.append(Row("heal, runs that ended without one holder", "", [
            Figure(sum(outcome.settled is None for outcome in column)) for column in columns], 0))
        rows.append(Row("heal, address on two nodes, max", "ms", [longest_after(column) for column in columns], LEASE))
        return rows
    rows.append(Row(f"{title}, address on two nodes, max", "ms", [longest_at(column) for column in columns], LEASE))
    rows.append(Row(f"{title}, the same once it was back, max", "ms", [longest_after(column) for column in columns],
                    AWAKE.get(name, LEASE)))
    return rows


def longest_at(outcomes: list[Outcome]) -> Figure:
    """The longest that two nodes had the address while the fault lasted."""
    longest = max(outcomes, key=lambda outcome: outcome.overlap)
    return Figure(longest.overlap, not longest.overlap_ended)


def longest_after(outcomes: list[Outcome]) -> Figure:
    """The same after the fault was mended."""
    return Figure(max(outcome.overlap_after for outcome in outcomes))


def of_load(title: str, columns: list[list[Loaded]], control: list[list[Loaded]]) -> list[Row]:
    """The rows of a planned move under load; a contestant that knows no such move has an empty column."""
    def each(measure) -> list[Figure]:
        return [Figure(measure(column)) if column else NONE for column in columns]
    noise = max((loaded.gap for loaded in control[0]), default=None)
    return [
        Row(f"{title} under load, connections", "", each(lambda column: sum(loaded.asked for loaded in column))),
        Row(f"{title} under load, failed", "", each(lambda column: sum(loaded.failed for loaded in column)), 0),
        Row(f"{title} under load, gap, max", "ms", each(lambda column: max(loaded.gap for loaded in column)),
            None if noise is None else round(noise + STEP, 1)),
        Row(f"{title} under load, slowest answer", "ms", each(lambda column: max(loaded.slowest for loaded in column))),
        Row(f"{title} under load, address on two nodes, max", "ms",
            each(lambda column: max(loaded.overlap for loaded in column)), LEASE),
        Row(f"{title} under load, asked late, max", "%", each(lambda column: max(loaded.late for loaded in column)), 1),
    ]


def of_control(columns: list[list[Loaded]]) -> list[Row]:
    """The rows of the load without a move: what the machine itself does."""
    return [
        Row("load alone, failed", "", [Figure(sum(loaded.failed for loaded in column)) for column in columns], 0),
        Row("load alone, gap, max", "ms", [Figure(max(loaded.gap for loaded in column)) for column in columns]),
        Row("load alone, slowest answer", "ms", [Figure(max(loaded.slowest for loaded in column)) for column in columns]),
        Row("load alone, asked late, max", "%", [Figure(max(loaded.late for loaded in column)) for column in columns], 1),
    ]


def of_idle(found: list[Idle]) -> list[Row]:
    """The rows of what a node costs while nothing happens."""
    return [Row("idle CPU of a node, max", "%", [Figure(idle.cpu) for idle in found], CPU),
            Row("idle resident memory of a node, max", "MB", [Figure(idle.memory) for idle in found])]
