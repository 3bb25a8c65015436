"""The benchmark of membership computes what it says, of known times; reads what both daemons write; and it runs."""

import json
import os
import subprocess
import sys
import time

import pytest

from bench import figures, reader, traffic, views
from bench.arithmetic import MILLISECOND
from bench.detection import Outcome
from bench.gossip import BrambleGossip, Serf
from bench.table import NONE, Figure
from bench.views import STARTED, Told, Views

# One after the other, where tests run in several processes: they keep a processor busy, or need one.
pytestmark = pytest.mark.xdist_group("busy")

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = ["n1", "n2", "n3"]


def said(*items: tuple[int, str, str, str]) -> list[Told]:
    """What was said at so many milliseconds."""
    return [Told(at * MILLISECOND, *rest) for at, *rest in items]


def everyone(at: int) -> list[Told]:
    """All say of all that they are alive."""
    return said(*((at, by, of, "alive") for by in NAMES for of in NAMES if by != of))


# Who holds whom for what

CRASH = said((100, "n1", "n2", "suspect"), (300, "n1", "n2", "dead"), (340, "n3", "n2", "dead"))


def test_a_death_is_known_to_the_first_and_then_to_all():
    told = everyone(0) + CRASH
    assert views.first_told(told, 50 * MILLISECOND, "n2", "suspect") == 50
    assert views.first_told(told, 50 * MILLISECOND, "n2", "dead") == 250
    assert views.buried_after(told, 50 * MILLISECOND, "n2", NAMES) == 290


def test_what_a_victim_says_itself_is_no_detection():
    told = said((10, "n2", "n1", "dead"), (20, "n2", "n3", "dead"), (30, "n1", "n2", "dead"))
    assert views.first_told(told, 0, "n2", "dead") == 30
    assert views.buried_after(told, 0, "n2", NAMES) is None


def test_a_death_that_one_took_back_before_the_last_knew_is_not_yet_known_to_all():
    told = said((10, "n1", "n2", "dead"), (20, "n1", "n2", "alive"), (30, "n3", "n2", "dead"), (70, "n1", "n2", "dead"))
    assert views.buried_after(told, 0, "n2", NAMES) == 70


@pytest.mark.parametrize("told, since", [
    (everyone(5), 5),
    (everyone(5)[1:], None),  # one has not met another
    (everyone(5) + CRASH[:1], 5),  # a suspect is a member
    (everyone(5) + CRASH, None),
    (everyone(5) + CRASH + said((400, "n1", "n2", "alive")), None),
    (everyone(5) + CRASH + said((400, "n1", "n2", "alive"), (450, "n3", "n2", "alive")), 450),
    (everyone(5) + said((20, "n3", "n3", STARTED)), None),  # who starts knows nobody
    (everyone(5) + said((20, "n3", "n3", STARTED)) + everyone(60), 60),
    (everyone(5) + said((20, "n9", "n1", "dead")), 5),  # a stranger
])
def test_a_cluster_is_whole_since(told, since):
    seen = Views(NAMES)
    for item in told:
        seen.learn(item)
    assert seen.whole_since == (None if since is None else since * MILLISECOND)


def test_deaths_of_which_the_fault_is_no_cause_are_counted():
    told = CRASH + said((400, "n1", "n3", "dead"), (500, "n2", "n1", "dead"))
    assert views.wrong_deaths(told, "n2") == 1


# What the daemons write


@pytest.mark.parametrize("contestant, line, of, state", [
    (BrambleGossip, "2026-11-30T02:52:15+0000 notice bramble 0.1.0 starts", "n1", STARTED),
    (BrambleGossip, "2026-11-30T02:52:15+0000 info member n2 (8e208111, 10.77.0.12:7373): met, alive", "n2", "alive"),
    (BrambleGossip, "2026-11-30T02:52:21+0000 info member n2 (8e208111, 10.77.0.12:7373): alive → suspect", "n2",
     "suspect"),
    (BrambleGossip, "2026-11-30T02:52:22+0000 warning member n2 (8e208111): suspect → dead", "n2", "dead"),
    (Serf, "    2026/11/30 02:52:15 [INFO] agent: Serf agent starting", "n1", STARTED),
    (Serf, "    2026/11/30 02:52:15 [INFO] serf: EventMemberJoin: n2 10.77.0.12", "n2", "alive"),
    (Serf, "    2026/11/30 02:52:23 [INFO] memberlist: Suspect n2 has failed, no acks received", "n2", "suspect"),
    (Serf, "    2026/11/30 02:52:27 [INFO] serf: EventMemberFailed: n2 10.77.0.12", "n2", "dead"),
])
def test_a_line_of_a_log_is_understood(contestant, line, of, state):
    assert reader.understood(line, 7, "n1", contestant.patterns) == Told(7, "n1", of, state)


