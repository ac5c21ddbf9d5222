"""What pages show, as values: nothing here knows of Git, files or HTML."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from mreg.core import stages
from mreg.core.tables import NOTHING
from mreg.render import numbers
from mreg.web import names

if TYPE_CHECKING:
    from mreg.annotations.entry import Annotation, Input
    from mreg.candidates.candidate import Candidates
    from mreg.compare.comparison import Comparison
    from mreg.compare.diff import Side
    from mreg.core.directions import Direction
    from mreg.core.queries import Version
    from mreg.core.tenures import Tenure
    from mreg.dvc.lockfile import LockedStage
    from mreg.plots.values import Plots
    from mreg.policy.model import Settings
    from mreg.registry.profile import Profile

WEEK = 7 * 24 * 60 * 60

MOST_SIDES, MOST_LOOKED_AT = 200, 20
"""So many versions of a model can be compared, the newest; and of so many, and of those in a stage,
it is looked what stands at their commits."""


class SiteRepository(NamedTuple):
    """A repository on the site.

    Attributes:
        name: what the site calls it.
        address: where it is, for commands; empty where only this machine knows.
        branch: the branch at whose tip the policy stands; empty where there is no policy.
        stages: the policy's stages, in its order.
    """

    name: str
    address: str = ""
    branch: str = ""
    stages: tuple[str, ...] = ()


class Bounded(NamedTuple):
    """What a policy demands of a metric for a stage, such as ">= 0.9" for prod."""

    stage: str
    operator: str
    value: float


class MetricPast(NamedTuple):
    """A metric over an artifact's versions.

    Attributes:
        name: its name.
        direction: which values are better; None if that is not known.
        bounds: what the policy demands of it.
        values: its values by version; what is not finite, or cannot be told, is not among them.
        places: with how many decimal places a column of them shows each.
    """

    name: str
    direction: Direction | None
    bounds: tuple[Bounded, ...]
    values: Mapping[str, float]
    places: int = 0

    def written(self, value: float | None) -> str:
        """Return a value, or a difference of two, as a column of them shows it."""
        return NOTHING if value is None else written(value, self.places)


class Link(NamedTuple):
    """A thing that a version was made from, or that was made from it.

    Attributes:
        label: what it is called.
        note: what else there is to say of it: its role, its stage.
        target: its page, from the site's root, with the anchor; or a URL; or nothing.
    """

    label: str
    note: str = ""
    target: str = ""


class ModelPlots(NamedTuple):
    """The plots of a model.

    Attributes:
        drawn: those of the version that the page describes, and of the latest over it.
        each: those of each of its newest versions.
    """

    drawn: Plots
    each: tuple[Plots, ...]


class Model(NamedTuple):
    """All that a model's page shows.

    Attributes:
        repository: the repository that it is in.
        profile: what is known of it.
        stages: its stages, the main one first, then backwards on the way there.
        main: the stage that everything is about; None where nothing was ever promoted.
        subject: the version that the page describes: what holds the main stage, else the latest.
        said: what that version's commit says of it; of what has no version, what HEAD says.
        metrics: its metrics, those of the policy first.
        sides: its newest versions with what stands at their commits, in the order of the profile.
        plots: its plots; None where its versions have none.
        card: what describes it at length, in Markdown.
        example: an example of its input and output, as its file has it.
        made_from: what the subject was made from.
        steps: the steps of DVC's pipelines that made the subject, the first step first.
        used_by: what was made from any version of it.
        candidates: what could become its next version; None where that is not shown.
    """

    repository: SiteRepository
    profile: Profile
    stages: tuple[str, ...]
    main: str | None
    subject: Version | None
    said: Annotation | None
    metrics: tuple[MetricPast, ...]
    sides: tuple[Side, ...] = ()
    plots: ModelPlots | None = None
    card: str = ""
    example: str = ""
    made_from: tuple[Link, ...] = ()
    steps: tuple[LockedStage, ...] = ()
    used_by: tuple[Link, ...] = ()
    candidates: Candidates | None = None

    @property
    def name(self) -> str:
        """The artifact's name."""
        return self.profile.artifact.name

    @property
    def folder(self) -> str:
        """The folder of its pages, from the site's root."""
        return names.model(self.repository.name, self.name)

    @property
    def page(self) -> str:
        """Its page, from the site's root."""
        return f"{self.folder}/{names.INDEX}"

    def tenures(self, stage: str | None) -> tuple[Tenure, ...]:
        """Return who held a stage when, the oldest first."""
        return tuple(it for it in self.profile.tenures if it.stage == stage)

    def holder(self, stage: str | None) -> Tenure | None:
        """Return who holds a stage now."""
        held = self.tenures(stage)
        return held[-1] if held and held[-1].until is None else None

    def version(self, key: str | None) -> Version | None:
        """Return the version of a name."""
        return next((it for it in self.profile.versions if it.version == key), None)

    @property
    def newest(self) -> datetime | None:
        """When the last event was."""
        return self.profile.events[0].created_at if self.profile.events else None


