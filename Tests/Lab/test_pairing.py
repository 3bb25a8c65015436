"""Nodes that were given no key agree on one; a complete cluster lets nobody in but by a person's word."""

import os

import pytest

from lab import FLOATING, Lab

KEYLESS = {"cluster": {"key": None}}


def ask(node, *arguments: str):
    """Runs a command that asks this node's daemon."""
    return node.run_command(*arguments, "--socket", node.socket_path, timeout=60)


def pairing(node) -> dict:
    return node.status().report["pairing"]


def fingerprints(lab, *nodes) -> set[str]:
    """The cluster keys that nodes have."""
    return {node.status().report["cluster"]["key_fingerprint"] for node in nodes or lab.nodes}


def one_cluster(lab, *nodes) -> bool:
    names = sorted(node.name for node in nodes)
    return len(fingerprints(lab, *nodes)) == 1 and all(node.status().alive == names for node in nodes)


def close(lab, *nodes) -> None:
    for node in nodes:
        done = ask(node, "pair", "close")
        assert done.returncode == 0, done.stderr


@pytest.fixture
def keyless():
    """Three nodes without a key, not started."""
    with Lab(3, KEYLESS) as lab:
        yield lab


def test_three_without_a_key_become_a_cluster_and_stay_one(keyless):
    lab = keyless
    lab.start()
    lab.wait_until(lambda: one_cluster(lab, *lab.nodes), "they have one key and know each other", timeout=30)
    leader = lab.wait_formed()
    assert lab.http("/", address=FLOATING).served_by == leader.name
    lab.wait_until(lambda: all(pairing(node)["found"] == 3 for node in lab.nodes), "each has found three")
    assert {node.status().signal for node in lab.nodes} == {"pairing"}
    shown = ask(leader, "status").stdout
    assert "3 found" in shown, shown
    close(lab, *lab.nodes)
    assert {node.status().signal for node in lab.nodes} == {"leader", "member"}
    before = fingerprints(lab)
    for node in lab.nodes:
        assert node.stop() == 0
    lab.start()
    lab.wait_formed()
    assert fingerprints(lab) == before, "the key is kept"
    assert {pairing(node)["standing"] for node in lab.nodes} == {"closed"}


def test_who_comes_late_is_shown_and_let_in_by_a_person(keyless):
    lab = keyless
    first, second, late = lab.nodes
    first.start()
    second.start()
    lab.wait_until(lambda: one_cluster(lab, first, second), "two are a cluster", timeout=30)
    close(lab, first, second)
    late.start()
    shown = pairing(lab.wait_until(lambda: late if late.status() else None, "it runs"))["fingerprint"]
    lab.wait_until(lambda: [other["fingerprint"] for other in pairing(first)["asking"]] == [shown], "it is seen to ask")
    assert any(f"bramble admit {shown}" in warning for warning in first.status().report["warnings"])
    lab.stays_true(lambda: late.status().alive == [late.name], "nobody lets it in by itself", seconds=3)
    refused = ask(first, "admit", "0123-4567-89ab-cdef-0123")
    assert refused.returncode == 1 and shown in refused.stderr and "Nothing has changed" in refused.stderr
    assert ask(first, "admit", "nonsense").returncode == 1
    assert ask(first, "admit", shown[:9]).returncode == 1, "a part of a fingerprint can be forged"
    done = ask(first, "admit", shown)
    assert done.returncode == 0 and late.name in done.stdout, done.stderr
    lab.wait_until(lambda: one_cluster(lab, *lab.nodes), "it is a member", timeout=30)
    lab.wait_until(lambda: len(lab.holders()) == 1, "one of them holds the address")
    assert pairing(first)["asking"] == []
    late.kill()
    late.start()
    lab.wait_until(lambda: one_cluster(lab, *lab.nodes), "and still after a restart", timeout=30)


def test_a_cluster_whose_key_is_in_its_files_lets_one_in_too(formed):
    lab, leader = formed
    late = lab.add_node(KEYLESS)
    late.start()
    shown = pairing(lab.wait_until(lambda: late if late.status() else None, "it runs"))["fingerprint"]
    lab.wait_until(lambda: pairing(leader)["asking"], "it is seen to ask")
    lab.stays_true(lambda: lab.holders() == [leader], "a stranger does not take the address", seconds=6)
    assert ask(leader, "pair", "join", shown).returncode == 1, "whose key is in its file joins nobody"
    assert ask(leader, "admit", shown).returncode == 0
    lab.wait_until(lambda: one_cluster(lab, *lab.nodes), "it is a member", timeout=30)
    assert lab.holders() == [leader]


def test_nodes_whose_files_of_it_were_removed_pair_anew(keyless):
    lab = keyless
    lab.start()
    lab.wait_until(lambda: one_cluster(lab, *lab.nodes), "they are a cluster", timeout=30)
    close(lab, lab.nodes[0])
    lab.wait_until(lambda: {pairing(node)["standing"] for node in lab.nodes} == {"closed"}, "one word holds for all")
    before = fingerprints(lab)
    for node in lab.nodes:
        assert node.stop() == 0
        for name in ("pairing", "keys"):
            if os.path.exists(path := os.path.join(node.data_path, name)):
                os.remove(path)
    lab.start()
    lab.wait_until(lambda: one_cluster(lab, *lab.nodes), "they are one again", timeout=30)
    assert fingerprints(lab) != before, "with another key"


def test_two_groups_that_paired_apart_are_merged_by_admitting_one(keyless):
    lab = keyless
    fourth = lab.add_node(KEYLESS)
    one, two, three, _ = lab.nodes
    one.start()
    two.start()
    lab.wait_until(lambda: one_cluster(lab, one, two), "two are a cluster", timeout=30)
    close(lab, one, two)
    three.start()
    fourth.start()
    lab.wait_until(lambda: one_cluster(lab, three, fourth), "two others are another one", timeout=30)
    close(lab, three, fourth)
    assert len(fingerprints(lab)) == 2
    done = ask(three, "pair", "join", pairing(one)["fingerprint"])
    assert done.returncode == 0 and pairing(three)["fingerprint"] in done.stdout
    shown = pairing(three)["fingerprint"]
    lab.wait_until(lambda: shown in [other["fingerprint"] for other in pairing(one)["asking"]], "it is seen to ask")
    assert ask(one, "admit", shown).returncode == 0
    lab.wait_until(lambda: one_cluster(lab, *lab.nodes), "all four are one cluster", timeout=60)
    lab.wait_until(lambda: len(lab.holders()) == 1, "one holds the address")
    for node in lab.nodes:
        assert node.stop() == 0
    lab.start()
    lab.wait_until(lambda: one_cluster(lab, *lab.nodes), "and still after a restart", timeout=60)


def test_with_pairing_off_a_node_without_a_key_says_so_and_one_with_a_key_lets_nobody_in(single):
    node = single.nodes[0]
    node.configuration["cluster"]["pairing"] = False
    node.start()
    single.wait_formed()
    assert "pairing" not in node.status().report
    for command in (("pair", "open"), ("admit", "0123-4567-89ab-cdef-0123")):
        refused = ask(node, *command)
        assert refused.returncode == 1 and "pairing = false" in refused.stderr, refused
