"""Evaluating an event: what the policy that counts says of it, with all the facts it needs.

Only what the event's gate asks for is looked up: an annotation, what was said of a version, which
branches have a commit.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mreg.annotations import entry, sources
from mreg.annotations.entry import Annotation, Input
from mreg.annotations.sources import Wanted
from mreg.core import kinds, queries, tagobject
from mreg.core.diagnostics import Diagnostic
from mreg.core.events import ROLLBACK_TRAILER, Action, Event
from mreg.core.kinds import KINDS
from mreg.core.plans import Plan
from mreg.core.replay import History
from mreg.errors import Forbidden, InvalidName, NotFound
from mreg.git import branches, reach, refs, remote, tagobjects
from mreg.git.branches import LOCAL, REMOTE
from mreg.git.repository import Repository
from mreg.git.tagobjects import NotATag
from mreg.governance import approve
from mreg.governance.trust import Trust
from mreg.policy import approvals, chain, gates
from mreg.policy import pending as waiting
from mreg.policy.case import Approval, Case, InputFact, Ruling, Signer
from mreg.policy.model import Gate, Governing, Settings
from mreg.policy.pending import Pending
from mreg.store import complete
from mreg.store.seen import Seen
from mreg.store.versioned_files import VersionedFiles
from mreg.tuples import NamedTuple

_ROLLBACK = ROLLBACK_TRAILER.encode()


class Wish(NamedTuple):
    """What an event does, or would do, and to which version.

    There is no version for deprecate and for a bare commit. `rollback` is what the event's trailer
    says that it takes back.
    """

    action: Action
    version: str | None
    stage: str | None
    commit: str
    rollback: str | None = None

    @classmethod
    def of_plan(cls, plan: Plan) -> Wish:
        """Return what a plan wishes for."""
        claim = tagobject.trailer(plan.message.encode(), _ROLLBACK)
        return cls(plan.action, plan.version, plan.stage, plan.commit, claim)

    @classmethod
    def of_event(cls, event: Event, version: str | None) -> Wish:
        """Return what a recorded event did; which version it was about, replay says."""
        claim = event.trailers.get(ROLLBACK_TRAILER)
        return cls(event.action, version, event.stage, event.commit, claim)


class PolicyEvaluator:
    """One policy, and what is known of the cases that it is asked about.

    Attributes:
        governing: the policy.
        trust: whose signatures count by it.
        heard: whether it was asked what principals said of a version.
        curious: whether it asks what they said of every version that is promoted, and not only
            where the policy asks for approvals.
    """

    curious = False

    def __init__(self, repo: Repository, governing: Governing, *, alone: bool = False) -> None:
        """Ask a policy.

        Alone means that no remote will be asked for what principals said: then it is told where
        some of that was never fetched.
        """
        self.governing = governing
        self.trust = Trust(repo, governing)
        self._repo = repo
        self._alone = alone
        self.heard = False

    @property
    def settings(self) -> Settings:
        """What the policy says."""
        return self.governing.settings

    def case(
        self, wish: Wish, history: History, actor: Signer, made: Mapping[str, Signer] | None = None
    ) -> Case:
        """Return the case of an event, with the facts that its gate asks for.

        `made` tells who made the tag objects, by id, that nobody else can see yet.

        Raises:
            GitError: Git could not tell.
        """
        case = Case(
            wish.action,
            history,
            wish.version,
            wish.stage,
            wish.commit,
            actor,
            registration=history.standing.active.get(wish.version or ""),
        )
        gate = gates.gate_of(self.settings, case)
        if wish.rollback:
            back = gates.takes_back(history, wish.version, wish.stage, wish.rollback)
            case = case._replace(rollback=back)
        if gates.asks_for_annotation(self.settings, gate, case):
            case = self._with_annotations(case, gate)
        if gate.branches:
            case = case._replace(
                branches=self.reachable(gate.branches, case.commit),
                as_fetched=self.governing.branch.startswith(REMOTE),
            )
        asks = gates.asks_for_approvals(gate) or (self.curious and case.kind.enters_stage)
        if case.registration and asks:
            case = case._replace(
                registrant=(made or {}).get(case.registration.oid)
                or next(self.signers([case.registration])),
                approvals=self.approvals(case),
            )
        return case

    def with_date(self, case: Case, time: int, now: int) -> Case:
        """Return the case of an event that is wished for with what is wrong with its date.

        The date and the present are in seconds since 1970.
        """
        committed = reach.times(self._repo, [case.commit]).get(case.commit)
        if fault := chain.before_commit(time, committed):
            return case._replace(faults={"date": fault}, cure=chain.cure(committed, now))
        return case

    def judge(self, case: Case) -> Decision:
        """Return what every rule that applies says of a case."""
        return Decision(self.governing, case, gates.check(self.settings, case))

    def _with_annotations(self, case: Case, gate: Gate) -> Case:
        """Read what the version is; and where they are compared, what the stage's holder is."""
        artifact = case.history.artifact
        wanted = [Wanted(artifact, case.commit, gates.label(case))]
        held = case.history.standing.current(case.stage) if case.stage else None
        if gates.compares(gate) and held and not case.rollback:
            wanted.append(Wanted(artifact, held.commit, f"{artifact}#{case.stage}"))
        own, *others = self.read(wanted)
        if isinstance(own, Diagnostic):
            return case._replace(unreadable=own.message)
        case = case._replace(annotation=own, holder=entry.readable(others[0]) if others else None)
        if own and gate.requires.inputs:
            case = case._replace(inputs=tuple(self._inputs(own.inputs, case)))
        return case

    def _inputs(self, inputs: Sequence[Input], case: Case) -> Iterator[InputFact]:
        """Iterate over the artifacts among the inputs, each with the stages that it holds."""
        for it in inputs:
            if it.artifact is None:
                continue
            if it.repo is None:
                yield self._input(it.artifact, case)
            else:  # what another registry holds is its own to say
                yield InputFact(f"{it.artifact} of {it.repo}", None)

    def _input(self, selector: str, case: Case) -> InputFact:
        """Look up one input: the version that is named, be it registered since.

        A selector that moves on, such as `data` or `data#prod`, means what it meant when the
        version was registered.
        """
        try:
            wanted = queries.parse_selector(selector)
            now = self.history(wanted.artifact)
            then = now
            if case.registration and not wanted.is_exact:
                then = now.at(case.registration.time)
            meant = queries.find(then, wanted)
            if meant.version is None:
                return InputFact(selector, frozenset(now.standing.stages_of(meant.commit)))
            found = queries.describe(now, meant.version)
        except (InvalidName, NotFound):
            return InputFact(selector, None)
        return InputFact(f"{found.artifact}@{found.version}", frozenset(found.stages))

    # What the repository says; whoever judges many events reads it for all of them at once

    def read(self, wanted: Sequence[Wanted]) -> Sequence[Annotation | Diagnostic | None]:
        """Return artifacts' annotations at commits."""
        with VersionedFiles(self._repo) as contents:
            return sources.read(wanted, contents, checked=True)

    def history(self, artifact: str) -> History:
        """Return the history of an artifact that an input names."""
        return complete.read_state(self._repo, artifact).history(artifact)

    def approvals(self, case: Case) -> tuple[Approval, ...]:
        """Return what principals said of the version of a case and its stage."""
        artifact = case.history.artifact
        self.heard = True
        if self._alone:
            warn_if_never_fetched(self._repo, artifact)
        return approve.read(self._repo, self.trust, artifact, case.version, case.stage)

    def signers(self, events: Sequence[Event]) -> Iterator[Signer]:
        """Iterate over who made the tag objects of events."""
        yield from map(self._signer, events, tagobjects.read(self._repo, [it.oid for it in events]))

    def _signer(self, event: Event, raw: bytes | NotATag) -> Signer:
        if isinstance(raw, bytes):
            return self.trust.signer(event.oid, raw)
        # A clone that lacks the object has read the event at its remote.
        principal = self.settings.by_email(event.author_email)
        return Signer(event.author, event.author_email, "unchecked", principal)

    def reachable(self, patterns: Sequence[str], commit: str) -> Mapping[str, bool]:
        """Return for each pattern that any branch matches whether one of those has a commit."""
        prefix = branch_prefix(self._repo, self.governing)
        complete.refresh(self._repo, (complete.BRANCHES,))
        known = branches.names(self._repo, prefix)
        having = branches.names(self._repo, prefix, commit)
        found = {it: [name for name in known if gates.matches(it, name)] for it in patterns}
        return {it: not having.isdisjoint(matching) for it, matching in found.items() if matching}


