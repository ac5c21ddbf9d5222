"""Metric and param files: JSON, YAML or TOML, nested or not, as flat mappings."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from mreg.annotations import document, entry, scalars, text
from mreg.annotations.text import Unreadable

SUFFIXES = (".json", ".yaml", ".yml", ".toml")
"""The kinds of file that are read, by the ends of their names."""


def is_read(path: str) -> bool:
    """Tell whether mreg reads such a metric or param file; DVC reads more, such as params.py."""
    return posixpath.splitext(path)[1].lower() in SUFFIXES


def load(raw: bytes, path: str, reader: document.YamlReader | None = None) -> dict[str, Any]:
    """Return what a metric or param file holds: scalars and lists by name.

    The name of a nested value is joined by dots ("train.loss"); a date or time is its ISO text. The
    end of the path says what the file is. Without a reader of YAML, aliases are resolved.

    Raises:
        Unreadable: it is no such file, not a mapping, or gives two values one name.
    """
    return _each_once(list(flat(nested(raw, path, reader))))


def nested(raw: bytes, path: str, reader: document.YamlReader | None = None) -> dict[str, Any]:
    """Return what a metric or param file holds, nested as it is there; otherwise as `load`."""
    suffix = posixpath.splitext(path)[1].lower()
    if suffix in (".yaml", ".yml"):
        content: Any = (reader or document.YamlReader(aliases=True)).load(raw)
    elif suffix == ".json":
        content = _json(text.decode(raw))
    elif suffix == ".toml":
        content = _toml(text.decode(raw))
    else:
        raise Unreadable("MA031", f"mreg reads only {', '.join(SUFFIXES)} files")
    if not isinstance(content, dict):
        raise Unreadable("MA012", "it is not a mapping")
    return content


def numbers(values: dict[str, Any]) -> dict[str, entry.Number | None]:
    """Return the values that are numbers; None for each of the others."""
    return {name: entry.as_metric(value) for name, value in values.items()}


def not_finite(values: Mapping[str, entry.Number | None]) -> Iterator[tuple[str, str]]:
    """Iterate over the metrics that are NaN or infinite, each with the words for it."""
    from mreg.render.numbers import is_finite

    for name, value in values.items():
        if value is not None and not is_finite(value):
            yield name, f"is {value}, which cannot be compared"


def _json(content: str) -> Any:
    import json

    try:
        return _plain(json.loads(content, object_pairs_hook=_each_once))
    except Unreadable:
        raise
    except json.JSONDecodeError as error:
        raise Unreadable("MA031", f"it is not valid JSON: {error.msg}", error.pos) from None
    except (ValueError, RecursionError) as error:
        raise Unreadable("MA031", f"mreg cannot read its JSON: {error}") from None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a mapping of pairs; of two values under one key, Python would take the last."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(it for it, times in Counter(key for key, _ in pairs).items() if times > 1)
        raise Unreadable("MA031", f"two of its values have the name {_whole(twice)!r}")
    return found


def _toml(content: str) -> Any:
    import tomllib

    keys = re.split(_KEYS, re.sub(_STRINGS, "s", content))
    if max(it.count(".") for it in keys) > text.MAX_DEPTH:
        raise Unreadable("MA008", f"it nests deeper than {text.MAX_DEPTH} levels")
    try:
        return _plain(tomllib.loads(content))
    except (ValueError, RecursionError) as error:
        raise Unreadable("MA031", f"it is not valid TOML: {error}") from None


# What stands in strings and comments is no key, whatever it looks like; one that does not end goes
# on to the end, so that each character is looked at once. What is left between the others are keys
# and numbers. Python takes quadratic time for a key of many parts: minutes for one of a megabyte.
_STRINGS = r"""(?sx)
      \"{3} (?: [^\\] | \\. )*? (?: \"{3} | \Z )
    | '{3} .*? (?: '{3} | \Z )
    | \" (?> (?: [^"\\\n] | \\[^\n] )* ) "?
    | ' [^'\n]*+ '?
    | \# [^\n]*+
"""
_KEYS = r"[=\n\[\]{},]"


def _plain(value: Any, depth: int = 0) -> Any:
    """Return a value of JSON or TOML as YAML would have it: what follows knows no other.

    Dates and times, and whole numbers longer than any metric, are texts; a text has no halves of
    characters; and nothing nests deeper than may be.
    """
    if isinstance(value, str):
        return _whole(value)
    if depth > text.MAX_DEPTH:
        raise Unreadable("MA008", f"it nests deeper than {text.MAX_DEPTH} levels")
    if isinstance(value, dict):
        return {_whole(key): _plain(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, depth + 1) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return scalars.bounded(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _whole(value: str) -> str:
    """Return a text with U+FFFD for each half of a character, which no file can hold."""
    return value if value.isascii() else _HALF.sub("\ufffd", value)


_HALF = re.compile("[\ud800-\udfff]")


def flat(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Iterate over values that are nested, each with its keys joined by dots."""
    for key, value in content.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
