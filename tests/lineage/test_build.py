"""The graph of a registry from facts made by hand: what inputs mean, and that up mirrors down."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handmade import events, state
from made import annotation, blob, links, used
from mreg.annotations.entry import Annotation, Input
from mreg.core import queries
from mreg.core.queries import Selector
from mreg.core.replay import History
from mreg.errors import NotFound
from mreg.lineage import graph, subjects
from mreg.lineage.build import Links
from mreg.lineage.subjects import PinnedSelector
from strategies_of_lineage import registries

V1, V2 = "version:model@v1.0.0", "version:model@v2.0.0"
NOTHING: dict[str, Annotation] = {}


def into(found: Links, target: str) -> list[tuple[str, str]]:
    """Return what went into a node: pairs of an edge's kind and an id."""
    return [(it.kind, it.source) for it in found.edges if it.target == target]


class TestInputs:
    def test_a_file_has_the_blob_of_the_commit(self) -> None:
        found = links(
            [("model@v1.0.0", "a"), ("model@v2.0.0", "b")],
            {
                "model@v1.0.0": annotation(None, Input(path="t.csv", role="training")),
                "model@v2.0.0": annotation(None, Input(path="t.csv")),
            },
            {("a", "t.csv"): "one", ("b", "t.csv"): "two"},
        )
        assert into(found, V1) == [("input", f"file:t.csv@{blob('one')}")]
        assert into(found, V2) == [("input", f"file:t.csv@{blob('two')}")]
        [role] = [it.role for it in found.edges if it.target == V1]
        assert role == "training"

    def test_a_file_that_is_not_in_the_commit_is_missing(self) -> None:
        inputs = annotation(None, Input(path="gone.csv"))
        found = links([("model@v1.0.0", "a")], {"model@v1.0.0": inputs})
        assert into(found, V1) == [("input", "file:gone.csv")]
        assert found.nodes["file:gone.csv"].missing

    def test_a_version_is_exact_even_if_it_was_registered_later(self) -> None:
        found = links(
            [("model@v1.0.0", "a"), ("raw@v1.0.0", "a")],
            {"model@v1.0.0": annotation(None, used("raw@1.0.0"))},
        )
        assert into(found, V1) == [("input", "version:raw@v1.0.0")]
        assert found.edges[0].note == ""

    @pytest.mark.parametrize(
        ("selector", "meant"),
        [
            ("raw#prod", "version:raw@v1.0.0"),
            ("raw@latest", "version:raw@v2.0.0"),
            ("raw", "version:raw@v2.0.0"),
        ],
    )
    def test_what_moves_means_what_it_was_at_the_registration(
        self, selector: str, meant: str
    ) -> None:
        found = links(
            [
                ("raw@v1.0.0", "a"),
                ("raw#prod#1", "a"),
                ("raw@v2.0.0", "b"),
                ("model@v1.0.0", "c"),
                ("raw#prod#2", "b"),
                ("raw@v3.0.0", "d"),
            ],
            {"model@v1.0.0": annotation(None, used(selector))},
        )
        assert into(found, V1) == [("input", meant)]
        [edge] = found.edges
        assert edge.note == f"{selector} as of 2023-11-14 22:13Z"

    def test_the_latest_of_its_own_artifact_is_the_one_before(self) -> None:
        inputs = annotation(None, used("model"))
        found = links(
            [("model@v1.0.0", "a"), ("model@v2.0.0", "b")],
            {"model@v1.0.0": inputs, "model@v2.0.0": inputs},
        )
        assert into(found, V2) == [("input", V1)]
        assert into(found, V1) == [("input", "version:model@latest")]
        assert found.nodes["version:model@latest"].missing

    @pytest.mark.parametrize("selector", ["raw@v9.9.9", "raw#prod", "raw", "nobody@v1.0.0", "a@@b"])
    def test_what_is_not_there_is_missing(self, selector: str) -> None:
        found = links([("model@v1.0.0", "a")], {"model@v1.0.0": annotation(None, used(selector))})
        [(_, source)] = into(found, V1)
        assert found.nodes[source].missing
        assert found.nodes[source].note

    def test_a_bare_commit_that_holds_a_stage_is_a_version_too(self) -> None:
        found = links(
            [("raw#prod#1", "a"), ("model@v1.0.0", "b")],
            {"model@v1.0.0": annotation(None, used("raw#prod"))},
        )
        assert into(found, V1) == [("input", f"version:raw@{'a' * 40}")]

    def test_a_bare_commit_that_became_a_version_is_that_version(self) -> None:
        found = links(
            [("raw#prod#1", "a"), ("model@v1.0.0", "b"), ("raw@v1.0.0", "a")],
            {"model@v1.0.0": annotation(None, used("raw#prod"))},
        )
        assert into(found, V1) == [("input", "version:raw@v1.0.0")]

    def test_other_registries_and_external_data_are_ends(self) -> None:
        digest = "ab" * 32
        inputs = annotation(
            None,
            Input(artifact="raw@v1.0.0", repo="https://example.com/raw.git"),
            Input(url="https://example.com/c.csv", sha256=digest.upper()),
        )
        found = links([("model@v1.0.0", "a")], {"model@v1.0.0": inputs})
        kinds = [found.nodes[source].kind for _, source in into(found, V1)]
        assert kinds == ["foreign", "url"]
        assert found.nodes[into(found, V1)[1][1]].facts["digest"] == f"sha256:{digest}"

    def test_a_url_as_path_is_where_it_is_kept_and_not_what_made_it(self) -> None:
        found = links([("model@v1.0.0", "a")], {"model@v1.0.0": annotation("s3://models/m.bin")})
        assert into(found, V1) == [("address", "url:s3://models/m.bin")]


