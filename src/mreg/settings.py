"""The settings of a registry: `.mreg.yaml` at the top of the work tree.

Where it is not checked out (in a bare repository, in one that is named by its URL, in a sparse
checkout) it is that of HEAD's commit.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from mreg.errors import NotFound, Refused, RepositoryError
from mreg.git import commits, files, whole, working

FILE = ".mreg.yaml"

_LARGEST = 1 << 20


class Settings(NamedTuple):
    """What a registry's settings say.

    Attributes:
        push: whether what is recorded is published, where the command does not say.
        types: the types that artifacts may have; None allows any.
        complaint: why `types` is not followed; empty if nothing is wrong with it.
    """

    push: bool = False
    types: frozenset[str] | None = None
    complaint: str = ""


def read(repo: Path) -> Settings:
    """Read the settings of the repository at a path; those not there have their defaults.

    Raises:
        Refused: they cannot be read.
        RemoteError: the repository is read by URL, and cannot be asked.
    """
    top = working.top(repo)
    raw = _in_work_tree(top) if top else None
    if raw is None and (top is None or working.is_left_out(top, FILE)):
        raw = _at_head(repo)
    if raw is None:
        return Settings()
    try:
        return _parse(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _unreadable(str(error)) from None


def _in_work_tree(top: Path) -> bytes | None:
    try:
        return (top / FILE).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unreadable(str(error)) from None


def _at_head(repo: Path) -> bytes | None:
    whole.refresh(repo, ())
    try:
        head = commits.resolve(repo, "HEAD")
    except NotFound:
        return None
    with files.Files(repo) as contents:
        oid = contents.find([(head, FILE)])[head, FILE]
        return dict(contents.read([oid], limit=_LARGEST))[oid] if oid else None


def read_for_annotations(repo: Path) -> Settings:
    """Read what checking and editing annotations needs, for which no settings are fatal.

    Outside of a repository all have their defaults; those that cannot be read, too, and why is the
    complaint.
    """
    try:
        return read(repo)
    except RepositoryError:
        return Settings()
    except Refused as error:
        return Settings(complaint=str(error))


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
    return Settings(push, *_types((found or {}).get("types")))


def _types(value: Any) -> tuple[frozenset[str] | None, str]:
    """Return the types that are allowed, and what is wrong with how they are said."""
    if value is None:
        return None, ""
    if isinstance(value, list) and value and all(isinstance(it, str) for it in value):
        return frozenset(value), ""
    return None, f"`types` in {FILE} is not a list of texts, as in `types: [model, dataset]`"


def _unreadable(why: str) -> Refused:
    return Refused(f"{FILE} cannot be read: {why}", hint=f"mend {FILE}, or say --push or --no-push")
