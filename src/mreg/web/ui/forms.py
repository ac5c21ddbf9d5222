"""How acting looks: the buttons, a form, a rehearsal, what came of it. Values in, markup out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mreg.core.kinds import KINDS, held_label
from mreg.core.outcomes import Outcome
from mreg.policy.case import Approval
from mreg.render import markup as h
from mreg.render.markup import Content, Markup
from mreg.web.frame import chip, command
from mreg.web.ui.actions import ACTIONS, ActionField, Made, PageAction, Performance, Rehearsal

if TYPE_CHECKING:
    from mreg.errors import MregError
    from mreg.registry.identity import Actor
    from mreg.registry.profile import Check

_FIRST = 4
"""So many buttons are shown at once."""

_MOST_LISTED = 200
"""So many versions are in a list."""

BUMPS = ("", "patch", "minor", "major", "prerelease")


class Choices(NamedTuple):
    """What can be chosen of a model.

    Attributes:
        versions: its active versions, the highest first.
        stages: the stages, the one that everything is about first.
        repositories: where several are served and no model is meant, what they are called.
    """

    versions: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()


def who(actor: Actor) -> Markup:
    """Say who acts, and where what is recorded goes."""
    known = f", whom the policy knows as {actor.principal}" if actor.principal else ""
    key = f"signed with {actor.key}" if actor.key else "signed with the key that the agent chooses"
    here = "recorded here alone, to be pushed" if actor.remote else "recorded here"
    where = f"published to {actor.publishes_to} at once" if actor.publishes_to else here
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
    return _panel(h.p("Nothing is recorded from here. To act, open its repository:"), command(how))


def buttons(actor: Actor, *, has_versions: bool) -> Markup:
    """Return the buttons of what can be done with a model."""
    wanted = [it for it in ACTIONS.values() if actor.remote or it.name != "push"]
    if not has_versions:
        wanted = [it for it in wanted if it.early]
    first, rest = wanted[:_FIRST], wanted[_FIRST:]
    return _panel(
        h.div(*map(_button, first), class_="ui-buttons"),
        h.details(h.summary("More"), h.div(*map(_button, rest), class_="ui-buttons"))
        if rest
        else None,
        who(actor),
    )


def _panel(*content: Content) -> Markup:
    """Return what a model's page has of acting."""
    head = h.div(h.h2("Act", id="ui-act"), class_="h")
    return h.section(
        head, h.div(*content, class_="pad"), class_="panel ui", aria_labelledby="ui-act"
    )


def _button(it: PageAction) -> Markup:
    return h.button(it.title, type="button", data_action=it.name)


def form(action: PageAction, name: str, choices: Choices) -> Markup:
    """Return the form of an action; without a name, that is asked for as well."""
    fields = [it for it in action.fields if it.kind != "flag"]
    flags = [it for it in action.fields if it.kind == "flag"]
    title = f"{action.title} {name}" if name else f"{action.title} a model"
    return h.form(
        h.h2(title, id="ui-title"),
        None if name else _new_name(choices),
        *(_field(it, choices) for it in fields),
        h.details(h.summary("Exceptions"), *(_flag(it) for it in flags), class_="ui-more")
        if flags
        else None,
        h.div(
            h.button("Show what would happen", type="submit", class_="ui-go"),
            h.button("Cancel", type="button", data_close=True),
            class_="ui-buttons",
        ),
        data_action=action.name,
        aria_labelledby="ui-title",
    )


def _new_name(choices: Choices) -> Markup:
    known = choices.repositories
    options = (h.tag("option", it, value=it) for it in known)
    where = (
        h.label("Repository", h.tag("select", *options, name="repository")) if known[1:] else None
    )
    return h.fragment(where, h.label("Name", h.input_(name="name", required=True)))


def _field(it: ActionField, choices: Choices) -> Markup:
    help_ = h.small(it.help) if it.help else None
    return h.label(it.label, help_, _control(it, choices))


