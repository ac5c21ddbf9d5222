"""Imports into real repositories, from a made-up registry: what is there then, and what not."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from typing import Any

import pytest

from import_sources import PLACE, MadeUpSource, model, version
from mreg import Registry
from mreg.git import process
from mreg.importers import report
from mreg.importers.carry import Bytes, Carried, Carrying, carry, planned
from mreg.importers.plan import Naming, Refusal
from repositories import START, Maker, Repository

CHURN = model(
    "Churn model",
    version("Churn model", 1, 1_000_000, description="first"),
    version("Churn model", 2, 1_000_500, tags={"team": "é\0"}, about={"user": "bob"}),
    description="Who leaves",
    held={"prod": "2"},
)
FRAUD = model("fraud", version("fraud", 1, 1_000_100))
FILES = {"MLmodel": b"flavors: {}\n", "data/model.pkl": b"\x80\x00\r\n", "big": b"x" * 2_000_000}


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return make_repository()


def imported(
    repo: Repository, source: MadeUpSource, keep: Bytes = "url", **more: Any
) -> list[Carried]:
    registry = Registry.open(repo.path)
    how = Carrying(keep, **more)
    return [*carry(source, registry, planned(source, registry, (), Naming()), how)]


def failure(found: Carried) -> str:
    assert not found.done
    assert found.failure
    return found.failure.message


class TestWhatIsRecorded:
    def test_versions_at_their_times_and_promotions_now(self, repo: Repository) -> None:
        status, head = repo.git("status", "--porcelain"), repo.git("rev-parse", "HEAD")
        assert [it.done for it in imported(repo, MadeUpSource(CHURN, FRAUD))] == [True, True]
        registry = Registry.open(repo.path)
        events = registry.history("Churn-model", reverse=True)
        assert [(it.action, it.version, it.created_at.timestamp()) for it in events] == [
            ("register", "v1.0.0", 1_000_000),
            ("register", "v2.0.0", 1_000_500),
            ("promote", "v2.0.0", START),
        ]
        assert [it.trailers["Imported-From"] for it in events] == [
            f"{PLACE}/Churn%20model/1",
            f"{PLACE}/Churn%20model/2",
            f"{PLACE}/Churn%20model/2#prod",
        ]
        assert events[0].message == (
            "first\n\nImported from a made-up registry: Churn model version 1"
        )
        assert events[1].message == "Imported from a made-up registry: Churn model version 2"
        assert registry.doctor() == tuple(it for it in registry.doctor() if it.code == "MR028")
        assert (repo.git("status", "--porcelain"), repo.git("rev-parse", "HEAD")) == (status, head)

    @pytest.mark.parametrize("when", [-1, START + 10**9, 2**60])
    def test_a_time_that_no_event_could_have_leaves_a_version_out(
        self, repo: Repository, when: int
    ) -> None:
        odd = model("odd", version("odd", 1, 1_000_000), version("odd", 2, when))
        (found,) = imported(repo, MadeUpSource(odd))
        assert found.done
        assert found.plan.left_out["2"].startswith("its creation time is ")
        assert [it.version for it in Registry.open(repo.path).history()] == ["v1.0.0"]

    def test_what_a_version_is_stands_at_its_own_commit(self, repo: Repository) -> None:
        imported(repo, MadeUpSource(CHURN))
        registry = Registry.open(repo.path)
        said = registry.annotation("Churn-model@v2.0.0")
        assert (said.type, said.path, said.description) == ("model", "s3://bucket/2", "Who leaves")
        assert said.metrics["accuracy"] == 0.2
        assert str(said.metrics["loss"]) == "nan"
        assert said.custom["made"] == {
            "model": "Churn model",
            "version": "2",
            "created": "1970-01-12T13:55:00.000+00:00",
            "user": "bob",
            "run": "r-1",
            "tags": {"team": "é\ufffd"},
        }
        commits = repo.git("log", "--format=%at %ct %an %s", "imported/Churn-model").splitlines()
        assert commits == [
            "1000500 1000500 Ann Example Import Churn-model v2.0.0",
            "1000000 1000000 Ann Example Import Churn-model v1.0.0",
        ]

    def test_again_only_what_is_new(self, repo: Repository) -> None:
        imported(repo, MadeUpSource(CHURN))
        before = repo.refs()
        (again,) = imported(repo, MadeUpSource(CHURN))
        assert (again.done, again.plan.is_new, again.plan.refusals) == (True, False, ())
        assert repo.refs() == before
        third = version("Churn model", 3, 1_000_600)
        more = CHURN._replace(versions=(*CHURN.versions, third), held={"prod": "3"})
        imported(repo, MadeUpSource(more))
        after = repo.refs()
        assert {it for it in after if after[it] != before.get(it)} == {
            "refs/tags/Churn-model@v3.0.0",
            "refs/tags/Churn-model#prod#2",
            "refs/heads/imported/Churn-model",
        }
        registry = Registry.open(repo.path)
        assert registry.resolve("Churn-model#prod").version == "v3.0.0"
        assert registry.tampering(offline=True) == ()
        count = repo.git("rev-list", "--count", "imported/Churn-model")
        assert count.strip() == "3", "the branch goes on"

    def test_a_branch_that_is_gone_begins_where_it_ended(self, repo: Repository) -> None:
        imported(repo, MadeUpSource(FRAUD))
        repo.git("branch", "-D", "imported/fraud")
        more = FRAUD._replace(versions=(*FRAUD.versions, version("fraud", 2, 1_000_900)))
        imported(repo, MadeUpSource(more))
        assert repo.git("rev-list", "--count", "imported/fraud").strip() == "2"

    @pytest.mark.parametrize("object_format", ["sha1", "sha256"])
    def test_into_an_empty_repository(self, make_repository: Maker, object_format: str) -> None:
        repo = make_repository.empty(object_format=object_format)
        assert [it.done for it in imported(repo, MadeUpSource(FRAUD, files=FILES), "git")] == [True]
        assert repo.git("fsck", "--strict") == ""


class TestFiles:
    @pytest.mark.parametrize("keep", ["git", "lfs"])
    def test_they_are_got_as_they_were(self, repo: Repository, tmp_path: Path, keep: Bytes) -> None:
        imported(repo, MadeUpSource(FRAUD, files=FILES), keep)
        registry = Registry.open(repo.path)
        assert registry.annotation("fraud").path == "models/fraud"
        got = registry.get("fraud@v1.0.0", tmp_path / "got")
        assert {it: (got / it).read_bytes() for it in FILES} == FILES
        blob = repo.git("show", "imported/fraud:models/fraud/MLmodel")
        assert blob.startswith("version https://git-lfs" if keep == "lfs" else "flavors")

    def test_a_model_that_is_one_file_is_that_file(self, repo: Repository, tmp_path: Path) -> None:
        imported(repo, MadeUpSource(FRAUD, files={"a/model.pkl": b"bytes"}), "git")
        assert Registry.open(repo.path).annotation("fraud").path == "models/fraud/model.pkl"
        assert Registry.open(repo.path).get("fraud").read_bytes() == b"bytes"

    def test_without_them_nothing_of_a_model_is_recorded(self, repo: Repository) -> None:
        before = repo.refs()
        (found,) = imported(repo, MadeUpSource(FRAUD), "git")
        assert failure(found) == "version 1: the bucket is gone"
        assert repo.refs() == before
        (found,) = imported(repo, MadeUpSource(FRAUD), "git", allow_missing=True)
        assert found.done
        assert found.notes == ("version 1: the bucket is gone; it is imported without files",)

    @pytest.mark.parametrize(
        "path", [".git/config", "a/.GIT/x", "a\nb", "a\x1bb", "a/GIT~1", ".git. :x", "a\\.git\\b"]
    )
    def test_no_commit_holds_what_git_or_a_terminal_could_be_fooled_by(
        self, repo: Repository, path: str
    ) -> None:
        before = repo.refs()
        (found,) = imported(repo, MadeUpSource(FRAUD, files={path: b"", "b": b""}), "git")
        assert "mreg cannot commit" in failure(found)
        assert repo.refs() == before

    def test_no_link_is_followed(self, repo: Repository, tmp_path: Path) -> None:
        class Linking(MadeUpSource):
            def download(self, model: Any, version: Any, folder: Path) -> None:
                (folder / "model.pkl").symlink_to(tmp_path / "secret")
                (folder / "b").touch()

        (tmp_path / "secret").write_text("secret")
        (found,) = imported(repo, Linking(FRAUD), "git")
        assert "'model.pkl' is neither a file nor a folder" in failure(found)

    def test_what_lies_damaged_in_lfs_is_found(self, repo: Repository) -> None:
        imported(repo, MadeUpSource(FRAUD, files={"a": b"bytes"}), "lfs")
        (kept,) = (it for it in (repo.path / ".git/lfs").rglob("*") if it.is_file())
        kept.write_bytes(b"other")
        other = model("other", version("other", 1, 1_000_000))
        found = imported(repo, MadeUpSource(FRAUD, other, files={"a": b"bytes"}), "lfs")
        assert "has the digest" in failure(found[1])

    def test_dvc_keeps_them_only_in_a_project_of_its_own(self, repo: Repository) -> None:
        before = repo.refs()
        (found,) = imported(repo, MadeUpSource(FRAUD, files=FILES), "dvc")
        assert "is not a DVC project: HEAD has no file .dvc/config" in failure(found)
        (repo.path / ".dvc").mkdir()
        (repo.path / ".dvc/config").touch()
        (found,) = imported(repo, MadeUpSource(FRAUD, files=FILES), "dvc")
        assert "is not a DVC project" in failure(found)
        repo.git("add", ".dvc")
        repo.git("commit", "-q", "-m", "DVC")
        (found,) = imported(
            repo, MadeUpSource(FRAUD, files={"a/.dvcignore": b"b", "b": b""}), "dvc"
        )
        assert "DVC does not accept 'a/.dvcignore'" in failure(found)
        assert {**repo.refs(), "refs/heads/main": ""} == {**before, "refs/heads/main": ""}
        assert imported(repo, MadeUpSource(FRAUD, files=FILES), "dvc")[0].done
        assert repo.git("show", "imported/fraud:models/.gitignore") == "/fraud\n"


def test_no_name_begins_a_line_of_its_own(repo: Repository) -> None:
    """Else a model's name could say that another was imported."""
    name = "x\nImported y as y"
    odd = model(name, version(name, 1, 1, fault="a\nb"), version(name, 2, 2))._replace(
        notes=(name,)
    )
    found = imported(repo, MadeUpSource(odd), "git")
    refused = found[0].plan._replace(refusals=(Refusal(name, name),))
    lines = [*report.remarks([found[0].plan, refused]), *report.failures(found)]
    starts = {it.partition(" ")[0] for text in lines for it in text.splitlines()}
    assert starts <= {"note:", "refused:", "failed:", ""}


