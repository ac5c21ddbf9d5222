"""The schema of a model and its example, on its page and on the compare page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import mreg
from mreg.annotations.text import MAX_BYTES
from mreg.schemas.model import ModelSchema
from mreg.web import schemas, site
from parsed_pages import Parsed
from repositories import Maker, Tag

EVIL = "</script><img src=x onerror=alert(1)>\x1b[31m\u202e"
ROWS = [{"age": 41, "plan": EVIL}, *({"age": number, "plan": None} for number in range(20))]


def table(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    rows = {"type": "object", "properties": properties, "required": [*required]}
    return {"type": "array", "items": rows}


SCHEMA = ModelSchema(
    table(
        {"age": {"type": "integer", "format": "int64"}, EVIL: {"type": ["string", "null"]}}, "age"
    ),
    {"type": "array", "items": {"type": "number", "format": "double"}},
    ("predict", "transform"),
    "rows.json",
)


@pytest.fixture
def built(make_repository: Maker, tmp_path: Path) -> Any:
    """Return what builds the site of a model, and returns the text of its page and its data."""

    def build(schema: ModelSchema, example: bytes) -> tuple[str, dict[str, Any]]:
        said = {"churn": {"path": "m", "schema": schema.plain()}}
        files = {"artifacts.yaml": json.dumps(said).encode(), "rows.json": example, "m": b"m"}
        repo = make_repository(
            [Tag("churn@v1.0.0"), Tag("churn@v2.0.0", 1, 1)], commits=[{**files, "m": b""}, files]
        )
        site.build(tmp_path / "site", [mreg.Registry.open(repo.path)])
        folder = tmp_path / "site" / "m" / "repository" / "churn"
        script = (folder / "data.js").read_text()
        data = json.loads(script.removeprefix('mreg("model", ').removesuffix(");\n"))
        return (folder / "index.html").read_text(), data

    return build


def test_the_page_has_each_column_the_methods_and_rows_of_the_example(built: Any) -> None:
    page, data = built(SCHEMA, json.dumps({"input": ROWS, "output": [0.5]}).encode())
    found = Parsed(page)
    assert found.harm == []
    text = " ".join(" ".join(found.text).split())
    assert "Input: a table of 2 columns" in text
    assert "name type nullable required age int64 no yes" in text
    assert "string yes no" in text
    assert "output double [any]" in text
    assert "methods predict, transform" in text
    assert '{"age": 41, "plan": "</script><img' in text
    assert f"... and {len(ROWS) - schemas.MOST_ROWS} more" in text
    assert "\x1b" not in page
    rows = dict(data["schema"])
    assert rows["input age"] == [[0, "int64"]]
    assert rows["output"] == [[0, "double [any]"]]
    assert rows["methods"] == [[0, "predict, transform"]]


NO_EXAMPLES = (
    *(b"", b"no JSON", b"[1]", b'"input"', b"7", b"\xff\xfe", b'{"input": 1}'.ljust(100_001)),
    *(b"[" * 100_000, b'{"input": ' + b"[" * 900 + b"]" * 900 + b"}"),
)


@pytest.mark.parametrize("example", NO_EXAMPLES, ids=range(len(NO_EXAMPLES)))
def test_what_is_no_example_is_not_shown(example: bytes, built: Any) -> None:
    page, _ = built(SCHEMA, example)
    assert "Input: " in "".join(Parsed(page).text)
    if b"[[" not in example:  # which Python reads, or does not, as deep as it can
        assert "<summary>Example" not in page


def test_a_table_of_very_many_columns_is_bounded(built: Any) -> None:
    wide = table({f"{EVIL}{number}": {"type": "number"} for number in range(3_000)})
    page, data = built(ModelSchema(wide), b"{}")
    assert len(page) < MAX_BYTES / 4
    assert "2,800 more: mreg show" in page
    assert len(data["schema"]) == 300
    assert Parsed(page).harm == []


def test_ten_thousand_columns_are_listed_as_far_as_a_page_has_room() -> None:
    said = ModelSchema(table({f"c{number}": {"type": "number"} for number in range(10_000)}))
    [shown] = [str(it) for it in schemas.parts(said, "")]
    assert shown.count("<tr>") == schemas.MOST_PARTS + 1
    assert "9,800 more" in shown


def test_long_rows_are_cut(built: Any) -> None:
    said = SCHEMA._replace(output=None, methods=())
    *_, shown = (str(it) for it in schemas.parts(said, json.dumps({"input": ["x" * 5_000]})))
    assert "x" * schemas.LONGEST not in shown
    assert "x" * (schemas.LONGEST - 1) + "..." in shown
