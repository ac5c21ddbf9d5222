"""Cases made by hand: for the rules, without Git."""

from __future__ import annotations

from typing import Any

from handmade import commit, event, history
from mreg.annotations.entry import Annotation
from mreg.core.events import Event
from mreg.core.replay import History
from mreg.policy.case import Approval, Case, Signer, Verdict
from mreg.policy.gates import NO_GATE
from mreg.policy.model import Gate, Principal, Settings

PEOPLE = ("ann", "bob", "carol", "dan")


def principal(name: str) -> Principal:
    """Return a principal with an address."""
    return Principal(name, (f"{name}@example.com",))


def signer(name: str, signature: str = "good", **changes: Any) -> Signer:
    """Return who made something: signed by default, with the principal's own key."""
    found = Signer(name.title(), f"{name}@example.com", "good", name, f"SHA256:{name}")
    if signature != "good":
        found = found._replace(signature=signature, key="", why=f"the key is {signature}")  # type: ignore[arg-type]
    return found._replace(**changes)


def settings(gate: Gate = NO_GATE, stage: str = "prod", **changes: Any) -> Settings:
    """Return settings with one gate of interest, four principals and a role of three."""
    return Settings(
        signatures="required",
        registry="models",
        principals={name: principal(name) for name in PEOPLE},
        roles={"reviewers": ("bob", "carol", "dan")},
        stages={"dev": Gate(), "staging": Gate(), **({stage: gate} if stage else {})},
    )._replace(**changes)


def registration(past: History, version: str = "v1.0.0") -> Event:
    """Return the registration of an active version."""
    return past.standing.active[version]


PAST = history(("churn@v1.0.0", "a"))


def promotion(past: History = PAST, version: str | None = "v1.0.0", **changes: Any) -> Case:
    """Return the case of a promotion to prod, by Bob, of what Ann registered."""
    found = past.standing.active.get(version or "")
    case = Case(
        "promote",
        past,
        version,
        "prod",
        found.commit if found else commit("z"),
        signer("bob"),
        registration=found,
        registrant=signer("ann"),
    )
    return case._replace(**changes)


def word(principal: str, verdict: Verdict = "approve", **changes: Any) -> Approval:
    """Return what a principal says of v1.0.0 of `PAST` and prod."""
    return Approval(
        verdict,
        "churn",
        "v1.0.0",
        "prod",
        principal,
        signer(principal),
        registration(PAST).oid,
        0,
        "+0000",
        "",
        principal * 8,
    )._replace(**changes)


def annotated(**fields: Any) -> Annotation:
    """Return an annotation."""
    return Annotation(**fields)


def promoted(tag: str, at: int, version: str = "v1.0.0", on: str = "a") -> Event:
    """Return a promotion or demotion of a version."""
    return event(tag, at, on, version=version)
