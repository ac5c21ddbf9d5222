"""Git's hooks: where they are, the script that calls mreg, and which push a hook was called for.

Source: `git help hooks`, `git help config` (core.hooksPath), `man 5 proc`.
"""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

from mreg.errors import Refused
from mreg.git import process
from mreg.git.repository import Repository
from mreg.system import files

Hook = Literal["pre-push", "pre-receive", "update"]

_MARK = "made by `mreg hook install"

_PROC = Path("/proc")

_KEPT_SECONDS = 7 * 86400


def install(repo: Repository, hook: Hook, *, force: bool = False) -> Path:
    """Make Git call mreg as a hook, and return the hook's file; once it does, nothing changes.

    By force it is put in place of a hook that somebody else made.

    Raises:
        Refused: there is another hook, or this machine cannot run such a hook soundly.
        RepositoryError: there is no usable repository.
    """
    if hook == "update" and not (_PROC / "self" / "stat").exists():
        raise Refused(
            "an `update` hook cannot determine here which refs belong to one push",
            hint="mreg hook install pre-receive",
        )
    output = process.run(repo, "rev-parse", "--path-format=absolute", "--git-path", "hooks")
    file = Path(output.decode("utf-8", "surrogateescape").rstrip("\n"), hook)
    if not force and _is_foreign(file):
        raise Refused(
            f"another {hook} hook exists: {file}",
            hint=f"add this line to it, or pass --force to replace it: {_call(hook)} || exit 1",
        )
    files.replace(file, _script(hook).encode(), mode=0o755)
    return file


def _is_foreign(file: Path) -> bool:
    try:
        return _MARK not in file.read_text("utf-8", "replace")
    except FileNotFoundError:
        return False


def _call(hook: Hook) -> str:
    """Return the command that runs a hook.

    A hook gets no PATH worth the name on most servers, so Python is named in full. -P keeps it from
    importing what lies in the folder that the hook runs in, which may be anybody's.
    """
    return f'{shlex.quote(sys.executable)} -P -m mreg hook run {hook} "$@"'


def _script(hook: Hook) -> str:
    """Return the script; without its Python it refuses, as a hook that cannot ask has to."""
    python = shlex.quote(sys.executable)
    return f"""\
#!/bin/sh
# {_MARK} {hook}`; run it again if mreg moves.
if ! test -x {python}; then
    echo "mreg is not at "{python}" any more: run mreg hook install {hook}" >&2
    exit 1
fi
exec {_call(hook)}
"""


# Which push


def recall(repo: Repository, current: Callable[[], str]) -> str:
    """Return what was noted at the first call for this push; at the first call, note it.

    `git receive-pack` calls an update hook for each ref, and moves the ref before it calls the
    next. All calls have that one process above them.

    Args:
        repo: the repository that receives the push.
        current: tells what to note, a line.

    Raises:
        Refused: which push it is cannot be told.
    """
    folder = repo.common_dir()
    push = _push()
    if folder is None or not push:
        raise Refused(
            "cannot determine which push this hook was called for",
            hint="let Git call the hook, or run `mreg hook install pre-receive`",
        )
    notes = _notes(folder)
    file = notes / push
    if not file.exists():
        _forget(notes)
        said = current()
        with file.open("x") as fresh:
            fresh.write(f"{said}\n")
    noted = file.read_text()
    if not noted.endswith("\n"):
        raise Refused(f"{file} was cut short", hint="push again")
    return noted.rstrip("\n")


def _notes(folder: Path) -> Path:
    """Return the folder of the notes, which whoever may push can write to, as with objects."""
    mode = (folder / "objects").stat().st_mode & 0o7777
    for found in (folder / "mreg", folder / "mreg" / "pushes"):
        if not found.is_dir():
            found.mkdir()
            found.chmod(mode)
    return found


def _forget(notes: Path) -> None:
    """Remove the notes of pushes that ended long ago."""
    for file in notes.iterdir():
        with suppress(OSError):  # another push does the same, or it is another user's
            if time.time() - file.stat().st_mtime > _KEPT_SECONDS:
                file.unlink()


def _push() -> str:
    """Return what stands for the receiving process, this time and no other; nothing if none is.

    A process's number comes again; not with the same time of its start, since the machine's.
    """
    for number, started in _ancestors():
        command = (_PROC / str(number) / "cmdline").read_bytes().split(b"\0")
        if any(it.endswith(b"receive-pack") for it in command[:2]):
            boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
            return f"{boot}-{number}-{started}"
    return ""


def _ancestors() -> Iterator[tuple[int, str]]:
    """Iterate over the processes above this one: pairs of a number and the time of its start."""
    number = os.getppid()
    while number > 1:
        try:
            fields = (_PROC / str(number) / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            return
        yield number, fields[19]
        number = int(fields[1])
