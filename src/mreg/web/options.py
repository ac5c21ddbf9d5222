"""What somebody wants of a site, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, TypedDict

from mreg.core.diagnostics import Diagnostic


class SiteOptions(TypedDict, total=False):
    """The options of a site.

    Attributes:
        title: its title; by default the name of its registry, or "Models".
        base_url: its address; feeds need it for absolute addresses.
        at: as of this time.
        emails: whether e-mail addresses are shown.
        only: artifacts to show: names, or patterns such as "team/*"; none: all.
        exclude: artifacts to leave out, in the same form.
        candidates: whether candidates for the next version are shown: commits of branches, and DVC
            experiments. By default they are not, because they can still be private.
        progress: called with the number of models read and of all models.
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
    """The result of writing a site.

    Attributes:
        folder: its folder.
        models: the number of models.
        written: the files that were written, relative to the folder.
        removed: the files that were removed, relative to the folder.
        unread: the repositories that could not be read.
        problems: the data of other repositories that could not be read.
    """

    folder: str
    models: int
    written: tuple[str, ...]
    removed: tuple[str, ...]
    unread: tuple[Unread, ...]
    problems: tuple[Diagnostic, ...]
