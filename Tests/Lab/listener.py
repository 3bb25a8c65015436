"""A socket that a thread listens to while a test does other things."""

import select
import socket
import threading
from typing import Self


class Listener:
    """Hands everything that comes in at a socket to `heard`, in a `with` statement."""

    def __init__(self, listening: socket.socket):
        self._socket = listening
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._listen)

    def heard(self, message: bytes) -> None:
        """Called on the listening thread with each message."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        while not self._done.is_set():
            if select.select([self._socket], [], [], 0.1)[0]:
                self.heard(self._socket.recv(65536))
