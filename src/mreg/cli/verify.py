"""`mreg verify`: whether what is recorded, or about to be, keeps to the policy."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from mreg.cli import online, options, output
from mreg.cli.parameters import Argument, Flag
from mreg.errors import UsageError
from mreg.registry import documents
from mreg.render.escape import line

if TYPE_CHECKING:
    from mreg.core.diagnostics import Diagnostic


def verify(
    tags: Annotated[list[str] | None, Argument("[TAG]...", "The tags.", show_default=False)] = None,
    repo: options.Repo = ".",
    all_: Annotated[bool, Flag("--all", "Every registry tag.")] = False,
    new: options.NewRef = None,
    tampering: Annotated[
        bool,
        Flag("--tampering", "Look for tags that were moved, removed, slipped in."),
    ] = False,
    offline: options.Offline = False,
    policy: options.Policy = None,
    remote: options.Remote = None,
    json: options.Json = False,
) -> None:
    """Check recorded events against the policy that was in force when they were made.

    What a push would do (`--new`) is checked against the policy that counts now. The exit code is
    1 if a rule is not kept, or if anything was tampered with.
    """
    from mreg.governance.updates import Update

    if sum((bool(tags), all_, new is not None)) > 1:
        raise UsageError("TAG, --all and --new exclude each other")
    if not (tags or all_ or new or tampering):
        raise UsageError("verify what?", hint="mreg verify TAG, or --all, --new or --tampering")
    found = online.registry(repo).verification(
        None if all_ else tags or (),
        updates=[Update.of(*new)] if new else (),
        tampering=tampering,
        offline=offline,
        remote=remote,
        policy=policy,
        progress=output.counted("verifying {} of {} events") if all_ else None,
    )
    if json:
        output.as_json(documents.verification(found))
    else:
        for warning in found.received.warnings:
            output.talk(f"warning: {line(warning)}")
        for it in found.diagnostics:
            _say(it)
        output.talk(found.summary)
    if not found.passed:
        raise SystemExit(1)


def _say(it: Diagnostic) -> None:
    where = f" at {it.location.remote}" if it.location.remote else ""
    _data(f"{it.subject}{where}: {it.code}: {it.message}", "", " " * 4)
    if it.hint:
        _data(f"-> {it.hint}", "  ", " " * 5)


def _data(text: str, first: str, others: str) -> None:
    """Print a line; on a terminal as several, where it is too long, and no word of it broken."""
    from mreg.governance.evaluate import wrapped

    shown = line(text)
    output.data(wrapped(shown, first, others) if sys.stdout.isatty() else f"{first}{shown}")
