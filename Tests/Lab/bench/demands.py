"""What the benchmarks need before they begin."""

import os
import shutil
import sys

from node import BRAMBLE


def demand(name: str, *programs: str) -> None:
    """Ends the program with a message when something is missing."""
    if os.geteuid() != 0:
        sys.exit(f"{name}: it makes network namespaces and needs root: run it with sudo")
    if not os.access(BRAMBLE, os.X_OK):
        sys.exit(f"{name}: there is no {BRAMBLE}: run `make release`, or name a binary in BRAMBLE")
    for program in programs:
        if not shutil.which(program):
            sys.exit(f"{name}: there is no {program}: run `make setup-bench`")
    if "/debug/" in BRAMBLE:
        print(f"{name}: {BRAMBLE} is a debug build: its figures say little", file=sys.stderr)
