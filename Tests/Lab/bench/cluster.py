"""Nodes on a wire of their own, with a daemon on each: what all that are measured have."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable

from bench import children, processes
from bench.network import Network

HERE = os.path.dirname(os.path.abspath(__file__))
# Seconds that something is waited for before it is given up.
PATIENCE = 90


class Cluster:
    """Use it in a `with` statement: what is derived from it starts the daemons when that begins."""

    title = ""
    # The configuration beside this file, filled in for each node; empty where there is none.
    template = ""
    # Where in its folder a daemon writes what it has to say.
    output = "log"

    def __init__(self, names: list[str]):
        self.names = names
        self.daemons: dict[str, subprocess.Popen] = {}
        self.network = Network(names)

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
        """What is filled in in the template."""
        return {"name": name, "dir": self.directory(name)}

    def whole(self) -> bool:
        """Whether all nodes are there, and all is well."""
        raise NotImplementedError

    # The daemon: its life

    def start(self, name: str) -> None:
        """Writes a node's configuration and starts its daemon."""
        directory = self.directory(name)
        if self.template:
            with open(os.path.join(HERE, self.template), encoding="utf-8") as file:
                text = file.read()
            values = self.values(name)
            with open(os.path.join(directory, self.template), "w", encoding="utf-8") as file:
                file.write(re.sub(r"\{(\w+)\}", lambda found: str(values[found.group(1)]), text))
        with open(os.path.join(directory, self.output), "ab") as output:
            self.daemons[name] = subprocess.Popen(
                children.inside(self.network.namespace(name), *self.command(name)), stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, cwd=directory, start_new_session=True)

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
        """Starts a node that was killed or stopped."""
        self.daemons.pop(name).wait(PATIENCE)
        self.start(name)

    def reset(self) -> None:
        """Begins anew: after a measurement that went wrong half-way."""
        for name in self.names:
            self.kill(name)
        self.network.mend(self.names)
        for name in self.names:
            self.restart(name)

    # What is seen of it

    def log(self, name: str) -> list[str]:
        """The lines of a node's log."""
        with open(os.path.join(self.directory(name), "log"), encoding="utf-8", errors="replace") as file:
            return [line.rstrip() for line in file]

    def logs(self) -> str:
        """The ends of the nodes' logs."""
        found = []
        for name in self.names:
            found += [f"{self.title}, {name}:", *("    " + line for line in self.log(name)[-8:])]
        return "\n".join(found)

    def wait(self, done: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
        """Waits until something is so; that it never is, is no result but an error."""
        end = time.monotonic() + patience
        while not done():
            if time.monotonic() > end:
                raise children.HarnessError(f"{self.title}: in {patience:g} s it never was that {what}\n{self.logs()}")
            time.sleep(0.05)
