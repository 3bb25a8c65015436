"""Floating addresses: of both kinds, several, by priority, and when another program meddles."""

import pytest

from lab import FLOATING, Lab
from namespace import ip

FLOATING6 = "fd77::250"


def serves(lab, address):
    """Whether one node, alone, has the address, and serves the page with it."""
    holders = lab.holders(address)
    return len(holders) == 1 and lab.http("/", address=address).served_by == holders[0].name


def test_an_ipv6_address_moves_as_an_ipv4_address_does():
    with Lab(3, {"floating": {"addresses": [FLOATING, FLOATING6]}}) as lab:
        lab.start()
        leader = lab.wait_formed()
        lab.wait_until(lambda: serves(lab, FLOATING6), "the IPv6 address serves the page")
        for node in lab.holders(FLOATING6):
            node.kill()
        lab.wait_until(lambda: serves(lab, FLOATING6) and serves(lab, FLOATING), "both addresses serve the page again")
        assert leader


def test_an_ipv6_address_alone():
    with Lab(2, {"floating": {"addresses": [FLOATING6]}}) as lab:
        lab.start()
        lab.wait_until(lambda: serves(lab, FLOATING6), "the IPv6 address serves the page")
        first = lab.holders(FLOATING6)[0]
        first.hang()
        other = lab.backups(first)[0]
        lab.wait_until(lambda: lab.holders(FLOATING6) == [other], "the hung node has lost the address to the other")
        lab.wait_until(lambda: lab.http("/", address=FLOATING6).served_by == other.name, "the other serves")


@pytest.mark.parametrize("preempt", [True, False], ids=["preempting", "not-preempting"])
def test_a_higher_priority_takes_the_address_only_when_asked_to(preempt):
    with Lab(2, {"floating": {"preempt": preempt}}) as lab:
        low, high = lab.nodes
        high.configuration["floating"]["priority"] = 200
        low.start()
        lab.wait_formed(low)
        high.start()
        if preempt:
            lab.wait_until(lambda: lab.wait_formed() is high, "the node with the higher priority leads")
        else:
            assert lab.wait_formed() is low
            lab.stays_true(lambda: lab.holders() == [low], "a healthy holder stays", seconds=3)


def test_several_addresses_of_one_kind_move_together():
    second = "10.77.0.251"
    with Lab(3, {"floating": {"addresses": [FLOATING, second]}}) as lab:
        lab.start()
        leader = lab.wait_formed()
        lab.wait_until(lambda: serves(lab, second), "the second address serves the page")
        leader.kill()
        lab.wait_formed(*lab.backups(leader))
        lab.wait_until(lambda: serves(lab, FLOATING) and serves(lab, second), "both serve the page again")
        for node in lab.backups(leader):
            assert node.stop() == 0
        assert lab.holders(FLOATING) == lab.holders(second) == []


def test_an_address_outside_every_network_does_not_take_the_others_down():
    with Lab(2, {"floating": {"addresses": [FLOATING, "192.0.2.7"]}}) as lab:
        lab.start()
        leader = lab.wait_formed()
        report = leader.status().report
        assert report["health"]["serving"] and not report["health"]["reasons"]
        assert any("192.0.2.7" in warning and "network" in warning for warning in report["warnings"])
        leader.kill()
        lab.wait_formed(*lab.backups(leader))


def test_nodes_without_a_floating_address_still_find_each_other_and_serve():
    with Lab(2, {"floating": {"addresses": []}}) as lab:
        lab.start()
        lab.wait_until(lambda: all(node.status().alive == ["n1", "n2"] for node in lab.nodes), "they are one cluster")
        for node in lab.nodes:
            assert lab.http("/", address=node.address).served_by == node.name


def test_an_address_that_another_program_removed_is_put_back(formed):
    lab, leader = formed
    for line in ip("-o", "-4", "address", inside=leader.namespace).splitlines():
        if line.split()[3].startswith(FLOATING + "/"):
            ip("address", "del", line.split()[3], "dev", "eth0", inside=leader.namespace)
    assert lab.wait_formed() is leader
