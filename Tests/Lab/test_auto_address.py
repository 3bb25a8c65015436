"""An address from the LAN's DHCP server, which is what a cluster has whose addresses nobody has configured."""

import shlex
import subprocess

import pytest

from dhcp import POOL, SERVER, Dnsmasq, Kea
from lab import Lab
from namespace import bridge, ip


def unconfigured(nodes: int) -> Lab:
    """A lab whose nodes are told nothing of floating addresses."""
    lab = Lab(nodes)
    for node in lab.nodes:
        del node.configuration["floating"]
    return lab


def lease(node) -> dict:
    """What a node says of the lease."""
    return node.status().report["lease"]


def leased(lab, *nodes) -> str | None:
    """The address that all of these nodes, or all, know, that one of them has, and that the page is served at."""
    nodes = nodes or lab.nodes
    reports = [lease(node) for node in nodes]
    if any(report["state"] != "leased" for report in reports) or len({report["address"] for report in reports}) != 1:
        return None
    address = reports[0]["address"]
    holders = lab.holders(address)
    if len(holders) != 1 or holders[0] not in nodes:
        return None
    return address if lab.http("/", address=address).served_by == holders[0].name else None


def wait_leased(lab, *nodes) -> str:
    return lab.wait_until(lambda: leased(lab, *nodes), "the nodes have an address from the server, and serve there")


def in_pool(address: str) -> bool:
    return int(POOL[0].rpartition(".")[2]) <= int(address.rpartition(".")[2]) <= int(POOL[1].rpartition(".")[2])


@pytest.mark.parametrize("server", [Dnsmasq, Kea], ids=["dnsmasq", "kea"])
def test_the_address_survives_every_fail_over_and_a_restart_of_the_whole_cluster(server):
    with unconfigured(3) as lab, server(lab) as given:
        lab.start()
        address = wait_leased(lab)
        assert in_pool(address)
        for _ in range(3):
            leader = lab.holders(address)[0]
            leader.kill()
            assert wait_leased(lab, *lab.backups(leader)) == address
            leader.start()
            assert wait_leased(lab) == address
        for node in lab.nodes:
            assert node.stop() == 0
        assert not lab.holders(address)
        lab.start()
        assert wait_leased(lab) == address
        report = lease(lab.nodes[0])
        assert report["server"] == SERVER and 0 < report["remaining_seconds"] <= report["lease_seconds"]
        assert int(report["hardware_address"][:2], 16) & 3 == 2, "an Ethernet address of nobody else's"
        # One client, whoever spoke for it.
        assert {(a, m, c.lower()) for a, m, c in given.leases()} == {
            (address, report["hardware_address"], report["client_identifier"])}


def test_a_node_that_is_let_in_late_gives_up_the_address_that_it_had_by_itself():
    with Lab(3, {"cluster": {"key": None}}) as lab, Dnsmasq(lab):
        for node in lab.nodes:
            del node.configuration["floating"]
        first, second, late = lab.nodes
        first.start()
        second.start()
        address = wait_leased(lab, first, second)
        assert first.run_command("pair", "close", "--socket", first.socket_path).returncode == 0
        late.start()
        own = wait_leased(lab, late)
        assert own != address
        shown = late.status().report["pairing"]["fingerprint"]
        asked = lab.wait_until(
            lambda: [other["fingerprint"] for other in first.status().report["pairing"]["asking"]], "it is seen to ask")
        assert asked == [shown]
        done = first.run_command("admit", shown, "--socket", first.socket_path)
        assert done.returncode == 0, done.stderr
        assert wait_leased(lab) == address
        lab.stays_true(lambda: leased(lab) == address and not lab.holders(own), "there is one address", seconds=8)
        leader = lab.holders(address)[0]
        leader.kill()
        assert wait_leased(lab, *lab.backups(leader)) == address


def test_two_clusters_that_become_one_keep_one_of_their_two_addresses():
    with Lab(4, {"cluster": {"key": None}}) as lab, Dnsmasq(lab):
        for node in lab.nodes:
            del node.configuration["floating"]
        halves = (lab.nodes[:2], lab.nodes[2:])
        addresses = []
        for half in halves:
            for node in half:
                node.start()
            addresses.append(wait_leased(lab, *half))
            assert half[0].run_command("pair", "close", "--socket", half[0].socket_path).returncode == 0
        assert addresses[0] != addresses[1]
        one, other = halves[0][0], halves[1][0]
        shown = [node.status().report["pairing"]["fingerprint"] for node in (one, other)]
        assert other.run_command("pair", "join", shown[0], "--socket", other.socket_path).returncode == 0
        lab.wait_until(
            lambda: shown[1] in [node["fingerprint"] for node in one.status().report["pairing"]["asking"]], "it is seen to ask")
        assert one.run_command("admit", shown[1], "--socket", one.socket_path).returncode == 0
        address = wait_leased(lab)
        assert address in addresses
        lab.stays_true(lambda: leased(lab) == address, "there is one address", seconds=15)
        gone, = set(addresses) - {address}
        assert not lab.holders(gone)


