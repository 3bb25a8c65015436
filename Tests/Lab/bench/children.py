"""Processes of the harness's own that run beside the daemons: how they are started, given priority, and talked with.

They run in a namespace of the lab, so that whoever removes the lab ends them, or in none.
"""

import gc
import json
import os
import select
import subprocess
import sys

LAB = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Seconds after which a child that gives no answer will never give one.
PATIENCE = 60


class HarnessError(Exception):
    """The benchmark itself could not go on: no figure follows from it."""


def take_priority(level: int = 1) -> None:
    """Real-time priority for the calling process where it is granted: it must not be the noise in what it measures."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(level))
    except OSError:
        pass
    gc.disable()


def inside(namespace: str, *command: object) -> list[str]:
    """The command line of something in a namespace."""
    return ["nsenter", f"--net=/run/netns/{namespace}", "--", *map(str, command)]


def start(namespace: str | None, module: str, *arguments: object, **options) -> subprocess.Popen:
    """Starts a module of this package in a namespace."""
    environment = {**os.environ, "PYTHONPATH": LAB, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", f"bench.{module}", *map(str, arguments)]
    return subprocess.Popen(inside(namespace, *command) if namespace else command, env=environment,
                            **{"stdin": subprocess.DEVNULL, **options})


class Child:
    """One that answers each letter that it is told with a line of JSON, in a `with` statement."""

    def __init__(self, namespace: str | None, module: str, *arguments: object):
        self._module = module
        self._process = start(namespace, module, *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    def tell(self, letter: bytes):
        """Says something, and answers what it says."""
        try:
            self._process.stdin.write(letter)
            self._process.stdin.flush()
            if select.select([self._process.stdout], [], [], PATIENCE)[0]:
                return json.loads(self._process.stdout.readline())
        except (OSError, ValueError) as error:
            raise HarnessError(f"the harness's {self._module} has ended: {error}") from error
        raise HarnessError(f"the harness's {self._module} gave no answer in {PATIENCE} s")
