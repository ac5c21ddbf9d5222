"""Leaving e-mail addresses out of what is published."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from mreg.annotations.entry import Annotation

if TYPE_CHECKING:
    from mreg.compare.diff import Side
    from mreg.core.queries import Record, Version
    from mreg.registry.profile import Profile

# A selector such as churn@v1.2.0 is no address.
_ADDRESS = re.compile(
    r"(?P<name> [A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+ ) @ (?! v?[0-9]+\. )"
    r" (?: [A-Za-z0-9] [A-Za-z0-9-]* \. )+ [A-Za-z]{2,}",
    re.VERBOSE,
)
_BRACKETED = re.compile(r" ?<[^<>\s@]+@[^<>\s]+>")

# What is left of both where nothing before the "@" is looked at: most values hold none of these,
# which is told of all their texts at once.
_PERHAPS = re.compile(
    r"@ (?: [^<>\s]+> | (?! v?[0-9]+\. ) (?: [A-Za-z0-9] [A-Za-z0-9-]* \. )+ [A-Za-z]{2,} )",
    re.VERBOSE,
)

_Value = TypeVar("_Value")


def text(said: str) -> str:
    """Return a text in which of each e-mail address only what stands before the "@" is left."""
    if "@" not in said:
        return said
    return _ADDRESS.sub(lambda found: found["name"], _BRACKETED.sub("", said))


def profile(said: Profile) -> Profile:
    """Return a profile with no e-mail address in any of its texts."""
    versions = tuple(map(_anonymous, said.versions))
    rows, compared = said.comparison.rows, said.comparison
    told, known = [], []
    for version, it, row in zip(versions, said.said, rows, strict=True):
        safe = it if _is_free(it) else values(it)
        told.append(safe)
        # A row has what the annotation has.
        bare = row._replace(version=version)
        known.append(bare if safe is it else values(bare))
    return said._replace(
        artifact=values(said.artifact),
        versions=versions,
        said=tuple(told),
        head=said.head if _is_free(said.head) else values(said.head),
        events=tuple(map(_anonymous, said.events)),
        tenures=said.tenures if _is_free(said.tenures) else values(said.tenures),
        comparison=values(compared._replace(rows=()))._replace(rows=tuple(known)),
        prospects=values(said.prospects),
        pending=values(said.pending),
        problems=values(said.problems),
    )


def sides(found: Iterable[Side], said: Profile) -> Iterator[Side]:
    """Iterate over what stands at the commits of a profile's versions, without addresses.

    Args:
        found: what stands there.
        said: the profile without addresses.
    """
    for it, version, one in zip(found, said.versions, said.said, strict=False):
        annotation = one if isinstance(one, Annotation) else None
        yield it._replace(
            version=version, annotation=annotation, requirements=values(it.requirements)
        )


def _is_free(said: object) -> bool:
    """Tell whether a value, of which Python writes all texts, has nothing like an address."""
    return _PERHAPS.search(repr(said)) is None


_Act = TypeVar("_Act", "Version", "Record")


def _anonymous(said: _Act) -> _Act:
    """Return a version or an event without the address of whoever made it."""
    more = getattr(said, "trailers", None) or getattr(said, "promotion", None)
    bare = said._replace(author_email="")
    return values(bare) if _PERHAPS.search(f"{said.author}\n{said.message}\n{more!r}") else bare


def values(said: _Value) -> _Value:
    """Return values with no e-mail address in any of their texts, however deep these are."""
    return _values(said)  # type: ignore[no-any-return]


_PLAIN = frozenset((int, float, bool, type(None), datetime))


def _values(said: Any) -> Any:
    kind = type(said)
    if kind is str:
        return text(said) if "@" in said else said
    if kind in _PLAIN or not said:
        return said
    if isinstance(said, tuple) and hasattr(kind, "_fields"):
        return kind(*map(_field, kind._fields, said))
    if isinstance(said, dict):
        return {_values(key): _values(it) for key, it in said.items()}
    if isinstance(said, list | tuple):
        return kind(map(_values, said))
    if isinstance(said, bytes):  # an event's own text, undecoded
        return _bytes(said) if b"@" in said else said
    return text(said) if isinstance(said, str) else said


def _field(name: str, said: Any) -> Any:
    return "" if name == "author_email" else _values(said)


def _bytes(said: bytes) -> bytes:
    if _TAGGER.fullmatch(said):
        return said[: said.rindex(b"<")] + b"<>"
    return _ADDRESS.sub(lambda it: it["name"], said.decode("utf-8", "surrogateescape")).encode(
        "utf-8", "surrogateescape"
    )


_TAGGER = re.compile(rb"[^\n]*<[^<>\n]*>\s*")
