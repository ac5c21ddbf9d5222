"""`mreg env`: what a version was made to run with."""

from __future__ import annotations

from mreg.cli import online, options, output, typed
from mreg.render.escape import line


def env(
    selector: options.Selector,
    which: options.Which = None,
    repo: options.Repo = ".",
    json: options.Json = False,
) -> None:
    """Print the Python version and the requirements of a version.

    The output is a requirements file.

    Examples:
        mreg env churn#prod > requirements.txt
    """
    found = online.registry(repo).environment(typed.selector(selector, which))
    if json:
        output.as_json(found)
        return
    if found.python is not None:
        output.data(line(f"# Python {found.python}"))
    for it in found.requirements:
        output.data(line(it))
