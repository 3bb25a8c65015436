"""Three nodes with a daemon that a profile describes, faults of whoever holds the floating address, and the outage.

A profile is a JSON file:

    files     {"name": "@template beside the profile" or text}, written into each node's folder
    start     the command line of one long-lived process (tree) for each node
    stop      the signal for a graceful stop
    wipe      files removed before each start
    service   "responder": the harness runs a small web server beside the daemon; "builtin": the daemon is one
    preempts  whether n1, when it is well, always gets the address back
    settle    seconds that a node which came back is given to be ready to take over
    port, request   where and what the client asks; the answer's X-Served-By tells the node

In files and commands {name} {index} {ns} {ip} {vip} {priority} {interval} {dir} {bramble} and {key} are filled in.

The outage is the longest time between two answers around the fault, asked for every 2 ms by a new connection each; the
return is the same around the moment when the node comes back.
"""

import json
import os
import random
import re
import signal
import subprocess
import tempfile
import time
from typing import NamedTuple

import leftovers
from namespace import bridge, ip
from vipbench.children import Prober, command

FLOATING = "10.77.0.100"
PATTERN = r"(?i)x-served-by: *(n\d+)"
FAULTS = ("crash", "linkdown", "blackhole", "stop", "hang")
# Between a fault and the return another node must have answered for this long without a break, in seconds.
STEADY = 0.5


class Outcome(NamedTuple):
    """What one fault cost: milliseconds without an answer at the fault and at the return, and how many nodes had the
    address once another one answered."""

    outage: float
    back: float
    holders: int


