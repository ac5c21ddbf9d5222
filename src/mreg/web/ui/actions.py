"""What can be done from a page: each action a row, with its fields, its command and its call.

An action is rehearsed before it is done. Both are told in which state the page saw the model; what
has changed since is never taken for what was seen.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, cast

from mreg.errors import Forbidden, GitError, MregError, NotFound, Outdated, UsageError
from mreg.registry.record import NOTHING_YET

if TYPE_CHECKING:
    from mreg import Edited
    from mreg.annotations.changes import Wishes
    from mreg.core.outcomes import Outcome
    from mreg.policy.case import Approval
    from mreg.registry import Registry
    from mreg.registry.identity import Actor
    from mreg.registry.profile import Check

Made: TypeAlias = "Outcome | Approval | Edited | str"
"""What an action makes: an event, a word on a version, an edit; or the name of what was pushed."""

How: TypeAlias = Mapping[str, Any]
"""How it is done: as of a `Recording`."""

Values: TypeAlias = Mapping[str, str]
"""What was typed and chosen, by field; a flag that is not set is empty."""

LONGEST = 16 * 1024
"""So many characters a field may hold."""


class ActionField(NamedTuple):
    """A field of a form.

    Attributes:
        name: its name: that of the facade's argument, and of the command's option.
        label: what it is called.
        kind: what can be put in: a line, lines, words with commas between them, a version, a stage,
            how a version follows, yes or no.
        needed: whether it may not be empty.
        help: what there is to know of it.
        option: the option of the command that takes it; empty where it takes it without one.
        proposed: whether one of those that can be chosen is.
    """

    name: str
    label: str
    kind: Literal["line", "lines", "words", "version", "stage", "bump", "flag"] = "line"
    needed: bool = False
    help: str = ""
    option: str = "--"
    proposed: bool = True

    @property
    def written(self) -> str:
        """The option as a command has it; empty where it takes the field without one."""
        return self.option if self.option != "--" else f"--{self.name.replace('_', '-')}"

    def words(self, value: str) -> list[str]:
        """Return what says a value in a command."""
        if self.kind == "flag":
            return [self.written]
        values = split(value) if self.kind == "words" else [value]
        return [word for it in values for word in ([self.written, it] if self.option else [it])]


def split(text: str) -> list[str]:
    """Return the words that commas part."""
    return [it.strip() for it in text.split(",") if it.strip()]


class Ending(NamedTuple):
    """What an action that ends something means, in sentences.

    Attributes:
        ends: what ends.
        stays: what stays.
        back: how it is taken back.
    """

    ends: str
    stays: str
    back: str


class FieldError(UsageError):
    """What stands in a field cannot be meant.

    Attributes:
        field: the name of the field.
    """

    def __init__(self, field: str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.field = field


class PageAction(NamedTuple):
    """What can be done from a page.

    Attributes:
        name: the method of the facade, and the command, that do it.
        title: what its button says.
        fields: what it asks for, what the command takes without an option first.
        selects: whether a version is chosen, which stands behind the name as in NAME@VERSION.
        call: does it, or rehearses it; None: as all that record an event or a word do.
        early: whether it can be done with what has no version yet.
        also: what the command takes besides.
        ending: what ends by it; None where nothing does.
        leaves: whether it is about what is in a stage.
    """

    name: str
    title: str
    fields: tuple[ActionField, ...]
    selects: bool = False
    call: Callable[[Registry, str, Values, How], Sequence[Made]] | None = None
    early: bool = False
    also: tuple[str, ...] = ()
    ending: Ending | None = None
    leaves: bool = False

    def command(self, name: str, values: Values, repo: str) -> str:
        """Return the command that does the same in a terminal."""
        words = ["mreg", self.name, self._subject(name, values)]
        for field, value in self._given(values):
            words += field.words(value)
        return shlex.join([*words, *self.also, *(("--repo", repo) if repo else ())])

    def made(self, registry: Registry, name: str, values: Values, how: How) -> Sequence[Made]:
        """Do it, or rehearse it."""
        if self.call:
            return self.call(registry, name, values, how)
        given = {it.name: True if it.kind == "flag" else at for it, at in self._given(values)}
        return [getattr(registry, self.name)(self._subject(name, values), **given, **how)]

    def _subject(self, name: str, values: Values) -> str:
        return f"{name}@{values['version']}" if self.selects else name

    def _given(self, values: Values) -> Iterator[tuple[ActionField, str]]:
        """Iterate over the fields that say something, but for the version that is chosen."""
        for it in self.fields:
            if values[it.name] and not (self.selects and it.name == "version"):
                yield it, values[it.name]


_VERSION = ActionField("version", "Version", "version", needed=True)
_STAGE = ActionField("stage", "Stage", "stage", needed=True, option="")
_MESSAGE = ActionField(
    "message", "Message", "lines", help="explain why, for later readers", option="-m"
)
_NEW = ActionField(
    "new", "Create a new name", "flag", help="even if it is similar to an existing name"
)


def _force(label: str) -> ActionField:
    return ActionField("force", label, "flag")


def _annotate(registry: Registry, name: str, values: Values, how: How) -> Sequence[Made]:
    said: dict[str, Any] = {it.name: values[it.name] for it in ANNOTATED if values[it.name]}
    if not said:
        raise FieldError("type", "no metadata is given", hint="fill in at least one field")
    if labels := said.pop("label", ""):
        said["labels"] = split(labels)
    wishes = cast("Wishes", said)
    message, dry_run = values["message"], how["dry_run"]
    return [registry.annotate(name, commit=True, message=message, dry_run=dry_run, **wishes)]


def _push(registry: Registry, name: str, _: Values, how: How) -> Sequence[Made]:
    return () if how["dry_run"] else registry.push(name)


ANNOTATED = (
    ActionField("type", "Type", help="model, dataset, ..."),
    ActionField("path", "Path", help="relative to the repository's root, or a URL"),
    ActionField("description", "Description", "lines"),
    ActionField(
        "label",
        "Labels",
        "words",
        help="separated by commas; they are added to the existing labels",
    ),
    ActionField("owner", "Owner"),
    ActionField("license", "Licence"),
)
"""What can be said of an artifact from a page; the command says more."""

_COMMIT = ActionField(
    "rev", "Commit", help="a branch, a tag or a commit id; HEAD if empty", option=""
)
_REGISTERED = (
    _COMMIT,
    ActionField("version", "Version", help="such as v1.2.0"),
    ActionField("bump", "Or the next version", "bump"),
    _MESSAGE,
    ActionField("allow_dirty", "Even if files differ from the commit", "flag"),
    _force("Even if the commit has a version"),
    _NEW,
)
_PROMOTED = (
    _VERSION,
    _STAGE,
    _MESSAGE,
    _force("Even if it holds the stage, or was rolled back"),
    _NEW,
)
_PLACED = (_VERSION, _STAGE, _MESSAGE)
_ENDED = (_VERSION._replace(proposed=False), _MESSAGE, _force("Even if it holds a stage"))

_ROLLED_BACK = Ending(
    "The version leaves the stage, and the version that held the stage before takes over.",
    "Both versions stay registered, and the history shows both promotions and the rollback.",
    "Promote the version that was rolled back again, and select the exception for that.",
)
_REJECTED = Ending(
    "If the policy accepts your rejection, nobody can promote the version to the stage any "
    "more, whatever the number of approvals.",
    "The version that holds the stage now, and the approvals of other people.",
    "Approve the version for the stage yourself: your latest decision is the one that is valid.",
)
_DEMOTED = Ending(
    "The version leaves the stage. If it holds the stage, the version promoted before it takes"
    " over; if there is none, the stage is empty.",
    "The version stays registered, keeps its other stages, and the history shows when it was here.",
    "Promote the version to the stage again.",
)
_DEREGISTERED = Ending(
    "The version, and its place in every stage: it is no longer listed or promoted.",
    "Its commit, its files, its tags and its history. Nothing is deleted.",
    "Register the same version again, at the same commit. Approvals must be given again.",
)
_DEPRECATED = Ending(
    "The model is marked as no longer in use: mreg show omits it, and pages list it last.",
    "All versions, and the versions in all stages.",
    "Record any later event, such as a promotion: it removes the mark.",
)

ACTIONS: Mapping[str, PageAction] = {
    it.name: it
    for it in (
        PageAction("promote", "Promote", _PROMOTED, selects=True),
        PageAction("rollback", "Roll back", (_STAGE, _MESSAGE), ending=_ROLLED_BACK, leaves=True),
        PageAction("approve", "Approve", _PLACED, selects=True),
        PageAction("reject", "Reject", _PLACED, selects=True, ending=_REJECTED),
        PageAction("register", "Register", _REGISTERED, early=True),
        PageAction("demote", "Demote", _PLACED, selects=True, ending=_DEMOTED, leaves=True),
        PageAction("deregister", "Deregister", _ENDED, selects=True, ending=_DEREGISTERED),
        PageAction("deprecate", "Deprecate", (_MESSAGE,), ending=_DEPRECATED),
        PageAction(
            "annotate",
            "Annotate",
            (*ANNOTATED, _MESSAGE),
            call=_annotate,
            early=True,
            also=("--commit",),
        ),
        PageAction("push", "Push", (), call=_push, early=True),
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

    @property
    def is_word(self) -> bool:
        """Whether it is a word on a version, and no event."""
        return self.action.name in ("approve", "reject")


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
        raise FieldError("name", "the name of the artifact is missing", hint="enter its name")
    return Click(found, name, values, repo)


def _value(field: ActionField, typed: Any) -> str:
    if field.kind == "flag":
        return "yes" if typed is True or typed == "yes" else ""
    if not isinstance(typed, str) or len(typed) > LONGEST or "\0" in typed:
        raise FieldError(field.name, f"{field.label.lower()} is not readable text")
    value = typed.strip().replace("\r\n", "\n")
    if field.needed and not value:
        raise FieldError(field.name, f"{field.label.lower()} is missing", hint="fill in this field")
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
    how: dict[str, Any] = {"dry_run": True, "after": after}
    if not wanted.is_word:
        how["judged"] = checks.append
    try:
        made = (*wanted.action.made(registry, wanted.name, wanted.values, how),)
    except Outdated:
        raise
    except MregError as error:
        return Rehearsal(wanted, (), tuple(checks), actor, tuple(notes), error)
    if wanted.is_word:
        checks += _as_it_stands(registry, wanted, notes)
    return Rehearsal(wanted, made, tuple(checks), actor, tuple(notes))


def at_fault(error: MregError, wanted: Click, checks: Sequence[Check] = ()) -> str:
    """Return the name of the field that a refusal is about; empty where it is about none.

    It is the one that the refusal names, by what stands in it or by its option. What the policy
    refuses is about what is to happen; but for a stage that it does not know.

    Args:
        error: the refusal.
        wanted: what is wanted.
        checks: what the policy says of it, rule by rule.
    """
    if isinstance(error, FieldError):
        return error.field
    if isinstance(error, Forbidden):
        broken = {one.rule for it in checks for one in it.rulings if not one.passed}
        return "stage" if "stage" in broken else ""
    if isinstance(error, GitError):
        return ""
    said = f"{error} "
    fields = [it for it in wanted.action.fields if it.kind not in ("lines", "flag")]
    for it in fields:
        if it.option and re.search(rf"(?<!\S){re.escape(it.written)}(?!\S)", said):
            return it.name
    named = [(wanted.values[it.name], it.name) for it in fields]
    for value, field in [*named, (wanted.name, "name")]:
        if value and re.search(rf"(?<![\w.]){re.escape(value)}(?![\w]|\.\w)", said):
            return field
    return ""


def _as_it_stands(registry: Registry, wanted: Click, notes: list[str]) -> list[Check]:
    """Return what the policy says of the promotion that a word is about, without that word."""
    try:
        chosen = f"{wanted.name}@{wanted.values['version']}"
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
    made = (*wanted.action.made(registry, wanted.name, wanted.values, how),)
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
