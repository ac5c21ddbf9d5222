"""What a uv.lock pins: written as uv does, and damaged."""

from __future__ import annotations

import pytest

from mreg.worktree.locked import NotLocked, closure

LOCK = b"""
version = 1
revision = 5

[[package]]
name = "project"
source = { editable = "." }

[[package]]
name = "numpy"
version = "2.4.6"
resolution-markers = ["python_full_version >= '3'"]

[[package]]
name = "numpy"
version = "1.26.0"

[[package]]
name = "pandas"
version = "2.3.3"
dependencies = [
    { name = "numpy", version = "2.4.6", marker = "python_full_version >= '3'" },
    { name = "numpy", version = "1.26.0", marker = "python_full_version < '3'" },
    { name = "tzdata" },
    { name = "colorama", marker = "sys_platform == 'plan9'" },
    { name = "pysocks", marker = "extra == 'socks'" },
    { name = "odd", marker = "what is this" },
    { name = "absent" },
]

[[package]]
name = "tzdata"
version = "2026.6"
dependencies = [{ name = "pandas" }]
"""


def test_the_versions_of_all_that_is_needed_here() -> None:
    assert closure(LOCK, {"pandas": "2.3.3"}) == {
        "pandas": "2.3.3",
        "numpy": "2.4.6",
        "tzdata": "2026.6",
    }
    assert closure(LOCK, {}) == {}


def test_what_is_imported_counts_before_what_markers_say() -> None:
    assert closure(LOCK, {"pandas": "2.3.3", "numpy": "1.26.0"})["numpy"] == "1.26.0"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (LOCK, "does not pin pandas==2.0"),
        (b"\xff", "cannot be read"),
        (b"version = ", "cannot be read"),
        (b"version = 2", "has an unknown format"),
        (b"version = 1\npackage = 5", "does not pin"),
        (b'version = 1\npackage = [5, {name = 5}, {name = "pandas"}]', "does not pin"),
    ],
)
def test_what_is_not_locked(raw: bytes, said: str) -> None:
    with pytest.raises(NotLocked, match=said):
        closure(raw, {"pandas": "2.0"})


def test_odd_dependencies_are_passed_over() -> None:
    raw = b'version = 1\n[[package]]\nname = "a"\nversion = "1"\ndependencies = [5, {marker = 5}]'
    assert closure(raw, {"a": "1"}) == {"a": "1"}
