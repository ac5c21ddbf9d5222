"""How acting looks: the buttons, a form, a rehearsal, what came of it. Values in, markup out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mreg.core.kinds import KINDS, held_label
from mreg.core.outcomes import Outcome
from mreg.policy.case import Approval
from mreg.render import markup as h
from mreg.render.markup import Content, Markup
from mreg.web.frame import chip, command
from mreg.web.ui.actions import (
    ACTIONS,
    ActionField,
    Ending,
    Made,
    PageAction,
    Performance,
    Rehearsal,
)

if TYPE_CHECKING:
    from mreg.errors import MregError
    from mreg.registry.identity import Actor
    from mreg.registry.profile import Check

_FIRST = 4
"""So many buttons are shown at once."""

_MOST_LISTED = 200
"""So many versions are in a list."""

BUMPS = {
    "": "a patch, unless you enter a version above",
    **{it: it for it in ("minor", "major", "prerelease", "release")},
}
"""How a version follows the one before, and what the list says of it."""


class Choices(NamedTuple):
    """What can be chosen of a model.

    Attributes:
        versions: its active versions, the highest first.
        stages: the stages, the one that everything is about first.
        repositories: where several are served and no model is meant, what they are called.
        held: what is in each stage that has anything, the current holder first; a bare commit is
            the start of its id.
    """

    versions: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    held: Mapping[str, tuple[str, ...]] = {}

    def of(self, action: PageAction) -> Choices:
        """Return what can be chosen for an action: of one that takes out of a stage, what is in."""
        if not action.leaves:
            return self
        here = [it for stage in self.held.values() for it in stage if it in self.versions]
        return self._replace(versions=(*dict.fromkeys(here),), stages=(*self.held,))

    def allow(self, action: PageAction) -> bool:
        """Tell whether there is anything to which an action can be done."""
        found = self.of(action)
        return bool(found.versions if action.selects or not action.leaves else found.stages)

    def where(self, version: str) -> str:
        """Say which stages a version is in."""
        return ", ".join(it for it in self.stages if version in self.held.get(it, ()))


def who(actor: Actor) -> Markup:
    """Say who acts, and where what is recorded goes."""
    named = actor.principal and actor.principal != actor.email
    known = f", known to the policy as {actor.principal}" if named else ""
    key = f"signed with {actor.key}" if actor.key else "signed with a key that the agent chooses"
    here = "recorded locally, to be pushed" if actor.remote else "recorded here"
    where = f"published to {actor.publishes_to} immediately" if actor.publishes_to else here
    return h.p(
        "As ",
        h.b(actor.name),
        f" <{actor.email}>{known}; ",
        key if actor.signs else "not signed",
        f"; {where}.",
        class_="ui-who dim",
    )


def elsewhere(how: str) -> Markup:
    """Return what stands in the place of the buttons where nobody can act: the command to do so."""
    return _panel("To make changes, open its repository", command(how))


def buttons(actor: Actor, choices: Choices) -> Markup:
    """Return the buttons of what can be done with a model."""
    wanted = [it for it in ACTIONS.values() if actor.remote or it.name != "push"]
    wanted = [it for it in wanted if it.early or choices.allow(it)]
    first, rest = wanted[:_FIRST], wanted[_FIRST:]
    return _panel(
        "Act",
        h.div(*map(_button, first), class_="ui-buttons"),
        h.details(h.summary("More"), h.div(*map(_button, rest), class_="ui-buttons"))
        if rest
        else None,
        who(actor),
    )


def _panel(title: str, *content: Content) -> Markup:
    """Return what a model's page has of acting."""
    head = h.div(h.h2(title, id="ui-act"), class_="h")
    return h.section(
        head, h.div(*content, class_="pad"), class_="panel ui", aria_labelledby="ui-act"
    )


def _button(it: PageAction) -> Markup:
    class_ = "ui-ends" if it.ending else None
    return h.button(it.title, type="button", data_action=it.name, class_=class_)


def form(action: PageAction, name: str, choices: Choices) -> Markup:
    """Return the form of an action; without a name, that is asked for as well."""
    fields = [it for it in action.fields if it.kind != "flag"]
    flags = [it for it in action.fields if it.kind == "flag"]
    title = f"{action.title} {name}" if name else f"{action.title} a model"
    choices = choices.of(action)
    return h.form(
        h.h2(title, id="ui-title"),
        _ending(action.ending),
        None if name else _new_name(choices),
        *(_field(it, _control(it, action, choices)) for it in fields),
        h.details(h.summary("Exceptions"), *map(_flag, flags), class_="ui-more") if flags else None,
        h.div(
            h.button("Preview", type="submit", class_="ui-go"),
            h.button("Cancel", type="button", data_close=True),
            class_="ui-buttons",
        ),
        data_action=action.name,
        aria_labelledby="ui-title",
    )


def _ending(it: Ending | None) -> Content:
    """Say what ends, what stays, and how to take it back."""
    if it is None:
        return None
    rows = (("Changes", it.ends), ("Stays the same", it.stays), ("To undo", it.back))
    return h.dl(*(h.fragment(h.dt(word), h.dd(text)) for word, text in rows), class_="ui-ending")


