"""Tracing: what versions were made from, and what was made from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mreg.core import queries
from mreg.errors import UsageError
from mreg.registry.opened import Opened

if TYPE_CHECKING:  # what a lineage needs is loaded when one is asked for
    from mreg.lineage.graph import Lineage

LIMIT = 1000
"""At most so many things are in an answer, unless another number is asked for."""


class Tracing(Opened):
    """The question where something came from, and where it went."""

    def lineage(
        self,
        selector: str | None = None,
        *,
        path: str | None = None,
        down: bool = False,
        depth: int | None = None,
        limit: int = LIMIT,
        also: bool = False,
    ) -> Lineage:
        """Return what a version was made from, or what was made from it (docs/lineage.md).

        Args:
            selector: as for `resolve`.
            path: a file or folder, from the repository's root, instead of a version: with any
                content that versions were made from.
            down: what was made from it, over all versions of all artifacts; else what it was
                made from.
            depth: at most so many edges away.
            limit: at most so many nodes, the nearest.
            also: whether what made equal contents in other commits is wanted as well, and the
                versions that these are registered as besides; its edges are marked.

        Returns:
            A graph of nodes and typed edges; an edge leads from what went in to what came out.

        Raises:
            InvalidName: it is no selector.
            NotFound: there is no such version; or no version was made with that path.
            UsageError: neither of selector and path is given, or both are.
        """
        from mreg.lineage import read

        if (selector is None) == (path is None):
            raise UsageError("a lineage is that of a version or of a path", hint="name one of them")
        for name, number in (("depth", depth), ("limit", limit)):
            if number is not None and number < 0:
                raise UsageError(f"a {name} of {number} is less than nothing")
        wanted = queries.parse_selector(selector) if selector is not None else None
        state = self._state()
        version = None
        if wanted:
            version = queries.find(self._known(state.history(wanted.artifact)), wanted)
        question = read.Question(version, path, "down" if down else "up", depth, limit, also)
        return read.answer(self.repository, state, self._read_annotations, question)
