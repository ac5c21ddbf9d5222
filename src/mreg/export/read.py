"""What a document about a version is made of, read; and the document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import mreg
from mreg.annotations.sources import Wanted
from mreg.compare.diff import Side
from mreg.compare.read import sides
from mreg.core.diagnostics import Diagnostic
from mreg.core.queries import Version
from mreg.core.replay import History
from mreg.errors import NotFound, Refused
from mreg.export import bom, card
from mreg.export.material import Exported, ExportOptions, Format, Material
from mreg.git.repository import Repository
from mreg.lineage.graph import Lineage, LineageQuestion
from mreg.lineage.read import ReadAnnotations
from mreg.net import urls

T = TypeVar("T")

Trace = Callable[[LineageQuestion], Lineage]
"""Answers a question about the registry's lineage."""

MOST_THINGS = 1000
"""At most so many things that a version was made from are in a document, the nearest."""


def export(
    repo: Repository,
    history: History,
    read: ReadAnnotations,
    trace: Trace,
    version: Version,
    form: Format,
    wishes: ExportOptions,
) -> Exported:
    """Return a document about a version, whose artifact's history and what traces it are given.

    Raises:
        NotFound: nothing is said of the version, or what is cannot be read.
        Refused: a model card is asked for, and it is no model.
    """
    side = _side(repo, read, version)
    found = _material(side, history, trace, wishes)
    problems = tuple(dict.fromkeys((*found.annotation.problems, *found.lineage.problems)))
    if form == "cyclonedx":
        return Exported(version, form, bom.text(found), problems=problems)
    if found.is_data:
        raise Refused(
            f"{version.artifact} is a {found.annotation.type}, but cards are only for models",
            hint="pass --format cyclonedx",
        )
    return Exported(version, form, card.text(found), tuple(card.missing(found)), problems)


def _side(repo: Repository, read: ReadAnnotations, version: Version) -> Side:
    """Return what is said of a version.

    Raises:
        NotFound: nothing is, or it cannot be read.
    """
    [said] = read([Wanted(version.artifact, version.commit, version.tag)])
    if isinstance(said, Diagnostic):
        raise NotFound(f"{said.subject}: {said.message}", hint=said.hint)
    if said is None:
        raise NotFound(
            f"the commit of {version.tag} does not annotate {version.artifact}",
            hint=f"run `mreg annotate {version.artifact}`, then register a new version",
        )
    [side] = sides(repo, [version], [said])
    return side


def _material(side: Side, history: History, trace: Trace, wishes: ExportOptions) -> Material:
    version, said = side.version, side.annotation
    assert said is not None
    lineage = trace(LineageQuestion(version, None, "up", None, MOST_THINGS))
    event = next(it.event for it in history.timeline if it.event.tag == version.tag)
    return Material(
        version,
        event,
        _without_passwords(said._replace(problems=side.problems)),
        _without_passwords(side.contents),
        _without_passwords(side.requirements or ()),
        _without_passwords(lineage),
        wishes,
        mreg.__version__,
    )


def _without_passwords(value: T) -> T:
    """Return a value with the passwords and tokens of all URLs in it made unreadable.

    A document goes to more people than the repository.
    """
    changed: Any = value
    if isinstance(value, str):
        changed = urls.mask(value)
    elif isinstance(value, dict):
        changed = {urls.mask(str(key)): _without_passwords(it) for key, it in value.items()}
    elif isinstance(value, tuple) and hasattr(value, "_make"):
        changed = value._make(map(_without_passwords, value))
    elif isinstance(value, tuple | list):
        changed = type(value)(map(_without_passwords, value))
    return cast(T, changed)
