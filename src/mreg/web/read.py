"""What registries are asked for their pages; nothing else of this package asks them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache, partial
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from mreg.errors import MregError, NotFound
from mreg.net import urls
from mreg.plots.values import overlaid
from mreg.web import candidates, names, plots, redact, values
from mreg.web.values import Model, ModelPlots, SiteRepository

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from mreg.annotations.entry import Annotation
    from mreg.candidates.candidate import Candidates
    from mreg.compare.diff import Side
    from mreg.core.diagnostics import Diagnostic
    from mreg.core.queries import Version
    from mreg.policy.model import Settings
    from mreg.registry import Registry
    from mreg.registry.profile import Profile


class Choice(NamedTuple):
    """Which artifacts are shown, and what of them.

    Attributes:
        only: names or patterns; empty: all.
        exclude: names or patterns of those that are not.
        emails: whether e-mail addresses are shown.
        at: as they stood then.
        candidates: whether what could become a version is shown.
    """

    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    emails: bool = False
    at: datetime | str | None = None
    candidates: bool = False

    def takes(self, repository: str, name: str) -> bool:
        """Tell whether an artifact is shown; a pattern may name its repository, too."""
        both = (name, f"{repository}/{name}")
        wanted = not self.only or any(fnmatchcase(it, one) for one in self.only for it in both)
        return wanted and not any(fnmatchcase(it, one) for one in self.exclude for it in both)


class PageSource(NamedTuple):
    """A registry that pages are made of.

    Attributes:
        registry: the registry.
        name: what the site calls its repository.
    """

    registry: Registry
    name: str

    def repository(self) -> tuple[SiteRepository, Settings]:
        """Return what a site says of the repository, and the policy's settings."""
        found = self.registry.policy()
        branch = found.branch.rpartition("/")[2] if found.blob else ""
        stages = tuple(found.settings.stages or ())
        return SiteRepository(
            self.name, _public(self.registry.address), branch, stages
        ), found.settings

    def judges_by_inputs(self) -> bool:
        """Tell whether what the policy says of a version hangs on what it was made from."""
        _, settings = self.repository()
        return any(it.requires.inputs for it in (settings.stages or {}).values())

    def fingerprints(self, choice: Choice) -> dict[str, str]:
        """Return for each artifact that is shown a text that changes when its page may."""
        found = self.registry.fingerprints(candidates=choice.candidates)
        repository, _ = self.repository()
        mark = hashlib.sha256(repr(repository).encode()).hexdigest()[:_DIGITS]
        return {name: f"{mark} {it}" for name, it in found.items() if choice.takes(self.name, name)}

    def models(self, wanted: Sequence[str] | None, choice: Choice) -> Iterator[Model]:
        """Iterate over what pages show of artifacts; without what links them to others."""
        repository, settings = self.repository()
        found = self.registry.profiles(wanted, at=choice.at)
        while batch := [*islice(found, AT_ONCE)]:
            known = [it if choice.emails else redact.profile(it) for it in batch]
            models = [values.of_profile(it, repository, settings) for it in known]
            described = [(it.subject, it.said) for it in models if it.subject]
            cards = iter(self.registry.cards(described))
            examples = iter(self.registry.examples(described))
            made = iter(self.registry.steps_of(described))
            drawn = self._with_plots([_to_draw(*it) for it in zip(models, batch, strict=True)])
            each = zip(models, self._sides(batch), drawn, strict=True)
            for model, sides, to_draw in each:
                card, steps = (next(cards), next(made)) if model.subject else ("", ())
                example = next(examples) if model.subject else ""
                shown = sides if choice.emails else redact.sides(sides, model.profile)
                yield model._replace(
                    card=card if choice.emails else redact.text(card),
                    example=example if choice.emails else redact.text(example),
                    sides=tuple(shown),
                    steps=steps if choice.emails else redact.values(steps),
                    candidates=self._candidates(model.name, choice),
                    plots=self._plots(model, to_draw, choice),
                )

    def _candidates(self, name: str, choice: Choice) -> Candidates | None:
        """Return what could become an artifact's next version, if that is shown."""
        if not choice.candidates or choice.at is not None:
            return None
        try:
            found = self.registry.candidates(name, limit=candidates.MOST)
        except NotFound:  # of its tags, none can be read
            return None
        return found if choice.emails else redact.values(found)

    def _with_plots(self, wanted: Sequence[_ToDraw]) -> Iterator[_ToDraw | None]:
        """Iterate over artifacts' versions that are to be drawn; None where none can have plots."""
        every = [pair for it in wanted for pair in it.pairs.values()]
        known = iter(self.registry.have_plots(every) if every else ())
        for it in wanted:
            yield it if any([*islice(known, len(it.pairs))]) else None

    def _plots(self, model: Model, wanted: _ToDraw | None, choice: Choice) -> ModelPlots | None:
        """Return the plots of an artifact's newest versions, and of the one that is described."""
        if wanted is None:
            return None
        each = {tag: self.registry.plots_of([it]) for tag, it in wanted.pairs.items()}
        if not any(it.plots or it.problems for it in each.values()):
            return None
        drawn = overlaid([each[tag] for tag in wanted.overlaid])
        found = ModelPlots(drawn, tuple(each.values()))
        return found if choice.emails else redact.values(found)

    def _sides(self, profiles: Sequence[Profile]) -> Iterator[list[Side]]:
        """Iterate over the versions of artifacts, of the newest with what stands at their commits.

        To look costs as much for each version as all else that is read of it.
        """
        newest = {it.tag for one in profiles for it in one.versions[: values.MOST_LOOKED_AT]}
        pairs = [
            [*islice(zip(it.versions, it.said, strict=True), values.MOST_SIDES)] for it in profiles
        ]
        flat = [pair for found in pairs for pair in found]
        sides = iter(self.registry.sides(flat, lambda it: it.tag in newest or bool(it.current)))
        return ([*islice(sides, len(found))] for found in pairs)


