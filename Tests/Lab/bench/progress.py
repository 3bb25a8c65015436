"""How far a benchmark is, and what could not be measured."""

import time
from collections.abc import Callable
from typing import TypeVar

from bench.children import HarnessError
from bench.cluster import Cluster

Outcome = TypeVar("Outcome")


def say(line: str) -> None:
    """Shows how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


class Attempts:
    """The measurements of a benchmark, as long as there is time for another: so many minutes."""

    def __init__(self, minutes: float):
        self._minutes = minutes
        self._deadline = time.monotonic() + minutes * 60
        # What went wrong with the harness; there are no figures of these measurements.
        self.errors: list[str] = []

    def make(self, what: str, cluster: Cluster, measure: Callable[[], Outcome | None]) -> Outcome | None:
        """One measurement; that it can't be made is noted, and the cluster begins anew."""
        if time.monotonic() > self._deadline:
            self.errors.append(f"{what}, {cluster.title}: left out, for {self._minutes:g} minutes were over")
            return None
        try:
            return measure()
        except HarnessError as error:
            self.errors.append(f"{what}, {error}")
            say(self.errors[-1])
            cluster.reset()
            return None
