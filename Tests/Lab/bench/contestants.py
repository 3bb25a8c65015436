"""Who takes part: bramble with its defaults; keepalived with real-time priority and a small web server beside it."""

import json
import os
import socket
import subprocess

from bench import children, processes
from bench.contestant import FLOATING, NAMES, PORT, Contestant
from lab import new_key
from node import BRAMBLE, Status

# What is served: small, and of a length by which a page cut short shows.
PAGE = "<!doctype html><title>The page</title>" + "<p>It stays when a plug is pulled.</p>" * 30


class Ours:
    """How ours is started, whatever is measured: to be put before a class of clusters."""

    title = "bramble"
    template = "bramble.toml"
    floating: list[str] = []

    def __init__(self, *arguments: object):
        self._key = new_key()
        super().__init__(*arguments)

    def start(self, name: str) -> None:
        site = os.path.join(self.directory(name), "site")
        os.makedirs(site, exist_ok=True)
        with open(os.path.join(site, "index.html"), "w", encoding="utf-8") as file:
            file.write(PAGE)
        super().start(name)

    def command(self, name: str) -> list[str]:
        return [BRAMBLE, "run", "--config", "bramble.toml"]

    def values(self, name: str) -> dict[str, object]:
        return {**super().values(name), "key": self._key, "floating": json.dumps(self.floating)}


class Bramble(Ours, Contestant):
    """Ours."""

    floating = [FLOATING]
    move = "→ (active|backup|initialize)"

    def ask(self, name: str, command: str) -> dict | None:
        """Asks a node's daemon as our commands do; None where it gives no answer."""
        try:
            with socket.socket(socket.AF_UNIX) as control:
                control.settimeout(5)
                control.connect(os.path.join(self.directory(name), "control.sock"))
                control.sendall(json.dumps({"command": command}).encode() + b"\n")
                with control.makefile("rb") as answer:
                    return json.loads(answer.readline())
        except (OSError, ValueError):
            return None

    def whole(self) -> bool:
        holders = self.watcher.holders()
        if len(holders) != 1:
            return False
        for name in NAMES:
            said = self.ask(name, "status")
            if not said or "status" not in said:
                return False
            status = Status(said["status"])
            if status.alive != NAMES or set(status.states.values()) != {"active" if name in holders else "backup"}:
                return False
        return True

    def can_drain(self) -> bool:
        return True

    def drain(self, name: str) -> None:
        self._demand(name, "drain")

    def resume(self, name: str) -> None:
        self._demand(name, "resume")

    def _demand(self, name: str, command: str) -> None:
        said = self.ask(name, command)
        if not said or not said.get("ok"):
            raise children.HarnessError(f"{self.title}: {name} does not {command}: {said}")


class Keepalived(Contestant):
    """keepalived, with this advertisement interval in seconds."""

    template = "keepalived.conf"
    move = "Entering|timed out|rlimit"
    stale = ("keepalived.pid", "vrrp.pid", "check.pid", "bfd.pid")

    def __init__(self, interval: float):
        self.title = f"keepalived {interval:g} s"
        self.interval = interval
        self.servers: dict[str, subprocess.Popen] = {}
        super().__init__()

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        for server in self.servers.values():
            server.wait()

    def start(self, name: str) -> None:
        directory = self.directory(name)
        for file_name in self.stale:
            if os.path.exists(os.path.join(directory, file_name)):
                os.unlink(os.path.join(directory, file_name))
        page = os.path.join(directory, "index.html")
        with open(page, "w", encoding="utf-8") as file:
            file.write(PAGE)
        if name not in self.servers or self.servers[name].poll() is not None:
            self.servers[name] = children.start(self.network.namespace(name), "responder", name, PORT, page)
        super().start(name)

    def command(self, name: str) -> list[str]:
        def file(file_name: str) -> str:
            return os.path.join(self.directory(name), file_name)
        pids = [word for option, stale in zip(("-p", "-r", "-c", "-b"), self.stale) for word in (option, file(stale))]
        # Without syslog: where none runs, each line goes to the machine's console, and a slow one stops a whole processor.
        return ["/usr/sbin/keepalived", "-n", "-P", "-l", "-G", "-D", "-f", file(self.template), *pids]

    def values(self, name: str) -> dict[str, object]:
        return {**super().values(name), "interval": f"{self.interval:g}"}

    def appliance(self, name: str) -> list[int]:
        return [*processes.tree(self.servers[name].pid), *self.daemon(name)]

    def whole(self) -> bool:
        """The node with the highest priority always takes the address back."""
        return self.watcher.holders() == {NAMES[0]} and all(
            self.daemons[name].poll() is None and len(self.daemon(name)) > 1 for name in NAMES)
