"""What a query is asked about: one version, with what is known of it."""

from __future__ import annotations

from mreg.annotations.entry import Annotation
from mreg.core.queries import Version
from mreg.core.replay import History
from mreg.search.inputs import Meanings
from mreg.tuples import NamedTuple

NOTHING_MEANT = Meanings(lambda artifact: History(artifact, []))
"""For subjects of which nothing but the version is known: selectors mean nothing."""


class SearchedVersion(NamedTuple):
    """One version, with what is known of it.

    Attributes:
        version: the version.
        latest: whether it is its artifact's highest active one.
        deprecated: whether its artifact is deprecated.
        annotation: what its commit says of it; None where that is nothing. Of one that cannot be
            read, in whole or in part, `unread` says so.
        meanings: what selectors in its inputs, and in the query, mean in its registry.
    """

    version: Version
    latest: bool = False
    deprecated: bool = False
    annotation: Annotation | None = None
    meanings: Meanings = NOTHING_MEANT
