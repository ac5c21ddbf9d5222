"""`mreg show`: the registry, an artifact or a version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from mreg.cli import online, options, output, view
from mreg.cli.parameters import Argument, Flag
from mreg.core import tables
from mreg.core.queries import parse_selector
from mreg.errors import NotFound, Refused, UsageError
from mreg.registry import documents

if TYPE_CHECKING:
    from mreg.core.queries import Version
    from mreg.policy.verdicts import Backers
    from mreg.registry import Registry
    from mreg.registry.registry import Time
    from mreg.render.table import Table


@view.shows_tables
def show(
    selector: Annotated[
        str | None,
        Argument(
            "[NAME | SELECTOR]",
            "An artifact, or one version: NAME@v1.2.0, NAME@latest, NAME@release, NAME#STAGE.",
            show_default=False,
            complete=options.selectors,
        ),
    ] = None,
    repo: options.Repo = ".",
    all_: options.All = False,
    at: options.At = None,
    utc: options.Utc = False,
    field: options.Field = None,
    watch: Annotated[
        bool, Flag("--watch", "Keep the table on the terminal current, until Ctrl-C.")
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
    if watch:
        _watch(repo, selector, everything=all_, utc=utc, rest=(at, field, json or None))
        return
    registry = online.registry(repo)
    then = options.moment(at, utc=utc)
    if selector is None:
        if field is not None:
            raise UsageError(
                "--field asks about one version", hint="mreg show NAME --field version"
            )
        _registry(registry, then, everything=all_, json=json)
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
            "--watch keeps a table current, of all artifacts or of one",
            hint="mreg show --watch, or mreg show NAME --watch",
        )

    def table(registry: Registry) -> Table:
        if named is None:
            return registry.listed(deprecated=everything).table
        return registry.details(named.artifact, ended=everything).table

    live.show(Registry.open(repo, network=online.network()), table, utc=utc)


def _registry(registry: Registry, at: Time | None, *, everything: bool, json: bool) -> None:
    artifacts = registry.listed(deprecated=everything, at=at)
    if json:
        output.json_text(artifacts.json())
        return
    if at and not artifacts:
        output.talk("There was nothing at that time, or nothing but what is deprecated (--all).")
    elif not artifacts and not everything and registry.names():
        output.talk("There is nothing but what is deprecated: mreg show --all")
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
    output.table(found.table, utc=utc)
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
        values = found._asdict()
        del values["promotion"]
        if field not in values:
            raise UsageError(
                f"there is no field {field!r}", hint=f"the fields are {', '.join(values)}"
            )
        if values[field] is None:
            raise NotFound(f"{selector} has no {field}")
        output.data(output.bare(values[field]))
    elif json:
        said = registry.annotations([found])[0]
        output.as_json(documents.version(found, said, _backers(registry, found)))
    else:
        backers = _backers(registry, found)
        output.pairs(tables.version(found, backers.words if backers else ()), utc=utc)


def _backers(registry: Registry, found: Version) -> Backers | None:
    try:
        return registry.backers(found)
    except Refused as error:
        output.talk(f"warning: who signed and approved it is not known: {error}")
        output.talk(f"hint: {error.hint}")
        return None
