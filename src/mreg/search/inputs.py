"""The inputs of a version, as a search sees them: by what was declared, and by what that meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from mreg.annotations.entry import Input
from mreg.core import queries
from mreg.core.queries import Selector, Version
from mreg.core.replay import History
from mreg.errors import InvalidName
from mreg.lineage import subjects
from mreg.lineage.subjects import PinnedSelector


class Meanings:
    """What selectors mean, and what they meant when a version that names them was registered.

    Each history is replayed once for each selector of it, however often it is asked for.
    """

    def __init__(self, histories: Callable[[str], History]) -> None:
        """Begin with nothing known; an artifact without a history has an empty one."""
        self._history = cache(histories)
        self._subjects = cache(self._registered)
        self._answers: dict[Selector, Mapping[PinnedSelector, str | None]] = {}

    def now(self, selector: Selector) -> str | None:
        """Return the version that a selector means, as `name@v1.2.0`; None if it means none."""
        if selector.is_exact:
            return str(selector)
        return self._after(selector, len(self._history(selector.artifact).timeline))

    def then(self, selector: Selector, version: Version) -> str | None:
        """Return what a selector meant when a version was registered."""
        if selector.is_exact:
            return str(selector)
        by = self._subjects(version.artifact).get((version.tag, version.commit))
        if by is None:
            return None
        asked = subjects.asked(selector, by, self._history(selector.artifact))
        return self._after(selector, asked.position)

    def _after(self, selector: Selector, position: int) -> str | None:
        """Return what a selector meant after so many of its artifact's events."""
        if selector not in self._answers:
            history = self._history(selector.artifact)
            every = (PinnedSelector(selector, it) for it in range(len(history.timeline) + 1))
            self._answers[selector] = subjects.answers(history, every)
        key = self._answers[selector][PinnedSelector(selector, position)]
        return f"{selector.artifact}@{key}" if key else None

    def _registered(self, artifact: str) -> dict[tuple[str, str], subjects.Subject]:
        known = subjects.of_history(self._history(artifact))
        return {(it.event.tag, it.event.commit): it for it in known}


def names(declared: Input, version: Version, meanings: Meanings) -> Iterator[str]:
    """Iterate over what an input of a version may be called.

    Its path or URL; of an artifact the selector as it was declared, the name alone, and the version
    that was meant; of one in another repository that one's URL, and the selector behind it.
    """
    yield from filter(None, (declared.path, declared.url, declared.repo))
    if not declared.artifact:
        return
    if declared.repo:
        yield f"{declared.repo} {declared.artifact}"
        return
    yield declared.artifact
    try:
        selector = queries.parse_selector(declared.artifact)
    except InvalidName:
        return
    yield selector.artifact
    if meant := meanings.then(selector, version):
        yield meant
