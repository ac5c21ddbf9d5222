"""Requirements as pip reads them: which package each names, and at which version.

Sources: https://packaging.python.org/en/latest/specifications/dependency-specifiers/ and
https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import quote

_REQUIREMENT = re.compile(
    r"""
    (?P<name> [A-Za-z0-9] (?: [A-Za-z0-9._-]* [A-Za-z0-9] )? ) \s*
    (?: \[ [^\]]* \] )? \s*
    (?P<rest> [^;]* )
    """,
    re.VERBOSE,
)
_PIN = re.compile(r"\(?\s* ===? \s* (?P<version> [A-Za-z0-9._!+-]+ ) \s*\)?", re.VERBOSE)
_HASH = re.compile(r"\s--hash[= ]\S+")


class Requirement(NamedTuple):
    """A package that is required.

    Attributes:
        text: the requirement, without hashes.
        name: the package's name, in the form in which PyPI compares names.
        version: the version that it is pinned to; None if it is not pinned to one.
    """

    text: str
    name: str
    version: str | None

    @property
    def purl(self) -> str | None:
        """The package URL of a pinned one; None for others.

        Source: https://github.com/package-url/purl-spec/blob/main/types-doc/pypi-definition.md
        """
        return self.version and f"pkg:pypi/{self.name}@{quote(self.version, safe='.-_~')}"


def normalized(name: str) -> str:
    """Return a package's name in the form in which PyPI compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read(lines: Iterable[str]) -> Iterator[Requirement]:
    """Iterate over the packages that lines require.

    Options, such as the address of an index, are no packages, and are nobody else's business.
    """
    for line in lines:
        text = _HASH.sub("", line).strip()
        if found := _REQUIREMENT.match(text):
            pin = _PIN.fullmatch(found["rest"].strip())
            yield Requirement(text, normalized(found["name"]), pin["version"] if pin else None)
