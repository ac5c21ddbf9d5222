"""What goes into a model and what comes out: its schema as tables, and its example."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mreg.render import markup as h
from mreg.render import numbers
from mreg.render.markup import Content, Markup
from mreg.schemas import listing, model
from mreg.schemas.listing import Part

if TYPE_CHECKING:
    from mreg.schemas.model import ModelSchema

MOST_PARTS = 200
"""So many columns or tensors are on the page; the others are counted."""

MOST_ROWS, LONGEST = 8, 600
"""So many rows of an example are on the page, and characters of each."""

_FEW = 12
"""Up to so many columns are shown without a click."""

_SIDES = ("input", "output")


def parts(said: ModelSchema | None, example: str) -> Iterator[Content]:
    """Iterate over what is shown of a schema; the example is the text of its file."""
    if said is None:
        return
    whole = {}
    for side, found in listing.of_model(said).items():
        what = model.words(getattr(said, side))
        if any(it.name for it in found):
            title = h.summary(f"{side.capitalize()}: ", h.span(what, class_="dim"))
            yield h.details(title, *_table(found), open=len(found) <= _FEW)
        else:
            whole[side] = what
    if said.methods:
        whole["methods"] = ", ".join(said.methods)
    if whole:
        yield h.dl(*(h.fragment(h.dt(word), h.dd(text)) for word, text in whole.items()))
    if rows := [*_example(example)]:
        path = h.span(said.example or "", class_="dim")
        yield h.details(h.summary("Example: ", path), *rows)


def _table(found: Sequence[Part]) -> Iterator[Content]:
    head = [h.th(it, scope="col") for it in ("name", "type", "nullable", "required")]
    rows = [
        h.tr(
            h.th(it.name, scope="row"),
            h.td(it.type),
            h.td("yes" if it.nullable else "no"),
            h.td("yes" if it.required else "no"),
        )
        for it in found[:MOST_PARTS]
    ]
    yield h.table(h.thead(h.tr(*head)), h.tbody(rows), class_="plain")
    if len(found) > MOST_PARTS:
        yield h.p(f"{len(found) - MOST_PARTS:,} more: mreg show", class_="dim")


def _example(text: str) -> Iterator[Markup]:
    """Iterate over the sides of an example, a row a line; nothing of what is no JSON."""
    try:
        said = json.loads(text) if text else None
        sides = {it: "\n".join(_lines(said[it])) for it in _SIDES if it in said} if said else {}
    except (ValueError, TypeError, RecursionError):  # no JSON, no object, or nested very deep
        return
    for side, lines in sides.items():
        yield h.p(side, class_="dim")
        yield h.tag("pre", h.code(lines), tabindex="0")


def _lines(value: Any) -> Iterator[str]:
    rows = value if isinstance(value, list) else [value]
    for it in rows[:MOST_ROWS]:
        line = json.dumps(numbers.plain(it), ensure_ascii=False)
        yield line if len(line) <= LONGEST else f"{line[:LONGEST]}..."
    if len(rows) > MOST_ROWS:
        yield f"... and {len(rows) - MOST_ROWS:,} more"
