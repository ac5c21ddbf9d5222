"""Where mreg runs: bare and empty repositories, worktrees, folders, settings, and none at all."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from commandline import CommandLine, process
from repositories import Maker, Repository, Tag

TAGS = [Tag("churn@v1.0.0"), Tag("churn#prod#1", 0, 1)]
SHOWN = "name   type  latest  #prod\nchurn  -     v1.0.0  v1.0.0\n"

READING = [["show"], ["history"], ["stages"], ["doctor"], ["check-ref", "churn@v1.0.0"]]
WRITING = [
    ["register", "churn"],
    ["promote", "churn", "dev"],
    ["demote", "churn", "prod"],
    ["rollback", "churn", "prod"],
    ["deregister", "churn@v1.0.0", "--force"],
    ["deprecate", "churn"],
]


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return make_repository(TAGS)


class TestWhich:
    @pytest.mark.parametrize("folder", [".", "models/deep", ".git", ".git/refs"])
    def test_the_repository_around_the_current_folder(
        self, folder: str, repo: Repository, mreg: CommandLine
    ) -> None:
        here = repo.path / folder
        here.mkdir(parents=True, exist_ok=True)
        assert mreg.ok("show", repo=here).out == SHOWN
        mreg.ok("register", "churn", repo=here)

    @pytest.mark.parametrize("option", ["--repo", "-r"])
    def test_the_one_that_the_option_names(
        self, option: str, repo: Repository, tmp_path: Path, mreg: CommandLine
    ) -> None:
        assert mreg.ok("show", option, str(repo.path), repo=tmp_path).out == SHOWN
        mreg.ok("register", "churn", option, str(repo.path), repo=tmp_path)
        assert "refs/tags/churn@v1.0.1" in repo.refs()

    def test_the_one_that_the_environment_names(
        self,
        repo: Repository,
        tmp_path: Path,
        mreg: CommandLine,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("MREG_REPO", str(repo.path))
        assert mreg.ok("show", repo=tmp_path).out == SHOWN

    def test_the_option_counts_more_than_the_environment(
        self, repo: Repository, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MREG_REPO", "/nowhere")
        assert mreg.ok("show", "--repo", str(repo.path)).out == SHOWN

    @pytest.mark.parametrize("arguments", [*READING, *WRITING])
    def test_none(self, arguments: list[str], tmp_path: Path, mreg: CommandLine) -> None:
        done = mreg(*arguments, repo=tmp_path)
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith("error: there is no Git repository at ")
        assert "git init" in done.err

    @pytest.mark.parametrize("arguments", [*READING, *WRITING])
    def test_no_such_folder(self, arguments: list[str], mreg: CommandLine) -> None:
        done = mreg(*arguments, "--repo", "/no/such/folder")
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith("error: there is no folder /no/such/folder")

    @pytest.mark.parametrize("arguments", [["show"], ["register", "churn"]])
    def test_one_of_another_user_is_refused_with_what_to_do(
        self,
        arguments: list[str],
        repo: Repository,
        mreg: CommandLine,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        done = mreg(*arguments, repo=repo)
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith("error: Git does not trust the repository at ")
        assert f"--add safe.directory {repo.path}" in done.err

    def test_git_is_not_installed(
        self, repo: Repository, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(repo.path))
        done = mreg("show", repo=repo)
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith("error: git is not installed\nhint: ")


class TestKinds:
    def test_a_worktree(self, repo: Repository, tmp_path: Path, mreg: CommandLine) -> None:
        tree = tmp_path / "tree"
        repo.git("worktree", "add", "-q", "--detach", str(tree), repo.commits[1])
        assert mreg.ok("show", repo=tree).out == SHOWN
        found = mreg.ok("register", "churn", "--json", repo=tree).json
        assert found["commit"] == repo.commits[1]
        assert "refs/tags/churn@v1.0.1" in repo.refs()

    @pytest.mark.parametrize("arguments", [["show"], ["history"], ["stages"], ["doctor"]])
    def test_an_empty_repository_is_an_empty_registry(
        self, arguments: list[str], make_repository: Maker, mreg: CommandLine
    ) -> None:
        done = mreg(*arguments, repo=make_repository.empty())
        assert (done.code, done.out) == (0, "")
        assert done.err

    def test_nothing_can_be_registered_in_an_empty_repository(
        self, make_repository: Maker, mreg: CommandLine
    ) -> None:
        done = mreg("register", "churn", repo=make_repository.empty())
        assert (done.code, done.out) == (1, "")
        assert "the repository has no commits yet" in done.err
        assert "git commit" in done.err

    @pytest.mark.parametrize("arguments", WRITING[1:])
    def test_nothing_else_can_be_written_there_either(
        self, arguments: list[str], make_repository: Maker, mreg: CommandLine
    ) -> None:
        done = mreg(*arguments, repo=make_repository.empty())
        assert (done.code, done.out) == (1, "")
        assert "there is no artifact 'churn'" in done.err

    def test_a_repository_in_a_folder_of_odd_characters(
        self, make_repository: Maker, mreg: CommandLine
    ) -> None:
        repo = make_repository(TAGS, name="it's a [strange] $folder\n\u202e-é")
        assert mreg.ok("show", repo=repo).out == SHOWN
        mreg.ok("register", "churn", "--repo", str(repo.path))


class TestReading:
    @pytest.mark.parametrize("arguments", READING)
    def test_it_leaves_every_file_as_it_was(
        self, arguments: list[str], repo: Repository, mreg: CommandLine
    ) -> None:
        def files() -> dict[Path, tuple[int, int]]:
            found = (path for path in repo.path.rglob("*") if path.is_file())
            return {it: (it.stat().st_size, it.stat().st_mtime_ns) for it in found}

        before = files()
        mreg.ok(*arguments, repo=repo)
        assert files() == before

    @pytest.mark.parametrize("arguments", READING)
    def test_it_needs_no_identity(
        self,
        arguments: list[str],
        repo: Repository,
        mreg: CommandLine,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        without_identity(monkeypatch)
        mreg.ok(*arguments, repo=repo)

    def test_the_users_settings_do_not_change_the_answer(
        self, repo: Repository, mreg: CommandLine
    ) -> None:
        answers = [mreg.ok(*arguments, repo=repo) for arguments in READING]
        for name, value in (
            ("color.ui", "always"),
            ("core.pager", "false"),
            ("tag.sort", "-version:refname"),
            ("log.date", "relative"),
            ("i18n.logOutputEncoding", "latin-1"),
            ("core.quotePath", "true"),
        ):
            repo.git("config", name, value)
        assert [mreg.ok(*arguments, repo=repo) for arguments in READING] == answers


def without_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away all from which Git could know, or guess, who the user is."""
    Path(os.environ["GIT_CONFIG_GLOBAL"]).write_text("[user]\n\tuseConfigOnly = true\n")
    monkeypatch.delenv("EMAIL", raising=False)


