"""The whole path once, without a terminal: three nodes form, serve a page through the floating address, the leader is
killed, and the page comes back, the same byte for byte.

The last line is `smoke: outage <ms> ms, served by <node> then <node>`; the exit status says whether all held.
"""

import sys

from lab import Lab
from prober import Prober
from sample import SITE, contents, demand


def smoke(lab: Lab) -> str:
    """Runs through it, and answers the last line."""
    lab.start()
    leader = lab.wait_formed()
    print(f"smoke: three nodes are one cluster, {leader.name} has the floating address", flush=True)
    page = lab.http("/").body
    if page != contents("index.html"):
        raise AssertionError("the page served is not the file in the site's folder")
    with Prober(lab) as prober:
        lab.wait_until(lambda: len(prober.fetched) >= 20, "the page comes again and again")
        leader.kill()
        print(f"smoke: {leader.name} killed", flush=True)
        lab.wait_until(lambda: any(fetched.served_by != leader.name for fetched in list(prober.fetched)),
                       "the page comes from another node")
        rest = lab.backups(leader)
        lab.wait_formed(*rest)
    outage, successor = prober.outage_after(leader.name)
    others = {fetched.served_by for fetched in prober.fetched} - {leader.name}
    if others != {successor}:
        raise AssertionError(f"after {leader.name} the page came from {' and '.join(sorted(others))}, not from one node")
    if any(fetched.body != page for fetched in prober.fetched):
        raise AssertionError("a page differed from the first")
    return f"smoke: outage {outage * 1000:.0f} ms, served by {leader.name} then {successor}"


def main() -> int:
    demand("smoke")
    try:
        with Lab(3, {"floating": {"interval": None}}, site=SITE) as lab:
            line = smoke(lab)
    except AssertionError as error:
        print(f"smoke: failed: {error}", file=sys.stderr)
        return 1
    print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
