"""Annotating: change an annotations file of the work tree, and commit it alone if wanted."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from mreg.annotations import changes, checks, document, dvc, edit, entry, outline, text
from mreg.annotations.changes import Wishes
from mreg.annotations.document import FileEntries, YamlReader
from mreg.annotations.edit import CannotEdit, Edit
from mreg.annotations.text import Unreadable
from mreg.core import names
from mreg.core.diagnostics import Diagnostic
from mreg.core.queries import suggestion
from mreg.errors import NotFound, Refused, UsageError
from mreg.git import worktree
from mreg.git.readings import Readings
from mreg.git.repository import Repository
from mreg.system import locks
from mreg.worktree import settings
from mreg.worktree.context import WorkTree

_PATIENCE = 30.0

# What is wrong today and may be right by the time of the commit: something is not there yet.
_MAY_COME = frozenset(("MA030", "MA031", "MA032", "MA050", "MA066"))


class Edited(NamedTuple):
    """The result of editing an annotation file.

    Attributes:
        path: the file, from the repository's root.
        changed: whether the content of the file changed.
        commit: the id of the commit with the change; None if there is none.
        notes: notes for the user, such as a named file that does not exist yet.
        diff: the changed lines as a unified diff; only after a dry run.
    """

    artifact: str
    path: str
    changed: bool
    commit: str | None = None
    notes: tuple[str, ...] = ()
    diff: str = ""


class _AnnotationsFile(NamedTuple):
    """An annotations file of the work tree, and an artifact's name in it.

    Attributes:
        content: its text, with its byte order mark and line ends.
        entries: what it holds.
        reader: what read it.
        before: what it says of the artifact, if anything.
    """

    path: str
    key: str
    content: str
    entries: Mapping[str, Any]
    reader: YamlReader
    before: Any

    @property
    def folder(self) -> str:
        return posixpath.dirname(self.path)


def annotate(
    repo: Repository,
    artifact: str,
    wishes: Wishes,
    *,
    commit: str | None = None,
    anew: Sequence[str] = (),
    by_schema: bool = True,
    dry_run: bool = False,
    beside: Sequence[str] = (),
) -> Edited:
    """Say something of an artifact in its annotations file.

    Args:
        repo: the repository.
        artifact: the artifact's name.
        wishes: what to say.
        commit: the message under which to commit the file; None leaves that to the user.
        anew: the fields of which nothing stays that is not wished.
        by_schema: whether to hold the entry to the schema too, for which pydantic is loaded.
        dry_run: decide everything, and leave the file as it is.
        beside: files that were written for it, which belong to the commit.

    Raises:
        InvalidName: the name is malformed.
        UsageError: what to unset is no field.
        NotFound: what to unset is not there.
        Refused: the file cannot be read, or not be edited without touching other lines; or
            `mreg validate` would reject what is wished.
        GitError: it could not be committed.
    """
    repo, artifact = worktree.root(repo), names.artifact(artifact)
    with _alone(repo):
        file = _file_of(repo, artifact)
        wanted = changes.of(wishes, file.key, file.folder)
        present = file.before if isinstance(file.before, dict) else {}
        wanted = [_under_old_name(it, present) for it in wanted]
        for name, change in zip(wishes.get("unset", ()), wanted, strict=False):
            _must_be_there(present, artifact, name, change.path[1:])
        outdated = _outdated(present, wanted, file.key)
        wanted = [*_gone(present, wanted, file.key, anew), *outdated, *wanted]
        if file.key not in file.entries and not wanted:
            wanted = [Edit((file.key,), {})]
        return _edit(repo, artifact, file, wanted, commit, by_schema, beside, dry_run=dry_run)


def annotate_by_example(
    repo: Repository,
    artifact: str,
    wishes: Wishes,
    example: Path,
    *,
    commit: str | None = None,
    dry_run: bool = False,
) -> Edited:
    """Say what goes into a model by a file of data, of which the first rows are kept beside it.

    Parts of the schema that are wished count before what the data shows; the rest as of `annotate`.

    Raises:
        Refused: no example can be made of the file; else as of `annotate`.
    """
    from mreg.worktree import capture

    repo, artifact = worktree.root(repo), names.artifact(artifact)
    captured = capture.of_file(example)
    before = entry.read((file := _file_of(repo, artifact)).before, file.folder).fields
    path = capture.example_path(repo, artifact, wishes.get("path") or before.get("path"))
    schema = {**captured.schema, **wishes.get("schema", {}), "example": path}
    said = Wishes(**{**wishes, "schema": schema})
    with capture.placed(repo.path / path, b"" if dry_run else captured.example or b""):
        made = annotate(repo, artifact, said, commit=commit, dry_run=dry_run, beside=[path])
    return made._replace(notes=(*made.notes, *captured.told(path)))


def commit_message(message: str, default: str, *, commit: bool) -> str | None:
    """Return the message of the commit of an annotations file; None if none is wanted.

    Raises:
        UsageError: there is a message, and no commit to make.
    """
    if message and not commit:
        hint = "pass --commit, or omit the message"
        raise UsageError("a message requires a commit", hint=hint)
    return (message or default) if commit else None


def remove(repo: Repository, artifact: str, *, commit: str | None = None) -> Edited:
    """Take an artifact's entry out of its annotations file.

    Raises:
        InvalidName: the name is malformed.
        NotFound: the artifact is not annotated there.
        Refused, GitError: as for `annotate`.
    """
    repo, artifact = worktree.root(repo), names.artifact(artifact)
    with _alone(repo):
        file = _file_of(repo, artifact)
        if file.key not in file.entries:
            hint = suggestion(file.key, file.entries) or _ELSEWHERE
            raise NotFound(f"{file.path} does not annotate {artifact}", hint=hint)
        return _edit(repo, artifact, file, [Edit((file.key,), remove=True)], commit)


_ELSEWHERE = "edit fields of a dvc.yaml in that file; `mreg show NAME@latest` names the files"


@contextmanager
def _alone(repo: Repository) -> Iterator[None]:
    """Keep other edits away from reading to writing, so that none of them is lost."""
    folder = repo.common_dir()
    assert folder is not None  # there is a work tree
    try:
        with locks.held(folder / "mreg-annotations.lock", seconds=_PATIENCE):
            yield
    except locks.Taken:
        message = "another process is editing the annotations"
        raise Refused(message, hint="wait until it has finished, then try again") from None


def _file_of(repo: Repository, artifact: str) -> _AnnotationsFile:
    """Return the file in which an artifact is annotated, or should be.

    That of its folder; but where the one at the root holds its full name, that one.
    """
    folder = names.directory(artifact)
    file = _load(repo, posixpath.join(folder, outline.FILE), artifact.rpartition(":")[2])
    if folder and file.key not in file.entries:
        at_root = _load(repo, outline.FILE, artifact)
        if at_root.key in at_root.entries:
            return at_root
    return file


def _load(repo: Repository, path: str, key: str) -> _AnnotationsFile:
    raw, reader = worktree.read(repo.path / path), YamlReader(readings=Readings(repo))
    try:
        said = reader.entries(raw)
        content = raw.decode("utf-8", "replace")
        return _AnnotationsFile(path, key, content, said, reader, said.get(key))
    except Unreadable as error:
        line, _ = text.line_and_column(text.shown(raw), error.offset)
        hint = f"fix it first; see `mreg validate {path}`"
        raise Refused(f"{path}, line {line}: {error}", hint=hint) from None


def _gone(
    present: dict[str, Any], wanted: Sequence[Edit], key: str, anew: Sequence[str]
) -> list[Edit]:
    """Return the changes that take away what of some fields is not wished again.

    Of a mapping that is wished as one, the pairs that stay keep their lines; all else is removed,
    unless it is what is wished.
    """
    found = []
    for field in anew:
        value = present.get(field)
        wished = [it for it in wanted if it.path[:2] == (key, field)]
        inner = {it.path[2] for it in wished if len(it.path) > 2}  # noqa: PLR2004 - key, field, name
        if value is None or [it.value for it in wished] in ([value], value):
            continue
        if isinstance(value, dict) and inner & set(value):
            found += [Edit((key, field, it), remove=True) for it in value if it not in inner]
        else:
            found.append(Edit((key, field), remove=True))
    return found


def _outdated(present: dict[str, Any], wanted: Sequence[Edit], key: str) -> list[Edit]:
    """Return the change that takes away the digest of what was at another path."""
    moved = any(it.path == (key, "path") and it.value != present.get("path") for it in wanted)
    return [Edit((key, "sha256"), remove=True)] if moved and "sha256" in present else []


def _must_be_there(present: dict[str, Any], artifact: str, name: str, path: Sequence[str]) -> None:
    value: Any = present
    for key in path:
        if not isinstance(value, dict) or key not in value:
            hint = suggestion(path[0], present)
            raise NotFound(f"{artifact} has no {name} to unset", hint=hint)
        value = value[key]


def _edit(
    repo: Repository,
    artifact: str,
    file: _AnnotationsFile,
    wanted: Sequence[Edit],
    message: str | None,
    by_schema: bool = True,
    beside: Sequence[str] = (),
    *,
    dry_run: bool = False,
) -> Edited:
    try:
        pieces = file.entries.pieces if isinstance(file.entries, FileEntries) else None
        content = edit.apply(file.content, wanted, pieces)
    except (CannotEdit, Unreadable) as error:  # a large file whose lines end in two ways, say
        raise Refused(f"{file.path}: {error}", hint="edit the file by hand") from None
    after = file.reader.entries(content.encode())
    told = _notes(repo, file, after[file.key], by_schema) if file.key in after else ()
    notes = tuple(told)  # may refuse the edit, before anything is written
    changed = content != file.content
    if dry_run:
        diff = _diff(file.path, file.content, content)
        return Edited(artifact, file.path, changed, notes=notes, diff=diff)
    if changed:
        worktree.replace(repo.path / file.path, content.encode())
    made = None if message is None else worktree.commit(repo, (file.path, *beside), message)
    return Edited(artifact, file.path, changed, made, notes)


def commit(repo: Repository, made: Edited, message: str, beside: Sequence[str]) -> Edited:
    """Commit an edited annotation file together with other files, and nothing else.

    The repository is given by the top of its work tree, the files from there.

    Raises:
        Refused: Git knows no name or e-mail address.
        GitError: it could not be committed.
    """
    with _alone(repo):
        return made._replace(commit=worktree.commit(repo, (made.path, *beside), message))


def _diff(path: str, before: str, after: str) -> str:
    from difflib import unified_diff

    lines = before.splitlines(), after.splitlines()
    return "\n".join(unified_diff(*lines, path, path, n=2, lineterm=""))


def _under_old_name(change: Edit, present: dict[str, Any]) -> Edit:
    """Return a change of the description as one of `desc`, where the entry has only that."""
    key, *steps = change.path
    old = "desc" in present and "description" not in present
    return change._replace(path=(key, "desc")) if old and steps == ["description"] else change


def _notes(repo: Repository, file: _AnnotationsFile, value: Any, by_schema: bool) -> Iterator[str]:
    """Iterate over what the reader should know of an edited entry.

    Raises:
        Refused: `mreg validate` would reject it for what it was not rejected for before.
    """
    allowed = settings.read_for_annotations(repo)
    if allowed.complaint:
        yield f"{allowed.complaint}; any type is allowed"
    faults = partial(_faults, file, WorkTree(repo), allowed.types, by_schema)
    before = set(faults(file.before))
    for it in faults(value):
        if it in before or it.severity != "error":
            continue
        if it.code not in _MAY_COME:
            raise Refused(f"{it.message} ({it.code})", hint=it.hint)
        yield it.message + (f"; {it.hint}" if it.hint else "")
    if not (repo.path / file.folder).exists():
        yield f"created the folder {file.folder}"
    if _lost_digest(file.before, value):
        yield "removed its sha256, which belonged to another path; pass --sha256 to set the new one"
    yield from _other_versions(file, value)
    yield from _hidden(repo, file, value)


def _other_versions(file: _AnnotationsFile, after: Any) -> Iterator[str]:
    """Iterate over the inputs of which the edit adds another version, which may be outdated."""
    had, has = (entry.read(it, file.folder).fields.get("inputs", ()) for it in (file.before, after))
    added = {_named(it) for it in has if it not in had}
    for it in had:
        if it.artifact and it in has and _named(it) in added:
            yield (
                f"{it.artifact} is still an input, too; to replace all inputs, pass"
                " --unset inputs together with --input"
            )


def _named(it: entry.Input) -> tuple[str, str | None]:
    """Return the artifact that an input is a version of, and the repository that has it."""
    return re.split("[@#]", it.artifact or "", maxsplit=1)[0], it.repo


def _lost_digest(before: Any, after: Any) -> bool:
    """Tell whether an entry has another path now, and a digest no longer."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return False
    moved = "path" in after and after["path"] != before.get("path")
    return moved and "sha256" in before.keys() - after.keys()


