"""Findings as text, JSON, GitHub's workflow commands and SARIF."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal
from urllib.parse import quote

from mreg.annotations.findings import CODES, Finding
from mreg.render.escape import line

Format = Literal["text", "json", "github", "sarif"]

_WIDTH = 100
"""How much of a longer line is shown around a finding."""


def text(found: Sequence[Finding]) -> str:
    """Return findings for a person: each with its line, and a caret below the place."""
    return "".join(map(_in_words, found))


def _in_words(it: Finding) -> str:
    hint = f" ({it.hint})" if it.hint else ""
    mild = f"{it.severity}: " if it.severity != "error" else ""
    head = line(f"{it.file}:{it.line}:{it.column}: {it.code} {mild}{it.message}{hint}")
    if not it.source.strip():
        return f"{head}\n"
    start = max(0, it.column - 1 - _WIDTH // 2)
    shown = it.source[start : start + _WIDTH]
    before = line(shown[: it.column - 1 - start])
    width = min(it.end_column - it.column, len(shown) - (it.column - 1 - start))
    carets = "^" * max(1, width)
    return f"{head}\n    {line(shown)}\n    {' ' * len(before)}{carets}\n"


def json(found: Sequence[Finding]) -> str:
    """Return findings as JSON."""
    keys = [name for name in Finding._fields if name != "source"]
    return _dumps(
        {
            "findings": [{name: getattr(it, name) for name in keys} for it in found],
            "errors": sum(it.severity == "error" for it in found),
            "warnings": sum(it.severity == "warning" for it in found),
        }
    )


def github(found: Sequence[Finding]) -> str:
    """Return findings as workflow commands, which GitHub shows beside the lines.

    Source of the format and its escapes: actions/toolkit, packages/core/src/command.ts.
    """
    return "".join(
        f"::{it.severity} file={_property(it.file)},line={it.line},col={it.column},"
        f"endColumn={it.end_column},title={it.code}::{_message(it)}\n"
        for it in found
    )


def _message(it: Finding) -> str:
    said = line(f"{it.message} ({it.hint})" if it.hint else it.message)
    return said.replace("%", "%25")


def _property(value: str) -> str:
    return line(value).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")


def sarif(found: Sequence[Finding]) -> str:
    """Return findings as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0)."""
    from mreg import __version__

    rules = [{"id": code, "shortDescription": {"text": kind.title}} for code, kind in CODES.items()]
    driver = {"name": "mreg", "version": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(it) for it in found],
    }
    return _dumps(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [run],
        }
    )


def _result(it: Finding) -> dict[str, Any]:
    place = {
        "artifactLocation": {"uri": quote(it.file, errors="replace")},
        "region": {
            "startLine": it.line,
            "startColumn": it.column,
            "endColumn": it.end_column,
        },
    }
    return {
        "ruleId": it.code,
        "ruleIndex": list(CODES).index(it.code),
        "level": it.severity,
        "message": {"text": f"{it.message} ({it.hint})" if it.hint else it.message},
        "locations": [{"physicalLocation": place}],
    }


def _dumps(value: Any) -> str:
    from mreg.render import json

    return f"{json.dumps(value, pretty=True)}\n"


FORMATS: Final[dict[Format, Callable[[Sequence[Finding]], str]]] = {
    "text": text,
    "json": json,
    "github": github,
    "sarif": sarif,
}
"""The formats, by name."""
