"""`mreg policy`: what the policy says, and what it says of one event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from mreg.cli import completers, online, options, output, typed
from mreg.cli.parameters import Argument, InContext
from mreg.core import tables
from mreg.errors import UsageError
from mreg.registry import documents

if TYPE_CHECKING:
    from mreg.governance.evaluate import Check
    from mreg.policy.model import Governing
    from mreg.registry import Registry


def policy(
    action: Annotated[
        Literal["show", "check"],
        Argument("[show | check]", "The action.", show_default="show"),
    ] = "show",
    selector: Annotated[
        str,
        Argument(
            "[SELECTOR]",
            "check: the version; or the name of an artifact.",
            complete=options.selectors,
        ),
    ] = "",
    stage: Annotated[
        str,
        Argument(
            "[VERSION | STAGE]",
            "check: the stage; without it, check the registration of HEAD.",
            complete=InContext(completers.parts),
        ),
    ] = "",
    last: Annotated[
        str | None,
        Argument("[STAGE]", "check: the stage, after NAME VERSION.", show_default=False),
    ] = None,
    repo: options.Repo = ".",
    new: options.New = False,
    json: options.Json = False,
) -> None:
    """Show the policy in force, or check a promotion or registration against it.

    The policy is in `.mreg.yaml` at the tip of the protected branch. `mreg policy check SELECTOR
    STAGE` lists every rule; the exit code is 1 if one is broken. See also `mreg help policy`.

    Examples:
        mreg policy
        mreg policy check churn@v1.0.0 prod
        mreg policy check churn
    """
    registry = online.registry(repo)
    if action == "show":
        if selector:
            raise UsageError("`mreg policy show` takes no arguments", hint="mreg policy check ...")
        _show(*(in_force := _in_force(registry)), json=json)
        _tell_if_another(*in_force)
        return
    if not selector:
        raise UsageError("no version is given to check", hint="mreg policy check SELECTOR STAGE")
    if selector.endswith("@HEAD"):
        hint = f"`mreg policy check {selector[:-5]}` checks a registration of HEAD"
        raise UsageError("HEAD is not a version", hint=hint)
    if stage:
        selector, stage = typed.promotion("policy check", selector, stage, last)
    found = registry.check_policy(selector, stage or None, new=new)
    (output.as_json if json else _report)(found)
    _tell_if_another(*_in_force(registry))
    if not found.allowed:
        raise SystemExit(1)


def _in_force(registry: Registry) -> tuple[Governing, str]:
    """Return the policy in force, and what in the work tree differs from it."""
    governing = registry.policy()
    return governing, registry.differing_policy(governing)


def _report(found: Check) -> None:
    """Print what each rule says, a line each, and below it what to do."""
    from mreg.governance.evaluate import described, wrapped
    from mreg.render.escape import line

    for it in found.rulings:
        mark = "ok  " if it.passed else "FAIL"
        output.data(wrapped(line(f"{mark} {it.rule}: {it.reason}"), "", " " * 5))
        if it.hint:
            output.data(wrapped(line(f"-> {it.hint}"), " " * 5, " " * 8))
    output.talk(described(found))
    if found.allowed and found.makes_stage:
        output.talk(f"note: the stage {found.stage} does not exist yet")


def _tell_if_another(governing: Governing, differing: str) -> None:
    """Say that the settings in the work tree are not those that count."""
    from mreg.render.escape import line

    if not differing:
        return
    publish = " and push it" if governing.branch.startswith("refs/remotes/") else ""
    output.talk(
        line(
            f"warning: {differing} in the work tree differs, and is not in force: the policy "
            f"is that of {_place(governing)}; commit your changes to that branch{publish}"
        )
    )


def _place(governing: Governing) -> str:
    """Return the branch of the policy as people name it."""
    return governing.branch.removeprefix("refs/heads/").removeprefix("refs/remotes/")


def _show(governing: Governing, differing: str, *, json: bool) -> None:
    from mreg.policy.model import table

    settings = governing.settings
    if json:
        output.as_json(documents.policy(governing, differing))
        return
    if not governing.blob:
        where = f" at {_place(governing)}" if governing.branch else ""
        output.talk(f"There is no policy{where}: everything is allowed.")
        return
    output.pairs(
        [
            ("branch", governing.branch),
            ("commit", governing.commit),
            ("signatures", settings.signatures),
            ("registry", settings.registry or tables.NOTHING),
            ("principals", ", ".join(settings.principals) or tables.NOTHING),
        ]
    )
    output.table(table(settings))
    if settings.signatures == "optional" and settings.names_people:
        output.talk(
            "note: signatures are optional, so people are recognized by their e-mail address, which"
            " anyone can use; `signatures: required` changes that"
        )
