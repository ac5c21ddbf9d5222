"""`mreg fetch`: get what others recorded."""

from __future__ import annotations

from mreg.cli import online, options, output
from mreg.render.escape import line
from mreg.store.publish import Fetched


def fetch(
    repo: options.Repo = ".", remote: options.Remote = None, json: options.Json = False
) -> None:
    """Fetch registry tags and approvals from a remote.

    It never changes or removes a tag in this repository. It lists tags that the remote has
    moved or deleted, and tags that differ; the exit code is then 1.

    Examples:
        mreg fetch
        mreg fetch --remote origin
    """
    found = online.registry(repo).fetch(remote=remote)
    if json:
        output.as_json(found)
    else:
        _report(found)
    if found.moved or found.lost or found.differing:
        raise SystemExit(1)


def _report(found: Fetched) -> None:
    for ref in (*found.tags, *found.approvals):
        output.data(line(f"Fetched {ref}"))
    for what, tags in (
        ("the remote has another object for", found.moved),
        ("the remote no longer has", found.lost),
        ("the remote has another tag than the one made here,", found.differing),
    ):
        for tag in tags:
            output.talk(line(f"warning: {what} {tag}; the local one is unchanged"))
    if not any(found):
        output.talk("Already up to date.")
