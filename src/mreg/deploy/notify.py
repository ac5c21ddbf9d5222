"""Notifying: tells events to webhooks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Self, TypedDict

from mreg.core import times
from mreg.deploy import payloads, trigger
from mreg.deploy.deployment import Deployment
from mreg.deploy.payloads import Format
from mreg.deploy.summary import Report
from mreg.deploy.trigger import EventQuestion
from mreg.git.repository import Repository
from mreg.governance.updates import Update, name_of
from mreg.net import signature
from mreg.net import webhook as posting
from mreg.net.webhook import Delivery, Sleep, Webhook
from mreg.store import complete


class Targets(NamedTuple):
    """Who is told of events, and how.

    Attributes:
        webhooks: where to post to.
        form: json, cloudevents, slack or teams.
        secret: the secret that signs posts; empty: posts are not signed.
        seconds: how long one try may take.
    """

    webhooks: tuple[Webhook, ...]
    form: Format = "json"
    secret: bytes = b""
    seconds: float = posting.SECONDS

    @classmethod
    def of(
        cls,
        webhooks: Iterable[str],
        form: Format = "json",
        secret: bytes = b"",
        seconds: float | None = None,
    ) -> Self:
        """Return those at some URLs, each once.

        Raises:
            UsageError: what is given as a webhook is none; or the secret is malformed.
        """
        signature.standard_key(secret)
        found = tuple(posting.parse(it) for it in dict.fromkeys(webhooks))
        return cls(found, form, secret, seconds or posting.SECONDS)

    def tell(
        self, found: Deployment, *, told: Collection[Webhook] = (), sleep: Sleep = posting.sleep
    ) -> Iterator[tuple[Webhook, Delivery]]:
        """Post an event to each webhook but those that are told already.

        `sleep` waits between two tries.
        """
        return self.post(payloads.body(found, self.form), str(found.oid), told=told, sleep=sleep)

    def post(
        self,
        body: bytes,
        key: str,
        *,
        told: Collection[Webhook] = (),
        sleep: Sleep = posting.sleep,
    ) -> Iterator[tuple[Webhook, Delivery]]:
        """Post a body; `key` is that by which receivers know it again. Otherwise as `tell`."""

        def headers(now: int) -> dict[str, str]:
            kind = payloads.media_type(self.form)
            return signature.headers(body, key=key, timestamp=now, secret=self.secret, kind=kind)

        for webhook in (it for it in self.webhooks if it not in told):
            done = posting.post(webhook, body, headers, seconds=self.seconds, sleep=sleep)
            yield webhook, done


class Notice(NamedTuple):
    """The result of posting an event.

    Attributes:
        event: the event.
        deliveries: the result of each post.
        refused: the reason if the policy does not allow the event; otherwise empty.
    """

    event: Deployment
    deliveries: tuple[Delivery, ...] = ()
    refused: str = ""

    @property
    def delivered(self) -> bool:
        """Whether everybody was told who should be; of a tag that is no event, nobody."""
        return not self.refused and all(it.delivered for it in self.deliveries)


class Post(TypedDict, total=False):
    """The options of a post to webhooks.

    Attributes:
        form: json: the output of `mreg ci`; cloudevents: the same as a CloudEvent; slack, teams: a
            message.
        secret: what posts are signed with; empty: they are not signed.
        seconds: the time limit of one attempt; None: 10.
        repository: the repository's URL in the post, without passwords; None: that of its remote.
        policy: do not post an event that the policy does not allow.
    """

    form: Format
    secret: bytes
    seconds: float | None
    repository: str | None
    policy: bool


def tell(
    repo: Repository,
    tag: str,
    webhooks: Iterable[str],
    expect_oid: str | None,
    *,
    repository: str | None = None,
    policy: bool = True,
    **post: Any,
) -> Notice:
    """Tell webhooks of the event of a tag: see `Registry.notify`."""
    present = int(times.now().timestamp())
    question = EventQuestion(tag, expect_oid, repository, present=present)
    return notify(repo, question, Targets.of(webhooks, **post), policy=policy)


def notify(
    repo: Repository, question: EventQuestion, audience: Targets, *, policy: bool = True
) -> Notice:
    """Tell webhooks of an event; with `policy`, nobody of one that the policy does not allow.

    Raises:
        NotFound, Refused, GitError: as for `trigger.answer`.
    """
    report = trigger.answer(repo, question)
    if policy and report.refused:
        return Notice(report.deployment, refused=why_refused(report))
    if report.deployment.event == "none":
        return Notice(report.deployment)
    return Notice(report.deployment, tuple(it for _, it in audience.tell(report.deployment)))


def why_refused(report: Report) -> str:
    """Say in a line why the policy does not allow an event; nothing if it does."""
    failed = report.verdict.failed if report.verdict else ()
    return "; ".join(f"{it.rule}: {it.reason}" for it in failed)


def announced(repo: Repository, updates: Sequence[Update]) -> list[Update]:
    """Return those updates of a push that announce events, in the order of the events.

    An event is a tag that is created. What else becomes of refs is nobody's business here.
    """
    made = [it for it in updates if it.new and not it.old and name_of(it.ref)]
    if len(made) < 2:  # noqa: PLR2004 - one has no order
        return made
    state = complete.read_state(trigger.ground(repo))
    order = {dated.event.oid: dated[:3] for history in state for dated in history.timeline}
    # What cannot be read has no place in the order; whoever asks for it hears why.
    return sorted(made, key=lambda it: (it.new not in order, order.get(it.new, ())))
