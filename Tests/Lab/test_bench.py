"""The benchmark computes what it says: gaps, overlaps, take-overs and verdicts, of known times; and it runs."""

import json
import math
import os
import socket
import struct
import subprocess
import sys
import threading

import pytest

from bench import arithmetic, asker, children, idle, load, outage, processes, rows, stress, table, watcher, weather
from bench.arithmetic import Change
from bench.contestants import Bramble, Keepalived
from bench.faults import FAULTS
from bench.table import NONE, Figure, Row
from namespace import ip, within

# One after the other, where tests run in several processes: they keep a processor busy, or need one.
pytestmark = pytest.mark.xdist_group("busy")

MS = arithmetic.MILLISECOND
HERE = os.path.dirname(os.path.abspath(__file__))


def changes(*said: tuple[int, str, bool]) -> list[Change]:
    """Changes at so many milliseconds."""
    return [Change(at * MS, node, has) for at, node, has in said]


# Gaps


@pytest.mark.parametrize("times, start, end, gap", [
    ([10, 12, 14, 60, 62], 10, 62, 46),
    ([62, 10, 60, 12, 14], 10, 62, 46),  # answers come in any order
    ([10, 12, 14], 10, 100, 86),  # silence to the end
    ([], 10, 100, 90),  # silence throughout
    ([5, 50, 95], 40, 60, 10),  # what is outside the window does not count
    ([40], 40, 40, 0),
])
def test_the_longest_gap_is(times, start, end, gap):
    assert arithmetic.longest_gap([at * MS for at in times], start * MS, end * MS) == gap


@pytest.mark.parametrize("times, start, until, end, gap", [
    ([10, 12, 40, 42, 90], 10, 12, 90, 28),  # one that begins in time counts to its end
    ([10, 12, 14, 16, 90], 10, 14, 90, 2),  # one that begins later does not count
    ([10, 12], 10, 12, 90, 78),  # it may last to the end
    ([], 10, 12, 90, 80),
])
def test_the_longest_gap_begun_in_a_window_is(times, start, until, end, gap):
    found = arithmetic.longest_gap_begun([at * MS for at in times], start * MS, until * MS, end * MS)
    assert found == gap


@pytest.mark.parametrize("start, end, away", [(0, 9, 0), (0, 11, 20), (25, 90, 30), (31, 49, 0), (79, 90, 30), (80, 90, 0)])
def test_a_processor_was_away_for_the_longest_gap_that_touches_a_window(start, end, away):
    gaps = [weather.Gap(10 * MS, 20 * MS), weather.Gap(50 * MS, 30 * MS)]
    assert weather.away_in(gaps, start * MS, end * MS) == away


# Who has the address

TAKEN_OVER = changes((0, "n1", True), (100, "n2", True), (130, "n1", False))
LEFT_BEHIND = changes((0, "n1", True), (100, "n2", True))
HANDED_ON = changes((0, "n1", True), (100, "n1", False), (110, "n2", True))
TWICE = changes((0, "n1", True), (10, "n2", True), (20, "n1", False), (50, "n3", True), (90, "n2", False))


@pytest.mark.parametrize("said, start, end, length, ended", [
    (TAKEN_OVER, 50, 1000, 30, True),
    (TAKEN_OVER, 110, 1000, 20, True),  # two had it already when the window began
    (TAKEN_OVER, 50, 120, 20, False),  # and still have it when it ends
    (LEFT_BEHIND, 50, 1000, 900, False),
    (HANDED_ON, 50, 1000, 0, True),
    (TWICE, 0, 1000, 40, True),
    (TWICE, 0, 30, 10, True),
    ([], 0, 1000, 0, True),
])
def test_the_longest_time_on_two_nodes_is(said, start, end, length, ended):
    found = arithmetic.longest_overlap(said, start * MS, end * MS)
    assert (found.length, found.ended) == (length, ended)


def test_three_holders_are_one_overlap_until_one_is_left():
    said = changes((0, "n1", True), (10, "n2", True), (20, "n3", True), (30, "n1", False), (45, "n3", False))
    assert [stretch.length for stretch in arithmetic.overlaps(said, 0, 100 * MS)] == [35]


