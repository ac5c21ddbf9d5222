"""The bytes of a version, fetched once, checked each time."""

from __future__ import annotations

import os
import posixpath
import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mreg.annotations.entry import Annotation, is_url
from mreg.annotations.sources import Wanted
from mreg.core import queries
from mreg.core.diagnostics import Diagnostic
from mreg.core.events import DIGEST_TRAILER
from mreg.core.queries import Selector, Version
from mreg.core.replay import History
from mreg.errors import MregError, NotFound, Refused, RemoteError, UsageError
from mreg.git.files import Files
from mreg.git.repository import Repository
from mreg.net import urls
from mreg.oci.reference import is_reference
from mreg.registry import read
from mreg.store.read import read_state
from mreg.tuples import NamedTuple

if TYPE_CHECKING:  # what a get needs is loaded by a get
    from mreg.content.fetch import Held, Progress
    from mreg.content.locate import Sought
    from mreg.content.location import OciImage, Place
    from mreg.content.sources import Origin
    from mreg.content.store import Store

_ATTEMPTS = 3
"""So often a content may vanish from the cache between its check and its use."""


class Got(NamedTuple):
    """A downloaded version.

    Attributes:
        path: the path of its file or folder.
        artifact: the artifact's name.
        version: the version; None for a bare commit that holds a stage.
        commit: the id of its commit.
        digest: the digest of its bytes: "git:...", "sha256:..." or "md5:...".
        size: its size in bytes.
        files: the number of files.
        from_cache: whether everything was in the cache.
        source: its path in its commit, or its URL.
        annotation: the id of the commit whose annotation contains the path: the version's own, or
            the requested one; None if the caller named the path.
        recorded: the recorded digest against which it was checked, in addition to the ids of Git
            and other tools; None if there is none.
        name: the name of its file or folder; in a read-only cache, the path of a file can have
            another name.
        executable: whether it is an executable file.
    """

    path: str
    artifact: str
    version: str | None
    commit: str
    digest: str
    size: int
    files: int
    from_cache: bool
    source: str
    annotation: str | None
    recorded: str | None
    name: str
    executable: bool


class _Said(NamedTuple):
    """Where a version is said to be, its digest there, and the commit whose annotation says so."""

    path: str
    sha256: str | None = None
    commit: str | None = None


class Environment(NamedTuple):
    """The Python version and requirements in the annotation of a version.

    Attributes:
        artifact: the artifact's name.
        version: the version; None for a bare commit that holds a stage.
        commit: the id of its commit.
        python: the Python version; None if it is not recorded.
        requirements: the requirements, in pip's format.
        file: the file that contains them; None if they are in the annotation itself.
    """

    artifact: str
    version: str | None
    commit: str
    python: str | None
    requirements: tuple[str, ...]
    file: str | None


