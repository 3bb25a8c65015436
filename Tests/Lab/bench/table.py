"""The result: one row for each figure, as text for people and as JSON for programs."""

import json
import math
import os
import statistics
from collections.abc import Callable
from typing import NamedTuple

# The columns after ours: another program; keepalived at the interval that people choose, and at its shortest.
PEERS = ("peer", "peer_fast")


class Figure(NamedTuple):
    """A number of a contestant's, and whether it is only a lower bound (it had not ended when we looked no more)."""

    value: float
    at_least: bool = False

    def __str__(self) -> str:
        if math.isnan(self.value):
            return "-"
        text = f"{self.value:.0f}" if self.value >= 1000 or self.value == int(self.value) else f"{self.value:.1f}"
        return (">" if self.at_least else "") + text


NONE = Figure(math.nan)


class Row(NamedTuple):
    """One figure of all contestants, in the order of the columns, and what is wanted of ours."""

    name: str
    unit: str
    figures: list[Figure]
    wanted: float | None = None

    @property
    def ratios(self) -> list[float | None]:
        """Ours by each of the others'; below 1 is in our favour. None where there is nothing to divide."""
        ours = self.figures[0].value
        return [round(ours / figure.value, 3) if figure.value and not math.isnan(ours / figure.value) else None
                for figure in self.figures[1:]]

    @property
    def verdict(self) -> str:
        """Whether ours is within what is wanted; empty where nothing is, or nothing was measured."""
        if self.wanted is None or math.isnan(self.figures[0].value):
            return ""
        return "ok" if self.figures[0].value <= self.wanted else "MISSED"

    def as_json(self) -> dict:
        """The row for programs; what is not there is null."""
        values = [None if math.isnan(figure.value) else round(figure.value, 3) for figure in self.figures]
        row: dict = {"name": self.name, "unit": self.unit, "ours": values[0]}
        for key, value, ratio in zip(PEERS, values[1:], self.ratios):
            row |= {key: value, key.replace("peer", "ratio"): ratio}
        return row | {"wanted": self.wanted, "verdict": self.verdict}


def median_and_max(name: str, columns: list[list[float]], median: float | None = None, highest: float | None = None,
                   unit: str = "ms") -> list[Row]:
    """The two rows of a figure that was measured several times."""
    def each(measure: Callable[[list[float]], float]) -> list[Figure]:
        return [Figure(measure(values)) if values else NONE for values in columns]
    return [Row(f"{name}, median", unit, each(statistics.median), median),
            Row(f"{name}, max", unit, each(max), highest)]


def text(titles: list[str], rows: list[Row]) -> str:
    """The table for people."""
    head = ["", titles[0]]
    for title in titles[1:]:
        head += [title, "ratio"]
    wants = any(row.wanted is not None for row in rows)
    lines = [[*head, "unit", *(["wanted", ""] if wants else [])]]
    for row in rows:
        line = [row.name, str(row.figures[0])]
        for figure, ratio in zip(row.figures[1:], row.ratios):
            line += [str(figure), "-" if ratio is None else f"{ratio:.2f}"]
        wanted = "" if row.wanted is None else f"<= {Figure(row.wanted)}"
        lines.append([*line, row.unit, *([wanted, row.verdict] if wants else [])])
    return aligned(lines, {0, len(head) + 2})


def aligned(lines: list[list[str]], left: set[int]) -> str:
    """Lines of cells as columns; those whose numbers are named begin at the left, the others end at the right."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) if column in left else cell.rjust(width)
                               for column, (cell, width) in enumerate(zip(line, widths))).rstrip() for line in lines)


def write(path: str, titles: list[str], rows: list[Row], details: dict) -> None:
    """Writes the rows, and all that was measured, as JSON."""
    columns = dict(zip(("ours", *PEERS), titles))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump({"columns": columns, "rows": [row.as_json() for row in rows], **details}, file, indent=2)
    os.replace(path + ".new", path)
