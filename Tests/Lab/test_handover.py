"""A planned move of a floating address fails no request: new ones find the new holder, those under way stay where they
began, and are finished there."""

import os
import socket
import subprocess
import threading

import pytest

from bench.asker import Asker
from lab import FLOATING, Lab
from namespace import ip, socket_in
from test_maintenance import command, large_file

FLOATING6 = "fd77::250"
RATE = 500  # new connections a second
COUNT = 1500


class Download:
    """A client that has begun to read a large file from a floating address, and reads on when it is told to."""

    def __init__(self, lab: Lab, address: str = FLOATING):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.wire = socket_in(lab.client, family, socket.SOCK_STREAM)
        self.wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.wire.settimeout(30)
        self.wire.connect((address, 80))
        self.wire.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        self.received = self.wire.recv(1000)

    @property
    def served_by(self) -> str:
        """The node that sends it."""
        head = self.received.split(b"\r\n\r\n", 1)[0].decode().lower()
        return head.split("x-served-by: ")[1].split("\r\n")[0]

    def finish(self) -> bytes:
        """Reads the rest, as fast as it can."""
        self.wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        while piece := self.wire.recv(65536):
            self.received += piece
        self.wire.close()
        return self.received.split(b"\r\n\r\n", 1)[1]


def rules(node) -> str:
    """What the packet filter of a node has now."""
    done = subprocess.run(
        ["nsenter", f"--net=/run/netns/{node.namespace}", "--", "nft", "--stateless", "list", "ruleset"],
        capture_output=True, text=True, check=True)
    return done.stdout


def active(lab, address: str = FLOATING):
    """The node that is Active for an address, by its own account: a former holder may still have it."""
    found = [node for node in lab.nodes if node.running and node.status().states.get(address) == "active"]
    return found[0] if len(found) == 1 else None


def moved(lab, before, address: str = FLOATING):
    """Waits until another node is Active, and answers it."""
    def other():
        now = active(lab, address)
        return now if now and now is not before else None

    return lab.wait_until(other, f"another node is Active for {address}")


def resign(lab, node, address: str = FLOATING):
    """Has a node give up the address, and answers who has it then."""
    done = command(node, "resign")
    assert done.returncode == 0, done.stderr
    return moved(lab, node, address)


def patient(lab, timeout: str) -> None:
    """Has all nodes wait so long for what is under way."""
    for node in lab.nodes:
        node.configuration["http"] = {"drain_timeout": timeout}
        node.configuration["log"] = {"level": "debug"}


@pytest.mark.parametrize("how", ["drain", "resign", "stop"])
def test_no_request_fails_while_the_address_moves(lab, how):
    content = large_file(lab.nodes)
    patient(lab, "60s")
    lab.start()
    leader = lab.wait_formed()
    download = Download(lab)
    with Asker(lab.client, FLOATING, 80, 1000 / RATE, 10, COUNT) as asker:
        lab.wait_until(lambda: asker.last()[1] == leader.name, "the load is there")
        if how == "stop":
            stopping = threading.Thread(target=leader.stop)
            stopping.start()
            lab.wait_until(lambda: asker.last()[1] not in ("", leader.name), "another node answers")
        else:
            done = command(leader, how, *(["--no-wait"] if how == "drain" else []))
            assert done.returncode == 0, done.stderr
            moved(lab, leader)
        assert leader.running and FLOATING in lab.addresses_on(leader), "it let a download go that is under way"
        assert download.finish() == content and download.served_by == leader.name
        answers = asker.finish()
    assert answers.failures == {}, lab.describe()
    assert len(answers.good) == COUNT
    assert leader.name in answers.names and set(answers.names) - {leader.name}
    if how == "stop":
        stopping.join(timeout=60)
        assert not leader.running
    lab.wait_until(lambda: len(lab.holders()) == 1, "the former holder has let go")


@pytest.mark.parametrize("address", [FLOATING, FLOATING6])
def test_who_asks_for_a_lingering_address_is_answered_by_the_new_holder_alone(lab, address):
    content = large_file(lab.nodes)
    patient(lab, "60s")
    for node in lab.nodes:
        node.configuration["floating"] = {"addresses": [address]}
    lab.start()
    names = [node.name for node in lab.nodes]
    lab.wait_until(lambda: all(node.status().alive == names for node in lab.nodes), "they are one cluster")
    leader = lab.wait_until(lambda: active(lab, address), "one is Active")
    download = lab.wait_until(lambda: Download(lab, address), "it serves")
    assert download.served_by == leader.name
    new = resign(lab, leader, address)
    for _ in range(20):
        ip("neigh", "flush", "dev", "eth0", inside=lab.client)
        assert lab.http("/", address=address).served_by == new.name
    assert address in lab.addresses_on(leader), "the former holder has it still, and says nothing"
    assert download.finish() == content, lab.describe()
    lab.wait_until(lambda: lab.holders(address) == [new], "it is let go when nothing is under way")
    assert "drop" not in rules(leader)


def test_there_and_back_again_and_on_to_a_third(lab):
    content = large_file(lab.nodes)
    patient(lab, "60s")
    lab.start()
    first = lab.wait_formed()
    downloads = [Download(lab)]
    second = resign(lab, first)
    downloads.append(Download(lab))
    third = resign(lab, second)
    downloads.append(Download(lab))
    for _ in range(2):
        resign(lab, active(lab))
        downloads.append(Download(lab))
    assert [download.served_by for download in downloads[:3]] == [first.name, second.name, third.name]
    # A packet is passed on twice at most: what began before that may be cut off, in what order they move.
    for download in downloads[-3:]:
        assert download.finish() == content, lab.describe()


def test_a_client_that_does_not_read_is_waited_for_no_longer_than_configured(lab):
    large_file(lab.nodes)
    patient(lab, "1s")
    lab.start()
    first = lab.wait_formed()
    stuck = Download(lab)
    second = resign(lab, first)
    lab.wait_until(lambda: lab.holders() == [second], "the former holder lets go")
    lab.wait_until(lambda: "chain" not in rules(first) + rules(second), "no rule is left")
    for node, text in ((first, "1 connection not finished in time"), (second, f"stay at {first.address}")):
        lab.wait_until(lambda: text in node.log(), f"{node.name} tells of it")
    stuck.wire.close()


def test_rules_go_with_the_process(lab):
    large_file(lab.nodes)
    patient(lab, "600s")
    lab.start()
    first = lab.wait_formed()
    stuck = Download(lab)
    second = resign(lab, first)
    assert f"ip daddr {FLOATING}" in rules(second) and f"arp daddr ip {FLOATING} drop" in rules(first)
    for node in (first, second):
        node.kill()
        assert rules(node) == ""
    stuck.wire.close()


def test_without_the_library_the_address_is_handed_over_plainly(lab):
    os.mkdir(f"{lab.directory}/none")
    with open(f"{lab.directory}/none/libnftables.so.1", "wb"):
        pass
    for node in lab.nodes:
        inherited = os.environ.get("LD_LIBRARY_PATH")
        node.start(environment={"LD_LIBRARY_PATH": ":".join(filter(None, [f"{lab.directory}/none", inherited]))})
    leader = lab.wait_formed()
    assert "will be cut off" in "".join(leader.status().report["warnings"])
    new = resign(lab, leader)
    lab.wait_until(lambda: lab.holders() == [new], "the former holder lets go")
    with open(leader.log_path, encoding="utf-8") as log:
        assert log.read().count("libnftables1") == 1
    lab.wait_until(lambda: lab.http("/").served_by == new.name, "the new holder serves")
    assert all(rules(node) == "" for node in lab.nodes)
