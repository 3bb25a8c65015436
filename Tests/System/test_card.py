"""The image for all cards, started as it is on computers that have never seen it: `make image` before."""

import glob
import os
import re

import pytest

from dhcp import Dnsmasq
from guest import Bench
from node import PROJECT

IMAGE = (glob.glob(os.path.join(PROJECT, ".build", "arm64", "bramble-*-arm64.img")) or [""])[0]
pytestmark = pytest.mark.card

# Seconds: an emulated start takes one, and several at once on two processors take minutes.
BOOT = 600


@pytest.fixture(scope="module")
def three():
    """Three guests from one image on one wire with a DHCP server, booted; and their names."""
    if not IMAGE:
        pytest.fail("there is no image: run `make image`")
    with Bench(3, IMAGE) as bench, Dnsmasq(bench):
        for guest in bench.guests:
            guest.start()
        for guest in bench.guests:
            guest.boot(BOOT)
        for guest in bench.guests:
            wait(bench, lambda: guest.run("systemctl is-system-running") in ("running", "degraded"), "it has booted")  # noqa: B023
        yield bench


def wait(bench, predicate, what: str):
    return bench.wait_until(predicate, what, timeout=BOOT)


def test_each_of_many_identical_cards_is_a_node_of_its_own(three):
    for what in ("cat /etc/machine-id", "hostname"):
        said = [guest.run(what) for guest in three.guests]
        assert len(set(said)) == 3 and all(said), said
    assert all(re.fullmatch(r"bramble-[0-9a-f]{6}", guest.run("hostname")) for guest in three.guests)


def test_nothing_failed(three):
    for guest in three.guests:
        assert guest.run("systemctl --failed --no-legend --plain") == ""


def test_they_find_each_other_and_serve_the_page_at_an_address_from_the_network(three):
    def floating() -> str:
        found = re.search(r"floating\s+(10\.77\.0\.\d+)", three.guests[0].run("bramble status"))
        return found.group(1) if found else ""

    wait(three, lambda: "3 alive" in three.guests[0].run("bramble status") or "3 nodes alive" in three.guests[0].run("systemctl status bramble"), "they are one cluster")
    address = wait(three, floating, "there is a floating address")
    answer = wait(three, lambda: three.http("/", address=address, timeout=10), "the page is there")
    assert answer.status == 200 and b"This page stays." in answer.body


def test_the_root_is_never_written_and_the_data_partition_is_as_large_as_the_card(three):
    guest = three.guests[0]
    assert "squashfs" in guest.run("findmnt -n -o FSTYPE /run/bramble-root/card")
    assert guest.run("findmnt -n -o FSTYPE /") == "overlay"
    assert "ext4" in guest.run("findmnt -n -o FSTYPE,SOURCE /var/lib/bramble")
    assert int(guest.run("df --output=size -BM /data | tail -n 1").strip().rstrip("M")) > 900
    assert "vfat" in guest.run("findmnt -n -o FSTYPE,OPTIONS /boot/firmware")


def test_memory_of_an_idle_node(three):
    guest = three.guests[0]
    used = {line.split(":")[0]: int(line.split()[1]) for line in guest.run("cat /proc/meminfo").splitlines()}
    assert (used["MemTotal"] - used["MemAvailable"]) / 1024 < 120, used
    rss = int(re.search(r"VmRSS:\s+(\d+)", guest.run("cat /proc/$(systemctl show --value -p MainPID bramble)/status")).group(1))
    assert rss / 1024 < 60, rss
