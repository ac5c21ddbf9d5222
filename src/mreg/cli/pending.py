"""`mreg pending`: what waits for approvals, and for whose."""

from __future__ import annotations

from mreg.cli import online, options, output
from mreg.registry import documents


def pending(
    name: options.OneName = None,
    repo: options.Repo = ".",
    json: options.Json = False,
) -> None:
    """List the versions that wait for approvals, and for whose.

    Those are the versions that could go to a stage next which asks for approvals: they satisfy its
    `from`, are above its holder, or something was said of them.
    """
    from mreg.policy.pending import table

    found = online.registry(repo).pending(name)
    if json:
        output.as_json(documents.listed("pending", found))
    else:
        output.table(table(found))
