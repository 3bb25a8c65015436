"""Membership: how soon ours and serf's notice that a member fails, and what they send, size by size in turn.

Both run at the same time, each in namespaces of its own, with as many nodes, and are struck in turn, so that the
machine's noise hits both. serf has its profile `lan`. Ours has its defaults but for the floating address: it has none,
so that no advertisements are sent, which serf has no counterpart of. Both are observed by what they write to their
logs, at the moment at which they do.

    quiet      what a node sends while nothing happens, from and to the port of its gossip; headers from IP's on count
    kill       SIGKILL of one, which is started again once all the others hold it for dead
    partition  one is cut off silently, until all the others have held it for dead for a while

Prints a table and writes .build/bench/membership-lab.json.
"""

import argparse
import os
import sys
import time
from contextlib import ExitStack

import leftovers
from bench import detection, figures, processes, table, traffic
from bench.arithmetic import MILLISECOND
from bench.children import HarnessError
from bench.demands import demand
from bench.detection import FAULTS
from bench.gossip import BrambleGossip, Gossip, Serf
from bench.progress import Attempts, say
from bench.weather import Weather
from node import BRAMBLE, PROJECT

OUTPUT = os.path.join(PROJECT, ".build", "bench", "membership-lab.json")
CONTESTANTS = (BrambleGossip, Serf)
PARTS = ("quiet", *FAULTS)
# serf exchanges everything with another member every 30 s, ours every 10: two of the former.
QUIET_SECONDS = 60
# So many daemons of each run at a time.
LARGEST = 50


class Benchmark:
    """What was found so far."""

    def __init__(self, options: argparse.Namespace, weather: Weather):
        self.options, self.weather = options, weather
        self.titles = [contestant.title for contestant in CONTESTANTS]
        self.rows: list[table.Row] = []
        # By size and part: what each contestant did in each run.
        self.found: dict[int, dict[str, list[list]]] = {}
        self.attempts = Attempts(options.limit)
        self.began, self.times = time.strftime("%Y-%m-%dT%H:%M:%S%z"), processes.machine_times()

    def run(self, nodes: int) -> None:
        """Measures all parts with so many nodes."""
        self.found[nodes] = {}
        with ExitStack() as stack:
            clusters = [stack.enter_context(contestant(nodes)) for contestant in CONTESTANTS]
            for part in self.options.parts:
                if part == "quiet":
                    found = self.measure_quiet(nodes, clusters)
                    self.rows += figures.rows_of_quiet(nodes, found)
                else:
                    found = self.measure_fault(nodes, clusters, part)
                    self.rows += figures.rows_of_fault(nodes, part, found)
                self.found[nodes][part] = found
                self.write()

    def measure_quiet(self, nodes: int, clusters: list[Gossip]) -> list[list[traffic.Rates]]:
        """What they send; both at the same time."""
        for cluster in clusters:
            cluster.wait_whole()
        say(f"n = {nodes}, quiet: {self.options.quiet:g} s")
        before = [cluster.sent() for cluster in clusters]
        time.sleep(self.options.quiet)
        return [[traffic.rates(earlier, cluster.sent())] for cluster, earlier in zip(clusters, before)]

    def measure_fault(self, nodes: int, clusters: list[Gossip], part: str) -> list[list[detection.Outcome]]:
        """One of the faults, on each in turn; who begins changes from run to run."""
        found: list[list[detection.Outcome]] = [[] for _ in clusters]
        for run in range(self.options.runs):
            for place in range(len(clusters)):
                index = (run + place) % len(clusters)
                cluster, what = clusters[index], f"n = {nodes}, {part} {run + 1}/{self.options.runs}"
                outcome = self.attempts.make(
                    what, cluster,
                    lambda: detection.measure(cluster, FAULTS[part], self.options.split, self.weather, run))
                if outcome:
                    found[index].append(outcome)
                    say(f"{what}  {cluster.title:8} {brief(outcome)}")
        return found

    @property
    def stolen(self) -> float:
        """What the hypervisor took so far, in percent."""
        return processes.stolen_share(self.times, processes.machine_times())

    def write(self) -> None:
        """Writes what there is: the rows, the points for the curves, and all that was measured."""
        gaps = [gap.length / MILLISECOND for gap in self.weather.gaps()]
        table.write(self.options.output, self.titles, self.rows, {
            "began": self.began, "binary": BRAMBLE, "runs": self.options.runs, "split_seconds": self.options.split,
            "versions": {contestant.title: contestant.version() for contestant in CONTESTANTS},
            "machine": {
                "processors": os.cpu_count(), "stolen_percent": round(self.stolen, 2),
                "away_max_ms": max(gaps, default=0), "away_over_10_ms": sum(gap > 10 for gap in gaps)},
            "errors": self.attempts.errors,
            "curves": {title: [figures.point(nodes, *(parts[part][index] if part in parts else []
                                                      for part in ("kill", "partition", "quiet")))
                               for nodes, parts in self.found.items()] for index, title in enumerate(self.titles)},
            "measured": {nodes: {part: {title: [outcome._asdict() for outcome in column]
                                        for title, column in zip(self.titles, columns)}
                                 for part, columns in parts.items()} for nodes, parts in self.found.items()}})


