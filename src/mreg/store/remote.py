"""A remote as the registry sees it: what it holds, and what becomes of a push to it.

What decides is never what Git said but what the remote holds: after anything but a plain success
it is asked, and the answer acted on.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from enum import Enum, auto
from types import MappingProxyType

from mreg.core import kinds, names
from mreg.errors import OutcomeUnknown, RemoteError
from mreg.git import refs as tags
from mreg.git import remote
from mreg.git.pushed import Pushed
from mreg.git.remote import Remote
from mreg.git.repository import Repository
from mreg.policy import approvals
from mreg.store.read import patterns_of
from mreg.store.seen import Seen
from mreg.tuples import NamedTuple

LAST = "refs/mreg/last/"
APPROVALS = approvals.PREFIX

NOT_LAST = "does not hold the last event"
"""What mreg's own hook says of a guard that comes without its event."""

# A ref that cannot stand beside those below it notes whether a remote took them the last time. It
# spares proofs and warnings; the guards are offered all the same.
_MARK = LAST.rstrip("/")
_REFUSES, _TAKES = "0" * 40, "1" * 40

_PROOFS = 4
"""How often a remote has to refuse the guards by themselves before a tag goes out without them."""

# How long to wait, in seconds, before looking again for the tag of a last event.
_PAUSES = (0.05, 0.2)


class RemoteRefs(NamedTuple):
    """The registry's tags on both sides, the local ones listed first.

    In that order a tag that is here and not there was not published: who publishes makes the
    local ref last.

    Attributes:
        local: the object of each tag here.
        tags: the object of each tag at the remote.
        last: the object that stands at the remote for the last event of each artifact.
        approvals: the object of each approval's ref at the remote.
    """

    local: dict[str, str]
    tags: dict[str, str]
    last: dict[str, str]
    approvals: dict[str, str]

    @property
    def missing(self) -> list[str]:
        """The tags that the remote has and this repository has not."""
        return [tag for tag in self.tags if tag not in self.local]

    def holds(self, wanted: Mapping[str, str]) -> bool:
        """Tell whether the remote has all of these tags, with these objects."""
        return wanted.items() <= self.tags.items()


class Verdict(Enum):
    """Why a push published nothing."""

    LOST = auto()  # somebody else was quicker
    BUSY = auto()  # a ref is locked: by somebody who is pushing, or who was killed
    VANISHED = auto()  # it was cut short, and nothing arrived
    REFUSED = auto()


class Failure(NamedTuple):
    """A push that published nothing: why, what the remote held then, and what to tell of it."""

    verdict: Verdict
    listed: RemoteRefs
    error: RemoteError


class Offer(NamedTuple):
    """What one push asks for: full refs of tags, which do not exist yet, and guards that are moved.

    What each guard is expected to hold is what is known of it; nothing: it does not exist. Branches
    that go with them, by full ref, are never set back.
    """

    tags: dict[str, str]
    guards: dict[str, str]
    expected: dict[str, str]
    branches: Mapping[str, str] = MappingProxyType({})

    @property
    def sent(self) -> dict[str, str]:
        """All that is pushed."""
        return {**self.tags, **self.guards, **self.branches}


