"""The flavor that ZenML is told of, and the settings that a component of it has.

zenml model-registry flavor register mreg.integrations.zenml.flavor.MregModelRegistryFlavor
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from zenml.model_registries.base_model_registry import (
    BaseModelRegistryConfig,
    BaseModelRegistryFlavor,
)

from mreg.integrations.stages import ARCHIVED, PRODUCTION, STAGING

if TYPE_CHECKING:
    from mreg.integrations.zenml.component import MregModelRegistry


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


class MregModelRegistryFlavor(BaseModelRegistryFlavor):  # type: ignore[misc]
    """A registry in Git, as one of ZenML's flavors of model registries."""

    @property
    def name(self) -> str:
        """What it is called: `--flavor mreg`."""
        return "mreg"

    @property
    def display_name(self) -> str:
        """What it is called in ZenML's pages."""
        return "mreg"

    @property
    def config_class(self) -> type[MregModelRegistryConfig]:
        """The class of its settings."""
        return MregModelRegistryConfig

    @property
    def implementation_class(self) -> type[MregModelRegistry]:
        """The class of its components."""
        from mreg.integrations.zenml.component import MregModelRegistry

        return MregModelRegistry
