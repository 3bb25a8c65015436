"""False take-overs: both processors saturated by stress-ng, every floating address asked by wrk, and nothing amiss.

Ours and keepalived at 0.1 s and 0.01 s run at the same time, each in namespaces of its own, so that all have the same
weather. Whenever an address moves, that is false. Prints a table and writes .build/bench/failover-stress.json, with
what the machine itself did: what the hypervisor took, and for how long a thread of the highest priority had no
processor.
"""

import argparse
import os
import sys
import time
from contextlib import ExitStack

import leftovers
from bench import stress, table
from bench.arithmetic import Moves
from bench.children import HarnessError
from bench.contestants import Bramble, Keepalived
from bench.demands import demand
from node import BRAMBLE, PROJECT

OUTPUT = os.path.join(PROJECT, ".build", "bench", "failover-stress.json")


def show(minute: float, found: dict[str, Moves], machine: stress.Machine) -> None:
    """Says how it goes."""
    counts = ", ".join(f"{title} {counted.take_overs} and {counted.lapses}" for title, counted in found.items())
    now = time.strftime("%H:%M:%S")
    print(f"{now} minute {minute:.1f}: take-overs and lapses: {counts}; {weather(machine)}", flush=True)


def weather(machine: stress.Machine) -> str:
    """The machine's part in a few words."""
    return (f"the hypervisor took {machine.stolen:.1f} %, a processor was away for {machine.largest:.0f} ms at most, "
            f"{machine.longer_than(10)} times for more than 10 ms")


def rows_of(found: list[stress.Stressed]) -> list[table.Row]:
    """The rows of the table."""
    def row(name: str, unit: str, field: str, wanted: float | None = None) -> table.Row:
        return table.Row(name, unit, [table.Figure(getattr(stressed, field)) for stressed in found], wanted)
    return [
        row("false take-overs", "", "take_overs", 0),
        row("address lost and taken back", "", "lapses", 0),
        row("of both, just after a processor was away", "", "after_gaps"),
        row("address on two nodes, max", "ms", "overlap", 1300),
        row("answers a second", "", "rate"),
        row("errors that the clients saw", "", "errors"),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30, help="for how long (30)")
    parser.add_argument("--output", default=OUTPUT, help="where the JSON goes")
    options = parser.parse_args()
    if not 0.1 <= options.minutes <= 24 * 60:
        parser.error("the minutes are 0.1 to 1440")
    demand("bench-failover-stress", "/usr/sbin/keepalived", "stress-ng", "wrk")
    leftovers.sweep()
    began = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    try:
        with ExitStack() as stack:
            contestants = [stack.enter_context(made) for made in (Bramble(), Keepalived(0.1), Keepalived(0.01))]
            found, machine = stress.measure(contestants, options.minutes, show)
            said = {contestant.title: contestant.moves_said() for contestant in contestants}
    except HarnessError as error:
        print(f"bench-failover-stress: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    titles = list(found)
    rows = rows_of(list(found.values()))
    table.write(options.output, titles, rows, {
        "began": began, "binary": BRAMBLE, "minutes": options.minutes, "stolen_percent": round(machine.stolen, 2),
        "largest_gap_ms": round(machine.largest, 2), "gaps_over_10_ms": machine.longer_than(10),
        "gaps_over_20_ms": machine.longer_than(20), "gaps_over_60_ms": machine.longer_than(60),
        "measured": {title: stressed._asdict() for title, stressed in found.items()}, "logs": said})
    print(f"\n{table.text(titles, rows)}\n\nIn {options.minutes:g} minutes {weather(machine)}. {options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
