"""What a commit says of an artifact, as plain values and back: for what is kept of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from mreg.annotations.entry import Annotation, Framework, Input
from mreg.core.diagnostics import Diagnostic, Location

Said: TypeAlias = Annotation | Diagnostic | None
"""What a commit says of an artifact: nothing, or what cannot be read."""


def pack(said: Said) -> tuple[Any, ...] | None:
    """Return what a commit says as plain values, which `marshal` can write."""
    if said is None:
        return None
    if isinstance(said, Diagnostic):
        return (_plain_problem(said),)
    fields = said._asdict()
    fields["framework"] = said.framework and tuple(said.framework)
    fields["inputs"] = tuple(map(tuple, said.inputs))
    fields["schema"] = said.schema and tuple(said.schema)
    fields["problems"] = tuple(map(_plain_problem, said.problems))
    return tuple(fields.values())


def _plain_problem(it: Diagnostic) -> tuple[Any, ...]:
    return (*it[:-1], tuple(it.location))


def unpack(fields: tuple[Any, ...] | None) -> Said:
    """Return what plain values were made of."""
    if fields is None:
        return None
    if len(fields) == 1:
        return _problem(fields[0])
    said = list(fields)
    if said[_FRAMEWORK]:
        said[_FRAMEWORK] = Framework._make(said[_FRAMEWORK])
    said[_INPUTS] = tuple(map(Input._make, said[_INPUTS]))
    if said[_SCHEMA]:
        from mreg.schemas.model import ModelSchema

        said[_SCHEMA] = ModelSchema._make(said[_SCHEMA])
    said[_PROBLEMS] = tuple(map(_problem, said[_PROBLEMS]))
    return Annotation._make(said)


_FRAMEWORK, _INPUTS, _SCHEMA, _PROBLEMS = map(
    Annotation._fields.index, ("framework", "inputs", "schema", "problems")
)


def _problem(fields: Iterable[Any]) -> Diagnostic:
    found = Diagnostic._make(fields)
    return found._replace(location=Location._make(found.location))
