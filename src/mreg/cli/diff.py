"""`mreg diff`: what differs between two versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from mreg.cli import completers, online, options, output, typed, view
from mreg.cli.parameters import Argument, Flag, InContext
from mreg.compare import layout
from mreg.compare.diff import Diff
from mreg.core.queries import parse_selector
from mreg.errors import NotFound, UsageError
from mreg.registry import documents
from mreg.render.escape import line

if TYPE_CHECKING:
    from mreg.registry import Registry

_First: TypeAlias = Annotated[
    str,
    Argument("A", "A version: NAME@v1.2.0, NAME#STAGE, NAME.", complete=options.selectors),
]
_Second: TypeAlias = Annotated[
    str | None,
    Argument(
        "[B]",
        "Another version: v1.2.0, or NAME@v1.2.0 for another artifact.",
        show_default=False,
        complete=InContext(completers.others),
    ),
]
_Other: TypeAlias = Annotated[
    str | None,
    Argument(
        "[OTHER]",
        "The second version, after NAME VERSION.",
        show_default=False,
        complete=InContext(completers.own_parts),
    ),
]
_ExitCode: TypeAlias = Annotated[
    bool,
    Flag("--exit-code", "Exit with 1 if they differ, or if mreg cannot tell."),
]


@view.shows_text
def diff(
    before: _First,
    after: _Second = None,
    last: _Other = None,
    repo: options.Repo = ".",
    lower_better: options.LowerBetter = None,
    higher_better: options.HigherBetter = None,
    exit_code: _ExitCode = False,
    fetch: options.Fetch = False,
    utc: options.Utc = False,
    json: options.Json = False,
    markdown: options.Markdown = False,
) -> None:
    """Show the differences between two versions.

    With only the name of an artifact, it compares the latest version with the one before it.

    It compares metrics, params and other fields of the annotation, the schema and whether it
    breaks callers, the artifact's content, inputs and requirements, and lists the commits
    between them. For files in Git LFS and DVC it compares the pointers; for two safetensors
    files on this machine, the tensors.

    Examples:
        mreg diff churn
        mreg diff churn@v1.0.0 churn#prod
        mreg diff churn v1.0.0 v1.1.0
        mreg diff churn@v1.0.0 v1.1.0 --md
    """
    options.exclusive(json=json, md=markdown)
    registry = online.registry(repo)
    words = [it for it in (before, after, last) if it is not None]
    typed.begin_with_name("diff", words, registry.names)
    old, new = _newest(registry, before) if after is None else typed.two(before, after, last)
    with online.fetching(wanted=fetch) as fetched:
        found = registry.diff(
            old,
            new,
            lower_better=lower_better or (),
            higher_better=higher_better or (),
            fetch=fetched,
        )
    if json:
        output.as_json(documents.diff(found))
    elif markdown:
        _print_markdown(found, utc=utc)
    else:
        _print(found, utc=utc)
    if found.tensors and found.tensors.unread:
        output.talk(f"Cannot determine whether the tensors are the same: {found.tensors.unread}")
    output.mention(found.problems, fetched=fetch)
    if exit_code and (found.changed or found.problems):
        raise SystemExit(1)


def _newest(registry: Registry, name: str) -> tuple[str, str]:
    """Return the two newest versions of an artifact by SemVer, the older one first.

    Raises:
        NotFound: it has fewer.
        UsageError: one version is named.
    """
    if not parse_selector(name).plain:
        raise UsageError(
            f"diff compares two versions, not only {name}",
            hint="mreg diff NAME@v1.0.0 NAME@v1.1.0; mreg diff NAME for the latest two",
        )
    match registry.versions(name)[:2]:
        case [new, old]:
            return f"{name}@{old.version}", f"{name}@{new.version}"
        case found:
            has = f"only one version, {found[0].version}" if found else "no version"
            raise NotFound(f"{name} has {has}: diff compares two", hint=f"mreg show {name}")


def _print(found: Diff, *, utc: bool) -> None:
    output.data(line(layout.heading(found)))
    if not found.changed:
        output.talk(layout.nothing(found))
    for section in layout.sections(found, short=view.on_terminal()):
        output.title(section.title)
        output.table(section, utc=utc)


def _print_markdown(found: Diff, *, utc: bool) -> None:
    from mreg.render import markdown

    output.data(f"### {markdown.inline(layout.heading(found))}\n")
    for section in layout.sections(found):
        output.data(f"\n**{markdown.inline(section.title)}**\n\n")
        output.as_markdown(section, utc=utc)
    if not found.changed:
        output.data(f"\n{layout.nothing(found)}\n")
