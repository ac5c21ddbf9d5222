"""`mreg pending`: what waits for approvals, and for whose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from mreg.cli import online, options, output
from mreg.core import tables
from mreg.registry import documents
from mreg.render.table import Table

if TYPE_CHECKING:
    from mreg.policy.pending import Pending


def pending(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="Of this artifact alone.",
            show_default=False,
            autocompletion=options.complete_artifact,
        ),
    ] = None,
    repo: options.Repo = ".",
    json: options.Json = False,
) -> None:
    """List the versions that wait for approvals, and for whose.

    Those are the versions that could go to a stage next which asks for approvals: they satisfy its
    `from`, are above its holder, or something was said of them.
    """
    found = online.registry(repo).pending(name)
    if json:
        output.as_json(documents.listed("pending", found))
    else:
        output.table(_table(found))


def _table(found: Sequence[Pending]) -> Table:
    return Table(
        ("version", "stage", "approvals", "approved by", "waits for"),
        [
            (
                f"{it.artifact}@{it.version}",
                it.stage,
                f"{it.have} of {it.need}",
                ", ".join(it.approved) or tables.NOTHING,
                _waits_for(it),
            )
            for it in found
        ],
        empty="Nothing waits for approvals.",
        wraps=frozenset(("approved by", "waits for")),
    )


def _waits_for(it: Pending) -> str:
    """Say whose move it is."""
    if it.rejected:
        return f"{', '.join(it.rejected)}, who rejected it"
    if it.unknown:
        return f"{', '.join(who for who, _ in it.unknown)}, to say it anew"
    if it.ready:
        return f"promotion by {' or '.join(it.promoters) if it.promoters else 'anybody'}"
    if it.approvers is None:
        return "approval by anybody"
    return f"approval by {' or '.join(it.approvers) or 'nobody: too few approvers'}"
