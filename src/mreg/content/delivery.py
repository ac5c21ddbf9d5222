"""Out of the store to where a user wants it: whole or not at all, and never over something else.

A file is a copy, which shares blocks with the store's until one of them is written to, where the
file system can do that. Who asks for it gets a link: the store's own file, read-only for that. What
has more than one step is made beside the target under a name of its own, and renamed when it is
whole.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from mreg.content.fetch import Held
from mreg.content.store import CachedContent, SecondFile, digest_of, stamp_of
from mreg.errors import NotFound, Refused
from mreg.system import files

_SMALL = 1 << 16
"""Up to so many bytes a file is copied in one go: that takes less than to ask for shared blocks."""

_AT_FDCWD, _EXCHANGE = -100, 2
"""For renameat2 (man 2 rename): relative to the current folder; let two paths change places."""

_NO_LINK = (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EACCES)
"""How a system says that it does not link here: another file system, or one without links."""

_RUN_WHERE_READ = 2
"""By so many bits a file's mode has its x to the right of its r."""


def target(output: str | os.PathLike[str] | None, name: str) -> Path:
    """Return where something goes that is called so, as `cp` has it.

    That is into a folder that is there, to a path, or into the current folder. A slash at the end
    says that a folder is meant, which `deliver` makes.

    Raises:
        NotFound: the folder around it is not there.
    """
    text = os.fspath(output) if output is not None else ""
    path = Path(text)
    is_new_folder = text.endswith("/") and not os.path.lexists(path)
    if not text or path.is_dir() or text.endswith("/"):
        path = path / name
    around = path.parent.parent if is_new_folder else path.parent
    if not around.is_dir():
        raise NotFound(f"there is no folder {around}", hint=f"run `mkdir -p {around}`")
    return path


def check_free(path: Path, *, is_folder: bool, force: bool) -> None:
    """Refuse a target at which something is that must not be replaced.

    Raises:
        Refused: something is there, and not to be replaced; or never is, since it is a folder where
            a file would go, or a repository.
    """
    if not os.path.lexists(path):
        return
    if not force:
        raise Refused(
            f"{path} already exists", hint="use --force to replace it, or -o to choose another path"
        )
    if path.is_dir() and not path.is_symlink():
        if not is_folder:
            raise Refused(
                f"{path} is a folder, and a file cannot replace it",
                hint="choose another path with -o",
            )
        if (path / ".git").exists() or path.resolve() in (Path.cwd(), *Path.cwd().parents):
            raise Refused(
                f"cannot replace {path}: it is a repository, or it contains the current folder",
                hint="choose another path with -o",
            )


def deliver(
    held: Sequence[Held],
    path: Path,
    *,
    is_folder: bool,
    link: bool = False,
    or_copy: bool = False,
    force: bool = False,
    twin: SecondFile | None = None,
) -> None:
    """Put a version's files, which were checked just now, where they are wanted.

    Each is a file of its own, that may be written to, or a `link` to the store's: `or_copy`, where
    none can be made. By force, what is there is replaced. A twin in the same folder
    saves the copy. The folder around it is made; that around this one has to be there.

    Raises:
        Refused: see `check_free`; or no link can be made, there is no room, or no permission.
        FileNotFoundError: somebody has removed or altered a content in the store meanwhile.
    """
    check_free(path, is_folder=is_folder, force=force)
    try:
        path.parent.mkdir(exist_ok=True)
        with _beside(path) as made:
            if is_folder:
                _fill(made, held, link=link, or_copy=or_copy)
            elif twin and twin.named(held[0].kept.digest, made):
                _let_run(held[0], made)
            else:
                _put(held[0], made, link=link, or_copy=or_copy)
            _publish(made, path, is_folder=is_folder, force=force)
    except FileNotFoundError:
        raise
    except OSError as error:
        linking = link and error.errno in _NO_LINK
        raise Refused(
            f"cannot {'link' if linking else 'write'} {path}: {error.strerror}",
            hint="omit --link, or set MREG_CACHE_DIR to a folder on the same file system"
            if linking
            else "nothing was written; choose another path with -o",
        ) from None


def is_delivered(held: Sequence[Held], path: Path, *, is_folder: bool) -> bool:
    """Tell whether a path holds just these files, and nothing else."""
    if not is_folder:
        return _is_same(held[0], path)
    try:
        there = {os.fspath(it.relative_to(path)) for it in _files(path)}
    except OSError:
        return False
    return there == {it.path for it in held} and all(_is_same(it, path / it.path) for it in held)


