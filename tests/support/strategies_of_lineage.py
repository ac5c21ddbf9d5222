"""What hypothesis draws: registries with inputs of every kind, as graphs."""

from __future__ import annotations

from hypothesis import strategies as st

from made import annotation, links
from mreg.annotations.entry import Annotation, Input
from mreg.lineage.build import Links

_NAMES, _COMMITS, _PATHS = "ab", "xyz", ("one.csv", "two.csv")

_selectors = st.builds(
    "{}{}".format,
    st.sampled_from(_NAMES),
    st.sampled_from(["@v1.0.0", "@v2.0.0", "@v3.0.0", "@latest", "#prod", ""]),
)
_inputs = st.one_of(
    st.builds(Input, artifact=_selectors),
    st.builds(Input, path=st.sampled_from(_PATHS)),
    st.just(Input(url="https://example.com/x")),
)
_annotations = st.one_of(
    st.none(),
    st.builds(
        lambda path, inputs: annotation(path, *inputs),
        st.none() | st.sampled_from(_PATHS),
        st.lists(_inputs, max_size=4),
    ),
)


@st.composite
def registries(draw: st.DrawFn) -> Links:
    """Draw a registry of two artifacts, in which versions may name each other, and themselves."""
    names = [f"{name}{rest}" for name in _NAMES for rest in ("@v1.0.0", "@v2.0.0", "#prod#1")]
    chosen = draw(st.lists(st.sampled_from(names), unique=True))
    tags = [(it, draw(st.sampled_from(_COMMITS))) for it in chosen]
    said: dict[str, Annotation] = {}
    for tag, _ in tags:
        if found := draw(_annotations):
            said[tag] = found
    files = {
        (on, path): draw(st.sampled_from("12"))
        for on in _COMMITS
        for path in _PATHS
        if draw(st.booleans())
    }
    return links(tags, said, files)
