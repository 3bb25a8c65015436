"""A stranger on the network has the floating address: it is left alone, and people are told."""

from lab import FLOATING
from namespace import ip


def test_an_address_that_a_stranger_has_is_not_claimed_until_it_is_free(lab):
    ip("-n", lab.client, "addr", "add", f"{FLOATING}/32", "dev", "eth0")
    lab.start()
    for node in lab.nodes:
        lab.wait_until(lambda node=node: node.status().signal == "address conflict", f"{node.name} shows the conflict")
    lab.stays_true(lambda: not lab.holders(), "no node has the stranger's address", 4)
    assert "belongs to a stranger" in lab.nodes[0].log()
    ip("-n", lab.client, "addr", "del", f"{FLOATING}/32", "dev", "eth0")
    leader = lab.wait_formed()
    lab.wait_until(lambda: lab.holders() == [leader], "the free address is claimed by one node")


def test_a_node_that_joins_does_not_take_the_leader_for_a_stranger(lab):
    lab.start(*lab.nodes[:2])
    leader = lab.wait_formed(*lab.nodes[:2])
    lab.start(lab.nodes[2])
    assert lab.wait_formed() == leader
    assert "stranger" not in lab.nodes[2].log()
