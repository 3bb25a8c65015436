"""Programs that set up networks and take off what is not theirs: the real ones, each with a run directory of its own.

They find `/run`, `/etc` and `/sys` of their own in a private mount namespace. A read-only `/sys` tells them, as in a
container, that no udev is there to wait for.
"""

import os
import re
import signal
import socket
import subprocess
import threading
import time
from datetime import datetime

from namespace import socket_in
from node import Node


class Missing:
    """Watches an address of a node by the kernel's notifications, and knows how long it was missing each time."""

    def __init__(self, node: Node, address: str):
        self.address = address
        self.gaps: list[float] = []
        self._gone: datetime | None = None
        self._listens = threading.Event()
        self._process = subprocess.Popen(
            ["stdbuf", "-oL", "ip", "-n", node.namespace, "-ts", "-o", "monitor", "address"], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        for line in self._process.stdout:
            stamp = re.match(r"\[(\S+)\]", line)
            if not stamp or f" {self.address}/" not in line:
                continue
            self._listens.set()
            at = datetime.fromisoformat(stamp.group(1))
            if "Deleted" in line:
                self._gone = self._gone or at
            elif self._gone:
                self.gaps.append((at - self._gone).total_seconds() * 1000)
                self._gone = None

    def __enter__(self) -> "Missing":
        # The address is renewed several times a second, and each time is heard.
        if not self._listens.wait(30):
            raise RuntimeError("the kernel tells nothing of the address")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        self._thread.join()

    @property
    def is_back(self) -> bool:
        """Whether it was gone, and is there again."""
        return bool(self.gaps) and self._gone is None

    def __str__(self) -> str:
        return ", ".join(f"{gap:.1f} ms" for gap in self.gaps) or "never"


# Abstract, and so in the node's network alone, and open to services that give up their privileges.
BUS = "unix:abstract=bramble-lab"
BUS_CONFIGURATION = f"""<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>{BUS}</listen><policy context="default"><allow user="*"/><allow own="*"/>
<allow send_type="method_call"/><allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>
"""


class Meddler:
    """A program in a node's network, with directories of its own. Ends with everything that it started."""

    def __init__(self, node: Node, name: str, files: dict[str, str]):
        self.node = node
        self.directory = os.path.join(node.directory, name)
        self.processes: list[subprocess.Popen] = []
        for path, text in {"bus.conf": BUS_CONFIGURATION, **files}.items():
            path = os.path.join(self.directory, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(path, 0o600 if path.endswith(".nmconnection") else 0o644)

    # What each of them wants to have to itself.
    _own = ("mkdir -p {0}/run {0}/lib; mount --make-rprivate /; mount -t sysfs -o ro sysfs /sys; "
            "mkdir -p /run/systemd/network /etc/systemd/network /run/NetworkManager /etc/NetworkManager "
            "/var/lib/NetworkManager /run/systemd/netif; "
            "for d in /run/NetworkManager /var/lib/NetworkManager /run/systemd/netif /run/systemd/network; do "
            "mount -t tmpfs tmpfs $d; done; mkdir -p /run/systemd/netif/links /run/systemd/netif/leases; chmod -R 755 /run/systemd/netif; "
            "chown -R systemd-network /run/systemd/netif 2>/dev/null || true; "
            "mount --bind /etc/resolv.conf /etc/resolv.conf; mount -o remount,bind,ro /etc/resolv.conf; "
            "if [ -d {0}/networkd ]; then mount --bind {0}/networkd /etc/systemd/network; fi; "
            "if [ -d {0}/nm ]; then mount --bind {0}/nm /etc/NetworkManager; fi; ")

    def command(self, *command: str) -> list[str]:
        """A command line that runs a program in the node's network and these directories."""
        return ["nsenter", f"--net=/run/netns/{self.node.namespace}", "--", "unshare", "--mount", "sh", "-c",
                self._own.format(self.directory) + 'exec "$@"', "sh", *command]

    def start(self, *command: str, **environment: str) -> subprocess.Popen:
        """Starts a program; what it prints goes to a file."""
        with open(os.path.join(self.directory, "output"), "ab") as output:
            process = subprocess.Popen(
                self.command(*command), stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
                env={**self.node.environment(), "DBUS_SYSTEM_BUS_ADDRESS": BUS, **environment})
        self.processes.append(process)
        return process

    def start_bus(self) -> None:
        """Starts a system bus for the node's network alone."""
        self.start("dbus-daemon", f"--config-file={self.directory}/bus.conf", "--nofork", "--nopidfile")
        while True:
            with socket_in(self.node.namespace, socket.AF_UNIX, socket.SOCK_STREAM) as caller:
                if caller.connect_ex(BUS.replace("unix:abstract=", "\0")) == 0:
                    return
            if self.processes[-1].poll() is not None:
                raise RuntimeError(f"the bus has ended: {self.output()}")
            time.sleep(0.05)

    def run(self, *command: str, **environment: str) -> str:
        """Runs a program to its end and answers what it printed."""
        done = subprocess.run(
            self.command(*command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=60, check=False,
            env={**self.node.environment(), "DBUS_SYSTEM_BUS_ADDRESS": BUS, **environment})
        return done.stdout

    def output(self) -> str:
        """What the started programs have printed."""
        with open(os.path.join(self.directory, "output"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def __enter__(self) -> "Meddler":
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self.processes):
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
