"""`mreg status`: what stages hold, and what really runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

from mreg.cli import online, options, output, typed, view, webhooks
from mreg.cli.parameters import Flag, Option
from mreg.errors import UsageError
from mreg.registry import documents
from mreg.render.escape import line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mreg.deploy.drift import DriftNotice, DriftPost
    from mreg.deploy.running import Status
    from mreg.registry.status import Asking


Wait: TypeAlias = Annotated[
    float | None,
    options.duration(
        "--wait", "Check again until all agree, for at most this time: 5m.", show_default=False
    ),
]
Timeout: TypeAlias = Annotated[
    float,
    options.duration(
        "--timeout",
        "The time limit for one endpoint, or for one attempt to post.",
        show_default="10s",
    ),
]
Policy: TypeAlias = Annotated[
    str | None,
    Option(
        "--policy",
        "REV",
        "The commit whose .mreg.yaml lists the endpoints.",
        show_default="the protected branch",
    ),
]
Notify: TypeAlias = Annotated[
    bool,
    Flag(
        "--notify",
        "Notify webhooks of each difference, once.",
        show_default="yes with --webhook",
    ),
]
StateFile: TypeAlias = Annotated[
    Path | None,
    Option(
        "--state",
        "FILE",
        "The file that records the notifications sent.",
        show_default="one for each repository, in your state folder",
    ),
]


@view.shows_tables
def status(
    given: frozenset[str],
    name: options.OneName = None,
    repo: options.Repo = ".",
    stage: options.OfStage = None,
    wait: Wait = None,
    timeout: Timeout = 10,
    policy: Policy = None,
    notify: Notify = False,
    webhook: webhooks.Webhooks = None,
    form: webhooks.Form = "json",
    secret_file: webhooks.SecretFile = None,
    state: StateFile = None,
    utc: options.Utc = False,
    json: options.Json = False,
) -> None:
    """Compare what the stages hold with what really runs.

    It asks the endpoints in .mreg.yaml. The exit code is 1 if one runs another version than its
    stage holds, or does not say what it runs. It also lists promotions that wait for approvals.

    Examples:
        mreg status
        mreg status churn --stage prod
    """
    name = typed.whole("status", name)
    notify = notify or "webhook" in given  # MREG_WEBHOOK may be there for others
    if "form" in given and not notify:
        raise UsageError(
            "--format is the format of posts: it needs --webhook or --notify",
            hint="use --json to print JSON",
        )
    if notify and not webhook:
        raise UsageError("no webhook is given", hint="use --webhook URL, or set MREG_WEBHOOK")
    secret = webhooks.secret(secret_file) if notify else b""
    registry = online.registry(repo)
    asked: Asking = {
        "stage": stage,
        "policy": policy,
        "secrets": online.endpoint_secrets(),
        "seconds": timeout,
    }
    if wait is None:
        found = registry.status(name, **asked)
    else:
        found = _last(registry.await_status(name, wait=wait, **asked), quiet=json)
    _report(found, policy, utc=utc, as_json=json)
    if notify:
        post: DriftPost = {"form": form, "secret": secret, "seconds": timeout}
        for it in registry.notify_status(found, webhook or (), state=state, **post):
            _say_told(it)
    if not found.agrees:
        raise SystemExit(1)


def _last(answers: Iterable[Status], *, quiet: bool) -> Status:
    """Return the last answer; say on the way what changes."""
    from mreg.deploy import running

    told: set[str] = set()
    for found in answers:
        faults = {
            running.sentence(it, one)
            for it in found.stages
            for one in it.endpoints
            if one.outcome != "same"
        }
        for text in sorted(faults - told):
            if not quiet:
                output.talk(line(text))
        told = faults
    return found


def _report(found: Status, policy: str | None, *, utc: bool, as_json: bool) -> None:
    from mreg.deploy import running
    from mreg.policy import pending

    if as_json:
        output.as_json(documents.status(found))
        return
    output.table(running.table(found), utc=utc)
    if found.pending:
        output.data("")
        output.table(pending.table(found.pending))
    if found.stages and not found.asks:
        output.talk(line(f"No endpoints were checked: {_why_none(policy)}"))
    output.mention(found.problems)


def _why_none(policy: str | None) -> str:
    """Return why no endpoint was asked, and what to do."""
    lacks = "has none for these artifacts and stages."
    if policy:
        return f".mreg.yaml in {policy} {lacks} Commit it there: --policy reads no work tree"
    return (
        f".mreg.yaml on the protected branch {lacks} Commit and push them there; to try out those "
        "of your commit: --policy HEAD"
    )


def _say_told(notice: DriftNotice) -> None:
    """Say on standard error who was told of a difference, and who could not be."""
    for it in notice.deliveries:
        if it.delivered:
            output.talk(line(f"Posted to {it.webhook}: {notice.drift.headline}"))
        else:
            output.talk(line(f"error: {it.webhook}: {it.reason}"))
