"""The settings that a component of ZenML's has, which is a registry in Git."""

from __future__ import annotations

from typing import Optional

from zenml.model_registries.base_model_registry import BaseModelRegistryConfig

from mreg.integrations.stages import ARCHIVED, PRODUCTION, STAGING


class MregModelRegistryConfig(BaseModelRegistryConfig):  # type: ignore[misc] # ZenML is not typed
    """The settings of a component.

    Attributes:
        uri: the address of the registry (`mreg.integrations.address`), without options. A reference
            to a secret is allowed.
        write: whether ZenML may record events in it.
        staging: the registry's stage that ZenML's Staging stands for; by default, one of that name.
        production: the one that Production stands for.
        archived: the one that Archived stands for.
    """

    uri: str
    write: bool = False
    staging: Optional[str] = None  # noqa: UP045 # ZenML looks for this form
    production: Optional[str] = None  # noqa: UP045
    archived: Optional[str] = None  # noqa: UP045

    @property
    def stages(self) -> dict[str, str]:
        """The registry's stages that stand for ZenML's own, by these."""
        named = {STAGING: self.staging, PRODUCTION: self.production, ARCHIVED: self.archived}
        return {own: stage for own, stage in named.items() if stage}
