"""A site's folder: what is written into it, in steps, and what is taken out.

Only this module touches the disk. A file is written where its content is not there already, in one
step; what the site no longer has is removed, and nothing else: what somebody put beside it stays.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, Protocol, Self, TypeAlias

from mreg.errors import Refused
from mreg.render import json
from mreg.system import files, locks

MARK = "mreg-site.json"
"""The file by which a folder is known as a site's. It holds what is kept for the next time."""

LOCK, SECONDS = ".mreg-site.lock", 600
"""The file that stands for the right to write, and how long to wait for it."""

BESIDE = ".mreg-site.json"
"""The file of what only saves time, and may be another one of two sites that are the same."""

_SEAL = "seal"

OWN = ("a", "activity", "data", "m")
"""The folders in which everything is the site's; what it has elsewhere, the mark tells."""

_WELCOME = frozenset(("CNAME", "robots.txt"))
_LARGEST = 1 << 30


SiteFile: TypeAlias = tuple[str, str | bytes]
"""A file of a site: its name from the site's root, and its content."""


class SitePlace(Protocol):
    """Where a site is built: a folder, or the memory of a server.

    Attributes:
        written: the files that were written.
        removed: those that were removed.
    """

    written: list[str]
    removed: list[str]

    @property
    def kept(self) -> dict[str, Any]:
        """What was kept for this time."""

    @property
    def is_as_kept(self) -> bool:
        """Whether all files of models are known to be there that were when values were kept."""

    def has(self, name: str) -> bool:
        """Tell whether there is a file of the site, or can be."""

    def read(self, name: str) -> bytes | None:
        """Return what a file of the site holds that is no model's; None where there is none."""

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file of the site."""

    def renew(self, folder: str, found: Iterable[SiteFile]) -> None:
        """Write the files of a model, whose folder it is; or take note that they are others now."""

    def keep(self, values: dict[str, Any]) -> None:
        """Keep values for the next time."""

    def clean(self, wanted: set[str]) -> None:
        """Remove the files that the site no longer has."""


class SiteFolder:
    """A folder that holds a site, or is to hold one.

    Attributes:
        written: the files that were written, from the folder on.
        removed: those that were removed.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Look at a folder.

        Raises:
            Refused: it holds something else than a site.
        """
        self.path = Path(path).absolute()
        self.written: list[str] = []
        self.removed: list[str] = []
        self._begun = False
        self._lines: _Lines = {}
        mark = self.path / MARK
        if not (mark.is_file() and not mark.is_symlink()) and (
            self.path.exists() and not _is_free(self.path)
        ):
            raise Refused(
                f"{path} contains something that is not part of an mreg site",
                hint="choose an empty or new folder",
            )

    @classmethod
    @contextmanager
    def held(cls, path: str | os.PathLike[str]) -> Iterator[Self]:
        """Hold a site's folder, which is made if it is not there, against other builds of it.

        Raises:
            Refused: it holds something else than a site, or another build takes too long.
            OSError: it cannot be written to.
        """
        place = cls(path).path
        place.mkdir(parents=True, exist_ok=True)
        try:
            with locks.held(place / LOCK, seconds=SECONDS):
                yield cls(path)
        except locks.Taken:
            raise Refused(
                f"another mreg process has been writing to {path} for {SECONDS} seconds",
                hint="wait until it finishes",
            ) from None

    @cached_property
    def kept(self) -> dict[str, Any]:
        """What was kept for this time; empty where that is nothing, or not to be relied on."""
        found, text = _checked(self.path / MARK)
        self._lines = _lines_of(found, text)
        return found

    def stands(self, seal: str) -> int | None:
        """Tell of how many models a site is that stands there whole, and was kept with a seal.

        Returns:
            None where it is another one, or one of its files is not there.
        """
        beside = self._beside
        if not seal or beside.get(_SEAL) != seal or not self.is_as_kept:
            return None
        own = beside.get("own", ())
        count = beside.get("models")
        return count if isinstance(count, int) and all(map(self.has, own)) else None

    @cached_property
    def is_as_kept(self) -> bool:
        """Whether all files of models are known to be there that were when values were kept.

        It is what was so before anything was written.
        """
        beside = self._beside
        size = self._size_of_mark()
        return bool(size) and (beside.get("files"), beside.get("mark")) == (self._listing(), size)

    def _size_of_mark(self) -> int:
        """Return how large the mark is: one that was cut short is made anew; 0 without one."""
        try:
            return self._place(MARK).lstat().st_size
        except FileNotFoundError:
            return 0

    @cached_property
    def _beside(self) -> dict[str, Any]:
        """Return what was kept beside the mark; nothing where it was damaged or cut short."""
        import json as parser

        try:
            found = parser.loads(self.read(BESIDE) or b"")
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def _listing(self) -> str:
        """Return a digest of the names of all files in the folders that are the site's alone."""
        return hashlib.sha256(
            "\n".join(f"{name} {plain}" for name, plain in sorted(self._own.items())).encode()
        ).hexdigest()

    def read(self, name: str) -> bytes | None:
        """Return what a file of the site holds; None where there is none."""
        place = self._place(name)
        if place.is_symlink():
            return None
        try:
            return place.read_bytes()
        except OSError:
            return None

    def has(self, name: str) -> bool:
        """Tell whether there is a file of the site."""
        if name.partition("/")[0] in OWN:
            return self._own.get(name, False)
        try:
            return _is_within(name) and stat.S_ISREG(self._place(name).lstat().st_mode)
        except (OSError, ValueError):
            return False

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file of the site where it is not the same already.

        Raises:
            OSError: it cannot be written.
        """
        raw = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
        if self.read(name) == raw:
            return
        self._begin()
        self._clear_way(name)
        files.replace(self._place(name), raw, mode=files.new_mode())
        self.written.append(name)
        if name.partition("/")[0] in OWN:
            self._own[name] = True

    def _begin(self) -> None:
        """Take back what was kept before anything is changed: a build that is ended may not count.

        Else its pages would be taken for those of before, if the registry were as before again.
        """
        if not self._begun:
            self._begun = True
            self._place(BESIDE).unlink(missing_ok=True)
            files.replace(self._place(MARK), _marked({}).encode(), mode=files.new_mode())

    def renew(self, folder: str, found: Iterable[SiteFile]) -> None:
        """Write the files of a model, whose folder it is."""
        for name, content in found:
            self.write(name, content)

    def keep(self, values: dict[str, Any]) -> None:
        """Keep values for the next time; last, when all that they stand for is there."""
        lasting = {key: it for key, it in values.items() if key != _SEAL}
        self.write(MARK, _marked(lasting, self._lines))
        beside = {
            _SEAL: values.get(_SEAL, ""),
            "files": self._listing(),
            "own": values.get("files", ()),
            "mark": self._size_of_mark(),
            "models": sum(map(len, values.get("models", {}).values())),
        }
        raw = json.compact(beside).encode()
        if self.read(BESIDE) != raw:
            files.replace(self._place(BESIDE), raw, mode=files.new_mode())

    def clean(self, wanted: set[str]) -> None:
        """Remove the site's files that it no longer has, and folders that become empty by it."""
        before = {it for it in self.kept.get("files", ()) if _is_within(str(it))}
        own = {MARK, BESIDE, *before, *wanted}
        left = {it.name for it in self.path.iterdir() if files.unfinished(it.name) in own}
        found = {*self._own, *before, *left}
        for name in sorted(found - wanted - {MARK}):
            place = self._place(name)
            if self._leads_out(name) or not (place.is_file() or place.is_symlink()):
                continue
            self._begin()
            place.unlink()
            self._own.pop(name, None)
            self.removed.append(name)
            for folder in PurePosixPath(name).parents:
                if str(folder) == "." or any(self._place(str(folder)).iterdir()):
                    break
                self._place(str(folder)).rmdir()

    @cached_property
    def _own(self) -> dict[str, bool]:
        """What is in the folders that are the site's alone, by name: whether it is a plain file.

        They are looked at once: while a site is held, nobody else changes them.
        """
        found: dict[str, bool] = {}
        waiting = [*OWN]
        while waiting:
            folder = waiting.pop()
            with suppress(FileNotFoundError, NotADirectoryError):
                if (self.path / folder).is_symlink():
                    continue
                with os.scandir(self.path / folder) as every:
                    for it in every:
                        name = f"{folder}/{it.name}"
                        if it.is_dir(follow_symlinks=False):
                            waiting.append(name)
                        else:
                            found[name] = it.is_file(follow_symlinks=False)
        return found

    def _place(self, name: str) -> Path:
        if not _is_within(name):
            raise ValueError(f"{name} is outside the site")
        return self.path.joinpath(*PurePosixPath(name).parts)

    def _leads_out(self, name: str) -> bool:
        """Tell whether a folder on the way to a file is a link to elsewhere."""
        return any(self._place(str(it)).is_symlink() for it in PurePosixPath(name).parents[:-1])

    def _clear_way(self, name: str) -> None:
        """Remove what stands where a folder of the site is to be: a link, or a file."""
        for it in reversed(PurePosixPath(name).parents[:-1]):
            place = self._place(str(it))
            if place.is_symlink() or place.is_file():
                place.unlink()
                self._own.pop(str(it), None)


