"""From a `catalog.yaml` to `CatalogSettings`, with everything that is wrong with it at once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mreg.annotations import document, findings, reports, text
from mreg.annotations.text import Unreadable
from mreg.core import diagnostics, times
from mreg.errors import NotFound, UsageError
from mreg.net import urls

if TYPE_CHECKING:
    from mreg.catalog import schema

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


def read(path: str | os.PathLike[str]) -> CatalogSettings:
    """Read a catalog's file.

    Raises:
        NotFound: there is none.
        UsageError: something is wrong with it; the message has each fault with its place.
    """
    file = Path(path).absolute()
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        hint = "write one (docs/catalog.md), or name it: --catalog FILE"
        raise NotFound(f"there is no file {os.fspath(path)}", hint=hint) from None
    return parse(raw, os.fspath(file), os.fspath(path))


def parse(raw: bytes, file: str, named: str) -> CatalogSettings:
    """Read a catalog's bytes; `named` is what its file is called where something is wrong."""
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


def _refusal(
    found: tuple[diagnostics.Diagnostic, ...] | list[diagnostics.Diagnostic],
) -> UsageError:
    message = reports.text(found).rstrip("\n")
    return UsageError(urls.mask(message), hint="docs/catalog.md has all that it may say")
