"""`mreg catalog show`: all artifacts, one of them, or a version."""

from __future__ import annotations

from typing import Annotated

from mreg.cli import options, output, view
from mreg.cli.catalog import shared
from mreg.cli.parameters import Argument
from mreg.core import tables


@view.shows_tables
def show(
    selector: Annotated[
        str | None,
        Argument(
            "[NAME | SELECTOR]",
            "REPOSITORY//NAME, or a version of it: ...@v1.2.0, ...@latest, ...#STAGE.",
            show_default=False,
        ),
    ] = None,
    file: shared.File = "catalog.yaml",
    repository: shared.OfRepositories = None,
    all_: options.All = False,
    limit: options.Limit = None,
    utc: options.Utc = False,
    json: options.Json = False,
) -> None:
    """Show the artifacts of all repositories, as of the last refresh.

    Without an argument: a row for each artifact. With a name: its versions. With a selector: one
    version in full. The name alone is enough if only one repository has it.

    Examples:
        mreg catalog show
        mreg catalog show churn
    """
    from mreg.catalog import labels, layout
    from mreg.core.queries import parse_selector

    catalog = shared.opened(file)
    if selector is None:
        listed = catalog.listed(
            deprecated=all_, repository=repository or "", limit=limit, forms=json
        )
        if json:
            output.json_text(layout.artifacts_json(listed))
            return
        output.table(layout.artifacts(listed))
        shared.mention(listed.unread)
    elif parse_selector(labels.split(selector)[1]).plain:
        found = catalog.details(selector, ended=all_)
        if json:
            output.as_json(layout.details(found))
            return
        output.table(found.details.table, utc=utc)
        shared.mention(found.unread)
    else:
        one = catalog.resolve(selector)
        if json:
            output.as_json(layout.version(one))
            return
        pairs = [("repository", one.repository), *tables.version(one.version)]
        output.pairs(pairs, utc=utc)
        shared.mention(one.unread)
