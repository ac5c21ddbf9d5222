"""What a document about a version is made of, read; and the document."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import mreg
from mreg.annotations.sources import Wanted
from mreg.compare.read import sides
from mreg.core.diagnostics import Diagnostic
from mreg.core.queries import Version
from mreg.core.replay import State
from mreg.errors import NotFound, Refused
from mreg.export import bom, card
from mreg.export.material import Exported, ExportOptions, Format, Material
from mreg.git.repository import Repository
from mreg.lineage.read import LineageQuestion, ReadAnnotations, answer
from mreg.net import urls

T = TypeVar("T")

MOST_THINGS = 1000
"""At most so many things that a version was made from are in a document, the nearest."""


def export(
    repo: Repository,
    state: State,
    read: ReadAnnotations,
    version: Version,
    form: Format,
    wishes: ExportOptions,
) -> Exported:
    """Return a document about a version.

    Raises:
        NotFound: nothing is said of the version, or what is cannot be read.
        Refused: a model card is asked for, and it is no model.
    """
    found = _material(repo, state, read, version, wishes)
    problems = tuple(dict.fromkeys((*found.annotation.problems, *found.lineage.problems)))
    if form == "cyclonedx":
        return Exported(version, form, bom.text(found), problems=problems)
    if found.is_data:
        raise Refused(
            f"{version.artifact} is a {found.annotation.type}, and cards are of models",
            hint="--format cyclonedx",
        )
    return Exported(version, form, card.text(found), tuple(card.missing(found)), problems)


def _material(
    repo: Repository, state: State, read: ReadAnnotations, version: Version, wishes: ExportOptions
) -> Material:
    [said] = read([Wanted(version.artifact, version.commit, version.tag)])
    if isinstance(said, Diagnostic):
        raise NotFound(f"{said.subject}: {said.message}", hint=said.hint)
    if said is None:
        raise NotFound(
            f"the commit of {version.tag} says nothing of {version.artifact}",
            hint=f"mreg annotate {version.artifact}, then register a new version",
        )
    [side] = sides(repo, [version], [said])
    question = LineageQuestion(version, None, "up", None, MOST_THINGS)
    lineage = answer(repo, state, read, question)
    timeline = state.history(version.artifact).timeline
    event = next(it.event for it in timeline if it.event.tag == version.tag)
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
