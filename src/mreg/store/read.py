"""Reading the registry's tags: every ref in one pass, the tag objects artifact by artifact.

Two Git processes, however large the registry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias, cast

from mreg.core import kinds, listing, names, parse
from mreg.core.diagnostics import Diagnostic, problem
from mreg.core.events import Event
from mreg.core.kinds import TagName
from mreg.core.listing import Listing
from mreg.core.parse import Nested, Reading, TagColumns
from mreg.core.replay import History, State, ordered
from mreg.git import bulk, refs, tagobjects
from mreg.git.repository import Repository
from mreg.git.tagobjects import NotATag, Objects
from mreg.tuples import NamedTuple

if TYPE_CHECKING:
    from mreg.core.plain import PlainStanding, PlainTag

LARGE = 500
"""A registry of so many tags is large: of one that is not nothing is kept, and no part is looked
for, since it is read whole as quickly."""

_PORTION = 400
"""So many tags are read at once: what Git complains of them, were all damaged, fits into a pipe."""


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
    listed = listing.read(refs.listing(repo, patterns, refs.TAGS))
    with reading(repo) as reader:
        found = [*reader.each(listed, listed.runs)]
    problems = [*map(near_miss, listed.others), *(it for one in found for it in one.problems)]
    histories = {it.history.artifact: it.history for it in found if it.history.timeline}
    return State(histories, in_order(problems))


def near_miss(tag: str) -> Diagnostic:
    """Return the problem of a tag that looks meant for the registry, and is none of it."""
    return problem("MR001", tag, "it is almost a registry tag, but not quite")


def in_order(problems: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Put problems of tags in order: near misses first, then each by the tag's name."""
    return tuple(
        sorted(
            problems,
            key=lambda it: (it.code != "MR001", it.subject.encode("utf-8", "surrogateescape")),
        )
    )


def may_pass(it: Diagnostic) -> bool:
    """Tell whether a tag object is missing or damaged, which may come back while the refs stay."""
    return it.code == "MR005" or it.message == parse.DAMAGED


class FoundHistory(NamedTuple):
    """What was read of an artifact.

    Attributes:
        history: its history; of no event perhaps, or where `plain` stands for it.
        problems: what is wrong with its tags.
        plain: how it stands, where that was wanted and all of its tags are plain.
    """

    history: History
    problems: list[Diagnostic]
    plain: PlainStanding | None = None


class Reader:
    """Reads artifacts, of which no more are in memory than were asked for at once."""

    def __init__(self, repo: Repository) -> None:
        self._repo = repo

    def each(
        self, listed: Listing, artifacts: Iterable[str], *, standing: bool = False
    ) -> Iterator[FoundHistory]:
        """Iterate over artifacts that are listed, in the order in which they are given.

        Of those whose tags are all plain, how they stand can do.
        """
        found = self._standing if standing else self._found
        waiting: list[_Tags] = []
        count = 0
        for artifact in artifacts:
            tags = _tags(artifact, listed.of(artifact))
            waiting.append(tags)
            count += len(tags.oids)
            if count >= _PORTION:
                yield from found(waiting)
                waiting, count = [], 0
        yield from found(waiting)

    def _standing(self, waiting: Sequence[_Tags]) -> Iterator[FoundHistory]:
        """Read some artifacts at once: how those stand whose tags are plain."""
        from mreg.core import plain  # only whole registries are read so

        rows = self._rows(_columns(waiting))
        done = 0
        for them in waiting:
            own = rows and plain.replay(rows[done : done + len(them.tags)])
            done += len(them.tags)
            if own and them.tags:
                nothing = History(them.artifact, [])
                yield FoundHistory(nothing, [*map(near_miss, them.others)], own)
            else:
                yield from self._found([them])

    def _rows(self, every: TagColumns) -> list[PlainTag] | None:
        """Read tags that are all plain; None if any is not."""
        from mreg.core import plain

        rows: list[PlainTag] = []
        for part in every.parts(_PORTION):
            raw = bulk.contents(self._repo, part.oids)
            own = plain.read(part, raw) if raw is not None else None
            if not own or not bulk.has_only_commits(self._repo, {it.commit for it in own}):
                return None
            rows += own
        return rows

    def _found(self, waiting: Sequence[_Tags]) -> Iterator[FoundHistory]:
        """Read some artifacts at once."""
        readings: list[Event | Diagnostic] = []
        for part in _columns(waiting).parts(_PORTION):
            readings += self._read(part)
        done = 0
        for artifact, tags, _, _, others in waiting:
            own = readings[done : done + len(tags)]
            done += len(tags)
            events = [it for it in own if type(it) is Event]
            problems = [it for it in own if type(it) is Diagnostic]
            history = History(artifact, ordered(events))
            yield FoundHistory(history, [*map(near_miss, others), *problems])

    def _read(self, listed: TagColumns) -> Sequence[Event | Diagnostic]:
        raw = bulk.contents(self._repo, listed.oids)
        found: Sequence[Reading] | None = parse.read_all(listed, raw) if raw is not None else None
        if found and {*map(type, found)} == {Event}:
            events = cast("list[Event]", found)
            if bulk.has_only_commits(self._repo, {it.commit for it in events}):
                return events
        with tagobjects.reading(self._repo) as objects:
            if found is not None:
                return _settled(objects, found)
            artifacts, tags, tails, oids = listed
            full = (it._replace(artifact=of) for it, of in zip(tails, artifacts, strict=True))
            return read_events(objects, zip(tags, full, oids, strict=True), objects.read(oids))


def _columns(waiting: Sequence[_Tags]) -> TagColumns:
    """Return the tags of artifacts, one after the other."""
    every = TagColumns([], [], [], [])
    for them in waiting:
        every.artifacts.extend([them.artifact] * len(them.tags))
        every.tags.extend(them.tags)
        every.tails.extend(them.tails)
        every.oids.extend(them.oids)
    return every


@contextmanager
def reading(repo: Repository) -> Iterator[Reader]:
    """Read artifacts while the block lasts, in one Git process.

    Raises:
        RepositoryError: there is no usable repository.
    """
    with repo.session.here:
        yield Reader(repo)


class _Tags(NamedTuple):
    """The tags of an artifact: names, what these say, object ids; and near misses among them."""

    artifact: str
    tags: list[str]
    tails: list[TagName]
    oids: list[str]
    others: list[str]


def _tags(artifact: str, lines: bytes) -> _Tags:
    every = lines.decode("utf-8", "surrogateescape").split("\n")[:-1]
    end = every[0].index(" ")
    start, behind = end + 1, end + 1 + len(artifact)
    tails = [*map(kinds.parse_tail, [it[behind:] for it in every])]
    others: list[str] = []
    if None in tails:
        refused = [it[start:] for it, tail in zip(every, tails, strict=True) if tail is None]
        others = [it for it in refused if kinds.is_near_miss(it)]
        every = [it for it, tail in zip(every, tails, strict=True) if tail is not None]
        tails = [it for it in tails if it is not None]
    tags, oids = [it[start:] for it in every], [it[:end] for it in every]
    return _Tags(artifact, tags, cast("list[TagName]", tails), oids, others)


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
    return _settled(objects, found)


def _settled(objects: Objects, found: Sequence[Reading]) -> list[Event | Diagnostic]:
    """Follow tags of tags to their commits, and leave out what leads to no commit."""
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
