"""Contents that DVC keeps: out of its cache here, from its remote, or by its own program.

Source of the layouts: https://dvc.org/doc/user-guide/project-structure/internal-files; DVC 2 had
its contents two folders further up.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from mreg.content import dvc_remotes
from mreg.content.dvc_remotes import ContentReader, Missing, described
from mreg.content.sources import Origin, Source
from mreg.content.store import Sink
from mreg.dvc import config, lockfile
from mreg.dvc.config import DvcRemote
from mreg.dvc.records import DvcObject
from mreg.errors import GitError, RemoteError
from mreg.git import dvc
from mreg.store.dvc_project import Project, held, project

_TRANSFER = 60.0
"""How many times as long as another call a transfer of contents may take."""


MOST_FAULTS = 3
"""A remote that failed so often in a row is asked no more: each time may take a minute."""


class _Dvc(Source[DvcObject]):
    """What DVC keeps of a commit."""

    resumes = True
    at_once = 8

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._stack = ExitStack()
        self._lock = threading.Lock()
        self._projects: dict[str, Project] = {}
        self._readers: dict[DvcRemote, ContentReader | None] = {}
        self._fetched: list[Path] = []
        self._faults: dict[DvcRemote, list[RemoteError]] = {}

    def prepare(self, contents: Sequence[DvcObject]) -> None:
        """Let DVC's own program fetch what only it can, all in one go."""
        by_remote: dict[DvcRemote, list[DvcObject]] = {}
        for it in contents:
            if any(self.here(it)):
                continue
            remotes = self._project(it).remotes(it.remote)
            if remotes and all(self._is_left_to_dvc(it, remote) for remote in remotes):
                by_remote.setdefault(remotes[0], []).append(it)
        for remote, lacking in by_remote.items():
            self._by_program(remote, lacking)

    def fetch(self, content: DvcObject, into: Sink) -> None:
        for path in self.here(content):
            if into.copy(path):
                return
        faults = []
        for remote in self._project(content).remotes(content.remote):
            try:
                if self._is_read(content, remote, into):
                    return
            except RemoteError as error:
                faults.append(error)
        if faults:
            raise faults[0]
        raise self._absent(content)

    def close(self) -> None:
        self._stack.close()

    def _is_read(self, content: DvcObject, remote: DvcRemote, into: Sink) -> bool:
        """Read a content from a remote, if mreg can; tell whether there was one."""
        faults = self._faults.setdefault(remote, [])
        if len(faults) >= MOST_FAULTS:
            raise faults[-1]
        try:
            reader = self._reader(content, remote)
            found = reader is not None and _read(reader, content, into)
        except RemoteError as error:
            faults.append(error)
            raise
        faults.clear()
        return found

    def _project(self, content: DvcObject) -> Project:
        with self._lock:
            if content.folder not in self._projects:
                self._projects[content.folder] = project(*self._origin, content.folder)
            return self._projects[content.folder]

    def _reader(self, content: DvcObject, remote: DvcRemote) -> ContentReader | None:
        folder, network = self._project(content).folder, self._origin.repo.network
        with self._lock:
            if remote not in self._readers:
                self._readers[remote] = dvc_remotes.reader(remote, folder, network)
            return self._readers[remote]

    def _is_left_to_dvc(self, content: DvcObject, remote: DvcRemote) -> bool:
        with suppress(RemoteError):  # said when it is fetched from
            return self._reader(content, remote) is None
        return False

    def here(self, content: DvcObject) -> Iterator[Path]:
        """Iterate over the files on this machine that should hold a content."""
        caches = (*self._project(content).caches, *self._fetched)
        return held(caches, content.md5, legacy=content.legacy)

    def _by_program(self, remote: DvcRemote, contents: Sequence[DvcObject]) -> None:
        """Let DVC's own program fetch contents into a cache that lasts as long as this.

        It sees a project of ours that has these contents and that remote, so that neither the
        user's work tree nor the cache there is touched.
        """
        if remote.is_versioned or not dvc.is_installed():
            return
        made = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="mreg-dvc-")))
        (made / ".dvc").mkdir()
        settings = {
            "core": {"no_scm": "true", "remote": remote.name, "site_cache_dir": str(made / "site")},
            "cache": {"dir": str(made / "cache")},
            f'remote "{remote.name}"': {"url": remote.url, **remote.options},
        }
        (made / ".dvc" / "config").write_text(config.written(settings), "utf-8")
        for number, it in enumerate(contents):
            (made / f"{number}.dvc").write_text(f"outs:\n{_pointer(number, it)}", "utf-8")
        targets = [f"{number}.dvc" for number in range(len(contents))]
        dvc.fetch(made, targets, self._origin.repo.network.seconds * _TRANSFER)
        self._fetched.append(made / "cache")

    def _absent(self, content: DvcObject) -> GitError:
        """Return the error for a content that is nowhere."""
        found = self._project(content)
        caches = [f"DVC's cache ({it})" for it in found.caches]
        remotes = found.remotes(content.remote)
        what = f"the DVC object {content.md5}"
        if content.source:
            what += f" (imported: {content.source})"
        where = " or ".join((*caches, *map(described, remotes))) or "a DVC cache"
        return RemoteError(f"{what} is not in {where}", hint=_advice(content, remotes))


source = _Dvc


def _advice(content: DvcObject, remotes: Sequence[DvcRemote]) -> str:
    if any(it.is_versioned for it in remotes):
        return (
            "that remote uses cloud versioning, which only DVC can read: run `dvc pull` in a "
            "clone, then run the command again there"
        )
    if content.source:
        return (
            "DVC does not push imported data: run `dvc pull` in a clone, then run the "
            "command again there"
        )
    if not remotes:
        return "no remote is set up: run `dvc remote add --default NAME URL` and `dvc push`"
    if any(it.scheme not in dvc_remotes.KNOWN for it in remotes):
        return (
            "only DVC itself can read that remote: run `pip install 'dvc[ssh]'`, or "
            "install the extra for its scheme"
        )
    # `dvc push --all-commits` (3.67.1) counts a remote's relative path from the root of the system.
    return "ask someone who has it to push it: check out the version's commit, then run `dvc push`"


def _keys(content: DvcObject) -> tuple[str, ...]:
    return lockfile.places(content.md5, legacy=content.legacy)


def _read(reader: ContentReader, content: DvcObject, into: Sink) -> bool:
    """Read a content from a remote; tell whether there was one."""
    for key in _keys(content):
        with suppress(Missing):
            reader.read(key, into)
            return True
    return False


def _pointer(number: int, content: DvcObject) -> str:
    """Return a content as a `.dvc` file of its own has it."""
    kind = "" if content.legacy else "  hash: md5\n"
    return f"- md5: '{content.md5}'\n{kind}  path: '{number}'\n"
