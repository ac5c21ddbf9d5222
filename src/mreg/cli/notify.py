"""`mreg notify`: tell webhooks of an event."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, TypeAlias

from mreg.cli import online, options, output, pipeline, webhooks
from mreg.cli.parameters import Argument, Option
from mreg.errors import UsageError
from mreg.net import urls
from mreg.registry import documents
from mreg.render import log
from mreg.render.escape import line

if TYPE_CHECKING:
    from mreg.deploy.notify import Notice, Post
    from mreg.deploy.payloads import Format
    from mreg.governance.updates import Update

STDIN = "-"

_Repository: TypeAlias = Annotated[
    str | None,
    Option(
        "--repository",
        "URL",
        "The repository's URL to send to the receivers.",
        show_default="from the CI system, else the remote's URL",
    ),
]


def notify(
    tag: Annotated[
        str | None,
        Argument(
            "[TAG]",
            "The tag, or its full ref; - reads the push in a post-receive hook.",
            show_default="the tag in the CI system's variables",
        ),
    ] = None,
    repo: options.Repo = ".",
    webhook: webhooks.Webhooks = None,
    form: webhooks.Form = "json",
    secret_file: webhooks.SecretFile = None,
    timeout: Annotated[
        float, options.duration("--timeout", "The time limit for one attempt.", show_default="10s")
    ] = 10,
    repository: _Repository = None,
    new: options.NewRef = None,
    no_policy: webhooks.NoPolicy = False,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Post an event to webhooks: as signed JSON, or as a message for Slack or Teams.

    It tries again after errors that may be temporary. It posts nothing for a tag that is not a
    registry tag, or for an event that the policy does not allow. The exit code is 1 if the
    policy does not allow the event or a webhook cannot be reached.

    Examples:
        mreg notify churn#prod#1 --webhook https://hooks.example.com/models
    """
    if not webhook and not dry_run:
        raise UsageError("no webhook is given", hint="use --webhook URL, or set MREG_WEBHOOK")
    registry = online.registry(repo)
    to = [] if dry_run else webhook or []
    post: Post = {
        "form": form,
        "secret": webhooks.secret(secret_file),
        "seconds": timeout,
        "policy": not no_policy,
        "repository": urls.without_secrets(repository) if repository else None,
    }
    updates = _updates(tag, new)
    if updates is not None:
        found = [*registry.notify_push(updates, to, **post)]
    else:
        about = pipeline.trigger(tag, "notify")
        post["repository"] = post["repository"] or about.repository
        found = [registry.notify(about.tag or "", to, expect_oid=about.oid, **post)]
    _report(found, form, dry_run=dry_run, as_json=json)
    if not all(it.delivered for it in found):
        raise SystemExit(1)


def _updates(tag: str | None, new: tuple[str, str, str] | None) -> list[Update] | None:
    """Return what became of refs, where that is asked about and not a tag."""
    from mreg.governance import updates

    if new and tag is not None:
        raise UsageError("TAG and --new cannot be used together")
    if new:
        return [updates.Update.of(*new)]
    return updates.read(sys.stdin.buffer.read(), "post-receive") if tag == STDIN else None


def _report(found: Sequence[Notice], form: Format, *, dry_run: bool, as_json: bool) -> None:
    """Print what came of it: nobody's URL in full, and nothing that is a command in a CI's log."""
    from mreg.deploy import payloads
    from mreg.render import json

    if as_json:
        output.data(json.dumps(documents.listed("notices", found)))
    for it in found:
        if it.refused:
            _complain(f"the policy does not allow {it.event.tag}: {it.refused}")
        elif it.event.event == "none":
            output.talk(
                log.inert(line(f"{it.event.tag or 'It'} is not an event: nothing was posted."))
            )
        elif dry_run and not as_json:
            output.data(log.inert_json(payloads.body(it.event, form).decode()))
        for done in it.deliveries:
            if not done.delivered:
                _complain(f"{done.webhook}: {done.reason}")
            elif not as_json:
                output.data(line(f"Posted {it.event.tag} to {done.webhook}"))


def _complain(text: str) -> None:
    output.talk(log.inert(line(f"error: {text}")))
