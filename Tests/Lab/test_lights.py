"""The lights as a person sees them: here on the daemon's terminal."""

from lab import Lab
from lights import DARK, table

RESET = "\x1b[0m\x1b[K"


def drawn(node) -> list[str]:
    """The lines of lamps that a daemon has drawn, without the colours: ● lit, ○ dark; green, yellow, red, ACT."""
    lines = [line for line in node.log().replace("\r", "\n").splitlines() if "●" in line or "○" in line]
    return ["".join(lamp for lamp in line if lamp in "●○") for line in lines]


def test_the_terminal_shows_the_lights_of_leader_and_member():
    with Lab(2, {"lights": {"output": "terminal"}}) as lab:
        lab.start()
        leader = lab.wait_formed()
        member = lab.backups(leader)[0]
        lab.wait_until(lambda: leader.status().signal == "leader" and member.status().signal == "member", "they show it")
        # A member's lights are steady: green and yellow. A leader's green beats.
        lab.wait_until(lambda: drawn(member)[-1].startswith("●●○"), "the member's are steady")
        before = len(drawn(leader))
        lab.wait_until(lambda: {"●●○", "○●○"} <= {line[:3] for line in drawn(leader)[before:]}, "the leader's green beats")
        steady = len(drawn(member))
        lab.stays_true(lambda: len(drawn(member)) == steady, "the member's do not change", seconds=2)
        assert all(node.stop() == 0 for node in (leader, member))
        assert drawn(leader)[-1] == drawn(member)[-1] == "○○○○", "dark means dead"


def test_every_signal_a_node_can_show_is_in_the_table(formed):
    lab, leader = formed
    signals = table()
    for node in lab.nodes:
        assert signals.get("".join(letter for letter in node.status().signal if letter.isalpha()), DARK) != DARK
    assert leader.status().report["lights"]["output"] == "off"
