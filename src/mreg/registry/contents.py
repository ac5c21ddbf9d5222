"""All of a registry at one moment: what an index of many registries is made of."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from mreg.core import queries
from mreg.errors import RepositoryError
from mreg.git import objects, refs
from mreg.git.repository import Repository
from mreg.store import complete

if TYPE_CHECKING:
    from mreg.annotations.packed import Said
    from mreg.core.diagnostics import Diagnostic
    from mreg.core.queries import Version
    from mreg.core.replay import History
    from mreg.registry.artifact import Artifact


class RegistryContents(NamedTuple):
    """A registry at one moment.

    Attributes:
        mark: stands for all of it: where it is the same, so is the rest. Empty where only reading
            can tell.
        artifacts: the artifacts that are registered or annotated, by name.
        histories: the events of each, in the same order.
        versions: the versions of each, with those that ended, newest first by SemVer.
        said: what the commit of each of these versions says of it.
        problems: what could not be read.
    """

    mark: str
    artifacts: tuple[Artifact, ...]
    histories: tuple[History, ...]
    versions: tuple[tuple[Version, ...], ...]
    said: tuple[tuple[Said, ...], ...]
    problems: tuple[Diagnostic, ...]


def contents(repo: Repository, known: str) -> RegistryContents | None:
    """Return all of a registry, unless it is as it was: see `Registry.contents`."""
    with repo.session.here as opened, opened.asking_once():
        mark = _mark(repo, known)
        if mark and mark == known:
            return None
        with complete.at_one_moment(repo):
            return _read(repo, mark)


def _read(repo: Repository, mark: str) -> RegistryContents:
    """Return all of a registry, for which a mark stands."""
    from mreg.registry import artifact, read

    state = read.state(repo)
    found = {it.artifact: queries.find_all(it, ended=True) for it in state}
    flat = [it for versions in found.values() for it in versions]
    # In this order what HEAD needs of a remote comes with what the versions need.
    read.supply(repo, flat)
    said = iter(read.of_versions(repo, flat) if flat else ())
    notes = {name: tuple(next(said) for _ in versions) for name, versions in found.items()}
    at_head = read.at_head(repo)
    names = sorted({*found, *at_head.annotations})
    histories = [state.history(it) for it in names]
    return RegistryContents(
        mark,
        tuple(artifact.describe(repo, histories, at_head, head_first=True)),
        tuple(histories),
        tuple(found.get(it, ()) for it in names),
        tuple(notes.get(it, ()) for it in names),
        (*state.problems, *at_head.problems),
    )


_EMPTY = "neither a commit at HEAD nor a tag"
"""Stands for all of a registry on this machine in which there is nothing yet."""


def _mark(repo: Repository, known: str) -> str:
    """Return a text that stands for all of a registry; of a remote what it says its refs hold.

    Raises:
        RepositoryError: it has no refs any more: it was made anew, or restored without them.
    """
    if own := repo.mirror:
        before, _, stood = known.partition(" ")
        stands = (
            own.standing()
        )  # sooner than it is asked: what changes meanwhile is found next time
        if stands and stands == stood:
            return known
        listed = own.advertised((complete.TAGS,))
        mark = hashlib.sha256(listed).hexdigest()
        if mark == before:
            return known
        if not listed and known:
            raise _emptied(own.url.shown)
        return f"{mark} {stands}" if stands and own.is_direct() else mark
    from mreg.registry import fingerprint

    mark = fingerprint.whole(repo) or ""
    if mark == known or not _is_empty(repo):
        return mark
    if known and known != _EMPTY:
        raise _emptied(str(repo))
    return mark and _EMPTY


def _is_empty(repo: Repository) -> bool:
    """Tell whether a repository has neither a commit at HEAD nor a tag."""
    (head,) = objects.headers(repo, ["HEAD"])
    return not head.oid and not next(refs.list_names(repo, (refs.PREFIX,)), None)


def _emptied(place: str) -> RepositoryError:
    return RepositoryError(
        f"{place} has {_EMPTY} any more",
        hint="if that is intended, remove it from the catalog for one refresh",
    )
