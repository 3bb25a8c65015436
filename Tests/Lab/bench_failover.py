"""The outage when the holder of the floating address fails: ours beside keepalived's, fault by fault in turn.

keepalived advertises every 0.1 s and has real-time priority, as we do; ours has its defaults. Both are asked in the same
way, over HTTP; keepalived has a small web server beside it. Writes .build/bench/failover.json.
"""

import argparse
import json
import os
import statistics
import sys
import time

import leftovers
from lab import new_key
from node import BRAMBLE, PROJECT
from vipbench.harness import FAULTS, Bench, Outcome

PROFILES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "vipbench", "profiles")
# Seconds that the daemons are given to form before their memory is read.
SETTLING = 10
OUTPUT = os.path.join(PROJECT, ".build", "bench", "failover.json")


def row(name: str, ours: float, peer: float, unit: str = "ms") -> dict:
    """One line of the result; a ratio below 1 is in our favour."""
    return {"name": name, "ours": round(ours, 1), "peer": round(peer, 1), "ratio": round(ours / peer, 3), "unit": unit}


def idle_memory(bench: Bench) -> float:
    """The most that one of the daemons has resident before anything was asked of it, in megabytes."""
    return max(bench.resident_memory(name) for name in bench.names)


def rows_of(fault: str, ours: list[Outcome], peer: list[Outcome]) -> list[dict]:
    """The lines of one fault."""
    return [row(f"{fault}, {part} {word}", measure([getattr(outcome, field) for outcome in ours]),
                measure([getattr(outcome, field) for outcome in peer]))
            for part, field in (("outage", "outage"), ("return", "back"))
            for word, measure in (("median", statistics.median), ("max", max))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10, help="faults of each kind (10)")
    parser.add_argument("--faults", default=",".join(FAULTS), help="which, with commas between them")
    parser.add_argument("--interval", type=float, default=0.1, help="keepalived's advertisement interval in seconds (0.1)")
    options = parser.parse_args()
    faults = options.faults.split(",")
    if not set(faults) <= set(FAULTS):
        parser.error(f"the faults are {', '.join(FAULTS)}")
    leftovers.sweep()

    with Bench(os.path.join(PROFILES, "keepalived.json"), options.interval) as peer, \
            Bench(os.path.join(PROFILES, "bramble.json"), 0.02, {"bramble": BRAMBLE, "key": new_key()}) as ours:
        time.sleep(SETTLING)
        rows = [row("idle resident memory", idle_memory(ours), idle_memory(peer), "MB")]
        for fault in faults:
            outcomes: dict[Bench, list[Outcome]] = {ours: [], peer: []}
            for number in range(options.runs):
                for bench in (peer, ours) if number % 2 else (ours, peer):
                    outcomes[bench].append(bench.measure(fault))
            for bench, found in outcomes.items():
                doubled = sum(outcome.holders > 1 for outcome in found)
                print(f"{fault:10} {bench.name:11} outage " + " ".join(f"{outcome.outage:.0f}" for outcome in found)
                      + f" ms; address on several nodes in {doubled} of {len(found)}", flush=True)
            rows += rows_of(fault, outcomes[ours], outcomes[peer])

    os.makedirs(os.path.dirname(OUTPUT), exist_ok=True)
    with open(OUTPUT, "w", encoding="utf-8") as file:
        json.dump({"rows": rows}, file, indent=2)
    print(f"\n{'':28} {'bramble':>9} {'keepalived':>11} {'ratio':>7}")
    for line in rows:
        print(f"{line['name']:28} {line['ours']:9} {line['peer']:11} {line['ratio']:7}  {line['unit']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