class Peer:
    """A remote (`where`), and what this repository knows of it: the record of what it last held."""

    def __init__(self, repo: Repository, where: Remote) -> None:
        self.repo = repo
        self.network = repo.network
        self.where = where
        self.record = Seen(repo, where)
        self._expected: dict[str, str] = {}
        self._known: Mapping[str, str] = {}
        self._took_guards = False
        self._atomic = True

    @property
    def name(self) -> str:
        """What people call the remote."""
        return self.where.shown

    @property
    def target(self) -> str:
        """How Git is told which remote it is: its name, or its URL."""
        return self.where.name

    # What it holds

    def is_current(self, artifact: str) -> bool:
        """Tell whether what is here of an artifact is what the remote was last seen to hold."""
        seen = self.record.read()
        self._expected[guard(artifact)] = seen.get(guard(artifact), "")
        self._known = dict(_registry_tags(seen, artifact))
        # Only where the remote checks the guard is what was seen once as good as a look.
        return bool(self._expected[guard(artifact)]) and self._known == self._local(artifact)

    def look(self, artifact: str | None = None) -> RemoteRefs:
        """List the registry's tags on both sides; of one artifact, if it is named.

        Raises:
            RemoteError: the remote cannot be asked.
        """
        listed = self._look(artifact)
        for pause in _PAUSES if artifact else ():
            # The refs of one push appear one after the other. A last event without its tag is
            # such a moment; or the server was killed in it, or somebody deleted the tag.
            if set(listed.last.values()) <= set(listed.tags.values()):
                break
            time.sleep(pause)
            listed = self._look(artifact)
        if artifact:
            self._expected[guard(artifact)] = ""
        self._expected.update({guard(name): oid for name, oid in listed.last.items()})
        self._known = listed.tags
        return listed

    def _look(self, artifact: str | None) -> RemoteRefs:
        local = self._local(artifact)
        self.network.reached("ask")
        patterns = _patterns(artifact)
        new = artifact and not (local or self.repo.mirror)
        if new and remote.holds_none(self.repo, self.where, [it.rstrip("*") for it in patterns]):
            return RemoteRefs({}, {}, {}, {})
        refs = remote.list_refs(self.repo, self.where, patterns)
        last = ((ref, oid) for ref, oid in refs.items() if ref.startswith(LAST))
        return RemoteRefs(
            local,
            dict(_registry_tags(refs, artifact)),
            {names.from_tag(ref[len(LAST) : -1]): oid for ref, oid in last},
            {ref: oid for ref, oid in refs.items() if ref.startswith(APPROVALS)},
        )

    def _local(self, artifact: str | None) -> dict[str, str]:
        patterns = patterns_of(artifact) if artifact else (tags.PREFIX,)
        refs = tags.list_refs(self.repo, patterns)
        return {tag: oid for tag, oid in refs if _is_of(tag, artifact)}

    def fetch(self, listed: RemoteRefs, approvals: Iterable[str] = ()) -> None:
        """Fetch the tags that are missing here, and the refs of approvals.

        Raises:
            RemoteError: the remote cannot be reached.
        """
        self.network.reached("fetch")
        refs = [*(f"{tags.PREFIX}{tag}" for tag in listed.missing), *approvals]
        remote.fetch(self.repo, self.where, refs)

    # Branches

    def send_branches(self, wanted: Mapping[str, str]) -> Pushed:
        """Push branches, by full ref, each by itself; none is set back."""
        return remote.push(self.repo, self.where, wanted, {}, atomic=False)

    # What it was seen to hold

    def seen(self) -> dict[str, str]:
        """Return the registry tags that the remote was last seen to hold."""
        return dict(_registry_tags(self.record.read()))

    def note(self, listed: RemoteRefs) -> None:
        """Remember what the remote holds, once all of it is here as well."""
        known = self.record.read()
        refs = _refs_of(listed.tags, listed.last)
        self.record.add({ref: oid for ref, oid in refs.items() if known.get(ref) != oid})

    def note_pushed(self, wanted: Mapping[str, str], *, complete: bool = True) -> None:
        """Remember what was pushed: the object of each tag, in order.

        Complete it is if all that the remote has of these artifacts is here.
        """
        last = last_events(wanted) if complete and self._took_guards else {}
        self.record.add(_refs_of(wanted, last))
        self._expected.update({guard(name): oid for name, oid in last_events(wanted).items()})

    def replace_record(
        self, listed: RemoteRefs, kept: Mapping[str, str], approvals: Mapping[str, str]
    ) -> None:
        """Remember what the remote holds, what it moved or lost as it was, and nothing else.

        Args:
            listed: what it holds.
            kept: the object of each tag that it moved or lost.
            approvals: that of each approval's ref which is as it should be, or was.
        """
        self.record.replace({**_refs_of({**listed.tags, **kept}, listed.last), **approvals})

    # What becomes of a push

    def send(
        self, wanted: Mapping[str, str], branches: Mapping[str, str] = MappingProxyType({})
    ) -> Failure | None:
        """Push tags, in the order of their events, all or none, and find out what became of it.

        Branches go with them, by full ref; none is set back.

        Returns:
            Nothing if the remote holds them now; else why not.

        Raises:
            RemoteError: the remote cannot be reached or written to; nothing was published.
            OutcomeUnknown: it cannot be asked any more, after something was sent.
        """
        return self._send(wanted, self._offer(wanted)._replace(branches=branches))

    def _send(self, wanted: Mapping[str, str], offer: Offer) -> Failure | None:
        before = self._known
        self.network.reached("push")
        pushed = self._push(offer.sent, offer)
        if pushed.landed({**offer.tags, **offer.branches}):
            self._took_guards = bool(offer.guards) and pushed.landed(offer.guards)
            if offer.guards:
                self._note_guards()
            return None
        if re.search(_NOT_ATOMIC, pushed.said) and self._atomic:
            self._atomic = False
            if len(wanted) + len(offer.branches) > 1:
                raise RemoteError(
                    f"{self.name} does not support atomic pushes of several refs",
                    hint="publish them one by one: the branch with `git push`, then each tag",
                )
            return self.send(wanted)
        return self._judged(wanted, offer, pushed, before)

    def _offer(self, wanted: Mapping[str, str]) -> Offer:
        last = last_events(wanted) if self._atomic else {}
        guards = {guard(name): oid for name, oid in last.items()}
        expected = {ref: self._expected.get(ref, "") for ref in guards}
        return Offer(_refs_of(wanted, {}), guards, expected)

    def _push(self, refs: Mapping[str, str], offer: Offer) -> Pushed:
        return remote.push(self.repo, self.where, refs, offer.expected, atomic=self._atomic)

    def _judged(
        self, wanted: Mapping[str, str], offer: Offer, pushed: Pushed, before: Mapping[str, str]
    ) -> Failure | None:
        """Ask what the remote holds after a push that did not simply succeed."""
        listed, error = self.look_after(pushed, wanted, last_events(wanted))
        if listed.holds(wanted):
            return None
        verdict = judge(wanted, offer, pushed, listed)
        if verdict is Verdict.REFUSED and refuses_guards(offer, pushed) and self._proves(offer):
            return self._send_unguarded(wanted, offer, before, error)
        if verdict is Verdict.REFUSED:
            error = self._of_branch(offer, pushed) or error
        return Failure(verdict, listed, error)

    def _of_branch(self, offer: Offer, pushed: Pushed) -> RemoteError | None:
        """Return the error to tell where a branch that went with the tags was what was refused."""
        for ref in offer.branches:
            why = reason(pushed, ref)
            branch = ref.removeprefix("refs/heads/")
            if re.search(_BEHIND, why):
                return RemoteError(
                    f"{self.name} refused the branch {branch}: {why}; nothing was published",
                    hint=f"run `git pull {self.name} {branch}`, then try again",
                )
            # A pre-receive hook refuses all together, and its words alone say for which of them.
            if why and not re.search(_NOT_ITS_OWN, why) and "pre-receive" not in why:
                from mreg.git import faults

                said = faults.refusal(
                    self.name, [f"the branch {branch}"], pushed, self.network.seconds
                )
                return type(said)(
                    str(said),
                    hint=f"get the commit into {branch} as the server requires, for example with "
                    "a merge request; then try again without --with-branch",
                )
        return None

    def look_after(
        self, pushed: Pushed, wanted: Collection[str], artifacts: Collection[str]
    ) -> tuple[RemoteRefs, RemoteError]:
        """Ask what the remote holds after a push that did not simply succeed.

        Args:
            pushed: what Git said of it.
            wanted: what was pushed, as people call it.
            artifacts: the artifacts that it was about.

        Returns:
            What it holds, and the error to tell if what was pushed is not among it.

        Raises:
            RemoteError: nothing was sent, or the remote cannot be asked and nothing was published.
            OutcomeUnknown: it cannot be asked any more, after something was sent.
        """
        from mreg.git import faults

        if not pushed.results and (error := faults.nothing_sent(self.name, pushed.said)):
            raise error
        error = faults.refusal(self.name, wanted, pushed, self.network.seconds)
        try:
            return self._look_at(artifacts), error
        except RemoteError as unreachable:
            if pushed.overtaken:
                raise RemoteError(
                    f"someone else published first, and mreg cannot read from {self.name}: "
                    f"{unreachable}",
                    hint="run the command again when the remote answers",
                ) from unreachable
            if pushed.refused:
                raise error from unreachable
            raise OutcomeUnknown(
                f"cannot determine whether {self.name} accepted {' and '.join(wanted)}: {error}; "
                f"and reading from it failed: {unreachable}",
                hint="run the same command again when the remote answers:"
                " it checks first, and records nothing twice",
            ) from unreachable

    def _look_at(self, artifacts: Collection[str]) -> RemoteRefs:
        return self.look(next(iter(artifacts)) if len(artifacts) == 1 else None)

    # Where the guards are refused

    def _proves(self, offer: Offer) -> bool:
        """Tell whether the remote refuses the guards by themselves, each time that it is asked.

        Nothing is changed by asking: no ref can stand below a guard, so what passes every hook
        fails at the last.
        """
        below = {f"{ref}/below": oid for ref, oid in offer.guards.items()}
        times = 1 if self.record.read().get(_MARK) == _REFUSES else _PROOFS
        asked = (self._push({**offer.guards, **below}, offer) for _ in range(times))
        return all(refuses_guards(offer, it) for it in asked)

    def _send_unguarded(
        self, wanted: Mapping[str, str], offer: Offer, before: Mapping[str, str], error: RemoteError
    ) -> Failure | None:
        """Push tags without the guards, if nobody published anything since they were planned."""
        artifacts = last_events(wanted).keys()
        listed = self._look_at(artifacts)
        if _only(listed.tags, artifacts) != _only(before, artifacts):
            return Failure(Verdict.LOST, listed, error)
        failure = self._send(wanted, Offer(offer.tags, {}, {}, offer.branches))
        if failure is None:
            # Who did not take them at a bad moment takes them now that their event is there.
            self._took_guards = self._push(offer.guards, offer).landed(offer.guards)
            self._note_guards()
        return failure

    def _note_guards(self) -> None:
        """Note whether the remote took the guards; say it when it does not, the first time."""
        noted = self.record.read().get(_MARK, _TAKES)
        now = _TAKES if self._took_guards else _REFUSES
        if now == noted:
            return
        self.record.add({_MARK: now})
        if now == _REFUSES:
            self.network.notice(
                f"warning: {self.name} does not accept {LAST}*, which prevents two people from "
                "using one number at the same time; the tags are published without it"
            )


