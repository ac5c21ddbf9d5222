"""`mreg compare --plots`: one file with all plots, and their data as JSON."""

from __future__ import annotations

import os
from pathlib import Path
from xml.etree import ElementTree

import pytest

import mreg as library
from commandline import CommandLine
from mreg.plots import drawing
from mreg.plots.values import Plot, Series
from repositories import Maker, Repository, Tag

FILES = {
    "artifacts.yaml": b"churn: {path: model.pkl}\n",
    "a.csv": b"step,loss,acc\n0,1,0.1\n1,0.5,0.2\n",
    "b.csv": b"actual,predicted\nx,y\nx,x\ny,y\n",
    "c.csv": b"feature,weight\nage,0.5\nincome,-0.25\n",
    "p.png": b"\x89PNG\r\n\x1a\n",
    "dvc.yaml": (
        b"plots:\n"
        b"- a.csv: {x: step, y: [loss, acc], title: '<script>'}\n"
        b"- b.csv: {template: confusion_normalized, x: actual, y: predicted}\n"
        b"- c.csv: {template: bar_horizontal_sorted, x: weight, y: feature}\n"
        b"- p.png\n"
    ),
}


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    second = {"a.csv": b"step,loss,acc\n0,0.9,0.3\n", "p.png": b"\x89PNG\r\n\x1a\n2"}
    tags = [Tag("churn@v1.0.0"), Tag("churn@v2.0.0", 1), Tag("churn@v3.0.0", 2)]
    return make_repository(tags, commits=[FILES, second, {"dvc.yaml": b"{}\n"}])


def test_two_versions_in_one_file(repo: Repository, mreg: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "out" / "plots.svg"
    done = mreg.ok("compare", "churn@v1.0.0", "churn@v2.0.0", "--plots", str(file), repo=repo)
    assert done.out == ""
    assert f"4 plots of v1.0.0, v2.0.0: {file}" in done.err
    root = ElementTree.fromstring(file.read_text())
    tags = [it.tag.rpartition("}")[2] for it in root.iter()]
    assert "script" not in tags
    assert tags.count("image") == 2
    texts = {it.text for it in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"<script>", "v1.0.0 loss", "v2.0.0 acc", "100%", "age", "-0.25"} <= texts


def test_its_data_as_json(repo: Repository, mreg: CommandLine) -> None:
    found = mreg.ok("compare", "churn@v1.0.0", "churn@v2.0.0", "--plots", "-", "--json", repo=repo)
    assert found.json["versions"] == ["v1.0.0", "v2.0.0"]
    assert [it["kind"] for it in found.json["plots"]] == ["lines", "confusion", "bars", "image"]
    first = found.json["plots"][0]["series"][0]
    assert first == {
        "version": "v1.0.0", "file": "a.csv", "field": "loss", "x": [0, 1], "y": [1, 0.5],
        "counts": [], "total": 2,
    }  # fmt: skip
    assert found.json["plots"][3]["pictures"][0].keys() == {
        "version", "file", "format", "size", "sha256"
    }  # fmt: skip


def test_on_standard_output(repo: Repository, mreg: CommandLine) -> None:
    printed = mreg.ok("compare", "churn@v1.0.0", "--plots", "-", repo=repo).out
    assert printed == mreg.ok("compare", "churn@v1.0.0", "--plots", "-", repo=repo).out
    assert ElementTree.fromstring(printed).tag.endswith("}svg")


def test_what_is_no_plain_file_is_written_to_and_stays(
    repo: Repository, mreg: CommandLine, tmp_path: Path
) -> None:
    """As root, a device was replaced by a drawing."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "target.svg")
    reading = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    for name in ("pipe", "link"):
        mreg.ok("compare", "churn@v1.0.0", "--plots", str(tmp_path / name), repo=repo)
    assert os.read(reading, 5) == b"<svg "
    os.close(reading)
    assert (tmp_path / "pipe").is_fifo()
    assert (tmp_path / "target.svg").read_bytes().startswith(b"<svg ")
    assert mreg("compare", "churn@v1.0.0", "--plots", "", repo=repo).code == 1


def test_a_version_without_plots_is_told(
    repo: Repository, mreg: CommandLine, tmp_path: Path
) -> None:
    done = mreg("compare", "churn@v3.0.0", "--plots", str(tmp_path / "x.svg"), repo=repo)
    assert done.code == 1
    assert "v3.0.0: there are no plots" in done.err
    assert not (tmp_path / "x.svg").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("churn@v1.0.0", "a@v1.0.0"),
        ("churn", "--plots", "x", "--md"),
        ("churn", "--plots", "x", "-n1"),
    ],
)
def test_what_does_not_go_together(
    repo: Repository, mreg: CommandLine, words: tuple[str, ...]
) -> None:
    assert mreg("compare", *words, repo=repo).code == 2


def test_as_a_table(repo: Repository) -> None:
    found = library.Registry.open(repo.path).plots("churn@v1.0.0", "churn@v2.0.0")
    lines, confusion, *_ = found.plots
    table = drawing.rows(lines, found.versions, 10)
    assert table.head == ("step", "v1.0.0 loss", "v1.0.0 acc", "v2.0.0 loss", "v2.0.0 acc")
    assert table.rows == (("0", "1", "0.1", "0.9", "0.3"), ("1", "0.5", "0.2", "", ""))
    assert drawing.rows(confusion, found.versions, 2).total == 6


def test_what_is_too_much_is_said() -> None:
    many = tuple(Series("v1", f"{it}.csv", "y", (0,), (1,), total=1) for it in range(30))
    plot = Plot("p", "lines", "", "p", "x", "y", many)
    assert list(drawing.left_out(plot)) == ["only the first 24 of its 30 lines are drawn"]
    assert drawing.drawings(plot, ("v1",), 10)
