"""Validating: find everything that is wrong with the annotations and settings of a work tree."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeAlias

from mreg.annotations import (
    checks,
    document,
    dvc,
    findings,
    metrics,
    outline,
    sources,
    templates,
    text,
)
from mreg.annotations.checks import Catalogue, CheckedEntry
from mreg.annotations.entries import Pieces
from mreg.annotations.findings import MOST, fault
from mreg.annotations.templates import Filled
from mreg.annotations.text import Unreadable
from mreg.core.diagnostics import Diagnostic
from mreg.errors import Refused, RepositoryError
from mreg.git import worktree
from mreg.git.repository import Repository
from mreg.policy.conveniences import FILE as SETTINGS
from mreg.policy.file import read as reading
from mreg.tuples import NamedTuple
from mreg.worktree.context import WorkTree

Progress: TypeAlias = Callable[[int, int], None]
"""Is told how many entries were checked, and how many there are."""


class _CheckedFile(NamedTuple):
    """A file to check.

    Attributes:
        name: as it was named.
        path: from the repository's root; of a file that is in none, just its last part.
        around: what is around it; None if it is in no repository.
        content: what it holds; None if that cannot be read.
        found: what was found in reading it.
    """

    name: str
    path: str
    around: WorkTree | None
    text: str = ""
    content: Mapping[str, Any] | None = None
    found: tuple[Diagnostic, ...] = ()

    @property
    def of_dvc(self) -> bool:
        """Whether it is a dvc.yaml."""
        return posixpath.basename(self.path) == outline.DVC_FILE

    @property
    def subjects(self) -> Iterator[CheckedEntry]:
        """The artifacts' entries, read one after the other."""
        unfilled = self.filled.unfilled if self.of_dvc else {}
        for key, value in self._section.items():
            it = checks.subject(self.path, key, value, of_dvc=self.of_dvc)
            yield _without(it, unfilled.get(key, ()))

    @property
    def artifacts(self) -> Iterator[str]:
        """The names of the artifacts."""
        folder = posixpath.dirname(self.path)
        return (sources.full_name(folder, key) for key in self._section)

    @property
    def size(self) -> int:
        """How many entries there are."""
        return len(self._section)

    @property
    def pieces(self) -> Pieces | None:
        """The entries that its text is made of; None if it is not cut into entries."""
        return self.content.pieces if isinstance(self.content, document.FileEntries) else None

    @property
    def _section(self) -> Mapping[str, Any]:
        if self.of_dvc:
            return dvc.read(self.filled.content).artifacts
        return self.content or {}

    @property
    def filled(self) -> Filled:
        """What a dvc.yaml holds, its templates filled in out of the files beside it."""
        content, folder = dict(self.content or {}), posixpath.dirname(self.path)
        if self.around is None or "${" not in self.text:
            return Filled(content, {})
        paths = {it: posixpath.join(folder, it) for it in templates.files(content)}
        return templates.fill(content, {it: _held(self.around, at) for it, at in paths.items()})


def validate(
    files: Sequence[str] = (),
    *,
    repo: Repository,
    types: frozenset[str] | None = None,
    progress: Progress | None = None,
) -> tuple[int, tuple[Diagnostic, ...]]:
    """Check annotation files and settings files.

    Without a repository, YAML, fields and names are checked; in one also what they name. That
    this was not checked is among the findings.

    Args:
        files: the files, from the current folder; without any, all of the work tree.
        repo: a folder in the repository, if there is one.
        types: the types that artifacts may have; None allows any.
        progress: is told how many of how many entries were checked.

    Returns:
        How many files were checked, and what was found: by file, line and column.

    Raises:
        Refused: no file is named, and the repository has no work tree.
        RepositoryError: there is a repository, but Git does not trust it, or cannot read it.
    """
    around = _around(repo, needed=not files)
    names = dict.fromkeys(files or _all_files(repo, around))
    read = [_read(name, around) for name in names if not _is_settings(name)]
    inside = [file for file in read if file.around is not None]
    found = _check(inside, _others(around, {file.path for file in inside}), types, progress)
    for file in read:
        if file.around is None:  # it has nothing to do with the others
            found += _check([file], [], types, progress)
    for name in filter(_is_settings, names):
        found += _check_settings(name)
    return len(names), tuple(findings.in_order(found))


def _check(
    files: Sequence[_CheckedFile],
    others: Iterable[_CheckedFile],
    types: frozenset[str] | None,
    progress: Progress | None,
) -> list[Diagnostic]:
    """Check files that belong together, and whose names must not collide with others', either."""
    others = list(others)
    annotated = frozenset(name for it in (*others, *files) for name in it.artifacts)
    catalogue = Catalogue()
    for it in (it for file in others for it in file.subjects):
        catalogue.add(it)
    faults = {file.path: [*_value_faults(file)] for file in files}
    done, total = 0, sum(file.size for file in files) if progress else 0
    for file in files:
        for it in file.subjects:
            collisions, own = catalogue.add(it), _faults(it, annotated, file.around, types)
            # One more than are told: that there are more is told as well.
            room = max(0, MOST + 1 - len(faults[file.path]))
            faults[file.path] += islice(_inside(chain(collisions, own), file.of_dvc), room)
            done += 1
            if progress:
                progress(done, total)
    return [
        finding
        for file in files
        for finding in (
            *file.found,
            *findings.of_faults(
                file.name, file.text, faults[file.path], aliases=file.of_dvc, pieces=file.pieces
            ),
        )
    ]


