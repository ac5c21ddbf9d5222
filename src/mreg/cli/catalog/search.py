"""`mreg catalog search`: which versions of all repositories an expression is true of."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated

from mreg.cli import options, output, view
from mreg.cli.catalog import shared
from mreg.cli.parameters import Argument, Option


@view.shows_tables
def search(
    expression: Annotated[
        str,
        Argument(
            "[EXPRESSION]",
            "Comparisons such as 'stage=prod and metrics.auc>=0.9'.",
            show_default=False,
        ),
    ] = "",
    file: shared.File = "catalog.yaml",
    words: Annotated[
        str | None,
        Option("--words", "TEXT", "Words to find: all must match the beginning of a word."),
    ] = None,
    repository: shared.OfRepositories = None,
    all_: options.All = False,
    latest: options.Latest = False,
    limit: Annotated[int | None, Option("-n --limit", "N", "At most N versions.", min=0)] = None,
    utc: options.Utc = False,
    json: options.Json = False,
    csv: options.Csv = False,
    markdown: options.Markdown = False,
) -> None:
    """Search all repositories for versions.

    Expressions are those of `mreg search`. --words looks for words in names, descriptions, labels,
    owners, authors and messages.

    Examples:
        mreg catalog search 'stage=prod and metrics.accuracy>=0.9'
        mreg catalog search --words fraud
    """
    from mreg.catalog import layout
    from mreg.errors import UsageError

    options.exclusive(json=json, csv=csv, md=markdown)
    if not expression.strip() and not words:
        raise UsageError("no search expression is given", hint="give an expression, or --words")
    found = shared.opened(file).search(
        expression,
        words=words or "",
        repository=repository or "",
        ended=all_,
        latest=latest,
        limit=limit,
        zone=UTC if utc else None,
    )
    if json:
        output.as_json(layout.results(found))
        return
    shown = layout.results_table(found)
    output.listing(shown, csv=csv, markdown=markdown, utc=utc, elsewhere=options.MORE_COLUMNS)
    output.mention(found.problems)
    shared.mention(found.unread)
