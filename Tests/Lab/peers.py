"""Machines of a lab that take part in the group of a floating address without being nodes: keepalived and FRR's vrrpd.

Each runs in a namespace of its own, cabled to the lab's switch as a node is, with its files in the lab's folder.
"""

import json
import os
import shutil
import signal
import subprocess
import time

from namespace import bridge, ip, within

ROUTER_ID = 51


class Peer:
    """A machine that runs somebody else's VRRP. `number` is the end of its addresses, `name` the port of the switch."""

    def __init__(self, lab, number: int):
        self.lab = lab
        self.name = f"p{number}"
        self.namespace = f"{lab.prefix}-{self.name}"
        self.address = f"10.77.0.{number}"
        self.directory = os.path.join(lab.directory, self.name)
        self.processes: list[subprocess.Popen] = []
        os.makedirs(self.directory)
        lab._cable(self.namespace, self.name, number)
        fix_link_local(self.namespace, self.link_local)

    @property
    def link_local(self) -> str:
        """The link-local address of eth0."""
        return f"fe80::{self.name[1:]}"

    def configure(self, addresses: list[str], priority: int = 100, preempt: bool = False, interval_ms: int = 100) -> None:
        """Says what it is to do from its next start on."""
        raise NotImplementedError

    def start(self) -> None:
        """Starts it; it must not run."""
        raise NotImplementedError

    def stop(self) -> None:
        """Asks it to end, and waits until it has."""
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
            process.wait(20)
        self.processes = []

    def die(self) -> None:
        """The whole machine fails at once: nothing more comes from it, and nobody answers for its addresses."""
        ip("link", "set", self.name, "down", inside=self.lab.switch)
        for process in self.processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.processes = []

    def mute(self, muted: bool) -> None:
        """Has the switch drop everything from and to it, silently: its carrier stays."""
        bridge("link", "set", "dev", self.name, "state", "0" if muted else "3", inside=self.lab.switch)

    def holds(self, address: str) -> bool:
        """Whether its kernel answers for the address now."""
        raise NotImplementedError

    def log(self) -> str:
        """What it printed last."""
        with open(os.path.join(self.directory, "log"), encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-40:])

    def run(self, *command: str) -> subprocess.Popen:
        """Starts one of its processes."""
        with open(os.path.join(self.directory, "log"), "ab") as log:
            self.processes.append(subprocess.Popen(
                ["nsenter", f"--net=/run/netns/{self.namespace}", "--", *command], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd=self.directory, start_new_session=True))
        return self.processes[-1]

    def file(self, name: str, text: str) -> str:
        """Writes one of its files."""
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path


def fix_link_local(namespace: str, address: str) -> None:
    """Gives eth0 this link-local address in place of one made from its random MAC address, so that it is known
    beforehand who wins a tie."""
    ip("link", "set", "eth0", "addrgenmode", "none", inside=namespace)
    ip("-6", "address", "flush", "dev", "eth0", "scope", "link", inside=namespace)
    ip("address", "add", f"{address}/64", "dev", "eth0", "nodad", inside=namespace)


def is_ipv6(address: str) -> bool:
    return ":" in address


class Keepalived(Peer):
    """keepalived, with an instance for each IP version."""

    unicast: list[str] = []

    def configure(self, addresses, priority=100, preempt=False, interval_ms=100):
        text = "global_defs {\n  router_id lab\n  vrrp_version 3\n  vrrp_garp_master_delay 1\n}\n"
        for family in (False, True):
            own = [address for address in addresses if is_ipv6(address) == family]
            if not own:
                continue
            text += (
                f"vrrp_instance V{6 if family else 4} {{\n  state BACKUP\n  interface eth0\n"
                f"  virtual_router_id {ROUTER_ID}\n  priority {priority}\n  advert_int {interval_ms / 1000:g}\n"
                + ("" if preempt else "  nopreempt\n")
                + "".join(self.unicast_lines(peer) for peer in self.unicast if is_ipv6(peer) == family)
                + "  virtual_ipaddress {\n" + "".join(f"    {address}\n" for address in own) + "  }\n}\n")
        self.file("keepalived.conf", text)

    def unicast_lines(self, peer: str) -> str:
        # By itself it sends IPv6 from the link-local address and with a hop limit of 64, which RFC 9568 has discarded.
        own = f"fd77::{self.name[1:]}" if is_ipv6(peer) else self.address
        return f"  unicast_src_ip {own}\n  unicast_ttl 255\n  unicast_peer {{\n    {peer}\n  }}\n"

    def start(self):
        ip("link", "set", self.name, "up", inside=self.lab.switch)
        path = os.path.join(self.directory, "keepalived")
        self.run("keepalived", "--dont-fork", "--log-console", "--no-syslog", "--log-detail", "--vrrp", "--use-file", path + ".conf",
                 "--pid", path + ".pid", "--vrrp_pid", path + "-vrrp.pid")

    def holds(self, address):
        return f" {address}/" in ip("-o", "address", "show", "dev", "eth0", inside=self.namespace)


