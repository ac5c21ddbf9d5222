"""`mreg catalog lineage`: which versions were made from which, over all repositories."""

from __future__ import annotations

from typing import Annotated, Literal

from mreg.cli import options, output
from mreg.cli.catalog import shared
from mreg.cli.parameters import Argument, Flag, Option
from mreg.errors import UsageError
from mreg.registry import documents
from mreg.registry.registry import MOST_NODES

Format = Literal["tree", "json", "mermaid", "dot"]


def lineage(
    selector: Annotated[
        str, Argument("SELECTOR", "REPOSITORY//NAME, or NAME@v1.2.0 or NAME#STAGE behind it.")
    ],
    file: shared.File = "catalog.yaml",
    down: Annotated[bool, Flag("--down", "What was made from it.")] = False,
    depth: Annotated[int | None, Option("--depth", "N", "At most N steps away.", min=0)] = None,
    limit: Annotated[int, options.LIMIT] = MOST_NODES,
    form: Annotated[Format, Option("--format", "FORMAT", "tree, json, mermaid or dot.")] = "tree",
    json: options.Json = False,
) -> None:
    """Tell what a version was made from, over all repositories, by the inputs that they declare.

    With --down: what was made from it. Data, code and steps are told by `mreg lineage`, in the
    repository itself.
    """
    from mreg.lineage import diagrams, tree

    if json and form not in ("tree", "json"):
        raise UsageError(f"--json and --format {form} contradict each other")
    found = shared.opened(file).lineage(selector, down=down, depth=depth, limit=limit)
    if json or form == "json":
        output.as_json(documents.lineage(found))
    elif form == "mermaid":
        output.data(diagrams.mermaid(found))
    elif form == "dot":
        output.data(diagrams.dot(found))
    else:
        output.tree(tree.rows(found))
    if found.cut:
        output.talk("Something is left out: --depth and --limit say how much is shown.")
