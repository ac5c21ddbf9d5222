"""What pages say of events: what somebody said, and how a version came out of a stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mreg.core.events import Action
from mreg.core.kinds import KINDS
from mreg.core.tables import first_line
from mreg.core.tenures import Ending

if TYPE_CHECKING:
    from mreg.core.queries import Version

_WAYS: dict[Ending, tuple[str, str]] = {
    "rolled back": ("rolled back", "from"),
    "returned": ("replaced", "by an earlier version in"),
    "demoted": ("demoted", "from"),
    "deregistered": ("deregistered", "while in"),
}


def pulled(ending: Ending) -> str:
    """Say in a word or two how a version was pulled out of a stage."""
    return _WAYS[ending][0]


def pulled_from(ending: Ending, stage: str) -> str:
    """Say how a version was pulled out of a stage, and which: "rolled back from prod"."""
    return " ".join((*_WAYS[ending], stage))


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


def of_version(it: Version) -> str:
    """Return what was said of a version when it was registered, likewise."""
    return said(it.message, "register", it.artifact, it.version)


def _of_gto(artifact: str, version: str | None, stage: str | None) -> tuple[str, ...]:
    """Return what GTO 1.10 writes where nothing is said (gto/registry.py)."""
    return (
        f"Registering artifact {artifact} version {version}",
        f"Deregistering artifact {artifact} version {version}",
        f"Assigning stage {stage} to artifact {artifact} version {version}",
        f"Unassigning stage '{stage}' to artifact '{artifact}' version '{version}'",
        f"Deprecating artifact '{artifact}'",
    )
