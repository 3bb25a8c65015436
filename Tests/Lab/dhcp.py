"""DHCP servers for a lab: real ones, which run at the client's place on the wire and end with the test."""

import csv
import json
import os
import subprocess
from typing import Self

from lab import Lab

SERVER = "10.77.0.200"
POOL = ("10.77.0.100", "10.77.0.119")


class Server:
    """A server in a `with` statement. `leases` tells the addresses that it has given, by client."""

    def __init__(self, lab: Lab, name: str):
        self.lab = lab
        self.directory = os.path.join(lab.directory, name)
        os.makedirs(self.directory, exist_ok=True)
        self.log_path = os.path.join(self.directory, "log")
        self.process: subprocess.Popen | None = None

    def command(self) -> list[str]:
        """The server's command line."""
        raise NotImplementedError

    def leases(self) -> list[tuple[str, str, str]]:
        """Each lease that the server has in its file: address, Ethernet address, client identifier."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Starts the server; what it prints is added to its log."""
        environment = {**os.environ, "KEA_PIDFILE_DIR": self.directory, "KEA_LOCKFILE_DIR": self.directory,
                       "KEA_DHCP_DATA_DIR": self.directory}
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                ["nsenter", f"--net=/run/netns/{self.lab.client}", "--", *self.command()], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, cwd=self.directory, env=environment, start_new_session=True)

    def stop(self) -> None:
        """Ends the server; it forgets nothing that is in its lease file."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def log(self) -> str:
        """All that the server printed."""
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()


class Dnsmasq(Server):
    """dnsmasq: most home routers have it."""

    def __init__(self, lab: Lab, pool: tuple[str, str] = POOL, *options: str):
        super().__init__(lab, "dnsmasq")
        self.pool = pool
        self.options = options

    def command(self) -> list[str]:
        return ["dnsmasq", "--keep-in-foreground", "--log-facility=-", "--log-dhcp", "--conf-file=/dev/null", "--port=0",
                "--user=root", "--interface=eth0", "--bind-interfaces", f"--pid-file={self.directory}/pid",
                f"--dhcp-range={self.pool[0]},{self.pool[1]},2m", "--dhcp-authoritative",
                f"--dhcp-leasefile={self.directory}/leases", *self.options]

    def leases(self) -> list[tuple[str, str, str]]:
        try:
            with open(os.path.join(self.directory, "leases"), encoding="ascii") as file:
                lines = [line.split() for line in file]
        except FileNotFoundError:
            return []
        return [(line[2], line[1], line[4]) for line in lines if len(line) == 5]


class Kea(Server):
    """Kea: it knows leases of a few seconds. `others` are addresses that it keeps for clients that are never there."""

    def __init__(self, lab: Lab, pool: tuple[str, str] = POOL, lifetime: int = 6):
        super().__init__(lab, "kea")
        self.others: list[str] = []
        self.pool = pool
        self.lifetime = lifetime

    def command(self) -> list[str]:
        path = os.path.join(self.directory, "kea.json")
        others = [{"ip-address": address, "hw-address": f"02:00:00:00:99:{index:02x}"}
                  for index, address in enumerate(self.others)]
        settings = {
            "interfaces-config": {"interfaces": ["eth0"]},
            "lease-database": {"type": "memfile", "name": os.path.join(self.directory, "leases.csv"), "lfc-interval": 0},
            "valid-lifetime": self.lifetime, "renew-timer": self.lifetime // 3, "rebind-timer": self.lifetime * 2 // 3,
            "min-valid-lifetime": self.lifetime, "max-valid-lifetime": self.lifetime, "authoritative": True,
            "subnet4": [{"subnet": "10.77.0.0/24", "pools": [{"pool": f"{self.pool[0]} - {self.pool[1]}"}],
                         "interface": "eth0", "reservations": others}],
            "loggers": [{"name": "kea-dhcp4", "output_options": [{"output": "stdout"}], "severity": "DEBUG",
                         "debuglevel": 40}]}
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"Dhcp4": settings}, file)
        return ["kea-dhcp4", "-c", path]

    def leases(self) -> list[tuple[str, str, str]]:
        try:
            with open(os.path.join(self.directory, "leases.csv"), encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
        except FileNotFoundError:
            return []
        return [(row["address"], row["hwaddr"], row["client_id"]) for row in rows if row["state"] == "0"]
