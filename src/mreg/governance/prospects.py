"""What could come next: what the policy asks of an artifact's newest version, stage by stage.

Nobody in particular acts: what hangs on who does it is left to be checked when it is done. So the
answer is the same for everybody who reads it, as on a page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from mreg.annotations.entry import Annotation
from mreg.annotations.sources import Wanted
from mreg.core import queries, versions
from mreg.core.diagnostics import Diagnostic
from mreg.core.events import Event
from mreg.core.replay import History
from mreg.git.repository import Repository
from mreg.governance import approve, evaluate
from mreg.governance.evaluate import Check, Decision, Policy, PolicyEvaluator, Wish
from mreg.policy import gates
from mreg.policy.case import Approval, Case, Signer
from mreg.policy.model import Governing
from mreg.policy.pending import Pending
from mreg.store import complete

NOBODY = Signer("", "", "unchecked")


class Prospect(NamedTuple):
    """A version that could be promoted to a stage."""

    history: History
    wish: Wish


def prospects(
    repo: Repository,
    governing: Governing,
    known: Callable[[str], History],
    histories: Iterable[History],
) -> Iterator[Check]:
    """Iterate over what the policy says of promoting each artifact's latest version.

    They come by artifact, and by stage in the policy's order: of the stages which that version does
    not hold, and whose holder is below it by SemVer. What bears on them is read for all at once, as
    far as it does not hang on branches.

    Args:
        repo: the repository.
        governing: the policy.
        known: returns an artifact's history.
        histories: the artifacts.
    """
    stages = tuple(governing.settings.stages or ())
    found = [it for history in histories for it in _possible(history, stages)]
    if found:
        evaluator = _Prospector(repo, governing, known)
        evaluator.prepare(found)
        for it in found:
            yield _check(evaluator.judge(evaluator.case(it.wish, it.history, NOBODY)))


def pending(
    repo: Repository,
    governing: Governing,
    histories: Iterable[History],
    known: Callable[[str], History] | None = None,
) -> Iterator[Pending]:
    """Iterate over what waits for approvals, with the rules about each version that it violates.

    Who acts, who approved and on which branches a commit is have no part in these, and are not
    looked up for them.

    Args:
        repo: the repository.
        governing: the policy.
        histories: the artifacts.
        known: returns an artifact's history; None: it is read if it is none of these.
    """
    own = {it.artifact: it for it in histories}
    found = [*evaluate.pending(repo, governing, own.values())]
    plain = {
        stage: gate._replace(by=None, approvals=0, approvers=None, branches=())
        for stage, gate in (governing.settings.stages or {}).items()
    }
    of_versions = governing._replace(settings=governing.settings._replace(stages=plain))

    def other(artifact: str) -> History:
        return own.get(artifact) or complete.read_state(repo, artifact).history(artifact)

    def wish(it: Pending) -> Wish:
        registration = own[it.artifact].standing.active[it.version]
        return Wish("promote", it.version, it.stage, registration.commit)

    evaluator = _Prospector(repo, of_versions, known or other)
    wanted = [Prospect(own[it.artifact], wish(it)) for it in found]
    evaluator.prepare(wanted)
    for it, one in zip(found, wanted, strict=True):
        rulings = evaluator.judge(evaluator.case(one.wish, one.history, NOBODY)).rulings
        yield it._replace(unmet=tuple(rule for rule in rulings if not rule.passed))


def _possible(history: History, stages: Iterable[str]) -> Iterator[Prospect]:
    version = queries.latest(history)
    if version is None:
        return
    commit = history.standing.active[version].commit
    for stage in stages:
        held = history.standing.current(stage)
        if version in history.standing.stages.get(stage, {}):
            continue
        if held is None or held.version is None or _is_below(held.version, version):
            yield Prospect(history, Wish("promote", version, stage, commit))


def _is_below(first: str, second: str) -> bool:
    return versions.precedence(first) < versions.precedence(second)


def _check(decision: Decision) -> Check:
    case = decision.case
    what = (case.action, case.history.artifact, case.version, case.stage, case.commit)
    return Check(*what, decision.allowed, Policy(*decision.governing[1:]), decision.rulings)


class _Prospector(PolicyEvaluator):
    """One policy, asked about many artifacts; what bears on them is read for all at once."""

    def __init__(
        self, repo: Repository, governing: Governing, known: Callable[[str], History]
    ) -> None:
        super().__init__(repo, governing)
        self._known = known
        self._said: dict[tuple[str, str], Annotation | Diagnostic | None] = {}
        self._words: dict[tuple[str, str, str], list[Approval]] = {}
        self._made_by: dict[str, Signer] = {}

    def prepare(self, found: Sequence[Prospect]) -> None:
        """Read what the gates ask about some versions."""
        asked = {
            it: gates.gate_at(self.settings, "promote", it) for it in self.settings.stages or ()
        }
        wanted: list[Wanted] = []
        for history, wish in found:
            gate = asked[str(wish.stage)]
            held = history.standing.current(str(wish.stage))
            if self.settings.types is not None or gates.looks_at_version(gate):
                wanted.append(Wanted(history.artifact, wish.commit, _label(history, wish)))
            if gates.compares(gate) and held:
                subject = f"{history.artifact}#{wish.stage}"
                wanted.append(Wanted(history.artifact, held.commit, subject))
        self._read(wanted)
        heard = [it for it in found if gates.asks_for_approvals(asked[str(it.wish.stage)])]
        if heard:
            for said in approve.read(self._repo, self.trust):
                place = (said.artifact, said.version, said.stage)
                self._words.setdefault(place, []).append(said)
            registered = (it.history.standing.active[str(it.wish.version)] for it in heard)
            events = list({event.oid: event for event in registered}.values())
            made = super().signers(events)
            self._made_by = {it.oid: who for it, who in zip(events, made, strict=True)}

    def _read(self, wanted: Iterable[Wanted]) -> None:
        lacking = {(it.artifact, it.commit): it for it in wanted}
        said = super().read(list(lacking.values())) if lacking else ()
        self._said.update(zip(lacking, said, strict=True))

    def read(self, wanted: Sequence[Wanted]) -> Sequence[Annotation | Diagnostic | None]:
        """Return artifacts' annotations at commits."""
        self._read(it for it in wanted if (it.artifact, it.commit) not in self._said)
        return [self._said[it.artifact, it.commit] for it in wanted]

    def history(self, artifact: str) -> History:
        """Return the history of an artifact that an input names."""
        return self._known(artifact)

    def approvals(self, case: Case) -> tuple[Approval, ...]:
        """Return what principals said of the version of a case and its stage."""
        subject = (case.history.artifact, str(case.version), str(case.stage))
        return tuple(self._words.get(subject, ()))

    def signers(self, events: Sequence[Event]) -> Iterator[Signer]:
        """Iterate over who made the tag objects of events."""
        yield from (self._made_by[it.oid] for it in events)


def _label(history: History, wish: Wish) -> str:
    return f"{history.artifact}@{wish.version}"