class TestContents:
    TAGS = (("raw@v1.0.0", "a"), ("model@v1.0.0", "b"), ("raw@v2.0.0", "c"))
    ANNOTATIONS = {  # noqa: RUF012 - nobody changes it
        "raw@v1.0.0": annotation("raw.csv"),
        "raw@v2.0.0": annotation("raw.csv"),
        "model@v1.0.0": annotation(None, Input(path="raw.csv")),
    }

    def test_a_file_that_is_registered_as_a_version_comes_from_that_version(self) -> None:
        files = {("a", "raw.csv"): "x", ("b", "raw.csv"): "x", ("c", "raw.csv"): "y"}
        found = links(self.TAGS, self.ANNOTATIONS, files)
        file = f"file:raw.csv@{blob('x')}"
        assert into(found, file) == [("content", "version:raw@v1.0.0")]

    def test_of_two_versions_with_the_same_content_it_is_both(self) -> None:
        files = dict.fromkeys([("a", "raw.csv"), ("b", "raw.csv"), ("c", "raw.csv")], "x")
        found = links(self.TAGS, self.ANNOTATIONS, files)
        assert [source for _, source in into(found, f"file:raw.csv@{blob('x')}")] == [
            "version:raw@v1.0.0",
            "version:raw@v2.0.0",
        ]

    def test_the_same_content_at_another_path_is_another_file(self) -> None:
        files = {("a", "raw.csv"): "", ("b", "empty"): ""}
        annotations = {**self.ANNOTATIONS, "model@v1.0.0": annotation(None, Input(path="empty"))}
        assert into(links(self.TAGS, annotations, files), f"file:empty@{blob('')}") == []


