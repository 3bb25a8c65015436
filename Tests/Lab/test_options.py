"""What users of keepalived set: tracked links, the interface of the address, unicast only, the virtual MAC address."""

import json
import socket
import time

import pytest

from lab import FLOATING, Lab
from namespace import ip, socket_in

VIRTUAL_MAC = "00:00:5e:00:01:33"


def add_link(node, name: str = "eth1") -> None:
    """Gives a node a second cable whose other end is in its own namespace, too."""
    ip("link", "add", name, "type", "veth", "peer", "name", f"{name}far", inside=node.namespace)
    for end in (name, f"{name}far"):
        ip("link", "set", end, "up", inside=node.namespace)


def cut(node, name: str = "eth1") -> None:
    """Takes the link of the second cable away."""
    ip("link", "set", f"{name}far", "down", inside=node.namespace)


def mend(node, name: str = "eth1") -> None:
    """Gives it back."""
    ip("link", "set", f"{name}far", "up", inside=node.namespace)


def floating(lab, **settings) -> None:
    """Changes [floating] on every node."""
    for node in lab.nodes:
        node.configuration["floating"].update(settings)


def warnings(node) -> str:
    """What the node tells people."""
    return " ".join(node.status().report["warnings"])


def neighbour(lab, address: str = FLOATING) -> str:
    """The MAC address by which the client knows an address."""
    entries = json.loads(ip("-j", "neighbour", "show", address, inside=lab.client) or "[]")
    return entries[0].get("lladdr", "") if entries else ""


def test_a_leader_that_loses_a_tracked_link_leaves_the_address_to_others(lab):
    floating(lab, track_interfaces=["eth1"])
    for node in lab.nodes:
        add_link(node)
    lab.start()
    leader = lab.wait_formed()
    cut(leader)
    lab.wait_until(lambda: len(lab.holders()) == 1 and lab.holders() != [leader], "another one leads")
    assert leader.status().states[FLOATING] == "initialize" and "eth1, which is tracked" in warnings(leader)
    assert lab.http("/", address=leader.address).status == 200, "it serves all the same"
    mend(leader)
    lab.wait_until(lambda: leader.status().states[FLOATING] == "backup", "it stands by again")


def test_a_weight_lowers_the_priority_and_another_takes_over(lab):
    floating(lab, track_interfaces=["eth1"], track_weight=20, preempt=True)
    for node in lab.nodes:
        add_link(node)
    lab.start()
    leader = lab.wait_formed()
    cut(leader)
    lab.wait_until(lambda: len(lab.holders()) == 1 and lab.holders() != [leader], "one of a higher priority leads")
    assert leader.status().report["floating"][0]["priority"] == 80 and "lower by 20" in warnings(leader)
    mend(leader)
    lab.wait_until(lambda: leader.status().report["floating"][0]["priority"] == 100, "its priority is what it was")


@pytest.mark.parametrize("table, setting", [
    ("cluster", {"interfaces": ["eht0"]}), ("floating", {"interface": "eht0"}),
    ("floating", {"track_interfaces": ["eht0"]})])
def test_a_wrong_name_of_an_interface_is_told_as_such(single, table, setting):
    node = single.nodes[0]
    node.configuration.setdefault(table, {}).update(setting)
    node.start()
    text = "there is no interface named eht0"

    def told():
        report = node.status().report
        return any(text in line and "this machine has eth0" in line
                   for line in report["health"]["reasons"] + report["warnings"])

    single.wait_until(told, "the status tells of the wrong name")
    single.wait_until(lambda: text in node.log(), "the log tells of it, too")
    assert "cable" not in node.log()
    assert not single.holders()
    check = node.run_command("check", "--config", node.config_path)
    assert check.returncode == 1 and text in " ".join(check.stdout.split())


def test_an_address_goes_on_the_named_interface(single):
    node = single.nodes[0]
    add_link(node)
    node.configuration["floating"]["interface"] = "eth1"
    node.start()
    single.wait_until(lambda: FLOATING in ip("address", "show", "dev", "eth1", inside=node.namespace),
                      "the address is on the named interface, which has no network of its own")
    assert not single.holders(), "nor is it on eth0"
    check = " ".join(node.run_command("check", "--config", node.config_path).stdout.split())
    assert "it goes on eth1, which has no network that it lies in" in check


