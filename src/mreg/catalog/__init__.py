"""Many registries as one: `Catalog.open("catalog.yaml")`.

A catalog names repositories. What they hold is kept in an index, a file of SQLite that may be
deleted at any time; `refresh` brings it up to date, and every answer comes out of it.
"""

from __future__ import annotations

from mreg.catalog.catalog import Catalog as Catalog
