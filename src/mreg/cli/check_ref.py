"""`mreg check-ref`: the event that a tag stands for."""

from __future__ import annotations

from typing import Annotated

from mreg.cli import online, options, output
from mreg.cli.parameters import Argument
from mreg.core import tables


def check_ref(
    tag: Annotated[str, Argument("TAG", "A tag's name, or its full ref.")],
    repo: options.Repo = ".",
    utc: options.Utc = False,
    json: options.Json = False,
) -> None:
    """Tell which event a tag stands for.

    A tag that is absent, lightweight or not the registry's is an error, with exit code 1.
    """
    found = online.registry(repo).check_ref(tag)
    if json:
        output.as_json(found)
    else:
        output.pairs(tables.record(found), utc=utc)
