"""What the commands of a catalog share: how it is opened, and what is said of its repositories."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from mreg.cli import output
from mreg.cli.parameters import Option
from mreg.render.escape import line
from mreg.render.moments import minute

if TYPE_CHECKING:
    from mreg.catalog import Catalog
    from mreg.catalog.index import RepositoryState
    from mreg.catalog.live import CatalogPages
    from mreg.catalog.members import CatalogFault
    from mreg.catalog.refresh import RefreshReport

File: TypeAlias = Annotated[
    str,
    Option("--catalog -c", "FILE", "The catalog's file.", envvar="MREG_CATALOG"),
]
OfRepositories: TypeAlias = Annotated[
    str | None,
    Option("--repository", "LABEL", "Only these repositories: a label or a pattern."),
]


def opened(file: str) -> Catalog:
    """Open a catalog."""
    from mreg.catalog import Catalog

    return Catalog.open(file)


def pages(
    catalog: Catalog,
    *,
    only: Iterable[str] | None,
    exclude: Iterable[str] | None,
    emails: bool,
    **more: Any,
) -> CatalogPages:
    """Return the pages that a command serves until it is ended; nothing is read of them yet.

    Args:
        catalog: the catalog; what is wrong with its file is said now.
        only: the patterns of the models that are shown.
        exclude: the patterns of those that are not.
        emails: whether e-mail addresses are shown.
        more: what the commands differ in, as for `CatalogPages`.
    """
    from mreg.catalog.live import CatalogPages
    from mreg.cli import failures, online
    from mreg.web.read import Choice

    gc.enable()  # it runs for long
    catalog.settings  # noqa: B018 - read for what is wrong with it
    return CatalogPages(
        catalog,
        bug=failures.report_bug,
        choice=Choice(tuple(only or ()), tuple(exclude or ()), emails=emails),
        network=online.network()._replace(prompts=False),
        **more,
    )


def counted(report: RefreshReport) -> str:
    """Say in words what a refresh found."""
    whole = f"{report.repositories} repositor{'y' if report.repositories == 1 else 'ies'}"
    parts = [f"{len(report.read)} read", f"{report.unchanged} unchanged"]
    parts += [f"{len(report.removed)} removed"] * bool(report.removed)
    parts += [f"{len(report.faults)} failed"] * bool(report.faults)
    return f"{whole}: {', '.join(parts)}"


def fault(it: CatalogFault) -> str:
    """Say in a line what could not be read, and what to do about it."""
    from mreg.core.tables import first_line

    hint = f" ({it.hint})" if it.hint else ""
    return line(f"{it.subject}: {first_line(it.reason)}{hint}")


def mention(unread: Sequence[RepositoryState]) -> None:
    """Say in one line which repositories could not be read, since when and why."""
    if not unread:
        return
    from mreg.core.tables import first_line
    from mreg.core.times import moment

    it = unread[0]
    since = minute(moment(it.failing or 0).astimezone())
    more = f", and {len(unread) - 1} more" if len(unread) > 1 else ""
    as_it_was = "is shown as last read" if it.read else "is not in the catalog yet"
    said = (
        f"{it.repository} has been failing since {since}, and {as_it_was}: {first_line(it.reason)}"
    )
    output.talk(line(f"warning: {said}{more} (see `mreg catalog status`)"))
