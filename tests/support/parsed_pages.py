"""Pages as a browser reads them, and what in them could do harm."""

from __future__ import annotations

from html.parser import HTMLParser

ALLOWED = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "link",
        "body",
        "a",
        "header",
        "nav",
        "button",
        "main",
        "div",
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "span",
        "section",
        "svg",
        "defs",
        "pattern",
        "rect",
        "path",
        "line",
        "text",
        "circle",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "details",
        "summary",
        "ul",
        "li",
        "dl",
        "dt",
        "dd",
        "pre",
        "code",
        "b",
        "small",
        "strong",
        "em",
        "br",
        "hr",
        "blockquote",
        "ol",
        "s",
        "time",
        "kbd",
        "footer",
        "script",
        "form",
        "label",
        "input",
        "output",
    ]
)


class Parsed(HTMLParser):
    """A page as a browser reads it; what could do harm is collected."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.harm: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED:
            self.harm.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name == "style":
                self.harm.append(f"{tag} {name}")
            if name in ("href", "src", "action"):
                scheme = str(value).partition(":")[0] if ":" in str(value).split("/")[0] else ""
                if scheme not in ("", "http", "https", "mailto"):
                    self.harm.append(f"{tag} {name}={value}")
            if (
                tag == "script"
                and name == "src"
                and not str(value).startswith(("a/", "data/", "../"))
            ):
                self.harm.append(str(value))

    def handle_data(self, data: str) -> None:
        self.text.append(data)
