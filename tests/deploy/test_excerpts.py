"""The part of a registry that is read for one version's lineage tells the same as all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from checkouts import stand_in
from mreg import Registry
from mreg.deploy import summary
from mreg.git import mirror_files
from mreg.lineage import excerpt
from mreg.lineage.graph import Lineage
from repositories import Maker, Repository, Tag, run

COMMITS = [
    b"raw: {path: raw.csv}\nclean: {path: clean.csv, inputs: [{artifact: raw@v1.0.0}]}\n",
    b"raw: {path: raw.csv}\nclean: {path: clean.csv, inputs: [{artifact: raw@latest}]}\n",
    b"churn: {path: m, inputs: [{artifact: clean#prod}, {artifact: raw}, {artifact: gone@v9.0.0}]}",
    (
        b"churn:\n  path: m\n  inputs: [{artifact: churn@latest, role: base},\n"
        b"    {artifact: 'a:b:c'}, {artifact: other@v1.0.0, repo: 'https://x.org/y'}]\n"
    ),
]
TAGS = (
    Tag("raw@v1.0.0", 0, 0),
    Tag("clean@v1.0.0", 0, 1),
    Tag("clean#prod#1", 0, 2, "Go.\n\nVersion: v1.0.0"),
    Tag("raw@v2.0.0", 1, 3),
    Tag("clean@v2.0.0", 1, 4),
    Tag("churn@v1.0.0", 2, 5),
    Tag("clean#prod#2", 1, 6, "Go.\n\nVersion: v2.0.0"),
    Tag("raw@v3.0.0", 1, 7),
    Tag("churn@v1.1.0", 3, 8),
    Tag("unrelated@v1.0.0", 3, 9),
)


@pytest.fixture
def origin(make_repository: Maker) -> Repository:
    return make_repository(TAGS, commits=[{"artifacts.yaml": it} for it in COMMITS])


def drawn(found: Lineage | None) -> tuple[set[str], set[tuple[str, str, str]]]:
    """Return a lineage's nodes and edges."""
    assert found is not None
    nodes = {f"{it.id} {it.label} {it.missing}" for it in found.nodes}
    return nodes, {(it.source, it.target, it.kind) for it in found.edges}


@pytest.mark.parametrize("tag", [it.name for it in TAGS if "#" not in it.name])
def test_the_lineage_is_the_same_as_that_of_the_whole_registry(
    tag: str, origin: Repository
) -> None:
    registry = Registry.open(origin.path)
    report = registry.deployment_report(tag)
    assert report.remarks == ()
    assert drawn(report.lineage) == drawn(registry.lineage(tag))


def test_what_a_stage_held_then_is_what_counts(origin: Repository) -> None:
    nodes, _ = drawn(Registry.open(origin.path).deployment_report("churn@v1.1.0").lineage)
    labels = {it.split()[1] for it in nodes if it.startswith("version:")}
    versions = ("churn@v1.1.0", "churn@v1.0.0", "clean@v1.0.0", "raw@v1.0.0", "raw@v2.0.0")
    assert labels == {*versions, "gone@v9.0.0", "a:b:c"}


def test_what_is_not_named_is_not_read(origin: Repository, tmp_path: Path) -> None:
    """Its tags are not in the mirror of a pipeline that has just begun."""
    run(origin.path, "config", "uploadpack.allowAnySHA1InWant", "true")
    run(origin.path, "config", "uploadpack.allowFilter", "true")
    repo = stand_in(origin, tmp_path / "checkout", "churn@v1.1.0")
    Registry.open(repo.path).deployment_report("churn@v1.1.0")
    (mirror,) = mirror_files.kept()
    tags = {it for it in Repository(Path(mirror.path)).refs() if it.startswith("refs/tags/")}
    assert tags == {f"refs/tags/{it.name}" for it in TAGS if it.name != "unrelated@v1.0.0"}


def chain(make_repository: Maker, length: int, width: int = 1) -> Repository:
    """Make a registry in which each artifact was made from others, which were made from others."""
    inputs = ", ".join(f"{{artifact: a{length - 1}x{number}@v1.0.0}}" for number in range(width))
    lines = [f"top: {{path: t, inputs: [{inputs}]}}"]
    for level in range(length):
        above = f", inputs: [{{artifact: a{level - 1}x0@v1.0.0}}]" if level else ""
        lines += [f"a{level}x{number}: {{path: p{above}}}" for number in range(width)]
    tags = [Tag(f"{line.partition(':')[0]}@v1.0.0") for line in lines]
    return make_repository(tags, commits=[{"artifacts.yaml": "\n".join(lines).encode()}])


@pytest.mark.parametrize(("length", "cut"), [(3, False), (4, False), (5, True), (9, True)])
def test_a_long_lineage_is_cut_and_says_so(length: int, cut: bool, make_repository: Maker) -> None:
    report = Registry.open(chain(make_repository, length).path).deployment_report("top@v1.0.0")
    assert report.lineage is not None
    assert not any(it.missing for it in report.lineage.nodes)
    assert report.lineage.cut == cut
    assert ("The lineage continues" in summary.markdown_of(report)) == cut


def test_a_wide_lineage_is_cut_and_says_so(make_repository: Maker) -> None:
    repo = chain(make_repository, 1, excerpt.MOST_VERSIONS + 1)
    report = Registry.open(repo.path).deployment_report("top@v1.0.0")
    assert report.lineage is not None
    assert report.lineage.cut
    assert not any(it.missing for it in report.lineage.nodes)
