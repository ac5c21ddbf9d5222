"""`mreg get`: the file or folder that a version is."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Annotated, TypeAlias

from mreg.annotations.entry import is_url
from mreg.cli import online, options, output, typed
from mreg.cli.parameters import Argument, Flag, Option
from mreg.errors import UsageError
from mreg.oci.reference import is_reference
from mreg.registry.content import Got
from mreg.render.escape import line
from mreg.render.sizes import size

if TYPE_CHECKING:
    from mreg.registry.images import GotImage

_OUTPUT = "-"
"""What stands for standard output."""


_Target: TypeAlias = Annotated[
    str,
    Option(
        "--output -o",
        "PATH",
        "The target: a path, an existing folder, or - for standard output.",
        show_default="the current folder",
    ),
]
_Link: TypeAlias = Annotated[
    bool,
    Flag("--link/--copy", "Link to the cache, read-only, instead of copying."),
]
_InPlace: TypeAlias = Annotated[
    bool, Flag("--print-path", "Print the path in the cache, and copy nothing.")
]
_Sha256: TypeAlias = Annotated[
    str, Option("--sha256", "HEX", "The expected digest, if none is recorded.")
]
_Source: TypeAlias = Annotated[
    str | None,
    Option("--path", "FILE", "The path in the version's commit, if no annotation there has it."),
]
_Annotated: TypeAlias = Annotated[
    str | None,
    Option("--rev", "REV", "The commit whose annotation has the path, if its own does not."),
]


_Include: TypeAlias = Annotated[
    list[str] | None,
    Option(
        "--include",
        "PATTERN",
        "Only files of a folder that match: '*.json', or a subfolder. Repeatable.",
    ),
]

_Wanted: TypeAlias = Annotated[
    str,
    Argument(
        "SELECTOR",
        f"{options.SELECTOR} Or an image: oci://HOST/REPOSITORY[:TAG][@DIGEST].",
        complete=options.selectors,
    ),
]


def get(
    selector: _Wanted,
    which: options.Which = None,
    output_path: _Target = "",
    repo: options.Repo = ".",
    link: _Link = False,
    force: options.Replace = False,
    print_path: _InPlace = False,
    sha256: _Sha256 = "",
    path: _Source = None,
    rev: _Annotated = None,
    include: _Include = None,
    plain_http: options.PlainHttp = False,
    json: options.Json = False,
) -> None:
    """Download the file or folder of a version.

    mreg checks it against the recorded digest and keeps it in the cache. The next time, it is
    copied from there.

    Examples:
        mreg get churn#prod -o prod.pkl
        mreg get churn v1.0.0 -o old.pkl
        mreg get churn@latest --print-path
    """
    if print_path and (output_path or link or force):
        raise UsageError("--print-path creates no file", hint="omit the other options")
    if output_path == _OUTPUT and (link or force or json):
        raise UsageError("-o - prints only the file", hint="omit the other options")
    if sha256 and not re.fullmatch("[0-9a-fA-F]{64}", sha256):
        raise UsageError(f"--sha256 is {sha256!r}", hint="write 64 hexadecimal digits")
    if is_reference(selector) and (sha256 or path is not None or rev is not None):
        raise UsageError(
            "an image contains the location and digest of its files",
            hint="omit --sha256, --path and --rev",
        )
    if plain_http and not is_reference(selector):
        raise UsageError("--plain-http applies only to images in registries", hint="omit it")
    if path is not None and (rev is not None or not path):
        raise UsageError("--path FILE and --rev REV exclude each other", hint="use one of them")
    selector = typed.selector(selector, which)
    online.limit_cache()
    in_cache = print_path or output_path == _OUTPUT
    if is_reference(selector):
        wanted = None if in_cache else output_path
        got: Got | GotImage = _image(selector, wanted, link, force, plain_http, include)
    else:
        got = _version(
            selector, output_path, repo, link, force, sha256, path, rev, include, in_cache=in_cache
        )
    if output_path == _OUTPUT:
        _print_file(got)
    elif json:
        output.as_json(got)
    elif print_path:
        output.data(line(got.path))
    else:
        output.data(line(_sentence(got)))


def _version(
    selector: str,
    output_path: str,
    repo: str,
    link: bool,
    force: bool,
    sha256: str,
    path: str | None,
    rev: str | None,
    include: list[str] | None,
    *,
    in_cache: bool,
) -> Got:
    """Get a version of a registry."""
    registry = online.registry(repo)
    with output.ProgressLine() as report:
        got = registry.got(
            selector,
            output_path if output_path and not in_cache else None,
            link=link,
            force=force,
            sha256=sha256 or None,
            report=report,
            into_current=not in_cache,
            path=path,
            rev=rev,
            include=include or (),
        )
    if got.annotation != got.commit:
        output.talk(_unannotated(got, rev))
    return got


def _image(
    address: str,
    output_path: str | None,
    link: bool,
    force: bool,
    plain_http: bool,
    include: list[str] | None,
) -> GotImage:
    """Get what an image holds; without a path it stays in the cache."""
    from mreg.registry import images

    with output.ProgressLine() as report:
        return images.got(
            address,
            output_path or None,
            network=online.network(),
            plain_http=plain_http,
            link=link,
            force=force,
            report=report,
            into_current=output_path is not None,
            include=tuple(include or ()),
        )


def _what(got: Got) -> str:
    return f"{got.artifact} {got.version or got.commit}"


def _unannotated(got: Got, rev: str | None) -> str:
    """Say how a version was found whose own commit does not say where it is."""
    said = f"given by the annotation at {rev}" if got.annotation else "given by --path"
    where = got.source if is_url(got.source) else f"{got.source} in commit {got.commit[:12]}"
    checked = (
        f"checked against {got.recorded}"
        if got.recorded
        else ("not checked, because no digest is recorded")
    )
    return f"{_what(got)} has no recorded location. Used {where}, as {said}; {checked}"


def _sentence(got: Got | GotImage) -> str:
    many = f"{got.files} files, " if got.files != 1 else ""
    whence = ", from the cache" if got.from_cache else ""
    what = _what(got) if isinstance(got, Got) else got.image
    return f"Got {what}: {got.path} ({many}{size(got.size)}{whence})"


def _print_file(got: Got | GotImage) -> None:
    """Print a file's bytes.

    Raises:
        UsageError: it is a folder.
    """
    import shutil
    from pathlib import Path

    if Path(got.path).is_dir():
        raise UsageError("a folder cannot be printed", hint="omit `-o -`")
    with Path(got.path).open("rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)
