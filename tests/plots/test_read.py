"""Plots of versions, read at their commits: what counts, what is left out, and what is said."""

from __future__ import annotations

from pathlib import Path

import pytest

import mreg
from mreg.errors import UsageError
from mreg.plots.values import Plots
from repositories import Maker, Repository, Tag

CSV = b"step,loss\n0,1\n1,0.5\n"
PLAIN: dict[str, bytes] = {"artifacts.yaml": b"churn: {path: model.pkl}\n", "a.csv": CSV}


def read(make: Maker, files: dict[str, bytes], *, tags: int = 1) -> Plots:
    repo = make([Tag("churn@v1.0.0")], commits=[{**PLAIN, **files}])
    return mreg.Registry.open(repo.path).plots("churn@v1.0.0")


def said(found: Plots) -> list[str]:
    return [it.message for it in found.problems]


def test_a_version_without_plots(make_repository: Maker) -> None:
    assert read(make_repository, {}) == Plots(("v1.0.0",), (), ())


def test_no_version_is_named(make_repository: Maker) -> None:
    with pytest.raises(UsageError, match="no version"):
        mreg.Registry.open(make_repository().path).plots()


@pytest.mark.parametrize(
    ("plots", "why"),
    [
        ("plots: 3", "dvc.yaml: plots is not a list"),
        ("plots: [3]", "dvc.yaml: its plot '3' is not a name with properties"),
        ("plots: [a.csv: 3]", "dvc.yaml: its plot 'a.csv' is not a name with properties"),
        ("plots: [a.csv: {y: 3}]", "dvc.yaml: in the plot a.csv, x or y is neither a column"),
        ("plots: [a.csv: {title: [x]}]", "dvc.yaml: in the plot a.csv, title is not a string"),
        ("plots: [a.csv: {y: acc}]", "cannot draw the plot a.csv: a.csv: it has no column acc"),
        ("plots: [gone.csv]", "gone.csv: it is not in its commit, or is empty"),
        ("plots: ['${it}.csv']", "dvc.yaml: the plot ${it}.csv has a name that only DVC"),
        ("plots: [../../etc/passwd]", "../../etc/passwd: it is outside the repository"),
        ("plots: [/etc/hosts.csv]", "/etc/hosts.csv: it is outside the repository"),
        ("plots: [a.csv", "dvc.yaml cannot be read"),
        ("plots: [artifacts.yaml]", "artifacts.yaml: it has no list of mappings"),
    ],
)
def test_what_cannot_be_drawn_is_a_sentence(make_repository: Maker, plots: str, why: str) -> None:
    found = read(make_repository, {"dvc.yaml": plots.encode()})
    assert not found.plots
    assert {it.code for it in found.problems} == {"MR029"}
    assert any(it.startswith(why) for it in said(found)), said(found)


def test_what_can_be_drawn_is_drawn_beside_what_cannot(make_repository: Maker) -> None:
    found = read(make_repository, {"dvc.yaml": b"plots: [gone.csv, a.csv: {x: step}]"})
    assert [it.id for it in found.plots] == ["a.csv"]
    assert len(found.problems) == 1


def test_templates_are_filled_in(make_repository: Maker) -> None:
    files = {
        "params.yaml": b"file: a\n",
        "dvc.yaml": b"plots: ['${file}.csv': {title: 'Of ${file}'}]",
    }
    found = read(make_repository, files)
    assert [(it.id, it.title) for it in found.plots] == [("a.csv", "Of a")]


def test_dvclive_s_folder_counts_where_no_dvc_yaml_names_it(make_repository: Maker) -> None:
    tsv = b"step\tacc\n0\t0.5\n"
    found = read(make_repository, {"dvclive/plots/metrics/train/acc.tsv": tsv})
    [plot] = found.plots
    assert plot.id == "dvclive/plots/metrics/train/acc.tsv"
    assert (plot.x_label, plot.y_label, plot.series[0].x) == ("step", "acc", (0,))


def test_dvclive_s_own_dvc_yaml_counts(make_repository: Maker) -> None:
    files = {
        "dvclive/dvc.yaml": b"plots: [plots/metrics: {x: step}]",
        "dvclive/plots/metrics/acc.tsv": b"step\tacc\n0\t0.5\n",
    }
    assert [it.id for it in read(make_repository, files).plots] == ["dvclive/plots/metrics/acc.tsv"]