class FRR(Peer):
    """FRR's vrrpd, with zebra, which it tells what to do with the devices.

    The addresses are on a macvlan device for each IP version, with the virtual router's MAC address; whether the machine
    answers for them is whether that device is up or in `protodown`.
    """

    def __init__(self, lab, number):
        super().__init__(lab, number)
        self.zebra: subprocess.Popen | None = None
        # Its daemons insist on a user of their own, who must get at their files.
        os.chmod(lab.directory, 0o711)
        shutil.chown(self.directory, "frr", "frr")
        # Without this Linux answers at eth0 for the addresses of every device, those in protodown too.
        for key in ("all/arp_ignore", "default/arp_ignore"):
            within(self.namespace, lambda key=key: write(f"/proc/sys/net/ipv4/conf/{key}", "1"))

    @property
    def link_local(self):
        # Advertisements come from the link-local address of the macvlan device, which gets the one that others have.
        return f"fe80::1:{self.name[1:]}"

    def configure(self, addresses, priority=100, preempt=False, interval_ms=100):
        lines = [f"vrrp {ROUTER_ID} version 3", f"vrrp {ROUTER_ID} priority {priority}",
                 f"vrrp {ROUTER_ID} advertisement-interval {interval_ms}",
                 f"{'' if preempt else 'no '}vrrp {ROUTER_ID} preempt"]
        lines += [f"vrrp {ROUTER_ID} {'ipv6' if is_ipv6(address) else 'ip'} {address}" for address in addresses]
        self.file("vrrpd.conf", "log stdout\ninterface eth0\n" + "".join(f" {line}\n" for line in lines))
        if self.zebra is None:
            for family in (4, 6):
                self.device(family, [address for address in addresses if is_ipv6(address) == (family == 6)])
            self.start_zebra()

    def start_zebra(self) -> None:
        """Starts the daemon that stays when vrrpd ends: it holds the devices in protodown."""
        self.zebra = self.run_frr("zebra", self.file("zebra.conf", "log stdout\n"))
        deadline = time.monotonic() + 20
        while not os.path.exists(os.path.join(self.directory, "zserv.api")) and time.monotonic() < deadline:
            time.sleep(0.02)

    def device(self, family: int, addresses: list[str]) -> None:
        """Makes the macvlan device of one IP version, which nobody holds yet."""
        name = f"vrrp{family}"
        # addrgenmode none: made from the MAC address, which all have, the link-local address would be the same on all.
        ip("link", "add", name, "link", "eth0", "address", f"00:00:5e:00:0{1 if family == 4 else 2}:{ROUTER_ID:02x}",
           "type", "macvlan", "mode", "bridge", inside=self.namespace)
        ip("link", "set", name, "addrgenmode", "none", inside=self.namespace)
        # vrrpd advertises from the link-local address that came last.
        own = [f"fe80::{self.name[1:]}"] if family == 6 else []
        for address in addresses + own:
            ip("address", "add", f"{address}/{24 if family == 4 else 64}", "dev", name,
               *(["nodad"] if family == 6 else []), inside=self.namespace)
        ip("link", "set", name, "up", "protodown", "on", inside=self.namespace)

    def start(self):
        ip("link", "set", self.name, "up", inside=self.lab.switch)
        self.run_frr("vrrpd", os.path.join(self.directory, "vrrpd.conf"))

    def run_frr(self, daemon: str, configuration: str) -> subprocess.Popen:
        """Starts a daemon of FRR with all its files in this machine's folder."""
        return self.run(
            f"/usr/lib/frr/{daemon}", "-f", configuration, "-i", os.path.join(self.directory, daemon + ".pid"), "-P", "0",
            "--vty_socket", self.directory, "-z", os.path.join(self.directory, "zserv.api"), "-u", "frr", "-g", "frr")

    def stop(self):
        vrrpd = self.processes.pop()
        vrrpd.send_signal(signal.SIGTERM)
        vrrpd.wait(20)

    def die(self):
        super().die()
        self.zebra = None

    def holds(self, address):
        device = f"vrrp{6 if is_ipv6(address) else 4}"
        for link in json.loads(ip("-d", "-j", "address", "show", "dev", device, inside=self.namespace)):
            if any(entry.get("local") == address for entry in link.get("addr_info", [])):
                return "LOWER_UP" in link["flags"] and not link.get("protodown", False)
        return False


def write(path: str, text: str) -> None:
    """Writes a small file."""
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
