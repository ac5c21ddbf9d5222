"""Files of plots that anybody may have written: each is read, or refused in a sentence."""

from __future__ import annotations

import math
from typing import Any

import pytest

from mreg.plots import data, series
from mreg.plots.data import NoData
from mreg.plots.definitions import Definition, PlotColumn
from mreg.plots.values import MOST_POINTS

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.mark.parametrize(
    ("raw", "path", "why"),
    [
        (b"", "a.csv", "it is empty"),
        (b"\n\n", "a.csv", "it is empty"),
        (b"step,loss\n", "a.csv", "it has no rows"),
        (b"\xff\xfes\0t\0e\0p\0", "a.csv", "byte 0xff of it is not UTF-8"),
        ("step,verl\xe4uft\n0,1\n".encode("latin-1"), "a.tsv", "byte 0xe4 of it is not UTF-8"),
        (b'a,"' + b"x" * 200_000 + b'"\n1,2\n', "a.csv", "cannot be read as rows"),
        (b"", "a.json", "it is not valid JSON: Expecting value, in line 1"),
        (b"[1, 2]", "a.json", "no list of mappings"),
        (b"3", "a.json", "no list of mappings"),
        (b"[]", "a.json", "no list of mappings"),
        (b'{"a": []}', "a.json", "no list of mappings"),
        (b'[{"a": 1}, {"b": 1}]', "a.json", "different keys"),
        (b"[" * 100_000, "a.json", "JSON"),
        (b'[{"a": ' + b"9" * 5000 + b"}]", "a.json", "mreg cannot read its JSON"),
        (b"a: [", "a.yaml", "it cannot be read"),
        (b"a: 1", "a.yaml", "no list of mappings"),
        (b"a = 1", "a.toml", "only JSON, YAML, CSV and TSV"),
        (b"a = 1", "plots.py", "only JSON, YAML, CSV and TSV"),
        (b" " * ((16 << 20) + 1), "a.json", "it is larger than 16 MiB"),
    ],
)
def test_what_is_no_data_is_said_to_be_none(raw: bytes, path: str, why: str) -> None:
    with pytest.raises(NoData) as error:
        data.read(raw, path)
    assert why in str(error.value)


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"step,loss\n0,0.5\n1,0.25\n", "a.csv"),
        (b"\xef\xbb\xbfstep,loss\r\n0,0.5\r\n\r\n1,0.25\r\n", "a.CSV"),
        (b"step\tloss\n0\t0.5\n1\t0.25", "a.tsv"),
        (b'[{"step": 0, "loss": 0.5}, {"step": 1, "loss": 0.25}]', "a.json"),
        (
            b'{"x": {"y": [{"step": 0}, {"step": 1}]}, "z": [{"loss": 0.5}, {"loss": 0.25}]}',
            "a.json",
        ),
        (b"- step: 0\n  loss: 0.5\n- step: 1\n  loss: 0.25\n", "a.yaml"),
        (b"---\n- {step: 0, loss: 0.5}\n- {step: 1, loss: 0.25}\n", "a.yml"),
        (b"rows:\n- {step: 0, loss: 0.5}\n- {step: 1, loss: 0.25}\n", "a.yaml"),
    ],
)
def test_each_form_is_read(raw: bytes, path: str) -> None:
    found = data.read(raw, path)
    assert [series.value(it) for it in found.values("step")] == [0, 1]
    assert [series.value(it) for it in found.values("loss")] == [0.5, 0.25]


def test_ragged_rows_and_columns_of_one_name() -> None:
    found = data.read(b"a,b,b\n1,2,3\n4\n5,6,7,8\n", "a.csv")
    assert found.values("b") == ["3", None, "7"]
    assert found.notes == ("2 of its rows have more or fewer cells than its header",)


def test_without_a_header_columns_are_numbered() -> None:
    found = data.read(b"1,2\n3,4\n", "a.csv", header=False)
    assert (found.fields, found.values("1")) == (("0", "1"), ["2", "4"])


def test_a_column_that_is_missing_is_named_with_those_that_are_there() -> None:
    with pytest.raises(NoData, match=r"it has no column acc \(it has step, loss\)"):
        data.read(b"step,loss\n0,1\n", "a.csv").values("acc")


def of(raw: bytes, kind: str = "", path: str = "a.csv", **said: Any) -> tuple[Any, list[str]]:
    found = Definition("p", "dvc.yaml", path=path, template=kind, **said)
    made, notes = series.of(found, {path: data.read(raw, path)}, "v1.0.0")
    return made[0], notes


