"""How long a test may take."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def ends_within(seconds: float) -> Iterator[None]:
    """What hangs fails after so many seconds, and the other tests go on."""
    def over(*_: object) -> None:
        pytest.fail(f"no end after {seconds} s")

    signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds, 10)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
