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

_COMMAND = r"(?m)^(?P<space>\s*)(?=::)|\#(?=\#\w*\[)"
_IN_JSON = r"##(?=\w*\[)"


def inert(text: str) -> str:
    """Return text no line of which is a command: a backslash is put before or into its sign."""
    return re.sub(_COMMAND, lambda it: f"{it[0]}\\", text)


def inert_json(text: str) -> str:
    """Return JSON that says the same, with one of the signs escaped; no line begins with `::`."""
    return re.sub(_IN_JSON, r"#\\u0023", text) if "##" in text else text
