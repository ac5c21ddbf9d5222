"""Tables as aligned plain text: for pipes and files, and never cut."""

from __future__ import annotations

from mreg.render.escape import line
from mreg.render.table import Table


def table(content: Table) -> str:
    """Return a table as lines of aligned columns, two spaces between them."""
    rows = [content.header, *content.rows]
    if line(whole := "".join(map("".join, rows))) != whole:
        rows = [tuple(map(line, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    aligned = "  ".join(f"%-{width}s" for width in widths)
    return "".join([f"{(aligned % row).rstrip()}\n" for row in rows])
