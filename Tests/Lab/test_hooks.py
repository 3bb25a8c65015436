"""Programs that follow the address: they hear of each change, in order, and hold up nothing."""

import os
import sys

import pytest

import without_capset
from lab import FLOATING, Lab

SCRIPT = """#!/bin/sh
echo "$BRAMBLE_STATE $BRAMBLE_ADDRESS $BRAMBLE_NODE $1 $(id -u)" >>"$0.out"
echo "said by $1"
"""


def write_hook(node, name: str = "hook", body: str = SCRIPT, mode: int = 0o755) -> str:
    """Puts a program beside a node's configuration."""
    path = os.path.join(node.directory, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(body)
    os.chmod(path, mode)
    return path


def heard(node, name: str = "hook") -> list[str]:
    """What a node's hook has written, a line for each run."""
    try:
        with open(os.path.join(node.directory, name + ".out"), encoding="utf-8") as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


def states(node) -> list[str]:
    """The states that a node's hook has heard of."""
    return [line.split()[0] for line in heard(node)]


def with_hooks(lab) -> None:
    """Gives every node a program for each change."""
    for node in lab.nodes:
        path = write_hook(node)
        node.configuration["hooks"] = {f"on_{state}": [path, f"a {state}"] for state in ("leader", "backup", "fault")}


def test_hooks_hear_of_a_fail_over_a_cut_cable_and_a_stop(lab):
    with_hooks(lab)
    lab.start()
    leader = lab.wait_formed()
    lab.wait_until(lambda: heard(leader)[-1:] == [f"leader {FLOATING} {leader.name} a leader 0"], "the leader's hook ran")
    for backup in lab.backups(leader):
        lab.wait_until(lambda: states(backup) == ["backup"], f"the hook of {backup.name} heard that it is a Backup")
    assert "hook on_leader" in leader.log() and "said by a leader" in leader.log()

    lab.pull(leader)
    lab.wait_until(lambda: states(leader)[-1] == "fault", "the one without a cable heard of a fault")
    second = lab.wait_until(lambda: next((node for node in lab.backups(leader) if states(node)[-1] == "leader"), None),
                            "another one's hook heard that it leads")
    lab.replug(leader)
    lab.wait_until(lambda: states(leader)[-1] == "backup", "it heard that it is a Backup again")

    assert second.stop() == 0
    assert states(second)[-1] == "backup", "a leader that stops has its hook for the end of its lead run, before it ends"


def test_a_hook_that_hangs_holds_up_nothing_and_is_told_of(single):
    node = single.nodes[0]
    path = write_hook(node, body="#!/bin/sh\nexec sleep 600\n")
    node.configuration["hooks"] = {"on_leader": [path], "on_backup": ["/nowhere/hook"], "deadline": "1s"}
    node.start()
    single.wait_formed()

    def told():
        hooks = {hook["hook"]: hook for hook in node.status().report["hooks"]}
        last = [hooks[name].get("last", {}).get("result") for name in ("on_backup", "on_leader")]
        return last == ["not_found", "timed_out"]

    single.wait_until(told, "the status tells that one program is missing and one took too long")
    assert any("on_leader" in warning for warning in node.status().report["warnings"])
    metrics = single.http("/.bramble/metrics").body.decode()
    assert 'bramble_hook_runs_total{hook="on_leader",result="timed_out"} 1' in metrics
    assert 'bramble_hook_runs_total{hook="on_backup",result="not_found"} 1' in metrics
    assert single.holders() == [node], "the address is held all the while"
    check = node.run_command("check", "--config", node.config_path)
    assert check.returncode == 1 and "/nowhere/hook" in check.stdout


def test_each_of_several_addresses_has_hooks_of_its_own():
    addresses = [FLOATING, "10.77.0.251", "fd77::250"]
    with Lab(1, {"floating": {"addresses": addresses}}) as lab:
        with_hooks(lab)
        lab.start()
        node = lab.nodes[0]
        lab.wait_until(lambda: sorted(line.split()[1] for line in heard(node) if line.startswith("leader"))
                       == sorted(addresses), "the hook ran for each address")


@pytest.mark.skipif(not without_capset.can_refuse, reason="the number of capset on this machine is not known")
def test_where_a_sandbox_keeps_the_daemon_from_giving_up_its_privileges_no_hook_has_them(single):
    node = single.nodes[0]
    with_hooks(single)
    node.start(through=(sys.executable, without_capset.__file__))
    single.wait_formed()
    single.wait_until(lambda: any(hook.get("last", {}).get("result") == "not_started"
                                  for hook in node.status().report["hooks"]), "the status tells that no hook is run")
    assert heard(node) == [] and "SystemCallFilter" in node.log()
