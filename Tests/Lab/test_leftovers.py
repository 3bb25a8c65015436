"""Nothing of a lab stays on the machine, however its owner ends."""

import os
import signal
import subprocess
import sys
import time

import pytest

import leftovers

OWNER = """
import signal, sys, time
# Whoever runs the tests in the background has it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.path.insert(0, sys.argv[1])
from lab import Lab
lab = Lab(2)
lab.start()
print(lab.prefix, lab.directory, lab._watch._watchdog.pid, *[node.pid for node in lab.nodes], flush=True)
time.sleep(600)
"""


def owner():
    """A process that has made a lab with two running nodes, and what it made."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, os.path.dirname(os.path.abspath(__file__))], stdout=subprocess.PIPE, text=True)
    prefix, directory, *pids = process.stdout.readline().split()
    return process, prefix, directory, [int(pid) for pid in pids]


def remains(prefix: str, directory: str, pids: list[int]) -> list[str]:
    """What there still is of a lab."""
    found = [name for name in os.listdir(leftovers.NAMESPACES) if name.startswith(prefix + "-")]
    found += [str(pid) for pid in pids if leftovers.start_time(pid) is not None]
    found += [note["prefix"] for note in leftovers.notes() if note["prefix"] == prefix]
    return found + ([directory] if os.path.exists(directory) else [])


def wait_gone(prefix: str, directory: str, pids: list[int]) -> None:
    end = time.monotonic() + 60
    while remains(prefix, directory, pids):
        assert time.monotonic() < end, f"still there: {remains(prefix, directory, pids)}"
        time.sleep(0.1)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_lab_goes_when_its_owner_is_killed(number):
    process, prefix, directory, pids = owner()
    assert len(remains(prefix, directory, pids)) >= 4 + 3 + 2
    process.send_signal(number)
    process.wait()
    wait_gone(prefix, directory, pids)


def test_a_sweep_removes_what_a_killed_owner_and_watchdog_left():
    process, prefix, directory, pids = owner()
    os.kill(pids[0], signal.SIGKILL)
    process.kill()
    process.wait()
    # Whoever makes a lab sweeps first, and may have been faster.
    leftovers.sweep()
    wait_gone(prefix, directory, pids)


def test_a_sweep_leaves_the_labs_of_living_owners(lab):
    assert lab.prefix not in leftovers.sweep()
    assert any(note["prefix"] == lab.prefix for note in leftovers.notes())
