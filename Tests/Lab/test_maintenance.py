"""Drain, resume, resign: a node goes out of service, and nobody notices."""

import json
import os
import socket
import threading

import pytest

from lab import FLOATING
from namespace import socket_in
from node import NoAnswer


def command(node, *arguments: str, timeout: float = 90):
    """Runs a command that asks this node's daemon."""
    return node.run_command(*arguments, "--socket", node.socket_path, timeout=timeout)


def drained(lab, node, others):
    """Whether a node holds nothing and says so, and another one serves the page."""
    holders = lab.holders()
    return (node.status().report["node"]["draining"] and len(holders) == 1 and holders[0] in others
            and lab.http("/").served_by == holders[0].name)


class Slow:
    """A client that reads a large file little by little, from a node's own address."""

    def __init__(self, lab, address: str, path: str):
        self.wire = socket_in(lab.client, socket.AF_INET, socket.SOCK_STREAM)
        self.wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.wire.settimeout(30)
        self.wire.connect((address, 80))
        self.wire.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        self.received = self.wire.recv(1000)

    def finish(self) -> bytes:
        """Reads the rest, until the server ends the connection."""
        while piece := self.wire.recv(65536):
            self.received += piece
        self.wire.close()
        return self.received.split(b"\r\n\r\n", 1)[1]


def large_file(nodes, size: int = 1 << 20) -> bytes:
    """Puts one large file into the site of each node."""
    content = os.urandom(size)
    for node in nodes:
        with open(os.path.join(node.site_path, "large"), "wb") as file:
            file.write(content)
    return content


@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_a_drained_leader_hands_over_and_stays_out_of_service(formed, where):
    lab, leader = formed
    others = lab.backups(leader)
    done = command(leader, "drain") if where == "here" else command(others[0], "drain", leader.name)
    assert done.returncode == 0, done.stderr
    assert "is out of service" in done.stdout
    lab.wait_until(lambda: drained(lab, leader, others), "another node serves")
    health = lab.http("/.bramble/health", address=leader.address)
    assert health.status == 503 and health.headers["connection"] == "close"
    assert any("resume" in reason for reason in leader.status().report["health"]["reasons"])

    leader.stop()
    leader.start()
    lab.wait_until(lambda: leader.status().alive == [node.name for node in lab.nodes], "it is back as a member")
    lab.stays_true(lambda: leader not in lab.holders(), "it holds no address", seconds=1)
    assert leader.status().report["node"]["draining"], "it forgot over a restart that it is out of service"

    asked = leader if where == "here" else others[1]
    named = [] if where == "here" else [leader.name]
    again = command(asked, "drain", *named)
    # What is known of another node may be old.
    here = where == "here"
    assert again.returncode == 0 and ("already; nothing has changed" in again.stdout) == here, again
    done = command(asked, "resume", *named, "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["draining"] is False
    lab.wait_until(lambda: leader.status().states[FLOATING] == "backup", "it stands by again")
    again = command(asked, "resume", *named)
    assert again.returncode == 0 and ("in service already; nothing has changed" in again.stdout) == here, again
    last = leader.status().report["floating"][0]["transitions"][-1]
    assert "a person" in last["reason"], last
    dark = command(leader, "identify", leader.name)
    assert dark.returncode == 0 and "has no lights on" in dark.stdout, dark
    assert lab.http("/.bramble/health", address=leader.address).status == 200
    leader.stop()
    leader.start()
    lab.wait_formed()
    assert not leader.status().report["node"]["draining"]


def test_a_drain_waits_for_a_slow_download(lab):
    content = large_file(lab.nodes)
    for node in lab.nodes:
        node.configuration["http"] = {"drain_timeout": "60s"}
    lab.start()
    leader = lab.wait_formed()
    slow = Slow(lab, leader.address, "/large")
    late = command(leader, "drain", "--timeout", "1")
    assert late.returncode == 3 and "answers 1 request" in late.stdout
    assert leader.status().report["http"]["requests_in_flight"] == 1
    results = []
    waiting = threading.Thread(target=lambda: results.append(command(leader, "drain", "--json")))
    waiting.start()
    assert slow.finish() == content
    waiting.join()
    progress = json.loads(results[0].stdout)
    assert results[0].returncode == 0 and progress["requests_in_flight"] == 0 and progress["addresses"] == []


def test_a_stop_finishes_a_slow_download_and_ends_one_that_never_ends(lab):
    content = large_file(lab.nodes)
    for node in lab.nodes:
        node.configuration["http"] = {"drain_timeout": "8s"}
    lab.start()
    leader = lab.wait_formed()
    slow, stuck = Slow(lab, leader.address, "/large"), Slow(lab, leader.address, "/large")
    stopping = threading.Thread(target=leader.stop)
    stopping.start()
    assert slow.finish() == content
    stopping.join(timeout=60)
    assert not leader.running, "a client that does not read kept the node from stopping"
    stuck.wire.close()


def test_a_resigned_leader_stays_in_service(formed):
    lab, leader = formed
    refused = command(lab.backups(leader)[0], "resign")
    assert refused.returncode == 1 and "does not hold" in refused.stderr
    assert f"held by {leader.name}" in refused.stderr
    refused = command(leader, "resign", "--address", "there")
    assert refused.returncode == 1 and "there is no IP address" in refused.stderr
    refused = command(leader, "resign", "--address", "10.77.0.99")
    assert refused.returncode == 1 and lab.holders() == [leader]
    done = command(leader, "resign")
    assert done.returncode == 0, done.stderr
    assert "held by" in done.stdout
    lab.wait_until(lambda: lab.wait_formed() is not leader, "another leads")
    assert leader.status().states[FLOATING] == "backup" and not leader.status().report["node"]["draining"]


@pytest.mark.parametrize("priority", [100, 200])
def test_under_preempt_who_would_be_back_at_once_does_not_resign(lab, priority):
    for node in lab.nodes:
        node.configuration["floating"].update({"preempt": True, "priority": priority if node is lab.nodes[0] else 100})
    lab.start()
    leader = lab.wait_formed()
    if priority == 100:
        assert command(leader, "resign").returncode == 0, "of equal priority each may lead"
        lab.wait_until(lambda: lab.wait_formed() is not leader, "another leads")
        return
    lab.wait_until(lambda: lab.holders() == [lab.nodes[0]], "the highest priority leads")
    refused = command(lab.nodes[0], "resign")
    assert refused.returncode == 1 and "bramble drain" in refused.stderr and "priority" in refused.stderr
    assert lab.holders() == [lab.nodes[0]]
    assert command(lab.nodes[0], "drain").returncode == 0
    lab.wait_until(lambda: len(lab.holders()) == 1 and lab.holders() != [lab.nodes[0]], "another leads")


def test_who_cannot_be_drained_is_said(formed):
    lab, leader = formed
    backup, dead = lab.backups(leader)
    assert "no node is called" in command(leader, "drain", "nobody").stderr
    dead.kill()
    lab.wait_until(lambda: leader.status().members[dead.name] == "dead", "it is known to be dead")
    refused = command(leader, "drain", dead.name)
    assert refused.returncode == 1 and "not heard from" in refused.stderr
    assert command(leader, "drain", backup.name).returncode == 0
    alone = command(leader, "drain")
    assert "No other node serves" in alone.stdout
    lab.wait_until(lambda: not lab.holders(), "nobody holds the address")
    with pytest.raises(NoAnswer):
        lab.http("/")
