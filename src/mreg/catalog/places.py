"""Which repositories of a catalog a push event means, by the URLs that it names.

A host names a repository by several URLs: over HTTPS, over SSH, and that of its page. None of them
is ever read from: they are only compared with what the catalog lists.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from mreg.catalog.members import CatalogMember
from mreg.net import urls

_PORT = re.compile(r":[0-9]*(?=/)")


def place(address: str) -> str:
    """Return what all URLs of one repository at a host have in common: host and path.

    Transport, user, port, a final slash or `.git`, and upper case make no difference. Of one on
    this machine it is the path. If two repositories differ in nothing else, a push to one has the
    other checked as well.
    """
    if not urls.looks_like(address) or address.startswith("file:"):
        path = re.sub(r"^file://[^/]*", "", address)
        return posixpath.normpath(path).removesuffix("/.git").removesuffix(".git").casefold()
    alike = urls.spelled_alike(urls.without_secrets(address)).partition("://")[2]
    return _PORT.sub("", alike.rpartition("@")[2], count=1).casefold()


def meant(members: Iterable[CatalogMember], named: Iterable[str]) -> list[str]:
    """Return the labels of the repositories that URLs, paths or labels name.

    A folder is matched by its end: `/srv/git/ml/churn.git` by `ml/churn` at any host.
    """
    texts = [*named]
    wanted = {place(it) for it in texts if it.startswith("/") or urls.looks_like(it)}
    paths = {it.partition("/")[2] for it in wanted if not it.startswith("/")} - {""}
    found = []
    for it in members:
        own = place(it.address)
        ends = own.startswith("/") and any(own.endswith(f"/{path}") for path in paths)
        if own in wanted or ends or it.label in texts:
            found.append(it.label)
    return found
