"""The CI systems: by which variables each says for which tag it runs.

A closed table. Sources of the variables:

- GitHub Actions: https://docs.github.com/actions/reference/workflows-and-actions/variables; of the
  file at GITHUB_EVENT_PATH, https://docs.github.com/webhooks/webhook-events-and-payloads#push:
  `after` is the id of what the ref holds, of an annotated tag that of the tag object
- GitLab CI/CD: https://docs.gitlab.com/ci/variables/predefined_variables
- Woodpecker: https://woodpecker-ci.org/docs/usage/environment
- Azure Pipelines: https://learn.microsoft.com/azure/devops/pipelines/build/variables
- Bitbucket Pipelines: https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets
- CircleCI: https://circleci.com/docs/variables
- Drone: https://docs.drone.io/pipeline/environment/reference
- Buildkite: https://buildkite.com/docs/pipelines/configure/environment-variables
- AWS CodeBuild: https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html;
  without a webhook, what the build was started for may be a bare tag's name
- Jenkins: TAG_NAME of a multibranch pipeline (https://plugins.jenkins.io/branch-api), GIT_BRANCH
  and GIT_URL of its Git plugin (https://plugins.jenkins.io/git), which name the tag as the job's
  branch specifier does: a full ref, `tags/NAME` or the bare name
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

from mreg.core import kinds
from mreg.net import urls
from mreg.tuples import NamedTuple

Name: TypeAlias = Literal[
    "github",
    "gitlab",
    "woodpecker",
    "azure",
    "bitbucket",
    "circleci",
    "drone",
    "buildkite",
    "codebuild",
    "jenkins",
]

_TAGS = "refs/tags/"
_AS_TAGS = (_TAGS, "tags/", "tag/")


class Trigger(NamedTuple):
    """What a pipeline runs for.

    Attributes:
        system: the name of the CI system, a key of `SYSTEMS`; None outside of any.
        tag: the tag's name, without refs/tags/; None where it runs for something else.
        oid: the id of what the tag held when the pipeline was started; None where nobody says so.
        repository: the URL of the repository, without passwords; None where nobody says so.
    """

    system: Name | None = None
    tag: str | None = None
    oid: str | None = None
    repository: str | None = None


NOWHERE: Final = Trigger()


class System(NamedTuple):
    """A CI system.

    Attributes:
        label: what people call it.
        marker: the variable by which it is known.
        value: what the marker says; empty if anything will do.
        tags: the variables that hold a tag's name.
        refs: those that hold a ref, which may be a tag's; the first that is there counts.
        url: the repository's URL, with the variables' names in braces.
    """

    label: str
    marker: str
    value: str
    tags: tuple[str, ...]
    refs: tuple[str, ...]
    url: str


SYSTEMS: Final[dict[Name, System]] = {
    "github": System(
        "GitHub Actions",
        "GITHUB_ACTIONS",
        "true",
        (),
        ("GITHUB_REF",),
        "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}",
    ),
    "gitlab": System("GitLab", "GITLAB_CI", "true", ("CI_COMMIT_TAG",), (), "{CI_PROJECT_URL}"),
    "woodpecker": System(
        "Woodpecker", "CI", "woodpecker", ("CI_COMMIT_TAG",), ("CI_COMMIT_REF",), "{CI_REPO_URL}"
    ),
    "azure": System(
        "Azure Pipelines", "TF_BUILD", "true", (), ("BUILD_SOURCEBRANCH",), "{BUILD_REPOSITORY_URI}"
    ),
    "bitbucket": System(
        "Bitbucket",
        "BITBUCKET_BUILD_NUMBER",
        "",
        ("BITBUCKET_TAG",),
        (),
        "{BITBUCKET_GIT_HTTP_ORIGIN}",
    ),
    "circleci": System(
        "CircleCI", "CIRCLECI", "true", ("CIRCLE_TAG",), (), "{CIRCLE_REPOSITORY_URL}"
    ),
    "drone": System(
        "Drone", "DRONE", "true", ("DRONE_TAG",), ("DRONE_COMMIT_REF",), "{DRONE_REPO_LINK}"
    ),
    "buildkite": System(
        "Buildkite", "BUILDKITE", "true", ("BUILDKITE_TAG",), (), "{BUILDKITE_REPO}"
    ),
    "codebuild": System(
        "AWS CodeBuild",
        "CODEBUILD_BUILD_ID",
        "",
        (),
        ("CODEBUILD_WEBHOOK_HEAD_REF", "CODEBUILD_WEBHOOK_TRIGGER", "CODEBUILD_SOURCE_VERSION"),
        "{CODEBUILD_SOURCE_REPO_URL}",
    ),
    "jenkins": System("Jenkins", "JENKINS_URL", "", ("TAG_NAME",), ("GIT_BRANCH",), "{GIT_URL}"),
}
"""The systems by name, in the order in which they count where several are found: Jenkins is last,
whose variables reach into whatever its agents start."""


def detected(environment: Mapping[str, str]) -> list[Name]:
    """Return the names of the systems whose variables are there, the one that counts first."""
    return [
        name
        for name, it in SYSTEMS.items()
        if (found := environment.get(it.marker, "")) and it.value in ("", found.lower())
    ]


def read(name: Name, environment: Mapping[str, str], payload: Any = None) -> Trigger:
    """Return what a pipeline runs for, as its system says.

    `payload` is GitHub's event, the JSON at GITHUB_EVENT_PATH.
    """
    system = SYSTEMS[name]
    tags = [environment.get(key, "") for key in system.tags]
    ref = next(filter(None, (environment.get(key) for key in system.refs)), "")
    tag = next(filter(None, tags), None) or _tag(ref)
    oid = _pushed(payload, f"{_TAGS}{tag}") if tag else None
    return Trigger(name, tag, oid, _url(system.url, environment))


def _tag(ref: str) -> str | None:
    """Return the tag that a ref means; None if it is another.

    A name alone is a registry tag's if it can be one, and no branch's: `fix#123` may well be that.
    CodePipeline puts the commit behind a ref: `refs/tags/churn@v1.0.0^{...}`.
    """
    ref, _, _ = ref.partition("^{")
    for prefix in _AS_TAGS:
        if ref.startswith(prefix):
            return ref.removeprefix(prefix)
    name = None if ref.startswith("refs/") else kinds.parse(ref)
    return ref if name and (name.version or name.number) else None


def _pushed(payload: Any, ref: str) -> str | None:
    """Return what a push left at a ref, as GitHub's event says; None if it is about another."""
    if not isinstance(payload, dict) or payload.get("ref") != ref:
        return None
    oid = payload.get("after")
    return oid if isinstance(oid, str) and is_oid(oid) else None


def is_oid(text: str) -> bool:
    """Tell whether a text is the full id of an object."""
    return re.fullmatch(r"[0-9a-f]{40}(?:[0-9a-f]{24})?", text) is not None


def _url(template: str, environment: Mapping[str, str]) -> str | None:
    names = re.findall(r"\{(\w+)\}", template)
    if not all(environment.get(it) for it in names):
        return None
    return urls.without_secrets(template.format_map(environment))
