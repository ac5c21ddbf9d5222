"""The annotations' file, artifacts.yaml: its bytes, and what they say."""

from __future__ import annotations

from typing import Any, NamedTuple

FILE = "artifacts.yaml"


class Annotation(NamedTuple):
    """An artifact's entry in artifacts.yaml.

    Attributes:
        type: model, dataset or whatever the team calls it.
        path: where it is.
        description: what it is, in words.
    """

    type: str | None = None
    path: str | None = None
    description: str | None = None


class Unreadable(ValueError):
    """A file is no mapping of artifacts."""


def read(raw: bytes) -> dict[str, Annotation]:
    """Read the bytes of an artifacts.yaml.

    Raises:
        Unreadable: they are no YAML, or not a mapping of names to mappings.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        content = YAML(typ="safe", pure=True).load(raw)
    except (YAMLError, ValueError, RecursionError) as error:
        first = str(error).strip().splitlines()
        raise Unreadable(first[0] if first else "it is no YAML") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise Unreadable("it is not a mapping of artifact names")
    return {str(name): _entry(value) for name, value in content.items()}


def _entry(value: Any) -> Annotation:
    fields = value if isinstance(value, dict) else {}
    return Annotation(
        *(str(fields[key]) if fields.get(key) else None for key in Annotation._fields)
    )