def _new_name(choices: Choices) -> Content:
    where = ActionField("repository", "Repository")
    known = {it: it for it in choices.repositories}
    return [
        _field(where, _select(where, known)) if len(known) > 1 else None,
        _field(_NAME, _line(_NAME)),
    ]


_NAME = ActionField("name", "Name", needed=True)


def _field(it: ActionField, control: Content) -> Markup:
    """Return a field; what is wrong with it will be put behind it."""
    return h.div(
        h.label(it.label, for_=_id(it)),
        h.small(it.help, id=_help(it)) if it.help else None,
        control,
        class_="ui-field",
    )


def _id(it: ActionField) -> str:
    return f"ui-{it.name}"


def _help(it: ActionField) -> str | None:
    return f"{_id(it)}-help" if it.help else None


def _control(it: ActionField, action: PageAction, choices: Choices) -> Content:
    if it.kind == "lines":
        return h.tag("textarea", name=it.name, rows=2, id=_id(it), aria_describedby=_help(it))
    if it.kind == "version":
        return _versions(it, choices)
    if it.kind == "bump":
        return _select(it, BUMPS)
    if it.kind == "stage":
        if action.leaves:
            now = {stage: f"{stage}, now {choices.held[stage][0]}" for stage in choices.stages}
            return _select(it, now)
        return _line(it, choices.stages[0] if choices.stages else "", choices.stages)
    return _line(it)


def _line(it: ActionField, value: str = "", known: Sequence[str] = ()) -> Content:
    """Return what a line is typed into, with what is proposed for it."""
    list_ = f"{_id(it)}-list" if known else None
    line = h.input_(
        name=it.name,
        value=value or None,
        list=list_,
        required=it.needed,
        autocomplete="off",
        spellcheck="false",
        id=_id(it),
        aria_describedby=_help(it),
    )
    options = (h.tag("option", value=one) for one in known)
    return [line, h.tag("datalist", *options, id=list_) if known else None]


def _versions(it: ActionField, choices: Choices) -> Content:
    """Return what a version is chosen from; of many some are listed, and any can be typed."""
    known = choices.versions
    if len(known) > _MOST_LISTED:
        return _line(it, known[0] if it.proposed else "", known[:_MOST_LISTED])
    places = {one: choices.where(one) for one in known}
    named = {one: f"{one}, in {place}" if place else one for one, place in places.items()}
    return _select(it, named if it.proposed else {"": "choose one", **named})


def _select(it: ActionField, values: Mapping[str, str]) -> Markup:
    options = (h.tag("option", text, value=value) for value, text in values.items())
    return h.tag(
        "select",
        *options,
        name=it.name,
        required=it.needed,
        id=_id(it),
        aria_describedby=_help(it),
    )


def _flag(it: ActionField) -> Markup:
    about = f"{_id(it)}-help"
    box = h.input_(type="checkbox", name=it.name, value="yes", aria_describedby=about)
    help_ = h.small(f"{it.help}: " if it.help else None, h.code(it.written), id=about)
    return h.div(h.label(box, " ", it.label, class_="ui-flag"), " ", help_)


# What would come of it


def rehearsal(it: Rehearsal) -> Markup:
    """Return what would come of an action, and the button that does it."""
    action, idle = it.click.action, _is_idle(it)
    if it.refusal:
        top = refused(it.refusal)
    else:
        head = "Nothing would change" if idle else "What would happen"
        top = h.div(h.h3(head), h.ul(*(h.li(_would(made)) for made in _shown(it))))
    class_ = "ui-go ui-ends" if action.ending else "ui-go"
    go = h.button(action.title, type="button", class_=class_, data_act=True)
    return h.div(
        top,
        None if it.refusal or idle else _ending(action.ending),
        *(_policy(one, it.click.is_word) for one in it.checks),
        _notes(it.notes),
        who(it.actor),
        h.p("The same command for a terminal:"),
        command(it.click.command),
        h.div(
            None if it.refusal or idle else go,
            h.button("Edit", type="button", data_back=True) if action.fields else None,
            h.button("Cancel", type="button", data_close=True),
            class_="ui-buttons",
        ),
        class_="ui-rehearsal",
    )


def _is_idle(it: Rehearsal) -> bool:
    """Tell whether all is so already."""
    return bool(it.made) and not any(getattr(one, "changed", True) for one in it.made)


def _shown(it: Rehearsal) -> tuple[Made, ...]:
    return it.made or ("publish the events and approvals that are missing at the remote",)


def _would(made: Made) -> Content:
    """Say what would be made."""
    if isinstance(made, str):
        return made
    if isinstance(made, Outcome):
        return _event(made)
    if isinstance(made, Approval):
        what = f"{made.verdict} {made.artifact} {made.version} for {made.stage}"
        rows = [("message", made.message)] if made.message else []
        return [f"{what} as {made.principal}", _pairs(rows)]
    if not made.changed:
        return f"{made.path} already contains this metadata of {made.artifact}"
    change = h.tag("pre", h.code(made.diff), tabindex="0", class_="ui-diff")
    return [f"change {made.path}, and commit it", change, _notes(made.notes)]


