"""Standard mode beside the real keepalived and FRR's vrrpd: one group, one holder, whoever is in which role.

Each test has one node and one machine with somebody else's VRRP, which share virtual router 51 in IPv4 and in IPv6.
"""

import socket
import struct

import pytest

from lab import FLOATING, Lab
from namespace import ip, socket_in
from peers import FRR, ROUTER_ID, Keepalived, fix_link_local

FLOATING6 = "fd77::250"
ADDRESSES = {
    "one": [FLOATING, FLOATING6],
    # A link-local one first, as RFC 9568 §5.2.9 has it.
    "several": [FLOATING, "10.77.0.251", "10.77.0.252", "fe80::250", FLOATING6, "fd77::251"],
}
PEERS = {"keepalived": Keepalived, "frr": FRR}


class Pair:
    """A node and a peer in one group."""

    def __init__(self, lab, kind, addresses, number=12):
        self.lab = lab
        self.addresses = addresses
        self.ours = lab.nodes[0]
        fix_link_local(self.ours.namespace, "fe80::11")
        self.theirs = kind(lab, number)
        self.ours.configuration["floating"].update(mode="standard", addresses=addresses, interval="100ms")

    def we_hold(self, address):
        return f" {address}/" in ip("-o", "address", "show", "dev", "eth0", inside=self.ours.namespace)

    def ours_alone(self):
        return all(self.we_hold(address) and not self.theirs.holds(address) for address in self.addresses)

    def theirs_alone(self):
        return all(self.theirs.holds(address) and not self.we_hold(address) for address in self.addresses)

    def wait(self, state, what):
        """Waits until the state is reached, and makes sure that it lasts: longer than a Backup waits for its leader."""
        try:
            self.lab.wait_until(state, what, timeout=20)
            self.lab.stays_true(state, what, seconds=0.4)
        except AssertionError as error:
            raise AssertionError(f"{error}\n--- the peer ---\n{self.theirs.log()}") from None

    def wait_ours(self, what):
        """Waits until the node alone holds every address, and serves the page with those that a client can open."""
        self.wait(self.ours_alone, what)
        for address in self.addresses:
            if not address.startswith("fe80"):
                assert self.lab.http("/", address=address).served_by == self.ours.name

    def wait_theirs(self, what):
        """Waits until the peer alone holds every address, and the node knows who does."""
        self.wait(self.theirs_alone, what)
        report = self.ours.status().report if self.ours.running else None
        if report:
            holders = {entry["address"]: entry.get("holder_address") for entry in report["floating"]}
            assert holders == {address: f"fe80::{self.theirs.name[1:]}" if ":" in address else self.theirs.address
                               for address in self.addresses}

    def start_ours_first(self):
        self.ours.start()
        self.wait_ours("the node leads while it is alone")
        self.theirs.start()

    def start_theirs_first(self):
        self.theirs.start()
        self.lab.wait_until(self.theirs_alone, "the peer leads while it is alone")
        self.ours.start()
        self.lab.wait_until(lambda: set(self.ours.status().states.values()) == {"backup"}, "the node is Backup")

    def end(self):
        """What must be true of every test: each advertisement that came was in order."""
        if self.ours.running:
            drops = self.ours.status().drops
            assert not [reason for reason in drops if reason.startswith("advertisement")], drops


@pytest.fixture(params=PEERS)
def kind(request):
    return PEERS[request.param]


@pytest.fixture
def pair(kind, request):
    """A node and a peer, configured alike and not started."""
    addresses = getattr(request, "param", None) or ADDRESSES["one"]
    with Lab(1) as lab:
        made = Pair(lab, kind, addresses)
        made.theirs.configure(addresses)
        yield made
        made.end()


@pytest.mark.parametrize("pair", [ADDRESSES["several"]], ids=["several"], indirect=True)
def test_the_node_leads_and_is_followed_when_it_stops_or_is_killed(pair):
    pair.start_ours_first()
    pair.wait_ours("the peer waits behind the node")
    pair.ours.stop()
    pair.wait_theirs("the peer follows a node that stopped")
    pair.ours.start()
    pair.lab.wait_until(lambda: set(pair.ours.status().states.values()) == {"backup"}, "the node is Backup")
    pair.wait_theirs("the node waits behind the peer")
    pair.theirs.stop()
    pair.wait_ours("the node follows a peer that stopped")
    pair.theirs.start()
    pair.wait_ours("the peer waits behind the node again")
    pair.ours.kill()
    pair.wait_theirs("the peer follows a node that was killed")


