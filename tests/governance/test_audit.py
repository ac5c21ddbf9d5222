"""Which version an event was about, where its artifact stood so before it."""

from __future__ import annotations

import pytest

from handmade import event, history
from mreg.core.events import Event
from mreg.governance import audit

PAST = history(("churn@v1.0.0", "a"), ("churn@v1.1.0", "a"), ("churn@v2.0.0", "b"))


@pytest.mark.parametrize(
    ("found", "version"),
    [
        (event("churn@v3.0.0"), "v3.0.0"),
        (event("churn@deprecated"), None),
        (event("churn#prod#1", version="v1.0.0"), "v1.0.0"),
        (event("churn#prod#1", on="a"), "v1.1.0"),
        (event("churn#prod#1", on="b"), "v2.0.0"),
        (event("churn#prod#1", on="c"), None),
    ],
)
def test_what_an_event_was_about(found: Event, version: str | None) -> None:
    assert audit.about(found, PAST.standing) == version
