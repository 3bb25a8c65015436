"""What is wrong between nodes is told apart: by the status, by the log, and by the lights."""

import subprocess

import pytest

from lab import Lab, new_key


def firewall(node, *rules: str) -> None:
    """Lets a node's kernel drop what the rules say; none opens it again."""
    inside = ["nsenter", f"--net=/run/netns/{node.namespace}", "--", "nft"]
    subprocess.run([*inside, "delete", "table", "inet", "wall"], capture_output=True, check=False, timeout=30)
    if rules:
        chains = [f"chain {hook} {{\ntype filter hook {hook} priority 0;\n" + "\n".join(rules) + "\n}\n"
                  for hook in ("input", "output")]
        chain = "table inet wall {\n" + "".join(chains) + "}\n"
        subprocess.run([*inside, "-f", "-"], input=chain, text=True, capture_output=True, check=True, timeout=30)


def forget_soon(node) -> None:
    """Has a node's kernel look after two seconds whether a machine that answered is still there."""
    for setting, value in (("base_reachable_time_ms", 2000), ("delay_first_probe_time", 1)):
        subprocess.run(["nsenter", f"--net=/run/netns/{node.namespace}", "--", "sh", "-c",
                        f"echo {value} >/proc/sys/net/ipv4/neigh/eth0/{setting}"], check=True, timeout=30)


def kinds(node) -> dict[str, str]:
    """What a node says is wrong, and about which member."""
    return {trouble["kind"]: trouble.get("member_name") or "" for trouble in node.status().report["troubles"]}


def others(lab, node) -> list:
    return [other for other in lab.nodes if other is not node]


def logged(node, words: str) -> bool:
    with open(node.log_path, encoding="utf-8") as log:
        return words in log.read()


def told(node, kind: str, signal: str, about: str = ""):
    """Whether a node tells of this, and its lights show it."""
    return lambda: kinds(node).get(kind) == about and node.status().signal == signal


def test_a_whole_cluster_tells_of_nothing(formed):
    lab, leader = formed
    assert all(kinds(node) == {} for node in lab.nodes)
    assert [node.status().signal for node in lab.nodes if node is not leader] == ["member", "member"]


def test_a_process_that_died_is_told_from_a_machine_that_is_gone(formed):
    lab, leader = formed
    dead, gone = others(lab, leader)
    # A kernel believes for half a minute that a machine is there which answered before.
    forget_soon(leader)
    dead.kill()
    lab.blackhole(gone)

    def both() -> bool:
        texts = {trouble["member_name"]: trouble["text"] for trouble in leader.status().report["troubles"]}
        return ("bramble does not run there" in texts.get(dead.name, "")
                and "off, unplugged" in texts.get(gone.name, ""))

    lab.wait_until(both, "the leader knows what is dead")
    assert leader.status().signal == "leader_of_fewer", "the machine of one of them answers: this node is not cut off"
    lab.wait_until(told(gone, "isolated", "isolated"), "the one that was cut off knows that it is cut off")
    lab.unblackhole(gone)
    dead.start()
    lab.wait_formed()
    lab.wait_until(lambda: kinds(leader) == {}, "and nothing is wrong any more")
    assert logged(leader, "no longer: ")


def test_udp_that_is_blocked_is_told_from_death(formed):
    lab, leader = formed
    walled = others(lab, leader)[0]
    firewall(walled, "meta l4proto udp drop")
    for node in others(lab, walled):
        lab.wait_until(told(node, "udp_blocked", "udp_blocked", walled.name), f"{node.name} knows that UDP is blocked")
    assert logged(leader, "blocks UDP")
    firewall(walled)
    lab.wait_formed()


def test_a_way_that_works_in_one_direction_is_told_by_both_ends(formed):
    lab, leader = formed
    deaf = others(lab, leader)[0]
    mute = others(lab, leader)[1]
    firewall(deaf, f"ip saddr {mute.address} meta l4proto udp drop", f"ip6 saddr {mute.address6} meta l4proto udp drop")
    lab.wait_until(told(deaf, "one_way", "one_way", mute.name), "the one that hears nothing knows whom it does not hear")
    lab.wait_until(told(mute, "one_way", "one_way", deaf.name), "the other one knows who does not hear it")
    texts = [node.status().report["troubles"][0]["text"] for node in (deaf, mute)]
    assert "is not heard here" in texts[0] and "does not hear this node" in texts[1]
    assert kinds(leader) == {}
    firewall(deaf)
    lab.wait_until(lambda: kinds(deaf) == {} and kinds(mute) == {}, "and nothing is wrong any more")


@pytest.mark.slow
def test_large_datagrams_that_get_lost_are_told_of(formed):
    lab, leader = formed
    narrow = others(lab, leader)[0]
    firewall(narrow, f"ip saddr {leader.address} meta l4proto udp meta length > 1000 drop")
    lab.wait_until(told(leader, "mtu", "small_mtu", narrow.name), "the leader knows which way is narrow", timeout=240)


def test_another_key_is_told_of_with_its_source():
    with Lab(2) as lab:
        odd = lab.add_node({"cluster": {"key": new_key()}, "floating": {"addresses": ["10.77.0.251"], "router_id": 52}})
        lab.start()
        lab.wait_formed(*lab.nodes[:2])
        lab.wait_until(told(odd, "other_key", "other_key"), "the one with the odd key knows of others")
        text = odd.status().report["troubles"][0]["text"]
        assert "10.77.0.11" in text and "10.77.0.12" in text and "bramble key fingerprint" in text
        lab.wait_until(lambda: "other_key" in kinds(lab.nodes[0]), "the others know of it too")
        assert {node.status().signal for node in lab.nodes[:2]} == {"leader", "member"}, "for them all is well"


def test_the_status_shows_what_is_wrong(formed):
    lab, leader = formed
    others(lab, leader)[0].kill()
    lab.wait_until(lambda: "member_dead" in kinds(leader), "the leader tells of the dead one")
    shown = subprocess.run(leader.command("status", "--config", leader.config_path), capture_output=True, text=True,
                           check=False, timeout=60)
    assert (shown.returncode, "is dead" in shown.stdout) == (1, True), shown
