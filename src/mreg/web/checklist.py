"""May it go to prod? What the policy asks, what of that is there, and the commands for the rest."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mreg.core.tables import first_line
from mreg.render import markup as h
from mreg.render.markup import Content, Markup
from mreg.web import dates, words
from mreg.web.frame import chip, command, panel
from mreg.web.values import Model

if TYPE_CHECKING:
    from mreg.core.tenures import Tenure
    from mreg.policy.case import Ruling
    from mreg.registry.profile import Check

_SAID_ELSEWHERE = ("stage", "registered")
"""Rules that are kept by whatever is on the page."""

_COMMAND = re.compile(r"\bmreg (?:approve|promote|register|annotate|demote)\b[^;,`]*")


def panels(model: Model) -> Iterator[Content]:
    """Iterate over a panel for each stage to which the latest version could go next."""
    found = model.profile.prospects
    yield from (_panel(model, it) for it in found if it.stage == model.main)
    others = [it for it in found if it.stage != model.main]
    if others:
        yield panel(
            "others", "Other stages", h.div(*(_folded(model, it) for it in others), class_="pad")
        )
    latest = model.profile.artifact.latest
    held = model.holder(model.main)
    if found or not latest or not model.main or (held and held.version == latest.version):
        return
    if model.repository.stages or latest.version is None:
        return
    said = h.p("There is no policy: anyone can promote it.", class_="dim")
    promote = _promotion(model, str(latest.version), model.main)
    yield panel(
        "next", f"Promote {latest.version} to {model.main}?", h.div(said, promote, class_="pad")
    )


def _promotion(model: Model, version: str, stage: str) -> Markup:
    return command(
        f"mreg promote {shlex.quote(f'{model.name}@{version}')} {shlex.quote(stage)} --push"
    )


def _panel(model: Model, it: Check) -> Markup:
    branch = model.repository.branch
    return panel(
        f"may-{it.stage}",
        [f"Can {it.version} be promoted to {it.stage}? ", _verdict(it)],
        _warning(model, it),
        _rulings(it),
        h.div(
            _promotion(model, str(it.version), str(it.stage)) if it.allowed else None,
            h.p(
                "Checked against the policy on ",
                h.b(branch),
                "; mreg checks again when you promote.",
                class_="dim",
            ),
            class_="pad",
        ),
    )


def _folded(model: Model, it: Check) -> Markup:
    return h.details(
        h.summary(f"Can {it.version} be promoted to {it.stage}? ", _verdict(it)),
        _rulings(it),
        _promotion(model, str(it.version), str(it.stage)) if it.allowed else None,
    )


def _left(model: Model, it: Check) -> Tenure | None:
    """Return when a version was pulled out of the stage that it may go to again."""
    held = [one for one in model.tenures(it.stage) if one.version == it.version]
    return held[-1] if held and held[-1].pulled else None


def _warning(model: Model, it: Check) -> Content:
    """Say that the version was in the stage already, and was no good."""
    held = _left(model, it)
    if held is None or held.until is None:
        return None
    why = f": {first_line(held.reason)}" if held.reason else ""
    how = words.pulled_from(held.ending, held.stage)
    said = f"It was {how} on {dates.day(held.until)}{why}"
    return h.p(chip("caution", "bad"), f" {said}", class_="pad")


def _verdict(it: Check) -> Markup:
    return chip("yes", "good") if it.allowed else chip("not yet", "warn")


def _rulings(it: Check) -> Content:
    found = [one for one in it.rulings if one.rule not in _SAID_ELSEWHERE and not _is_idle(one)]
    return h.ul(*(h.li(_ruling(one)) for one in found), class_="why") if found else None


def _is_idle(one: Ruling) -> bool:
    return one.rule == "signature" and one.passed


def _ruling(one: Ruling) -> Content:
    later = one.rule == "by" and one.passed
    mark = h.span(
        "·" if later else "✓" if one.passed else "✗",
        class_="dim" if later else "up" if one.passed else "down",
        aria_hidden="true",
    )
    word = h.span("met: " if one.passed else "missing: ", class_="unseen")
    reason = one.reason.removeprefix("is checked when it is signed: ")
    if later:
        reason += " can promote it"
    elif one.rule == "approvals":
        reason = f"approvals: {reason}"
    commands = _COMMAND.findall(one.hint)
    hint = (
        None
        if one.passed
        else [command(it.strip()) for it in commands[:2]] or h.p(one.hint, class_="dim")
    )
    rest = _COMMAND.sub("", one.hint).strip(" ;,") if commands and not one.passed else ""
    return [mark, h.div(word, reason, hint, h.p(rest, class_="dim") if rest else None)]
