"""A stranger on the network has the floating address: it is left alone, and people are told."""

import os
import time

import pytest

from lab import FLOATING, Lab
from strangers import Announcements, Noise, Stranger

FLOATING6 = "fd77::250"
BOTH = pytest.mark.parametrize("address", [FLOATING, FLOATING6], ids=["IPv4", "IPv6"])


def all_show(lab: Lab, signal: str) -> None:
    """Waits until every node shows a signal."""
    for node in lab.nodes:
        lab.wait_until(lambda node=node: node.status().signal == signal, f"{node.name} shows '{signal}'")


def one_holds(lab: Lab, address: str):
    """Waits until one node has the address and serves the page with it; answers that node."""
    def holder():
        holders = lab.holders(address)
        return holders[0] if len(holders) == 1 and lab.http("/", address=address).served_by == holders[0].name else None

    return lab.wait_until(holder, "one node has the address and serves the page")


@BOTH
def test_an_address_that_a_stranger_has_is_not_claimed_until_it_is_free(address):
    with Lab(3, {"floating": {"addresses": [address]}}) as lab:
        stranger = Stranger(lab)
        stranger.take(address)
        lab.start()
        all_show(lab, "address_conflict")
        lab.stays_true(lambda: not lab.holders(address), "no node has the stranger's address", 4)
        for node in lab.nodes:
            assert "belongs to a stranger on this network (02:00:00:00:00:99)" in node.log()
            assert any("02:00:00:00:00:99" in warning for warning in node.status().report["warnings"])
        stranger.give_up(address)
        one_holds(lab, address)


@BOTH
def test_a_stranger_that_comes_while_we_lead_is_contradicted_once_and_then_left_alone(address):
    with Lab(3, {"floating": {"addresses": [address]}}) as lab:
        lab.start()
        leader = one_holds(lab, address)
        # Later than a lease that an earlier holder may have left.
        time.sleep(3)
        stranger = Stranger(lab)
        stranger.take(address)
        with Announcements(lab, address) as announcements:
            stranger.announce(address)
            lab.wait_until(lambda: "is claimed by a stranger" in leader.log(), "the leader contradicts it")
            assert lab.holders(address) == [leader]
            time.sleep(1)
            stranger.announce(address)
            all_show(lab, "address_conflict")
            told = announcements.count
            print(f"\n  announcements until then: {told}")
            lab.stays_true(lambda: not lab.holders(address), "no node has the stranger's address", 6)
            for _ in range(5):
                stranger.announce(address)
            time.sleep(1)
            assert announcements.count == told, "no fight"
        assert sum("→ active" in node.log() for node in lab.nodes) == 1, "no other node went on with it"
        assert leader.status().report["floating"][0]["transitions"][-1]["reason"].startswith("a stranger")
        stranger.give_up(address)
        one_holds(lab, address)
        lab.wait_until(lambda: all(node.status().signal in ("leader", "member") for node in lab.nodes), "all is well")


@BOTH
def test_a_single_word_of_a_stranger_costs_nothing(address):
    with Lab(2, {"floating": {"addresses": [address]}}) as lab:
        lab.start()
        leader = one_holds(lab, address)
        time.sleep(3)
        Stranger(lab).announce(address)
        lab.wait_until(lambda: "is claimed by a stranger" in leader.log(), "the leader contradicts it")
        lab.stays_true(lambda: lab.holders(address) == [leader], "the leader stays", 3)
        lab.wait_until(lambda: lab.http("/", address=address).served_by == leader.name, "and serves")


def test_a_node_that_joins_does_not_take_the_leader_for_a_stranger():
    with Lab(3, {"floating": {"addresses": [FLOATING, FLOATING6]}}) as lab:
        lab.start(*lab.nodes[:2])
        lab.wait_formed(*lab.nodes[:2])
        lab.start(lab.nodes[2])
        lab.wait_formed()
        one_holds(lab, FLOATING6)
        assert "stranger" not in lab.nodes[2].log()


def test_members_that_start_together_do_not_take_each_other_for_strangers():
    with Lab(3, {"floating": {"addresses": [FLOATING6]}}) as lab:
        lab.start()
        one_holds(lab, FLOATING6)
        for node in lab.nodes:
            assert "stranger" not in node.log()


def test_two_leaders_after_a_split_are_not_strangers_to_each_other():
    with Lab(2, {"floating": {"addresses": [FLOATING, FLOATING6]}}) as lab:
        lab.start()
        lab.wait_formed()
        one_holds(lab, FLOATING6)
        for _ in range(2):
            for address in (FLOATING, FLOATING6):
                cut = one_holds(lab, address)
                lab.blackhole(cut)
                lab.wait_until(lambda address=address: len(lab.holders(address)) == 2, "both sides have the address")
                # Longer than leases last: either holder would defend the address against a stranger now.
                time.sleep(3)
                lab.unblackhole(cut)
                one_holds(lab, address)
        for node in lab.nodes:
            assert "stranger" not in node.log()


def test_holders_that_die_and_hang_are_no_strangers_to_their_successors():
    with Lab(3) as lab:
        lab.start()
        for _ in range(2):
            leader = lab.wait_formed()
            leader.kill()
            lab.wait_formed(*lab.backups(leader))
            leader.start()
            leader = lab.wait_formed()
            leader.hang()
            lab.wait_formed(*lab.backups(leader))
            leader.resume()
        lab.wait_formed()
        for node in lab.nodes:
            assert "stranger" not in node.log()


def test_a_busy_network_does_not_wake_the_control_thread(single):
    node = single.nodes[0]
    node.start()
    single.wait_formed()

    def switches() -> int:
        for task in os.listdir(f"/proc/{node.pid}/task"):
            with open(f"/proc/{node.pid}/task/{task}/status", encoding="ascii") as file:
                fields = dict(line.split(":", 1) for line in file if ":" in line)
            if fields["Name"].strip() == "bramble-control":
                return int(fields["voluntary_ctxt_switches"])
        raise AssertionError("there is no control thread")

    stranger = Stranger(single)

    def wakeups() -> float:
        before, began = switches(), time.monotonic()
        time.sleep(2)
        return (switches() - before) / (time.monotonic() - began)

    quiet = wakeups()
    noise, began = Noise(stranger), time.monotonic()
    try:
        busy = wakeups()
    finally:
        sent = noise.end() / (time.monotonic() - began)
    print(f"\n  the control thread wakes {quiet:.0f} times a second, {busy:.0f} with {sent:.0f} ARP packets a second")
    assert sent > quiet, "too few packets to tell their share of the wake-ups"
    assert busy < quiet + sent / 4, "the packets wake it"