def _is_within(name: str) -> bool:
    """Tell whether a name is that of a file in the folder, whoever wrote it down."""
    parts = name.split("/")
    inside = ".." not in parts and not name.startswith("/") and "\0" not in name
    return inside and any(it not in ("", ".") for it in parts)


def _is_free(path: Path) -> bool:
    """Tell whether a folder holds nothing, but for what a host or Git has there."""
    if not path.is_dir():
        return False
    return all(it.name in _WELCOME or it.name.startswith(".") for it in path.iterdir())


_Lines: TypeAlias = Mapping[int, str]
"""The lines of a mark that tell what is kept of models, by the identity of that."""

_MODELS = "models"


def _marked(values: dict[str, Any], known: _Lines = MappingProxyType({})) -> str:
    """Return the content of a mark, of plain values; lines that are known are not written anew."""
    parts = (
        f"{json.line(key)}:{_of_models(it, known) if key == _MODELS else json.line(it)}"
        for key, it in values.items()
    )
    text = f"{{{','.join(parts)}}}"
    return f'{{"sha256": "{_digest(text)}",\n"kept": {text}}}\n'


def _of_models(values: dict[str, dict[str, Any]], known: _Lines) -> str:
    """Return what is kept of models, by repository and name, each on a line of its own."""
    parts = []
    for repository, models in values.items():
        lines = ",\n".join(
            known.get(id(it)) or f"{json.line(name)}:{json.line(it)}" for name, it in models.items()
        )
        parts.append(f"{json.line(repository)}:{{\n{lines}\n}}")
    return f"{{{','.join(parts)}}}"


