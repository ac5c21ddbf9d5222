"""Tables as CSV, for spreadsheets and scripts: RFC 4180, in UTF-8.

A spreadsheet takes a cell that begins with "=" and the like for a formula, which could send what
else is in it to a stranger. Such a cell gets an apostrophe before it, which a spreadsheet takes for
"this is text"; a number, such as -0.5, stays as it is.
Source: https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
import io
import re

from mreg.render.escape import line
from mreg.render.table import Table

_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20].")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]inf")


def table(content: Table) -> str:
    """Return a table with its header, and nothing else of it; control characters are escaped."""
    sink = io.StringIO()
    writer = csv.writer(sink)  # its defaults are RFC 4180's: commas, double quotes, CRLF
    writer.writerows(map(_cell, row) for row in (content.header, *content.rows))
    return sink.getvalue()


def _cell(text: str) -> str:
    shown = line(text)
    return f"'{shown}" if _FORMULA.match(shown) and not _NUMBER.fullmatch(shown) else shown
