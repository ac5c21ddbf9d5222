"""Where annotations stand, and how the files that hold them become one annotation.

An artifact `name` is annotated in artifacts.yaml or dvc.yaml at the root, `folder:name` in those of
the folder. Where several name it, artifacts.yaml wins over dvc.yaml, field by field.

Nothing here runs Git: whoever can read files in commits hands in a `FileReader`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol, TypeAlias, TypeVar

from mreg.annotations import document, dvc, entry, metrics, outline, templates, text
from mreg.annotations import values as of_files
from mreg.annotations.document import FileEntries
from mreg.annotations.dvc import DvcYaml, Listed
from mreg.annotations.entry import Annotation, Entry, FileList
from mreg.annotations.outline import Find, Outline, Overview, is_source
from mreg.annotations.text import Unreadable
from mreg.core import names
from mreg.core.diagnostics import COMMIT_IT, LET_GIT_KEEP_IT, Diagnostic, problem
from mreg.tuples import NamedTuple

_As = TypeVar("_As", bound=Hashable)


class NotHere(NamedTuple):
    """Why a file that is kept outside of Git cannot be read, and what to do about it."""

    why: str
    hint: str = LET_GIT_KEEP_IT


Values: TypeAlias = dict[str, Any] | NotHere | str | None
"""What a metric or param file holds; a text says why it cannot be read, None that it is absent."""


class FileReader(Protocol):
    """What can read files in commits, such as `mreg.store.versioned_files.VersionedFiles`."""

    @property
    def readings(self) -> document.ReadingCache | None:
        """What was read of them before; None if nothing is kept."""

    def find(self, wanted: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], str | None]:
        """Return the id of the content at each commit and path; None where there is none."""

    def read(self, oids: Iterable[str], *, limit: int) -> Iterator[tuple[str, bytes | None]]:
        """Iterate over ids and the bytes that they stand for; None where they cannot be read."""

    def elsewhere(
        self, wanted: Iterable[tuple[str, str]], reader: document.YamlReader
    ) -> Mapping[tuple[str, str], bytes | NotHere]:
        """Return what is known to be kept outside of Git, or why it cannot be read."""


class Wanted(NamedTuple):
    """An artifact whose annotation is wanted at a commit.

    Attributes:
        subject: what problems are said to be about: a tag, or a file.
    """

    artifact: str
    commit: str
    subject: str


class _Source(NamedTuple):
    """A file that may annotate an artifact, and the name under which that stands in it."""

    path: str
    key: str

    @property
    def folder(self) -> str:
        return posixpath.dirname(self.path)

    @property
    def of_dvc(self) -> bool:
        return posixpath.basename(self.path) == outline.DVC_FILE


class _Content(NamedTuple):
    """What a file that annotates holds, or why it cannot be read."""

    entries: Mapping[str, Any]
    pipeline: DvcYaml | None = None
    fault: str = ""
    unread: str = ""
    """The same of a dvc.yaml that annotates nothing."""
    template: dict[str, Any] | None = None
    """A whole dvc.yaml whose templates are not filled in yet."""
    unfilled: Mapping[str, dict[str, str]] = {}
    """Why fields of artifacts cannot be filled in."""


_NOTHING = _Content({})


class _Found(NamedTuple):
    """What one file says of an artifact: an empty entry if it cannot be read, for its fault."""

    source: _Source
    entry: Entry
    fault: str = ""
    content: _Content = _NOTHING


def read(
    wanted: Sequence[Wanted], files: FileReader, *, checked: bool = False
) -> list[Annotation | Diagnostic | None]:
    """Read artifacts' annotations at commits; each distinct content is read and parsed once.

    They are `checked`, as by a `YamlReader`, where a gate or which bytes somebody gets depends on
    them.

    Returns:
        For each one wanted, its annotation; None where there is none; a problem where there may be
        one, but the file cannot be read.
    """
    reading = _Reading(files, checked=checked)
    found = reading.entries((it.artifact, it.commit) for it in wanted)
    fields = {pair: [*_fields(them)] for pair, them in found.items()}
    values = reading.values(
        ((it.commit, listed.path), listed.needed)
        for it in wanted
        for _, _, value in fields[it.artifact, it.commit]
        for listed in _value_files(value)
    )
    pairs = ((it, (it.artifact, it.commit)) for it in wanted)
    return [_annotation(it, found[pair], fields[pair], values) for it, pair in pairs]


def annotated(wanted: Sequence[tuple[str, str]], files: FileReader) -> list[bool]:
    """Tell of pairs of an artifact and a commit whether that annotates it, be it unreadably."""
    found = _Reading(files).named(wanted)
    return [any(it.fault or it.entry is not ABSENT for it in found[pair]) for pair in wanted]


def overview(tree: Iterable[tuple[str, str]], files: FileReader) -> Overview:
    """Read every annotation of one commit, whose files are pairs of a path and a content's id."""
    tree = list(tree)
    problems: list[Diagnostic] = []
    found: dict[str, list[_Found]] = {}
    for source, content in _all_contents(tree, files):
        if content.fault:
            problems.append(problem("MR019", source.path, content.fault))
        for key, said in content.entries.items():
            it = _of_entry(source._replace(key=key), said, content)
            found.setdefault(full_name(source.folder, key), []).append(it)
            problems += (
                problem("MR019", source.path, f"{key}: {why}") for why in it.entry.complaints
            )
    annotations = {name: _outline_of(them) for name, them in found.items()}
    return Overview(annotations, tuple(problems), dict(filter(lambda it: is_source(it[0]), tree)))


