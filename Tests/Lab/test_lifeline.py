"""Lifelines: the end of the leader's process is seen at once, and nothing else is taken for it."""

import socket
import subprocess

import pytest

from lab import FLOATING, PORT, Lab
from namespace import ip, socket_in, within
from node import Node

ENDED = "process has ended"  # in the reason of a take-over that a lifeline brought about


def run_in(node: Node, *command: str, text: str | None = None) -> str:
    """Runs a program in a node's namespace, and answers what it printed."""
    done = subprocess.run(["nsenter", f"--net=/run/netns/{node.namespace}", "--", *command], input=text, text=True,
                          capture_output=True, check=False, timeout=30)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr or done.stdout}"
    return done.stdout


def filter_on(node: Node, rule: str) -> None:
    """Puts a rule in the way of what comes in at a node."""
    run_in(node, "nft", "-f", "-", text=f"table inet lab {{\nchain in {{\ntype filter hook input priority 0;\n{rule}\n}}\n}}\n")


def unfilter(node: Node) -> None:
    run_in(node, "nft", "delete", "table", "inet", "lab")


def of(node: Node) -> dict:
    """A node's own account of its lifelines."""
    return node.status().report["lifelines"]


def holders_of(node: Node) -> list[str | None]:
    """The names of those that hold a lifeline to this node; a stranger is called one."""
    return sorted(end.get("name", "stranger") for end in of(node)["held_by_others"] for _ in range(end["count"]))


def held_by(node: Node) -> list[str]:
    """The names of the nodes to which this one holds a lifeline."""
    return [end["name"] for end in of(node)["to_others"] if end["state"] == "held"]


def wait_held(lab: Lab, leader: Node, *backups: Node) -> None:
    """Waits until these backups, or all, hold a lifeline to the leader, which knows of it."""
    expected = list(backups) or [node for node in lab.backups(leader) if node.running]
    lab.wait_until(lambda: all(held_by(node) == [leader.name] for node in expected), f"lifelines to {leader.name} are held")
    # By number: a node with two kinds of addresses may come from one at which it is not known.
    lab.wait_until(lambda: len(holders_of(leader)) >= len(expected), f"{leader.name} knows of them")


def moves(lab: Lab) -> list[str]:
    """The take-overs that anybody remembers to have come about by a lifeline, which nothing here should bring about."""
    return [f"{node.name}: {transition['reason']}" for node in lab.nodes if node.running
            for transition in node.status().report["floating"][0]["transitions"] if ENDED in transition["reason"]]


def break_lifelines(lab: Lab, leader: Node) -> bool:
    """Ends each connection to the leader at the other end, so that the daemon there sees it broken; false if there was
    one too few."""
    command = ("ss", "-K", "-tn", "state", "established", "dport", "=", f":{PORT}")
    return all([f":{PORT}" in run_in(node, *command) for node in lab.backups(leader)])


def last_reason(node: Node) -> str:
    """Why the node changed its state the last time."""
    return str(node.status().report["floating"][0]["transitions"][-1]["reason"])


def successor(lab: Lab, lost: Node) -> Node:
    rest = [node for node in lab.backups(lost) if node.running]
    return lab.wait_until(lambda: next((node for node in rest if FLOATING in lab.addresses_on(node)), None),
                          f"another node than {lost.name} has the address")


def test_the_others_hold_lifelines_to_the_leader_and_to_no_one_else(formed):
    lab, leader = formed
    wait_held(lab, leader)
    assert of(leader)["listening"] and of(leader)["to_others"] == []
    assert holders_of(leader) == sorted(node.name for node in lab.backups(leader))
    assert all(holders_of(node) == [] for node in lab.backups(leader))
    metrics = lab.http("/.bramble/metrics", address=leader.address).body.decode()
    assert 'bramble_lifelines{direction="from_others"} 2' in metrics


def test_the_end_of_the_leaders_process_is_why_another_takes_over(formed):
    lab, leader = formed
    wait_held(lab, leader)
    leader.kill()
    heir = successor(lab, leader)
    assert ENDED in last_reason(heir)
    other = next(node for node in lab.backups(leader) if node is not heir)
    wait_held(lab, heir, other)
    assert holders_of(heir) == [other.name]


@pytest.mark.parametrize("hangs", [True, False], ids=["hung", "cut-off"])
def test_one_that_hangs_is_told_from_one_that_is_gone(formed, hangs):
    lab, leader = formed
    wait_held(lab, leader)
    if hangs:
        leader.hang()
    else:
        lab.blackhole(leader)
    said = last_reason(successor(lab, leader))
    assert ("machine still answers" in said) is hangs, said
    assert "nothing was heard" in said


def test_a_leader_that_stops_hands_over_and_nobody_takes_it_for_a_death(formed):
    lab, leader = formed
    wait_held(lab, leader)
    assert leader.stop() == 0
    heir = successor(lab, leader)
    assert ENDED not in last_reason(heir)


