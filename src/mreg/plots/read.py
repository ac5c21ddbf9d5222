"""Reading the plots of versions at their commits; what DVC keeps is fetched only where asked."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mreg.annotations import document, metrics, outline, templates, text
from mreg.annotations.dvc import above
from mreg.annotations.entry import Annotation, is_url
from mreg.annotations.templates import Values
from mreg.annotations.text import Unreadable
from mreg.core import names
from mreg.core.diagnostics import Diagnostic, problem
from mreg.core.queries import Version
from mreg.dvc import pointers, whereabouts
from mreg.git import blobs
from mreg.git.blobs import TreeEntry
from mreg.git.repository import Repository
from mreg.plots import data, definitions, series
from mreg.plots.data import DataTable, NoData
from mreg.plots.definitions import Definition
from mreg.plots.values import Picture, Plot, Plots, Series, overlaid
from mreg.store import outlines
from mreg.store.versioned_files import Fetcher, VersionedFiles

MOST_PLOTS = 200
"""So many plots of a version are read."""

MOST_BYTES = 128 << 20
"""Of so many bytes are the data of a version's plots, at most."""

_DVCLIVE = "dvclive"


def plots(
    repo: Repository,
    versions: Sequence[Version],
    said: Sequence[Annotation | Diagnostic | None],
    fetcher: Fetcher | None = None,
) -> Plots:
    """Return the plots of versions, one over the other where they have the same id.

    How a plot looks is what the first version says that has it.
    """
    called = _names(versions)
    found = []
    for version, name, known in zip(versions, called, said, strict=True):
        path = known.path if isinstance(known, Annotation) else None
        with VersionedFiles(repo, data.LARGEST, fetcher) as files:
            one = _OneVersion(repo, files, version, name)
            drawn = tuple(one.plots(path))
            problems = tuple(problem("MR029", version.tag, it) for it in one.complaints)
            found.append(Plots((name,), drawn, problems))
    return overlaid(found)


def have_some(
    repo: Repository, versions: Sequence[Version], said: Sequence[Annotation | Diagnostic | None]
) -> list[bool]:
    """Tell of versions whether there may be plots of them, by the files at their commits alone."""
    places = [
        [
            (it.commit, posixpath.join(folder, file))
            for folder in _folders(
                it.artifact, known.path if isinstance(known, Annotation) else None
            )
            for file in _SIGNS
        ]
        for it, known in zip(versions, said, strict=True)
    ]
    with VersionedFiles(repo) as files:
        found = files.find(it for pairs in places for it in pairs)
    return [any(found[it] for it in pairs) for pairs in places]


_SIGNS = (outline.DVC_FILE, "dvc.lock", "dvclive/dvc.yaml", "dvclive/metrics.json")
"""Of a run that DVCLive logged there is the last, or DVC keeps it and a dvc.lock says so."""


def _folders(artifact: str, path: str | None) -> list[str]:
    """Return the folders whose dvc.yaml may define an artifact's plots, the nearest first."""
    path = None if path is None or is_url(path) else path
    own = names.directory(artifact)
    return list(dict.fromkeys([*(above(path) if path else ()), *([own] if own else ()), ""]))


def _names(versions: Sequence[Version]) -> tuple[str, ...]:
    """Return what versions are called: with the artifact if they are of several."""
    shared = len({it.artifact for it in versions}) == 1
    keys = [it.version or it.commit[:12] for it in versions]
    pairs = zip(versions, keys, strict=True)
    return tuple(key if shared else f"{it.artifact}@{key}" for it, key in pairs)


def _plot(
    it: Definition,
    drawn: Sequence[Series] = (),
    pictures: tuple[Picture, ...] = (),
    notes: Sequence[str] = (),
) -> Plot:
    """Return a plot of one version."""
    fields = {one.field for one in it.y} or {one.field for one in drawn}
    across = {one.field for one in it.x} if isinstance(it.x, tuple) else {it.x or series.INDEX}
    said = [*notes]
    if it.has_own_template:
        said.append(f"{it.template} is a template of the project's own: it is drawn as lines")
    if it.template == "smooth":
        said.append("drawn as measured; DVC's template smooths it")
    return Plot(
        it.id,
        it.kind,
        it.template,
        it.title or it.id,
        "" if pictures else it.x_label or (across.pop() if len(across) == 1 else "x"),
        "" if pictures else it.y_label or (fields.pop() if len(fields) == 1 else "y"),
        tuple(drawn),
        pictures,
        tuple(said),
    )


