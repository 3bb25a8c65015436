"""The cluster's key is changed while the cluster runs: `bramble key rotate`, `drop`, `show`."""

import json
import os
import stat
import time

from lab import FLOATING, new_key
from prober import Prober


def command(node, *arguments: str, timeout: float = 90):
    """Runs a command about keys that asks this node's daemon."""
    return node.run_command("key", *arguments, "--socket", node.socket_path, timeout=timeout)


def fingerprint(node) -> str:
    """The fingerprint of the newest key that a node has."""
    return node.status().report["cluster"]["keys"]["newest"]["fingerprint"]


def settled(lab, key: str, *nodes) -> bool:
    """Whether all have one newest key, and use it."""
    states = [node.status().report["cluster"]["keys"] for node in nodes or lab.nodes]
    return all(keys["newest"]["fingerprint"] == key and keys["phase"] != "spreading" for keys in states)


def knows(node, other) -> bool:
    """Whether a node has another one among the peers on its disk."""
    path = os.path.join(node.data_path, "peers")
    if not os.path.exists(path):
        return False
    with open(path, encoding="utf-8") as peers:
        return any(line.split()[-1] == other.name for line in peers)


def test_a_key_is_rotated_and_dropped_while_the_page_is_asked_for(formed):
    lab, leader = formed
    before = fingerprint(leader)
    with Prober(lab, patience=1) as prober:
        done = command(lab.backups(leader)[0], "rotate")
        assert done.returncode == 0, done.stderr + lab.describe()
        assert "all 3 nodes that are up seal with" in done.stdout and "bramble key show" in done.stdout
        after = fingerprint(leader)
        assert after != before and after in done.stdout
        lab.wait_until(lambda: settled(lab, after), "all use the new key")
        for node in lab.nodes:
            keys = node.status().report["cluster"]["keys"]
            assert [key["fingerprint"] for key in keys["older"]] == [before] and keys["file"] == "behind"
            path = os.path.join(node.data_path, "keys")
            assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        done = command(leader, "drop", "--json")
        assert done.returncode == 0, done.stderr + lab.describe()
        assert json.loads(done.stdout)["older"] == []
        for node in lab.nodes:
            assert node.status().report["cluster"]["keys"]["older"] == []
        lab.stays_true(lambda: lab.holders() == [leader], "the leader leads", seconds=2)
        assert set(leader.status().members.values()) == {"alive"}
    assert prober.failures == 0 and len(prober.fetched) > 50
    assert {page.served_by for page in prober.fetched} == {leader.name}
    for node in lab.nodes:
        assert "alive → suspect" not in node.log() and "→ dead" not in node.log(), node.log()

    # The file still names the first key; the disk knows better.
    for node in lab.nodes:
        node.stop()
    lab.start()
    lab.wait_formed()
    assert settled(lab, after)
    warnings = leader.status().report["warnings"]
    assert any("bramble key show" in warning for warning in warnings), warnings
    shown = leader.run_command("key", "show", "--raw", "--config", leader.config_path)
    assert shown.returncode == 0 and "secret" in shown.stderr
    for node in lab.nodes:
        node.configuration["cluster"]["key"] = shown.stdout.strip()
        node.write_configuration()
        node.reload()
    lab.wait_until(lambda: all(not node.status().report["warnings"] for node in lab.nodes), "the file is right now")
    assert lab.wait_formed()


def test_a_node_that_was_away_is_given_the_key_or_told_what_to_do(formed):
    lab, leader = formed
    away, asked = lab.backups(leader)
    away.kill()
    lab.wait_until(lambda: leader.status().members[away.name] == "dead", "it is missed")
    done = command(asked, "rotate")
    assert done.returncode == 0 and f"{away.name} is away" in done.stdout, done.stderr
    assert [node["name"] for node in asked.status().report["cluster"]["keys"]["lacking"]] == [away.name]
    shown = asked.run_command("status", "--socket", asked.socket_path)
    assert f"{away.name} is away, and is given the new key when it is back" in " ".join(shown.stdout.split())
    refused = command(asked, "drop")
    assert refused.returncode == 1 and away.name in refused.stderr and "--force" in refused.stderr
    key = fingerprint(asked)
    away.start()
    lab.wait_formed()
    lab.wait_until(lambda: settled(lab, key), "it has been given the key")

    # By whom it has met on its disk it tells its own cluster from a neighbour's.
    lab.wait_until(lambda: knows(away, asked) and knows(away, leader), "it remembers the others")
    away.kill()
    lab.wait_until(lambda: leader.status().members[away.name] == "dead", "it is missed again")
    assert command(asked, "rotate").returncode == 0
    done = command(asked, "drop", "--force")
    assert done.returncode == 0, done.stderr
    time.sleep(11)  # One that comes back sooner still finds somebody who opens what it says, and is given the key.
    away.start()
    lab.wait_until(lambda: away.status().signal == "other_key", "its lights say why it is alone")
    lab.wait_until(lambda: any("bramble key show" in text for text in away.status().report["warnings"]),
                   "its status says what to do")
    lab.wait_until(lambda: any(away.address in text and "dropped" in text
                               for text in leader.status().report["warnings"]), "the others say where it is")
    assert "bramble key show` there" in away.log() and "bramble key show` here" in leader.log()
    shown = asked.run_command("key", "show", "--raw", "--config", asked.config_path)
    away.configuration["cluster"]["key"] = shown.stdout.strip()
    away.stop()
    away.start()
    lab.wait_formed()
    lab.wait_until(lambda: settled(lab, fingerprint(asked)), "it is back")
    lab.wait_until(lambda: not any(trouble["kind"] == "key_changed" for node in (away, leader)
                                   for trouble in node.status().report["troubles"]), "nobody is parted any more")
    assert os.path.exists(os.path.join(away.data_path, "keys.set-aside"))


def test_a_new_card_with_the_old_key_is_given_the_new_one(formed):
    lab, leader = formed
    assert command(leader, "rotate").returncode == 0
    card = lab.add_node()
    card.start()
    lab.wait_formed()
    lab.wait_until(lambda: settled(lab, fingerprint(leader)), "the new card has been given the key")


def test_a_node_whose_file_names_a_foreign_key_leaves(formed):
    lab, leader = formed
    moved, asked = lab.backups(leader)
    assert command(asked, "rotate").returncode == 0
    moved.configuration["cluster"]["key"] = new_key()
    moved.write_configuration()
    checked = moved.run_command("check", "--config", moved.config_path)
    assert "never had" in checked.stdout, checked.stdout
    moved.reload()
    lab.wait_until(lambda: moved.status().alive == [moved.name], "it has moved to a cluster of its own")
    assert "set aside" in moved.log()
    assert FLOATING in lab.addresses_on(leader)
