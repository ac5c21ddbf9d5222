"""The pages that are served: those of a site, in memory, as the registries are at the moment.

The builder of sites makes them. What it keeps from one build to the next is kept here, so only what
changed is read; the pages of a model are made when they are first asked for.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, NamedTuple

from mreg.core import times
from mreg.core.tables import first_line
from mreg.errors import MregError, NotFound
from mreg.system import cache
from mreg.web import documents, links, read, rows
from mreg.web import folder as disk
from mreg.web.dashboard import Index
from mreg.web.folder import SiteFile
from mreg.web.read import Choice, PageSource
from mreg.web.site import MOST_OPEN, Builder, SitePlan

if TYPE_CHECKING:
    from mreg.registry import Registry

MODELS = "m/"
"""What the files of models begin with."""

MOST_BYTES = 64 << 20
"""How many bytes of models' files are kept at a time, those made last."""

MOST_EDITIONS = 4
"""For how many points in time pages are kept."""

PATIENCE = 2.0
"""How many seconds a reader waits for pages before being shown the progress."""

SLOW = 2.0
"""Pages that took more seconds than this to make are kept for the next start."""


class NotReady(Exception):
    """Pages are being made for the first time.

    Attributes:
        done: how many models were read.
        total: of how many.
        what: models, or what else is read first.
    """

    def __init__(self, done: int, total: int, what: str = "models") -> None:
        super().__init__(f"read {done} of {total} {what}")
        self.done = done
        self.total = total
        self.what = what


