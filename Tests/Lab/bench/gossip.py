"""Who takes part in the benchmark of membership: bramble without a floating address; serf with its profile `lan`."""

import os
import subprocess
import time

from bench import traffic
from bench.cluster import Cluster
from bench.contestants import Ours
from bench.reader import PIPE, Reader
from bench.views import STARTED, STATES, Told, Views
from node import BRAMBLE

# Seconds for which all must have held all for alive before all is well.
CALM = 2.0
# Seconds in which they must: after a split serf calls one that it has lost every 30 s, if it is lucky.
PATIENCE = 240


class Gossip(Cluster):
    """A cluster of nodes that tell each other who lives; use it in a `with` statement."""

    output = PIPE
    # What a line of the log has in it when a member's state changes: expressions and states, see reader.py.
    patterns: list[tuple[str, str]] = []
    # Where gossip comes from and goes to.
    port = 0

    def __init__(self, nodes: int):
        super().__init__([f"n{number}" for number in range(1, nodes + 1)])
        self.reader: Reader | None = None
        self._told: list[Told] = []
        self._views = Views(self.names)

    def __enter__(self):
        try:
            directories = {name: self.directory(name) for name in self.names}
            for name, directory in directories.items():
                os.makedirs(directory)
                traffic.count(self.network.namespace(name), self.port)
            self.reader = Reader(self.network.switch, directories, self.patterns)
            for name in self.names:
                self.start(name)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        if self.reader:
            self.reader.__exit__()

    @staticmethod
    def version() -> str:
        """What the program calls itself."""
        raise NotImplementedError

    def restart(self, name: str) -> None:
        super().restart(name)
        # Not only once it says so itself: until then all would seem to be as it was.
        self.told()
        self._learn(Told(time.monotonic_ns(), name, name, STARTED))

    def sent(self) -> dict[str, traffic.Sent]:
        """What each node has sent so far."""
        return {name: traffic.sent(self.network.namespace(name)) for name in self.names}

    def told(self) -> list[Told]:
        """All that the nodes said of each other so far."""
        for item in self.reader.news():
            self._learn(item)
        return self._told

    def _learn(self, item: Told) -> None:
        self._told.append(item)
        self._views.learn(item)

    def whole(self) -> bool:
        return self.whole_since() is not None

    def whole_since(self) -> int | None:
        """Since when all hold all for alive; None while they don't."""
        self.told()
        return self._views.whole_since

    def wait_whole(self) -> int:
        """Waits until all hold all for alive, and have done so for a while; answers since when."""
        while True:
            self.wait(self.whole, "all nodes hold all for alive", PATIENCE)
            since = self.whole_since()
            left = CALM if since is None else since / 1e9 + CALM - time.monotonic()
            if left <= 0:
                return since
            time.sleep(left)


class BrambleGossip(Ours, Gossip):
    """Ours. It has no floating address: the advertisements, 50 a second, are no membership."""

    port = 7373
    patterns = [(r" bramble \S+ starts$", STARTED),
                *((rf" member (\S+) \([^)]*\): (?:\w+ → |met, ){state}$", state) for state in STATES)]

    @staticmethod
    def version() -> str:
        return _said(BRAMBLE, "--version")


class Serf(Gossip):
    """serf. An agent that starts joins one of the others, again and again until that is there."""

    title = "serf"
    port = 7946
    patterns = [(r"\[INFO\] agent: Serf agent starting", STARTED),
                (r"\[INFO\] serf: EventMemberJoin: (\S+) ", "alive"),
                (r"\[INFO\] serf: EventMemberFailed: (\S+) ", "dead"),
                (r"\[INFO\] serf: EventMemberLeave: (\S+) ", "left"),
                (r"\[INFO\] memberlist: Suspect (\S+) has failed", "suspect")]

    @staticmethod
    def version() -> str:
        # What `serf version` prints is older than the package.
        return _said("dpkg-query", "-W", "-f", "${Package} ${Version}", "serf")

    def command(self, name: str) -> list[str]:
        number = int(name[1:])
        own, other = self.network.address_of(number), self.network.address_of(2 if number == 1 else 1)
        # Without `-syslog`: where no syslog runs, each line goes to the machine's console.
        return ["serf", "agent", f"-node={name}", f"-bind={own}:{self.port}", f"-retry-join={other}:{self.port}",
                "-retry-interval=1s"]


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
