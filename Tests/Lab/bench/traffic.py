"""What nodes send: counted by the kernel of each as it goes out, IP and UDP or TCP headers included."""

import json
import subprocess
import time
from typing import NamedTuple

from bench.children import HarnessError, inside

RULES = """
table inet traffic {{
    counter sent {{ }}
    chain output {{
        type filter hook output priority 300; policy accept
        oifname "lo" return
        meta l4proto {{ tcp, udp }} th sport {port} counter name sent return
        meta l4proto {{ tcp, udp }} th dport {port} counter name sent
    }}
}}
"""


class Sent(NamedTuple):
    """What one node sent until an instant, in nanoseconds of the monotonic clock."""

    at: int
    bytes: int
    packets: int


class Rates(NamedTuple):
    """What each node sends in a second, by name."""

    bytes: dict[str, float]
    packets: dict[str, float]


def count(namespace: str, port: int) -> None:
    """Has a namespace count from now on what leaves it from or to this port, by UDP or TCP."""
    _nft(namespace, "-f", "-", rules=RULES.format(port=port))


def sent(namespace: str) -> Sent:
    """What was counted so far."""
    found = json.loads(_nft(namespace, "-j", "list", "counter", "inet", "traffic", "sent"))
    counter = next(entry["counter"] for entry in found["nftables"] if "counter" in entry)
    return Sent(time.monotonic_ns(), counter["bytes"], counter["packets"])


def rates(before: dict[str, Sent], after: dict[str, Sent]) -> Rates:
    """What was sent in each second between two counts of the same nodes."""
    def each(field: str) -> dict[str, float]:
        return {name: (getattr(later, field) - getattr(before[name], field)) / ((later.at - before[name].at) / 1e9)
                for name, later in after.items()}
    return Rates(each("bytes"), each("packets"))


def _nft(namespace: str, *arguments: str, rules: str | None = None) -> str:
    command = inside(namespace, "nft", *arguments)
    done = subprocess.run(command, input=rules, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise HarnessError(f"nft {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout
