"""An event as an auditor sees it: who claimed, signed and approved it, and by which policy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from datetime import datetime

from mreg.core.diagnostics import Diagnostic
from mreg.core.events import Action, Event
from mreg.core.kinds import TagName
from mreg.core.times import moment
from mreg.policy import gates
from mreg.policy.case import Case, Ruling, Worth
from mreg.policy.model import Governing
from mreg.policy.tally import tally
from mreg.render.cell import Cell
from mreg.render.moments import Moment
from mreg.render.table import Table
from mreg.tuples import NamedTuple


class Audited(NamedTuple):
    """One registry tag, checked against the policy.

    Attributes:
        tag: the tag's name.
        oid: the id of the tag object; empty if it is unknown.
        action, artifact, version, stage, author, author_email: as of a `Record`.
        commit: the id of the commit; empty if the tag cannot be read.
        created_at: the time, as the tag claims; None if it cannot be read.
        signature: the state of the tag's signature.
        signer: the principal whose key signed it; None if no signature proves this.
        key: the fingerprint of the key that signed; empty if there is none.
        approved_by: the principals whose approval counted, or would have if it had been required.
        rejected_by: the principals whose rejection was in force.
        policy: the id of the commit whose policy was in force; empty if there was none.
        is_rollback: whether the promotion took back the holder of its stage.
        revoked_since: whether a key that it depends on, that of its signature or of an approval
            that counted, is revoked by the policy that is in force now.
        passed: whether all rules were fulfilled.
        rulings: the result of each rule.
    """

    tag: str
    oid: str
    action: Action
    artifact: str
    version: str | None
    stage: str | None
    commit: str = ""
    created_at: datetime | None = None
    author: str = ""
    author_email: str = ""
    signature: Worth = "unchecked"
    signer: str | None = None
    key: str = ""
    approved_by: tuple[str, ...] = ()
    rejected_by: tuple[str, ...] = ()
    policy: str = ""
    is_rollback: bool = False
    revoked_since: bool = False
    passed: bool = False
    rulings: tuple[Ruling, ...] = ()

    @property
    def failed(self) -> tuple[Ruling, ...]:
        """The violated rules."""
        return tuple(it for it in self.rulings if not it.passed)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The same as diagnostics of the tag."""
        return tuple(
            Diagnostic(it.rule, "error", self.tag, it.reason, it.hint) for it in self.failed
        )

    @property
    def verdict(self) -> str:
        """The verdict in one word."""
        return "ok" if self.passed else "refused"


class Backing(NamedTuple):
    """An approval that counted for a promotion.

    Attributes:
        principal: the principal.
        created_at: its time, as the approver's clock had it.
        message: the approver's message.
    """

    principal: str
    created_at: datetime
    message: str


class Backers(NamedTuple):
    """The signer and the approvers of a promotion.

    Attributes:
        signature, signer, key, approved_by: as of an `Audited`.
        approvals: those of them whose approval is still the principal's last decision.
    """

    signature: Worth
    signer: str | None = None
    key: str = ""
    approved_by: tuple[str, ...] = ()
    approvals: tuple[Backing, ...] = ()

    @property
    def words(self) -> list[tuple[str, str]]:
        """The same as pairs of a word and a text, for people."""
        how = (
            "not checked: no policy lists keys" if self.signature == "unchecked" else self.signature
        )
        signed = f"{self.signer} ({self.key})" if self.signer else f"- ({how})"
        known = {it.principal: it for it in self.approvals}
        found = [("signed by", signed)]
        if others := [it for it in self.approved_by if it not in known]:
            found.append(("approved by", ", ".join(others)))
        for it in self.approvals:
            found += [("approved by", it.principal), ("approved on", Moment.of(it.created_at))]
            found += [("with message", it.message)] if it.message else []
        return found if self.approved_by else [*found, ("approved by", "-")]


