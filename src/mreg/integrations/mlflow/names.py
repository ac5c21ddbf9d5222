"""Names of artifacts and stages in MLflow, which allows no "/" and no ":" in one.

Two characters that no name of mreg holds stand for them: "=" for ":", as in the tags themselves,
and "~" for "/". So models:churn is models=churn in MLflow, and nlp/bert is nlp~bert.
"""

from __future__ import annotations

_SHOWN = str.maketrans(":/", "=~")
_MEANT = str.maketrans("=~", ":/")


def shown(name: str) -> str:
    """Return the name that an artifact or a stage has in MLflow."""
    return name.translate(_SHOWN)


def meant(name: str) -> str | None:
    """Return the artifact or the stage that a name in MLflow stands for; None if it is of none."""
    return None if "/" in name or ":" in name else name.translate(_MEANT)
