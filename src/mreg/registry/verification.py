"""What was found of events, of a push, and of tampering, taken together."""

from __future__ import annotations

from typing import NamedTuple

from mreg.core.diagnostics import Diagnostic, errors
from mreg.governance.updates import PASSED, Received
from mreg.policy.verdicts import Audited


class Verification(NamedTuple):
    """Recorded events and updates, checked against the policy.

    Attributes:
        recorded: the verdicts on events that are recorded.
        received: the result for a push.
        traces: traces of tampering.
    """

    recorded: tuple[Audited, ...] = ()
    received: Received = PASSED
    traces: tuple[Diagnostic, ...] = ()

    @property
    def events(self) -> tuple[Audited, ...]:
        """The verdicts on events, whether they are recorded or would be pushed."""
        return (*self.recorded, *self.received.events)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All problems."""
        broken = (rule for it in self.recorded for rule in it.diagnostics)
        return (*broken, *self.received.refused, *self.traces)

    @property
    def passed(self) -> bool:
        """Whether all rules are fulfilled, and there are no traces of tampering."""
        return not errors(self.diagnostics)

    @property
    def summary(self) -> str:
        """What was found, in a sentence; a push may be refused for a ref that holds no event."""
        words = []
        if count := len(self.events):
            bad = sum(not it.passed for it in self.events)
            kept = f"{bad} of them not allowed" if bad else "all of them allowed"
            one = f"1 event verified: it is {'not ' * bad}allowed"
            words.append(one if count == 1 else f"{count} events verified, {kept}")
            if risky := sum(it.passed and it.revoked_since for it in self.events):
                depend = "1 depends" if risky == 1 else f"{risky} depend"
                words.append(f"{depend} on a key that was revoked since")
        elif refused := {it.subject for it in self.received.refused}:
            words.append(f"{', '.join(sorted(refused))} would be refused")
        if self.traces:
            count = len(errors(self.traces))
            words.append(f"{count} trace{'s' * (count != 1)} of tampering")
        return f"{'; '.join(words) or 'Nothing is wrong'}."