def _files(folder: Path) -> Iterator[Path]:
    """Iterate over all in a folder that is no folder itself."""
    with os.scandir(folder) as entries:
        for it in entries:
            if it.is_dir(follow_symlinks=False):
                yield from _files(Path(it.path))
            else:
                yield Path(it.path)


def _is_same(held: Held, path: Path) -> bool:
    try:
        found, kept = path.lstat(), held.kept.path.lstat()
        if os.path.samestat(found, kept):
            return True
        plain = path.is_file() and not path.is_symlink() and found.st_size == kept.st_size
        return plain and digest_of(path, held.kept.digest, found.st_size) == held.kept.digest
    except OSError:
        return False


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Give a free name in the same folder; nothing is left there when the block ends."""
    made = path.with_name(f".{path.name[:100]}.mreg-{secrets.token_hex(4)}")
    try:
        yield made
    finally:
        if os.path.lexists(made):
            _remove(made)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _fill(folder: Path, held: Sequence[Held], *, link: bool, or_copy: bool) -> None:
    folder.mkdir()
    for inner in sorted({os.path.dirname(it.path) for it in held}):  # noqa: PTH120 - a text
        (folder / inner).mkdir(parents=True, exist_ok=True)
    for it in held:
        _put(it, folder / it.path, link=link, or_copy=or_copy)


def _put(held: Held, path: Path, *, link: bool, or_copy: bool) -> None:
    """Make a file out of the store's; one that may be run is copied: links share a mode."""
    kept = held.kept
    linked = link and not held.executable and _linked(kept.path, path, or_none=or_copy)
    if not linked:
        _copy(kept, path)
    is_of_file = linked or kept.raw is None
    if is_of_file and stamp_of(kept.path)[:3] != kept.stamp[:3]:  # a link changes the last of four
        raise FileNotFoundError(
            errno.ENOENT, "it changed while it was being copied", str(kept.path)
        )
    _let_run(held, path)


def _let_run(held: Held, path: Path) -> None:
    if held.executable:
        mode = path.stat().st_mode
        path.chmod(mode | (mode & 0o444) >> _RUN_WHERE_READ)


def _linked(source: Path, path: Path, *, or_none: bool) -> bool:
    """Link a file, read-only; tell whether that was done, if it need not be."""
    mode = source.stat().st_mode
    if mode & 0o222:  # somebody changed it by another link
        source.chmod(mode & 0o444)
    try:
        os.link(source, path)
    except OSError as error:
        if or_none and error.errno in _NO_LINK:
            return False
        raise
    return True


def _copy(kept: CachedContent, path: Path) -> None:
    if kept.raw is not None:
        files.create(path, kept.raw)
        return
    if kept.size <= _SMALL:
        with kept.path.open("rb", buffering=0) as file:
            files.create(path, file.read(_SMALL + 1))
        return
    with kept.path.open("rb", buffering=0) as original, path.open("xb", buffering=0) as made:
        if not files.share_blocks(original.fileno(), made.fileno()):
            files.copy(original, made)


def _publish(made: Path, path: Path, *, is_folder: bool, force: bool) -> None:
    """Give what was made its name, at once for whoever looks."""
    if is_folder:
        _publish_folder(made, path)
        return
    if force:
        made.replace(path)
        return
    try:
        os.link(made, path)
    except FileExistsError:
        raise Refused(
            f"{path} already exists", hint="use --force to replace it, or -o to choose another path"
        ) from None
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        made.rename(path)  # a file system without links; that nothing was there is known


def _publish_folder(made: Path, path: Path) -> None:
    if not os.path.lexists(path):
        made.rename(path)
    elif _exchange(made, path):
        _remove(made)
    else:
        with _beside(path) as old:
            path.rename(old)
            try:
                made.rename(path)
            except BaseException:
                old.rename(path)
                raise


def _exchange(one: Path, other: Path) -> bool:
    """Let two paths change places in one step; tell whether the system can do that."""
    import ctypes  # which takes a while to load

    with suppress(OSError, AttributeError):
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
        paths = os.fsencode(one), os.fsencode(other)
        return bool(renameat2(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _EXCHANGE) == 0)
    return False
