"""What repositories are called, and how a model of one is named: `fraud//scorer@v1.2.0`."""

from __future__ import annotations

import posixpath
import re
from string import Formatter
from urllib.parse import unquote

from mreg.errors import InvalidName

BETWEEN = "//"
"""Stands between a repository's label and a model; Git allows it in no name of either."""

RULE = "letters, digits and . _ - /, with {name} or {path} where several are meant"

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9._/-]*[A-Za-z0-9_])?"
_PARTS = {"name": "n", "path": "p"}


def is_label(text: str) -> bool:
    """Tell whether a repository may be called so."""
    return re.fullmatch(_LABEL, text) is not None and BETWEEN not in text


def is_template(text: str) -> bool:
    """Tell whether a text becomes a label when the names of its fields are filled in."""
    try:
        fields = {it for _, it, _, _ in Formatter().parse(text) if it is not None}
        return fields <= _PARTS.keys() and is_label(text.format(**_PARTS))
    except (ValueError, LookupError, AttributeError):
        return False


def of(template: str, place: str) -> str:
    """Return the label of a repository, by a template and its place: a URL's path, or a folder."""
    path = re.sub(r"[^A-Za-z0-9._/-]+", "-", unquote(place)).removesuffix("/")
    path = re.sub(r"(?:/\.git|\.git)$", "", posixpath.normpath(f"/{path}")).strip("/.-")
    return template.format(name=path.rpartition("/")[2], path=path)


def split(text: str) -> tuple[str, str]:
    """Return the label in front of a model's name or selector, and what is behind it.

    The label is empty where none is named.
    """
    label, between, rest = text.rpartition(BETWEEN)
    if between and not (rest and is_label(label)):
        raise InvalidName(
            f"{text!r} is not the name of a model in a catalog", hint="write REPOSITORY//NAME"
        )
    return label, rest


def joined(label: str, artifact: str) -> str:
    """Return how a model is named in a catalog."""
    return f"{label}{BETWEEN}{artifact}"
