"""What the daemon tells the service manager: when it serves, what it does, that it lives, that it ends.

That the watchdog is fed no more while the web server hangs cannot be brought about from outside; here the whole daemon
hangs.
"""

from lab import FLOATING, Lab
from node import NoAnswer
from notify import ServiceManager


def serves(lab: Lab, node) -> bool:
    try:
        return lab.http("/", address=node.address).status == 200
    except NoAnswer:
        return False


def test_it_is_ready_when_it_serves_and_says_what_it_does(single):
    node = single.nodes[0]
    with ServiceManager(node) as manager:
        node.start(environment=manager.environment)
        single.wait_until(lambda: manager.count("READY"), "it is ready")
        assert serves(single, node), "it was called ready before it served"
        single.wait_until(lambda: any(FLOATING in line for line in manager.values("STATUS")), "its status names the address")
        assert manager.values("READY") == ["1"]
        assert manager.count("WATCHDOG") == 0, "no one asked for it"


def test_a_large_site_is_read_before_it_is_ready(single):
    node = single.nodes[0]
    for number in range(300):
        with open(f"{node.site_path}/{number}.txt", "w", encoding="utf-8") as file:
            file.write(str(number) * 1000)
    with ServiceManager(node) as manager:
        node.start(environment=manager.environment)
        single.wait_until(lambda: manager.count("READY"), "it is ready")
        assert single.http("/299.txt", address=node.address).status == 200


def test_the_watchdog_is_fed_at_the_pace_that_it_asks_for():
    with Lab(2) as lab:
        quick, slow = lab.nodes
        with ServiceManager(quick, watchdog=1) as quickly, ServiceManager(slow, watchdog=4) as slowly:
            quick.start(environment=quickly.environment)
            slow.start(environment=slowly.environment)
            lab.wait_formed()
            lab.wait_until(lambda: slowly.count("WATCHDOG"), "the slow one is fed")
            before, began = quickly.count("WATCHDOG"), slowly.count("WATCHDOG")
            lab.wait_until(lambda: slowly.count("WATCHDOG") >= began + 2, "the slow one is fed twice more")
            # Four times as often, if the machine is not busy.
            assert quickly.count("WATCHDOG") - before >= 4


def test_a_hung_daemon_does_not_feed_the_watchdog(single):
    node = single.nodes[0]
    with ServiceManager(node, watchdog=1) as manager:
        node.start(environment=manager.environment)
        single.wait_until(lambda: manager.count("WATCHDOG") >= 2, "the watchdog is fed")
        node.hang()
        single.stays_true(lambda: True, "a moment, for what is under way", seconds=0.3)
        fed = manager.count("WATCHDOG")
        single.stays_true(lambda: manager.count("WATCHDOG") == fed, "the watchdog is fed no more", seconds=3)
        node.resume()
        single.wait_until(lambda: manager.count("WATCHDOG") > fed, "the watchdog is fed again")


def test_a_reload_begins_and_ends(single):
    node = single.nodes[0]
    with ServiceManager(node) as manager:
        node.start(environment=manager.environment)
        single.wait_until(lambda: manager.count("READY") == 1, "it is ready")
        for number, text in enumerate([None, "[nonsense", None], start=1):
            node.write_configuration(text)
            node.reload()
            single.wait_until(lambda: manager.count("READY") == number + 1, "the reload has ended")
            assert manager.count("RELOADING") == number
            assert len(manager.values("MONOTONIC_USEC")) == number
        names = [name for name in manager.names() if name in ("READY", "RELOADING")]
        assert names == ["READY"] + ["RELOADING", "READY"] * 3


def test_it_says_that_it_stops(single):
    node = single.nodes[0]
    with ServiceManager(node) as manager:
        node.start(environment=manager.environment)
        single.wait_until(lambda: single.holders() == [node], "it has the address")
        single.wait_until(lambda: manager.count("READY"), "it is ready")
        assert node.stop() == 0
        single.wait_until(lambda: manager.count("STOPPING") == 1, "it has said so")
        assert single.holders() == []


def test_a_daemon_that_cannot_start_is_ready_says_why_and_is_left_alone(single):
    node = single.nodes[0]
    node.configuration["cluster"] = {"pairing": False}
    with ServiceManager(node, watchdog=5) as manager:
        node.start(environment=manager.environment)
        single.wait_until(lambda: manager.count("READY"), "it is ready: a restart would mend nothing")
        single.wait_until(lambda: any("bramble key new" in line for line in manager.values("STATUS")), "it says what to do")
        single.wait_until(lambda: manager.count("WATCHDOG") >= 2, "the watchdog is fed")
        assert node.stop() == 0
