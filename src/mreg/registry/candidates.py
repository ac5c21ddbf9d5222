"""What could become a version: commits of branches, and DVC's experiments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mreg.candidates import candidate
from mreg.candidates import read as reading
from mreg.candidates.candidate import Candidates, Question
from mreg.candidates.read import Looked
from mreg.core import directions, names, queries, stages
from mreg.core.directions import Directions
from mreg.core.queries import Selector, Version
from mreg.core.replay import History
from mreg.dvc import experiments as of_dvc
from mreg.errors import Refused
from mreg.git.repository import Repository
from mreg.governance import settings
from mreg.policy.model import Settings
from mreg.registry import profile, read
from mreg.store import complete

MOST_OTHERS = 20
"""What is the same as one of so many of the newest versions is no candidate; nor is what is the
same as a version that holds a stage."""


class CandidateFilters(NamedTuple):
    """Which candidates are wanted: see `Registry.candidates`."""

    branches: Sequence[str] = ()
    experiments: bool | None = None
    sort: str | None = None
    limit: int | None = None
    lower_better: Iterable[str] = ()
    higher_better: Iterable[str] = ()


def candidates(repo: Repository, name: str, wanted: CandidateFilters) -> Candidates:
    """Return what could become a version of an artifact: see `Registry.candidates`."""
    queries.refuse_negative(wanted.limit, f"a limit of {wanted.limit}")
    name = names.artifact(name)
    with repo.session.here:
        with_experiments = wanted.experiments
        if with_experiments is None:
            with_experiments = not wanted.branches and repo.mirror is None
        also = (f"{of_dvc.PREFIX}*",) if with_experiments else ()
        complete.refresh(repo, (complete.TAGS, complete.BRANCHES, *also))
        state = read.state(repo, name)
        history = state.history(name)
        rules = _rules(repo)
        allowed = rules.register.branches
        tips = reading.places(
            repo, wanted.branches, with_experiments=with_experiments, allowed=allowed
        )
        compared = _Compared.of(history, rules)
        looked = reading.look(repo, name, tips, compared.commits, compared.versions)
        if not history.timeline and not any(it.said for it in looked.seen):
            read.known(repo, history)
        found = candidate.choose(compared.question(looked, wanted, rules), looked.seen)
    shown = found.candidates[: wanted.limit]
    return found._replace(
        stage=compared.stage,
        candidates=shown,
        left_out=len(found.candidates) - len(shown),
        looked_at=len(tips),
        cut_off=looked.cut_off,
        branches=allowed,
        problems=(*state.problems, *found.problems),
    )


def branches(repo: Repository) -> tuple[str, ...]:
    """Return the names of the branches that are here."""
    complete.refresh(repo, (complete.BRANCHES,))
    return tuple(it.name for it in reading.places(repo, (), with_experiments=False))


class _Compared(NamedTuple):
    """What candidates are held against; a version that was deregistered is none either."""

    newest: Version | None
    against: Version | None
    stage: str | None
    others: tuple[Version, ...]
    commits: frozenset[str]

    @classmethod
    def of(cls, history: History, rules: Settings) -> _Compared:
        known = queries.find_all(history, ended=True)
        held = {it: found[0] for it, found in queries.holders(history).items()}
        latest = queries.latest(history)
        newest = next((it for it in known if it.active and it.version == latest), None)
        against, stage = newest, None
        order = stages.ordered(held, [it for it in rules.stages or () if it in held])
        if main := next(iter(order), None):
            against, stage = queries.find(history, Selector(history.artifact, stage=main)), main
        others = [it for number, it in enumerate(known) if number < MOST_OTHERS or it.current]
        return cls(newest, against, stage, tuple(others), frozenset(it.commit for it in known))

    @property
    def versions(self) -> list[Version]:
        """All of them, each once."""
        found = [it for it in (self.newest, self.against, *self.others) if it]
        return list({it.tag: it for it in found}.values())

    def question(self, looked: Looked, wanted: CandidateFilters, rules: Settings) -> Question:
        held = {it.version.tag: it for it in looked.versions}
        return Question(
            looked.artifact,
            held[self.newest.tag] if self.newest else None,
            held[self.against.tag] if self.against else None,
            tuple(held[it.tag] for it in self.others),
            wanted.sort,
            rules.metrics,
            _told(wanted, rules),
        )


def _told(wanted: CandidateFilters, rules: Settings) -> Directions:
    """Return which way metrics are better, as somebody said just now, or the policy does."""
    now = directions.told(wanted.lower_better, wanted.higher_better)
    policy = profile.told(rules)
    return Directions(
        now.lower | (policy.lower - now.higher), now.higher | (policy.higher - now.lower)
    )


def _rules(repo: Repository) -> Settings:
    """Return the policy that counts; without one that can be read, everything is allowed."""
    try:
        return settings.governing(repo).settings
    except Refused as error:
        repo.network.notice(f"warning: {error}")
        return Settings()
