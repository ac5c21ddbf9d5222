"""Values as YAML that every reader takes for the same, whichever version of YAML it knows."""

from __future__ import annotations

import io
import re
import sys
from typing import Any

# What YAML 1.1 or 1.2 takes for a text without quotes, but for the words below.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*")
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))


def dumps(value: Any) -> str:
    """Return mappings, lists, texts, numbers, booleans and None as a YAML document.

    A text that some reader could take for anything else is quoted; beyond ASCII it is escaped.
    """
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width = sys.maxsize
    yaml.allow_unicode = False
    sink = io.StringIO()
    yaml.dump(_quoted(value), sink)
    return sink.getvalue()


def _quoted(value: Any) -> Any:
    if isinstance(value, dict):
        return {_quoted(key): _quoted(it) for key, it in value.items()}
    if isinstance(value, list | tuple):
        return [_quoted(it) for it in value]
    if not isinstance(value, str) or (_PLAIN.fullmatch(value) and value.lower() not in _WORDS):
        return value
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    return DoubleQuotedScalarString(value)