def annotated_names(tree: Iterable[tuple[str, str]], files: FileReader) -> frozenset[str]:
    """Return the names of the artifacts that one commit annotates, as for `overview`."""
    contents = _all_contents(tree, files)
    return frozenset(full_name(it.folder, key) for it, found in contents for key in found.entries)


def _all_contents(
    tree: Iterable[tuple[str, str]], files: FileReader
) -> Iterator[tuple[_Source, _Content]]:
    """Iterate over the files of one commit that annotate.

    An artifacts.yaml comes before a dvc.yaml: where both name an artifact, the first found wins.
    """
    tree = list(tree)
    oids = {_Source(path, ""): oid for path, oid in tree if is_source(path)}
    listed = sorted(oids, key=lambda it: (it.of_dvc, it))
    contents = _Reading(files).contents(dict(tree), [(oids[it], it) for it in listed])
    return ((it, contents[it]) for it in listed)


def _outline_of(found: Sequence[_Found]) -> Outline:
    """Return what is listed of an annotation: of a field what the first file says that has it."""
    if len(found) > 1:  # the root's files come first, but those of the artifact's folder win
        found = sorted(found, key=lambda it: (it.source.of_dvc, not it.source.folder))
    said = [it.entry.fields for it in found]
    return Outline(
        *(next((it[name] for it in said if name in it), None) for name in Outline._fields)
    )


def full_name(folder: str, key: str) -> str:
    """Return the name of the artifact that stands as `key` in a file in a folder."""
    return f"{folder}:{key}" if folder else key


@lru_cache(maxsize=1024)  # asked for each version
def _sources(artifact: str) -> tuple[_Source, ...]:
    """Return the files that may annotate an artifact, the winning one first."""
    folder, key = names.directory(artifact), artifact.rpartition(":")[2]
    return tuple(
        _Source(path, key if posixpath.dirname(path) == folder else artifact)
        for path in outline.source_files(artifact)
    )


