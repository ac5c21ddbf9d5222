"""The compare page: any two versions of a model, drawn by a script from the model's `data.js`.

One page serves all models: which, and which versions, stands behind the "#" of its address. So it
is the same file whatever is registered, and needs no server.
"""

from __future__ import annotations

from mreg.render import markup as h
from mreg.web import frame, names
from mreg.web.dashboard import SCRIPT as INDEX
from mreg.web.frame import Page

SCRIPTS, STYLES = ("a/compare.js",), ("a/compare.css",)
"""What the page loads besides the script and the style sheet of all pages; what draws plots comes
where a model has some."""


def page(site: str) -> str:
    """Return the page."""
    it = Page(frame.COMPARE, "Compare versions", site, scripts=SCRIPTS, styles=STYLES)
    return frame.page(
        it,
        [
            h.div(
                h.p(h.a("Models", href=it.link(names.INDEX)), id="where", class_="crumbs"),
                h.h1("Compare versions", id="title"),
                h.p(id="summary", class_="sub"),
                class_="head",
            ),
            h.p(
                "This page needs JavaScript. Without it, the page of each of the ",
                h.a("models", href=it.link(names.INDEX)),
                " compares its versions with the one in production, and ",
                h.code("mreg diff"),
                " shows all differences in a clone.",
                class_="without",
            ),
            h.form(id="pickers", class_="pickers script", data_index=it.link(INDEX)),
            h.div(
                h.div(
                    h.div(id="compared", class_="stack"),
                    h.div(id="plots", class_="stack"),
                    class_="stack",
                ),
                h.div(id="beside", class_="stack rail"),
                class_="two script",
            ),
        ],
    )