def branch_prefix(repo: Repository, governing: Governing) -> str:
    """Return what the refs of the branches begin with that the policy's own is one of."""
    ref = governing.branch
    if not ref.startswith(REMOTE):
        return LOCAL
    remotes = sorted(remote.settings(repo).remotes, key=len, reverse=True)
    return next(
        (prefix for it in remotes if ref.startswith(prefix := f"{REMOTE}{it}/")),
        ref.removesuffix(governing.settings.branch or ref.rpartition("/")[2]),
    )


class Decision(NamedTuple):
    """What a policy says of an event.

    Attributes:
        governing: the policy.
        case: the event, with the facts that the policy asked for.
        rulings: what each rule says.
    """

    governing: Governing
    case: Case
    rulings: tuple[Ruling, ...]

    @property
    def allowed(self) -> bool:
        """Whether every rule is kept."""
        return all(it.passed for it in self.rulings)

    @property
    def summary(self) -> str:
        """What a person is told of an event that the policy allows: each rule, and why."""
        lines = [f"{whence(self.governing)} allows {gates.wish(self.case)}:"]
        lines += [wrapped(f"{it.rule}: {it.reason}", "  ", "    ") for it in self.rulings]
        return "\n".join(lines)

    @property
    def refusal(self) -> Forbidden:
        """The error that names each rule which is not kept, and how to satisfy it."""
        lines = [f"{whence(self.governing)} does not allow {gates.wish(self.case)}"]
        lines += reasons(it for it in self.rulings if not it.passed)
        return Forbidden(
            "\n".join(lines), hint=f"run `{gates.command(self.case)}` to see every rule"
        )


