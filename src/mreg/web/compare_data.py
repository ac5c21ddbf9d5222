"""What the compare page knows of a model: columns over its versions, as a script hands them over.

A column of texts is written as where it changes: `[[0, "8"], [3, "7"], [5, null]]` is "8" in the
newest three versions, "7" in two more, and nothing from there on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from mreg.compare import diff
from mreg.core.tables import first_line
from mreg.net import hosts
from mreg.render import escape, json, numbers, sizes
from mreg.schemas import listing
from mreg.web import dates, frame, words
from mreg.web.values import Model

if TYPE_CHECKING:
    from mreg.annotations.entry import Input
    from mreg.compare.diff import Side
    from mreg.core.queries import Version
    from mreg.core.tenures import Tenure
    from mreg.dvc.whereabouts import Kept

FILE = "data.js"

_MOST, _LONGEST = 300, 200
"""So many rows are in a section, and characters in a text."""

_DIGITS = 12
_EXACT = 2**53
"""Up to here a script tells any two whole numbers apart."""

_UNKNOWN = "?"
"""What stands for a content that nobody looked at: `mreg diff` does."""

Run: TypeAlias = list[Any]


def script(model: Model) -> str:
    """Return what is known of a model as a call of `mreg`."""
    return frame.call("model", json.compact(as_dict(model)))


def as_dict(model: Model) -> dict[str, Any]:
    """Return what is known of a model, as plain values."""
    sides = model.sides
    versions = model.profile.versions[: len(sides)]
    authors = dict.fromkeys(it.author for it in versions)
    people = {name: number for number, name in enumerate(authors)}
    pulled = {it.version: it for it in model.profile.tenures if it.pulled and it.until}
    params = model.profile.comparison.table("params")
    return {
        "name": model.name,
        "page": model.page,
        "main": model.main,
        "address": model.repository.address,
        "host": hosts.comparison(model.repository.address),
        "plots": bool(model.plots and model.plots.each),
        "people": [_text(it) for it in people],
        "versions": [_version(it, people[it.author], pulled.get(it.version)) for it in versions],
        "metrics": _metrics(model, len(versions)),
        "params": [
            [_text(name), _texts(values[: len(versions)])]
            for name, values in [*params.items()][:_MOST]
        ],
        "schema": _section(map(_schema, sides)),
        "inputs": _section(map(_inputs, sides)),
        "requirements": _section(map(_requirements, sides)),
        "about": _section(map(_about, sides)),
    }


def _version(it: Version, person: int, pulled: Tenure | None) -> list[Any]:
    ended = "" if it.active else "deregistered"
    if pulled and pulled.until:
        ended = f"{words.pulled_from(pulled.ending, pulled.stage)} on {dates.day(pulled.until)}"
    return [
        it.version,
        int(it.created_at.timestamp()),
        it.commit[:_DIGITS],
        person,
        _text(words.of_version(it)),
        it.current,
        ended,
    ]


def _metrics(model: Model, count: int) -> list[list[Any]]:
    """Return the metrics in the page's order: name, 1 or -1 for what is better or 0, values."""
    found = model.profile.comparison
    rank = {it.name: number for number, it in enumerate(model.metrics)}
    values = found.table("metrics")
    known = sorted(found.metrics, key=lambda it: (rank.get(it.name, len(rank)), it.name))
    return [
        [_text(it.name), _WAYS[it.direction], [_number(one) for one in values[it.name][:count]]]
        for it in known[:_MOST]
    ]


_WAYS = {"higher": 1, "lower": -1, None: 0}


def _number(value: Any) -> Any:
    """Return a metric as a script can count with it; as a text where it cannot."""
    if value is None or (isinstance(value, int) and abs(value) < _EXACT):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return _shown(value)


def _shown(value: Any) -> str:
    return _text(numbers.shown(value))


def _text(text: str) -> str:
    """Return a text in which control characters are seen, no longer than a page has room for."""
    return escape.line(text[:_LONGEST])


def _texts(values: Iterable[Any]) -> list[Run]:
    """Return where values change, with what they are as texts."""
    return [[place, None if it is None else _shown(it)] for place, it in runs(values)]


def _requirements(side: Side) -> dict[str, str]:
    """Return the requirements by package; of a file that is no list of them, its content."""
    said = side.annotation.requirements if side.annotation else None
    if isinstance(said, str) and not side.contents:
        return {said: _UNKNOWN}
    if said and not isinstance(said, str):
        side = side._replace(requirements=said)
    return {
        name: _content(it.get("digest"), it.get("size")) if isinstance(it, dict) else it
        for name, it in diff.requirements(side).items()
    }


def _schema(side: Side) -> dict[str, str]:
    """Return what goes in and what comes out, by column, tensor or value."""
    said = side.annotation.schema if side.annotation else None
    if said is None:
        return {}
    found = {
        f"{which} {it.name}".rstrip(): it.words
        for which, parts in listing.of_model(said).items()
        for it in parts
    }
    return {**found, **({"methods": ", ".join(said.methods)} if said.methods else {})}


def _inputs(side: Side) -> dict[str, str]:
    """Return what a version was made from: by what it is, which of it.

    Of several that are one thing, such as two releases of a dataset, all are named.
    """
    found: dict[str, str] = {}
    for it in side.annotation.inputs if side.annotation else ():
        name, which = diff.input_name(it), _which(it, side)
        found[name] = f"{found[name]}; {which}" if name in found else which
    return found


def _which(it: Input, side: Side) -> str:
    if it.artifact:
        return it.artifact.partition("@")[2] or it.artifact
    if it.path and it.path in side.contents:
        return _kept(side.contents[it.path])
    return short(it.sha256) or (_UNKNOWN if it.path else "not fixed")


def _content(digest: str | None, size: int | None) -> str:
    return ", ".join(filter(None, (short(digest), sizes.size(size) if size is not None else "")))


def _kept(content: Kept) -> str:
    return _content(content.digest, content.size) or content.place


def short(digest: str | None) -> str:
    """Return the beginning of a digest, without the name of its kind."""
    return (digest or "").rpartition(":")[2][:_DIGITS]


def _about(side: Side) -> dict[str, str]:
    """Return what else is said of a version, its content first."""
    said = side.annotation
    if said is None:
        return {}
    content = side.contents.get(said.path) if said.path else None
    own = _kept(content) if content else _UNKNOWN if said.path else ""
    made = " ".join(filter(None, said.framework)) if said.framework else ""
    pairs = (
        ("content", own),
        ("path", said.path),
        ("SHA-256", short(said.sha256)),
        ("framework", made),
        ("type", said.type),
        ("owner", said.owner),
        ("licence", said.license),
        ("labels", ", ".join(said.labels)),
        ("description", first_line(said.description or "")),
    )
    return {name: text for name, text in pairs if text}


def _section(values: Iterable[Mapping[str, str]]) -> list[list[Any]]:
    """Return rows of a section: names, each with where its text changes over the versions."""
    known = list(values)
    names = list(dict.fromkeys(name for it in known for name in it))
    return [[_text(name), _texts(it.get(name) for it in known)] for name in names[:_MOST]]


def runs(values: Iterable[Any]) -> list[Run]:
    """Return where values change: the places, and what they are from there on.

    >>> runs(["8", "8", None])
    [[0, '8'], [2, None]]
    """
    found: list[Run] = []
    last: Any = None
    for place, it in enumerate(values):
        if last is not it and not numbers.same(last, it):
            found.append([place, it])
            last = it
    return found
