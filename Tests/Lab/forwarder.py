"""Forwards a port of this machine to the floating address in a lab, and notes the requests that pass."""

import asyncio
import re
import socket
import time
from collections import Counter, deque
from typing import NamedTuple

from lab import FLOATING, Lab
from namespace import socket_in

_REQUEST = re.compile(rb"^([A-Z]+) (\S+) HTTP/1\.[01]\r\n", re.MULTILINE)
_STATUS = re.compile(rb"^HTTP/1\.[01] (\d{3})")
_SERVED_BY = re.compile(rb"^x-served-by: *(\S+)\r\n", re.MULTILINE | re.IGNORECASE)


class Request(NamedTuple):
    """A request that was answered."""

    at: float
    line: str
    status: str
    served_by: str


class Forwarder:
    """Listens on 127.0.0.1, on the first free port from `port` on."""

    def __init__(self, lab: Lab, port: int = 8080):
        self._lab = lab
        self._first_port = port
        self._server: asyncio.Server | None = None
        self.port = 0
        self.recent: deque[Request] = deque(maxlen=6)
        self.served: Counter[str] = Counter()

    async def start(self) -> None:
        """Begins to listen."""
        for port in range(self._first_port, self._first_port + 100):
            try:
                self._server = await asyncio.start_server(self._accept, "127.0.0.1", port)
            except OSError:
                continue
            self.port = port
            return
        raise OSError(f"no port from {self._first_port} to {self._first_port + 99} on 127.0.0.1 is free")

    def stop(self) -> None:
        """Listens no more."""
        if self._server:
            self._server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            upstream_reader, upstream_writer = await self._connect()
        except OSError:
            writer.close()
            return
        lines: deque[str] = deque()
        copies = [asyncio.ensure_future(self._copy(reader, upstream_writer, lambda data: self._sent(data, lines))),
                  asyncio.ensure_future(self._copy(upstream_reader, writer, lambda data: self._answered(data, lines)))]
        # An ended side ends both: a browser then opens a new connection, which goes to the new holder.
        await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
        for copy in copies:
            copy.cancel()
        await asyncio.gather(*copies, return_exceptions=True)
        for side in (writer, upstream_writer):
            side.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connects to the floating address; tries again while it moves."""
        loop = asyncio.get_running_loop()
        end = time.monotonic() + 10
        while True:
            wire = socket_in(self._lab.client, socket.AF_INET, socket.SOCK_STREAM)
            wire.setblocking(False)
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1500)
            try:
                await asyncio.wait_for(loop.sock_connect(wire, (FLOATING, 80)), 0.5)
                return await asyncio.open_connection(sock=wire)
            except (OSError, asyncio.TimeoutError) as error:
                wire.close()
                if time.monotonic() > end:
                    raise OSError(f"no connection to {FLOATING}") from error
                await asyncio.sleep(0.05)

    @staticmethod
    async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, note) -> None:
        while data := await reader.read(65536):
            note(data)
            writer.write(data)
            await writer.drain()

    @staticmethod
    def _sent(data: bytes, lines: deque[str]) -> None:
        lines += [f"{method.decode()} {path.decode(errors='replace')}" for method, path in _REQUEST.findall(data)]

    def _answered(self, data: bytes, lines: deque[str]) -> None:
        status, served_by = _STATUS.match(data), _SERVED_BY.search(data)
        if status and served_by and lines:
            name = served_by.group(1).decode(errors="replace")
            self.served[name] += 1
            self.recent.append(Request(time.time(), lines.popleft(), status.group(1).decode(), name))
