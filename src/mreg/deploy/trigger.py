"""From the tag for which a pipeline runs to what it says, as its remote has it.

A pipeline's checkout is not to be trusted with the answer: it may be shallow, lack tags, hold a
lightweight tag in the place of the real one, or be hours old. So where there is a remote it is
asked, through its mirror in the cache: for the tags of the artifact, the policy, and the
annotations of a few commits. The checkout itself stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial

from mreg.annotations import entry, sources
from mreg.annotations.entry import Annotation
from mreg.annotations.sources import Wanted
from mreg.compare import diff
from mreg.compare.diff import Diff
from mreg.compare.read import sides
from mreg.core import kinds, queries
from mreg.core.diagnostics import Diagnostic
from mreg.core.events import Event
from mreg.core.replay import History, State
from mreg.deploy import deployment
from mreg.deploy.deployment import Deployment
from mreg.deploy.summary import Report
from mreg.errors import MregError, NotFound, Refused
from mreg.git import checkout, objects, refs, upstream
from mreg.git.repository import Repository
from mreg.governance import audit, evaluate, settings
from mreg.governance.settings import Policies
from mreg.lineage import excerpt
from mreg.lineage import read as lineages
from mreg.lineage.graph import Lineage, LineageQuestion
from mreg.policy.verdicts import Audited
from mreg.store import complete
from mreg.store.versioned_files import VersionedFiles
from mreg.tuples import NamedTuple

MOST_IN_LINEAGE = 60
"""How many things a report's lineage shows; GitHub draws no larger ones."""


class EventQuestion(NamedTuple):
    """What a pipeline asks.

    Attributes:
        tag: the tag's name, without refs/tags/.
        expected: the id of the tag object that it has to be; None: any.
        repository: the repository's URL, without passwords; None: that of the remote which knows.
        detailed: whether a person wants to read more than what is emitted.
        offline: whether what is here counts, and no remote is asked.
        present: the present, in seconds since 1970.
    """

    tag: str
    expected: str | None = None
    repository: str | None = None
    detailed: bool = False
    offline: bool = False
    present: int = 0


def answer(repo: Repository, question: EventQuestion) -> Report:
    """Return what a tag says; of an event that the policy does not allow, too.

    Raises:
        NotFound: there is no such tag, or it is there no longer.
        Refused: it is no event, or not the one that was expected; or its policy cannot be told.
        GitError: Git could not do it, or a remote cannot be asked.
    """
    name = kinds.parse(question.tag)
    if name is None:
        near = f"{question.tag} looks like a registry tag but is not one; it is ignored"
        almost = (near,) if kinds.is_near_miss(question.tag) else ()
        foreign = deployment.foreign(question.tag or None, question.repository)
        return Report(foreign, remarks=almost)
    where = ground(repo, offline=question.offline)
    question = question._replace(repository=question.repository or address(where))
    with repo.session.here, where.session.here as opened, opened.asking_once():
        return _answer(repo, where, question, name.artifact)


def _answer(repo: Repository, where: Repository, question: EventQuestion, artifact: str) -> Report:
    inquiry = _Inquiry(repo, where)
    history = inquiry.history(artifact)
    event = inquiry.event(history, question.tag)
    _check_object(repo, event, question.expected)
    verdict = inquiry.verdict(history, event, question.present)
    approved_by, signer = (verdict.approved_by, verdict.signer) if verdict else ((), None)
    annotation, remarks = inquiry.annotation(event)
    found = deployment.of_tag(
        history, event.tag, annotation, approved_by, signer, question.repository
    )
    assert found is not None  # the event is one of the history's
    report = Report(found, verdict, remarks=remarks)
    return inquiry.detailed(history, report) if question.detailed else report


def accepted(report: Report, *, require_current: bool = False) -> Deployment:
    """Return the event of a report, if it may be deployed.

    With `require_current`, none that a later event has taken back or gone beyond.

    Raises:
        Refused: the policy does not allow it, or it does not count any longer.
    """
    if report.refused and report.verdict:
        lines = [f"the policy does not allow {report.verdict.tag}; do not deploy it"]
        lines += evaluate.reasons(report.verdict.failed)
        raise Refused(
            "\n".join(lines), hint="the event stays in the history; correct it with a new event"
        )
    found = report.deployment
    if require_current and found.event != "none" and not found.is_current:
        now = f"; {found.stage} holds {found.current_version or 'nothing'}" if found.stage else ""
        raise Refused(
            f"{found.tag} is superseded by a later event{now}",
            hint=f"run `mreg history {found.artifact}` to see the later events",
        )
    return found


def ground(repo: Repository, *, offline: bool = False) -> Repository:
    """Return the repository that knows: the mirror of the remote, if there is one.

    A bare repository is a server's, and knows by itself.

    Raises:
        Refused: no remote is to be asked, and what is here may lack something.
        RemoteError: the remote is reached in a way that mreg does not use.
    """
    if repo.mirror:
        return repo
    if offline:
        if why := repo.shortage():
            raise Refused(f"{why}, so it cannot be used offline", hint="omit --offline")
        return repo
    if checkout.is_bare(repo):
        return repo
    lender = upstream.lender(repo)
    return lender.repository if lender else repo


def address(where: Repository) -> str | None:
    """Return the URL of the remote that knows, without passwords; None where no remote is asked."""
    return where.mirror.url.shown if where.mirror else None


