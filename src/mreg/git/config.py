"""Git's settings, as Git itself reads them: with what they include, and whose counts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from mreg.git import process
from mreg.git.repository import Repository
from mreg.tuples import NamedTuple

_URL = r"(?s)remote\.(.+)\.url"

_NO = ("false", "no", "off", "0")


class Setting(NamedTuple):
    """A Git setting; of several for one key, the last counts.

    It stands in a scope: system, global, local, worktree or command; empty if that is unknown.
    """

    scope: str
    key: str
    value: str


def read(repo: Repository) -> list[Setting]:
    """Return all settings that hold in a repository, read once while its session is open."""
    with repo.session.here as opened:
        if repo.mirror or "settings" not in opened.kept:  # a mirror's are set by mreg itself
            output = process.run(repo, "config", "--list", "--null", "--show-scope")
            opened.kept["settings"] = parse(output, scopes=True)
        found: list[Setting] = opened.kept["settings"]
        return found


def value(repo: Repository, name: str, kind: Literal["", "bool", "path"] = "") -> str:
    """Return one setting, as Git writes a value of a kind; nothing if it is not set."""
    key = name.lower()
    said = next((it.value for it in reversed(read(repo)) if it.key == key), "")
    if not said:
        return ""
    if kind == "bool" and (is_true(said) or said.lower() in _NO):
        return "true" if is_true(said) else "false"
    if kind != "bool" and (not kind or said[:1] not in ("~", "%")):
        return said.rstrip("\n")
    output = process.run(repo, "config", f"--type={kind}", "--get", name, ok=(0, 1))
    return output.decode("utf-8", "surrogateescape").rstrip("\n")


def is_true(value: str) -> bool:
    """Tell whether a value means yes (`git help config`, "Values")."""
    return value.lower() in ("true", "yes", "on") or bool(
        re.fullmatch(r"[+-]?0*[1-9][0-9]*", value)
    )


def parse(output: bytes, *, scopes: bool = False) -> list[Setting]:
    """Read what `git config --null` lists: "KEY LF VALUE NUL" each, or a key alone, which is true.

    With `--show-scope`, "SCOPE NUL" stands before each.
    """
    fields = output.decode("utf-8", "surrogateescape").split("\0")[:-1]
    found = []
    for number, entry in enumerate(fields[1::2] if scopes else fields):
        scope = fields[2 * number] if scopes else ""
        key, has_value, said = entry.partition("\n")
        found.append(Setting(scope, key, said if has_value else "true"))
    return found


def remotes(keys: Iterable[str]) -> list[str]:
    """Return the names of the remotes that settings tell of."""
    return [found[1] for it in dict.fromkeys(keys) if (found := re.fullmatch(_URL, it))]