class _Reading:
    """One pass over files: what is read and parsed once stays known until it ends."""

    def __init__(self, files: FileReader, *, checked: bool = False) -> None:
        self._files = files
        self._reader = document.YamlReader(checked=checked, readings=files.readings)
        # DVC, and whoever writes metric files, may use aliases.
        self._lenient = document.YamlReader(aliases=True, checked=checked, readings=files.readings)

    def entries(self, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[_Found]]:
        """Return what the files say of artifacts at commits, the winning file first."""
        found = self.named(wanted)
        further = self._found({pair: _pipelines(pair[0], them) for pair, them in found.items()})
        return {pair: _with_values([*them, *further[pair]]) for pair, them in found.items()}

    def named(self, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[_Found]]:
        """Return what the files say that may name artifacts; others only add to what is named."""
        pairs = list(dict.fromkeys(wanted))
        sources = {artifact: _sources(artifact) for artifact in {it for it, _ in pairs}}
        return self._found({pair: sources[pair[0]] for pair in pairs})

    def _found(
        self, sources: Mapping[tuple[str, str], Sequence[_Source]]
    ) -> dict[tuple[str, str], list[_Found]]:
        """Return what files say of artifacts at commits; those that are not there are left out."""
        places = [(commit, it) for (_, commit), them in sources.items() for it in them]
        oids = self._files.find((commit, it.path) for commit, it in places)
        read = self._contents((oids[commit, it.path], it.of_dvc) for commit, it in places)
        contents = {
            (commit, it): content
            for commit, it in places
            if (content := read.get((oids[commit, it.path] or "", it.of_dvc)))
        }
        contents = self._filled(contents, self._files.find)
        # Most commits of an artifact have the same files: each is asked once what it says of it.
        said = {(id(content), it): (it, content) for (_, it), content in contents.items()}
        found = {key: _found(*those) for key, those in said.items()}
        return {
            (artifact, commit): [
                found[id(content), it] for it in them if (content := contents.get((commit, it)))
            ]
            for (artifact, commit), them in sources.items()
        }

    def _filled(
        self, contents: Mapping[tuple[str, _Source], _Content], find: Find
    ) -> dict[tuple[str, _Source], _Content]:
        """Fill in the templates of each dvc.yaml out of the files of its commit."""
        files = {
            key: {it: posixpath.join(key[1].folder, it) for it in templates.files(it.template)}
            for key, it in contents.items()
            if it.template is not None
        }
        if not files:
            return dict(contents)
        wanted = [(key[0], path) for key, them in files.items() for path in them.values()]
        oids = find(wanted)
        raw = dict(self._files.read(filter(None, oids.values()), limit=text.MAX_BYTES))

        def held(commit: str, path: str) -> templates.Values:
            oid = oids[commit, path]
            return None if oid is None else self._values(raw.get(oid), path, whole=True)

        return {
            key: _with_templates(
                it, {name: held(key[0], path) for name, path in files.get(key, {}).items()}
            )
            for key, it in contents.items()
        }

    def _read(
        self, wanted: Iterable[tuple[str | None, _As]], *, limit: int = text.MAX_BYTES
    ) -> Iterator[tuple[str, _As, Any]]:
        """Iterate over the bytes of contents, with each thing that a content is wanted as."""
        asked: dict[str, set[_As]] = {}
        for oid, what in wanted:
            if oid:
                asked.setdefault(oid, set()).add(what)
        for oid, raw in self._files.read(asked, limit=limit):
            yield from ((oid, what, raw) for what in asked[oid])

    def contents(
        self, tree: Mapping[str, str], listed: Sequence[tuple[str, _Source]]
    ) -> dict[_Source, _Content]:
        """Return what files of one commit hold, by ids and the files' own; the tree has all ids."""
        read = self._contents(((oid, it.of_dvc) for oid, it in listed), stages=False)
        found = {("", it): read[oid, it.of_dvc] for oid, it in listed}
        filled = self._filled(found, lambda pairs: {it: tree.get(it[1]) for it in pairs})
        return {source: content for (_, source), content in filled.items()}

    def values(
        self, wanted: Iterable[tuple[tuple[str, str], bool]]
    ) -> dict[tuple[str, str], Values]:
        """Return what metric and param files hold, by commit and path; some have to be there."""
        known_as: dict[tuple[str, str], bool] = {}
        for pair, needed in wanted:
            known_as[pair] = needed or known_as.get(pair, False)
        oids = self._files.find(known_as)
        asked = ((oid, _suffix(path)) for (_, path), oid in oids.items())
        known: dict[tuple[str, str], Values] = {
            (oid, suffix): self._values(raw, f"_{suffix}") for oid, suffix, raw in self._read(asked)
        }
        found = {pair: known.get((oid or "", _suffix(pair[1]))) for pair, oid in oids.items()}
        absent = [pair for pair, needed in known_as.items() if needed and oids[pair] is None]
        for pair, raw in self._files.elsewhere(absent, self._lenient).items() if absent else ():
            found[pair] = self._values(raw, pair[1]) if isinstance(raw, bytes) else raw
        return found

    def _contents(
        self, wanted: Iterable[tuple[str | None, bool]], *, stages: bool = True
    ) -> dict[tuple[str, bool], _Content]:
        """Return what contents hold, by their ids and whether they are those of a dvc.yaml."""
        return {
            (oid, of_dvc): self._content(raw, of_dvc=of_dvc, stages=stages)
            for oid, of_dvc, raw in self._read(wanted, limit=text.MAX_ANNOTATIONS)
        }

    def _content(self, raw: bytes | None, *, of_dvc: bool, stages: bool = True) -> _Content:
        if raw is None:
            return _Content({}, fault=DAMAGED)
        annotates = not of_dvc or dvc.has_artifacts(raw)
        if not annotates and not (stages and any(it in raw for it in _SECTIONS)):
            return _NOTHING
        try:
            if not of_dvc:
                return _Content(self._reader.entries(raw))
            content = self._lenient.load(raw, text.MAX_ANNOTATIONS)
        except Unreadable as error:
            why = _why(text.shown(raw), error)
            return _Content({}, fault=why) if annotates else _Content({}, unread=why)
        pipeline = dvc.read(content)
        template = content if templates.are_in(raw) else None
        return _Content(pipeline.artifacts, pipeline, template=template)

    def _values(self, raw: bytes | None, path: str, *, whole: bool = False) -> dict[str, Any] | str:
        """Return what a file of values holds; the whole of it is nested as it is there."""
        if raw is None:
            return DAMAGED
        try:
            return (metrics.nested if whole else metrics.load)(raw, path, self._lenient)
        except Unreadable as error:
            return str(error)


