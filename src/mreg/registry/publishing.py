"""Publishing: release notes of an artifact, and documents about one version for other tools."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from mreg import names
from mreg.errors import UsageError
from mreg.registry.opened import Opened

if TYPE_CHECKING:  # what a document needs is loaded when one is asked for
    from mreg.changelog import Changelog

MOST_COMMITS = 20
"""At most so many commits of each version are in release notes, unless others are asked for."""


class Publishing(Opened):
    """What is said of versions to those who are not of the project."""

    def changelog(
        self,
        name: str,
        since: str | None = None,
        until: str | None = None,
        *,
        commits: int = MOST_COMMITS,
        lower_better: Iterable[str] = (),
        higher_better: Iterable[str] = (),
    ) -> Changelog:
        """Return an artifact's release notes, newest first by SemVer.

        Args:
            name: the artifact.
            since: begin after this version: "v1.0.0", or a selector of it; None for the first.
            until: end with this one; None for the last.
            commits: at most so many commits of each version.
            lower_better: as for `diff`.
            higher_better: as for `diff`.

        Raises:
            InvalidName: the name is malformed, or an end is no selector.
            NotFound: there is no such artifact, or no such version.
            Refused: it is a shallow clone, and its remote cannot be asked about commits.
            UsageError: an end is of another artifact, the ends are the wrong way round, or a metric
                is named both ways.
        """
        from mreg import changelog, directions, recounting

        if commits < 0:
            raise UsageError(f"{commits} commits is less than nothing")
        told = directions.told(lower_better, higher_better)
        asked = [
            changelog.selector(names.artifact(name), it) if it else None for it in (since, until)
        ]
        history = self._history(name)
        first, last = (changelog.named(history, it) if it else None for it in asked)
        question = recounting.Question(first, last, commits, told)
        return recounting.answer(self.path, history, self._read_annotations, question)
