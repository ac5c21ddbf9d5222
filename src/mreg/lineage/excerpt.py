"""Excerpts: the part of a registry in which one version's lineage is.

A whole registry's annotations are read to answer where all of it came from and went. Where one
version's origin is asked for and nothing is at hand yet, as in a pipeline, this reads what the
version names, what that names, and so on: as many artifacts and commits as these are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from mreg.annotations.entry import Annotation
from mreg.annotations.sources import Wanted
from mreg.core import queries
from mreg.core.replay import History, State
from mreg.errors import InvalidName
from mreg.lineage import subjects
from mreg.lineage.read import ReadAnnotations
from mreg.lineage.subjects import Subject

ROUNDS, MOST_VERSIONS = 4, 40
"""How many inputs away a version may be, and how many may be so far away."""

Known = Callable[[str], History]
"""Returns an artifact's history; an empty one if it has none."""


def around(
    known: Known, artifact: str, key: str, read: ReadAnnotations
) -> tuple[State, int | None]:
    """Return the part of a registry that a version was made from, and the version before it.

    Args:
        known: what knows the histories.
        artifact: the artifact.
        key: the version, or the id of the bare commit.
        read: what reads annotations.

    Returns:
        The events that are about its versions; and over how many edges a lineage in it is that of
        the whole registry, None for any.
    """
    history = known(artifact)
    kept = {artifact: {key}}
    fresh = [it for it in subjects.of_history(history) if it.key == key]
    depth = 0
    while fresh and depth < ROUNDS:
        found = list(islice(_inputs(known, fresh, read), MOST_VERSIONS + 1))
        if len(found) > MOST_VERSIONS:
            break
        fresh = [it for it in found if it.key not in kept.get(it.artifact, ())]
        for it in fresh:
            kept.setdefault(it.artifact, set()).add(it.key)
        depth += 1
    if (before := queries.before(history, key)) is not None:
        kept[artifact].add(before)
    parts = {name: _part(known(name), keys) for name, keys in sorted(kept.items())}
    return State(parts), depth if fresh else None


def _inputs(known: Known, of: list[Subject], read: ReadAnnotations) -> Iterator[Subject]:
    """Iterate over the versions that versions name as their inputs."""
    wanted = [Wanted(it.artifact, it.event.commit, it.event.tag) for it in of]
    for it, annotation in zip(of, read(wanted), strict=True):
        inputs = annotation.inputs if isinstance(annotation, Annotation) else ()
        for selector in (one.artifact for one in inputs if one.artifact and not one.repo):
            yield from _meant(known, selector, it)


def _meant(known: Known, text: str, by: Subject) -> Iterator[Subject]:
    """Iterate over the version that a selector meant, if there is one."""
    try:
        selector = queries.parse_selector(text)
    except InvalidName:
        return  # which the lineage itself tells
    history = known(selector.artifact)
    key = selector.version
    if not selector.is_exact:
        asked = subjects.asked(selector, by, history)
        key = subjects.answers(history, [asked])[asked]
    yield from (it for it in subjects.of_history(history) if it.key == key)


def _part(history: History, keys: set[str]) -> History:
    """Return the events of a history that are about some versions."""
    about = zip(history.timeline, queries.subjects(history), strict=True)
    kept = [dated for dated, version in about if (version or dated.event.commit) in keys]
    return History(history.artifact, kept)