def test_with_unicast_only_nothing_is_sent_to_everyone(lab):
    for node in lab.nodes:
        peers = [other.address for other in lab.nodes if other is not node]
        node.configuration["cluster"].update({"unicast_only": True, "peers": peers})
    wire = socket_in(lab.client, socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
    wire.bind(("eth0", 0x0003))
    wire.settimeout(0.2)

    def datagrams_to_everyone(seconds: float) -> list[str]:
        loud = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                frame = wire.recv(2048)
            except TimeoutError:
                continue
            if frame[0] & 1 and (frame[12:14] == b"\x08\x00" and frame[23] == 17 or frame[12:14] == b"\x86\xdd"
                                 and frame[20] == 17):
                loud.append(frame.hex())
        return loud

    lab.start()
    leader = lab.wait_formed()
    leader.kill()
    lab.wait_until(lambda: len([node for node in lab.holders() if node is not leader]) == 1, "another one leads")
    loud = datagrams_to_everyone(2)
    assert not loud, f"datagrams to everyone: {loud[:3]}"
    # The same ears hear what others send: else they have proved nothing.
    for node in lab.nodes:
        node.kill()
        node.configuration["cluster"]["unicast_only"] = False
    lab.start()
    lab.wait_until(lambda: datagrams_to_everyone(0.5), "without the setting, datagrams to everyone are heard")
    wire.close()


def test_a_virtual_mac_address_that_another_interface_has_is_taken_when_that_is_gone():
    with Lab(1, {"floating": {"virtual_mac": True}}) as lab:
        node = lab.nodes[0]
        ip("link", "add", "other", "link", "eth0", "address", VIRTUAL_MAC, "type", "macvlan", "mode", "private",
           inside=node.namespace)
        ip("link", "set", "other", "up", inside=node.namespace)
        lab.start()
        lab.wait_until(lambda: "virtual_mac = false" in " ".join(node.status().report["health"]["reasons"]) + warnings(node)
                       + json.dumps(node.status().report["floating"]), "it says what is in the way")
        assert "bramble-v" not in ip("link", "show", inside=node.namespace), "what was made by half stays"
        ip("link", "delete", "other", inside=node.namespace)
        lab.wait_until(lambda: lab.http("/").status == 200 and neighbour(lab) == VIRTUAL_MAC, "it serves the page")


def test_the_virtual_mac_address_stays_when_the_holder_changes():
    with Lab(3, {"floating": {"virtual_mac": True}}) as lab:
        lab.start()
        holding = lambda: [node for node in lab.nodes  # noqa: E731
                           if node.running and f"inet {FLOATING}/" in ip("address", "show", inside=node.namespace)]
        first = lab.wait_until(lambda: holding()[0] if len(holding()) == 1 and lab.http("/").status == 200 else None,
                               "one has the address and serves the page")
        assert neighbour(lab) == VIRTUAL_MAC
        own = [json.loads(ip("-j", "link", "show", "eth0", inside=node.namespace))[0]["address"] for node in lab.nodes]
        assert VIRTUAL_MAC not in own
        first.kill()
        second = lab.wait_until(lambda: lab.http("/").served_by not in ("", first.name), "another one serves the page")
        assert second and neighbour(lab) == VIRTUAL_MAC
        # The dead node's kernel answers for the address, by the same MAC address, until the lease ends.
        lab.wait_until(lambda: f"inet {FLOATING}/" not in ip("address", "show", inside=first.namespace), "the lease ended")
        lab.wait_until(lambda: lab.http("/").served_by not in ("", first.name), "the other one serves the page")
        ip("neighbour", "flush", "dev", "eth0", inside=lab.client)
        assert lab.http("/").status == 200 and neighbour(lab) == VIRTUAL_MAC, "who asks anew is told the same"
        lab.stays_true(lambda: neighbour(lab) == VIRTUAL_MAC and lab.http("/").status == 200, "it stays", seconds=2)

        left = ip("link", "show", inside=first.namespace)
        assert "bramble-v4-51" in left, "this test needs a leftover of the killed node"
        first.configuration["floating"]["virtual_mac"] = False
        first.start()
        lab.wait_until(lambda: "bramble-v4-51" not in ip("link", "show", inside=first.namespace),
                       "the leftover is removed at the start")
        other = holding()[0]
        assert other.stop() == 0
        assert "bramble-v" not in ip("link", "show", inside=other.namespace), "nothing is left of one that stopped"


def test_the_virtual_mac_address_for_ipv6():
    with Lab(1, {"floating": {"virtual_mac": True, "addresses": ["fd77::250"]}}) as lab:
        lab.start()
        lab.wait_until(lambda: lab.http("/", address="fd77::250").status == 200, "the page is served")
        assert neighbour(lab, "fd77::250") == "00:00:5e:00:02:33"