def _control(it: ActionField, choices: Choices) -> Content:
    if it.kind == "lines":
        return h.tag("textarea", name=it.name, rows=2)
    if it.kind == "version":
        return _versions(it.name, choices.versions)
    if it.kind == "bump":
        return _select(it.name, BUMPS)
    if it.kind == "stage":
        options = (h.tag("option", value=stage) for stage in choices.stages)
        first = choices.stages[0] if choices.stages else ""
        return [
            h.input_(
                name=it.name, value=first, list="ui-stages", required=True, autocomplete="off"
            ),
            h.tag("datalist", *options, id="ui-stages"),
        ]
    return h.input_(name=it.name, required=it.needed, autocomplete="off", spellcheck="false")


def _versions(name: str, known: Sequence[str]) -> Content:
    """Return what a version is chosen from; of many some are proposed, and any can be typed."""
    if len(known) <= _MOST_LISTED:
        return _select(name, known)
    options = (h.tag("option", value=it) for it in known[:_MOST_LISTED])
    return [
        h.input_(name=name, value=known[0], list="ui-versions", required=True, autocomplete="off"),
        h.tag("datalist", *options, id="ui-versions"),
    ]


def _select(name: str, values: Sequence[str]) -> Markup:
    return h.tag("select", *(h.tag("option", it or "-", value=it) for it in values), name=name)


def _flag(it: ActionField) -> Markup:
    help_ = h.small(it.help) if it.help else None
    box = h.input_(type="checkbox", name=it.name, value="yes")
    return h.label(box, " ", it.label, help_, class_="ui-flag")


# What would come of it


def rehearsal(it: Rehearsal) -> Markup:
    """Return what would come of an action, and the button that does it."""
    if it.refusal:
        top = refused(it.refusal)
    else:
        top = h.div(h.h3("What would happen"), h.ul(*(h.li(_would(made)) for made in _shown(it))))
    go = h.button(it.click.action.title, type="button", class_="ui-go", data_act=True)
    return h.div(
        top,
        *map(_policy, it.checks),
        _notes(it.notes),
        who(it.actor),
        h.p("The same in a terminal:"),
        command(it.click.command),
        h.div(
            None if it.refusal else go,
            h.button("Change it", type="button", data_back=True),
            h.button("Cancel", type="button", data_close=True),
            class_="ui-buttons",
        ),
        class_="ui-rehearsal",
    )


def _shown(it: Rehearsal) -> tuple[Made, ...]:
    return it.made or ("publish the events and approvals that the remote lacks",)


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
        return f"nothing: {made.path} says all of that of {made.artifact} already"
    change = h.tag("pre", h.code(made.diff), tabindex="0", class_="ui-diff")
    return [f"change {made.path}, and commit it", change, _notes(made.notes)]


def _event(made: Outcome) -> Content:
    if made.already:
        return f"nothing: {made.already} (tag {made.tag})"
    words = KINDS[made.action].phrase(
        made.action, made.artifact, held_label(made.version, made.commit), made.stage
    )
    rows = [("tag", made.tag), ("commit", made.commit), ("message", made.message)]
    rows += [*made.trailers.items()]
    rows += [(f"{stage} then holds", held or "nothing") for stage, held in made.holders.items()]
    return [words, _pairs(rows), *(h.p(text, class_="ui-warn") for text in made.warnings)]


def _pairs(rows: Sequence[tuple[str, str]]) -> Content:
    parts = (h.fragment(h.dt(word), h.dd(text)) for word, text in rows if text)
    return h.dl(*parts, class_="ui-pairs") if rows else None


def _policy(it: Check) -> Markup:
    """Return what the policy says of an event, rule by rule."""
    if it.policy is None:
        return h.p("There is no policy: anybody may.", class_="dim")
    branch = it.policy.branch.rpartition("/")[2] or it.policy.commit[:12]
    verdict = chip("allowed", "good") if it.allowed else chip("not allowed", "bad")
    what = KINDS[it.action].phrase(it.action, it.artifact, it.version or it.commit[:12], it.stage)
    return h.div(
        h.h3(f"The policy on {branch}, to {what}: ", verdict),
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
        return h.p("The commit is only here so far: publish it with git push.")
    if not _is_event(it):
        return None
    if it.actor.publishes_to:
        return h.p(f"Published to {it.actor.publishes_to}.")
    return h.p("Not published yet: push it.") if it.actor.remote else None


def _push(it: Performance) -> Content:
    if not _is_event(it) or it.actor.publishes_to or not it.actor.remote:
        return None
    return h.button("Push", type="button", class_="ui-go", data_action="push")
