"""For which tag a pipeline runs: as the command line says, else as the CI system's variables do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from mreg.cli import output
from mreg.deploy import systems
from mreg.deploy.systems import Trigger
from mreg.errors import UsageError
from mreg.render import log
from mreg.render.escape import line


def trigger(tag: str | None, command: str, system: systems.Name | None = None) -> Trigger:
    """Return what the pipeline runs for: the tag that was named, else the one of its variables.

    Args:
        tag: the tag that was named, or its full ref; None if none was.
        command: who asks, as it is typed: `ci`.
        system: the CI system that counts; None: the first whose variables are there.

    Raises:
        UsageError: neither is there.
    """
    name = system or _detected()
    found = systems.read(name, os.environ, _payload(name)) if name else systems.NOWHERE
    if tag is None:
        if name is None:
            raise UsageError(
                "this is not a supported CI system, so the tag is unknown",
                hint=f"run `mreg {command} TAG`",
            )
        return found
    if not tag:
        raise UsageError("TAG is empty", hint="omit it to use the variables of the CI system")
    named = tag.removeprefix("refs/tags/")
    return found if found.tag == named else found._replace(tag=named, oid=None)


def warn(text: str) -> None:
    """Say what is not as it should be, in a line that is no command to who runs the pipeline."""
    output.talk(f"warning: {log.inert(line(text))}")


def _detected() -> systems.Name | None:
    """Return the CI system that counts; where there are several, say so."""
    found = systems.detected(os.environ)
    if len(found) > 1:
        warn(f"the variables of {' and '.join(found)} are set; using {found[0]}")
    return found[0] if found else None


def _payload(system: systems.Name) -> Any:
    """Return GitHub's event; None where there is none."""
    path = os.environ.get("GITHUB_EVENT_PATH", "")
    if system != "github" or not path:
        return None
    import json

    try:
        return json.loads(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        warn(
            "cannot read the event at GITHUB_EVENT_PATH, so the tag is not checked against "
            f"it: {error}"
        )
        return None
