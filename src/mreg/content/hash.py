"""The SHA-256 of a version's file, for the tag that registers it."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from mreg.annotations.entry import Annotation
from mreg.content import digests, fetch, locate, sources
from mreg.content.fetch import Progress, Report
from mreg.content.locate import Sought
from mreg.content.location import Content, File, GitBlob, OciImage, Outside, UrlLocation
from mreg.content.sources import Origin
from mreg.content.store import digest_of, store
from mreg.dvc.pointers import Pointer
from mreg.errors import Mismatch, NotFound, Refused
from mreg.git.files import Files

_KIND = "sha256:"
_LOOKED_AT = 1 << 16  # so large may be a file that is no pointer any more and begins as one


def digest(
    artifact: str, annotation: Annotation, origin: Origin, report: Report | None = None
) -> str:
    """Return the digest of what a version consists of: "sha256:" and 64 hexadecimal digits.

    A pointer of Git LFS says it, and so may one of git-annex. What they and DVC keep is fetched
    into the store, where the first get will find it; of all else every byte is read once, and none
    is kept.

    Raises:
        NotFound: it is not where its annotation, at the version's commit, says it is.
        Refused: it is a folder.
        Mismatch: it is not what its annotation says.
        GitError: it cannot be fetched.
    """
    label = f"{artifact} at {origin.commit[:12]}"
    if annotation.path is None:
        raise NotFound(
            f"{label} has no location: its annotation has no path",
            hint=f"run `mreg annotate {artifact} --path models/...`, commit the file, and "
            "register that commit",
        )
    said = f"{_KIND}{annotation.sha256}" if annotation.sha256 else None
    name = re.split("[:/]", artifact)[-1]
    place = locate.find(Sought(label, name, annotation.path, said, to_record=True), origin)
    if isinstance(place, OciImage):
        raise Refused(
            f"{label} is at {place.image}, which already has a digest",
            hint="omit --digest",
        )
    if not isinstance(place, File):
        raise Refused(
            f"{label} is a folder, and a folder has no SHA-256",
            hint="omit --digest: Git and DVC have a digest of each file in the folder",
        )
    found = _digest(place, origin, report)
    if said not in (None, found):
        raise Mismatch(
            f"{label} does not match its annotation: its digest is {found}, not {said}",
            hint=f"if the file is correct, run `mreg annotate {artifact} --sha256 "
            f"{found.removeprefix(_KIND)}`",
        )
    return found


def _digest(place: File, origin: Origin, report: Report | None) -> str:
    content = place.content
    if isinstance(content, UrlLocation | Outside):
        return _streamed(content, origin, report)
    if isinstance(content, GitBlob):
        content = pointed(place.path, content, origin) or content
    if isinstance(content, GitBlob):
        return _streamed(content, origin, report)
    if isinstance(content, Pointer) and content.digest.startswith(_KIND):
        return content.digest
    (held,) = fetch.fetch(place, origin, store(), report=report)
    return digest_of(held.kept.path, _KIND, held.kept.size)


def pointed(name: str, content: GitBlob, origin: Origin) -> Content | None:
    """Return the content that a pointer stands for; None if the blob is none."""
    with Files(origin.repo) as reader:
        raw = dict(reader.read([content.oid], limit=_LOOKED_AT))[content.oid]
    return locate.behind(raw, name) if raw else None


def _streamed(
    content: UrlLocation | Outside | GitBlob, origin: Origin, report: Report | None
) -> str:
    # These sources ask no more of a sink than to take bytes.
    source: Any = sources.source(sources.of(content), origin)
    taker = _Hashing(report, content.digest if isinstance(content, GitBlob) else None)
    try:
        source.prepare([content])
        source.fetch(content, taker)
    finally:
        source.close()
    taker.check()
    return taker.digest


class _Hashing:
    """Takes a content's bytes for their digest alone (`mreg.net.http.Taker`)."""

    offset = 0

    def __init__(self, report: Report | None, known_as: str | None = None) -> None:
        """Make one of bytes that may have another digest, that they must have."""
        self._report = report
        self._known_as = known_as
        self.begin()

    def begin(self, size: int | None = None, *, at: int = 0) -> None:
        assert at == 0, "there is nothing to resume"
        self._hasher = hashlib.sha256()
        self._other = digests.hasher(self._known_as, size or 0) if self._known_as else None
        self._size = size
        self._done = 0

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        self._hasher.update(chunk)
        if self._other:
            self._other.update(chunk)
        self._done += len(chunk)
        if self._report:
            self._report(Progress(self._done, self._size))

    @property
    def digest(self) -> str:
        return f"{_KIND}{self._hasher.hexdigest()}"

    def check(self) -> None:
        """Hold the bytes against the digest that they are known by."""
        if self._other and self._known_as:
            found = f"{digests.split(self._known_as)[0]}:{self._other.hexdigest()}"
            if found != self._known_as:
                raise Mismatch(
                    f"the content in Git is damaged: its digest is {found}, not {self._known_as}",
                    hint="run `git fsck` to list damaged objects; a fresh clone has them intact",
                )
