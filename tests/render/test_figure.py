"""Figures hold whatever numbers and names they are given, and are well-formed."""

from __future__ import annotations

import math
import sys
from xml.etree import ElementTree

import pytest

from mreg.render import figure, markup
from mreg.render.figure import Bars, Labels, Matrix, Trace

LARGEST = sys.float_info.max
LABELS = Labels("<script>alert(1)</script> & \x1b]8;;x\x07", "x" * 500, "\u202eright")
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    "points",
    [
        [(0, 1.0)],
        [(0, 1.0), (1, 1.0)],
        [(0, 0.0), (1, 5e-324)],
        [(0, -LARGEST), (1, LARGEST)],
        [(-LARGEST, 0.0), (LARGEST, 1.0)],
        [(10**16, 1e16), (10**16 + 2, 1e16 + 2)],
        [(0, 1e-12), (1, 2e-12), None, (2, 1e300)],
        [(f"<b>{it}", float(it)) for it in range(300)],
        [None],
        [],
    ],
)
@pytest.mark.parametrize("form", ["line", "points"])
def test_any_numbers_are_drawn(points: list[tuple[float, float] | None], form: figure.Form) -> None:
    drawn = figure.plotted(LABELS, [Trace("<i>name", 0, 1, points)], form)
    text = figure.in_file("title <b>", [drawn])
    root = ElementTree.fromstring(text)
    assert not {"script", "b", "i"} & {it.tag.rpartition("}")[2] for it in root.iter()}
    assert "nan" not in text
    assert "inf" not in text.replace("information", "")


def test_no_peak_is_off_the_drawing() -> None:
    scale = figure.plotted(Labels("t"), [Trace("", 0, 0, [(0, -3.0), (1, 7.5)])], "line")
    svg = ElementTree.fromstring(figure.on_page(scale).replace("<svg", "<svg xmlns=''", 1))
    [path] = [it for it in svg.iter("path") if it.get("class", "").startswith("f-line")]
    numbers = [float(it) for it in path.get("d", "").replace("M", " ").replace("L", " ").split()]
    assert all(0 <= it <= max(figure.WIDTH, scale.height) for it in numbers)


def test_round_values_are_marked() -> None:
    scale = figure._LinearScale.over([0.02, 0.98], 0, 100, room=0)
    assert scale.ticks() == [0.2, 0.4, 0.6, 0.8]
    assert all(
        map(math.isfinite, figure._LinearScale.over([-LARGEST, LARGEST], 0, 1, room=0).ticks())
    )


def test_bars_and_matrices_are_drawn() -> None:
    names = [f"name <{it}>" for it in range(3)]
    drawn = [
        figure.bars(LABELS, [Bars("one", 0, dict.fromkeys(names, -1.5)), Bars("", 1, {})], names),
        figure.matrices(LABELS, [Matrix("m", names, names, {(names[0], names[1]): ("7", 1.0)})]),
        figure.matrices(LABELS, [Matrix("m", [], [], {})]),
        figure.picture("p", PNG, "png", "v1.0.0"),
    ]
    root = ElementTree.fromstring(figure.in_file("t", drawn))
    assert sum(it.tag.endswith("}image") for it in root.iter()) == 1


def test_the_same_data_make_the_same_bytes() -> None:
    made = [figure.plotted(LABELS, [Trace("a", 0, 0, [(0, 1.0), (1, 2.0)])], "line") for _ in "ab"]
    assert figure.on_page(made[0]) == figure.on_page(made[1])


def test_an_svg_image_is_never_embedded() -> None:
    with pytest.raises(ValueError, match="svg"):
        markup.embedded(b"<svg/>", "svg+xml")
