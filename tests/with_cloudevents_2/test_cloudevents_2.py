"""What is posted, read by the CloudEvents SDK 2.x."""

from __future__ import annotations

from datetime import datetime

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event

from cloud_events import EVENTS, posted


@pytest.mark.parametrize("kind", EVENTS)
def test_the_sdk_reads_what_is_posted(kind: str) -> None:
    event = EVENTS[kind]
    found = from_http_event(HTTPMessage(*posted(event)))
    assert (found.get_specversion(), found.get_type(), found.get_id()) == ("1.0", kind, event.oid)
    assert found.get_subject() == event.tag
    source = "ssh://git@git.example.com/ml/churn.git" if event.repository else "mreg"
    assert found.get_source() == source
    assert found.get_time() == datetime.fromisoformat(str(event.created_at))
    assert found.get_datacontenttype() == "application/json"
    data = found.get_data()
    assert (data["event"], data["message"]) == (event.event, event.message)
    assert data["metrics"] == event.metrics