def judge(wanted: Mapping[str, str], offer: Offer, pushed: Pushed, listed: RemoteRefs) -> Verdict:
    """Tell why a push published nothing, by what Git said of it and the remote held afterwards."""
    last = {guard(name): oid for name, oid in listed.last.items()}
    moved = any(last.get(ref, "") != oid for ref, oid in offer.expected.items())
    if moved or any(tag in listed.tags for tag in wanted):
        return Verdict.LOST
    # Who was told that a guard has moved, and sees it unmoved, asked a copy that lags behind.
    known = (ref for ref, oid in offer.expected.items() if oid)
    lagging = any(reason(pushed, ref) == "stale info" for ref in known)
    if pushed.locked or lagging:
        return Verdict.BUSY
    return Verdict.REFUSED if pushed.refused else Verdict.VANISHED


def refuses_guards(offer: Offer, pushed: Pushed) -> bool:
    """Tell whether a push was refused for its guards, or for all of it together.

    That others were refused says nothing of them; nor does a transaction that failed: to leave the
    guard out then would be to pass by the one who holds its lock. And whose hook knows what a guard
    has to hold takes those that do.
    """
    reasons = [reason(pushed, ref) for ref in offer.guards] if pushed.refused else []
    own = [it for it in reasons if not re.search(_NOT_ITS_OWN, it)]
    return bool(own) and NOT_LAST not in pushed.said


