"""One version in full, as `mreg show` and `mreg describe` print it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mreg.cli import output, view
from mreg.core import tables
from mreg.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mreg.annotations.entry import Annotation
    from mreg.core.queries import Filters, Record, Version
    from mreg.policy.verdicts import Backers
    from mreg.registry import Registry
    from mreg.schemas.model import ModelSchema


def show(registry: Registry, found: Version, said: Annotation | None, *, utc: bool = False) -> None:
    """Print a version: what its tags say, and what its own commit says of it."""
    backed = backers(registry, found)
    pairs = tables.version(found, backed.words if backed else (), _ended(registry, found))
    output.pairs([*pairs, *(described(said) if said else ())], utc=utc)


def _ended(registry: Registry, found: Version) -> Record | None:
    """Return the event that deregistered a version last; None while it is active."""
    if found.active or not found.version:
        return None
    filters: Filters = {"action": "deregister", "limit": 1}
    return next(
        iter(registry.events(found.artifact, version=found.version, **filters).events), None
    )


def described(said: Annotation) -> Iterator[tuple[str, str]]:
    """Iterate over the fields of an annotation in words, each with the files that it came from.

    On a terminal these are told once if they are the same for all fields.
    """
    from mreg.annotations import entry

    values = entry.as_dict(said)
    known = {", ".join(files) for files in said.sources.values()}
    once = len(known) == 1 < len(said.sources) and view.on_terminal()
    if once:
        yield "annotated in", known.pop()
    for field, files in said.sources.items():
        lines = _schema(said.schema) if field == "schema" else _lines(values[field])
        text, whence = "\n".join(lines), f"({', '.join(files)})"
        several = f"{whence}\n{text}" if "\n" in text else f"{text}  {whence}"
        yield field, text if once else several


def _schema(said: ModelSchema | None) -> Iterator[str]:
    """Return a schema as lines: a table of the columns or tensors that go in and come out."""
    from mreg.render import text
    from mreg.render.table import Table
    from mreg.schemas import listing, model

    for side, found in listing.of_model(said).items() if said else ():
        yield f"{side}: {model.words(getattr(said, side))}"
        if [it for it in found if it.name]:
            rows: list[tuple[str, ...]] = [
                (it.name, it.type, _YES_NO[it.nullable], _YES_NO[it.required]) for it in found
            ]
            shown = text.table(Table(("name", "type", "nullable", "required"), rows))
            yield from (f"  {it}" for it in shown.splitlines())
    if said and said.methods:
        yield f"methods: {', '.join(said.methods)}"
    if said and said.example:
        yield f"example: {said.example}"


_YES_NO = {True: "yes", False: "no"}


def _lines(value: Any) -> Iterator[str]:
    """Return a value as lines for a person to read."""
    if isinstance(value, dict):
        for key, it in value.items():
            if it is not None:
                yield f"{key}: {_text(it)}"
    elif isinstance(value, list) and any(isinstance(it, dict) for it in value):
        for it in value:
            yield ", ".join(_lines(it)) if isinstance(it, dict) else output.bare(it)
    elif isinstance(value, list):
        yield ", ".join(map(str, value))
    else:
        yield _text(value)


def _text(value: Any) -> str:
    from mreg.render import json

    return value if isinstance(value, str) else json.dumps(value)


def backers(registry: Registry, found: Version) -> Backers | None:
    """Return who stands behind the promotion of a version; None, with a warning, if not known."""
    try:
        return registry.backers(found)
    except Refused as error:
        output.talk(f"warning: signers and approvals are unknown: {error}")
        output.talk(f"hint: {error.hint}")
        return None
