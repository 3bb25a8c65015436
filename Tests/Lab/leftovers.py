"""What a lab leaves on the machine, and how it goes: also when its owner is killed half-way.

Each lab is noted in a state folder with its owner's process ID and start time. A watchdog process holds the reading end
of a pipe whose other end only the owner has: when the owner ends, however it ends, the watchdog removes the lab.
Should the watchdog die too, `sweep` removes what belongs to owners that are no more.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

STATE = "/run/bramble-lab"
NAMESPACES = "/run/netns"


def start_time(pid: int) -> int | None:
    """When a process started, in ticks since boot; None when there is no such process. Tells it from a later one."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return int(stat.read().rpartition(")")[2].split()[19])
    except (OSError, IndexError):
        return None


class Watch:
    """The note of a lab and its watchdog; `end` has the lab removed and waits until it is."""

    def __init__(self, prefix: str, directory: str):
        os.makedirs(STATE, mode=0o700, exist_ok=True)
        note = {"prefix": prefix, "directory": directory, "pid": os.getpid(), "start": start_time(os.getpid())}
        path = os.path.join(STATE, prefix + ".json")
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(note, file)
        os.rename(path + ".new", path)
        self._watchdog = subprocess.Popen(
            [sys.executable, os.path.abspath(__file__), "watch", path], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            start_new_session=True)

    def end(self) -> None:
        """Has the watchdog remove the lab."""
        self._watchdog.stdin.close()
        if self._watchdog.wait(timeout=60) != 0:
            raise RuntimeError("the lab could not be removed; try: python3 Tests/Lab/lab.py sweep")


def remove(note: dict) -> None:
    """Ends every process in a lab's namespaces, then removes the namespaces and the lab's folder."""
    prefix = note["prefix"] + "-"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        there = sorted(os.listdir(NAMESPACES)) if os.path.isdir(NAMESPACES) else []
        names = [name for name in there if name.startswith(prefix)]
        pids = [pid for name in names for pid in processes(name)]
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if pids:  # the killed need a moment, and may have been about to start another
            time.sleep(0.05)
            continue
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], check=False, stderr=subprocess.DEVNULL)
        if not names:
            break
    shutil.rmtree(note["directory"], ignore_errors=True)
    try:
        os.unlink(os.path.join(STATE, note["prefix"] + ".json"))
    except FileNotFoundError:
        pass


def processes(namespace: str) -> list[int]:
    """The processes in a namespace."""
    found = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True, check=False)
    return [int(pid) for pid in found.stdout.split()]


def notes() -> list[dict]:
    """The labs that are noted on this machine."""
    found = []
    for name in sorted(os.listdir(STATE)) if os.path.isdir(STATE) else []:
        if not name.endswith(".json"):
            continue
        try:
            with open(os.path.join(STATE, name), encoding="utf-8") as file:
                found.append(json.load(file))
        except (OSError, ValueError):
            continue
    return found


def sweep() -> list[str]:
    """Removes the labs whose owners are no more, and says which they were."""
    dead = [note for note in notes() if start_time(note["pid"]) != note["start"]]
    for note in dead:
        remove(note)
    return [note["prefix"] for note in dead]


def watch(path: str) -> None:
    """The watchdog: waits until the owner has ended or asks, then removes the lab."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    with open(path, encoding="utf-8") as file:
        note = json.load(file)
    while os.read(0, 1):
        pass
    remove(note)


if __name__ == "__main__" and sys.argv[1:2] == ["watch"]:
    watch(sys.argv[2])
