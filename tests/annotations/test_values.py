"""What a metric's name stands for in one version."""

from __future__ import annotations

from typing import Any

import pytest

from mreg.annotations import values
from mreg.annotations.entry import Annotation
from mreg.annotations.values import Unclear, Value
from mreg.errors import NotFound


def of(**files: dict[str, Any] | None) -> Annotation:
    return Annotation(files={"metrics": {f"{name}.json": it for name, it in files.items()}})


TWO = of(train={"acc": 0.97, "f1": 1}, test={"acc": 0.5})


@pytest.mark.parametrize(
    ("annotation", "name", "found"),
    [
        (Annotation(metrics={"acc": 1}), "acc", Value("", "acc", 1)),
        (of(test={"acc": 1}), "acc", Value("test.json", "acc", 1)),
        (of(test={"acc": 1}), "test.json:acc", Value("test.json", "acc", 1)),
        (of(test={"a:b.c": 1}), "test.json:a:b.c", Value("test.json", "a:b.c", 1)),
        (TWO, "test.json:acc", Value("test.json", "acc", 0.5)),
        (TWO, "f1", Value("train.json", "f1", 1)),
        (of(train={"acc": 1}, test=None), "train.json:acc", Value("train.json", "acc", 1)),
    ],
)
def test_a_name_that_says_which(annotation: Annotation, name: str, found: Value) -> None:
    assert values.find(annotation, "metrics", name) == found


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        (Annotation(), "acc"),
        (TWO, "auc"),
        (TWO, "eval.json:acc"),
        (TWO, "train.json:auc"),
        (of(test={"acc": 1}), "other/test.json:acc"),
        (of(test={"acc": 1}, train=None), "eval.json:acc"),
        # Nobody takes the place of a file's metric by giving a key its name.
        (of(train={"test.json:acc": 1}), "test.json:acc"),
        (Annotation(metrics={"test.json:acc": 1}), "test.json:acc"),
    ],
)
def test_a_name_of_nothing(annotation: Annotation, name: str) -> None:
    assert values.find(annotation, "metrics", name) is None


@pytest.mark.parametrize(
    ("annotation", "name", "why", "names"),
    [
        (TWO, "acc", "train.json:acc and test.json:acc have it",
         ("train.json:acc", "test.json:acc")),
        (of(train={"acc": 1}, test={"acc": 1}), "acc", "train.json:acc and test.json:acc have it",
         ("train.json:acc", "test.json:acc")),
        (of(train={"acc": 1}, test={"acc": None}), "acc",
         "train.json:acc and test.json:acc have it", ("train.json:acc", "test.json:acc")),
        (of(train={"acc": 1}, test=None), "acc",
         "train.json:acc has it, and test.json cannot be read, and may contain acc",
         ("train.json:acc",)),
        (of(test=None), "acc", "test.json cannot be read, and may contain acc", ()),
        (of(test=None), "test.json:acc", "test.json cannot be read, and may contain test.json:acc",
         ()),
        (of(test={"acc": None}), "acc", "test.json:acc is not a number", ()),
        (Annotation(metrics={"acc": 1}, unread={"metrics": "it is a list"}), "acc",
         "it is a list", ()),
    ],
)  # fmt: skip
def test_a_name_that_does_not_say_which(
    annotation: Annotation, name: str, why: str, names: tuple[str, ...]
) -> None:
    blank = why.endswith("is not a number")
    assert values.find(annotation, "metrics", name) == Unclear(why, names, blank)


def test_params_may_be_null_and_nested() -> None:
    of_file = Annotation(files={"params": {"p.yaml": {"seed": None}}})
    assert values.find(of_file, "params", "seed") == Value("p.yaml", "seed", None)
    in_line = Annotation(params={"opt": {"lr": 0.1}})
    assert values.find(in_line, "params", "opt.lr") == Value("", "opt.lr", 0.1)


def test_short_names_are_those_that_are_found_again() -> None:
    files: Any = {"a.json": {"x": 1, "y": 2, "b.json:y": 3}, "b.json": {"x": 1, "z": None}}
    found = values.short(files, "metrics")
    assert found == {"a.json:x": 1, "b.json:x": 1, "y": 2, "a.json:b.json:y": 3}
    annotation = Annotation(files={"metrics": files})
    for name, value in found.items():
        meant = values.find(annotation, "metrics", name)
        assert isinstance(meant, Value)
        assert meant.value == value


SAID = Annotation(
    type="model",
    labels=("a", "b"),
    metrics={"acc": float("nan")},
    params={"model": {"max.depth": 3}},
    custom={"team": {"name": "x", "none": None}},
)


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ("type", "model"),
        ("labels", ["a", "b"]),
        ("metrics", {"acc": "nan"}),
        ("metrics.acc", "nan"),
        ("params.model.max.depth", 3),
        ("custom.team.name", "x"),
        ("meta.team", {"name": "x", "none": None}),
    ],
)
def test_a_field_is_looked_up(field: str, found: object) -> None:
    assert values.look_up(SAID, field, of="churn") == found


@pytest.mark.parametrize(
    ("annotation", "field", "said", "hint"),
    [
        (SAID, "typ", "churn has no typ", "did you mean type?"),
        (SAID, "path", "churn has no path", "run `mreg show churn` to list its fields"),
        (SAID, "custom.team.none", "churn has no custom.team.none", "to list its fields"),
        (SAID, "type.of.it", "churn has no type.of.it", "to list its fields"),
        (TWO, "metrics.acc", "train.json:acc and test.json:acc have it",
         "metrics.train.json:acc or metrics.test.json:acc"),
    ],
)  # fmt: skip
def test_a_field_that_is_not_there(
    annotation: Annotation, field: str, said: str, hint: str
) -> None:
    with pytest.raises(NotFound) as caught:
        values.look_up(annotation, field, of="churn")
    assert said in str(caught.value)
    assert hint in caught.value.hint
