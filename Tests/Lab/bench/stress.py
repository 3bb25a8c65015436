"""Both processors busy and every floating address asked for without a pause: the holders must not change."""

import re
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import NamedTuple

from bench import children, processes
from bench.arithmetic import MILLISECOND, Change, Moves, longest_overlap, moves, preceded
from bench.contestant import FLOATING, PORT, Contestant
from bench.weather import Gap, Weather

# Connections that stay open to each address, each asking again once it is answered.
CONNECTIONS = 16


class Stressed(NamedTuple):
    """What one contestant did in that time."""

    take_overs: int
    lapses: int
    # How many of both came shortly after a processor was away for longer than an advertisement interval.
    after_gaps: int
    # The longest that two nodes had the address, in milliseconds.
    overlap: float
    # Answers a second, and what wrk counted as errors.
    rate: float
    errors: int


class Machine(NamedTuple):
    """What the machine did in that time: percent that the hypervisor took, and gaps of the processors."""

    stolen: float
    gaps: list[Gap]

    @property
    def largest(self) -> float:
        """The longest that a thread of the highest priority had to wait, in milliseconds."""
        return max((gap.length for gap in self.gaps), default=0) / MILLISECOND

    def longer_than(self, milliseconds: float) -> int:
        """How many gaps were longer."""
        return sum(gap.length > milliseconds * MILLISECOND for gap in self.gaps)


def after_gaps(changes: list[Change], gaps: list[Gap], start: int, interval: float) -> int:
    """How many claims after `start` came while a missed advertisement could still be felt."""
    nanoseconds = int(interval * 1e9)
    claims = [change.at for change in changes if change.at > start and change.has]
    # A gap of the holder's processor is felt by the others while it lasts, one of a Backup's own when it ends.
    causes = [at for gap in gaps if gap.length > nanoseconds for at in (gap.start, gap.start + gap.length)]
    return preceded(claims, causes, 5 * nanoseconds + 100 * MILLISECOND)


def wrk_result(text: str) -> tuple[float, int]:
    """The answers a second and the number of errors that wrk printed."""
    rate = re.search(r"Requests/sec: *([\d.]+)", text)
    if not rate:
        raise children.HarnessError(f"wrk printed no result: {text.strip()}")
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    counts = [*(errors.groups() if errors else ()), *(wrong.groups() if wrong else ())]
    return float(rate.group(1)), sum(map(int, counts))


def measure(contestants: list[Contestant], minutes: float,
            show: Callable[[float, dict[str, Moves], Machine], None]) -> tuple[dict[str, Stressed], Machine]:
    """All contestants in the same time; `show` is told each minute how it goes."""
    seconds = round(minutes * 60)
    for contestant in contestants:
        contestant.wait_whole()
    home = contestants[0].network.switch
    with ExitStack() as stack:
        weather = stack.enter_context(Weather(home))
        start, times = time.monotonic_ns(), processes.machine_times()
        stress = run(stack, home, "stress-ng", "--cpu", "2", "--timeout", f"{seconds + 60}s", "--quiet")
        clients = [run(stack, contestant.network.namespace("c"), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s",
                       f"http://{FLOATING}:{PORT}/") for contestant in contestants]
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(60, left))
            machine = Machine(processes.stolen_share(times, processes.machine_times()), weather.gaps())
            show(minutes - max(0.0, end - time.monotonic()) / 60,
                 {contestant.title: moves(contestant.watcher.changes(), start, time.monotonic_ns())
                  for contestant in contestants}, machine)
        until = time.monotonic_ns()
        if stress.poll() is not None:
            raise children.HarnessError(f"stress-ng ended early, with status {stress.returncode}")
        answers = [wrk_result(client.communicate(timeout=60)[0]) for client in clients]
    found = {}
    for contestant, (rate, errors) in zip(contestants, answers):
        changes = [change for change in contestant.watcher.changes() if change.at <= until]
        found[contestant.title] = Stressed(
            *moves(changes, start, until), after_gaps(changes, machine.gaps, start, contestant.interval),
            longest_overlap(changes, start, until).length, rate, errors)
    return found, machine


def run(stack: ExitStack, namespace: str, *command: str) -> subprocess.Popen:
    """Starts a program in a namespace; it ends with the stack, or with the lab."""
    process = subprocess.Popen(children.inside(namespace, *command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)

    def end() -> None:
        processes.send(processes.tree(process.pid), 9)
        process.wait()
        process.stdout.close()

    stack.callback(end)
    return process
