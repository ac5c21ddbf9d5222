"""The fast reader reads what it reads as the full parser does, and that as ruamel.yaml does."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mreg.annotations import document, nodes, plain
from mreg.annotations.text import Unreadable
from yaml_texts import FULL, yaml_like

NOT_A_MAPPING = "not a mapping"


def by_parser(text: str) -> Any:
    composed = nodes.compose(text)
    if composed.twins:
        raise Unreadable("MA011", "twins")
    return composed.root.plain() if composed.root else None


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same: also in type, and NaN is NaN."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


@settings(max_examples=600)
@given(yaml_like())
@example("a: b\n  c\n")
@example("a:\n- b\n- c: 1\n  d: 2\n")
@example("a: -\n")
@example("- a\n-\n")
@example("a: 'x'y\n")
@example("a: [a, 'b c', \"d\"]\n")
@example("a: [a, ]\n")
@example("a: {b: 1, b: 2}\n")
@example("a: x #\n")
@example("a:\n  b: 1\n c: 2\n")
@example("-  a: 1\n   b: 2\n")
def test_what_the_fast_reader_reads_the_parser_reads_the_same(text: str) -> None:
    try:
        fast = plain.parse(text)
    except plain.NotPlain:
        return
    assert same(fast, by_parser(text)), text


_SOUND = [
    *("{}: 1", "{}: |\n  x\n  - y", "{}: |+\n  x\n", "{}: >-\n  x\n\n  k: y", '{}: "\\"x"'),
    *("{}: 'x\n  y'", "{}: 'x\n k: y'", "{}: [1,\n  2]", "{}:\n  k: x\n  l: |\n    y"),
    *("{}: x\n  y", "{}:\n- x\n- y: |\n    z", "'{}': !!str x", "# note", ""),
    *("{}: &x [1]", "{}: *x", "{}:"),
]
_BROKEN = [
    *("{}: 'x", "{}: y'", "{}: [1,", "{}: 2]", "text", "- h", "{}: |\n x", " {}: 1", "{}: x: y"),
]
# A strategy that is made once is checked once, which takes longer than a draw.
_PIECES = [
    st.lists(st.sampled_from(it), min_size=1, max_size=6) for it in (_SOUND + _BROKEN, _SOUND)
]
_MARGINS = st.sampled_from([" ", "  ", "    "])
_KEYS = st.sampled_from("abcdefghij")
_NAMES = st.sampled_from(["m:", "m:", "m:", "m: ", "m: # c", "m: |", "a: &x"])


@st.composite
def entry_like(draw: st.DrawFn) -> str:
    """Draw an entry whose fields go over several lines, or break off."""
    pieces, margin = _PIECES[draw(st.booleans())], draw(_MARGINS)
    fields = [piece.format(draw(_KEYS)) for piece in draw(pieces)]
    lines = "\n".join(fields).split("\n")
    return "\n".join([draw(_NAMES), *(margin + it if it else it for it in lines)]) + "\n"


@settings(max_examples=600)
@given(yaml_like() | entry_like())
@example("m:\n  a: 1\n  a: |\n    x\n")
@example("m:\n  a: 1\n  b: |+\n    x\n\n\n  c: 2\n")
@example("m:\n  a: 'x\n  b: y'\n")
@example("m:\n  text\n  b: |\n    x\n")
@example("null\nnull\n")
@example("1:\n...\na:\n")
@example("a: 'b\nc: d'\n")
@example("a: [b,\nc]\n")
def test_a_file_reads_the_same_cut_into_entries_and_whole(text: str) -> None:
    """Also where something goes on from one entry to the next."""
    try:
        expected = by_parser(text)
    except Unreadable:
        expected = NOT_A_MAPPING
    if expected is None:
        expected = {}
    if not isinstance(expected, dict):
        expected = NOT_A_MAPPING
    try:
        found: Any = document.load(text.encode())
    except Unreadable:
        found = NOT_A_MAPPING
    assert same(found, expected), text


def agree(ours: Any, theirs: Any) -> bool:
    """Tell whether a value is what ruamel.yaml made of it.

    It reads dates and numbers with underscores, which the core schema of YAML 1.2 takes for texts,
    and its keys are of any type.
    """
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return all(
            (key == other or not isinstance(other, str)) and agree(ours[key], theirs[other])
            for key, other in zip(ours, theirs, strict=True)
        )
    if isinstance(ours, list) and isinstance(theirs, list):
        return all(agree(*pair) for pair in zip(ours, theirs, strict=True))
    if isinstance(ours, str) and ("_" in ours or isinstance(theirs, date)):
        return isinstance(theirs, (str, int, float, date))
    return same(ours, theirs)


@settings(max_examples=300)
@given(yaml_like())
def test_the_parser_reads_what_ruamel_reads(text: str) -> None:
    try:
        ours = by_parser(text)
        theirs = YAML(typ="safe", pure=True).load(text)
    except (Unreadable, YAMLError, ValueError):
        return
    if "<<" not in text:  # to ruamel.yaml a merge, which the core schema does not have
        assert agree(ours, theirs), text


def test_a_file_as_people_write_it_is_read_without_the_parser(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(nodes, "compose", None)
    # One list of mappings in brackets is more than plain.
    simple = FULL.replace("[{name: age, type: long}]", "[age]")
    assert document.load(simple.encode())["churn"]["framework"] == {
        "name": "scikit-learn",
        "version": "1.10",
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.10", 1.1),
        ("'1.10'", "1.10"),
        ("yes", "yes"),
        ("off", "off"),
        ("2024-01-01", "2024-01-01"),
        ("1_000", "1_000"),
        ("0x1F", 31),
        ("0o17", 15),
        ("017", 17),
        ("~", None),
        (".inf", math.inf),
        ("1" * 5000, "1" * 5000),
        ("12:30:45", "12:30:45"),
        ("https://example.com/a#b", "https://example.com/a#b"),
    ],
)
def test_scalars_mean_what_the_core_schema_says(text: str, value: object) -> None:
    raw = f"a: {text}\n"
    assert document.load(raw.encode()) == {"a": value} == by_parser(raw)


def test_what_was_read_may_be_changed() -> None:
    """Lines are remembered; the lists in them are no one else's."""
    text = "a: [1, 2]\nb: {c: 1}\n"
    first = plain.parse(text)
    first["a"].append(3)
    first["b"]["d"] = 2
    assert plain.parse(text) == {"a": [1, 2], "b": {"c": 1}}
