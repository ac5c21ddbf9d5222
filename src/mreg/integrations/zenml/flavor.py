"""The flavor that ZenML is told of.

zenml model-registry flavor register mreg.integrations.zenml.flavor.MregModelRegistryFlavor
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zenml.model_registries.base_model_registry import BaseModelRegistryFlavor

from mreg.integrations.zenml.settings import MregModelRegistryConfig

if TYPE_CHECKING:
    from mreg.integrations.zenml.component import MregModelRegistry


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
