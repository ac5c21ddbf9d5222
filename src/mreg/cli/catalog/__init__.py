"""Many registries as one: read their repositories, and ask all of them at once.

The repositories stand in `catalog.yaml` (docs/catalog.md). `mreg catalog refresh` reads what is
new; all other commands answer out of what it read. A model is named REPOSITORY//NAME.
"""
