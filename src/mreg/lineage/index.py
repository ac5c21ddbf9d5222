"""An index of a registry's lineage: which versions are, or were made with, which content.

A commit decides what is said of a version here. A new version adds to the index, and no other is
read again. What the index names need not be a version any more: who asks looks at the tags.
"""

from __future__ import annotations

import marshal
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TypeAlias

from mreg.core import queries
from mreg.errors import InvalidName
from mreg.system.digest import blake2b
from mreg.system.kept import KeptValues
from mreg.tuples import NamedTuple

_SHELVES = 1024
"""So many shares the index has: of a new version a few are written again."""

_Places: TypeAlias = dict[bytes, list[tuple[str, str]]]
"""The artifacts and commits where something is found, by a digest of what that is."""


class Unit(NamedTuple):
    """A version, or several of one artifact at one commit."""

    artifact: str
    commit: str


class UnitFacts(NamedTuple):
    """What a commit says of the lineage of an artifact's version there.

    Attributes:
        own: what stands at the version's path, by the plain id of its node; None if nothing does.
        contents: what the commit tells of that went into its versions, likewise.
        paths: where these are.
        named: the artifacts that are named as inputs, as selectors.
        alone: whether nothing in the commit says how contents were made, so that what is
            registered there besides has no bearing on it.
    """

    own: str | None
    contents: tuple[str, ...]
    paths: tuple[str, ...]
    named: tuple[str, ...]
    alone: bool


class IndexDamaged(Exception):
    """A part of the index is lost."""


class _Manifest(NamedTuple):
    """What is in the index.

    Attributes:
        known: the artifacts, each with a digest of its units.
        sizes: how many things each shelf has.
        refs: the digest of the refs of which it has everything; empty where that is not known.
    """

    known: dict[str, bytes]
    sizes: list[int]
    refs: bytes = b""


