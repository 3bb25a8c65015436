"""What `make run` and `make smoke` need before they begin: root, a binary, and the sample site."""

import os
import sys

from node import BRAMBLE, PROJECT

SITE = os.environ.get("SITE") or os.path.join(PROJECT, "overlays", "rootfs", "usr", "share", "bramble", "site")


def demand(name: str) -> None:
    """Ends the program with a message when something is missing."""
    if os.geteuid() != 0:
        sys.exit(f"{name}: the lab makes network namespaces and needs root: run it with sudo")
    if not os.access(BRAMBLE, os.X_OK):
        sys.exit(f"{name}: there is no {BRAMBLE}: run make build, or name a binary in BRAMBLE")
    if not os.path.isfile(os.path.join(SITE, "index.html")):
        sys.exit(f"{name}: there is no index.html in {SITE}: name the folder of a site in SITE")


def contents(path: str) -> bytes:
    """The bytes of a file of the site."""
    with open(os.path.join(SITE, path), "rb") as file:
        return file.read()
