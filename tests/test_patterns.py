"""No pattern repeats a group possessively: up to Python 3.11.4 such a one matches too much.

https://github.com/python/cpython/issues/106052. Debian 12 has Python 3.11.2. An atomic group around
a greedy quantifier means the same, and is right in all versions.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from source import modules

_REPEATED = re.compile(r"(?<!\\)(?:\)|%b|\})[*+?]\+(?!,)")


def texts(tree: ast.AST) -> Iterator[str]:
    """Iterate over the texts in a module, with their placeholders."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(it.value) if isinstance(it, ast.Constant) else "{}" for it in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            yield node.value if isinstance(node.value, str) else node.value.decode("latin-1")


def test_no_group_is_repeated_possessively() -> None:
    found = [
        (module, text)
        for module, tree in modules().items()
        for text in texts(tree)
        if _REPEATED.search(text)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (r"(?: a b? c )*+", True),
        (r"(?: a )?+ b", True),
        ("%b*+", True),
        (r"(?> (?: a )* )", False),
        (r"[^\n]*+ \)", False),
        ("!$&'()*+,;=", False),
    ],
)
def test_they_are_found(pattern: str, found: bool) -> None:
    assert bool(_REPEATED.search(pattern)) == found


def test_a_pattern_means_what_it_does_in_later_versions() -> None:
    """The example of the report, in the form that the patterns have."""
    assert re.fullmatch(r"(?>(?:ab?c)*)", "a") is None
