"""A flood of junk neither moves the address nor makes a node grow; and nothing that a stranger sends is worth sending."""

import contextlib
import os
import socket
import struct
import time

import pytest

from flood import Flood, imitations, noise
from lab import PORT
from listener import Listener
from namespace import socket_in
from node import NoAnswer
from wire import Capture

# One after the other, where tests run in several processes: they keep a processor busy, or need one.
pytestmark = pytest.mark.xdist_group("busy")

SECONDS = 8
# What a page's worth of buffers and the allocator's habits may take, in KiB.
MOST_GROWTH = 16 * 1024


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


@pytest.mark.parametrize("kind, way, target", [
    ("noise", "wire", "backup"),
    *(pytest.param(*flood, marks=pytest.mark.slow) for flood in [
        ("noise", "loopback", "leader"), ("noise", "loopback", "backup"), ("noise", "wire", "leader"),
        ("imitations", "wire", "leader"), ("imitations", "wire", "backup")])])
def test_a_flood_of_junk_changes_nothing_and_is_counted(formed, target, kind, way, record_property):
    lab, leader = formed
    node = leader if target == "leader" else lab.backups(leader)[0]
    payloads = noise(1) if kind == "noise" else imitations(1, heard_on(lab, leader))
    namespace, place = (lab.client, (node.address, PORT)) if way == "wire" else (node.namespace, ("127.0.0.1", PORT))
    before, drops, handed, spent = resident(node), node.status().drops, received(node), processor(node)
    members = {other.name: other.status().view[0] for other in lab.nodes}
    answers, silent = 0, 0
    with Flood(namespace, place, payloads, SECONDS) as flood:
        while flood.running:
            assert [holder.name for holder in lab.holders()] == [leader.name], lab.describe()
            try:
                node.status(timeout=3)
                answers += 1
            except NoAnswer:
                silent += 1
            time.sleep(0.3)
    grown, busy = resident(node) - before, (processor(node) - spent) / SECONDS
    into, lost = (after - earlier for after, earlier in zip(received(node), handed))
    counted = {reason: count - drops.get(reason, 0) for reason, count in node.status().drops.items()}
    summary = (f"{kind} by {way} to the {target}: {flood.sent} sent, {flood.rate:.0f} a second; {into} read, {lost} dropped "
               f"by the kernel; {busy:.0%} of a processor; {grown} KiB more; status answered {answers} times, {silent} "
               f"times not; {counted}")
    print(summary)
    record_property("flood", summary)
    # What the machine can send is its own affair; but without a flood nothing has been tested.
    assert flood.sent > 10_000, f"hardly a flood: {summary}"
    assert answers > silent, summary
    assert grown < MOST_GROWTH, summary
    if kind == "noise":
        assert lost > flood.sent * 0.9, f"noise is to be dropped before the node reads it: {summary}"
    else:
        # What was read is counted, but for the gossip of the cluster itself.
        assert sum(counted.values()) > into * 0.9 - 5000, summary
        for reason in ("forged", "other_cluster", "too_short"):
            assert counted.get(reason, 0) > 0, summary
    lab.wait_until(lambda: lab.wait_formed() is leader, "the leader is the same")
    for other in lab.nodes:
        assert other.status().view[0] == members[other.name], lab.describe()


@pytest.mark.parametrize("kind", ["noise", pytest.param("imitations", marks=pytest.mark.slow)])
def test_a_leader_that_dies_in_a_flood_is_followed(formed, kind):
    lab, leader = formed
    backups = lab.backups(leader)
    payloads = noise(1) if kind == "noise" else imitations(1, heard_on(lab, leader))
    with contextlib.ExitStack() as floods:
        sent = [floods.enter_context(Flood(lab.client, (node.address, PORT), payloads, SECONDS, 50_000)) for node in backups]
        time.sleep(SECONDS / 2)
        assert [holder.name for holder in lab.holders()] == [leader.name], lab.describe()
        leader.kill()
        died = time.monotonic()
        lab.wait_until(lambda: any(node in backups for node in lab.holders()), "a Backup takes over")
        took, under_way = time.monotonic() - died, all(flood.running for flood in sent)
    print(f"{kind}: {', '.join(f'{flood.rate:.0f}' for flood in sent)} a second to the Backups; taken over after "
          f"{took * 1000:.0f} ms, {'while it went on' if under_way else 'after its end'}")
    lab.wait_formed(*backups)


class Answers(Listener):
    """Counts what goes from a node's addresses to the client's: bytes of UDP and TCP by port, as the node's side names
    it."""

    def __init__(self, lab, node):
        self.bytes: dict[tuple[str, int], int] = {}
        self._from, self._to = (socket.inet_aton(address) for address in (node.address, "10.77.0.200"))
        listening = socket_in(lab.client, socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        listening.bind(("eth0", 0x0800))
        super().__init__(listening)

    def heard(self, message: bytes) -> None:
        if message[26:30] != self._from or message[30:34] != self._to:
            return
        start = 14 + (message[14] & 15) * 4
        end = 14 + struct.unpack_from("!H", message, 16)[0]
        kind = {6: "tcp", 17: "udp"}.get(message[23])
        if kind:
            head = 8 if kind == "udp" else (message[start + 12] >> 4) * 4
            place = kind, struct.unpack_from("!H", message, start)[0]
            self.bytes[place] = self.bytes.get(place, 0) + end - start - head


def test_strangers_get_no_more_than_they_send(formed):
    lab, leader = formed
    # What the leader says to others is not all known to a Backup: some of it draws a challenge.
    node, heard = lab.backups(leader)[0], heard_on(lab, leader)
    sent = {"udp": 0}
    with Answers(lab, node) as answers:
        udp = socket_in(lab.client, socket.AF_INET, socket.SOCK_DGRAM)
        for payload in noise(2) + imitations(2, heard) + heard:
            udp.sendto(payload, (node.address, PORT))
            sent["udp"] += len(payload)
        # The port of DHCP clients; the node listens to it by frames, and only while it asks.
        for payload in imitations(3, heard)[:100]:
            udp.sendto(payload, (node.address, 68))
        udp.close()
        # The lifeline: a connection is held, and nothing is ever said.
        lines = [socket_in(lab.client, socket.AF_INET, socket.SOCK_STREAM) for _ in range(4)]
        for line in lines:
            line.settimeout(2)
            line.connect((node.address, PORT))
            line.sendall(b"GET / HTTP/1.1\r\n\r\n" * 10)
        time.sleep(3)
        for line in lines:
            line.close()
    print(f"{sent['udp']} bytes to the gossip port; answers: {answers.bytes}")
    assert 0 < answers.bytes.get(("udp", PORT), 0) <= sent["udp"]
    assert answers.bytes.get(("udp", 68), 0) == 0
    assert answers.bytes.get(("tcp", PORT), 0) == 0
