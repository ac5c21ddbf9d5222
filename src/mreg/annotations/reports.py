"""Findings as text, JSON, GitHub's workflow commands and SARIF."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal
from urllib.parse import quote

from mreg.annotations.findings import CODES
from mreg.core.diagnostics import Diagnostic
from mreg.render.escape import line

Format = Literal["text", "json", "github", "sarif"]

_WIDTH = 100
"""How much of a longer line is shown around a finding."""


def text(found: Sequence[Diagnostic]) -> str:
    """Return findings for a person: each with its line, and a caret below the place."""
    return "".join(map(_in_words, found))


def _in_words(it: Diagnostic) -> str:
    hint = f" ({it.hint})" if it.hint else ""
    mild = f"{it.severity}: " if it.severity != "error" else ""
    at = it.location
    head = line(f"{it.subject}:{at.line}:{at.column}: {it.code} {mild}{it.message}{hint}")
    if not at.source.strip():
        return f"{head}\n"
    start = max(0, at.column - 1 - _WIDTH // 2)
    shown = at.source[start : start + _WIDTH]
    before = at.column - 1 - start
    carets = "^" * max(1, min(at.end_column - at.column, len(shown) - before))
    return f"{head}\n    {line(shown)}\n    {' ' * len(line(shown[:before]))}{carets}\n"


def json(found: Sequence[Diagnostic]) -> str:
    """Return findings as JSON."""
    times = Counter(it.severity for it in found)
    plain = [_plain(it) for it in found]
    return _dumps({"findings": plain, "errors": times["error"], "warnings": times["warning"]})


def _plain(it: Diagnostic) -> dict[str, Any]:
    at = it.location
    place = {"line": at.line, "column": at.column, "end_column": at.end_column}
    said = {name: getattr(it, name) for name in ("code", "severity", "message", "hint")}
    return {"file": it.subject, **place, **said}


def github(found: Sequence[Diagnostic]) -> str:
    """Return findings as workflow commands, which GitHub shows beside the lines.

    Source of the format and its escapes: actions/toolkit, packages/core/src/command.ts.
    """
    return "".join(
        f"::{it.severity} file={_property(it.subject)},line={it.location.line},"
        f"col={it.location.column},endColumn={it.location.end_column},"
        f"title={it.code}::{_message(it)}\n"
        for it in found
    )


def _message(it: Diagnostic) -> str:
    said = line(f"{it.message} ({it.hint})" if it.hint else it.message)
    return said.replace("%", "%25")


def _property(value: str) -> str:
    return line(value).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")


def sarif(found: Sequence[Diagnostic]) -> str:
    """Return findings as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0)."""
    from mreg import __version__

    rules = [{"id": code, "shortDescription": {"text": kind.title}} for code, kind in CODES.items()]
    driver = {"name": "mreg", "version": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(it) for it in found],
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return _dumps({"$schema": schema, "version": "2.1.0", "runs": [run]})


def _result(it: Diagnostic) -> dict[str, Any]:
    at = it.location
    region = {"startLine": at.line, "startColumn": at.column, "endColumn": at.end_column}
    file = {"uri": quote(it.subject, errors="replace")}
    return {
        "ruleId": it.code,
        "ruleIndex": list(CODES).index(it.code),
        "level": it.severity,
        "message": {"text": f"{it.message} ({it.hint})" if it.hint else it.message},
        "locations": [{"physicalLocation": {"artifactLocation": file, "region": region}}],
    }


def _dumps(value: Any) -> str:
    from mreg.render import json

    return f"{json.dumps(value, pretty=True)}\n"


FORMATS: Final[dict[Format, Callable[[Sequence[Diagnostic]], str]]] = {
    "text": text, "json": json, "github": github, "sarif": sarif,
}  # fmt: skip
"""The formats, by name."""
