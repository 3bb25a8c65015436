"""The floating address when its holder fails: ours beside keepalived's at 0.1 s and at 0.01 s, fault by fault in turn.

All contestants run at the same time, each in namespaces of its own, and are struck in turn, so that the machine's noise
hits all of them. keepalived has real-time priority and a small web server beside it; ours has its defaults. A client
asks for the page every 2 ms, by a new connection each.

    none       no fault: the noise          link       its cable is pulled out of the switch
    kill       SIGKILL                      partition  cut off silently, with a client, and healed
    hang       SIGSTOP, past the lease      stop       a graceful stop while 500 clients a second connect
    nap        SIGSTOP, briefly             drain      taken out of service, under the same load
    idle       CPU and memory while nothing happens

Prints a table and writes .build/bench/failover.json. What is wanted stands beside each figure; a figure that misses it
is no failure of this program.
"""

import argparse
import os
import sys
import time
from contextlib import ExitStack

import leftovers
from bench import idle, load, outage, processes, rows, table
from bench.children import HarnessError
from bench.contestant import Contestant
from bench.contestants import Bramble, Keepalived
from bench.demands import demand
from bench.faults import FAULTS, PLANNED
from bench.progress import Attempts, say
from bench.weather import Weather
from node import BRAMBLE, PROJECT

OUTPUT = os.path.join(PROJECT, ".build", "bench", "failover.json")
PARTS = ("idle", *FAULTS, *PLANNED)
# Loads of 10,000 connections for each planned move and contestant, unless told otherwise.
LOADS = 3
IDLE_SECONDS = 30


class Benchmark:
    """The contestants, and what was found of them so far."""

    def __init__(self, contestants: list[Contestant], options: argparse.Namespace):
        self.contestants, self.options = contestants, options
        self.titles = [contestant.title for contestant in contestants]
        self.rows: list[table.Row] = []
        self.details: dict = {}
        self.control: list[list[load.Loaded]] = []
        self.attempts = Attempts(options.limit)
        self.began, self.times = time.strftime("%Y-%m-%dT%H:%M:%S%z"), processes.machine_times()

    def run(self, part: str) -> None:
        """Measures one part, adds its rows, and writes what there is."""
        if part == "idle":
            self.measure_idle()
        elif part in FAULTS:
            self.measure_outage(part)
        else:
            self.measure_load(part)
        table.write(self.options.output, self.titles, self.rows, {
            "began": self.began, "binary": BRAMBLE, "stolen_percent": round(self.stolen, 2),
            "errors": self.attempts.errors, "measured": self.details})

    @property
    def stolen(self) -> float:
        """What the hypervisor took so far, in percent."""
        return processes.stolen_share(self.times, processes.machine_times())

    def in_turn(self, part: str, runs: int, measure) -> list[list]:
        """What each contestant did in each run; who begins changes from run to run."""
        found: list[list] = [[] for _ in self.contestants]
        for run in range(runs):
            for place in range(len(self.contestants)):
                index = (run + place) % len(self.contestants)
                contestant, what = self.contestants[index], f"{part} {run + 1}/{runs}"
                outcome = self.attempts.make(what, contestant, lambda: measure(contestant, run))
                if outcome is not None:
                    found[index].append(outcome)
                    say(f"{what}  {contestant.title:16} {brief(outcome)}")
        self.details[part] = {title: [outcome._asdict() for outcome in column]
                              for title, column in zip(self.titles, found)}
        return found

    def measure_outage(self, part: str) -> None:
        """One of the faults."""
        fault, runs = FAULTS[part], self.options.runs
        with Weather(self.contestants[0].network.switch) as weather:
            found = self.in_turn(part, runs,
                                 lambda contestant, run: outage.measure(contestant, fault, weather, run, runs))
        self.rows += rows.of_outage(part, fault.title, found)

    def measure_load(self, part: str) -> None:
        """One of the planned moves; before the first of them, the load alone."""
        count, loads = self.options.connections, self.options.loads
        if not self.control:
            self.control = self.in_turn(
                "load alone", loads, lambda contestant, run: load.measure(contestant, None, run, count))
            self.rows += rows.of_load("load alone", self.control)
        fault = PLANNED[part]
        found = self.in_turn(part, loads, lambda contestant, run: None if part == "drain" and not contestant.can_drain()
                             else load.measure(contestant, fault, run, count))
        self.rows += rows.of_load(f"{fault.title} under load", found, self.control)

    def measure_idle(self) -> None:
        """What they cost; all at the same time."""
        say(f"idle: {self.options.idle:g} s")
        found = idle.measure(self.contestants, self.options.idle)
        self.details["idle"] = {title: figures._asdict() for title, figures in found.items()}
        self.rows += rows.of_idle([found[contestant.title] for contestant in self.contestants])


def brief(outcome) -> str:
    """An outcome in a few words."""
    if isinstance(outcome, load.Loaded):
        failed = ", ".join(f"{count} {what}" for what, count in outcome.failures.items()) or "none"
        return f"failed {failed}; gap {outcome.gap:.1f} ms, slowest {outcome.slowest:.1f} ms"
    heal = "" if outcome.heal is None else f", heal {outcome.heal:.1f} ms"
    two = f", on two nodes {outcome.overlap:.0f} ms" if outcome.overlap else ""
    longest = max(outcome.away, outcome.heal_away)
    away = f", a processor away for {longest:.0f} ms" if longest else ""
    return f"{outcome.outage:6.1f} ms, {outcome.holder} -> {outcome.successor or 'none'}{two}{heal}{away}"


def options_of(arguments: list[str]) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20, help="faults of each kind (20)")
    parser.add_argument("--faults", default=" ".join(PARTS), help="which, with blanks between them (all)")
    parser.add_argument("--loads", type=int, default=LOADS, help=f"loads for each planned move ({LOADS})")
    parser.add_argument("--connections", type=int, default=10_000, help="of each load (10000)")
    parser.add_argument("--idle", type=float, default=IDLE_SECONDS,
                        help=f"seconds for which idle nodes are looked at ({IDLE_SECONDS})")
    parser.add_argument("--limit", type=float, default=180, help="minutes after which nothing new is begun (180)")
    parser.add_argument("--output", default=OUTPUT, help="where the JSON goes")
    options = parser.parse_args(arguments)
    options.parts = options.faults.replace(",", " ").split()
    if not options.parts or not set(options.parts) <= set(PARTS):
        parser.error(f"the faults are {' '.join(PARTS)}")
    if options.runs < 1 or options.loads < 1 or options.connections < 1000:
        parser.error("there must be a run and a load, and 1000 connections")
    return options


def main() -> int:
    options = options_of(sys.argv[1:])
    demand("bench-failover", "/usr/sbin/keepalived")
    leftovers.sweep()
    with ExitStack() as stack:
        try:
            contestants = [stack.enter_context(made) for made in (Bramble(), Keepalived(0.1), Keepalived(0.01))]
            benchmark = Benchmark(contestants, options)
            for part in options.parts:
                benchmark.run(part)
        except HarnessError as error:
            print(f"bench-failover: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
    print(f"\n{table.text(benchmark.titles, benchmark.rows)}\n")
    print(f"The hypervisor took {benchmark.stolen:.1f} % of the time. All that was measured: {options.output}")
    for error in benchmark.attempts.errors:
        print(f"bench-failover: not measured: {error.splitlines()[0]}", file=sys.stderr)
    return 1 if benchmark.attempts.errors else 0


if __name__ == "__main__":
    sys.exit(main())
