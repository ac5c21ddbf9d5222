"""`mreg pending`: what waits for approvals, and for whose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mreg.cli import online, options, output
from mreg.core import tables
from mreg.registry import documents
from mreg.render.table import Table

if TYPE_CHECKING:
    from mreg.policy.pending import Pending


def pending(
    name: options.OneName = None,
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
    columns: dict[str, Callable[[Pending], str]] = {
        "version": lambda it: f"{it.artifact}@{it.version}",
        "stage": lambda it: it.stage,
        "approvals": lambda it: f"{it.have} of {it.need}",
        "approved by": lambda it: ", ".join(it.approved) or tables.NOTHING,
        "waits for": _waits_for,
    }
    wraps = ("approved by", "waits for")
    return Table.of(columns, found, empty="Nothing waits for approvals.", wraps=wraps)


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
