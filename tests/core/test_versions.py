"""Versions: which there are, their order, and what comes next."""

from __future__ import annotations

import itertools

import pytest
from semver import Version

from mreg.core import versions
from mreg.core.versions import Bump
from mreg.errors import InvalidName, Refused

# The lists of https://semver.org/#is-there-a-suggested-regular-expression-regex-to-check-a-semver-string
VALID = """
    0.0.4 1.2.3 10.20.30 1.1.2-prerelease+meta 1.1.2+meta 1.1.2+meta-valid 1.0.0-alpha 1.0.0-beta
    1.0.0-alpha.beta 1.0.0-alpha.beta.1 1.0.0-alpha.1 1.0.0-alpha0.valid 1.0.0-alpha.0valid
    1.0.0-alpha-a.b-c-somethinglong+build.1-aef.1-its-okay 1.0.0-rc.1+build.1 2.0.0-rc.1+build.123
    1.2.3-beta 10.2.3-DEV-SNAPSHOT 1.2.3-SNAPSHOT-123 1.0.0 2.0.0 1.1.7 2.0.0+build.1848
    2.0.1-alpha.1227 1.0.0-alpha+beta 1.2.3----RC-SNAPSHOT.12.9.1--.12+788
    1.2.3----R-S.12.9.1--.12+meta 1.2.3----RC-SNAPSHOT.12.9.1--.12
    1.0.0+0.build.1-rc.10000aaa-kk-0.1 1.0.0-0A.is.legal
    99999999999999999999999.999999999999999999.99999999999999999 1.0.0-20230101120000123456
"""
INVALID = """
    1 1.2 1.2.3-0123 1.2.3-0123.0123 1.1.2+.123 +invalid -invalid -invalid+invalid -invalid.01 alpha
    alpha.beta alpha.beta.1 alpha.1 alpha+beta alpha_beta alpha. alpha.. beta 1.0.0-alpha_beta
    -alpha. 1.0.0-alpha.. 1.0.0-alpha..1 1.0.0-alpha...1 1.0.0-alpha....1 01.1.1 1.01.1 1.1.01
    1.2.3.DEV 1.2-SNAPSHOT 1.2.31.2.3----RC-SNAPSHOT.12.09.1--..12+788 1.2-RC-SNAPSHOT
    -1.0.3-gamma+b7718 +justmeta 9.8.7+meta+meta 9.8.7-whatever+meta+meta
"""

# Section 11.4.4 of the specification.
CHAIN = """
    1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1
    1.0.0 2.0.0 2.1.0 2.1.1 2.1.9 2.1.10 2.9.0 2.10.0 10.0.0
"""


@pytest.mark.parametrize("text", VALID.split())
def test_what_the_specification_calls_valid_is_a_version(text: str) -> None:
    assert versions.is_version(f"v{text}")
    assert versions.normalized(text) == f"v{text}"
    assert versions.normalized(f"v{text}") == f"v{text}"


@pytest.mark.parametrize(
    "text", [*INVALID.split(), "", "v1.0.0", "1.0.0\n", " 1.0.0", "1.0.0 ", "\u0661.0.0"]
)
def test_what_the_specification_calls_invalid_is_none(text: str) -> None:
    assert not versions.is_version(f"v{text}")


def test_without_its_v_it_is_no_version_in_a_tag() -> None:
    assert not versions.is_version("1.0.0")


@pytest.mark.parametrize("text", ["1.0", "vv1.0.0", "latest", "V1.0.0"])
def test_what_a_person_typed_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(InvalidName, match="is not a version") as refused:
        versions.normalized(text)
    assert "three numbers" in refused.value.hint


def test_versions_sort_as_in_the_specification() -> None:
    keys = [versions.precedence(f"v{text}") for text in CHAIN.split()]
    assert all(low < high for low, high in itertools.pairwise(keys))


def test_build_metadata_does_not_count_in_the_order() -> None:
    """Section 10: build metadata MUST be ignored when determining version precedence."""
    assert versions.precedence("v1.0.0+a") == versions.precedence("v1.0.0+b.7-x")
    assert versions.precedence("v1.0.0-rc.1+a") == versions.precedence("v1.0.0-rc.1")


@pytest.mark.parametrize(
    ("version", "bump", "following"),
    [
        ("v1.2.3", "patch", "v1.2.4"),
        ("v1.2.3", "minor", "v1.3.0"),
        ("v1.2.3", "major", "v2.0.0"),
        ("v1.2.3", "prerelease", "v1.2.4-rc.1"),
        ("v1.2.9", "patch", "v1.2.10"),
        ("v1.0.0-rc.1", "prerelease", "v1.0.0-rc.2"),
        ("v1.0.0-rc.9", "prerelease", "v1.0.0-rc.10"),
        ("v1.0.0-rc.1", "release", "v1.0.0"),
        ("v1.0.0-rc.1", "patch", "v1.0.0"),
        ("v1.0.0-rc.1", "minor", "v1.0.0"),
        ("v1.0.0-rc.1", "major", "v1.0.0"),
        ("v1.2.0-rc.1", "major", "v2.0.0"),
        ("v1.2.3-rc.1", "minor", "v1.3.0"),
        ("v1.0.0-beta.2", "prerelease", "v1.0.0-beta.3"),
        ("v1.0.0-alpha", "prerelease", "v1.0.0-alpha.1"),
        ("v1.0.0-rc9", "prerelease", "v1.0.0-rc9.1"),
        ("v1.0.0-7", "prerelease", "v1.0.0-8"),
        ("v1.0.0-rc.1+build.7", "prerelease", "v1.0.0-rc.2"),
        ("v1.0.0+build.7", "patch", "v1.0.1"),
        ("v1.0.0-rc.1+build.7", "release", "v1.0.0"),
    ],
)
def test_the_version_that_follows(version: str, bump: Bump, following: str) -> None:
    assert versions.following(version, bump) == following


def test_a_release_cannot_be_released() -> None:
    with pytest.raises(Refused, match=r"v1\.2\.3 is already a release") as refused:
        versions.following("v1.2.3", "release")
    assert "--bump patch" in refused.value.hint


COUNTED: tuple[Bump, ...] = ("major", "minor", "patch")


def test_plain_releases_are_counted_as_the_semver_package_counts() -> None:
    numbers = ("0", "1", "9", "10", "999999999", "1000000000")
    for major, minor, patch in itertools.product(numbers, repeat=3):
        plain = f"{major}.{minor}.{patch}"
        for bump in COUNTED:
            theirs = Version.parse(plain).next_version(bump)
            assert versions.following(f"v{plain}", bump) == f"v{theirs}"


@pytest.mark.parametrize("bump", versions.FIRST)
def test_a_first_version_is_one_whatever_the_bump(bump: Bump) -> None:
    assert versions.is_version(versions.FIRST[bump])
    assert ("-" in versions.FIRST[bump]) == (bump == "prerelease")


def test_the_tag_of_an_image() -> None:
    """What a container registry takes: [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}."""
    assert versions.image_tag("v1.2.0") == "v1.2.0"
    assert versions.image_tag("v1.2.0-rc.1+cuda12.4") == "v1.2.0-rc.1_cuda12.4"
    longest = "v1.0.0+" + "a" * 121
    assert versions.image_tag(longest) == longest.replace("+", "_")
    assert versions.image_tag(f"{longest}a") is None
