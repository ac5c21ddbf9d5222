"""Searching for metrics that several files of a version have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mreg import search
from mreg.annotations import entry
from mreg.annotations.entry import Annotation
from mreg.core.queries import Version
from mreg.search import SearchedVersion

WHEN = datetime(2026, 3, 3, tzinfo=UTC)
VERSION = Version("m", "v1.0.0", "m@v1.0.0", "c" * 40, WHEN, "A", "a@x", "m", True, (), ())
BROKEN = entry.unreadable("line 1")


def of(train: Any, test: Any) -> Annotation:
    files = {"train.json": train, "test.json": test}
    return Annotation(type="model", files={"metrics": files, "params": files})


BOTH, PART = of({"acc": 0.97, "n": 1}, {"acc": 0.5}), of({"acc": 0.97}, None)
OPEN = None


@pytest.mark.parametrize(
    ("annotation", "expression", "found"),
    [
        (BOTH, "metrics.acc<2", OPEN),
        (BOTH, "not metrics.acc<2", OPEN),
        (BOTH, "metrics.acc!=2", OPEN),
        (BOTH, "params.acc=2", OPEN),
        (BOTH, "metrics.n=1", True),
        (BOTH, "metrics.test.json:acc<0.6", True),
        (BOTH, 'metrics."test.json:acc"<0.6', True),
        (BOTH, "metrics.train.json:acc<0.6", False),
        (BOTH, "type=model or metrics.acc<2", True),
        (BOTH, "type=data and metrics.acc<2", False),
        (BOTH, "metrics.f1<2", False),
        (PART, "metrics.acc<2", OPEN),
        (PART, "metrics.f1<2", OPEN),
        (PART, "metrics.train.json:acc<2", True),
        (of({}, {"acc": None}), "metrics.acc<2", False),
        (BROKEN, "metrics.acc<2", OPEN),
        (BROKEN, "not type=model", OPEN),
        (BROKEN, "version=1 or type=model", True),
        (Annotation(inputs=(entry.Input(path="d"),), unread={"inputs": "item 2"}), "input=d", True),
        (Annotation(inputs=(entry.Input(path="d"),), unread={"inputs": "item 2"}), "input=e", OPEN),
        (None, "not type=model", True),
    ],
)
def test_what_cannot_be_told_is_neither_true_nor_false(
    annotation: Annotation | None, expression: str, found: bool | None
) -> None:
    query = search.parse(expression, now=WHEN)
    subject = SearchedVersion(VERSION, annotation=annotation)
    assert query.matches(subject) is bool(found)
    assert query.is_open(subject) is (found is OPEN)
    several = annotation in (BOTH, PART) and "f1" not in expression
    assert [it.subject for it in query.doubts(subject)] == ["m@v1.0.0"] * (
        several and found is OPEN
    )
    assert str(search.parse(str(query), now=WHEN)) == str(query)
