"""What somebody said of an event: nothing where the message has no more than what was done."""

from __future__ import annotations

from mreg.core.events import Action
from mreg.core.kinds import KINDS
from mreg.core.tables import first_line


def said(
    message: str, action: Action, artifact: str, version: str | None, stage: str | None = None
) -> str:
    """Return the first line of an event's message.

    It is empty where mreg or GTO wrote it for somebody who said nothing: what was done, when and
    by whom stands beside it anyway.
    """
    line = first_line(message)
    if not line or line == KINDS[action].subject(artifact, version, stage):
        return ""
    return "" if line in _of_gto(artifact, version, stage) else line


def _of_gto(artifact: str, version: str | None, stage: str | None) -> tuple[str, ...]:
    """Return what GTO 1.10 writes where nothing is said (gto/registry.py)."""
    return (
        f"Registering artifact {artifact} version {version}",
        f"Deregistering artifact {artifact} version {version}",
        f"Assigning stage {stage} to artifact {artifact} version {version}",
        f"Unassigning stage '{stage}' to artifact '{artifact}' version '{version}'",
        f"Deprecating artifact '{artifact}'",
    )