def _without(it: CheckedEntry, unfilled: Iterable[str]) -> CheckedEntry:
    """Return an entry without the fields that are still templates, which is found elsewhere."""
    return it._replace(
        fields={key: value for key, value in it.fields.items() if key not in unfilled}
    )


def _held(around: WorkTree, path: str) -> templates.Values:
    """Return what a file of values in the work tree holds."""
    raw = around.read(path)
    try:
        return None if raw is None else metrics.nested(raw, path)
    except Unreadable as error:
        return str(error)


_FILL = "fix the template, params.yaml next to the file, or vars in it"


def _is_settings(name: str) -> bool:
    return Path(name).name == SETTINGS


def _check_settings(name: str) -> Sequence[Diagnostic]:
    """Check a settings file, which stands by itself."""
    try:
        return reading.read(worktree.read_start(Path(name), text.MAX_BYTES + 1), name).findings
    except OSError as error:
        return [_unopened(name, error)]


def _unopened(name: str, error: OSError) -> Diagnostic:
    return findings.at_start(name, "MA000", f"cannot open it: {error.strerror}")


def _apart(name: str) -> Diagnostic:
    """Return that what a file names was not checked, since it is not in the repository at hand."""
    unchecked = "mreg did not check its files and artifacts"
    if top := Repository.at(Path(name).parent).marked():
        quoted = shlex.join(("mreg", "validate", "--repo", str(top), name))
        return findings.at_start(name, "MA063", f"it is in another repository: {unchecked}", quoted)
    return findings.at_start(name, "MA062", f"it is not in a Git repository: {unchecked}")


def _around(repo: Repository, *, needed: bool) -> WorkTree | None:
    """Return what is around files in a repository's work tree; None if there is none.

    Raises:
        RepositoryError: there is a repository, but Git does not trust it, or cannot read it.
    """
    try:
        return WorkTree(worktree.root(repo))
    except RepositoryError:
        if repo.variables or repo.marked():
            raise
        return None
    except Refused:
        if needed:
            raise
        return None


def _all_files(repo: Repository, around: WorkTree | None) -> list[str]:
    if around is None:
        here = (repo.path / name for name in (outline.FILE, outline.DVC_FILE, SETTINGS))
        return [_named(it) for it in here if it.exists()]
    own = [SETTINGS] if (around.top / SETTINGS).exists() else []
    return [_named(around.top / path) for path in (*own, *around.sources)]


def _named(file: Path) -> str:
    """Return the name of a file as seen from the current folder."""
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)


def _others(around: WorkTree | None, known: set[str]) -> list[_CheckedFile]:
    """Return the other annotation files of the work tree."""
    if around is None:
        return []
    paths = [path for path in around.sources if path not in known]
    return [_read(str(around.top / path), around) for path in paths]


def _read(name: str, around: WorkTree | None) -> _CheckedFile:
    """Read one file as far as it can be read."""
    inside = around.path_of(name) if around else None
    if inside is None:
        file = _CheckedFile(name, Path(name).name, None, found=(_apart(name),))
    else:
        file = _CheckedFile(name, inside, around)
    try:
        raw = worktree.read_start(Path(name), text.MAX_ANNOTATIONS + 1)
    except OSError as error:
        return file._replace(found=(_unopened(name, error),))
    # Of one that is too large, no more than its start is told.
    shown = text.shown(raw if len(raw) <= text.MAX_ANNOTATIONS else raw[: text.MAX_BYTES])
    try:
        reader = document.YamlReader(aliases=file.of_dvc)
        whole = partial(reader.load, limit=text.MAX_ANNOTATIONS)
        content, twins = reader.with_twins(raw, whole if file.of_dvc else reader.entries)
    except Unreadable as error:
        fault = findings.of_unreadable(name, shown, error)
        return file._replace(text=shown, found=(*file.found, fault))
    twice = findings.of_twins(name, shown, twins)
    found = (*file.found, *findings.of_bytes(name, raw), *twice)
    return file._replace(text=shown, content=content, found=found)


def _faults(
    it: CheckedEntry,
    annotated: frozenset[str],
    around: WorkTree | None,
    types: frozenset[str] | None,
) -> Iterator[Diagnostic]:
    """Check one entry by itself, and what it names."""
    from mreg.annotations import schema  # and with it pydantic

    yield from schema.check_entry(it.key, it.value, of_dvc=it.of_dvc)
    yield from checks.of_name(it)
    yield from checks.of_words(it, types)
    yield from checks.of_schema(it)
    if around is not None:
        yield from checks.of_tags(it, around)
        yield from checks.of_paths(it, around)
        yield from checks.of_inputs(it, annotated, around)
        yield from checks.of_example(it, around)


def _inside(faults: Iterable[Diagnostic], of_dvc: bool) -> Iterator[Diagnostic]:
    """Move locations to where entries stand in their file."""
    for it in faults:
        keys = ("artifacts", *it.location.keys) if of_dvc else it.location.keys
        yield it._replace(location=it.location._replace(keys=keys))


def _value_faults(file: _CheckedFile) -> Iterator[Diagnostic]:
    """Check the metric and param files that a dvc.yaml lists at its top."""
    if not file.of_dvc or file.content is None or file.around is None:
        return
    folder, filled = posixpath.dirname(file.path), file.filled
    for key, faults in filled.unfilled.items():
        for name, why in faults.items():
            yield fault("MA054", ("artifacts", key, name), f"{key}: {why}", _FILL)
    for field in ("metrics", "params"):
        section = filled.content.get(field)
        for at, item in enumerate(section if isinstance(section, list) else ()):
            for path in filter(metrics.is_read, dvc.paths([item], folder)):
                yield from checks.of_value_file(path, field, (field, at), file.around)
