"""One `bramble` process in a namespace of a lab: its configuration, its life, and what it says of itself."""

import copy
import json
import os
import signal
import subprocess

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BRAMBLE = os.environ.get("BRAMBLE") or os.path.join(PROJECT, ".build", "debug", "bramble")


class NoAnswer(Exception):
    """A node gave no status, no page: it is dead, hung or not yet there. To wait for it is to ask again."""


class Status:
    """A node's own account of itself. The one place that knows the form of `bramble status --json`."""

    def __init__(self, report: dict):
        self.report = report

    @property
    def signal(self) -> str:
        """What the lights show: a name of the table of signals."""
        return str(self.report["node"]["signal"])

    @property
    def node_id(self) -> str:
        """The node ID."""
        return str(self.report["node"]["id"])

    @property
    def members(self) -> dict[str, str]:
        """The state of each member by its name, this node's too."""
        return {member["name"]: member["state"] for member in self.report["cluster"]["members"]}

    @property
    def alive(self) -> list[str]:
        """The names of the members that are alive, sorted, this node's too; one name twice when two nodes have it."""
        return sorted(member["name"] for member in self.report["cluster"]["members"] if member["state"] == "alive")

    @property
    def states(self) -> dict[str, str]:
        """This node's VRRP state by floating address."""
        return {floating["address"].split("/")[0]: floating["state"].lower() for floating in self.report["floating"]}

    @property
    def drops(self) -> dict[str, int]:
        """How many datagrams were dropped, by reason."""
        return {reason: int(count) for reason, count in self.report["drops"]["reasons"].items()}

    @property
    def view(self) -> tuple:
        """What must not change when nothing has happened: the members with their states, and the floating addresses."""
        members = sorted((member["id"], member["name"], member["state"]) for member in self.report["cluster"]["members"])
        return tuple(members), tuple(sorted(self.states.items()))


def toml(configuration: dict) -> str:
    """Writes tables of plain values as TOML."""
    lines = []
    for table, values in configuration.items():
        lines.append(f"[{table}]")
        lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
        lines.append("")
    return "\n".join(lines)


class Node:
    """A node of a lab: `index` counts from 1, `name` is n1, n2, …"""

    def __init__(self, lab, index: int, configuration: dict):
        self.lab = lab
        self.index = index
        self.name = f"n{index}"
        self.namespace = f"{lab.prefix}-{self.name}"
        self.address = lab.address_of(index)
        self.address6 = lab.address6_of(index)
        self.directory = os.path.join(lab.directory, self.name)
        self.config_path = os.path.join(self.directory, "bramble.toml")
        self.socket_path = os.path.join(self.directory, "socket")
        self.log_path = os.path.join(self.directory, "log")
        self.data_path = os.path.join(self.directory, "data")
        self.site_path = os.path.join(self.directory, "site")
        self.process: subprocess.Popen | None = None
        self.reachable = True
        self.hung = False
        os.makedirs(self.directory)
        self.configuration = copy.deepcopy(configuration)
        self.configuration["node"] = {
            "name": self.name, "data": self.data_path, "control": self.socket_path, **self.configuration.get("node", {})}
        self.configuration["site"] = {"directory": self.site_path, **self.configuration.get("site", {})}

    # Its configuration

    def write_configuration(self, text: str | None = None) -> None:
        """Writes bramble.toml: from `configuration`, or the given text."""
        with open(self.config_path, "w", encoding="utf-8") as file:
            file.write(toml(self.configuration) if text is None else text)

    # Its life

    @property
    def running(self) -> bool:
        """Whether the process lives (a hung one does)."""
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int:
        """The process ID of the running daemon."""
        if self.process is None:
            raise RuntimeError(f"{self.name} was never started")
        return self.process.pid

    def command(self, *arguments: str, through: tuple[str, ...] = ()) -> list[str]:
        """A command line that runs bramble in this node's namespace; `through` is put before it, as `setpriv …`."""
        return ["nsenter", f"--net=/run/netns/{self.namespace}", "--", *through, BRAMBLE, *arguments]

    def start(self, through: tuple[str, ...] = (), write: bool = True, environment: dict[str, str] | None = None,
              output: int | None = None) -> None:
        """Starts the daemon; its output is added to the log, or goes to the descriptor `output`. `environment` is added
        to what it finds in its own."""
        if self.running:
            raise RuntimeError(f"{self.name} runs already")
        if write:
            self.write_configuration()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.command("run", "--config", self.config_path, through=through), stdin=subprocess.DEVNULL,
                stdout=log if output is None else output, stderr=log if output is None else output, cwd=self.directory, start_new_session=True, env={**self.environment(), **(environment or {})})
        self.hung = False

    @staticmethod
    def environment() -> dict[str, str]:
        """What a node finds in its environment: nothing of a systemd that may have started the tests."""
        systemd = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
        return {key: value for key, value in os.environ.items() if key not in systemd}

    def signal(self, number: int) -> None:
        """Sends a signal to the daemon, if it lives."""
        if self.running:
            self.process.send_signal(number)

    def kill(self) -> None:
        """Ends the daemon without warning."""
        self.signal(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def stop(self, timeout: float = 60) -> int:
        """Asks the daemon to end, and answers its exit status."""
        self.signal(signal.SIGTERM)
        return self.process.wait(timeout)

    def hang(self) -> None:
        """Stops the daemon's threads where they are."""
        self.signal(signal.SIGSTOP)
        self.hung = True

    def resume(self) -> None:
        """Lets a hung daemon go on."""
        self.signal(signal.SIGCONT)
        self.hung = False

    def reload(self) -> None:
        """Has the daemon read its configuration anew."""
        self.signal(signal.SIGHUP)

    # What it says

    def run_command(self, *arguments: str, timeout: float = 30) -> subprocess.CompletedProcess:
        """Runs another bramble command in this node's namespace and answers what came of it."""
        return subprocess.run(
            self.command(*arguments), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=timeout, check=False, cwd=self.directory, env=self.environment())

    def status(self, timeout: float = 10) -> Status:
        """Asks the daemon for its status; raises NoAnswer when it gives none."""
        if self.hung or not self.running:
            raise NoAnswer(f"{self.name} does not run")
        try:
            done = self.run_command("status", "--json", "--socket", self.socket_path, timeout=timeout)
            if not done.stdout.startswith("{"):  # a node that can't serve makes the command fail, and has a status
                raise NoAnswer(f"{self.name}: {done.stderr.strip() or done.stdout.strip()}")
            return Status(json.loads(done.stdout))
        except (subprocess.TimeoutExpired, ValueError) as error:
            raise NoAnswer(f"{self.name}: {error}") from error

    def log(self) -> str:
        """Everything that the daemon printed."""
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def describe(self) -> str:
        """All that helps to see why a test failed."""
        life = "hung" if self.hung else "running" if self.running else \
            f"ended with {self.process.returncode}" if self.process else "never started"
        try:
            status = json.dumps(self.status(timeout=3).report, ensure_ascii=False)
        except NoAnswer as error:
            status = f"no status: {error}"
        tail = "\n".join("    " + line for line in self.log().splitlines()[-25:])
        return f"{self.name} ({self.address}), {life}, holds {self.lab.addresses_on(self)}\n  {status}\n{tail}"
