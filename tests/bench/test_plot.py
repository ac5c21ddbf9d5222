"""Plots as SVG: well-formed, the same for the same numbers, every text in them escaped."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import plot
import pytest
from plot import Axis, Line

from mreg.render import markup

SVG = "{http://www.w3.org/2000/svg}"
X, Y = Axis("tags", lambda it: f"{it:,.0f}"), Axis("time", lambda it: f"{it:g} s")


def drawn(*lines: Line, title: str = "Growth") -> ElementTree.Element:
    return ElementTree.fromstring(plot.logarithmic(title, "How it grows", X, Y, lines))


def places(image: ElementTree.Element) -> list[list[tuple[float, float]]]:
    """Return where the lines go; what stands in the legend is one piece of two places."""
    paths = [it.get("d", "") for it in image.iter(f"{SVG}path") if it.get("class") == "plot-line"]
    numbers = [[float(it) for it in re.findall(r"-?[\d.]+", path)] for path in paths]
    return [list(zip(it[::2], it[1::2], strict=True)) for it in numbers]


def test_ten_times_as_much_is_as_far_everywhere() -> None:
    image = drawn(Line("linear", [(10, 0.1), (100, 1), (1000, 10)]))
    [first, second, third] = places(image)[0]
    assert second[0] - first[0] == pytest.approx(third[0] - second[0], abs=0.02)
    assert first[1] - second[1] == pytest.approx(second[1] - third[1], abs=0.02)
    assert first[0] < second[0]
    assert first[1] > second[1]  # up is less


def test_whole_powers_of_ten_are_labelled_and_hold_all_points() -> None:
    image = drawn(Line("a", [(150, 0.02), (9000, 7)]))
    texts = [it.text for it in image.iter(f"{SVG}text")]
    assert [it for it in texts if it and it[0].isdigit() and "s" not in it] == [
        *("100", "1,000", "10,000")
    ]
    assert [it for it in texts if it and it.endswith(" s")] == ["0.01 s", "0.1 s", "1 s", "10 s"]
    for x, y in places(image)[0]:
        assert 0 < x < plot.WIDTH
        assert 0 < y < plot.HEIGHT


def test_the_legend_has_the_highest_first_and_nothing_that_is_empty() -> None:
    image = drawn(Line("low", [(1, 1)]), Line("none", []), Line("high", [(1, 9)]))
    texts = [it.text for it in image.iter(f"{SVG}text")]
    assert texts[-2:] == ["high", "low"]
    assert "none" not in texts


def test_lines_differ_by_more_than_colour() -> None:
    lines = [Line(str(number), [(1, 1 + number), (10, 2)]) for number in range(5)]
    image = drawn(*lines)
    groups = [it for it in image.iter(f"{SVG}g") if (it.get("class") or "").startswith("plot-")]
    looks = set()
    for group in groups[:5]:
        line, mark = group[1], group[2]
        corners = len(re.findall("[ML]", mark.get("d", "")))
        looks.add((line.get("stroke-dasharray"), mark.tag, corners))
    assert len(looks) == 5


def test_a_text_is_a_text() -> None:
    evil = "</svg><script>alert(1)</script>&\x1b"
    text = plot.logarithmic(evil, evil, Axis(evil, lambda _: evil), Y, [Line(evil, [(1, 1)])])
    image = ElementTree.fromstring(text)
    assert not [it for it in image.iter() if it.tag.endswith("script")]
    assert "\x1b" not in text


def test_it_is_told_to_who_does_not_see_it() -> None:
    image = drawn(Line("a", [(1, 1)]))
    assert image.get("role") == "img"
    named = (image.get("aria-labelledby") or "").split()
    found = {it.get("id"): it.text for it in image.iter() if it.get("id")}
    assert [found[it] for it in named] == ["Growth", "How it grows"]


def test_it_has_a_dark_scheme_of_the_same_rules() -> None:
    light, dark = plot.SHEET.split("@media (prefers-color-scheme: dark)")
    coloured = r"(\.plot-[\w]+) \{ (?:fill|stroke|--plot): #"
    assert set(re.findall(coloured, light)) == set(re.findall(coloured, dark))
    assert len(re.findall(r"--plot: #", dark)) == 6


def test_same_numbers_same_bytes() -> None:
    lines = [Line("a", [(3, 0.1), (7, 0.30000000000000004)])]
    assert plot.logarithmic("t", "d", X, Y, lines) == plot.logarithmic("t", "d", X, Y, lines)


@pytest.mark.parametrize(
    "lines", [[], [Line("a", [])], [Line("a", [(0, 1)])], [Line("a", [(1, -1)])]]
)
def test_what_has_no_logarithm_is_refused(lines: list[Line]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        plot.logarithmic("t", "d", X, Y, lines)


def test_a_style_sheet_cannot_end_too_early() -> None:
    with pytest.raises(ValueError, match="must not contain <"):
        markup.image("</style>")
