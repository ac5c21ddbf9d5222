"""What is posted of an event: no text in it is markup, and none is too long."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cloud_events
from mreg.core.kinds import KINDS
from mreg.deploy import outputs, payloads
from mreg.deploy.deployment import Deployment, foreign, plain
from mreg.render.escape import block

HOSTILE = (
    "<!channel> <!here> <@U012AB3CD> <#C024BE7LR> <!subteam^SAZ94GDB8>",
    "<https://evil.example|the dashboard>",
    "&lt;!channel&gt;",
    "[the dashboard](https://evil.example) <at>everyone</at>",
    "{{DATE(2017-02-14T06:08:39Z, SHORT)}} ${secret}",
    "\x1b[31mred\x07 \u202egnp.exe \r\nwith a line",
    '"}], "text": "<!channel>',
    "\u2060\U0001f680" * 9,
    "x" * 100_000,
    "&" * 100_000,
)

EVENT = Deployment(
    "promote",
    "models:churn",
    "v1.2.0",
    "prod",
    "models=churn#prod#3",
    "5f" * 20,
    "c0" * 20,
    "v1.1.0",
    type="model",
    author="Ann",
    message="Go",
    approved_by=("bob", "eve"),
    metrics={"auc": 0.93, "n": 12},
)


def everywhere(text: str) -> Deployment:
    """Return an event in which somebody has put a text wherever it goes."""
    return EVENT._replace(
        type=text,
        path=text,
        description=text,
        author=text,
        message=text,
        approved_by=(text,) * 9,
        signed_by=text,
        repository=text,
        metrics={f"{text}{number}": 0.5 for number in range(20)},
    )


def posted(found: Deployment, form: payloads.Format) -> Any:
    return json.loads(payloads.body(found, form))


def texts(message: Any) -> list[str]:
    """Return each text in a message that somebody sees."""
    if isinstance(message, list):
        return [text for it in message for text in texts(it)]
    if not isinstance(message, dict):
        return []
    own = [it for key, it in message.items() if key == "text" and isinstance(it, str)]
    return own + [text for it in message.values() for text in texts(it)]


def test_the_json_is_what_mreg_ci_prints() -> None:
    assert payloads.body(EVENT, "json").decode() == outputs.as_json(EVENT).text


@pytest.mark.parametrize("text", HOSTILE, ids=lambda it: ascii(it[:30]))
class TestHostile:
    def test_slack_makes_nothing_of_it(self, text: str) -> None:
        message = posted(everywhere(text), "slack")
        for shown in texts(message):
            assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", shown)
            assert not re.search(r"[\x00-\x09\x0b-\x1f\u202a-\u202e]", shown)
        assert all(it["verbatim"] for part in message["blocks"] for it in part.get("fields", []))

    def test_slack_takes_it(self, text: str) -> None:
        message = posted(everywhere(text), "slack")
        assert len(message["blocks"]) <= 50
        for part in message["blocks"]:
            assert len(part.get("text", {"text": "-"})["text"]) in range(1, 3001)
            assert len(part.get("fields", [])) <= 10
            assert all(len(it["text"]) <= 2000 for it in part.get("fields", []))

    def test_teams_makes_nothing_of_it(self, text: str) -> None:
        message = posted(everywhere(text), "teams")
        [attachment] = message["attachments"]
        kinds = {it["type"] for it in attachment["content"]["body"]}
        assert kinds == {"RichTextBlock"}  # whose runs know no Markdown
        runs = [run for it in attachment["content"]["body"] for run in it["inlines"]]
        assert {it["type"] for it in runs} == {"TextRun"}
        assert not any("selectAction" in it for it in runs)
        assert "msteams" not in attachment["content"]  # without which nobody is mentioned
        for shown in texts(message):
            assert "{{" not in shown
            assert "${" not in shown

    def test_teams_takes_it(self, text: str) -> None:
        assert len(payloads.body(everywhere(text), "teams")) < 28 * 1024


@given(st.text(max_size=200))
def test_slack_shows_the_text_itself(text: str) -> None:
    clean = EVENT._replace(message=as_recorded(text))
    sections = posted(clean, "slack")["blocks"][1:-1]
    shown = [it["text"]["text"] for it in sections]
    if not text.strip():
        assert shown == []
        return
    [it] = shown
    read = it.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert read == block(as_recorded(text))


def as_recorded(text: str) -> str:
    """Return a text as an event has it: without what no file takes."""
    return str(plain(text))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (EVENT, "models:churn v1.2.0 was promoted to prod"),
        (
            EVENT._replace(event="register", stage=None),
            "models:churn v1.2.0 was registered",
        ),
        (EVENT._replace(event="demote"), "models:churn v1.2.0 was demoted from prod"),
        (EVENT._replace(is_rollback=True), "models:churn v1.2.0 was rolled back to prod"),
        (EVENT._replace(version=None), "models:churn c0c0c0c0c0c0 was promoted to prod"),
        (
            EVENT._replace(event="deprecate", stage=None, version=None),
            "models:churn was deprecated",
        ),
        (foreign("v1\n0"), "v1\\n0 is not an event of the registry"),
    ],
)
def test_what_happened_in_a_sentence(found: Deployment, expected: str) -> None:
    assert payloads.headline(found) == expected


def test_what_a_reader_wants_to_know() -> None:
    assert [(it.label, it.value) for it in payloads.facts(EVENT)] == [
        ("Before", "v1.1.0"),
        ("By", "Ann"),
        ("Approved by", "bob, eve"),
        ("Type", "model"),
        ("Commit", "c0c0c0c0c0c0"),
        ("Tag", "models=churn#prod#3"),
        ("Metrics", "auc 0.93, n 12"),
    ]


@pytest.mark.parametrize(("kind", "event"), cloud_events.EVENTS.items())
def test_a_cloud_event_has_all_attributes_and_what_ci_prints(kind: str, event: Deployment) -> None:
    found = json.loads(payloads.body(event, "cloudevents"))
    assert found == {
        "specversion": "1.0",
        "id": event.oid,
        "source": "ssh://git@git.example.com/ml/churn.git" if event.repository else "mreg",
        "type": kind,
        "subject": event.tag,
        "time": event.created_at,
        "datacontenttype": "application/json",
        "data": json.loads(outputs.as_json(event).text),
    }


def test_there_is_a_type_for_every_action() -> None:
    types = {it.event for it in cloud_events.EVENTS.values()}
    assert types == set(KINDS)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cloud_event_holds_any_text(text: str) -> None:
    event = everywhere(str(plain(text)))
    found = json.loads(payloads.body(event, "cloudevents"))
    assert found["data"] == json.loads(outputs.as_json(event).text)
    assert found["source"].isascii()
    assert not set(found["source"]) & set(' <>"{}|')