class LineageIndex:
    """The index of one registry, as far as it was needed."""

    def __init__(self, values: KeptValues, *, partial: bool) -> None:
        """Open it; of a partial clone, in which less is looked at, it is another."""
        self._values = values
        self._mark = b"p" if partial else b"w"
        self._manifest: _Manifest | None = None
        self._shelves: dict[int, _Places] = {}
        self._facts: dict[Unit, UnitFacts] = {}

    def is_of(self, refs: bytes | None) -> bool:
        """Tell whether it has all of a registry, by a digest of its refs; None: it has none."""
        return refs is not None and self._known().refs == refs

    def note(self, refs: bytes, digests: Mapping[str, bytes]) -> None:
        """Note a digest of the refs of a registry, of which it knows these artifacts."""

        def edit(kept: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
            known = _manifest(kept.get(self._manifest_key))
            if not digests.items() <= known.known.items():  # another process has begun anew
                return {}
            return {self._manifest_key: marshal.dumps((*known[:2], refs))}

        self._values.change([self._manifest_key], edit)

    def lacking(self, digests: Mapping[str, bytes]) -> list[str]:
        """Return the artifacts, given with a digest of the units of each, that it does not know."""
        known = self._known().known
        return [it for it, digest in digests.items() if known.get(it) != digest]

    def forget(self) -> None:
        """Know nothing any more, since a part is lost."""
        self._values.put({self._manifest_key: marshal.dumps(tuple(_manifest(None)))})

    def facts(self, units: Iterable[Unit]) -> dict[Unit, UnitFacts]:
        """Return what is known of units.

        Raises:
            IndexDamaged: of one of them nothing is.
        """
        units = set(units)
        found = self.known_facts(units)
        if len(found) < len(units):
            raise IndexDamaged
        return found

    def known_facts(self, units: Collection[Unit]) -> dict[Unit, UnitFacts]:
        """Return what is known of those of some units of which anything is."""
        wanted = [it for it in units if it not in self._facts]
        found = self._values.get(map(self._unit_key, wanted))
        for it in wanted:
            if raw := found.get(self._unit_key(it)):
                self._facts[it] = UnitFacts._make(marshal.loads(raw))  # noqa: S302 - the user's own
        return {it: self._facts[it] for it in units if it in self._facts}

    def at(self, commits: Iterable[str]) -> set[Unit]:
        """Return the units at commits."""
        return self._found("commit", commits)

    def registering(self, contents: Iterable[str]) -> dict[str, set[Unit]]:
        """Return the units at whose own paths contents stand, by the content."""
        return {it: self._found("own", [it]) for it in contents}

    def having(self, contents: Iterable[str]) -> set[Unit]:
        """Return the units that were made with contents."""
        return self._found("content", contents)

    def on(self, path: str) -> set[Unit]:
        """Return the units that were made with something at a path."""
        return self._found("path", [path])

    def naming(self, artifacts: Iterable[str]) -> set[Unit]:
        """Return the units that name some version of artifacts among their inputs."""
        return self._found("input", artifacts)

    def add(self, digests: Mapping[str, bytes], facts: Mapping[Unit, UnitFacts]) -> bool:
        """Take in artifacts, whole; tell whether that could be kept."""
        places: dict[int, _Places] = {}
        for unit, said in facts.items():
            for key in map(_digest, _texts(unit, said)):
                places.setdefault(_shelf(key), {}).setdefault(key, []).append(unit[:])

        def edit(kept: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
            known, shelves = self._opened(kept, places)
            for number, new in places.items():
                shelf = shelves.setdefault(number, {})
                for key, units in new.items():
                    shelf[key] = list(dict.fromkeys([*shelf.get(key, ()), *units]))
                known.sizes[number] = _size(shelf)
            known.known.update(digests)
            return {
                self._manifest_key: marshal.dumps((*known[:2], b"")),
                **{self._shelf_key(it): marshal.dumps(shelves[it]) for it in places},
                **{self._unit_key(it): marshal.dumps(tuple(said)) for it, said in facts.items()},
            }

        self._manifest, self._shelves = None, {}
        return self._values.change([self._manifest_key, *map(self._shelf_key, places)], edit)

    def _opened(
        self, kept: Mapping[bytes, bytes], wanted: Collection[int]
    ) -> tuple[_Manifest, dict[int, _Places]]:
        """Return what is kept; nothing at all if a part of it is damaged."""
        known = _manifest(kept.get(self._manifest_key))
        shelves = {it: _places(kept.get(self._shelf_key(it))) for it in wanted}
        if any(_size(it) < known.sizes[number] for number, it in shelves.items()):
            known = _manifest(None)
        return known, shelves

    def _found(self, kind: str, texts: Iterable[str]) -> set[Unit]:
        keys = [_digest(f"{kind} {it}") for it in texts]
        wanted = {_shelf(it) for it in keys} - self._shelves.keys()
        found = self._values.get(map(self._shelf_key, wanted))
        for number in wanted:
            shelf = _places(found.get(self._shelf_key(number)))
            if _size(shelf) < self._known().sizes[number]:
                raise IndexDamaged
            self._shelves[number] = shelf
        return {Unit._make(it) for key in keys for it in self._shelves[_shelf(key)].get(key, ())}

    def _known(self) -> _Manifest:
        if self._manifest is None:
            key = self._manifest_key
            self._manifest = _manifest(self._values.get([key]).get(key))
        return self._manifest

    @property
    def _manifest_key(self) -> bytes:
        return b"l" + self._mark

    def _shelf_key(self, number: int) -> bytes:
        return b"s" + self._mark + number.to_bytes(2, "big")

    def _unit_key(self, unit: Unit) -> bytes:
        return b"u" + self._mark + _digest(unit.artifact) + unit.commit.encode()


def digest(commits: Iterable[str]) -> bytes:
    """Return the digest of an artifact's units, given its commits."""
    return blake2b("\n".join(sorted(commits)).encode(), digest_size=16).digest()


def selected(texts: Iterable[str]) -> Iterator[queries.Selector]:
    """Iterate over the selectors that texts are; those that are none are left out."""
    for text in texts:
        try:
            yield queries.parse_selector(text)
        except InvalidName:  # which the lineage itself tells
            continue


def _texts(unit: Unit, said: UnitFacts) -> Iterator[str]:
    """Iterate over what a unit is found by."""
    yield f"commit {unit.commit}"
    if said.own:
        yield f"own {said.own}"
    yield from (f"content {it}" for it in said.contents)
    yield from (f"path {it}" for it in said.paths)
    yield from {f"input {it.artifact}" for it in selected(said.named)}


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _shelf(key: bytes) -> int:
    return int.from_bytes(key[:2], "big") % _SHELVES


def _size(shelf: _Places) -> int:
    return sum(map(len, shelf.values()))


def _places(raw: bytes | None) -> _Places:
    return marshal.loads(raw) if raw else {}  # noqa: S302 - the user's own


def _manifest(raw: bytes | None) -> _Manifest:
    return _Manifest(*(marshal.loads(raw) if raw else ({}, [0] * _SHELVES)))  # noqa: S302
