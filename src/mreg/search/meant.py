"""What a query may have meant that matches nothing, or that names a field which there is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from mreg.core.queries import closest, did_you_mean
from mreg.search.fields import FIELDS, OTHER_NAMES, WORDS
from mreg.search.query import FieldComparison, Node, Not, Or, Query
from mreg.search.scanner import quoted
from mreg.search.values import EQUAL

Names = Callable[[], Iterable[str]]
"""Returns the metrics and params that there are, such as "metrics.auc"."""

Values = Callable[[str], Iterable[str]]
"""Returns the texts that a field has, such as the names of stages."""

_LISTED = ("artifact", "stage", "assigned", "label", "type", "owner", "license")
"""The fields whose texts are a list, in which a mistyped one is looked for."""


def hint(query: Query, names: Names, values: Values) -> str:
    """Return "did you mean ...?" for a query that matches nothing; empty if nothing is like it."""
    return next(filter(None, (_of(it, names, values) for it in _parts(query.root))), "")


def values_like(wanted: str, known: Iterable[str], fields: Iterable[str] = ()) -> list[str]:
    """Return the metrics, params and fields that are closest to a name, typed without a section."""
    sections: dict[str, list[str]] = {}
    for it in known:
        name = it.partition(".")[2]
        for typed in dict.fromkeys((name, name.rpartition(".")[2])):  # often just the last part
            sections.setdefault(typed, []).append(it)
    close = closest(wanted, [*sections, *fields])
    return [whole for it in close for whole in sections.get(it, [it])]


def _parts(node: Node) -> Iterator[FieldComparison | str]:
    """Iterate over what is asked for: comparisons, and words that stand alone.

    What is excluded by `not` is left out: it is not why nothing matches.
    """
    if isinstance(node, FieldComparison):
        yield node
    elif word := _word(node):
        yield word
    elif not isinstance(node, Not):
        for it in node.parts:
            yield from _parts(it)


def _word(node: Node) -> str:
    """Return the word that is looked for in names, descriptions and labels; empty if none is."""
    if not isinstance(node, Or):
        return ""
    asked = [it for it in node.parts if isinstance(it, FieldComparison)]
    alike = tuple(it.field for it in asked) == WORDS and len({it.value for it in asked}) == 1
    return asked[0].value if alike else ""


def _of(part: FieldComparison | str, names: Names, values: Values) -> str:
    if isinstance(part, str):
        return _of_word(part, names, values)
    if part.field in ("metrics", "params"):
        known = [it for it in names() if it.startswith(f"{part.field}.")]
        name = ".".join(part.key)
        typed = f"{part.field}.{name}" in known
        return "" if typed else did_you_mean(values_like(name, known))
    if part.field not in _LISTED or part.operator != EQUAL:
        return ""
    known = [*values(part.field)]
    if part.value in known:
        return ""
    if close := closest(part.value, known):
        return did_you_mean([f"{part.field}={quoted(it)}" for it in close])
    within = any(part.value.lower() in it.lower() for it in known)
    return did_you_mean([f"{part.field}~{quoted(part.value)}"]) if within else ""


def _of_word(word: str, names: Names, values: Values) -> str:
    if "@" in word or "#" in word:
        return f"to show one version, run `mreg show {word}`"
    if re.fullmatch(r"v?[0-9]+(\.[0-9]+)+.*", word):
        return did_you_mean([f"version={quoted(word)}"])
    field, colon, value = word.partition(":")
    field = OTHER_NAMES.get(field, field)
    if colon and value and field in FIELDS:
        return did_you_mean([f"{field}={quoted(value)}"])
    artifacts, labels = values("artifact"), values("label")
    if any(word.lower() in it.lower() for it in (*artifacts, *labels)):
        return ""  # another word is why nothing matches
    shown: dict[str, list[str]] = {}
    for it in artifacts:
        shown.setdefault(re.split("[:/]", it)[-1], []).append(it)
    for name, texts in (("stage", values("stage")), ("label", labels), ("type", values("type"))):
        for it in texts:
            shown.setdefault(it, []).append(f"{name}={quoted(it)}")
    for it in names():
        shown.setdefault(it.partition(".")[2], []).append(it)
    return did_you_mean([one for it in closest(word, shown) for one in shown[it]])
