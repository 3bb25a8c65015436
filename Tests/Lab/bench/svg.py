"""Pictures: panels with axes, in which lines, marks and bars are drawn. SVG for light and dark, which needs no other
file."""

import math
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

# A colour each, in light and in dark: they differ for the colour-blind, too. `grey` is what is compared with.
COLOURS = {"blue": ("#0072b2", "#56b4e9"), "orange": ("#c8500a", "#f0953a"), "green": ("#00805c", "#35c49b"),
           "purple": ("#a0407c", "#d98cbb"), "grey": ("#6e6e6e", "#a8a8a8")}
STYLE = """
text { font: 12px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #24292f; }
.faint { fill: #57606a; } .heading { font-size: 14px; font-weight: 600; } .name { font-size: 19px; font-weight: 600; }
.paper, .hollow { fill: #ffffff; } .grid { stroke: #d8dee4; } .axis { stroke: #8c959f; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.longest { stroke-width: 1.5; stroke-dasharray: 1.5 4; stroke-linecap: round; } .whisker { stroke-width: 1.5; }
"""
DARK = """
text { fill: #e6edf3; } .faint { fill: #9198a1; } .paper, .hollow { fill: #0d1117; } .grid { stroke: #2b323b; }
.axis { stroke: #656c76; }
"""


def style() -> str:
    """The style sheet of a picture."""
    def colours(dark: int) -> str:
        return "\n".join(f".{name} .line, .{name} .whisker, .{name} .mark {{ stroke: {both[dark]}; }} "
                         f".{name} .full {{ fill: {both[dark]}; }}" for name, both in COLOURS.items())
    return f"{STYLE}{colours(0)}\n@media (prefers-color-scheme: dark) {{{DARK}{colours(1)}\n}}\n"


def number(value: float) -> str:
    """A number for people, to three digits."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    """A line of text."""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def circle(x: float, y: float) -> str:
    """The mark of what is ours: full."""
    return f'<circle class="mark full" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'


def diamond(x: float, y: float) -> str:
    """The mark of what is another's: hollow."""
    return f'<path class="mark hollow" stroke-width="2" d="M{x:.1f} {y - 5.5:.1f}l5.5 5.5l-5.5 5.5l-5.5 -5.5z"/>'


class Scale(NamedTuple):
    """A logarithmic scale, from one value to another, and where these are drawn."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        return self.start + (self.end - self.start) * share

    @property
    def decades(self) -> list[float]:
        """The powers of ten on it."""
        return [10.0 ** power for power in range(math.ceil(math.log10(self.low) - 1e-9),
                                                 math.floor(math.log10(self.high) + 1e-9) + 1)]


def around(values: list[float]) -> tuple[float, float]:
    """The powers of ten between which all values lie; of positive ones alone."""
    known = [value for value in values if value > 0] or [1.0]
    low, high = math.floor(math.log10(min(known))), math.ceil(math.log10(max(known)))
    return 10.0 ** low, 10.0 ** max(high, low + 1)


class Panel:
    """A frame with a heading and a logarithmic axis upwards; what is drawn in it is added to `parts`."""

    def __init__(self, box: tuple[float, float, float, float], heading: str, reach: tuple[float, float]):
        self.left, self.top, width, height = box
        self.right, self.bottom = self.left + width, self.top + height
        self.y = Scale(*reach, self.bottom, self.top)
        self.parts = [text(self.left, self.top - 14, heading, "heading")]
        for value in self.y.decades:
            self.parts += [self._rule("grid", self.left, self.y(value), self.right, self.y(value)),
                           text(self.left - 8, self.y(value) + 4, number(value), "faint", "end")]
        self.parts.append(self._rule("axis", self.left, self.bottom, self.right, self.bottom))

    @staticmethod
    def _rule(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
        return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'

    def sizes(self, values: list[int], words: str) -> Scale:
        """Draws a logarithmic axis to the right with these values on it, and answers it."""
        scale = Scale(min(values), max(max(values), min(values) + 1), self.left + 16, self.right - 16)
        last = -math.inf
        for value in values:
            self.parts.append(self._rule("axis", scale(value), self.bottom, scale(value), self.bottom + 4))
            if scale(value) - last > 6 + 6.5 * len(number(value)):
                self.parts.append(text(scale(value), self.bottom + 18, number(value), "faint", "middle"))
                last = scale(value)
        self.parts.append(text((self.left + self.right) / 2, self.bottom + 36, words, "faint", "middle"))
        return scale

    def series(self, name: str, colour: str, shapes: list[str]) -> None:
        """Adds what belongs together, under a name."""
        self.parts.append(f'<g class="{colour}" data-series={quoteattr(name)}><title>{escape(name)}</title>'
                          f'{"".join(shapes)}</g>')

    @staticmethod
    def line(points: list[tuple[float, float]], kind: str = "line") -> str:
        """A line through points of the picture."""
        return f'<path class="{kind}" d="M{"L".join(f"{x:.1f} {y:.1f}" for x, y in points)}"/>' if points else ""

    def bar(self, x: float, width: float, value: float, words: str) -> str:
        """A bar with its value above; none where the value is 0."""
        top = self.y(value) if value > 0 else self.bottom
        return (f'<rect class="full" x="{x:.1f}" y="{top:.1f}" width="{width:.1f}" height="{self.bottom - top:.1f}"/>'
                + text(x + width / 2, top - 5, words, "", "middle"))


def picture(width: int, height: int, title: str, description: str, parts: list[str]) -> str:
    """The whole picture."""
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'role="img" aria-labelledby="title description">\n<title id="title">{escape(title)}</title>\n'
            f'<desc id="description">{escape(description)}</desc>\n<style>{style()}</style>\n'
            f'<rect class="paper" width="{width}" height="{height}"/>\n' + "\n".join(parts) + "\n</svg>\n")
