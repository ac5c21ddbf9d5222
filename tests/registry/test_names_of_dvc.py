"""What users of DVC type, and what they are told before a tag is made that nobody can take back."""

from __future__ import annotations

import pytest

from commandline import CommandLine
from mreg.core import names
from mreg.core.queries import parse_selector
from mreg.errors import InvalidName
from repositories import Maker, Repository, Tag


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("proj/dvc.yaml:net", "proj:net"),
        ("a/b/dvc.yaml:net", "a/b:net"),
        ("dvc.yaml:net", "net"),
        ("proj/artifacts.yaml:net", "proj:net"),
        ("artifacts.yaml:net", "net"),
        ("proj/my-dvc.yaml:net", "proj/my-dvc.yaml:net"),
        ("dvc.yaml/x:net", "dvc.yaml/x:net"),
        ("proj:net", "proj:net"),
    ],
)
def test_a_file_that_annotates_stands_for_its_folder(typed: str, name: str) -> None:
    assert names.artifact(typed) == name
    assert parse_selector(f"{typed}#prod").artifact == name


def test_the_root_has_no_artifact_of_no_name() -> None:
    with pytest.raises(InvalidName):
        names.artifact("dvc.yaml:")


@pytest.fixture
def repository(make_repository: Maker) -> Repository:
    """Return a project in a folder, with commits in which its dvc.yaml is bad in several ways."""
    good = b"artifacts: {net: {path: net.pkl, desc: x}, two: {path: two.pkl}}\n"
    made = make_repository(
        commits=[
            {"proj/dvc.yaml": good, "proj/net.pkl": b"x", "proj/two.pkl": b"y"},
            {"proj/dvc.yaml": b"artifacts: {net: [\n"},
            {"proj/dvc.yaml": b"artifacts:\n  net: {path: '${gone}/x'}\n  two: {path: two.pkl}\n"},
        ]
    )
    made.git("reset", "-q", "--hard", made.commits[0])
    return made


def test_it_is_the_same_artifact_in_every_command(
    repository: Repository, mreg: CommandLine
) -> None:
    typed = "proj/dvc.yaml:net"
    done = mreg.ok("register", typed, repo=repository)
    assert done.out == "Registered proj:net v0.0.1 (tag proj=net@v0.0.1) (new artifact)\n"
    done = mreg.ok("promote", f"{typed}@v0.0.1", "dev", repo=repository)
    assert done.out.startswith("Promoted proj:net v0.0.1 to dev")
    done = mreg.ok("promote", "--register", "--rev", "HEAD", typed, "prod", repo=repository)
    assert done.out.startswith("Promoted proj:net v0.0.1 to prod")
    assert set(repository.git("tag").split()) == {
        "proj=net@v0.0.1", "proj=net#dev#1", "proj=net#prod#2"
    }  # fmt: skip
    for command in (
        ["show", typed], ["show", f"{typed}#prod"], ["describe", typed], ["history", typed],
        ["compare", typed], ["changelog", typed], ["lineage", typed],
        ["deprecate", typed],
    ):  # fmt: skip
        said = mreg.ok(*command, repo=repository).out
        assert "proj:net" in said or "v0.0.1" in said, command
    done = mreg.ok("annotate", typed, "--type", "model", repo=repository)
    assert done.out == "Annotated proj:net in proj/artifacts.yaml\n"


def test_a_bare_name_is_looked_for_in_folders(repository: Repository, mreg: CommandLine) -> None:
    mreg.ok("register", "proj:net", repo=repository)
    mreg.ok("register", "proj:two", repo=repository)
    for command in (["show", "two"], ["history", "two@v0.0.1"]):
        done = mreg.ok(*command, repo=repository.path / "proj")
        assert done.err == "note: two is proj:two here\n"
    assert "note: two is proj:two here\n" in mreg("get", "two@v0.0.1", repo=repository).err
    done = mreg("promote", "two", "prod", repo=repository.path / "proj")
    assert done.code == 1
    assert "did you mean proj:two?" in done.err


@pytest.mark.parametrize("command", ["register net", "promote net dev --register"])
@pytest.mark.parametrize("registered", [True, False])
def test_a_bare_name_of_what_is_in_a_folder_makes_nothing_new(
    command: str, registered: bool, make_repository: Maker, mreg: CommandLine
) -> None:
    """Annotated or registered there, it is that one, and "net" of the root would be another."""
    said = {"proj/dvc.yaml": b"artifacts: {net: {path: net.pkl}}\n", "proj/net.pkl": b"x"}
    repo = make_repository([Tag("proj=net@v1.0.0")] if registered else [], commits=[said])
    repo.git("reset", "-q", "--hard")
    before = repo.refs()
    done = mreg(*command.split(), repo=repo)
    assert (done.code, repo.refs()) == (1, before)
    assert "there is no artifact 'net' yet: did you mean proj:net?" in done.err
    assert "(new artifact)" in mreg.ok(*command.split(), "--new", repo=repo).out


@pytest.mark.parametrize("command", [["register"], ["promote", "--register"]])
@pytest.mark.parametrize(
    ("number", "name", "said"),
    [
        (0, "proj/net.pkl:net", "proj/net.pkl is a file, not a folder"),
        (1, "proj:net", "proj/dvc.yaml in its commit: cannot read it: line 2:"),
        (2, "proj:net", "cannot resolve path: there is no gone in params.yaml or vars"),
    ],
)
def test_what_cannot_be_read_is_told_before_the_tag_is_made(
    repository: Repository, mreg: CommandLine, command: list[str], number: int, name: str, said: str
) -> None:
    commit = repository.commits[number]
    rest = [commit] if command == ["register"] else ["prod", "--rev", commit]
    done = mreg(*command, name, *rest, repo=repository)
    assert done.code == 1
    assert said in " ".join(done.err.split())
    assert repository.git("tag") == ""
    if number:
        mreg.ok(*command, name, *rest, "--force", repo=repository)


def test_what_can_be_read_is_registered(repository: Repository, mreg: CommandLine) -> None:
    mreg.ok("register", "proj:two", repository.commits[2], repo=repository)
    mreg.ok("register", "other", repository.commits[1], repo=repository)