_SECTIONS = (b"stages", b"metrics", b"params")
"""What of a dvc.yaml may tell where an artifact's metrics and params stand."""

ABSENT = Entry({})
DAMAGED = "Git cannot read it: the object is missing or damaged"
"""What is said of a file whose bytes are not to be had."""


def _why(content: str, error: Unreadable) -> str:
    """Say why a text cannot be read, and where."""
    line, _ = text.line_and_column(content, error.offset)
    return f"cannot read it: line {line}: {error}"


def _suffix(path: str) -> str:
    return posixpath.splitext(path)[1]


def _with_templates(content: _Content, held: Mapping[str, templates.Values]) -> _Content:
    """Return the content of a dvc.yaml with its templates filled in."""
    if content.template is None:
        return content
    filled = templates.fill(content.template, held)
    pipeline = dvc.read(filled.content)
    return _Content(pipeline.artifacts, pipeline, unfilled=filled.unfilled)


def _found(source: _Source, content: _Content) -> _Found:
    """Return what a file's content says of the artifact that is wanted of it."""
    if content.pipeline:
        content = content._replace(pipeline=content.pipeline.at(source.folder))
    try:
        said = content.entries[source.key]
    except KeyError:
        return _Found(source, ABSENT, content.fault, content)
    except Unreadable as error:
        assert isinstance(content.entries, FileEntries)
        return _Found(source, ABSENT, _why(content.entries.pieces.text, error), content)
    return _of_entry(source, said, content)


