"""What a version was made from is what its own commit says, whatever is registered later."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from handmade import event
from made import annotation, blob, used
from mreg.annotations.entry import Annotation, Input
from mreg.core.replay import State
from mreg.dvc.lockfile import Item, LockedStage
from mreg.dvc.pipeline import Pipeline
from mreg.lineage import build, graph, identity, subjects
from mreg.lineage.build import GraphFacts
from mreg.lineage.graph import Edge
from mreg.lineage.subjects import Subject

LOCK = "dvc.lock"


def stage(name: str, read: tuple[str, str], made: tuple[str, str], *, lr: int = 1) -> LockedStage:
    """Return a stage that read one path with a content, and made another."""
    (source, before), (target, after) = read, made
    return LockedStage(
        name, LOCK, f"python {name}.py --lr {lr}", (Item(source, f"md5:{before}"),),
        (("params.yaml", {"lr": lr}),), (Item(target, f"md5:{after}"),),
    )  # fmt: skip


def facts(
    tags: list[tuple[str, str]],
    said: dict[str, Annotation],
    pipelines: dict[str, Pipeline],
    objects: dict[tuple[str, str], str] | None = None,
    pointers: dict[tuple[str, str], LockedStage] | None = None,
) -> GraphFacts:
    """Return a registry: pairs of a tag and the letter of its commit, a second apart."""
    state = State.of([event(tag, at, on) for at, (tag, on) in enumerate(tags)])
    known = tuple(subjects.of_state(state))
    return GraphFacts(
        state,
        known,
        [said.get(it.event.tag) for it in known],
        {on * 40: it for on, it in pipelines.items()},
        {(on * 40, path): oid for (on, path), oid in (objects or {}).items()},
        {(on * 40, path): it for (on, path), it in (pointers or {}).items()},
    )


def made_from(given_: GraphFacts, version: str, *, also: bool = False) -> tuple[Any, list[Edge]]:
    """Return what a version was made from: the nodes that are no versions, and the edges."""
    links = build.build(given_, also=also)
    known: dict[str, Subject] = {it.id: it for it in given_.subjects}
    root = f"version:{version}"
    edges = list(identity.as_of(links.edges, known, known[root], also=also))
    part = graph.reach([root], edges, "up", depth=None, limit=9999)
    nodes = {it: links.nodes.get(it) for it in part.ids}
    between = [it for it in edges if it.source in nodes and it.target in nodes]
    return nodes, sorted(between, key=lambda it: part.ids.index(it.target))


MODEL = annotation("m.pkl")
TWO = facts(
    [("m@v1.0.0", "a"), ("m@v2.0.0", "b")],
    {"m@v1.0.0": MODEL, "m@v2.0.0": MODEL},
    {
        "a": Pipeline([stage("prep", ("raw", "1"), ("feat", "2")),
                       stage("train", ("feat", "2"), ("m.pkl", "3"))]),
        "b": Pipeline([stage("prep", ("raw", "1"), ("feat", "2"), lr=5),
                       stage("train", ("feat", "2"), ("m.pkl", "4"))]),
    },
)  # fmt: skip
"""Two versions: the features are the same, but another command with other params made them."""


def commands(edges: list[Edge], nodes: Any) -> list[tuple[str, bool]]:
    """Return the commands of the steps that made something, and whether they are marked."""
    return [
        (nodes[it.source].facts["command"], it.also)
        for it in edges
        if it.kind == "made" and nodes[it.source].kind == "step"
    ]


def test_equal_contents_that_another_commit_made_otherwise_are_not_mixed() -> None:
    for version, lr in (("m@v1.0.0", 1), ("m@v2.0.0", 5)):
        nodes, edges = made_from(TWO, version)
        assert commands(edges, nodes) == [
            ("python train.py --lr 1", False), (f"python prep.py --lr {lr}", False),
        ]  # fmt: skip
        params = [it.facts["values"] for it in nodes.values() if it and it.kind == "params"]
        assert sorted(it["lr"] for it in params) == sorted({1, lr})


def test_on_request_they_are_shown_and_marked() -> None:
    nodes, edges = made_from(TWO, "m@v1.0.0", also=True)
    assert commands(edges, nodes) == [
        ("python train.py --lr 1", False),
        ("python prep.py --lr 1", False),
        ("python prep.py --lr 5", True),
    ]


def test_the_same_run_is_one_thing_in_both() -> None:
    same = TWO._replace(pipelines=dict.fromkeys(TWO.pipelines, TWO.pipelines["a" * 40]))
    one, other = (set(made_from(same, it)[0]) for it in ("m@v1.0.0", "m@v2.0.0"))
    assert one - {"version:m@v1.0.0"} == other - {"version:m@v2.0.0"}


def test_a_dataset_that_is_registered_later_is_shown_on_request() -> None:
    said = {"m@v1.0.0": annotation(None, Input(path="raw"))}
    said |= dict.fromkeys(["raw@v1.0.0", "raw@v2.0.0", "raw@v3.0.0"], annotation("raw"))
    tags = [("raw@v1.0.0", "a"), ("raw@v2.0.0", "a"), ("m@v1.0.0", "a"), ("raw@v3.0.0", "a")]
    found = facts(tags, said, {}, {("a", "raw"): blob("x")})

    def datasets(*, also: bool) -> dict[str, bool]:
        _, edges = made_from(found, "m@v1.0.0", also=also)
        return {it.source: it.also for it in edges if it.kind == "content"}

    first, second, third = (f"version:raw@v{it}.0.0" for it in (1, 2, 3))
    assert datasets(also=False) == {first: False}
    assert datasets(also=True) == {first: False, second: True, third: True}
    down = build.build(found).edges
    for it in (first, second, third):  # whichever is asked about, the model read its bytes
        reached = graph.reach([it], down, "down", depth=None, limit=99).ids
        assert "version:m@v1.0.0" in reached


def test_a_pipeline_that_went_into_itself_has_an_end() -> None:
    loop = Pipeline([stage("a", ("x", "1"), ("y", "2")), stage("b", ("y", "2"), ("x", "1"))])
    said = dict.fromkeys(["m@v1.0.0", "m@v2.0.0"], annotation("x"))
    found = facts([("m@v1.0.0", "a"), ("m@v2.0.0", "b")], said, {"a": loop, "b": loop})
    nodes, edges = made_from(found, "m@v1.0.0")
    assert len(commands(edges, nodes)) == 3
    assert any(it.cycle for it in graph.with_cycles(edges))


def test_a_long_pipeline_is_no_trouble() -> None:
    count = 3000
    stages = [stage(f"s{it}", (f"p{it}", "1"), (f"p{it + 1}", "1")) for it in range(count)]
    found = facts([("m@v1.0.0", "a")], {"m@v1.0.0": annotation(f"p{count}")},
                  {"a": Pipeline(stages)})  # fmt: skip
    nodes, edges = made_from(found, "m@v1.0.0")
    assert len(commands(edges, nodes)) == count


_DIGESTS = st.sampled_from("12")
_LR = st.integers(1, 2)


@st.composite
def _pipelines(draw: st.DrawFn) -> Pipeline:
    feat = draw(_DIGESTS)
    read = draw(st.sampled_from([feat, "1", "2"]))
    stages = [
        stage("prep", ("raw", draw(_DIGESTS)), ("feat", feat), lr=draw(_LR)),
        stage("train", ("feat", read), ("m.pkl", draw(_DIGESTS)), lr=draw(_LR)),
    ]
    return Pipeline(stages[: draw(st.integers(0, 2))])


@st.composite
def registries(draw: st.DrawFn) -> tuple[list[tuple[str, str]], GraphFacts]:
    """Draw a registry in which no input names a version that is registered after it."""
    commits = "wxyz"
    names = ["raw@v1.0.0", "raw@v2.0.0", "feat@v1.0.0", "m@v1.0.0", "m@v2.0.0", "m@v3.0.0"]
    tags = [(it, draw(st.sampled_from(commits))) for it in draw(st.permutations(names))]
    said = {}
    for at, (tag, _) in enumerate(tags):
        before = st.sampled_from([it for it, _ in tags[:at]] or ["gone@v1.0.0"])
        moving = st.sampled_from(["raw", "m@latest", "feat@latest", "gone@v9.0.0"])
        inputs = st.one_of(
            st.builds(used, before | moving),
            st.builds(Input, path=st.sampled_from(["raw", "feat", "m.pkl", "code.py"])),
        )
        path = tag.partition("@")[0].replace("m", "m.pkl")
        said[tag] = annotation(path, *draw(st.lists(inputs, max_size=2)))
    pipelines = {on: draw(_pipelines()) for on in commits}
    objects = {
        (on, path): blob(draw(_DIGESTS))
        for on in commits
        for path in ("raw", "feat", "m.pkl", "code.py")
        if draw(st.booleans())
    }
    imports = {
        (on, "raw"): LockedStage(
            "raw.dvc",
            "raw.dvc",
            deps=(Item(f"https://example.com/{draw(_DIGESTS)}"),),
            outs=(Item("raw", f"md5:{draw(_DIGESTS)}", draw(st.none() | _LR)),),
        )
        for on in commits
        if (on, "raw") not in objects and draw(st.booleans())
    }
    return tags, facts(tags, said, pipelines, objects, imports)


@given(registries())
def test_later_versions_change_no_lineage(drawn: tuple[list[tuple[str, str]], GraphFacts]) -> None:
    tags, whole = drawn
    said = {it.event.tag: note for it, note in zip(whole.subjects, whole.annotations, strict=True)}
    for count in range(1, len(tags)):
        state = State.of([event(tag, at, on) for at, (tag, on) in enumerate(tags[:count])])
        known = tuple(subjects.of_state(state))
        part = whole._replace(
            state=state, subjects=known, annotations=[said[it.event.tag] for it in known]
        )
        for tag, _ in tags[:count]:
            assert made_from(part, tag) == made_from(whole, tag)


@example((["m@v1.0.0"], TWO))
@given(registries())
def test_what_is_shown_besides_is_marked(drawn: tuple[Any, GraphFacts]) -> None:
    for it in drawn[1].subjects:
        _, edges = made_from(drawn[1], f"{it.artifact}@{it.key}")
        _, more = made_from(drawn[1], f"{it.artifact}@{it.key}", also=True)
        assert not any(edge.also for edge in edges)
        plain = graph.reach([it.id], [e for e in more if not e.also], "up", depth=None, limit=999)
        assert {e for e in more if not e.also and e.target in plain.ids} == set(edges)
