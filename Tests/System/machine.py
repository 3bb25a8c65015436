"""A node that is a whole machine: Debian's systemd as process 1 of a container, with a cable to the lab's switch.

It boots in a second from .build/system/root, and what it writes is kept in memory and gone with it. Its namespaces are
the lab's, so the lab's watchdog ends it too, should its owner be killed.
"""

import os
import subprocess
import time

from lab import Lab
from node import NoAnswer, Node, PROJECT

ROOT = os.path.join(PROJECT, ".build", "system", "root")
# Where systemd in the container is to have the unified hierarchy: this machine may have both kinds of cgroups.
CGROUPS = next(path for path in ("/sys/fs/cgroup/unified", "/sys/fs/cgroup") if os.path.exists(path + "/cgroup.procs"))
CAPABILITIES = "CAP_NET_ADMIN,CAP_NET_RAW,CAP_NET_BROADCAST,CAP_IPC_LOCK,CAP_SYS_NICE"


class Machine(Node):
    """A machine of a rack."""

    def __init__(self, lab: "Rack", index: int, configuration: dict):
        super().__init__(lab, index, configuration)
        self.configuration = {key: value for key, value in self.configuration.items() if key not in ("node", "site")}
        self.socket_path = "/run/bramble/control.sock"
        self.cgroup = os.path.join(CGROUPS, self.namespace)
        self.leader: int | None = None

    # The machine

    def boot(self) -> None:
        """Starts it, and waits until systemd is through."""
        os.makedirs(self.cgroup, exist_ok=True)
        enter = f"echo $$ >{self.cgroup}/cgroup.procs; exec \"$@\""
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                ["sh", "-c", enter, "boot", "systemd-nspawn", "--quiet", "--directory", ROOT, "--boot",
                 "--volatile=overlay", f"--machine={self.namespace}", f"--hostname={self.name}", "--register=no", "--keep-unit",
                 f"--network-namespace-path=/run/netns/{self.namespace}", f"--capability={CAPABILITIES}",
                 "--resolv-conf=off", "--timezone=off", "--console=pipe"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={**self.environment(), "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1",
                     # The settings of its interfaces are its own.
                     "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"})
        self.leader = self.lab.wait_until(self._find_leader, f"{self.name} has a process 1")
        self.lab.wait_until(lambda: self.run("systemctl", "is-system-running").stdout.strip() in ("running", "degraded"),
                            f"{self.name} has booted")

    def _find_leader(self) -> int | None:
        """Process 1 of the container: the only child of systemd-nspawn, once it has become systemd."""
        if self.process.poll() is not None:
            raise AssertionError(f"systemd-nspawn ended: {self.log()}")
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as file:
            children = file.read().split()
        try:
            with open(f"/proc/{children[0]}/comm", encoding="ascii") as file:
                return int(children[0]) if file.read().strip() == "systemd" else None
        except (IndexError, OSError):
            return None

    def kill(self) -> None:
        """Takes its power away."""
        super().kill()
        end = time.monotonic() + 10
        while os.path.isdir(self.cgroup) and time.monotonic() < end:
            for folder, _, _ in os.walk(self.cgroup, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError:
                    time.sleep(0.02)

    def path(self, inside: str) -> str:
        """How a file of the machine's is reached from here."""
        return f"/proc/{self.leader}/root{inside}"

    def run(self, *command: str, timeout: float = 60, check: bool = False) -> subprocess.CompletedProcess:
        """Runs a command in the machine as root."""
        done = subprocess.run(["nsenter", f"--target={self.leader}", "--all", "--", *command], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=timeout, check=False,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"})
        if check and done.returncode != 0:
            raise AssertionError(f"{self.name}: {' '.join(command)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    # The service

    def command(self, *arguments: str, through: tuple[str, ...] = ()) -> list[str]:
        return ["nsenter", f"--target={self.leader}", "--all", "--", *through, "/usr/bin/bramble", *arguments]

    def install(self, package: str) -> subprocess.CompletedProcess:
        """Installs a package file, as people do; what it depends on must be there."""
        name = os.path.basename(package)
        with open(package, "rb") as source, open(self.path(f"/root/{name}"), "wb") as target:
            target.write(source.read())
        return self.run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y", "--allow-downgrades",
                        "install", f"/root/{name}", check=True, timeout=120)

    def write_configuration(self, text: str | None = None) -> None:
        self.config_path = self.path("/etc/bramble/bramble.toml")
        os.makedirs(os.path.dirname(self.config_path), exist_ok=True)
        super().write_configuration(text)

    def systemctl(self, *arguments: str) -> str:
        """Asks systemd for something, and answers what it said."""
        return self.run("systemctl", *arguments, check=True).stdout.strip()

    def shown(self, name: str) -> str:
        """A property of the service's."""
        return self.systemctl("show", "--value", f"--property={name}", "bramble.service")

    @property
    def daemon(self) -> int:
        """The daemon's process ID, as this machine here counts."""
        inside = self.shown("MainPID")
        if inside == "0":
            raise NoAnswer(f"{self.name}: the service has no process")
        for pid in self._processes():
            with open(f"/proc/{pid}/status", encoding="utf-8") as file:
                numbers = next(line.split()[1:] for line in file if line.startswith("NSpid:"))
            if len(numbers) > 1 and numbers[-1] == inside:
                return pid
        raise NoAnswer(f"{self.name}: its process {inside} is gone")

    def _processes(self) -> list[int]:
        found = subprocess.run(["ip", "netns", "pids", self.namespace], capture_output=True, text=True, check=True)
        return [int(pid) for pid in found.stdout.split()]

    def hit(self, number: int) -> int:
        """Sends a signal to the daemon; answers which process that was."""
        pid = self.daemon
        os.kill(pid, number)
        return pid

    def journal(self) -> str:
        """What the service has logged."""
        return self.run("journalctl", "--no-pager", "--output=cat", "--unit=bramble.service").stdout

    def describe(self) -> str:
        if self.leader is None or not self.running:
            return f"{self.name} does not run\n{self.log()[-2000:]}"
        tail = "\n".join("    " + line for line in self.journal().splitlines()[-30:])
        state = self.run("systemctl", "status", "--no-pager", "--lines=0", "bramble.service").stdout
        return f"{self.name} ({self.address})\n{state}\n{tail}"


class Rack(Lab):
    """A lab whose nodes are machines: not booted, and without bramble."""

    node_type = Machine

    def boot(self) -> None:
        """Boots all machines."""
        for machine in self.nodes:
            machine.boot()
