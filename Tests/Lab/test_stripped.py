"""The floating address is taken off by programs that set up networks: it is back at once, and the log says whose doing
it was. How long it was missing is printed (`pytest -s`), and asserted nowhere."""

import subprocess
import time

from lab import FLOATING, Lab
from meddlers import Meddler, Missing
from namespace import ip

NETWORKD = "[Match]\nName=eth0\n[Network]\nAddress={address}/24\nAddress={address6}/64\n"
MANAGER = "[main]\nplugins=keyfile\ndns=none\nhostname-mode=none\n"
CONNECTION = """[connection]
id=eth0
uuid=11111111-2222-3333-4444-555555555555
type=ethernet
interface-name=eth0
[ipv4]
method=manual
address1={address}/24
[ipv6]
method=manual
address1={address6}/64
"""


def is_back(lab, leader, missing, *culprits: str) -> None:
    """Waits until the address was gone and is there again, on the same node, whose log names the culprits."""
    lab.wait_until(lambda: missing.is_back, "the address was taken off and is back")
    print(f"\n  without the address: {missing}")
    lab.wait_until(lambda: "was removed from the interface" in leader.log(), "the log says so")
    line = next(line for line in leader.log().splitlines() if "was removed from the interface" in line)
    print("  " + line.split(" ", 2)[2])
    assert all(culprit in line for culprit in culprits), line
    assert lab.holders() == [leader]
    transitions = leader.status().report["floating"][0]["transitions"]
    assert [change["to"].lower() for change in transitions] == ["backup", "active"], "it went on leading"


def test_systemd_networkd_takes_it(single):
    node = single.nodes[0]
    node.start()
    single.wait_formed()
    files = {"networkd/eth0.network": NETWORKD.format(address=node.address, address6=node.address6)}
    with Meddler(node, "networkd", files) as networkd, Missing(node, FLOATING) as missing:
        networkd.start_bus()
        networkd.start("/lib/systemd/systemd-networkd")

        def taken() -> bool:
            networkd.run("networkctl", "reconfigure", "eth0")
            return bool(missing.gaps)

        single.wait_until(taken, "networkd sets the link up anew")
        is_back(single, node, missing, "systemd-network")


def test_network_manager_takes_it(single):
    node = single.nodes[0]
    node.start()
    single.wait_formed()
    files = {
        "nm/NetworkManager.conf": MANAGER,
        "nm/system-connections/eth0.nmconnection": CONNECTION.format(address=node.address, address6=node.address6)}
    with Meddler(node, "manager", files) as manager, Missing(node, FLOATING) as missing:
        manager.start_bus()
        manager.start("NetworkManager", "--no-daemon")
        single.wait_until(lambda: "connected" in manager.run("nmcli", "device"), "NetworkManager has seen the link")
        single.wait_until(
            lambda: "successfully" in manager.run("nmcli", "connection", "up", "eth0"), "it has set the link up")
        is_back(single, node, missing, "NetworkManager")


def test_a_dhcp_client_that_gives_its_lease_back_and_gets_it_again_takes_it(single):
    node = single.nodes[0]
    with Meddler(node, "dhcp", {"dhclient.conf": "timeout 30;\nrequest subnet-mask, broadcast-address;\n"}) as dhcp:
        server = subprocess.Popen(
            ["ip", "netns", "exec", single.client, "dnsmasq", "--keep-in-foreground", "--log-facility=-",
             "--conf-file=/dev/null", "--port=0", "--interface=eth0", "--bind-interfaces", "--no-ping", "--user=root",
             "--leasefile-ro",
             f"--pid-file={dhcp.directory}/dnsmasq.pid", f"--dhcp-range={node.address},{node.address},2m",
             "--dhcp-option=3", "--dhcp-option=6"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        client = ("dhclient", "-4", "-cf", f"{dhcp.directory}/dhclient.conf", "-lf", f"{dhcp.directory}/leases", "-pf",
                  f"{dhcp.directory}/pid")
        try:
            ip("address", "del", f"{node.address}/24", "dev", "eth0", inside=node.namespace)
            dhcp.run(*client, "-1", "eth0")
            assert node.address in single.addresses_on(node), "there is no lease"
            node.start()
            single.wait_formed()
            with Missing(node, FLOATING) as missing:
                dhcp.run(*client, "-r", "eth0")
                dhcp.run(*client, "-1", "eth0")
                is_back(single, node, missing, "probably by ")
                # `ip` is so short of breath that it can have ended by then.
                assert "dhclient" in node.log() or "a process that is gone" in node.log()
        finally:
            dhcp.run(*client, "-x", "eth0")
            server.terminate()
            server.wait()


def test_someone_empties_the_interface_and_fills_it_again(single):
    node = single.nodes[0]
    node.start()
    single.wait_formed()
    with Missing(node, FLOATING) as missing:
        ip("address", "flush", "dev", "eth0", inside=node.namespace)
        ip("address", "add", f"{node.address}/24", "broadcast", "+", "dev", "eth0", inside=node.namespace)
        is_back(single, node, missing)
        # A process that has ended by now can't be named.
        assert "probably by " in node.log()


def test_an_interface_whose_network_does_not_come_back_loses_the_address_in_the_end(single):
    node = single.nodes[0]
    node.start()
    single.wait_formed()
    ip("address", "flush", "dev", "eth0", inside=node.namespace)
    single.wait_until(lambda: "lies in no network of this node" in node.log(), "the log says so")
    single.wait_until(lambda: not single.holders(), "it is given up")
    ip("address", "add", f"{node.address}/24", "broadcast", "+", "dev", "eth0", inside=node.namespace)
    single.wait_formed()


def test_an_interface_that_is_switched_off_and_on_again_has_it_again():
    with Lab(1, {"floating": {"addresses": [FLOATING, "fd77::250"]}}) as lab:
        node = lab.nodes[0]
        node.start()
        lab.wait_formed()
        lab.wait_until(lambda: lab.holders("fd77::250") == [node], "both are there")
        with Missing(node, "fd77::250") as missing:
            ip("link", "set", "eth0", "down", inside=node.namespace)
            ip("link", "set", "eth0", "up", inside=node.namespace)
            ip("address", "replace", f"{node.address6}/64", "dev", "eth0", "nodad", inside=node.namespace)
            lab.wait_until(lambda: missing.is_back and lab.holders("fd77::250") == [node], "the IPv6 address is back")
            print(f"\n  without the IPv6 address: {missing}")
        lab.wait_until(lambda: lab.http("/").served_by == node.name, "the IPv4 address serves")
        lab.wait_until(lambda: lab.http("/", address="fd77::250").served_by == node.name, "the IPv6 address serves")
        assert "was removed from the interface" not in node.log(), "nobody took it"


def test_a_program_that_takes_it_again_and_again_is_neither_fought_nor_complained_of_without_end(single):
    node = single.nodes[0]
    node.start()
    single.wait_formed()
    with Missing(node, FLOATING) as missing:
        end = time.monotonic() + 5
        while time.monotonic() < end:
            subprocess.run(
                ["ip", "-n", node.namespace, "address", "del", f"{FLOATING}/32", "dev", "eth0"], capture_output=True,
                check=False)
        single.wait_until(lambda: single.holders() == [node], "it is back when the program has ended")
        print(f"\n  taken off {len(missing.gaps)} times, the longest gap {max(missing.gaps):.0f} ms")
    assert len(missing.gaps) < 5 * 30, "four a second at once, and then twenty a second"
    assert node.log().count("was removed from the interface") == 1
    assert node.status().states[FLOATING] == "active"
