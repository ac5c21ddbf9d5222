"""What each CI system's variables are while it runs for a tag, as its documentation says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

Environment = dict[str, str]

URL = "https://git.example.com/team/models"
COMMIT = "c" * 40


def github(tag: str) -> Environment:
    return {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_REF": f"refs/tags/{tag}",
        "GITHUB_REF_NAME": tag,
        "GITHUB_REF_TYPE": "tag",
        "GITHUB_SHA": COMMIT,
        "GITHUB_SERVER_URL": "https://git.example.com",
        "GITHUB_REPOSITORY": "team/models",
    }


def gitlab(tag: str) -> Environment:
    return {
        "CI": "true",
        "GITLAB_CI": "true",
        "CI_COMMIT_TAG": tag,
        "CI_COMMIT_REF_NAME": tag,
        "CI_COMMIT_SHA": COMMIT,
        "CI_PROJECT_URL": URL,
        "CI_REPOSITORY_URL": "https://gitlab-ci-token:secret@git.example.com/team/models.git",
    }


def woodpecker(tag: str) -> Environment:
    return {
        "CI": "woodpecker",
        "CI_PIPELINE_EVENT": "tag",
        "CI_COMMIT_TAG": tag,
        "CI_COMMIT_REF": f"refs/tags/{tag}",
        "CI_COMMIT_SHA": COMMIT,
        "CI_REPO_URL": URL,
    }


def azure(tag: str) -> Environment:
    return {
        "TF_BUILD": "True",
        "BUILD_SOURCEBRANCH": f"refs/tags/{tag}",
        "BUILD_SOURCEBRANCHNAME": tag.rpartition("/")[2],
        "BUILD_SOURCEVERSION": COMMIT,
        "BUILD_REPOSITORY_URI": "https://someone:secret@git.example.com/team/models",
    }


def bitbucket(tag: str) -> Environment:
    return {
        "CI": "true",
        "BITBUCKET_BUILD_NUMBER": "12",
        "BITBUCKET_TAG": tag,
        "BITBUCKET_COMMIT": COMMIT,
        "BITBUCKET_GIT_HTTP_ORIGIN": URL,
    }


def circleci(tag: str) -> Environment:
    return {
        "CI": "true",
        "CIRCLECI": "true",
        "CIRCLE_TAG": tag,
        "CIRCLE_SHA1": COMMIT,
        "CIRCLE_REPOSITORY_URL": URL,
    }


def drone(tag: str) -> Environment:
    return {
        "CI": "true",
        "DRONE": "true",
        "DRONE_TAG": tag,
        "DRONE_COMMIT_REF": f"refs/tags/{tag}",
        "DRONE_COMMIT_SHA": COMMIT,
        "DRONE_REPO_LINK": URL,
    }


def buildkite(tag: str) -> Environment:
    return {
        "CI": "true",
        "BUILDKITE": "true",
        "BUILDKITE_TAG": tag,
        "BUILDKITE_BRANCH": tag,
        "BUILDKITE_COMMIT": COMMIT,
        "BUILDKITE_REPO": URL,
    }


def codebuild(tag: str) -> Environment:
    return {
        "CODEBUILD_BUILD_ID": "models:b1e6661e-e4f2-4156-9ab9-82a19EXAMPLE",
        "CODEBUILD_WEBHOOK_HEAD_REF": f"refs/tags/{tag}",
        "CODEBUILD_WEBHOOK_TRIGGER": f"tag/{tag}",
        "CODEBUILD_SOURCE_VERSION": COMMIT,
        "CODEBUILD_SOURCE_REPO_URL": URL,
    }


def jenkins(tag: str) -> Environment:
    return {
        "JENKINS_URL": "https://jenkins.example.com/",
        "TAG_NAME": tag,
        "BRANCH_NAME": tag,
        "GIT_COMMIT": COMMIT,
        "GIT_URL": URL,
    }


SYSTEMS: Final[dict[str, Callable[[str], Environment]]] = {
    "github": github,
    "gitlab": gitlab,
    "woodpecker": woodpecker,
    "azure": azure,
    "bitbucket": bitbucket,
    "circleci": circleci,
    "drone": drone,
    "buildkite": buildkite,
    "codebuild": codebuild,
    "jenkins": jenkins,
}

EVERY: Final = {
    *(name for make in SYSTEMS.values() for name in make("x")),
    *("GIT_BRANCH", "GITHUB_EVENT_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"),
}
"""All variables of these systems by which anything here may be led."""
