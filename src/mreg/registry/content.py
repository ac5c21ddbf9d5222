"""The bytes of a version, fetched once, checked each time."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mreg.annotations.entry import Annotation
from mreg.annotations.sources import Wanted
from mreg.core import queries
from mreg.core.diagnostics import Diagnostic
from mreg.core.events import DIGEST_TRAILER
from mreg.core.queries import Selector, Version
from mreg.core.replay import History
from mreg.errors import NotFound, Refused, RemoteError
from mreg.git.repository import Repository
from mreg.registry import read
from mreg.store.read import read_state

if TYPE_CHECKING:  # what a get needs is loaded by a get
    from mreg.content.fetch import Held, Progress
    from mreg.content.locate import Sought
    from mreg.content.location import Place
    from mreg.content.sources import Origin
    from mreg.content.store import Store

_ATTEMPTS = 3
"""So often a content may vanish from the cache between its check and its use."""


class Got(NamedTuple):
    """A version that was got.

    Attributes:
        path: where it is.
        artifact: the artifact's name.
        version: the version; None for a bare commit that holds a stage.
        commit: the id of its commit.
        digest: by what its bytes are known: "git:...", "sha256:..." or "md5:...".
        size: how many bytes it has.
        files: how many files.
        from_cache: whether nothing had to be fetched.
    """

    path: str
    artifact: str
    version: str | None
    commit: str
    digest: str
    size: int
    files: int
    from_cache: bool


class Environment(NamedTuple):
    """What a version was made to run with, as its annotation says.

    Attributes:
        artifact: the artifact's name.
        version: the version; None for a bare commit that holds a stage.
        commit: the id of its commit.
        python: the version of Python; None if it is not recorded.
        requirements: the requirements, each as pip reads it.
        file: the file that they stand in; None if they stand in the annotation itself.
    """

    artifact: str
    version: str | None
    commit: str
    python: str | None
    requirements: tuple[str, ...]
    file: str | None


class Followed:
    """A version that is kept up with a selector, for what runs for long.

    Attributes:
        path: where its bytes are. Those of the version before are left where they were.
        version: the version; None for a bare commit that holds a stage.
        commit: the id of its commit.
    """

    def __init__(self, get: Callable[[], Got], first: Got) -> None:
        self._get = get
        self._take(first)

    def _take(self, got: Got) -> None:
        self.path = Path(got.path)
        self.version = got.version
        self.commit = got.commit
        self._digest = got.digest

    def __fspath__(self) -> str:
        return os.fspath(self.path)

    def __repr__(self) -> str:
        return f"<{self.version or self.commit} at {self.path}>"

    def refresh(self) -> bool:
        """Ask what the selector means now; fetch that, and tell whether it is another version.

        If that fails, all stays as it was.
        """
        before = self.version, self.commit, self._digest
        self._take(self._get())
        return (self.version, self.commit, self._digest) != before


def got(
    repo: Repository,
    selector: str,
    output: str | os.PathLike[str] | None = None,
    *,
    link: bool = False,
    force: bool = False,
    sha256: str | None = None,
    report: Callable[[Progress], None] | None = None,
    into_current: bool = False,
) -> Got:
    """Get a version: see `Registry.got`."""
    from mreg.content import delivery, locate
    from mreg.content.store import store

    version, sought, origin = _sought(repo, selector, sha256)
    place, kept = locate.find(sought, origin), store()
    wanted = output is not None or into_current
    target = delivery.target(output, place.name) if wanted else None
    for left in reversed(range(_ATTEMPTS)):
        try:
            held, path = _deliver(
                place, origin, kept, sought, target, link=link, force=force, report=report
            )
            break
        except FileNotFoundError:  # somebody has pruned the cache meanwhile
            if not left:
                raise
    return Got(
        str(path),
        version.artifact,
        version.version,
        version.commit,
        place.digest,
        sum(it.kept.size for it in held),
        len(held),
        not any(it.kept.fetched for it in held),
    )


def environment(repo: Repository, selector: str) -> Environment:
    """Return what a version was made to run with: see `Registry.environment`."""
    from mreg.content import environments

    _, version, annotation = _described(repo, selector)
    found = environments.recorded(repo, version.commit, annotation, _label(version))
    return Environment(version.artifact, version.version, version.commit, *found)


def _sought(repo: Repository, selector: str, sha256: str | None) -> tuple[Version, Sought, Origin]:
    from mreg.content.locate import Sought
    from mreg.content.sources import Origin

    history, version, annotation = _described(repo, selector)
    if annotation.path is None:
        raise _nowhere(version, "does not say where it is: its annotation has no path")
    said = [f"sha256:{it.lower()}" for it in (annotation.sha256, sha256) if it is not None]
    recorded = _one([_in_tag(history, version), *said], _label(version))
    name = re.split("[:/]", version.artifact)[-1]
    sought = Sought(_label(version), name, annotation.path, recorded)
    return version, sought, Origin(repo, version.commit)


def _described(repo: Repository, selector: str) -> tuple[History, Version, Annotation]:
    """Return the version that a selector names, its history, and what its own commit says of it."""
    asked = queries.parse_selector(selector)
    history = _history(repo, asked)
    version = queries.find(history, asked)
    where = _label(version)
    wanted = Wanted(version.artifact, version.commit, where)
    found = read.entries(repo, [wanted], checked=True)[0]
    if isinstance(found, Diagnostic):
        raise NotFound(f"{where}: {found.message}", hint=found.hint)
    if found is None:
        raise _nowhere(version, "is not annotated: nothing says where its bytes are")
    return history, version, found


def _nowhere(version: Version, why: str) -> NotFound:
    return NotFound(
        f"{_label(version)} {why}",
        hint=f"mreg annotate {version.artifact} --path models/..., commit the file and"
        " register a new version",
    )


def _history(repo: Repository, wanted: Selector) -> History:
    """Return an artifact's history; without the network, for a version, as it was last known.

    A version that is named by its number stays what it is; a stage may have moved.
    """
    try:
        return read.history(repo, wanted.artifact)
    except RemoteError as error:
        exact = wanted.version not in (None, queries.LATEST)
        if not repo.mirror or not repo.path.exists():
            raise
        if not exact:
            raise RemoteError(
                str(error),
                hint=f"{error.hint}; a version that is named, as {wanted.artifact}@v1.2.0,"
                " can be had from the cache",
            ) from None
        history = read_state(repo, wanted.artifact).history(wanted.artifact)
        if not history.timeline:
            raise
        repo.network.notice(f"not up to date: {error}")
        return history


def _deliver(
    place: Place,
    origin: Origin,
    store: Store,
    sought: Sought,
    target: Path | None,
    *,
    link: bool,
    force: bool,
    report: Callable[[Progress], None] | None,
) -> tuple[tuple[Held, ...], Path]:
    """Fetch what is not in the store, and put it where it is wanted."""
    from mreg.content import delivery, fetch, layout, prune
    from mreg.content.location import GitFolder
    from mreg.system import cache

    if target is not None:  # said before a gigabyte is fetched
        delivery.check_free(target, is_folder=isinstance(place, GitFolder), force=force)
    held = fetch.fetch(place, origin, store, recorded=sought.digest, report=report)
    if target is None:
        path = layout.shelved(place, held, store)
    else:
        path = target
        is_folder = fetch.is_folder(held)
        delivery.deliver(held, path, is_folder=is_folder, link=link, force=force)
    fetch.remember(place, held, store)
    if any(it.kept.fetched for it in held):
        prune.prune(store, cache.limit(), spare={it.kept.path for it in held})
    return held, path


def _one(said: Sequence[str | None], label: str) -> str | None:
    """Return the digest that all say who say one.

    Raises:
        Refused: they do not say the same.
    """
    found = dict.fromkeys(filter(None, said))
    if len(found) > 1:
        raise Refused(
            f"{label}: its digest is said to be {' and '.join(found)}",
            hint="what its tag, its annotation and --sha256 say must be the same",
        )
    return next(iter(found), None)


def _in_tag(history: History, version: Version) -> str | None:
    """Return the digest in the trailer of the tag that registered a version."""
    events = (it.event for it in history.timeline if it.tag == version.tag)
    return next((it.trailers.get(DIGEST_TRAILER) for it in events), None)


def _label(version: Version) -> str:
    """Return how errors call a version."""
    return f"{version.artifact} {version.version or f'at {version.commit[:12]}'}"