@pytest.mark.parametrize("pair", ADDRESSES.values(), ids=ADDRESSES, indirect=True)
def test_the_node_follows_when_the_peer_dies(pair):
    pair.start_theirs_first()
    pair.wait_theirs("the node waits behind the peer")
    pair.theirs.die()
    held = lambda: all(pair.we_hold(address) for address in pair.addresses)  # noqa: E731
    pair.wait(held, "the node follows a peer that died")
    assert pair.lab.http("/", address=FLOATING).served_by == pair.ours.name
    assert pair.lab.http("/", address=FLOATING6).served_by == pair.ours.name


def test_a_node_that_hung_is_followed_and_does_not_fight_when_it_wakes(pair):
    pair.start_ours_first()
    pair.wait_ours("the peer waits behind the node")
    pair.ours.hang()
    pair.lab.wait_until(pair.theirs_alone, "the peer follows a node that hangs", timeout=20)
    pair.ours.resume()
    pair.lab.wait_until(lambda: set(pair.ours.status().states.values()) == {"backup"}, "the node is Backup")
    pair.wait_theirs("the node waits behind the peer")


def test_whoever_comes_with_a_higher_priority_takes_the_addresses(pair):
    pair.theirs.configure(pair.addresses, priority=150, preempt=True)
    pair.start_ours_first()
    pair.wait_theirs("the peer with the higher priority takes over")
    pair.ours.stop()
    pair.ours.configuration["floating"].update(priority=200, preempt=True)
    pair.ours.start()
    pair.wait_ours("the node with the higher priority takes over")


def test_a_lower_priority_waits(pair):
    pair.theirs.configure(pair.addresses, priority=50, preempt=True)
    pair.start_ours_first()
    pair.wait_ours("a peer with a lower priority waits")


@pytest.mark.parametrize("number", [5, 12], ids=["ours-higher", "theirs-higher"])
def test_two_leaders_of_one_priority_are_settled_by_their_addresses(kind, number):
    with Lab(1) as lab:
        pair = Pair(lab, kind, ADDRESSES["one"], number)
        pair.theirs.configure(pair.addresses)
        pair.start_ours_first()
        pair.theirs.mute(True)
        both = lambda: all(pair.we_hold(a) and pair.theirs.holds(a) for a in pair.addresses)  # noqa: E731
        # Some time: until FRR's vrrpd has sent its first advertisement, it has no address to compare and gives way.
        pair.wait(both, "each side of the cut has its leader")
        pair.theirs.mute(False)
        if number < pair.ours.index + 10:
            pair.wait_ours("the node's address is higher")
        else:
            pair.wait_theirs("the peer's address is higher")
        pair.end()


def test_advertisements_by_unicast():
    with Lab(1) as lab:
        pair = Pair(lab, Keepalived, ADDRESSES["one"])
        pair.ours.configuration["cluster"].update(unicast_only=True, peers=["10.77.0.12", "fd77::12"])
        pair.theirs.unicast = [pair.ours.address, pair.ours.address6]
        pair.theirs.configure(pair.addresses)
        pair.start_ours_first()
        pair.wait_ours("the peer waits behind the node")
        pair.ours.stop()
        pair.wait_theirs("the peer follows a node that stopped")
        pair.theirs.stop()


def advertisement(source, priority=254, version=3, router=ROUTER_ID, addresses=(FLOATING,), checksum=0):
    """An IPv4 advertisement with a right checksum, `checksum` added to it."""
    body = struct.pack("!BBBBHH", version << 4 | 1, router, priority, len(addresses), 10, 0)
    body += b"".join(socket.inet_aton(address) for address in addresses)
    pseudo = socket.inet_aton(source) + socket.inet_aton("224.0.0.18") + struct.pack("!HH", 112, len(body))
    total = sum(struct.unpack(f"!{len(pseudo + body) // 2}H", pseudo + body))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return body[:6] + struct.pack("!H", (~total + checksum) & 0xFFFF) + body[8:]


