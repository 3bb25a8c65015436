"""A flood of junk neither moves the address nor makes a node grow; and nothing that a stranger sends is worth sending."""

import contextlib
import itertools
import os
import socket
import struct
import time
from collections.abc import Iterator

import pytest

from flood import KIND, OFFER, PAIRING, Flood, Spoofer, announcements, imitations, noise, pairing_noise
from lab import PORT, Lab
from listener import Listener
from namespace import ip, socket_in
from wire import Capture

# One after the other, where tests run in several processes: they keep a processor busy, or need one.
pytestmark = pytest.mark.xdist_group("busy")

# How long a flood is watched, in seconds.
SHORT, LONG = 3, 10
# What is promised of loopback, in datagrams a second that arrive.
PROMISED = 100_000
# What a page's worth of buffers and the allocator's habits may take, in KiB.
MOST_GROWTH = 16 * 1024
# On the client's wire, and not its own: answers to it can be seen there, and it has asked for none.
VICTIM = "10.77.0.201"


def resident(node) -> int:
    """What a node has of the machine's memory, in KiB."""
    with open(f"/proc/{node.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def received(node) -> tuple[int, int]:
    """How many datagrams the sockets of a node's namespace were handed, and how many the kernel dropped before that."""
    with open(f"/proc/{node.pid}/net/snmp", encoding="ascii") as counters:
        names, values = [line.split()[1:] for line in counters if line.startswith("Udp:")]
    udp = dict(zip(names, map(int, values)))
    return udp["InDatagrams"], udp["InErrors"]


def processor(node) -> float:
    """How many seconds a node has had of a processor."""
    with open(f"/proc/{node.pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def heard_on(lab, node) -> list[bytes]:
    """What the nodes say to one another, as whoever reads along has it."""
    with Capture(lab, node.name) as capture:
        lab.wait_until(lambda: len(capture.frames) >= 100, "gossip is heard")
    return [frame.payload for frame in capture.frames]


@contextlib.contextmanager
def paired() -> Iterator[tuple]:
    """Three nodes that had no key, have just agreed on one and let others in; their leader, and all that was said."""
    with Lab(3, {"cluster": {"key": None}}) as lab:
        with Capture(lab, lab.nodes[0].name) as capture:
            lab.start()
            leader = lab.wait_formed()
            lab.wait_until(lambda: any(frame.payload.startswith(PAIRING) for frame in capture.frames), "they are heard")
        yield lab, leader, [frame.payload for frame in capture.frames]


@contextlib.contextmanager
def cluster_for(kind: str) -> Iterator[tuple]:
    """Three nodes, their leader, and the payloads of a flood of this kind."""
    if kind == "announcements":
        with paired() as (lab, leader, heard):
            yield lab, leader, announcements(1, heard)
        return
    with Lab(3) as lab:
        lab.start()
        leader = lab.wait_formed()
        yield lab, leader, {"noise": lambda: noise(1), "pairing noise": lambda: pairing_noise(1),
                            "imitations": lambda: imitations(1, heard_on(lab, leader))}[kind]()


class Watched:
    """What a node, and its whole cluster, are like while a flood goes on."""

    def __init__(self, lab, leader, node):
        self.lab, self.leader, self.node = lab, leader, node
        self.members = {other.name: other.status().view for other in lab.nodes}
        self.last = node.status()
        self.drops = self.last.drops
        self.before = self.most = resident(node)
        self.rate = 0.0

    def begin(self) -> None:
        """From here on it is counted."""
        self.spent, self.arrived, self.begun = processor(self.node), received(self.node), time.monotonic()

    def look(self, flood: Flood) -> None:
        """Looks while the flood goes on: the address is where it was, the page is served, and the node answers."""
        assert [holder.name for holder in self.lab.holders()] == [self.leader.name], self.lab.describe()
        page = self.lab.http("/", timeout=30)
        assert (page.status, page.served_by) == (200, self.leader.name)
        self.last = self.node.status(timeout=30)
        self.most = max(self.most, resident(self.node))
        self.rate = sum(self.into_and_lost) / (time.monotonic() - self.begun)
        assert flood.running, "the flood ended before this was seen"

    @property
    def busy(self) -> float:
        """How much of a processor the node has had since."""
        return (processor(self.node) - self.spent) / (time.monotonic() - self.begun)

    @property
    def into_and_lost(self) -> tuple[int, int]:
        """How many datagrams were read since, and how many the kernel dropped."""
        into, lost = (after - earlier for after, earlier in zip(received(self.node), self.arrived))
        return into, lost

    @property
    def counted(self) -> dict[str, int]:
        """How many were dropped since, by reason, as the node tells."""
        return {reason: count - self.drops.get(reason, 0) for reason, count in self.node.status().drops.items()}


FLOODS = [("noise", "loopback", "leader"), ("imitations", "loopback", "backup"), ("pairing noise", "loopback", "backup"),
          ("announcements", "loopback", "leader"), ("noise", "wire", "backup")]
LONG_FLOODS = list(itertools.product(
    ("noise", "imitations", "pairing noise", "announcements"), ("loopback", "wire"), ("leader", "backup")))


@pytest.mark.parametrize("kind, way, target, seconds", [
    *((*flood, SHORT) for flood in FLOODS), *(pytest.param(*flood, LONG, marks=pytest.mark.slow) for flood in LONG_FLOODS)])
def test_a_flood_changes_nothing_and_is_counted(target, kind, way, seconds, record_property):
    with cluster_for(kind) as (lab, leader, payloads):
        node = leader if target == "leader" else lab.backups(leader)[0]
        namespace, place = (lab.client, (node.address, PORT)) if way == "wire" else (node.namespace, ("127.0.0.1", PORT))
        watched = Watched(lab, leader, node)
        with Flood(namespace, place, payloads) as flood:
            watched.begin()
            looks = 0
            while time.monotonic() - watched.begun < seconds or looks < 3:
                watched.look(flood)
                looks += 1
            busy, grown = watched.busy, watched.most - watched.before
        (into, lost), counted = watched.into_and_lost, watched.counted
        summary = (f"{kind} by {way} to the {target}: {flood.sent} sent, {watched.rate:.0f} a second arrived; {into} read, "
                   f"{lost} dropped by the kernel; {busy:.0%} of a processor; {grown} KiB more; {looks} looks; {counted}")
        print(summary)
        record_property("flood", summary)
        assert grown < MOST_GROWTH, summary
        if kind == "noise":
            assert lost > flood.sent * 0.9, f"noise is to be dropped before the node reads it: {summary}"
        if kind == "imitations":
            # What was read is counted, but for the gossip of the cluster itself.
            assert sum(counted.values()) > into * 0.9 - 5000, summary
            for reason in ("forged", "other_cluster", "too_short"):
                assert counted.get(reason, 0) > 0, summary
        if kind == "announcements":
            assert watched.last.report["pairing"]["asking"], f"they were not understood: {summary}"
        lab.wait_until(lambda: lab.wait_formed() is leader, "the leader is the same")
        for other in lab.nodes:
            assert other.status().view == watched.members[other.name], lab.describe()
        # Last, for all of the above holds at any rate.
        if way == "loopback" and watched.rate < PROMISED:
            pytest.skip(f"this machine is too slow for the promise: {watched.rate:.0f} of {PROMISED} a second arrived")


@pytest.mark.parametrize("kind", ["noise", pytest.param("imitations", marks=pytest.mark.slow)])
def test_a_leader_that_dies_in_a_flood_is_followed(kind):
    with cluster_for(kind) as (lab, leader, payloads), contextlib.ExitStack() as floods:
        backups = lab.backups(leader)
        sent = [floods.enter_context(Flood(lab.client, (node.address, PORT), payloads, 50_000)) for node in backups]
        time.sleep(SHORT)
        assert [holder.name for holder in lab.holders()] == [leader.name], lab.describe()
        leader.kill()
        died = time.monotonic()
        lab.wait_until(lambda: any(node in backups for node in lab.holders()), "a Backup takes over")
        took = time.monotonic() - died
        assert all(flood.running for flood in sent), "it was taken over after the end of the flood"
        print(f"{kind}: {', '.join(str(flood.sent) for flood in sent)} to the Backups; taken over after {took * 1000:.0f} ms")
        lab.wait_formed(*backups)


class Answers(Listener):
    """Counts what comes to an address at the client's place of the wire: bytes of UDP by the port to which they go, bytes
    of TCP under "tcp"."""

    def __init__(self, lab, address: str):
        self.bytes: dict[int | str, int] = {}
        self._to = socket.inet_aton(address)
        listening = socket_in(lab.client, socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        listening.bind(("eth0", 0x0800))
        super().__init__(listening)

    def heard(self, message: bytes) -> None:
        if message[30:34] != self._to:
            return
        start = 14 + (message[14] & 15) * 4
        end = 14 + struct.unpack_from("!H", message, 16)[0]
        if message[23] == socket.IPPROTO_UDP:
            place, head = struct.unpack_from("!H", message, start + 2)[0], 8
        elif message[23] == socket.IPPROTO_TCP:
            place, head = "tcp", (message[start + 12] >> 4) * 4
        else:  # the victim's own kernel and the node's may complain to each other
            return
        self.bytes[place] = self.bytes.get(place, 0) + end - start - head


def drawn(lab, node, payloads: list[bytes], port: int = PORT) -> list[tuple[int, int]]:
    """Sends each of these in the victim's name; answers how many bytes each had and how many it drew, where it drew any."""
    ip("address", "replace", f"{VICTIM}/24", "dev", "eth0", inside=lab.client)
    first = 20_000
    with Answers(lab, VICTIM) as answers, Spoofer(lab.client, VICTIM) as spoofer:
        for index, payload in enumerate(payloads):
            spoofer.send(payload, first + index, (node.address, port))
            time.sleep(0.005)
        # What comes later than this is not missed by much: an answer to an attacker takes a millisecond.
        time.sleep(2)
    return [(len(payloads[place - first]), count) for place, count in answers.bytes.items()]


def assert_not_worth_it(drew: list[tuple[int, int]]) -> None:
    """No datagram drew more than it had itself."""
    print(f"{len(drew)} drew answers: {sorted(set(drew))}")
    assert all(out <= into for into, out in drew), drew


@pytest.mark.parametrize("kind", ["junk", "imitations", "recorded"])
def test_whoever_is_named_as_the_sender_gets_no_more_than_was_sent(formed, kind):
    lab, leader = formed
    # What the leader says to others is not all known to a Backup: some of it draws a challenge.
    node, heard = lab.backups(leader)[0], heard_on(lab, leader)
    made = {"junk": noise(2)[:200] + pairing_noise(2)[:200], "recorded": heard,
            "imitations": [one for one in imitations(2, heard) if one not in heard][:400]}[kind]
    drew = drawn(lab, node, made)
    assert_not_worth_it(drew)
    assert bool(drew) == (kind == "recorded"), f"{kind}: {drew}"


@pytest.mark.parametrize("kind", ["announcements", "recorded"])
def test_whoever_is_named_in_pairing_gets_no_more_than_was_sent(kind):
    with paired() as (lab, leader, heard):
        said = [one for one in heard if one.startswith(PAIRING)]
        assert any(one[KIND] == OFFER for one in said)
        drew = drawn(lab, lab.backups(leader)[0], announcements(3, heard)[:200] if kind == "announcements" else said * 3)
        assert_not_worth_it(drew)
        assert kind != "announcements" or drew, "they are to draw offers"


def test_other_ports_and_a_lifeline_say_nothing_to_strangers(formed):
    lab, leader = formed
    node = lab.backups(leader)[0]
    # The port of DHCP clients; the node listens to it by frames, and only while it asks.
    assert not drawn(lab, node, imitations(3, heard_on(lab, leader))[:100], port=68)
    # The lifeline: a connection is held, and nothing is ever said.
    with Answers(lab, "10.77.0.200") as answers:
        lines = [socket_in(lab.client, socket.AF_INET, socket.SOCK_STREAM) for _ in range(4)]
        for line in lines:
            line.settimeout(2)
            line.connect((node.address, PORT))
            line.sendall(b"GET / HTTP/1.1\r\n\r\n" * 10)
        time.sleep(3)
        for line in lines:
            line.close()
    assert answers.bytes.get("tcp", 0) == 0
