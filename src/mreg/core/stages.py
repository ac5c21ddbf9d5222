"""Which stage is the main one, and in which order versions go through stages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_MAIN = ("prod", "production", "live")
"""What the stage is usually called that everything is about."""

_ORDER = ("dev", "development", "test", "qa", "shadow", "canary", "staging", "stage", *_MAIN)
"""Stages in the order in which versions go through them, where no policy says another."""


def ordered(used: Iterable[str], of_policy: Sequence[str]) -> tuple[str, ...]:
    """Return stages, the main one first, then backwards on the way to it, then any others."""
    known = {*used, *of_policy}
    order = [*of_policy, *(it for it in _ORDER if it not in of_policy)]
    rank = {it: number for number, it in enumerate(order)}
    backwards = sorted(known, key=lambda it: (-rank.get(it, -1), it))
    main = next((it for it in _MAIN if it in known), backwards[0] if backwards else None)
    return tuple(sorted(backwards, key=lambda it: it != main))