@pytest.mark.parametrize("contestant, line", [
    (BrambleGossip, "2026-11-30T02:52:22+0000 warning member n2 is dead: nothing is heard from it"),
    (BrambleGossip, "2026-11-30T02:52:22+0000 notice serving release 6aec082c: 1 files"),
    (Serf, "    2026/11/30 02:52:15 [INFO] serf: EventMemberJoin: n1 10.77.0.11"),  # itself
    (Serf, "    2026/11/30 02:52:27 [INFO] memberlist: Marking n2 as failed, suspect timeout reached"),
])
def test_other_lines_say_nothing_of_a_member(contestant, line):
    assert reader.understood(line, 7, "n1", contestant.patterns) is None


# The figures


def test_what_is_sent_in_a_second_is_counted_between_two_looks():
    before = {"n1": traffic.Sent(0, 100, 1), "n2": traffic.Sent(1_000_000_000, 0, 0)}
    after = {"n1": traffic.Sent(2_000_000_000, 700, 5), "n2": traffic.Sent(2_000_000_000, 500, 4)}
    assert traffic.rates(before, after) == ({"n1": 300, "n2": 500}, {"n1": 2, "n2": 4})


def outcome(everyone_knew: float, whole: float = 10, suspected: float | None = 100, wrong: int = 0) -> Outcome:
    return Outcome("n2", suspected, everyone_knew - 1, everyone_knew, 2000, whole, wrong, 0, 0, [])


def test_the_rows_of_a_fault_hold_the_first_and_all():
    ours = [outcome(900), outcome(1000, 30), outcome(950, wrong=2)]
    found = {row.name: row for row in figures.rows_of_fault(3, "kill", [ours, []])}
    assert found["n = 3, process killed, dead to the first other, median"].figures[0] == Figure(949)
    assert found["n = 3, process killed, dead to all others, max"].figures[0] == Figure(1000)
    assert found["n = 3, process killed, started again, all alive to all, max"].figures[0] == Figure(30)
    assert found["n = 3, process killed, dead to another but unharmed"].figures[0] == Figure(2)
    assert all(str(row.figures[1]) == str(NONE) for row in found.values())


def test_the_rows_of_quiet_are_the_mean_of_all_nodes():
    sent = traffic.Rates({"n1": 100, "n2": 300}, {"n1": 1, "n2": 2})
    assert [row.figures[0].value for row in figures.rows_of_quiet(2, [[sent]])] == [200, 1.5]


def test_a_point_of_the_curves_has_the_form_of_the_simulations():
    sent = traffic.Rates({"n1": 100, "n2": 300}, {"n1": 1, "n2": 2})
    assert figures.point(3, [outcome(900), outcome(1000, suspected=None)], [outcome(7, 50)], [sent]) == {
        "nodes": 3, "runs": 2, "firstSuspicion": {"median": 100, "max": 100},
        "confirmedDeath": {"median": 950, "max": 1000}, "join": {"median": 10, "max": 10},
        "heal": {"median": 50, "max": 50}, "bytesPerSecond": 200, "packetsPerSecond": 1.5}
    assert set(figures.point(3, [], [], []).values()) == {3, 0, None}


# The whole


def test_a_cluster_is_whole_again_after_a_measurement_that_went_wrong():
    with BrambleGossip(2) as cluster:
        cluster.wait_whole()
        before = cluster.sent()
        cluster.network.silence("n2", True)
        cluster.kill("n1")
        cluster.reset()
        assert cluster.wait_whole() <= time.monotonic_ns()
        assert all(sent.packets > before[name].packets for name, sent in cluster.sent().items())


def test_the_benchmark_runs_and_writes_what_it_measured(tmp_path):
    output = tmp_path / "lab.json"
    done = subprocess.run(
        [sys.executable, os.path.join(HERE, "bench_membership.py"), "--nodes", "3", "--runs", "1", "--faults",
         "quiet kill", "--quiet", "1", "--output", output], capture_output=True, text=True, check=False,
        timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "n = 3, process killed, dead to all others, median" in done.stdout
    assert "n = 3, kill 1/1  serf" in done.stdout
    result = json.loads(output.read_text())
    assert result["columns"] == {"ours": "bramble", "peer": "serf"} and not result["errors"]
    for who in ("bramble", "serf"):
        (kill,) = result["measured"]["3"]["kill"][who]
        assert 0 < kill["first"] <= kill["all"] <= kill["lasted"] and kill["whole"] > 0
        (point,) = result["curves"][who]
        assert point["confirmedDeath"]["median"] == pytest.approx(kill["all"], abs=0.001)
        assert point["heal"] is None and point["bytesPerSecond"] > 0 and point["packetsPerSecond"] > 0


@pytest.mark.parametrize("arguments", [["--faults", "flood"], ["--runs", "0"], ["--nodes", "1"], ["--nodes", "many"]])
def test_a_bad_option_is_told(arguments):
    done = subprocess.run([sys.executable, os.path.join(HERE, "bench_membership.py"), *arguments], capture_output=True,
                          text=True, check=False, timeout=60)
    assert done.returncode == 2 and "error" in done.stderr
