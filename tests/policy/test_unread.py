"""What an annotation says that nobody can read opens no gate.

An annotation that a gate refuses is changed at random, as by hand or on purpose: a typo, a list for
a mapping, one bad item among good ones, a file that is broken. The gate may take it only where the
fact that it asks for holds then; and what the fact is, is told here from the plain values.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handmade import commit, history
from mreg.annotations import sources
from mreg.annotations.entry import Annotation
from mreg.annotations.sources import Wanted
from mreg.core.diagnostics import Diagnostic
from mreg.core.replay import History
from mreg.governance.evaluate import PolicyEvaluator, Wish
from mreg.policy import gates
from mreg.policy.case import Signer
from mreg.policy.model import (
    Bound,
    Compatibility,
    Gate,
    Governing,
    NoRegression,
    Requirements,
    Settings,
)
from repositories import opened

HISTORIES = {
    "churn": history(("churn@v0.9.0", "b"), ("churn#prod#1", "b"), ("churn@v1.0.0", "a")),
    "data": history(("data@v1.0.0", "c"), ("data#prod#1", "c"), ("data@v2.0.0", "d")),
}
"""v0.9.0 of churn holds prod, and v1.0.0 is to go there; of data v1.0.0 holds prod, v2.0.0 none."""

CANDIDATE, HOLDER = commit("a"), commit("b")


class Tree(NamedTuple):
    """Files in commits, by commit and path."""

    files: Mapping[tuple[str, str], bytes]

    @property
    def readings(self) -> None:
        """Nothing was read before."""

    def find(self, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str | None]:
        return {it: "/".join(it) if it in self.files else None for it in wanted}

    def elsewhere(self, wanted: object, reader: object) -> dict[tuple[str, str], bytes]:
        return {}

    def read(self, oids: Iterable[str], *, limit: int) -> Iterator[tuple[str, bytes | None]]:
        for oid in oids:
            start, _, path = oid.partition("/")
            yield oid, self.files[start, path][:limit]


class Asked(PolicyEvaluator):
    """A policy that is asked of files and histories in memory."""

    def __init__(self, gate: Gate, types: frozenset[str] | None, tree: Tree) -> None:
        made = Settings(types=types, register=gate, stages={"prod": gate})
        super().__init__(opened(Path("/nowhere")), Governing(made))
        self._tree = tree

    def read(self, wanted: Sequence[Wanted]) -> list[Annotation | Diagnostic | None]:
        return sources.read(wanted, self._tree)

    def history(self, artifact: str) -> History:
        return HISTORIES.get(artifact) or History(artifact, [])


class Asking(NamedTuple):
    """A gate, an entry that it refuses, and what has to be so for it to pass."""

    requires: Requirements
    refused: dict[str, Any]
    holds: Callable[[Any, Any], bool]
    types: frozenset[str] | None = None
    schema: Compatibility | None = None


def said(entry: Any, field: str) -> Any:
    """Return what an entry that is a mapping says; a text that stands for no field is nothing."""
    return entry.get(field) if isinstance(entry, dict) else None


def is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def is_described(entry: Any, _: Any) -> bool:
    return is_text(said(entry, "description")) or is_text(said(entry, "desc"))


def is_labelled(entry: Any, _: Any) -> bool:
    labels = said(entry, "labels")
    return isinstance(labels, list) and all(isinstance(it, str) for it in labels) and any(labels)


def is_of_a_type(entry: Any, _: Any) -> bool:
    """A version that is of no type passes; that is so where its entry says none."""
    return entry is None or (isinstance(entry, dict) and said(entry, "type") in (None, "model"))


def metrics_of(entry: Any) -> dict[str, float] | None:
    """Return the metrics, if there are any that can be read."""
    found = said(entry, "metrics")
    numbers = isinstance(found, dict) and all(type(it) in (int, float) for it in found.values())
    return found if numbers else None


def is_good(entry: Any, _: Any) -> bool:
    return (metrics_of(entry) or {}).get("auc", 0) >= 0.9


def is_no_worse(entry: Any, holder: Any) -> bool:
    now = (metrics_of(entry) or {}).get("auc")
    if holder is None or (isinstance(holder, dict) and said(holder, "metrics") is None):
        return now is not None
    before = metrics_of(holder)
    return now is not None and before is not None and now >= before.get("auc", 0)


def methods_of(entry: Any) -> set[str] | None:
    """Return the methods that a schema says, if it can be read as a whole."""
    schema = said(entry, "schema")
    if not isinstance(schema, dict):
        return set() if schema is None and isinstance(entry, dict | None) else None
    parts = {key: it for key, it in schema.items() if it is not None}
    methods = parts.get("methods", [])
    if not isinstance(methods, list) or not all(isinstance(it, str) for it in methods):
        return None
    if not isinstance(parts.get("example", ""), str):
        return None
    if not all(isinstance(parts.get(it, {}), dict) for it in ("input", "output")):
        return None
    return set(methods)


def has_all_methods(entry: Any, holder: Any) -> bool:
    """Tell whether callers may stay; a schema without methods takes none of them away."""
    before, now = methods_of(holder), methods_of(entry)
    if before is None or now is None:
        return before == set()
    return not before or before <= now


def are_in_prod(entry: Any, _: Any) -> bool:
    """An entry that says nothing names no artifact that it was made from, either."""
    inputs = said(entry, "inputs")
    if not isinstance(entry, dict | None) or not isinstance(inputs, list | None):
        return False
    return all(map(is_in_prod, inputs or []))


def is_in_prod(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    named = {key: value for key, value in item.items() if value is not None}
    if not named.keys() <= {"path", "artifact", "url", "sha256", "role"}:
        return False
    if named.keys() & {"path", "url"}:
        return "artifact" not in named and is_text(named.get("path") or named.get("url"))
    return named.get("artifact") in ("data@v1.0.0", "data@1.0.0", "data#prod")


WELL_FORMED = {
    "type": "model",
    "path": "model.json",
    "description": "Who will leave",
    "labels": ["tabular"],
    "metrics": {"auc": 0.95, "loss": 0.1},
    "inputs": [{"artifact": "data@v1.0.0"}, {"path": "train.csv", "role": "training"}],
    "schema": {"methods": ["predict", "transform"], "example": "rows.json"},
}

ASKING = {
    "type": Asking(Requirements(), {"type": "secret"}, is_of_a_type, frozenset({"model"})),
    "fields": Asking(Requirements(fields=("description",)), {"description": ""}, is_described),
    "labels": Asking(Requirements(fields=("labels",)), {"labels": []}, is_labelled),
    "metrics": Asking(
        Requirements(bounds=(Bound("auc", ">=", 0.9),)), {"metrics": {"auc": 0.5}}, is_good
    ),
    "no_regression": Asking(
        Requirements(no_regression=(NoRegression("auc"),)), {"metrics": {"auc": 0.5}}, is_no_worse
    ),
    "inputs": Asking(
        Requirements(inputs="prod"),
        {"inputs": [{"artifact": "data@v2.0.0"}, {"artifact": "data@v1.0.0"}]},
        are_in_prod,
    ),
    "schema": Asking(
        Requirements(), {"schema": {"methods": ["predict"]}}, has_all_methods, schema="compatible"
    ),
}
ONLY_COMPARED = ("no_regression", "schema")
"""The rules that hold a version against the one in the stage."""

JUNK: tuple[Any, ...] = (
    None,
    "",
    " ",
    "x",
    3,
    0.99,
    True,
    [],
    {},
    ["x"],
    [None],
    {"auc": 0.99},
    {"x": {}},
    [{}],
)
KEYS = ("Artifact", "artefact", "input", "inputs ", "x", "repo", "path", "desc", "type")


@st.composite
def mutated(draw: st.DrawFn, value: Any) -> Any:
    """Draw a value that differs in one place, or a few, from another."""
    changed = deepcopy(value)
    for _ in range(draw(st.integers(1, 3))):
        changed = draw(mutated_once(changed))
    return changed


@st.composite
def mutated_once(draw: st.DrawFn, value: Any) -> Any:
    if isinstance(value, (dict, list)) and value and draw(st.integers(0, 3)):
        at = draw(st.sampled_from([*value] if isinstance(value, dict) else range(len(value))))
        inner = draw(st.sampled_from(["into", "into", "drop", "rename", "add"]))
        if inner == "into":
            value[at] = draw(mutated_once(value[at]))
        elif inner == "drop":
            del value[at]
        elif isinstance(value, dict):
            taken = value.pop(at) if inner == "rename" else draw(st.sampled_from(JUNK))
            value[draw(st.sampled_from(KEYS))] = taken
        else:
            value.insert(at, draw(st.sampled_from(JUNK)))
        return value
    wrap = draw(st.sampled_from(["junk", "list", "mapping"]))
    if wrap == "junk":
        return deepcopy(draw(st.sampled_from(JUNK)))
    return [value] if wrap == "list" else {draw(st.sampled_from(KEYS)): value}


def file(entry: Any) -> bytes:
    return json.dumps({"churn": entry}).encode()


def failing(asking: Asking, action: str, files: Mapping[tuple[str, str], bytes]) -> set[str]:
    """Return the rules that fail for v1.0.0 of churn."""
    gate = Gate(requires=asking.requires, schema=asking.schema)
    police = Asked(gate, asking.types, Tree(files))
    stage = "prod" if action == "promote" else None
    wish = Wish(action, "v1.0.0", stage, CANDIDATE)  # type: ignore[arg-type]
    case = police.case(wish, HISTORIES["churn"], Signer("Ann", "ann@example.com"))
    return {it.rule for it in gates.check(police.settings, case) if not it.passed}


def of(entry: Any, holder: Any = None) -> dict[tuple[str, str], bytes]:
    """Return the files in which v1.0.0 has an entry; that of v0.9.0 is a good one, or another."""
    kept = WELL_FORMED if holder is None else holder
    return {(CANDIDATE, "artifacts.yaml"): file(entry), (HOLDER, "artifacts.yaml"): file(kept)}


@pytest.mark.parametrize("action", ["register", "promote"])
@pytest.mark.parametrize("rule", ASKING)
def test_each_gate_takes_what_is_well_formed_and_true(rule: str, action: str) -> None:
    asking = ASKING[rule]
    refused = {**WELL_FORMED, **asking.refused}
    assert asking.holds(WELL_FORMED, WELL_FORMED)
    assert not asking.holds(refused, WELL_FORMED)
    assert failing(asking, action, of(WELL_FORMED)) == set()
    applies = rule not in ONLY_COMPARED or action != "register"
    assert bool(failing(asking, action, of(refused))) == applies


@pytest.mark.parametrize("rule", ASKING)
@settings(max_examples=max(200, settings().max_examples))
@given(st.data())
def test_a_change_opens_no_gate_unless_it_makes_the_fact_true(
    rule: str, data: st.DataObject
) -> None:
    asking = ASKING[rule]
    entry = data.draw(mutated({**WELL_FORMED, **asking.refused}))
    taken = not failing(asking, "promote", of(entry))
    assert not taken or asking.holds(entry, WELL_FORMED)


@pytest.mark.parametrize("rule", ONLY_COMPARED)
@settings(max_examples=max(200, settings().max_examples))
@given(holder=mutated(WELL_FORMED))
def test_a_change_of_what_the_holder_says_opens_none_either(rule: str, holder: Any) -> None:
    asking = ASKING[rule]
    entry = {**WELL_FORMED, **asking.refused}
    taken = not failing(asking, "promote", of(entry, holder if holder is not None else {}))
    assert not taken or asking.holds(entry, holder)


BROKEN = (b"churn: [", b"churn: {}\nchurn: {}\n", b"\xff\xfe", b"- churn\n", b"churn: &a [*a]\n")
BESIDE = b"artifacts: {churn: {path: m, type: model, desc: x, labels: [x], inputs: []}}\n"


@pytest.mark.parametrize("raw", BROKEN)
@pytest.mark.parametrize("rule", ASKING)
def test_what_stands_beside_a_file_that_is_broken_is_not_all(rule: str, raw: bytes) -> None:
    """A dvc.yaml that names the artifact as well does not speak for what artifacts.yaml hides."""
    files = {**of(WELL_FORMED), (CANDIDATE, "artifacts.yaml"): raw}
    assert failing(ASKING[rule], "promote", files)
    assert failing(ASKING[rule], "promote", {**files, (CANDIDATE, "dvc.yaml"): BESIDE})


@pytest.mark.parametrize("raw", BROKEN)
@pytest.mark.parametrize("rule", ONLY_COMPARED)
def test_a_holder_whose_file_is_broken_is_not_one_that_says_nothing(rule: str, raw: bytes) -> None:
    asking = ASKING[rule]
    files = of({**WELL_FORMED, **asking.refused})
    assert failing(asking, "promote", {**files, (HOLDER, "artifacts.yaml"): raw})


@pytest.mark.parametrize(
    "items",
    [
        ["data@v2.0.0"],
        "data@v2.0.0",
        {"artifact": "data@v2.0.0"},
        [{"artifact": "data@v1.0.0"}, "data@v2.0.0"],
        [{"artifact": "data@v1.0.0"}, None],
        [{"artifact": "data@v1.0.0"}, {}],
        [{"artifact": ["data@v2.0.0"]}],
        [{"artefact": "data@v2.0.0", "path": "x"}],
        [{"artifact": ""}],
        [{"artifact": "data@v1.0.0", "repo": ""}],
        [{"artifact": "data@v1.0.0", "path": "x"}],
        [{"repo": "https://example.com/data.git"}],
        [{"artifact": "data@v3.0.0"}],
        [{"artifact": "data@v1.0.0#prod"}],
        [{"path": "x", "repo": "https://example.com/data.git"}],
    ],
)
def test_inputs_that_cannot_be_read(items: Any) -> None:
    entry = {**WELL_FORMED, "inputs": items}
    assert failing(ASKING["inputs"], "promote", of(entry)) == {"inputs"}
    assert failing(ASKING["inputs"], "register", of(entry)) == {"inputs"}
