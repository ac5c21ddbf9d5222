"""What a repository is: where it is, whether it is a mirror, and what Git is told in it.

The repository's own folder is found as Git finds it, but without a process: it is looked at before
every answer.
Source: `git help gitrepository-layout`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, Self

from mreg.git.session import Session
from mreg.net.network import QUIET, Network
from mreg.net.urls import Url
from mreg.tuples import NamedTuple

OF_A_REPOSITORY = frozenset(
    (
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_QUARANTINE_PATH",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    )
)
"""The environment variables that say which repository is meant, or what is in it."""

_AS_IT_IS = frozenset(("GIT_INDEX_FILE", "GIT_NAMESPACE", "GIT_PREFIX"))
"""Those that name no folder, or one as seen from the top of the work tree, where Git goes first."""

_PROMISED = rb"(?im)^\s*(?:promisor|partialclone\w*)\s*="
_REMOTE = rb"(?im)^\s*\[remote\b"
_UNUSUAL = rb"(?im)^\s*\[include|^\s*\[extensions?\b|^\s*worktree\s*=|^\s*bare(?!\s*=\s*false\s*$)"
"""What makes the top of the work tree another folder than the one with `.git` in it, or may."""
_ELSEWHERE = frozenset(("GIT_COMMON_DIR", "GIT_NAMESPACE"))
_CEILING = "GIT_CEILING_DIRECTORIES"
_UNUSUAL_VARIABLES = frozenset(
    (_CEILING, "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_REFERENCE_BACKEND")
)
_VERSION = re.compile(rb"^\s*repositoryformatversion\s*=\s*(\S*)", re.IGNORECASE | re.MULTILINE)
_EXTENSIONS = re.compile(rb"^\s*\[extensions[^\]]*\]([^\[]*)", re.IGNORECASE | re.MULTILINE)
_KEY = re.compile(rb"^\s*([a-z]\w*)", re.MULTILINE)
_KNOWN_EXTENSIONS = frozenset(
    (b"noop", b"objectformat", b"partialclone", b"preciousobjects", b"worktreeconfig")
)
"""The extensions with which refs are files as ever (`git help repository-version`)."""
_SHA256 = rb"(?im)^\s*objectformat\s*=\s*\"?sha256"
_HEAD = re.compile(rb"ref: refs/|(?:[0-9a-f]{64}|[0-9a-f]{40})\n")
_NO_TAGS = re.compile(rb"^\s*tagopt\s*=\s*\"?--no-tags", re.IGNORECASE | re.MULTILINE)


class Promisor(Protocol):
    """The remote that a mirror follows, and gets from what it lacks (`git help partial-clone`).

    See `mreg.git.mirror.Mirror`, which is not loaded where a healthy clone is read.
    """

    @property
    def url(self) -> Url:
        """The remote's URL."""

    def advertised(self, patterns: Sequence[str] = ...) -> bytes:
        """Return what the remote says that some refs hold; nothing is fetched."""

    def standing(self) -> str:
        """Return what stands for HEAD and the tags of a remote on this machine, or nothing."""

    def is_direct(self) -> bool:
        """Tell whether Git asks the URL itself, and none that settings have instead of it."""

    def begin(self) -> None:
        """Make the mirror if there is none."""

    def update(self, patterns: Sequence[str] = ...) -> None:
        """Make some refs the same as the remote's."""

    def make_anew(self, patterns: Sequence[str] = ...) -> None:
        """Throw the mirror away and make it once more."""

    def fetch_trees(self, of: Iterable[str]) -> None:
        """Fetch commits' trees."""

    def fetch_objects(self, oids: Iterable[str], *, seconds: float | None = None) -> None:
        """Fetch objects that are not here."""


