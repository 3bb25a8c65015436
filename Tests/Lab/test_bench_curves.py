"""The picture of membership has all that was measured, and leaves out what was not."""

import json
import os
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from bench import curves, svg

HERE = os.path.dirname(os.path.abspath(__file__))
SVG = "{http://www.w3.org/2000/svg}"


def point(nodes: int, factor: float = 1, **more) -> dict:
    """What was measured at one size."""
    times = {time.field: {"median": factor * 100 * (order + 1), "max": factor * 150 * (order + 1)}
             for order, time in enumerate(curves.TIMES)}
    rates = {"bytesPerSecond": 3000 * factor, "packetsPerSecond": 20 * factor}
    return {"nodes": nodes, "runs": 5, **times, **rates, **more}


def false_deaths(protocol: str, weather: str, deaths: int) -> dict:
    return {"protocol": protocol, "weather": weather, "nodes": 5, "nodeHours": 12.5, "suspicions": 340,
            "falseDeaths": deaths}


SIMULATION = {
    "seeds": 10,
    "curves": [*(point(nodes) for nodes in (2, 3, 5, 10, 20, 50, 100)), point(1000, heal=None)],
    "correlated": [{"nodes": 4, "crashes": 3, "runs": 50, "confirmedDeath": {"median": 1234, "max": 1500}}],
    "falseDeaths": [false_deaths(protocol, weather, deaths) for protocol, weather, deaths in (
        ("Bramble", "loss 5 %", 0), ("SWIM without Lifeguard", "loss 5 %", 25), ("Bramble", "pauses < 1 s", 5))],
}
LAB = {
    "versions": {"bramble": "bramble 0.1.0", "serf": "serf 0.9.4"}, "runs": 5,
    "curves": {"bramble": [point(nodes) for nodes in (3, 5, 10)],
               "serf": [point(nodes, 6, firstSuspicion=None) for nodes in (3, 5, 10)]},
}


def series(simulation: dict, lab: dict) -> dict[str, ElementTree.Element]:
    """What is drawn, by name."""
    root = ElementTree.fromstring(curves.drawn(simulation, lab))
    return {element.get("data-series"): element for element in root.iter() if element.get("data-series")}


def shapes(element: ElementTree.Element, tag: str, kind: str) -> list[ElementTree.Element]:
    return [shape for shape in element.iter(SVG + tag) if kind in shape.get("class", "").split()]


def test_every_series_is_drawn_with_all_its_points():
    found = series(SIMULATION, LAB)
    for time in curves.TIMES:
        median, longest = shapes(found[time.title], "path", "line")
        sizes = 7 if time.field == "heal" else 8
        assert median.get("d").count("L") == longest.get("d").count("L") == sizes - 1
        assert len(shapes(found[f"{time.title}, bramble in the lab"], "circle", "mark")) == 3
        assert len(shapes(found[f"{time.title}, serf in the lab"], "path", "mark")) == (
            0 if time.field == "firstSuspicion" else 3)
    for what in ("bytes", "packets"):
        assert len(shapes(found[f"Sent by a node in quiet, {what} a second, simulation"], "path", "line")) == 1
        assert len(shapes(found[f"Sent by a node in quiet, {what} a second, serf in the lab"], "path", "mark")) == 3
    assert len(shapes(found["false deaths, Bramble"], "rect", "full")) == 2
    assert len(shapes(found["false deaths, SWIM without Lifeguard"], "rect", "full")) == 1


def test_a_bar_is_as_high_as_its_value_and_one_of_nothing_has_no_height():
    nothing, some = shapes(series(SIMULATION, LAB)["false deaths, Bramble"], "rect", "full")
    (more,) = shapes(series(SIMULATION, LAB)["false deaths, SWIM without Lifeguard"], "rect", "full")
    assert float(nothing.get("height")) == 0 < float(some.get("height")) < float(more.get("height"))
    said = [text.text for text in series(SIMULATION, LAB)["false deaths, Bramble"].iter(SVG + "text")]
    assert said == ["0", "0.4"]


