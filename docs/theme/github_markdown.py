"""A hook of MkDocs: changes what pages written for GitHub have, and MkDocs does not take.

Pages on GitHub have no front matter (GitHub shows it as a table), so what MkDocs wants to know of a
page is here as well: how high a search ranks it, and that the index has no list of pages beside it.

- A link that leaves docs/ works on GitHub. In the site it leads to the repository's own page.
- The first line of a block of code may have more words than its language ("```console fresh"),
  which the tests read. Python-Markdown takes one word, and a title ("```python title="train.py"").
"""

from __future__ import annotations

import logging
import posixpath
import re
from pathlib import Path
from typing import Any

BRANCH = "main"
"""The branch whose files the links lead to, as those of `edit_uri` in mkdocs.yml do."""

RANKS = {
    "adr/": 0.1,
    "concepts/architecture.md": 0.2,
    "reference/json.md": 0.2,
    "reference/commands.md": 2.0,
    "troubleshooting.md": 3.0,
}
"""How much a hit in a page counts for the search, by the beginning of its path; others count 1."""

_log = logging.getLogger("mkdocs.hooks")

_PIECE = re.compile(
    r"(?P<opening>^[ >]*(?P<fence>`{3,}|~{3,})\w*(?: title=\"[^\"\n]*\")?)[^\n`]*"
    r"(?P<code>\n.*?^[ >]*(?P=fence)[ ]*$)"
    r"|`[^`\n]+`"
    r"|\]\((?P<target>[^)\s#:]+)(?=[)#])",
    re.M | re.S,
)
"""A block of code, code in a sentence, or the beginning of a link to a file."""


def for_mkdocs(text: str, page: str, root: Path, url: str) -> str:
    """Return a page's text as MkDocs takes it.

    Args:
        text: the page, in GitHub's Markdown.
        page: its path in the repository, such as "docs/how-to/ci.md".
        root: the repository's folder.
        url: the address of the repository's pages at its host.

    Raises:
        FileNotFoundError: if it links to a file outside its top folder that does not exist.
    """
    folder, top = posixpath.dirname(page), page.partition("/")[0]

    def changed(match: re.Match[str]) -> str:
        if match["fence"]:
            return f"{match['opening']}{match['code']}"
        if match["target"] is None:
            return match[0]
        path = posixpath.normpath(posixpath.join(folder, match["target"]))
        if path.startswith(f"{top}/"):
            return match[0]
        return f"]({url}/{_kind(root, path)}/{BRANCH}/{path}"

    return _PIECE.sub(changed, text)


def _kind(root: Path, path: str) -> str:
    """Return what hosts call a file or a folder in their addresses."""
    place = root / path
    if path.startswith("..") or not place.exists():
        raise FileNotFoundError(path)
    return "tree" if place.is_dir() else "blob"


def on_page_markdown(markdown: str, *, page: Any, config: Any, **_: Any) -> str:
    """Return a page's text as MkDocs takes it, and rank the page.

    A dead link is a warning, which fails a strict build.
    """
    rank = next((it for path, it in RANKS.items() if page.file.src_uri.startswith(path)), 1.0)
    page.meta["search"] = {"boost": rank}
    page.meta["hide"] = ["navigation"] if page.is_homepage else []
    docs = Path(config.docs_dir)
    source = f"{docs.name}/{page.file.src_uri}"
    try:
        return for_mkdocs(markdown, source, docs.parent, config.repo_url)
    except FileNotFoundError as error:
        _log.warning("%s links to %s, which does not exist", source, error)
        return markdown