class _ToDraw(NamedTuple):
    """Versions of an artifact whose plots are shown.

    Attributes:
        pairs: each with what its commit says, by its tag.
        overlaid: the tags of those that are drawn over one another.
    """

    pairs: Mapping[str, tuple[Version, Annotation | Diagnostic | None]]
    overlaid: Sequence[str]


def _to_draw(model: Model, profile: Profile) -> _ToDraw:
    pairs = [*zip(profile.versions, profile.said, strict=True)]
    active = [it for it in pairs if it[0].active]
    latest = profile.artifact.latest
    main = [it for it in pairs if model.subject and it[0].tag == model.subject.tag]
    newest = [it for it in active if latest and it[0].tag == latest.tag and it not in main]
    every = [*main, *newest, *active[: plots.MOST_VERSIONS]]
    wanted = {version.tag: (version, said) for version, said in every}
    return _ToDraw(wanted, [it.tag for it, _ in (*main, *newest)])


_DIGITS = 16
"""So many digits of a digest tell a repository's address and policy of before from those of now."""

AT_ONCE = 20
"""So many models are read at a time."""


def sources(
    registries: Sequence[Registry | PageSource], before: Callable[[], Sequence[str]]
) -> list[PageSource]:
    """Return registries with the names by which a site tells them apart.

    Args:
        registries: the registries; those that have names already keep them, if all have.
        before: returns what they were called the last time: so is one that cannot be read by now.
    """
    named = [it for it in registries if isinstance(it, PageSource)]
    plain = [it for it in registries if not isinstance(it, PageSource)]
    if not plain:
        return named
    last = cache(before)
    count = len(plain)

    def called_before(place: int) -> str:
        return last()[place] if len(last()) == count else ""

    called = names.unique(
        _name(it, partial(called_before, place)) for place, it in enumerate(plain)
    )
    return [PageSource(it, name) for it, name in zip(plain, called, strict=True)]


def _public(address: str) -> str:
    """Return an address for the commands on a page; a path is that of one machine, and is not."""
    return address if urls.looks_like(address) and not address.startswith("file:") else ""


def _name(registry: Registry, before: Callable[[], str]) -> str:
    """Return what a repository is called: the last part of its remote's URL, or its folder."""
    try:
        where = registry.address.rstrip("/")
    except MregError:
        if last := before():
            return last
        where = ""
    name = re.split(r"[/:]", where)[-1] if where else _root(registry.path.resolve()).name
    return name.removesuffix(".git").removesuffix(".bundle")


def _root(path: Path) -> Path:
    """Return the work tree that a folder is in; the folder itself where there is none."""
    return next((it for it in (path, *path.parents) if (it / ".git").exists()), path)
