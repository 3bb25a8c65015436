"""Runs a test again that failed while the machine stood still.

Where a processor was away for longer than a leader may be silent, whatever was timed says nothing of the daemon. That
is measured beside the tests by threads of the highest priority (bench/weather.py), so it is no excuse for a daemon that
was slow. What was run again is told at the end, with what it had failed of.
"""

import time

import pytest
from _pytest.runner import runtestprotocol
from _pytest.terminal import TerminalReporter
from bench.weather import Weather, away_in

# Milliseconds: half of what a leader of the lab may be silent for before another takes over.
STILL = 100
ATTEMPTS = 3
# Characters of a failure that are told.
TAIL = 2000


class Again:
    """A plug-in of pytest."""

    def __init__(self, weather: Weather):
        self._weather = weather
        self._told: list[str] = []

    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for attempt in range(ATTEMPTS):
            start = time.monotonic_ns()
            reports = runtestprotocol(item, nextitem=nextitem, log=False)
            failed = [report for report in reports if report.failed]
            if not failed or attempt == ATTEMPTS - 1:
                break
            away = away_in(self._weather.gaps(), start, time.monotonic_ns())
            if away < STILL:
                break
            self._told.append(f"{item.nodeid} ({failed[0].when}), for a processor was away for {away:.0f} ms:\n"
                              f"{failed[0].longreprtext[-TAIL:]}")
            item._initrequest()
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        # Where tests run in several processes, one of them tells for all.
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["again"] = self._told

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object, error: object) -> None:
        self._told += getattr(node, "workeroutput", {}).get("again", [])

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        if self._told:
            terminalreporter.section(f"{len(self._told)} run again")
            for text in self._told:
                terminalreporter.write_line(text)

    def pytest_unconfigure(self) -> None:
        self._weather.__exit__()
