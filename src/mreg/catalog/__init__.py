"""Many registries as one: `Catalog.open("catalog.yaml")`.

A catalog names repositories. What they hold is kept in an index, a file of SQLite that may be
deleted at any time; `refresh` brings it up to date, and every answer comes out of it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mreg.catalog.catalog import Catalog as Catalog


def __getattr__(name: str) -> object:
    """Load the class when it is first used (PEP 562): the processes that read do without it."""
    if name == "Catalog":
        from mreg.catalog.catalog import Catalog

        return Catalog
    raise AttributeError(f"module 'mreg.catalog' has no attribute {name!r}")
