"""`mreg search`: which versions an expression is true of."""

from __future__ import annotations

import re
from datetime import UTC
from typing import Annotated

from mreg.cli import online, options, output, view
from mreg.cli.parameters import Argument
from mreg.registry import documents
from mreg.search import found as finds
from mreg.search.fields import FIELDS

_LAST_WORD = re.compile(r"[a-z.]*\Z")


def _complete(_: str, incomplete: str) -> list[str]:
    """Complete the name of a field at the end of what was typed so far."""
    word = _LAST_WORD.search(incomplete)
    head = incomplete[: word.start()] if word else incomplete
    typed = incomplete[len(head) :]
    names = (f"{name}." if field.keyed else name for name, field in FIELDS.items())
    return [head + name for name in names if name.startswith(typed)]


@view.shows_tables
def search(
    expression: Annotated[
        str,
        Argument(
            "EXPRESSION",
            "Such as 'stage=prod and metrics.auc>=0.9'.",
            complete=_complete,
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
    license, metrics.NAME, params.NAME, input, custom.KEY.

    Examples:
        mreg search fraud
        mreg search 'stage=prod and metrics.accuracy>=0.9'
        mreg search 'label=fraud and age<30d' --latest
    """
    options.exclusive(json=json, csv=csv, md=markdown)
    registry = online.registry(repo)
    with online.fetching(wanted=fetch) as fetched:
        results = registry.results(
            expression,
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
    output.listing(finds.table(results), csv=csv, markdown=markdown, utc=utc)
    output.mention(results.problems, fetched=fetch)
