"""`mreg check-tag`: what a registry tag says."""

from __future__ import annotations

from typing import Annotated

from mreg.cli import options, output
from mreg.cli.parameters import Argument, Flag
from mreg.core import kinds
from mreg.errors import InvalidName, UsageError
from mreg.registry import documents


def check_tag(
    tag: Annotated[str, Argument("TAG", "The name of a tag, or its full ref.")],
    repo: options.Repo = ".",
    name_only: Annotated[
        bool, Flag("--name-only", "Check only the name. No repository is needed.")
    ] = False,
    utc: options.Utc = False,
    json: options.Json = False,
) -> None:
    """Check a registry tag, and show the event that it records.

    The exit code is 1 if there is no such tag, if it is lightweight, or if its name is not that of
    a registry tag. `mreg check-ref TAG` is the same command; `mreg parse-tag TAG` is short for
    `mreg check-tag --name-only TAG`.

    Examples:
        mreg check-tag churn@v1.0.0
        mreg check-tag --name-only 'churn#prod#2' --json
    """
    if name_only:
        if utc:
            raise UsageError("a name has no time to show", hint="omit --utc")
        _print_name(tag, json=json)
        return
    from mreg.cli import online
    from mreg.core import tables

    found = online.registry(repo).check_ref(tag)
    if json:
        output.as_json(found)
    else:
        output.pairs(tables.record(found), utc=utc)


def _print_name(text: str, *, json: bool) -> None:
    found = kinds.parse(text.removeprefix("refs/tags/"))
    if found is None:
        raise InvalidName(
            f"{text!r} is not the name of a registry tag",
            hint="registry tags look like churn@v1.2.0 and churn#prod#3",
        )
    values = documents.tag_name(found)
    if json:
        output.as_json(values)
    else:
        output.pairs([(key, str(value)) for key, value in values.items() if value is not None])