def _of_entry(source: _Source, said: Any, content: _Content) -> _Found:
    """Return what an entry of a file says."""
    fields, unread = entry.read(said, source.folder)
    for key, why in content.unfilled.get(source.key, {}).items():
        name = entry.OLD_NAMES.get(key, key)
        fields.pop(name, None)
        unread = {**unread, name: why}
    return _Found(source, Entry(fields, unread), "", content)


def _path(found: Iterable[_Found]) -> str | None:
    """Return where the artifact is, from the repository's root; None if that is not said."""
    path = next((it.entry.fields["path"] for it in found if "path" in it.entry.fields), None)
    return None if path is None or entry.is_url(path) or path.startswith("/") else path


def _pipelines(artifact: str, found: Sequence[_Found]) -> list[_Source]:
    """Return the other files that may say how the artifact was made, the nearest first."""
    path, known = _path(found), {it.path for it in _sources(artifact)}
    if path is None or all(any(it in e.entry.fields for e in found) for it in of_files.FIELDS):
        return []
    places = (posixpath.join(it, outline.DVC_FILE) for it in (*dvc.above(path), ""))
    return [_Source(it, "") for it in places if it not in known]


def _with_values(found: Sequence[_Found]) -> list[_Found]:
    """Add to what files say of an artifact the files that hold its metrics and params."""
    path = _path(found)
    alone = _without_stages(path, found)
    them = (_of_pipeline(it, path, found, whole=it.source == alone) for it in found)
    return [it for it in them if it.fault or it.entry is not ABSENT]


def _without_stages(path: str | None, found: Sequence[_Found]) -> _Source | None:
    """Return the dvc.yaml without stages whose metrics and params can only be the artifact's.

    DVCLive writes one beside a run outside of a pipeline, which need not name an artifact: the
    nearest above the path counts, if no other model is annotated below its folder.
    """
    above = {*dvc.above(path), ""} if path is not None else ()
    near = [
        (it.source, it.content.pipeline)
        for it in found
        if it.content.pipeline and it.source.folder in above
    ]
    source, pipeline = max(near, key=lambda it: len(it[0].folder), default=(None, None))
    if source is None or pipeline is None or pipeline.stages:
        return None
    models = {
        place
        for place, kind in _places(found)
        if str(kind).lower() not in entry.DATASETS and source.folder in (*dvc.above(place), "")
    }
    return source if models == {path} else None


def _places(found: Iterable[_Found]) -> Iterator[tuple[str, Any]]:
    """Iterate over the paths and types of all artifacts that files annotate."""
    for it in found:
        for _, said in it.content.entries.items():  # noqa: PERF102 - values are got one by one
            if isinstance(said, dict) and isinstance(said.get("path"), str):
                yield entry.from_root(said["path"], it.source.folder), said.get("type")


def _of_pipeline(
    it: _Found, path: str | None, found: Sequence[_Found], *, whole: bool = False
) -> _Found:
    """Add to what a dvc.yaml says of an artifact what its stages say; all, if it is whole its."""
    if it.content.unread and path is not None:
        return it._replace(entry=Entry({}, dict.fromkeys(of_files.FIELDS, it.content.unread)))
    pipeline = it.content.pipeline
    makes = whole or (path is not None and pipeline is not None and dvc.makes(pipeline, path))
    if pipeline is None or (it.entry is ABSENT and not makes):
        return it
    others = (place for place, _ in _places(found))
    listed = {field: _Listed(them) for field, them in dvc.belonging(pipeline, path, others).items()}
    return it._replace(entry=it.entry._replace(fields={**listed, **it.entry.fields}))


_Field: TypeAlias = tuple[str, _Source, Any]


def _fields(found: Iterable[_Found]) -> Iterator[_Field]:
    """Iterate over an artifact's fields, each from the first file that has it."""
    seen: set[str] = set()
    for source, read_entry, *_ in found:
        for field, value in read_entry.fields.items():
            if field not in seen:
                seen.add(field)
                yield field, source, value


