"""`open`, which means one thing of the class and another of a registry.

`Registry.open(path)` opens a registry, as a constructor; `registry.open(selector)` opens the file
that a version is, as `open` does (docs/adr/0016-getting-the-bytes.md).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO, Protocol, TypeVar, overload

from mreg.net.network import QUIET, Network

if TYPE_CHECKING:
    from mreg.registry.getting import Getting

R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R", bound="Getting")


class OpensRegistry(Protocol[R_co]):
    """What opens a registry at a path: see `mreg.registry.opened.Opened.at`."""

    def __call__(self, path: str | os.PathLike[str] = ".", *, network: Network = QUIET) -> R_co:
        """Open the registry at or around a path."""


class OpensFile(Protocol):
    """What opens a version's file: see `mreg.registry.getting.Getting.open_file`."""

    def __call__(self, selector: str) -> BinaryIO:
        """Open the file that a version is, for reading."""


class Opening:
    """The attribute `open` of the facade."""

    @overload
    def __get__(self, registry: None, kind: type[R]) -> OpensRegistry[R]: ...

    @overload
    def __get__(self, registry: R, kind: type[R]) -> OpensFile: ...

    def __get__(self, registry: R | None, kind: type[R]) -> OpensRegistry[R] | OpensFile:
        """Return what opens: of the class a registry, of a registry a file."""
        return kind.at if registry is None else registry.open_file
