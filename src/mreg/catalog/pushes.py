"""Push events as Git hosts post them: whether one is genuine, and which repository it is about.

A body is parsed only once its signature is verified. Each host is a row of one table.
Sources: https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries,
https://docs.gitea.com/usage/webhooks, https://docs.gitlab.com/user/project/integrations/webhooks/
(its signing tokens are those of https://www.standardwebhooks.com/); mreg's own is that of
`mreg.net.signature`.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from mreg.net import signature
from mreg.web.ui.requests import BadRequest

MOST = 256 * 1024
"""How many bytes a push event may have: enough for some hundred commits."""

_LONGEST, _LONGEST_NAME = 2048, 64
_JSON = ("application/json", "application/cloudevents+json")


class PushEvent(NamedTuple):
    """What a host posted, and signed.

    Attributes:
        host: the kind of host.
        event: the host's name for the event; empty if it has none.
        id: the host's id for this post; empty if it has none.
        is_push: whether refs of a repository changed.
        is_ping: whether it only tests the webhook.
        urls: the URLs by which it names the repository.
    """

    host: str
    event: str
    id: str
    is_push: bool
    is_ping: bool
    urls: tuple[str, ...]


Headers = Mapping[str, str]
"""The headers of a request, by name in small letters."""


class _Host(NamedTuple):
    """How a kind of host posts events.

    Attributes:
        name: its name.
        signature: the header with its signature or token, by which the host is recognised.
        is_right: given a secret, headers and a body, tells whether the post is genuine.
        sent: the header with the time of sending; empty if the host signs none.
        ids: the headers that may have the id of the post, the best first.
        event: the header that names the event; empty if every post is a push.
        pushes: its names for the events by which refs change.
        urls: where in the body the URLs of the repository are.
    """

    name: str
    signature: str
    is_right: Callable[[bytes, Headers, bytes], bool]
    sent: str
    ids: tuple[str, ...]
    event: str
    pushes: tuple[str, ...]
    urls: tuple[str, ...]


def _by_mreg(secret: bytes, headers: Headers, body: bytes) -> bool:
    return signature.is_right(headers[_MREG], secret, headers.get(_MREG_SENT, ""), body)


def _by_github(secret: bytes, headers: Headers, body: bytes) -> bool:
    wanted = hmac.digest(secret, body, "sha256").hex()
    return signature.is_same(headers["x-hub-signature-256"], f"sha256={wanted}".encode())


def _by_gitea(secret: bytes, headers: Headers, body: bytes) -> bool:
    wanted = hmac.digest(secret, body, "sha256").hex()
    return signature.is_same(headers["x-gitea-signature"], wanted.encode())


def _by_gitlab_token(secret: bytes, headers: Headers, _: bytes) -> bool:
    return signature.is_same(headers["x-gitlab-token"], secret)


def _by_gitlab(secret: bytes, headers: Headers, body: bytes) -> bool:
    """Check a post against a signing token: the key in Base64. Other secrets never match."""
    name, sent = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    return signature.is_right_standard(headers["webhook-signature"], secret, name, sent, body)


_MREG, _MREG_SENT = signature.SIGNATURE.lower(), signature.TIMESTAMP.lower()
_REFS = ("push", "create", "delete")
_OF_GITLAB = (
    *(f"project.{it}" for it in ("web_url", "git_http_url", "git_ssh_url", "http_url", "ssh_url")),
    *(f"repository.{it}" for it in ("url", "homepage", "git_http_url", "git_ssh_url")),
)
_OF_GITHUB = tuple(f"repository.{it}" for it in ("html_url", "clone_url", "ssh_url", "git_url"))
_GITLAB_IDS = ("idempotency-key", "webhook-id", "x-gitlab-event-uuid")
_GITLAB_PUSHES = ("Push Hook", "Tag Push Hook", "push", "tag_push", "repository_update")

HOSTS = (
    _Host(
        *("mreg", _MREG, _by_mreg, _MREG_SENT, ("idempotency-key",)),
        *("", (), ("repository", "repository.url", "url", "data.repository")),
    ),
    _Host(
        *("Gitea", "x-gitea-signature", _by_gitea, "", ("x-gitea-delivery",)),
        *("x-gitea-event", _REFS, _OF_GITHUB),
    ),
    _Host(
        *("GitHub", "x-hub-signature-256", _by_github, "", ("x-github-delivery",)),
        *("x-github-event", _REFS, _OF_GITHUB),
    ),
    _Host(
        *("GitLab", "webhook-signature", _by_gitlab, "webhook-timestamp", _GITLAB_IDS),
        *("x-gitlab-event", _GITLAB_PUSHES, _OF_GITLAB),
    ),
    _Host(
        *("GitLab", "x-gitlab-token", _by_gitlab_token, "", _GITLAB_IDS),
        *("x-gitlab-event", _GITLAB_PUSHES, _OF_GITLAB),
    ),
)
"""The kinds of hosts. Gitea and Forgejo sign as GitHub does, too; their own headers come first."""


def received(headers: Headers, body: bytes, secrets: Sequence[bytes], now: int) -> PushEvent:
    """Return what was posted, if its sender knows one of the secrets.

    Args:
        headers: the headers, by name in small letters.
        body: the body, byte for byte.
        secrets: the secrets, any one of which will do.
        now: the time, in seconds since 1970.

    Raises:
        BadRequest: it is unsigned, wrongly signed or too old; or it is not an event in JSON.
    """
    host = next((it for it in HOSTS if it.signature in headers), None)
    if host is None:
        raise BadRequest(
            HTTPStatus.UNAUTHORIZED, "it is not signed: set a secret in the webhook's settings"
        )
    if not any(host.is_right(it, headers, body) for it in secrets):
        raise BadRequest(HTTPStatus.UNAUTHORIZED, "the signature is wrong: the secrets differ")
    if host.sent and not signature.is_fresh(headers.get(host.sent, ""), now):
        raise BadRequest(
            HTTPStatus.UNAUTHORIZED, f"it was not sent within the last {signature.OLDEST} seconds"
        )
    if headers.get("content-type", "").partition(";")[0].strip().lower() not in _JSON:
        raise BadRequest(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "it is not JSON: set the content type application/json in the webhook's settings",
        )
    return _event(host, headers, _read(body))


def _read(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest(HTTPStatus.BAD_REQUEST, "the body is not JSON") from None
    if not isinstance(found, dict):
        raise BadRequest(HTTPStatus.BAD_REQUEST, "the body is not an event")
    return found


def _event(host: _Host, headers: Headers, said: dict[str, Any]) -> PushEvent:
    event = headers.get(host.event, "") if host.event else ""
    if event == "System Hook":  # of a whole GitLab: only the body says what happened
        event = str(said.get("event_name", ""))
    names = (headers.get(it, "") for it in host.ids)
    return PushEvent(
        host.name,
        event[:_LONGEST_NAME],
        next(filter(None, names), ""),
        not host.event or event in host.pushes,
        event == "ping",
        tuple(dict.fromkeys(_urls(host, said))),
    )


def _urls(host: _Host, said: dict[str, Any]) -> Iterator[str]:
    for path in host.urls:
        found: Any = said
        for name in path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        if isinstance(found, str) and 0 < len(found) <= _LONGEST:
            yield found
