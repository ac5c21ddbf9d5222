"""Numbers of bytes as people read them."""

from __future__ import annotations

import pytest

from mreg.render import sizes


@pytest.mark.parametrize(
    ("count", "size", "exact"),
    [
        (0, "0 B", "0 B"),
        (1000, "1000 B", "1000 B"),
        (1024, "1.0 KiB", "1.0 KiB (1024 B)"),
        (12345678, "11.8 MiB", "11.8 MiB (12345678 B)"),
        (1 << 60, "1048576.0 TiB", "1048576.0 TiB (1152921504606846976 B)"),
    ],
)
def test_sizes(count: int, size: str, exact: str) -> None:
    assert sizes.size(count) == size
    assert sizes.exact(count) == exact