class Followed:
    """The version that a selector names, kept up to date for long-running programs.

    Attributes:
        path: the path of its file or folder. That of the previous version is not changed.
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
        """Resolve the selector again, download the version, and return whether it has changed.

        If this fails, nothing changes.
        """
        before = self.version, self.commit, self._digest
        self._take(self._get())
        return (self.version, self.commit, self._digest) != before


class Named(NamedTuple):
    """What whoever gets a version names of it: see `Registry.got`."""

    path: str | None = None
    rev: str | None = None
    sha256: str | None = None
    include: tuple[str, ...] = ()


def check_output(repo: Repository, selector: str, output: str) -> None:
    """Refuse a stage or a version in place of where a program wants the file of an artifact.

    Raises:
        UsageError: it is one, as on the command line, where `mreg get churn prod` means churn#prod.
    """
    asked = queries.parse_selector(selector)
    if not asked.plain or "/" in output or Path(output).exists():
        return
    standing = _history(repo, asked).standing
    for mark, known in (("#", standing.stages), ("@", standing.active)):
        if output in known:
            raise UsageError(
                f"the second argument is where to put the file, but {output!r} is "
                f"{'a stage' if mark == '#' else 'a version'} of {asked.artifact}",
                hint=f'mreg.get("{asked.artifact}{mark}{output}"); or write "./{output}" for a file'
                " of that name",
            )


def got(
    repo: Repository,
    selector: str,
    output: str | os.PathLike[str] | None = None,
    *,
    link: bool = False,
    force: bool = False,
    report: Callable[[Progress], None] | None = None,
    into_current: bool = False,
    named: Named,
) -> Got:
    """Get a version: see `Registry.got`."""
    from mreg.content import delivery, fetch, locate, location
    from mreg.content.sources import Origin
    from mreg.content.store import store

    asked = queries.parse_selector(selector)
    history = _history(repo, asked)
    version = queries.find(history, asked)
    if words := queries.prerelease_words(history, asked, version.version):
        repo.network.notice(f"note: {words}")
    if words := queries.ended_words(history, version):
        repo.network.notice(f"warning: {words}")
    origin = Origin(repo, version.commit)
    said = _said(origin, version, selector, named.path, named.rev)
    sought = _sought(version, said, _in_tag(history, version), named.sha256)
    place, kept = locate.find(sought, origin), store()
    if isinstance(place, location.OciImage):
        place = _named(place, repo, kept)
    if named.include:
        place = location.narrowed(place, named.include, sought.label)
    wanted = output is not None or into_current
    target = delivery.target(output, place.name) if wanted else None
    for left in reversed(range(_ATTEMPTS)):
        try:
            held, out = _deliver(
                place, origin, kept, sought, target, link=link, force=force, report=report
            )
            break
        except FileNotFoundError:  # somebody has pruned the cache meanwhile
            if not left:
                raise
    return Got(
        str(out),
        version.artifact,
        version.version,
        version.commit,
        place.digest,
        sum(it.kept.size for it in held),
        len(held),
        not any(it.kept.fetched for it in held),
        urls.mask(said.path),
        said.commit,
        sought.digest,
        place.name,
        not fetch.is_folder(held) and held[0].executable,
    )


def _named(place: OciImage, repo: Repository, kept: Store) -> OciImage:
    """Return an image with the name that it says its file or folder has."""
    from mreg.content import images, location

    asked = images.client(place.image, repo.network)
    name = images.described(asked, place.image, kept).name
    location.check_paths([name])
    return place._replace(name=name)


def environment(repo: Repository, selector: str) -> Environment:
    """Return what a version was made to run with: see `Registry.environment`."""
    from mreg.content import environments

    asked = queries.parse_selector(selector)
    version = queries.find(_history(repo, asked), asked)
    said = _annotation(repo, version, version.commit)
    if said is None:
        raise NotFound(
            f"{_label(version)} is not annotated, so its requirements are unknown",
            hint=f"mreg annotate {version.artifact} --requirements FILE, commit that and register a"
            " new version",
        )
    found = environments.recorded(repo, version.commit, said, _label(version))
    return Environment(version.artifact, version.version, version.commit, *found)


def committed_file(repo: Repository, version: Version, path: str, most: int) -> bytes:
    """Return a small file of a version's commit: see `Registry.committed_file`."""
    with Files(repo) as reader:
        oid = reader.find([(version.commit, path)])[version.commit, path]
        raw = dict(reader.read([oid], limit=most)).get(oid) if oid else None
    if raw is None:
        raise NotFound(f"{_label(version)}: its commit does not have the file {path}")
    if len(raw) > most:
        raise Refused(f"{_label(version)}: {path} has more than {most} bytes")
    return raw


class GetRefusal(NamedTuple):
    """Why `got` refuses a version, and what to do about the next one."""

    why: str
    hint: str


def refusal(
    origin: Origin,
    artifact: str,
    said: Annotation,
    *,
    label: str,
    recorded: str | None = None,
    to_record: bool = False,
) -> GetRefusal | None:
    """Return why `got` will refuse a version, as far as its commit tells; None if it will not.

    A URL is not asked, and of an image only whether a digest pins it. A digest may be `recorded`
    by its registration, or is about to be. Damaged pointers are found by `mreg.content.damages`.
    """
    if said.path is None or (is_url(said.path) and not is_reference(said.path)):
        return None
    from mreg.content import locate
    from mreg.content.locate import Sought
    from mreg.content.location import GitFolder

    known = [recorded, said.sha256 and f"sha256:{said.sha256.lower()}"]
    try:
        sought = Sought(label, artifact, said.path, _one(known, label), to_record=to_record)
        place = locate.find(sought, origin)
        if isinstance(place, GitFolder):
            locate.members(place, origin)
    except (NotFound, Refused) as error:
        return GetRefusal(str(error), error.hint)
    return None


def refusals(
    origin: Origin,
    artifact: str,
    said: Annotation,
    contents: Files,
    *,
    label: str,
    recorded: str | None = None,
    to_record: bool = False,
) -> Iterator[GetRefusal]:
    """Iterate over all that `refusal` tells, and over the damaged pointers."""
    if found := refusal(
        origin, artifact, said, label=label, recorded=recorded, to_record=to_record
    ):
        yield found
        return
    from mreg.content import damages

    for it in damages.find([Wanted(artifact, origin.commit, label)], [said], contents):
        yield GetRefusal(it.why, f"{it.remedy}; then register that commit")


