"""A node that is a whole computer: the image for all cards in QEMU's `virt` machine, cabled to the lab's switch.

The card of each is a layer of its own over the image, which is never written. Commands are given on its serial line.
"""

import os
import socket
import subprocess
import time

from lab import Lab
from namespace import ip

# What QEMU's machines want of a card: a power of two.
CARD_SIZE = "2G"
PROMPT = "@@@ "


class Console:
    """A root shell on a guest's serial line."""

    def __init__(self, path: str, log_path: str):
        self.path = path
        self.log_path = log_path
        self.line: socket.socket | None = None
        self.heard = ""

    def connect(self) -> None:
        """Takes the line up."""
        self.line = socket.socket(socket.AF_UNIX)
        self.line.connect(self.path)

    def _read(self, seconds: float) -> None:
        self.line.settimeout(seconds)
        try:
            data = self.line.recv(65536)
        except TimeoutError:
            return
        if not data:
            raise EOFError("the guest's serial line has ended")
        with open(self.log_path, "ab") as log:
            log.write(data)
        self.heard += data.decode(errors="replace").replace("\r", "")

    def expect(self, text: str, timeout: float) -> str:
        """Waits for a text, and answers what came before it."""
        end = time.monotonic() + timeout
        while text not in self.heard:
            if time.monotonic() > end:
                raise AssertionError(f"the guest has not said {text!r} in {timeout:g} s; the last:\n{self.heard[-2000:]}")
            self._read(1)
        before, _, self.heard = self.heard.partition(text)
        return before

    def say(self, text: str) -> None:
        """Types a line."""
        self.line.sendall(text.encode() + b"\n")

    def log_in(self, timeout: float) -> None:
        """Waits for the shell, and has it print a prompt that nothing else prints."""
        self.expect("# ", timeout)
        self.say("stty -echo; bind 'set enable-bracketed-paste off' 2>/dev/null; export TERM=dumb SYSTEMD_COLORS=0 PAGER=cat SYSTEMD_PAGER=cat; PS1='@''@@ '")
        self.expect(PROMPT, 60)

    def run(self, command: str, timeout: float = 60) -> str:
        """Runs a command and answers what it printed."""
        self.say(command)
        return self.expect(PROMPT, timeout).strip()


class Guest:
    """A guest: `index` counts from 1."""

    def __init__(self, lab: "Bench", index: int, image: "Image"):
        self.lab, self.index, self.image = lab, index, image
        self.port = f"g{index}"
        self.directory = os.path.join(lab.directory, self.port)
        os.makedirs(self.directory)
        self.card = os.path.join(self.directory, "card.qcow2")
        self.mac = f"52:54:00:77:00:{index:02x}"
        self.process: subprocess.Popen | None = None
        self.console: Console | None = None
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", image.path, "-F", "raw", self.card, CARD_SIZE], check=True)
        ip("tuntap", "add", self.port, "mode", "tap", inside=lab.switch)
        ip("link", "set", self.port, "master", "br0", "up", inside=lab.switch)

    def start(self, memory: int = 512, *options: str) -> None:
        """Gives it power."""
        line = os.path.join(self.directory, "serial")
        command = ["nsenter", f"--net=/run/netns/{self.lab.switch}", "--", "qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-smp", "2",
                   "-m", str(memory), "-accel", "tcg,thread=multi,tb-size=256", "-display", "none", "-no-reboot",
                   "-kernel", self.image.kernel, "-initrd", self.image.initramfs,
                   "-append", f"{self.image.command_line} console=ttyAMA0 loglevel=3 systemd.show_status=0 systemd.debug_shell=ttyAMA0",
                   "-drive", f"if=none,id=card,file={self.card},format=qcow2", "-device", "virtio-blk-pci,drive=card",
                   "-netdev", f"tap,id=wire,ifname={self.port},script=no,downscript=no",
                   "-device", f"virtio-net-pci,netdev=wire,mac={self.mac},romfile=",
                   "-serial", f"unix:{line},server=on,wait=off", "-monitor", "none", *options]
        with open(os.path.join(self.directory, "qemu.log"), "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self.console = Console(line, os.path.join(self.directory, "console.log"))
        end = time.monotonic() + 10
        while not os.path.exists(line):
            if time.monotonic() > end or self.process.poll() is not None:
                with open(os.path.join(self.directory, "qemu.log"), encoding="utf-8") as log:
                    raise AssertionError(f"QEMU does not start: {log.read()}")
            time.sleep(0.05)
        self.console.connect()

    def boot(self, timeout: float = 300) -> None:
        """Waits until it has booted, as far as a shell."""
        self.console.log_in(timeout)

    def run(self, command: str, timeout: float = 60) -> str:
        """Runs a command in the guest."""
        return self.console.run(command, timeout)

    def kill(self) -> None:
        """Takes its power away."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Image:
    """The image that `make image` has made, and what a Pi's firmware would read of its first partition."""

    def __init__(self, path: str, directory: str):
        self.path = os.path.abspath(path)
        # The first partition begins at 4 MiB: image/card/genimage.cfg.
        self.boot = f"{path}@@4M"
        names = subprocess.run(["mdir", "-b", "-i", self.boot, "::"], capture_output=True, text=True, check=True).stdout.split()
        self.kernel = self._take(next(name for name in names if "vmlinuz" in name), directory)
        self.initramfs = self._take(next(name for name in names if "initrd" in name), directory)
        with open(self._take("::/cmdline.txt", directory), encoding="ascii") as file:
            words = file.read().split()
        self.command_line = " ".join(word for word in words if not word.startswith("console="))

    def _take(self, name: str, directory: str) -> str:
        target = os.path.join(directory, os.path.basename(name))
        subprocess.run(["mcopy", "-o", "-i", self.boot, name, target], check=True)
        return target


class Bench(Lab):
    """A lab whose nodes are guests."""

    def __init__(self, guests: int, path: str):
        super().__init__(0)
        image = Image(path, self.directory)
        self.guests = [Guest(self, index + 1, image) for index in range(guests)]

    def close(self) -> None:
        for guest in getattr(self, "guests", []):
            guest.kill()
        super().close()

    def describe(self) -> str:
        return ""
