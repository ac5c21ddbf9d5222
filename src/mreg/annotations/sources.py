"""Where annotations stand, and how the files that hold them become one annotation.

An artifact `name` is annotated in artifacts.yaml or dvc.yaml at the root, `folder:name` in those of
the folder. Where several name it, artifacts.yaml wins over dvc.yaml, field by field.

Nothing here runs Git: whoever can read files in commits hands in a `Files`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from mreg import names
from mreg.annotations import document, dvc, entry, metrics, text
from mreg.annotations import values as of_files
from mreg.annotations.entry import Annotation, Entry, FileList
from mreg.annotations.text import Unreadable
from mreg.problems import Problem, problem

Values = dict[str, Any] | str | None
"""What a metric or param file holds; a text says why it cannot be read, None that it is absent."""


class Files(Protocol):
    """What can read files in commits, such as `mreg.git.files.Files`."""

    def find(self, wanted: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], str | None]:
        """Return the id of the content at each commit and path; None where there is none."""

    def read(self, oids: Iterable[str], *, limit: int) -> Iterator[tuple[str, bytes | None]]:
        """Iterate over ids and the bytes that they stand for; None where they cannot be read."""


class Wanted(NamedTuple):
    """An artifact whose annotation is wanted.

    Attributes:
        artifact: its name.
        commit: the commit at which it is wanted.
        subject: what problems are said to be about: a tag, or a file.
    """

    artifact: str
    commit: str
    subject: str


class Overview(NamedTuple):
    """Every annotation at one commit.

    Attributes:
        annotations: by the artifact's name, without metrics and params that stand in other files.
        problems: the files, and the fields, that cannot be read.
    """

    annotations: dict[str, Annotation]
    problems: tuple[Problem, ...]


class _Source(NamedTuple):
    """A file that may annotate an artifact.

    Attributes:
        path: the file.
        key: the name under which the artifact stands in it.
    """

    path: str
    key: str

    @property
    def folder(self) -> str:
        return posixpath.dirname(self.path)

    @property
    def of_dvc(self) -> bool:
        return posixpath.basename(self.path) == document.DVC_FILE


class _Content(NamedTuple):
    """What a file that annotates holds.

    Attributes:
        entries: the artifacts' entries.
        files: metric and param files of all its artifacts, by field, as seen from its folder.
        fault: why it cannot be read; empty if it can.
    """

    entries: dict[str, Any]
    files: dict[str, FileList]
    fault: str = ""


class _Found(NamedTuple):
    """What one file says of an artifact.

    Attributes:
        source: the file.
        entry: the artifact's entry; an empty one if the file cannot be read.
        fault: why the file cannot be read; empty if it can.
    """

    source: _Source
    entry: Entry
    fault: str = ""


def read(wanted: Sequence[Wanted], files: Files) -> list[Annotation | Problem | None]:
    """Read artifacts' annotations at commits; each distinct content is read and parsed once.

    Returns:
        For each one wanted, its annotation; None where there is none; a problem where there may be
        one, but the file cannot be read.
    """
    reading = _Reading(files)
    found = reading.entries((it.artifact, it.commit) for it in wanted)
    values = reading.values(
        (it.commit, path)
        for it in wanted
        for field, source, value in _fields(found[it.artifact, it.commit])
        for path, _ in _value_files(field, source, value)
    )
    return [_annotation(it, found[it.artifact, it.commit], values) for it in wanted]


def overview(tree: Iterable[tuple[str, str]], files: Files) -> Overview:
    """Read every annotation of one commit.

    Args:
        tree: the commit's files: pairs of a path and a content's id.
        files: what reads contents.
    """
    # artifacts.yaml before dvc.yaml: where both name an artifact, the first found wins.
    listed = dict(sorted(filter(_listed, tree), key=lambda it: (it[0].endswith("dvc.yaml"), it)))
    contents = _Reading(files).contents(
        (oid, _Source(path, "").of_dvc) for path, oid in listed.items()
    )
    problems: list[Problem] = []
    found: dict[str, list[_Found]] = {}
    for path, oid in listed.items():
        content = contents[oid, _Source(path, "").of_dvc]
        if content.fault:
            problems.append(problem("MR019", path, content.fault))
        for key in content.entries:
            it = _found(_Source(path, key), content)
            found.setdefault(full_name(it.source.folder, key), []).append(it)
            problems += (problem("MR019", path, f"{key}: {why}") for why in it.entry.complaints)
    return Overview({name: _outline(entries) for name, entries in found.items()}, tuple(problems))


def is_source(path: str) -> bool:
    """Tell whether a path is that of a file that annotates."""
    return posixpath.basename(path) in (document.FILE, document.DVC_FILE)


def full_name(folder: str, key: str) -> str:
    """Return the name of the artifact that stands as `key` in a file in a folder."""
    return f"{folder}:{key}" if folder else key


def _listed(file: tuple[str, str]) -> bool:
    return is_source(file[0])


def _sources(artifact: str) -> list[_Source]:
    """Return the files that may annotate an artifact, the winning one first."""
    folder = names.directory(artifact)
    key = artifact.rpartition(":")[2]
    own = [_Source(posixpath.join(folder, document.FILE), key)]
    if folder:  # GTO keeps all of them at the root
        own.append(_Source(document.FILE, artifact))
    return [*own, _Source(posixpath.join(folder, document.DVC_FILE), key)]


class _Reading:
    """One pass over files: what is read and parsed once stays known until it ends."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._reader = document.Reader()
        # DVC, and whoever writes metric files, may use aliases.
        self._lenient = document.Reader(aliases=True)

    def entries(self, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[_Found]]:
        """Return what the files say of artifacts at commits, the winning file first."""
        pairs = list(dict.fromkeys(wanted))
        sources = {artifact: _sources(artifact) for artifact, _ in pairs}
        oids = self._files.find(
            (commit, source.path) for artifact, commit in pairs for source in sources[artifact]
        )
        asked: dict[str, set[_Source]] = {}
        for artifact, commit in pairs:
            for source in sources[artifact]:
                if oid := oids[commit, source.path]:
                    asked.setdefault(oid, set()).add(source)
        known = {
            (oid, source): _found(source, self._content(raw, of_dvc=source.of_dvc))
            for oid, raw in self._files.read(asked, limit=text.MAX_BYTES)
            for source in asked[oid]
        }
        return {
            (artifact, commit): [
                found
                for source in sources[artifact]
                if (found := known.get((oids[commit, source.path] or "", source)))
                and (found.fault or found.entry is not ABSENT)
            ]
            for artifact, commit in pairs
        }

    def contents(self, listed: Iterable[tuple[str, bool]]) -> dict[tuple[str, bool], _Content]:
        """Return what files hold: by content id, and whether it is that of a dvc.yaml."""
        kinds: dict[str, set[bool]] = {}
        for oid, of_dvc in listed:
            kinds.setdefault(oid, set()).add(of_dvc)
        return {
            (oid, of_dvc): self._content(raw, of_dvc=of_dvc)
            for oid, raw in self._files.read(kinds, limit=text.MAX_BYTES)
            for of_dvc in kinds[oid]
        }

    def values(self, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Values]:
        """Return what metric and param files hold, by commit and path."""
        oids = self._files.find(wanted)
        asked: dict[str, set[str]] = {}
        for (_, path), oid in oids.items():
            if oid:
                asked.setdefault(oid, set()).add(_suffix(path))
        known: dict[tuple[str, str], Values] = {
            (oid, suffix): self._values(raw, suffix)
            for oid, raw in self._files.read(asked, limit=text.MAX_BYTES)
            for suffix in asked[oid]
        }
        return {
            (commit, path): known.get((oid or "", _suffix(path)))
            for (commit, path), oid in oids.items()
        }

    def _content(self, raw: bytes | None, *, of_dvc: bool) -> _Content:
        if raw is None:
            return _Content({}, {}, _DAMAGED)
        if of_dvc and not dvc.has_artifacts(raw):
            return _Content({}, {})
        try:
            content = (self._lenient if of_dvc else self._reader).load(raw)
        except Unreadable as error:
            line, _ = text.line_and_column(text.shown(raw), error.offset)
            return _Content({}, {}, f"it cannot be read: line {line}: {error}")
        if not of_dvc:
            return _Content(content, {})
        pipeline = dvc.read(content)
        files = {"metrics": pipeline.metrics, "params": pipeline.params}
        return _Content(pipeline.artifacts, files)

    def _values(self, raw: bytes | None, suffix: str) -> Values:
        if raw is None:
            return _DAMAGED
        try:
            return metrics.load(raw, f"_{suffix}", self._lenient)
        except Unreadable as error:
            return str(error)


