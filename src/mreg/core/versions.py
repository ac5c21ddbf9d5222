"""Versions: SemVer 2.0.0 with a leading "v", their order, and what comes next.

Source of the rules: https://semver.org/spec/v2.0.0.html, sections 2 to 11. Reading and ordering
are done here, because they stand on the path of every command; computing the next version is
left to the `semver` package, imported when asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, TypeAlias

from mreg.errors import InvalidName, Refused

Bump: TypeAlias = Literal["major", "minor", "patch", "prerelease", "release"]
"""How the next version follows from the last."""

FIRST: dict[Bump, str] = {
    "major": "v1.0.0",
    "minor": "v0.1.0",
    "patch": "v0.0.1",
    "prerelease": "v0.0.1-rc.1",
    "release": "v0.0.1",
}
"""The first version of an artifact, for what its first `--bump` asks for."""

# A number has no leading zero (section 2); the length is bounded so that no ref can make the
# conversion to an integer slow. Words come first: what matched as a number is never tried again
# as the beginning of a word ("0valid"), because the repetition below does not go back.
_NUMBER = r"(?:0|[1-9][0-9]{0,99})"
_IDENTIFIER = rf"(?:[0-9]*+[A-Za-z-][0-9A-Za-z-]*+|{_NUMBER})"
_BUILD = r"[0-9A-Za-z-]++"

PATTERN = rf"""
    v {_NUMBER} \. {_NUMBER} \. {_NUMBER}
    (?: - {_IDENTIFIER} (?> (?: \. {_IDENTIFIER} )* ) )?
    (?: \+ {_BUILD} (?> (?: \. {_BUILD} )* ) )?
"""
"""A version, as a piece of a verbose pattern (sections 2, 9 and 10)."""

Precedence: TypeAlias = tuple[int, int, int, tuple[tuple[int, int, str], ...]]
"""A key that sorts as SemVer orders versions (section 11)."""

# What a version without a prerelease has in its place: above every prerelease (11.3).
_RELEASED = ((2, 0, ""),)


def is_version(text: str) -> bool:
    """Tell whether `text` is a whole version, such as "v1.2.0-rc.1"."""
    return re.fullmatch(PATTERN, text, re.VERBOSE) is not None


_LONGEST_TAG = 128


def image_tag(version: str) -> str | None:
    """Return a version as the tag of a container image; None if it is longer than a tag may be.

    A tag has no "+" (https://github.com/opencontainers/distribution-spec, "Pulling manifests"); in
    its place stands "_", as Helm writes it, which no version has.
    """
    return version.replace("+", "_") if len(version) <= _LONGEST_TAG else None


def is_prerelease(version: str) -> bool:
    """Tell whether a version is a prerelease (section 9), such as "v1.2.0-rc.1"."""
    return "-" in version.partition("+")[0]


def normalized(text: str) -> str:
    """Return the version that a person typed, with its "v" put back where it was left out.

    Raises:
        InvalidName: it is no SemVer version.
    """
    version = text if text.startswith("v") else f"v{text}"
    if not is_version(version):
        raise InvalidName(
            f"{text!r} is not a version",
            hint="versions are SemVer with three numbers: v1.2.0, v2.0.0-rc.1",
        )
    return version


@lru_cache(maxsize=1 << 16)
def precedence(version: str) -> Precedence:
    """Return the sort key of a version; build metadata does not count (section 10)."""
    core, _, prerelease = version[1:].partition("+")[0].partition("-")
    major, minor, patch = core.split(".")
    return (
        int(major),
        int(minor),
        int(patch),
        tuple(map(_identifier, prerelease.split("."))) if prerelease else _RELEASED,
    )


def _identifier(text: str) -> tuple[int, int, str]:
    """Numbers sort numerically and below words; words sort in ASCII order (11.4)."""
    return (0, int(text), "") if text.isdigit() else (1, 0, text)


def misordered(version: str, known: Iterable[str]) -> tuple[str, str] | None:
    """Return two versions of a release, one of them known, that SemVer orders unlike their numbers.

    rc10 stands below rc9, since words are compared as text (11.4); the higher of the two is first.
    """
    own = precedence(version)
    for other in sorted(known):
        its = precedence(other)
        if its[:3] == own[:3] and _RELEASED not in (its[3], own[3]):
            low, high = (other, version) if its < own else (version, other)
            if _counted(high) < _counted(low):
                return high, low
    return None


def _counted(version: str) -> list[tuple[int, int, str]]:
    """Return a key of a prerelease in which all numbers count, wherever they stand."""
    prerelease = version.partition("+")[0].partition("-")[2]
    return [_identifier(it) for it in re.findall(r"[0-9]+|[A-Za-z]+", prerelease)]


_PLAIN_RELEASE = re.compile(r"v([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})")
_COUNTED = ("major", "minor", "patch")


def following(version: str, bump: Bump) -> str:
    """Return the version that follows `version`.

    "patch", "minor" and "major" of a prerelease end it where it already stands for that release:
    v1.0.0-rc.1 is followed by v1.0.0 on any of them. "prerelease" goes on with the next number
    (v1.0.0-rc.2), or begins the next patch's (v1.0.1-rc.1 after v1.0.0). "release" ends a
    prerelease.

    Raises:
        Refused: "release" was asked for and `version` is no prerelease.
    """
    plain = _PLAIN_RELEASE.fullmatch(version)
    if plain and bump in _COUNTED:  # which is nearly every time, and semver takes 8 ms to load
        at = _COUNTED.index(bump)
        numbers = [int(it) for it in plain.groups()]
        return "v" + ".".join(map(str, (*numbers[:at], numbers[at] + 1, *(0,) * (2 - at))))
    from semver import Version

    current = Version.parse(version[1:])
    if bump == "prerelease" and current.prerelease:
        return f"v{current.replace(prerelease=_next_prerelease(current.prerelease), build=None)}"
    if bump != "release":
        return f"v{current.next_version(bump)}"
    if not current.prerelease:
        raise Refused(
            f"{version} is already a release, not a prerelease",
            hint="pass --bump patch, minor or major",
        )
    return f"v{current.finalize_version()}"


def _next_prerelease(prerelease: str) -> str:
    """Count the last identifier up; behind a word begin to count, because rc10 sorts below rc9."""
    head, dot, last = prerelease.rpartition(".")
    return f"{head}{dot}{int(last) + 1}" if last.isdigit() else f"{prerelease}.1"
