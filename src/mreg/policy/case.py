"""A case: one event, wished for or recorded, with all that the rules ask about it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from mreg.annotations.entry import Annotation
from mreg.core.events import Action, Event
from mreg.core.kinds import KINDS, Kind
from mreg.core.replay import History
from mreg.tuples import NamedTuple

Worth = Literal["unsigned", "good", "bad", "untrusted", "revoked", "unchecked"]
"""What a signature is worth: none there; made by a key of a principal; not that of these bytes, or
made with a key that has expired; made by a key that is nobody's; by one that was revoked; not
checked, because nothing depends on it."""

Verdict = Literal["approve", "reject"]


class Signer(NamedTuple):
    """Who made a tag object, as far as that is known.

    Attributes:
        name: the tagger's name, as the object claims it.
        email: the tagger's e-mail address, likewise.
        signature: what its signature is worth.
        principal: the principal; of an unsigned object the one with the tagger's address; None if
            the policy knows none.
        key: the fingerprint of the key that signed, such as "SHA256:..."; empty if unsigned.
        why: why the signature is worth nothing, in words; empty where it is good.
    """

    name: str
    email: str
    signature: Worth = "unsigned"
    principal: str | None = None
    key: str = ""
    why: str = ""

    @property
    def verified(self) -> bool:
        """Whether a signature proves who it was."""
        return self.signature == "good"

    @property
    def shown(self) -> str:
        """Who it was, for people: what is merely claimed is called unverified."""
        return str(self.principal) if self.verified else f"{self.name} <{self.email}> (unverified)"


class Approval(NamedTuple):
    """The last decision of one principal about a version and a stage.

    Attributes:
        principal: the principal in the name of its ref.
        signer: the person who made it, as far as this is known.
        registration: the id of the registration tag to which it applies.
        time: its time by the tagger's clock, in seconds since 1970.
        zone: the tagger's offset from UTC.
        message: the approver's message.
        oid: the id of the tag object.
        previous: the id of the same principal's previous decision; empty if there is none.
        fault: the reason why it does not count; empty if it counts.
    """

    verdict: Verdict
    artifact: str
    version: str
    stage: str
    principal: str
    signer: Signer
    registration: str
    time: int
    zone: str
    message: str
    oid: str
    previous: str = ""
    fault: str = ""

    @property
    def verb(self) -> str:
        """What was done by it: approved or rejected."""
        return "approved" if self.verdict == "approve" else "rejected"


class InputFact(NamedTuple):
    """One artifact's version among the inputs.

    Attributes:
        selector: as the annotation names it.
        holds: the stages that it holds; None if there is no such version, or it cannot be known.
    """

    selector: str
    holds: frozenset[str] | None


class Case(NamedTuple):
    """What the rules decide on. Whatever they do not ask for may be left at its default.

    Attributes:
        history: the artifact's history before the event.
        version: the version that it is about; None for deprecate and for a bare commit.
        stage: the stage of a promote or demote; else None.
        actor: who does it.
        rollback: whether the promotion takes back the current holder.
        registration: the registration of the version; None if it is not registered.
        annotation: the version's annotation at its commit; None where there is none.
        unreadable: why the annotation cannot be read; empty if it can.
        holder: the annotation of the version that holds the stage; None where there is none.
        inputs: the versions among its inputs.
        branches: of each branch or pattern that the gate names, whether the commit is reachable
            from it; one that does not exist is not there.
        as_fetched: whether those are a remote's branches as of the last fetch.
        approvals: what principals said of the version and the stage.
        faults: what is wrong with the tag itself, by rule: `name`, `kind`, `registry`,
            `registration`, `previous`, `number`, `date`; empty for one that is only wished for.
        event: the event, if it is recorded already.
        cure: what to do about its date, where that is more than to make the tag again.
    """

    action: Action
    history: History
    version: str | None
    stage: str | None
    commit: str
    actor: Signer
    rollback: bool = False
    registration: Event | None = None
    registrant: Signer | None = None
    annotation: Annotation | None = None
    unreadable: str = ""
    holder: Annotation | None = None
    inputs: tuple[InputFact, ...] = ()
    branches: Mapping[str, bool] = MappingProxyType({})
    as_fetched: bool = False
    approvals: tuple[Approval, ...] = ()
    faults: Mapping[str, str] = MappingProxyType({})
    event: Event | None = None
    cure: str = ""

    @property
    def kind(self) -> Kind:
        """What kind of event it is."""
        return KINDS[self.action]


class Ruling(NamedTuple):
    """What one rule says of a case.

    Attributes:
        rule: the rule, as the settings file calls it: `from`, `by`, `approvals`...
        passed: whether it is kept.
        reason: why, in words.
        hint: how to satisfy it; empty where it is kept.
    """

    rule: str
    passed: bool
    reason: str
    hint: str = ""
