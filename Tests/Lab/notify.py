"""A service manager's end of the notify socket (sd_notify(3)), for a daemon in the lab."""

import os
import socket
import threading
import time
from typing import NamedTuple

from node import Node


class Told(NamedTuple):
    """A field that the daemon sent, as WATCHDOG and 1, and when (monotonic seconds)."""

    at: float
    name: str
    value: str


class ServiceManager:
    """Listens to one daemon, in a `with` statement; hand `environment` to the daemon at its start."""

    def __init__(self, node: Node, watchdog: float | None = None):
        self.told: list[Told] = []
        path = os.path.join(node.directory, "notify.sock")
        self.environment = {"NOTIFY_SOCKET": path}
        if watchdog is not None:
            self.environment["WATCHDOG_USEC"] = str(int(watchdog * 1_000_000))
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(path)
        self._socket.settimeout(0.1)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> "ServiceManager":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        while not self._done.is_set():
            try:
                message = self._socket.recv(65536).decode(errors="replace")
            except TimeoutError:
                continue
            for field in message.splitlines():
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
