"""Approving and rejecting: what principals said, and saying it, here or at a remote first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from mreg.core import queries, tagobject
from mreg.core.diagnostics import Diagnostic, problem
from mreg.core.events import Event
from mreg.core.replay import History
from mreg.errors import GitError, Refused
from mreg.git import remote as remotes
from mreg.git import tagobjects
from mreg.git.process import CommandFailed
from mreg.git.refs import list_names
from mreg.git.repository import Repository
from mreg.git.tagobjects import NotATag
from mreg.governance.trust import UNLISTED, Trust
from mreg.policy import approvals
from mreg.policy.approvals import ApprovalDraft, Place
from mreg.policy.case import Approval, Signer, Verdict
from mreg.policy.chain import SKEW
from mreg.policy.conveniences import FILE
from mreg.policy.model import Gate
from mreg.policy.tally import stranger
from mreg.store import complete
from mreg.tuples import NamedTuple

if TYPE_CHECKING:
    from mreg.store.remote import Failure, Peer
    from mreg.store.write import Tagger

_NOTHING: Mapping[str, str] = MappingProxyType({})


def read(
    repo: Repository,
    trust: Trust,
    artifact: str | None = None,
    version: str | None = None,
    stage: str | None = None,
) -> tuple[Approval, ...]:
    """Return the last word of each principal, by artifact, version, stage and principal.

    They are those that are here: what others said since the last `mreg fetch` is not known. By URL,
    and in a clone that may lack something, the remote is asked.

    Raises:
        Refused: the remote of a clone that may lack something cannot be asked.
        GitError: Git could not do it, or a signature cannot be verified here.
    """
    start = approvals.pattern(artifact)
    if artifact and version:
        start = approvals.of_version(artifact, version)
    held = [it for it in _held(repo, start) if stage in (None, it.whose.stage)]
    said = (last(trust, it.whose, _chain(it, raw)) for it, raw in _objects(held))
    found = [it for it in said if it]
    return tuple(sorted(found, key=lambda it: (it.artifact, it.version, it.stage, it.principal)))


def problems(repo: Repository, trust_of: Callable[[], Trust]) -> Iterator[Diagnostic]:
    """Iterate over the refs of words that hold what is not their principal's, or are no words'.

    `trust_of` tells who is trusted, once there is any word.

    Raises:
        GitError: as for `read`.
    """
    complete.refresh(repo, (f"{approvals.PREFIX}*",))
    refs = [ref for ref, _ in list_names(repo, [approvals.PREFIX])]
    for ref in refs:
        if approvals.parse_ref(ref) is None:
            yield problem("MR025", ref, "its name is not that of an approval, and it may block one")
    if not refs:
        return
    try:
        trust, held = trust_of(), _held(repo, approvals.PREFIX)
    except Refused as error:
        why = f"cannot determine who made them: {error}"
        yield problem("MR025", approvals.PREFIX, why, hint=error.hint)
        return
    for it, raw in _objects(held):
        if why := stranger(trust.settings, approval(trust, it.whose, it.oid, raw)):
            says = f"run `mreg approve` or `mreg reject` as {it.whose.principal} to record it again"
            yield problem(
                "MR025", it.whose.ref, f"it does not contain an approval by them: {why}", hint=says
            )


class _Held(NamedTuple):
    """A word that a ref holds, and the repository in which it does."""

    repo: Repository
    whose: Place
    oid: str


def _held(repo: Repository, start: str) -> list[_Held]:
    """Return the words that refs hold here, or at the remote of a clone that may lack them."""
    every = (f"{approvals.PREFIX}*",)
    complete.refresh(repo, every)
    refs = {ref: (repo, oid) for ref, oid in list_names(repo, [start])}
    if lender := complete.lent(repo, every):
        for ref, oid in list_names(lender, [start]):
            _, here = refs.get(ref, (repo, ""))
            if not here or tagobjects.contains(lender, oid, here, approvals.before):
                refs[ref] = (lender, oid)
    named = ((approvals.parse_ref(ref), held) for ref, held in refs.items())
    return [_Held(folder, whose, oid) for whose, (folder, oid) in named if whose]


def _objects(held: Sequence[_Held]) -> Iterator[tuple[_Held, bytes | NotATag]]:
    for folder in dict.fromkeys(it.repo for it in held):
        here = [it for it in held if it.repo == folder]
        yield from zip(here, tagobjects.read(folder, [it.oid for it in here]), strict=True)


def _chain(held: _Held, raw: bytes | NotATag) -> Iterator[tuple[str, bytes | NotATag]]:
    """Iterate over a ref's words, the last first; those before it are read where they are asked."""
    yield held.oid, raw
    previous = approvals.before(raw) if isinstance(raw, bytes) else None
    if previous is None:
        return
    try:
        with tagobjects.reading(held.repo) as reading:
            yield from reading.follow(previous, approvals.before)
    except CommandFailed:  # a damaged object, at which Git gives up: there the words end
        return


