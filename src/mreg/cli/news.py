"""What is new at remotes: how often they are asked by what stays open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, TypeAlias

from mreg.cli import options
from mreg.cli.parameters import Flag

if TYPE_CHECKING:
    from mreg.registry import Registry

NEAR, FAR = 1.0, 30.0
"""After how many seconds a remote is asked again: one on this machine, any other."""

Every: TypeAlias = Annotated[
    float | None,
    options.duration(
        "--every",
        "The interval for checking the remote.",
        show_default="30s; 1s if it is on this machine",
    ),
]
Fetch: TypeAlias = Annotated[bool, Flag("--fetch/--no-fetch", "Check the remote for new events.")]


def interval(registries: Sequence[Registry], every: float | None) -> float | None:
    """Return how often the remotes of registries are to be asked; None where there is none."""
    remotes = [it.address for it in registries if it.address]
    if not remotes:
        return None
    return every or (NEAR if all(map(_is_here, remotes)) else FAR)


def _is_here(address: str) -> bool:
    return address.startswith(("/", "file:", "."))
