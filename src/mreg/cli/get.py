"""`mreg get`: the file or folder that a version is."""

from __future__ import annotations

import re
import sys
from typing import Annotated, TypeAlias

from mreg.annotations.entry import is_url
from mreg.cli import online, options, output
from mreg.cli.parameters import Flag, Option
from mreg.errors import UsageError
from mreg.registry.content import Got
from mreg.render.escape import line
from mreg.render.sizes import size

_OUTPUT = "-"
"""What stands for standard output."""


_Target: TypeAlias = Annotated[
    str,
    Option(
        "--output -o",
        "PATH",
        "Where to put it: its path, a folder that is there, or - for standard output.",
        show_default="the current folder",
    ),
]
_Link: TypeAlias = Annotated[
    bool,
    Flag("--link/--copy", "Link it to the cache, read-only, instead of a copy."),
]
_InPlace: TypeAlias = Annotated[
    bool, Flag("--print-path", "Put it nowhere: print where the cache has it.")
]
_Sha256: TypeAlias = Annotated[
    str, Option("--sha256", "HEX", "Its digest, where none is recorded.")
]
_Source: TypeAlias = Annotated[
    str | None,
    Option("--path", "FILE", "Where its own commit has it, if no annotation there says."),
]
_Annotated: TypeAlias = Annotated[
    str | None,
    Option("--rev", "REV", "Whose annotation says where it is, if its own does not."),
]


_Include: TypeAlias = Annotated[
    list[str] | None,
    Option(
        "--include",
        "PATTERN",
        "Of a folder, the files alone that match, as '*.json' or a folder in it; may be repeated.",
    ),
]


def get(
    selector: options.Selector,
    output_path: _Target = "",
    repo: options.Repo = ".",
    link: _Link = False,
    force: options.Replace = False,
    print_path: _InPlace = False,
    sha256: _Sha256 = "",
    path: _Source = None,
    rev: _Annotated = None,
    include: _Include = None,
    json: options.Json = False,
) -> None:
    """Get the file or folder that a version is, checked against what was recorded of it.

    It is fetched once, into the cache, and copied from there.
    """
    if print_path and (output_path or link or force):
        raise UsageError("--print-path puts nothing anywhere", hint="leave the other options out")
    if output_path == _OUTPUT and (link or force or json):
        raise UsageError("-o - prints the file and nothing else", hint="leave the others out")
    if sha256 and not re.fullmatch("[0-9a-fA-F]{64}", sha256):
        raise UsageError(f"--sha256 is {sha256!r}", hint="it is 64 hexadecimal digits")
    if path is not None and (rev is not None or not path):
        raise UsageError("--path FILE says it one way, --rev REV another", hint="give one of them")
    online.limit_cache()
    registry = online.registry(repo)
    in_cache = print_path or output_path == _OUTPUT
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
    if output_path == _OUTPUT:
        _print_file(got)
    elif json:
        output.as_json(got)
    elif print_path:
        output.data(line(got.path))
    else:
        output.data(line(_sentence(got)))


def _what(got: Got) -> str:
    return f"{got.artifact} {got.version or got.commit}"


def _unannotated(got: Got, rev: str | None) -> str:
    """Say how a version was found whose own commit does not say where it is."""
    said = f"the annotation at {rev} says" if got.annotation else "--path says"
    where = got.source if is_url(got.source) else f"{got.source} in commit {got.commit[:12]}"
    checked = (
        f"checked against {got.recorded}"
        if got.recorded
        else ("no digest of it was recorded to check it against")
    )
    return f"{_what(got)} does not say where it is. Took {where}, as {said}; {checked}"


def _sentence(got: Got) -> str:
    many = f"{got.files} files, " if got.files != 1 else ""
    whence = ", from the cache" if got.from_cache else ""
    return f"Got {_what(got)}: {got.path} ({many}{size(got.size)}{whence})"


def _print_file(got: Got) -> None:
    """Print a file's bytes.

    Raises:
        UsageError: it is a folder.
    """
    import shutil
    from pathlib import Path

    if Path(got.path).is_dir():
        raise UsageError("a folder cannot be printed", hint="leave `-o -` out")
    with Path(got.path).open("rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)
