"""Registries for the tests of lineage: made by hand, without Git, or by a stream with Git."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from handmade import event
from mreg.annotations.entry import Annotation, Input
from mreg.core.replay import State
from mreg.lineage import build, subjects
from mreg.lineage.build import GraphFacts, Links


def annotation(path: str | None = None, *inputs: Input) -> Annotation:
    """Return an annotation of a model."""
    return Annotation(type="model", path=path, inputs=inputs)


def used(text: str) -> Input:
    """Return an input that names a version."""
    return Input(artifact=text)


def blob(content: str) -> str:
    """Return the id of a content."""
    return hashlib.sha1(content.encode()).hexdigest()


def links(
    tags: Sequence[tuple[str, str]],
    annotations: Mapping[str, Annotation],
    files: Mapping[tuple[str, str], str] | None = None,
) -> Links:
    """Return the graph of a registry.

    Args:
        tags: pairs of a tag's name and the letter of its commit; they are a second apart.
        annotations: by tag, of those that register or promote.
        files: the contents of the files in Git, by the commit's letter and the path.
    """
    found = [event(tag, at, on) for at, (tag, on) in enumerate(tags)]
    state = State.of(found)
    known = tuple(subjects.of_state(state))
    return build.build(
        GraphFacts(
            state,
            known,
            [annotations.get(it.event.tag) for it in known],
            {},
            {(on * 40, path): blob(text) for (on, path), text in (files or {}).items()},
            {},
        )
    )
