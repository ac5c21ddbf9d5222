"""The audit: judges recorded events, each by the policy that counted for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mreg.annotations.entry import Annotation
from mreg.annotations.sources import Wanted
from mreg.core.diagnostics import Diagnostic
from mreg.core.events import Event
from mreg.core.replay import Dated, History, State
from mreg.core.standing import Standing
from mreg.errors import Refused
from mreg.git import tagobjects
from mreg.git.repository import Repository
from mreg.governance import approve, evaluate
from mreg.governance.evaluate import PolicyEvaluator, Wish
from mreg.governance.facts import ApprovalSubject, Facts
from mreg.governance.settings import Policies
from mreg.governance.trust import Trust
from mreg.policy import verdicts
from mreg.policy.case import Approval, Case, Ruling, Signer
from mreg.policy.chain import Chain, Circumstances, cure
from mreg.policy.keyring import Keyring
from mreg.policy.model import Governing
from mreg.policy.verdicts import Audited
from mreg.tuples import NamedTuple

_NO_TAG = tagobjects.MISSING

Progress = Callable[[int, int], None]
"""Is told how many of how many events have been judged."""


def nobody(_: int, __: int) -> None:
    """Tell nobody."""


class Reviewer(PolicyEvaluator):
    """One policy, asked about events of the past.

    Attributes:
        until: the time of the event under review; what principals said later does not bear on it.
            None: all bears on it.
        now: who is trusted by now; None: the same as then.
    """

    def __init__(self, repo: Repository, governing: Governing, facts: Facts, state: State) -> None:
        super().__init__(repo, governing)
        self.until: int | None = None
        self.now: Trust | None = None
        self._facts = facts
        self._state = state

    def case_of(self, event: Event, past: History) -> Case:
        """Return the case of an event that was made after a history."""
        wish = Wish.of_event(event, about(event, past.standing))
        return self.case(wish, past, next(self.signers([event])))._replace(event=event)

    def signers(self, events: Sequence[Event]) -> Iterator[Signer]:
        """Iterate over who made the tag objects of events."""
        for event in events:
            raw = self._facts.tag(event.oid)
            # Without a policy, nobody asks for a signature.
            yield self._signer(event, raw if self.governing.blob else _NO_TAG)

    def approvals(self, case: Case) -> tuple[Approval, ...]:
        """Return what principals had said of the version of a case and its stage."""
        subject = ApprovalSubject(case.history.artifact, str(case.version), str(case.stage))
        said = (
            approve.last(
                self.trust, it.place, it.chain or [(it.oid, _NO_TAG)], self.until, self.now
            )
            for it in self._facts.approvals(subject)
        )
        return tuple(it for it in said if it)

    def read(self, wanted: Sequence[Wanted]) -> list[Annotation | Diagnostic | None]:
        """Return annotations at commits."""
        return [self._facts.annotation(it) for it in wanted]

    def history(self, artifact: str) -> History:
        """Return the history of an artifact, up to the time under review."""
        found = self._state.history(artifact)
        return found if self.until is None else found.at(self.until)

    def reachable(self, patterns: Sequence[str], commit: str) -> dict[str, bool]:
        """Return for each pattern that any branch matches whether one of those has a commit."""
        return dict(self._facts.reachable(patterns, commit))


def about(event: Event, standing: Standing) -> str | None:
    """Return the version that an event is about, where the artifact stands so before it."""
    if event.version or event.stage is None:
        return event.version
    return standing.version_at(event.commit)


def judge(
    repo: Repository,
    state: State,
    policies: Policies,
    wanted: Callable[[Event], bool],
    *,
    present: int,
    progress: Progress = nobody,
) -> list[Audited]:
    """Judge recorded events, and tags that are none though they have the name of one.

    State is all of the registry, since an event may bear on other artifacts; the present is in
    seconds since 1970. The verdicts come in the order of the events; unreadable tags first.

    Raises:
        Refused: the clone lacks some of what it takes.
        GitError: Git could not do it, or a signature cannot be verified here.
    """
    if why := repo.shortage():
        raise _incomplete(why)
    facts = Facts(repo, evaluate.branch_prefix(repo, policies.now))
    trust = Trust(repo, policies.now)
    revoked = Keyring.of(policies.now.settings).revoked
    auditor = _Auditor(repo, state, policies, wanted, present, facts, trust, revoked, {})
    total = sum(1 for _ in auditor.verdicts())
    facts.read()
    if not facts.is_complete:
        raise _incomplete("this clone lacks tags that its remote has")
    found = []
    for verdict in auditor.verdicts():
        found.append(verdict)
        progress(len(found), total)
    return sorted(found, key=lambda it: (it.created_at is not None, it.created_at))


def _incomplete(why: str) -> Refused:
    return Refused(
        f"{why}, and mreg can verify only the tags in this clone",
        hint="run `git fetch --tags origin` (with --unshallow, if it is shallow) and `mreg "
        "fetch`, or pass the repository's URL with --repo",
    )


class _Auditor(NamedTuple):
    """The events of a state, judged one by one: the first time blindly, for what is asked."""

    repo: Repository
    state: State
    policies: Policies
    wanted: Callable[[Event], bool]
    present: int
    facts: Facts
    trust: Trust
    revoked: frozenset[str]
    reviewers: dict[str, Reviewer]

    def verdicts(self) -> Iterator[Audited]:
        """Iterate over the verdicts, artifact by artifact."""
        for history in self.state:
            chain = Chain(history)
            for past, dated in history.steps():
                if self.wanted(dated.event):
                    yield self._judged(chain, past, dated)

    def _judged(self, chain: Chain, past: History, dated: Dated) -> Audited:
        event = dated.event
        try:
            governing = self.policies.at(dated.effective)
        except Refused as error:
            why = Ruling("policy", False, str(error), error.hint)
            return verdicts.without_policy(event, about(event, past.standing), why)
        reviewer = self._reviewer(governing)
        reviewer.until = dated.effective
        case = reviewer.case_of(event, past)
        committed = self.facts.committed(event.commit)
        around = Circumstances(case.registration, committed, self.present)
        faults = chain.faults(event, governing.settings, around)
        case = case._replace(faults=faults, cure=cure(committed, self.present))
        return verdicts.of_event(event, governing, case, self.revoked)

    def _reviewer(self, governing: Governing) -> Reviewer:
        if governing.commit not in self.reviewers:
            reviewer = Reviewer(self.repo, governing, self.facts, self.state)
            reviewer.now, reviewer.curious = self.trust, True
            self.reviewers[governing.commit] = reviewer
        return self.reviewers[governing.commit]
