"""What a query is asked about: one version, with what is known of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from mreg.annotations.entry import Annotation
from mreg.queries import Version
from mreg.state import History

Histories = Callable[[str], History]
"""Returns an artifact's history, by its name; an empty one if it has none."""


def _unknown(artifact: str) -> History:
    return History(artifact, [])


class Subject(NamedTuple):
    """One version, with what is known of it.

    Attributes:
        version: the version.
        latest: whether it is its artifact's highest active one.
        deprecated: whether its artifact is deprecated.
        annotation: what its commit says of it; None where that is nothing.
        histories: the histories of the registry, by which selectors among its inputs are resolved.
    """

    version: Version
    latest: bool = False
    deprecated: bool = False
    annotation: Annotation | None = None
    histories: Histories = _unknown
