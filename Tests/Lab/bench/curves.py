"""The curves of membership: how times and traffic grow with the cluster, and what is held for dead although it lives.

A line is the simulation, a mark is the lab: a full circle is bramble, a hollow diamond is serf.
"""

import math
import textwrap
from collections.abc import Callable
from typing import NamedTuple

from bench import svg
from bench.svg import Panel, Scale

WIDTH, HEIGHT = 1000, 1080
MARKS: dict[str, Callable[[float, float], str]] = {"bramble": svg.circle, "serf": svg.diamond}
LAB_COLOURS = {"bramble": "blue", "serf": "grey"}
# The colours of the protocols whose false deaths are compared: ours, and the others as they come.
PROTOCOL_COLOURS = ("blue", "grey", "orange", "green", "purple")


class Time(NamedTuple):
    """A time that was measured at each size."""

    field: str
    title: str
    colour: str


TIMES = [
    Time("firstSuspicion", "first suspicion of a crash", "green"),
    Time("confirmedDeath", "crash known to all", "blue"),
    Time("join", "a node that starts: all see all", "purple"),
    Time("heal", "a split that ends: all see all", "orange"),
]


# The sizes from which on growth is told: the smallest clusters differ in kind, for nobody is left to ask, or one.
LARGE = 5


def growth(points: list[dict], value: Callable[[dict], float | None]) -> float | None:
    """With which power of the size a value grows, from five nodes on: the slope of the least squares between the logarithms
    of both. None if it was measured at fewer than three sizes."""
    known = [(math.log(point["nodes"]), math.log(value(point))) for point in points
             if point["nodes"] >= LARGE and value(point)]
    if len(known) < 3:
        return None
    middle_x, middle_y = (sum(column) / len(known) for column in zip(*known))
    return (sum((x - middle_x) * (y - middle_y) for x, y in known) / sum((x - middle_x) ** 2 for x, _ in known))


def drawn(simulation: dict, lab: dict) -> str:
    """The whole picture; either of them may be empty."""
    curves, points = simulation.get("curves", []), lab.get("curves", {})
    sizes = sorted({point["nodes"] for column in (curves, *points.values()) for point in column}) or [1]
    parts = [svg.text(60, 40, "Membership by the size of the cluster", "name"),
             svg.text(60, 62, _origin(simulation, lab), "faint"),
             *_times(curves, points, sizes), *_legend(points)]
    for left, field, heading in ((60, "bytesPerSecond", "Sent by a node in quiet, bytes a second"),
                                 (560, "packetsPerSecond", "Sent by a node in quiet, packets a second")):
        parts += _rates((left, 490, 400, 190), field, heading, curves, points, sizes)
    if simulation.get("falseDeaths"):
        parts += _false_deaths((60, 800, 900, 170), simulation["falseDeaths"])
    return svg.picture(WIDTH, HEIGHT, "Membership by the size of the cluster",
                       "Times, traffic and false deaths of bramble in simulation and lab, beside serf", parts)


def _origin(simulation: dict, lab: dict) -> str:
    said = [f"simulation: {simulation['seeds']} seeds"] if "seeds" in simulation else []
    if lab:
        versions = " beside ".join(lab["versions"].values())
        said.append(f"lab: {versions} on one machine, faults of each kind: {lab['runs']}")
    return "; ".join(said)


def _times(curves: list[dict], points: dict[str, list[dict]], sizes: list[int]) -> list[str]:
    """The panel of all times."""
    values = [value for column in (curves, *points.values()) for point in column for time in TIMES
              for value in (point[time.field] or {}).values()]
    panel = Panel((60, 110, 620, 290), "How long it takes, milliseconds", svg.around(values))
    x = panel.sizes(sizes, "nodes")
    for time in TIMES:
        panel.series(time.title, time.colour, [
            panel.line(_at(panel, x, curves, time.field, "median")),
            panel.line(_at(panel, x, curves, time.field, "max"), "line longest")])
        for who, column in points.items():
            medians = _at(panel, x, column, time.field, "median")
            longest = _at(panel, x, column, time.field, "max")
            panel.series(f"{time.title}, {who} in the lab", time.colour, [
                *(panel.line([low, high], "whisker") for low, high in zip(medians, longest)),
                *(MARKS[who](*at) for at in medians)])
    return panel.parts


def _at(panel: Panel, x: Scale, column: list[dict], field: str, part: str | None = None) -> list[tuple[float, float]]:
    """Where the values of a field are drawn; those that were not measured are left out."""
    known = [(point["nodes"], point[field]) for point in column if point[field] is not None]
    return [(x(nodes), panel.y(value[part] if part else value)) for nodes, value in known]


