"""Where a version came from and what was made from it, as a drawing and as lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mreg.render import markup as h
from mreg.render import numbers
from mreg.render.markup import Content, Markup
from mreg.web import timeline
from mreg.web.frame import Page, panel
from mreg.web.values import Link, Model

if TYPE_CHECKING:
    from mreg.dvc.lockfile import LockedStage

MOST, _FEW = 24, 8
"""So many things are shown on each side, and steps; of what a step read, and of its params."""


def lineage(it: Page, model: Model) -> Content:
    """Return the panel of what a model's version was made from, how, and what uses it."""
    made, used = model.made_from, model.used_by
    if model.subject is None or not (made or used or model.steps):
        return None
    version = timeline.short(model.subject.version or model.subject.commit)
    name = h.div(h.b(model.name), h.span(version, class_="mono"), class_="node here")
    parts = ["lineage", *(["has-from"] if made else []), *(["has-to"] if used else [])]
    way = ["made from"] * bool(made) + [version] + ["used by"] * bool(used)
    return panel(
        "lineage",
        "Lineage",
        h.div(
            _side(it, "made from", made, "from") if made else None,
            h.div(name, class_="side"),
            _side(it, "used by", used, "to") if used else None,
            class_=" ".join(parts),
        ),
        _steps(model.steps),
        note=" → ".join(way),
    )


def _steps(steps: Sequence[LockedStage]) -> Content:
    """Return the steps of DVC's pipelines that made the version, the last ones if many."""
    if not steps:
        return None
    more = len(steps) - MOST
    return h.div(
        h.h3("Steps that made it, from dvc.lock"),
        h.p(f"{more} earlier steps: run mreg lineage", class_="dim") if more > 0 else None,
        h.ol(*map(_step, steps[-MOST:])),
        class_="pad steps",
    )


def _step(it: LockedStage) -> Markup:
    command, below, _ = it.command.partition("\n")
    given = [
        f"{name}={numbers.shown(value)}"
        for _, found in it.params
        for name, value in numbers.flat(found).items()
    ]
    read = _listed([one.path for one in it.deps])
    facts = [f"reads {read}"] * bool(read) + [f"with {_listed(given)}"] * bool(given)
    return h.li(
        h.b(it.name),
        [" ", h.code(command, " ..." if below else "")] if command else None,
        h.div("; ".join(facts), class_="dim") if facts else None,
    )


def _listed(found: Sequence[str]) -> str:
    more = [f"{len(found) - _FEW} more"] if len(found) > _FEW else []
    return ", ".join([*found[:_FEW], *more])


def _side(it: Page, title: str, links: Sequence[Link], class_: str) -> Markup:
    shown = [_node(it, one) for one in links[:MOST]]
    more = len(links) - MOST
    return h.div(
        h.h3(title, class_="unseen"),
        h.ul(*shown, h.li(f"and {more} more", class_="dim") if more > 0 else None),
        class_=f"side {class_}{' one' * (len(shown) == 1)}",
    )


def _node(it: Page, one: Link) -> Markup:
    target = one.target
    if target and "://" not in target:
        target = it.link(target)
    name = h.a(one.label, href=target) if target else h.span(one.label)
    return h.li(name, h.span(one.note, class_="mono dim") if one.note else None, class_="node")
