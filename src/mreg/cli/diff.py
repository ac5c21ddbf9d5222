"""`mreg diff`: what differs between two versions."""

from __future__ import annotations

from typing import Annotated, Any

from mreg.cli import online, options, output, typed, view
from mreg.cli.parameters import Argument, Flag
from mreg.compare import layout
from mreg.compare.diff import Diff
from mreg.registry import documents
from mreg.render.escape import line


def _version(metavar: str, words: str) -> Any:
    return Argument(metavar, words, complete=options.selectors)


@view.shows_text
def diff(
    before: Annotated[str, _version("A", "A version: NAME@v1.2.0, NAME#STAGE, NAME.")],
    after: Annotated[
        str, _version("B", "Another version: v1.2.0, or NAME@v1.2.0 for another artifact.")
    ],
    last: Annotated[
        str | None,
        Argument("[OTHER]", "The second version, after NAME VERSION.", show_default=False),
    ] = None,
    repo: options.Repo = ".",
    lower_better: options.LowerBetter = None,
    higher_better: options.HigherBetter = None,
    exit_code: Annotated[
        bool,
        Flag("--exit-code", "Exit with 1 if they differ, or if mreg cannot tell."),
    ] = False,
    fetch: options.Fetch = False,
    utc: options.Utc = False,
    json: options.Json = False,
    markdown: options.Markdown = False,
) -> None:
    """Show the differences between two versions.

    It compares metrics, params and other fields of the annotation, the schema and whether it
    breaks callers, the artifact's content, inputs and requirements, and lists the commits
    between them. For files in Git LFS and DVC it compares the pointers; for two safetensors
    files on this machine, the tensors.

    Examples:
        mreg diff churn@v1.0.0 churn#prod
        mreg diff churn v1.0.0 v1.1.0
        mreg diff churn@v1.0.0 v1.1.0 --md
    """
    options.exclusive(json=json, md=markdown)
    before, after = typed.two(before, after, last)
    registry = online.registry(repo)
    with online.fetching(wanted=fetch) as fetched:
        found = registry.diff(
            before,
            after,
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


def _print(found: Diff, *, utc: bool) -> None:
    output.data(line(layout.heading(found)))
    if not found.changed:
        output.talk(layout.nothing(found))
    for section in layout.sections(found, short=view.on_terminal()):
        output.data(f"\n{line(section.title)}\n")
        output.table(section, utc=utc)


def _print_markdown(found: Diff, *, utc: bool) -> None:
    from mreg.render import markdown

    output.data(f"### {markdown.inline(layout.heading(found))}\n")
    for section in layout.sections(found):
        output.data(f"\n**{markdown.inline(section.title)}**\n\n")
        output.as_markdown(section, utc=utc)
    if not found.changed:
        output.data(f"\n{layout.nothing(found)}\n")
