"""Building a site: all of it once, then what changed.

What is kept between two builds stands in the site's own folder: of each model its fingerprint, its
row in the index, and which models it was made from. A model is read anew where its fingerprint is
another one, or something that its page shows of others is. So the same registries make the same
bytes, whichever builds came before.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import datetime
from functools import cache, partial
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from mreg import __version__
from mreg.core import times
from mreg.core.diagnostics import Diagnostic
from mreg.errors import MregError, UsageError
from mreg.net import urls
from mreg.render import json
from mreg.web import (
    activity,
    activity_page,
    compare_page,
    dashboard,
    documents,
    feeds,
    frame,
    links,
    plots,
    read,
    readers,
    rows,
    stages,
    waiting,
)
from mreg.web.activity import Activity, Counts, Key
from mreg.web.folder import MARK, SiteFolder, SitePlace
from mreg.web.options import SiteReport, Unread
from mreg.web.read import Choice, PageSource
from mreg.web.values import Model

if TYPE_CHECKING:
    from mreg.registry import Registry

Progress = Callable[[int, int], None]
T = TypeVar("T")

Kept: TypeAlias = dict[str, Any]
"""What is kept of a model: `print`, its fingerprint; `row`, its row in the index; `inputs`, what
it was made from; `uses`, what any of its versions was; `shows`, a digest of what its page shows
of others; `months`, of the events of each month a digest and how many there are; `own`, the
files of its plots; `lacks`, whether some of these could not be read."""

_ASSETS = """
    icon.svg mreg.js dashboard.js model.js compare.js plots.js
    style.css dashboard.css model.css compare.css lists.css plots.css
