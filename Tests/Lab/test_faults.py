"""Kill, hang, unplug, stop: the page stays, one node has the address, and none keeps it that should not."""

import pytest

from lab import FLOATING
from namespace import ip
from node import NoAnswer
from spinning import can_spin, running_time, spin, thread_called

# What happens to a node, and how it comes back.
FAULTS = {
    "killed": (lambda lab, node: node.kill(), lambda lab, node: node.start()),
    "hung": (lambda lab, node: node.hang(), lambda lab, node: node.resume()),
    "cable pulled": (lambda lab, node: lab.pull(node), lambda lab, node: lab.replug(node)),
    "silently cut off": (lambda lab, node: lab.blackhole(node), lambda lab, node: lab.unblackhole(node)),
    "stopped": (lambda lab, node: node.stop(), lambda lab, node: node.start()),
}


def settled_without(lab, lost):
    """Waits until the others are one cluster without the lost node, and one of them, alone on the wire, serves."""
    rest = [node for node in lab.nodes if node is not lost]
    names = [node.name for node in rest]

    def settled():
        if any(node.status().alive != names for node in rest):
            return None
        holders = [node for node in lab.holders() if node is not lost]
        if len(holders) != 1:
            return None
        answer = lab.http("/")
        return holders[0] if answer.status == 200 and answer.served_by == holders[0].name else None

    return lab.wait_until(settled, f"{' and '.join(names)} go on without {lost.name}")


@pytest.mark.parametrize("role", ["leader", "backup"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.replace(" ", "-"))
def test_the_page_stays_when_a_node_is(formed, fault, role):
    lab, leader = formed
    page = lab.http("/").body
    lost = leader if role == "leader" else lab.backups(leader)[0]
    strike, mend = FAULTS[fault]

    strike(lab, lost)
    holder = settled_without(lab, lost)
    assert lab.http("/").body == page
    if role == "backup":
        assert holder is leader, "the address moved, though its holder was well"
    if fault != "silently cut off":  # that one cannot know: it serves its side of the cut
        lab.wait_until(lambda: FLOATING not in lab.addresses_on(lost), f"{lost.name} has the address no more")
    state = "left" if fault == "stopped" else "dead"
    lab.wait_until(lambda: all(node.status().members.get(lost.name) == state for node in lab.nodes if node is not lost),
                   f"{lost.name} is known to have left" if fault == "stopped" else f"{lost.name} is known to be dead")

    mend(lab, lost)
    after = lab.wait_formed()
    assert lab.http("/").body == page
    if role == "backup" and fault not in ("silently cut off", "cable pulled"):
        assert after is leader, "a backup that came back took the address from a healthy holder"


def test_a_stopped_leader_says_goodbye(formed):
    lab, leader = formed
    assert leader.stop() == 0
    assert FLOATING not in lab.addresses_on(leader)
    backup = lab.backups(leader)[0]
    lab.wait_until(lambda: backup.status().members.get(leader.name) in ("left", None), "the others saw it leave")


def test_a_node_whose_cable_is_pulled_says_so(formed):
    lab, leader = formed
    lab.pull(leader)
    lab.wait_until(lambda: leader.status().signal == "isolated", "its lights say that it is isolated")
    assert any("cable" in reason for reason in leader.status().report["health"]["reasons"])
    lab.replug(leader)
    lab.wait_formed()
    lab.wait_until(lambda: leader.status().signal in ("leader", "member"), "all is well again")


def test_the_last_node_serves_alone(formed):
    lab, leader = formed
    last = lab.backups(leader)[0]
    for node in lab.nodes:
        if node is not last:
            node.kill()
    lab.wait_until(lambda: lab.holders() == [last] and lab.http("/").served_by == last.name, "the last node serves")


def test_after_a_long_split_there_is_one_cluster_with_one_leader(formed):
    lab, leader = formed
    lab.blackhole(leader)
    other = settled_without(lab, leader)
    lab.wait_until(lambda: leader.status().alive == [leader.name], "the one cut off sees that it is alone")
    assert leader in lab.holders() and other in lab.holders(), "each side serves its own"
    lab.unblackhole(leader)
    lab.wait_formed()


def test_a_node_killed_again_and_again_joins_again_and_again(formed):
    lab, leader = formed
    lost = lab.backups(leader)[0]
    identity = lost.status().node_id
    for _ in range(3):
        lost.kill()
        lost.start()
        assert lab.wait_formed() is leader
    assert lost.status().node_id == identity


@pytest.mark.parametrize("who", ["one", "all"])
def test_nodes_that_are_given_other_addresses_stay_one_cluster(formed, who):
    lab, leader = formed
    moving = lab.nodes if who == "all" else [leader]
    for node in moving:
        ip("address", "del", f"{node.address}/24", "dev", "eth0", inside=node.namespace)
        ip("address", "del", f"{node.address6}/64", "dev", "eth0", inside=node.namespace)
        ip("address", "add", f"10.77.0.{100 + node.index}/24", "broadcast", "+", "dev", "eth0", inside=node.namespace)
    now = {node.name: f"10.77.0.{100 + node.index}:7373" if node in moving else f"{node.address}:7373"
           for node in lab.nodes}

    def known() -> bool:
        return all(member["self"] or member["address"] == now[member["name"]]
                   for node in lab.nodes for member in node.status().report["cluster"]["members"])

    lab.wait_until(known, "every node knows where the others are", timeout=10)
    lab.wait_formed()
    assert not any("is dead" in node.log() for node in lab.nodes)


def test_a_hung_leader_that_wakes_does_not_fight(formed):
    lab, leader = formed
    leader.hang()
    holder = settled_without(lab, leader)
    leader.resume()
    lab.wait_formed()
    lab.stays_true(lambda: len(lab.holders()) == 1, "one holder", seconds=3)
    assert lab.holders() == [holder], "the address moved twice"


@pytest.mark.skipif(not can_spin, reason="no endless loop is known for this kind of machine")
def test_a_leader_in_an_endless_loop_loses_the_address_without_help(formed):
    lab, leader = formed
    page = lab.http("/").body
    thread = thread_called(leader.pid, "bramble-control")
    spin(leader.pid, thread)
    # Its lease is 1.3 s at most; nothing but the kernel can take the address off.
    lab.wait_until(lambda: FLOATING not in lab.addresses_on(leader), "it has the address no more", timeout=10)
    holder = settled_without(lab, leader)
    assert holder is not leader and lab.http("/").body == page
    before = running_time(leader.pid, thread)
    lab.wait_until(lambda: running_time(leader.pid, thread) > before, "it loops still")
    assert leader.running and lab.http("/.bramble/health", address=leader.address).status in (200, 503), \
        "the threads of its web server do not live"
    assert FLOATING not in lab.addresses_on(leader)
    leader.kill()
    leader.start()
    lab.wait_formed()


def test_a_dead_node_answers_nothing(formed):
    lab, leader = formed
    leader.kill()
    with pytest.raises(NoAnswer):
        lab.http("/", address=leader.address)
