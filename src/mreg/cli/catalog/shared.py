"""What the commands of a catalog share: how it is opened, and what is said of its repositories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, TypeAlias

from mreg.cli import output
from mreg.cli.parameters import Option
from mreg.render.escape import line
from mreg.render.moments import minute

if TYPE_CHECKING:
    from mreg.catalog import Catalog
    from mreg.catalog.index import RepositoryState

File: TypeAlias = Annotated[
    str,
    Option("--catalog -c", "FILE", "The catalog's file.", envvar="MREG_CATALOG"),
]
OfRepositories: TypeAlias = Annotated[
    str | None,
    Option("--repository", "LABEL", "Of these repositories alone: a label or a pattern."),
]


def opened(file: str) -> Catalog:
    """Open a catalog."""
    from mreg.catalog import Catalog

    return Catalog.open(file)


def mention(unread: Sequence[RepositoryState]) -> None:
    """Say in one line which repositories stand as they were, since when and why."""
    if not unread:
        return
    from mreg.core.tables import first_line
    from mreg.core.times import moment

    it = unread[0]
    since = minute(moment(it.failing or 0).astimezone())
    more = f", and {len(unread) - 1} more" if len(unread) > 1 else ""
    as_it_was = "as it was when it was last read" if it.read else "not in the catalog yet"
    said = (
        f"{it.repository} cannot be read since {since}, and is {as_it_was}: {first_line(it.reason)}"
    )
    output.talk(line(f"warning: {said}{more} (see `mreg catalog status`)"))
