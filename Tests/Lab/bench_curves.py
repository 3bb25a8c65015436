"""Membership in one picture: the simulation's curves and what the lab measured, as tables, as JSON and as SVG.

Reads .build/bench/membership-simulation.json and membership-lab.json; prints what they say, and writes membership.json
and membership.svg beside them. One of the two may be missing.
"""

import argparse
import json
import os
import sys

from bench import curves
from bench.svg import number
from bench.table import aligned
from node import PROJECT

FOLDER = os.path.join(PROJECT, ".build", "bench")


def read(path: str) -> dict:
    """What a file has; nothing where it is not there."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        print(f"bench-membership: there is no {path}: its part is left out", file=sys.stderr)
        return {}


def write(path: str, content: str) -> None:
    """Writes a file as a whole."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(content)
    os.replace(path + ".new", path)


def table_of_curves(simulation: dict, lab: dict) -> str:
    """What was measured at each size, wherever."""
    lines = [["", "nodes", "runs", *(time.title for time in curves.TIMES), "bytes/s", "packets/s"]]
    columns = {"bramble, simulation": simulation.get("curves", []),
               **{f"{who}, lab": points for who, points in lab.get("curves", {}).items()}}
    for who, points in columns.items():
        for point in points:
            times = [point[time.field] for time in curves.TIMES]
            rates = [point["bytesPerSecond"], point["packetsPerSecond"]]
            lines.append([who, str(point["nodes"]), str(point["runs"]),
                          *(f"{number(time['median'])} ({number(time['max'])})" if time else "-" for time in times),
                          *("-" if rate is None else number(rate) for rate in rates)])
    return aligned(lines, {0})


def table_of_growth(simulation: dict, lab: dict) -> str:
    """With which power of the size each of it grows."""
    lines = [["", *(time.title for time in curves.TIMES), "bytes/s", "packets/s"]]
    columns = {"bramble, simulation": simulation.get("curves", []),
               **{f"{who}, lab": points for who, points in lab.get("curves", {}).items()}}
    for who, points in columns.items():
        powers = [curves.growth(points, lambda point, field=time.field: (point[field] or {}).get("median"))
                  for time in curves.TIMES]
        powers += [curves.growth(points, lambda point, field=field: point[field])
                   for field in ("bytesPerSecond", "packetsPerSecond")]
        if any(power is not None for power in powers):
            lines.append([who, *("-" if power is None else f"n^{power:.2f}" for power in powers)])
    return aligned(lines, {0}) if len(lines) > 1 else ""


def table_of_correlated(entries: list[dict]) -> str:
    """What was measured of crashes at the same time."""
    lines = [["nodes", "crash at once", "runs", "known to all that are left"]]
    for entry in entries:
        death = entry["confirmedDeath"]
        lines.append([str(entry["nodes"]), str(entry["crashes"]), str(entry["runs"]),
                      f"{number(death['median'])} ({number(death['max'])})" if death else "-"])
    return aligned(lines, set())


def table_of_false_deaths(entries: list[dict]) -> str:
    """Who was held for dead in which weather."""
    lines = [["", "weather", "nodes", "node-hours", "suspicions", "false deaths", "in an hour of a node"]]
    for entry in entries:
        lines.append([entry["protocol"], entry["weather"], str(entry["nodes"]), number(entry["nodeHours"]),
                      number(entry["suspicions"]), number(entry["falseDeaths"]), number(curves.rate(entry))])
    return aligned(lines, {0, 1})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulation", default=os.path.join(FOLDER, "membership-simulation.json"))
    parser.add_argument("--lab", default=os.path.join(FOLDER, "membership-lab.json"))
    parser.add_argument("--output", default=os.path.join(FOLDER, "membership"), help="without .json and .svg")
    options = parser.parse_args()
    simulation, lab = read(options.simulation), read(options.lab)
    if not simulation and not lab:
        return 1
    print("\nMilliseconds: the median (the longest). Bytes and packets are those that a node sends in quiet.\n")
    print(table_of_curves(simulation, lab))
    if grown := table_of_growth(simulation, lab):
        print(f"\nHow each grows with the number n of nodes, from {curves.LARGE} nodes on (n^0.00: not at all).\n\n{grown}")
    if simulation.get("correlated"):
        print(f"\n{table_of_correlated(simulation['correlated'])}")
    if simulation.get("falseDeaths"):
        print(f"\n{table_of_false_deaths(simulation['falseDeaths'])}")
    write(options.output + ".json", json.dumps({"simulation": simulation, "lab": lab}, indent=2) + "\n")
    write(options.output + ".svg", curves.drawn(simulation, lab))
    print(f"\nThe picture: {options.output}.svg. All of it: {options.output}.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