def test_the_picture_is_for_light_and_dark_and_says_what_it_is():
    root = ElementTree.fromstring(curves.drawn(SIMULATION, LAB))
    words = " ".join(text for text in root.itertext())
    assert "prefers-color-scheme: dark" in words and root.find(SVG + "title").text
    for wanted in ("milliseconds", "bytes a second", "nodes", "simulation: 10 seeds", "serf 0.9.4", "pauses < 1 s"):
        assert wanted in words
    assert "nan" not in words.lower()


@pytest.mark.parametrize("simulation, lab", [(SIMULATION, {}), ({}, LAB), ({"seeds": 1, "curves": []}, {})])
def test_what_is_missing_is_left_out(simulation, lab):
    found = series(simulation, lab)
    assert any("serf" in name for name in found) == bool(lab)
    assert any("false deaths" in name for name in found) == ("falseDeaths" in simulation)


def test_groups_of_bars_are_those_with_deaths_and_no_more_than_have_room():
    many = [false_deaths("Bramble", f"weather {number}", number) for number in range(30)]
    found = series({"falseDeaths": many}, {})
    assert len(shapes(found["false deaths, Bramble"], "rect", "full")) == curves.MOST_GROUPS
    words = list(ElementTree.fromstring(curves.drawn({"falseDeaths": many}, {})).itertext())
    assert "None in: weather 0" in words and "29" in words and "15" not in words


@pytest.mark.parametrize("power", [0, 0.5, 1, -0.25])
def test_growth_is_the_power_of_the_size_from_five_nodes_on(power):
    points = [point(nodes, 7 if nodes < curves.LARGE else nodes**power) for nodes in (2, 3, 5, 10, 100, 1000)]
    assert curves.growth(points, lambda point: point["bytesPerSecond"]) == pytest.approx(power)
    assert curves.growth(points[:4], lambda point: point["bytesPerSecond"]) is None, "two sizes say nothing"
    assert curves.growth(points[:4] + [point(50, bytesPerSecond=None)], lambda point: point["bytesPerSecond"]) is None


@pytest.mark.parametrize("value, place", [(1, 0), (10, 50), (100, 100), (0.1, 0)])
def test_a_scale_is_logarithmic_and_begins_at_its_low_end(value, place):
    assert svg.Scale(1, 100, 0, 100)(value) == pytest.approx(place)


@pytest.mark.parametrize("values, reach", [
    ([3, 70], (1, 100)),
    ([100], (100, 1000)),
    ([], (1, 10)),
    ([0, 0.03], (0.01, 0.1)),  # what is nothing has no place on it
])
def test_a_reach_is_of_whole_decades(values, reach):
    assert svg.around(values) == pytest.approx(reach)


def run(folder, *missing: str) -> subprocess.CompletedProcess:
    """Runs the program on what was made up, but for what is missing."""
    for name, content in (("simulation", SIMULATION), ("lab", LAB)):
        if name not in missing:
            (folder / f"{name}.json").write_text(json.dumps(content))
    return subprocess.run(
        [sys.executable, os.path.join(HERE, "bench_curves.py"), "--simulation", folder / "simulation.json", "--lab",
         folder / "lab.json", "--output", folder / "membership"], capture_output=True, text=True, check=False,
        timeout=60)


def test_the_program_prints_tables_and_writes_both_files(tmp_path):
    done = run(tmp_path)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert "bramble, simulation 1000 5 100 (150) 200 (300) 300 (450) - 3,000 20".split() in lines
    assert "serf, lab 10 5 - 1,200 (1,800) 1,800 (2,700) 2,400 (3,600) 18,000 120".split() in lines
    assert "bramble, simulation n^0.00 n^0.00 n^0.00 n^0.00 n^0.00 n^0.00".split() in lines
    assert "4 3 50 1,234 (1,500)".split() in lines
    assert "SWIM without Lifeguard loss 5 % 5 12.5 340 25 2".split() in lines
    assert json.loads((tmp_path / "membership.json").read_text()) == {"simulation": SIMULATION, "lab": LAB}
    ElementTree.parse(tmp_path / "membership.svg")


def test_a_missing_part_is_told(tmp_path):
    done = run(tmp_path, "simulation")
    assert done.returncode == 0 and "simulation.json" in done.stderr and "serf, lab" in done.stdout


def test_without_any_measurement_nothing_is_written(tmp_path):
    assert run(tmp_path, "simulation", "lab").returncode == 1 and not os.listdir(tmp_path)
