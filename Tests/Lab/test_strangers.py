"""Who has no key changes nothing."""

import random

import pytest

from lab import Lab, new_key
from wire import Capture, Stranger

OTHER_FLOATING = "10.77.0.251"


def views(lab) -> list[tuple]:
    return [node.status().view for node in lab.nodes]


def dropped(node) -> int:
    return sum(node.status().drops.values())


def test_two_clusters_on_one_wire_ignore_each_other():
    with Lab(2) as lab:
        other = {"cluster": {"key": new_key()}, "floating": {"addresses": [OTHER_FLOATING], "router_id": 52}}
        ours, theirs = list(lab.nodes), [lab.add_node(other), lab.add_node(other)]
        lab.start()
        leader = lab.wait_formed(*ours)
        lab.wait_until(lambda: all(node.status().alive == ["n3", "n4"] for node in theirs), "the other cluster forms")
        lab.wait_until(lambda: len(lab.holders(OTHER_FLOATING)) == 1, "the other cluster has its own address")
        assert all(node.status().alive == ["n1", "n2"] for node in ours)
        lab.wait_until(lambda: all(dropped(node) > 0 for node in lab.nodes), "each counts the other's datagrams as dropped")

        leader.kill()
        survivor = next(node for node in ours if node is not leader)
        assert lab.wait_formed(survivor) is survivor
        assert all(node.status().alive == ["n3", "n4"] for node in theirs)


def garbage(seed: int, gossip: list[bytes]) -> list[bytes]:
    """Nonsense of every length, and real datagrams with a bit turned, cut short, drawn out and put together."""
    generator = random.Random(seed)
    made = [b"", b"\0", bytes(1200), b"\xff" * 1472, b"GET / HTTP/1.1\r\n\r\n"]
    made += [generator.randbytes(generator.randrange(1, 1473)) for _ in range(200)]
    for _ in range(200):
        datagram = bytearray(generator.choice(gossip))
        datagram[generator.randrange(len(datagram))] ^= 1 << generator.randrange(8)
        made.append(bytes(datagram))
    for _ in range(50):
        first, second = generator.choice(gossip), generator.choice(gossip)
        made += [first[:generator.randrange(len(first))], first + b"\0", (first[:20] + second[20:])[:1400]]
    return made


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_garbage_changes_nothing_and_is_counted(formed, seed):
    lab, leader = formed
    with Capture(lab, leader.name) as capture:
        lab.wait_until(lambda: len(capture.frames) >= 50, "gossip is heard")
    before, counted = views(lab), [dropped(node) for node in lab.nodes]
    with Stranger(lab) as stranger:
        for payload in garbage(seed, [frame.payload for frame in capture.frames]):
            stranger.inject(payload)
            stranger.inject(payload, to=leader.address)
    lab.wait_until(lambda: all(dropped(node) > count for node, count in zip(lab.nodes, counted)), "the garbage is counted")
    assert views(lab) == before
    assert lab.wait_formed() is leader


def test_replayed_datagrams_change_nothing_and_are_counted(formed):
    lab, leader = formed
    with Capture(lab, leader.name) as capture:
        lab.wait_until(lambda: len(capture.frames) >= 100, "gossip is heard")
    before, counted = views(lab), [dropped(node) for node in lab.nodes]
    with Stranger(lab) as stranger:
        for frame in capture.frames * 3:
            stranger.replay(frame)
            stranger.inject(frame.payload)
            stranger.inject(frame.payload, to=leader.address)
    lab.wait_until(lambda: all(dropped(node) > count for node, count in zip(lab.nodes, counted)), "the replays are counted")
    assert views(lab) == before
    assert lab.wait_formed() is leader


def test_what_all_nodes_said_before_they_were_started_anew_changes_nothing(formed):
    lab, leader = formed
    with Capture(lab, leader.name) as capture:
        lab.wait_until(lambda: len(capture.frames) >= 100, "gossip is heard")
    for node in lab.nodes:
        node.stop()
    lab.start()
    holder = lab.wait_formed()
    before, counted = views(lab), [dropped(node) for node in lab.nodes]
    with Stranger(lab) as stranger:
        for frame in capture.frames:
            stranger.replay(frame)
            stranger.inject(frame.payload)
    lab.wait_until(lambda: all(dropped(node) > count for node, count in zip(lab.nodes, counted)), "the replays are counted")
    assert views(lab) == before
    assert lab.wait_formed() is holder


def test_what_a_dead_node_once_said_does_not_bring_it_back(formed):
    lab, leader = formed
    with Capture(lab, leader.name) as capture:
        lab.wait_until(lambda: len(capture.frames) >= 100, "gossip is heard")
    said = [frame for frame in capture.frames if frame.source in (leader.address, leader.address6) or
            frame.source.startswith("fe80")]
    leader.kill()
    rest = lab.backups(leader)
    holder = lab.wait_formed(*rest)
    # The others are started anew, so that no replay window remembers what was said.
    for node in rest:
        node.stop()
        node.start()
    holder = lab.wait_formed(*rest)
    with Stranger(lab) as stranger:
        for frame in said:
            stranger.replay(frame)
            stranger.inject(frame.payload)
    lab.stays_true(lambda: all(node.status().members.get(leader.name) != "alive" for node in rest),
                   f"{leader.name} stays dead", seconds=3)
    assert lab.wait_formed(*rest) is holder


def test_a_flood_does_not_take_the_address_from_its_holder(formed):
    lab, leader = formed
    generator = random.Random(4)
    payloads = [generator.randbytes(200) for _ in range(100)]
    with Stranger(lab) as stranger:
        for _ in range(100):
            for payload in payloads:
                stranger.inject(payload)
    assert lab.wait_formed() is leader
    assert leader.running
