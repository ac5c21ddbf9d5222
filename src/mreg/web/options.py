"""What somebody wants of a site, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, TypedDict

from mreg.core.diagnostics import Diagnostic


class SiteOptions(TypedDict, total=False):
    """How a site is to be.

    Attributes:
        title: what it is called; else after its registry, or "Models".
        base_url: the address that it will have; feeds need it for whole addresses.
        at: as the registries stood then.
        emails: whether e-mail addresses are shown.
        only: artifacts to show: names, or patterns such as "team/*"; none: all.
        exclude: artifacts to leave out, likewise.
        candidates: whether what could become a version is shown: commits of branches, and of DVC's
            experiments. They may be nobody else's business yet, so that they are not by default.
        progress: is told how many of how many models were read.
    """

    title: str | None
    base_url: str | None
    at: datetime | str | None
    emails: bool
    only: tuple[str, ...]
    exclude: tuple[str, ...]
    candidates: bool
    progress: Callable[[int, int], None] | None


class Unread(NamedTuple):
    """A repository that could not be read, so that its pages are as they were.

    Attributes:
        repository: what the site calls it.
        message: why.
    """

    repository: str
    message: str


class SiteReport(NamedTuple):
    """What became of a site.

    Attributes:
        folder: where it is.
        models: how many models it shows.
        written: the files that were written, from the folder on.
        removed: the files that were removed, likewise.
        unread: the repositories that could not be read.
        problems: what could not be read of the others.
    """

    folder: str
    models: int
    written: tuple[str, ...]
    removed: tuple[str, ...]
    unread: tuple[Unread, ...]
    problems: tuple[Diagnostic, ...]
