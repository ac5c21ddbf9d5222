"""Tables as HTML, for notebooks."""

from __future__ import annotations

from html import escape

from mreg.render.escape import line
from mreg.render.table import Table


def table(content: Table) -> str:
    """Return a table as an HTML element; all text in it is escaped."""
    caption = f"<caption>{_text(content.title)}</caption>" if content.title else ""
    if not content.rows:
        return f"<p>{_text(content.empty)}</p>"
    head = "".join(f"<th>{_text(name)}</th>" for name in content.header)
    body = "".join(
        f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>" for row in content.rows
    )
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _text(text: str) -> str:
    return escape(line(text))
