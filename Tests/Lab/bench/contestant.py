"""One contestant: three nodes on a wire of their own, with a daemon on each that keeps a floating address."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable

from bench import children, processes
from bench.network import Network
from bench.watcher import Watcher

FLOATING = "10.77.0.250"
PORT = 80
NAMES = ["n1", "n2", "n3"]
HERE = os.path.dirname(os.path.abspath(__file__))
# What is served: small, and of a length by which a page cut short shows.
PAGE = "<!doctype html><title>The page</title>" + "<p>It stays when a plug is pulled.</p>" * 30
# Seconds that a contestant is given to be whole again; and that it is left alone once it is.
PATIENCE, CALM = 90, 1.0


class Contestant:
    """What all of them have; use it in a `with` statement."""

    title = ""
    # The configuration beside this file, filled in for each node.
    template = ""
    # What a line of the log has in it when the node's part changes.
    move = ""
    # The time between advertisements, in seconds.
    interval = 0.02

    def __init__(self):
        self.daemons: dict[str, subprocess.Popen] = {}
        self.network = Network(NAMES)
        self.watcher: Watcher | None = None

    def __enter__(self):
        try:
            namespaces = {name: self.network.namespace(name) for name in NAMES}
            self.watcher = Watcher(self.network.switch, FLOATING, namespaces)
            for name in NAMES:
                os.makedirs(self.directory(name))
                self.start(name)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.network.close()
        for process in self.daemons.values():
            process.wait()

    def directory(self, name: str) -> str:
        """A node's folder."""
        return os.path.join(self.network.directory, name)

    # The daemon: what differs

    def command(self, name: str) -> list[str]:
        """The command line of a node's daemon."""
        raise NotImplementedError

    def values(self, name: str) -> dict[str, object]:
        """What is filled in in the template beside what all have."""
        return {}

    def whole(self) -> bool:
        """Whether all nodes are there, each ready to take over, and one has the address."""
        raise NotImplementedError

    def can_drain(self) -> bool:
        """Whether a person can take a node out of service without stopping it."""
        return False

    def drain(self, name: str) -> None:
        """Takes a node out of service."""
        raise NotImplementedError

    def resume(self, name: str) -> None:
        """Puts it back."""
        raise NotImplementedError

    # The daemon: its life

    def start(self, name: str) -> None:
        """Writes a node's configuration and starts its daemon."""
        directory = self.directory(name)
        with open(os.path.join(HERE, self.template), encoding="utf-8") as file:
            text = file.read()
        values = {"name": name, "vip": FLOATING, "dir": directory, "priority": 200 - 50 * int(name[1:]),
                  **self.values(name)}
        with open(os.path.join(directory, self.template), "w", encoding="utf-8") as file:
            file.write(re.sub(r"\{(\w+)\}", lambda found: str(values[found.group(1)]), text))
        with open(os.path.join(directory, "log"), "ab") as log:
            self.daemons[name] = subprocess.Popen(
                children.inside(self.network.namespace(name), *self.command(name)), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, cwd=directory, start_new_session=True)

    def daemon(self, name: str) -> list[int]:
        """The processes of a node's daemon."""
        return processes.tree(self.daemons[name].pid)

    def appliance(self, name: str) -> list[int]:
        """The processes of a node's daemon and of what answers for it: they fail as one."""
        return self.daemon(name)

    def kill(self, name: str) -> None:
        """Ends them all without warning; those that others started first."""
        processes.send(self.appliance(name)[::-1], signal.SIGKILL)

    def restart(self, name: str) -> None:
        """Starts a node that was killed or stopped, on a machine that has nothing left of it."""
        self.daemons.pop(name).wait(PATIENCE)
        for line in subprocess.run(["ip", "-n", self.network.namespace(name), "-o", "-4", "address"], check=True,
                                   capture_output=True, text=True).stdout.splitlines():
            device, address = line.split()[1], line.split()[3]
            if address.startswith(FLOATING + "/"):
                subprocess.run(["ip", "-n", self.network.namespace(name), "address", "delete", address, "dev", device],
                               check=False, stderr=subprocess.DEVNULL)
        self.start(name)

    def reset(self) -> None:
        """Begins anew: after a measurement that went wrong half-way."""
        for name in NAMES:
            self.kill(name)
        self.network.mend(NAMES)
        for name in NAMES:
            self.restart(name)

    # What is seen of it

    def logs(self) -> str:
        """The ends of the nodes' logs."""
        found = []
        for name in NAMES:
            with open(os.path.join(self.directory(name), "log"), encoding="utf-8", errors="replace") as file:
                found += [f"{self.title}, {name}:", *("    " + line.rstrip() for line in file.readlines()[-8:])]
        return "\n".join(found)

    def moves_said(self) -> list[str]:
        """What the nodes' logs say of each change of their parts, with the reasons that they give."""
        found = []
        for name in NAMES:
            with open(os.path.join(self.directory(name), "log"), encoding="utf-8", errors="replace") as file:
                found += [f"{name}: {line.strip()}" for line in file if re.search(self.move, line)]
        return found

    def wait(self, done: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
        """Waits until something is so; that it never is, is no result but an error."""
        end = time.monotonic() + patience
        while not done():
            if time.monotonic() > end:
                raise children.HarnessError(f"{self.title}: in {patience:g} s it never was that {what}\n{self.logs()}")
            time.sleep(0.05)

    def wait_whole(self) -> str:
        """Waits until all is well, and answers which node has the address."""
        while True:
            self.wait(self.whole, "all nodes are there and one has the address")
            before = self.watcher.holders()
            time.sleep(CALM)
            if self.whole() and self.watcher.holders() == before:
                return min(before)