def _rates(box: tuple[float, float, float, float], field: str, heading: str, curves: list[dict],
           points: dict[str, list[dict]], sizes: list[int]) -> list[str]:
    """The panel of one kind of traffic."""
    values = [point[field] or 0 for column in (curves, *points.values()) for point in column]
    panel = Panel(box, heading, svg.around(values))
    x = panel.sizes(sizes, "nodes")
    panel.series(f"{heading}, simulation", "blue", [panel.line(_at(panel, x, curves, field))])
    for who, column in points.items():
        panel.series(f"{heading}, {who} in the lab", LAB_COLOURS[who],
                     [MARKS[who](*at) for at in _at(panel, x, column, field)])
    return panel.parts


def _legend(points: dict[str, list[dict]]) -> list[str]:
    """What lines, colours and marks mean, beside the panel of times."""
    left, y, parts = 712.0, 132.0, []

    def entry(shape: str, words: str, colour: str) -> None:
        nonlocal y
        parts.append(f'<g class="{colour}">{shape}</g>{svg.text(left + 38, y + 4, words)}')
        y += 24
    for time in TIMES:
        entry(f'<path class="line" d="M{left} {y}h28"/>', time.title, time.colour)
    y += 14
    entry(f'<path class="line" d="M{left} {y}h28"/>', "bramble in the simulation: median", "grey")
    entry(f'<path class="line longest" d="M{left} {y}h28"/>', "the longest", "grey")
    for who in points:
        entry(MARKS[who](left + 14, y), f"{who} in the lab: median", "grey")
    entry(f'<path class="whisker" d="M{left + 14} {y - 9}v18"/>', "and up to the longest", "grey")
    return parts


def rate(entry: dict) -> float:
    """False deaths in an hour of one node."""
    return entry["falseDeaths"] / entry["nodeHours"] if entry["nodeHours"] else 0.0


# More groups of bars would have no room for their names.
MOST_GROUPS = 14


def _groups(entries: list[dict]) -> tuple[list[tuple[str, int]], list[str]]:
    """The weather and size of each group of bars, and in which weather nobody was held for dead at any size. Where there
    are too many, those with most."""
    deaths: dict[tuple[str, int], float] = {}
    for entry in entries:
        key = (entry["weather"], entry["nodes"])
        deaths[key] = max(deaths.get(key, 0), rate(entry))
    most = sorted((key for key in deaths if deaths[key]), key=lambda key: -deaths[key])[:MOST_GROUPS]
    quiet = [weather for weather in dict.fromkeys(weather for weather, _ in deaths)
             if not any(value for key, value in deaths.items() if key[0] == weather)]
    return [key for key in deaths if key in most], quiet


def _false_deaths(box: tuple[float, float, float, float], entries: list[dict]) -> list[str]:
    """The panel of false deaths: groups of bars, one for each weather and size."""
    protocols = sorted(dict.fromkeys(entry["protocol"] for entry in entries), key=lambda name: name != "Bramble")
    groups, quiet = _groups(entries)
    rates = {(entry["protocol"], entry["weather"], entry["nodes"]): rate(entry) for entry in entries}
    # The smallest that is drawn has a bar, too.
    low, high = svg.around([value / 2 for value in rates.values()] + [value * 2 for value in rates.values()])
    panel = Panel(box, "False deaths in an hour of one node, in the simulation", (low, high))
    step = (panel.right - panel.left) / max(1, len(groups))
    width = min(34.0, 0.8 * step / max(1, len(protocols)))
    starts = [panel.left + step * (place + 0.5) - width * len(protocols) / 2 for place in range(len(groups))]
    for order, protocol in enumerate(protocols):
        colour = PROTOCOL_COLOURS[order % len(PROTOCOL_COLOURS)]
        known = [(start, rates.get((protocol, *group))) for start, group in zip(starts, groups)]
        panel.series(f"false deaths, {protocol}", colour,
                     [panel.bar(start + order * width + 1, width - 2, value, svg.number(value))
                      for start, value in known if value is not None])
        side = panel.left + 460 + 200 * order
        square = f'<rect class="full" x="{side}" y="{panel.top - 24}" width="11" height="11"/>'
        panel.parts.append(f'<g class="{colour}">{square}</g>{svg.text(side + 18, panel.top - 14, protocol)}')
    for place, (weather, nodes) in enumerate(groups):
        middle = panel.left + step * (place + 0.5)
        words = textwrap.wrap(weather, max(8, int(step / 7)))
        panel.parts += [svg.text(middle, panel.bottom + 18 + 15 * line, word, "", "middle")
                        for line, word in enumerate(words)]
        panel.parts.append(svg.text(middle, panel.bottom + 19 + 15 * len(words), f"{nodes} nodes", "faint", "middle"))
    if quiet:
        parts = textwrap.wrap("None in: " + ", ".join(quiet), 130)
        panel.parts += [svg.text(panel.left, panel.bottom + 66 + 15 * line, words, "faint")
                        for line, words in enumerate(parts)]
    return panel.parts
