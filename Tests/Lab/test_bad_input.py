"""What people get wrong, and what machines do: each is said, with what to do about it, and none ends or spins the daemon."""

import fcntl
import os
import re
import shutil
import socket
import time

import pytest

from lab import FLOATING, Lab
from namespace import within
from node import Node, toml
from wire import listen_udp

CRASH = re.compile(r"Fatal error|Illegal instruction|Segmentation fault|Trace/breakpoint|Crash|precondition", re.IGNORECASE)


def cpu_seconds(node: Node) -> float:
    """The processor time that a daemon has used."""
    with open(f"/proc/{node.pid}/stat", encoding="ascii", errors="replace") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def says(lab: Lab, node: Node, *patterns: str) -> None:
    """Waits until a node has said all this."""
    lab.wait_until(lambda: all(re.search(pattern, node.log(), re.IGNORECASE) for pattern in patterns),
                   f"{node.name} says {' and '.join(map(repr, patterns))}")


def neither_crashes_nor_loops(lab: Lab, node: Node) -> None:
    """Watches a node for a while: it is quiet, idle, and has not crashed."""
    lines, start = len(node.log().splitlines()), time.monotonic()
    used = cpu_seconds(node) if node.running else 0.0
    time.sleep(1)
    assert not CRASH.search(node.log()), lab.describe()
    assert len(node.log().splitlines()) - lines < 20, f"it repeats itself\n{lab.describe()}"
    if node.running:
        assert cpu_seconds(node) - used < 0.8 * (time.monotonic() - start), f"it spins\n{lab.describe()}"
    else:
        assert 0 < node.process.returncode < 128, f"it did not end of its own accord\n{lab.describe()}"


# A wrong configuration: what is changed (None: the key is left out), and what the message must have in it.
WRONG = {
    "no-cluster-key": ({"cluster": {"key": None, "pairing": False}}, ["key", "bramble key new", "pairing"]),
    "an-empty-key": ({"cluster": {"key": ""}}, [r"bramble\.toml:2", "key", "bramble key new"]),
    "a-short-key": ({"cluster": {"key": "c2hvcnQ="}}, [r"bramble\.toml:2", "key", "bramble key new"]),
    "an-unknown-key": ({"http": {"prot": 80}}, [r"bramble\.toml:\d+", "prot", "port"]),
    "an-unknown-table": ({"flaoting": {"priority": 100}}, [r"bramble\.toml:\d+", "flaoting"]),
    "text-for-a-number": ({"http": {"port": "eighty"}}, [r"bramble\.toml:\d+", "port", "number|integer"]),
    "a-number-for-text": ({"node": {"name": 5}}, [r"bramble\.toml:\d+", "name", "text|string"]),
    "a-number-for-a-list": ({"floating": {"addresses": 5}}, [r"bramble\.toml:\d+", "addresses", "list|array"]),
    "a-priority-too-high": ({"floating": {"priority": 255}}, [r"bramble\.toml:\d+", "priority", "1.{1,4}254"]),
    "a-port-too-high": ({"http": {"port": 65536}}, [r"bramble\.toml:\d+", "port", "65535"]),
    "no-address": ({"floating": {"addresses": ["10.77.0"]}}, [r"bramble\.toml:\d+", r"10\.77\.0", "address"]),
    "an-interval-too-fine": ({"floating": {"interval": "1ms"}}, [r"bramble\.toml:\d+", "interval", "10 ?ms"]),
    "an-unknown-light": ({"lights": {"output": "candle"}}, [r"bramble\.toml:\d+", "candle", "terminal"]),
}


def wrong(node: Node, change: dict) -> str:
    """The node's configuration with a change made to it."""
    tables = {table: dict(values) for table, values in node.configuration.items()}
    for table, values in change.items():
        for key, value in values.items():
            tables.setdefault(table, {})[key] = value
            if value is None:
                del tables[table][key]
    return toml(tables)


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_configuration_at_start(single, case):
    change, patterns = WRONG[case]
    node = single.nodes[0]
    node.write_configuration(wrong(node, change))
    node.start(write=False)
    says(single, node, *patterns)
    single.wait_until(lambda: "is not serving" in node.run_command("status", "--socket", node.socket_path).stdout,
                      "its status says so, at the socket that the file names")
    neither_crashes_nor_loops(single, node)


@pytest.mark.parametrize("case", WRONG)
def test_check_says_what_is_wrong_with_a_configuration(single, case):
    change, patterns = WRONG[case]
    node = single.nodes[0]
    node.write_configuration(wrong(node, change))
    checked = node.run_command("check", "--config", node.config_path)
    output = " ".join((checked.stdout + checked.stderr).split())  # its lines are wrapped
    assert 0 < checked.returncode < 128, output
    assert all(re.search(pattern, output, re.IGNORECASE) for pattern in patterns), output


