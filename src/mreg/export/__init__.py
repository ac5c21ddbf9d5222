"""Documents about one version for other tools: model cards, bills of materials."""
