"""What is wrong with settings as a whole: rules that nobody can keep, or that do nothing."""

from __future__ import annotations

from collections.abc import Iterator

from mreg.annotations.findings import fault
from mreg.core.diagnostics import Diagnostic, Keys
from mreg.policy.keyring import Keyring, fingerprint
from mreg.policy.model import Gate, Settings


def check(settings: Settings) -> Iterator[Diagnostic]:
    """Iterate over what is wrong with settings, each part of which is right by itself."""
    yield from _of_signatures(settings)
    for name, gate in (settings.stages or {}).items():
        yield from _of_approvals(settings, gate, ("stages", name))
    yield from _of_order(settings)


def _of_signatures(settings: Settings) -> Iterator[Diagnostic]:
    if settings.signatures != "required":
        return
    at: Keys = ("signatures",)
    if settings.registry is None:
        message = "signatures are required, but the registry has no id for them to cover"
        yield fault("MS009", at, message, "add an id, such as registry: acme-models", at_key=True)
    if not any(_usable(settings, name) for name in settings.principals):
        message = (
            "signatures are required, but no principal has a key, so no one could record an event"
        )
        yield fault(
            "MS009", at, message, "add the people who may sign under principals", at_key=True
        )


def _of_approvals(settings: Settings, gate: Gate, at: Keys) -> Iterator[Diagnostic]:
    if not gate.approvals:
        for field, said, effect in (
            ("approvers", gate.approvers, "allows people only to reject"),
            ("self_approval", gate.self_approval, "has no effect"),
        ):
            if said:
                message = f"{field} {effect} where no approvals are required"
                yield fault("MS020", (*at, field), message, "add approvals: 1", at_key=True)
        return
    allowed = settings.principals if gate.approvers is None else settings.members(gate.approvers)
    count = sum(_can_act(settings, name) for name in allowed)
    if count < gate.approvals:
        wanted = "1 approval is" if gate.approvals == 1 else f"{gate.approvals} approvals are"
        people = {0: "no principal", 1: "only 1 principal"}.get(count, f"only {count} principals")
        message = f"{wanted} required, but {people} can approve"
        how = "keys: [KEY]" if settings.signatures == "required" else "emails: [ADDRESS]"
        hint = f"require fewer, or add approvers under principals: NAME: {{{how}}}"
        yield fault("MS006", (*at, "approvals"), message, hint)


def _can_act(settings: Settings, name: str) -> bool:
    """Tell whether a principal can be recognized at all."""
    known = settings.principals.get(name)
    if known is None:
        return False
    return _usable(settings, name) or (settings.signatures == "optional" and bool(known.emails))


def _usable(settings: Settings, name: str) -> bool:
    """Tell whether a principal has a key that was not revoked."""
    revoked = Keyring.of(settings).revoked
    return any(fingerprint(key) not in revoked for key in settings.principals[name].keys)


def _of_order(settings: Settings) -> Iterator[Diagnostic]:
    """Find the stages that wait for each other, so that no version is ever the first in one."""
    stages = settings.stages or {}
    reached: set[str] = set()
    while new := {
        name
        for name, gate in stages.items()
        if name not in reached
        and (not gate.after or any(it in reached or it not in stages for it in gate.after))
    }:
        reached |= new
    for name in stages:
        if name not in reached:
            message = f"no version can reach {name}: each stage in `from` itself waits for {name}"
            yield fault("MS011", ("stages", name, "from"), message)
