"""A lineage in a real terminal: it fits, its branches are dim, and its texts are not."""

from __future__ import annotations

from repositories import Maker, Tag
from terminals import in_terminal, plain

TEXT = b"churn:\n  path: " + b"long/" * 30 + b"m.pkl\n  inputs: [{url: 'https://example.com/x'}]\n"


def test_a_tree_fits_the_window(make_repository: Maker) -> None:
    made = make_repository([Tag("churn@v1.0.0")], commits=[{"artifacts.yaml": TEXT}])
    found = in_terminal("lineage", "churn", repo=made)
    lines = plain(found)
    assert max(map(len, lines)) <= 80
    assert lines[-1] == "└── input https://example.com/x"
    broken = [line[:4] for line in lines[1:] if "long/" in line]
    assert len(broken) > 1
    assert set(broken) == {"│   "}
    assert "\x1b[2m└── \x1b[0minput" in found


def test_no_colour_is_honoured(make_repository: Maker) -> None:
    made = make_repository([Tag("churn@v1.0.0")], commits=[{"artifacts.yaml": TEXT}])
    assert "\x1b" not in in_terminal("lineage", "churn", repo=made, NO_COLOR="1", TERM="dumb")
