"""What is on disk and not committed is not registered without a word; what is not annotated is."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import subprocess
from pathlib import Path

import pytest

from commandline import CommandLine
from mreg import Registry
from mreg.errors import Refused
from repositories import Maker, Repository

FILES = {
    "artifacts.yaml": b"churn:\n  path: models/churn.pkl\n  metrics: [metrics.json]\n"
    b"  params: [params.yaml]\n  requirements: requirements.txt\nother: {path: other.pkl}\n",
    "models/churn.pkl": b"old model",
    "metrics.json": b'{"accuracy": 0.902}',
    "params.yaml": b"depth: 3\n",
    "requirements.txt": b"numpy==2.0\n",
    "other.pkl": b"another",
    "train.py": b"print()\n",
    "dvc.yaml": b"stages: {}\n",
}


def checked_out(make_repository: Maker, files: dict[str, bytes]) -> Repository:
    made = make_repository(commits=[files])
    made.git("checkout", "-q", "-f", "main")
    return made


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return checked_out(make_repository, FILES)


def refused(repo: Repository | Path, mreg: CommandLine, *command: str) -> list[str]:
    """Return what a refused command names; it must have made nothing."""
    done = mreg(*(command or ("register", "churn")), repo=repo)
    assert (done.code, done.out) == (1, ""), done
    first, second, *rest = done.err.splitlines()
    assert not rest
    assert first.startswith("error: there are uncommitted changes: ")
    assert second.endswith("; or pass --allow-dirty to continue with the committed files")
    return first.partition("changes: ")[2].split(", ")


def test_a_changed_file_of_the_artifact_is_refused(repo: Repository, mreg: CommandLine) -> None:
    for path in FILES.keys() - {"other.pkl", "train.py"}:
        (repo.path / path).write_bytes(FILES[path] + b"\n\n")
        assert refused(repo, mreg) == [path]
        (repo.path / path).write_bytes(FILES[path])


def test_all_that_is_changed_new_or_gone_is_named_and_the_hint_mends_it(
    repo: Repository, mreg: CommandLine
) -> None:
    mreg.ok("annotate", "churn", "--path", "models/a new one.pkl", repo=repo)
    (repo.path / "models/a new one.pkl").write_bytes(b"new model")
    (repo.path / "metrics.json").unlink()
    repo.git("add", "metrics.json")
    (repo.path / ".mreg.yaml").write_text("push: false\n")
    (repo.path / "train.py").write_text("print(1)\n")
    names = [".mreg.yaml", "artifacts.yaml", "metrics.json", "models/a new one.pkl"]
    assert sorted(refused(repo, mreg, "register", "churn", "@", "--dry-run")) == names
    inside = sorted(refused(repo.path / "models", mreg, "promote", "churn", "prod", "--register"))
    assert inside == ["../.mreg.yaml", "../artifacts.yaml", "../metrics.json", "a new one.pkl"]
    hint = mreg("register", "churn", repo=repo.path / "models").err.splitlines()[1]
    command = hint.removeprefix("hint: ").partition(", then run the command again")[0]
    shell = command.replace("git commit", "git commit -q -m Mend")
    subprocess.run(["sh", "-c", shell], cwd=repo.path / "models", check=True)
    mreg.ok("register", "churn", repo=repo)
    assert repo.git("status", "--porcelain") == " M train.py\n"


def test_what_is_not_the_artifacts_and_what_names_its_commit_goes_on(
    repo: Repository, mreg: CommandLine
) -> None:
    for path in ("other.pkl", "train.py", "new.txt"):
        (repo.path / path).write_bytes(b"changed")
    assert mreg.ok("register", "churn", repo=repo).err == ""
    assert refused(repo, mreg, "register", "other") == ["other.pkl"]
    assert refused(repo, mreg, "register", "other", "--digest") == ["other.pkl"]
    mreg.ok("register", "other", "--allow-dirty", repo=repo)
    (repo.path / "metrics.json").write_text("{}")
    mreg.ok("register", "churn", repo.commits[0], "--force", repo=repo)
    mreg.ok("promote", "churn", "dev", repo=repo)


def test_a_changed_input_and_a_new_example_are_refused_and_a_new_input_is_told(
    make_repository: Maker, mreg: CommandLine
) -> None:
    """A version named the data of the commit, and not those that it was trained from."""
    said = (
        b"churn:\n  path: m.pkl\n  inputs: [{path: data/a.csv}, {path: new.csv}]\n"
        b"  schema: {input: {type: integer}, example: e.json}\n"
    )
    files = {"artifacts.yaml": said, "m.pkl": b"m", "data/a.csv": b"1", "data/b.csv": b"1"}
    repo = checked_out(make_repository, files)
    for name in ("data/a.csv", "data/b.csv", "new.csv"):
        (repo.path / name).write_text("2")
    (repo.path / "e.json").write_text('{"input": 1}')
    assert refused(repo, mreg) == ["data/a.csv", "e.json"]
    repo.git("add", "data/a.csv", "e.json")
    repo.git("commit", "-q", "-m", "Add the data")
    done = mreg("register", "churn", repo=repo)
    assert done.code == 0
    assert "the input new.csv is not in the commit" in done.err


@pytest.mark.parametrize("command", ["register churn", "promote churn prod --register"])
def test_what_has_a_version_is_refused_as_well(
    command: str, repo: Repository, mreg: CommandLine
) -> None:
    """Who has trained anew and not committed means that, and not the version that HEAD has."""
    mreg.ok("register", "churn", repo=repo)
    (repo.path / "metrics.json").write_text("{}")
    assert refused(repo, mreg, *command.split()) == ["metrics.json"]
    mreg.ok(*command.split(), "--allow-dirty", repo=repo)


def test_the_library_refuses_as_well(repo: Repository) -> None:
    registry = Registry.open(repo.path)
    (repo.path / "metrics.json").write_text("{}")
    with pytest.raises(Refused, match=r"uncommitted changes: metrics\.json"):
        registry.register("churn")
    registry.register("churn", allow_dirty=True)


def test_where_nothing_is_checked_out_nothing_is_compared(
    repo: Repository, mreg: CommandLine, tmp_path: Path
) -> None:
    for name, option in (("bare", "--bare"), ("empty", "--no-checkout")):
        repo.git("clone", "-q", option, str(repo.path), str(tmp_path / name))
        mreg.ok("register", "churn", repo=tmp_path / name)


def test_what_a_sparse_checkout_leaves_out_is_as_committed(
    repo: Repository, mreg: CommandLine
) -> None:
    repo.git("sparse-checkout", "set", "--no-cone", "/train.py")
    assert not (repo.path / "models").exists()
    mreg.ok("register", "churn", repo=repo)


def test_a_linked_work_tree_has_changes_of_its_own(
    repo: Repository, mreg: CommandLine, tmp_path: Path
) -> None:
    repo.git("worktree", "add", "-q", str(tmp_path / "linked"))
    (tmp_path / "linked/metrics.json").write_text("{}")
    assert refused(tmp_path / "linked", mreg) == ["metrics.json"]
    mreg.ok("register", "churn", repo=repo)


def test_what_a_filter_changes_is_as_the_filter_has_it(repo: Repository, mreg: CommandLine) -> None:
    """As with Windows line endings, and with Git LFS, whose program may not be installed."""
    repo.git("config", "core.autocrlf", "true")
    (repo.path / ".git/info").mkdir()
    (repo.path / ".git/info/attributes").write_text("*.pkl filter=upper\n")
    repo.git("config", "filter.upper.clean", "tr A-Z a-z")
    repo.git("config", "filter.upper.smudge", "tr a-z A-Z")
    repo.git("config", "filter.upper.required", "true")
    for path in ("models/churn.pkl", "params.yaml"):
        (repo.path / path).unlink()
        repo.git("checkout", "-q", path)
        os.utime(repo.path / path, (0, 0))  # so that Git has to look into it
    assert (repo.path / "models/churn.pkl").read_bytes() == b"OLD MODEL"
    assert (repo.path / "params.yaml").read_bytes() == b"depth: 3\r\n"
    mreg.ok("register", "churn", "--dry-run", repo=repo)
    repo.git("config", "filter.upper.clean", "not-installed")
    done = mreg("register", "churn", repo=repo)
    assert done.code == 1
    assert "cannot determine whether the files are committed" in done.err
    mreg.ok("register", "churn", "--allow-dirty", repo=repo)


def test_the_users_settings_of_git_status_hide_nothing(repo: Repository, mreg: CommandLine) -> None:
    repo.git("config", "status.showUntrackedFiles", "no")
    repo.git("config", "status.relativePaths", "false")
    (repo.path / ".mreg.yaml").write_text("push: false\n")
    assert refused(repo, mreg) == [".mreg.yaml"]


def test_a_submodule_that_moved_is_named(repo: Repository, mreg: CommandLine) -> None:
    (repo.path / "artifacts.yaml").write_text("churn: {path: sub}\n")
    allow = ("-c", "protocol.file.allow=always")
    repo.git(*allow, "submodule", "--quiet", "add", str(repo.path), "sub")
    repo.git("commit", "-q", "-a", "-m", "Take in a submodule")
    mreg.ok("register", "churn", "--force", repo=repo)
    sub = Repository(repo.path / "sub")
    sub.git("commit", "-q", "--allow-empty", "-m", "Go on")
    assert refused(repo, mreg, "register", "churn", "--force") == ["sub"]


def pointer(raw: bytes, path: str) -> bytes:
    """Return a .dvc file, as DVC 3 writes it."""
    digest = hashlib.md5(raw).hexdigest()
    return f"outs:\n- md5: {digest}\n  size: {len(raw)}\n  hash: md5\n  path: {path}\n".encode()


class TestDvc:
    """Git ignores what DVC keeps; a file in Git says what it is."""

    @pytest.fixture
    def repo(self, make_repository: Maker) -> Repository:
        lock = {"schema": "2.0", "stages": {"other": {"cmd": "x", "outs": [{"path": "o.bin"}]}}}
        files = {
            "artifacts.yaml": b"churn: {path: m/churn.pkl}\nnet: {path: m/net.pkl}\n",
            "m/churn.pkl.dvc": pointer(b"old model", "churn.pkl"),
            "m/net.pkl.dvc": pointer(b"a net", "net.pkl"),
            "m/.gitignore": b"/churn.pkl\n/net.pkl\n",
            "dvc.lock": json.dumps(lock).encode(),
        }
        made = checked_out(make_repository, files)
        (made.path / "m/churn.pkl").write_bytes(b"old model")
        return made

    def test_what_is_as_its_file_says_or_not_pulled_is_registered(
        self, repo: Repository, mreg: CommandLine
    ) -> None:
        mreg.ok("register", "churn", repo=repo)
        mreg.ok("register", "net", repo=repo)

    @pytest.mark.parametrize("content", [b"new model", b"a longer model"])
    def test_a_retrained_model_is_refused_before_and_after_dvc_knows_of_it(
        self, content: bytes, repo: Repository, mreg: CommandLine
    ) -> None:
        (repo.path / "m/churn.pkl").write_bytes(content)
        assert refused(repo, mreg) == ["m/churn.pkl (tracked by DVC)"]
        hint = mreg("register", "churn", repo=repo).err.splitlines()[1]
        wanted = "hint: dvc commit -f m/churn.pkl && git add m/churn.pkl.dvc && git commit, "
        assert hint.startswith(wanted)
        (repo.path / "m/churn.pkl.dvc").write_bytes(pointer(content, "churn.pkl"))
        assert refused(repo, mreg) == ["m/churn.pkl.dvc"]

    def test_a_lock_counts_where_it_says_something_of_the_artifact(
        self, repo: Repository, mreg: CommandLine
    ) -> None:
        lock = repo.path / "dvc.lock"
        lock.write_text(lock.read_text().replace('"x"', '"y"'))
        mreg.ok("register", "churn", "--dry-run", repo=repo)
        lock.write_text(lock.read_text().replace("o.bin", "m/churn.pkl"))
        assert refused(repo, mreg) == ["dvc.lock"]


class TestWithoutAnnotation:
    def test_it_is_said(self, make_repository: Maker, mreg: CommandLine) -> None:
        repo = make_repository()
        done = mreg.ok("register", "churn", "--json", repo=repo)
        (found,) = done.json["problems"]
        assert (found["code"], found["severity"]) == ("MR050", "info")
        assert done.err.startswith("note: churn v0.0.1 is not annotated in its commit; ")
        assert done.err.count("\n") == 1
        done = mreg.ok("promote", "new", "prod", "--register", "--json", repo=repo)
        assert [it["code"] for it in done.json["problems"]] == ["MR050"]
        assert mreg.ok("promote", "churn", "prod", "--register", repo=repo).err == ""

    def test_an_annotation_that_is_lost_is_said(
        self, make_repository: Maker, mreg: CommandLine
    ) -> None:
        """DVCLive writes the `artifacts:` of dvc.yaml anew, of what the last run logged."""
        both = b"artifacts: {churn: {path: a.pkl}, net: {path: b.pkl}}\n"
        after = b"artifacts: {net: {path: b.pkl}}\n"
        repo = make_repository(commits=[{"dvc.yaml": both, "a.pkl": b"a"}, {"dvc.yaml": after}])
        assert mreg.ok("register", "churn", repo.commits[0], repo=repo).err == ""
        for more in ("--dry-run", "--json"):
            done = mreg.ok("register", "churn", more, repo=repo)
            said = (
                "warning: churn v0.0.2 is not annotated, although v0.0.1 before it is (dvc.yaml); "
            )
            assert done.err.startswith(said)
        assert [it["code"] for it in done.json["problems"]] == ["MR051"]
        advised = done.err.split("`")[1]
        assert "-artifacts: {churn: " in repo.git(*shlex.split(advised)[1:])

    def test_what_get_will_refuse_is_said(self, make_repository: Maker, mreg: CommandLine) -> None:
        """A path that is mistyped, that Git ignores, or that is a link; a digest makes it good."""
        annotated = b"a: {path: m/a}\nb: {path: m/b}\nlink: {path: m/link}\n"
        files = {"artifacts.yaml": annotated, ".gitignore": b"m/b\n", "m/x": b"x"}
        repo = make_repository(commits=[files])
        repo.git("reset", "-q", "--hard")
        (repo.path / "m/b").write_bytes(b"weights")
        (repo.path / "m/link").symlink_to("x")
        repo.git("add", ".")
        repo.git("commit", "-q", "-m", "Add a link")
        for name, why in {
            "a": "m/a is not in its commit",
            "b": "m/b, and no SHA-256 is recorded",
            "link": "m/link is a symbolic link",
        }.items():
            assert why in mreg("register", name, repo=repo).err
            done = mreg.ok("register", name, "--json", "--force", repo=repo)
            assert [it["code"] for it in done.json["problems"]] == ["MR052"]
            assert done.err.startswith("warning: `mreg get` will refuse it: ")
            assert why in done.err
            assert why in mreg("get", name, repo=repo).err
            assert (
                f"run `mreg undo {name}` while no remote has it"
                in done.json["problems"][0]["remedy"]
            )
        mreg.ok("undo", "b", repo=repo)
        assert "mreg get" not in mreg.ok("register", "b", "--digest", repo=repo).err

    def test_an_input_that_the_commit_lacks_is_said(
        self, make_repository: Maker, mreg: CommandLine
    ) -> None:
        inputs = ("data/train.csv", "data/kept.csv", "data/whole/part.csv", "code", "mine/own.csv")
        listed = ", ".join(f"{{path: {it}}}" for it in inputs)
        md5 = "0123456789abcdef0123456789abcdef"
        files = {
            "artifacts.yaml": f"churn: {{path: m, inputs: [{listed}]}}\n".encode(),
            "m": b"model",
            "code/train.py": b"print()",
            "data/kept.csv.dvc": f"outs:\n- md5: {md5}\n  path: kept.csv\n".encode(),
            "dvc.lock": b"schema: '2.0'\nstages:\n  split:\n    cmd: x\n    outs:\n"
            b"    - path: data/whole\n      md5: " + md5.encode() + b".dir\n",
        }
        repo = make_repository(commits=[files])
        repo.git("reset", "-q", "--hard")
        (repo.path / "mine").mkdir()
        (repo.path / "mine/own.csv").write_text("x\n")
        said = [
            f"warning: the input {it} is not in the commit, and DVC does not track it"
            for it in ("data/train.csv", "mine/own.csv")
        ]
        assert [
            it.partition(";")[0]
            for it in mreg.ok("register", "churn", "--dry-run", repo=repo).err.splitlines()
        ] == said
        done = mreg.ok("promote", "churn", "prod", "--register", "--json", repo=repo)
        assert [it["code"] for it in done.json["problems"]] == ["MR054", "MR054"]
        assert "commit data/train.csv, or track it" in done.json["problems"][0]["remedy"]
        findings = mreg("validate", "--format", "json", repo=repo).json["findings"]
        assert [(it["code"], it["message"].partition(":")[0]) for it in findings] == [
            ("MA050", "data/train.csv does not exist"),
            ("MA057", "neither Git nor DVC tracks mine/own.csv"),
        ]
        repo.git("add", "mine")
        left = mreg("validate", "--format", "json", repo=repo).json["findings"]
        assert [it["code"] for it in left] == ["MA050"]

    def test_what_of_it_cannot_be_read_is_said(
        self, make_repository: Maker, mreg: CommandLine
    ) -> None:
        repo = make_repository(commits=[{"artifacts.yaml": b"churn: {metrics: [gone.json]}\n"}])
        done = mreg.ok("register", "churn", "--json", repo=repo)
        assert [it["code"] for it in done.json["problems"]] == ["MR021"]
        assert "gone.json: it is not in its commit" in done.err


def test_settings_that_set_nothing_are_not_missed(
    make_repository: Maker, mreg: CommandLine
) -> None:
    repo = checked_out(make_repository, FILES)
    settings = repo.path / ".mreg.yaml"
    mreg.ok("init", repo=repo)
    assert settings.read_text().startswith("#")
    mreg.ok("register", "churn", "--dry-run", repo=repo)
    settings.write_text("# Settings\npush: true\n")
    done = mreg("register", "churn", "--dry-run", repo=repo)
    assert done.code == 1
    assert "uncommitted changes: .mreg.yaml\n" in done.err


def test_nothing_committed_yet_names_the_files(tmp_path: Path, mreg: CommandLine) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    for command in (["register", "churn"], ["promote", "churn", "prod", "--register"]):
        done = mreg(*command, repo=tmp_path)
        assert done.code == 1
        assert "`git add` and `git commit`" in done.err
    for path in ("artifacts.yaml", "models/churn.pkl", "metrics.json"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(FILES[path])
    for command in (["register", "churn"], ["promote", "churn", "prod", "--register"]):
        done = mreg(*command, repo=tmp_path)
        hint = "hint: git add artifacts.yaml metrics.json models/churn.pkl && git commit\n"
        assert (done.code, done.err.endswith(hint)) == (1, True), done.err
