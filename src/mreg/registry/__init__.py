"""The facade: a registry opened at a path, asked and written through one object.

Each part of it stands in a module of its own; `Registry` is all of them.
"""

from __future__ import annotations

from mreg.registry.announcing import Announcing
from mreg.registry.comparing import Comparing
from mreg.registry.deploying import Deploying
from mreg.registry.getting import Getting
from mreg.registry.opening import Opening
from mreg.registry.policing import Policing
from mreg.registry.publishing import Publishing
from mreg.registry.reading import Reading
from mreg.registry.searching import Searching
from mreg.registry.sharing import Sharing
from mreg.registry.tracing import Tracing
from mreg.registry.writing import Writing


class Registry(
    Reading,
    Comparing,
    Searching,
    Tracing,
    Getting,
    Writing,
    Sharing,
    Policing,
    Publishing,
    Deploying,
    Announcing,
):
    """The model registry in a Git repository.

    Every question reads the repository anew: the answer is what Git says at that moment.

    >>> import mreg
    >>> registry = mreg.Registry.open(".")
    >>> registry.register("churn", message="first try")
    >>> registry.promote("churn@latest", "prod")
    >>> registry.resolve("churn#prod").version
    'v0.0.1'

    Attributes:
        path: a folder in the repository.
        network: how it behaves towards the network.
        open: `Registry.open(path)` opens a registry; `registry.open(selector)` opens the file that
            a version is, as `open_file` does.
    """

    open = Opening()