def _faults(
    file: _AnnotationsFile,
    around: WorkTree,
    types: frozenset[str] | None,
    by_schema: bool,
    value: Any,
) -> Iterable[Diagnostic]:
    """Iterate over what `mreg validate` finds in an entry by itself, and in what it names."""
    it = checks.subject(file.path, file.key, value)
    if by_schema:
        from mreg.annotations import schema  # and with it pydantic

        yield from schema.check_entry(it.key, it.value)
    yield from checks.of_words(it, types)
    yield from checks.of_schema(it)
    yield from checks.of_paths(it, around)
    yield from checks.of_example(it, around)


def _hidden(repo: Repository, file: _AnnotationsFile, value: Any) -> Iterator[str]:
    """Iterate over the collections of a dvc.yaml that the edit puts others in the place of."""
    path = posixpath.join(file.folder, outline.DVC_FILE)
    raw = worktree.read(repo.path / path)
    if not dvc.has_artifacts(raw):
        return
    try:
        pipeline = dvc.read(document.load(raw))
    except Unreadable:  # which `mreg validate` tells of; nothing of it counts as it is
        return
    if file.key not in pipeline.artifacts:
        return
    own, before, after = (
        entry.read(it, file.folder).fields
        for it in (pipeline.artifacts[file.key], file.before, value)
    )
    theirs = _values_of(pipeline, file.key, repo.path / file.folder) | own
    for field in after:
        lost = theirs.get(field)
        if field not in before and lost and isinstance(lost, (tuple, dict)):
            what = ", ".join(map(str, lost))
            yield f"the {field} in {path} ({what}) no longer count: {file.path} now has {field}"


def _values_of(pipeline: dvc.DvcYaml, key: str, folder: Path) -> dict[str, tuple[str, ...]]:
    """Return the files of an artifact's metrics and params, as a dvc.yaml has them."""
    places = {
        name: posixpath.normpath(str(it["path"]))
        for name, it in pipeline.artifacts.items()
        if isinstance(it, dict) and "path" in it
    }
    listed = dvc.belonging(pipeline, places.get(key), places.values())
    return {
        field: tuple(it.path for it in files if it.needed or (folder / it.path).exists())
        for field, files in listed.items()
    }