class Repository(NamedTuple):
    """A repository, opened: whatever is asked of Git is asked with this value.

    Attributes:
        path: a folder in it, absolute.
        session: what is open of it; whoever has the same value asks the same processes.
        network: how to behave towards its remotes.
        variables: what the environment of Git gets there, in place of `OF_A_REPOSITORY`.
        mirror: the remote that it follows; None if it is no mirror, but the user's.
    """

    path: Path
    session: Session
    network: Network = QUIET
    variables: Mapping[str, str] = MappingProxyType({})
    mirror: Promisor | None = None

    @classmethod
    def at(cls, folder: Path, network: Network = QUIET, *, around: bool = True) -> Self:
        """Open the repository at or around a folder as it is now, whatever the process does later.

        If none `around` the folder is meant, it has to be a repository itself, or the top of one's
        work tree.

        In a hook Git sets GIT_DIR and its kin, which count for more than the folder that Git runs
        in. They hold where no repository is named. One that is named is meant, and nothing else;
        only the index stays, which is that of the commit being made.

        Raises:
            FileNotFoundError: the current folder is gone.
        """
        absolute = folder.absolute()
        if not around:
            above = {_CEILING: os.path.dirname(os.path.realpath(absolute))}  # noqa: PTH120 - a text
            return cls(absolute, Session(), network, {**_index(os.environ), **above})
        if folder != Path() or not OF_A_REPOSITORY & os.environ.keys():
            return cls(absolute, Session(), network, _index(os.environ))
        named = OF_A_REPOSITORY & os.environ.keys()
        variables = {it: _fixed(it, os.environ[it], absolute) for it in named}
        return cls(absolute, Session(), network, variables)

    @property
    def is_exact(self) -> bool:
        """Whether none around its folder is meant."""
        return _CEILING in self.variables

    def within(self, top: Path) -> Self:
        """Return the repository as that of a work tree, by the tree's top."""
        variables = _index(self.variables)
        session = self.session if variables == self.variables else Session()
        return self._replace(path=top, variables=variables, session=session)

    def __hash__(self) -> int:
        return hash(self.path)

    def __str__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        """Return it without its variables: a mirror's may hold the password of its URL."""
        return f"Repository({str(self.path)!r})"

    def marked(self) -> Path | None:
        """Return the nearest folder, at or around its own, that holds `.git`; None without one.

        It says that a repository is meant, whatever Git makes of it.
        """
        return next((it for it in self._around() if os.path.lexists(it / ".git")), None)

    def common_dir(self) -> Path | None:
        """Return the folder that all its work trees share; None if none is found."""
        return self.session.here.once(f"common folder of {self.path}", self._find_common_dir)

    def _find_common_dir(self) -> Path | None:
        found = self._git_dir()
        if found is None:
            return None
        try:
            return found / (found / "commondir").read_text("utf-8", "surrogateescape").rstrip("\n")
        except OSError:
            return found

    def cache_name(self) -> str:
        """Return what stands for it in names of the cache's files: the same in all work trees."""
        from mreg.system.digest import blake2b

        where = os.fsencode(os.path.realpath(self.common_dir() or self.path))
        return blake2b(where, digest_size=16).hexdigest()

    def usual_top(self) -> Path | None:
        """Return the top of the work tree, where it is the folder with `.git` in it; without Git.

        None where anything may make it another: Git has to be asked there.
        """
        if self.mirror or self.variables.keys() - {"GIT_INDEX_FILE", _CEILING}:
            return None
        found = self._git_dir()
        if found is None or found.name != ".git" or not (found / "objects").is_dir():
            return None
        usual = (found / "HEAD").is_file() and not (found / "commondir").exists()
        own = os.name == "posix" and found.stat().st_uid == os.geteuid()  # safe.directory
        unusual = re.search(_UNUSUAL, self._settings())
        return found.parent.resolve() if usual and own and not unusual else None

    def plain_dir(self) -> Path | None:
        """Return the folder that all its work trees share, where its refs are files; without Git.

        None where anything may make Git take another, refuse it, or keep refs in another way: it
        has to be asked there.
        """
        if self.variables.keys() & _ELSEWHERE or os.environ.keys() & _UNUSUAL_VARIABLES:
            return None
        found, common = self._git_dir(), self.common_dir()
        if found is None or common is None or not (common / "objects").is_dir():
            return None
        if not self.path.is_dir() or (self.mirror and found != self._real()):
            return None
        if not (self.mirror or "GIT_DIR" in self.variables or self._is_own(found)):
            return None
        settings = self._settings()
        section = b"".join(_EXTENSIONS.findall(settings)).lower()
        if not {*_KEY.findall(section)} <= _KNOWN_EXTENSIONS:
            return None
        if any(it not in (b"0", b"1") for it in _VERSION.findall(settings)):
            return None
        if not _HEAD.match(_content(found / "HEAD")) or (common / "reftable").exists():
            return None
        return common if (common / "refs").is_dir() else None

    def _is_own(self, found: Path) -> bool:
        """Tell whether the folder is that of a work tree around, and all of it is the user's.

        Git asks safe.directory about any other. Whose a symbolic link is that leads there, it does
        not ask.
        """
        real, top = self._real(), self.marked()
        if os.name != "posix" or top is None:
            return False
        if real.stat().st_dev != top.stat().st_dev:  # Git does not look so far up
            return False
        return all(it.lstat().st_uid == os.geteuid() for it in (found, top, top / ".git"))

    def id_digits(self) -> int:
        """Return how many hexadecimal digits the ids of its objects have."""
        return 64 if re.search(_SHA256, self._settings()) else 40

    def branch(self) -> str | None:
        """Return the full ref that HEAD is, empty if it is detached; None: Git has to be asked."""
        found, common = self._git_dir(), self.plain_dir()
        if common is None or found is None:
            return None
        head = os.fsdecode(_content(found / "HEAD").rstrip())
        if not head.startswith("ref: "):
            return ""
        ref = head.removeprefix("ref: ")
        usual = ref.startswith("refs/heads/") and ".." not in ref
        return ref if usual and not _content(common / ref).startswith(b"ref:") else None

    def is_partial(self) -> bool:
        """Tell whether it is a partial clone: Git fetches blobs when they are read."""
        return bool(re.search(_PROMISED, self._settings()))

    def has_remote(self) -> bool:
        """Tell whether it is a clone: its own settings name a remote."""
        return self.mirror is None and bool(re.search(_REMOTE, self._settings()))

    def is_checked_out(self) -> bool:
        """Tell whether there is an index: one that is bare, or was never checked out, has none."""
        if "GIT_INDEX_FILE" in self.variables:
            return True
        file = self.index_file()
        return file is not None and file.exists()

    def index_file(self) -> Path | None:
        """Return the file of the index; None where it is another one, or not found without Git."""
        folder = None if "GIT_INDEX_FILE" in self.variables else self._git_dir()
        return folder and folder / "index"

    def shortage(self) -> str:
        """Say why it cannot know all that its remote has; empty if nothing hints at it."""
        folder = self.common_dir()
        if folder is None:
            return ""
        if (folder / "shallow").exists():
            return "this is a shallow clone, which may lack tags"
        return "this is a clone without tags" if _NO_TAGS.search(self._settings()) else ""

    def _settings(self) -> bytes:
        """Return the file of its own settings; nothing where it cannot be read."""
        folder = self.common_dir()
        return _content(folder / "config") if folder else b""

    def _git_dir(self) -> Path | None:
        return self.session.here.once(f"folder of {self.path}", self._find_git_dir)

    def _find_git_dir(self) -> Path | None:
        if named := self.variables.get("GIT_DIR"):
            return Path(named)
        for candidate in self._around():
            inside = candidate / ".git"
            if inside.is_dir():
                return inside
            if inside.is_file():
                text = inside.read_text("utf-8", "surrogateescape")
                return candidate / text.removeprefix("gitdir: ").rstrip("\n")
            if (candidate / "HEAD").is_file() and (candidate / "objects").is_dir():
                return candidate
        return None

    def _around(self) -> tuple[Path, ...]:
        """Return the folders that may hold `.git`, its own first."""
        real = self._real()
        return (real,) if self.is_exact else (real, *real.parents)

    def _real(self) -> Path:
        """Return its folder without symbolic links: what is around that one, Git looks at."""
        return Path(os.path.realpath(self.path))


def _content(file: Path) -> bytes:
    """Return a file's bytes; nothing where there is no such file, or it cannot be read."""
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _index(variables: Mapping[str, str]) -> Mapping[str, str]:
    return {it: variables[it] for it in ("GIT_INDEX_FILE",) if it in variables}


def _fixed(name: str, value: str, folder: Path) -> str:
    if name in _AS_IT_IS:
        return value
    several = name == "GIT_ALTERNATE_OBJECT_DIRECTORIES"
    parts = value.split(os.pathsep) if several else [value]
    # An entry in quotation marks (`git help git`) is left as it is.
    return os.pathsep.join(it if it[:1] in ("", '"') else str(folder / it) for it in parts)
