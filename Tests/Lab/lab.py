"""A lab: `bramble` processes in network namespaces, cabled to a switch, and a client that asks for the page.

    <prefix>-sw   the switch: a bridge with one port for each node, named as the node
    <prefix>-n1…  the nodes: eth0 is 10.77.0.11 and fd77::11, …
    <prefix>-c    the client: eth0 is 10.77.0.200 and fd77::200

A lab needs root and removes itself, also when its owner is killed (see leftovers.py); `lab.py sweep` removes what is
left of labs whose owners are no more.
"""

import http.client
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import leftovers
from namespace import bridge, ip, socket_in
from node import BRAMBLE, NoAnswer, Node

FLOATING = "10.77.0.250"
PORT = 7373
TEST_SITE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "site")
Result = TypeVar("Result")
_count = itertools.count(1)


class Answer(NamedTuple):
    """An HTTP answer; `headers` has its names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def served_by(self) -> str:
        """The name of the node that answered."""
        return self.headers.get("x-served-by", "")


def new_key() -> str:
    """A new cluster key, in the form in which a configuration has it."""
    made = subprocess.run([BRAMBLE, "key", "new", "--raw"], capture_output=True, text=True, check=True, timeout=30)
    return made.stdout.strip()


class Lab:
    """A switch, nodes and a client. Use it in a `with` statement, or call `close`."""

    node_type: type[Node] = Node

    def __init__(self, nodes: int = 3, configuration: dict | None = None, site: str | None = None):
        leftovers.sweep()
        self.prefix = f"bl{os.getpid()}x{next(_count)}"
        self.directory = tempfile.mkdtemp(prefix=self.prefix + "-")
        self.switch = self.prefix + "-sw"
        self.client = self.prefix + "-c"
        self.key = new_key()
        self.nodes: list[Node] = []
        self._watch = leftovers.Watch(self.prefix, self.directory)
        try:
            self._make_switch()
            self._cable(self.client, "c", 200)
            for _ in range(nodes):
                self.add_node(configuration, site)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Lab":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the nodes and removes everything that the lab made."""
        for node in self.nodes:
            node.kill()
        self._watch.end()

    # The wire

    @staticmethod
    def address_of(number: int) -> str:
        """The IPv4 address of the node with this number."""
        return f"10.77.0.{10 + number}"

    @staticmethod
    def address6_of(number: int) -> str:
        """The IPv6 address of the node with this number."""
        return f"fd77::{10 + number}"

    def _make_switch(self) -> None:
        ip("netns", "add", self.switch)
        # Without snooping the bridge floods multicast, as the switches that people have at home do.
        ip("link", "add", "br0", "type", "bridge", "stp_state", "0", "forward_delay", "0", "mcast_snooping", "0",
           inside=self.switch)
        ip("link", "set", "br0", "up", inside=self.switch)

    def _cable(self, namespace: str, port: str, number: int) -> None:
        ip("netns", "add", namespace)
        ip("link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", namespace, inside=self.switch)
        ip("link", "set", port, "master", "br0", "up", inside=self.switch)
        ip("link", "set", "lo", "up", inside=namespace)
        ip("address", "add", f"10.77.0.{number}/24", "broadcast", "+", "dev", "eth0", inside=namespace)
        ip("address", "add", f"fd77::{number}/64", "dev", "eth0", "nodad", inside=namespace)
        ip("link", "set", "eth0", "up", inside=namespace)

    def add_node(self, configuration: dict | None = None, site: str | None = None) -> Node:
        """Adds a node, cabled and not started. A setting that is None is left to its default.

        Advertisements are five times as far apart as by default: where the making and removing of namespaces holds up a
        whole processor, a tenth of a second is often lost to all that run there.
        """
        index = len(self.nodes) + 1
        settings = {"cluster": {"key": self.key}, "floating": {"addresses": [FLOATING], "interval": "100ms"},
                    "lights": {"output": "off"}}
        for table, values in (configuration or {}).items():
            merged = {**settings.get(table, {}), **values}
            settings[table] = {key: value for key, value in merged.items() if value is not None}
        node = self.node_type(self, index, settings)
        self._cable(node.namespace, node.name, 10 + index)
        shutil.copytree(site or TEST_SITE, node.site_path)
        self.nodes.append(node)
        return node

    def pull(self, node: Node) -> None:
        """Pulls a node's cable out of the switch: the node sees that it has no carrier."""
        ip("link", "set", node.name, "down", inside=self.switch)
        node.reachable = False

    def replug(self, node: Node) -> None:
        """Plugs a node's cable in again."""
        ip("link", "set", node.name, "up", inside=self.switch)
        node.reachable = True

    def blackhole(self, node: Node) -> None:
        """Has the switch drop everything from and to a node, silently: its carrier stays."""
        bridge("link", "set", "dev", node.name, "state", "0", inside=self.switch)
        node.reachable = False

    def unblackhole(self, node: Node) -> None:
        """Ends a silent partition."""
        bridge("link", "set", "dev", node.name, "state", "3", inside=self.switch)
        node.reachable = True

    def addresses_on(self, node: Node) -> list[str]:
        """The addresses that a node's kernel has now, but for link-local ones."""
        links = json.loads(ip("-j", "address", "show", "dev", "eth0", inside=node.namespace))
        return [entry["local"] for link in links for entry in link.get("addr_info", []) if entry.get("scope") != "link"]

    def holders(self, address: str = FLOATING) -> list[Node]:
        """The nodes whose kernels have the floating address now."""
        return [node for node in self.nodes if address in self.addresses_on(node)]

    # The client

    def http(self, path: str = "/", address: str = FLOATING, method: str = "GET", headers: dict[str, str] | None = None,
             port: int = 80, timeout: float = 2) -> Answer:
        """Asks for a page from the client's place on the wire; raises NoAnswer when there is none."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        wire = socket_in(self.client, family, socket.SOCK_STREAM)
        connection = http.client.HTTPConnection(address, port, timeout=timeout)
        try:
            wire.settimeout(timeout)
            wire.connect((address, port))
            connection.sock = wire
            connection.request(method, path, headers={"Connection": "close", **(headers or {})})
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(f"{method} http://{address}:{port}{path}: {error}") from error
        finally:
            connection.close()
            wire.close()

    # Waiting

    def wait_until(self, predicate: Callable[[], Result], what: str, timeout: float = 60) -> Result:
        """Asks again and again until the answer is true; fails with all that is known when it never is.

        The timeouts are there to end a test that has gone wrong, many times what is needed.
        """
        end = time.monotonic() + timeout
        last: object = None
        while True:
            try:
                last = predicate()
                if last:
                    return last
            except NoAnswer as error:
                last = error
            if time.monotonic() > end:
                raise AssertionError(f"never came true in {timeout:g} s: {what}\n(last: {last})\n{self.describe()}")
            time.sleep(0.05)

    def stays_true(self, predicate: Callable[[], bool], what: str, seconds: float) -> None:
        """Fails if the answer is ever false in so many seconds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not predicate():
                raise AssertionError(f"did not stay true: {what}\n{self.describe()}")
            time.sleep(0.1)

    def describe(self) -> str:
        """All nodes with their statuses and the ends of their logs."""
        return "\n".join(node.describe() for node in self.nodes)

    # A cluster in it

    def start(self, *nodes: Node) -> None:
        """Starts these nodes, or all."""
        for node in nodes or self.nodes:
            node.start()

    def wait_formed(self, *nodes: Node, timeout: float = 60) -> Node:
        """Waits until these nodes, or all, see each other alive and no one else, one of them has the floating address
        and serves the page with it. Answers that one: the leader."""
        expected = list(nodes) or self.nodes
        names = sorted(node.name for node in expected)

        def formed() -> Node | None:
            if any(node.status().alive != names for node in expected):
                return None
            holders = self.holders()
            if len(holders) != 1 or holders[0] not in expected:
                return None
            answer = self.http("/")
            return holders[0] if answer.status == 200 and answer.served_by == holders[0].name else None

        return self.wait_until(formed, f"{', '.join(names)} are one cluster that serves the page", timeout)

    def backups(self, leader: Node) -> list[Node]:
        """The nodes that are not the leader."""
        return [node for node in self.nodes if node is not leader]


if __name__ == "__main__":
    if sys.argv[1:] != ["sweep"]:
        sys.exit("usage: lab.py sweep")
    for swept in leftovers.sweep():
        print(f"removed {swept}")
