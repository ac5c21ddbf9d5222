"""What a model's past was, by column: a list for each thing that is known of every version.

A column that has the same value in each row stands as that value. So `pandas.DataFrame` takes it
as it is, and 100 versions take 10 kB: as an object each, names are half of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from mreg.core.queries import Record
from mreg.core.tenures import Tenure
from mreg.web import dates, words
from mreg.web.values import Model


def versions(model: Model) -> dict[str, Any]:
    """Return a model's versions, newest first, named as `Comparison.to_pandas` names them."""
    found, compared = model.profile.versions, model.profile.comparison
    return {
        "version": [it.version for it in found],
        "commit": [it.commit for it in found],
        "created_at": [dates.stamp(it.created_at) for it in found],
        "author": _shared(it.author for it in found),
        "message": _shared(map(words.of_version, found)),
        "active": _shared(it.active for it in found),
        "stages": [it.stages for it in found],
        **{
            f"{field}.{name}": _shared(values)
            for field in ("metrics", "params")
            for name, values in compared.table(field).items()
        },
    }


def tenures(found: Sequence[Tenure]) -> dict[str, Any]:
    """Return who held which stage when, by stage, the oldest first."""
    return {
        "stage": _shared(it.stage for it in found),
        "version": [it.version for it in found],
        "commit": [None if it.version else it.commit for it in found],
        "since": [dates.stamp(it.since) for it in found],
        "until": [it.until and dates.stamp(it.until) for it in found],
        "author": _shared(it.author for it in found),
        "ending": _shared(it.ending for it in found),
        "reason": _shared(it.reason if it.ending != "followed" else "" for it in found),
    }


def events(found: Sequence[Record]) -> dict[str, Any]:
    """Return events, the newest first."""
    return {
        "action": _shared(it.action for it in found),
        "version": [it.version for it in found],
        "stage": _shared(it.stage for it in found),
        "tag": [it.tag for it in found],
        "created_at": [dates.stamp(it.created_at) for it in found],
        "author": _shared(it.author for it in found),
        "message": _shared(
            words.said(it.message, it.action, it.artifact, it.version, it.stage) for it in found
        ),
    }


def _shared(values: Iterable[Any]) -> Any:
    """Return the values of a column; one alone where all are the same, and are no list."""
    found = list(values)
    first = found[0] if found else None
    if not found or isinstance(first, list | tuple | dict):
        return found
    kind = type(first)
    alike = all(type(it) is kind and it == first for it in found)
    return first if alike else found
