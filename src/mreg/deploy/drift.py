"""Telling webhooks that something else runs than a stage holds: each difference once.

What was told is kept in a file, by the key of the difference and the webhook. It is forgotten when
the endpoint says something else, so that the same difference is told again if it comes back. Where
nothing is kept from one run to the next, as in most pipelines, the idempotency key is the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TypedDict

from mreg.core.kinds import held_label
from mreg.deploy import payloads
from mreg.deploy.notify import Targets
from mreg.deploy.payloads import ChatMessage, Format
from mreg.deploy.running import Running, StageStatus, Status
from mreg.errors import GitError, Refused
from mreg.git import mirror_files, upstream
from mreg.git.repository import Repository
from mreg.net import webhook as posting
from mreg.net.webhook import Delivery, Sleep, Webhook
from mreg.system import files
from mreg.tuples import NamedTuple


class Drift(NamedTuple):
    """Something else runs than a stage holds.

    Attributes:
        event: "drift", by which receivers tell it from the events of tags.
        artifact, stage, version, tag, oid, commit, since, author: what the stage holds, as of a
            `StageStatus`.
        url: the endpoint.
        runs: what it says that it runs.
        registered: whether the registry has, or had, that version.
        reason: how it differs where the versions alone do not tell; else empty.
        repository: the repository's URL, without passwords; None where it has none.
    """

    event: str
    artifact: str
    stage: str
    version: str | None
    tag: str | None
    oid: str | None
    commit: str | None
    since: datetime | None
    author: str
    url: str
    runs: str | None
    registered: bool
    reason: str
    repository: str | None

    @property
    def key(self) -> str:
        """What is the same if the difference is, and of no other: for receivers, and the file."""
        parts = (self.repository, *self.place, self.oid, self.since and self.since.isoformat())
        return hashlib.sha256(json.dumps((*parts, self.runs)).encode()).hexdigest()[:40]

    @property
    def place(self) -> tuple[str, str, str]:
        """Where it is: the artifact, the stage and the endpoint."""
        return self.artifact, self.stage, self.url

    @property
    def headline(self) -> str:
        """It in a sentence."""
        held = held_label(self.version, self.commit) if self.commit else "nothing"
        return f"{self.artifact}#{self.stage} runs {self.runs}, but should run {held}"


class DriftNotice(NamedTuple):
    """What came of telling a difference; nothing was posted to webhooks that knew it already."""

    drift: Drift
    deliveries: tuple[Delivery, ...]


def drifts(found: Status, repository: str | None) -> Iterator[Drift]:
    """Iterate over the differences; what is not known is none."""
    for it in found.stages:
        for one in it.endpoints:
            if one.outcome == "differs":
                yield _drift(it, one, repository)


def _drift(it: StageStatus, one: Running, repository: str | None) -> Drift:
    held = (it.version, it.tag, it.oid, it.commit, it.since, it.author)
    said = (one.url, one.runs, one.registered, one.reason)
    return Drift("drift", it.artifact, it.stage, *held, *said, repository)


def body(found: Drift, form: Format) -> bytes:
    """Return what is posted of a difference, in the forms of `mreg.deploy.payloads`."""
    since = found.since.isoformat() if found.since else None
    document = found._asdict() | {"since": since}
    if form == "json":
        return json.dumps(document).encode()
    if form == "cloudevents":
        subject = f"{found.artifact}#{found.stage}"
        event = payloads.cloud_event(
            "stage.drifted", found.key, subject, document, source=found.repository
        )
        return json.dumps(event).encode()
    facts = {
        "Runs": found.runs,
        "Why": found.reason,
        "Holds": found.version or found.commit,
        "Since": since,
        "By": found.author,
        "Endpoint": found.url,
        "Tag": found.tag,
        "Repository": found.repository,
    }
    return payloads.rendered(ChatMessage(found.headline, (), payloads.known(facts)), form)


def address(repo: Repository) -> str | None:
    """Return the URL of the repository or of its remote, without passwords; None: it has none."""
    if repo.mirror:
        return repo.mirror.url.shown
    with suppress(GitError):  # a remote that is reached in a way that mreg does not use
        found = upstream.lender(repo)
        return found.url.shown if found else None
    return None


def default_state(repo: Repository) -> Path:
    """Return the file in which it is kept what was told of a repository."""
    from platformdirs import user_state_path

    name = mirror_files.path_of(address(repo) or str(repo.path.resolve())).name
    return user_state_path("mreg") / "status" / f"{name}.json"


class DriftPost(TypedDict, total=False):
    """How webhooks are told of a difference; each as of `mreg.deploy.notify.Post`."""

    form: Format
    secret: bytes
    seconds: float | None
    repository: str | None


def notify(
    repo: Repository,
    found: Status,
    webhooks: Iterable[str],
    state: Path | None,
    *,
    repository: str | None = None,
    **post: Any,
) -> Iterator[DriftNotice]:
    """Tell webhooks of the differences of a repository: see `Registry.notify_status`."""
    file = state or default_state(repo)
    return tell(found, repository or address(repo), Targets.of(webhooks, **post), file)


def tell(
    found: Status,
    repository: str | None,
    audience: Targets,
    state: Path,
    sleep: Sleep = posting.sleep,
) -> Iterator[DriftNotice]:
    """Tell webhooks of each difference that they were not told of.

    Raises:
        Refused: the file that says what was told is another one, or cannot be read or written.
    """
    memory = _Memory.read(state)
    now = [*drifts(found, repository)]
    memory.forget(found, {it.key for it in now})
    for it in now:
        knowing = memory.knowing(it, audience.webhooks)
        done = []
        for webhook, delivery in audience.post(
            body(it, audience.form), it.key, told=knowing, sleep=sleep
        ):
            if delivery.delivered:
                memory.note(it, webhook)
            done.append(delivery)
        yield DriftNotice(it, tuple(done))
    memory.write(state)


class _Memory:
    """Which webhooks were told of which difference: by its key its place and their digests."""

    def __init__(self, told: dict[str, dict[str, list[str]]]) -> None:
        self._told = told
        self._before = json.dumps(told)

    @classmethod
    def read(cls, file: Path) -> _Memory:
        try:
            found = json.loads(file.read_bytes())
            told = found["told"]
            right = found["format"] == _FORMAT and all(
                isinstance(it["place"], list) and isinstance(it["webhooks"], list)
                for it in told.values()
            )
        except FileNotFoundError:
            return cls({})
        except OSError as error:
            raise Refused(f"cannot read {file}: {error.strerror}") from None
        except (ValueError, TypeError, KeyError, AttributeError):
            right = False
        if not right:
            raise Refused(
                f"{file} is not a record of reported differences",
                hint="remove it, or choose another file with --state",
            )
        return cls(told)

    def write(self, file: Path) -> None:
        text = json.dumps(self._told)
        if text == self._before:
            return
        try:
            files.replace(file, json.dumps({"format": _FORMAT, "told": self._told}).encode())
        except OSError as error:
            raise Refused(f"cannot write {file}: {error.strerror}") from None

    def forget(self, found: Status, keys: set[str]) -> None:
        """Forget differences that are none any more; of what is not known now, none."""
        known = {
            (it.artifact, it.stage, one.url)
            for it in found.stages
            for one in it.endpoints
            if one.outcome != "unknown"
        }
        for key, it in [*self._told.items()]:
            if tuple(it["place"]) in known and key not in keys:
                del self._told[key]

    def knowing(self, drift: Drift, webhooks: tuple[Webhook, ...]) -> list[Webhook]:
        """Return those webhooks that were told."""
        told = self._told.get(drift.key, {}).get("webhooks", [])
        return [it for it in webhooks if _digest(it) in told]

    def note(self, drift: Drift, webhook: Webhook) -> None:
        """Note that a webhook was told."""
        entry = self._told.setdefault(drift.key, {"place": [*drift.place], "webhooks": []})
        entry["webhooks"].append(_digest(webhook))


_FORMAT = 1


def _digest(webhook: Webhook) -> str:
    """Return what stands for a webhook in the file: its URL is a secret."""
    return hashlib.sha256(webhook.secret.encode()).hexdigest()[:16]
