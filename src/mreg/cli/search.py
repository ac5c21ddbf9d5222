"""`mreg search`: which versions an expression is true of."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated

from mreg.cli import completers, online, options, output, view
from mreg.cli.parameters import Argument
from mreg.registry import documents
from mreg.registry import search as searches
from mreg.search import found as finds


@view.shows_tables
def search(
    expression: Annotated[
        list[str],
        Argument(
            "EXPRESSION",
            "Words, or comparisons such as 'stage=prod and metrics.auc>=0.9'.",
            complete=completers.query,
        ),
    ],
    repo: options.Repo = ".",
    all_: options.All = False,
    latest: options.Latest = False,
    at: options.At = None,
    fetch: options.Fetch = False,
    utc: options.Utc = False,
    json: options.Json = False,
    csv: options.Csv = False,
    markdown: options.Markdown = False,
) -> None:
    """Search the whole registry for versions by words, stages, metrics or labels.

    Words are looked for in names, descriptions and labels. To compare fields use = != < <= > >= and
    ~ (contains), and join comparisons with and, or, not and parentheses. Each metric or other field
    that you ask about is shown as a column.

    Fields: artifact, version, stage, assigned, latest, deprecated, created, age, author, message,
    commit, type, path, description, label (or tag), framework.name, framework.version, owner,
    license, metrics.NAME, params.NAME, schema.input.NAME, schema.output.NAME, schema.methods,
    input, custom.KEY.

    Examples:
        mreg search fraud
        mreg search 'stage=prod and metrics.accuracy>=0.9'
        mreg search 'label=fraud and age<30d' --latest
    """
    options.exclusive(json=json, csv=csv, md=markdown)
    registry = online.registry(repo)
    with online.fetching(wanted=fetch) as fetched:
        results = registry.results(
            " ".join(expression),
            ended=all_,
            latest=latest,
            at=options.moment(at, utc=utc),
            annotated=json,
            zone=UTC if utc else None,
            fetch=fetched,
        )
    if json:
        output.as_json(documents.results(results))
        return
    short = view.on_terminal() and not (csv or markdown)
    shown = finds.table(results, short=short)
    output.listing(shown, csv=csv, markdown=markdown, utc=utc, elsewhere=options.MORE_COLUMNS)
    if not results.found and (hint := searches.hint(registry.repository, results.query)):
        output.talk(f"hint: {hint}")
    output.mention(results.problems, fetched=fetch)
