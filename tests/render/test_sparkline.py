"""Numbers drawn as a line of characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mreg.render import sparkline

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"),
        ([1, 0], "█▁"),
        ([0.5, None, 1.0], "▁ █"),
        ([1, NAN, INF, 2], "▁  █"),
        ([3, 3], "▅▅"),
        ([3], "▅"),
        ([], ""),
        ([None], ""),
        ([NAN], ""),
        ([-1.7e308, 1.7e308], "▁█"),
        ([0, 5e-324], "▅▅"),
    ],
)
def test_lines(values: list[float | None], line: str) -> None:
    assert sparkline.line(values) == line


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "no such encoding"])
def test_an_encoding_without_bars_gets_plain_characters(encoding: str) -> None:
    assert sparkline.line([0, 1, None, 2], encoding=encoding) == "_= #"


def test_of_many_numbers_the_last_is_shown() -> None:
    assert len(sparkline.line(list(range(500)))) == sparkline.WIDTH
    assert sparkline.line([*([0.0] * 499), 1.0])[-1] == "█"


@given(st.lists(st.none() | st.floats(), max_size=40))
def test_any_numbers_can_be_drawn(values: list[float | None]) -> None:
    line = sparkline.line(values)
    assert len(line) <= sparkline.WIDTH
    assert set(line) <= {*sparkline.BARS, " "}
