"""Annotating: change an annotations file of the work tree, and commit it alone if wanted."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mreg import names
from mreg.annotations import changes, document, edit, entry, text
from mreg.annotations.changes import Wishes
from mreg.annotations.edit import CannotEdit, Change
from mreg.annotations.text import Unreadable
from mreg.errors import NotFound, Refused
from mreg.git import working
from mreg.queries import suggestion


class Edited(NamedTuple):
    """What was done to an annotations file.

    Attributes:
        artifact: the artifact.
        path: the file, from the repository's root.
        changed: whether the file holds anything else than before.
        commit: the id of the commit that has it; None if none was made.
    """

    artifact: str
    path: str
    changed: bool
    commit: str | None = None


class _File(NamedTuple):
    """An annotations file of the work tree.

    Attributes:
        path: where it is, from the repository's root.
        key: the artifact's name in it.
        content: its text, with its byte order mark and line ends.
        entries: what it holds.
    """

    path: str
    key: str
    content: str
    entries: dict[str, Any]


def annotate(
    repo: Path,
    artifact: str,
    wishes: Wishes,
    *,
    commit: str | None = None,
    anew: Sequence[str] = (),
) -> Edited:
    """Say something of an artifact in its annotations file.

    Args:
        repo: a folder in the repository.
        artifact: the artifact's name.
        wishes: what to say.
        commit: the message under which to commit the file; None leaves that to the user.
        anew: the fields of which nothing stays that is not wished.

    Raises:
        InvalidName: the name is malformed.
        UsageError: what to unset is no field.
        NotFound: what to unset is not there.
        Refused: the file cannot be read, or not be edited without touching other lines.
        GitError: it could not be committed.
    """
    top = working.root(repo)
    file = _file_of(top, names.artifact(artifact))
    wanted = changes.of(wishes, file.key, posixpath.dirname(file.path))
    present = file.entries.get(file.key) or {}
    for name, change in zip(wishes.get("unset", ()), wanted, strict=False):
        _must_be_there(present, artifact, name, change.path[1:])
    wanted = [*_gone(present, wanted, file.key, anew), *wanted]
    if file.key not in file.entries and not wanted:
        wanted = [Change((file.key,), {})]
    return _edit(top, artifact, file, wanted, commit)


def remove(repo: Path, artifact: str, *, commit: str | None = None) -> Edited:
    """Take an artifact's entry out of its annotations file.

    Raises:
        InvalidName: the name is malformed.
        NotFound: the artifact is not annotated there.
        Refused, GitError: as for `annotate`.
    """
    top = working.root(repo)
    file = _file_of(top, names.artifact(artifact))
    if file.key not in file.entries:
        raise NotFound(
            f"{file.path} does not annotate {artifact}",
            hint=suggestion(file.key, file.entries)
            or "what a dvc.yaml says is edited there; `mreg describe` tells where fields come from",
        )
    return _edit(top, artifact, file, [Change((file.key,), remove=True)], commit)


def _file_of(top: Path, artifact: str) -> _File:
    """Return the file in which an artifact is annotated, or should be.

    That of its folder; but where the one at the root holds its full name, that one.
    """
    folder = names.directory(artifact)
    file = _load(top, posixpath.join(folder, document.FILE), artifact.rpartition(":")[2])
    if folder and file.key not in file.entries:
        at_root = _load(top, document.FILE, artifact)
        if at_root.key in at_root.entries:
            return at_root
    return file


def _load(top: Path, path: str, key: str) -> _File:
    raw = working.read(top / path)
    try:
        return _File(path, key, raw.decode("utf-8", "replace"), document.load(raw))
    except Unreadable as error:
        line, _ = text.line_and_column(text.shown(raw), error.offset)
        raise Refused(
            f"{path}, line {line}: {error}", hint=f"mend it first; see `mreg validate {path}`"
        ) from None


def _gone(present: Any, wanted: Sequence[Change], key: str, anew: Sequence[str]) -> list[Change]:
    """Return the changes that take away what of some fields is not wished again.

    Of a mapping that is wished as one, the pairs that stay keep their lines; all else is removed,
    unless it is what is wished.
    """
    found = []
    for field in anew if isinstance(present, dict) else ():
        value = present.get(field)
        wished = [it for it in wanted if it.path[:2] == (key, field)]
        inner = {it.path[2] for it in wished if len(it.path) > 2}  # noqa: PLR2004 - key, field, name
        if value is None or [it.value for it in wished] in ([value], value):
            continue
        if isinstance(value, dict) and inner & set(value):
            found += [Change((key, field, it), remove=True) for it in value if it not in inner]
        else:
            found.append(Change((key, field), remove=True))
    return found


def _must_be_there(present: Any, artifact: str, name: str, path: Sequence[str]) -> None:
    value = present
    for key in path:
        if not isinstance(value, dict) or key not in value:
            hint = suggestion(path[0], present) if isinstance(present, dict) else ""
            raise NotFound(f"{artifact} has no {name} to unset", hint=hint)
        value = value[key]


def _edit(
    top: Path, artifact: str, file: _File, wanted: Sequence[Change], message: str | None
) -> Edited:
    folder = posixpath.dirname(file.path)
    try:
        content = edit.apply(file.content, wanted)
    except CannotEdit as error:
        raise Refused(f"{file.path}: {error}", hint="edit the file by hand") from None
    found = entry.read(document.load(content.encode()).get(file.key), folder)
    if found.complaints:
        raise Refused(f"{artifact}: {found.complaints[0]}")
    changed = content != file.content
    if changed:
        working.replace(top / file.path, content.encode())
    made = None if message is None else working.commit(top, file.path, message)
    return Edited(artifact, file.path, changed, made)
