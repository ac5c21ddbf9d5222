"""What nobody could get is not registered: it is told before there is a tag for good."""

from __future__ import annotations

import pytest

from commandline import CommandLine
from repositories import Maker, Repository, Tag

CONFLICT = "<<<<<<< HEAD\n{0}=======\n{0}>>>>>>> theirs\n"
OUT = "outs:\n- md5: 0123456789abcdef0123456789abcdef\n  path: churn.bin\n"
LOCK = (
    "schema: '2.0'\nstages:\n  train:\n    cmd: x\n    outs:\n    - path: models/churn.bin\n"
    "      md5: 0123456789abcdef0123456789abcdef\n"
)
ANNOTATED = {"artifacts.yaml": b"churn:\n  path: models/churn.bin\n"}
BROKEN = {
    "not in the commit": ({}, "models/churn.bin is not in its commit "),
    "a .dvc file in conflict": (
        {"models/churn.bin.dvc": CONFLICT.format(OUT)},
        "models/churn.bin.dvc cannot be read: line 1: the line begins with <<<<<<<: a merge",
    ),
    "a dvc.lock in conflict": (
        {"dvc.lock": CONFLICT.format(LOCK)},
        "dvc.lock cannot be read: line 1: the line begins with <<<<<<<: a merge conflict",
    ),
    "made by DVC, and not locked": (
        {"dvc.yaml": "stages:\n  train:\n    cmd: x\n    outs: [models/churn.bin]\n"},
        "a stage in dvc.yaml makes it, and no dvc.lock in that commit records it: run `dvc repro`",
    ),
}


@pytest.fixture(params=list(BROKEN.values()), ids=list(BROKEN))
def broken(request: pytest.FixtureRequest, make_repository: Maker) -> tuple[Repository, str]:
    """A repository whose model cannot be had, and what is said of it."""
    files, said = request.param
    made = make_repository(
        [Tag("other@v1.0.0")], commits=[ANNOTATED | {it: files[it].encode() for it in files}]
    )
    made.git("checkout", "-q", "-f", "main")
    return made, said


def test_it_is_told_before_there_is_a_tag(
    broken: tuple[Repository, str], mreg: CommandLine
) -> None:
    repository, said = broken
    before = repository.refs()
    for words in (("register", "churn"), ("promote", "churn", "prod", "--register")):
        done = mreg(*words, "--new", repo=repository)
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith("error: `mreg get` would refuse this version: churn: ")
        assert said in done.err
        assert "commit the file" not in done.err or said.startswith("models/churn.bin is not in")
        assert "; --force registers it anyway\n" in done.err
    assert repository.refs() == before


def test_by_force_it_is_registered_and_doctor_finds_it(
    broken: tuple[Repository, str], mreg: CommandLine
) -> None:
    repository, said = broken
    done = mreg.ok("register", "churn", "--force", "--json", repo=repository)
    assert [it["code"] for it in done.json["problems"]] == ["MR052"]
    (found,) = mreg.ok("doctor", "--json", repo=repository).json["problems"]
    assert (found["code"], found["subject"]) == ("MR053", "churn@v0.0.1")
    assert said in f"{found['message']} {found['remedy']}"
    refused = mreg("get", "churn", repo=repository)
    assert said in refused.err


def test_validate_finds_it(broken: tuple[Repository, str], mreg: CommandLine) -> None:
    repository, said = broken
    (found,) = mreg("validate", "--format", "json", repo=repository).json["findings"]
    of_dvc = "cannot be read" in said
    assert found["code"] == ("MA056" if of_dvc else "MA050")
    assert not of_dvc or said in found["message"]


def test_doctor_looks_at_what_people_get(make_repository: Maker, mreg: CommandLine) -> None:
    """An older version, which holds no stage, nobody asks for by itself."""
    tags = [Tag("churn@v1.0.0"), Tag("churn@v1.1.0"), Tag("churn@v1.2.0")]
    promotion = Tag("churn#prod#1", 0, 9, "Go\n\nVersion: v1.1.0")
    made = make_repository([*tags, promotion], commits=[ANNOTATED])
    found = mreg.ok("doctor", "--json", repo=made).json["problems"]
    subjects = [it["subject"] for it in found if it["code"] == "MR053"]
    assert subjects == ["churn@v1.1.0", "churn@v1.2.0"]


def test_a_conflict_in_annotations_is_named(make_repository: Maker, mreg: CommandLine) -> None:
    text = CONFLICT.format("churn:\n  type: model\n")
    made = make_repository([Tag("other@v1.0.0")], commits=[{"artifacts.yaml": text.encode()}])
    made.git("checkout", "-q", "-f", "main")
    done = mreg("register", "churn", "--new", repo=made)
    assert "the line begins with <<<<<<<: a merge conflict is not resolved" in done.err
    (found,) = mreg("validate", "--format", "json", repo=made).json["findings"]
    assert (found["code"], found["line"]) == ("MA004", 1)


def test_what_a_digest_is_recorded_of_needs_not_be_in_git(
    make_repository: Maker, mreg: CommandLine
) -> None:
    files = {**ANNOTATED, ".gitignore": b"/models\n"}
    made = make_repository([Tag("other@v1.0.0")], commits=[files])
    made.git("checkout", "-q", "-f", "main")
    (made.path / "models").mkdir()
    (made.path / "models" / "churn.bin").write_bytes(b"model")
    done = mreg("register", "churn", "--new", repo=made)
    assert (done.code, "`mreg register --digest`" in done.err) == (1, True)
    done = mreg.ok("register", "churn", "--new", "--digest", "--json", repo=made)
    assert (done.json["version"], done.json["problems"]) == ("v0.0.1", [])


def test_a_damaged_pointer_is_told_as_what_is_not_registered_yet(
    make_repository: Maker, mreg: CommandLine
) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 3\n"
    files = {**ANNOTATED, "models/churn.bin": pointer}
    made = make_repository([Tag("other@v1.0.0")], commits=[files])
    made.git("checkout", "-q", "-f", "main")
    done = mreg("register", "churn", "--new", repo=made)
    assert "models/churn.bin is a pointer of Git LFS that cannot be followed" in done.err
    assert "hint: replace it with the file itself, and commit that; then register that" in done.err


def test_a_stage_in_a_folder_that_dvc_alone_knows_makes_no_file_unreadable(
    make_repository: Maker, mreg: CommandLine
) -> None:
    """Nor is it a reason to refuse what is kept elsewhere, with its digest."""
    files = {
        **ANNOTATED,
        ".gitignore": b"/models\n",
        "dvc.yaml": b"stages:\n  train: {wdir: '${folder}', cmd: x, outs: [other.bin]}\n",
        "dvc.lock": LOCK.replace("models/churn", "other").encode(),
    }
    made = make_repository([Tag("other@v1.0.0")], commits=[files])
    made.git("checkout", "-q", "-f", "main")
    (made.path / "models").mkdir()
    (made.path / "models" / "churn.bin").write_bytes(b"model")
    mreg.ok("validate", "artifacts.yaml", repo=made)
    done = mreg.ok("register", "churn", "--new", "--digest", "--json", repo=made)
    assert (done.json["version"], done.json["problems"]) == ("v0.0.1", [])