def last(
    trust: Trust,
    whose: Place,
    chain: Iterable[tuple[str, bytes | NotATag]],
    until: int | None = None,
    now: Trust | None = None,
) -> Approval | None:
    """Return what a principal last said of a version and a stage; None if they said nothing.

    Whoever asks what somebody last said asks here. Who may write the ref, but is not the principal,
    would lift a rejection by whatever they put on top of it: so the rejection stands. An approval
    before such a word does not come back: then nothing counts.

    `words` are those that their ref leads to as ids and objects, the last first. What they said
    after `until` does not bear on it; `now` is who is trusted by now, where that may be others.
    """
    top: Approval | None = None
    for oid, raw in chain:
        found = approval(trust, whose, oid, raw)
        # A clock that is a little ahead does not make an approval one that came too late; nor may
        # a rejection that did come later be taken for one that stood.
        ahead = SKEW if found.verdict == "approve" else 0
        if until is not None and found.time > until + ahead:
            # What is not theirs may bear any date. Their key may be a later one, though.
            by = (trust, now or trust)
            if not all(stranger(it.settings, approval(it, whose, oid, raw)) for it in by):
                continue
        if not found.fault and (top is None or found.verdict == "reject"):
            return found
        if not found.fault:
            return top
        top = top or found
    return top


def approval(trust: Trust, whose: Place, oid: str, raw: bytes | NotATag) -> Approval:
    """Read a word; one that is not that of the principal whose ref holds it counts for nothing."""
    if isinstance(raw, NotATag):
        return approvals.unreadable(
            whose, oid, f"the ref does not contain a tag object: {raw.kind}"
        )
    signer = trust.signer(oid, raw)
    found = approvals.read(whose, oid, raw, signer, trust.settings.registry)
    if not found.fault and trust.principal(signer) != whose.principal:
        # Whoever approved before the policy gave them another name has to approve again.
        own = trust.principal(signer)
        named = f", called {own} in the policy" if own and not signer.verified else ""
        return found._replace(fault=signer.why or f"it was made by {signer.shown}{named}")
    return found


_RENAME = f"rename the stage or the principal in {FILE}"


class ApprovalWish(NamedTuple):
    """What somebody wants to say.

    Attributes:
        verdict: approve or reject.
        artifact: the artifact.
        stage: the stage.
        message: why.
        find: tells the version, the event that registered it, and the artifact's history, on what
            is there by then.
    """

    verdict: Verdict
    artifact: str
    stage: str
    message: str
    find: Callable[[], tuple[str, Event, History]]


def say(
    repo: Repository,
    trust: Trust,
    wish: ApprovalWish,
    *,
    peer: Peer | None = None,
    dry_run: bool = False,
) -> Approval:
    """Say a word on a version: at the remote first, then here.

    What stands already is not said again; it is published, if it was not yet.

    Without a peer it is said here alone. In a dry run everything is decided and nothing is made;
    nothing is signed then, so that who it is goes by the key that Git would sign with.

    Raises:
        Refused: the policy does not know the user, or the stage, or there is no such version.
        MregError: Git or the remote could not do it.
    """
    from mreg.store import publish, write

    writer = _ApprovalWriter(repo, trust, wish, write.tagger(repo))
    if peer is None:
        if not dry_run:
            publish.bring_here(repo)
        made = writer.prepare(dry_run=dry_run)
        if not dry_run and made.new:
            write.move(repo, made.ref, made.approval.oid, made.here)
            if remotes.settings(repo).remotes:
                repo.network.notice(f"note: not published yet: run `mreg push {wish.artifact}`")
        return made.approval
    return publish.retried(peer, lambda: writer.publish(peer, dry_run=dry_run))


class _Made(NamedTuple):
    """A word that is made, or stands already, and what its ref holds here, if anything."""

    approval: Approval
    ref: str
    here: str
    new: bool


