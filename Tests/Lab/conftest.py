"""What the lab's tests share."""

import os
import shutil
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from again import Again  # noqa: E402
from bench.arithmetic import MILLISECOND  # noqa: E402
from bench.weather import Weather  # noqa: E402
from lab import Lab  # noqa: E402
from node import BRAMBLE  # noqa: E402


def pytest_configure(config: pytest.Config) -> None:
    if os.geteuid() != 0:
        pytest.exit("the lab makes network namespaces and needs root: sudo, or `make lab`", returncode=1)
    if not os.access(BRAMBLE, os.X_OK):
        pytest.exit(f"there is no {BRAMBLE}: run `make build`, or name a binary in BRAMBLE", returncode=1)
    config.addinivalue_line("markers", "slow: left out of `make test`, and run by `make test-slow`")
    # Whoever wants to see pauses of 100 ms need not look oftener than every 10.
    config.pluginmanager.register(Again(Weather(None, sleep=10 * MILLISECOND)))


@pytest.fixture
def lab():
    """Three nodes, cabled and not started."""
    with Lab(3) as made:
        yield made


@pytest.fixture
def formed(lab):
    """Three nodes that are one cluster and serve the page; and the leader among them."""
    lab.start()
    return lab, lab.wait_formed()


@pytest.fixture
def single():
    """One node, not started."""
    with Lab(1) as made:
        yield made


@pytest.fixture(scope="session", autouse=True)
def usual_folder():
    """Where daemons listen whose file does not say, or can't be read; None if this machine had it before.

    A daemon leaves it behind, for it is the system's: what the tests' daemons leave is removed at the end.
    """
    folder = "/run/bramble"
    if os.path.exists(folder):
        yield None
        return
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
