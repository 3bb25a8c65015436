"""The status lights as they look, from the table of signals in the README, which the daemon's own table is checked with."""

import os
import re

_README = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "README.md")
# Milliseconds lit, dark, lit, … of one round, by the pattern's name.
_ROUNDS = {
    "off": [0, 1000], "steady": [1000, 0], "slow blink": [500, 500], "fast blink": [125, 125],
    "heartbeat": [100, 150, 100, 1050], "long blink": [2000, 2000], "wink": [1800, 200],
}
DARK = ("off", "off", "off")


def _plain(signal: str) -> str:
    return re.sub(r"[^a-z]", "", signal.lower())


def table() -> dict[str, tuple[str, str, str]]:
    """The patterns of green, yellow and red, by signal (lower-case letters only)."""
    with open(_README, encoding="utf-8") as file:
        text = file.read()
    rows = text.partition("<!-- signals -->")[2].partition("<!-- /signals -->")[0].splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if row.startswith("| ")]
    return {_plain(row[0]): tuple(row[1:4]) for row in cells[1:]}


class Lights:
    """The lights of one node, in time."""

    def __init__(self, signals: dict[str, tuple[str, str, str]]):
        self._signals = signals
        self._signal = ""
        self._since = 0.0

    def lit(self, signal: str, now: float) -> tuple[bool, bool, bool]:
        """Whether green, yellow and red are lit at an instant (seconds), while a signal is shown. None is, by one that
        isn't in the table."""
        if signal != self._signal:
            self._signal, self._since = signal, now
        return tuple(_level(pattern, (now - self._since) * 1000) for pattern in self._signals.get(_plain(signal), DARK))


def _level(pattern: str, milliseconds: float) -> bool:
    steps = _ROUNDS[pattern]
    position = milliseconds % sum(steps)
    for number, step in enumerate(steps):
        if position < step:
            return number % 2 == 0
        position -= step
    return False
