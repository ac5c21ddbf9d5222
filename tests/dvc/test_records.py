"""Where DVC's files say that a path is kept."""

from __future__ import annotations

import pytest

from mreg.dvc import records

MD5 = "a304afb96060aad90176268345e10355"
LOCK = f"""\
schema: '2.0'
stages:
  train:
    outs:
    - {{path: model.pkl, md5: {MD5}, hash: md5}}
    - {{path: plots, md5: {MD5}.dir}}
""".encode()
YAML = b"stages:\n  train:\n    wdir: ..\n    outs:\n    - model.pkl: {remote: Far}\n"
POINTER = f"outs:\n- md5: {MD5}\n  path: model.pkl\n".encode()
IMPORT = f"""\
deps:
- path: models/m.pkl
  repo: {{url: https://example.com/r.git, rev_lock: '1'}}
outs:
- {{md5: {MD5}, path: model.pkl, remote: Near}}
""".encode()


def test_where_to_look() -> None:
    expected = ["a/m.pkl.dvc", "a.dvc", "a/dvc.lock", "dvc.lock", "a/dvc.yaml", "dvc.yaml"]
    assert records.files("a/m.pkl") == expected


@pytest.mark.parametrize(
    ("texts", "path", "found"),
    [
        ({}, "model.pkl", None),
        ({"dvc.lock": LOCK}, "model.pkl", ("dvc.lock", "model.pkl", None)),
        ({"dvc.lock": LOCK}, "plots/deep/a.json", ("dvc.lock", "plots", None)),
        ({"dvc.lock": LOCK}, "plot", None),
        ({"a/dvc.lock": LOCK}, "a/model.pkl", ("a/dvc.lock", "a/model.pkl", None)),
        ({"a/dvc.lock": LOCK, "a/dvc.yaml": YAML}, "a/model.pkl", None),
        (
            {"a/dvc.lock": LOCK, "a/dvc.yaml": YAML.replace(b"..", b"../a")},
            "a/model.pkl",
            ("a/dvc.lock", "a/model.pkl", "far"),
        ),
        (
            {"model.pkl.dvc": POINTER, "dvc.lock": LOCK},
            "model.pkl",
            ("model.pkl.dvc", "model.pkl", None),
        ),
        ({"model.pkl.dvc": IMPORT}, "model.pkl.dvc", ("model.pkl.dvc", "model.pkl", "near")),
        ({"dvc.lock": b"[", "model.pkl.dvc": b"["}, "model.pkl", None),
    ],
)
def test_who_says_where_a_path_is_kept(
    texts: dict[str, bytes], path: str, found: tuple[str, str, str | None] | None
) -> None:
    record = records.nearest(path, texts.get)
    assert (record and (record.stage.file, record.item.path, record.remote)) == found


def test_an_import_names_its_source() -> None:
    texts = {"model.pkl.dvc": IMPORT, "other.pkl.dvc": POINTER.replace(b"model", b"other")}
    found = [records.nearest(it, texts.get) for it in ("model.pkl", "other.pkl")]
    assert [it.source for it in found if it] == ["models/m.pkl of https://example.com/r.git", ""]


def test_of_two_files_that_name_a_path_its_own_counts_before_a_lock_and_the_nearest_first() -> None:
    texts = {
        "a/m.pkl.dvc": b"outs:\n- path: other.pkl\n",
        "a.dvc": b"outs:\n- path: a\n",
        "a/dvc.lock": b"stage:\n  outs:\n  - path: m.pkl\n",
    }
    found = [records.nearest(it, texts.get) for it in ("a/m.pkl", "a/n.pkl", "a")]
    assert [it and it.stage.file for it in found] == ["a/dvc.lock", "a.dvc", "a.dvc"]
