"""A service manager's end of the notify socket (sd_notify(3)), for a daemon in the lab."""

import os
import socket
import time
from typing import NamedTuple

from listener import Listener
from node import Node


class Told(NamedTuple):
    """A field that the daemon sent, as WATCHDOG and 1, and when (monotonic seconds)."""

    at: float
    name: str
    value: str


class ServiceManager(Listener):
    """Listens to one daemon, in a `with` statement; hand `environment` to the daemon at its start."""

    def __init__(self, node: Node, watchdog: float | None = None):
        self.told: list[Told] = []
        path = os.path.join(node.directory, "notify.sock")
        self.environment = {"NOTIFY_SOCKET": path}
        if watchdog is not None:
            self.environment["WATCHDOG_USEC"] = str(int(watchdog * 1_000_000))
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listening.bind(path)
        super().__init__(listening)

    def heard(self, message: bytes) -> None:
        for field in message.decode(errors="replace").splitlines():
            name, _, value = field.partition("=")
            self.told.append(Told(time.monotonic(), name, value))

    def count(self, name: str) -> int:
        """How often a field has come."""
        return len(self.values(name))

    def values(self, name: str) -> list[str]:
        """The values of a field, the oldest first."""
        return [told.value for told in list(self.told) if told.name == name]

    def names(self) -> list[str]:
        """The names of all fields, the oldest first."""
        return [told.name for told in list(self.told)]
