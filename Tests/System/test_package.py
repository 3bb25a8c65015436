"""The Debian package on a plain machine: what it brings, that an update keeps what is the user's, and that it goes."""

import os
import re
import subprocess

import pytest

from machine import Machine

# What systemd, the journal and apt themselves write while a machine runs.
_OF_THE_SYSTEM = re.compile(r"/(var/(log|cache|tmp|lib/(apt|dpkg|systemd|private))|run|tmp|proc|sys|dev|root)(/|$)")
# Their former state is kept beside them by the tools that change them.
_BACKUPS = re.compile(r"/etc/(passwd|group|shadow|gshadow|subuid|subgid)-$|/etc/\.pwd\.lock$")


def serves(machine: Machine) -> bool:
    """Whether the machine serves a page at its own address."""
    return machine.lab.http("/", address=machine.address).status == 200


def files(machine: Machine) -> dict[str, str]:
    """All files of the machine that are no running system's own, with what tells a change of each."""
    lines = machine.run("find", "/", "-xdev", "-printf", r"%p\t%y %m %u %g\n", check=True).stdout.splitlines()
    found = dict(line.split("\t", 1) for line in lines)
    return {path: kind for path, kind in found.items() if not _OF_THE_SYSTEM.match(path) and not _BACKUPS.match(path)}


def repacked(deb: str, version: str, directory: str) -> str:
    """The same package with another version."""
    tree = os.path.join(directory, "tree")
    subprocess.run(["dpkg-deb", "--raw-extract", deb, tree], check=True)
    control = os.path.join(tree, "DEBIAN", "control")
    with open(control, encoding="utf-8") as file:
        text = re.sub(r"(?m)^Version: .*$", f"Version: {version}", file.read())
    with open(control, "w", encoding="utf-8") as file:
        file.write(text)
    path = os.path.join(directory, f"bramble_{version}_amd64.deb")
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, path], check=True, stdout=subprocess.DEVNULL)
    return path


def test_it_is_clean(deb):
    done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", "--no-tag-display-limit", deb],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_installed_it_serves_a_page_with_nothing_configured(plain, deb):
    plain.install(deb)
    plain.lab.wait_until(lambda: serves(plain), "it serves a page")
    assert b"This page stays." in plain.lab.http("/", address=plain.address).body
    assert plain.shown("ActiveState") == "active"
    assert plain.systemctl("is-enabled", "bramble.service") == "enabled"
    assert plain.status().signal == "pairing"
    assert plain.run("stat", "-c", "%A %U %G", "/etc/bramble/bramble.toml").stdout.strip() == "-rw-r----- root bramble"
    check = plain.run("bramble", "check")
    assert check.returncode == 0, check.stdout + check.stderr


def test_a_file_that_was_there_before_is_read_by_the_daemon_and_nobody_else(plain, deb):
    plain.write_configuration()
    os.chmod(plain.path("/etc/bramble/bramble.toml"), 0o600)
    plain.install(deb)
    plain.lab.wait_until(lambda: plain.lab.holders() == [plain], "it has the address that the file names")
    assert plain.run("stat", "-c", "%A %U %G", "/etc/bramble/bramble.toml").stdout.strip() == "-rw-r----- root bramble"


def test_the_service_has_a_user_of_its_own_and_the_rights_it_needs(installed):
    installed.lab.wait_until(lambda: installed.lab.holders() == [installed], "it has the address")
    with open(f"/proc/{installed.daemon}/status", encoding="utf-8") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    user = installed.run("id", "--user", "bramble", check=True).stdout.strip()
    assert user != "0" and status["Uid"].split() == [user] * 4
    # NET_BIND_SERVICE, NET_ADMIN, NET_RAW, IPC_LOCK, SYS_NICE.
    assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 1 << 10 | 1 << 12 | 1 << 13 | 1 << 14 | 1 << 23
    assert "cannot" not in installed.journal(), installed.journal()


def test_who_is_in_the_group_may_ask_and_others_may_not(installed):
    installed.lab.wait_until(lambda: installed.lab.holders() == [installed], "it has the address")
    for name, groups in (("ada", ["--groups", "bramble"]), ("bob", [])):
        installed.run("useradd", *groups, name, check=True)
    asked = {name: installed.run("setpriv", f"--reuid={name}", f"--regid={name}", "--init-groups", "bramble", "status")
             for name in ("ada", "bob")}
    assert asked["ada"].returncode == 0, asked["ada"].stdout + asked["ada"].stderr
    assert asked["bob"].returncode != 0 and "group" in asked["bob"].stderr, asked["bob"].stderr


def test_an_update_keeps_what_is_the_users(installed, deb, tmp_path):
    installed.lab.wait_until(lambda: serves(installed), "it serves a page")
    node, version = installed.status().node_id, installed.run("dpkg-query", "-W", "-f", "${Version}", "bramble").stdout
    with open(installed.path("/etc/bramble/bramble.toml"), encoding="utf-8") as file:
        configuration = file.read()
    with open(installed.path("/var/lib/bramble/site/index.html"), "w", encoding="utf-8") as file:
        file.write("<!doctype html><title>mine</title>")
    before = installed.daemon
    installed.install(repacked(deb, version + "+next", str(tmp_path)))
    installed.lab.wait_until(lambda: installed.daemon != before, "it was started again")
    installed.lab.wait_until(lambda: b"mine" in installed.lab.http("/", address=installed.address).body, "it serves my page")
    assert installed.status().node_id == node
    with open(installed.path("/etc/bramble/bramble.toml"), encoding="utf-8") as file:
        assert file.read() == configuration
    # And back.
    installed.install(deb)
    installed.lab.wait_until(lambda: installed.status().node_id == node, "it is the same node")


def test_removed_it_keeps_its_data_and_purged_it_leaves_nothing(plain, deb):
    before = files(plain)
    plain.write_configuration()
    plain.install(deb)
    plain.lab.wait_until(lambda: plain.lab.holders() == [plain], "it has the address")
    plain.run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y", "remove", "bramble", check=True)
    assert plain.lab.holders() == []
    assert plain.run("pgrep", "bramble").returncode == 1
    assert os.path.exists(plain.path("/var/lib/bramble/site/index.html"))
    plain.run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y", "purge", "bramble", check=True)
    after = files(plain)
    assert {path: kind for path, kind in after.items() if before.get(path) != kind} == {}
    assert set(before) - set(after) == set()
    for kind in ("passwd", "group"):
        assert plain.run("getent", kind, "bramble").returncode != 0


@pytest.mark.parametrize("what", ["remove", "purge"])
def test_installed_again_after_it_went(installed, deb, what):
    installed.lab.wait_until(lambda: serves(installed), "it serves a page")
    node = installed.status().node_id
    installed.run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y", what, "bramble", check=True)
    installed.write_configuration()
    installed.install(deb)
    installed.lab.wait_until(lambda: serves(installed), "it serves a page")
    assert (installed.status().node_id == node) == (what == "remove")