def reasons(failed: Iterable[Ruling]) -> Iterator[str]:
    """Iterate over lines that say which rules are not kept, and how to satisfy each."""
    for it in failed:
        yield wrapped(f"{it.rule}: {it.reason}", "  ", "    ")
        yield wrapped(f"-> {it.hint}", "    ", "       ")


class Policy(NamedTuple):
    """Where a policy stands.

    Attributes:
        branch: the full ref of the branch at whose tip it is.
        commit: the id of that commit.
        blob: the id of the file.
    """

    branch: str
    commit: str
    blob: str


class Check(NamedTuple):
    """What the policy says of an event that somebody may want.

    Attributes:
        action, artifact, version, stage, commit: as of the `Record` that it would become.
        allowed: whether every rule is kept.
        policy: where the policy stands; None where there is none, and everything is allowed.
        rulings: what each rule says.
        new: what would be used for the first time, as of an `Outcome`.
    """

    action: Action
    artifact: str
    version: str | None
    stage: str | None
    commit: str
    allowed: bool
    policy: Policy | None
    rulings: tuple[Ruling, ...]
    new: tuple[str, ...] = ()

    @property
    def makes_stage(self) -> bool:
        """Whether there is no such stage yet, and the policy does not name it either."""
        named = any(it.rule == "stage" and it.passed for it in self.rulings)
        return "stage" in self.new and not named


def checked(plan: Plan, judgement: Decision | None) -> Check:
    """Return what a policy, if there is one, says of a plan."""
    what = (plan.action, plan.artifact, plan.version, plan.stage, plan.commit)
    if judgement is None:
        return Check(*what, allowed=True, policy=None, rulings=())
    at = Policy(*judgement.governing[1:])
    return Check(*what, judgement.allowed, at, judgement.rulings)


def described(check: Check) -> str:
    """Say in a sentence what a check comes to."""
    version = check.version or check.commit[:12]
    kind = KINDS[check.action]
    if check.policy is None:
        what = kind.phrase(check.action, check.artifact, version, check.stage)
        return f"There is no policy: anyone may {what}."
    failed = sum(not it.passed for it in check.rulings)
    verdict = "allows" if check.allowed else "does not allow"
    rules = f"{failed} of {len(check.rulings)} rules failed" if failed else "every rule passed"
    what = kind.phrase(kind.gerund, check.artifact, version, check.stage)
    branch = shown(check.policy.branch, check.policy.commit)
    return f"The policy on {branch} {verdict} {what}: {rules}."


def pending(
    repo: Repository, governing: Governing, histories: Iterable[History]
) -> Iterator[Pending]:
    """Iterate over the versions that wait for approvals, by artifact and stage.

    The number of Git processes does not grow with the registry, but with the signatures that bear
    on the answer.
    """
    asking = PolicyEvaluator(repo, governing)
    words: dict[str, list[Approval]] = {}
    for it in approve.read(repo, asking.trust):
        words.setdefault(it.artifact, []).append(it)
    found = [
        (
            history,
            [*waiting.candidates(governing.settings, history, words.get(history.artifact, []))],
        )
        for history in histories
    ]
    registrations = [it.registration for _, candidates in found for it in candidates]
    signers = zip(registrations, asking.signers(registrations), strict=True)
    registrants = {event.oid: signer for event, signer in signers}
    if registrations:
        warn_if_never_fetched(repo)
    for history, candidates in found:
        yield from waiting.pending(governing.settings, history, candidates, registrants)


def warn_if_never_fetched(repo: Repository, artifact: str | None = None) -> None:
    """Tell where approvals and rejections may be missing because `git clone` fetches none."""
    if repo.mirror or repo.shortage():  # then the remote itself is asked
        return
    known = remote.settings(repo)
    if not known.remotes or any(refs.list_names(repo, [approvals.pattern(artifact)])):
        return
    default = known.default if known.default in known.remotes else known.remotes[0]
    seen = Seen(repo, remote.choose(known, default)).read()
    names = (kinds.parse(ref.removeprefix(refs.PREFIX)) for ref in seen)
    if not any(it and artifact in (None, it.artifact) for it in names):
        repo.network.notice(
            "warning: there are no approvals in this clone, because `git clone` does not fetch "
            "them; run `mreg fetch`, then try again"
        )


_WIDTH = 79


def wrapped(text: str, first: str, others: str) -> str:
    """Return text in lines that fit a narrow terminal, each behind a margin; no word is broken."""
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )


def whence(governing: Governing) -> str:
    """Return where a policy stands, in words."""
    return f"the policy on {shown(governing.branch, governing.commit)}"


def shown(branch: str, commit: str) -> str:
    """Return a branch as people name it; its commit where there is none."""
    return branch.removeprefix(LOCAL).removeprefix(REMOTE) or commit[:12]