ABSENT = Entry({})
_DAMAGED = "it cannot be read: Git has no such object, or cannot read it"


def _suffix(path: str) -> str:
    return posixpath.splitext(path)[1]


def _found(source: _Source, content: _Content) -> _Found:
    """Return what a file's content says of the artifact that is wanted of it."""
    if source.key not in content.entries:
        return _Found(source, ABSENT, content.fault)
    found = entry.read(content.entries[source.key], source.folder)
    files = {
        field: FileList(entry.from_root(path, source.folder) for path in paths)
        for field, paths in content.files.items()
    }
    return _Found(source, found._replace(fields={**files, **found.fields}))


def _fields(found: Iterable[_Found]) -> Iterator[tuple[str, _Source, Any]]:
    """Iterate over an artifact's fields, each from the first file that has it."""
    seen: set[str] = set()
    for source, read_entry, _ in found:
        for field, value in read_entry.fields.items():
            if field not in seen:
                seen.add(field)
                yield field, source, value


def _value_files(field: str, source: _Source, value: Any) -> list[tuple[str, bool]]:
    """Return the files that a field's values stand in, and whether each has to be there."""
    if not isinstance(value, FileList):
        return []
    files = [(path, True) for path in value]
    if source.of_dvc:
        live = entry.from_root(dvc.DVCLIVE[field], source.folder)
        if live not in value:
            files.append((live, False))
    return files


