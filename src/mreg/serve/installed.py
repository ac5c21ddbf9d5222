"""Whether the packages of `mreg serve` are installed; the other modules here import them."""

from __future__ import annotations

import importlib.util

from mreg.errors import UsageError
from mreg.system import distribution


def check() -> None:
    """Refuse to begin without KServe.

    Raises:
        UsageError: it is not installed.
    """
    lacking = [it for it in ("kserve", "jsonschema") if importlib.util.find_spec(it) is None]
    if lacking:
        raise UsageError(
            f"{' and '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} not installed",
            hint=f"run `{distribution.command('serve')}` in a separate environment:"
            " KServe requires pandas<3",
        )
