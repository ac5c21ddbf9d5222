"""`mreg verify`: whether what is recorded, or about to be, keeps to the policy."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, TypeAlias

from mreg.cli import online, options, output
from mreg.cli.parameters import Argument, Flag
from mreg.errors import UsageError
from mreg.oci.reference import is_reference
from mreg.registry import documents
from mreg.render.escape import line

if TYPE_CHECKING:
    from mreg.core.diagnostics import Diagnostic
    from mreg.registry.verification import Verification


_Tags: TypeAlias = Annotated[
    list[str] | None,
    Argument(
        "[TAG | NAME | NAME#STAGE]...",
        "Tags; artifacts or stages, for all their tags; or an image,"
        " oci://HOST/REPOSITORY[:TAG][@DIGEST].",
        show_default=False,
        complete=options.artifacts,
    ),
]


def verify(
    tags: _Tags = None,
    repo: options.Repo = ".",
    all_: Annotated[bool, Flag("--all", "Verify every registry tag.")] = False,
    new: options.NewRef = None,
    tampering: Annotated[
        bool,
        Flag("--tampering", "Look for tags that were moved, removed or inserted."),
    ] = False,
    offline: options.Offline = False,
    policy: options.Policy = None,
    remote: options.Remote = None,
    plain_http: options.PlainHttp = False,
    json: options.Json = False,
) -> None:
    """Check recorded events against the policy that was in force at the time.

    NAME means all events of an artifact, NAME#STAGE those of a stage. --new checks a push against
    the policy that is in force now. For an image, oci://HOST/REPOSITORY[:TAG][@DIGEST], mreg checks
    whether it is the version that it claims to be. The exit code is 1 if a rule is broken, anything
    was tampered with, or an image is not what it claims to be.

    Examples:
        mreg verify churn@v1.0.0
        mreg verify churn
        mreg verify --all
        mreg verify --tampering --offline
    """
    from mreg.governance.updates import Update

    if _is_image(tags, all_, new, tampering, offline, policy, remote, plain_http=plain_http):
        _verify_image((tags or [""])[0], repo, plain_http=plain_http, json=json)
        return
    _require_one(tags, all_, new, tampering)
    found = online.registry(repo).verification(
        None if all_ else tags or (),
        updates=[Update.of(*new)] if new else (),
        tampering=tampering,
        offline=offline,
        remote=remote,
        policy=policy,
        progress=output.counted("verifying {} of {} events") if all_ else None,
    )
    _report(found, json=json)
    if not found.passed:
        raise SystemExit(1)


def _require_one(tags: list[str] | None, all_: bool, new: object, tampering: bool) -> None:
    if sum((bool(tags), all_, new is not None)) > 1:
        raise UsageError("TAG, --all and --new cannot be used together")
    if not (tags or all_ or new or tampering):
        raise UsageError(
            "nothing is given to verify",
            hint="run `mreg verify --all` for every event, or `mreg verify NAME` for those "
            "of an artifact",
        )


def _report(found: Verification, *, json: bool) -> None:
    if json:
        output.as_json(documents.verification(found))
        return
    for warning in found.received.warnings:
        output.talk(f"warning: {line(warning)}")
    for it in found.diagnostics:
        _say(it)
    output.talk(found.summary)
    if free := sum(it.passed and not it.policy for it in found.recorded):
        were = "1 event was" if free == 1 else f"{free} events were"
        output.talk(
            f"note: {were} recorded without a policy in force: "
            "mreg checked only that each tag follows from those before it"
        )


def _is_image(tags: list[str] | None, *others: object, plain_http: bool) -> bool:
    """Tell whether an image is to be verified, which takes none of some other options.

    Raises:
        UsageError: they do not go together.
    """
    if tags and any(map(is_reference, tags)):
        if len(tags) > 1 or any(others):
            hint = "mreg verify oci://... [--repo PATH]"
            raise UsageError("an image can only be verified on its own", hint=hint)
        return True
    if plain_http:
        raise UsageError(
            "--plain-http applies only to images in container registries", hint="omit it"
        )
    return False


def _verify_image(address: str, repo: str, *, plain_http: bool, json: bool) -> None:
    """Say what an image claims to be, and whether that is so."""
    from mreg.package import verify as of_images

    online.limit_cache()
    registry = online.registry(repo)
    with output.ProgressLine() as report:
        found = of_images.verify(registry, address, plain_http=plain_http, report=report)
    if json:
        output.as_json(found)
    else:
        claims = found.claims
        what = f"{claims['artifact']} {claims['version']}" if claims["artifact"] else "no version"
        tag = f" (tag {claims['tag']}, {(claims['tag_oid'] or '?')[:12]})" if claims["tag"] else ""
        output.data(line(f"{found.image} claims to be {what}{tag}: {_VERDICTS[found.verdict]}"))
        for it in found.findings:
            _data(f"-> {it}", "  ", " " * 5)
        for it in found.notes:
            output.talk(f"note: {line(it)}")
    if not found.passed:
        raise SystemExit(1)


_VERDICTS = {
    "same": "confirmed, byte for byte",
    "same-files": "its files match",
    "different": "this is not true",
    "unknown": "this cannot be confirmed",
}


def _say(it: Diagnostic) -> None:
    where = f" at {it.location.remote}" if it.location.remote else ""
    _data(f"{it.subject}{where}: {it.code}: {it.message}", "", " " * 4)
    if it.hint:
        _data(f"-> {it.hint}", "  ", " " * 5)


def _data(text: str, first: str, others: str) -> None:
    """Print a line; on a terminal as several, where it is too long, and no word of it broken."""
    from mreg.governance.evaluate import wrapped

    shown = line(text)
    output.data(wrapped(shown, first, others) if sys.stdout.isatty() else f"{first}{shown}")
