"""Files in commits; of those that DVC keeps instead, what its cache on this machine has.

A metric file may lie in a folder that DVC caches: then its commit has the MD5 of the folder's list
alone, in a dvc.lock, and the list has that of the file. What the cache lacks is fetched only where
whoever reads hands in a `Fetcher`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from mreg.core.diagnostics import NOT_IN_DVCS_CACHE
from mreg.errors import GitError, MregError
from mreg.git.files import Files
from mreg.git.repository import Repository

if TYPE_CHECKING:  # what DVC keeps is read where something is missing
    from mreg.annotations.document import YamlReader
    from mreg.annotations.sources import NotHere
    from mreg.dvc.records import DvcObject, OutputRecord

_LARGEST_LIST = 64 << 20
_LARGEST = 1 << 20
"""As `mreg.annotations.text.MAX_BYTES`, which is loaded where a file of DVC's is read."""

_Place: TypeAlias = tuple[str, str]
"""A commit and a path in it."""

AtCommit: TypeAlias = "tuple[str, DvcObject]"
"""A content, and a commit whose DVC project keeps it."""


class Fetcher(Protocol):
    """What can fetch contents that DVC keeps, such as `mreg.content.dvc_contents.DvcContents`."""

    def fetch(
        self, wanted: Collection[AtCommit], largest: int
    ) -> Mapping[AtCommit, bytes | MregError]:
        """Return contents of so many bytes at the most, or why one of them cannot be had."""


