"""Network namespaces: made and entered.

A thread can be in another namespace than the rest of its process, and a socket stays in the namespace in which it was
made. So sockets are made in a short-lived thread, and no helper process is needed.
"""

import ctypes
import os
import socket
import subprocess
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")
CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def ip(*arguments: str, inside: str | None = None) -> str:
    """Runs iproute2's `ip`, and answers what it printed."""
    return _run("ip", *(["-n", inside] if inside else []), *arguments)


def bridge(*arguments: str, inside: str) -> str:
    """Runs iproute2's `bridge`."""
    return _run("bridge", "-n", inside, *arguments)


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def enter(namespace: str) -> None:
    """Moves the calling thread into a namespace."""
    handle = os.open(f"/run/netns/{namespace}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if _libc.setns(handle, CLONE_NEWNET) != 0:
            error = ctypes.get_errno()
            raise OSError(error, f"setns {namespace}: {os.strerror(error)}")
    finally:
        os.close(handle)


def within(namespace: str, work: Callable[[], Result]) -> Result:
    """Does some work in a namespace, in a thread that ends with it."""
    results: list[Result] = []
    errors: list[BaseException] = []

    def thread() -> None:
        try:
            enter(namespace)
            results.append(work())
        except BaseException as error:  # handed to the caller below
            errors.append(error)

    worker = threading.Thread(target=thread)
    worker.start()
    worker.join()
    if errors:
        raise errors[0]
    return results[0]


def socket_in(namespace: str, family: int, kind: int, protocol: int = 0) -> socket.socket:
    """Makes a socket that lives in a namespace."""
    return within(namespace, lambda: socket.socket(family, kind, protocol))
