"""Where a host of repositories shows what changed between two commits.

Sources of the addresses:

- GitHub: https://docs.github.com/pull-requests/committing-changes-to-your-project/viewing-and-comparing-commits/comparing-commits
- GitLab: https://docs.gitlab.com/user/project/repository/compare_revisions
- Bitbucket Cloud: https://support.atlassian.com/bitbucket-cloud/docs/compare-branches-and-commits
- Gitea and Forgejo: https://docs.gitea.com, `/{owner}/{repo}/compare/{base}...{head}`
"""

from __future__ import annotations

import re

from mreg.net import urls

# What the addresses have behind that of the repository, by a word in the host's name.
_FORMS = {
    "github": "/compare/{a}...{b}",
    "gitlab": "/-/compare/{a}...{b}",
    "bitbucket": "/branches/compare/{b}..{a}",
    "gitea": "/compare/{a}...{b}",
    "forgejo": "/compare/{a}...{b}",
    "codeberg": "/compare/{a}...{b}",
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
    found = _PLACE.fullmatch(urls.spelled_alike(address))
    if found is None or not _PATH.fullmatch(found["path"]):
        return ""
    words = re.split(r"[.-]", found["host"].lower())
    form = next((form for word, form in _FORMS.items() if word in words), "")
    return f"https://{found['host'].lower()}/{found['path']}{form}" if form else ""
