"""The wire of one contestant: two switches with a cable between them, nodes, and a client at each.

    <prefix>-sw     the switches: the bridges `near` and `far`, and the cable `trunk` between them
    <prefix>-n1…    the nodes: eth0 is 10.77.0.11, …; at the near switch, until they are moved
    <prefix>-c      the client at the near switch: 10.77.0.200
    <prefix>-other  the client at the far switch: 10.77.0.201
"""

import itertools
import os
import tempfile

import leftovers
from namespace import bridge, ip

_count = itertools.count(1)


class Network:
    """Namespaces and cables. It removes itself, also when its owner is killed."""

    def __init__(self, nodes: list[str]):
        self.prefix = f"vb{os.getpid()}x{next(_count)}"
        self.directory = tempfile.mkdtemp(prefix=self.prefix + "-")
        self.switch = self.namespace("sw")
        self._silenced: set[str] = set()
        self._watch = leftovers.Watch(self.prefix, self.directory)
        try:
            self._make_switches()
            for number, name in enumerate(nodes, 1):
                self._cable(name, "near", self.address_of(number))
            self._cable("c", "near", "10.77.0.200")
            self._cable("other", "far", "10.77.0.201")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends all that runs in the namespaces, and removes them."""
        self._watch.end()

    def namespace(self, name: str) -> str:
        """The namespace of a node or a client."""
        return f"{self.prefix}-{name}"

    @staticmethod
    def address_of(number: int) -> str:
        """The address of a node, counted from 1."""
        return f"10.77.0.{10 + number}"

    def _make_switches(self) -> None:
        ip("netns", "add", self.switch)
        for name in ("near", "far"):
            # Without snooping a bridge floods multicast, as the switches that people have at home do.
            ip("link", "add", name, "type", "bridge", "stp_state", "0", "forward_delay", "0", "mcast_snooping", "0",
               inside=self.switch)
            ip("link", "set", name, "up", inside=self.switch)
        ip("link", "add", "trunk", "type", "veth", "peer", "name", "trunk-far", inside=self.switch)
        ip("link", "set", "trunk", "master", "near", "up", inside=self.switch)
        ip("link", "set", "trunk-far", "master", "far", "up", inside=self.switch)

    def _cable(self, name: str, switch: str, address: str) -> None:
        namespace = self.namespace(name)
        ip("netns", "add", namespace)
        ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", namespace, inside=self.switch)
        ip("link", "set", name, "master", switch, "up", inside=self.switch)
        ip("link", "set", "lo", "up", inside=namespace)
        ip("address", "add", f"{address}/24", "broadcast", "+", "dev", "eth0", inside=namespace)
        ip("link", "set", "eth0", "up", inside=namespace)

    # Faults

    def plug(self, name: str, plugged: bool) -> None:
        """Pulls a node's cable out of its switch, or plugs it in: the node sees that."""
        ip("link", "set", name, "up" if plugged else "down", inside=self.switch)

    def silence(self, name: str, silent: bool) -> None:
        """Has the switch drop everything from and to a node, silently: its carrier stays; or no more."""
        bridge("link", "set", "dev", name, "state", "0" if silent else "3", inside=self.switch)
        (self._silenced.add if silent else self._silenced.discard)(name)

    def move(self, name: str, switch: str) -> None:
        """Puts a node at the near or the far switch; nothing is lost by that but what was under way."""
        ip("link", "set", name, "master", switch, inside=self.switch)

    def join(self, joined: bool) -> None:
        """Has the near switch drop everything from and to the far one, silently: every carrier stays; or no more."""
        bridge("link", "set", "dev", "trunk", "state", "3" if joined else "0", inside=self.switch)

    def mend(self, names: list[str]) -> None:
        """Undoes all of these."""
        self.join(True)
        for name in names:
            self.move(name, "near")
            self.plug(name, True)
        # Only these: a port whose cable has just been plugged in can't be told yet.
        for name in sorted(self._silenced):
            self.silence(name, False)
