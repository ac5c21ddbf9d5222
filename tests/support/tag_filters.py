"""Which tags a CI system's filter lets through, by the rules that its documentation states."""

from __future__ import annotations

import re
from collections.abc import Mapping

_GITHUB = {"**": ".*", "*": "[^/]*", "?": "?", "+": "+"}
_BITBUCKET = {"**": ".*", "*": "[^/]*"}


def github(pattern: str, tag: str) -> bool:
    """Tell whether GitHub starts a workflow for a tag.

    `*` stands for any characters but "/", `**` for any; `?` and `+` mean the character before.
    Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax,
    "Filter pattern cheat sheet".
    """
    return _matches_glob(pattern, tag, _GITHUB)


def bitbucket(pattern: str, tag: str) -> bool:
    """Tell whether Bitbucket starts a pipeline for a tag.

    Source: https://support.atlassian.com/bitbucket-cloud/docs/use-glob-patterns-on-the-pipelines-yaml-file/
    """
    return _matches_glob(pattern, tag, _BITBUCKET)


def _matches_glob(pattern: str, tag: str, signs: Mapping[str, str]) -> bool:
    if set("[]{}\\") & set(pattern):
        raise AssertionError(f"{pattern}: the test knows no such sign")
    pieces = re.split(r"(\*\*|[*?+])", pattern)
    regexp = "".join(signs.get(it, re.escape(it)) for it in pieces)
    return re.fullmatch(regexp, tag) is not None


def gitlab(rule: str, tag: str) -> bool:
    """Tell whether a rule of the form `$CI_COMMIT_TAG =~ /REGEXP/` holds for a tag.

    It matches anywhere: https://docs.gitlab.com/ci/jobs/job_rules/#compare-a-variable-to-a-regular-expression
    """
    found = re.fullmatch(r"\$CI_COMMIT_TAG =~ /(?P<regexp>[^/]+)/", rule)
    return found is not None and re.search(found["regexp"], tag) is not None


def jenkins(pattern: str, tag: str) -> bool:
    """Tell whether `tag pattern: ..., comparator: 'REGEXP'` holds for a tag.

    It is the whole tag that has to match: Comparator.java of
    https://github.com/jenkinsci/pipeline-model-definition-plugin
    """
    return re.fullmatch(pattern, tag) is not None


def circleci(only: str, tag: str) -> bool:
    """Tell whether CircleCI's `only: /REGEXP/` holds for a tag, which has to match as a whole.

    Source: https://circleci.com/docs/reference/configuration-reference/#tags
    """
    return re.fullmatch(only.removeprefix("/").removesuffix("/"), tag) is not None
