"""ZenML's model registry, kept in Git: a flavor of its model registries (docs/how-to/zenml.md).

`flavor` is what ZenML is told of; it names the `settings`, and loads the `component`. All modules
import ZenML, and nothing else of mreg imports them.
"""
