"""What tests in environments of their own share: nothing of the user reaches them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from repositories import isolated


@contextmanager
def alone(factory: pytest.TempPathFactory, *families: str, **settings: str) -> Iterator[Path]:
    """Keep the user's settings of Git, of mreg and of other programs out, and work elsewhere.

    Args:
        factory: what makes the folders.
        families: what the names of the other programs' variables begin with.
        settings: the variables to set; `{home}` in one is the home folder.

    Yields:
        the home folder.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(("MREG_", "GIT_", *families)):
                patch.delenv(name)
        home = factory.mktemp("home")
        for name, value in (isolated(home) | settings).items():
            patch.setenv(name, value.replace("{home}", str(home)))
        patch.chdir(factory.mktemp("cwd"))
        yield home
