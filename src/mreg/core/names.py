"""The names of artifacts and stages, and what Git allows in a ref.

A name stands in three places: in a tag (`models=churn@v1.0.0`), where "=" separates a directory
from the artifact's name; on the screen and in what people type, where that separator is ":"; and
in this code, where an artifact's name always has the ":" form.
"""

from __future__ import annotations

import re

from mreg.core import refnames
from mreg.errors import InvalidName

_PLAIN = r"[A-Za-z0-9] (?: [A-Za-z0-9_/-]* [A-Za-z0-9] )?"
_DIRECTORY = r"[A-Za-z0-9_.] [A-Za-z0-9_./-]*"

STAGE = _PLAIN
"""A stage, as a piece of a verbose pattern."""

ARTIFACT_IN_TAG = rf"(?: {_DIRECTORY} = )? {_PLAIN}"
"""An artifact as it stands in a tag name, as a piece of a verbose pattern."""

_STAGE = re.compile(STAGE, re.VERBOSE)
_ARTIFACT = re.compile(ARTIFACT_IN_TAG, re.VERBOSE)

_FILES = ("dvc.yaml", "artifacts.yaml")
"""The files of a folder that say which artifacts it has."""

_VERSION = re.compile(r"v?[0-9]+\.[0-9]+\.[0-9]")

_REPOSITORY = re.compile(r"\.{0,2}/|~|[a-z+]+://|.*\.git/?$")
"""A path or a URL, where a name was wanted."""

_NAME_RULE = "letters, digits, '_', '-' and '/'; the first and last a letter or a digit"


def artifact(text: str) -> str:
    """Return `text`, an artifact's name as people type it, if it is one.

    What users of DVC type, `folder/dvc.yaml:name`, is `folder:name`, as it is in DVC's own tags.

    Raises:
        InvalidName: it is none, or Git could not hold a tag of that name.
    """
    if "=" in text or not _ARTIFACT.fullmatch(text.replace(":", "=", 1)):
        hint = f"a name consists of {_NAME_RULE}; write a folder in front of it as folder:name"
        first, *behind = re.split("[@#]", text, maxsplit=1)
        if behind and _ARTIFACT.fullmatch(first.replace(":", "=", 1)):
            hint = f"write only the name, {first}"
        elif _REPOSITORY.match(text):
            hint = f"to name a repository, use --repo (repo= in Python); {hint}"
        elif _VERSION.match(text):
            hint = f"to name a version, write NAME@{text}; {hint}"
        raise InvalidName(f"{text!r} is not an artifact name", hint=hint)
    folder, colon, name = text.rpartition(":")
    above, _, last = folder.rpartition("/")
    if last in _FILES:
        text = f"{above}{colon * bool(above)}{name}"
    _must_be_ref(f"refs/tags/{in_tag(text)}@v0.0.1", what=f"the artifact name {text!r}")
    return text


def stage(text: str) -> str:
    """Return `text` if it is a stage's name.

    Raises:
        InvalidName: it is none, or Git could not hold a tag of that name.
    """
    if not _STAGE.fullmatch(text):
        raise InvalidName(f"{text!r} is not a stage name", hint=f"a name consists of {_NAME_RULE}")
    _must_be_ref(f"refs/tags/a#{text}", what=f"the stage name {text!r}")
    return text


def in_tag(artifact: str) -> str:
    """Return an artifact's name in the form that tag names hold."""
    return artifact.replace(":", "=", 1)


def from_tag(text: str) -> str:
    """Return the artifact's name that stands in a tag as `text`."""
    return text.replace("=", ":", 1) if "=" in text else text


def matches(artifact: str, pattern: str) -> bool:
    """Tell whether an artifact's name matches a pattern, "teams/*", or is in a folder, "teams/"."""
    if pattern.endswith(("/", ":")):
        folder = pattern.rstrip("/:")
        return artifact.startswith((f"{folder}/", f"{folder}:"))
    from fnmatch import fnmatchcase

    return fnmatchcase(artifact, pattern)


def directory(artifact: str) -> str:
    """Return the directory part of an artifact's name; empty for the repository's root."""
    return artifact.rpartition(":")[0]


def fold(name: str) -> str:
    """Return the form in which names that differ only in case are the same."""
    return name.casefold()


def _must_be_ref(ref: str, *, what: str) -> None:
    if fault := refnames.fault(ref):
        raise InvalidName(f"Git cannot hold {what}: {fault}")
