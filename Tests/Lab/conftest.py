"""What the lab's tests share."""

import os
import shutil
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from again import Again  # noqa: E402
from bench.arithmetic import MILLISECOND  # noqa: E402
from bench.weather import Weather  # noqa: E402
from bounds import ends_within  # noqa: E402
from lab import Lab  # noqa: E402
from node import BRAMBLE  # noqa: E402


# A daemon leaves it behind, for it is the system's: what the tests' daemons leave is removed at the end.
USUAL_FOLDER = "/run/bramble"
# Where tests run in several processes, the first knows, and tells the others by their environment.
HAD_USUAL_FOLDER = "BRAMBLE_LAB_HAD_USUAL_FOLDER"


def pytest_configure(config: pytest.Config) -> None:
    if os.geteuid() != 0:
        pytest.exit("the lab makes network namespaces and needs root: sudo, or `make lab`", returncode=1)
    if not os.access(BRAMBLE, os.X_OK):
        pytest.exit(f"there is no {BRAMBLE}: run `make build`, or name a binary in BRAMBLE", returncode=1)
    if not hasattr(config, "workerinput"):
        os.environ[HAD_USUAL_FOLDER] = "yes" if os.path.exists(USUAL_FOLDER) else ""
    config.addinivalue_line("markers", "slow: left out of `make test`, and run by `make test-slow`")
    # Whoever wants to see pauses of 100 ms need not look oftener than every 10.
    config.pluginmanager.register(Again(Weather(None, sleep=10 * MILLISECOND)))


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and not os.environ.get(HAD_USUAL_FOLDER, "yes"):
        shutil.rmtree(USUAL_FOLDER, ignore_errors=True)


# Seconds, many times what the longest test takes.
LONGEST = 420


@pytest.fixture(autouse=True)
def bounded():
    """A test that hangs fails, and the others go on."""
    with ends_within(LONGEST):
        yield


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


@pytest.fixture
def usual_folder():
    """Where daemons listen whose file does not say, or can't be read; None if this machine had it before."""
    return None if os.environ[HAD_USUAL_FOLDER] else USUAL_FOLDER
