"""The settings of a registry: `.mreg.yaml` at the top of the work tree."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from mreg.errors import Refused
from mreg.git import commits

FILE = ".mreg.yaml"


class Settings(NamedTuple):
    """What a registry's settings say.

    Attributes:
        push: whether what is recorded is published, where the command does not say.
    """

    push: bool = False


def read(repo: Path) -> Settings:
    """Read the settings of the repository at a path; those not there have their defaults.

    Raises:
        Refused: they cannot be read.
    """
    try:
        text = (commits.root(repo) / FILE).read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(str(error)) from None
    return _parse(text)


def _parse(text: str) -> Settings:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        found = YAML(typ="safe").load(text)
    except (YAMLError, ValueError) as error:
        raise _unreadable(str(error)) from None
    push = found.get("push", False) if isinstance(found, dict) else found is not None
    if not isinstance(push, bool) or not isinstance(found, dict | None):
        raise _unreadable("`push` is true or false, as in `push: true`")
    return Settings(push)


def _unreadable(why: str) -> Refused:
    return Refused(f"{FILE} cannot be read: {why}", hint=f"mend {FILE}, or say --push or --no-push")
