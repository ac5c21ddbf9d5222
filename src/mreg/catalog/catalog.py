"""`Catalog`: many registries asked as one."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import tzinfo
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self, Unpack

from mreg.annotations.packed import Said
from mreg.catalog import answers, labels, settings
from mreg.catalog.answers import IndexedArtifact
from mreg.catalog.index import CatalogIndex, RepositoryState
from mreg.catalog.settings import CatalogSettings
from mreg.core import queries
from mreg.core.diagnostics import Diagnostic
from mreg.core.events import Event
from mreg.core.queries import Filter, Filters, Record, Version
from mreg.core.replay import History
from mreg.net.network import QUIET, Network
from mreg.system import cache

if TYPE_CHECKING:
    from mreg.catalog.export import ExportedFile, ExportFormat
    from mreg.catalog.find import CatalogFound
    from mreg.catalog.refresh import Progress, RefreshReport
    from mreg.lineage.graph import Direction, Lineage
    from mreg.registry.artifact import Artifact, Details
    from mreg.search.query import Query
    from mreg.web.options import SiteOptions, SiteReport


class CatalogList(NamedTuple):
    """The artifacts of a catalog.

    Attributes:
        rows: of each its repository's label, name, type, whether it is deprecated, the latest
            version, the holders of its stages in words, and its JSON without the repository, if
            that is wanted.
        unread: the repositories that could not be read, which stand as they were.
    """

    rows: tuple[tuple[str, str, str | None, bool, str | None, dict[str, str], str], ...]
    unread: tuple[RepositoryState, ...]


class CatalogDetails(NamedTuple):
    """An artifact of a catalog with its versions.

    Attributes:
        repository: its repository's label.
        details: what the registry would say of it.
        unread: its repository, if that could not be read and stands as it was.
    """

    repository: str
    details: Details
    unread: tuple[RepositoryState, ...]


class CatalogVersion(NamedTuple):
    """One version in a catalog.

    Attributes:
        repository: its repository's label.
        version: the version.
        said: what its commit says of it.
        unread: its repository, if that could not be read and stands as it was.
    """

    repository: str
    version: Version
    said: Said
    unread: tuple[RepositoryState, ...]


class CatalogEvents(NamedTuple):
    """Events of a catalog, each with the label of its repository."""

    events: tuple[tuple[str, Record], ...]
    unread: tuple[RepositoryState, ...]


class CatalogResults(NamedTuple):
    """What a search of a catalog found.

    Attributes:
        query: what was searched for; None where words alone were.
        found: the versions, by repository and artifact, newest first by SemVer.
        problems: why it cannot be told of others whether they match.
        unread: the repositories that could not be read, which stand as they were.
    """

    query: Query | None
    found: tuple[CatalogFound, ...]
    problems: tuple[Diagnostic, ...]
    unread: tuple[RepositoryState, ...]


class Catalog:
    """Many registries, queried through an index.

    >>> import mreg
    >>> catalog = mreg.Catalog.open("catalog.yaml")
    >>> catalog.refresh()
    >>> catalog.resolve("fraud//scorer#prod").version.version
    'v1.2.0'

    The name of a model is `repository//name`, or only the name if one repository has it. Queries
    are answered from the index, with the state of each repository when it was last read.

    Attributes:
        file: the catalog's file.
        title: the title of its pages; may be empty.
        index: the file of its index.
    """

    def __init__(self, file: Path, title: str, index: Path) -> None:
        self.file = file
        self.title = title
        self.index = index

    @classmethod
    def open(
        cls, path: str | os.PathLike[str] = settings.FILE, *, index: str | os.PathLike[str] = ""
    ) -> Self:
        """Open a catalog.

        Args:
            path: its file; docs/how-to/catalog.md describes the content.
            index: the path of the index, instead of the one in the file or in the cache.

        Raises:
            NotFound: there is no such file.
            UsageError: the file is not valid.
        """
        file, found = Path(path).absolute(), settings.outline(path)
        place = os.fspath(index) or found.place
        return cls(file, found.title, Path(place).absolute() if place else _in_cache(file))

    def __repr__(self) -> str:
        return f"Catalog.open({os.fspath(self.file)!r})"

    @cached_property
    def settings(self) -> CatalogSettings:
        """All that its file says."""
        return settings.read(self.file)

    def refresh(self, *, progress: Progress | None = None) -> RefreshReport:
        """Check each repository for changes, and read those that changed.

        A repository that cannot be read keeps its last state, with the reason. Queries are possible
        during a refresh.

        Args:
            progress: called with the number of finished repositories and of all repositories.

        Raises:
            Refused: another refresh is running, or the index cannot be used.
        """
        from mreg.catalog import refresh

        return refresh.refresh(self.settings, self.index, progress=progress)

    def status(self) -> tuple[RepositoryState, ...]:
        """Return the state of each repository: when it was read, or why it is not."""
        with CatalogIndex.reading(self.index) as index:
            return index.states()

    def listed(
        self,
        *,
        deprecated: bool = False,
        repository: str = "",
        limit: int | None = None,
        forms: bool = True,
    ) -> CatalogList:
        """Return the artifacts, by repository and name.

        Args:
            deprecated: include those that are deprecated.
            repository: of repositories whose label matches this pattern alone.
            limit: at most this number.
            forms: include the JSON of each, which is most of the data.
        """
        where = "1" if deprecated else "NOT a.deprecated"
        form = "a.form" if forms else "''"
        values: list[Any] = []
        if repository:
            where, values = f"{where} AND r.label GLOB ?", [repository]
        with self._asked() as (index, unread):
            rows = index.rows(
                f"SELECT r.label, a.name, a.type, a.deprecated, a.latest, a.current, {form}"
                " FROM repositories r CROSS JOIN artifacts a ON a.repository = r.id"
                f" WHERE {where} ORDER BY r.label, a.name LIMIT ?",
                (*values, -1 if limit is None else min(limit, sys.maxsize)),
            )
            found = tuple((*it[:5], answers.holders(it[5]), it[6]) for it in rows)
        return CatalogList(found, unread)

    def details(self, model: str, *, ended: bool = False) -> CatalogDetails:
        """Return an artifact with its versions, newest first by SemVer.

        Args:
            model: the artifact.
            ended: include the versions that were deregistered.
        """
        from mreg.registry.artifact import Details

        with self._asked() as (index, unread):
            it = answers.artifact(index, model)
            history = answers.history(index, it)
            said = answers.all_said(index, it)
        versions = queries.find_all(history, ended=ended)
        bare = tuple(str(one.version) for one in versions if said.get(one.tag) is None)
        found = Details(_described(it, history), versions, (), bare if it.annotated else ())
        return CatalogDetails(it.label, found, _of(unread, it.label))

    def resolve(self, selector: str) -> CatalogVersion:
        """Return the version that a selector names, such as `fraud//scorer#prod`.

        Raises:
            InvalidName: the text is not a selector.
            NotFound: there is no such artifact or version, or the stage is empty.
        """
        with self._asked() as (index, unread):
            it, found = _found(index, selector)
            said = answers.all_said(index, it).get(found.tag)
        return CatalogVersion(it.label, found, said, _of(unread, it.label))

    def search(
        self,
        expression: str = "",
        *,
        words: str = "",
        repository: str = "",
        ended: bool = False,
        latest: bool = False,
        limit: int | None = None,
        zone: tzinfo | None = None,
    ) -> CatalogResults:
        """Return the versions in all repositories that match an expression.

        Args:
            expression: an expression as for `Registry.search`; empty: all versions.
            words: words, or beginnings of words, that must all be in a version's name, description,
                labels, owner, author or message.
            repository: of repositories whose label matches this pattern alone.
            ended: include deregistered versions and deprecated artifacts.
            latest: only the latest version of each artifact.
            limit: at most this number.
            zone: the time zone of times in the expression; None: that of this machine.

        Raises:
            InvalidQuery: the expression is not valid; the message shows the place.
        """
        from mreg.catalog import find

        query = find.parsed(expression, zone) if expression.strip() else None
        scope = find.Scope(ended, latest, repository, words, limit)
        with self._asked() as (index, unread):
            found, problems = find.search(index, query, scope)
        return CatalogResults(query, tuple(found), tuple(problems), unread)

    def history(self, model: str | None = None, **filters: Unpack[Filters]) -> CatalogEvents:
        """Return the events of one artifact, or of all, newest first.

        Args:
            model: only the events of this artifact.
            filters: as for `Registry.history`.
        """
        wanted, most = queries.wanted_events(filters)
        with self._asked() as (index, unread):
            it = answers.artifact(index, model) if model else None
            rows = _newest_first(index, it, wanted)
            found = tuple(islice(rows, most))
        return CatalogEvents(found[::-1] if filters.get("reverse") else found, unread)

    def lineage(
        self,
        selector: str,
        *,
        down: bool = False,
        depth: int | None = None,
        limit: int | None = None,
    ) -> Lineage:
        """Return the sources of a version, or what was made from it, across all repositories.

        It follows the inputs that versions declare (`inputs: [{artifact, repo}]`). For the data,
        code and steps within one repository, use `Registry.lineage`.

        Args:
            selector: the version.
            down: return what was made from it instead.
            depth: at most this number of inputs in a row; None: any number.
            limit: at most this number of other versions; None: as for `Registry.lineage`.
        """
        from mreg.catalog import lineage
        from mreg.registry.registry import MOST_NODES

        queries.refuse_negative(depth, f"a depth of {depth}")
        queries.refuse_negative(limit, f"a limit of {limit}")
        with self._asked() as (index, _):
            root = _found(index, selector)
            direction: Direction = "down" if down else "up"
            most = MOST_NODES if limit is None else limit
            return lineage.lineage(index, root, direction, depth=depth, limit=most)

    def export(
        self, folder: str | os.PathLike[str], form: ExportFormat = "parquet"
    ) -> tuple[ExportedFile, ...]:
        """Write all versions and events to files, for DuckDB, Spark or a data warehouse.

        Args:
            folder: the folder for the files `versions` and `events`; existing ones are replaced.
            form: "parquet", which needs pyarrow (`mreg[parquet]`), or "jsonl".

        Raises:
            UsageError: pyarrow is not installed.
        """
        from mreg.catalog import export

        with self._asked() as (index, _):
            return export.export(index, folder, form)

    def site(
        self,
        folder: str | os.PathLike[str],
        *,
        network: Network = QUIET,
        **options: Unpack[SiteOptions],
    ) -> SiteReport:
        """Write all registries as web pages into a folder, or update the pages there.

        They are read in their current state, not from the index. A repository that cannot be read
        keeps its existing pages.

        Args:
            folder: the folder; it is created if it does not exist.
            network: the settings for the network.
            options: as for `Registry.site`.
        """
        from mreg.catalog.members import members, registry
        from mreg.web import site
        from mreg.web.read import PageSource

        found = members(self.settings, seconds=self.settings.seconds)
        once = network._replace(asking="once")  # all that is read of a remote is of one moment
        sources = [PageSource(registry(it, once), it.label) for it in found.known]
        options.setdefault("title", self.title or "Models")
        return site.build(folder, sources, **options)

    @contextmanager
    def _asked(self) -> Iterator[tuple[CatalogIndex, tuple[RepositoryState, ...]]]:
        """Open the index to be asked, with what could not be read."""
        with CatalogIndex.reading(self.index) as index:
            yield index, index.failing()


def _in_cache(file: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(file)).hexdigest()
    return cache.folder() / "catalogs" / f"{file.stem}-{digest[:16]}.db"


def _found(index: CatalogIndex, selector: str) -> tuple[IndexedArtifact, Version]:
    """Return the version that a selector names, with its artifact."""
    label, rest = labels.split(selector)
    wanted = queries.parse_selector(rest)
    model = labels.joined(label, wanted.artifact) if label else wanted.artifact
    it = answers.artifact(index, model)
    return it, queries.find(answers.history(index, it), wanted)


def _of(unread: tuple[RepositoryState, ...], label: str) -> tuple[RepositoryState, ...]:
    return tuple(it for it in unread if it.repository == label)


def _described(it: IndexedArtifact, history: History) -> Artifact:
    """Return an artifact as its registry would describe it."""
    from mreg.registry.artifact import Artifact

    latest = queries.latest(history)
    return Artifact(
        it.name,
        it.type,
        it.path,
        it.annotated,
        bool(history.timeline),
        it.deprecated,
        queries.describe(history, latest) if latest else None,
        queries.holders(history),
    )


def _newest_first(
    index: CatalogIndex, it: IndexedArtifact | None, wanted: Filter
) -> Iterator[tuple[str, Record]]:
    """Iterate over the events that are wanted, each with its repository's label."""
    parts = [
        *(
            (f"e.{name} = ?", value)
            for name, value in (("stage", wanted.stage), ("action", wanted.action))
            if value
        ),
        *(
            (f"e.effective {sign} ?", value)
            for sign, value in ((">=", wanted.since), ("<=", wanted.until))
            if value is not None
        ),
        *([("e.artifact = ?", it.id)] if it else []),
    ]
    rows = index.rows(
        "SELECT r.label, e.effective, e.about, e.action, a.name, e.version, e.stage, e.number,"
        " e.tag, lower(hex(e.oid)), lower(hex(e.commit_id)), e.time, e.zone, p.tagger, e.text"
        " FROM events e CROSS JOIN people p ON p.id = e.tagger"
        " CROSS JOIN artifacts a ON a.id = e.artifact"
        " CROSS JOIN repositories r ON r.id = a.repository"
        f" WHERE {' AND '.join(text for text, _ in parts) or '1'}{_made_by(index, wanted)}"
        " ORDER BY e.effective DESC, e.number DESC, e.tag DESC, r.label",
        [value for _, value in parts],
    )
    for label, effective, about, *fields in rows:
        event = Event._make(fields)
        if wanted.takes(event, effective):
            yield label, queries.record(event, about)


def _made_by(index: CatalogIndex, wanted: Filter) -> str:
    """Return a condition that is true of the events whose authors are wanted, or of more."""
    if wanted.author is None:
        return ""
    everyone = index.rows("SELECT id, tagger FROM people")
    found = [str(id_) for id_, tagger in everyone if wanted.takes_author(tagger)]
    return f" AND e.tagger IN ({', '.join(found)})" if len(found) <= _MANY else ""


_MANY = 1000
"""So many people are named in a question to SQLite; of more, each event is looked at."""
