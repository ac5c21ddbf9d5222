"""Names of artifacts and stages where no "/" and no ":" may stand: in MLflow, and in addresses.

Two characters that no name of mreg holds stand for them: "=" for ":", as in the tags themselves,
and "~" for "/". So models:churn is models=churn there, and nlp/bert is nlp~bert.
"""

from __future__ import annotations

_SHOWN = str.maketrans(":/", "=~")
_MEANT = str.maketrans("=~", ":/")


def shown(name: str) -> str:
    """Return the name that an artifact or a stage has there."""
    return name.translate(_SHOWN)


def meant(name: str) -> str | None:
    """Return the artifact or the stage that such a name stands for; None if it is of none."""
    return None if "/" in name or ":" in name else name.translate(_MEANT)