@pytest.mark.parametrize("said, start, end, settled", [
    (TAKEN_OVER, 100, 1000, 30),
    (HANDED_ON, 100, 1000, 10),  # a time without any holder is not settled either
    (HANDED_ON, 200, 1000, 0),
    (LEFT_BEHIND, 100, 1000, None),
    (changes((0, "n1", True), (5, "n1", False)), 1, 10, None),
    (TWICE, 0, 1000, 90),
])
def test_one_holder_is_settled_after(said, start, end, settled):
    assert arithmetic.settled_after(said, start * MS, end * MS) == settled


def test_a_claim_is_that_of_another_node_after_the_fault():
    assert arithmetic.claimed_after(TAKEN_OVER, 80 * MS, "n1") == 20
    assert arithmetic.claimed_after(TAKEN_OVER, 101 * MS, "n1") is None


@pytest.mark.parametrize("said, take_overs, lapses", [
    (changes((0, "n1", True)), 0, 0),
    (changes((0, "n1", True), (100, "n2", True), (110, "n1", False)), 1, 0),
    (changes((0, "n1", True), (100, "n2", True), (110, "n1", False), (200, "n1", True), (210, "n2", False)), 2, 0),
    (changes((0, "n1", True), (100, "n1", False), (110, "n1", True)), 0, 1),
    (changes((0, "n1", True), (100, "n2", True), (110, "n2", False)), 1, 0),
])
def test_moves_of_an_untouched_address_are_counted(said, take_overs, lapses):
    assert arithmetic.moves(said, 50 * MS, 1000 * MS) == (take_overs, lapses)


# The clock of the harness itself


def test_the_share_of_late_requests_is_of_those_beyond_the_tolerance():
    planned = [number * MS for number in range(100)]
    started = [at + (3 * MS if at % (10 * MS) == 0 else MS) for at in planned]
    assert arithmetic.late_share(planned, started, 2 * MS) == 10
    assert arithmetic.late_share([], [], 2 * MS) == 0


def test_a_claim_follows_a_gap_only_when_it_comes_soon_after():
    assert arithmetic.preceded([50, 200, 5], [40, 10], 20) == 1


def test_claims_after_a_gap_are_told_from_others():
    said = changes((0, "n1", True), (1000, "n2", True), (5000, "n1", True))
    gaps = [weather.Gap(950 * MS, 30 * MS), weather.Gap(4990 * MS, 5 * MS)]
    assert stress.after_gaps(said, gaps, 10 * MS, 0.02) == 1, "a gap shorter than the interval makes no one late"


# What became of a request


@pytest.mark.parametrize("heard, outcome", [
    (b"HTTP/1.1 200 OK\r\nX-Served-By: n2\r\nContent-Length: 3\r\n\r\nabc", ("good", "n2")),
    (b"HTTP/1.1 200 OK\r\nx-served-by:n2\r\ncontent-length:0\r\n\r\n", ("good", "n2")),
    (b"HTTP/1.1 200 OK\r\nX-Served-By: n2\r\nContent-Length: 3\r\n\r\nab", ("cut short", "")),
    (b"HTTP/1.1 200 OK\r\nX-Served-By: n2\r\n\r\nab", ("cut short", "")),
    (b"HTTP/1.1 200 OK\r\nX-Ser", ("cut short", "")),
    (b"", ("closed without an answer", "")),
    (b"HTTP/1.1 503 Gone\r\nX-Served-By: n2\r\nContent-Length: 0\r\n\r\n", ("wrong answer", "")),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ("wrong answer", "")),
])
def test_an_answer_is_judged(heard, outcome):
    assert asker.judge(heard) == outcome


def test_failures_are_counted_by_their_kinds_and_pending_ones_are_none():
    outcomes = ["good", "reset", "refused", "pending", "reset"]
    answers = asker.Answers([0, 1, 2, 3, 4], [0] * 5, [9 * MS, 2, 3, 0, 5], outcomes, ["n1", "", "", "", ""])
    assert answers.failures == {"refused": 1, "reset": 2}
    assert answers.good == [9 * MS]
    assert (answers.slowest, answers.retried) == (9, 0)
    assert answers._replace(ended=[1009 * MS, 2, 3, 0, 5]).retried == 1


class Server:
    """Answers in turn, on the loopback, with what it is given: bytes, or None for a reset."""

    def __init__(self, *said: bytes | None):
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._socket.getsockname()[1]
        self._said = said
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        for said in self._said:
            connection, _ = self._socket.accept()
            connection.recv(4096)
            if said is None:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                connection.sendall(said)
            connection.close()
        self._socket.close()