NO_CONFIGURATION = {
    "cut-short": "[cluster\nkey = 1",
    "zeros": "\0\0\0\0",
    "no-value": "key",
    "twice": '[cluster]\nkey = "a"\nkey = "b"\n',
    "byte-order-mark": "\ufeff[http]\nport = 'x'",
}


@pytest.fixture(name="usual_place")
def usual_place_fixture(usual_folder):
    """Where a daemon listens whose file does not say: one test at a time."""
    if not usual_folder:
        pytest.skip("this machine had /run/bramble before: a daemon of its own may be there")
    with open(__file__, "rb") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield os.path.join(usual_folder, "control.sock")


@pytest.mark.parametrize("text", NO_CONFIGURATION.values(), ids=NO_CONFIGURATION)
def test_a_file_that_is_no_configuration(single, text, usual_place):
    node = single.nodes[0]
    node.write_configuration(text)
    node.start(write=False)
    says(single, node, r"bramble\.toml")
    single.wait_until(lambda: "is not serving" in node.run_command("status", "--socket", usual_place).stdout,
                      "its status says so, at the usual place")
    neither_crashes_nor_loops(single, node)


def test_no_configuration_file(single, usual_place):
    assert usual_place
    node = single.nodes[0]
    node.start(write=False)
    says(single, node, r"bramble\.toml", "no such file|not found|does not exist|there is no")
    neither_crashes_nor_loops(single, node)


@pytest.mark.parametrize("case", ["an-unknown-key", "text-for-a-number", "a-short-key"])
def test_a_bad_reload_keeps_the_last_good_configuration(formed, case):
    lab, leader = formed
    change, patterns = WRONG[case]
    page = lab.http("/").body
    leader.write_configuration(wrong(leader, change))
    leader.reload()
    says(lab, leader, *patterns)
    neither_crashes_nor_loops(lab, leader)
    assert lab.wait_formed() is leader
    assert lab.http("/").body == page

    leader.write_configuration()
    leader.reload()
    assert lab.wait_formed() is leader


def test_a_floating_address_outside_every_network(single):
    node = single.nodes[0]
    node.configuration["floating"]["addresses"] = ["192.0.2.7"]
    node.start()
    says(single, node, r"192\.0\.2\.7", "network|interface")
    neither_crashes_nor_loops(single, node)
    single.wait_until(lambda: single.http("/", address=node.address).status == 200, "it serves at its own address")
    assert "192.0.2.7" not in single.addresses_on(node)


def test_a_floating_address_that_is_a_node_s_own(single):
    node = single.nodes[0]
    node.configuration["floating"]["addresses"] = [node.address]
    node.start()
    says(single, node, re.escape(node.address), "own address", r"\[floating\] addresses")
    neither_crashes_nor_loops(single, node)
    single.wait_until(lambda: single.http("/", address=node.address).status == 200, "it serves at its own address")
    assert single.addresses_on(node).count(node.address) == 1


def test_the_control_socket_is_another_daemon_s(single):
    node = single.nodes[0]
    other = single.add_node({"node": {"control": node.socket_path}})
    node.start()
    single.wait_formed(node)
    other.start()
    says(single, other, re.escape(node.socket_path), "in use", "another bramble", "control")
    neither_crashes_nor_loops(single, other)
    assert other.running
    assert single.wait_formed(node) is node, "the first daemon is unaffected"


def test_the_http_port_is_in_use(single):
    node = single.nodes[0]
    with within(node.namespace, lambda: socket.create_server(("0.0.0.0", 80))):
        node.start()
        says(single, node, r"\b80\b", "in use")
        neither_crashes_nor_loops(single, node)
        assert FLOATING not in single.addresses_on(node), "it took the address, and cannot serve"


def test_the_gossip_port_is_in_use(single):
    node = single.nodes[0]
    with listen_udp(single, node.namespace, "0.0.0.0", 7373):
        node.start()
        says(single, node, r"\b7373\b", "in use")
        neither_crashes_nor_loops(single, node)


@pytest.mark.parametrize("capability", ["net_admin", "net_raw"])
def test_no_permission_for_addresses_or_raw_sockets(single, capability):
    node = single.nodes[0]
    node.start(through=("setpriv", "--bounding-set", f"-{capability}", "--inh-caps", f"-{capability}"))
    says(single, node, f"CAP_{capability}")
    neither_crashes_nor_loops(single, node)
    assert node.running
    single.wait_until(lambda: single.http("/", address=node.address).status == 200, "it serves at its own address")


