"""What `make run` shows, driven as a person drives it: at a terminal, by keys."""

import fcntl
import http.client
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

import pytest

import leftovers
from node import PROJECT

RUN = os.path.join(PROJECT, "Tests", "Lab", "run.py")
COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A program at a terminal of its own, in a `with` statement."""

    def __init__(self, columns: int, lines: int):
        self._own, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.process = subprocess.Popen([sys.executable, "-B", RUN], stdin=theirs, stdout=theirs, stderr=theirs,
                                        start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(theirs)
        self.output = ""

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._own)

    def read(self) -> None:
        """Takes what the program has drawn."""
        while select.select([self._own], [], [], 0.05)[0]:
            try:
                self.output += os.read(self._own, 65536).decode(errors="replace")
            except OSError:  # it has ended
                return

    def type(self, keys: str) -> None:
        """Presses keys."""
        os.write(self._own, keys.encode())

    def screen(self) -> list[str]:
        """The last whole screen, without its colours."""
        self.read()
        frames = self.output.split("\x1b[H")
        return COLOUR.sub("", frames[-2]).split("\r\n") if len(frames) > 2 else []

    def wait_for(self, pattern: str) -> re.Match:
        """Waits until the screen has this."""
        end = time.monotonic() + 60
        while not (found := re.search(pattern, "\n".join(self.screen()), re.MULTILINE)):
            assert time.monotonic() < end, f"never shown: {pattern}\n" + "\n".join(self.screen())
        return found


def get(port: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=30)
    connection.request("GET", "/", headers={"Connection": "close"})
    return connection.getresponse()


def labs_of(pid: int) -> list[dict]:
    return [note for note in leftovers.notes() if note["pid"] == pid]


@pytest.mark.parametrize("columns, lines", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_a_person_pulls_kills_and_hangs(columns, lines):
    with Terminal(columns, lines) as terminal:
        port, first = terminal.wait_for(r"127\.0\.0\.1:(\d+)/.*held by (n\d)\s").groups()
        terminal.wait_for(r"n1 .*n2 alive n3 alive\s*\n.*n2 .*n1 alive n3 alive\s*\n.*n3 .*n1 alive n2 alive")
        assert get(port).status == 200
        terminal.wait_for(rf"GET / .*200  by {first}")

        terminal.type(first[1])
        terminal.wait_for(rf"{first} .*cable pulled .*isolated")
        second = terminal.wait_for(rf"held by (n[^{first[1]}])\s").group(1)
        assert get(port).getheader("x-served-by") == second
        terminal.type(first[1])
        terminal.wait_for(rf"{first} .*running .*member .*alive .*alive")

        terminal.type("k" + second[1])
        terminal.wait_for(rf"{second} .*killed .*dark")
        terminal.wait_for(rf"held by n[^{second[1]}]\s")
        terminal.type("k" + second[1])
        terminal.wait_for(rf"{second} .*running .*member .*alive .*alive")

        terminal.type("h" + second[1])
        terminal.wait_for(rf"{second} .*hung .*dark")
        terminal.type("h" + second[1])
        terminal.wait_for(rf"{second} .*running .*member .*alive .*alive")

        shown = terminal.screen()
        assert len(shown) <= lines and max(map(len, shown)) <= columns, "\n".join(shown)
        assert any("quit" in line for line in shown)
        ask = terminal.wait_for(r"^  (\S*bramble status --socket \S+)\s*$").group(1)
        answer = subprocess.run(ask.split(), capture_output=True, text=True, cwd=os.getcwd(), timeout=60, check=False)
        assert "n1" in answer.stdout, answer

        note, = labs_of(terminal.process.pid)
        terminal.type("\x03")
        end = time.monotonic() + 60
        while terminal.process.poll() is None and time.monotonic() < end:
            terminal.read()
        assert terminal.process.returncode == 0
        assert not [name for name in os.listdir(leftovers.NAMESPACES) if name.startswith(note["prefix"] + "-")]
        assert not os.path.exists(note["directory"]) and not labs_of(terminal.process.pid)


def test_without_a_terminal_it_prints_lines():
    process = subprocess.Popen([sys.executable, "-B", RUN], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, start_new_session=True)
    try:
        for line in process.stdout:
            if "held by n" in line:
                break
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait(60) == 0, rest
        assert not labs_of(process.pid)
    finally:
        process.kill()
        process.wait()
