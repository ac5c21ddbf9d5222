"""YAML texts for tests: annotation files as people write them, and hypothesis strategies."""

from __future__ import annotations

from string import ascii_lowercase, digits
from typing import Any

from hypothesis import strategies as st

FULL = """\
# Everything that can be said.
churn:
  type: model
  path: models/churn.pkl   # made by train.py
  description: Predicts churn
  labels: [tabular, "weekly run"]
  framework: {name: scikit-learn, version: "1.10"}
  owner: data@example.com
  license: Apache-2.0
  metrics:
    accuracy: 0.93
    f1: 9.1e-1
  params:
    depth: 5
    kind: gini
    bootstrap: true
  inputs:
    - path: data/train.csv
      role: training
    - artifact: raw@v1.0.0
      repo: https://example.com/raw.git
    - url: https://example.com/x.csv
      sha256: '0123'
  signature:
    input: [{name: age, type: long}]
  requirements: [numpy==1.26.0]
  custom:
    ticket: "ML-12"

raw:
  type: dataset
  path: s3://bucket/raw
"""

# One draw for a whole text: a regular expression, or a strategy of characters, takes one for each.
keys = st.builds(
    "{}{}".format,
    st.sampled_from(ascii_lowercase),
    st.text(f"{ascii_lowercase}{digits}_-", max_size=6),
)
numbers = st.integers(-(10**6), 10**6) | st.floats(allow_nan=False, allow_infinity=False, width=32)
words = st.text("abcXYZ019 .,:;#'\"-_[]{}&*!|>%@`?=~äß漢\\/+()", min_size=1, max_size=14)
# fmt: off
_SCALARS = [
    "null", "~", "true", "False", "yes", "1", "-1", "+3", "007", "0x1F", "0o17", "1.10", ".5",
    "1e3", "1_000", ".inf", "-.inf", "2024-01-01", "12:30", "v1.2.0", "a#b", "a:b",
    "http://x/y?z=1", "a,b", "x%", "(a)", "don't", "---", "...", "-a", "-", "?", ":", "'q'",
    '"q"', "''", '""', "'it''s'", "'a: b'", '"a # b"', "[a,b]", "[a:b]", "{a: 1}", "[]", "{}",
    "[a]", "{a:1}", "&", "*", "!x", "|x", ">x", "%x", "@x", "`x", "<<",
]
# fmt: on
scalar_texts = st.one_of(
    st.sampled_from(_SCALARS),
    words,
    numbers.map(repr),
)


# A strategy that is made once is checked once, which takes longer than a draw.
_NINE_LINES = st.integers(1, 9)
_ITEMS = st.sampled_from(["", "", "", "- ", "-", "-  "])
_KEYS = st.sampled_from(["", "", "{}:", "{}: ", "{}: ", "{}: ", "{}:  ", "'{}': "])
_NAMES = keys | st.sampled_from(["1", "true", "a.b", "<<", "a b"])
_THREE_OF_FOUR = st.integers(0, 3)
_VALUES = scalar_texts | st.just("")
_COMMENTS = st.sampled_from(["", "", "", "", " # c", "#c", " ", "\t"])
_NINE_OF_TEN = st.integers(0, 9)
_BETWEEN = st.sampled_from(["", "# note", "  # note", "---", "..."])
_ENDS = st.sampled_from(["\n", "", "\n\n"])


@st.composite
def yaml_like(draw: st.DrawFn) -> str:
    """Draw lines that are YAML more often than not, in the forms that people write."""
    lines: list[str] = []
    indents = [0]
    for _ in range(draw(_NINE_LINES)):
        indent = draw(st.sampled_from([*indents, indents[-1] + 2, indents[-1] + 4]))
        item, key, name = draw(_ITEMS), draw(_KEYS), draw(_NAMES)
        scalar = draw(_VALUES) if draw(_THREE_OF_FOUR) else ""
        lines.append(" " * indent + item + key.format(name) + scalar + draw(_COMMENTS))
        indents = [it for it in indents if it < indent] + [indent]
        if not draw(_NINE_OF_TEN):
            lines.append(draw(_BETWEEN))
    return "\n".join(lines) + draw(_ENDS)


def nested(leaves: st.SearchStrategy[Any], depth: int = 3) -> st.SearchStrategy[Any]:
    """Return a strategy of JSON-like values."""
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=6,
    )
