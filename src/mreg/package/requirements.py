"""What an image has to have installed: what the version needs, and what serves it.

Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mreg.core.queries import some
from mreg.errors import Refused, UsageError
from mreg.net import urls
from mreg.package import dockerfile
from mreg.render import escape
from mreg.system import distribution
from mreg.tuples import NamedTuple

if TYPE_CHECKING:
    from mreg.registry.content import Environment

EXTRA = "serve"
"""The extra of mreg's with what a server needs."""

_INDEX = (
    "--index-url",
    "--extra-index-url",
    "--find-links",
    "--no-index",
    "--pre",
    "--prefer-binary",
    "--no-binary",
    "--only-binary",
    "--require-hashes",
    "--trusted-host",
    "--use-feature",
    "-i",
)
"""The options of a requirements file that need no other file."""

_FILE = re.compile(r"\S*(?:/|\.whl|\.zip|\.tar\.)|.*@\s*[./~]", re.IGNORECASE)
_VARIABLES = re.compile(r"\$\{[A-Z0-9_]+\}(?::\$\{[A-Z0-9_]+\})?@")
_PINNED = re.compile(r"(?:==(?!.*\*)|===|\s@\s)|://")


class ImageRequirements(NamedTuple):
    """What an image installs.

    Attributes:
        own: the requirements file of the version.
        server: the requirements file of what serves it.
        hashed: whether the version's say their hashes.
        wheel: whether what serves it was brought along as a file.
        git: whether pip needs Git to install any of them.
        notes: what somebody should know, in sentences.
    """

    own: str
    server: str
    hashed: bool
    wheel: bool
    git: bool
    notes: tuple[str, ...]


def requirements(
    environment: Environment | None, mreg: str | None, wheel: str | None
) -> ImageRequirements:
    """Return what an image of a version installs.

    Args:
        environment: what the version was made to run with; None if that is not recorded.
        mreg: what is named for mreg; None: this version of it.
        wheel: the name of the file that was brought along; None if none was.

    Raises:
        Refused: a requirement names a file that the image does not have.
        UsageError: what is named for mreg is not it.
    """
    lines = environment.requirements if environment else ()
    for it in lines:
        _check(it)
    named = [it for it in lines if not it.startswith("-")]
    loose = [it for it in named if not _PINNED.search(it)]
    server = _server(mreg, wheel)
    return ImageRequirements(
        "".join(f"{it}\n" for it in lines),
        f"{server}\n",
        any("--hash" in it for it in lines) or "--require-hashes" in lines,
        wheel is not None,
        any("git+" in it for it in (*lines, server)),
        tuple(_notes(named, loose, known=environment is not None)),
    )


def _notes(named: list[str], loose: list[str], *, known: bool) -> list[str]:
    if not known or not named:
        return ["the version records no requirements: the image contains only mreg's server"]
    if loose:
        shown = some([escape.line(it) for it in loose], 3)
        return [f"not pinned, so another build may install other versions: {shown}"]
    return []


def _check(line: str) -> None:
    """Refuse what pip could not do in an image.

    Raises:
        Refused: it names a file, or would be more than a line.
    """
    shown = escape.line(line)
    if shown != line or line.endswith("\\"):
        raise Refused(f"the requirement {shown!r} is not a single line of text")
    option = re.split(r"[\s=]", line, maxsplit=1)[0] if line.startswith("-") else ""
    if option and option not in _INDEX:
        raise Refused(
            f"the requirements contain {shown!r}, which does not work in an image",
            hint="list all packages in one file, as `pip freeze` prints them, and register a "
            "new version",
        )
    if not option and _is_file(line):
        raise Refused(
            f"the requirement {shown!r} refers to a file that is not in the image",
            hint="use a package from an index, or a URL, and register a new version",
        )
    if _has_secret(line):
        raise Refused(
            f"the requirement {urls.mask(shown)!r} contains a password, which everyone with "
            "the image could read",
            hint="write ${NAME} instead, which pip reads from the environment of the build",
        )


def _is_file(line: str) -> bool:
    said = line.partition(";")[0]
    if "file:" in said.lower():
        return True
    return "://" not in said and _FILE.match(said) is not None


def _has_secret(line: str) -> bool:
    said = _VARIABLES.sub("", line)
    return urls.without_secrets(said) != said


def _server(mreg: str | None, wheel: str | None) -> str:
    if wheel is not None:
        return f"{dockerfile.WORKDIR}/{dockerfile.WHEELS}/{wheel}[{EXTRA}]"
    if mreg is None:
        return distribution.requirement(EXTRA)
    from packaging.requirements import InvalidRequirement, Requirement

    hint = f"as {distribution.requirement(EXTRA)!r}, or the path of a wheel"
    try:
        found = Requirement(mreg if mreg.isprintable() else "")
    except InvalidRequirement:
        raise UsageError(f"--mreg {escape.line(mreg)!r} is not a requirement", hint=hint) from None
    if _has_secret(mreg):
        raise UsageError("--mreg contains a password, which everyone with the image could read")
    if found.name.lower() != "mreg":
        raise UsageError(f"--mreg names {found.name!r}, which is another package", hint=hint)
    found.extras.add(EXTRA)
    return str(found)