def test_without_a_server_people_are_told_and_the_site_is_served_until_one_appears():
    with unconfigured(2) as lab:
        lab.start()
        for node in lab.nodes:
            warning = lab.wait_until(
                lambda node=node: [text for text in node.status().report["warnings"] if "No DHCP server answers" in text],
                f"{node.name} says that no server answers")[0]
            assert "own address" in warning and "[floating] addresses" in warning
            assert lab.http("/", address=node.address).served_by == node.name
            assert node.status().signal in ("member", "leader"), "the lights show no trouble of the node's"
        assert sum("no DHCP server answers" in node.log() for node in lab.nodes) == 1, "the one that asks has told it once"
        for node in lab.nodes:
            assert lab.addresses_on(node) == [node.address, node.address6], "no address was made up"
        with Dnsmasq(lab, POOL, "--no-ping"):
            wait_leased(lab)
        assert not any("DHCP" in text for node in lab.nodes for text in node.status().report["warnings"])


def test_the_holder_alone_renews_and_a_lease_that_nobody_renews_ends_everywhere():
    with unconfigured(2) as lab, Kea(lab, lifetime=6) as server:
        lab.start()
        address = wait_leased(lab)

        def renewals() -> int:
            return sum("DHCP4_LEASE_ALLOC" in line or "DHCP4_LEASE_ADVERT" in line for line in server.log().splitlines())

        for _ in range(2):
            before = renewals()
            lab.wait_until(lambda: renewals() >= before + 2, "the holder renews the lease")
            assert leased(lab) == address
            leader = lab.holders(address)[0]
            leader.kill()
            lab.wait_until(lambda: leased(lab, *lab.backups(leader)) == address, "the next one has the same address")
            leader.start()
            wait_leased(lab)
        # The sender of a renewal is the cluster, whichever node it comes from: the switch has seen it at the holder.
        hardware = lease(lab.nodes[0])["hardware_address"]
        assert {mac for _, mac, _ in server.leases()} == {hardware}
        before = renewals()
        lab.wait_until(lambda: renewals() > before, "the holder of now renews the lease")
        seen = [line for line in bridge("fdb", "show", inside=lab.switch).splitlines() if line.startswith(hardware)]
        assert len(seen) == 1 and seen[0].split()[2] == lab.holders(address)[0].name

        server.stop()
        lab.wait_until(lambda: not lab.holders(address), "the address goes with its lease")
        for node in lab.nodes:
            lab.wait_until(lambda node=node: not node.status().states, f"{node.name} floats no address")
            assert lab.http("/", address=node.address).served_by == node.name
        server.start()
        assert wait_leased(lab) == address


def test_an_address_that_the_server_takes_back_is_let_go_and_another_is_asked_for():
    with unconfigured(2) as lab, Kea(lab, lifetime=9) as server:
        lab.start()
        address = wait_leased(lab)
        server.stop()
        server.others = [address]
        server.start()
        lab.wait_until(lambda: not lab.holders(address), "the address is let go")
        other = wait_leased(lab)
        assert other != address and in_pool(other)
        assert any("took it back" in node.log() for node in lab.nodes)
        assert not lab.holders(address)


def test_an_address_that_somebody_uses_is_declined():
    with unconfigured(3) as lab, Kea(lab, lifetime=60) as server:
        *nodes, stranger = lab.nodes
        # Kea gives the addresses of its pool in their order, and asks nobody before.
        ip("address", "add", f"{POOL[0]}/32", "dev", "eth0", inside=stranger.namespace)
        lab.start(*nodes)
        address = wait_leased(lab, *nodes)
        assert address != POOL[0] and in_pool(address)
        assert f"{POOL[0]}" in "".join(line for line in server.log().splitlines() if "DECLINE" in line)
        assert not any(node.status().signal == "address_conflict" for node in nodes)


def test_a_check_asks_in_the_cluster_s_name_and_takes_nothing():
    with unconfigured(1) as lab:
        node = lab.nodes[0]
        node.write_configuration()
        with Dnsmasq(lab, POOL, "--no-ping") as server:
            lab.wait_until(lambda: "DHCP, IP range" in server.log(), "the server is there")
            asked = node.run_command("check", "--config", node.config_path).stdout
            assert f"the DHCP server {SERVER} offers the cluster 10.77.0." in asked
            assert not server.leases()
        asked = node.run_command("check", "--config", node.config_path).stdout
        assert "no DHCP server answers on eth0" in asked


@pytest.mark.parametrize("key", [True, False], ids=["key", "no-key"])
def test_a_check_looks_for_a_server_with_a_key_and_without_and_says_at_a_terminal_what_it_waits_for(key):
    with unconfigured(1) as lab:
        node = lab.nodes[0]
        if not key:
            del node.configuration["cluster"]
        node.write_configuration()
        check = ("check", "--config", node.config_path)
        quiet = node.run_command(*check)
        assert "no DHCP server answers on eth0" in quiet.stdout and not quiet.stderr, quiet
        at_terminal = subprocess.run(["script", "-qec", shlex.join(node.command(*check)), "/dev/null"], text=True,
                                     stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False).stdout
        assert "asking for a DHCP server, for 4 s at most" in at_terminal, at_terminal
