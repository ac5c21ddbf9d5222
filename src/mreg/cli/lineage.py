"""`mreg lineage`: what a version was made from, or what was made from it."""

from __future__ import annotations

from typing import Annotated

from mreg.cli import online, options, output, typed, view
from mreg.cli.parameters import Argument, Flag, Option
from mreg.registry.registry import MOST_NODES


@view.shows_text
def lineage(
    selector: Annotated[
        str | None,
        Argument(
            "[SELECTOR]",
            options.SELECTOR,
            show_default=False,
            complete=options.selectors,
        ),
    ] = None,
    which: options.Which = None,
    repo: options.Repo = ".",
    down: Annotated[bool, Flag("--down", "Show what was made from it, in all versions.")] = False,
    path: Annotated[
        str | None,
        Option("--path", "PATH", "A file or folder to start from, instead of a version."),
    ] = None,
    also: Annotated[
        bool, Flag("--also", "Also show equal content elsewhere, and what made it.")
    ] = False,
    depth: options.Depth = None,
    limit: Annotated[int, options.LIMIT] = MOST_NODES,
    form: options.LineageForm = "tree",
    json: options.Json = False,
) -> None:
    """Show what a version was made from: commit, pipeline, data, inputs.

    With --down it shows what was made from the version, such as the models that used a dataset.

    Examples:
        mreg lineage churn#prod
        mreg lineage churn v1.0.0 --down
        mreg lineage --path data.csv
    """
    wanted = options.lineage_form(form, json=json)
    version = selector and typed.selector(selector, which)
    found = online.registry(repo).lineage(
        version,
        path=path,
        down=down,
        depth=depth,
        limit=limit,
        also=also,
    )
    output.lineage(found, wanted)
    output.mention(found.problems)
