"""What the compare page knows of a model: columns over its versions, as a script hands them over.

A column of texts is written as where it changes: `[[0, "8"], [3, "7"], [5, null]]` is "8" in the
newest three versions, "7" in two more, and nothing from there on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from mreg.compare import diff
from mreg.core.tables import first_line
from mreg.core.times import EPOCH
from mreg.render import escape, json, numbers, sizes
from mreg.web import dates, frame, hosts
from mreg.web.values import Model

if TYPE_CHECKING:
    from mreg.compare.diff import Side
    from mreg.core.queries import Version

FILE = "data.js"

_MOST, _LONGEST = 300, 200
"""So many rows are in a section, and characters in a text."""

_DIGITS = 12
_EXACT = 2**53
"""Up to here a script tells any two whole numbers apart."""

Run: TypeAlias = list[Any]


def script(model: Model) -> str:
    """Return what is known of a model as a call of `mreg`."""
    return frame.call("model", json.dumps(as_dict(model)))


def as_dict(model: Model) -> dict[str, Any]:
    """Return what is known of a model, as plain values."""
    sides = model.sides
    versions = model.profile.versions[: len(sides)]
    people = list(dict.fromkeys(it.author for it in versions))
    return {
        "name": model.name,
        "page": model.page,
        "main": model.main,
        "address": model.repository.address,
        "host": hosts.comparison(model.repository.address),
        "plots": bool(model.plots and model.plots.each),
        "people": [_text(it) for it in people],
        "versions": [_version(model, it, people) for it in versions],
        "metrics": _metrics(model, len(versions)),
        "params": _section(map(_texts, _params(model, len(versions)))),
        "inputs": _section(map(_inputs, sides)),
        "requirements": _section(_texts(diff.requirements(it)) for it in sides),
        "about": _section(map(_about, sides)),
    }


def _version(model: Model, it: Version, people: Sequence[str]) -> list[Any]:
    held = [one for one in model.profile.tenures if one.version == it.version]
    pulled = [
        f"{one.ending} from {one.stage} on {dates.day(one.until)}"
        for one in held
        if one.pulled and one.until
    ]
    return [
        it.version,
        int((it.created_at - EPOCH).total_seconds()),
        it.commit[:_DIGITS],
        people.index(it.author),
        _text(first_line(it.message)),
        list(it.current),
        pulled[-1] if pulled else "" if it.active else "deregistered",
    ]


def _metrics(model: Model, count: int) -> list[list[Any]]:
    """Return the metrics in the page's order: name, 1 or -1 for what is better or 0, values."""
    found = model.profile.comparison
    rank = {it.name: number for number, it in enumerate(model.metrics)}
    values = [found.values(it, "metrics") for it in found.rows[:count]]
    known = sorted(found.metrics, key=lambda it: (rank.get(it.name, len(rank)), it.name))
    ways = {"higher": 1, "lower": -1, None: 0}
    return [
        [_text(it.name), ways[it.direction], [_number(one.get(it.name)) for one in values]]
        for it in known[:_MOST]
    ]


def _number(value: Any) -> Any:
    """Return a metric as a script can count with it; as a text where it cannot."""
    if value is None or (isinstance(value, int) and abs(value) < _EXACT):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return numbers.shown(value)[:_LONGEST]


def _params(model: Model, count: int) -> Iterator[Mapping[str, Any]]:
    found = model.profile.comparison
    return (found.values(it, "params") for it in found.rows[:count])


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: _shown(it) for name, it in values.items()}


def _shown(value: Any) -> str:
    if isinstance(value, dict):  # a requirements file that is no list of them
        return _content(value.get("digest"), value.get("size"))
    return _text(numbers.shown(value))


def _text(text: str) -> str:
    """Return a text in which control characters are seen, no longer than a page has room for."""
    return escape.line(text[:_LONGEST])


def _inputs(side: Side) -> dict[str, str]:
    """Return what a version was made from: by what it is, which of it."""
    return {name: _which(it) for name, it in diff.inputs(side).items()}


def _which(it: Mapping[str, Any]) -> str:
    if artifact := it.get("artifact"):
        return _text(artifact.partition("@")[2] or artifact)
    content = it.get("content") or {}
    found = _content(content.get("digest") or it.get("sha256"), content.get("size"))
    return found or content.get("place") or "not fixed"


def _content(digest: str | None, size: int | None) -> str:
    return ", ".join(filter(None, (short(digest), sizes.size(size) if size is not None else "")))


def short(digest: str | None) -> str:
    """Return the beginning of a digest, without the name of its kind."""
    return (digest or "").rpartition(":")[2][:_DIGITS]


def _about(side: Side) -> dict[str, str]:
    """Return what else is said of a version, its content first."""
    said = side.annotation
    if said is None:
        return {}
    contents = diff.own_content(side).values()
    made = " ".join(filter(None, said.framework)) if said.framework else ""
    pairs = (
        ("content", next((_content(it.digest, it.size) for it in contents), "")),
        ("path", said.path),
        ("SHA-256", short(said.sha256)),
        ("framework", made),
        ("type", said.type),
        ("owner", said.owner),
        ("licence", said.license),
        ("labels", ", ".join(said.labels)),
        ("description", first_line(said.description or "")),
    )
    return {name: _text(text) for name, text in pairs if text}


def _section(values: Iterable[Mapping[str, str]]) -> list[list[Any]]:
    """Return rows of a section: names, each with where its text changes over the versions."""
    known = list(values)
    names = list(dict.fromkeys(name for it in known for name in it))
    return [[_text(name), runs(it.get(name) for it in known)] for name in names[:_MOST]]


def runs(values: Iterable[str | None]) -> list[Run]:
    """Return where values change: the places, and what they are from there on.

    >>> runs(["8", "8", None])
    [[0, '8'], [2, None]]
    """
    found: list[Run] = []
    for place, it in enumerate(values):
        if (found[-1][1] if found else None) != it:
            found.append([place, it])
    return found