def test_plots_of_other_models_stages_are_theirs(make_repository: Maker) -> None:
    files = {
        "artifacts.yaml": b"churn: {path: model.pkl}\nfraud: {path: fraud.pkl}\n",
        "b.csv": CSV,
        "dvc.yaml": (
            b"stages:\n"
            b"  one: {cmd: a, outs: [model.pkl], plots: [a.csv]}\n"
            b"  two: {cmd: b, outs: [fraud.pkl], plots: [b.csv]}\n"
            b"plots: [of both: {y: {a.csv: loss, b.csv: loss}}, b.csv]\n"
        ),
    }
    assert [it.id for it in read(make_repository, files).plots] == ["of both", "a.csv"]


def test_one_id_of_two_files_is_told_apart_as_dvc_does(make_repository: Maker) -> None:
    plots = b"plots: [loss: {y: {a.csv: loss}}]"
    files = {"dvc.yaml": plots, "m/dvc.yaml": plots, "m/a.csv": CSV}
    found = read(make_repository, {**files, "artifacts.yaml": b"churn: {path: m/model.pkl}\n"})
    assert [it.id for it in found.plots] == ["m/dvc.yaml::loss", "dvc.yaml::loss"]


def test_names_with_markup_and_bytes_are_texts(make_repository: Maker) -> None:
    name = "<script>alert(1)</script>"
    pipeline = f"plots: ['{name}': {{y: {{'{name}.csv': '{name}'}}, title: '{name}'}}]"
    files = {
        "dvc.yaml": pipeline.encode(),
        f"{name}.csv": f"{name}\n1\n".encode(),
    }
    [plot] = read(make_repository, files).plots
    assert (plot.id, plot.title, plot.series[0].field) == (name, name, name)


def test_links_pointers_and_wrong_images_are_sentences(
    make_repository: Maker, tmp_path: Path
) -> None:
    repo = make_repository([], commits=[PLAIN])
    (repo.path / "secret.csv").symlink_to("/etc/passwd")
    (repo.path / "lfs.csv").write_text(
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 12345\n"
    )
    (repo.path / "shown.png").write_text("<svg onload='alert(1)'/>")
    (repo.path / "dvc.yaml").write_text("plots: [secret.csv, lfs.csv, shown.png]")
    found = tagged(repo)
    assert not found.plots
    assert said(found) == [
        "secret.csv: it is a symbolic link, not a data file",
        "lfs.csv: it is a pointer of lfs, which stores the content elsewhere",
        "shown.png: an SVG image can contain scripts and links, so mreg does not show it",
    ]


def tagged(repo: Repository) -> Plots:
    """Commit all that is there beside what is committed, and read it as a version."""
    repo.git("add", "-A", "--", "secret.csv", "lfs.csv", "shown.png", "dvc.yaml")
    tree = repo.git("write-tree").strip()
    base = repo.git("ls-tree", "main").encode()
    added = repo.git("ls-tree", tree).encode()
    tree = repo.git("mktree", stdin=base + added).strip()
    commit = repo.git("commit-tree", "-m", "x", tree).strip()
    repo.git("tag", "-a", "-m", "x", "churn@v1.0.0", commit)
    return mreg.Registry.open(repo.path).plots("churn")


def test_two_versions_lie_over_one_another(make_repository: Maker) -> None:
    first = {**PLAIN, "dvc.yaml": b"plots: [a.csv: {title: One}]"}
    second = {"dvc.yaml": b"plots: [a.csv: {title: Two}, b.csv]", "b.csv": CSV}
    repo = make_repository([Tag("churn@v1.0.0"), Tag("churn@v2.0.0", 1)], commits=[first, second])
    found = mreg.Registry.open(repo.path).plots("churn@v1.0.0", "churn@v2.0.0")
    assert found.versions == ("v1.0.0", "v2.0.0")
    shown = [(it.id, it.title, [one.version for one in it.series]) for it in found.plots]
    assert shown == [("a.csv", "One", ["v1.0.0", "v2.0.0"]), ("b.csv", "b.csv", ["v2.0.0"])]


def test_each_version_is_read_as_its_own_dvc_yaml_says(make_repository: Maker) -> None:
    first = {**PLAIN, "dvc.yaml": b"plots: [a.csv: {x: step, y: loss}]"}
    second = {"a.csv": b"step,val\n0,3\n", "dvc.yaml": b"plots: [a.csv: {x: step, y: val}]"}
    repo = make_repository([Tag("churn@v1.0.0"), Tag("churn@v2.0.0", 1)], commits=[first, second])
    [plot] = mreg.Registry.open(repo.path).plots("churn@v1.0.0", "churn@v2.0.0").plots
    assert [(it.version, it.field, it.y) for it in plot.series] == [
        ("v1.0.0", "loss", (1, 0.5)),
        ("v2.0.0", "val", (3,)),
    ]
