"""The cross-built binary does what it must on Debian 13's libraries; one for arm64 by user-mode emulation."""

import os
import re
import subprocess

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
CONFIGURATION = """\
[cluster]
key = "{key}"

[node]
name = "emulated"
data = "{directory}/data"
control = "{directory}/control.sock"

[site]
directory = "{directory}/site"

[http]
port = 18080

[lights]
output = "off"
"""


def bramble(*arguments: str) -> subprocess.CompletedProcess:
    """Runs the binary and answers what came of it."""
    return subprocess.run([os.path.join(HERE, "run"), *arguments], capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def configuration(tmp_path):
    """A configuration that is right, with a new key and a site."""
    made = bramble("key", "new", "--raw")
    assert made.returncode == 0, made.stderr
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<!doctype html><title>emulated</title>")
    path = tmp_path / "bramble.toml"
    path.write_text(CONFIGURATION.format(key=made.stdout.strip(), directory=tmp_path))
    return path


def test_version():
    answer = bramble("--version")
    assert answer.returncode == 0, answer.stderr
    assert re.fullmatch(r"(bramble )?\d+\.\d+(\.\d+)?\S*", answer.stdout.strip())


def test_check_of_a_right_configuration(configuration):
    answer = bramble("check", "--config", str(configuration))
    # Emulation has no netlink to speak of and this machine perhaps no lights: check may say so, and may not crash.
    assert answer.returncode in (0, 1), answer.stdout + answer.stderr
    assert len(answer.stdout.splitlines()) > 1, answer.stderr


def test_check_of_a_wrong_configuration(configuration):
    text = configuration.read_text().replace("port = 18080", 'prot = "x"')
    configuration.write_text(text)
    line = text.splitlines().index('prot = "x"') + 1
    answer = bramble("check", "--config", str(configuration))
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert f"bramble.toml:{line}" in answer.stdout + answer.stderr
