"""The site that `make run` and `make smoke` serve."""

import os

_PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SITE = os.environ.get("SITE") or os.path.join(_PROJECT, "Examples", "site")


def contents(directory: str, path: str) -> bytes:
    """The bytes of a file of the site."""
    with open(os.path.join(directory, path), "rb") as file:
        return file.read()
