"""What the system's tests share."""

import glob
import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "Lab")]

from bounds import ends_within  # noqa: E402
from machine import ROOT, Rack  # noqa: E402
from node import PROJECT  # noqa: E402


def package() -> str:
    """The package for this machine's processor."""
    found = glob.glob(os.path.join(PROJECT, ".build", "amd64", "bramble_*.deb"))
    return found[0] if found else ""


def pytest_configure(config: pytest.Config) -> None:
    if os.geteuid() != 0:
        pytest.exit("machines are booted as root: sudo, or `make system-test`", returncode=1)
    config.addinivalue_line("markers", "card: the image in QEMU, run by `make card-test`")


# Seconds, many times what the longest test takes; an emulated start of several computers takes minutes.
LONGEST = 420
LONGEST_OF_CARDS = 1200


@pytest.fixture(autouse=True)
def bounded(request):
    """A test that hangs fails, and the others go on."""
    with ends_within(LONGEST_OF_CARDS if request.node.get_closest_marker("card") else LONGEST):
        yield


@pytest.fixture
def deb() -> str:
    """The package's path."""
    path = package()
    if not os.path.isdir(ROOT) or not path:
        pytest.fail("there is no root file system or no package: run `make system-test`")
    return path


@pytest.fixture
def plain():
    """One machine that runs plain Debian."""
    with Rack(1) as rack:
        rack.boot()
        yield rack.nodes[0]


@pytest.fixture
def installed(plain, deb):
    """One machine with the package, which runs as it does after its installation, but for an address that floats."""
    plain.write_configuration()
    plain.install(deb)
    return plain


@pytest.fixture
def three(deb):
    """Three machines with the package, as one cluster; and the leader among them."""
    with Rack(3) as rack:
        rack.boot()
        for machine in rack.nodes:
            machine.write_configuration()
            machine.install(deb)
        yield rack, rack.wait_formed()