def _lines_of(values: dict[str, Any], text: str) -> _Lines:
    """Return the lines of a text that was read as values; none where others stand in it."""
    models = values.get(_MODELS, {})
    lines = text.split("\n")
    if len(lines) != 1 + sum(1 + max(len(them), 1) for them in models.values()):
        return {}
    found: dict[int, str] = {}
    at = 1
    for them in models.values():
        for number, it in enumerate(them.values(), start=at):
            found[id(it)] = lines[number].removesuffix(",")
        at += 1 + max(len(them), 1)
    return found


MOST_KEPT = 20
"""Of so many servers of pages it is kept what they had, those that were used last."""


def recalled(file: Path) -> dict[str, Any]:
    """Return what was kept in a file; nothing where it is not there, or not what was written."""
    return _checked(file)[0] if file.is_file() else {}


def remember(file: Path, values: dict[str, Any]) -> None:
    """Keep values in a file among others of its kind, of which the oldest go.

    Raises:
        OSError: it cannot be written.
    """
    files.replace(file, _marked(values).encode("utf-8", "backslashreplace"))
    others = sorted(file.parent.glob(f"*{file.suffix}"), key=lambda it: it.stat().st_mtime)
    for old in others[:-MOST_KEPT]:
        old.unlink(missing_ok=True)


def _checked(mark: Path) -> tuple[dict[str, Any], str]:
    """Return what a mark holds, and its text: nothing where it was damaged, or changed."""
    import json as parser

    try:
        if mark.is_symlink() or mark.stat().st_size > _LARGEST:
            return {}, ""
        head, _, rest = mark.read_text("utf-8").partition("\n")
        text = rest.removeprefix('"kept": ').removesuffix("}\n")
        if head != f'{{"sha256": "{_digest(text)}",':
            return {}, ""
        kept = parser.loads(text)
    except (OSError, ValueError, RecursionError):
        return {}, ""
    return (kept, text) if isinstance(kept, dict) else ({}, "")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
