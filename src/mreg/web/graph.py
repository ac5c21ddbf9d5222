"""Where a version came from and what was made from it, as a drawing and as lists."""

from __future__ import annotations

from collections.abc import Sequence

from mreg.render import markup as h
from mreg.render.markup import Content, Markup
from mreg.web import timeline
from mreg.web.frame import Page, panel
from mreg.web.values import Link, Model

MOST = 24
"""So many things are shown on each side."""


def lineage(it: Page, model: Model) -> Content:
    """Return the panel of what a model's version was made from and what uses it."""
    if model.subject is None or not (model.made_from or model.used_by):
        return None
    version = model.subject.version or model.subject.commit
    return panel(
        "lineage",
        "Lineage",
        h.div(
            _side(it, "made from", model.made_from, "from") if model.made_from else None,
            h.div(
                h.div(
                    h.b(model.name),
                    h.span(timeline.short(version), class_="mono"),
                    class_="node here",
                ),
                class_="side",
            ),
            _side(it, "used by", model.used_by, "to") if model.used_by else None,
            class_=" ".join(
                filter(
                    None,
                    ("lineage", "has-from" * bool(model.made_from), "has-to" * bool(model.used_by)),
                )
            ),
        ),
        note=" → ".join(
            filter(
                None,
                (
                    "made from" * bool(model.made_from),
                    timeline.short(version),
                    "used by" * bool(model.used_by),
                ),
            )
        ),
    )


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
