"""Events as they are posted with `--format cloudevents`: one of every kind."""

from __future__ import annotations

import time

from mreg.deploy import payloads
from mreg.deploy.deployment import Deployment
from mreg.net import signature

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

_EVENT = Deployment(
    "register",
    "models:churn",
    "v1.2.0",
    tag="models=churn@v1.2.0",
    oid="5f" * 20,
    commit="c0" * 20,
    author="Ann",
    created_at="2026-03-02T15:03:00+01:00",
    message='Grüße, "Ann"\n',
    repository="git@git.example.com:ml/churn.git",
    metrics={"auc": 0.93, "n": 12},
)

EVENTS = {
    "dev.mreg.version.registered.v1": _EVENT,
    "dev.mreg.version.deregistered.v1": _EVENT._replace(event="deregister"),
    "dev.mreg.stage.promoted.v1": _EVENT._replace(event="promote", stage="prod", repository=None),
    "dev.mreg.stage.demoted.v1": _EVENT._replace(event="demote", stage="prod"),
    "dev.mreg.artifact.deprecated.v1": _EVENT._replace(event="deprecate", version=None),
}
"""By their type."""


def posted(event: Deployment) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of a post of an event, sent now."""
    body = payloads.body(event, "cloudevents")
    kind = payloads.media_type("cloudevents")
    now = int(time.time())
    key = str(event.oid)
    return signature.headers(body, key=key, timestamp=now, secret=SECRET.encode(), kind=kind), body