class TestWriting:
    @pytest.mark.parametrize("arguments", WRITING)
    def test_without_an_identity_it_is_refused(
        self,
        arguments: list[str],
        repo: Repository,
        mreg: CommandLine,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        without_identity(monkeypatch)
        before = repo.contents()
        done = mreg(*arguments, repo=repo)
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith("error: Git does not know your name and e-mail address")
        assert "git config --global user.name" in done.err
        assert repo.contents() == before

    def test_a_stale_lock_is_named(self, repo: Repository, mreg: CommandLine) -> None:
        lock = repo.path / ".git/refs/tags/churn@v1.0.1.lock"
        lock.touch()
        before = repo.refs()
        done = mreg("register", "churn", repo=repo)
        assert (done.code, done.out) == (1, "")
        assert "churn@v1.0.1.lock" in done.err
        assert "\nhint: another Git process is running" in done.err
        assert repo.refs() == before
        lock.unlink()
        mreg.ok("register", "churn", repo=repo)

    def test_refs_that_cannot_be_written_are_told_of(
        self, repo: Repository, mreg: CommandLine
    ) -> None:
        """A file in the place of the folder holds off the administrator too."""
        repo.git("pack-refs", "--all")
        tags = repo.path / ".git/refs/tags"
        tags.rmdir()
        tags.touch()
        before = repo.refs()
        done = mreg("register", "churn", repo=repo)
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith("error: Git cannot create the tag: ")
        assert repo.refs() == before

    @pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may write anywhere")
    def test_a_repository_of_others_is_read_and_not_written(
        self, repo: Repository, mreg: CommandLine
    ) -> None:
        folders = [path for path in (repo.path / ".git").rglob("*") if path.is_dir()]
        for folder in folders:
            folder.chmod(0o555)
        try:
            assert mreg.ok("show", repo=repo).out == SHOWN
            done = mreg("register", "churn", repo=repo)
        finally:
            for folder in folders:
                folder.chmod(0o755)
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith("error: ")

    def test_hooks_and_aliases_of_the_repository_are_not_run(
        self, repo: Repository, mreg: CommandLine
    ) -> None:
        hook = repo.path / ".git/hooks/reference-transaction"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\nexit 1\n")
        hook.chmod(0o755)
        done = mreg("register", "churn", repo=repo)
        assert done.code == 1
        assert "ref updates aborted by hook" in done.err


class TestProcess:
    """A few through the real entry, as a process of its own."""

    def test_it_reads(self, repo: Repository) -> None:
        done = process("show", repo=repo)
        assert (done.returncode, done.stdout, done.stderr) == (0, SHOWN, "")

    def test_it_writes(self, repo: Repository) -> None:
        done = process("register", "churn", repo=repo)
        note = "note: churn v1.0.1 is not annotated in its commit; run `"
        assert (done.returncode, done.stderr.partition("mreg annotate")[0]) == (0, note)
        assert done.stdout == "Registered churn v1.0.1 (tag churn@v1.0.1)\n"

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (["show", "nothing"], 1),
            (["show", "--colour"], 2),
            (["shwo"], 2),
            ([], 2),
            (["--help"], 0),
            (["--version"], 0),
        ],
    )
    def test_it_ends_with_an_exit_code(
        self, arguments: list[str], code: int, repo: Repository
    ) -> None:
        assert process(*arguments, repo=repo).returncode == code

    @pytest.mark.parametrize("program", ["mreg", "git-mreg"])
    def test_both_commands_are_installed(self, program: str, repo: Repository) -> None:
        import sys

        command = [str(Path(sys.executable).parent / program), "show"]
        done = subprocess.run(command, cwd=repo.path, capture_output=True, text=True, check=True)
        assert done.stdout == SHOWN

    def test_standard_output_that_is_not_utf8_is_no_trouble(
        self, make_repository: Maker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PYTHONIOENCODING", "ascii")
        repo = make_repository([Tag("churn@v1.0.0", message="模型 é 🎉")])
        for arguments in (["show", "churn"], ["show", "churn@latest"], ["history"]):
            done = process(*arguments, repo=repo)
            assert (done.returncode, "Traceback" in done.stderr) == (0, False)
