"""What is posted, read by the CloudEvents SDK 1.x, and verified by that of Standard Webhooks."""

from __future__ import annotations

from datetime import datetime

import pytest
from cloudevents.http import from_http
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from cloud_events import EVENTS, SECRET, posted


@pytest.mark.parametrize("kind", EVENTS)
def test_the_sdk_reads_what_is_posted(kind: str) -> None:
    event = EVENTS[kind]
    headers, body = posted(event)
    found = from_http(headers, body)
    assert (found["specversion"], found["type"], found["id"]) == ("1.0", kind, event.oid)
    assert found["subject"] == event.tag
    source = "ssh://git@git.example.com/ml/churn.git" if event.repository else "mreg"
    assert found["source"] == source
    assert datetime.fromisoformat(found["time"]) == datetime.fromisoformat(str(event.created_at))
    assert found["datacontenttype"] == "application/json"
    assert (found.data["event"], found.data["message"]) == (event.event, event.message)
    assert found.data["metrics"] == event.metrics


def test_standard_webhooks_verifies_what_is_posted() -> None:
    headers, body = posted(next(iter(EVENTS.values())))
    assert Webhook(SECRET).verify(body, headers)["specversion"] == "1.0"
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body + b" ", headers)
