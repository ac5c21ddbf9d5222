"""Where a host of repositories shows a commit, a tag, or what changed between two commits.

Sources of the addresses:

- GitHub: https://docs.github.com/pull-requests/committing-changes-to-your-project/viewing-and-comparing-commits/comparing-commits
- GitLab: https://docs.gitlab.com/user/project/repository/compare_revisions
- Bitbucket Cloud: https://support.atlassian.com/bitbucket-cloud/docs/compare-branches-and-commits
- Gitea and Forgejo: https://docs.gitea.com, `/{owner}/{repo}/compare/{base}...{head}`
"""

from __future__ import annotations

import re
from urllib.parse import quote

from mreg.net import urls
from mreg.tuples import NamedTuple


class _Forms(NamedTuple):
    """What the addresses have behind that of the repository."""

    comparison: str
    commit: str
    tag: str


_GITEA = _Forms("/compare/{a}...{b}", "/commit/{}", "/src/tag/{}")
# By a word in the host's name.
_HOSTS = {
    "github": _Forms("/compare/{a}...{b}", "/commit/{}", "/releases/tag/{}"),
    "gitlab": _Forms("/-/compare/{a}...{b}", "/-/commit/{}", "/-/tags/{}"),
    "bitbucket": _Forms("/branches/compare/{b}..{a}", "/commits/{}", "/commits/tag/{}"),
    "gitea": _GITEA,
    "forgejo": _GITEA,
    "codeberg": _GITEA,
}

_PLACE = re.compile(r"(?:https?|ssh|git)://(?:[^/@]*@)?(?P<host>[^/:]+)(?::[0-9]+)?/(?P<path>.+)")
_PATH = re.compile(r"[A-Za-z0-9._~-]+(?:/[A-Za-z0-9._~-]+)+")


def comparison(address: str) -> str:
    """Return where two commits are shown against each other, with `{a}` and `{b}` for their ids.

    Args:
        address: the URL of the repository, without password or token.

    Returns:
        The address; empty where the host is not known by its name.
    """
    page, forms = _of(address)
    return page + forms.comparison if forms else ""


def commit(address: str, oid: str) -> str:
    """Return where a commit is shown, by its id; empty where the host is not known."""
    page, forms = _of(address)
    return page + forms.commit.format(quote(oid, safe="")) if forms else ""


def tag(address: str, name: str) -> str:
    """Return where a tag is shown, by its name; empty where the host is not known."""
    page, forms = _of(address)
    return page + forms.tag.format(quote(name, safe="")) if forms else ""


def _of(address: str) -> tuple[str, _Forms | None]:
    """Return the repository's page and its host's forms, where the host is known by its name."""
    found = _PLACE.fullmatch(urls.spelled_alike(address))
    if found is None or not _PATH.fullmatch(found["path"]):
        return "", None
    words = re.split(r"[.-]", found["host"].lower())
    forms = next((forms for word, forms in _HOSTS.items() if word in words), None)
    return f"https://{found['host'].lower()}/{found['path']}", forms
