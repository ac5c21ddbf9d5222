"""A lineage drawn: as a tree, in Mermaid, in DOT; and no text in it means anything there."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mreg.lineage import diagrams, nodes, tree, words
from mreg.lineage.graph import Edge, Lineage, Node, with_cycles
from mreg.render.escape import line
from mreg.render.tree import text

HOSTILE = [
    'a"] --> b["c',
    "`**bold**`",
    '"; evil [label="x',
    "\\",
    'a\\"',
    "%%{init: {'theme': 'dark'}}%%",
    "<script>alert(1)</script>",
    "&lt;",
    "#quot;",
    "one\ntwo\r\nend",
    "\x1b[31mred",
    "click n0 call f()",
    "}}",
    "]]>",
    "a|b",
    "\u202egnp.exe",
]


def version(name: str, **rest: object) -> Node:
    facts = {
        "type": "model",
        "path": None,
        "oid": None,
        "digest": None,
        "active": True,
        "created_at": datetime(2026, 3, 2, tzinfo=UTC),
        "author": "Ann",
    }
    return Node(f"version:{name}", "version", name, {**facts, **rest})


def lineage(*edges: tuple[str, str], labels: dict[str, str] | None = None) -> Lineage:
    """Return a lineage upwards of the versions in pairs: what went in, and into what."""
    names = dict.fromkeys(it for edge in edges for it in reversed(edge))
    nodes = tuple(version(it)._replace(label=(labels or {}).get(it, it)) for it in names)
    found = [Edge(f"version:{a}", f"version:{b}", "input") for a, b in edges]
    return Lineage((nodes[0].id,), "up", nodes, tuple(with_cycles(found)))


class TestTree:
    def test_what_is_met_again_is_not_shown_in_full_again(self) -> None:
        found = lineage(("b", "a"), ("c", "a"), ("d", "b"), ("d", "c"), ("e", "d"))
        lines = text(tree.rows(found)).splitlines()
        assert [re.sub(r"  model, 2026-03-02 Ann", "", it) for it in lines] == [
            "a",
            "├── input b",
            "│   └── input d",
            "│       └── input e",
            "└── input c",
            "    └── input d (see above)",
        ]

    def test_an_end_that_is_met_again_has_nothing_to_see_above(self) -> None:
        found = lineage(("b", "a"), ("c", "a"), ("d", "b"), ("d", "c"))
        assert "see above" not in text(tree.rows(found))

    def test_a_cycle_is_said_to_be_one(self) -> None:
        lines = text(tree.rows(lineage(("b", "a"), ("a", "b")))).splitlines()
        assert len(lines) == 3
        assert lines[2].endswith("input a  model, 2026-03-02 Ann (a cycle: see above)")

    def test_a_version_of_itself_is_one_too(self) -> None:
        lines = text(tree.rows(lineage(("a", "a")))).splitlines()
        assert len(lines) == 2
        assert lines[1].endswith("(a cycle: see above)")

    def test_a_missing_end_says_why(self) -> None:
        gone = Node("version:x@v1.0.0", "version", "x@v1.0.0", {}, True, "there is no such version")
        found = Lineage(
            ("version:a",), "up", (version("a"), gone), (Edge(gone.id, "version:a", "input"),)
        )
        last = text(tree.rows(found)).splitlines()[-1]
        assert last == "└── input x@v1.0.0 (missing: there is no such version)"

    def test_a_long_chain_is_no_trouble(self) -> None:
        found = lineage(*((f"{number + 1}", f"{number}") for number in range(2000)))
        assert len(tree.rows(found)) == 2001

    @pytest.mark.parametrize("hostile", HOSTILE)
    def test_a_text_stays_in_its_line(self, hostile: str) -> None:
        found = text(tree.rows(lineage(("b", "a"), labels={"b": hostile})))
        assert len(found.splitlines()) == 2
        assert "\x1b" not in found
        assert "\u202e" not in found


def mermaid_labels(drawn: str) -> list[str]:
    """Return the labels of the nodes, as Mermaid would show them."""
    lines = [it for it in drawn.splitlines() if re.match(r"  n\d+\(\[", it)]
    found = [re.fullmatch(r'  n\d+\(\["([^"]*)"\]\)', it) for it in lines]
    assert all(found)
    return [re.sub(r"#(\d+);", lambda it: chr(int(it[1])), it[1]) for it in found if it]


class TestMermaid:
    def test_nodes_and_edges(self) -> None:
        assert diagrams.mermaid(lineage(("raw@v1.0.0", "churn@v2.0.0"))) == (
            "flowchart LR\n"
            '  n0(["churn@v2.0.0"])\n'
            '  n1(["raw@v1.0.0"])\n'
            '  n1 -->|"input"| n0\n'
            "  classDef missing stroke-dasharray: 4 4\n"
        )

    @given(st.sampled_from(HOSTILE) | st.text(max_size=20))
    def test_a_text_is_nothing_but_a_label(self, hostile: str) -> None:
        drawn = diagrams.mermaid(lineage(("b", "a"), labels={"b": hostile}))
        assert len(drawn.splitlines()) == 5
        assert not re.search(r"[`%{}<>&\\]", drawn.replace("-->", ""))
        assert mermaid_labels(drawn) == ["a", line(hostile)]


_QUOTED = r'"((?:[^"\\]|\\.)*)"'


class TestDot:
    def test_nodes_and_edges(self) -> None:
        assert diagrams.dot(lineage(("raw@v1.0.0", "churn@v2.0.0"))) == (
            "digraph lineage {\n"
            "  rankdir=LR;\n"
            '  n0 [label="churn@v2.0.0", shape=oval];\n'
            '  n1 [label="raw@v1.0.0", shape=oval];\n'
            '  n1 -> n0 [label="input"];\n'
            "}\n"
        )

    @given(st.sampled_from(HOSTILE) | st.text(max_size=20))
    def test_a_text_is_nothing_but_a_label(self, hostile: str) -> None:
        lines = diagrams.dot(lineage(("b", "a"), labels={"b": hostile})).splitlines()
        assert len(lines) == 6
        found = re.fullmatch(rf"  n1 \[label={_QUOTED}, shape=oval\];", lines[3])
        assert found
        assert re.sub(r"\\(.)", r"\1", found[1]) == line(hostile)


def test_params_are_written_as_files_have_them() -> None:
    """Not as Python has them, and what is nested has a name joined by dots."""
    given = nodes.params("params.yaml", {"train": {"lr": 0.1, "warm": True}, "seed": None})
    assert words.node(given) == "params.yaml  train.lr=0.1, train.warm=true, seed=null"
