"""Which failures count: what runs a test again must not hide one for which the machine is no excuse."""

import os
import subprocess
import sys

import pytest

LAB = os.path.dirname(os.path.abspath(__file__))
CONFTEST = """
import sys, time
sys.path.insert(0, {lab!r})
from again import Again
from bench.weather import Gap

class Weather:
    def gaps(self):
        return [Gap(time.monotonic_ns() - 1000, {away} * 1_000_000)]
    def __exit__(self):
        print("the probes ended")

def pytest_configure(config):
    config.pluginmanager.register(Again(Weather()))
"""
TESTS = """
import pytest
tries = []

@pytest.fixture
def tried():
    tries.append(1)
    yield len(tries)

def test_one(tried):
    assert tried >= {needed}, "too early"
"""


def run(folder, away: int, needed: int) -> tuple[int, str]:
    """Runs a test that passes at a certain attempt, while a processor is away for so many milliseconds in each."""
    (folder / "conftest.py").write_text(CONFTEST.format(lab=LAB, away=away))
    (folder / "test_one.py").write_text(TESTS.format(needed=needed))
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", str(folder)], text=True,
                          capture_output=True, timeout=60, cwd=folder)
    return done.returncode, done.stdout


@pytest.mark.parametrize("away,needed,passes,again", [
    (150, 1, True, 0), (150, 2, True, 1), (150, 3, True, 2), (150, 4, False, 2), (50, 2, False, 0)])
def test_a_failure_counts_unless_the_machine_stood_still(tmp_path, away, needed, passes, again):
    status, output = run(tmp_path, away, needed)
    assert (status == 0) is passes, output
    assert ("1 passed" if passes else "1 failed") in output
    assert output.count("a processor was away for 150 ms") == again
    assert (f"{again} run again" in output) is (again > 0)
    assert "the probes ended" in output
