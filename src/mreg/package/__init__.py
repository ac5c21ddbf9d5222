"""Packaging: a version in the form that something else runs or reads. On the facade alone.

A kind of package is a row of `KINDS` and a module here, loaded when it is asked for, with a
function `package` that takes a `PackageRequest` and returns what it made.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from mreg.errors import UsageError
from mreg.tuples import NamedTuple

if TYPE_CHECKING:
    from mreg.package.progress import Report
    from mreg.registry import Registry


class PackageKind(NamedTuple):
    """A kind of package.

    Attributes:
        module: the module here that makes it.
        words: what it is, for the help.
    """

    module: str
    words: str


KINDS = {
    "oci": PackageKind("image", "a container image with the model in it"),
    "modelpack": PackageKind("modelpack", "an artifact of CNCF ModelPack"),
}
"""The kinds of package, by what `--as` calls them."""


class PackageRequest(NamedTuple):
    """What is to be packaged, and how.

    Attributes:
        registry: the registry.
        selector: the version.
        kind: which of `KINDS`.
        to: the folder to write to, or where to push to (`oci://...`); None: nowhere, or to
            standard output.
        digest: whether only the digest of what would be made is wanted.
        source: what to say that the registry is; None: the URL of its remote.
        plain_http: whether a container registry of another machine may be spoken to over http.
        report: hears, from any thread, how far it is.
    """

    registry: Registry
    selector: str
    kind: str
    to: str | None = None
    digest: bool = False
    source: str | None = None
    plain_http: bool = False
    report: Report | None = None


class Packaged(NamedTuple):
    """What was made.

    Attributes:
        kind: which of `KINDS`.
        artifact: the artifact's name.
        version: the version.
        tag: the name of the tag that registered it.
        commit: the id of its commit.
        to: where it was put; None if nowhere.
        digest: the digest of its manifest; None of what has none.
        reference: where it can be had, by digest; None if it was not pushed.
        files: the paths of the files that were written, within the folder.
        text: what is to be printed instead of a sentence about it; empty for the sentence.
    """

    kind: str
    artifact: str
    version: str
    tag: str
    commit: str
    to: str | None
    digest: str | None = None
    reference: str | None = None
    files: tuple[str, ...] = ()
    text: str = ""


def package(request: PackageRequest) -> Packaged:
    """Package a version.

    Raises:
        UsageError: there is no such kind, or the options do not suit it.
        NotFound: there is no such version.
        Refused: it cannot be packaged so.
        GitError: it cannot be fetched, or not be pushed.
    """
    if request.kind not in KINDS:
        raise UsageError(f"there is no kind {request.kind!r}", hint=f"take {', '.join(KINDS)}")
    module = import_module(f"{__name__}.{KINDS[request.kind].module}")
    made: Packaged = module.package(request)
    return made