class _OneVersion:
    """What stands at one version's commit."""

    def __init__(
        self, repo: Repository, files: VersionedFiles, version: Version, name: str
    ) -> None:
        self._repo = blobs.holder(repo, version.commit)
        self._files = files
        self._version = version
        self._commit = version.commit
        self._name = name
        self._reader = document.YamlReader(aliases=True)
        self._room = MOST_BYTES
        self._tables: dict[tuple[str, bool], DataTable | NoData] = {}
        self.complaints: list[str] = []

    def plots(self, path: str | None) -> Iterator[Plot]:
        """Iterate over the plots of an artifact that is at a path."""
        path = None if path is None or is_url(path) else path
        found = self._definitions(path)
        every = definitions.identified(
            [
                one
                for it in found
                for one in self._unpacked(it)
                if definitions.nearest(it, one.path, found)
            ]
        )
        if len(every) > MOST_PLOTS:
            self.complaints.append(
                f"only the first {MOST_PLOTS} of its {len(every)} plots are read"
            )
        for it in every[:MOST_PLOTS]:
            made = self._image(it) if it.kind == "image" else self._drawn(it)
            if made:
                yield made

    # Definitions

    def _definitions(self, path: str | None) -> list[Definition]:
        folders = _folders(self._version.artifact, path)
        found: list[Definition] = []
        for source, content in self._pipelines(folders).items():
            rivals = self._rivals(path, content)
            defined = definitions.read(content, source, rivals, path)
            found += defined.plots
            self.complaints += (f"{source}: {it}" for it in defined.complaints)
        live = [posixpath.join(it, definitions.DVCLIVE) for it in folders]
        known = {file for it in found for file in it.files}
        for folder, place in zip(folders, live, strict=True):
            if not any(
                f"{it}/".startswith(f"{place}/") or place.startswith(f"{it}/") for it in known
            ):
                found += definitions.of_dvclive(folder)
        return found

    def _pipelines(self, folders: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return what the dvc.yaml files hold that count, by path."""
        places = [
            posixpath.join(it, inner, outline.DVC_FILE)
            for it in folders
            for inner in ("", _DVCLIVE)
        ]
        oids = self._files.find((self._commit, it) for it in places)
        raw = dict(self._files.read(filter(None, oids.values()), limit=text.MAX_ANNOTATIONS))
        found = {}
        for (_, place), oid in oids.items():
            held = raw.get(oid or "")
            if held is None or b"plots" not in held:
                continue
            try:
                content = self._reader.load(held, text.MAX_ANNOTATIONS)
            except Unreadable as error:
                self.complaints.append(f"{place} cannot be read: {error}")
                continue
            found[place] = self._filled(content, place) if templates.are_in(held) else content
        return found

    def _filled(self, content: dict[str, Any], place: str) -> dict[str, Any]:
        folder = posixpath.dirname(place)
        paths = {it: posixpath.join(folder, it) for it in templates.files(content)}
        oids = self._files.find((self._commit, it) for it in paths.values())
        raw = dict(self._files.read(filter(None, oids.values()), limit=text.MAX_BYTES))

        def held(path: str) -> Values:
            oid = oids[self._commit, path]
            if oid is None or (known := raw[oid]) is None:
                return None
            try:
                return metrics.nested(known, path, self._reader)
            except Unreadable as error:
                return str(error)

        return templates.fill(content, {it: held(path) for it, path in paths.items()}).content

    def _rivals(self, path: str | None, content: Mapping[str, Any]) -> list[str]:
        """Return where other artifacts are, if stages may be theirs."""
        if not content.get("stages"):
            return []
        annotations = outlines.read(self._repo, self._commit).annotations
        return [it.path for it in annotations.values() if it.path and it.path != path]

    # Files

    def _unpacked(self, it: Definition) -> list[Definition]:
        """Return a plot of a folder as one of each file in it."""
        if not it.path:
            return [it]
        try:
            inside = self._inside(it.path)
        except NoData as error:
            self.complaints.append(f"{it.path}: {error}")
            return []
        if inside is None:
            return [it] if it.expected or self._entry(it.path) else []
        return [it.of_file(file) for file in inside]

    def _inside(self, path: str) -> list[str] | None:
        """Return the files of a folder; None if it is none."""
        if not whereabouts.is_inside(path):
            raise NoData("it is outside the repository")
        entry = self._entry(path)
        if entry and entry.mode == blobs.FOLDER:
            listed = blobs.inside(self._repo, entry.oid)
            return [posixpath.join(path, one.path) for one in listed]
        if entry:
            return None
        found = self._files.listed(self._commit, path, self._reader)
        if isinstance(found, str):
            raise NoData(found)
        return None if found is None else list(found)

    def _entry(self, path: str) -> TreeEntry | None:
        return blobs.at(self._repo, self._commit, path)

    def _bytes(self, path: str) -> bytes:
        """Return a file's bytes.

        Raises:
            NoData: they cannot be had, or there is no room for them.
        """
        if not whereabouts.is_inside(path):
            raise NoData("it is outside the repository")
        if self._room <= 0:
            raise NoData(f"more than {MOST_BYTES >> 20} MiB of data were read before it")
        raw = self._of_git(path) or self._of_dvc(path)
        if len(raw) > data.LARGEST:
            raise NoData(f"it is larger than {data.LARGEST >> 20} MiB")
        self._room -= len(raw)
        if pointer := pointers.read(raw):
            keeper = getattr(pointer, "keeper", "")
            raise NoData(
                f"it is a pointer of {keeper or 'a program'}, which stores the content elsewhere"
            )
        return raw

    def _of_git(self, path: str) -> bytes | None:
        entry = self._entry(path)
        if entry is None:
            return None
        if entry.mode in (blobs.LINK, blobs.SUBMODULE, blobs.FOLDER):
            what = {blobs.LINK: "a symbolic link", blobs.SUBMODULE: "a submodule"}
            raise NoData(f"it is {what.get(entry.mode, 'a folder')}, not a data file")
        [(_, raw)] = self._files.read([entry.oid], limit=data.LARGEST)
        if raw is None:
            raise NoData("the object is missing from Git or damaged")
        if not raw:
            raise NoData("it is empty")
        return raw

    def _of_dvc(self, path: str) -> bytes:
        pair = self._commit, path
        found = self._files.elsewhere([pair], self._reader).get(pair)
        if isinstance(found, bytes) and found:
            return found
        raise NoData("it is not in its commit, or is empty" if not found else found.why)

    # Plots

    def _drawn(self, it: Definition) -> Plot | None:
        tables: dict[str, DataTable] = {}
        for file in it.files:
            try:
                tables[file] = self._table(file, header=it.header)
            except NoData as error:
                self.complaints.append(f"{file}: {error}")
        try:
            found, notes = series.of(it, tables, self._name)
        except NoData as error:
            self.complaints.append(f"cannot draw the plot {it.id}: {error}")
            return None
        return _plot(it, found, (), notes) if found else None

    def _table(self, file: str, *, header: bool) -> DataTable:
        key = file, header
        if key not in self._tables:
            try:
                self._tables[key] = data.read(self._bytes(file), file, header=header)
            except NoData as error:
                self._tables[key] = error
        found = self._tables[key]
        if isinstance(found, NoData):
            raise found
        return found

    def _image(self, it: Definition) -> Plot | None:
        try:
            raw = self._bytes(it.path)
            picture = Picture(self._name, it.path, data.image_format(raw), raw)
        except NoData as error:
            self.complaints.append(f"{it.path}: {error}")
            return None
        return _plot(it, (), (picture,))
