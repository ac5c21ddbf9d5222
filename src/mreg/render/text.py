"""Tables as aligned plain text: for pipes and files, and never cut."""

from __future__ import annotations

from mreg.render.escape import line
from mreg.render.table import Table


def table(content: Table) -> str:
    """Return a table as lines of aligned columns, two spaces between them."""
    rows = [tuple(map(line, row)) for row in (content.header, *content.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        + "\n"
        for row in rows
    )