BAD = {
    "a router passed it on": (dict(), 254, "advertisement_hop_limit"),
    "another version": (dict(version=2), 255, "advertisement_version"),
    "a wrong checksum": (dict(checksum=1), 255, "advertisement_checksum"),
    "no addresses": (dict(addresses=()), 255, "advertisement_no_addresses"),
    "another virtual router": (dict(router=ROUTER_ID + 1), 255, None),
}


def client_socket(lab):
    """A socket for advertisements at the client's place, in their group."""
    made = socket_in(lab.client, socket.AF_INET, socket.SOCK_RAW, 112)
    made.settimeout(20)
    made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.77.0.200"))
    made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
    membership = socket.inet_aton("224.0.0.18") + socket.inet_aton("10.77.0.200")
    made.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
    return made


@pytest.mark.parametrize("form", ["pseudo_header", "message"])
def test_the_form_of_the_checksum_is_a_setting(form):
    with Lab(1, {"floating": {"mode": "standard", "interval": "100ms", "checksum": form}}) as lab:
        lab.start()
        with client_socket(lab) as listener:
            packet = listener.recv(4096)
        assert packet[8] == 255 and packet[12:16] == socket.inet_aton(lab.nodes[0].address)
        body = packet[(packet[0] & 15) * 4:]
        pseudo = packet[12:20] + struct.pack("!HH", 112, len(body)) if form == "pseudo_header" else b""
        assert sum(struct.unpack(f"!{len(pseudo + body) // 2}H", pseudo + body)) % 0xFFFF == 0


def test_in_sealed_mode_an_advertisement_without_a_seal_changes_nothing():
    with Lab(1) as lab, client_socket(lab) as sender:
        node = lab.nodes[0]
        node.start()
        lab.wait_formed()
        for _ in range(5):
            sender.sendto(advertisement("10.77.0.200"), ("224.0.0.18", 0))
        lab.stays_true(lambda: lab.holders() == [node], "it leads", seconds=0.5)
        assert len(node.status().report["floating"][0]["transitions"]) == 2, "it has not moved"


def test_two_nodes_and_a_peer_have_one_leader_through_all():
    with Lab(2) as lab:
        lab.nodes[1].configuration["floating"].update(mode="standard", interval="100ms")
        pair = Pair(lab, Keepalived, [FLOATING], 20)
        pair.theirs.configure([FLOATING], priority=90)
        running = [*lab.nodes, pair.theirs]
        for machine in running:
            machine.start()

        def holders():
            return lab.holders() + [pair.theirs] * pair.theirs.holds(FLOATING)

        def leader():
            """The one that leads once things have settled: equals may claim together, and then one gives way."""
            seen: list = []

            def settled():
                there = holders()
                seen[:] = seen + [there] if not seen or seen[-1] == there else [there]
                return len(seen) > 10 and len(there) == 1 and there[0] in running

            lab.wait_until(settled, "one leads, and goes on to", timeout=20)
            return seen[-1][0]

        while running:
            last = leader()
            last.stop()
            running.remove(last)
        assert holders() == []


def test_bad_advertisements_change_nothing_and_are_counted():
    with Lab(1, {"floating": {"mode": "standard", "interval": "100ms"}}) as lab:
        node = lab.nodes[0]
        node.start()
        lab.wait_formed()
        with client_socket(lab) as sender:
            for what, (changes, hops, reason) in BAD.items():
                sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, hops)
                for _ in range(5):
                    sender.sendto(advertisement("10.77.0.200", **changes), ("224.0.0.18", 0))
                if reason:
                    lab.wait_until(lambda reason=reason: node.status().drops.get(reason) == 5, f"it is counted: {what}")
                assert lab.holders() == [node], what
            assert len(node.status().report["floating"][0]["transitions"]) == 2, "it has not moved"
            # The same, and nothing wrong with it: the test can fail.
            sender.sendto(advertisement("10.77.0.200"), ("224.0.0.18", 0))
            lab.wait_until(lambda: len(node.status().report["floating"][0]["transitions"]) > 2, "it steps down")