def test_a_backup_that_is_killed_or_started_anew_bothers_no_one(formed):
    lab, leader = formed
    wait_held(lab, leader)
    backup, other = lab.backups(leader)
    for end in (backup.kill, backup.stop):
        end()
        backup.start()
        assert lab.wait_formed() is leader
        wait_held(lab, leader)
    assert moves(lab) == []
    assert lab.holders() == [leader] and other.running


@pytest.mark.parametrize("refused", [False, True], ids=["accepted-again", "refused-by-a-firewall"])
def test_a_broken_lifeline_moves_nothing_while_the_leader_lives(lab, refused):
    for node in lab.nodes:
        node.configuration["log"] = {"level": "debug"}
    lab.start()
    leader = lab.wait_formed()
    wait_held(lab, leader)
    if refused:
        filter_on(leader, f"tcp dport {PORT} reject with tcp reset")
    for _ in range(3):
        # The firewall may have been first: it resets a connection as soon as the kernel looks whether it still stands.
        assert break_lifelines(lab, leader) or refused
        lab.stays_true(lambda: lab.holders() == [leader], "the leader keeps the address", seconds=1)
        if refused:
            unfilter(leader)
        wait_held(lab, leader)
        if refused:
            filter_on(leader, f"tcp dport {PORT} reject with tcp reset")
    assert moves(lab) == []
    for node in lab.backups(leader):
        assert "the lifeline to" in node.log()
        assert ("refuses another lifeline" in node.log()) == refused


def test_a_leader_overrun_with_connections_keeps_the_address_when_lifelines_break(formed):
    lab, leader = formed
    wait_held(lab, leader)
    for number in range(100, 190):
        ip("address", "add", f"10.77.0.{number}/32", "dev", "eth0", inside=lab.client)
    junk = []

    def connect() -> None:
        for number in range(900):
            wire = socket.socket()
            wire.setblocking(False)
            wire.bind((f"10.77.0.{100 + number % 90}", 0))
            wire.connect_ex((leader.address, PORT))
            junk.append(wire)

    try:
        within(lab.client, connect)
        assert break_lifelines(lab, leader)
        lab.stays_true(lambda: lab.holders() == [leader], "the leader keeps the address", seconds=3)
        # Strangers do not take the places of members.
        wait_held(lab, leader)
        assert of(leader)["turned_away"] > 0
        assert sum(end["count"] for end in of(leader)["held_by_others"] if "name" not in end) <= 64
    finally:
        for wire in junk:
            wire.close()
    assert moves(lab) == []
    lab.wait_until(lambda: holders_of(leader) == sorted(node.name for node in lab.backups(leader)), "the junk is gone")


def test_where_the_port_is_blocked_silence_still_tells():
    with Lab(3) as lab:
        for node in lab.nodes:
            filter_on(node, f"tcp dport {PORT} drop")
        lab.start()
        leader = lab.wait_formed()
        lab.stays_true(lambda: lab.holders() == [leader] and moves(lab) == [], "nothing happens", seconds=3)
        assert holders_of(leader) == []
        leader.kill()
        heir = successor(lab, leader)
        assert ENDED not in last_reason(heir)


def test_where_another_program_has_the_port_the_node_does_without(lab):
    taken = lab.nodes[0]
    with socket_in(taken.namespace, socket.AF_INET, socket.SOCK_STREAM) as program:
        program.bind(("0.0.0.0", PORT))
        program.listen()
        taken.write_configuration()
        checked = taken.run_command("check", "--config", taken.config_path)
        assert f"tcp port {PORT}: another program uses it" in checked.stdout
        lab.start()
        lab.wait_formed()
        assert of(taken)["listening"] is False
        assert any(f"TCP port {PORT}" in warning and "ss -ltnp" in warning for warning in taken.status().report["warnings"])


def test_a_stranger_who_talks_or_stays_silent_changes_nothing(formed):
    lab, leader = formed
    wait_held(lab, leader)
    with socket_in(lab.client, socket.AF_INET, socket.SOCK_STREAM) as silent, \
            socket_in(lab.client, socket.AF_INET, socket.SOCK_STREAM) as loud:
        silent.connect((leader.address, PORT))
        loud.settimeout(30)
        loud.connect((leader.address, PORT))
        with pytest.raises(OSError):
            while True:
                loud.sendall(b"GET / HTTP/1.1\r\n\r\n" * 1000)
        lab.wait_until(lambda: of(leader)["turned_away"] == 1, "the loud one was sent away")
        lab.wait_until(lambda: "stranger" in holders_of(leader), "the silent one stays")
        wait_held(lab, leader)
    assert moves(lab) == [] and lab.holders() == [leader]
