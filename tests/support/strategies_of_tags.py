"""Strategies of tags: their objects, of every form, and the messages in them."""

from __future__ import annotations

from hypothesis import strategies as st

from handmade import commit
from repositories import ANN, START, tag_bytes

_TAGS = (
    "churn@v1.0.0",
    "churn#prod#1",
    "churn#prod!#2",
    "d=churn#a/b",
    "churn@v1.0.0!",
    "churn@deprecated",
)
_LINES = st.sampled_from(
    [
        *(
            b"",
            b" ",
            b"Promote churn v1.0.0 to prod",
            b"M\xc3\xbcll\xff",
            b"two\r",
            b"\x85",
            b"\x01",
        ),
        *(b"Version: v1.0.0", b"Version: ", b"Version: v1.0.0 ", b"Version:v2", b"version: v3"),
        *(b"Version: v2.0.0\r", b"Version: two words", b"Version: \xc2\xa0v1", b"XVersion: v9"),
        *(b"Previous: none", b"Previous: " + b"1" * 40, b"Rollback: v1.0.0", b"A-b: ", b"A: \x0c"),
        *(b"-----BEGIN SSH SIGNATURE-----", b"-----END SSH SIGNATURE-----", b"##vso[x]", b'a\x7f"'),
        *(b"object " + b"a" * 40, b"tag churn@v1.0.0", b"\x01tag 5"),
    ]
)
messages = st.lists(_LINES, max_size=8).map(b"\n".join)
_WHO = st.sampled_from(
    [
        f"{ANN} {START} +0000",
        "Zo\u00eb <zoe@example.com> 1700000000 -0730",
        "No Mail 1700000000 +0000",
        "Two <a>> <b> 1700000000 +0000",
        "<> 0 +0000",
        "Old <o@example.com> -5 +0000",
        "Far <f@example.com> 99999999999 +0000",
        "Odd <o@example.com> 1700000000 +9999",
        None,
    ]
)


@st.composite
def tag_objects(draw: st.DrawFn) -> tuple[str, bytes]:
    tag = draw(st.sampled_from(_TAGS))
    own = draw(st.sampled_from([tag, tag, tag, "churn@v7.0.0"]))
    kind = draw(st.sampled_from(["commit"] * 6 + ["tag", "tree"]))
    target = draw(st.sampled_from([commit("a")] * 6 + ["b" * 64, "b" * 50, "B" * 40]))
    raw = tag_bytes(own, target, kind=kind, tagger=draw(_WHO), message=draw(messages))
    change = draw(st.sampled_from(["", "", "", "", "cut", "header"]))
    if change == "cut":
        raw = raw[: draw(st.integers(0, len(raw)))]
    elif change == "header":
        raw = raw.replace(b"\n\n", b"\nencoding latin-1\n\n", 1)
    return tag, raw


def together(raws: list[bytes]) -> bytes:
    """Return tag objects as Git hands out many."""
    return b"".join(b"\x01tag %d\n%b\n" % (len(raw), raw) for raw in raws)
