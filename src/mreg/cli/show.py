"""`mreg show`: the registry, an artifact or a version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from mreg.cli import full, online, options, output, typed, view
from mreg.cli.parameters import Argument, Flag
from mreg.core.queries import parse_selector
from mreg.errors import NotFound, UsageError
from mreg.registry import documents

if TYPE_CHECKING:
    from mreg.annotations.entry import Annotation
    from mreg.core.diagnostics import Diagnostic
    from mreg.core.queries import Version
    from mreg.registry import Registry
    from mreg.registry.registry import Time
    from mreg.render.table import Table


@view.shows_tables
def show(
    selector: Annotated[
        str | None,
        Argument(
            "[NAME | SELECTOR]",
            "An artifact, or one version: NAME@v1.2.0, NAME@latest, NAME@release, NAME#STAGE. Or"
            " several artifacts: 'teams/*', or a folder.",
            show_default=False,
            complete=options.selectors,
        ),
    ] = None,
    which: options.Which = None,
    repo: options.Repo = ".",
    all_: options.All = False,
    at: options.At = None,
    utc: options.Utc = False,
    field: options.Field = None,
    watch: Annotated[
        bool, Flag("--watch", "Keep the table on the terminal up to date, until Ctrl-C.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Show the registry, an artifact or a version.

    Without an argument: a row for each artifact, with its latest version and the version in each
    stage. With a name: its versions, newest first; a stage in brackets is now held by another
    version. With a version or a stage: one version in full. With a pattern or a folder: the
    artifacts in it.

    Examples:
        mreg show
        mreg show churn
        mreg show churn#prod
        mreg show churn v1.0.0 --field commit
        mreg show 'ch*'
    """
    selector = selector and typed.selector(selector, which)
    if watch:
        _watch(repo, selector, everything=all_, utc=utc, rest=(at, field, json or None))
        return
    registry = online.registry(repo)
    then = options.moment(at, utc=utc)
    if selector is None or typed.is_pattern(selector):
        if field is not None:
            raise UsageError("--field needs a version", hint="mreg show NAME --field version")
        _registry(registry, then, selector, everything=all_, json=json)
    elif parse_selector(selector).plain and field is None:
        _artifact(registry, selector, then, everything=all_, utc=utc, json=json)
    else:
        _version(registry, selector, then, field, utc=utc, json=json)


def _watch(
    repo: str, selector: str | None, *, everything: bool, utc: bool, rest: tuple[object, ...]
) -> None:
    """Keep the table of the registry, or of an artifact, current."""
    from mreg.cli import live
    from mreg.registry import Registry

    named = None if selector is None else parse_selector(selector)
    if any(it is not None for it in rest) or not (named is None or named.plain):
        raise UsageError(
            "--watch works only with the tables of all artifacts or of one artifact",
            hint="mreg show --watch, or mreg show NAME --watch",
        )

    def table(registry: Registry) -> Table:
        if named is None:
            return registry.listed(deprecated=everything).table
        return registry.details(named.artifact, ended=everything).table

    live.show(Registry.open(repo, network=online.network()), table, utc=utc)


def _registry(
    registry: Registry, at: Time | None, pattern: str | None, *, everything: bool, json: bool
) -> None:
    artifacts = registry.listed(deprecated=everything, at=at, only=pattern)
    if pattern and not artifacts:
        raise NotFound(
            f"no artifact matches {pattern!r}" + " at that time" * (at is not None),
            hint="run `mreg show` to list the artifacts; use --all to include deprecated ones",
        )
    if json:
        output.json_text(artifacts.json())
        return
    if at and not artifacts:
        ended = not everything and registry.listed(deprecated=True, at=at)
        output.talk(
            "All artifacts were deprecated at that time: add --all to list them."
            if ended
            else "There were no artifacts at that time."
        )
    elif not artifacts and not everything and registry.names():
        output.talk("All artifacts are deprecated: run `mreg show --all` to list them.")
    else:
        output.table(artifacts.table)
    output.mention(artifacts.problems, almost=True)


def _artifact(
    registry: Registry, name: str, at: Time | None, *, everything: bool, utc: bool, json: bool
) -> None:
    found = registry.details(name, at=at, ended=everything)
    if json:
        output.as_json(documents.details(found))
        return
    compared = f"`mreg compare {name}` shows metrics and params"
    output.table(found.table, utc=utc, elsewhere=compared)
    if found.artifact.deprecated:
        output.talk(f"{name} is deprecated.")
    output.mention(found.problems, almost=True)


def _version(
    registry: Registry,
    selector: str,
    at: Time | None,
    field: str | None,
    *,
    utc: bool,
    json: bool,
) -> None:
    found = registry.resolve(selector, at=at)
    if field is not None:
        output.data(output.bare(_value(registry, found, field, selector)))
        return
    said = registry.annotations([found])[0]
    if json:
        output.as_json(documents.version(found, said, full.backers(registry, found)))
    else:
        full.show(registry, found, _annotation(said), utc=utc)
        output.mention(_problems(said))


def _annotation(said: Annotation | Diagnostic | None) -> Annotation | None:
    from mreg.annotations import entry

    return said if isinstance(said, entry.Annotation) else None


def _problems(said: Annotation | Diagnostic | None) -> tuple[Diagnostic, ...]:
    from mreg.annotations import entry

    return entry.problems(said)


def _value(registry: Registry, found: Version, field: str, selector: str) -> Any:
    """Return a field of a version: one that its tags tell, else one of its annotation."""
    values = found._asdict()
    del values["promotion"]
    if field in values:
        if values[field] is None:
            raise NotFound(f"{selector} has no {field}")
        return values[field]
    from mreg.annotations import entry
    from mreg.annotations.values import look_up

    if field.partition(".")[0] not in entry.FIELDS.keys() | entry.OLD_NAMES.keys():
        known = [*values, *entry.FIELDS]
        hint = _meant(registry, found.artifact, field, known) or f"use one of {', '.join(known)}"
        raise UsageError(f"there is no field {field!r}", hint=hint)
    said = entry.readable(registry.annotations([found])[0])
    if said is None:
        raise NotFound(f"{selector} is not annotated, so it has no {field}")
    return look_up(said, field, of=selector)


_IN_SCHEMA = {
    "schema.input": "what the model takes",
    "schema.output": "what it returns",
    "schema.methods": "the methods that can be called",
    "schema.example": "the file of example data",
}
"""What the fields within a schema are, where somebody leaves out that they are."""


def _meant(registry: Registry, artifact: str, field: str, known: list[str]) -> str:
    """Return "did you mean ...?" for a field that there is not; empty if nothing is like it."""
    from mreg.annotations import entry
    from mreg.core import typos

    inside = [*registry.value_names(artifact), *_IN_SCHEMA]
    found = [it for it in inside if it.endswith(f".{field}")]
    if close := typos.meant(field, known):
        found.append(close)
    about = _IN_SCHEMA | {name: _first_sentence(it.about) for name, it in entry.FIELDS.items()}
    words = [f"{it} ({about[it]})" if it in about and len(found) > 1 else it for it in found]
    return f"did you mean {' or '.join(words)}?" if words else ""


def _first_sentence(text: str) -> str:
    first = text.partition(".")[0].partition(":")[0]
    return f"{first[:1].lower()}{first[1:]}"