class TestCycles:
    def test_versions_that_name_each_other_are_a_cycle(self) -> None:
        found = links(
            [("a@v1.0.0", "a"), ("b@v1.0.0", "b"), ("c@v1.0.0", "c")],
            {
                "a@v1.0.0": annotation(None, used("b@v1.0.0"), used("c@v1.0.0")),
                "b@v1.0.0": annotation(None, used("a@v1.0.0")),
            },
        )
        marked = {(it.source, it.target): it.cycle for it in graph.with_cycles(found.edges)}
        a, b, c = (f"version:{it}@v1.0.0" for it in "abc")
        assert marked == {(b, a): True, (c, a): False, (a, b): True}

    def test_a_version_that_names_itself_is_one(self) -> None:
        found = links([("a@v1.0.0", "a")], {"a@v1.0.0": annotation(None, used("a@v1.0.0"))})
        assert [it.cycle for it in graph.with_cycles(found.edges)] == [True]

    def test_a_long_chain_is_no_trouble(self) -> None:
        count = 3000
        tags = [(f"a@v0.0.{number}", "a") for number in range(count)]
        found = links(
            tags, {tag: annotation(None, used("a")) for number, (tag, _) in enumerate(tags)}
        )
        part = graph.reach(
            [f"version:a@v0.0.{count - 1}"], found.edges, "up", depth=None, limit=count
        )
        assert len(part.ids) == count + 1
        assert not any(it.cycle for it in graph.with_cycles(found.edges))


class TestReach:
    EDGES = [graph.Edge(f"{number + 1}", f"{number}", "input") for number in range(5)]  # noqa: RUF012

    def test_all_of_it(self) -> None:
        found = graph.reach(["0"], self.EDGES, "up", depth=None, limit=10)
        assert found == (("0", "1", "2", "3", "4", "5"), frozenset())

    def test_so_deep(self) -> None:
        found = graph.reach(["0"], self.EDGES, "up", depth=2, limit=10)
        assert found == (("0", "1", "2"), frozenset({"2"}))

    def test_so_many(self) -> None:
        found = graph.reach(["0"], self.EDGES, "up", depth=None, limit=1)
        assert found == (("0", "1"), frozenset({"1"}))

    def test_nothing_but_the_root(self) -> None:
        assert graph.reach(["0"], self.EDGES, "up", depth=0, limit=9) == (("0",), frozenset("0"))
        assert graph.reach(["0"], self.EDGES, "up", depth=9, limit=0) == (("0",), frozenset("0"))
        assert graph.reach(["5"], self.EDGES, "up", depth=0, limit=0) == (("5",), frozenset())


@given(registries())
def test_up_and_down_are_each_others_inverse(found: Links) -> None:
    """A version is among what another was made from if, and only if, that is among its uses."""
    ids = {it for edge in found.edges for it in (edge.source, edge.target)}
    reached = {
        (it, direction): set(graph.reach([it], found.edges, direction, depth=None, limit=9999).ids)
        for it in ids
        for direction in ("up", "down")
    }
    for one, other in product(ids, ids):
        assert (other in reached[one, "up"]) == (one in reached[other, "down"])


@given(registries())
def test_a_cycle_is_what_can_be_reached_both_ways(found: Links) -> None:
    for edge in graph.with_cycles(found.edges):
        back = graph.reach([edge.source], found.edges, "up", depth=None, limit=9999).ids
        assert edge.cycle == (edge.target in back)


@given(st.lists(st.sampled_from(
    ["a@v1.0.0", "a@v2.0.0", "a@v2.0.0+x", "a@v1.5.0-rc.1", "a@v1.0.0!", "a@v2.0.0!", "a@v1.0.0#3",
     "a@v2.0.0!#4", "a#prod#1", "a#prod#2", "a#prod!#3", "a#eu#5", "a@deprecated"]
), unique=True, max_size=10), st.data())  # fmt: skip
def test_what_a_selector_meant_is_what_it_means_in_the_history_so_far(
    tags: list[str], data: st.DataObject
) -> None:
    commits = [data.draw(st.sampled_from("abc")) for _ in tags]
    history = state(events(*zip(tags, commits, strict=True))).history("a")
    selectors = [
        *(Selector("a", stage=it) for it in ("prod", "eu")),
        *(Selector("a", it) for it in ("latest", "release")),
    ]
    wanted = [PinnedSelector(it, at) for it in selectors for at in range(len(tags) + 1)]
    found = subjects.answers(history, wanted)
    for it in wanted:
        assert found[it] == _naive(History("a", history.timeline[: it.position]), it.selector)


def _naive(history: History, selector: Selector) -> str | None:
    try:
        version = queries.find(history, selector)
    except NotFound:
        return None
    return version.version or version.commit