class Bench:
    """One profile's three nodes, in a `with` statement."""

    def __init__(self, profile: str, interval: float, values: dict[str, str] | None = None, nodes: int = 3):
        self.name = os.path.splitext(os.path.basename(profile))[0]
        with open(profile, encoding="utf-8") as file:
            self.profile = json.load(file)
        self.templates = os.path.dirname(os.path.abspath(profile))
        self.interval = interval
        self.values = values or {}
        self.names = [f"n{index}" for index in range(1, nodes + 1)]
        self.prefix = f"vb{os.getpid()}{self.name[0]}"
        self.directory = tempfile.mkdtemp(prefix=self.prefix + "-")
        self.daemons: dict[str, subprocess.Popen] = {}
        self.services: dict[str, subprocess.Popen] = {}
        self._watch = leftovers.Watch(self.prefix, self.directory)

    def __enter__(self) -> "Bench":
        try:
            switch = self.prefix + "-sw"
            ip("netns", "add", switch)
            ip("link", "add", "br0", "type", "bridge", "stp_state", "0", "forward_delay", "0", "mcast_snooping", "0",
               inside=switch)
            ip("link", "set", "br0", "up", inside=switch)
            for name, number in [*((name, 10 + int(name[1:])) for name in self.names), ("c", 200)]:
                self._cable(switch, name, number)
            for name in self.names:
                self._start(name)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in [*self.daemons.values(), *self.services.values()]:
            for pid in process_tree(process.pid):
                send(pid, signal.SIGKILL)
            process.wait()
        self._watch.end()

    def _cable(self, switch: str, name: str, number: int) -> None:
        namespace = self.namespace(name)
        ip("netns", "add", namespace)
        ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", namespace, inside=switch)
        ip("link", "set", name, "master", "br0", "up", inside=switch)
        ip("link", "set", "lo", "up", inside=namespace)
        ip("address", "add", f"10.77.0.{number}/24", "broadcast", "+", "dev", "eth0", inside=namespace)
        ip("link", "set", "eth0", "up", inside=namespace)

    def namespace(self, name: str) -> str:
        """The namespace of a node or of the client."""
        return f"{self.prefix}-{name}"

    # Daemons

    def _fill_in(self, text: str, name: str) -> str:
        index = int(name[1:])
        values = {"name": name, "index": index, "ns": self.namespace(name), "ip": f"10.77.0.{10 + index}", "vip": FLOATING,
                  "priority": 200 - 50 * index, "interval": f"{self.interval:g}",
                  "dir": os.path.join(self.directory, name), **self.values}
        return re.sub(r"\{(\w+)\}", lambda found: str(values.get(found.group(1), found.group(0))), text)

    def _start(self, name: str) -> None:
        """Starts what is not running of a node: its web server, then its daemon."""
        directory = os.path.join(self.directory, name)
        os.makedirs(directory, exist_ok=True)
        for stale in self.profile.get("wipe", []):
            if os.path.exists(os.path.join(directory, stale)):
                os.unlink(os.path.join(directory, stale))
        for file_name, text in self.profile["files"].items():
            if text.startswith("@"):
                with open(os.path.join(self.templates, text[1:]), encoding="utf-8") as file:
                    text = file.read()
            os.makedirs(os.path.dirname(os.path.join(directory, file_name)), exist_ok=True)
            with open(os.path.join(directory, file_name), "w", encoding="utf-8") as file:
                file.write(self._fill_in(text, name))
        if self.profile["service"] == "responder" and name not in self.services:
            self.services[name] = subprocess.Popen(command(self.namespace(name), "respond", name, self.profile["port"]))
            time.sleep(0.3)
        with open(os.path.join(directory, "log"), "ab") as log:
            self.daemons[name] = subprocess.Popen(
                ["nsenter", f"--net=/run/netns/{self.namespace(name)}", "--",
                 *(self._fill_in(word, name) for word in self.profile["start"])],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=directory)

    def _pids(self, name: str) -> list[int]:
        """The processes of a node's daemon and its web server: one appliance, which fails as one."""
        return [pid for processes in (self.services, self.daemons) if name in processes
                for pid in process_tree(processes[name].pid)]

    def holders(self) -> list[str]:
        """The nodes whose kernels have the floating address."""
        return [name for name in self.names if f" {FLOATING}/" in ip("-4", "address", inside=self.namespace(name))]

    def resident_memory(self, name: str) -> float:
        """The resident memory of a node's daemon in megabytes, without a web server beside it. What its processes
        share is counted in each."""
        total = 0
        for pid in process_tree(self.daemons[name].pid):
            with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
                total += int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return total / 1e6

    # Faults

    def strike(self, fault: str, name: str) -> None:
        """Lets a node fail."""
        if fault == "crash":
            for pid in reversed(self._pids(name)):
                send(pid, signal.SIGKILL)
        elif fault == "hang":
            for pid in self._pids(name):
                send(pid, signal.SIGSTOP)
        elif fault == "stop":
            send(self.daemons[name].pid, getattr(signal, "SIG" + self.profile["stop"]))
        elif fault == "linkdown":
            ip("link", "set", name, "down", inside=self.prefix + "-sw")
        elif fault == "blackhole":
            bridge("link", "set", "dev", name, "state", "0", inside=self.prefix + "-sw")

    def mend(self, fault: str, name: str) -> None:
        """Brings it back."""
        if fault == "linkdown":
            ip("link", "set", name, "up", inside=self.prefix + "-sw")
        elif fault == "blackhole":
            bridge("link", "set", "dev", name, "state", "3", inside=self.prefix + "-sw")
        elif fault == "hang":
            for pid in self._pids(name):
                send(pid, signal.SIGCONT)
        else:
            self.daemons.pop(name).wait()
            if fault == "crash" and name in self.services:
                self.services.pop(name).wait()
            # A killed daemon may have left the address; with it there, its restart would not be one.
            for line in ip("-o", "-4", "address", inside=self.namespace(name)).splitlines():
                device, address = line.split()[1], line.split()[3]
                if address.startswith(FLOATING + "/"):
                    ip("address", "del", address, "dev", device, inside=self.namespace(name))
            self._start(name)

    # Measuring

    def _wait_answered(self, prober: Prober, by, timeout: float, fatal: bool = True) -> str:
        """Waits until a node that `by` accepts has answered without a break for STEADY seconds."""
        end, since, steady = time.monotonic() + timeout, 0.0, ""
        while time.monotonic() < end:
            ago, name = prober.last()
            good = name if ago < 0.05 and name and by(name) else ""
            if not good or good != steady:
                since, steady = time.monotonic(), good
            elif time.monotonic() - since > STEADY:
                return good
            time.sleep(0.02)
        if fatal:
            raise RuntimeError(f"{self.name}: no node answered at {FLOATING} in {timeout:g} s; logs in {self.directory}")
        return ""

    def measure(self, fault: str) -> Outcome:
        """Lets the holder fail and come back."""
        prober = Prober(self.namespace("c"), FLOATING, self.profile["port"], 2, self.profile["request"], PATTERN)
        preempts = self.profile["preempts"]
        holder = self._wait_answered(prober, lambda name: name == "n1" or not preempts, 60)
        time.sleep(random.uniform(0, max(self.interval, 0.02)))  # a random phase of its advertisements
        struck = time.monotonic_ns()
        self.strike(fault, holder)
        self._wait_answered(prober, lambda name: name != holder, 20, fatal=False)
        holders = len(self.holders())
        time.sleep(random.uniform(0, max(self.interval, 0.02)))
        mended = time.monotonic_ns()
        self.mend(fault, holder)
        if preempts:
            self._wait_answered(prober, lambda name: name == holder, 90)
        else:
            time.sleep(self.profile["settle"])
            self._wait_answered(prober, lambda name: True, 90)
        answers = prober.finish()
        return Outcome(longest_gap(answers, struck - 50_000_000, mended),
                       longest_gap(answers, mended - 50_000_000, None), holders)


def longest_gap(answers: list[tuple[int, str]], start: int, end: int | None) -> float:
    """The longest time between two answers in a window, in milliseconds; its ends count, so that silence is no zero."""
    end = answers[-1][0] if end is None else end
    times = [start, *(at for at, _ in answers if start <= at <= end), end]
    return max(later - earlier for earlier, later in zip(times, times[1:])) / 1e6


def process_tree(pid: int) -> list[int]:
    """A process and those that it started, parents first."""
    found, waiting = [], [pid]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as children:
                    waiting += [int(child) for child in children.read().split()]
        except OSError:
            pass
    return found


def send(pid: int, number: int) -> None:
    """Sends a signal to a process, if there is one."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
