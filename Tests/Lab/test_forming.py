"""Nodes with one key and nothing else find each other, in whatever order they start."""

import itertools

import pytest

from lab import FLOATING


@pytest.mark.parametrize("order", list(itertools.permutations([1, 2, 3])), ids=lambda order: "".join(map(str, order)))
def test_three_nodes_form_in_any_start_order(lab, order):
    for index in order:
        lab.nodes[index - 1].start()
        lab.wait_until(lambda node=lab.nodes[index - 1]: node.status(), "the node just started answers")
    leader = lab.wait_formed()
    # A node listens for a while before it runs: the one that started last may still do so when the page is there.
    lab.wait_until(lambda: {node.name: node.status().states.get(FLOATING) for node in lab.nodes}
                   == {node.name: "active" if node is leader else "backup" for node in lab.nodes},
                   "one node is Active, the others are Backups")


def test_three_nodes_form_when_all_start_at_once(lab):
    lab.start()
    lab.wait_formed()


def test_a_node_alone_serves_the_page(single):
    single.start()
    assert single.wait_formed() is single.nodes[0]


def test_a_node_that_comes_later_joins_and_takes_nothing_away(lab):
    first, second, third = lab.nodes
    lab.start(first, second)
    leader = lab.wait_formed(first, second)
    third.start()
    assert lab.wait_formed() is leader


def test_every_node_serves_the_same_page_under_its_own_name(formed):
    lab, _ = formed
    answers = {node.name: lab.http("/", address=node.address) for node in lab.nodes}
    assert {name: answer.served_by for name, answer in answers.items()} == {name: name for name in answers}
    assert len({answer.body for answer in answers.values()}) == 1
    assert len({answer.headers["etag"] for answer in answers.values()}) == 1