def test_what_is_no_finite_number_is_kept_and_said_not_to_be_drawn() -> None:
    found, notes = of(b"loss\nnan\ninf\n-Infinity\n1e400\n\xe2\x80\x94\n1_000\n2\n")
    assert [str(it) for it in found.y] == ["nan", "inf", "-inf", "inf", "\u2014", "1_000", "2"]
    assert notes == ["a.csv: 6 values of loss are not finite numbers, and are not drawn"]


def test_numbers_beyond_floats_are_none() -> None:
    found, notes = of(f"loss\n{'9' * 99}\n{'9' * 400}\n{'9' * 5000}\n".encode())
    assert found.y[0] == int("9" * 99)
    assert isinstance(found.y[1], str)
    assert isinstance(found.y[2], str)
    assert len(found.y[2]) == 500
    assert "2 values of loss" in notes[0]


def test_a_million_rows_keep_their_peaks_and_say_how_many_they_were() -> None:
    rows = [f"{it},{it % 1000}" for it in range(1_000_000)]
    rows[123_456] = "123456,1e9"
    rows[654_321] = "654321,-1e9"
    found, notes = of("\n".join(["step,loss", *rows]).encode(), x="step")
    assert found.total == 1_000_000
    assert len(found.y) <= MOST_POINTS
    assert (found.x[0], found.x[-1]) == (0, 999_999)
    assert (123_456, 1e9) in zip(found.x, found.y, strict=True)
    assert (654_321, -1e9) in zip(found.x, found.y, strict=True)
    kept = f"a.csv: {len(found.y)} of its 1000000 points of loss"
    assert notes == [f"{kept}, the lowest and the highest of each stretch"]


@pytest.mark.parametrize(
    "cell", ["", "x", "1_0", "\u0663", "9" * 101, " 7 ", "1e3", "-3", "+4", "nan"]
)
def test_a_column_is_read_as_its_cells_are(cell: str) -> None:
    found, _ = of(f"loss,a\n1,a\n2.5,a\n{cell},a\n".encode(), y=(PlotColumn("", "loss"),))
    wanted = [series.value(it) for it in ("1", "2.5", cell)]
    assert list(map(repr, found.y)) == list(map(repr, wanted))


def test_a_confusion_matrix_counts_all_rows() -> None:
    raw = b"actual,predicted\n" + b"01,1\n01,1\n<b>,1\n" * 20_000
    found, notes = of(raw, "confusion", x="actual", y=(PlotColumn("", "predicted"),))
    assert (found.x, found.y, found.counts) == (("01", "<b>"), ("1", "1"), (40_000, 20_000))
    assert notes == []


def test_columns_of_two_files_are_joined_only_where_they_are_as_long() -> None:
    tables = {
        "a.csv": data.read(b"a\n1\n2\n", "a.csv"),
        "b.csv": data.read(b"b\n3\n4\n5\n", "b.csv"),
    }
    y = (PlotColumn("b.csv", "b"),)
    found = Definition("p", "dvc.yaml", x=(PlotColumn("a.csv", "a"),), y=y)
    with pytest.raises(NoData, match=r"a has 2 rows and b has 3: they cannot be joined"):
        series.of(found, tables, "v1.0.0")
    two = found._replace(x=(PlotColumn("a.csv", "a"), PlotColumn("b.csv", "b")))
    with pytest.raises(NoData, match="2 columns for x and 1 for y"):
        series.of(two, tables, "v1.0.0")


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        (PNG, "png"),
        (b"\xff\xd8\xff\xe0", "jpeg"),
        (b"GIF89a", "gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
    ],
)
def test_an_image_is_what_its_bytes_are(raw: bytes, named: str) -> None:
    assert data.image_format(raw) == named


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "not a PNG, JPEG, GIF or WebP"),
        (b"<!doctype html><script>alert(1)</script>", "not a PNG, JPEG, GIF or WebP"),
        (b'<?xml version="1.0"?><svg onload="alert(1)"/>', "can contain scripts"),
        (PNG + bytes(2 << 20), "larger than 2 MiB"),
    ],
)
def test_what_is_no_image_that_is_shown(raw: bytes, why: str) -> None:
    with pytest.raises(NoData, match=why):
        data.image_format(raw)


def test_thinning_keeps_gaps() -> None:
    ys = [math.nan] * 10_000 + [1.0] * 10_000
    kept = series.extremes(ys, 100)
    assert len(kept) <= 100
    assert any(it < 10_000 for it in kept)
