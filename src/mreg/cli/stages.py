"""`mreg stages`: the stages in use."""

from __future__ import annotations

from mreg import tables
from mreg.cli import options, output
from mreg.registry import Registry


def stages(repo: options.Repo = ".", json: options.Json = False) -> None:
    """List the stages, and which versions hold them."""
    found = Registry.open(repo).stages()
    if json:
        output.as_json(found)
    else:
        output.table(tables.stages(found))