def test_the_client_asks_at_its_rate_and_counts_what_failed(single):
    good = b"HTTP/1.1 200 OK\r\nX-Served-By: n1\r\nContent-Length: 2\r\n\r\nok"
    namespace = single.nodes[0].namespace
    served = 40

    def server() -> Server:
        return Server(*[None if number == 10 else good[:-1] if number == 20 else good for number in range(served)])

    made = within(namespace, server)
    with asker.Asker(namespace, "127.0.0.1", made.port, step_ms=5, patience=2, count=60) as client:
        answers = client.finish()
    assert len(answers.planned) == 60
    assert {later - earlier for earlier, later in zip(answers.planned, answers.planned[1:])} == {5 * MS}
    assert answers.outcomes.count("good") == served - 2
    assert answers.failures["cut short"] == 1 and answers.failures["reset"] >= 1
    assert sum(answers.failures.values()) == 60 - (served - 2)


# Who has the address, by the kernel


def test_the_watcher_sees_an_address_come_and_go_but_no_renewal(single):
    namespace = single.nodes[0].namespace
    with watcher.Watcher(single.switch, "10.77.0.99", {"n1": namespace}) as watching:
        for valid in ("20", "30"):
            ip("address", "replace", "10.77.0.99/24", "dev", "eth0", "valid_lft", valid, "preferred_lft", "0",
               inside=namespace)
        ip("address", "add", "10.77.0.98/24", "dev", "eth0", inside=namespace)
        assert watching.holders() == {"n1"}
        ip("address", "delete", "10.77.0.99/24", "dev", "eth0", inside=namespace)
        found = watching.changes()
    assert [(change.node, change.has) for change in found] == [("n1", True), ("n1", False)]


# The table


def test_a_verdict_is_given_where_something_is_wanted_and_measured():
    assert Row("a", "ms", [Figure(10), Figure(20)], 10).verdict == "ok"
    assert Row("a", "ms", [Figure(10.1), Figure(20)], 10).verdict == "MISSED"
    assert Row("a", "ms", [Figure(10), Figure(20)]).verdict == ""
    assert Row("a", "ms", [NONE, Figure(20)], 10).verdict == ""


def test_a_ratio_needs_two_figures_and_no_zero():
    assert Row("a", "ms", [Figure(10), Figure(40), Figure(0), NONE]).ratios == [0.25, None, None]
    assert Row("a", "ms", [NONE, Figure(40)]).ratios == [None]


def test_the_rows_for_programs_have_no_number_that_json_lacks():
    row = Row("a", "ms", [Figure(10), NONE, Figure(30.12345)], 5)
    assert json.loads(json.dumps(row.as_json(), allow_nan=False)) == {
        "name": "a", "unit": "ms", "ours": 10, "peer": None, "ratio": None, "peer_fast": 30.123, "ratio_fast": 0.332,
        "wanted": 5, "verdict": "MISSED"}


def test_a_time_that_never_ended_is_a_lower_bound_in_the_table():
    printed = table.text(["ours", "a", "b"], [Row("two", "ms", [Figure(3), Figure(2100, True), NONE], 1300)])
    assert ">2100" in printed and "<= 1300" in printed and printed.endswith("ok")


def outcome(taken: float, overlap: float = 0, ended: bool = True, after: float = 0, **more) -> outage.Outcome:
    return outage.Outcome("n1", "n2", taken, None, overlap, ended, after, **more)


def test_the_rows_of_a_fault_hold_the_median_the_most_and_the_time_on_two_nodes():
    ours = [outcome(taken, overlap) for taken, overlap in ((5, 900), (9, 100), (40, 200))]
    peer = [outcome(300, 2000, False), outcome(320, 2100, False)]
    found = {row.name: row for row in rows.of_outage("kill", FAULTS["kill"].title, [ours, peer, []])}
    assert found["process killed, outage, median"].figures[:2] == [Figure(9), Figure(310)]
    assert found["process killed, outage, median"].verdict == "ok"
    assert found["process killed, outage, max"].verdict == "MISSED"
    assert found["process killed, address on two nodes, max"].figures[:2] == [Figure(900), Figure(2100, True)]
    assert all(math.isnan(row.figures[2].value) for row in found.values())