_MOST_PLACES = 4


def plain(value: float) -> int | float:
    """Return a number that is whole as an integer, which is shown without a point."""
    whole = value.is_integer() and abs(value) < 1e15  # noqa: PLR2004 - what a float holds exactly
    return int(value) if whole else value


def written(value: float, places: int) -> str:
    """Return a value with so many decimal places; one with an exponent in its shortest form."""
    text = numbers.shown(plain(value), digits=numbers.FEWEST_DIGITS)
    return text if "e" in text or not places else f"{value:.{places}f}"


def places(value: float) -> int:
    """Return how many decimal places a value is shown with, by itself."""
    text = numbers.shown(plain(value), digits=numbers.FEWEST_DIGITS)
    return 0 if "e" in text else min(len(text.partition(".")[2]), _MOST_PLACES)


def bounds(settings: Settings, metric: str) -> tuple[Bounded, ...]:
    """Return what a policy demands of a metric."""
    return tuple(
        Bounded(stage, it.operator, it.value)
        for stage, gate in (settings.stages or {}).items()
        for it in gate.requires.bounds
        if it.metric == metric and math.isfinite(it.value)
    )


# What something costs is worth knowing, and is not what it was made for.
_COST = re.compile(
    r"(?:latency|duration|size|memory|cost|bytes|seconds|_(?:ms|s|mb|kb|gb))\b", re.IGNORECASE
)


def metrics(found: Comparison, settings: Settings) -> tuple[MetricPast, ...]:
    """Return the metrics of an artifact, those that matter first.

    First comes how good it is, then what it costs; of either, what the policy asks about, then what
    has a direction.
    """
    rank = {name: number for number, name in enumerate(settings.metrics)}
    versions = [str(it.version.version) for it in found.rows]
    table = found.table("metrics")
    pasts = [
        MetricPast(
            it.name,
            it.direction,
            bounds(settings, it.name),
            {
                version: float(value)
                for version, value in zip(versions, table[it.name], strict=True)
                if _finite(value)
            },
        )
        for it in found.metrics
    ]
    kept = [
        it._replace(places=max(map(places, {*it.values.values()}))) for it in pasts if it.values
    ]
    kept.sort(
        key=lambda it: (
            bool(_COST.search(it.name)),
            it.direction is None and it.name not in rank,
            rank.get(it.name, len(rank)),
            it.name,
        )
    )
    return tuple(kept)


def _finite(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def subject(profile: Profile, main: str | None) -> Version | None:
    """Return the version that a page describes: what holds the main stage, else the latest."""
    for it in profile.tenures:
        if it.stage == main and it.until is None:
            held = next((one for one in profile.versions if one.version == it.version), None)
            if held:
                return held
    return profile.artifact.latest


def of_profile(profile: Profile, repository: SiteRepository, settings: Settings) -> Model:
    """Return what a page shows of an artifact, but for its card and what it is linked with."""
    used = {it.stage for it in profile.tenures}
    every = stages.ordered(used, repository.stages if profile.versions else ())
    main = every[0] if every else None
    shown = tuple(it for it in every if it in used or it == main)
    described = subject(profile, main)
    return Model(
        repository,
        profile,
        shown,
        main,
        described,
        profile.annotation(described) if described else profile.head,
        metrics(profile.comparison, settings),
    )


def artifact_of(it: Input) -> str:
    """Return the artifact that an input names; empty where it names none."""
    return (it.artifact or "").partition("@")[0].partition("#")[0]
