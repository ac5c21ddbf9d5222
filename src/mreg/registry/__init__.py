"""The facade: a registry opened at a path, asked and written through one object.

`Registry` has a short method for each question and each request. What a method does stands in the
parts of the house below, or in the module of this package that is called after it; it is loaded
when it is asked, as `Registry` itself is. `documents` makes of an answer what `--json` prints.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mreg.registry.registry import Registry as Registry


def __getattr__(name: str) -> object:
    """Load the class when it is first used (PEP 562): `documents` alone does without it."""
    if name == "Registry":
        from mreg.registry.registry import Registry

        return Registry
    raise AttributeError(f"module 'mreg.registry' has no attribute {name!r}")