def _unread(found: Sequence[_Found]) -> dict[str, str]:
    """Return why fields cannot be read, though a file that counts for them names them, or may."""
    settled: set[str] = set()
    unread: dict[str, str] = {}
    for source, read_entry, fault in found:
        why = dict.fromkeys(entry.FIELDS, fault) if fault else read_entry.unread
        for field in why.keys() - settled:
            unread[field] = f"{source.path}: {why[field]}"
        settled |= why.keys() | read_entry.fields.keys()
    return {field: unread[field] for field in entry.FIELDS if field in unread}


def _outline(found: Sequence[_Found]) -> Annotation:
    """Put together what files say, without what they say in other files."""
    fields = [it for it in _fields(found) if not isinstance(it[2], FileList)]
    return Annotation(
        **{field: value for field, _, value in fields},
        sources=_in_order({field: (source.path,) for field, source, _ in fields}),
        unread=_unread(found),
    )


def _annotation(
    wanted: Wanted, found: Sequence[_Found], values: Mapping[tuple[str, str], Values]
) -> Annotation | Problem | None:
    """Put together what files say of an artifact at one commit."""
    problems = [
        problem("MR020", wanted.subject, f"{it.source.path} in its commit: {why}")
        for it in found
        for why in (it.fault, *(f"{it.source.key}: {why}" for why in it.entry.complaints))
        if why
    ]
    if all(it.fault for it in found):
        return problems[0] if problems else None
    outline = _outline(found)
    fields: dict[str, Any] = {}
    sources = dict(outline.sources)
    held: dict[str, dict[str, Mapping[str, Any] | None]] = {}
    for field, source, value in _fields(found):
        if listed := _value_files(field, source, value):
            held[field], why = _held(
                field, ((path, values[wanted.commit, path], needed) for path, needed in listed)
            )
            fields[field] = of_files.short(held[field], field)
            sources[field] = tuple(path for path, it in held[field].items() if it is not None)
            problems += (problem("MR021", wanted.subject, it) for it in why)
    return outline._replace(
        **fields, sources=_in_order(sources), files=held, problems=tuple(problems)
    )


def _in_order(sources: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {field: sources[field] for field in entry.FIELDS if sources.get(field)}


def _held(
    field: str, contents: Iterable[tuple[str, Values, bool]]
) -> tuple[dict[str, Mapping[str, Any] | None], list[str]]:
    """Return what a field's files hold, by path, and why some cannot be read."""
    held: dict[str, Mapping[str, Any] | None] = {}
    complaints: list[str] = []
    for path, content, needed in contents:
        if isinstance(content, dict):
            held[path] = metrics.numbers(content) if field == "metrics" else content
        elif content is not None or needed:
            held[path] = None
            complaints.append(f"{path}: {content or 'it is not in its commit'}")
    return held, complaints
