"""`mreg remove`: take an artifact's annotation away."""

from __future__ import annotations

from mreg.cli import options, output
from mreg.registry import Registry
from mreg.render.escape import line


def remove(
    name: options.Name,
    repo: options.Repo = ".",
    commit: options.Commit = False,
    message: options.Message = "",
    json: options.Json = False,
) -> None:
    """Remove an artifact's entry from artifacts.yaml.

    Its versions stay registered, and keep the annotations of their own commits. To mark an
    artifact as no longer in use, use `mreg deprecate`.

    Examples:
        mreg remove churn
        mreg remove churn --commit
    """
    made = Registry.open(repo).remove(name, commit=commit, message=message)
    if json:
        output.as_json(made)
        return
    output.data(line(f"Removed {name} from {made.path}"))
    if made.commit:
        output.data(f"Committed as {made.commit}")