class _ApprovalWriter:
    """Making a word; again, when the same principal said something elsewhere in between."""

    def __init__(self, repo: Repository, trust: Trust, wish: ApprovalWish, who: Tagger) -> None:
        self._repo = repo
        self._trust = trust
        self._wish = wish
        self._who = who
        self._required = trust.settings.signatures == "required"
        self._warned = False
        self._last_event = 0
        self._gate = self._gate_of(wish.stage)

    def publish(self, peer: Peer, *, dry_run: bool) -> Approval | Failure:
        """Make the word on what the remote has, push it, and let the ref here follow."""
        from mreg.store import publish
        from mreg.store.approvals import send

        publish.bring(peer)
        listed = peer.look(self._wish.artifact)
        publish.catch_up(peer, listed, self._wish.artifact)
        made = self.prepare(listed.approvals, dry_run=dry_run)
        oid = made.approval.oid
        if dry_run:
            return made.approval
        if listed.approvals.get(made.ref) != oid and (
            failure := send(peer, {made.ref: oid}, listed)
        ):
            return failure
        self._follow(peer, made)
        return made.approval

    def _follow(self, peer: Peer, made: _Made) -> None:
        """Let the ref here hold what the remote's does now."""
        from mreg.store import write

        oid = made.approval.oid
        if made.here == oid or self._repo.mirror:  # a mirror follows by itself
            return
        try:
            write.move(self._repo, made.ref, oid, made.here)
        except GitError as error:
            if dict(list_names(self._repo, [made.ref])).get(made.ref) != oid:
                raise GitError(
                    f"{peer.name} has {made.ref} now, but this clone has {error}", hint="mreg fetch"
                ) from error

    def prepare(self, there: Mapping[str, str] = _NOTHING, *, dry_run: bool = False) -> _Made:
        """Make the word's tag object on what refs hold there, unless the word stands already."""
        version, registration, history = self._wish.find()
        self._last_event = history.last.effective if history.last else 0
        if dry_run:
            signer = self._presumed()
            draft, here = self._draft(version, registration, self._principal(signer), there)
            raw = self._bytes(draft)
        else:
            draft, here, raw, signer = self._signed(version, registration, there)
        self._warn(signer, draft, registration)
        last = self._last(draft.place, draft.previous)
        if approvals.stands(last, draft, signer=signer, signatures=self._required) and last:
            self._repo.network.notice(
                f"{last.principal} has already {last.verb} {last.artifact} {last.version} for "
                f"{last.stage}; nothing was recorded"
            )
            return _Made(last, draft.place.ref, here, new=False)
        from mreg.store import write

        oid = write.store(self._repo, raw, draft.target, dry_run=dry_run)
        approval = approvals.read(draft.place, oid, raw, signer, self._trust.settings.registry)
        return _Made(approval, draft.place.ref, here, new=True)

    # What to say

    def _draft(
        self, version: str, registration: Event, principal: str, there: Mapping[str, str]
    ) -> tuple[ApprovalDraft, str]:
        """Return the word as a principal's, and what its ref holds here now.

        It follows what the remote holds: a word of one's own that was said here alone, after
        which another was published from elsewhere, is dropped for the new one.
        """
        wish = self._wish
        mine = Place(wish.artifact, version, wish.stage, principal)
        policy = self._trust.settings
        if why := approvals.obstacle(mine, policy.stages, policy.principals):
            raise Refused(f"{mine.ref} could block another ref: {why}", hint=_RENAME)
        here = dict(list_names(self._repo, [mine.ref])).get(mine.ref, "")
        theirs = there.get(mine.ref, "")
        ours = here and tagobjects.contains(self._repo, here, theirs, approvals.before)
        previous = here if ours or not theirs else theirs
        draft = approvals.draft(
            mine,
            wish.verdict,
            registration.oid,
            self._last(mine, previous),
            registry=self._trust.settings.registry,
            message=wish.message,
            now=self._now,
        )
        return draft, here

    @property
    def _now(self) -> int:
        """The word's time: that of the artifact's last event, where its maker's clock is ahead."""
        now = self._who.now
        return self._last_event if now < self._last_event <= now + SKEW else now

    def _last(self, mine: Place, oid: str) -> Approval | None:
        """Return the word of which an object is the bytes; None where there is none."""
        if not oid:
            return None
        return approval(self._trust, mine, oid, next(tagobjects.read(self._repo, [oid])))

    def _bytes(self, draft: ApprovalDraft) -> bytes:
        from mreg.store import write

        who = self._who._replace(now=draft.time)
        return write.tag_bytes(draft.target, "tag", draft.name, who, draft.text)

    # Who says it

    def _signed(
        self, version: str, registration: Event, there: Mapping[str, str]
    ) -> tuple[ApprovalDraft, str, bytes, Signer]:
        """Return the word, what its ref holds here, its signed bytes, and whose they are.

        The ref's name is signed as well, and names the principal, who is known by the signature:
        so it is signed for whom the address stands for, and once more if it was another.
        """
        from mreg.git import signature

        claimed = self._claimed()
        principal = claimed.principal or self._address(claimed)
        for _ in range(2):
            draft, here = self._draft(version, registration, principal, there)
            raw = self._bytes(draft)
            raw += signature.signature(self._repo, raw, self._who.who, required=self._required)
            signer = self._trust.judge(raw)
            found = self._principal(signer)
            if found == principal:
                return draft, here, raw, signer
            principal = found
        raise GitError(
            "Git signed two tags with keys of different people",
            hint="check gpg.ssh.defaultKeyCommand",
        )

    def _presumed(self) -> Signer:
        """Return who would sign, for a dry run, which signs nothing."""
        found = self._trust.presumed(self._who.who)
        if found.signature == "untrusted" and self._required:
            return found._replace(principal=None, why="")
        if found.signature == "unchecked" and self._trust.principal(found) is None:
            raise Refused(
                "cannot determine which key Git would sign with, because a dry run signs nothing",
                hint="set user.signingKey, or run the command without --dry-run",
            )
        return found

    def _claimed(self) -> Signer:
        """Return whom the address stands for."""
        name, email = tagobject.identity(self._who.who.encode())
        return Signer(name, email, principal=self._trust.settings.by_email(email))

    def _address(self, signer: Signer) -> str:
        if not signer.email:
            raise Refused("your e-mail address is not set", hint="git config user.email YOU@HOST")
        return signer.email.lower()

    def _principal(self, signer: Signer) -> str:
        """Return who says it; nobody may whom the policy does not know."""
        if found := self._trust.principal(signer):
            return found
        what = f"your key {signer.key}" if signer.key else f"<{signer.email}>"
        is_known = signer.signature == "revoked"
        why = "" if is_known or signer.why in ("", UNLISTED) else f": {signer.why}"
        raise Refused(
            f"the policy {'has revoked' if is_known else 'does not contain'} {what}{why}",
            hint=f"sign with a key that is listed under `principals` in {FILE}, or ask to have "
            "yours added",
        )

    # What it will not do

    def _gate_of(self, stage: str) -> Gate:
        stages = self._trust.settings.stages
        if stages is None:
            return Gate()
        if stage not in stages:
            raise Refused(
                f"{stage} is not one of the policy's stages: {', '.join(stages) or 'none'}",
                hint=queries.suggestion(stage, stages) or f"add it to `stages` in {FILE}",
            )
        return stages[stage]

    def _warn(self, signer: Signer, draft: ApprovalDraft, registration: Event) -> None:
        """Say once why the word will not count, where that can be told."""
        if self._warned:
            return
        self._warned = True
        if why := self._in_vain(signer, draft, registration):
            self._repo.network.notice(f"warning: this approval will not count: {why}")

    def _in_vain(self, signer: Signer, draft: ApprovalDraft, registration: Event) -> str:
        gate = self._gate
        stage, principal = draft.place.stage, draft.place.principal
        if self._trust.settings.stages is None:
            return ""  # nobody counts: it is said for the record, and `mreg show` tells it
        if not gate.approvals and gate.approvers is None:
            return f"the policy does not require approvals for {stage}"
        allowed = gate.approvers
        if allowed is not None and principal not in self._trust.settings.members(allowed):
            return f"{principal} is not among the approvers for {stage}"
        if draft.verdict == "approve" and not gate.self_approval:
            raw = next(tagobjects.read(self._repo, [registration.oid]))
            registrant = (
                self._trust.signer(registration.oid, raw) if isinstance(raw, bytes) else None
            )
            if registrant and _is_same(registrant, signer, principal):
                return f"you registered {draft.place.version}, so you cannot approve it yourself"
        return ""


def _is_same(registrant: Signer, signer: Signer, principal: str) -> bool:
    if registrant.principal:
        return registrant.principal == principal
    return registrant.email.lower() == signer.email.lower()
