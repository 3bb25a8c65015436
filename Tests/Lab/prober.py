"""Asks for the page through the floating address again and again, as a client would, and remembers what came when."""

import threading
import time
from typing import NamedTuple

from lab import FLOATING, Lab
from node import NoAnswer


class Fetched(NamedTuple):
    """A page that came whole: when (monotonic seconds), from whom, and what it was."""

    at: float
    served_by: str
    body: bytes


class Prober:
    """Fetches in a thread of its own, in a `with` statement; a fetch is given up after `patience` seconds, a new one
    begins `pause` seconds after the last began or ended."""

    def __init__(self, lab: Lab, path: str = "/", address: str = FLOATING, patience: float = 0.1, pause: float = 0.005):
        self.fetched: list[Fetched] = []
        self.failures = 0
        self._lab, self._path, self._address, self._patience, self._pause = lab, path, address, patience, pause
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._fetch)

    def __enter__(self) -> "Prober":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _fetch(self) -> None:
        while not self._done.wait(self._pause):
            try:
                answer = self._lab.http(self._path, address=self._address, timeout=self._patience)
            except NoAnswer:
                self.failures += 1
                continue
            if answer.status == 200:
                self.fetched.append(Fetched(time.monotonic(), answer.served_by, answer.body))
            else:
                self.failures += 1

    def outage_after(self, node: str) -> tuple[float, str]:
        """The time from the last page that a node served to the first that another one did, in seconds; and the other."""
        pages = list(self.fetched)
        last = max(index for index, page in enumerate(pages) if page.served_by == node)
        return pages[last + 1].at - pages[last].at, pages[last + 1].served_by
