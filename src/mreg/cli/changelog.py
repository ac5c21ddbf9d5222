"""`mreg changelog`: what is new in an artifact's versions, as release notes."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated, Any

from mreg.changelog import notes
from mreg.changelog.changelog import Changelog
from mreg.cli import online, options, output, typed, view
from mreg.cli.parameters import Argument, Option
from mreg.registry.registry import MOST_COMMITS
from mreg.render.escape import line


def _end(metavar: str, words: str) -> Any:
    return Argument(metavar, words, show_default=False, complete=options.selectors)


@view.shows_text
def changelog(
    name: options.Name,
    since: Annotated[
        str | None, _end("[FROM]", "Start after this version: v1.0.0, NAME@v1.0.0, NAME#STAGE.")
    ] = None,
    until: Annotated[str | None, _end("[TO]", "End with this version.")] = None,
    repo: options.Repo = ".",
    limit: options.Limit = None,
    commits: Annotated[
        int, Option("--commits", "N", "At most N commits for each version.", min=0)
    ] = MOST_COMMITS,
    lower_better: options.LowerBetter = None,
    higher_better: options.HigherBetter = None,
    utc: options.Utc = False,
    json: options.Json = False,
    markdown: options.Markdown = False,
) -> None:
    """Print release notes: what is new in each version of an artifact.

    For each version they list its message, its stages, its metrics compared with those of the
    version before, and the commits that changed it. In a pipe or a file they are Markdown.

    Examples:
        mreg changelog churn
        mreg changelog churn@v1.0.0 churn@v1.1.0
        mreg changelog churn v1.0.0 > CHANGES.md
    """
    options.exclusive(json=json, md=markdown)
    name, since, until = typed.span("changelog", name, since, until)
    found = online.registry(repo).changelog(
        name,
        since,
        until,
        limit=limit,
        commits=commits,
        lower_better=lower_better or (),
        higher_better=higher_better or (),
    )
    if json:
        output.as_json(found)
    elif markdown or not view.on_terminal():
        output.data(notes.text(found))
    else:
        _print(found, utc=utc)
    output.mention(found.problems)


def _print(found: Changelog, *, utc: bool) -> None:
    output.data(line(notes.title(found)))
    if not found.releases:
        output.talk(notes.empty(found))
    for it in found.releases:
        output.data(f"\n{line(notes.heading(it))}")
        origin = notes.origin(it, UTC if utc else None)
        output.pairs([("  registered", origin), ("  message", it.version.message)])
        for section in notes.sections(it, short=True):
            output.title(section.title)
            output.table(section, utc=utc)
