"""The tag filters of the pipelines let through what they are for, of all tags that there can be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import pytest

import tag_filters
from mreg.core import kinds
from mreg.core.kinds import KINDS, TagName
from pipeline_files import EXAMPLES, load

ARTIFACTS = ("churn", "team/churn", "models:churn", "a/b:team/churn", "v1", "prod")
VERSIONS = ("v1.0.0", "v1.10.100", "v2.0.0-rc.1", "v2.0.0-rc.1+build.5")
STAGES = ("staging", "prod", "eu/prod", "prod/eu", "prod-2")
NUMBERS = (0, 1, 12)
FOREIGN = ("v1.0.0", "release/2026", "1.0", "nightly", "team/v1.0.0")


def _names() -> Iterator[TagName]:
    for artifact in ARTIFACTS:
        for number in NUMBERS:
            for version in VERSIONS:
                yield TagName("register", artifact, version, None, number)
                yield TagName("deregister", artifact, version, None, number)
            for stage in STAGES:
                yield TagName("promote", artifact, None, stage, number)
                yield TagName("demote", artifact, None, stage, number)
            yield TagName("deprecate", artifact, None, None, number)


TAGS = tuple(_names())


class Filter(NamedTuple):
    """A part of a pipeline, and for which tags it runs."""

    part: str
    runs: Callable[[str], bool]


def _chosen(runs: Callable[[str], bool]) -> set[TagName]:
    return {it for it in TAGS if runs(str(it))}


def _of(action: str, stage: str | None = None) -> set[TagName]:
    return {it for it in TAGS if it.action == action and it.stage == stage}


def test_the_tags_are_of_every_kind_and_are_the_registrys() -> None:
    assert {it.action for it in TAGS} == set(KINDS)
    assert all(kinds.parse(str(it)) == it for it in TAGS)
    assert not any(kinds.parse(it) for it in FOREIGN)


# GitHub


def _started_by_github(tag: str) -> bool:
    patterns = load("github/registry.yml")["on"]["push"]["tags"]
    return any(tag_filters.github(it, tag) for it in patterns)


def test_github_starts_the_workflow_for_all_but_deprecations() -> None:
    rest = set(TAGS) - _chosen(_started_by_github)
    assert rest == {it for it in TAGS if it.action == "deprecate" and not it.number}
    assert not any(_started_by_github(it) for it in FOREIGN)


def test_a_single_star_would_miss_names_and_stages_with_a_slash() -> None:
    missed = {it for it in _of("promote", "prod/eu") if not tag_filters.github("**#*", str(it))}
    assert missed == {it for it in _of("promote", "prod/eu") if not it.number}
    assert tag_filters.github("*@v*", "churn@v1.0.0")
    assert not tag_filters.github("*@v*", "team/churn@v1.0.0")


@pytest.mark.parametrize(
    ("pattern", "tag", "expected"),
    [
        ("v2*", "v2.0", True),
        ("v2*", "v2/0", False),
        ("**", "all/the/branches", True),
        ("*", "a/b", False),
        ("*.jsx?", "page.js", True),
        ("*.jsx?", "page.jsx", True),
        ("v1+", "v111", True),
        ("releases/**", "releases/beta/3-alpha", True),
    ],
)
def test_github_globs_are_read_as_its_documentation_says(
    pattern: str, tag: str, expected: bool
) -> None:
    assert tag_filters.github(pattern, tag) is expected


# The others


def _gitlab() -> Iterator[Filter]:
    for name, job in load("gitlab/registry.gitlab-ci.yml").items():
        for rule in job.get("rules", ()) if isinstance(job, dict) else ():
            if "CI_COMMIT_TAG" in rule["if"]:
                yield Filter(name, partial(tag_filters.gitlab, rule["if"]))


def _jenkins() -> Iterator[Filter]:
    text = (EXAMPLES / "jenkins" / "Jenkinsfile").read_text()
    for name, pattern in re.findall(
        r"stage\('([^']+)'\) \{\s+when \{[^}]*tag pattern: '([^']+)', comparator: 'REGEXP'", text
    ):
        yield Filter(name, partial(tag_filters.jenkins, pattern))


def _circleci() -> Iterator[Filter]:
    for entry in load("circleci/config.yml")["workflows"]["registry"]["jobs"]:
        ((kind, job),) = entry.items()
        only = job["filters"]["tags"]["only"]
        yield Filter(job.get("name", kind), partial(tag_filters.circleci, only))


def _bitbucket() -> Iterator[Filter]:
    found: dict[str, list[str]] = {}
    for pattern, steps in load("bitbucket/bitbucket-pipelines.yml")["pipelines"]["tags"].items():
        found.setdefault(steps[0]["step"]["name"], []).append(pattern)
    for name, patterns in found.items():
        yield Filter(name, partial(_any_of_bitbuckets, patterns))


def _any_of_bitbuckets(patterns: Sequence[str], tag: str) -> bool:
    return any(tag_filters.bitbucket(it, tag) for it in patterns)


SYSTEMS: dict[str, Callable[[], Iterator[Filter]]] = {
    "gitlab": _gitlab,
    "jenkins": _jenkins,
    "circleci": _circleci,
    "bitbucket": _bitbucket,
}


@pytest.mark.parametrize("system", SYSTEMS)
def test_each_part_of_a_pipeline_runs_for_its_tags_alone(system: str) -> None:
    parts = list(SYSTEMS[system]())
    assert len(parts) == 3
    for part, runs in parts:
        assert not any(runs(it) for it in FOREIGN), part
        for stage in ("staging", "prod"):
            if stage in part.lower():
                assert _chosen(runs) == _of("promote", stage), part
                break
        else:
            # What Bitbucket's globs let through besides, the script finds out.
            spare = _of("deregister") if system == "bitbucket" else set()
            assert _chosen(runs) == _of("register") | spare, part


def test_no_tag_starts_two_of_bitbuckets_pipelines() -> None:
    patterns = load("bitbucket/bitbucket-pipelines.yml")["pipelines"]["tags"]
    for tag in map(str, TAGS):
        assert sum(tag_filters.bitbucket(it, tag) for it in patterns) <= 1, tag


def test_azure_and_woodpecker_take_all_tags_and_leave_it_to_the_script() -> None:
    trigger: dict[str, Any] = load("azure/azure-pipelines.yml")["trigger"]
    assert trigger == {"branches": {"exclude": ["*"]}, "tags": {"include": ["*"]}}
    assert load("woodpecker/registry.yml")["when"] == [{"event": "tag"}]
