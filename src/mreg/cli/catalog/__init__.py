"""Show, search and browse the registries of many repositories as one.

`catalog.yaml` lists the repositories. `mreg catalog refresh` reads what is new; all other commands
answer from what it read. A model is named REPOSITORY//NAME.
"""
