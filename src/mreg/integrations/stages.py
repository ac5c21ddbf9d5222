"""The stages that other stacks know by themselves, and which of a registry's stages are meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mreg.integrations.entries import ArtifactEntry
    from mreg.registry import Registry

NONE, STAGING, PRODUCTION, ARCHIVED = STAGES = ("None", "Staging", "Production", "Archived")
"""The stages that MLflow and ZenML know, of which a version has one."""


def meant(wanted: str, settings: Mapping[str, str], stages: Iterable[str]) -> str | None:
    """Return the stage, among some, that a name stands for; None if none of them does.

    That is the one that the settings name for it, or else the one of that name, in any case.
    """
    name = settings.get(wanted.capitalize(), wanted)
    return next((it for it in stages if it.casefold() == name.casefold()), None)


def shown(held: Iterable[str], own: Iterable[str], settings: Mapping[str, str]) -> str:
    """Return which of a stack's own stages a version is in; the first of them, else None's name.

    Args:
        held: the stages that it holds.
        own: the stack's own, the most important first.
        settings: the stages that stand for them.
    """
    held = [*held]
    return next((it for it in own if meant(it, settings, held)), NONE)


def known(registry: Registry, model: ArtifactEntry[Any] | None) -> list[str]:
    """Return the stages that an artifact is in, and behind them those of the policy."""
    held = model.holders if model else ()
    return [*dict.fromkeys((*held, *(registry.policy().settings.stages or ())))]