"""
ASSETS = {it: f"a/{it}" for it in _ASSETS.split()}


def _nobody(_: int, __: int) -> None:
    """Tell nobody."""


class SitePlan(NamedTuple):
    """What a site is to be.

    Attributes:
        title: what it is called.
        base: the address that it will have, with a slash at its end; or nothing.
        choice: which artifacts it shows.
        progress: is told how many of how many models were read.
    """

    title: str
    base: str
    choice: Choice
    progress: Progress = _nobody

    @property
    def digest(self) -> str:
        """What all pages hang on besides the registries."""
        at = self.choice.at
        parts = (_program(), self.title, self.base, self.choice._replace(at=str(at)))
        return hashlib.sha256(repr(parts).encode()).hexdigest()


def build(
    folder: str | os.PathLike[str],
    registries: Sequence[Registry | PageSource],
    *,
    title: str | None = None,
    base_url: str | None = None,
    at: datetime | str | None = None,
    emails: bool = False,
    only: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    candidates: bool = False,
    progress: Progress | None = None,
) -> SiteReport:
    """Write registries as pages into a folder, or bring the pages there up to date.

    A repository that cannot be read keeps the pages that it has; of one alone it is an error.

    Args:
        folder: the folder; it is made if it is not there.
        registries: the registries; those with a name of their own are called so.
        title: as for `mreg.web.options.SiteOptions`, like all that follow.
        base_url: likewise.
        at: likewise.
        emails: likewise.
        only: likewise.
        exclude: likewise.
        candidates: likewise.
        progress: likewise.

    Raises:
        Refused: the folder holds something else than a site.
        UsageError: there is no registry, the folder has no name, or the address is none.
        MregError: the only registry cannot be read.
    """
    if not os.fspath(folder):
        raise UsageError(
            "the folder has no name", hint="choose another folder, such as `mreg site pages`"
        )
    if not registries:
        raise UsageError("a site needs at least one registry", hint="use --repo PATH")
    if isinstance(at, str):
        at = times.moment(times.meant(at))
    base = base_of(base_url)
    choice = Choice(tuple(only), tuple(exclude), emails, at, candidates)
    with ExitStack() as open_:
        place = open_.enter_context(SiteFolder.held(folder))
        sources = read.sources(registries, lambda: place.kept.get("repositories", ()))
        name = title or (sources[0].name if len(sources) == 1 else "Models")
        plan = SitePlan(name, base, choice, progress or _nobody)
        for it in sources[:MOST_OPEN]:
            open_.enter_context(it.registry)
        seal = _seal(plan, sources)
        if (models := place.stands(seal)) is not None:
            return SiteReport(os.fspath(folder), models, (), (), (), ())
        return Builder(place, sources, plan, seal).build(os.fspath(folder))


MOST_OPEN = 16
"""So many registries are held open for a whole build: of each, one Git process answers for all."""


def _seal(plan: SitePlan, sources: Sequence[PageSource]) -> str:
    """Return a text that stands for all that a site shows; empty where only reading can tell."""
    parts = [plan.digest]
    for it in sources:
        try:
            known = it.registry.fingerprint()
        except MregError:
            known = None
        if known is None:
            return ""
        parts += (it.name, known)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def base_of(url: str | None) -> str:
    """Return the address that a site will have, with a slash at its end; nothing without one.

    Raises:
        UsageError: it is none.
    """
    if not url:
        return ""
    if not url.startswith(("https://", "http://")) or any(it.isspace() for it in url):
        raise UsageError(
            f"{url!r} is not the address of a site",
            hint="write an address such as https://models.example.com/",
        )
    if urls.without_secrets(url) != url:
        raise UsageError(
            f"the address {urls.mask(url)} contains a user name or a password, which all "
            "readers would see",
            hint="omit it; browsers ask readers for their login",
        )
    return url if url.endswith("/") else f"{url}/"


@cache
def _program() -> str:
    """Return what the pages are made by: another program makes them all anew."""
    digest = hashlib.sha256(__version__.encode())
    for it in sorted(resources.files("mreg.web").iterdir(), key=lambda it: it.name):
        if it.is_file():
            digest.update(it.read_bytes())
    for name in sorted(ASSETS):
        digest.update(asset(name))
    return digest.hexdigest()


@cache
def asset(name: str) -> bytes:
    """Return a file that every site has, without comments and what its lines are moved in by.

    That is safe where no text goes over several lines, and no comment but over whole ones, as a
    test sees to. In a style sheet, whose texts have none of its marks, the blanks beside these go.
    """
    raw = resources.files("mreg.web").joinpath("assets", name).read_bytes()
    if not name.endswith((".js", ".css")):
        return raw
    lines = (it.strip() for it in raw.splitlines())
    plain = b"".join(it + b"\n" for it in lines if it and not it.startswith((b"//", b"/*")))
    return re.sub(rb" ?([{};,]) ?|(?<=:) ", rb"\1", plain) if name.endswith(".css") else plain


def _held(source: PageSource, read: Callable[[PageSource], Iterable[T]]) -> Iterator[T]:
    """Iterate over what is read of a repository, which is held open meanwhile."""
    with source.registry:
        yield from read(source)


def _files(it: Kept) -> set[str]:
    """Return the files of a model."""
    return {*documents.files(it["row"]["page"]), *it["own"]}


class Builder:
    """One build: what was kept of the last, what is known by now, what is to be there."""

    def __init__(
        self,
        folder: SitePlace,
        sources: Sequence[PageSource],
        plan: SitePlan,
        seal: str = "",
    ) -> None:
        """Begin a build.

        Args:
            folder: where the site is.
            sources: the registries.
            plan: what it is to be.
            seal: stands for what is about to be read; where it is the same the next time, nothing
                is read.
        """
        self.folder = folder
        self.sources = {it.name: it for it in sources}
        self.plan = plan
        self.seal = seal
        same = folder.kept.get("plan") == plan.digest
        self.before: Mapping[str, dict[str, Kept]] = folder.kept.get("models", {}) if same else {}
        self._all_there = folder.is_as_kept
        self.now: dict[str, dict[str, Kept]] = {}
        self.activity = Activity(folder, folder.kept.get("months", {}) if same else {})
        self.unread: list[Unread] = []
        self.problems: list[Diagnostic] = []
        self.done = 0

    def build(self, shown: str) -> SiteReport:
        """Build the site, and return what became of it."""
        choice = self.plan.choice
        changed = {
            name: self._changed(self.sources[name], found)
            for name, found in self._each(self.sources, lambda it: [it.fingerprints(choice)])
        }
        if not self.folder.has(MARK):  # one that is not finished is a site all the same
            self.folder.keep({})
        total = sum(map(len, changed.values()))
        self._read(changed, total)
        for more in (self._differing, self._lacking):
            wanted = more()
            total += sum(map(len, wanted.values()))
            self._read(wanted, total)
        wanted_files, months = self._happened()
        wanted_files |= self._common()
        for models in self.now.values():
            for it in models.values():
                wanted_files |= _files(it)
        self.folder.clean(wanted_files)
        own = sorted(it for it in wanted_files if "/" not in it)
        kept = {
            "plan": self.plan.digest,
            "repositories": list(self.sources),
            "months": months,
            "models": self.now,
            "files": own,
            "whole": not self.unread,
            "seal": self._sealed(),
        }
        self.folder.keep(kept)
        return SiteReport(
            shown,
            sum(map(len, self.now.values())),
            tuple(sorted(set(self.folder.written))),
            tuple(self.folder.removed),
            tuple(self.unread),
            tuple(self.problems),
        )

    def _sealed(self) -> str:
        """Return the seal; none where what could not be read may be there the next time."""
        models = (it for models in self.now.values() for it in models.values())
        whole = not self.unread and not any(it["row"]["problems"] or it["lacks"] for it in models)
        return self.seal if whole else ""

    def _each(
        self, names: Iterable[str], read: Callable[[PageSource], Iterable[T]]
    ) -> Iterator[tuple[str, Iterator[T]]]:
        """Iterate over repositories with what is read of each; those by URL side by side."""
        wanted = [(self.sources[it], partial(_held, self.sources[it], read)) for it in names]
        by_url = [reader for it, reader in wanted if it.registry.by_url]
        apart = by_url if len(by_url) > 1 else []
        with closing(readers.side_by_side(apart)) as found:
            for it, reader in wanted:
                yield it.name, next(found) if apart and it.registry.by_url else reader()

    def _changed(self, source: PageSource, found: Iterator[dict[str, str]]) -> list[str]:
        """Return the models of a repository that are to be read; note what is known of others."""
        before = self.before.get(source.name, {})
        try:
            (prints,) = found
        except MregError as error:
            self._lacks(source.name, error)
            self.now[source.name] = dict(before)
            return []
        kept = {
            name: it
            for name, it in before.items()
            if prints.get(name) == it["print"] and (self._all_there or self._is_there(it))
        }
        changed = prints.keys() - kept.keys()
        # What could not be read may be there by now: an object, or a file in DVC's cache.
        changed |= {name for name, it in kept.items() if it["row"]["problems"] or it["lacks"]}
        if changed and source.judges_by_inputs():
            changed |= {name for name, it in kept.items() if not changed.isdisjoint(it["uses"])}
        self.now[source.name] = {name: kept.get(name, {"print": it}) for name, it in prints.items()}
        return sorted(changed)

    def _is_there(self, it: Kept) -> bool:
        return all(map(self.folder.has, _files(it)))

    def _lacks(self, repository: str, error: MregError) -> None:
        """Note that a repository cannot be read; of one alone there is no site then."""
        if len(self.sources) == 1:
            raise error
        self.unread.append(Unread(repository, str(error).partition("\n")[0]))

    def _read(self, wanted: Mapping[str, list[str]], total: int) -> None:
        """Read models, write their pages, and keep what the site shows of them elsewhere."""
        some = [name for name, models in wanted.items() if models]
        choice = self.plan.choice
        for name, models in self._each(some, lambda it: it.models(wanted[it.name], choice)):
            graph = links.Graph.of(self.now)
            found: set[str] = set()
            waiting: list[Model] = []
            try:
                for model in models:
                    found.add(model.name)
                    self._take(name, model, graph)
                    waiting.append(model)
                    if len(waiting) == read.AT_ONCE:
                        self._write(waiting, graph, total)
                        waiting.clear()
            except MregError as error:
                self._lacks(name, error)
                self._keep_as_it_was(name, {*wanted[name]} - found)
            else:
                for it in {*wanted[name]} - found:  # it is gone since the fingerprints were taken
                    del self.now[name][it]
            self._write(waiting, graph, total)

    def _take(self, repository: str, model: Model, graph: links.Graph) -> None:
        """Keep what the site shows of a model elsewhere than on its own pages."""
        found = {
            "row": rows.of_model(model),
            "inputs": links.inputs(model),
            "uses": links.uses(model),
            "months": self.activity.take(model),
            "own": plots.names(model),
            "lacks": plots.lacks_some(model),
        }
        # What was kept for this time stays as it was.
        kept = self.now[repository][model.name] | json.plain(found)
        self.now[repository][model.name] = kept
        graph.add(repository, model.name, kept)

    def _write(self, models: Iterable[Model], graph: links.Graph, total: int) -> None:
        """Write the pages of models.

        Those that were read together come together: what was made from a model mostly lies in the
        same folder, and its page is written once so.
        """
        title, base = self.plan.title, self.plan.base
        for model in models:
            linked = graph.linked(model)
            self.now[model.repository.name][model.name]["shows"] = links.digest(linked)
            self.folder.renew(model.folder, documents.of_model(linked, title, base))
            self.problems += model.profile.problems
            self.done += 1
            self.plan.progress(self.done, max(total, self.done))

    def _keep_as_it_was(self, repository: str, names: set[str]) -> None:
        """Take models that cannot be read for what they were; those that are new are left out."""
        before, now = self.before.get(repository, {}), self.now[repository]
        for it in (it for it in names if "row" not in now[it]):
            if it in before:
                now[it] = before[it]
            else:
                del now[it]

    def _differing(self) -> dict[str, list[str]]:
        """Return the models whose pages show something of others that is another thing by now."""
        graph = links.Graph.of(self.now)
        found: dict[str, list[str]] = {}
        unread = {it.repository for it in self.unread}
        linked_alike = self._are_linked_as_before()
        for repository, models in self.now.items():
            before = self.before.get(repository, {})
            for name, it in models.items():
                if repository in unread or (linked_alike and it is before[name]):
                    continue
                if graph.digest(repository, name, it) != it["shows"]:
                    found.setdefault(repository, []).append(name)
        return {repository: sorted(names) for repository, names in found.items()}

    def _are_linked_as_before(self) -> bool:
        """Tell whether no page can show of another model what it did not show before."""
        before, now = self.before, self.now
        return (
            self.folder.kept.get("whole", False)
            and before.keys() == now.keys()
            and all(
                known.keys() == now[repository].keys()
                and all(
                    it is known[name] or links.alike(it, known[name])
                    for name, it in now[repository].items()
                )
                for repository, known in before.items()
            )
        )

    def _lacking(self) -> dict[str, list[str]]:
        """Return the models that are read for the months that their events are in."""
        unread = {it.repository for it in self.unread}
        found: dict[str, list[str]] = {}
        for repository, name in sorted(self.activity.lacking(*self._counts())):
            if repository not in unread:
                found.setdefault(repository, []).append(name)
        return found

    def _counts(self) -> tuple[dict[Key, Counts], dict[Key, Counts]]:
        """Return what was kept of all models' months, and what is to be kept."""
        before, now = (
            {(place, name): it["months"] for place in known for name, it in known[place].items()}
            for known in (self.before, self.now)
        )
        return before, now

    def _happened(self) -> tuple[set[str], dict[str, str]]:
        """Write what happened, and the feed of it; return the files, and what to keep of months."""
        before, now = self._counts()
        renewed, kept = self.activity.renewed(before, now)
        for month, data in renewed:
            self.folder.write(activity.data(month.name), data)
            found = self.activity.of(month.name) or []
            page = activity_page.page(month, found, self.plan.title)
            self.folder.write(activity.page(month.name), page)
        known = activity.months(now)
        shared = activity_page.files(known, self.plan.title)
        for name, content in shared:
            self.folder.write(name, content)
        newest = self.activity.newest(now, feeds.MOST)
        feed = feeds.of_site(newest, self.plan.title, self.plan.base)
        self.folder.write(*feed)
        files = {place(it.name) for it in known for place in (activity.page, activity.data)}
        return files | {feed[0], *(name for name, _ in shared)}, kept

    def _common(self) -> set[str]:
        """Write what is no model's own, and return its files."""
        found: list[tuple[str, str | bytes]] = [
            (path, asset(name)) for name, path in ASSETS.items()
        ]
        every = [it["row"] for models in self.now.values() for it in models.values()]
        index = dashboard.Index(
            self.plan.title,
            tuple(rows.ordered(every)),
            tuple(sorted(self.sources)),
            tuple(self.unread),
            self._as_of(),
            self.plan.base,
        )
        found += dashboard.files(index)
        found += waiting.files(index)
        found += stages.files(index)
        found.append((frame.COMPARE, compare_page.page(self.plan.title)))
        found.append((".nojekyll", b""))
        for name, content in found:
            self.folder.write(name, content)
        return {name for name, _ in found}

    def _as_of(self) -> datetime | None:
        """Return the time as of which the site is: one that was asked for, or the newest event."""
        if isinstance(self.plan.choice.at, datetime):
            return self.plan.choice.at
        return rows.newest(it["row"] for models in self.now.values() for it in models.values())
