"""A path in a submodule: it is named by whoever is asked about it."""

from __future__ import annotations

import pytest

from commandline import CommandLine
from mreg import Registry
from mreg.errors import Refused
from repositories import Maker, Repository

ANNOTATED = b"""\
churn:
  path: libs/sub/model.bin
  metrics: [libs/sub/metrics.json]
whole:
  path: libs/sub
plain:
  path: libs/own.bin
"""


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    """A repository with a submodule that is checked out, and with models in and beside it."""
    made = make_repository(commits=[{"artifacts.yaml": ANNOTATED, "libs/own.bin": b"own"}])
    made.git("reset", "-q", "--hard")
    (made.path / "libs" / "sub").mkdir()
    (made.path / "libs" / "sub" / "model.bin").write_bytes(b"weights")
    (made.path / "libs" / "sub" / "metrics.json").write_bytes(b'{"auc": 1}')
    modules = '[submodule "s"]\n\tpath = libs/sub\n\turl = ../s\n'
    (made.path / ".gitmodules").write_text(modules)
    made.git("update-index", "--add", "--cacheinfo", f"160000,{made.commits[0]},libs/sub")
    made.git("add", ".gitmodules")
    made.git("commit", "-q", "-m", "Add a submodule")
    return made


def test_validate_names_it(repo: Repository, mreg: CommandLine) -> None:
    found = mreg("validate", "--format", "json", repo=repo)
    assert found.code == 1
    assert [(it["code"], it["line"]) for it in found.json["findings"]] == [
        ("MA055", 2),
        ("MA055", 3),
        ("MA055", 5),
    ]
    assert "libs/sub/model.bin is in the submodule libs/sub" in found.json["findings"][0]["message"]


@pytest.mark.parametrize("name", ["churn", "whole"])
def test_register_and_get_name_it(name: str, repo: Repository, mreg: CommandLine) -> None:
    done = mreg.ok("register", name, "--json", "--allow-dirty", "--force", repo=repo)
    assert "MR052" in [it["code"] for it in done.json["problems"]]
    named = "libs/sub is a submodule" if name == "whole" else "is in the submodule libs/sub"
    assert f"{named}: its content is in another repository" in done.err
    with pytest.raises(Refused, match=f"{named}: its content is in another repository"):
        Registry.open(repo.path).get(name)


def test_lineage_names_it(repo: Repository, mreg: CommandLine) -> None:
    """Of a version, and of an input."""
    more = b"made: {path: libs/own.bin, inputs: [{path: libs/sub/data.csv}]}\n"
    (repo.path / "artifacts.yaml").write_bytes(ANNOTATED + more)
    repo.git("commit", "-q", "-a", "-m", "Name an input")
    for name in ("churn", "whole", "made"):
        mreg.ok("register", name, "--force", repo=repo)
    elsewhere = "its contents are in another repository"
    for name, said in {
        "churn": f"libs/sub/model.bin is in the submodule libs/sub: {elsewhere}",
        "whole": f"libs/sub is a submodule: {elsewhere}",
        "made": f"it is in the submodule libs/sub: {elsewhere}",
    }.items():
        assert said in mreg.ok("lineage", name, "--json", repo=repo).out


def test_beside_it_all_is_well(repo: Repository, mreg: CommandLine) -> None:
    assert mreg.ok("register", "plain", "--allow-dirty", repo=repo).err == ""
    assert Registry.open(repo.path).get("plain").read_bytes() == b"own"
