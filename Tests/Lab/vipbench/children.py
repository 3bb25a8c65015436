"""The two processes that a measurement needs in the namespaces: one that answers, one that asks.

They run by themselves and at real-time priority where that is granted, so that they are not the noise in what is measured.
"""

import array
import gc
import json
import os
import re
import select
import socket
import struct
import subprocess
import sys
import time

PATIENCE = 300_000_000  # nanoseconds after which a connection without an answer is given up


def _take_priority() -> None:
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except OSError:
        pass
    gc.disable()


def respond(name: str, port: int) -> None:
    """Answers every connection with a small HTTP head that names the node, as a web server beside the daemon would."""
    server = socket.create_server(("0.0.0.0", port), backlog=1024)
    answer = f"HTTP/1.0 200 OK\r\nX-Served-By: {name}\r\nContent-Length: 0\r\n\r\n".encode()
    _take_priority()
    while True:
        try:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(0.05)
                connection.recv(1024)
                connection.sendall(answer)
        except OSError:
            continue


class _Asker:
    """Opens a connection each `step` nanoseconds, sends the request, and notes when which node answered."""

    def __init__(self, address: str, port: int, step: int, request: bytes, pattern: bytes):
        self.target, self.step, self.request, self.pattern = (address, port), step, request, re.compile(pattern)
        self.sent, self.answered = array.array("q"), array.array("q")
        self.names: list[str] = []
        self.last = (0, "")
        self.poll = select.epoll()
        self.poll.register(0, select.EPOLLIN)
        self.open: dict[int, list] = {}  # by file descriptor: socket, number, whether asked, bytes heard

    def run(self) -> None:
        """Until a `q` comes in; an `l` asks for the last answer."""
        following = time.monotonic_ns()
        while True:
            now = time.monotonic_ns()
            if now >= following:
                self._ask(now)
                following += self.step
                if now - following > 50 * self.step:
                    following = now + self.step
            for handle, events in self.poll.poll(max(0, (following - time.monotonic_ns()) / 1e9)):
                if handle:
                    self._go_on(handle, events)
                elif self._told():
                    return

    def _told(self) -> bool:
        command = os.read(0, 1)
        if command == b"l":
            print(json.dumps([time.monotonic_ns(), *self.last]), flush=True)
            return False
        if command:
            print(json.dumps([list(self.sent), list(self.answered), self.names]), flush=True)
        return True

    def _ask(self, now: int) -> None:
        number = len(self.sent)
        self.sent.append(now)
        self.answered.append(0)
        self.names.append("")
        wire = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        wire.setblocking(False)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        wire.connect_ex(self.target)
        self.open[wire.fileno()] = [wire, number, False, b""]
        self.poll.register(wire, select.EPOLLOUT)
        if number % 16 == 0:
            for handle in [handle for handle, state in self.open.items() if now - self.sent[state[1]] > PATIENCE]:
                self._close(handle)

    def _go_on(self, handle: int, events: int) -> None:
        state = self.open.get(handle)
        if state is None:
            return
        wire, number, asked, heard = state
        try:
            if not asked:
                wire.send(self.request)
                state[2] = True
                self.poll.modify(handle, select.EPOLLIN)
                return
            data = wire.recv(4096)
        except OSError:
            data = b""
        state[3] = heard + data
        found = self.pattern.search(state[3])
        if found:
            now = time.monotonic_ns()
            self.answered[number], self.names[number] = now, found.group(1).decode("latin1")
            self.last = (now, self.names[number])
        if found or not data:
            self._close(handle)

    def _close(self, handle: int) -> None:
        self.poll.unregister(handle)
        self.open.pop(handle)[0].close()


def ask(address: str, port: int, step_ms: float, request: str, pattern: str) -> None:
    """Asks until told to end."""
    asker = _Asker(address, port, int(step_ms * 1e6), request.encode().decode("unicode_escape").encode(), pattern.encode())
    _take_priority()
    asker.run()


def command(namespace: str, *arguments: object) -> list[str]:
    """The command line of one of them, in a namespace."""
    return ["nsenter", f"--net=/run/netns/{namespace}", "--", sys.executable, os.path.abspath(__file__),
            *map(str, arguments)]


class Prober:
    """The asking process, seen from the harness."""

    def __init__(self, namespace: str, address: str, port: int, step_ms: float, request: str, pattern: str):
        self._process = subprocess.Popen(
            command(namespace, "ask", address, port, step_ms, request, pattern), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)

    def _tell(self, letter: bytes) -> list:
        self._process.stdin.write(letter)
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def last(self) -> tuple[float, str]:
        """How long ago, in seconds, the last answer came, and from which node ("" if none ever came)."""
        now, at, name = self._tell(b"l")
        return (now - at) / 1e9, name

    def finish(self) -> list[tuple[int, str]]:
        """Ends it; the answers in the order in which they came: when (nanoseconds), and from which node."""
        _, answered, names = self._tell(b"q")
        self._process.wait()
        return sorted((at, name) for at, name in zip(answered, names) if at)


if __name__ == "__main__":
    if sys.argv[1] == "respond":
        respond(sys.argv[2], int(sys.argv[3]))
    else:
        ask(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), sys.argv[5], sys.argv[6])