class _Listed(tuple[Listed, ...]):
    """The files that a dvc.yaml says metrics or params of an artifact stand in."""

    __slots__ = ()


def _value_files(value: Any) -> tuple[Listed, ...]:
    """Return the files that a field's values stand in."""
    if isinstance(value, FileList):
        return tuple(map(Listed, value))
    return value if isinstance(value, _Listed) else ()


def _unread(found: Sequence[_Found]) -> dict[str, str]:
    """Return why fields cannot be read, though a file that counts for them names them, or may."""
    settled: set[str] = set()
    unread: dict[str, str] = {}
    for source, read_entry, fault, _ in found:
        why = dict.fromkeys(entry.FIELDS, fault) if fault else read_entry.unread
        unread |= {it: f"{source.path}: {why[it]}" for it in why.keys() - settled}
        settled |= why.keys() | read_entry.fields.keys()
    return {field: unread[field] for field in entry.FIELDS if field in unread}


def _outline(found: Sequence[_Found], fields: Sequence[_Field]) -> Annotation:
    """Put together what files say, without what they say in other files."""
    fields = [it for it in fields if not isinstance(it[2], (FileList, _Listed))]
    return Annotation(
        **{field: value for field, _, value in fields},
        sources=_in_order({field: (source.path,) for field, source, _ in fields}),
        unread=_unread(found),
    )


def _annotation(
    wanted: Wanted,
    found: Sequence[_Found],
    said: Sequence[_Field],
    values: Mapping[tuple[str, str], Values],
) -> Annotation | Diagnostic | None:
    """Put together what files say of an artifact at one commit."""
    problems = [
        problem("MR020", wanted.subject, f"{it.source.path} in its commit: {why}")
        for it in found
        for why in (it.fault, *(f"{it.source.key}: {why}" for why in it.entry.complaints))
        if why
    ]
    if all(it.fault for it in found):
        return problems[0] if problems else None
    outline = _outline(found, said)
    fields: dict[str, Any] = {}
    sources = dict(outline.sources)
    held: dict[str, dict[str, Mapping[str, Any] | None]] = {}
    for field, _, value in said:
        if listed := _value_files(value):
            contents = ((it, values[wanted.commit, it.path]) for it in listed)
            held[field], why = _held(field, contents)
            fields[field] = of_files.short(held[field], field)
            sources[field] = tuple(path for path, it in held[field].items() if it is not None)
            problems += (problem("MR021", wanted.subject, it, hint=to_do) for it, to_do in why)
    return outline._replace(
        **fields, sources=_in_order(sources), files=held, problems=tuple(problems)
    )


def _in_order(sources: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {field: sources[field] for field in entry.FIELDS if sources.get(field)}


def _held(
    field: str, contents: Iterable[tuple[Listed, Values]]
) -> tuple[dict[str, Mapping[str, Any] | None], list[tuple[str, str]]]:
    """Return what a field's files hold, by path; why some cannot be read, and what to do."""
    held: dict[str, Mapping[str, Any] | None] = {}
    complaints: list[tuple[str, str]] = []
    for (path, needed, keys), content in contents:
        if isinstance(content, dict):
            held[path] = metrics.numbers(content) if field == "metrics" else _picked(content, keys)
        elif content is not None or needed:
            held[path] = None
            why, advice = content if isinstance(content, NotHere) else (content, COMMIT_IT)
            complaints.append((f"{path}: {why or 'it is not in its commit'}", advice))
    return held, complaints


def _picked(content: dict[str, Any], keys: Sequence[str] | None) -> dict[str, Any]:
    """Return the params of some names, with all that is within them; all, without names."""
    if keys is None:
        return content
    within = tuple(f"{it}." for it in keys)
    return {key: it for key, it in content.items() if key in keys or key.startswith(within)}
