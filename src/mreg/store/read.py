"""Reading the registry's tags: every ref in one pass, every tag object in another.

Two Git processes, however large the registry.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias, cast

from mreg.core import kinds, names, parse
from mreg.core.diagnostics import Diagnostic, problem
from mreg.core.events import Event
from mreg.core.kinds import TagName
from mreg.core.parse import Nested
from mreg.core.replay import State
from mreg.git import refs, tagobjects
from mreg.git.repository import Repository
from mreg.git.tagobjects import NotATag, Objects
from mreg.store import snapshot


def patterns_of(artifact: str) -> tuple[str, ...]:
    """Return the ref patterns that match an artifact's tags, and few others.

    A `*` does not cross a "/", which a stage may hold; a `**` does, where it stands between two.
    """
    start = f"{refs.PREFIX}{names.in_tag(artifact)}"
    return (f"{start}@*", f"{start}#*", f"{start}#*/**")


def read_state(repo: Repository, artifact: str | None = None) -> State:
    """Read the registry's state; of one artifact alone if it is named.

    Raises:
        RepositoryError: there is no usable repository.
    """
    patterns = patterns_of(artifact) if artifact else (refs.PREFIX,)
    listing = refs.listing(repo, patterns, "refname:lstrip=2")
    keep = not artifact and snapshot.is_worth_it(listing)
    if keep and (kept := snapshot.load(repo, listing)):
        return kept
    state = _read(repo, refs.pairs(listing))
    if keep:
        snapshot.save(repo, listing, state)
    return state


def _read(repo: Repository, tags: Iterable[tuple[str, str]]) -> State:
    """Read the registry tags among some tags, given by name and object id."""
    named: list[Named] = []
    problems: list[Diagnostic] = []
    for tag, oid in tags:
        name = kinds.parse(tag)
        if name is not None:
            named.append((tag, name, oid))
        elif kinds.is_near_miss(tag):
            problems.append(problem("MR001", tag, "it is almost a registry tag, but not quite"))
    with tagobjects.reading(repo) as objects:
        found = read_events(objects, named, objects.read([oid for _, _, oid in named]))
    problems += (it for it in found if isinstance(it, Diagnostic))
    return State.of((it for it in found if isinstance(it, Event)), problems)


Named: TypeAlias = tuple[str, TagName, str]
"""A tag with the name of an event: it, what the name says, and the id of the object it holds."""


def read_events(
    objects: Objects, named: Iterable[Named], held: Iterable[bytes | NotATag]
) -> list[Event | Diagnostic]:
    """Return what tags say, of which is given what each holds: an event, or why it is none."""
    found = [
        parse.not_a_tag(tag, raw.kind)
        if isinstance(raw, NotATag)
        else parse.read(tag, name, oid, raw)
        for (tag, name, oid), raw in zip(named, held, strict=True)
    ]
    nested = [it.event.commit for it in found if isinstance(it, Nested)]
    false = objects.misnamed({it.commit for it in found if isinstance(it, Event)})
    if not nested and not false:
        return cast("list[Event | Diagnostic]", found)
    peeled = objects.peel(nested)
    return [
        _peeled(it.event, next(peeled))
        if isinstance(it, Nested)
        else parse.not_a_commit(it.tag, "misnamed")
        if isinstance(it, Event) and it.commit in false
        else it
        for it in found
    ]


def _peeled(event: Event, leads_to: str | NotATag) -> Event | Diagnostic:
    if isinstance(leads_to, NotATag):
        return parse.not_a_commit(event.tag, leads_to.kind)
    return event._replace(commit=leads_to)
