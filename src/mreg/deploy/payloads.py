"""What is posted of an event: the JSON that `mreg ci` prints, a CloudEvent, or a message to read.

In a message the texts of others are no markup: nobody is mentioned and nothing is linked by a name
or a description. Each text is cut to what the receiver takes.

Sources: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md,
https://docs.slack.dev/messaging/formatting-message-text ("Escaping text"),
https://docs.slack.dev/reference/block-kit/blocks/section-block (3,000 characters, 10 fields of
2,000), https://adaptivecards.io/explorer/TextRun.html (no Markdown in it),
https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook
(28 KB).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

from mreg.core.kinds import Kind
from mreg.deploy import outputs
from mreg.deploy.deployment import Deployment
from mreg.net import urls
from mreg.render import numbers
from mreg.render.escape import block, line

Format: TypeAlias = Literal["json", "cloudevents", "slack", "teams"]
"""What a webhook takes."""

FORMATS: tuple[Format, ...] = get_args(Format)

_MOST_OF_A_NAME = 300
_MOST_OF_A_TEXT = 1000
_MOST_OF_A_BLOCK = 3000
_MOST_OF_A_FIELD = 2000
_MOST_METRICS = 6
_SHORT = 12


class Fact(NamedTuple):
    """One thing to know about an event: our word for it, and a text that is anybody's."""

    label: str
    value: str


class ChatMessage(NamedTuple):
    """A message for people.

    Attributes:
        title: what happened, in a sentence.
        texts: free texts.
        facts: what else to know, the most important first; ten at the most.
    """

    title: str
    texts: Sequence[str]
    facts: Sequence[Fact]


def body(found: Deployment, form: Format) -> bytes:
    """Return what is posted of an event.

    As json it is all of it, as `mreg ci` prints it; as cloudevents that in the envelope
    of CloudEvents 1.0 (structured mode); for slack a message for an incoming webhook; for teams an
    adaptive card for a workflow.
    """
    if form == "json":
        return outputs.as_json(found).text.encode()
    if form == "cloudevents":
        return json.dumps(_cloud_event(found)).encode()
    return rendered(ChatMessage(headline(found), _texts(found), facts(found)), form)


def rendered(message: ChatMessage, form: Format) -> bytes:
    """Return a message in the form of Slack or of Teams."""
    found = _slack(message) if form == "slack" else _teams(message)
    return json.dumps(found, ensure_ascii=False).encode()  # escapes would count as well


def media_type(form: Format) -> str:
    """Return the media type of what is posted."""
    return "application/cloudevents+json" if form == "cloudevents" else "application/json"


def headline(found: Deployment) -> str:
    """Say in a sentence what happened."""
    kind = found.kind
    if kind is None:
        return f"{line(_cut(found.tag or 'it'))} is not an event of the registry"
    what = kind.what(str(found.artifact), found.version or (found.commit or "")[:_SHORT])
    past = "rolled back" if found.is_rollback else kind.past
    return f"{what} was {past}{kind.place(found.stage)}"


def facts(found: Deployment) -> list[Fact]:
    """Return what a reader may want to know, the most important first; ten at the most."""
    shown = list(found.metrics.items())[:_MOST_METRICS]
    metrics = [f"{_cut(line(name), 40)} {numbers.shown(value)}" for name, value in shown]
    if more := len(found.metrics) - len(shown):
        metrics.append(f"and {more} more")
    values = {
        "Before": found.previous_version,
        "By": found.author,
        "Approved by": ", ".join(found.approved_by),
        "Signed by": found.signed_by,
        "Type": found.type,
        "Path": found.path,
        "Commit": (found.commit or "")[:_SHORT],
        "Tag": found.tag,
        "Metrics": ", ".join(metrics),
        "Repository": found.repository,
    }
    return known(values)


def known(values: Mapping[str, str | None]) -> list[Fact]:
    """Return as facts those of some values that are not empty."""
    return [Fact(label, _cut(line(value))) for label, value in values.items() if value]


