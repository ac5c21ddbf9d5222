"""`mreg deprecate`: mark an artifact as no longer in use."""

from __future__ import annotations

from mreg.cli import online, options, output
from mreg.core.queries import parse_selector
from mreg.errors import InvalidName, UsageError


def deprecate(
    name: options.Name,
    repo: options.Repo = ".",
    message: options.Message = "",
    push: options.Push = None,
    remote: options.Remote = None,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Mark an artifact as no longer in use.

    From then on `mreg show` lists it only with --all. Its versions and stages stay as they are. The
    next event of the artifact, such as a registration, removes the mark.

    To deregister a single version, use `mreg deregister NAME@VERSION`.

    Examples:
        mreg deprecate churn -m 'Replaced by churn-xl'
    """
    _refuse_version(name)
    made = online.registry(repo).deprecate(
        name, message=message, dry_run=dry_run, push=push, remote=remote
    )
    output.outcomes([made], dry_run=dry_run, json=json)


def _refuse_version(name: str) -> None:
    """Refuse what names one version: without it, all versions would be marked."""
    try:
        whole = parse_selector(name).plain
    except InvalidName:  # the registry says what is wrong with it
        return
    if not whole:
        raise UsageError(
            "deprecate marks a whole artifact, not a single version",
            hint=f"to end this version, run `mreg deregister {name}`",
        )
