"""A model card, from material made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from handmade import event
from mreg.annotations.entry import Annotation, Input
from mreg.core.queries import Version
from mreg.dvc.whereabouts import Kept
from mreg.export import card
from mreg.export.material import ExportOptions, Material
from mreg.lineage.graph import Lineage, Node

EVENT = event("churn@v1.0.0")
VERSION = Version(
    *("churn", "v1.0.0", EVENT.tag, EVENT.commit, EVENT.created_at, "Ann", "a@x.org", "", True),
    ("prod",),
    ("prod",),
)
FACTS = {"oid": "f" * 40, "files": None, "size": 12, "pointer": None}
NOTHING = Lineage(("1",), "up", (Node("1", "file", "m.pkl", FACTS),), ())


def material(content: Kept | None = None, **said: Any) -> Material:
    annotation = Annotation(**{"path": "m.pkl", **said})
    contents = {content.path: content} if content else {}
    return Material(VERSION, EVENT, annotation, contents, (), NOTHING, ExportOptions(), "1.0.0")


@pytest.mark.parametrize(
    ("place", "command"),
    [
        ("git", "git switch --detach churn@v1.0.0"),
        ("lfs", "git lfs pull --include m.pkl"),
        ("annex", "git annex get m.pkl"),
        ("dvc", "dvc pull m.pkl"),
    ],
)
def test_how_to_get_it(place: str, command: str) -> None:
    text = card.text(material(Kept("m.pkl", place)))
    assert f"    {command}\n" in text
    assert "    mreg get churn@v1.0.0 --repo URL\n" in text


@pytest.mark.parametrize("place", ["absent", "damaged"])
def test_what_is_not_there_is_not_promised(place: str) -> None:
    assert "mreg get" not in card.text(material(Kept("m.pkl", place)))


def test_what_is_elsewhere_is_named() -> None:
    url = "https://example.com/m.pkl"
    text = card.text(material(Kept(url, "outside"), path=url))
    assert "It is at" in text
    assert "git switch" not in text


def test_metrics_take_a_task_and_what_they_were_measured_on() -> None:
    said: dict[str, Any] = {"metrics": {"accuracy": 0.9}, "labels": ("tabular-classification",)}
    inputs = (Input(path="test.csv", role="validation"),)
    assert [it[:14] for it in card.missing(material(**said))] == ["no model-index"]
    found = material(**said, inputs=inputs)
    assert list(card.missing(found)) == []
    [result] = card.front_matter(found)["model-index"][0]["results"]
    assert result["task"] == {"type": "tabular-classification"}
    assert result["dataset"] == {"type": "test.csv", "name": "test.csv"}


def test_of_two_validation_sets_none_is_chosen() -> None:
    both = tuple(Input(path=it, role="validation") for it in ("a.csv", "b.csv"))
    found = material(metrics={"accuracy": 0.9}, labels=("tabular-classification",), inputs=both)
    assert "model-index" not in card.front_matter(found)


def test_the_wishes_count_for_more() -> None:
    wishes = ExportOptions("tabular-regression", "acme/test")
    found = material(metrics={"mse": 1}, labels=("tabular-classification",))._replace(wishes=wishes)
    assert card.front_matter(found)["pipeline_tag"] == "tabular-regression"
    assert list(card.missing(found)) == []
