"""The inputs of a version, as a search sees them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mreg import queries
from mreg.annotations.entry import Input
from mreg.errors import InvalidName, NotFound
from mreg.queries import Selector
from mreg.search.subject import Histories, Subject


class Used(NamedTuple):
    """One input of a version.

    Attributes:
        names: all that it may be called: its path or URL; of an artifact its name, the selector
            as it was declared, and the version that this meant; that of another repository
            begins with its URL and a blank.
        histories: the histories of the registry.
    """

    names: tuple[str, ...]
    histories: Histories


def of(subject: Subject) -> tuple[Used, ...]:
    """Return the inputs of a version; none where it is not annotated."""
    declared = subject.annotation.inputs if subject.annotation else ()
    moment = int(subject.version.created_at.timestamp())
    return tuple(
        Used(tuple(_names(it, moment, subject.histories)), subject.histories) for it in declared
    )


def resolved(selector: Selector, histories: Histories, moment: int | None = None) -> str | None:
    """Return the version that a selector means, as `name@v1.2.0`; None if it means none.

    Args:
        selector: the selector.
        histories: the histories of the registry.
        moment: as of then, in seconds since 1970; without it, as of now.
    """
    history = histories(selector.artifact)
    try:
        version = queries.find(history if moment is None else history.at(moment), selector).version
    except NotFound:
        return None
    return f"{selector.artifact}@{version}" if version else None


def _names(declared: Input, moment: int, histories: Histories) -> Iterator[str]:
    yield from filter(None, (declared.path, declared.url, declared.repo))
    if not declared.artifact:
        return
    if declared.repo:
        yield f"{declared.repo} {declared.artifact}"
        return
    yield declared.artifact
    try:
        selector = queries.parse_selector(declared.artifact)
    except InvalidName:
        return
    yield selector.artifact
    if selector.version and selector.version != queries.LATEST:
        yield str(selector)
    elif version := resolved(selector, histories, moment):
        yield version