def of_event(
    event: Event, governing: Governing, case: Case, revoked: Set[str] = frozenset()
) -> Audited:
    """Judge an event by a policy, on a case that has all the facts.

    `revoked` are the fingerprints of the keys that the policy in force now has revoked.
    """
    settings = governing.settings
    gate = gates.gate_of(settings, case)
    asks = gates.asks_for_approvals(gate) or case.approvals
    tallied = tally(settings, gate, case) if asks else None
    approved = tallied.approved if tallied else ()
    words = (it for it in case.approvals if it.verdict == "approve" and it.principal in approved)
    keys = {case.actor.key, *(it.signer.key for it in words)}
    return _ruled(event, case.version, gates.check(settings, case))._replace(
        signature=case.actor.signature,
        signer=case.actor.principal if case.actor.verified else None,
        key=case.actor.key,
        approved_by=approved,
        rejected_by=tallied.rejected if tallied else (),
        policy=governing.commit if governing.blob else "",
        is_rollback=case.rollback,
        revoked_since=not revoked.isdisjoint(keys),
    )


def without_policy(event: Event, version: str | None, why: Ruling) -> Audited:
    """Return the verdict on an event of whose time the policy cannot be followed."""
    return _ruled(event, version, (why,))


def _ruled(event: Event, version: str | None, rulings: tuple[Ruling, ...]) -> Audited:
    return Audited(
        event.tag, event.oid, event.action, event.artifact, version, event.stage, event.commit,
        moment(event.time, event.zone), event.author, event.author_email,
        passed=all(it.passed for it in rulings), rulings=rulings,
    )  # fmt: skip


_RULES = {
    **dict.fromkeys(("MR002", "MR003", "MR004", "MR005", "MR006", "MR007"), "kind"),
    "MR008": "name",
    "MR024": "size",
}
"""The rules that tags break which have the name of an event and are none."""


def is_broken(found: Diagnostic) -> bool:
    """Tell whether a problem is that of a tag which has the name of an event and is none."""
    return found.code in _RULES


def of_problem(name: TagName, found: Diagnostic) -> Audited:
    """Return the verdict on a tag that has the name of an event and is none."""
    ruling = Ruling(_RULES[found.code], False, found.message, found.hint)
    return Audited(
        found.subject, "", name.action, name.artifact, name.version, name.stage, rulings=(ruling,)
    )


def table(found: Iterable[Audited]) -> Table:
    """Return what an audit says as a table: a row for each event."""
    names = ("claimed by", "approved by")
    return Table.of(
        _COLUMNS,
        found,
        title="Audit",
        empty="No such events.",
        wraps=(*names, "verdict"),
        gives_way=("policy", "version", "signed by", "approved by"),
        words=names,
    )


def full_table(found: Iterable[Audited]) -> Table:
    """Return all that an audit says, for another program: nothing is shortened."""
    return Table.of(_FULL_COLUMNS, found)


def verdict_label(it: Audited) -> str:
    """Return the verdict, and which rules were not kept, or that a key was revoked since."""
    if it.passed:
        return it.verdict + ", key revoked since" * it.revoked_since
    return f"{it.verdict}: {', '.join(dict.fromkeys(rule.rule for rule in it.failed))}"


_SHORT = 7
_COLUMNS: dict[str, Callable[[Audited], str]] = {
    "date": lambda it: Moment.of(it.created_at) if it.created_at else "-",
    "tag": lambda it: Cell.of(it.tag + " (rollback)" * it.is_rollback, kind="tag", whole=it.tag),
    "version": lambda it: it.version or "-",
    "claimed by": lambda it: (
        f"{it.author} <{it.author_email}>" if it.author or it.author_email else "-"
    ),
    "signed by": lambda it: (
        it.signer or ("-" if it.signature in ("unsigned", "unchecked") else it.signature)
    ),
    "approved by": lambda it: ", ".join(it.approved_by) or "-",
    "policy": lambda it: it.policy[:_SHORT] or "-",
    "verdict": lambda it: Cell.of(verdict_label(it), "good" if it.passed else "bad"),
}


def _whole(name: str) -> Callable[[Audited], str]:
    """Return what writes a field out whole; what is not known is empty."""

    def cell(it: Audited) -> str:
        value = getattr(it, name)
        return " ".join(value) if isinstance(value, tuple) else value or ""

    return cell


_WHOLE = (
    *("tag", "action", "artifact", "version", "stage", "commit", "oid", "author", "author_email"),
    *("signature", "signer", "key", "approved_by", "rejected_by", "policy", "verdict"),
)
_FULL_COLUMNS: dict[str, Callable[[Audited], str]] = {
    "date": lambda it: Moment.of(it.created_at) if it.created_at else "",
    **{name: _whole(name) for name in _WHOLE},
    "reasons": lambda it: "; ".join(f"{rule.rule}: {rule.reason}" for rule in it.failed),
}
