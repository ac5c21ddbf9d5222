"""What can be done from a page: each action a row, with its fields, its command and its call.

An action is rehearsed before it is done. Both are told in which state the page saw the model; what
has changed since is never taken for what was seen.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, cast

from mreg.errors import MregError, NotFound, Outdated, UsageError
from mreg.registry.record import NOTHING_YET

if TYPE_CHECKING:
    from mreg import Edited
    from mreg.annotations.changes import Wishes
    from mreg.core.outcomes import Outcome
    from mreg.core.versions import Bump
    from mreg.policy.case import Approval
    from mreg.registry import Registry
    from mreg.registry.identity import Actor
    from mreg.registry.profile import Check

Made: TypeAlias = "Outcome | Approval | Edited | str"
"""What an action makes: an event, a word on a version, an edit; or the name of what was pushed."""

Values: TypeAlias = Mapping[str, str]
"""What was typed and chosen, by field; a flag that is not set is empty."""

LONGEST = 16 * 1024
"""So many characters a field may hold."""


class ActionField(NamedTuple):
    """A field of a form.

    Attributes:
        name: its name; for an option of the command, that one's.
        label: what it is called.
        kind: what can be put in: a line, lines, a version, a stage, how a version follows, yes or
            no.
        needed: whether it may not be empty.
        help: what there is to know of it.
    """

    name: str
    label: str
    kind: Literal["line", "lines", "version", "stage", "bump", "flag"] = "line"
    needed: bool = False
    help: str = ""


class PageAction(NamedTuple):
    """What can be done from a page.

    Attributes:
        name: the command that does the same.
        title: what its button says.
        fields: what it asks for, that which its command takes without an option first.
        selects: whether the version stands behind the name in the command, as NAME@VERSION.
        call: does it, or rehearses it.
        early: whether it can be done with what has no version yet.
    """

    name: str
    title: str
    fields: tuple[ActionField, ...]
    selects: bool
    call: Callable[[Registry, str, Values, dict[str, Any]], Sequence[Made]]
    early: bool = False

    def command(self, name: str, values: Values, repo: str) -> str:
        """Return the command that does the same in a terminal."""
        subject = f"{name}@{values['version']}" if self.selects else name
        words = ["mreg", self.name, subject]
        for field in self.fields:
            value = values.get(field.name, "")
            if not value or (self.selects and field.name == "version"):
                continue
            if field.kind == "flag":
                words.append(f"--{field.name}")
            elif field.name in ("rev", "stage"):
                words.append(value)
            elif field.name == "message":
                words += ["-m", value]
            else:
                words += [f"--{field.name}", value]
        if self.name == "annotate":
            words.append("--commit")
        return shlex.join([*words, *(("--repo", repo) if repo else ())])


_VERSION = ActionField("version", "Version", "version", needed=True)
_STAGE = ActionField("stage", "Stage", "stage", needed=True)
_MESSAGE = ActionField("message", "Message", "lines", help="why, for whoever reads it later")
_NEW = ActionField("new", "Make a new name", "flag", help="even if it looks like one that is known")


def _selector(name: str, values: Values) -> str:
    return f"{name}@{values['version']}"


def _register(
    registry: Registry, name: str, values: Values, how: dict[str, Any]
) -> Sequence[Outcome]:
    made = registry.register(
        name,
        values["rev"] or "HEAD",
        version=values["version"] or None,
        bump=cast("Bump", values["bump"]) if values["bump"] else None,
        message=values["message"],
        allow_dirty=bool(values["allow-dirty"]),
        force=bool(values["force"]),
        new=bool(values["new"]),
        **how,
    )
    return [made]


def _promote(
    registry: Registry, name: str, values: Values, how: dict[str, Any]
) -> Sequence[Outcome]:
    made = registry.promote(
        _selector(name, values),
        values["stage"],
        message=values["message"],
        force=bool(values["force"]),
        new=bool(values["new"]),
        **how,
    )
    return [made]


def _demote(
    registry: Registry, name: str, values: Values, how: dict[str, Any]
) -> Sequence[Outcome]:
    chosen = _selector(name, values)
    return [registry.demote(chosen, values["stage"], message=values["message"], **how)]


def _rollback(
    registry: Registry, name: str, values: Values, how: dict[str, Any]
) -> Sequence[Outcome]:
    return [registry.rollback(name, values["stage"], message=values["message"], **how)]


def _deregister(
    registry: Registry, name: str, values: Values, how: dict[str, Any]
) -> Sequence[Outcome]:
    message, force = values["message"], bool(values["force"])
    return [registry.deregister(_selector(name, values), message=message, force=force, **how)]


def _deprecate(
    registry: Registry, name: str, values: Values, how: dict[str, Any]
) -> Sequence[Outcome]:
    return [registry.deprecate(name, message=values["message"], **how)]


def _word(
    say: Callable[..., Approval], name: str, values: Values, how: dict[str, Any]
) -> Sequence[Approval]:
    given = {key: it for key, it in how.items() if key != "judged"}
    return [say(_selector(name, values), values["stage"], message=values["message"], **given)]


def _annotate(
    registry: Registry, name: str, values: Values, how: dict[str, Any]
) -> Sequence[Edited]:
    said = {it.name: values[it.name] for it in ANNOTATED if values[it.name]}
    if not said:
        raise UsageError("there is nothing to say", hint="fill in a field at least")
    wishes: dict[str, Any] = {key: it for key, it in said.items() if key != "label"}
    if "label" in said:
        wishes["labels"] = [it.strip() for it in said["label"].split(",") if it.strip()]
    return [
        registry.annotate(
            name,
            commit=True,
            message=values["message"],
            dry_run=how["dry_run"],
            **cast("Wishes", wishes),
        )
    ]


def _push(registry: Registry, name: str, values: Values, how: dict[str, Any]) -> Sequence[str]:  # noqa: ARG001
    return () if how["dry_run"] else registry.push(name)


ANNOTATED = (
    ActionField("type", "Type", help="model, dataset, ..."),
    ActionField("path", "Path", help="from the repository's root, or a URL"),
    ActionField("description", "Description", "lines"),
    ActionField("label", "Labels", help="with commas between them; they are added"),
    ActionField("owner", "Owner"),
    ActionField("license", "Licence"),
)
"""What can be said of an artifact from a page; the command says more."""

ACTIONS: Mapping[str, PageAction] = {
    it.name: it
    for it in (
        PageAction(
            "promote",
            "Promote",
            (
                _VERSION,
                _STAGE,
                _MESSAGE,
                ActionField("force", "Though it holds the stage, or was rolled back", "flag"),
                _NEW,
            ),
            True,
            _promote,
        ),
        PageAction("rollback", "Roll back", (_STAGE, _MESSAGE), False, _rollback),
        PageAction(
            "approve",
            "Approve",
            (_VERSION, _STAGE, _MESSAGE),
            True,
            lambda registry, *given: _word(registry.approve, *given),
        ),
        PageAction(
            "reject",
            "Reject",
            (_VERSION, _STAGE, _MESSAGE),
            True,
            lambda registry, *given: _word(registry.reject, *given),
        ),
        PageAction(
            "register",
            "Register",
            (
                ActionField("rev", "Commit", help="HEAD, a branch, a tag or an id"),
                ActionField("version", "Version", help="empty: what follows the latest"),
                ActionField("bump", "Or: go up by", "bump"),
                _MESSAGE,
                ActionField("allow-dirty", "Though files are not as committed", "flag"),
                ActionField("force", "Though the commit has a version", "flag"),
                _NEW,
            ),
            False,
            _register,
            early=True,
        ),
        PageAction("demote", "Demote", (_VERSION, _STAGE, _MESSAGE), True, _demote),
        PageAction(
            "deregister",
            "Deregister",
            (_VERSION, _MESSAGE, ActionField("force", "Though it holds a stage", "flag")),
            True,
            _deregister,
        ),
        PageAction("deprecate", "Deprecate", (_MESSAGE,), False, _deprecate),
        PageAction("annotate", "Annotate", (*ANNOTATED, _MESSAGE), False, _annotate, early=True),
        PageAction("push", "Push", (), False, _push, early=True),
    )
}
"""The actions, by their commands, in the order of their buttons."""


class Click(NamedTuple):
    """What somebody wants done.

    Attributes:
        action: what.
        name: the artifact.
        values: what was typed and chosen.
        repo: the repository, for the command; empty where that is the current folder's.
    """

    action: PageAction
    name: str
    values: Values
    repo: str = ""

    @property
    def command(self) -> str:
        """The command that does the same."""
        return self.action.command(self.name, self.values, self.repo)


class Rehearsal(NamedTuple):
    """What would come of an action.

    Attributes:
        click: what is wanted.
        made: what would be made; nothing where it is refused.
        checks: what the policy says, rule by rule.
        actor: who would do it.
        notes: what there is to know besides.
        refusal: why it would be refused; None if it would not.
    """

    click: Click
    made: tuple[Made, ...]
    checks: tuple[Check, ...]
    actor: Actor
    notes: tuple[str, ...]
    refusal: MregError | None = None


class Performance(NamedTuple):
    """What came of an action.

    Attributes:
        click: what was wanted.
        made: what was made.
        actor: who did it.
        notes: what there is to know besides.
    """

    click: Click
    made: tuple[Made, ...]
    actor: Actor
    notes: tuple[str, ...]


def click(action: str, name: str, typed: Mapping[str, Any], repo: str) -> Click:
    """Return what is wanted, of what a page sent.

    Raises:
        UsageError: there is no such action, or what it needs is missing, or is no text.
    """
    found = ACTIONS.get(action)
    if found is None:
        raise UsageError(f"there is no action {action!r}")
    values = {it.name: _value(it, typed.get(it.name, "")) for it in found.fields}
    if not name:
        raise UsageError("which artifact is meant is missing", hint="type its name")
    return Click(found, name, values, repo)


def _value(field: ActionField, typed: Any) -> str:
    if field.kind == "flag":
        return "yes" if typed is True or typed == "yes" else ""
    if not isinstance(typed, str) or len(typed) > LONGEST or "\0" in typed:
        raise UsageError(f"{field.label.lower()} is no text that can be read")
    value = typed.strip().replace("\r\n", "\n")
    if field.needed and not value:
        raise UsageError(f"{field.label.lower()} is missing", hint="fill it in")
    return value


def rehearse(registry: Registry, wanted: Click, after: str | None) -> Rehearsal:
    """Return what would come of an action; nothing is made, a remote's news are fetched.

    Args:
        registry: the registry; it is another's no longer, as what it has to say is listened to.
        wanted: what is wanted.
        after: the newest event of the artifact that the page knew.

    Raises:
        Outdated: it is another by now.
        Refused: nobody knows who the user is.
    """
    notes = _listening(registry)
    actor = registry.identity()
    checks: list[Check] = []
    how = {"dry_run": True, "after": after, "judged": checks.append}
    try:
        made = (*wanted.action.call(registry, wanted.name, wanted.values, how),)
    except Outdated:
        raise
    except MregError as error:
        return Rehearsal(wanted, (), tuple(checks), actor, tuple(notes), error)
    if wanted.action.name in ("approve", "reject"):
        checks += _as_it_stands(registry, wanted, notes)
    return Rehearsal(wanted, made, tuple(checks), actor, tuple(notes))


def _as_it_stands(registry: Registry, wanted: Click, notes: list[str]) -> list[Check]:
    """Return what the policy says of the promotion that a word is about, without that word."""
    try:
        chosen = _selector(wanted.name, wanted.values)
        return [registry.check_policy(chosen, wanted.values["stage"])]
    except MregError as error:  # the word may be said all the same
        notes.append(str(error))
        return []


def act(registry: Registry, wanted: Click, after: str | None) -> Performance:
    """Do what is wanted, and return what came of it.

    Args:
        registry: as for `rehearse`.
        wanted: what is wanted.
        after: as for `rehearse`.

    Raises:
        Outdated: the newest event is another by now.
        MregError: it is refused, or cannot be done.
    """
    notes = _listening(registry)
    actor = registry.identity()
    how: dict[str, Any] = {"dry_run": False, "after": after}
    made = (*wanted.action.call(registry, wanted.name, wanted.values, how),)
    return Performance(wanted, made, actor, tuple(notes))


def newest(registry: Registry, name: str) -> str:
    """Return the id of an artifact's newest event."""
    try:
        found = registry.history(name, limit=1)
    except NotFound:
        return NOTHING_YET
    return found[0].oid if found else NOTHING_YET


def _listening(registry: Registry) -> list[str]:
    heard: list[str] = []
    registry.network = registry.network._replace(notice=heard.append)
    return heard
