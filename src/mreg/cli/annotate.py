"""`mreg annotate`: say what an artifact is."""

from __future__ import annotations

from typing import Annotated

import typer

from mreg.annotations import changes
from mreg.annotations.changes import Wishes
from mreg.cli import options, output
from mreg.registry import Registry
from mreg.render.escape import line

Several = list[str] | None


def annotate(
    name: options.Name,
    repo: options.Repo = ".",
    path: Annotated[
        str,
        typer.Option(
            "--path", metavar="PATH", help="Where it is: from the repository's root, or a URL."
        ),
    ] = "",
    type_: Annotated[
        str, typer.Option("--type", metavar="TYPE", help="What it is: model, dataset, ...")
    ] = "",
    description: Annotated[
        str, typer.Option("--description", metavar="TEXT", help="What it is, in words.")
    ] = "",
    label: Annotated[
        Several, typer.Option("--label", metavar="LABEL", help="A label to add; repeatable.")
    ] = None,
    framework: Annotated[
        str,
        typer.Option(
            "--framework", metavar="NAME[==VERSION]", help="What it was made with: torch==2.4.0."
        ),
    ] = "",
    owner: Annotated[str, typer.Option("--owner", metavar="WHO", help="Who answers for it.")] = "",
    license_: Annotated[
        str, typer.Option("--license", metavar="LICENSE", help="Its licence: Apache-2.0, ...")
    ] = "",
    metric: Annotated[
        Several,
        typer.Option("--metric", metavar="NAME=NUMBER", help="A metric to set; repeatable."),
    ] = None,
    param: Annotated[
        Several, typer.Option("--param", metavar="NAME=VALUE", help="A param to set; repeatable.")
    ] = None,
    input_: Annotated[
        Several,
        typer.Option(
            "--input",
            metavar="INPUT",
            help="What it was made from, repeatable: data/train.csv,role=training or raw@v1.0.0"
            " or https://...,sha256=...",
        ),
    ] = None,
    custom: Annotated[
        Several, typer.Option("--custom", metavar="NAME=VALUE", help="Anything else; repeatable.")
    ] = None,
    unset: Annotated[
        Several,
        typer.Option(
            "--unset", metavar="FIELD", help="A field to take away, such as owner or metrics.f1."
        ),
    ] = None,
    commit: Annotated[
        bool, typer.Option("--commit", help="Commit the file alone, whatever else is staged.")
    ] = False,
    message: options.Message = "",
    json: options.Json = False,
) -> None:
    """Say what an artifact is, in artifacts.yaml.

    What is not named stays as it is, with its comments, order and quoting. An artifact folder:name
    stands in the artifacts.yaml of its folder.
    """
    wishes = Wishes(
        type=type_ or None,
        path=path or None,
        description=description or None,
        labels=label or [],
        framework=_framework(framework),
        owner=owner or None,
        license=license_ or None,
        metrics=changes.parse_numbers(metric or []),
        params=changes.parse_pairs(param or [], what="param"),
        inputs=input_ or [],
        custom=changes.parse_pairs(custom or [], what="custom value"),
        unset=unset or [],
    )
    made = Registry.open(repo).annotate(name, commit=commit, message=message, **wishes)
    if json:
        output.as_json(made)
    elif made.changed:
        output.data(line(f"Annotated {name} in {made.path}"))
    else:
        output.data(line(f"{made.path} says all of that of {name} already"))
    if made.commit and not json:
        output.data(f"Committed as {made.commit}")


def _framework(text: str) -> tuple[str | None, str | None] | None:
    name, _, version = text.partition("==")
    return (name or None, version or None) if text else None