def _event(made: Outcome) -> Content:
    if made.already:
        return f"{made.already} (tag {made.tag})"
    words = KINDS[made.action].phrase(
        made.action, made.artifact, held_label(made.version, made.commit), made.stage
    )
    rows = [("tag", made.tag), ("commit", made.commit), ("message", made.message)]
    rows += [*made.trailers.items()]
    rows += [(f"{stage} then holds", held or "nothing") for stage, held in made.holders.items()]
    new = h.b(f" (new {' and '.join(made.new)})") if made.new else None
    over = f"{made.artifact} is then no longer deprecated." if made.ends_deprecation else None
    warnings = (h.p(text, class_="ui-warn") for text in filter(None, (over, *made.warnings)))
    return [words, new, _pairs(rows), *warnings]


def _pairs(rows: Sequence[tuple[str, str]]) -> Content:
    parts = (h.fragment(h.dt(word), h.dd(text)) for word, text in rows if text)
    return h.dl(*parts, class_="ui-pairs") if rows else None


def _policy(it: Check, before: bool) -> Markup:
    """Return what the policy says of an event, rule by rule; perhaps before a word on it."""
    if it.policy is None:
        return h.p("There is no policy: this is allowed for anyone.", class_="dim")
    branch = it.policy.branch.rpartition("/")[2] or it.policy.commit[:12]
    verdict = chip("allowed", "good") if it.allowed else chip("not allowed", "bad")
    what = KINDS[it.action].phrase(it.action, it.artifact, it.version or it.commit[:12], it.stage)
    return h.div(
        h.h3(f"The policy on {branch}, for: {what}{', at present' if before else ''}: ", verdict),
        h.ul(*(_ruling(one.rule, one.reason, one.hint, one.passed) for one in it.rulings)),
        class_="ui-policy",
    )


def _ruling(rule: str, reason: str, hint: str, passed: bool) -> Markup:
    mark = "✓" if passed else "✗"
    return h.li(
        h.b(f"{mark} {rule}"),
        f": {reason}",
        h.div(hint, class_="dim") if hint else None,
        class_="ok" if passed else "fail",
    )


def refused(error: MregError) -> Markup:
    """Return why something is refused, in the words of a terminal."""
    return h.div(
        h.h3("Refused"),
        h.tag("pre", f"error: {error}", class_="ui-error"),
        h.tag("pre", f"hint: {error.hint}", class_="ui-hint") if error.hint else None,
        class_="ui-refused",
        role="alert",
    )


def _notes(notes: Sequence[str]) -> Content:
    return [h.tag("pre", it, class_="ui-note") for it in notes]


# What came of it


def performance(it: Performance) -> Markup:
    """Return what came of an action; and the button that publishes it, where it is here alone."""
    made = [*_done(it.made)]
    return h.div(
        h.h3("Done" if made else "Nothing to do"),
        h.ul(*map(h.li, made)) if made else None,
        _notes(it.notes),
        _publication(it),
        h.p("To undo: ", it.click.action.ending.back) if made and it.click.action.ending else None,
        h.div(_push(it), h.button("Close", type="button", data_close=True), class_="ui-buttons"),
        class_="ui-done",
        role="status",
    )


def _done(found: Sequence[Made]) -> Iterator[Content]:
    for it in found:
        if isinstance(it, Outcome):
            words = KINDS[it.action].phrase(
                KINDS[it.action].past, it.artifact, held_label(it.version, it.commit), it.stage
            )
            yield it.already or f"{words} (tag {it.tag})"
        elif isinstance(it, Approval):
            yield f"{it.verb} {it.artifact} {it.version} for {it.stage} as {it.principal}"
        elif isinstance(it, str):
            yield f"pushed {it}"
        else:
            committed = f", committed as {it.commit[:12]}" if it.commit else ""
            yield f"annotated {it.artifact} in {it.path}{committed}"


def _is_event(it: Performance) -> bool:
    return any(isinstance(made, Outcome | Approval) for made in it.made)


def _publication(it: Performance) -> Content:
    if it.click.action.name == "annotate":
        return h.p("The commit exists only locally: publish it with git push.")
    if not _is_event(it):
        return None
    if it.actor.publishes_to:
        return h.p(f"Published to {it.actor.publishes_to}.")
    if not it.actor.remote:
        return None
    events = [made for made in it.made if isinstance(made, Outcome) and made.changed]
    undone = [", or undo it with ", h.code(f"mreg undo {it.click.name}")] if events else None
    return h.p("Not published yet: push it", undone, ".")


def _push(it: Performance) -> Content:
    if not _is_event(it) or it.actor.publishes_to or not it.actor.remote:
        return None
    return h.button("Push", type="button", class_="ui-go", data_action="push")
