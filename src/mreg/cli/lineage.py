"""`mreg lineage`: what a version was made from, or what was made from it."""

from __future__ import annotations

from typing import Annotated, Literal

from mreg.cli import online, options, output
from mreg.cli.parameters import Argument, Flag, Option
from mreg.errors import UsageError
from mreg.registry import documents
from mreg.registry.registry import MOST_NODES

Format = Literal["tree", "json", "mermaid", "dot"]


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
    repo: options.Repo = ".",
    down: Annotated[bool, Flag("--down", "What was made from it, over all versions.")] = False,
    path: Annotated[
        str | None,
        Option("--path", "PATH", "Of a file or folder, instead of a version."),
    ] = None,
    also: Annotated[
        bool, Flag("--also", "Also what made, or is, an equal content elsewhere.")
    ] = False,
    depth: Annotated[int | None, Option("--depth", "N", "At most N steps away.", min=0)] = None,
    limit: Annotated[int, options.LIMIT] = MOST_NODES,
    form: Annotated[Format, Option("--format", "FORMAT", "tree, json, mermaid or dot.")] = "tree",
    json: options.Json = False,
) -> None:
    """Tell what a version was made from: commit, pipeline, data, inputs.

    With --down: what was made from it, such as the models that used a dataset.
    """
    from mreg.lineage import diagrams, tree

    if json and form not in ("tree", "json"):
        raise UsageError(f"--json and --format {form} contradict each other")
    found = online.registry(repo).lineage(
        selector, path=path, down=down, depth=depth, limit=limit, also=also
    )
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
    output.mention(found.problems)