def brief(outcome: detection.Outcome) -> str:
    """An outcome in a few words."""
    wrong = f", {outcome.wrong} times another held for dead" if outcome.wrong else ""
    longest = max(outcome.away, outcome.heal_away)
    away = f", a processor away for {longest:.0f} ms" if longest else ""
    return (f"{outcome.victim} dead to the first after {outcome.first:.0f} ms, to all after {outcome.all:.0f} ms; "
            f"whole again after {outcome.whole:.0f} ms{wrong}{away}")


def options_of(arguments: list[str]) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", default="3 5 10", help="the sizes, with blanks between them (3 5 10)")
    parser.add_argument("--runs", type=int, default=5, help="faults of each kind (5)")
    parser.add_argument("--faults", default=" ".join(PARTS), help="which, with blanks between them (all)")
    parser.add_argument("--split", type=float, default=10, help="seconds that a partition lasts once noticed (10)")
    parser.add_argument("--quiet", type=float, default=QUIET_SECONDS,
                        help=f"seconds in which it is counted what idle nodes send ({QUIET_SECONDS})")
    parser.add_argument("--limit", type=float, default=90, help="minutes after which nothing new is begun (90)")
    parser.add_argument("--output", default=OUTPUT, help="where the JSON goes")
    options = parser.parse_args(arguments)
    options.parts = options.faults.replace(",", " ").split()
    if not options.parts or not set(options.parts) <= set(PARTS):
        parser.error(f"the faults are {' '.join(PARTS)}")
    sizes = options.nodes.replace(",", " ").split()
    if not sizes or not all(size.isdigit() and 2 <= int(size) <= LARGEST for size in sizes):
        parser.error(f"the sizes are numbers of nodes from 2 to {LARGEST}")
    options.sizes = list(dict.fromkeys(map(int, sizes)))
    if options.runs < 1 or not 0 <= options.split <= 600 or not 1 <= options.quiet <= 3600:
        parser.error("there must be a run; a split lasts for 0 to 600 seconds, quiet for 1 to 3600")
    return options


def main() -> int:
    options = options_of(sys.argv[1:])
    demand("bench-membership", "serf", "nft")
    leftovers.sweep()
    try:
        with Weather(None) as weather:
            benchmark = Benchmark(options, weather)
            for nodes in options.sizes:
                benchmark.run(nodes)
    except HarnessError as error:
        print(f"bench-membership: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(f"\n{table.text(benchmark.titles, benchmark.rows)}\n")
    print("bramble without a floating address, so that no advertisements count; serf with its profile lan. What is sent\n"
          f"has its IP headers. The hypervisor took {benchmark.stolen:.1f} % of the time. All that was measured:\n"
          f"{options.output}")
    for error in benchmark.attempts.errors:
        print(f"bench-membership: not measured: {error.splitlines()[0]}", file=sys.stderr)
    return 1 if benchmark.attempts.errors else 0


if __name__ == "__main__":
    sys.exit(main())