def _check_object(repo: Repository, event: Event, expected: str | None) -> None:
    """Hold a tag against what a pipeline was started for, and against the checkout's own."""
    hint = "registry tags must not move: run `mreg verify --tampering`, and find out who moved it"
    if expected == event.commit:
        hint = (
            f"{event.commit} is the commit: --expect-oid takes the id of the tag object, "
            f"{event.oid}"
        )
    if expected is not None and expected != event.oid:
        raise Refused(f"{event.tag} is {event.oid}, but {expected} was expected", hint=hint)
    own = [oid for _, oid in refs.list_names(repo, [f"{refs.PREFIX}{event.tag}"])]
    for oid, it in zip(own, objects.headers(repo, own), strict=True):
        if oid != (event.oid if it.kind == "tag" else event.commit):
            raise Refused(
                f"{event.tag} was moved after the checkout: it is {oid} here, and {event.oid} "
                "at the remote",
                hint="check out again, or find out who moved the tag",
            )


def _numbered(history: History, tag: str) -> str | None:
    """Return the newest tag that has a number behind the given name; None if there is none."""
    found = (it.tag for it in reversed(history.timeline))
    return next((it for it in found if it.rpartition("#")[0] == tag), None)


class _Inquiry:
    """One tag's registry, of which no more is read than what is asked for."""

    def __init__(self, repo: Repository, ground: Repository) -> None:
        self._ground = ground
        self._where = "here" if ground == repo else "at the remote"
        self.state = cache(partial(complete.read_state, ground))

    def history(self, artifact: str) -> History:
        """Return an artifact's history; an empty one if it has none."""
        return self.state(artifact).history(artifact)

    def event(self, history: History, tag: str) -> Event:
        """Return the event that a tag stands for."""
        for dated in history.timeline:
            if dated.tag == tag:
                return dated.event
        for found in self.state(history.artifact).problems:
            if found.subject == tag:
                raise Refused(f"{tag} is not an event: {found.message}", hint=found.hint)
        hint = "the tag was deleted after the pipeline started, or was never pushed"
        if numbered := _numbered(history, tag):
            hint = f"the number is part of the tag; the newest is {numbered}"
        raise NotFound(f"there is no tag {tag} {self._where}", hint=hint)

    def verdict(self, history: History, event: Event, present: int) -> Audited | None:
        """Return what the policy that counts says of an event; None where there is none."""
        governing = settings.governing(self._ground)
        if not governing.blob:
            return None
        judged = audit.judge(
            self._ground,
            _OnDemand(history, self),
            Policies.of_one(governing),
            lambda it: it.oid == event.oid,
            present=present,
        )
        return judged[0]

    def annotation(self, event: Event) -> tuple[Annotation | None, tuple[str, ...]]:
        """Return what an event's commit says of the artifact, and what of it cannot be read."""
        found = self.annotations([Wanted(event.artifact, event.commit, event.tag)])[0]
        said = found if isinstance(found, Annotation) else None
        return said, tuple(f"{it.subject}: {it.message}" for it in entry.problems(found))

    def annotations(self, wanted: Sequence[Wanted]) -> list[Annotation | Diagnostic | None]:
        """Return artifacts' annotations at commits."""
        with VersionedFiles(self._ground) as contents:
            return sources.read(wanted, contents)

    def detailed(self, history: History, report: Report) -> Report:
        """Add what a person wants to read; what cannot be had is a remark, and stops nothing."""
        found = report.deployment
        try:
            report = report._replace(diff=self._diff(history, found))
        except MregError as error:
            report = report._replace(remarks=(*report.remarks, f"cannot show the changes: {error}"))
        try:
            return report._replace(lineage=self._lineage(found))
        except MregError as error:
            return report._replace(remarks=(*report.remarks, f"cannot show the lineage: {error}"))

    def _diff(self, history: History, found: Deployment) -> Diff | None:
        """Return what differs from the version before."""
        known = {*history.standing.active, *history.standing.ended}
        pair = (found.previous_version, found.version)
        if not known.issuperset(pair) or pair[0] == pair[1]:
            return None
        versions = [queries.describe(history, str(it)) for it in pair]
        read = self.annotations([Wanted(it.artifact, it.commit, it.tag) for it in versions])
        before, after = sides(self._ground, versions, read)
        return diff.compare(before, after)

    def _lineage(self, found: Deployment) -> Lineage | None:
        """Return what the version was made from."""
        history = self.history(str(found.artifact))
        if found.version not in (*history.standing.active, *history.standing.ended):
            return None
        version = queries.describe(history, str(found.version))
        part, depth = excerpt.around(
            self.history, history.artifact, str(found.version), self.annotations
        )
        question = LineageQuestion(version, None, "up", depth, MOST_IN_LINEAGE)
        return lineages.answer(self._ground, part, self.annotations, question)


class _OnDemand(State):
    """One artifact's state; others' histories are read when they are asked for."""

    __slots__ = ("_inquiry",)

    def __init__(self, history: History, inquiry: _Inquiry) -> None:
        super().__init__({history.artifact: history})
        self._inquiry = inquiry

    def history(self, artifact: str) -> History:
        """Return an artifact's history; an empty one if it has none."""
        return self._inquiry.history(artifact)
