"""Rows of CSV files: what columns are, by what stands in them."""

from __future__ import annotations

import pytest

from mreg.schemas import capture, csv, model
from mreg.schemas.capture import CannotCapture


def test_a_column_is_what_all_of_its_values_are() -> None:
    text = '''\
id,age,income,plan,active,since,code,none,"a ""b"""
1,41,1.5,basic,true,2024-01-01,007,,x
2,,-2e3,,FALSE,2024-01-02,8,,"y
z"

3,5,3,pro,false,,9,,1.
'''
    rows = csv.rows(text.splitlines(keepends=True))
    assert rows[1] == {
        "id": 2, "age": None, "income": -2000.0, "plan": None, "active": False,
        "since": "2024-01-02", "code": "8", "none": None, 'a "b"': "y\nz",
    }  # fmt: skip
    found = {it.name: model.type_words(it) for it in model.columns(capture.of(rows)) or ()}
    assert found == {
        "id": "int64", "age": "int64 or null", "income": "double", "plan": "string or null",
        "active": "boolean", "since": "string or null", "code": "string", "none": "any",
        'a "b"': "string",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is empty"),
        ("a,b\n1\n", "row 1 has 1 values under 2 names"),
        ("a,a\n1,2\n", "two of its columns have the same name"),
        ('a\n"x\n', "not valid CSV"),
    ],
)
def test_what_is_no_csv(text: str, said: str) -> None:
    with pytest.raises(CannotCapture, match=said):
        csv.rows(text.splitlines(keepends=True))


def test_a_header_alone_is_a_table_of_nothing() -> None:
    assert csv.rows(["a,b\n"]) == []


def test_so_many_rows_are_read() -> None:
    assert len(csv.rows(f"{at}\n" for at in range(10**9))) == capture.SEEN_ROWS
