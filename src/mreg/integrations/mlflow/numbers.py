"""Version numbers: what stands for a version where MLflow wants an integer.

The number is a function of the version and of nothing else, so that it is the same in every clone,
for ever (docs/adr/0025-version-numbers-in-mlflow.md).
"""

from __future__ import annotations

import re
from functools import lru_cache

from mreg.core import versions

PART = 1000
"""A minor or a patch version has to be below this to have a place of its own in the number."""

LARGEST = 2**53 - 1
"""The largest integer that JavaScript, the language of MLflow's pages, tells from the next."""

_RELEASE = re.compile(r"v([0-9]+)\.([0-9]+)\.([0-9]+)")
_MOST_DIGITS = len(str(LARGEST))


@lru_cache(maxsize=1 << 15)
def number(version: str) -> int | None:
    """Return the number of a version: of v1.2.0 it is 1002000, of v2026.11.28 2026011028.

    Returns:
        None for a version that has none: a prerelease, one with build metadata, and one of which a
        part is too large.
    """
    found = _RELEASE.fullmatch(version)
    if not found:
        return None
    major, minor, patch = map(int, found.groups())
    if minor >= PART or patch >= PART:
        return None
    packed = (major * PART + minor) * PART + patch
    return packed if packed <= LARGEST else None


def version(text: str) -> str | None:
    """Return the version that MLflow means by a text: its number, or the version itself.

    Returns:
        None where it is neither.
    """
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS:
        return _unpacked(int(text))
    prefixed = text if text.startswith("v") else f"v{text}"
    return prefixed if versions.is_version(prefixed) else None


def _unpacked(packed: int) -> str | None:
    if packed > LARGEST:
        return None
    rest, patch = divmod(packed, PART)
    major, minor = divmod(rest, PART)
    return f"v{major}.{minor}.{patch}"