class VersionedFiles(Files):
    """The files in a repository's commits, and what DVC's cache has of others."""

    def __init__(
        self, repo: Repository, largest: int = _LARGEST, fetcher: Fetcher | None = None
    ) -> None:
        """Make it for a repository; what DVC keeps is read up to so many bytes."""
        super().__init__(repo)
        self._of = repo
        self._most = largest
        self._fetcher = fetcher
        self._caches: dict[str, tuple[Path, ...]] = {}
        self.asked_elsewhere: set[str] = set()
        """The commits of which DVC's cache was asked, which changes."""

    def elsewhere(
        self, wanted: Iterable[_Place], reader: YamlReader
    ) -> dict[_Place, bytes | NotHere]:
        """Read files that are not in their commits, but that DVC keeps, by commit and path.

        Returns:
            The bytes, which are what the commit says by their MD5; or why there are none. What DVC
            does not keep is left out.
        """
        from mreg.annotations import text
        from mreg.dvc import records

        pairs = list(dict.fromkeys(wanted))
        self.asked_elsewhere.update(commit for commit, _ in pairs)
        oids = self.find((commit, file) for commit, path in pairs for file in records.files(path))
        raw = dict(self.read((it for it in oids.values() if it), limit=text.MAX_BYTES))

        def said(commit: str, file: str) -> bytes | None:
            return raw.get(oids[commit, file] or "")

        return self._kept(
            {
                (commit, path): record
                for commit, path in pairs
                if (record := records.nearest(path, partial(said, commit), reader))
            }
        )

    def listed(self, commit: str, path: str, reader: YamlReader) -> tuple[str, ...] | str | None:
        """Return the files of a folder that DVC keeps, from the repository's root.

        None if DVC keeps no folder there; a text that says why, if they cannot be told.
        """
        from mreg.annotations import text
        from mreg.dvc import lockfile, records

        oids = self.find((commit, file) for file in records.files(path))
        raw = dict(self.read((it for it in oids.values() if it), limit=text.MAX_BYTES))
        record = records.nearest(path, lambda file: raw.get(oids[commit, file] or ""), reader)
        known = lockfile.MD5.fullmatch(record.item.digest or "") if record else None
        if record is None or known is None or known["folder"] is None:
            return None
        self.asked_elsewhere.add(commit)
        [held] = self._lists([(commit, record.content(known["md5"]))]).values()
        if not isinstance(held, dict):
            return held.why
        inside = (posixpath.normpath(posixpath.join(record.item.path, it)) for it in held)
        return tuple(it for it in sorted(inside) if it.startswith(f"{path}/")) or None

    def _kept(self, sought: Mapping[_Place, OutputRecord]) -> dict[_Place, bytes | NotHere]:
        """Return the bytes at paths that are, or lie in, outputs of DVC's.

        The lists of all folders are read first, then all files: each may have to be fetched.
        """
        from mreg.annotations.sources import NotHere
        from mreg.dvc import lockfile

        found: dict[_Place, bytes | NotHere] = {}
        files: dict[_Place, AtCommit] = {}
        inside: dict[_Place, AtCommit] = {}
        for (commit, path), record in sought.items():
            item = record.item
            known = lockfile.MD5.fullmatch(item.digest or "")
            if known is None:
                why = f"it is tracked by DVC, but {record.stage.file} has no MD5 of it"
                found[commit, path] = NotHere(why)
            elif item.path != path and known["folder"] is None:
                found[commit, path] = NotHere(f"DVC tracks {item.path}, which is a file")
            else:
                them = files if item.path == path else inside
                them[commit, path] = commit, record.content(known["md5"])
        lists = self._lists(inside.values())
        for (commit, path), content in inside.items():
            folder, held = sought[commit, path].item.path, lists[content]
            if not isinstance(held, dict):
                found[commit, path] = held
            elif md5 := held.get(posixpath.relpath(path, folder or ".")):
                files[commit, path] = commit, content[1]._replace(md5=md5)
            else:
                why = f"DVC tracks {folder}, which does not contain it"
                found[commit, path] = NotHere(why)
        raw = self._contents_of_dvc(files.values(), self._most)
        return found | {place: raw[it] for place, it in files.items()}

    def _lists(self, wanted: Iterable[AtCommit]) -> dict[AtCommit, dict[str, str] | NotHere]:
        """Read the lists of folders."""
        from mreg.dvc import lockfile

        read: dict[bytes, dict[str, str] | NotHere] = {}
        found: dict[AtCommit, dict[str, str] | NotHere] = {}
        for it, raw in self._contents_of_dvc(wanted, _LARGEST_LIST).items():
            if not isinstance(raw, bytes):
                found[it] = raw
                continue
            if raw not in read:
                try:
                    read[raw] = lockfile.read_list(raw)
                except ValueError as error:
                    read[raw] = _unreadable(error)
            found[it] = read[raw]
        return found

    def _contents_of_dvc(
        self, wanted: Iterable[AtCommit], most: int
    ) -> dict[AtCommit, bytes | NotHere]:
        """Return contents of so many bytes at the most out of DVC's cache, or fetched."""
        asked = list(dict.fromkeys(wanted))
        here = {it: self._cached(it, most) for it in {content for _, content in asked}}
        found = {it: held for it in asked if (held := here[it[1]]) is not None}
        lacking = [it for it in asked if it not in found]
        if not lacking:
            return found
        from mreg.annotations.sources import NotHere

        if self._fetcher is None:
            return found | dict.fromkeys(lacking, NotHere(NOT_IN_DVCS_CACHE))
        return found | {
            it: NotHere(f"it is tracked by DVC, but cannot be fetched: {got}", got.hint)
            if isinstance(got, MregError)
            else got
            for it, got in self._fetcher.fetch(lacking, most).items()
        }

    def _cached(self, content: DvcObject, most: int) -> bytes | NotHere | None:
        """Return a content out of the cache; None if that does not have it, or not whole."""
        from mreg.dvc import lockfile
        from mreg.store import dvc_project

        try:
            if content.folder not in self._caches:
                self._caches[content.folder] = dvc_project.caches(self._of, content.folder)
            caches = self._caches[content.folder]
            for file in dvc_project.held(caches, content.md5, legacy=content.legacy):
                if file.stat().st_size > most:
                    return _unreadable(f"it has more than {most} bytes")
                raw = file.read_bytes()
                if f"md5:{content.md5.removesuffix('.dir')}" in lockfile.digests(raw):
                    return raw
        except (GitError, OSError) as error:
            return _unreadable(error)
        return None


def _unreadable(error: Exception | str) -> NotHere:
    from mreg.annotations.sources import NotHere

    return NotHere(f"it is tracked by DVC, but cannot be read: {error}")
