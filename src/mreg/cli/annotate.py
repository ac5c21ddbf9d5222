"""`mreg annotate`: say what an artifact is."""

from __future__ import annotations

from typing import Annotated

import typer

from mreg.annotations import changes
from mreg.annotations.changes import Wishes
from mreg.cli import options, output
from mreg.errors import UsageError
from mreg.registry import Registry
from mreg.render.escape import line

Several = list[str] | None
Text = str | None


def annotate(
    name: options.Name,
    repo: options.Repo = ".",
    path: Annotated[
        Text,
        typer.Option(
            "--path", metavar="PATH", help="Where it is: from the repository's root, or a URL."
        ),
    ] = None,
    sha256: Annotated[
        Text,
        typer.Option(
            "--sha256",
            metavar="DIGITS",
            help="The SHA-256 of what is there, where Git does not keep it.",
        ),
    ] = None,
    type_: Annotated[
        Text, typer.Option("--type", metavar="TYPE", help="What it is: model, dataset, ...")
    ] = None,
    description: Annotated[
        Text, typer.Option("--description", metavar="TEXT", help="What it is, in words.")
    ] = None,
    label: Annotated[
        Several, typer.Option("--label", metavar="LABEL", help="A label to add; repeatable.")
    ] = None,
    framework: Annotated[
        Text,
        typer.Option(
            "--framework", metavar="NAME[==VERSION]", help="What it was made with: torch==2.4.0."
        ),
    ] = None,
    owner: Annotated[
        Text, typer.Option("--owner", metavar="WHO", help="Who answers for it.")
    ] = None,
    license_: Annotated[
        Text, typer.Option("--license", metavar="LICENSE", help="Its licence: Apache-2.0, ...")
    ] = None,
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
        type=_said("type", type_),
        path=_said("path", path),
        sha256=_said("sha256", sha256),
        description=_said("description", description),
        labels=label or [],
        framework=_framework(_said("framework", framework)),
        owner=_said("owner", owner),
        license=_said("license", license_),
        metrics=changes.parse_numbers(metric or []),
        params=changes.parse_pairs(param or [], what="param"),
        inputs=input_ or [],
        custom=changes.parse_pairs(custom or [], what="custom value"),
        unset=unset or [],
    )
    made = Registry.open(repo).annotate(name, commit=commit, message=message, **wishes)
    for note in made.notes:
        output.talk(f"note: {line(note)}")
    if json:
        output.as_json(made)
    elif made.changed:
        output.data(line(f"Annotated {name} in {made.path}"))
    else:
        output.data(line(f"{made.path} says all of that of {name} already"))
    if made.commit and not json:
        output.data(f"Committed as {made.commit}")


def _said(field: str, text: str | None) -> str | None:
    """Return what is said of a field; an empty text is no way to take it away.

    Raises:
        UsageError: it is empty.
    """
    if text is not None and not text.strip():
        raise UsageError(
            f"--{field} is empty", hint=f"to take the {field} away, write --unset {field}"
        )
    return text


def _framework(text: str | None) -> tuple[str | None, str | None] | None:
    name, _, version = (text or "").partition("==")
    return (name or None, version or None) if text else None
