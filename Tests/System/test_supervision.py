"""systemd and the service: each link of the chain is tested by breaking it."""

import os
import re
import signal
import time

from machine import Machine

# The unit's WatchdogSec and RestartSec, and time for a machine that is busy.
WATCHDOG = 10 + 1 + 30


def formed_again(rack, machine: Machine, before: int) -> None:
    """Waits until another process than `before` has taken up the machine's work, and all are one cluster."""
    rack.wait_until(lambda: machine.daemon != before, f"{machine.name} has a new process", timeout=WATCHDOG)
    rack.wait_formed()


def test_three_machines_are_one_cluster(three):
    rack, leader = three
    assert rack.http("/").served_by == leader.name
    for machine in rack.nodes:
        assert machine.systemctl("is-system-running") in ("running", "degraded")
        assert machine.shown("NRestarts") == "0"


def test_a_killed_leader_comes_back_and_the_page_stays(three):
    rack, leader = three
    before = leader.hit(signal.SIGKILL)
    rack.wait_until(lambda: rack.http("/").status == 200, "the page is there")
    formed_again(rack, leader, before)
    assert leader.shown("NRestarts") == "1"


def test_a_hung_leader_loses_the_address_and_is_ended_by_the_watchdog(three):
    rack, leader = three
    before = leader.hit(signal.SIGSTOP)
    rack.wait_until(lambda: leader not in rack.holders() and rack.holders(), "another has the address", timeout=10)
    formed_again(rack, leader, before)
    assert "watchdog" in leader.run("journalctl", "--no-pager", "--unit=bramble.service").stdout.lower()


def test_what_a_killed_one_leaves_is_removed_by_systemd(three):
    rack, leader = three
    # The lease's second would do the same: an address without an end is there beside it, as an old kernel might leave one.
    leader.hit(signal.SIGSTOP)
    leader.run("ip", "address", "replace", "10.77.0.250/32", "dev", "eth0", check=True)
    leader.hit(signal.SIGKILL)
    rack.wait_until(lambda: "removed 10.77.0.250 from eth0" in leader.journal(), "systemd has tidied up")
    rack.wait_formed()


def test_a_file_that_is_no_good_is_no_reason_to_start_again_and_again(installed):
    installed.lab.wait_until(lambda: installed.status().report, "it runs")
    installed.write_configuration('[cluster]\nkey = "nonsense"\n')
    installed.systemctl("restart", "bramble.service")
    answer = installed.lab.wait_until(lambda: installed.lab.http("/", address=installed.address), "it answers")
    assert answer.status == 503 and b"bramble.toml" in answer.body
    time.sleep(3)
    assert installed.shown("NRestarts") == "0" and installed.shown("ActiveState") == "active"
    installed.write_configuration()
    installed.systemctl("restart", "bramble.service")
    installed.lab.wait_until(lambda: installed.lab.holders() == [installed], "it has the address")


def test_the_unit_is_hardened(installed):
    answer = installed.run("systemd-analyze", "security", "--no-pager", "bramble.service")
    level = float(re.search(r"exposure level for bramble.service: ([0-9.]+)", answer.stdout).group(1))
    assert level <= 2.5, answer.stdout
    verified = installed.run("systemd-analyze", "verify", "bramble.service")
    assert verified.returncode == 0 and "bramble" not in verified.stderr, verified.stderr


def test_within_the_sandbox_a_hook_runs_without_privileges(installed):
    script = "/var/lib/bramble/tell"
    with open(installed.path(script), "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\ngrep ^Cap /proc/self/status >/var/lib/bramble/told\n")
    os.chmod(installed.path(script), 0o755)
    installed.configuration["hooks"] = {"on_leader": [script]}
    installed.write_configuration()
    installed.systemctl("restart", "bramble.service")
    told = installed.path("/var/lib/bramble/told")
    installed.lab.wait_until(lambda: os.path.exists(told) and os.path.getsize(told), "the hook has run")
    with open(told, encoding="utf-8") as file:
        rights = dict(line.split() for line in file)
    # Inheritable ones count only for files that have some, and no_new_privs rules those out.
    assert {int(rights[kind + ":"], 16) for kind in ("CapEff", "CapPrm", "CapAmb")} == {0}, rights


def test_within_the_sandbox_the_address_can_have_a_mac_address_of_its_own(installed):
    installed.configuration["floating"]["virtual_mac"] = True
    installed.write_configuration()
    installed.systemctl("restart", "bramble.service")
    link = installed.lab.wait_until(
        lambda: installed.run("ip", "address", "show", "dev", "bramble-v4-51").stdout, "there is the interface")
    assert "00:00:5e:00:01:33" in link
    installed.lab.wait_until(lambda: installed.lab.http("/").status == 200, "the page is there")
    installed.hit(signal.SIGKILL)
    installed.lab.wait_until(lambda: "removed the interface bramble-v4-51" in installed.journal(), "it was removed")
    installed.lab.wait_until(lambda: installed.lab.http("/").status == 200, "the page is there again")
