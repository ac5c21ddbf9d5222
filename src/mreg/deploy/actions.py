"""Acting upon an event that a watch has found: a command is run, or webhooks are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mreg.deploy import outputs
from mreg.deploy.deployment import Deployment
from mreg.deploy.notify import Targets
from mreg.net.webhook import Sleep, Webhook
from mreg.system import command

SECONDS = 3600.0
"""How long a command may take where nobody says otherwise."""

RETRY = outputs.variable("retry")

_MOST = 8000
"""How long a value in the environment may be: Linux takes no single one beyond 128 KiB."""


@dataclass(frozen=True, slots=True)
class CommandAction:
    """Runs a command for each event, with `environment` and what the event says as variables.

    It may take so many `seconds`.
    """

    words: tuple[str, ...]
    environment: Mapping[str, str]
    seconds: float = SECONDS

    def __call__(self, found: Deployment, again: bool) -> str:
        """Run the command; return why that failed, nothing if it did not."""
        variables = {**self.environment, **variables_of(found, again=again)}
        source = outputs.as_json(found).text.encode()
        return command.run(self.words, variables, source, seconds=self.seconds).reason


def variables_of(found: Deployment, *, again: bool) -> dict[str, str]:
    """Return what an event says as variables; `again`: it may have been acted upon before."""
    values = {outputs.variable(key): it[:_MOST] for key, it in outputs.flat(found).values.items()}
    return {**values, RETRY: "1" if again else "0"}


class Telling:
    """Tells webhooks of each event; `sleep` waits between two tries."""

    def __init__(self, audience: Targets, sleep: Sleep) -> None:
        self._audience = audience
        self._sleep = sleep
        self._told: dict[str, set[Webhook]] = {}

    def __call__(self, found: Deployment, again: bool) -> str:
        """Tell those who do not know of it yet; return why that failed, nothing if it did not.

        That it is told again, its key says to the receiver.
        """
        told = self._told.setdefault(str(found.oid), set())
        failed = []
        for webhook, done in self._audience.tell(found, told=frozenset(told), sleep=self._sleep):
            if done.delivered:
                told.add(webhook)
            else:
                failed.append(f"{done.webhook}: {done.reason}")
        if not failed:
            del self._told[str(found.oid)]
        return "; ".join(failed)