def _cut(text: str, most: int = _MOST_OF_A_NAME) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _texts(found: Deployment) -> list[str]:
    """Return the free texts: what was said of the event, and what the artifact is."""
    said = (found.message, found.description)
    return [_cut(block(text), _MOST_OF_A_TEXT) for text in said if text and text.strip()]


# CloudEvents


def _cloud_event(found: Deployment) -> dict[str, Any]:
    kind = found.kind
    what = f"{_subject(kind)}.{kind.past}" if kind else "none"
    return cloud_event(
        what,
        found.oid or found.tag,
        found.tag,
        json.loads(outputs.as_json(found).text),
        source=found.repository,
        time=found.created_at,
    )


def cloud_event(
    what: str,
    id_: str | None,
    subject: str | None,
    data: Any,
    *,
    source: str | None,
    time: str | None = None,
) -> dict[str, Any]:
    """Return a CloudEvent: `what` happened, such as stage.promoted, to the repository `source`."""
    # What is not there is left out: null is no value of an attribute.
    attributes = {
        "specversion": "1.0",
        "id": id_,
        "source": urls.as_uri(source) if source else _UNKNOWN_SOURCE,
        "type": f"dev.mreg.{what}.v1",
        "subject": subject,
        "time": time,
        "datacontenttype": "application/json",
    }
    given = {name: it for name, it in attributes.items() if it}
    return given | {"data": data}


def _subject(kind: Kind) -> str:
    """Return what such an event is about, as its type in CloudEvents says it."""
    return "artifact" if kind.is_of_artifact else "stage" if kind.where else "version"


_UNKNOWN_SOURCE = "mreg"
"""The source where the repository has no address: a source must not be empty."""


# Slack


def _slack(found: ChatMessage) -> dict[str, Any]:
    title = _mrkdwn(found.title, _MOST_OF_A_BLOCK - 2)
    fields = [
        _text(f"*{it.label}*\n{_mrkdwn(it.value, _MOST_OF_A_FIELD - len(it.label) - 3)}")
        for it in found.facts
    ]
    sections = [_text(_mrkdwn(text, _MOST_OF_A_BLOCK)) for text in found.texts]
    blocks: list[dict[str, Any]] = [{"type": "section", "text": _text(f"*{title}*")}]
    blocks += [{"type": "section", "text": it} for it in sections]
    blocks.append({"type": "section", "fields": fields})
    return {"text": title, "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def _text(text: str) -> dict[str, Any]:
    # Verbatim: otherwise Slack makes links and mentions out of what looks like them.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def _mrkdwn(text: str, most: int) -> str:
    """Return text that mentions nobody and links nothing, cut to what a part of a message holds.

    It is never cut within an escape.
    """
    pieces: list[str] = []
    left = most
    for piece in (_ENTITIES.get(sign, sign) for sign in text):
        if len(piece) > left:
            break
        pieces.append(piece)
        left -= len(piece)
    return "".join(pieces)


# Teams


def _teams(found: ChatMessage) -> dict[str, Any]:
    title = {"type": "TextRun", "text": _literal(found.title), "weight": "Bolder"}
    paragraphs: list[list[dict[str, Any]]] = [[{**title, "size": "Medium"}]]
    paragraphs += [[{"type": "TextRun", "text": _literal(text)}] for text in found.texts]
    paragraphs += [
        [
            {"type": "TextRun", "text": f"{it.label}: ", "weight": "Bolder"},
            {"type": "TextRun", "text": _literal(it.value)},
        ]
        for it in found.facts
    ]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{"type": "RichTextBlock", "inlines": it} for it in paragraphs],
    }
    kind = "application/vnd.microsoft.card.adaptive"
    attachment = {"contentType": kind, "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _literal(text: str) -> str:
    """Return text in which no part is a function or a template of adaptive cards."""
    return text.replace("{{", "{\u2060{").replace("${", "$\u2060{")
