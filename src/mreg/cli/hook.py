"""`mreg hook`: Git's hooks that hold a push against the policy."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from mreg.cli import online, options, output
from mreg.cli.parameters import Argument
from mreg.errors import MregError, UsageError
from mreg.governance.hooks import Hook
from mreg.render.escape import line

if TYPE_CHECKING:
    from mreg.governance.updates import Received
    from mreg.registry import Registry


def hook(
    action: Annotated[Literal["install", "run"], Argument("install | run", "The action.")],
    name: Annotated[Hook, Argument("NAME", "The hook: pre-push, pre-receive or update.")],
    arguments: Annotated[
        list[str] | None,
        Argument("[ARGS]...", "run: the arguments that Git passes to the hook."),
    ] = None,
    repo: options.Repo = ".",
    force: options.Replace = False,
) -> None:
    """Install a Git hook that enforces the policy, or run its check.

    On a server install pre-receive, or update where a server offers nothing else; in a clone
    pre-push. The hook refuses whatever it cannot check. Git calls `mreg hook run`.

    Examples:
        mreg hook install pre-push
        mreg hook install pre-receive --repo /srv/models.git
    """
    if action == "install":
        if arguments:
            raise UsageError("`install` takes the name of one hook")
        registry = online.registry(repo)
        registry.install_hook(name, force=force)
        output.talk(f"Installed {name} in {repo}: it now calls mreg.")
        if name != "pre-push":
            _check_server(registry, name)
    elif name == "update" and len(arguments or ()) != len(("REF", "OLD", "NEW")):
        raise UsageError("an update hook needs REF OLD NEW", hint="Git itself runs this hook")
    elif not _run(name, arguments or ()):
        raise SystemExit(1)


def _check_server(registry: Registry, name: Hook) -> None:
    """Print what keeps a server's hook from enforcing the policy."""
    from mreg.git import checkout

    if not checkout.is_bare(registry.repository):
        output.talk(
            f"warning: this is not a bare repository, and Git runs {name} only where pushes arrive;"
            " did you mean `mreg hook install pre-push`, or --repo SERVER?"
        )
        return
    try:
        governing = registry.policy()
    except MregError as error:
        output.talk(line(f"warning: the hook refuses every push of registry tags: {error}"))
        return
    if not governing.blob:
        output.talk("note: there is no policy yet: anyone who can push can promote")
    elif governing.settings.signatures != "required":
        output.talk(
            "note: signatures are not required: the server trusts the e-mail address in a tag"
        )
    from mreg.governance.evaluate import shown

    branch = line(shown(governing.branch, governing.commit))
    output.talk(
        f"note: the hook does not protect {branch}: anyone who can push to it can change the policy"
    )


def _run(name: Hook, arguments: Sequence[str]) -> bool:
    """Be a hook; tell whether it lets the push pass.

    Git says by its environment which repository it is about, and where new objects are kept until
    the push is taken: that holds as long as no repository is named.
    """
    from mreg.governance import updates

    registry = online.registry(".")
    if name == "update":
        ref, old, new = arguments
        received = registry.verify_update_alone(updates.Update.of(old, new, ref))
    else:
        received = registry.verify_updates(updates.read(sys.stdin.buffer.read(), name))
    _tell(received)
    return not received.refused


def _tell(received: Received) -> None:
    """Tell whoever pushes what is wrong: a line for each rule, and what to do."""
    for warning in received.warnings:
        output.talk(line(f"mreg: warning: {warning}"))
    for it in received.refused:
        hint = f" -> {it.hint}" if it.hint else ""
        output.talk(line(f"mreg: {it.subject}: {it.code}: {it.message}{hint}"))
    if received.refused and received.governing and received.governing.blob:
        from mreg.governance.evaluate import whence

        output.talk(line(f"mreg: checked against {whence(received.governing)}"))
