"""From a `catalog.yaml` to `CatalogSettings`, with everything that is wrong with it at once."""

from __future__ import annotations

import hashlib
import os
import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mreg import __version__
from mreg.errors import NotFound, UsageError
from mreg.net import urls
from mreg.system import cache
from mreg.system.kept import KeptValues

if TYPE_CHECKING:
    from mreg.catalog import schema
    from mreg.core.diagnostics import Diagnostic

FILE = "catalog.yaml"
PARALLEL = 4
"""So many repositories are read side by side where nothing is said: each takes a process."""
SECONDS = 120.0
"""So long reading one repository may take where nothing is said."""


class CatalogSource(NamedTuple):
    """Repositories that belong to a catalog; one of the first three says which.

    Attributes:
        url: the URL of one.
        path: a folder, or a pattern for several.
        command: a program with its arguments, which prints a URL or a path a line.
        label: what they are called: a template; empty where nothing is said.
    """

    url: str = ""
    path: str = ""
    command: tuple[str, ...] = ()
    label: str = ""

    @property
    def shown(self) -> str:
        """What people are told that it is, without a password."""
        return urls.mask(self.url or self.path or " ".join(self.command))


class CatalogSettings(NamedTuple):
    """What a catalog.yaml says.

    Attributes:
        file: the file, whole.
        title: what the catalog's pages are called; empty where nothing is said.
        place: where the index is; empty for a place in the cache.
        parallel: how many repositories are read side by side.
        seconds: how long reading one may take.
        sources: the repositories.
    """

    file: str
    title: str
    place: str
    parallel: int
    seconds: float
    sources: tuple[CatalogSource, ...]


class CatalogOutline(NamedTuple):
    """What of a catalog.yaml questions need: no more is kept, since the rest may hold passwords.

    Attributes:
        title: what the catalog's pages are called; empty where nothing is said.
        place: where the index is; empty for a place in the cache.
    """

    title: str
    place: str


def read(path: str | os.PathLike[str]) -> CatalogSettings:
    """Read a catalog's file.

    Raises:
        NotFound: there is none.
        UsageError: something is wrong with it; the message has each fault with its place.
    """
    file = Path(path).absolute()
    return parse(_content(file, path), os.fspath(file), os.fspath(path))


class SourceLines:
    """Where the sources stand in a catalog's file, which is read when that is first asked."""

    def __init__(self, settings: CatalogSettings) -> None:
        self._settings = settings

    def hint(self, source: str, hint: str) -> str:
        """Return what to do about a fault, with the line that its source stands in.

        Args:
            source: the source, as people are told.
            hint: what to do, as far as it is known.
        """
        line = self._lines.get(source)
        place = f"see line {line} of {os.path.basename(self._settings.file)}" if line else ""  # noqa: PTH119
        return "; ".join(filter(None, (hint, place)))

    @cached_property
    def _lines(self) -> dict[str, int]:
        """The lines; none where the file says something else by now."""
        from mreg.annotations import nodes, text
        from mreg.annotations.text import Unreadable

        sources, file = self._settings.sources, self._settings.file
        try:
            raw = Path(file).read_bytes()
            if parse(raw, file, file).sources != sources:
                return {}
            shown = text.shown(raw)
            root = nodes.compose(shown).root
        except (OSError, UsageError, Unreadable):
            return {}
        pair = root.get("repositories") if root else None
        ends = [it.start() for it in re.finditer("\n", shown)]
        each = zip(sources, pair[1].items if pair else (), strict=True)
        places = [(it.shown, bisect_left(ends, node.start) + 1) for it, node in each]
        return dict(reversed(places))  # of two alike the first


def outline(path: str | os.PathLike[str]) -> CatalogOutline:
    """Return what questions need of a catalog's file.

    It is kept by the file's content, where nothing was wrong with it: to check one takes longer
    than to answer. Raises as `read` does.
    """
    file = Path(path).absolute()
    raw = _content(file, path)
    kept = KeptValues(cache.folder() / "kept" / "catalogs", f"{__version__} 1")
    key = hashlib.sha256(os.fsencode(file) + b"\0" + raw).digest()
    for it in kept.get([key]).values():
        title, _, place = it.decode("utf-8", "surrogateescape").partition("\0")
        return CatalogOutline(title, place)
    found = parse(raw, os.fspath(file), os.fspath(path))
    kept.put({key: f"{found.title}\0{found.place}".encode("utf-8", "surrogateescape")})
    return CatalogOutline(found.title, found.place)


def _content(file: Path, named: str | os.PathLike[str]) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        hint = "create one (`mreg schema --catalog` prints its keys), or use --catalog FILE"
        raise NotFound(f"there is no file {os.fspath(named)}", hint=hint) from None


def parse(raw: bytes, file: str, named: str) -> CatalogSettings:
    """Read a catalog's bytes; `named` is what its file is called where something is wrong."""
    from mreg.annotations import document, findings, text  # and with them the YAML reader
    from mreg.annotations.text import Unreadable
    from mreg.core import diagnostics, times

    shown = text.shown(raw)
    reader = document.YamlReader(checked=True)
    try:
        content, twins = reader.with_twins(raw, reader.load)
    except Unreadable as error:
        raise _refusal([findings.of_unreadable(named, shown, error)]) from None
    from mreg.catalog import schema  # and with it pydantic

    said, faults = schema.read(content)
    found = diagnostics.errors(
        [
            *findings.of_bytes(named, raw),
            *findings.of_twins(named, shown, twins),
            *findings.of_faults(named, shown, faults),
        ]
    )
    if found or said is None:
        raise _refusal(found)
    return CatalogSettings(
        file,
        said.title or "",
        os.path.join(os.path.dirname(file), said.index) if said.index else "",  # noqa: PTH118, PTH120
        said.parallel or PARALLEL,
        (times.seconds(said.timeout) if said.timeout else None) or SECONDS,
        tuple(_source(it) for it in said.repositories),
    )


def _source(it: schema.Source | str) -> CatalogSource:
    if isinstance(it, str):
        return CatalogSource(url=it) if urls.looks_like(it) else CatalogSource(path=it)
    return CatalogSource(it.url or "", it.path or "", tuple(it.command or ()), it.label or "")


def _refusal(found: Sequence[Diagnostic]) -> UsageError:
    from mreg.annotations import reports

    message = reports.text(found).rstrip("\n")
    return UsageError(
        urls.mask(message), hint="run `mreg schema --catalog` for all keys and values"
    )
