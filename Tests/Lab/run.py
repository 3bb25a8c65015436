"""Three nodes in a lab, the page on a port of this machine, and everything shown live.

At a terminal the keys pull and replug cables (1 2 3), kill and start nodes (k1 …), hang and resume them (h1 …), and q or
Ctrl-C ends it. Without a terminal the states are printed every few seconds.
"""

import asyncio
import os
import shutil
import signal
import sys
import termios
import time
import tty

from forwarder import Forwarder
from lab import FLOATING, Lab
from lights import Lights, table
from node import BRAMBLE, NoAnswer, Node, Status
from sample import SITE, demand

RESET, BOLD, DIM = "\x1b[0m", "\x1b[1m", "\x1b[2m"
GREEN, YELLOW, RED = "\x1b[32m", "\x1b[33m", "\x1b[31m"
LAMPS = (GREEN, YELLOW, RED)


class Show:
    """What is known of the lab now, and how it is shown."""

    def __init__(self, lab: Lab, forwarder: Forwarder):
        self.lab = lab
        self.forwarder = forwarder
        self.statuses: dict[str, Status | None] = {}
        self.holders: list[str] = []
        signals = table()
        self.lights = {node.name: Lights(signals) for node in lab.nodes}
        self.ask = f"{os.path.relpath(BRAMBLE)} status --socket {lab.nodes[0].socket_path}"
        self.note = ""
        self.pending = ""
        self.done = asyncio.Event()

    async def watch(self) -> None:
        """Asks every node for its status, over and over."""
        while not self.done.is_set():
            found = await asyncio.gather(*(asyncio.to_thread(self._ask, node) for node in self.lab.nodes))
            self.statuses = {node.name: status for node, status in zip(self.lab.nodes, found)}
            self.holders = [node.name for node in await asyncio.to_thread(self.lab.holders)]
            await asyncio.sleep(0.3)

    @staticmethod
    def _ask(node: Node) -> Status | None:
        try:
            return node.status(timeout=2)
        except NoAnswer:
            return None

    # Words

    def life(self, node: Node) -> str:
        """Whether it runs, and is on the wire."""
        if not node.running:
            return "killed" if node.process else "not started"
        if node.hung:
            return "hung"
        return "running" if node.reachable else "cable pulled"

    def signal_of(self, node: Node) -> str:
        """What its lights show; dark means dead."""
        status = self.statuses.get(node.name)
        return status.signal if status and node.running and not node.hung else "dark"

    def members_of(self, node: Node) -> str:
        """Whom it sees, and how."""
        status = self.statuses.get(node.name)
        if not status or self.signal_of(node) == "dark":
            return ""
        return " ".join(f"{name} {state}" for name, state in sorted(status.members.items()) if name != node.name)

    def lines(self) -> list[str]:
        """Plain lines, for a place that is no terminal."""
        holder = ", ".join(self.holders) or "no one"
        rows = [f"{node.name}: {self.life(node)}, {self.signal_of(node)}; sees {self.members_of(node) or 'no one'}"
                for node in self.lab.nodes]
        return [f"{FLOATING} is held by {holder}; {sum(self.forwarder.served.values())} requests served", *rows]

    # The screen

    def screen(self) -> list[str]:
        """The lines of the full screen, in colour; 80 columns hold them."""
        holder = ", ".join(self.holders)
        lines = ["", f"  {BOLD}Bramble{RESET}   http://127.0.0.1:{self.forwarder.port}/   →   {FLOATING} "
                 + (f"held by {GREEN}{holder}{RESET}" if holder else f"{RED}held by no one{RESET}"), "",
                 f"  {DIM}node address    state        lights                  served sees{RESET}"]
        for node in self.lab.nodes:
            shown = self.signal_of(node)
            lamps = " ".join(f"{colour}●{RESET}" if lit else f"{DIM}○{RESET}" for colour, lit in
                             zip(LAMPS, self.lights[node.name].lit(shown, time.monotonic())))
            mark = f"{GREEN}▶{RESET}" if node.name in self.holders else " "
            lines.append(f" {mark}{node.name:4} {node.address:10} {self.life(node):12} {lamps} {shown:17} "
                         f"{self.forwarder.served[node.name]:6} {self.members_of(node)}")
        lines += ["", f"  {DIM}requests{RESET}"]
        for request in self.forwarder.recent:
            clock = time.strftime("%H:%M:%S", time.localtime(request.at))
            lines.append(f"  {clock}  {request.line[:50]:50}  {request.status}  by {request.served_by}")
        lines += [""] * (self.forwarder.recent.maxlen - len(self.forwarder.recent))
        lines += ["", f"  {DIM}{self.ask}{RESET}", f"  {BOLD}1 2 3{RESET} pull or replug   {BOLD}k1{RESET} kill or start   {BOLD}h1{RESET} hang or resume   "
                  f"{BOLD}q{RESET} quit", f"  {DIM}{self.note}{RESET}"]
        return lines

    async def draw(self) -> None:
        """Draws the screen over and over."""
        while not self.done.is_set():
            height = shutil.get_terminal_size().lines
            sys.stdout.write("\x1b[H" + "".join(line + "\x1b[K\r\n" for line in self.screen()[:height - 1]) + "\x1b[J")
            sys.stdout.flush()
            await asyncio.sleep(0.1)

    async def print_lines(self) -> None:
        """Prints the states when they have changed, and every ten seconds."""
        before, printed = None, 0.0
        while not self.done.is_set():
            if self.statuses and (self.lines()[1:] != before or time.monotonic() - printed > 10):
                before, printed = self.lines()[1:], time.monotonic()
                print("\n".join(self.lines()), flush=True)
            await asyncio.sleep(2)

    # Keys

    def key(self, key: str) -> None:
        """Does what a key stands for."""
        if key in ("q", "\x03", "\x04"):
            self.done.set()
        elif key in ("k", "h"):
            self.pending = key
            self.note = f"{'kill or start' if key == 'k' else 'hang or resume'} which node? 1 to {len(self.lab.nodes)}"
        elif key.isdigit() and 1 <= int(key) <= len(self.lab.nodes):
            node, self.pending, what = self.lab.nodes[int(key) - 1], "", self.pending
            act = {"k": kill_or_start, "h": hang_or_resume}.get(what, pull_or_replug)
            self.note = f"{node.name}: {act(self.lab, node)}"
        else:
            self.pending = self.note = ""


