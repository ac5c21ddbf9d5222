"""The mirrors in the cache, as files: where they are, how they are locked, listed and removed."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from mreg.errors import GitError, NotFound
from mreg.net import urls
from mreg.system import cache, locks
from mreg.tuples import NamedTuple

MARK = "mreg.json"
"""The file in a mirror that says of what it is one; its date is that of the last use."""

_PARTIAL = ".partial-"


class Unwritable(GitError):
    """The cache cannot be written to; what is in it may be read all the same."""


class CachedMirror(NamedTuple):
    """A mirror in the cache.

    Attributes:
        url: of what it is one; without passwords.
        size: how much room it takes, in bytes.
        last_used: when it was last brought up to date.
        path: its folder.
    """

    url: str
    size: int
    last_used: datetime
    path: str


def folder() -> Path:
    """Return the folder of the mirrors, which may not exist yet."""
    return cache.folder() / "mirrors"


def path_of(shown: str) -> Path:
    """Return where the mirror of a URL is: a piece of the URL for people, a digest of it for us.

    It is the URL without passwords, which must not become part of a file's name.
    """
    words = re.sub(r"[^A-Za-z0-9.]+", "-", shown.partition("://")[2] or shown)
    digest = hashlib.sha256(shown.encode("utf-8", "surrogateescape")).hexdigest()
    return folder() / f"{words[-60:].strip('-.') or 'repository'}-{digest[:16]}"


def mirror_of(url: urls.Url) -> Path:
    """Return where the mirror of a remote is: one, however the URL is spelled."""
    return path_of(urls.spelled_alike(url.shown))


def kept() -> list[CachedMirror]:
    """Return the mirrors in the cache, the last used first."""
    found = [_kept(mark) for mark in folder().glob(f"*/{MARK}")]
    return sorted(found, key=lambda it: it.last_used, reverse=True)


def clear(url: str | None = None, *, seconds: float) -> list[CachedMirror]:
    """Remove mirrors, and what killed commands left behind; return the mirrors that were removed.

    It is that of one remote, or all and the rest of the cache; for a command that is at work on one
    it waits some seconds.

    Raises:
        NotFound: there is no mirror of that URL.
        GitError: one is in use, or cannot be removed.
        UsageError: it is no URL.
    """
    wanted = None if url is None else str(mirror_of(urls.parse(url, urls.OF_REMOTES)))
    found = [it for it in kept() if wanted in (None, it.path)]
    if wanted and not found:
        raise NotFound(
            f"there is no mirror of {urls.mask(str(url))}",
            hint="run `mreg cache` to list the mirrors",
        )
    for it in found:
        _remove(Path(it.path), it.url, seconds)
    if url is None:
        for partial in folder().glob(f"*{_PARTIAL}*"):
            path = partial.with_name(partial.name.partition(_PARTIAL)[0])
            _remove(path, path.name, seconds)
        for name in ("answers", "kept"):
            shutil.rmtree(cache.folder() / name, ignore_errors=True)
    return found


def _remove(path: Path, url: str, seconds: float) -> None:
    """Remove a mirror: at once for whoever looks, then file by file."""
    with locked(path, url, seconds=seconds), scratch(path) as trash:
        if path.exists():
            path.rename(trash / "old")


@contextmanager
def locked(path: Path, url: str, *, seconds: float) -> Iterator[None]:
    """Keep other processes from changing a mirror while the block lasts.

    Raises:
        GitError: another one is at work on it all the time.
        Unwritable: the cache cannot be used.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = cache.place_of_file(path.with_name(f"{path.name}.lock"))
        with locks.held(file, seconds=seconds):
            yield
    except locks.Taken:
        raise GitError(
            f"another command is using the mirror of {url}",
            hint="try again later, or set MREG_CACHE_DIR to another folder",
        ) from None
    except OSError as error:
        unusable = cache.unusable(error)
        raise Unwritable(str(unusable), hint=unusable.hint) from None


@contextmanager
def scratch(path: Path) -> Iterator[Path]:
    """Make a folder for work on a mirror, which must be locked; it is gone when the block ends."""
    for left_over in path.parent.glob(f"{path.name}{_PARTIAL}*"):  # of somebody who was killed
        shutil.rmtree(left_over, ignore_errors=True)
    with tempfile.TemporaryDirectory(
        dir=path.parent, prefix=f"{path.name}{_PARTIAL}", ignore_cleanup_errors=True
    ) as made:
        yield Path(made)


def begin(made: Path, url: str, head: str, ids: str) -> None:
    """Make an empty bare repository that fetches from a URL; `ids` is "sha1" or "sha256".

    Git would take two processes for it, and a user's settings, of the form of refs among them.
    Sources: gitrepository-layout(5); git-config(1), of how a value is quoted.
    """
    for it in ("objects/info", "objects/pack", "refs/heads", "refs/tags"):
        (made / it).mkdir(parents=True)
    version, extension = (
        (0, "") if ids == "sha1" else (1, f"[extensions]\n\tobjectFormat = {ids}\n")
    )
    quoted = url.replace("\\", "\\\\").replace('"', '\\"')
    (made / "config").write_text(
        f"[core]\n\trepositoryFormatVersion = {version}\n\tbare = true\n{extension}"
        f'[remote "origin"]\n\turl = "{quoted}"\n',
        "utf-8",
        "surrogateescape",
    )
    (made / "HEAD").write_text(f"ref: {head}\n", "utf-8")


def _kept(mark: Path) -> CachedMirror:
    try:
        url = str(json.loads(mark.read_text("utf-8"))["url"])
    except (OSError, ValueError, KeyError, TypeError):
        url = mark.parent.name
    size = sum(file.lstat().st_size for file in mark.parent.rglob("*") if file.is_file())
    used = datetime.fromtimestamp(int(mark.stat().st_mtime), UTC).astimezone()
    return CachedMirror(url, size, used, str(mark.parent))
