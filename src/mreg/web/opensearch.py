"""How a browser searches the site from its own bar: an OpenSearch description.

Source: https://github.com/dewitt/opensearch/blob/master/opensearch-1-1-draft-6.md. Addresses in it
are whole ones, so it takes the one that the site will have.
"""

from __future__ import annotations

from mreg.web import feeds, names

FILE = "opensearch.xml"

_SPACE = "http://a9.com/-/spec/opensearch/1.1/"
_LONGEST_NAME, _LONGEST = 16, 1024
"""So many characters may be in a name and a description."""


def files(title: str, base: str) -> list[tuple[str, str]]:
    """Return the description of a site that will have an address; of another, nothing."""
    if not base:
        return []
    root = base.replace("{", "%7B").replace("}", "%7D")  # braces mean something in a template
    parts = (
        feeds.element("ShortName", title[:_LONGEST_NAME]),
        feeds.element("Description", f"Models of {title}"[:_LONGEST]),
        feeds.element("InputEncoding", "UTF-8"),
        feeds.element("Image", f"{root}a/icon.svg", type="image/svg+xml"),
        feeds.element("Url", type="text/html", template=f"{root}{names.INDEX}#q={{searchTerms}}"),
    )
    head = f'<?xml version="1.0" encoding="utf-8"?>\n<OpenSearchDescription xmlns="{_SPACE}">\n'
    return [(FILE, f"{head}{''.join(parts)}</OpenSearchDescription>\n")]