def test_runs_in_which_a_processor_was_away_are_told_from_the_others():
    found = {row.name: row for row in rows.of_outage("kill", FAULTS["kill"].title, [
        [outcome(5), outcome(9, away=3.5), outcome(7)], [outcome(300, away=8)], []])}
    counts = found["process killed, outage, runs with no processor away"].figures
    assert [figure.value for figure in counts[:2]] == [2, 0] and math.isnan(counts[2].value)
    assert found["process killed, outage, in these, median"].figures[0] == Figure(6)
    assert math.isnan(found["process killed, outage, in these, max"].figures[1].value)


def test_the_rows_of_a_heal_count_clients_and_holders():
    ours = [outcome(40, heal=12, settled=3.0), outcome(40, heal=30, heal_ended=False, settled=None)]
    found = {row.name: row for row in rows.of_outage("partition", FAULTS["partition"].title, [ours])}
    assert found["heal, gap of either client, max"].verdict == "MISSED"
    assert found["heal, runs in which a client stayed cut off"].figures == [Figure(1)]
    assert found["heal, runs that ended without one holder"].figures == [Figure(1)]


def test_a_planned_move_is_held_against_the_load_without_one():
    def loaded(gap: float, failed: int = 0) -> load.Loaded:
        return load.Loaded(1000, failed, {}, ["n1"], gap, 10, 0, 0, 0)
    for gap, verdict in ((13, "ok"), (15, "MISSED")):
        found = {row.name: row for row in rows.of_load("stop", [[loaded(gap)], []], [[loaded(12)], []])}
        assert found["stop, gap, max"].verdict == verdict
    found = {row.name: row for row in rows.of_load("stop", [[loaded(3, 1)]], [[loaded(12)]])}
    assert found["stop, failed"].verdict == "MISSED"


def test_idle_rows_tell_the_holder_from_the_others():
    cpu, others, memory = rows.of_idle([idle.Idle([0.5, 1.5, 0.2], [20, 21, 19])])
    assert (cpu.verdict, others.verdict, memory.figures[0].value) == ("ok", "MISSED", 21)


# A contestant


@pytest.mark.parametrize("make", [Bramble, lambda: Keepalived(0.1)], ids=["bramble", "keepalived"])
def test_a_contestant_begins_anew_after_a_measurement_that_went_wrong(make):
    with make() as contestant:
        holder = contestant.wait_whole()
        contestant.network.move(holder, "far")
        contestant.network.join(False)
        FAULTS["hang"].strike(contestant, holder)
        contestant.reset()
        contestant.wait_whole()


# The machine


def test_the_stolen_share_is_that_of_the_time_between():
    assert processes.stolen_share((1000, 10), (2000, 60)) == 5
    assert processes.stolen_share((1000, 10), (1000, 10)) == 0


def test_the_result_of_wrk_is_read_with_its_errors():
    errors = "  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx or 3xx responses: 5\n"
    printed = errors + "Requests/sec:  10.50\n"
    assert stress.wrk_result(printed) == (10.5, 15)
    assert stress.wrk_result("Requests/sec:   7.00") == (7.0, 0)
    with pytest.raises(children.HarnessError):
        stress.wrk_result("unable to connect")


# The whole


def test_the_benchmark_runs_and_writes_its_rows(tmp_path):
    output = tmp_path / "failover.json"
    done = subprocess.run(
        [sys.executable, os.path.join(HERE, "bench_failover.py"), "--runs", "1", "--faults", "kill", "--output",
         output], capture_output=True, text=True, check=False, timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(output.read_text())
    # A run in which a processor was away leaves nothing for the rows of those in which none was.
    rows_of_all = [row for row in result["rows"] if ", in these, " not in row["name"]]
    assert len(rows_of_all) >= 5 and all(row["ours"] is not None and row["peer"] is not None for row in rows_of_all)
    assert "process killed, outage, median" in done.stdout


@pytest.mark.parametrize("arguments", [["--faults", "flood"], ["--runs", "0"], ["--connections", "10"]])
def test_a_bad_option_is_told(arguments):
    done = subprocess.run([sys.executable, os.path.join(HERE, "bench_failover.py"), *arguments], capture_output=True,
                          text=True, check=False, timeout=60)
    assert done.returncode == 2 and "error" in done.stderr


@pytest.mark.parametrize("script", ["bench_failover.py", "bench_stress.py"])
def test_a_missing_binary_is_told(script):
    done = subprocess.run([sys.executable, os.path.join(HERE, script)], capture_output=True, text=True, check=False,
                          timeout=60, env={**os.environ, "BRAMBLE": "/nonexistent/bramble"})
    assert done.returncode == 1 and "make release" in done.stderr
