"""`mreg catalog lineage`: which versions were made from which, over all repositories."""

from __future__ import annotations

from typing import Annotated

from mreg.cli import options, output
from mreg.cli.catalog import shared
from mreg.cli.parameters import Argument, Flag
from mreg.registry.registry import MOST_NODES


def lineage(
    selector: Annotated[
        str,
        Argument(
            "SELECTOR", "REPOSITORY//NAME, REPOSITORY//NAME@v1.2.0 or REPOSITORY//NAME#STAGE."
        ),
    ],
    file: shared.File = "catalog.yaml",
    down: Annotated[bool, Flag("--down", "Show what was made from it.")] = False,
    depth: options.Depth = None,
    limit: Annotated[int, options.LIMIT] = MOST_NODES,
    form: options.LineageForm = "tree",
    json: options.Json = False,
) -> None:
    """Show what a version was made from, across repositories, by their declared inputs.

    With --down it shows what was made from the version. For data, code and steps, use `mreg
    lineage` in the repository.

    Examples:
        mreg catalog lineage churn
        mreg catalog lineage churn --down
    """
    wanted = options.lineage_form(form, json=json)
    found = shared.opened(file).lineage(selector, down=down, depth=depth, limit=limit)
    output.lineage(found, wanted)
