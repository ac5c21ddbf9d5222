"""Editing one field leaves every other byte of the file as it was."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mreg.annotations import document, edit, nodes
from mreg.annotations.edit import CannotEdit, Edit
from mreg.annotations.text import Unreadable
from yaml_texts import FULL, keys, nested, numbers, words

leaves = st.one_of(words, numbers, st.booleans(), st.none(), st.just("a\nb"), st.just("1.10"))
comments = st.sampled_from(["", "  # why", " #", "   # ä: {[\"'"])

# A strategy that is made once is checked once, which takes longer than a draw.
values = nested(leaves)
newlines = st.sampled_from(["\n", "\n", "\r\n"])
steps = st.sampled_from([1, 2, 4])
spaces = st.sampled_from([" ", " ", "  "])
quotes = st.sampled_from(["plain", "'", '"'])
forms = st.sampled_from(["scalar", "scalar", "mapping", "list", "flow", "block"])
heads = st.sampled_from(["|", ">", "|-"])
three_keys = st.lists(keys, min_size=1, max_size=3, unique=True)
four_keys = st.lists(keys, min_size=1, max_size=4, unique=True)
three_words = st.lists(words, min_size=1, max_size=3)
# A comment as deep as the text block before it would be part of that.
beside_blocks = st.lists(st.sampled_from(["", "# note"]), max_size=2)
anywhere = st.lists(st.sampled_from(["", "# note", "    # far"]), max_size=2)


class Spot(NamedTuple):
    """A generated file, cut where one field's value stands.

    Attributes:
        before: the text up to the value.
        value: the value's text.
        after: the text behind it.
        path: where the value is.
    """

    before: str
    value: str
    after: str
    path: tuple[str, ...]


def _quoted(draw: st.DrawFn, text: str) -> str:
    """Write a text in one of the ways in which people do."""
    style = draw(quotes)
    if style == "'" and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    if style == '"' and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return edit.in_line(text)


@st.composite
def files_with_a_spot(draw: st.DrawFn) -> Spot:
    """Draw a file of a few artifacts, with comments, odd spacing and quoting."""
    newline, step, names = draw(newlines), draw(steps), draw(three_keys)
    pieces: list[tuple[str, tuple[str, ...] | None]] = []

    def line(text: str) -> None:
        pieces.append((text + newline, None))

    blocks = draw(st.booleans())
    fillers = beside_blocks if blocks else anywhere

    def filler(indent: int) -> None:
        for text in draw(fillers):
            line(text if text.startswith("    ") or not text else " " * indent + text)

    def scalar(indent: int, path: tuple[str, ...]) -> None:
        space, value = draw(spaces), draw(leaves)
        text = _quoted(draw, value) if isinstance(value, str) else edit.in_line(value)
        pieces.append((f"{' ' * indent}{path[-1]}:{space}", None))
        pieces.append((text, path))
        line(draw(comments))

    filler(0)
    for name in names:
        line(f"{name}:{draw(comments)}")
        for field in draw(four_keys):
            filler(step)
            form = draw(forms)
            form = form if blocks or form != "block" else "scalar"
            if form == "scalar":
                scalar(step, (name, field))
            elif form == "mapping":
                line(f"{' ' * step}{field}:{draw(comments)}")
                for key in draw(three_keys):
                    scalar(2 * step, (name, field, key))
            elif form == "list":
                line(f"{' ' * step}{field}:")
                for item in draw(three_words):
                    line(f"{' ' * step}- {_quoted(draw, item)}{draw(comments)}")
            elif form == "flow":
                pieces.append((f"{' ' * step}{field}: ", None))
                pieces.append((edit.in_line(draw(values)), (name, field)))
                line(draw(comments))
            else:
                line(f"{' ' * step}{field}: {draw(heads)}")
                line(f"{' ' * (step + 2)}some text: # here")
                line(f"{' ' * (step + 2)}more")
        filler(0)
    spots = [at for at, (_, path) in enumerate(pieces) if path]
    if not spots:
        pieces += [(f"{names[0]}-x:{newline}  type: ", None), ("a", (f"{names[0]}-x", "type"))]
        line("")
        spots = [len(pieces) - 2]
    at = draw(st.sampled_from(spots))
    value, path = pieces[at]
    assert path is not None
    texts = [text for text, _ in pieces]
    return Spot("".join(texts[:at]), value, "".join(texts[at + 1 :]), path)


def read(text: str) -> Any:
    root = nodes.compose(text).root
    return root.plain() if root else {}


def at(content: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        content = content[key]
    return content


@settings(max_examples=200)
@given(files_with_a_spot(), values)
def test_setting_a_field_touches_its_value_alone(spot: Spot, value: Any) -> None:
    text = spot.before + spot.value + spot.after
    edited = edit.apply(text, [Edit(spot.path, value)])
    if repr(at(read(text), spot.path)) == repr(value):
        assert edited == text
    else:
        assert edited == spot.before + edit.in_line(value) + spot.after
    assert repr(at(read(edited), spot.path)) == repr(value)


@settings(max_examples=200)
@given(files_with_a_spot(), values)
def test_a_new_field_is_a_line_more(spot: Spot, value: Any) -> None:
    text = spot.before + spot.value + spot.after
    path = (*spot.path[:-1], "brand-new")
    edited = edit.apply(text, [Edit(path, value)])
    assert at(read(edited), path) == value
    assert is_with_more(text.splitlines(keepends=True), edited.splitlines(keepends=True))


@settings(max_examples=200)
@given(files_with_a_spot())
def test_taking_a_field_away_takes_its_line_alone(spot: Spot) -> None:
    text = spot.before + spot.value + spot.after
    edited = edit.apply(text, [Edit(spot.path, remove=True)])
    holder = at(read(edited), spot.path[:-1])
    assert spot.path[-1] not in holder
    if holder:
        assert is_with_more(edited.splitlines(keepends=True), text.splitlines(keepends=True))
        assert text.count("\n") == edited.count("\n") + 1
    else:  # YAML has no other way to write an empty mapping
        before, after = text.splitlines(keepends=True), edited.splitlines(keepends=True)
        key = next(
            at for at, pair in enumerate(zip(before, after, strict=False)) if len(set(pair)) > 1
        )
        assert after[key].replace(": {}", ":", 1) == before[key]
        assert is_with_more(after[key + 1 :], before[key + 1 :])


@settings(max_examples=100)
@given(files_with_a_spot())
def test_removing_an_artifact_takes_its_lines_alone(spot: Spot) -> None:
    text = spot.before + spot.value + spot.after
    edited = edit.apply(text, [Edit(spot.path[:1], remove=True)])
    expected = read(text)
    del expected[spot.path[0]]
    assert repr(read(edited)) == repr(expected)
    assert is_with_more(edited.splitlines(keepends=True), text.splitlines(keepends=True))


def is_with_more(fewer: list[str], more: list[str]) -> bool:
    """Tell whether the one is the other with a run of lines put in."""
    start = 0
    while start < len(fewer) and fewer[start] == more[start]:
        start += 1
    rest = len(fewer) - start
    return rest == 0 or fewer[start:] == more[len(more) - rest :]


@pytest.mark.parametrize(
    ("text", "changes", "expected"),
    [
        ("", [Edit(("a", "type"), "model")], "a:\n  type: model\n"),
        ("# only a comment", [Edit(("a",), {})], "# only a comment\na: {}\n"),
        ("---\n", [Edit(("a", "type"), "model")], "---\na:\n  type: model\n"),
        ("a:\n", [Edit(("a", "type"), "model")], "a:\n  type: model\n"),
        ("a: # c\n# d\n", [Edit(("a", "type"), "m")], "a: # c\n  type: m\n# d\n"),
        ("a:\n  b: 1", [Edit(("a", "c"), 2)], "a:\n  b: 1\n  c: 2\n"),
        ("a:\r\n  b: 1\r\n", [Edit(("a", "c"), 2)], "a:\r\n  b: 1\r\n  c: 2\r\n"),
        ("\ufeffa: {b: 1}\n", [Edit(("a", "c"), 2)], "\ufeffa: {b: 1, c: 2}\n"),
        ("a: {}\n", [Edit(("a", "c", "d"), 2)], "a: {c: {d: 2}}\n"),
        ("a: {b: 1, c: 2}\n", [Edit(("a", "b"), remove=True)], "a: {c: 2}\n"),
        ("a: {b: 1, c: 2}\n", [Edit(("a", "c"), remove=True)], "a: {b: 1}\n"),
        ("a: {b: 1}\n", [Edit(("a", "b"), remove=True)], "a: {}\n"),
        ("a:\n    b:\n", [Edit(("a", "b", "c"), 1)], "a:\n    b:\n        c: 1\n"),
        ("a:\n  l: [x]\n", [Edit(("a", "l"), "z", add=True)], "a:\n  l: [x, z]\n"),
        ("a:\n  l: []\n", [Edit(("a", "l"), "z", add=True)], "a:\n  l: [z]\n"),
        ("a:\n  l: [x]\n", [Edit(("a", "l"), "x", add=True)], "a:\n  l: [x]\n"),
        (
            "a:\n  l:\n  - x # c\n",
            [Edit(("a", "l"), "z", add=True)],
            "a:\n  l:\n  - x # c\n  - z\n",
        ),
        ("a:\n  b: 1\n", [Edit(("a", "l"), "z", add=True)], "a:\n  b: 1\n  l: [z]\n"),
        (
            "a:\n  b: # d\n    c: 1 # e\n",
            [Edit(("a", "b", "c"), remove=True)],
            "a:\n  b: {} # d\n",
        ),
        (  # what stood in a block stays in one
            "a:\n    b: # d\n        c: 1 # e\n    z: 1\n",
            [Edit(("a", "b"), {"c": {"d": 2}, "l": [{"x": 2}]})],
            "a:\n    b: # d\n      c:\n        d: 2\n      l:\n        - x: 2\n    z: 1\n",
        ),
        ("a: 'x'  # c\n", [Edit(("a",), "it's")], 'a: "it\'s"  # c\n'),
        ("a: |\n  x\n\nb: 1\n", [Edit(("a",), "z")], "a: z\n\nb: 1\n"),
        ("a:\n  b: 1 # gone\n# kept\n", [Edit(("a",), remove=True)], "# kept\n"),
    ],
)
def test_edits(text: str, changes: list[Edit], expected: str) -> None:
    assert edit.apply(text, changes) == expected


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("a: 1\n", Edit(("a", "b"), 1)),
        ("a:\n  l: x\n", Edit(("a", "l"), "z", add=True)),
        ("a: {b}\n", Edit(("a", "b"), 1)),
        ("a:\n  b: |\n    text\n  c: 1\n    # text, without c\n", Edit(("a", "c"), remove=True)),
        ("a: 1\n...\n", Edit(("a",), "\udcff")),
    ],
)
def test_what_cannot_be_done_without_harm_is_refused(text: str, change: Edit) -> None:
    with pytest.raises(CannotEdit):
        edit.apply(text, [change])


@pytest.mark.parametrize("text", ["- a\n", "a: *b\n", "a: 1\na: 2\n", "a: [\n"])
def test_a_file_that_cannot_be_read_is_not_edited(text: str) -> None:
    with pytest.raises(Unreadable):
        edit.apply(text, [Edit(("b",), 1)])


@given(nested(leaves | st.sampled_from(["yes", "on", "1_000", "12:30", "2024-01-01", "<<", "="])))
def test_a_value_written_in_a_line_reads_back(value: Any) -> None:
    assert repr(document.load(f"a: {edit.in_line(value)}\n".encode())) == repr({"a": value})


def test_several_edits_of_a_full_file_leave_the_rest() -> None:
    changes = [
        Edit(("churn", "metrics", "accuracy"), 0.95),
        Edit(("churn", "labels"), "new", add=True),
        Edit(("churn", "owner"), remove=True),
        Edit(("raw", "description"), "Raw: data"),
    ]
    expected = (
        FULL.replace("0.93", "0.95")
        .replace('"weekly run"]', '"weekly run", new]')
        .replace("  owner: data@example.com\n", "")
        .replace(
            "  path: s3://bucket/raw\n", '  path: s3://bucket/raw\n  description: "Raw: data"\n'
        )
    )
    assert edit.apply(FULL, changes) == expected
