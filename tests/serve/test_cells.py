"""Values out of requests, held against their types; nothing of KServe is needed for that."""

from __future__ import annotations

from typing import Any

import pytest

from mreg.serve import cells
from mreg.serve.cells import CellType
from mreg.serve.refusals import WrongValue

TIME = "2026-03-03T14:30:00Z"


@pytest.mark.parametrize("form", [("date-time", TIME), ("duration", "P1D")])
@pytest.mark.parametrize("wrong", [{0}, {9}, {4, 7}, {5, 6, 9}])
def test_the_first_text_that_is_no_time_is_named(form: tuple[str, str], wrong: set[int]) -> None:
    texts = ["soon" if it in wrong else form[1] for it in range(10)]
    with pytest.raises(WrongValue, match="'soon' is no") as caught:
        cells.column(CellType("string", form[0]), texts)
    assert caught.value.index == min(wrong)


def test_it_is_found_among_thousands_in_a_few_steps() -> None:
    asked: list[int] = []

    def parse(some: list[Any]) -> Any:
        asked.append(len(some))
        return [int(it) for it in some]

    with pytest.raises(WrongValue) as caught:
        cells._parsed(["1"] * 9_999 + ["x"], parse, "number")
    assert caught.value.index == 9_999
    assert len(asked) < 20
