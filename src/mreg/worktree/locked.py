"""What a uv.lock pins of packages: their versions, and those of all that they need. Pure.

Source of the format: https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile, and the
files that uv 0.13 writes (version 1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

Package: TypeAlias = Mapping[str, Any]

_VERSION: Final = 1


class NotLocked(ValueError):
    """A lock does not have a package at a version; or it cannot be read."""


def closure(raw: bytes, pins: Mapping[str, str]) -> dict[str, str]:
    """Return the versions of packages and of all that they need on this machine, by their names.

    Args:
        raw: a uv.lock.
        pins: the packages' versions by their names, in the form in which PyPI compares names.

    Raises:
        NotLocked: it has one of them at no such version; the message goes on from the file's name.
    """
    packages = _packages(raw)
    known = {(it["name"], it["version"]): it for it in packages}
    for name, version in pins.items():
        if (name, version) not in known:
            raise NotLocked(f"does not pin {name}=={version}")
    found: dict[str, str] = {}
    left = list(pins.items())
    while left:
        name, version = left.pop()
        if (name, version) in known and found.setdefault(name, version) == version:
            needed = _needed(known.pop((name, version)), packages)
            # What is imported is what is there, whatever markers would choose.
            left += ((it["name"], pins.get(it["name"], it["version"])) for it in needed)
    return found


def _packages(raw: bytes) -> list[Package]:
    import tomllib

    try:
        content = tomllib.loads(raw.decode())
    except (ValueError, RecursionError):
        raise NotLocked("cannot be read") from None
    if content.get("version") != _VERSION:
        raise NotLocked("has an unknown format")
    named = content.get("package")
    texts = ("name", "version")  # the project's own package may have no version
    return [
        it
        for it in (named if isinstance(named, list) else ())
        if isinstance(it, dict) and all(isinstance(it.get(key), str) for key in texts)
    ]


def _needed(package: Package, packages: list[Package]) -> Iterator[Package]:
    """Iterate over the packages that one needs, where their versions are clear."""
    listed = package.get("dependencies")
    for it in listed if isinstance(listed, list) else ():
        if not isinstance(it, dict) or not _applies(it.get("marker")):
            continue
        fitting = [
            other
            for other in packages
            if other["name"] == it.get("name") and it.get("version") in (None, other["version"])
        ]
        if len(fitting) == 1:
            yield fitting[0]


def _applies(marker: Any) -> bool:
    """Tell whether a marker holds on this machine; without one, it does."""
    if marker is None:
        return True
    from packaging.markers import Marker, UndefinedEnvironmentName
    from packaging.requirements import InvalidRequirement

    try:
        return bool(Marker(marker).evaluate({"extra": ""}))
    except (ValueError, TypeError, UndefinedEnvironmentName, InvalidRequirement):
        return False