def _said(
    origin: Origin, version: Version, selector: str, path: str | None, rev: str | None
) -> _Said:
    """Return where a version is: its own annotation's word counts before that of who asks for it.

    Raises:
        NotFound: nobody says it.
        Refused: who asks says something else.
    """
    if path and not is_url(path):
        path = posixpath.normpath(path)
    own = _annotation(origin.repo, version, version.commit, optional=bool(path or rev))
    if own and own.path is not None:
        if path not in (None, own.path):
            raise Refused(
                f"{_label(version)} is at {urls.mask(own.path)}, according to its own annotation",
                hint="omit --path",
            )
        return _Said(own.path, own.sha256, version.commit)
    if path:
        return _Said(path)
    if rev is None:
        raise _nowhere(origin, version, selector, annotated=own is not None)
    commit = read.commit(origin.repo, rev)
    other = _annotation(origin.repo, version, commit)
    if other is None or other.path is None:
        raise NotFound(
            f"the annotation of {version.artifact} at {rev} has no path",
            hint="use --path FILE to name a file of the version's own commit",
        )
    # The digest in it is that of another commit's file.
    return _Said(other.path, other.sha256 if is_url(other.path) else None, commit)


def _sought(version: Version, said: _Said, in_tag: str | None, sha256: str | None) -> Sought:
    from mreg.content.locate import Sought

    known = [f"sha256:{it.lower()}" for it in (said.sha256, sha256) if it is not None]
    recorded = _one([in_tag, *known], _label(version))
    name = re.split("[:/]", version.artifact)[-1]
    return Sought(_label(version), name, said.path, recorded)


def _annotation(
    repo: Repository, version: Version, commit: str, *, optional: bool = False
) -> Annotation | None:
    """Return what a commit says of a version's artifact; None if that is nothing.

    Raises:
        NotFound: it cannot be read, and it is not `optional`.
    """
    own = commit == version.commit
    where = _label(version) if own else f"{version.artifact} at {commit[:12]}"
    found = read.entries(repo, [Wanted(version.artifact, commit, where)], checked=True)[0]
    if not isinstance(found, Diagnostic):
        return found
    if optional:
        return None
    raise NotFound(f"{where}: {found.message}", hint=found.hint)


def _nowhere(origin: Origin, version: Version, selector: str, *, annotated: bool) -> NotFound:
    """Return the error for a version whose own commit does not say where it is."""
    from mreg.content import locate

    why = (
        "has no path in its annotation, so its location is unknown"
        if annotated
        else "is not annotated, so the location of its bytes is unknown"
    )
    get = f"mreg get {shlex.quote(selector)}"
    hint = (
        f"{get} --path FILE downloads a file from its commit {version.commit[:12]}; for the next"
        f" version, run mreg annotate {version.artifact} --path FILE, and commit that"
    )
    with suppress(MregError):
        said = _said(origin, version, selector, None, "HEAD")
        locate.find(_sought(version, said, None, None), origin)
        path = urls.mask(said.path)
        hint = f"{get} --rev HEAD downloads {path} from its commit: that is the path at HEAD"
    return NotFound(f"{_label(version)} {why}", hint=hint)


def _history(repo: Repository, wanted: Selector) -> History:
    """Return an artifact's history; without the network, for a version, as it was last known.

    A version that is named by its number stays what it is; a stage may have moved.
    """
    try:
        return read.history(repo, wanted.artifact)
    except RemoteError as error:
        if not repo.mirror or not repo.path.exists():
            raise
        if not wanted.is_exact:
            raise RemoteError(
                str(error),
                hint=f"{error.hint}; an exact version, such as {wanted.artifact}@v1.2.0,"
                " may be in the cache",
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
    from mreg.content.store import SecondFile
    from mreg.system import cache

    if target is not None:  # said before a gigabyte is fetched
        delivery.check_free(target, is_folder=isinstance(place, GitFolder), force=force)
    with ExitStack() as stack:
        twin, to_copy = None, target is not None and not link
        if target is not None and to_copy:
            twin = stack.enter_context(closing(SecondFile(target.parent)))
        held = fetch.fetch(
            place,
            origin,
            store,
            recorded=sought.digest,
            report=report,
            twin=twin,
            to_copy=to_copy,
        )
        if target is None:
            path = layout.shelved(place, held, store)
        else:
            path = target
            is_folder = fetch.is_folder(held)
            delivery.deliver(held, path, is_folder=is_folder, link=link, force=force, twin=twin)
    fetch.remember(place, held, store)
    if any(it.kept.fetched and it.kept.stored for it in held):
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
            f"{label}: its recorded digests differ: {' and '.join(found)}",
            hint="the digests in its tag, in its annotation and in --sha256 must be equal",
        )
    return next(iter(found), None)


def _in_tag(history: History, version: Version) -> str | None:
    """Return the digest in the trailer of the tag that registered a version."""
    events = (it.event for it in history.timeline if it.tag == version.tag)
    return next((it.trailers.get(DIGEST_TRAILER) for it in events), None)


def _label(version: Version) -> str:
    """Return how errors call a version."""
    return f"{version.artifact} {version.version or f'at {version.commit[:12]}'}"