def test_a_node_that_may_not_add_addresses_leaves_them_to_another():
    with Lab(2) as lab:
        unable, able = lab.nodes
        unable.start(through=("setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin"))
        says(lab, unable, "CAP_net_admin")
        able.start()
        assert lab.wait_formed() is able
        lab.stays_true(lambda: lab.holders() == [able], "it keeps the address", seconds=2)


def test_the_site_directory_is_missing(single):
    node = single.nodes[0]
    shutil.rmtree(node.site_path)
    node.start()
    says(single, node, re.escape(node.site_path), "no such|missing|does not exist|there is no")
    neither_crashes_nor_loops(single, node)
    assert node.running
    single.wait_until(node.status, "it answers")


def test_the_site_directory_is_empty(single):
    node = single.nodes[0]
    shutil.rmtree(node.site_path)
    os.mkdir(node.site_path)
    node.start()
    says(single, node, re.escape(node.site_path), "empty|no file")
    neither_crashes_nor_loops(single, node)
    assert node.running
    single.wait_until(node.status, "it answers")


def test_the_site_directory_is_a_file(single):
    node = single.nodes[0]
    shutil.rmtree(node.site_path)
    with open(node.site_path, "w", encoding="utf-8") as file:
        file.write("no directory")
    node.start()
    says(single, node, re.escape(node.site_path), "not a directory", r"\[site\]")
    neither_crashes_nor_loops(single, node)
    assert node.running
    single.wait_until(node.status, "it answers")


@pytest.mark.parametrize("part", ["", "index.html"], ids=["directory", "file"])
def test_the_site_is_unreadable(single, part):
    node = single.nodes[0]
    os.chmod(os.path.join(node.site_path, part), 0)
    # Root reads everything, unless it has lost what lets it.
    lost = "-dac_override,-dac_read_search"
    node.start(through=("setpriv", "--bounding-set", lost, "--inh-caps", lost))
    says(single, node, re.escape(os.path.join(node.site_path, part).rstrip("/")),
         "permission|may not be read|unreadable|cannot read")
    neither_crashes_nor_loops(single, node)
    assert node.running
    single.wait_until(node.status, "it answers")


def test_two_nodes_with_one_identity():
    with Lab(2) as lab:
        first, second = lab.nodes
        first.start()
        lab.wait_formed(first)
        first.stop()
        shutil.copytree(first.data_path, second.data_path)  # a copied card
        lab.start()
        lab.wait_formed()
        assert first.status().node_id != second.status().node_id
        logs = "".join(node.log() for node in lab.nodes)
        assert re.search(r"this node's ID|copied|duplicate", logs, re.IGNORECASE), lab.describe()
        for node in lab.nodes:
            neither_crashes_nor_loops(lab, node)


def on_a_disk_of(node: Node, size: str, filled: str = "0") -> tuple[str, ...]:
    """Runs the daemon with its data on a disk of its own, which no other process sees and which goes with it."""
    os.makedirs(node.data_path, exist_ok=True)
    script = f'mount -t tmpfs -o size={size},mode=755 tmpfs "$0" && head -c {filled} /dev/zero > "$0/filler" && exec "$@"'
    return ("unshare", "--mount", "--propagation", "private", "sh", "-c", script, node.data_path)


def test_there_is_no_room_for_the_identity(single):
    node = single.nodes[0]
    node.start(through=on_a_disk_of(node, "64k", filled="64k"))
    says(single, node, re.escape(node.data_path), "no space left", "identity", "make room")
    neither_crashes_nor_loops(single, node)
    assert node.running
    single.wait_until(lambda: single.http("/", address=node.address).status == 503, "it serves a page that says why")


def test_the_disk_is_full_at_start(single):
    node = single.nodes[0]
    with open(os.path.join(node.site_path, "big.bin"), "wb") as file:
        file.write(os.urandom(1 << 20))
    node.start(through=on_a_disk_of(node, "128k"))
    says(single, node, "no space (is )?left")
    neither_crashes_nor_loops(single, node)
    assert node.running
    single.wait_until(node.status, "it answers")


def test_the_disk_fills_up_while_the_node_serves():
    with Lab(2) as lab:
        first, second = lab.nodes
        first.start(through=on_a_disk_of(first, "8m"))
        second.start()
        lab.wait_formed()
        page = lab.http("/").body
        try:
            with open(f"/proc/{first.pid}/root{first.data_path}/filler", "wb") as file:
                while True:
                    file.write(bytes(65536))
                    file.flush()
        except OSError:
            pass
        second.kill()
        second.start()
        lab.wait_formed()
        neither_crashes_nor_loops(lab, first)
        assert lab.http("/", address=first.address).body == page
