"""What may change while a node runs, and what is picked up by a node that waits."""

import os
import socket

import pytest

from lab import new_key
from namespace import within
from node import toml
from prober import Prober
from wire import listen_udp


def write_page(node, text: str) -> bytes:
    """Replaces a node's page, as an editor does, and answers its bytes."""
    path = os.path.join(node.site_path, "index.html")
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(path + ".new", path)
    return text.encode()


def test_a_new_page_is_served_without_a_failed_request(single):
    node = single.nodes[0]
    node.start()
    single.wait_formed()
    pages = [single.http("/").body]
    with Prober(single, address=node.address, patience=5) as prober:
        single.wait_until(lambda: prober.fetched, "the first page is served")
        for number in range(3):
            pages.append(write_page(node, f"<h1>page {number}</h1>"))
            node.reload()
            single.wait_until(lambda: prober.fetched and prober.fetched[-1].body == pages[-1], "the new page is served")
    assert prober.failures == 0
    assert {fetched.body for fetched in prober.fetched} == set(pages)


def test_another_site_directory_is_served_after_a_reload(single):
    node = single.nodes[0]
    node.start()
    single.wait_formed()
    node.site_path += "-2"
    os.mkdir(node.site_path)
    page = write_page(node, "<h1>elsewhere</h1>")
    node.configuration["site"]["directory"] = node.site_path
    node.write_configuration()
    node.reload()
    single.wait_until(lambda: single.http("/").body == page, "the other directory is served")


def test_another_log_level_holds_after_a_reload(single):
    node = single.nodes[0]
    node.configuration["log"] = {"level": "critical"}
    node.start()
    single.wait_formed()
    quiet = len(node.log().splitlines())
    node.configuration["log"] = {"level": "debug"}
    node.write_configuration()
    node.reload()
    single.wait_until(lambda: len(node.log().splitlines()) > quiet, "it writes more")


def test_a_site_that_comes_later_is_found(single):
    node = single.nodes[0]
    hidden = node.site_path + "-not-yet"
    os.rename(node.site_path, hidden)
    node.start()
    single.wait_until(lambda: single.http("/", address=node.address).status == 503, "there is nothing to serve")
    os.rename(hidden, node.site_path)
    assert single.wait_formed() is node


def test_a_reload_without_the_key_keeps_the_key(formed):
    lab, leader = formed
    leader.write_configuration("[node]\n")
    leader.reload()
    lab.wait_until(lambda: "bramble key show" in leader.log(), "it says what to do")
    assert lab.wait_formed() is leader


def test_the_cluster_goes_on_while_its_key_is_changed(formed):
    lab, leader = formed
    new = new_key()
    for keys in ([lab.key, new], [new, lab.key], [new]):
        for node in lab.nodes:
            del node.configuration["cluster"]["key" if "key" in node.configuration["cluster"] else "keys"]
            node.configuration["cluster"]["keys"] = keys
            node.write_configuration()
            node.reload()
            lab.wait_until(lambda: node.status().report["cluster"]["members"], "it answers")
        assert lab.wait_formed() is leader


# Written instead of the line of the key; the rest stays, for a default path would be this machine's own.
@pytest.mark.parametrize("wrong", ["[nonsense", "kye = 8", "pairing = false"],
                         ids=["no-toml", "unknown-key", "no-cluster-key"])
def test_a_configuration_mended_while_a_node_waits_is_picked_up(single, wrong):
    node = single.nodes[0]
    key_line = f'key = "{single.key}"'
    node.write_configuration(toml(node.configuration).replace(key_line, wrong))
    node.start(write=False)
    single.wait_until(lambda: single.http("/", address=node.address).status == 503, "it serves a page that says why")
    body = single.http("/", address=node.address).body.decode()
    assert "bramble.toml" in body
    node.reload()  # asks too early
    pid = node.pid
    node.write_configuration()
    assert single.wait_formed() is node
    assert node.running and node.pid == pid


def test_a_port_that_is_given_back_is_taken(single):
    node = single.nodes[0]
    with within(node.namespace, lambda: socket.create_server(("0.0.0.0", 80))):
        node.start()
        single.wait_until(lambda: "in use" in node.log(), "it says so")
    assert single.wait_formed() is node


def test_a_gossip_port_that_is_given_back_is_taken(single):
    node = single.nodes[0]
    with listen_udp(single, node.namespace, "0.0.0.0", 7373):
        node.start()
        single.wait_until(lambda: "in use" in node.log(), "it says so")
        single.wait_until(lambda: any("7373" in reason for reason in node.status().report["health"]["reasons"]),
                          "its status says so")
    assert single.wait_formed() is node


def test_a_waiting_daemon_ends_when_it_is_told_to(single):
    node = single.nodes[0]
    node.configuration["cluster"] = {"pairing": False}
    node.start()
    single.wait_until(lambda: any("key new" in reason for reason in node.status().report["health"]["reasons"]),
                      "its status says what to do")
    assert node.stop() == 0
    assert not os.path.exists(node.socket_path)
