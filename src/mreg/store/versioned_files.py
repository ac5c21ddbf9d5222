"""Files in commits; of those that DVC keeps instead, what its cache on this machine has.

A metric file may lie in a folder that DVC caches: then its commit has the MD5 of the folder's list
alone, in a dvc.lock, and the list has that of the file.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mreg.errors import GitError
from mreg.git.files import Files
from mreg.git.repository import Repository

if TYPE_CHECKING:  # what DVC keeps is read where something is missing
    from mreg.annotations.document import YamlReader
    from mreg.dvc.records import OutputRecord

_LARGEST_LIST = 64 << 20
_LARGEST = 1 << 20
"""As `mreg.annotations.text.MAX_BYTES`, which is loaded where a file of DVC's is read."""


class VersionedFiles(Files):
    """The files in a repository's commits, and what DVC's cache has of others."""

    def __init__(self, repo: Repository, largest: int = _LARGEST) -> None:
        """Make it for a repository; what DVC keeps is read up to so many bytes."""
        super().__init__(repo)
        self._of = repo
        self._most = largest
        self._caches: dict[str, tuple[Path, ...]] = {}
        self.asked_elsewhere: set[str] = set()
        """The commits of which DVC's cache was asked, which changes."""

    def elsewhere(
        self, wanted: Iterable[tuple[str, str]], reader: YamlReader
    ) -> dict[tuple[str, str], bytes | str]:
        """Read files that are not in their commits, but that DVC keeps, by commit and path.

        Returns:
            The bytes, which are what the commit says by their MD5; or a text that says why there
            are none. What DVC does not keep is left out.
        """
        from mreg.annotations import text
        from mreg.dvc import records

        pairs = list(dict.fromkeys(wanted))
        self.asked_elsewhere.update(commit for commit, _ in pairs)
        oids = self.find((commit, file) for commit, path in pairs for file in records.files(path))
        raw = dict(self.read((it for it in oids.values() if it), limit=text.MAX_BYTES))

        def said(commit: str, file: str) -> bytes | None:
            return raw.get(oids[commit, file] or "")

        found: dict[tuple[str, str], bytes | str] = {}
        for commit, path in pairs:
            if record := records.nearest(path, partial(said, commit), reader):
                try:
                    found[commit, path] = self._kept(record, path)
                except (GitError, OSError, ValueError) as error:
                    found[commit, path] = f"DVC keeps it, and it cannot be read: {error}"
        return found

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
        try:
            held = self._list(record, known["md5"])
        except (GitError, OSError, ValueError) as error:
            return f"DVC keeps it, and it cannot be read: {error}"
        if held is None:
            return _ABSENT
        inside = (posixpath.normpath(posixpath.join(record.item.path, it)) for it in held)
        return tuple(it for it in sorted(inside) if it.startswith(f"{path}/")) or None

    def _list(self, record: OutputRecord, md5: str) -> dict[str, str] | None:
        from mreg.dvc import lockfile

        raw = self._cached(record, md5, _LARGEST_LIST)
        return None if raw is None else lockfile.read_list(raw)

    def _kept(self, record: OutputRecord, path: str) -> bytes | str:
        """Return the bytes at a path that is, or lies in, an output of DVC's."""
        from mreg.dvc import lockfile

        item = record.item
        known = lockfile.MD5.fullmatch(item.digest or "")
        if known is None:
            return f"DVC keeps it, and {record.stage.file} has no MD5 of it"
        md5 = known["md5"]
        if item.path != path:
            if known["folder"] is None:
                return f"DVC keeps {item.path}, which is a file"
            listed = self._list(record, md5)
            if listed is None:
                return _ABSENT
            md5 = listed.get(posixpath.relpath(path, item.path or "."), "")
            if not md5:
                return f"DVC keeps {item.path}, which does not have it"
        raw = self._cached(record, md5, self._most)
        return _ABSENT if raw is None else raw

    def _cached(self, record: OutputRecord, md5: str, most: int) -> bytes | None:
        """Return a content out of the cache; None if that does not have it, or not whole.

        Raises:
            ValueError: it is larger than it may be.
        """
        from mreg.dvc import lockfile
        from mreg.store import dvc_project

        folder = posixpath.dirname(record.stage.file)
        if folder not in self._caches:
            self._caches[folder] = dvc_project.caches(self._of, folder)
        for file in dvc_project.held(self._caches[folder], md5, legacy=record.item.hash is None):
            if file.stat().st_size > most:
                raise ValueError(f"it has more than {most} bytes")
            raw = file.read_bytes()
            if f"md5:{md5.removesuffix('.dir')}" in lockfile.digests(raw):
                return raw
        return None


_ABSENT = "DVC keeps it, and its cache on this machine does not have it (dvc fetch --all-tags)"