def pull_or_replug(lab: Lab, node: Node) -> str:
    """Pulls the node's cable, or plugs it in again, and says which."""
    if node.reachable:
        lab.pull(node)
        return "cable pulled"
    lab.replug(node)
    return "cable plugged in"


def kill_or_start(_: Lab, node: Node) -> str:
    """Kills the node, or starts it, and says which."""
    if node.running:
        node.kill()
        return "killed"
    node.start()
    return "started"


def hang_or_resume(_: Lab, node: Node) -> str:
    """Hangs the node, or lets it go on, and says which."""
    if not node.running:
        return "does not run"
    if node.hung:
        node.resume()
        return "goes on"
    node.hang()
    return "hangs"


async def show(lab: Lab) -> None:
    """Runs until it is told to end."""
    forwarder = Forwarder(lab)
    await forwarder.start()
    view = Show(lab, forwarder)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, view.done.set)
    at_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    lab.start()
    if not at_terminal:
        print(f"http://127.0.0.1:{forwarder.port}/ is {FLOATING} in the lab; this goes on until Ctrl-C (or kill {os.getpid()}) ends it", flush=True)
    else:
        loop.add_reader(sys.stdin, lambda: view.key(os.read(0, 1).decode(errors="replace")))
    # Each lasts until `done`; the first that fails ends all.
    tasks = [asyncio.ensure_future(view.watch()), asyncio.ensure_future(view.draw() if at_terminal else view.print_lines()),
             asyncio.ensure_future(view.done.wait())]
    ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    view.done.set()
    forwarder.stop()
    for task in tasks:
        task.cancel()
    for task in ended:
        task.result()


def main() -> int:
    demand("run")
    terminal = termios.tcgetattr(0) if sys.stdin.isatty() and sys.stdout.isatty() else None
    try:
        with Lab(3, {"floating": {"interval": None}}, site=SITE) as lab:
            if terminal:
                tty.setcbreak(0)
                sys.stdout.write("\x1b[?1049h\x1b[?25l\x1b[?7l")  # what is too long is cut, not wrapped
            asyncio.run(show(lab))
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)  # it is ending: impatience would not make it faster
    except KeyboardInterrupt:
        return 130
    finally:
        if terminal:
            termios.tcsetattr(0, termios.TCSADRAIN, terminal)
            sys.stdout.write("\x1b[?7h\x1b[?25h\x1b[?1049l")
    return 0


if __name__ == "__main__":
    sys.exit(main())