class TestWholeModelsOnly:
    """Whatever ends an import, a model is there as a whole or not at all; the next run goes on."""

    @pytest.mark.parametrize("at", [1, 2, 3])
    def test_interrupted_while_versions_are_read(self, repo: Repository, at: int) -> None:
        source = MadeUpSource(FRAUD, CHURN)
        left = at

        def interrupt(_: str) -> None:
            nonlocal left
            left -= 1
            if not left:
                raise KeyboardInterrupt

        source.before = interrupt
        with pytest.raises(KeyboardInterrupt):
            imported(repo, source)
        tags = {it for it in repo.refs() if it.startswith("refs/tags/")}
        assert tags == ({"refs/tags/fraud@v1.0.0"} if at > 1 else set())
        source.before = lambda _: None
        assert all(it.done for it in imported(repo, source))
        assert len(Registry.open(repo.path).history()) == 4

    @pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
    def test_ended_while_git_is_told(
        self, repo: Repository, monkeypatch: pytest.MonkeyPatch, share: float
    ) -> None:
        """Git hears a part of it, and then nothing, as where a process is killed at it."""
        attempt = process.attempt

        def cut(opened: Any, source: bytes, *arguments: str, **more: Any) -> Any:
            whole = arguments[0] != "update-ref"
            return attempt(
                opened, source if whole else source[: int(len(source) * share)], *arguments, **more
            )

        before = repo.refs()
        with monkeypatch.context() as patch:
            patch.setattr(process, "attempt", cut)
            imported(repo, MadeUpSource(CHURN))
        assert repo.refs() == before
        assert [it.done for it in imported(repo, MadeUpSource(CHURN))] == [True]

    def test_one_that_fails_keeps_no_other_from_being_imported(self, repo: Repository) -> None:
        bad = model("bad", version("bad", 1, 1), held={"a": "1"})
        source = MadeUpSource(bad, FRAUD)
        repo.git("branch", "imported/bad", "HEAD")
        found = imported(repo, source)
        assert failure(found[0]) == ("the branch imported/bad already exists with other contents")
        assert found[1].done

    @pytest.mark.parametrize("beside", ["imported", "imported/fraud/x"])
    def test_a_branch_beside_another_that_would_be_its_folder(
        self, repo: Repository, beside: str
    ) -> None:
        repo.git("branch", beside)
        (found,) = imported(repo, MadeUpSource(FRAUD))
        assert failure(found) == (
            f"Git cannot hold the branch imported/fraud beside the branch {beside}"
        )

    @pytest.mark.parametrize(
        ("error", "said"), [(errno.ENOSPC, ": No space left on device"), (0, "has the digest")]
    )
    def test_no_part_of_a_file_is_left_with_its_keeper(
        self, repo: Repository, monkeypatch: pytest.MonkeyPatch, error: int, said: str
    ) -> None:
        def copyfile(source: Path, target: Path) -> None:
            target.write_bytes(source.read_bytes()[:5])
            if error:
                raise OSError(error, "No space left on device", str(target))

        before = repo.refs()
        monkeypatch.setattr(shutil, "copyfile", copyfile)
        (found,) = imported(repo, MadeUpSource(FRAUD, files=FILES), "lfs")
        assert said in failure(found)
        assert repo.refs() == before
        assert not any(it.is_file() for it in (repo.path / ".git/lfs").rglob("*"))

    def test_a_branch_that_is_checked_out_is_not_moved(self, repo: Repository) -> None:
        imported(repo, MadeUpSource(FRAUD))
        repo.git("switch", "-q", "imported/fraud")
        more = FRAUD._replace(versions=(*FRAUD.versions, version("fraud", 2, 1_000_900)))
        (found,) = imported(repo, MadeUpSource(more))
        assert "is checked out" in failure(found)

    def test_the_policy_is_asked(self, repo: Repository) -> None:
        """Imported events are events: who may not register may not import."""
        (repo.path / ".mreg.yaml").write_text(POLICY)
        repo.git("add", ".mreg.yaml")
        repo.git("commit", "-q", "-m", "Policy")
        before = repo.refs()
        (found,) = imported(repo, MadeUpSource(CHURN))
        assert "bob" in failure(found)
        assert repo.refs() == before


POLICY = """\
principals:
  bob: {emails: [bob@sample.org]}
register: {by: bob}
"""