class MemoryPlace:
    """A site in memory; the files of models are made when they are asked for.

    Attributes:
        written, removed, kept: as of a `SitePlace`.
    """

    def __init__(self, before: MemoryPlace | None = None) -> None:
        """Start empty, or with what another place has."""
        self.written: list[str] = []
        self.removed: list[str] = []
        self.kept: dict[str, Any] = before.kept if before else {}
        self._files: dict[str, bytes] = dict(before._files) if before else {}
        self._of_models: dict[str, dict[str, bytes]] = dict(before._of_models) if before else {}

    @classmethod
    def recalled(cls, file: Path | None) -> MemoryPlace:
        """Return what an earlier server of the same pages kept, if making them took long."""
        found = cls()
        held = disk.recalled(file) if file else {}
        found.kept = held.get("kept", {})
        found._files = {name: it.encode() for name, it in held.get("files", {}).items()}
        return found

    def remember(self, file: Path) -> None:
        """Keep what the next server of the same pages can start with.

        Raises:
            OSError: it cannot be written.
        """
        held = {name: it.decode("utf-8", "replace") for name, it in self._files.items()}
        disk.remember(file, {"kept": self.kept, "files": held})

    @property
    def is_as_kept(self) -> bool:
        """Whether the files of models are there, or can be made: that they can."""
        return True

    def has(self, name: str) -> bool:
        """Tell whether there is a file, or can be made."""
        return name in self._files or name.startswith(MODELS)

    def read(self, name: str) -> bytes | None:
        """Return a file; None where there is none, or it is to be made."""
        if not name.startswith(MODELS):
            return self._files.get(name)
        return self._of_models.get(_folder(name), {}).get(name)

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file."""
        self._files[name] = _raw(content)

    def renew(self, folder: str, found: Iterable[SiteFile]) -> None:
        """Forget the files of a model, which have changed."""
        self._of_models.pop(folder, None)

    def hold(self, folder: str, found: Iterable[SiteFile]) -> None:
        """Keep the files that were made of a model, and drop the oldest if they are too many."""
        self._of_models[folder] = {name: _raw(content) for name, content in found}
        sizes = {key: sum(map(len, it.values())) for key, it in self._of_models.items()}
        total = sum(sizes.values())
        for key in [*sizes][:-1]:
            if total > MOST_BYTES:
                total -= sizes[key]
                del self._of_models[key]

    def keep(self, values: dict[str, Any]) -> None:
        """Keep values for the next build."""
        self.kept = values

    def clean(self, wanted: set[str]) -> None:
        """Remove what the site no longer has."""
        for name in self._files.keys() - wanted:
            del self._files[name]
        held = {it.rpartition("/")[0] for it in wanted if it.startswith(MODELS)}
        for folder in self._of_models.keys() - held:
            del self._of_models[folder]


def _folder(name: str) -> str:
    """Return the folder of the model that a file is of."""
    return "/".join(name.split("/")[:3])


def _raw(content: str | bytes) -> bytes:
    return content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content


class ModelPlace(NamedTuple):
    """Where a model is, and its state as its page shows it.

    Attributes:
        source: its repository.
        name: its name.
        seen: a text that changes whenever anything of the model does.
        page: its page, from the site's root.
    """

    source: PageSource
    name: str
    seen: str
    page: str


class Edition:
    """The pages as of now, or of a time; brought up to date in a thread of their own.

    Attributes:
        state: the state of the registries that they show.
        unread: the repositories that could not be read for them, and are shown as they were.
    """

    def __init__(
        self,
        sources: Callable[[], Sequence[PageSource]],
        plan: SitePlan,
        file: Path | None = None,
    ) -> None:
        """Prepare pages; what is to be there when the program is started again goes into a file."""
        self._file = file
        self._sources = sources
        self._plan = plan._replace(progress=self._progress)
        self._place = MemoryPlace()
        self._lock = Lock()
        self._making = Lock()
        self.state = ""
        self.unread: frozenset[str] = frozenset()
        self._work: Event | None = None
        self._done = (0, 0)
        self._error: Exception | None = None

    def refresh(self, state: str) -> None:
        """Bring the pages up to date with a state of the registries, or wait while that is done.

        Raises:
            NotReady: they are not there yet.
            MregError: they cannot be made.
        """
        with self._lock:
            if state == self.state:
                self._error = None
            elif self._work is None:
                self._work = Event()
                Thread(target=self._build, args=(state, self._work), daemon=True).start()
            work = self._work
        if work:
            work.wait(PATIENCE)
        if not self._place.kept:
            if self._error and self._work is None:
                raise self._error
            raise NotReady(*self._done)

    def _build(self, state: str, work: Event) -> None:
        error: Exception | None = None
        began = time.monotonic()
        try:
            known = self._place if self.state else MemoryPlace.recalled(self._file)
            place = MemoryPlace(known)
            with ExitStack() as open_:
                for it in (sources := self._sources())[:MOST_OPEN]:
                    open_.enter_context(it.registry)
                report = Builder(place, sources, self._plan).build("")
        except Exception as found:  # raised where a page is asked for
            error = found
        with self._lock:
            self._error = error
            if error is None:
                self._place, self.state = place, state
                self.unread = frozenset(it.repository for it in report.unread)
            self._work = None
        work.set()
        if error is None and self._file and time.monotonic() - began > SLOW:
            with suppress(OSError):  # then they are made anew the next time
                place.remember(self._file)

    @property
    def trouble(self) -> str:
        """Why the pages are not those of now; empty if they are."""
        return first_line(str(self._error)) if self._error else ""

    def _progress(self, done: int, total: int) -> None:
        self._done = (done, total)

    def file(self, name: str) -> bytes | None:
        """Return a file of the site; None where there is none."""
        place = self._place
        if (found := place.read(name)) is not None or not name.startswith(MODELS):
            return found
        model = self.model(_folder(name))
        if model is None:
            return None
        with self._making:
            if (found := place.read(name)) is None:
                folder = model.page.rpartition("/")[0]
                place.hold(folder, self._made(place, model))
                found = place.read(name)
        return found

    def _made(self, place: MemoryPlace, model: ModelPlace) -> Iterable[SiteFile]:
        graph = links.Graph.of(place.kept["models"])
        with model.source.registry:
            for it in model.source.models([model.name], self._plan.choice):
                yield from documents.of_model(graph.linked(it), self._plan.title, self._plan.base)

    def model(self, folder: str) -> ModelPlace | None:
        """Return the model whose folder it is."""
        for repository, models in self._place.kept.get("models", {}).items():
            for name, it in models.items():
                if it["row"]["page"].rpartition("/")[0] == folder:
                    page = it["row"]["page"]
                    found = (one for one in self._sources() if one.name == repository)
                    return next((ModelPlace(one, name, it["print"], page) for one in found), None)
        return None

    def index(self) -> Index:
        """Return what the pages that list all models are made of."""
        models = self._place.kept.get("models", {})
        every = [it["row"] for found in models.values() for it in found.values()]
        shown = tuple(rows.ordered(every))
        return Index(self._plan.title, shown, tuple(sorted(models)), (), rows.newest(every))

    def pages(self) -> dict[tuple[str, str], str]:
        """Return the page of each model, by repository and name."""
        return {
            (repository, name): it["row"]["page"]
            for repository, models in self._place.kept.get("models", {}).items()
            for name, it in models.items()
        }


class LivePages:
    """The pages of registries, now and as of other times.

    Attributes:
        sources: the registries, with what the site calls them.
        title: what the site is called.
    """

    def __init__(
        self,
        registries: Sequence[Registry | PageSource],
        *,
        title: str | None = None,
        choice: Choice,
        base: str = "",
    ) -> None:
        """Prepare the pages of registries; nothing is read yet.

        Args:
            registries: the registries; a `PageSource` brings its own name.
            title: what the pages are called.
            choice: which artifacts are shown.
            base: the address that readers use, with a slash at its end, for feeds.
        """
        self.sources: Sequence[PageSource] = read.sources(registries, tuple)
        self.title = title or (self.sources[0].name if len(self.sources) == 1 else "Models")
        self._choice = choice
        self._base = base
        self._editions: OrderedDict[str, Edition] = OrderedDict()
        self._by_url: dict[str, str] = {}
        self._lock = Lock()

    def state(self) -> str:
        """Return a text that changes whenever a page may."""
        found = [self._by_url.get(it.name) or self.look(it) for it in self.sources]
        return hashlib.sha256(repr(found).encode()).hexdigest()[:32]

    def look(self, source: PageSource) -> str:
        """Return the state of a registry; that of one by URL is kept until the next look."""
        try:
            found = _state(source.registry)
        except MregError as error:
            found = str(error)
        if source.registry.by_url:
            self._by_url[source.name] = found
        return found

    def edition(self, at: str = "") -> Edition:
        """Return the pages as of a time, brought up to date; of now without one.

        Raises:
            InvalidTime: it is none.
            NotReady: they are not there yet.
            MregError: they cannot be made.
        """
        with self._lock:
            found = self._editions.get(at)
            if found is None:
                choice = self._choice._replace(at=moment(at) if at else None)
                plan = SitePlan(self.title, self._base, choice)
                found = Edition(lambda: self.sources, plan, None if at else self._file(plan))
                self._editions[at] = found
            self._editions.move_to_end(at)
            while len(self._editions) > MOST_EDITIONS:
                oldest = next(it for it in self._editions if it)
                del self._editions[oldest]
        found.refresh(self.state())
        return found

    @property
    def unread(self) -> frozenset[str]:
        """The repositories that could not be read for the pages as of now."""
        found = self._editions.get("")
        return found.unread if found else frozenset()

    def _file(self, plan: SitePlan) -> Path:
        """Return where what these pages are made of is kept; deleting it changes no page."""
        places = [str(it.registry.path) for it in self.sources]
        digest = hashlib.sha256(repr((places, plan.digest)).encode()).hexdigest()[:32]
        return cache.folder() / "pages" / f"{digest}.json"

    def here(self, folder: str) -> ModelPlace:
        """Return the model whose folder it is, as its page shows it now.

        Raises:
            NotFound: there is none.
        """
        found = self.edition().model(folder)
        if found is None:
            raise NotFound("this model no longer exists", hint="go back to the list of models")
        return found

    def seen_now(self, model: ModelPlace) -> str:
        """Return in which state a model is now."""
        now = PageSource(model.source.registry, model.source.name)
        return now.fingerprints(self._choice).get(model.name, "")


def moment(at: str) -> datetime:
    """Return the time that a text means.

    Raises:
        InvalidTime: it means none.
    """
    return times.moment(times.meant(at))


def _state(registry: Registry) -> str:
    with registry:
        found = registry.fingerprint()
        return found if found is not None else repr(registry.fingerprints())
