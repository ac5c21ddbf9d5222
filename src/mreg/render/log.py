"""Text for the log of a pipeline, in which a line may be a command to who runs it.

Such lines begin with `::`, or hold `##[`, `##vso[` or `##teamcity[`. GitLab's section markers need
a carriage return and an escape character, which `escape` shows as what they are. Sources:
https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands,
https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands,
https://www.jetbrains.com/help/teamcity/service-messages.html,
https://docs.gitlab.com/ci/jobs/job_logs
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TextIO

_COMMAND = re.compile(r"^(?P<space>\s*)(?=::)|\#(?=\#\w*\[)", re.MULTILINE)
_IN_JSON = re.compile(r"##(?=\w*\[)")

_MARKERS = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION", "JENKINS_URL", "BUILD_ID")
"""The variables of which CI systems set at least one; Azure Pipelines, TeamCity and Jenkins set no
`CI`. Where one is there by mistake, a rare line has a backslash too many."""


def inert(text: str) -> str:
    """Return text no line of which is a command: a backslash is put before or into its sign."""
    return _COMMAND.sub(lambda it: f"{it[0]}\\", text)


def inert_json(text: str) -> str:
    """Return JSON that says the same, with one of the signs escaped; no line begins with `::`."""
    return _IN_JSON.sub(r"#\\u0023", text) if "##" in text else text


def is_watched(environment: Mapping[str, str]) -> bool:
    """Tell whether a CI system reads what this process prints."""
    return any(environment.get(it, "").lower() not in ("", "false", "0") for it in _MARKERS)


class Log:
    """A text stream into a pipeline's log: what is written to it is inert."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._begins = True

    def write(self, text: str) -> int:
        """Write text; where it goes on in a line, only what stands anywhere in one is a command."""
        safe = inert(text) if self._begins else inert(f".{text}")[1:]
        self._stream.write(safe)
        if text:
            last = text.rpartition("\n")[2]
            self._begins = not last.strip() and (self._begins or "\n" in text)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def plain(stream: TextIO) -> TextIO:
    """Return the stream behind a `Log`; any other as it is."""
    return stream._stream if isinstance(stream, Log) else stream
