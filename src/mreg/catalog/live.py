"""The served pages of a catalog, brought up to date by its refreshes."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from mreg.catalog.catalog import Catalog
from mreg.catalog.index import CatalogIndex, RepositoryState
from mreg.catalog.members import CatalogMember, registry
from mreg.catalog.refresher import Refresher, RefreshOutcome
from mreg.core.tables import first_line
from mreg.errors import MregError, UsageError
from mreg.net.network import QUIET, Network
from mreg.system import cache
from mreg.web.read import Choice, PageSource
from mreg.web.site import SitePlan
from mreg.web.ui.application import ServedPages
from mreg.web.ui.pages import Edition, LivePages, NotReady


class MemberSource(PageSource):
    """A repository of a catalog as a refresh found it; its fingerprints are read once."""

    @cached_property
    def _known(self) -> dict[Choice, dict[str, str]]:
        return {}

    def fingerprints(self, choice: Choice) -> dict[str, str]:
        """Return for each artifact that is shown a text that changes when its page may."""
        same = choice._replace(at=None)  # fingerprints are of the present, whatever time is shown
        if same not in self._known:
            self._known[same] = super().fingerprints(same)
        return self._known[same]


class CatalogEditions(LivePages):
    """The pages of a catalog's repositories, made anew when a refresh finds something new.

    Attributes:
        refresher: what refreshes the catalog.
        is_ready: whether there is anything to show: the first round is over, or the index has all
            repositories from an earlier one.
    """

    refresher: Refresher

    def __init__(
        self,
        catalog: Catalog,
        *,
        title: str | None,
        choice: Choice,
        base: str = "",
        network: Network,
    ) -> None:
        """Prepare the pages; nothing is read yet.

        Args:
            catalog: the catalog.
            title: what the pages are called; else as its file says.
            choice: which artifacts are shown.
            base: as for `LivePages`.
            network: how to behave towards the network.
        """
        title = title or catalog.title or "Models"
        super().__init__((), title=title, choice=choice, base=base)
        self.is_ready = False
        self._catalog = catalog
        self._network = network
        self._states: dict[str, str] = {}
        self._times: dict[str, int] = {}

    def state(self) -> str:
        """Return a text that changes whenever a page may."""
        return hashlib.sha256(repr(self._states).encode()).hexdigest()[:32]

    def edition(self, at: str = "") -> Edition:
        """Return the pages as of a time: see `LivePages.edition`."""
        if not self.is_ready:
            found = self.refresher.members
            raise NotReady(self.refresher.done, len(found.known) if found else 0, "repositories")
        return super().edition(at)

    def recall(self) -> None:
        """Show what the index has from an earlier round, if it has all repositories."""
        members = self.refresher.members
        if self.is_ready or not members or not self._catalog.index.exists():
            return
        with suppress(MregError):  # of another version of mreg: the round makes it anew
            with CatalogIndex.reading(self._catalog.index) as index:
                known = {it.repository for it in index.states()}
            if known.issuperset(it.label for it in members.known):
                self.renew()
                self.is_ready = True

    def renew(self, changed: Iterable[str] = ()) -> tuple[RepositoryState, ...]:
        """Show what the index says now, and return the repositories that cannot be read.

        Args:
            changed: labels of repositories to show anew even if the index says the same of them.
        """
        with CatalogIndex.reading(self._catalog.index) as index:
            marks, failing = index.marks(), index.failing()
        members = self.refresher.members
        known = {it.label: it for it in members.known} if members else {}
        faulty = {it.repository: str(it.failing) for it in failing}
        # What the pages could not read, though the refresh could, is tried again.
        for it in {*changed, *(self.unread - faulty.keys())}:
            self._times[it] = self._times.get(it, 0) + 1
        # Until the first round is over, pages show what was read before, and ask no remote.
        asked = "" if self.refresher.is_first else "asked"
        states = {
            label: f"{marks.get(f'{label} {it.shown}', '')} {self._times.get(label, 0)}"
            f" {faulty.get(label, '')} {asked} {it.address}"
            for label, it in known.items()
        }
        sources = {it.name: it for it in self.sources}
        self.sources = [
            sources[label]
            if label in sources and self._states.get(label) == state
            else self._source(known[label], ask=bool(asked) and label not in faulty)
            for label, state in states.items()
        ]
        # Last: pages that are made meanwhile must not pass for those of the new state.
        self._states = states
        return failing

    def _source(self, it: CatalogMember, *, ask: bool) -> MemberSource:
        # Pages show what the refresh read: a remote is asked once, not for each page, and one that
        # is failing is not asked at all.
        network = self._network._replace(asking="once" if ask else "never")
        return MemberSource(registry(it, network), it.label)

    def _file(self, plan: SitePlan) -> Path:
        """Return where what these pages are made of is kept; deleting it changes no page."""
        place = repr((str(self._catalog.index), plan.digest))
        digest = hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        return cache.folder() / "pages" / f"{digest}.json"


class CatalogPages(ServedPages):
    """The application that serves a catalog, and refreshes it while the block lasts.

    Attributes:
        refresher: what refreshes it.
        index: the file of its index.
    """

    pages: CatalogEditions

    def __init__(
        self,
        catalog: Catalog,
        *,
        every: float,
        report: Callable[[RefreshOutcome], None],
        bug: Callable[[Exception], None],
        choice: Choice,
        title: str | None = None,
        base: str = "",
        read_only: str = "",
        names_places: bool = False,
        network: Network = QUIET,
    ) -> None:
        """Prepare it; nothing is read yet.

        Args:
            catalog: the catalog.
            every: the seconds between two rounds of refreshing.
            report: called with the outcome of each refresh, in the thread that refreshes.
            bug: called with any error that is a bug in mreg, likewise.
            choice: which artifacts are shown.
            title: what the pages are called; else as the catalog's file says.
            base: the address of the pages for their readers, for feeds.
            read_only: why nobody may act; empty where they may.
            names_places: whether a model's page says by which command to act, and so where its
                repository is.
            network: how to behave towards the network.
        """
        pages = CatalogEditions(catalog, title=title, choice=choice, base=base, network=network)
        super().__init__(pages, read_only=read_only)
        self.refresher = pages.refresher = Refresher(
            catalog, every, looked_up=pages.recall, report=self._refreshed, bug=bug
        )
        self._catalog = catalog
        self.index = catalog.index
        self._names_places = names_places
        self._report = report

    def __enter__(self) -> CatalogPages:
        """Start refreshing."""
        self.refresher.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Stop refreshing, along with what is being read."""
        self.refresher.end()

    def _refreshed(self, found: RefreshOutcome) -> None:
        if found.report:
            changed = {*found.report.read}
            if found.reason == "push":  # perhaps to a branch, which the index knows nothing of
                changed.update(found.labels)
            with suppress(MregError):  # somebody removed the index; the next refresh makes one
                self._trouble = _trouble(self.pages.renew(changed))
            self.pages.is_ready = self.pages.is_ready or not self.refresher.is_first
        elif not self.pages.is_ready:  # whoever waits for the pages is told what keeps them
            self._trouble = {"": first_line(found.error)}
        self._report(found)

    def elsewhere(self, source: PageSource) -> str:
        """Return the command that opens a repository alone, where pages tell where that is."""
        members = self.refresher.members
        known = members.known if members and self._names_places else ()
        where = next((it.shown for it in known if it.label == source.name), "")
        return shlex.join(["mreg", "ui", "--repo", where]) if where else ""

    def _search(self, text: str, at: str) -> dict[str, Any]:
        """Return the pages of the models that have a matching version, by the index."""
        if at:
            return super()._search(text, at)
        pages = self.pages.edition().pages()
        try:
            hits = self._catalog.search(text).found
            latest = self._catalog.search(text, latest=True).found
        except UsageError as error:
            return {"wrong": "; ".join(filter(None, (str(error), error.hint)))}
        wanted = {(it.repository, it.version.artifact) for it in hits if it.version.current}
        wanted |= {(it.repository, it.version.artifact) for it in latest}
        return {"pages": sorted({pages[it] for it in wanted if it in pages})}


def _trouble(failing: tuple[RepositoryState, ...]) -> dict[str, str]:
    """Return what the corner of a page says of repositories that cannot be read."""
    if not failing:
        return {}
    it, more = failing[0], f", and {len(failing) - 1} more" if failing[1:] else ""
    return {it.repository: f"{it.repository}: {first_line(it.reason)}{more}"}
