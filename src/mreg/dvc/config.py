"""DVC's settings: the files `.dvc/config` and `.dvc/config.local`.

Source: https://dvc.org/doc/command-reference/config. Pure: text in, values out.
"""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

Sections: TypeAlias = dict[str, dict[str, str]]
"""The settings by section and key: "core", "cache", and 'remote "NAME"' for each remote."""

_SECTION = re.compile(r"""\[\s*(?P<quote>['"]?)(?P<name>.*?)(?P=quote)\s*\](?:\s*\#.*)?""", re.X)
_VALUE = re.compile(
    r"""(?P<key>[^=\s][^=]*?)\s*=\s*
        (?: (?P<quote>['"])(?P<quoted>.*?)(?P=quote) | (?P<plain>[^\#]*?) )\s*(?:\#.*)?""",
    re.VERBOSE,
)

_OF_REMOTE = "remote://"
_DEEPEST = 5

VERSIONED = ("version_aware", "worktree")
"""The options of a remote that keeps files by their paths, and versions as the cloud does."""


class DvcRemote(NamedTuple):
    """Where DVC keeps contents.

    Attributes:
        url: a URL, or a path that counts from the folder `.dvc`.
        said: its other settings, as pairs of a key and a value.
    """

    name: str
    url: str
    said: tuple[tuple[str, str], ...] = ()

    @property
    def options(self) -> dict[str, str]:
        """Its other settings."""
        return dict(self.said)

    @property
    def scheme(self) -> str:
        """How it is reached; empty for a folder."""
        scheme, found, _ = self.url.partition("://")
        return scheme.lower() if found else ""

    @property
    def is_versioned(self) -> bool:
        """Whether the cloud itself keeps its versions."""
        return any(self.options.get(it, "").lower() in ("true", "1", "yes") for it in VERSIONED)


def parse(raw: bytes) -> Sections:
    """Read a file of settings; a line that is none is passed over, as what DVC would refuse."""
    found: Sections = {}
    section: dict[str, str] = {}
    for line in raw.decode("utf-8", "replace").splitlines():
        text = line.strip()
        if opened := _SECTION.fullmatch(text):
            section = found.setdefault(_named(opened["name"]), {})
        elif "\0" not in text and not text.startswith("#") and (said := _VALUE.fullmatch(text)):
            value = said["plain"] if said["quote"] is None else said["quoted"]
            section[said["key"].lower()] = value
    return found


def merged(*files: Sections) -> Sections:
    """Return what several files say together: the last counts most."""
    found: Sections = {}
    for it in files:
        for section, values in it.items():
            found[section] = {**found.get(section, {}), **values}
    return found


def remote(settings: Sections, name: str | None) -> DvcRemote | None:
    """Return a remote: by its name, or the default one; None if there is none.

    One whose URL is `remote://OTHER/path` is in another.
    """
    chosen = (name or settings.get("core", {}).get("remote", "")).lower()
    said = settings.get(f'remote "{chosen}"', {})
    url = said.get("url", "")
    for _ in range(_DEEPEST):
        if not url.startswith(_OF_REMOTE):
            break
        other, _, path = url.removeprefix(_OF_REMOTE).partition("/")
        base = settings.get(f'remote "{other.lower()}"', {})
        url = f"{base.get('url', '').rstrip('/')}/{path}"
        said = {**base, **said}
    options = tuple((key, value) for key, value in said.items() if key != "url")
    return DvcRemote(chosen, url, options) if url else None


def written(settings: Sections) -> str:
    """Return settings as a file has them."""
    lines = []
    for section, values in settings.items():
        lines.append(f"['{section}']" if '"' in section else f"[{section}]")
        lines += [f"    {key} = {_quoted(value)}" for key, value in values.items()]
    return "".join(f"{it}\n" for it in lines)


def _named(section: str) -> str:
    return re.sub(r"\s+", " ", section.strip()).lower()


def _quoted(value: str) -> str:
    quote = "'" if '"' in value else '"'
    return f"{quote}{value}{quote}"