# What a ref is refused with when another one is, or when no hook refused it.
_NOT_ITS_OWN = r"^atomic |failed to|transaction"

_BEHIND = r"fetch first|non-fast-forward"

# Git's own words; a remote's stand behind "remote: ".
_NOT_ATOMIC = r"(?m)^fatal: the receiving end does not support --atomic"


def _only(held: Mapping[str, str], artifacts: Container[str]) -> dict[str, str]:
    return {tag: oid for tag, oid in held.items() if artifact_of(tag) in artifacts}


def reason(pushed: Pushed, ref: str) -> str:
    """Return why a ref was refused, as Git says it; nothing if it was not."""
    return pushed.results[ref].reason if ref in pushed.results else ""


def guard(artifact: str) -> str:
    """Return the ref that holds an artifact's last event at a remote.

    The "#" at its end, which no name ends in, keeps `nlp` from being the folder of `nlp/sentiment`.
    """
    return f"{LAST}{names.in_tag(artifact)}#"


def artifact_of(tag: str) -> str:
    """Return the artifact that a registry tag is about; nothing for another tag."""
    name = kinds.parse(tag)
    return name.artifact if name else ""


def last_events(wanted: Mapping[str, str]) -> dict[str, str]:
    """Return the last object of each artifact, of the objects of tags in order."""
    return {artifact_of(tag): oid for tag, oid in wanted.items()}


def _is_of(tag: str, artifact: str | None) -> bool:
    """Tell whether a tag is a registry tag; of the artifact, if one is named."""
    if artifact and not tag.startswith(names.in_tag(artifact)):
        return False  # most are another's, and to parse a name takes longer
    found = artifact_of(tag)
    return found == artifact if artifact else bool(found)


def _registry_tags(
    refs: Mapping[str, str], artifact: str | None = None
) -> Iterator[tuple[str, str]]:
    for ref, oid in refs.items():
        tag = ref.removeprefix(tags.PREFIX)
        if tag != ref and _is_of(tag, artifact):
            yield tag, oid


def _refs_of(held: Mapping[str, str], last: Mapping[str, str]) -> dict[str, str]:
    refs = {f"{tags.PREFIX}{tag}": oid for tag, oid in held.items()}
    return {**refs, **{guard(name): oid for name, oid in last.items()}}


def _patterns(artifact: str | None) -> list[str]:
    if artifact is None:
        return [f"{tags.PREFIX}*", f"{LAST}*", f"{APPROVALS}*"]
    start = f"{tags.PREFIX}{names.in_tag(artifact)}"
    return [f"{start}@*", f"{start}#*", guard(artifact), f"{APPROVALS}{names.in_tag(artifact)}@*"]
