"""One contestant: three nodes on a wire of their own, with a daemon on each that keeps a floating address."""

import os
import re
import subprocess
import time

from bench.cluster import PATIENCE, Cluster
from bench.watcher import Watcher

FLOATING = "10.77.0.250"
PORT = 80
NAMES = ["n1", "n2", "n3"]
# Seconds that a contestant is left alone once it is whole.
CALM = 1.0


class Contestant(Cluster):
    """What all of them have; use it in a `with` statement."""

    # What a line of the log has in it when the node's part changes.
    move = ""
    # The time between advertisements, in seconds.
    interval = 0.02

    def __init__(self):
        super().__init__(NAMES)
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

    # The daemon: what differs

    def values(self, name: str) -> dict[str, object]:
        return {**super().values(name), "vip": FLOATING, "priority": 200 - 50 * int(name[1:])}

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

    def restart(self, name: str) -> None:
        """Starts a node that was killed or stopped, on a machine that has nothing left of it."""
        self.daemons[name].wait(PATIENCE)
        for line in subprocess.run(["ip", "-n", self.network.namespace(name), "-o", "-4", "address"], check=True,
                                   capture_output=True, text=True).stdout.splitlines():
            device, address = line.split()[1], line.split()[3]
            if address.startswith(FLOATING + "/"):
                subprocess.run(["ip", "-n", self.network.namespace(name), "address", "delete", address, "dev", device],
                               check=False, stderr=subprocess.DEVNULL)
        super().restart(name)

    # What is seen of it

    def moves_said(self) -> list[str]:
        """What the nodes' logs say of each change of their parts, with the reasons that they give."""
        return [f"{name}: {line.strip()}" for name in NAMES for line in self.log(name) if re.search(self.move, line)]

    def wait_whole(self) -> str:
        """Waits until all is well, and answers which node has the address."""
        while True:
            self.wait(self.whole, "all nodes are there and one has the address")
            before = self.watcher.holders()
            time.sleep(CALM)
            if self.whole() and self.watcher.holders() == before:
                return min(before)
